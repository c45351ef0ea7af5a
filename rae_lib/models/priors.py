"""VAEs whose prior is learned: the VampPrior, an implicit optimal prior, a normalising flow.

||x - D(z)||^2 + beta * w * KL(q(z|x) || p(z)),   z ~ q(z|x), one sample; w rises from 0 to 1 in the warm-up

They differ from `vae.VAE` by p alone: error, networks and beta are those of the RAE study, for the slides say neither.
"""

import math

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from rae_lib.config import Config
from rae_lib.models import losses, networks
from rae_lib.models.flows import Flow
from rae_lib.models.vae import VAE
from rae_lib.training.players import Player

# Of an implicit prior's proposals: draws of a round, the share of them that has to count, rounds at most.
DRAWS, COUNTING, ROUNDS = 10_000, 0.1, 50


class LearnedPriorVAE(VAE):
    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        self.register_buffer("passed", torch.zeros(()), persistent=False)

    def divergence(self, mu: Tensor, log_sigma: Tensor, z: Tensor) -> Tensor:
        """A one-sample estimate of KL(q(z|x) || p(z)). -> (B,)"""
        raise NotImplementedError

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        mu, log_sigma = self.posterior(x)
        z = self.sample(mu, log_sigma, generator)
        return self.terms(x, mu, z, self.divergence(mu, log_sigma, z).mean())

    def terms(self, x: Tensor, mu: Tensor, z: Tensor, kl: Tensor) -> dict[str, Tensor]:
        """The objective and what it is made of; in validation the KL has its whole weight."""
        reconstruction, weight = self.error(x, z), self.config.beta
        if self.training and self.config.kl_warmup:
            weight = weight * (self.passed / self.config.kl_warmup).clamp_max(1)
        norm = 2 * losses.code_norm(mu.detach())
        total = reconstruction + weight * kl
        return {"loss": total, "reconstruction": reconstruction, "kl": kl, "code_norm": norm}


class VampVAE(LearnedPriorVAE):
    """p(z) = 1/K sum_k q(z|u_k), the pseudo-inputs u_k learned (Tomczak and Welling 2018, eq. 9)."""

    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        mean, scale = (0.05, 0.01) if shape[0] == 1 else (0.4, 0.05)  # its code: MNIST, CIFAR-10
        self.pseudo = nn.Parameter(mean + scale * torch.randn(self.sized(config.pseudo_inputs), *shape))

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log sigma of q(z|x), the log variance in [-6, 2] as in its code. -> 2 x (B, d)"""
        mu, log_sigma = super().posterior(x)
        return mu, log_sigma.clamp(-3, 1)

    def log_prior(self, z: Tensor, mu: Tensor, log_sigma: Tensor) -> Tensor:
        """log 1/K sum_k N(z; mu_k, sigma_k^2). z (B, d), mu and log_sigma (K, d) -> (B,)"""
        parts = losses.log_gaussian(z[:, None], mu, log_sigma)  # (B, K)
        return parts.logsumexp(1) - math.log(len(mu))

    def loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Images and pseudo-inputs are one batch, so that batch norm sees both alike."""
        both = torch.cat([x, self.pseudo.clamp(0, 1)])
        (mu, *prior_mu), (log_sigma, *prior_log_sigma) = (
            part.split([len(x), len(self.pseudo)]) for part in self.posterior(both)
        )
        z = self.sample(mu, log_sigma, generator)
        kl = losses.log_gaussian(z, mu, log_sigma) - self.log_prior(z, *prior_mu, *prior_log_sigma)
        return self.terms(x, mu, z, kl.mean())

    @torch.no_grad()
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        mu, log_sigma = (part.to(device) for part in self.posterior(self.pseudo.clamp(0, 1)))
        chosen = torch.randint(len(mu), (n,), generator=generator, device=device)
        return self.sample(mu[chosen], log_sigma[chosen], generator)


