# %% [markdown]
# # Playground: decoders in your browser
#
# Six autoencoders, trained on MNIST, decode here, on your machine. Nothing is sent anywhere, and the page also works when it is opened
# as a file. The weights are those of the stored runs of seed 0, in half precision. Press the button, and try this:
#
# - **Draw from N(0, I), then from one Gaussian, then from a mixture.** AE and DAE decode draws from N(0, I) to nearly black images, because
#   nothing in their training puts the codes there. A mixture that is fitted to their codes after training repairs it. Every column has the
#   same random numbers in all rows.
# - **Walk between two digits.** The walk follows the great circle between the two codes. Look for the step at which one digit
#   becomes the other, and for steps that are neither.
# - **Move along a principal direction.** Each row starts from the digit in its middle and goes three standard deviations to either side.
#   At its end is the share of the variance of the code in this direction; sixteen equal directions would have 6 % each.

# %% tags=["parameters", "hide-input"]
columns: int = 5  # images in a row of a stored plate

# %% tags=["hide-input"]
import math

from rae_lib import notebooks
from rae_lib.pages import boxes, playground
from rae_lib.results import frame
from rae_lib.results.frame import select_distances

notebooks.check_parameters("05_playground", globals())

# %% tags=["remove-input"]
runs = playground.find_runs()
playground.board(runs)

# %% [markdown]
# The distance at the end of a row is the Fréchet distance of 10,000 such samples to the test images, measured in the run with the
# features of the small classifier; smaller is better. The mixtures, the Gaussian and the directions are fitted to the codes of the training images, by
# the method and with the seed of the run. The digits are the first test image of each class.
#
# ## What a weight does
#
# The same test images and the same draws from runs that differ in one number. Move the slider.
#
# ### The KL weight of the VAE
#
# Move from a small weight to a large one. When do the reconstructions go, and when do the samples from N(0, I) look best? Does the distance agree with your eye?

# %% tags=["remove-input"]
playground.slider("kl", "KL weight", columns=columns)

# %% [markdown]
# ### The entropy weight of the EAE
#
# Compare the rows of the own sampler, N(0, I), and of the mixture. The weight is to make the first as good as the second. Read the distances
# below the images: do they come closer, and what happens to the reconstructions?

# %% tags=["remove-input"]
playground.slider("entropy", "entropy weight", columns=columns)

# %% [markdown]
# ### The noise on the code, without a KL term
#
# More noise blurs the reconstructions. Look whether it makes the samples better, for this is why a VAE has noise.

# %% tags=["remove-input"]
playground.slider("noise", "noise", columns=columns)

# %% [markdown]
# ### The number of code samples of the VAE
#
# Each image is decoded from this many noisy codes in training, and a step takes about as many times longer. Look for what that buys.

# %% tags=["remove-input"]
playground.slider("samples", "code samples", columns=columns)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the answers"}
digits = frame.measured(datasets=["digits"])
studied = {
    name: boxes.Means(select_distances(frame.of_study(digits, name), study=name), "set", field)
    for name, field in (("kl", "beta"), ("entropy", "beta"), ("noise", "sigma"), ("samples", "mc_samples"))
}
betas = sorted({beta for _, beta in studied["kl"].values.index})
prior = {beta: studied["kl"]("N01", beta) for beta in betas}
small = [beta for beta in betas if beta < 1] or [math.nan]
worst, least = max(small, key=lambda beta: prior.get(beta, 0)), prior.get(small[0], math.nan)
erased = boxes.find_span(value for beta, value in prior.items() if beta >= 10).low
noise = {kind: studied["noise"].span(kind, None) for kind in ("rec", "gmm")}
paid = studied["samples"].span("rec", None)
apart = {b: [studied["entropy"](kind, b) for kind in ("N01", "gmm")] for b in (0.0516, 1.032)}

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**KL weight.** Samples from N(0, I) are at {least:.0f} with the smallest weight, at {prior.get(worst, math.nan):.0f} with {worst:.2g}, and at {erased:.0f} or more from 10 on, where the image is erased from its code. No weight makes the prior a good sampler in runs of this length, and the lowest distance belongs to the weight that hardly has a prior.",
        1.5 * least < prior.get(worst, math.nan) < erased / 5 and least == min(prior.values(), default=math.nan),
    ),
    (
        f"**Entropy weight.** From N(0, I) the distance is {apart[0.0516][0]:.1f} at 0.05 and {apart[1.032][0]:.1f} at 1.03; the mixture has {apart[0.0516][1]:.1f} and {apart[1.032][1]:.1f}. They come closer, and N(0, I) stays behind.",
        apart[1.032][0] < 0.85 * apart[0.0516][0] and apart[1.032][0] > 1.5 * apart[1.032][1],
    ),
    (
        f"**Noise without a KL term.** Reconstructions go from {noise['rec'].low:.2f} to {noise['rec'].high:.2f} with more noise; mixture samples stay between {noise['gmm'].low:.1f} and {noise['gmm'].high:.1f}. Noise makes no sample better.",
        noise["rec"].high > 1.5 * noise["rec"].low and noise["gmm"].high < 1.3 * noise["gmm"].low,
    ),
    (
        f"**Code samples.** From 1 to 16 of them the reconstructions have {paid:.1f}: a gain within a few per cent, for up to 16 times the work.",
        paid.high < 1.1 * paid.low,
    ),
    title="What the four sliders show",
)
