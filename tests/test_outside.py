"""Use from outside: the README on somebody else's models, each loss alone, the package without its repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from rae_lib.models import losses

ROOT = Path(__file__).resolve().parents[1]
WIDTH, LATENT = 64, 3


@pytest.mark.parametrize("page", ["api_losses", "api_measures"])
def test_the_examples_of_a_reference_page_run_and_the_tests_that_it_names_exist(page):
    words = (ROOT / "book" / f"{page}.md").read_text()
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").glob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", words)
    assert len(named) > 5 and [name for name in named if f"def {name}(" not in sources] == []
    for example in re.findall(r"```python\n(.*?)```", words, re.DOTALL):
        subprocess.run([sys.executable, "-c", example], check=True)


@pytest.fixture(scope="module")
def shown() -> dict:
    """What the README's Python defines."""
    section = (ROOT / "README.md").read_text().partition("## Use it in your own code")[2].partition("\n## ")[0]
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
        assert len(block.splitlines()) < 16
        exec(block, names)
    return names


def images(count: int, seed: int) -> torch.Tensor:
    """Pictures (N, 1, 8, 8) that lie on a surface."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.rand(count, 2, generator=generator)
    x, y = torch.meshgrid(torch.linspace(0, 1, 8), torch.linspace(0, 1, 8), indexing="ij")
    return torch.exp(-10 * ((x - z[:, :1, None]) ** 2 + (y - z[:, 1:, None]) ** 2))[:, None]


def plain() -> tuple[nn.Module, nn.Module]:
    """An encoder and a decoder in plain torch."""
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(WIDTH, 32), nn.Tanh(), nn.Linear(32, LATENT))
    decoder = nn.Sequential(
        nn.Linear(LATENT, 32), nn.Tanh(), nn.Linear(32, WIDTH), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8))
    )
    return encoder, decoder


def train(encoder: nn.Module, decoder: nn.Module, loss, steps: int = 150) -> list[float]:
    """One's own loop; the values of the loss."""
    x, values = images(128, 0), []
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 1e-2)
    for _ in range(steps):
        value = loss(encoder, decoder, x)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        values.append(value.item())
    return values


def test_a_density_on_a_plain_autoencoder_is_fitted_sampled_and_measured(shown):
    encoder, decoder = plain()
    before = shown["judge"](encoder, decoder, images(300, 1), images(200, 2))
    values = train(encoder, decoder, shown["rae_l2"])
    after = shown["judge"](encoder, decoder, images(300, 1), images(200, 2))
    assert values[-1] < values[0] / 3
    assert after["frechet"] < before["frechet"] / 3
    assert 0 <= before["precision"] < after["precision"] <= 1 and before["recall"] < after["recall"] <= 1


@pytest.mark.long
def test_a_density_on_a_model_of_pythae_is_fitted_sampled_and_measured(shown):
    pythae = pytest.importorskip("pythae.models", reason="needs the extra: pip install -e '.[bench]'")
    torch.manual_seed(0)
    model = pythae.AE(pythae.AEConfig(input_dim=(1, 8, 8), latent_dim=LATENT)).eval()
    found = shown["judge"](
        lambda x: model.encoder(x).embedding,
        lambda z: model.decoder(z).reconstruction,
        images(300, 1),
        images(200, 2),
    )
    assert found["frechet"] > 0 and 0 <= found["recall"] <= 1


RNG = torch.Generator().manual_seed(0)
ALONE = {  # every term that is a loss of a whole batch; the others are its parts
    "squared_error": lambda e, d, x: losses.squared_error(x, d(e(x))),
    "cross_entropy": lambda e, d, x: losses.cross_entropy(x, d(e(x)).logit(1e-6)),
    "code_norm": lambda e, d, x: losses.code_norm(e(x)),
    "kl_normal": lambda e, d, x: losses.kl_normal(e(x), e(x)).mean(),
    "mmd_imq": lambda e, d, x: losses.mmd_imq(e(x), torch.randn(len(x), LATENT, generator=RNG)),
    "weight_square": lambda e, d, x: losses.weight_square([w for w in d.parameters() if w.dim() > 1]),
    "gradient_penalty": lambda e, d, x: losses.gradient_penalty(d, e(x)),
    "jacobian_penalty": lambda e, d, x: losses.jacobian_penalty(d, e(x), RNG),
    "contractive_penalty": lambda e, d, x: contract(e, x),
    "entropy": lambda e, d, x: -losses.entropy(torch.tanh(e(x))),
    "slope_penalty": lambda e, d, x: losses.slope_penalty(lambda u: e(u).sum(1), x, x.flip(0), RNG),
}
PARTS = {
    "count_open",
    "token_cross_entropy",
    "squared_distances",
    "imq",
    "jacobian_square",
    "log_volume",
    "log_gaussian",
    "log_normal",
    "critic_loss",
}


