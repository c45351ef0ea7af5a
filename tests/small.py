"""Small systems and images for tests of models."""

import torch
from torch import Tensor

from rae_lib.config import resolve
from rae_lib.models import build
from rae_lib.training import loop

SHAPE = (1, 32, 32)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pixels(n: int = 2, channels: int = 1, size: int = 32, seed: int = 0) -> Tensor:
    """Random images of uint8."""
    return torch.randint(256, (n, channels, size, size), generator=seeded(seed)).byte()


def images(n: int = 8) -> Tensor:
    """Random images in [0, 1]."""
    return torch.rand(n, *SHAPE, generator=seeded())


DATA = torch.randint(0, 256, (96, *SHAPE), dtype=torch.uint8, generator=seeded())


def small(system: str, **overrides):
    """A system with two filters, untrained."""
    return build(resolve(system, "digits", "smoke", overrides={"width": 2, **overrides}), SHAPE)


def play(net, epochs: int = 1, path=None) -> list[dict]:
    """Trains it on `DATA`; its history."""
    return loop.fit(net, DATA[:64], DATA[64:], epochs=epochs, batch=16, seed=0, checkpoint=path, every=0)
