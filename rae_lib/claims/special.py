"""The claims that a count or a simulation decides, until their records are stored: text and comparison of each."""

import math
from functools import cache
from itertools import product

import numpy as np
import torch

from rae_lib import studies
from rae_lib.claims.draws import Compared, Quantity, as_quantity
from rae_lib.models import build
from rae_lib.results import entropy_simulation

POINTS, BATCHES, DIMENSIONS, DRAWS = 100, 200, (16, 64, 128), 4_000
LAWS = ("uniform", "signs", "laplace")
SHAPES = {"cifar10": (3, 32, 32), "celeba64": (3, 64, 64)}
ENDS = {  # parameters of the smallest and largest networks, DAE section 5
    "cifar10": {"encoder": (1e6, 5e7), "decoder": (3e6, 3e7)},
    "celeba64": {"encoder": (5e6, 3e7), "decoder": (1e7, 8e7)},
}
Found = list[tuple[str, Compared]]


def log_ratio(mu: np.ndarray, sigma: np.ndarray, *, chunks: int = 20) -> np.ndarray:
    """log N(z; mu, sigma^2) - log N(z; 0, I) at 10^6 draws of the former: on average their KL."""
    rng, mu, sigma = np.random.default_rng(0), mu[:, None], sigma[:, None]  # (d, 1)
    parts = []
    for _ in range(chunks):
        noise = rng.standard_normal((len(mu), 10**6 // chunks))  # (d, draws)
        z = mu + sigma * noise
        parts.append((0.5 * (z * z - noise * noise) - np.log(sigma)).sum(0))
    return np.concatenate(parts)  # (10^6,)


def off(value: float, sample: np.ndarray) -> Compared:
    """Is a value the mean of a sample, up to four standard errors?"""
    error = 4 * sample.std() / math.sqrt(len(sample))
    return as_quantity(abs(value - sample.mean())) <= float(error)


@cache
def rae_23() -> Found:
    """Printed: 2 KL = |mu|^2 + d + sum_i (sigma_i - log sigma_i), RAE v1 eq. 12, RAE section 2.1."""
    rng = np.random.default_rng(1)
    points = [(np.zeros(2), np.ones(2))]
    points += [(rng.normal(size=2), rng.uniform(0.2, 2, size=2)) for _ in range(2)]
    found = []
    for mu, sigma in points:
        printed = 0.5 * (mu @ mu + len(mu) + (sigma - np.log(sigma)).sum())
        text = f"|printed - KL| at mu = {np.round(mu, 2).tolist()}, sigma = {np.round(sigma, 2).tolist()}"
        found.append((text, off(printed, log_ratio(mu, sigma))))
    return found


@cache
def estimate(law: str, dimension: int) -> Quantity:
    """Draws of the mean entropy estimate over the batches, each standardised."""
    generator = torch.Generator().manual_seed(dimension)
    found = entropy_simulation.estimates(law, POINTS, dimension, BATCHES, generator)
    rng = np.random.default_rng([dimension, len(law)])
    return Quantity(
        (rng.normal(float(found.mean()), float(found.std()) / math.sqrt(BATCHES), DRAWS),)
    )


@cache
def eae_10() -> Found:
    cells = product(DIMENSIONS, LAWS)
    return [
        (
            f"estimate of Gaussian codes >= of {law} ones, d = {d}",
            estimate("normal", d) >= estimate(law, d),
        )
        for d, law in cells
    ]


@cache
def parameters(dataset: str) -> dict[str, list[int]]:
    """Parameters of every encoder and decoder of `dae` in the papers' grid; no weight is stored."""
    found: dict[str, list[int]] = {"encoder": [], "decoder": []}
    for config in studies.study("grid", dataset, "paper"):
        if config.system == "dae":
            with torch.device("meta"):
                system = build(config, SHAPES[dataset])
            for part, counts in found.items():
                counts.append(sum(p.numel() for p in getattr(system, part).parameters()))
    return found


@cache
def dae_18() -> Found:
    found = []
    for dataset, part in product(ENDS, ("encoder", "decoder")):
        counts = parameters(dataset)[part]
        for end, quoted, counted in zip(
            ("smallest", "largest"), ENDS[dataset][part], (min(counts), max(counts)), strict=True
        ):
            text = (
                f"{end} {part} on {dataset}: {counted:,} parameters, quoted {quoted:.0e}, factor"
            )
            found.append((text, as_quantity(max(counted / quoted, quoted / counted)) <= 1.5))
    return found


@cache
def x_16() -> Found:
    """KL(mu) - KL(0) of N(mu, s^2 I) by simulation: |mu|^2 / 2 (RAE v1)."""
    mu, sigma = np.array([1.0, -2.0]), np.array([0.7, 0.7])
    sample = log_ratio(mu, sigma) - log_ratio(0 * mu, sigma)
    return [("|mu|^2 / 2 against KL(mu) - KL(0)", off(mu @ mu / 2, sample))]


RULES = {"RAE-23": rae_23, "EAE-10": eae_10, "DAE-18": dae_18, "X-16": x_16}
