"""Injective flow: an autoencoder trained as if its decoder were a flow from codes to images (Kumar et al. 2020).

||x - D(z)||^2 + beta * (1/2 ||z||^2 + d/2 log(tr(J^T J) / d)),   z = E(x), J = dD(z)/dz

-log p(x) is at most 1/2 ||z||^2 plus the log volume by which D stretches the space of codes, up to a constant
(`losses.log_volume`); the squared error keeps E near the inverse of D. tr(J^T J) by one probe.
"""

import torch
from torch import Tensor

from rae_lib.models import losses
from rae_lib.models.coder import Coder
from rae_lib.training.players import Player


class InjectiveFlow(Coder):
    prior = Coder.normal

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        z = self.encode(x)
        reconstruction, norm = self.error(x, z), losses.code_norm(z)
        square = losses.jacobian_square(self.decoder, z, generator)
        volume = losses.log_volume(square, z.shape[1]).mean()
        total = reconstruction + self.config.beta * (norm + volume)
        terms = {"loss": total, "reconstruction": reconstruction, "log_volume": volume}
        return terms | {"code_norm": 2 * norm.detach()}

    def players(self) -> list[Player]:
        return [self.player("injective", self.pixels)]
