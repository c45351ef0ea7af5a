"""Expectation-maximisation of a Gaussian mixture: scikit-learn's, and the same algorithm in torch where the codes are.

The start is scikit-learn's own (k-means++ by its public function, the same random numbers; Lloyd's iterations here),
and so are the updates, the covariance floor and the rule for stopping: on one machine both end in the same mixture up
to rounding. float64 throughout. Symbols: x (N, d) codes, K components.
"""

import math
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor

from rae_lib.metrics.distances import threads

FLOOR = 1e-6  # added to every variance
CHUNK = 2**27  # numbers of the largest temporary, 1 GiB


@dataclass
class Mixture:
    """Weights (K,), means (K, d), covariances (K, d, d) and how the fit ended."""

    weights: Tensor
    means: Tensor
    covariances: Tensor
    lower_bound: float  # mean log-likelihood of a code at the last E-step, nats
    iterations: int
    converged: bool

    def parameters(self, device: str) -> tuple[Tensor, Tensor, Tensor]:
        return tuple(t.to(device) for t in (self.weights, self.means, self.covariances))


def sklearn(x: Tensor, components: int, *, seed: int, max_iter: int) -> tuple[Mixture, str]:
    """scikit-learn's fit on the CPU, and what it warned of in one line. x: float64 (N, d)."""
    from sklearn.mixture import GaussianMixture

    settings = {"max_iter": max_iter, "reg_covar": FLOOR, "random_state": seed}
    model = GaussianMixture(components, covariance_type="full", **settings)
    with warnings.catch_warnings(record=True) as caught, threads(len(x) * x.shape[1] ** 2):
        warnings.simplefilter("always")
        model.fit(x.cpu().numpy())
    fitted = (model.weights_, model.means_, model.covariances_)
    ended = (float(model.lower_bound_), int(model.n_iter_), bool(model.converged_))
    told = dict.fromkeys(" ".join(str(w.message).split()) for w in caught)
    return Mixture(*map(torch.from_numpy, fitted), *ended), "; ".join(told)


def fit(
    x: Tensor, components: int, *, seed: int, max_iter: int, tol: float = 1e-3
) -> tuple[Mixture, str]:
    """EM from k-means until the mean log-likelihood moves by less than `tol`; and a warning if it did not stop.

    x: float64 (N, d), N >= K >= 1, on any device. Raises ValueError where a covariance is not positive definite.
    """
    parameters = maximisation(x, one_hot(kmeans(x, components, seed=seed), components))
    bound, converged = -math.inf, False
    for iteration in range(1, max_iter + 1):  # noqa: B007
        before = bound
        responsibilities, mean = expectation(x, *parameters)
        parameters = maximisation(x, responsibilities)
        bound = float(mean)
        if converged := abs(bound - before) < tol:
            break
    warning = "" if converged else f"EM did not converge in {max_iter} iterations"
    return Mixture(*parameters, bound, iteration, converged), warning


def expectation(
    x: Tensor, weights: Tensor, means: Tensor, covariances: Tensor
) -> tuple[Tensor, Tensor]:
    """p(k | x) (N, K) and the mean over codes of log sum_k w_k N(x; m_k, C_k)."""
    joint = log_normals(x, means, covariances) + weights.log()
    total = joint.logsumexp(1)
    return (joint - total[:, None]).exp(), total.mean()


def log_normals(x: Tensor, means: Tensor, covariances: Tensor) -> Tensor:
    """log N(x; m_k, C_k) = -1/2 ||L_k^-1 (x - m_k)||^2 - sum_i log L_k,ii - d/2 log 2 pi. -> (N, K)"""
    d = x.shape[1]
    choleskys, failed = torch.linalg.cholesky_ex(covariances)
    if failed.any():
        raise ValueError(
            f"{int((failed > 0).sum())} of {len(means)} covariances are not positive definite: "
            "take fewer components, or codes that vary in every dimension"
        )
    eye = torch.eye(d, dtype=x.dtype, device=x.device).expand_as(choleskys)
    whiten = torch.linalg.solve_triangular(choleskys, eye, upper=False).mT  # (K, d, d)
    squares = []
    for part, mean in chunks(x, whiten, means):
        white = x @ part.permute(1, 0, 2).flatten(1)  # (N, K' d): one product
        white = white.unflatten(1, (len(mean), d)).sub_((mean[:, None] @ part)[:, 0])
        squares.append(white.square_().sum(2).T)
    volume = choleskys.diagonal(dim1=1, dim2=2).log().sum(1)  # (K,)
    return -0.5 * torch.cat(squares).T - volume - 0.5 * d * math.log(2 * math.pi)


def maximisation(x: Tensor, responsibilities: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, means and covariances of responsibilities (N, K)."""
    counts = responsibilities.sum(0) + 10 * torch.finfo(x.dtype).eps
    means = responsibilities.T @ x / counts[:, None]
    covariances = []
    for part, mean, count in chunks(x, responsibilities.T, means, counts):
        centred = (x - mean[:, None]).mul_(part.sqrt()[:, :, None])  # (K', N, d)
        covariances.append(centred.mT @ centred / count[:, None, None])
    whole = torch.cat(covariances)
    whole.diagonal(dim1=1, dim2=2).add_(FLOOR)
    return counts / counts.sum(), means, whole


def chunks(x: Tensor, *stacked: Tensor) -> zip:
    """The stacked tensors (K, ...) in parts of so many components that (K', N, d) stays below CHUNK."""
    size = max(1, CHUNK // x.numel())
    return zip(*(tensor.split(size) for tensor in stacked), strict=True)


def one_hot(labels: Tensor, components: int) -> Tensor:
    return torch.nn.functional.one_hot(labels, components).double()


def kmeans(
    x: Tensor, clusters: int, *, seed: int, max_iter: int = 300, tol: float = 1e-4
) -> Tensor:
    """Labels (N,) of Lloyd's algorithm from k-means++ centres, as scikit-learn's KMeans(n_init=1) finds them.

    It stops where no label changes, or where the centres' squared shifts sum to at most `tol` times the mean variance;
    a cluster that runs empty takes over the code that is farthest from its centre.
    """
    from sklearn.cluster import kmeans_plusplus

    x = x - x.mean(0)
    start, _ = kmeans_plusplus(x.cpu().numpy(), clusters, random_state=seed)
    centres, labels = torch.from_numpy(start).to(x), None
    limit = tol * float(x.var(0, correction=0).mean())
    square = x.square().sum(1)
    for _ in range(max_iter):
        before, (labels, distances) = labels, assigned(x, square, centres)
        if before is not None and torch.equal(before, labels):
            return labels
        moved = averaged(x, labels, distances, clusters)
        shift = float((moved - centres).square().sum())
        centres = moved
        if shift <= limit:
            break
    return assigned(x, square, centres)[0]


def assigned(x: Tensor, square: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest centre of every code, and the squared distance to it. -> 2 x (N,)"""
    distances = (
        centres.square().sum(1) - 2 * x @ centres.T
    )  # less ||x||^2, the same for all centres
    nearest = distances.min(1)
    return nearest.indices, nearest.values + square


def averaged(x: Tensor, labels: Tensor, distances: Tensor, clusters: int) -> Tensor:
    """The mean of every cluster (K, d), after empty ones have taken over the farthest codes."""
    counts = torch.bincount(labels, minlength=clusters)
    empty = (counts == 0).nonzero()[:, 0]
    if len(empty):
        labels = labels.clone()
        labels[distances.topk(len(empty)).indices] = empty
        counts = torch.bincount(labels, minlength=clusters)
    return one_hot(labels, clusters).T @ x / counts.clamp_min(1)[:, None]
