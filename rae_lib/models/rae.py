"""AE, AE-L2, RAE, RAE-L2, RAE-GP, RAE-SN: one objective, its terms switched by the coefficients.

    ||x - D(E(x))||^2 + beta/2 ||z||^2 + lam * REG       (RAE arXiv v1 eq. 15, ICLR eq. 11; sum convention)

beta = 0: AE, AE-L2. REG: sum of squared decoder kernels (l2), gradient penalty (gp), or none with the kernels
spectrally normalised (sn). contractive: the encoder's Jacobian, to whose cost that of gp is compared.
"""

import torch
from torch import Tensor

from rae_lib.models import losses, networks
from rae_lib.models.coder import Coder
from rae_lib.training.players import Player


class RAE(Coder):
    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """||x - D(E(x))||^2 + beta/2 ||z||^2 + lam * REG, with every term named."""
        c = self.config
        x, z = self.coded(x)
        terms = {"reconstruction": self.error(x, z)}
        total = terms["reconstruction"]
        if c.beta:
            terms["code_penalty"] = losses.code_norm(z)
            total = total + c.beta * terms["code_penalty"]
        if c.lam:
            terms["regulariser"] = self.regulariser(x, z, generator)
            total = total + c.lam * terms["regulariser"]
        return {"loss": total, **terms, "code_norm": 2 * losses.code_norm(z.detach())}

    def coded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The images and their codes; a contractive penalty asks for the slope between them, in validation too."""
        contractive = self.config.regulariser == "contractive"
        with torch.set_grad_enabled(contractive or torch.is_grad_enabled()):
            x = x.detach().requires_grad_(contractive)
            return x, self.encode(x)

    def regulariser(self, x: Tensor, z: Tensor, generator: torch.Generator) -> Tensor:
        if self.config.regulariser == "l2":
            weights = networks.kernels(self.decoder, linear=self.config.l2_scope == "conv+fc")
            return losses.weight_square(weights)
        if self.config.regulariser == "contractive":
            return losses.contractive_penalty(x, z)
        if self.config.gp_form == "code":
            return losses.gradient_penalty(self.decoder, z)
        return losses.jacobian_penalty(self.decoder, z, generator)

    def players(self) -> list[Player]:
        return [self.player("autoencoder", self.pixels)]
