"""Distances of two sets of features: Frechet, kernel (KID), nearest neighbours.

Symbols: real (N, D) features of reference images, fake (M, D) features of generated ones, always
in this order. A number is only comparable under one protocol (features, counts, which images): the
caller records it. Every function refuses NaN, infinity, wrong shapes and too few rows in one line.
The arithmetic is float64. Features may lie on any device; Frechet distance and KID are torch-fidelity's,
on the CPU, and so the same wherever the features are.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Memorisation:
    """How near samples lie to training images, compared with test images (claim RAE-17)."""

    nn_ratio: float  # median distance of samples / median distance of test images
    nn_copies: float  # fraction of samples nearer than the first percentile of test images


def frechet(real: Tensor, fake: Tensor) -> float:
    """||m_r - m_f||^2 + tr(C_r + C_f - 2 (C_r C_f)^(1/2)), covariances with N - 1.

    Heusel et al. 2017. Biased upwards in small samples: compare equal counts only, and with N <= D
    the covariances are singular, which the distance survives and the protocol should mention.
    torch-fidelity's two steps take 7 s on one core at 10 000 x 2048 (0.6 s at 768), 4 of them for
    eigenvalues that more cores hardly hasten. Raises ValueError below 10 rows.
    """
    real, fake = check_pair(real, fake, least=10)
    from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

    statistics = [fid_features_to_statistics(features) for features in (real.cpu(), fake.cpu())]
    distance = fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID]
    return max(0.0, distance)  # of equal sets it is a rounding error of either sign


def kid(
    real: Tensor, fake: Tensor, *, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Unbiased MMD^2 with k(a, b) = (a.b / D + 1)^3: mean and standard deviation over subsets.

    Binkowski et al. 2018, the subsets drawn as torch-fidelity draws them. About 0, or a little
    below, for equal distributions. Where a subset is the whole of both sets, one is taken. On one
    core 100 subsets of 1000 take 31 s at 2048 features.
    """
    least = min(len(real), len(fake))
    if not 2 <= subset_size <= least:
        raise ValueError(f"KID subset_size is {subset_size}; allowed: 2 to the smaller set's {least} rows")
    real, fake = check_pair(real, fake)
    subsets = 1 if subset_size == len(real) == len(fake) else subsets
    from threadpoolctl import threadpool_limits
    from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric

    kernel = {"kid_kernel_poly_degree": 3, "kid_kernel_poly_coef0": 1, "rng_seed": seed}
    size = {"kid_subsets": subsets, "kid_subset_size": subset_size, "verbose": False}
    # Two busy threads wait for each other longer than the products of a small subset take.
    threads = 1 if subset_size**2 * real.shape[1] < 1e8 else torch.get_num_threads()
    with threadpool_limits(threads):
        result = kid_features_to_metric(fake.cpu(), real.cpu(), **kernel, **size)
    return result[KEY_METRIC_KID_MEAN], result[KEY_METRIC_KID_STD]


def nearest(queries: Tensor, bank: Tensor, *, k: int = 1, chunk: int = 1024) -> tuple[Tensor, Tensor]:
    """Euclidean distances to the k nearest rows of the bank, ascending; indices. -> 2 x (Q, k)

    On the queries' device, `chunk` queries at a time. Candidates are ranked in float32 by
    |a|^2 + |b|^2 - 2ab; the distances returned are taken again from the differences, so that a
    copy has distance 0 and not a rounding error.
    """
    queries, bank = check_features("queries", queries, 1), check_features("bank", bank, 1)
    if queries.shape[1] != bank.shape[1] or not 1 <= k <= len(bank):
        shapes = f"queries {tuple(queries.shape)}, bank {tuple(bank.shape)}, k = {k}"
        raise ValueError(f"{shapes}; allowed: equal widths, k from 1 to the bank's rows")
    queries, bank = queries.float(), bank.float().to(queries.device)
    square = bank.square().sum(1)  # (M,)
    distances, indices = [], []
    for a in queries.split(chunk):
        gram = torch.addmm(a.square().sum(1)[:, None] + square, a, bank.T, alpha=-2)
        found = gram.clamp_min_(0).topk(k, dim=1, largest=False).indices  # (B, k)
        exact = torch.stack([(a - bank[column]).norm(dim=1) for column in found.T], dim=1)
        exact, order = exact.sort(dim=1, stable=True)
        distances.append(exact)
        indices.append(found.gather(1, order))
    return torch.cat(distances), torch.cat(indices)


def memorisation(fake: Tensor, test: Tensor, train: Tensor) -> Memorisation:
    """Nearest training neighbours of samples and of test images, in any one feature space."""
    samples, unseen = (nearest(features, train)[0][:, 0].double() for features in (fake, test))
    usual, close = unseen.quantile(0.5), unseen.quantile(0.01)
    if usual == 0:
        raise ValueError("half of the test rows are training rows; allowed: disjoint splits")
    return Memorisation(
        nn_ratio=float(samples.quantile(0.5) / usual), nn_copies=float((samples < close).double().mean())
    )


def standardise(reference: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """(f - mean) / std by the reference set's statistics, for it and for the others. float32

    So no feature of a classifier outweighs another by its units alone; a constant one only shifts.
    """
    parts = [check_pair(reference, other)[1] for other in (reference, *others)]
    mean, std = parts[0].mean(0), parts[0].std(0)
    std = std.where(std > 1e-12 * mean.abs().clamp_min(1), torch.ones_like(std))
    return tuple(((part - mean) / std).float() for part in parts)


def check_pair(real: Tensor, fake: Tensor, least: int = 2) -> tuple[Tensor, Tensor]:
    """Both in float64 on the device of the first; ValueError for what `check_features` refuses, or unequal widths."""
    real, fake = check_features("real", real, least), check_features("fake", fake, least)
    if real.shape[1] != fake.shape[1]:
        widths = f"{real.shape[1]} and {fake.shape[1]}"
        raise ValueError(f"real and fake have {widths} features; allowed: equal widths")
    return real.double(), fake.double().to(real.device)


def check_features(name: str, features: Tensor, least: int = 2) -> Tensor:
    """The features, (N, D); ValueError unless they are floating point, finite and at least so many."""
    if features.dim() != 2 or not features.is_floating_point() or not features.shape[1]:
        shape = f"{features.dtype} {tuple(features.shape)}"
        raise ValueError(f"{name} is {shape}; allowed: floating point (N, D)")
    if len(features) < least:
        raise ValueError(f"{name} has {len(features)} rows; allowed: at least {least}")
    if bad := int((~features.isfinite()).any(1).sum()):
        found = f"{name}: {bad} of {len(features)} rows are not finite"
        raise ValueError(f"{found}; allowed: finite values only")
    return features.detach()
