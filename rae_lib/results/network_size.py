"""The size of a run's networks: parameters and operations, counted without training or memory."""

from dataclasses import dataclass

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from rae_lib.config import Config
from rae_lib.metrics import flops
from rae_lib.models import build


@dataclass(frozen=True)
class Size:
    """Parameters of encoder and decoder; operations of one image in a training step, forward and backward."""

    encoder: int
    decoder: int
    flop: int


def count_size(config: Config, shape: tuple[int, int, int]) -> Size:
    """The size of the run's system on images of this shape (C, H, W)."""
    with FakeTensorMode():
        system, x = build(config, shape), make_batch(config, shape)
        return Size(*flops.count_parameters(system), flops.count_step(system, x) // len(x))


def make_batch(config: Config, shape: tuple[int, ...]) -> torch.Tensor:
    """Images (B, C, H, W), or the tokens of strings (B, T)."""
    if config.writing != "none":
        return torch.zeros(config.batch, shape[1], dtype=torch.uint8)
    return torch.empty(config.batch, *shape)


def count_objective(config: Config, shape: tuple[int, int, int]) -> int:
    """What the objective adds for one image to the networks' pass each way: a gradient penalty its second backward."""
    with FakeTensorMode():
        system, x = build(config, shape), torch.empty(config.batch, *shape)
        plain = flops.count_pass(system, x, config.latent)
        return (flops.count_step(system, x) - plain) // len(x)
