"""One normal distribution with the mean and the covariance of the codes."""

from typing import Self

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from rae_lib.density.codes import check_codes, draw_noise, score_codes


class Gaussian:
    """N(m, C + jitter I): mean and full covariance (N - 1) of the codes, jitter = 1e-6 tr(C) / d.

    Codes of an autoencoder without a penalty can be badly conditioned; the jitter keeps them
    samplable. `report["condition"]` is that of C + jitter I, so 1e6 d means that C is singular.
    """

    def __init__(self):
        self.report = {}

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        z = check_codes(codes, codes.shape[-1] + 1, " (one more than their dimension)").cpu()
        covariance = z.T.cov().view(z.shape[1], -1)
        jitter = 1e-6 * float(covariance.trace()) / z.shape[1]
        if not jitter:
            raise ValueError(f"all {len(z)} codes are equal; allowed: codes that vary")
        covariance = covariance + jitter * torch.eye(z.shape[1])
        self.mean, self.cholesky = z.mean(0), torch.linalg.cholesky(covariance)
        conditioned = {"jitter": jitter, "condition": torch.linalg.cond(covariance).item()}
        self.report = score_codes(self, codes, val) | conditioned
        return self

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        noise = draw_noise(n, len(self.mean), generator)
        mean, cholesky = self.mean.to(noise.device), self.cholesky.to(noise.device)
        return (mean + noise @ cholesky.T).float()

    def log_prob(self, z: Tensor) -> Tensor:
        """-1/2 ||L^-1 (z - m)||^2 - sum_i log L_ii - d/2 log 2 pi, L the Cholesky factor. -> (N,)"""
        z = check_codes(z, 1, latent=len(self.mean))
        mean, cholesky = self.mean.to(z.device), self.cholesky.to(z.device)
        return MultivariateNormal(mean, scale_tril=cholesky).log_prob(z)