def contract(encoder: nn.Module, x: torch.Tensor) -> torch.Tensor:
    x = x.clone().requires_grad_()
    return losses.contractive_penalty(x, encoder(x))


def test_every_loss_is_tried_alone():
    public = {name for name, one in vars(losses).items() if callable(one) and one.__module__ == losses.__name__}
    assert public == set(ALONE) | PARTS


@pytest.mark.parametrize("name", ALONE)
def test_each_loss_alone_goes_down_in_a_loop_of_ones_own(name):
    values = train(*plain(), ALONE[name], steps=60)
    assert torch.tensor(values).isfinite().all() and sum(values[-5:]) < sum(values[:5])


OUTSIDE = """
import sys
from pathlib import Path
import rae_lib
from rae_lib import data
from rae_lib.config import DOCUMENTS, resolve
from rae_lib.claims import rules
from rae_lib.metrics import classifier
from rae_lib.models import build
from rae_lib.results import store
from rae_lib.results.printed import printed
assert Path(rae_lib.__file__).is_relative_to(sys.argv[1]), rae_lib.__file__
assert len(printed()) > 800 and len(rules.claims()) > 90
images = data.load("digits").images["test"]
assert classifier.load("digits")(images[:9]).shape == (9, 64)
for name in DOCUMENTS["rae"]:
    build(resolve(name, "digits", "smoke"), (1, 32, 32))
try:
    store.root()
except store.NoRepositoryError as error:
    assert "set RAE_RESULTS" in str(error)
else:
    raise AssertionError(store.root())
"""


@pytest.mark.long
def test_an_installed_package_works_from_any_folder_without_the_repository(tmp_path):
    place, elsewhere = tmp_path / "packages", tmp_path / "ein Ordner, öde"
    (elsewhere / "notebooks").mkdir(parents=True)
    (elsewhere / "_config.yml").write_text("title: another book\n")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", place]
    subprocess.run([*install, copy_package(tmp_path / "source")], check=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("RAE_R")}
    environment = clean | {"PYTHONPATH": str(place), "LC_ALL": "C.UTF-8", "RAE_HOME": str(tmp_path / "home")}
    call = {"cwd": elsewhere, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, "-c", OUTSIDE, place], **call)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([sys.executable, "-m", "rae_lib", "run", "--list"], **call)
    assert done.returncode == 2 and "set RAE_RESULTS" in done.stderr and "Traceback" not in done.stderr
    call["env"] |= {"RAE_RESULTS": str(tmp_path / "results")}
    done = subprocess.run([sys.executable, "-m", "rae_lib", "run", "--profile", "smoke", "--list"], **call)
    assert done.returncode == 0 and done.stdout.startswith("missing  smoke/digits/")


def copy_package(target: Path) -> Path:
    """The sources, so that building leaves nothing in the repository."""
    from shutil import copytree, ignore_patterns

    copytree(ROOT / "rae_lib", target / "rae_lib", ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        (target / name).write_bytes((ROOT / name).read_bytes())
    return target


@pytest.mark.long
def test_a_fresh_clone_in_a_path_with_spaces_trains_and_publishes(tmp_path):
    place = tmp_path / "ein Ordner, öde" / "a b"
    made = subprocess.run(["git", "clone", "-q", ROOT, place], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"this copy cannot be cloned: {made.stderr.strip()}")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("RAE_R")}
    environment = clean | {"PYTHONPATH": str(place), "LC_ALL": "C", "RAE_HOME": str(tmp_path / "ein Haus")}

    def call(*words: str) -> str:
        command = [sys.executable, "-m", "rae_lib", *words]
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    one = ("--profile", "smoke", "--dataset", "digits", "--system", "ae", "--seed", "0", "--no-studies")
    call("run", *one)
    assert (place / "results/smoke/digits/ae-s0/result.json").is_file()
    assert "03_map: published" in call("publish", "03_map")
    call("reproduce", "copy", "_build/a copy", *one)
    assert "02_new: published" in call("publish", "02_new", "--root", "_build/a copy")
    changed = subprocess.run(["git", "status", "--short"], cwd=place, capture_output=True, text=True).stdout
    assert [line for line in changed.splitlines() if not line.endswith((".ipynb", "results/smoke/"))] == []
