"""EAE: a deterministic autoencoder whose batch-normalised code is pushed to high entropy.

    ||x - D(z)||^2 - beta * H(z) + lam * REG,   z = norm(E(x))       (EAE eq. 2; sum convention, H in nats)

norm: affine-free batch norm (mean 0, variance 1: the entropy is largest for N(0, I)), or L1 normalisation (mean
absolute value 1: largest for Laplace(0, 1), EAE section 3.3). H: the estimate of `losses.entropy` over the batch.
beta = 0: `ae-bn` and `ae-l1`, the same without the entropic term. REG: as in RAE.
"""

import torch
from torch import Tensor

from rae_lib.models import losses
from rae_lib.models.rae import RAE
from rae_lib.training.players import Player


class EAE(RAE):
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """N(0, I), or with L1 normalisation Laplace(0, 1) in every coordinate. -> (n, d)"""
        if self.config.latent_norm != "l1":
            return self.normal(n, generator)
        shape, device = (n, self.config.latent), generator.device
        sign = torch.randint(0, 2, shape, generator=generator, device=device) * 2 - 1
        return sign * torch.empty(shape, device=device).exponential_(generator=generator)

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """||x - D(z)||^2 - beta * H(z) + lam * REG, with every term named; without beta H is only watched."""
        c = self.config
        x, z = self.coded(x)
        terms = {"reconstruction": self.error(x, z)}
        terms["entropy"] = losses.entropy(z if c.beta else z.detach(), c.neighbour)
        total = terms["reconstruction"] - c.beta * terms["entropy"]
        if c.lam:
            terms["regulariser"] = self.regulariser(x, z, generator)
            total = total + c.lam * terms["regulariser"]
        return {"loss": total, **terms, "code_norm": 2 * losses.code_norm(z.detach())}

    def players(self) -> list[Player]:
        return [self.player("eae", self.pixels)]
