"""A normalising flow on the codes of a trained system: zuko's, trained by the one loop."""

from typing import Self

import torch
from torch import Tensor, nn

from rae_lib.density.codes import check_codes, draw_noise, find_affine, score_codes
from rae_lib.models import flows
from rae_lib.training import loop, players


class Flow(nn.Module):
    """p(z) = N(f(s); 0, I) |det df/dz|, s the standardised code, f a chain of affine couplings (RealNVP; zuko).

    Likelihoods are exact. Two hidden layers of width / 2 units a coupling (512 at the papers' 1024); Adam, batch 100,
    the best epoch by the last 10 % of the codes.
    """

    def __init__(self, *, couplings: int = 8, width: int = 1024, epochs: int = 100, lr: float = 1e-4, seed: int = 0):
        super().__init__()
        self.couplings, self.width, self.epochs = couplings, width, epochs
        self.lr, self.seed, self.report = lr, seed, {}

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        z = check_codes(codes, 20)
        shift, scale, dead = find_affine(z)
        self.register_buffer("shift", shift)
        self.register_buffer("scale", scale)
        with loop.seeded("flow", self.seed):
            self.flow = flows.Flow(z.shape[1], self.couplings, self.width // 2)
        main, held = ((z - shift) / scale).float().tensor_split([len(z) - len(z) // 10])
        settings = {"epochs": self.epochs, "batch": 100, "seed": self.seed}
        history = loop.fit(self, main, held, device=str(z.device), **settings)
        self.report = score_codes(self, codes, val) | {"dead_dimensions": dead}
        self.report |= {"epochs": len(history), "best_loss": min(row["val"] for row in history)}
        return self

    def loss(self, s: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": -self.flow.log_prob(s).mean()}

    def players(self) -> list[players.Player]:
        decay = (0.6, 0.85)
        return [players.Player("flow", list(self.parameters()), self.loss, self.lr, decay=decay)]

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        noise = draw_noise(n, len(self.shift), generator).float().to(self.shift.device)
        s = self.flow.inverse(noise)
        return (self.shift + self.scale * s).float().to(generator.device)

    @torch.no_grad()
    def log_prob(self, z: Tensor) -> Tensor:
        """log N(f(s); 0, I) + log |det df/ds| - sum_i log scale_i at s = (z - shift) / scale. -> (N,)"""
        z = check_codes(z, 1, latent=len(self.shift)).to(self.shift.device)
        s = ((z - self.shift) / self.scale).float()
        return self.flow.log_prob(s).double() - self.scale.log().sum()
