"""Numbers of images alone: how sharp they are, how evenly the steps of an interpolation change them."""

import torch
from torch import Tensor

from rae_lib.metrics.distances import check_features


def check_images(images: Tensor) -> None:
    """ValueError unless the images are uint8 (N, 1 or 3, H, W), at least one."""
    shape = tuple(images.shape)
    if images.dtype != torch.uint8 or len(shape) != 4 or shape[1] not in (1, 3) or 0 in shape:
        raise ValueError(f"images are {images.dtype} {shape}; allowed: uint8 (N, 1 or 3, H, W)")


def sharpness(images_u8: Tensor) -> float:
    """Mean over images of the variance of the 3x3 Laplacian of the grey image (claim RAE-12).

    Grey is 0.299 R + 0.587 G + 0.114 B on the scale [0, 255]; the Laplacian (0 1 0; 1 -4 1; 0 1 0)
    is taken where it fits, so that the border adds nothing.
    """
    check_images(images_u8)
    weights = torch.tensor([0.299, 0.587, 0.114], device=images_u8.device)[:, None, None]
    variances = []
    for part in images_u8.split(1000):
        x = (part * weights).sum(1) if part.shape[1] == 3 else part[:, 0].float()  # (B, H, W)
        around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
        variances.append((around - 4 * x[:, 1:-1, 1:-1]).flatten(1).double().var(1, correction=0))
    return float(torch.cat(variances).mean())


def step_cv(paths: Tensor) -> float:
    """Mean over paths of std / mean of the consecutive feature distances; 0 for even steps.

    paths: (P, T, D) features of T points along each of P interpolations (claim RAE-12: T = 7). The
    standard deviation is over the T - 1 steps, without correction; a path that does not move
    counts 0.
    """
    if paths.dim() != 3 or paths.shape[1] < 3 or not len(paths):
        raise ValueError(f"paths have shape {tuple(paths.shape)}; allowed: (P, T, D) with T >= 3")
    check_features("paths", paths.flatten(0, 1))
    steps = paths.double().diff(dim=1).norm(dim=2)  # (P, T - 1)
    mean = steps.mean(1)
    return float((steps.std(1, correction=0) / mean.where(mean > 0, torch.ones_like(mean))).mean())


def stretch(images_u8: Tensor) -> Tensor:
    """Every image stretched to [0, 255] by its own least and greatest value; a flat image stays as it is.

    The slides' code does so with generated and reconstructed images before their FID, and leaves real ones as they are.
    """
    check_images(images_u8)
    x = images_u8.flatten(1).float()
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    wide = (x - low) / (high - low).clamp_min(1) * 255
    return torch.where(high > low, wide, x).round().to(torch.uint8).view_as(images_u8)
