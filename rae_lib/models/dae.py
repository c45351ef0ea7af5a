"""DAE: the plain autoencoder of the deterministic-autoencoder study, and what it changes about the code.

    sum BCE(x, D(z + s eps)),   z = norm(E(x + t eps'))       (DAE section 3; sum convention)

norm: none, batch, layer, or a spectrally normalised code layer. s, t: standard deviations of Gaussian noise at the
decoder's input (section 4) and on the image (section 3), in training only, as a Keras noise layer has it. frozen:
the code layer stays at its random initialisation. The study's VAE is `vae.VAE` with the cross-entropy.
"""

import torch
from torch import Tensor

from rae_lib.models import losses
from rae_lib.models.coder import Coder
from rae_lib.training.players import Player


class DAE(Coder):
    def disturb(self, values: Tensor, scale: float, generator: torch.Generator) -> Tensor:
        """values + scale * eps in training, the values themselves in evaluation."""
        if not scale or not self.training:
            return values
        return values + scale * torch.randn(values.shape, generator=generator, device=values.device)

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """sum BCE(x, D(z + s eps)); the error is that against the image without noise."""
        c = self.config
        z = self.encode(self.disturb(x, c.input_noise, generator))
        reconstruction = self.error(x, self.disturb(z, c.code_noise, generator))
        norm = 2 * losses.code_norm(z.detach())
        return {"loss": reconstruction, "reconstruction": reconstruction, "code_norm": norm}

    def players(self) -> list[Player]:
        return [self.player("autoencoder", self.pixels)]
