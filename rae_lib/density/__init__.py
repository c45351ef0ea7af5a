"""Densities q(z) on the codes of a trained system, fitted after training ("ex-post").

One contract: `fit(codes, val)` fills `report`, `sample(n, generator)` draws codes, `log_prob(z)`
is in nats per code on the scale of the codes. Codes are floating point (N, d) on any device;
estimates are float64 on the CPU. Equal seeds, codes and generators give equal densities and
samples. NaN, infinity and too few codes are refused.
"""

import math
from typing import Self

import torch
from torch import Tensor, nn

from rae_lib.density import em as mixture
from rae_lib.models import losses, networks
from rae_lib.training import loop, players

Report = dict[str, float | int | bool | str]


class StandardNormal:
    """N(0, I), the prior of the variational systems: nothing is estimated."""

    def __init__(self, *, seed: int = 0):
        self.seed, self.report = seed, {}

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        self.latent = _codes(codes, 1).shape[1]
        self.report = _likelihoods(self, codes, val)
        return self

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        return _noise(n, self.latent, generator).float()

    def log_prob(self, z: Tensor) -> Tensor:
        """-1/2 ||z||^2 - d/2 log 2 pi. -> (N,)"""
        z = _codes(z, 1, latent=self.latent)
        return -0.5 * (z.square().sum(1) + self.latent * math.log(2 * math.pi))


class Gaussian:
    """N(m, C + jitter I): mean and full covariance (N - 1) of the codes, jitter = 1e-6 tr(C) / d.

    Codes of an autoencoder without a penalty can be badly conditioned; the jitter keeps them
    samplable. `report["condition"]` is that of C + jitter I, so 1e6 d means that C is singular.
    """

    def __init__(self, *, seed: int = 0):
        self.seed, self.report = seed, {}

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        z = _codes(codes, codes.shape[-1] + 1, " (one more than their dimension)").cpu()
        covariance = z.T.cov().view(z.shape[1], -1)
        jitter = 1e-6 * float(covariance.trace()) / z.shape[1]
        if not jitter:
            raise ValueError(f"all {len(z)} codes are equal; allowed: codes that vary")
        covariance = covariance + jitter * torch.eye(z.shape[1])
        self.mean, self.cholesky = z.mean(0), torch.linalg.cholesky(covariance)
        conditioned = {"jitter": jitter, "condition": torch.linalg.cond(covariance).item()}
        self.report = _likelihoods(self, codes, val) | conditioned
        return self

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        noise = _noise(n, len(self.mean), generator)
        mean, cholesky = self.mean.to(noise.device), self.cholesky.to(noise.device)
        return (mean + noise @ cholesky.T).float()

    def log_prob(self, z: Tensor) -> Tensor:
        return _normal(_codes(z, 1, latent=len(self.mean)), self.mean, self.cholesky)


class GaussianMixture:
    """sum_k w_k N(m_k, C_k), full covariances: EM in float64 from k-means, scikit-learn's or on CUDA `mixture`'s.

    The papers take 10 components and at most 100 iterations. The codes are standardised before
    the fit, so that the floor of the variances means the same for every system; `log_prob` is
    corrected by the log-determinant of that map. What EM complains of (no convergence, fewer distinct codes than
    components) is in `report["warning"]`; a constant code dimension is only shifted, and counted
    in `report["dead_dimensions"]`.
    """

    def __init__(self, components: int = 10, *, max_iter: int = 100, seed: int = 0):
        if components < 1:
            raise ValueError(f"components is {components}; allowed: a whole number >= 1")
        self.components, self.max_iter, self.seed, self.report = components, max_iter, seed, {}

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        z = _codes(codes, max(2, self.components), f" for {self.components} components")
        shift, scale, dead = _affine(z)
        standard, settings = (z - shift) / scale, {"seed": self.seed, "max_iter": self.max_iter}
        em = mixture.fit if z.is_cuda else mixture.sklearn
        fitted, warning = em(standard, self.components, **settings)
        self.weights, self.means, covariances = fitted.parameters("cpu")
        self.choleskys = torch.linalg.cholesky(covariances)
        self.shift, self.scale = shift.cpu(), scale.cpu()
        self.report = _likelihoods(self, codes, val) | {
            "components": self.components,
            "converged": fitted.converged,
            "iterations": fitted.iterations,
            "lower_bound": fitted.lower_bound,  # per standardised code
            "reg_covar": mixture.FLOOR,
            "dead_dimensions": dead,
            "smallest_weight": float(self.weights.min()),
            "warning": warning,
        }
        return self

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """k ~ w, z = m_k + L_k eps, then back to the scale of the codes. -> (n, d) float32"""
        noise = _noise(n, len(self.shift), generator)
        device = noise.device
        chosen = torch.multinomial(self.weights.to(device), n, True, generator=generator)
        z = self.means.to(device)[chosen]
        for k, cholesky in enumerate(self.choleskys.to(device)):  # (n, d, d) would not fit
            z[chosen == k] += noise[chosen == k] @ cholesky.T
        return (self.shift.to(device) + self.scale.to(device) * z).float()

    def log_prob(self, z: Tensor) -> Tensor:
        """log sum_k w_k N(s; m_k, C_k) - sum_i log scale_i at s = (z - shift) / scale. -> (N,)"""
        z = _codes(z, 1, latent=len(self.shift))
        s = (z - self.shift.to(z.device)) / self.scale.to(z.device)
        parts = [_normal(s, m, c) for m, c in zip(self.means, self.choleskys, strict=True)]
        joint = torch.stack(parts, dim=1) + self.weights.log().to(z.device)  # (N, K)
        return joint.logsumexp(1) - float(self.scale.log().sum())


