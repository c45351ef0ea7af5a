"""Features in, numbers out.

Symbols: real (N, D) features of reference images, fake (M, D) features of generated ones, always
in this order. A number is only comparable under one protocol (features, counts, which images): the
caller records it. Every function refuses NaN, infinity, wrong shapes and too few rows in one line.
The arithmetic is float64. Features may lie on any device. On CUDA, Frechet distance and KID are the
same equations in torch; on the CPU, and in the tests, they are torch-fidelity's.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rae_lib.metrics.clusters import mini_batch, threads


@dataclass(frozen=True)
class PRD:
    """Precision and recall for distributions; named, because the two scores are easily swapped."""

    f8: float  # max F_8: recall weighs 64 times precision
    f1_8: float  # max F_1/8: precision weighs 64 times recall
    precision: Tensor  # (angles,) alpha(lambda)
    recall: Tensor  # (angles,) beta(lambda) = alpha / lambda


@dataclass(frozen=True)
class Memorisation:
    """How near samples lie to training images, beside how near test images do (claim RAE-17)."""

    nn_ratio: float  # median distance of samples / median distance of test images
    nn_copies: float  # fraction of samples nearer than the first percentile of test images


def frechet(real: Tensor, fake: Tensor) -> float:
    """||m_r - m_f||^2 + tr(C_r + C_f - 2 (C_r C_f)^(1/2)), covariances with N - 1.

    Heusel et al. 2017. Biased upwards in small samples: compare equal counts only, and with N <= D
    the covariances are singular, which the distance survives and the protocol should mention.
    torch-fidelity's two steps take 7 s on one core at 10 000 x 2048 (0.6 s at 768), 4 of them for
    eigenvalues that more cores hardly hasten. Raises ValueError below 10 rows.
    """
    real, fake = _pair(real, fake, least=10)
    if real.is_cuda:
        return max(0.0, _frechet(real, fake))
    from torch_fidelity.metric_fid import (
        KEY_METRIC_FID,
        fid_features_to_statistics,
        fid_statistics_to_metric,
    )

    statistics = [fid_features_to_statistics(features) for features in (real, fake)]
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
        raise ValueError(
            f"KID subset_size is {subset_size}; allowed: 2 to the smaller set's {least} rows"
        )
    real, fake = _pair(real, fake)
    subsets = 1 if subset_size == len(real) == len(fake) else subsets
    if real.is_cuda:
        return _kid(real, fake, subsets, subset_size, seed)
    from torch_fidelity.metric_kid import (
        KEY_METRIC_KID_MEAN,
        KEY_METRIC_KID_STD,
        kid_features_to_metric,
    )

    kernel = {"kid_kernel_poly_degree": 3, "kid_kernel_poly_coef0": 1, "rng_seed": seed}
    size = {"kid_subsets": subsets, "kid_subset_size": subset_size, "verbose": False}
    with threads(subset_size**2 * real.shape[1]):
        result = kid_features_to_metric(fake, real, **kernel, **size)
    return result[KEY_METRIC_KID_MEAN], result[KEY_METRIC_KID_STD]


def prd(
    real: Tensor,
    fake: Tensor,
    *,
    clusters: int = 20,
    runs: int = 10,
    angles: int = 1001,
    seed: int = 0,
) -> PRD:
    """Precision and recall for distributions: `prd_curve` of the histograms over joint clusters.

    Sajjadi et al. 2018: mini-batch k-means on the union, curves averaged over runs, then the best
    F_8 and F_1/8 along the curve. The clusters are found on the CPU, wherever the features are, and
    so are the same to the bit: ten runs on 2 x 10 000 rows take 26 s on one core at 2048 features,
    9 s at 768, 2 s at 64, and share what cores there are (`clusters.mini_batch`). Raises ValueError
    for unequal counts, which would let the larger set place the clusters, and for fewer rows than
    clusters.
    """
    real, fake = _pair(real, fake, least=clusters)
    if len(real) != len(fake):
        raise ValueError(
            f"PRD of {len(real)} real and {len(fake)} fake rows; allowed: equal counts"
        )
    if clusters < 2 or runs < 1:
        raise ValueError(
            f"clusters is {clusters}, runs is {runs}; allowed: clusters >= 2, runs >= 1"
        )
    union = torch.cat([real, fake]).cpu().numpy()
    curves = []
    for labels in mini_batch(union, clusters, range(seed * runs, (seed + 1) * runs)):
        p, q = (
            torch.bincount(part, minlength=clusters).double() / len(real)
            for part in labels.split(len(real))
        )
        curves.append(torch.stack(prd_curve(p, q, angles=angles)))
    precision, recall = torch.stack(curves).mean(0)
    scores = [float(f_score(precision, recall, b).max()) for b in (8, 1 / 8)]
    return PRD(f8=scores[0], f1_8=scores[1], precision=precision, recall=recall)


def prd_curve(real: Tensor, fake: Tensor, *, angles: int = 1001) -> tuple[Tensor, Tensor]:
    """Precision alpha = sum_k min(lambda P_k, Q_k), recall beta = alpha / lambda. -> 2 x (angles,)

    P, Q: histograms (K,) of real and fake; lambda = tan(theta), theta evenly over
    [1e-10, pi/2 - 1e-10], as in the authors' code.
    """
    if not 3 <= angles <= 1_000_000:
        raise ValueError(f"angles is {angles}; allowed: 3 to 1000000")
    slopes = torch.linspace(1e-10, torch.pi / 2 - 1e-10, angles, dtype=torch.float64).tan()
    precision = torch.minimum(slopes[:, None] * real.double(), fake.double()).sum(1)
    return precision.clamp(0, 1), (precision / slopes).clamp(0, 1)


def f_score(precision: Tensor, recall: Tensor, b: float) -> Tensor:
    """F_b = (1 + b^2) alpha beta / (b^2 alpha + beta), 0 where both are 0; b > 1 weighs recall."""
    below = b**2 * precision + recall
    return (1 + b**2) * precision * recall / below.where(below > 0, torch.ones_like(below))


def nearest(
    queries: Tensor, bank: Tensor, *, k: int = 1, chunk: int = 1024
) -> tuple[Tensor, Tensor]:
    """Euclidean distances to the k nearest rows of the bank, ascending; indices. -> 2 x (Q, k)

    On the queries' device, `chunk` queries at a time. Candidates are ranked in float32 by
    |a|^2 + |b|^2 - 2ab; the distances returned are taken again from the differences, so that a
    copy has distance 0 and not a rounding error.
    """
    queries, bank = _features("queries", queries, 1), _features("bank", bank, 1)
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
        nn_ratio=float(samples.quantile(0.5) / usual),
        nn_copies=float((samples < close).double().mean()),
    )


def sharpness(images_u8: Tensor) -> float:
    """Mean over images of the variance of the 3x3 Laplacian of the grey image (claim RAE-12).

    Grey is 0.299 R + 0.587 G + 0.114 B on the scale [0, 255]; the Laplacian (0 1 0; 1 -4 1; 0 1 0)
    is taken where it fits, so that the border adds nothing.
    """
    shape = tuple(images_u8.shape)
    if images_u8.dtype != torch.uint8 or len(shape) != 4 or shape[1] not in (1, 3) or 0 in shape:
        raise ValueError(f"images are {images_u8.dtype} {shape}; allowed: uint8 (N, 1 or 3, H, W)")
    weights = torch.tensor([0.299, 0.587, 0.114], device=images_u8.device)[:, None, None]
    variances = []
    for part in images_u8.split(1000):
        x = (part * weights).sum(1) if shape[1] == 3 else part[:, 0].float()  # (B, H, W)
        around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
        variances.append((around - 4 * x[:, 1:-1, 1:-1]).flatten(1).double().var(1, correction=0))
    return float(torch.cat(variances).mean())


def step_cv(paths: Tensor) -> float:
    """Mean over paths of std / mean of the consecutive feature distances; 0 for even steps.

    paths: (P, T, D) features of T points along each of P interpolations (claim RAE-12: T = 7). The
    standard deviation is over the T - 1 steps, without correction; a path that stands still
    counts 0.
    """
    if paths.dim() != 3 or paths.shape[1] < 3 or not len(paths):
        raise ValueError(f"paths have shape {tuple(paths.shape)}; allowed: (P, T, D) with T >= 3")
    _features("paths", paths.flatten(0, 1))
    steps = paths.double().diff(dim=1).norm(dim=2)  # (P, T - 1)
    mean = steps.mean(1)
    return float((steps.std(1, correction=0) / mean.where(mean > 0, torch.ones_like(mean))).mean())


def standardise(reference: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """(f - mean) / std by the reference set's statistics, for it and for the others. float32

    So no feature of a classifier outweighs another by its units alone; a constant one only shifts.
    """
    parts = [_pair(reference, other)[1] for other in (reference, *others)]
    mean, std = parts[0].mean(0), parts[0].std(0)
    std = std.where(std > 1e-12 * mean.abs().clamp_min(1), torch.ones_like(std))
    return tuple(((part - mean) / std).float() for part in parts)


def _frechet(real: Tensor, fake: Tensor) -> float:
    """The distance in torch, float64 (N, D) on one device.

    tr (C_r C_f)^(1/2) is the sum of the roots of the eigenvalues of the symmetric C_r^(1/2) C_f
    C_r^(1/2), which are those of C_r C_f: two symmetric problems instead of a general one.
    """
    means = real.mean(0), fake.mean(0)
    c_real, c_fake = (
        (x - m).T @ (x - m) / (len(x) - 1) for x, m in zip((real, fake), means, strict=True)
    )
    values, vectors = torch.linalg.eigh(c_real)
    root = vectors * values.clamp_min(0).sqrt()  # C_r^(1/2) up to a rotation
    squares = torch.linalg.eigvalsh(root.T @ c_fake @ root).clamp_min(0)
    shift = (means[0] - means[1]).square().sum()
    return float(shift + c_real.trace() + c_fake.trace() - 2 * squares.sqrt().sum())


def _kid(real: Tensor, fake: Tensor, subsets: int, size: int, seed: int) -> tuple[float, float]:
    """The same draws and the same estimator in torch, float64 on one device."""
    draws, values = np.random.RandomState(seed), []

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(a: Tensor) -> Tensor:
        k = kernel(a, a)
        return (k.sum() - k.trace()) / (size * (size - 1))

    for _ in range(subsets):
        f, r = (x[draws.choice(len(x), size, replace=False)] for x in (fake, real))
        values.append(within(f) + within(r) - 2 * kernel(f, r).mean())
    found = torch.stack(values)
    return float(found.mean()), float(found.std(correction=0))


def _pair(real: Tensor, fake: Tensor, least: int = 2) -> tuple[Tensor, Tensor]:
    """Both in float64 on the device of the first."""
    real, fake = _features("real", real, least), _features("fake", fake, least)
    if real.shape[1] != fake.shape[1]:
        widths = f"{real.shape[1]} and {fake.shape[1]}"
        raise ValueError(f"real and fake have {widths} features; allowed: equal widths")
    return real.double(), fake.double().to(real.device)


def _features(name: str, features: Tensor, least: int = 2) -> Tensor:
    """The features themselves, or a refusal in one line."""
    if features.dim() != 2 or not features.is_floating_point() or not features.shape[1]:
        shape = f"{features.dtype} {tuple(features.shape)}"
        raise ValueError(f"{name} is {shape}; allowed: floating point (N, D)")
    if len(features) < least:
        raise ValueError(f"{name} has {len(features)} rows; allowed: at least {least}")
    if bad := int((~features.isfinite()).any(1).sum()):
        found = f"{name}: {bad} of {len(features)} rows are not finite"
        raise ValueError(f"{found}; allowed: finite values only")
    return features.detach()
