"""What every system is made of: an encoder and a decoder, a reconstruction error, a norm on the code, a schedule."""

import math

import torch
from torch import Tensor, nn

from rae_lib.config import Config
from rae_lib.data import writing
from rae_lib.models import losses, networks
from rae_lib.training.players import Loss, Player


class Coder(nn.Module):
    """Encoder and decoder as the configuration asks for them; the objective is each family's.

    The code's norm (`networks.latent_norm`) is the encoder's last layer, a frozen code layer is one no player trains.
    With cross-entropy the decoder ends in logits, which `decode` maps to [0, 1]. Strings are (B, T) tokens; for them
    it ends in logits (B, T, D), which `decode` maps to the probabilities of every place.

    shape: (C, H, W) of an image, (D, T) of a string. channels, pixels: over how many values the reference codes
    average where sums are taken here; for strings the D tokens.
    """

    def __init__(self, config: Config, shape: tuple[int, ...], heads: int = 1):
        super().__init__()
        self.config = config
        self.channels, self.pixels = shape[0], math.prod(shape)
        if config.error == "tokens":
            self.pixels = shape[0]
            self.register_buffer("alike", writing.find(config.dataset, config.writing).alike, persistent=False)
        self.encoder, self.decoder = networks.NETWORKS[config.network](config, shape, heads)
        if config.frozen != "none":
            networks.freeze(networks.code_layers(self.encoder, self.decoder, config.frozen))
        if config.regulariser == "sn":
            networks.spectral_norm(self.decoder)
            if config.sn_scope == "all":
                networks.spectral_norm(self.encoder)
        if config.latent_norm == "spectral":
            networks.spectral_norm(self.encoder[-1:])
        elif config.latent_norm != "none":
            self.encoder.append(networks.latent_norm(config.latent_norm, config.latent, config.bn_momentum))

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        if self.config.error == "tokens":
            return self.decoder(z).softmax(2)
        return self.decoder(z) if self.config.error == "squared" else self.decoder(z).sigmoid()

    def error(self, x: Tensor, z: Tensor) -> Tensor:
        """The reconstruction term of x from its code z. -> ()"""
        if self.config.error == "tokens":
            places = losses.count_open(x, self.alike)
            return losses.token_cross_entropy(x[:, :places], self.decoder(z, places), self.alike)
        term = {"squared": losses.squared_error, "cross-entropy": losses.cross_entropy}
        return term[self.config.error](x, self.decoder(z))

    def reconstruct(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return self.decode(self.encode(x))

    def normal(self, n: int, generator: torch.Generator) -> Tensor:
        """Codes drawn from N(0, I), the prior of many systems. -> (n, d)"""
        return torch.randn(n, self.config.latent, generator=generator, device=generator.device)

    def prior(self, n: int, generator: torch.Generator) -> Tensor | None:
        return None

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """The reconstruction error alone, as the autoencoder among adversaries has it; other systems have their own."""
        z = self.encode(x)
        error = self.error(x, z)
        return {"loss": error, "reconstruction": error, "code_norm": 2 * losses.code_norm(z.detach())}

    def trainable(self) -> list[nn.Parameter]:
        return [p for p in self.parameters() if p.requires_grad]

    def facts(self) -> dict[tuple[str, str], float]:
        """What a trained system says of itself, to be recorded. -> (metric, set): value"""
        return {}

    def sized(self, units: int) -> int:
        """A published size of another network: the papers' at width 128, smaller as the width is."""
        return max(1, units * self.config.width // 128)

    def player(self, name: str, scale: int, monitor: str = "loss") -> Player:
        """The one player of a system without an adversary.

        scale: of the plateau's absolute threshold, Keras' 1e-4 on the mean loss, so 1e-4 x scale in the sum convention.
        """
        player = self.partner(name, self.trainable(), self.loss)
        player.monitor, player.plateau = monitor, 1e-4 * scale if self.config.plateau else None
        return player

    def partner(self, name: str, parameters: list[nn.Parameter], loss: Loss, *, rate: float = 1.0) -> Player:
        """A player at a part of the rate, on the run's schedule; only a first player has a plateau."""
        c = self.config
        place = {"warmup": c.warmup, "decay": c.decay, "optimiser": c.optimiser}
        place |= {"plateau_factor": c.plateau_factor, "plateau_patience": c.plateau_patience, "least_lr": c.least_lr}
        return Player(name, parameters, loss, lr=rate * c.lr, **place)
