"""What every density does with codes: check them, standardise them, score them, draw noise of their shape."""

import torch
from torch import Tensor

Report = dict[str, float | int | bool | str]


def check_codes(codes: Tensor, least: int, note: str = "", *, latent: int = 0) -> Tensor:
    """The codes in float64; ValueError unless they are finite, floating point (N, latent) and N >= least."""
    if codes.dim() != 2 or not codes.is_floating_point() or latent not in (0, codes.shape[1]):
        shape = f"{codes.dtype} {tuple(codes.shape)}"
        raise ValueError(f"codes are {shape}; allowed: floating point (N, {latent or 'd'})")
    if len(codes) < least:
        raise ValueError(f"{len(codes)} codes; allowed: at least {least}{note}")
    if bad := int((~codes.isfinite()).any(1).sum()):
        raise ValueError(f"{bad} of {len(codes)} codes are not finite; allowed: finite ones only")
    return codes.detach().double()


def find_affine(z: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean (d,) and standard deviation (d,) of the codes, 1 for a constant ("dead") dimension; the number of those."""
    mean, scale = z.mean(0), z.std(0, correction=0)
    dead = scale <= 1e-12 * mean.abs().clamp_min(1)
    return mean, scale.where(~dead, torch.ones_like(scale)), int(dead.sum())


def score_codes(density, codes: Tensor, val: Tensor | None) -> Report:
    """Mean log-likelihood of the training codes and, if there are any, of the validation codes, in nats a code."""
    parts = {"train_loglik": codes} | ({} if val is None else {"val_loglik": val})
    return {name: density.log_prob(part).mean().item() for name, part in parts.items()}


def draw_noise(n: int, latent: int, generator: torch.Generator) -> Tensor:
    """eps ~ N(0, I) on the generator's device. -> (n, latent) float64"""
    device, dtype = generator.device, torch.float64
    return torch.randn(n, latent, generator=generator, device=device, dtype=dtype)
