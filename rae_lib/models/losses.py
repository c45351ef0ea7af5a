"""Every term of every objective, as a pure function.

Symbols: x images in [0, 1] (B, C, H, W); z codes (B, d); mu, log_sigma of q(z|x) (B, d); D_x = C*H*W.
One convention throughout, the "sum convention": a term is summed over the pixels (or code dimensions) of one
image and averaged over the batch. The official RAE code averages over pixels and channels instead (Keras MSE),
its VAE sums over pixels and averages over channels; `catalogue.toml` holds the converted coefficients.
All terms are returned in float32, also under autocast.
"""

import math

import torch
from torch import Tensor, nn

from rae_lib.training.double_backward import differentiated_twice

KERAS_EPSILON = 1e-7


def squared_error(x: Tensor, reconstruction: Tensor) -> Tensor:
    """||x - D(E(x))||^2, summed over pixels and channels, mean over the batch; no factor 1/2. -> ()"""
    return (x.float() - reconstruction.float()).square().flatten(1).sum(1).mean()


def cross_entropy(x: Tensor, logits: Tensor) -> Tensor:
    """-x log p - (1 - x) log(1 - p), p = sigmoid(logits), summed over pixels and channels, mean over the batch. -> ()

    The reconstruction term of the DAE study (section 3), from logits so that a saturated pixel keeps its gradient.
    """
    terms = nn.functional.binary_cross_entropy_with_logits(logits.float(), x.float(), reduction="none")
    return terms.flatten(1).sum(1).mean()


def token_cross_entropy(tokens: Tensor, logits: Tensor, alike: Tensor) -> Tensor:
    """-sum_k [y_k log p_k + (1 - y_k) log(1 - p_k)], summed over a string's places, mean over the batch. -> ()

    y is the one-hot token, p a softmax over the tokens alike: those that the grammar allows where it allows this one,
    or all (Kusner et al. 2017, code; there a mean over the D tokens). Probabilities are kept 1e-7 from 0 and 1.
    tokens: (B, T) integers; logits: (B, T, D); alike: bool (D, D).
    """
    tokens, logits = tokens.long(), logits.float()
    p = logits.masked_fill(~alike[tokens], -torch.inf).softmax(2).clamp(KERAS_EPSILON, 1 - KERAS_EPSILON)
    true = nn.functional.one_hot(tokens, logits.shape[2]).bool()
    return -torch.where(true, p, 1 - p).log().sum((1, 2)).mean()


def count_open(tokens: Tensor, alike: Tensor) -> int:
    """Places (B, T) up to the last one at which any string has a choice, at least 1; on a GPU, which is not asked, T.

    Behind it every token is the only one allowed, so that p = 1 and no gradient flows: `token_cross_entropy` of these
    places is D clamped terms of 1e-7 each, below the rounding of its sum.
    """
    if tokens.device.type != "cpu":
        return tokens.shape[1]
    places = (alike.sum(1) > 1)[tokens.long()].any(0).nonzero()
    return int(places[-1]) + 1 if len(places) else 1


def code_norm(z: Tensor) -> Tensor:
    """1/2 ||z||^2, mean over the batch: the latent penalty of RAE (ICLR eq. 11; arXiv v1 eq. 15). -> ()"""
    return 0.5 * z.float().square().sum(1).mean()


