"""AE, AE-L2, RAE, RAE-L2, RAE-GP, RAE-SN: one objective, its terms switched by the coefficients.

    ||x - D(E(x))||^2 + beta/2 ||z||^2 + lam * REG       (RAE arXiv v1 eq. 15, ICLR eq. 11; sum convention)

beta = 0: AE, AE-L2. REG: sum of squared decoder kernels (l2), gradient penalty (gp), or none with the kernels
spectrally normalised (sn).
"""

import torch
from torch import Tensor, nn

from .. import losses, nets
from ..config import Config
from ..train import Player


def coders(
    config: Config, shape: tuple[int, int, int], heads: int = 1
) -> tuple[nn.Module, nn.Module]:
    """The encoder and decoder that a configuration asks for; every family's."""
    common = {"width": config.width, "kernel": config.kernel, "depth": config.depth}
    common |= {"batch_norm": config.batch_norm, "momentum": config.bn_momentum}
    encoder = nets.encoder(shape, config.latent, heads=heads, signed=config.signed, **common)
    decoder = nets.decoder(shape, config.latent, stem=config.stem, fc_bn=config.fc_bn, **common)
    if config.regulariser == "sn":
        nets.spectral_norm(decoder)
        if config.sn_scope == "all":
            nets.spectral_norm(encoder)
    return encoder, decoder


def monitor_threshold(config: Config, scale: int) -> float | None:
    """The plateau's absolute threshold: Keras' 1e-4 on the mean loss, so 1e-4 x scale in the sum convention."""
    return 1e-4 * scale if config.plateau else None


class RAE(nn.Module):
    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__()
        self.config, self.pixels = config, shape[0] * shape[1] * shape[2]
        self.encoder, self.decoder = coders(config, shape)

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)

    def reconstruct(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return self.decode(self.encode(x))

    def prior(self, n: int, generator: torch.Generator) -> None:
        return None

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """||x - D(E(x))||^2 + beta/2 ||z||^2 + lam * REG, with every term named."""
        c = self.config
        z = self.encode(x)
        terms = {"reconstruction": losses.squared_error(x, self.decode(z))}
        total = terms["reconstruction"]
        if c.beta:
            terms["code_penalty"] = losses.code_norm(z)
            total = total + c.beta * terms["code_penalty"]
        if c.lam:
            terms["regulariser"] = self.regulariser(z, generator)
            total = total + c.lam * terms["regulariser"]
        return {"loss": total, **terms, "code_norm": 2 * losses.code_norm(z.detach())}

    def regulariser(self, z: Tensor, generator: torch.Generator) -> Tensor:
        if self.config.regulariser == "l2":
            weights = nets.kernels(self.decoder, linear=self.config.l2_scope == "conv+fc")
            return losses.weight_square(weights)
        if self.config.gp_form == "code":
            return losses.gradient_penalty(self.decoder, z)
        return losses.jacobian_penalty(self.decoder, z, generator)

    def players(self) -> list[Player]:
        return [
            Player(
                "autoencoder",
                list(self.parameters()),
                self.loss,
                lr=self.config.lr,
                plateau=monitor_threshold(self.config, self.pixels),
            )
        ]
