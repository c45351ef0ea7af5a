# %% [markdown]
# # The models in code: losses, mixture, samples
#
# This page runs the functions of {doc}`../book/rae_theory`, {doc}`../book/eae_theory` and {doc}`../book/dae_theory` on real images, in
# seconds. The images are scikit-learn's digits, which come with the package. The networks are those of the stored MNIST runs, whose
# weights are part of the repository (half precision, seed 0), so nothing is trained here. The digits are not MNIST, though they are brought
# to the same size, so the numbers of this page are examples, not results.

# %% tags=["parameters"]
profile: str = "overnight"  # whose weights are used: overnight
images: int = 100  # digits in the batch on which the losses are computed

# %% tags=["remove-cell"]
from rae_lib import notebooks

notebooks.check_parameters("04_in_code", globals())

# %% [markdown]
# ## A system from the store
#
# A system is a `torch.nn.Module` with `encode`, `decode` and `loss`. Its configuration names it; `weights.load` makes it from the stored
# weights.

# %%
import torch
from torch.nn import functional

from rae_lib import data
from rae_lib.config import resolve
from rae_lib.results import store, weights


def as_mnist(images: torch.Tensor) -> torch.Tensor:
    """uint8 (n, 1, 32, 32) in [0, 1], 20 pixels high, as digits of MNIST are."""
    small = functional.interpolate(images.float() / 255, size=20, mode="area")
    return functional.pad(small, (6, 6, 6, 6))


digits = {split: as_mnist(x) for split, x in data.load("digits").images.items()}


# %%
def load(name: str) -> torch.nn.Module:
    return weights.load(store.find(resolve(name, "mnist", profile, seed=0)))


rae = load("rae-l2")
x = digits["test"][:images]
with torch.no_grad():
    z = rae.encode(x)
print(tuple(x.shape), "images →", tuple(z.shape), "codes")

# %% [markdown]
# ## The losses
#
# Every loss is a function of a batch of images and of a generator, from which all noise comes. It returns its terms by name. These are the
# losses of one {term}`RAE` (here RAE-L2), one {term}`EAE`, one {term}`DAE` and one {term}`VAE` on the same digits.

# %%
terms = {}
for name in ("rae-l2", "eae", "dae", "vae"):
    with torch.no_grad():
        found = load(name).loss(x, torch.Generator().manual_seed(0))
    terms[name] = {term: value.item() for term, value in found.items()}

# %% tags=["remove-input"]
import pandas as pd

from rae_lib.pages import show
from rae_lib.pages.titles import titled

WORDS = {
    "loss": "loss",
    "reconstruction": "reconstruction",
    "code_penalty": "½‖z‖²",
    "regulariser": "‖θ‖² of the decoder",
}
WORDS |= {"entropy": "entropy estimate, nats", "kl": "KL", "code_norm": "‖z‖² or ‖μ‖²"}
losses = pd.DataFrame(terms).T[list(WORDS)].rename(columns=WORDS)
losses.index = pd.Index([titled("system", name) for name in losses.index], name="system")
show.table(
    losses,
    caption=f"Terms of four losses on {images} digits; the loss is the weighted sum of the others",
    name="tbl-code-losses",
    note="Networks trained on MNIST. A dash: the loss has no such term. The reconstruction term is the squared error, for the DAE the cross-entropy: the two do not compare.",
    decimals=dict.fromkeys(WORDS.values(), 1),
)

# %% [markdown]
# A step of gradient descent is written as everywhere in PyTorch. A small step against the gradient of the loss on the batch has to lower
# the loss on the same batch:

# %%
before = rae.loss(x, torch.Generator())["loss"]
parameters = [p for p in rae.parameters() if p.requires_grad]
gradients = torch.autograd.grad(before, parameters)
with torch.no_grad():
    for p, g in zip(parameters, gradients, strict=True):
        p -= 1e-5 * g
    after = rae.loss(x, torch.Generator())["loss"]
print("the loss falls" if after < before else "the loss does not fall")

# %% [markdown]
# ## The mixture
#
# A density is fitted to the codes of the training images, after training. The same three lines make a mixture of ten Gaussians for any
# system, also for a model of yours: `fit` needs the codes and nothing else.

# %%
from rae_lib.density import Gaussian, GaussianMixture, slerp

rae = load("rae-l2")
with torch.no_grad():
    codes = {split: rae.encode(part) for split, part in digits.items()}
gaussian = Gaussian().fit(codes["train"])
mixture = GaussianMixture(components=10, seed=0).fit(codes["train"])
for name, density in {"one Gaussian": gaussian, "ten": mixture}.items():
    nats = density.log_prob(codes["val"]).mean()
    print(f"{name}: {nats:.1f} nats per validation code")

# %% [markdown]
# ## Samples and interpolations
#
# To sample is to draw codes from the density and to decode them. An interpolation decodes points on the arc between two codes (`slerp`).

# %%
draws = torch.Generator().manual_seed(0)
a, b = codes["test"][:1], codes["test"][3:4]
path = torch.cat([slerp(a, b, t / 9) for t in range(10)])
with torch.no_grad():
    rows = {
        "test images": x[:10],
        "reconstructions": rae.decode(codes["test"][:10]),
        "one Gaussian": rae.decode(gaussian.sample(10, draws)),
        "ten Gaussians": rae.decode(mixture.sample(10, draws)),
        "interpolation": rae.decode(path),
    }

# %% tags=["remove-input"]
from rae_lib.pages import plates
from rae_lib.pages.pictures import pictures

drawn = {n: v.clamp(0, 1).mul(255).round().byte().numpy()[None, :, 0] for n, v in rows.items()}
show.figure(
    pictures({name: [plates.joined(row)] for name, row in drawn.items()}, scale=2),
    caption="What the code above makes: digits, their reconstructions by an RAE-L2 that was trained on MNIST, samples of two densities fitted to the codes of the digits, and an interpolation between two of them",
    name="fig-code-samples",
    alt="Five rows of ten small grey images: test digits, their reconstructions, samples of one Gaussian, samples of a mixture of ten, and steps from one digit to another.",
)

# %% [markdown]
# The pages of results add what a result needs: training ({doc}`../book/protocol_runs`), many seeds, and distances to test images instead of a
# look at ten of them.