class ImplicitVAE(LearnedPriorVAE):
    """p(z) = q(z), the mean of all posteriors: KL(q(z|x) || q) = KL(q(z|x) || N(0, I)) - E log q(z) / N(z; 0, I).

    The log ratio is T(z), a classifier of codes against N(0, I) (Takahashi et al. 2019). They define no samples; ours:
    of many proposals from a Gaussian near p(z) (`fit_proposal`) one, drawn by the weights p(z) / Gaussian(z).
    """

    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        self.coders = self.trainable()
        self.ratio = networks.mlp(config.latent, 1, self.sized(config.units), depth=3)

    def divergence(self, mu: Tensor, log_sigma: Tensor, z: Tensor) -> Tensor:
        return losses.kl_normal(mu, log_sigma) - self.ratio(z).float().squeeze(1)

    def ratio_loss(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """-E_q log s(T(z)) - E_N log(1 - s(T(z))), s the logistic function: least at T = log q / N."""
        with torch.no_grad():
            z = self.sample(*self.posterior(x), generator)
        noise = torch.randn(z.shape, generator=generator, device=z.device)
        ours, others = self.ratio(z).float(), self.ratio(noise).float()
        softplus = nn.functional.softplus
        return {"loss": softplus(-ours).mean() + softplus(others).mean()}

    def log_ratio(self, z: Tensor, law: MultivariateNormal) -> Tensor:
        """log p(z) / law(z) but for a constant: T(z) + log N(z; 0, I) - log law(z). z (..., d) -> (...)"""
        ratio = self.ratio(z.to(self.coders[0].device)).float().squeeze(-1).to(z.device)
        return ratio - 0.5 * z.square().sum(-1) - law.log_prob(z)

    @torch.no_grad()
    def fit_proposal(self, generator: torch.Generator) -> MultivariateNormal:
        """A Gaussian with nearly the mean and the covariance of p(z), found in rounds from N(0, I).

        Far more codes than N(0, I) reaches have a large exp T(z). So a round draws from the Gaussian q_k before it and
        weighs by (p / q_k)^a, with the largest a at which the weights count as a tenth of the draws, that is
        (sum w)^2 / sum w^2 (Kish). Their mean and covariance are the next Gaussian; a round with a = 1 is the last.
        """
        mean = torch.zeros(self.config.latent, device=generator.device)
        root, powers = torch.eye(len(mean), device=mean.device), torch.linspace(0.01, 1, 100, device=mean.device)
        for _ in range(ROUNDS):
            law = MultivariateNormal(mean, scale_tril=root)
            z = draw_normal(law, (DRAWS,), generator)
            weights = (powers[:, None] * self.log_ratio(z, law)).softmax(1)  # (100, DRAWS)
            enough = (1 / weights.square().sum(1) >= COUNTING * DRAWS).nonzero()
            power = int(enough.max()) if len(enough) else 0
            mean = weights[power] @ z
            spread = (weights[power, :, None] * (z - mean)).T @ (z - mean)
            root = torch.linalg.cholesky(spread + 1e-6 * torch.eye(len(mean), device=mean.device))
            if power == len(powers) - 1:
                break
        return MultivariateNormal(mean, scale_tril=root)

    @torch.no_grad()
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        law, found = self.fit_proposal(generator), []
        for part in torch.arange(n).split(1000):
            z = draw_normal(law, (len(part), self.config.proposals), generator)
            weights = self.log_ratio(z, law).softmax(1)
            chosen = torch.multinomial(weights, 1, generator=generator)
            found.append(z.gather(1, chosen[:, :, None].expand(-1, -1, z.shape[2]))[:, 0])
        return torch.cat(found)

    def players(self) -> list[Player]:
        first = self.player("vae", self.channels)
        first.parameters = self.coders
        rate, parameters = self.config.critic_rate, list(self.ratio.parameters())
        ratio = self.partner("ratio", parameters, self.ratio_loss, rate=rate)
        ratio.steps = self.config.critic_steps
        return [first, ratio]


class FlowVAE(LearnedPriorVAE):
    """p(z) = N(f(z); 0, I) |det df/dz|, f a chain of affine couplings (RealNVP, Dinh et al. 2017; zuko)."""

    def __init__(self, config: Config, shape: tuple[int, int, int]):
        super().__init__(config, shape)
        units = self.sized(config.units) // 2
        self.flow = Flow(config.latent, config.couplings, units)

    def divergence(self, mu: Tensor, log_sigma: Tensor, z: Tensor) -> Tensor:
        with torch.autocast(z.device.type, enabled=False):
            return losses.log_gaussian(z, mu, log_sigma) - self.flow.log_prob(z)

    @torch.no_grad()
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        noise = super().prior(n, generator).to(next(self.flow.parameters()).device)
        return self.flow.inverse(noise).to(generator.device)


def draw_normal(law: MultivariateNormal, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draws of a Gaussian, (*shape, d); `law.sample` takes no generator."""
    noise = torch.randn(*shape, len(law.loc), generator=generator, device=generator.device)
    return law.loc + noise @ law.scale_tril.T