class SecondStageVAE(nn.Module):
    """A VAE on standardised codes s: ||s - D(u)||^2 + beta KL(q(u|s) || N(0, I)).

    The RAE study's two-stage VAE: encoder d-1024-1024-(mu, log sigma = 5 tanh), decoder
    d-1024-1024-d, ReLU; Adam 1e-4, batch 64, 100 epochs, the last 10 % of the codes for
    validation, rate halved after 3 epochs on a plateau. beta is in the sum convention, d times
    the official code's (0.024 on MNIST). Samples are D(u), u ~ N(0, I), with no noise added.

    `log_prob` is a lower bound: log 1/K sum_k p(s|u_k) p(u_k) / q(u_k|s), u_k ~ q(u|s), K = draws,
    for p(s|u) = N(D(u), beta/2 I), the likelihood under which the loss is -beta times the ELBO.
    """

    draws = 16

    def __init__(
        self,
        beta: float,
        *,
        width: int = 1024,
        epochs: int = 100,
        batch: int = 64,
        lr: float = 1e-4,
        seed: int = 0,
    ):
        super().__init__()
        if not beta > 0:
            raise ValueError(f"beta is {beta}; allowed: a number > 0")
        self.beta, self.width, self.epochs, self.batch = beta, width, epochs, batch
        self.lr, self.seed, self.report = lr, seed, {}

    def build(self, codes: Tensor) -> None:
        """Untrained networks and the codes' affine map; the global random state is left alone."""
        *affine, self.dead = _affine(codes)
        for name, value in zip(("shift", "scale"), affine, strict=True):
            self.register_buffer(name, value.float())
        with loop.seeded("second-stage", self.seed):
            self.encoder = _mlp(codes.shape[1], self.width, heads=2)
            self.decoder = _mlp(codes.shape[1], self.width)

    def fit(self, codes: Tensor, val: Tensor | None = None) -> Self:
        self.build(z := _codes(codes, 20))
        main, held = z.float().tensor_split([len(z) - len(z) // 10])
        settings = {"epochs": self.epochs, "batch": self.batch, "seed": self.seed}
        history = loop.fit(self, main, held, device=str(z.device), **settings)
        few = slice(2000)  # the bound costs `draws` passes
        self.report = _likelihoods(self, codes[few], None if val is None else val[few]) | {
            "loglik_codes": len(codes[few]),
            "draws": self.draws,
            "epochs": len(history),
            "best_loss": min(row["val"] for row in history),
            "dead_dimensions": self.dead,
        }
        return self

    def posterior(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log sigma of q(u|s), each (N, d)."""
        mu, raw = self.encoder((z.to(self.shift) - self.shift) / self.scale).chunk(2, dim=1)
        return mu, 5 * torch.tanh(raw)

    def encode(self, z: Tensor) -> Tensor:
        return self.posterior(z)[0]

    def decode(self, u: Tensor) -> Tensor:
        return self.shift + self.scale * self.decoder(u.to(self.shift))

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return _noise(n, len(self.shift), generator).float()

    def loss(self, z: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        mu, log_sigma = self.posterior(z)
        u = mu + log_sigma.exp() * _noise(*mu.shape, generator)
        error = losses.squared_error((z - self.shift) / self.scale, self.decoder(u.float()))
        kl = losses.kl_normal(mu, log_sigma).mean()
        return {"loss": error + self.beta * kl, "reconstruction": error, "kl": kl}

    def players(self) -> list[players.Player]:
        """The plateau's threshold is Keras' 1e-4 on a mean over d, so 1e-4 d here."""
        player = players.Player("second", list(self.parameters()), self.loss, self.lr)
        player.plateau, player.plateau_patience = 1e-4 * len(self.shift), 3
        return [player]

    @torch.no_grad()
    def reconstruct(self, z: Tensor, generator: torch.Generator) -> Tensor:
        """Codes passed through with sampled noise: the path of the papers' reconstructions."""
        mu, log_sigma = self.posterior(_codes(z, 1, latent=len(self.shift)))
        return self.decode(mu + log_sigma.exp() * _noise(*mu.shape, generator).to(mu)).to(z.device)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        return self.decode(self.prior(n, generator)).to(generator.device)

    @torch.no_grad()
    def log_prob(self, z: Tensor) -> Tensor:
        """The importance-weighted lower bound on log p(z), its noise fixed by the seed. -> (N,)"""
        z = _codes(z, 1, latent=len(self.shift)).to(self.shift.device)
        noise = loop.generator_for("bound", self.seed, z.device)
        mu, log_sigma = self.posterior(z)
        s, variance, weights = (z - self.shift) / self.scale, self.beta / 2, []
        for _ in range(self.draws):
            eps = _noise(*mu.shape, noise)
            u = mu + log_sigma.exp() * eps
            error = (s - self.decoder(u.float())).square().sum(1)
            ratio = 0.5 * (eps.square() - u.square()).sum(1) + log_sigma.sum(1)  # p(u) / q(u|s)
            weights.append(ratio - error / (2 * variance))
        constant = 0.5 * len(self.shift) * math.log(2 * math.pi * variance)
        bound = torch.stack(weights).logsumexp(0) - math.log(self.draws)
        return bound - constant - self.scale.double().log().sum()


def slerp(a: Tensor, b: Tensor, t: float = 0.5) -> Tensor:
    """sin((1 - t) w) / sin w a + sin(t w) / sin w b, w the angle of a and b; linear if sin w = 0.

    On raw codes (N, d), neither centred nor whitened; the papers' mid-points take t = 1/2.
    """
    if a.shape != b.shape:
        shapes = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise ValueError(f"slerp of {shapes}; allowed: two equal shapes (N, d)")
    x, y = _codes(a, 1), _codes(b, 1)
    cosine = (nn.functional.normalize(x) * nn.functional.normalize(y)).sum(1, keepdim=True)
    angle = cosine.clamp(-1, 1).acos()  # (N, 1)
    flat = angle.sin() < 1e-6  # the quotients below are not taken there
    left = torch.where(flat, 1 - t, ((1 - t) * angle).sin() / angle.sin())
    right = torch.where(flat, t, (t * angle).sin() / angle.sin())
    return (left * x + right * y).to(a.dtype)


def _codes(codes: Tensor, least: int, note: str = "", *, latent: int = 0) -> Tensor:
    """The codes in float64, or a refusal in one line."""
    if codes.dim() != 2 or not codes.is_floating_point() or latent not in (0, codes.shape[1]):
        shape = f"{codes.dtype} {tuple(codes.shape)}"
        raise ValueError(f"codes are {shape}; allowed: floating point (N, {latent or 'd'})")
    if len(codes) < least:
        raise ValueError(f"{len(codes)} codes; allowed: at least {least}{note}")
    if bad := int((~codes.isfinite()).any(1).sum()):
        raise ValueError(f"{bad} of {len(codes)} codes are not finite; allowed: finite ones only")
    return codes.detach().double()


def _affine(z: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean and standard deviation by dimension, 1 for a constant ("dead") one; their number."""
    mean, scale = z.mean(0), z.std(0, correction=0)
    dead = scale <= 1e-12 * mean.abs().clamp_min(1)
    return mean, scale.where(~dead, torch.ones_like(scale)), int(dead.sum())


def _likelihoods(density, codes: Tensor, val: Tensor | None) -> Report:
    parts = {"train_loglik": codes} | ({} if val is None else {"val_loglik": val})
    return {name: density.log_prob(part).mean().item() for name, part in parts.items()}


def _normal(z: Tensor, mean: Tensor, cholesky: Tensor) -> Tensor:
    """-1/2 ||L^-1 (z - m)||^2 - sum_i log L_ii - d/2 log 2 pi. -> (N,)"""
    mean, cholesky = mean.to(z.device), cholesky.to(z.device)
    white = torch.linalg.solve_triangular(cholesky, (z - mean).T, upper=False)  # (d, N)
    constant = cholesky.diagonal().log().sum() + 0.5 * len(mean) * math.log(2 * math.pi)
    return -0.5 * white.square().sum(0) - constant


def _noise(n: int, latent: int, generator: torch.Generator) -> Tensor:
    """eps ~ N(0, I) on the generator's device. -> (n, latent) float64"""
    device, dtype = generator.device, torch.float64
    return torch.randn(n, latent, generator=generator, device=device, dtype=dtype)


def _mlp(latent: int, width: int, heads: int = 1) -> nn.Sequential:
    first, last = nn.Linear(latent, width), nn.Linear(width, heads * latent)
    net = nn.Sequential(first, nn.ReLU(), nn.Linear(width, width), nn.ReLU(), last)
    return networks.glorot(net, {last: latent})
