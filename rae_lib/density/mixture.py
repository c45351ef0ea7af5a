"""A mixture of Gaussians, fitted by scikit-learn's expectation-maximisation on the host or on the codes' GPU."""

import warnings
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from rae_lib.density.codes import check_codes, draw_noise, find_affine, score_codes

FLOOR = 1e-6  # added to every variance


class GaussianMixture:
    """sum_k w_k N(m_k, C_k), full covariances: EM in float64 from k-means, see `run_em`.

    The papers take 10 components and at most 100 iterations. The codes are standardised before
    the fit, so that the floor of the variances means the same for every system; `log_prob` is
    corrected by the log-determinant of that map. What EM complains of (no convergence, fewer distinct codes than
    components) is in `report["warning"]`; a constant code dimension is only shifted, and counted
    in `report["dead_dimensions"]`.
    """

    def __init__(self, components: int = 10, *, max_iter: int = 100, seed: int = 0):
        if components < 1:
            raise ValueError(f"components is {components}; allowed: a whole number >= 1")
        self.components, self.max_iter, self.seed, self.report = components, max_iter, seed, {}

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        z = check_codes(codes, max(2, self.components), f" for {self.components} components")
        shift, scale, dead = find_affine(z)
        standard, settings = (z - shift) / scale, {"seed": self.seed, "max_iter": self.max_iter}
        here = standard if z.is_cuda else standard.numpy()
        model, warning = run_em(here, self.components, **settings)
        fitted = (model.weights_, model.means_, model.covariances_)
        self.weights, self.means, covariances = (torch.as_tensor(part).cpu() for part in fitted)
        self.choleskys = torch.linalg.cholesky(covariances)
        self.shift, self.scale = shift.cpu(), scale.cpu()
        self.report = score_codes(self, codes, val) | {
            "components": self.components,
            "converged": bool(model.converged_),
            "iterations": int(model.n_iter_),
            "lower_bound": float(model.lower_bound_),  # per standardised code
            "reg_covar": FLOOR,
            "dead_dimensions": dead,
            "smallest_weight": float(self.weights.min()),
            "warning": warning,
        }
        return self

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """k ~ w, z = m_k + L_k eps, then back to the scale of the codes. -> (n, d) float32"""
        noise = draw_noise(n, len(self.shift), generator)
        device = noise.device
        chosen = torch.multinomial(self.weights.to(device), n, True, generator=generator)
        z = self.means.to(device)[chosen]
        for k, cholesky in enumerate(self.choleskys.to(device)):  # (n, d, d) would not fit
            z[chosen == k] += noise[chosen == k] @ cholesky.T
        return (self.shift.to(device) + self.scale.to(device) * z).float()

    def log_prob(self, z: Tensor) -> Tensor:
        """log sum_k w_k N(s; m_k, C_k) - sum_i log scale_i at s = (z - shift) / scale. -> (N,)"""
        z = check_codes(z, 1, latent=len(self.shift))
        s = (z - self.shift.to(z.device)) / self.scale.to(z.device)
        normals = zip(self.means.to(z.device), self.choleskys.to(z.device), strict=True)
        parts = [MultivariateNormal(m, scale_tril=c).log_prob(s) for m, c in normals]  # K x (N,)
        joint = torch.stack(parts, dim=1) + self.weights.log().to(z.device)  # (N, K)
        return joint.logsumexp(1) - float(self.scale.log().sum())


def run_em(x: np.ndarray | Tensor, components: int, *, seed: int, max_iter: int) -> tuple:
    """scikit-learn's fitted mixture of codes x (N, d) float64, and its warnings in one line.

    An array is fitted on the host. A tensor is fitted where it lies, by scikit-learn's array API, whose start by
    k-means is found on the host: both end in the same mixture up to rounding.
    """
    from sklearn import config_context, mixture
    from threadpoolctl import threadpool_limits

    # Two busy threads wait for each other longer than the small products of EM take.
    threads = 1 if len(x) * x.shape[1] ** 2 < 1e8 else torch.get_num_threads()
    settings = {"max_iter": max_iter, "reg_covar": FLOOR, "random_state": seed}
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(threads):
        warnings.simplefilter("always")
        if dispatch := isinstance(x, Tensor):
            settings |= find_start(x, components, seed) | {"init_params": "random_from_data"}
        with config_context(array_api_dispatch=dispatch):
            model = mixture.GaussianMixture(components, **settings).fit(x)
    messages = dict.fromkeys(" ".join(str(w.message).split()) for w in caught)
    return model, "; ".join(messages)


def find_start(x: Tensor, components: int, seed: int) -> dict[str, Tensor]:
    """Weights, means and precisions of the k-means clusters: where scikit-learn starts EM on the host."""
    from sklearn.cluster import KMeans

    labels = KMeans(components, n_init=1, random_state=seed).fit(x.cpu().numpy()).labels_
    belongs = torch.eye(components).to(x)[torch.from_numpy(labels).long()]  # (N, K)
    counts = belongs.sum(0) + 10 * torch.finfo(x.dtype).eps
    means = belongs.T @ x / counts[:, None]
    parts = zip(belongs.T, means, counts, strict=True)
    covariances = torch.stack([(x - m).T @ (b[:, None] * (x - m)) / n for b, m, n in parts])
    covariances += FLOOR * torch.eye(x.shape[1]).to(x)
    precisions = torch.cholesky_inverse(torch.linalg.cholesky(covariances))
    weights = counts / counts.sum()
    return {"weights_init": weights, "means_init": means, "precisions_init": precisions}
