"""Points between two codes."""

import torch
from torch import Tensor, nn

from rae_lib.density.codes import check_codes


def slerp(a: Tensor, b: Tensor, t: float = 0.5) -> Tensor:
    """sin((1 - t) w) / sin w a + sin(t w) / sin w b, w the angle of a and b; linear if sin w = 0.

    On raw codes (N, d), neither centred nor whitened; the papers' mid-points take t = 1/2.
    """
    if a.shape != b.shape:
        shapes = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise ValueError(f"slerp of {shapes}; allowed: two equal shapes (N, d)")
    x, y = check_codes(a, 1), check_codes(b, 1)
    cosine = (nn.functional.normalize(x) * nn.functional.normalize(y)).sum(1, keepdim=True)
    angle = cosine.clamp(-1, 1).acos()  # (N, 1)
    flat = angle.sin() < 1e-6  # the quotients below are not taken there
    left = torch.where(flat, 1 - t, ((1 - t) * angle).sin() / angle.sin())
    right = torch.where(flat, t, (t * angle).sin() / angle.sin())
    return (left * x + right * y).to(a.dtype)
