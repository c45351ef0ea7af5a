"""Simulations of the nearest-neighbour entropy estimate that the entropic autoencoder maximises (claim EAE-10).

How far is it from the truth, which laws does it prefer, and where does climbing it lead? No run and no data is needed.
Points z: (n, d). Entropies in nats. Every law of `LAWS` has mean 0 and variance 1 in every coordinate.
"""

import math

import pandas as pd
import torch
from torch import Tensor

from rae_lib.metrics.code_statistics import measure_moments, standardise_codes
from rae_lib.models import losses

LAWS = ("normal", "uniform", "signs", "laplace", "sphere", "simplex")
COMMON = 0.1  # correlation of the law "correlated", about that of trained codes
BALANCE = 30  # steps that even out the variances of a simplex over the coordinates


def draw(law: str, n: int, d: int, generator: torch.Generator) -> Tensor:
    """n points of a law: independent coordinates, the sphere of radius sqrt(d), or a simplex. -> (n, d)

    "correlated" is normal with one factor common to all coordinates, each two of which have the correlation COMMON.
    """
    if law == "normal":
        return torch.randn(n, d, generator=generator)
    if law == "correlated":
        factor = torch.randn(n, 1, generator=generator)
        own = torch.randn(n, d, generator=generator)
        return math.sqrt(COMMON) * factor + math.sqrt(1 - COMMON) * own
    if law == "sphere":
        z = torch.randn(n, d, generator=generator)
        return math.sqrt(d) * z / z.norm(dim=1, keepdim=True)
    if law == "simplex":
        return simplex(n, d, generator)
    u = 2 * torch.rand(n, d, generator=generator) - 1  # (-1, 1)
    if law == "uniform":
        return math.sqrt(3) * u
    if law == "signs":
        return torch.where(u < 0, -1.0, 1.0)
    if law == "laplace":
        return -u.sign() * torch.log1p(-u.abs().clamp_max(1 - 1e-7)) / math.sqrt(2)
    raise ValueError(f"unknown law {law!r}; allowed: {', '.join(LAWS)}, correlated")


def simplex(n: int, d: int, generator: torch.Generator) -> Tensor:
    """n points at one distance from one another, of mean 0 and variance 1 in every coordinate. -> (n, d)

    By turns the nearest simplex (all singular values equal) and the standardised points, which settles.
    Raises ValueError for n > d + 1: so many points cannot be equidistant.
    """
    if n > d + 1:
        raise ValueError(f"{n} points cannot be equidistant in {d} dimensions; at most {d + 1}")
    z = standardise_codes(torch.randn(n, d, generator=generator, dtype=torch.float64))
    for _ in range(BALANCE):
        left, _, right = torch.linalg.svd(z, full_matrices=False)
        z = standardise_codes(left[:, : n - 1] @ right[: n - 1])
    return z.float()


def truth(law: str, d: int) -> float:
    """Differential entropy of a law in d dimensions; -inf for those without a density."""
    each = {
        "normal": 0.5 * math.log(2 * math.pi * math.e),
        "uniform": math.log(2 * math.sqrt(3)),
        "laplace": 1 + 0.5 * math.log(2),
    }
    return d * each.get(law, -math.inf)


def bound(n: int, d: int) -> float:
    """The most that the estimate (k = 1) can be for n points of variance 1 in every coordinate.

    d/2 log(2 d n / (n - 1)) + log(n - 1) + log B_d + gamma: the mean squared distance of two such points is
    2 d n / (n - 1), a nearest neighbour is no farther than the mean, and the logarithm is concave. Attained by
    equidistant points only, which exist for n <= d + 1.
    """
    ball = 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1)
    return 0.5 * d * math.log(2 * d * n / (n - 1)) + math.log(n - 1) + ball + 0.5772156649015329


def estimates(law: str, n: int, d: int, batches: int, generator: torch.Generator, raw: bool = False) -> Tensor:
    """The estimate on each of many batches, standardised in every coordinate unless raw. -> (batches,)"""
    found = []
    for _ in range(batches):
        z = draw(law, n, d, generator)
        found.append(losses.entropy(z if raw else standardise_codes(z)))
    return torch.stack(found)


def ascent(
    population: int,
    n: int,
    d: int,
    steps: int,
    generator: torch.Generator,
    *,
    rate: float = 1.0,
    looks: int = 10,
) -> tuple[Tensor, pd.DataFrame]:
    """Climbs the estimate alone: free points from N(0, I), a fresh batch of n of them standardised at every step.

    With n = population it is always the same batch. Plain gradient steps of size `rate` on each point. -> the points,
    standardised over all of them (population, d), and a trace with one row for each of `looks` + 1 moments.
    """
    z = torch.randn(population, d, generator=generator).requires_grad_()
    every, trace = max(1, steps // looks), []
    for step in range(steps + 1):
        batch = torch.randperm(population, generator=generator)[:n]
        if step % every == 0:
            trace.append({"step": step, **state(z.detach(), z.detach()[batch])})
        if step < steps:
            climb = losses.entropy(standardise_codes(z[batch]))
            (gradient,) = torch.autograd.grad(climb, z)
            z = (z.detach() + rate * gradient).requires_grad_()
    return standardise_codes(z.detach()), pd.DataFrame(trace)


def state(z: Tensor, batch: Tensor) -> dict[str, float]:
    """What the ascent does: distances and estimate of one batch, estimate and moments of all points.

    spread: coefficient of variation of the distances of two points, 0 at equidistance; nearest: mean distance to the
    nearest other point over that mean distance, 1 at equidistance; radius: coefficient of variation of ||z||.
    """
    part, whole = standardise_codes(batch), standardise_codes(z)
    distances = torch.cdist(part, part, compute_mode="donot_use_mm_for_euclid_dist")
    pairs = torch.pdist(part)
    near = distances.fill_diagonal_(math.inf).amin(1)
    lengths, shape = whole.norm(dim=1), measure_moments(whole)
    return {
        "spread": float(pairs.std() / pairs.mean()),
        "nearest": float(near.mean() / pairs.mean()),
        "batch": float(losses.entropy(part)),
        "all": float(losses.entropy(whole)),
        "kurtosis": shape["signed_kurtosis"],
        "correlation": shape["code_correlation"],
        "radius": float(lengths.std() / lengths.mean()),
    }
