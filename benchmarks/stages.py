"""Seconds of every stage of a run beside the training: data, codes, images, features, densities, distances.

A stage is a function of the sizes and the device that prepares everything and returns what is to be timed. Inputs are
random: bytes for images, a mixture of Gaussians for codes and features, so that clusters are there to be found.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import timing
import torch
import training
from torch import Tensor, nn

from rae_lib import data, density
from rae_lib.density.mixture import run_em
from rae_lib.evaluation import samples, trained
from rae_lib.metrics import classifier, distances, features
from rae_lib.metrics.precision_recall import prd
from rae_lib.models import build

LONG = 5.0  # seconds: a call that takes longer counts at once and is not repeated
Work = Callable[[], object]


@dataclass(frozen=True)
class Sizes:
    """Of a profile: width and latent size of the networks, counts of images, codes and feature rows."""

    dataset: str
    width: int
    latent: int
    images: int  # encoded, decoded, measured in domain features
    inception: int
    codes: int
    rows: int  # of each of the two sets that a distance compares
    dimension: int  # of the larger features, in place of Inception's


def measure(name: str, sizes: Sizes, device: str, repeats: int) -> dict[str, object]:
    """One row. Raises what the stage raises where something it needs is not there."""
    timing.fresh(device)
    work, count = STAGES[name](sizes, device)
    made: list[object] = []

    def once() -> None:
        made[:] = [work()]

    times = [timing.seconds(once, device)]
    if times[0] < LONG:
        times = [timing.seconds(once, device) for _ in range(repeats)]
    row = timing.spread(times) | {"count": count, "memory": timing.memory(device)}
    return row | (LIKELIHOOD[name](made[0], sizes) if name in LIKELIHOOD else {})


def clustered(count: int, dimension: int, device: str, seed: int = 0) -> Tensor:
    """Rows of ten overlapping Gaussians of unequal spreads. -> (count, dimension) float32"""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(10, dimension, generator=torch.Generator().manual_seed(1))
    scales = torch.linspace(0.5, 2, dimension)
    chosen = torch.randint(10, (count,), generator=generator)
    noise = torch.randn(count, dimension, generator=generator)
    return (centres[chosen] + scales * noise).to(device)


def loading(s: Sizes, device: str) -> tuple[Work, int]:
    if s.dataset in data.ARCHIVES and not (data.root() / f"{s.dataset}.npz").exists():
        raise FileNotFoundError(f"no {s.dataset}.npz under $RAE_DATA")
    found = data.load(s.dataset)
    return lambda: data.load(s.dataset), sum(len(x) for x in found.images.values())


def network(s: Sizes, device: str) -> nn.Module:
    config = training.sized("rae", width=s.width, latent=s.latent, batch=100)
    system = build(config, training.SHAPE).to(device).to(memory_format=torch.channels_last)
    return system.eval()


def encoding(s: Sizes, device: str) -> tuple[Work, int]:
    system, images = network(s, device), training.pictures(s.images, "cpu")
    return lambda: trained.encode(system, images, device), s.images


def decoding(s: Sizes, device: str) -> tuple[Work, int]:
    system, codes = network(s, device), torch.randn(s.images, s.latent)
    return lambda: samples.decode(system, codes, device), s.images


def domain(s: Sizes, device: str) -> tuple[Work, int]:
    """An untrained classifier takes as long as a trained one."""
    net = classifier.Classifier("residual", training.SHAPE, 10).to(device).eval()
    images = training.pictures(s.images, "cpu")
    return lambda: net(images), s.images


def weights_here(layer: int) -> bool:
    """Whether the network can be had without a download: none is started for a benchmark."""
    kept = list(Path(torch.hub.get_dir(), "checkpoints").glob("weights-inception-*.pth"))
    own = layer == 768 and (data.root() / "inception-768.pth").is_file()
    return bool(kept or own or os.environ.get("RAE_INCEPTION"))


def inception(layer: int) -> Callable[[Sizes, str], tuple[Work, int]]:
    def stage(s: Sizes, device: str) -> tuple[Work, int]:
        if not weights_here(layer):
            raise FileNotFoundError(f"no inception-{layer} weights here: name them in $RAE_INCEPTION")
        images = training.pictures(s.inception, "cpu")
        features.inception(images[:2], layer=layer, device=device)  # the weights are read here
        return lambda: features.inception(images, layer=layer, device=device), s.inception

    return stage


def gaussian(s: Sizes, device: str) -> tuple[Work, int]:
    codes = clustered(s.codes, s.latent, device)
    return lambda: density.Gaussian().fit(codes), s.codes


def mixture(s: Sizes, device: str) -> tuple[Work, int]:
    codes = clustered(s.codes, s.latent, device)
    return lambda: density.GaussianMixture(10, seed=0).fit(codes), s.codes


def scikit_mixture(s: Sizes, device: str) -> tuple[Work, int]:
    z = standardised(s)[0].numpy()
    return lambda: run_em(z, 10, seed=0, max_iter=100)[0], s.codes


def standardised(s: Sizes) -> tuple[Tensor, float]:
    """The codes as EM sees them, and the sum of the logarithms of their scales."""
    codes = clustered(s.codes, s.latent, "cpu").double()
    scale = codes.std(0, correction=0)
    return (codes - codes.mean(0)) / scale, float(scale.log().sum())


def own_likelihood(fitted: density.GaussianMixture, s: Sizes) -> dict[str, float]:
    """Mean log-likelihood of the codes, in nats, with which EM ended, and after how many iterations."""
    return {"loglik": fitted.report["train_loglik"], "iterations": fitted.report["iterations"]}


def scikit_likelihood(fitted: object, s: Sizes) -> dict[str, float]:
    z, scales = standardised(s)
    return {"loglik": fitted.score(z.numpy()) - scales, "iterations": fitted.n_iter_}


def second_stage(s: Sizes, device: str) -> tuple[Work, int]:
    codes = clustered(s.codes, s.latent, device)
    width = 8 * s.width  # 1024 beside the papers' 128 filters
    fit = lambda: density.SecondStageVAE(0.128, width=width, epochs=1).fit(codes)  # noqa: E731
    return fit, s.codes


def pair(s: Sizes, device: str, dimension: int) -> tuple[Tensor, Tensor]:
    return tuple(clustered(s.rows, dimension, device, seed) for seed in (2, 3))


def distance(function: Callable, dimension: int = 0) -> Callable[[Sizes, str], tuple[Work, int]]:
    """A measure of two sets of `dimension` features (0: of the profile's larger number)."""

    def stage(s: Sizes, device: str) -> tuple[Work, int]:
        real, fake = pair(s, device, dimension or s.dimension)
        return lambda: function(real, fake), s.rows

    return stage


def kernel_distance(real: Tensor, fake: Tensor) -> object:
    return distances.kid(real, fake, subset_size=min(1000, len(real)))


def neighbours(s: Sizes, device: str) -> tuple[Work, int]:
    pixels = features.pixels(training.pictures(s.rows + s.images, "cpu")).to(device)
    queries, bank = pixels[: s.rows], pixels[s.rows :]
    return lambda: distances.nearest(queries, bank), s.rows


STAGES: dict[str, Callable[[Sizes, str], tuple[Work, int]]] = {
    "data: load": loading,
    "codes: encode": encoding,
    "images: decode": decoding,
    "features: domain": domain,
    "features: inception-768": inception(768),
    "features: inception-2048": inception(2048),
    "density: Gaussian": gaussian,
    "density: mixture of 10": mixture,
    "density: mixture of 10, scikit-learn": scikit_mixture,
    "density: second stage, an epoch": second_stage,
    "distance: Fréchet, 64 features": distance(distances.frechet, 64),
    "distance: Fréchet, Inception's": distance(distances.frechet),
    "distance: kernel, Inception's": distance(kernel_distance),
    "distance: PRD, 64 features": distance(prd, 64),
    "distance: PRD, Inception's": distance(prd),
    "distance: neighbours in pixels": neighbours,
}
LIKELIHOOD = {"density: mixture of 10": own_likelihood, "density: mixture of 10, scikit-learn": scikit_likelihood}
