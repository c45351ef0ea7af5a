"""How far the codes of a system are from a normal distribution: moments, distances and entropies of a code set.

And how strongly the decoder answers to them (`decoder_jacobian`).

z: codes (n, d), float. Distances and entropies take at most 2,000 of them. `statistics` gives every number of a run.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from rae_lib.models import losses

MOST = 2000  # codes of which pairwise distances are taken
DIRECTIONS = 200  # of the sliced distance
BATCHES = (100, 500, 2000)  # sizes at which the entropy is estimated: its bias falls with them


def standardise_codes(z: Tensor) -> Tensor:
    """Mean 0 and standard deviation 1 in every dimension; a constant one stays 0."""
    return (z - z.mean(0)) / z.std(0, correction=0).clamp_min(1e-8)


def energy_distance(z: Tensor, generator: torch.Generator) -> float:
    """(2 E|X - Y| - E|X - X'| - E|Y - Y'|) / (2 E|X - Y|) of standardised codes X and as many N(0, I) draws Y.

    0 for a normal law, at most 1; the measure of claims EAE-08 and EAE-09 (Szekely and Rizzo's energy coefficient).
    """
    x = standardise_codes(z[:MOST].double())
    y = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    cross = torch.cdist(x, y).mean()
    within = [torch.pdist(points).mean() for points in (x, y)]
    return float((2 * cross - sum(within)) / (2 * cross))


def sliced_distance(z: Tensor, generator: torch.Generator) -> float:
    """Sliced 2-Wasserstein distance of the codes, as they are, to N(0, I): root mean square over random directions.

    Each projection's sorted values are set against the normal quantiles at (i - 1/2) / n.
    """
    x = z.double()
    directions = torch.randn(x.shape[1], DIRECTIONS, generator=generator, dtype=x.dtype)
    projected = (x @ (directions / directions.norm(dim=0))).sort(0).values  # (n, directions)
    ranks = (torch.arange(len(x), dtype=x.dtype) + 0.5) / len(x)
    return float((projected - torch.special.ndtri(ranks)[:, None]).square().mean().sqrt())


def estimate_divergence(z: Tensor, k: int = 1) -> float:
    """Estimate of KL(q || N(0, I)) = -H(q) + E||z||^2 / 2 + d/2 log 2 pi, H by `losses.entropy`; nats.

    The estimator overestimates H in high dimension, so this may be negative: compare equal sizes only.
    """
    z = z[:MOST].float()
    entropy = float(losses.entropy(z, k))
    return -entropy + float(-losses.log_normal(z).mean())


def measure_kolmogorov(z: Tensor, cdf) -> float:
    """Mean over dimensions of sup_x |F_n(x) - F(x)|, the Kolmogorov-Smirnov distance to the law with F = cdf."""
    x = z.double().sort(0).values
    n, values = len(x), cdf(x)
    ranks = torch.arange(1, n + 1, dtype=x.dtype)[:, None] / n
    return float(torch.maximum(ranks - values, values - ranks + 1 / n).amax(0).mean())


def laplace_cdf(x: Tensor) -> Tensor:
    """Of Laplace(0, 1): mean absolute value 1."""
    half = 0.5 * (-x.abs()).exp()
    return torch.where(x < 0, half, 1 - half)


def gauss_cdf(x: Tensor) -> Tensor:
    """Of N(0, pi/2): mean absolute value 1 too, so that the two differ in shape alone (claim EAE-15)."""
    return torch.special.ndtr(x / math.sqrt(math.pi / 2))


def measure_moments(z: Tensor) -> dict[str, float]:
    """Means, variances, kurtoses and correlations over the dimensions of the codes, by the records' names.

    excess kurtosis E[s^4] - 3 of standardised codes s; code_correlation: mean |corr(z_i, z_j)| over i != j;
    code_condition: largest over smallest eigenvalue of the covariance, at most 1e12.
    """
    x = z.double()
    mean, variance = x.mean(0), x.var(0)
    fourth = standardise_codes(x).pow(4).mean(0) - 3
    found = {
        "code_mean": mean.abs().mean(),
        "code_mean_worst": mean.abs().max(),
        "code_variance": variance.mean(),
        "code_variance_worst": (variance - 1).abs().max(),
        "sd_spread": variance.sqrt().std() if x.shape[1] > 1 else torch.zeros(()),
        "excess_kurtosis": fourth.abs().mean(),
        "signed_kurtosis": fourth.mean(),
    }
    if x.shape[1] > 1:
        correlation = standardise_codes(x).T @ standardise_codes(x) / len(x)
        off = correlation - torch.diag(correlation.diagonal())
        found["code_correlation"] = off.abs().sum() / (x.shape[1] * (x.shape[1] - 1))
    spectrum = np.linalg.eigvalsh(np.cov(x.numpy(), rowvar=False, ddof=1).reshape(len(mean), -1))
    found["code_condition"] = spectrum[-1] / max(spectrum[0], 1e-12 * spectrum[-1], 1e-300)
    return {name: float(value) for name, value in found.items()}


def statistics(z: Tensor, generator: torch.Generator) -> dict[str, float]:
    """Every statistic of a code set by name, over the dimensions that vary: one that a mask has closed follows no law.

    A batch larger than the set gives no entropy. Raises ValueError where all codes are the same.
    """
    z = z[:, z.std(0) > 0]
    if not z.shape[1]:
        raise ValueError("all codes are the same: their law has no statistics")
    found = measure_moments(z)
    found["gauss_distance"] = energy_distance(z, generator)
    found["sliced_distance"] = sliced_distance(z, generator)
    found["knn_divergence"] = estimate_divergence(z)
    found["ks_laplace"] = measure_kolmogorov(z, laplace_cdf)
    found["ks_gauss"] = measure_kolmogorov(z, gauss_cdf)
    for size in BATCHES:
        if size <= len(z):
            found[f"entropy_{size}"] = float(losses.entropy(z[:size]))
    return found


@contextmanager
def silence_warning() -> Iterator[None]:
    """torch's forward mode begins with a warning that torch itself is using something old."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script`", FutureWarning)
        yield


def decoder_jacobian(decode: Callable[[Tensor], Tensor], z: Tensor, scale: Tensor) -> float:
    """Mean over the codes of ||dD(z)/du||_F, u = z / scale: the slope against codes of standard deviation 1.

    decode: codes (n, d) -> images, each its own code's alone (eval mode); scale (d,): standard deviation of the codes
    by dimension. Without it a system could halve the slope by doubling its codes (claim RAE-22). In forward mode, a
    pass of n codes for each of the d dimensions: a gradient of a gradient would ask for convolutions with filters as
    large as their images, for which GPU libraries have no good kernel.
    """
    square = torch.zeros(len(z), dtype=torch.float64, device=z.device)
    for i in range(z.shape[1]):
        tangent = torch.zeros_like(z)
        tangent[:, i] = scale[i]
        with silence_warning(), torch.no_grad(), forward_ad.dual_level():
            slope = forward_ad.unpack_dual(decode(forward_ad.make_dual(z, tangent))).tangent
            square += slope.double().square().flatten(1).sum(1)
    return float(square.sqrt().mean())