def kl_normal(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, I)) = 1/2 sum_i (mu_i^2 + sigma_i^2 - 1 - log sigma_i^2). -> (B,)

    The closed form published in both RAE versions (arXiv v1 eq. 12, ICLR section 2.1) has the wrong sign of the
    constant d. Their sigma is a variance by arXiv v1 eq. 8 (ICLR eq. 7) and a standard deviation by eq. 11 (ICLR
    eq. 9); in the second reading the formula also has sigma where sigma^2 is needed. The official code is correct.
    """
    mu, log_sigma = mu.float(), log_sigma.float()
    return 0.5 * (mu.square() + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)


def mmd_imq(z: Tensor, prior: Tensor) -> Tensor:
    """Maximum mean discrepancy with the multi-scale inverse multiquadratic kernel (WAE, official code). -> ()

    k(a, b) = sum_s C_s / (C_s + ||a - b||^2), C_s = 2 d s, s in {.1, .2, .5, 1, 2, 5, 10} (a sum, not a mean);
    MMD = [sum_{i!=j} k(z_i, z_j) + sum_{i!=j} k(p_i, p_j)] / (B (B - 1)) - 2/B^2 sum_{ij} k(z_i, p_j).
    Unbiased, so it may be negative. z, prior: (B, d), the prior's batch drawn afresh from N(0, I).
    """
    z, prior = z.float(), prior.float()
    count, latent = z.shape
    scales = [2.0 * latent * s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)]
    within = 0.0
    with torch.autocast(z.device.type, enabled=False):  # |a|^2 + |b|^2 - 2ab cancels
        for points in (z, prior):
            kernel = imq(squared_distances(points, points), scales)
            within = within + (kernel.sum() - kernel.diagonal().sum()) / (count * (count - 1))
        return within - 2 * imq(squared_distances(z, prior), scales).mean()


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """||a_i - b_j||^2 by the Gram matrix, clipped at 0; finite gradients at equal points. -> (B, B')"""
    square = a.square().sum(1)[:, None] + b.square().sum(1)[None] - 2 * a @ b.T
    return square.clamp_min(0)


def imq(square: Tensor, scales: list[float]) -> Tensor:
    """sum_s C_s / (C_s + r^2) for squared distances r^2. -> same shape"""
    return sum(scale / (scale + square) for scale in scales)


def weight_square(weights: list[Tensor]) -> Tensor:
    """sum w^2 over the given kernels, no 1/2: the decoder penalty of RAE-L2 (official code). -> ()"""
    return torch.stack([weight.float().square().sum() for weight in weights]).sum()


def gradient_penalty(decoder: nn.Module, z: Tensor) -> Tensor:
    """RAE-GP as the official code computes it: mean_b ||G_b||^2, G = d/dz sum_{batch, pixels} D(z)^2. -> ()

    So G_b = 2 J_b^T D(z_b), and not the Jacobian norm of the paper (`jacobian_penalty`). Cross-sample terms of a
    decoder batch norm in training mode are part of it. z stays attached, so the penalty trains the encoder too.
    """
    with torch.enable_grad():
        z = z if z.requires_grad else z.detach().requires_grad_()
        with differentiated_twice():
            energy = decoder(z).float().square().sum()
        (gradient,) = torch.autograd.grad(energy, z, create_graph=True)
    return gradient.float().square().sum(1).mean()


def jacobian_penalty(decoder: nn.Module, z: Tensor, generator: torch.Generator) -> Tensor:
    """RAE-GP as the paper writes it: mean_b ||dD(z_b)/dz||_F^2 (ICLR section 3), by one Hutchinson probe. -> ()

    E_v ||J^T v||^2 = ||J||_F^2 for v ~ N(0, I) over the pixels.
    """
    return jacobian_square(decoder, z, generator).mean()


def jacobian_square(decoder: nn.Module, z: Tensor, generator: torch.Generator) -> Tensor:
    """||J^T v||^2 by code, J = dD(z)/dz and v ~ N(0, I): one probe of tr(J^T J) = ||J||_F^2. -> (B,)"""
    with torch.enable_grad():
        z = z if z.requires_grad else z.detach().requires_grad_()
        with differentiated_twice():
            images = decoder(z).float()
        probe = torch.randn(images.shape, generator=generator, device=z.device)
        (gradient,) = torch.autograd.grad(images, z, probe, create_graph=True)
    return gradient.float().square().sum(1)


def log_volume(square: Tensor, latent: int) -> Tensor:
    """d/2 log(tr(J^T J) / d) >= 1/2 log det(J^T J), by the means of the eigenvalues; equal where they are. (B,) -> (B,)

    Injective flow (Kumar et al. 2020): how much a decoder stretches volume. square: tr(J^T J) by code, or a probe of
    it, whose logarithm is low by Jensen's inequality (half a nat for orthonormal J).
    """
    return 0.5 * latent * (square.float() / latent + 1e-6).log()


def log_gaussian(z: Tensor, mu: Tensor, log_sigma: Tensor) -> Tensor:
    """log N(z; mu, sigma^2) in nats. (..., d) -> (...,)"""
    terms = ((z - mu) / log_sigma.exp()).square() + 2 * log_sigma + math.log(2 * math.pi)
    return -0.5 * terms.sum(-1)


def slope_penalty(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """E (||dC(u)/du|| - 1)^2, u uniformly between a real and a fake one, in float32 (Gulrajani et al. 2017). -> ()"""
    with torch.autocast(real.device.type, enabled=False), torch.enable_grad():
        real, fake = real.detach().float().requires_grad_(), fake.detach().float()
        shape = (len(real), *[1] * (real.dim() - 1))
        part = torch.rand(shape, generator=generator, device=real.device)
        u = torch.lerp(real, fake, part)
        (slope,) = torch.autograd.grad(critic(u).sum(), u, create_graph=True)
        return ((slope.flatten(1).square().sum(1) + 1e-12).sqrt() - 1).square().mean()


def critic_loss(
    critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator, *, penalty: float
) -> dict[str, Tensor]:
    """E C(fake) - E C(real) + penalty * slope: minus the Wasserstein-1 distance, nearly. "loss" and its terms."""
    distance = critic(real).float().mean() - critic(fake).float().mean()
    slope = slope_penalty(critic, real, fake, generator)
    return {"loss": penalty * slope - distance, "distance": distance, "slope": slope}


def contractive_penalty(x: Tensor, z: Tensor) -> Tensor:
    """mean_b ||dE(x_b)/dx||_F^2 of codes z = E(x), exactly: a backward pass for each of the d dimensions. -> ()

    The contractive autoencoder (Rifai et al. 2011, eq. 3), which RAE compares the cost of its gradient penalty with.
    x asks for a gradient. Cross-sample terms of a batch norm in training mode are part of it.
    """
    total = z.new_zeros((), dtype=torch.float32)
    with torch.enable_grad():
        for i in range(z.shape[1]):
            (gradient,) = torch.autograd.grad(z[:, i].sum(), x, create_graph=True)
            total = total + gradient.float().square().sum()
    return total / len(x)


def entropy(z: Tensor, k: int = 1) -> Tensor:
    """Kozachenko-Leonenko estimate of the differential entropy of the codes, in nats (EAE section 3.2). -> ()

    H = d/n sum_i log R_i + log(n - 1) - psi(k) + log B_d, R_i the distance to the k-th nearest other point, B_d the
    volume of the unit ball; for k = 1, -psi(1) is Euler's constant, as published. z: (n, d), n > k. Only the R_i have
    a gradient. It is finite at equal points: R_i^2 is held at 1e-12 and more, below which there is no gradient.
    """
    with torch.autocast(z.device.type, enabled=False):
        z = z.float()
        n, d = z.shape
        if n <= k:
            raise ValueError(f"{n} codes have no {k}-th nearest neighbour: give more than {k}")
        with torch.no_grad():
            near = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist")
            near.fill_diagonal_(math.inf)
            index = near.kthvalue(k, dim=1).indices
        square = (z - z[index]).square().sum(1).clamp_min(1e-12)
        ball = 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1)
        psi = -0.5772156649015329 + sum(1 / i for i in range(1, k))
        return 0.5 * d * square.log().mean() + math.log(n - 1) - psi + ball


def log_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I) in nats. -> (B,)"""
    return -0.5 * (z.square().sum(1) + z.shape[1] * math.log(2 * math.pi))
