"""VAE (of the RAE study, a tuned beta-VAE), CV-VAE, and the k-sample objective of its trade-off study.

    (1/k) sum_j ||x - D(z_j)||^2 + beta * KL(q(z|x) || N(0, I)),   z_j = mu + sigma * eps_j   (sum convention)

VAE: sigma from the encoder, log sigma = 5 tanh(h) (official code: a log standard deviation in [-5, 5]).
VAE of the DAE study: cross-entropy for the squared error, log sigma = h/2 (chosen: the head h is a log variance).
noise_scale: GrammarVAE draws z = mu + .01 sigma eps and keeps the KL of sigma.
CV-VAE: sigma constant, KL = 1/2 ||mu||^2 + const. RAE arXiv v1 sections 2-3, ICLR sections 2.1-2.2.
"""

import torch
from torch import Tensor

from rae_lib.config import Config
from rae_lib.models import losses
from rae_lib.models.coder import Coder
from rae_lib.training.players import Player


class VAE(Coder):
    learned = True  # sigma is the encoder's second head
    prior = Coder.normal

    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape, heads=2 if self.learned else 1)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log sigma of q(z|x), each (B, d) in float32."""
        h = self.encoder(x).float()
        if not self.learned:
            return h, torch.full_like(h, self.config.sigma).log()
        mu, raw = h.chunk(2, dim=1)
        return mu, 5 * torch.tanh(raw) if self.config.sigma_head == "tanh" else raw / 2

    def sample(self, mu: Tensor, log_sigma: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(mu.shape, generator=generator, device=mu.device)
        return mu + self.config.noise_scale * log_sigma.exp() * noise

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x)[0]

    def reconstruct(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return self.decode(self.sample(*self.posterior(x), generator))

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Mean over k samples of ||x - D(z_j)||^2, plus beta times the KL (CV-VAE: 1/2 ||mu||^2)."""
        k = self.config.mc_samples
        mu, log_sigma = self.posterior(x)
        z = self.sample(mu.repeat(k, 1), log_sigma.repeat(k, 1), generator)  # (k B, d)
        reconstruction = self.error(x.repeat(k, *[1] * (x.dim() - 1)), z)
        kl = losses.kl_normal(mu, log_sigma).mean() if self.learned else losses.code_norm(mu)
        total = reconstruction + self.config.beta * kl
        norm = 2 * losses.code_norm(mu.detach())
        return {"loss": total, "reconstruction": reconstruction, "kl": kl, "code_norm": norm}

    def players(self) -> list[Player]:
        return [self.player("vae", self.channels)]


class ConstantVarianceVAE(VAE):
    learned = False  # sigma is the configuration's
