"""WAE-MMD as in the RAE study: a deterministic encoder whose codes are matched to N(0, I) by MMD.

||x - D(E(x))||^2 + beta * MMD(E(x), N(0, I))       (sum convention; Tolstikhin et al. 2018, eq. 4)
"""

import torch
from torch import Tensor

from rae_lib.models import losses
from rae_lib.models.rae import RAE
from rae_lib.training.players import Player


class WAE(RAE):
    prior = RAE.normal

    def corrupt(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Encoder input noise, N(0, s^2) clipped to +-s: on CelebA in the official code, with s = 0.01."""
        scale = self.config.input_noise
        if not scale:
            return x
        noise = torch.randn(x.shape, generator=generator, device=x.device) * scale
        return x + noise.clamp(-scale, scale)

    def reconstruct(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return self.decode(self.encode(self.corrupt(x, generator)))

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """||x - D(E(x))||^2 + beta * MMD; the prior's batch is fresh at every step."""
        z = self.encode(self.corrupt(x, generator))
        reconstruction = self.error(x, z)
        mmd = losses.mmd_imq(z, self.prior(len(z), generator))
        total = reconstruction + self.config.beta * mmd
        norm = 2 * losses.code_norm(z.detach())
        return {"loss": total, "reconstruction": reconstruction, "mmd": mmd, "code_norm": norm}

    def players(self) -> list[Player]:
        """Watches the reconstruction: a converged MMD only fluctuates around zero, half the time below it."""
        return [self.player("wae", self.pixels, monitor="reconstruction")]
