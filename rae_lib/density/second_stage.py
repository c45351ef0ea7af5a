"""The second stage: a small VAE on the codes of a trained system."""

import math
from typing import Self

import torch
from torch import Tensor, nn

from rae_lib.density.codes import check_codes, draw_noise, find_affine, score_codes
from rae_lib.models import losses, networks
from rae_lib.training import loop, players


class SecondStageVAE(nn.Module):
    """A VAE on standardised codes s: ||s - D(u)||^2 + beta KL(q(u|s) || N(0, I)).

    The RAE study's two-stage VAE: encoder d-1024-1024-(mu, log sigma = 5 tanh), decoder
    d-1024-1024-d, ReLU; Adam 1e-4, batch 64, 100 epochs, the last 10 % of the codes for
    validation, rate halved after 3 epochs on a plateau. beta is in the sum convention, d times
    the official code's (0.024 on MNIST). Samples are D(u), u ~ N(0, I), with no noise added.

    `log_prob` is a lower bound: log 1/K sum_k p(s|u_k) p(u_k) / q(u_k|s), u_k ~ q(u|s), K = draws,
    for p(s|u) = N(D(u), beta/2 I), the likelihood under which the loss is -beta times the ELBO.
    """

    draws = 16

    def __init__(
        self, beta: float, *, width: int = 1024, epochs: int = 100, batch: int = 64, lr: float = 1e-4, seed: int = 0
    ):
        super().__init__()
        if not beta > 0:
            raise ValueError(f"beta is {beta}; allowed: a number > 0")
        self.beta, self.width, self.epochs, self.batch = beta, width, epochs, batch
        self.lr, self.seed, self.report = lr, seed, {}

    def build(self, codes: Tensor) -> None:
        """Untrained networks and the codes' affine map; the global random state is left alone."""
        *affine, self.dead = find_affine(codes)
        for name, value in zip(("shift", "scale"), affine, strict=True):
            self.register_buffer(name, value.float())
        with loop.seeded("second-stage", self.seed):
            self.encoder = build_mlp(codes.shape[1], self.width, heads=2)
            self.decoder = build_mlp(codes.shape[1], self.width)

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        self.build(z := check_codes(codes, 20))
        main, held = z.float().tensor_split([len(z) - len(z) // 10])
        settings = {"epochs": self.epochs, "batch": self.batch, "seed": self.seed}
        history = loop.fit(self, main, held, device=str(z.device), **settings)
        few = slice(2000)  # the bound costs `draws` passes
        self.report = score_codes(self, codes[few], None if val is None else val[few]) | {
            "loglik_codes": len(codes[few]),
            "draws": self.draws,
            "epochs": len(history),
            "best_loss": min(row["val"] for row in history),
            "dead_dimensions": self.dead,
        }
        return self

    def posterior(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log sigma of q(u|s), each (N, d)."""
        mu, raw = self.encoder((z.to(self.shift) - self.shift) / self.scale).chunk(2, dim=1)
        return mu, 5 * torch.tanh(raw)

    def encode(self, z: Tensor) -> Tensor:
        return self.posterior(z)[0]

    def decode(self, u: Tensor) -> Tensor:
        return self.shift + self.scale * self.decoder(u.to(self.shift))

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return draw_noise(n, len(self.shift), generator).float()

    def loss(self, z: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        mu, log_sigma = self.posterior(z)
        u = mu + log_sigma.exp() * draw_noise(*mu.shape, generator)
        error = losses.squared_error((z - self.shift) / self.scale, self.decoder(u.float()))
        kl = losses.kl_normal(mu, log_sigma).mean()
        return {"loss": error + self.beta * kl, "reconstruction": error, "kl": kl}

    def players(self) -> list[players.Player]:
        """The plateau's threshold is Keras' 1e-4 on a mean over d, so 1e-4 d here."""
        player = players.Player("second", list(self.parameters()), self.loss, self.lr)
        player.plateau, player.plateau_patience = 1e-4 * len(self.shift), 3
        return [player]

    @torch.no_grad()
    def reconstruct(self, z: Tensor, generator: torch.Generator) -> Tensor:
        """Codes passed through with sampled noise: the path of the papers' reconstructions."""
        mu, log_sigma = self.posterior(check_codes(z, 1, latent=len(self.shift)))
        return self.decode(mu + log_sigma.exp() * draw_noise(*mu.shape, generator).to(mu)).to(z.device)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        return self.decode(self.prior(n, generator)).to(generator.device)

    @torch.no_grad()
    def log_prob(self, z: Tensor) -> Tensor:
        """The importance-weighted lower bound on log p(z), its noise fixed by the seed. -> (N,)"""
        z = check_codes(z, 1, latent=len(self.shift)).to(self.shift.device)
        noise = loop.generator_for("bound", self.seed, z.device)
        mu, log_sigma = self.posterior(z)
        s, variance, weights = (z - self.shift) / self.scale, self.beta / 2, []
        for _ in range(self.draws):
            eps = draw_noise(*mu.shape, noise)
            u = mu + log_sigma.exp() * eps
            error = (s - self.decoder(u.float())).square().sum(1)
            ratio = 0.5 * (eps.square() - u.square()).sum(1) + log_sigma.sum(1)  # p(u) / q(u|s)
            weights.append(ratio - error / (2 * variance))
        constant = 0.5 * len(self.shift) * math.log(2 * math.pi * variance)
        bound = torch.stack(weights).logsumexp(0) - math.log(self.draws)
        return bound - constant - self.scale.double().log().sum()


def build_mlp(latent: int, width: int, heads: int = 1) -> nn.Sequential:
    """d - width - width - heads d with ReLU, Glorot weights."""
    first, last = nn.Linear(latent, width), nn.Linear(width, heads * latent)
    net = nn.Sequential(first, nn.ReLU(), nn.Linear(width, width), nn.ReLU(), last)
    return networks.glorot(net, {last: latent})
