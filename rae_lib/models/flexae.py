"""FlexAE: the prior is a generator G that learns to follow the codes, while the encoder comes to meet it.

min E c(x, D(E(x))) + lam D_Z(q(z) || p(z)), p the law of G(n), n ~ N(0, I)       (slides, "FlexAE")

D_Z is the Wasserstein distance as a critic C sees it; lam has no value in the released code, where every part has a
separate optimiser. smoothing: the released variant ("SR"), in which an image critic compares images with decoded
interpolations of codes, and the autoencoder tries to deceive it; its pairs of codes are a batch and itself shifted.
"""

import torch
from torch import Tensor, nn

from rae_lib.config import Config
from rae_lib.models import losses, networks
from rae_lib.models.coder import Coder
from rae_lib.training.players import Loss, Player


class FlexAE(Coder):
    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        self.coders = [p for p in self.parameters() if p.requires_grad]
        self.noise = config.noise or config.latent
        if not config.prior_depth and self.noise != config.latent:
            raise ValueError(f"noise is {self.noise}: without a generator it must be {config.latent}")
        units, depth = self.sized(config.prior_units), config.prior_depth
        self.generator = networks.mlp(self.noise, config.latent, units, depth) if depth else nn.Identity()
        self.critic = networks.critic(config.latent, self.sized(config.units))
        if config.smoothing:
            width = max(1, config.width // 2)  # 64 and more, as published
            self.image_critic = networks.encoder(shape, 1, width=width, batch_norm=False)

    def generate(self, n: int, generator: torch.Generator) -> Tensor:
        """z = G(n), on the device of the system. -> (n, d)"""
        noise = torch.randn(n, self.noise, generator=generator, device=generator.device)
        return self.generator(noise.to(self.coders[0].device))

    @torch.no_grad()
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.generate(n, generator).to(generator.device)

    def critic_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """E C(G(n)) - E C(E(x)) + penalty * slope: codes are the real ones."""
        with torch.no_grad():
            real, fake = self.encode(x), self.generate(len(x), generator)
        penalty = self.config.penalty
        return losses.critic_loss(self.critic, real, fake, generator, penalty=penalty)

    def generator_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": -self.critic(self.generate(len(x), generator)).float().mean()}

    def encoder_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": self.critic(self.encode(x)).float().mean()}

    def between(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Images of codes on the lines between those of a batch and of the same batch shifted by one."""
        z = self.encode(x)
        part = torch.rand(len(z), 1, generator=generator, device=z.device)
        return self.decode(torch.lerp(z, z.roll(1, 0), part.to(z)))

    def image_critic_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        with torch.no_grad():
            fake = self.between(x, generator)
        penalty = self.config.penalty
        return losses.critic_loss(self.image_critic, x, fake, generator, penalty=penalty)

    def smoothing_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": -self.image_critic(self.between(x, generator)).float().mean()}

    def rival(self, name: str, part: nn.Module, loss: Loss, rate: float) -> Player:
        parameters = [p for p in part.parameters() if p.requires_grad]
        player = self.partner(name, parameters, loss, rate=rate)
        player.betas = (0.0, 0.9)
        player.steps = self.config.critic_steps if "critic" in name else 1
        return player

    def players(self) -> list[Player]:
        c = self.config
        auto = self.partner("autoencoder", self.coders, self.loss)
        auto.monitor, auto.last = "reconstruction", True
        found = [auto, self.rival("critic", self.critic, self.critic_loss, c.critic_rate)]
        if c.smoothing:
            critic = self.rival("image-critic", self.image_critic, self.image_critic_loss, 1.0)
            smooth = self.partner("smoothing", self.coders, self.smoothing_loss)
            critic.betas = smooth.betas = (0.5, 0.9)
            found += [critic, smooth]
        if c.prior_depth:
            found.append(self.rival("generator", self.generator, self.generator_loss, 1.0))
        return [*found, self.rival("encoder", self.encoder, self.encoder_loss, c.encoder_rate)]
