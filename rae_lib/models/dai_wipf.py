"""The VAE with a learned variance, and on its codes the second stage of Dai and Wipf (2019).

1/2 ||x - D(z)||^2 / gamma^2 + D_x (log gamma + 1/2 log 2 pi) + KL(q(z|x) || N(0, I)),   gamma one number for all pixels

The second stage is a VAE of the same form on z ~ q(z|x), drawn again in every batch. Chosen: the two are trained at
the same time, the second on the codes as they are by then, where the released code trains one after the other.
"""

import math

import torch
from torch import Tensor, nn

from rae_lib.config import Config
from rae_lib.models import losses, networks
from rae_lib.models.vae import VAE
from rae_lib.training.players import Player


def negative_likelihood(square: Tensor, log_gamma: Tensor, size: int) -> Tensor:
    """-log N(x; D(z), gamma^2 I) of a squared error over so many numbers; least at gamma^2 = square / size. -> ()"""
    scaled = 0.5 * square * (-2 * log_gamma).exp()
    return scaled + size * (log_gamma + 0.5 * math.log(2 * math.pi))


class LearnedVarianceVAE(VAE):
    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        self.tenth = nn.Parameter(torch.zeros(()))  # of log gamma
        self.first = self.trainable()

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        mu, log_sigma = self.posterior(x)
        error = self.error(x, self.sample(mu, log_sigma, generator))
        kl = losses.kl_normal(mu, log_sigma).mean()
        total = negative_likelihood(error, self.log_gamma, self.pixels) + kl
        norm = 2 * losses.code_norm(mu.detach())
        return {"loss": total, "reconstruction": error, "kl": kl, "code_norm": norm}

    @property
    def log_gamma(self) -> Tensor:
        """Ten times its parameter: Adam moves that by the rate at every update, too little for a short run."""
        return 10 * self.tenth

    def facts(self) -> dict[tuple[str, str], float]:
        return {("gamma", "none"): float(self.log_gamma.detach().exp())}


class Skip(nn.Module):
    """Three ReLU layers, and a linear one that sees the input again."""

    def __init__(self, inputs: int, outputs: int, units: int):
        super().__init__()
        self.body = networks.mlp(inputs, 1, units, depth=3)[:-1]
        self.head = networks.mlp(units + inputs, outputs, units, depth=0)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.cat([self.body(x), x], 1))


class TwoStageVAE(LearnedVarianceVAE):
    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        d, units = config.latent, self.sized(config.units)
        self.outer = nn.ModuleList([Skip(d, 2 * d, units), Skip(d, d, units)])
        self.tenth_z = nn.Parameter(torch.zeros(()))  # of the second stage's log gamma

    def second_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """The same objective on codes, with heads mu_u and log sigma_u, and another variance."""
        with torch.no_grad():
            z = self.sample(*self.posterior(x), generator)
        inner, outer = self.outer
        mu, log_variance = inner(z).float().chunk(2, dim=1)
        log_sigma = log_variance / 2
        error = losses.squared_error(z, outer(self.sample(mu, log_sigma, generator)))
        kl = losses.kl_normal(mu, log_sigma).mean()
        total = negative_likelihood(error, 10 * self.tenth_z, z.shape[1]) + kl
        return {"loss": total, "reconstruction": error, "kl": kl}

    @torch.no_grad()
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """z = D_2(u) + gamma_z eps, u ~ N(0, I). -> (n, d)"""
        u = super().prior(n, generator).to(self.tenth.device)
        noise = super().prior(n, generator).to(u)
        return (self.outer[1](u) + (10 * self.tenth_z).exp() * noise).to(generator.device)

    def players(self) -> list[Player]:
        first, second = (self.player("vae", self.pixels), [*self.outer.parameters(), self.tenth_z])
        first.parameters, first.last = self.first, True
        return [first, self.partner("second", second, self.second_loss)]
