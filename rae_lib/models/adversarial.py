"""WAE-GAN (AAE) and MaskAAE: a critic compares codes with N(0, I); MaskAAE learns which dimensions a code keeps.

WAE-GAN: the autoencoder plays BCE(x, D(E(x))), the critic C E C(E(x)) - E C(n) + 10 slope, the encoder -E C(E(x)):
with the optimisers of MaskAAE's released code, so that the two differ by the mask alone. Slides, "AAE/WAE"; there the
weight of the divergence has no value, the encoder's own optimiser plays its part.
"""

import torch
from torch import Tensor, nn

from rae_lib.config import Config
from rae_lib.models import losses, networks
from rae_lib.models.coder import Coder
from rae_lib.training.players import Player


class WAEGAN(Coder):
    prior = Coder.normal

    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        self.coders = [p for p in self.parameters() if p.requires_grad]
        self.critic = networks.critic(config.latent, self.sized(config.units))

    def critic_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """E C(E(x)) - E C(n) + penalty * slope: codes are the fakes."""
        with torch.no_grad():
            fake, real = self.encode(x), self.prior(len(x), generator)
        penalty = self.config.penalty
        return losses.critic_loss(self.critic, real, fake, generator, penalty=penalty)

    def encoder_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": -self.critic(self.encode(x)).float().mean()}

    def facts(self) -> dict[tuple[str, str], float]:
        """All dimensions are open to the decoder."""
        return {("active_dimensions", "codes"): self.config.latent}

    def players(self) -> list[Player]:
        c, parts = self.config, [p for p in self.encoder.parameters() if p.requires_grad]
        auto = self.partner("autoencoder", self.coders, self.loss)
        auto.monitor, auto.last = "reconstruction", True
        critic = self.partner("critic", list(self.critic.parameters()), self.critic_loss, rate=c.critic_rate)
        critic.steps = c.critic_steps
        return [auto, critic, self.partner("encoder", parts, self.encoder_loss, rate=c.encoder_rate)]


class MaskAAE(WAEGAN):
    """A code is mu * z, z the encoder's output, and a sample mu * n, n ~ N(0, I); mu_i = 1 - exp(-a_i), a >= 0.

    autoencoder:  BCE(x, D(mu z)) + 100 mean (z - mean z)^2 exp(-10 mu^2)    a dimension that is off falls to its mean
    mask:         1000 BCE + (1 - (E C(mu z) - E C(mu n)))^2 + c sum mu (1 - mu),   c = 2/m, doubled until 2048

    BCE: mean over pixels, as in the released code; the autoencoder's loss is times the pixels here. Its other step,
    dividing the losses by 5 late in the run, RMSProp nearly undoes within fifty steps: it is left out. So the mask's
    rate does not fall with that of the others: its steps must be able to answer the last doublings of c.
    """

    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        self.strength = nn.Parameter(5 * torch.rand(config.latent))  # a
        self.register_buffer("passed", torch.zeros(()), persistent=False)

    def mask(self) -> Tensor:
        """mu in [0, 1), once a is projected to a >= 0. -> (d,)"""
        with torch.no_grad():
            self.strength.clamp_(min=0)
        return -torch.expm1(-self.strength)

    def encode(self, x: Tensor) -> Tensor:
        return self.mask() * self.encoder(x)

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.mask().detach().to(generator.device) * super().prior(n, generator)

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        z, mask = self.encoder(x), self.mask().detach()
        error = self.error(x, mask * z)
        spread = ((z - z.mean(0)).float().square() * (-10 * mask.square()).exp()).mean()
        terms = {"loss": error + 100 * self.pixels * spread, "reconstruction": error}
        active = (mask >= self.config.mask_threshold).float().sum()
        return {**terms, "spread": spread, "active": active}

    def mask_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        with torch.no_grad():
            z, noise = self.encoder(x).float(), super().prior(len(x), generator)
        mask = self.mask()
        gap = self.critic(mask * z).float().mean() - self.critic(mask * noise).float().mean()
        doubled = (self.passed / self.config.mask_period).floor().clamp_max(20)
        weight = (doubled.exp2() * 2 / self.config.latent).clamp_max(2048)
        binary = (mask * (1 - mask)).sum()
        error = self.error(x, mask * z) / self.pixels
        total = 1000 * error + (1 - gap).square() + weight * binary
        return {"loss": total, "gap": gap, "binary": binary, "weight": weight}

    def players(self) -> list[Player]:
        rate = self.config.mask_rate
        mask = self.partner("mask", [self.strength], self.mask_loss, rate=rate)
        mask.decay = ()
        return [*super().players(), mask]

    def facts(self) -> dict[tuple[str, str], float]:
        """How many dimensions are open, the part of the mask in (.1, .9), and its values, the largest first."""
        mask = self.mask().detach()
        between = ((mask > 0.1) & (mask < 0.9)).float().mean()
        active = (mask >= self.config.mask_threshold).sum()
        found = {("active_dimensions", "codes"): active, ("mask_between", "codes"): between}
        ordered = enumerate(mask.sort(descending=True).values)
        return found | {("mask", f"dimension-{i}"): value for i, value in ordered}
