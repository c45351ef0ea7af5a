"""Parameters and operations of a run's networks, counted on fake tensors: they have shapes and no memory.

A multiply-add is two operations. What is counted is matrix products and convolutions; normalisation, rectifiers and
element-wise losses are not.
"""

from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from rae_lib.config import Config
from rae_lib.models import build


@dataclass(frozen=True)
class Size:
    """Parameters of encoder and decoder; operations of one image in a training step, forward and backward."""

    encoder: int
    decoder: int
    flop: int


def counted(config: Config, shape: tuple[int, int, int]) -> Size:
    """Builds the run's system, takes a step of its own objective, and counts. shape: (C, H, W)."""
    with FakeTensorMode():
        system, x = build(config, shape), torch.empty(config.batch, *shape)
        return Size(*parameters(system), step(system, x) // len(x))


def added(config: Config, shape: tuple[int, int, int]) -> int:
    """What the objective adds for one image to the networks' pass each way: a gradient penalty its second backward."""
    with FakeTensorMode():
        system, x = build(config, shape), torch.empty(config.batch, *shape)
        with FlopCounterMode(display=False) as plain:
            z = system.encoder(x)[:, : config.latent]  # of two heads, the mean
            system.decoder(z).sum().backward()
        return (step(system, x) - plain.get_total_flops()) // len(x)


class Untracked(nullcontext):
    """In place of the counter's module tracker, whose hooks refuse a gradient with respect to the images themselves."""

    parents = frozenset({"Global"})


def step(system: nn.Module, x: Tensor) -> int:
    """Operations of every player's updates on one batch."""
    generator = torch.Generator()
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = Untracked()
    with counter:
        for player in system.players():
            for _ in range(player.steps):
                player.loss(x, generator)["loss"].backward()
    return counter.get_total_flops()


def parameters(system: nn.Module) -> tuple[int, int]:
    return tuple(
        sum(p.numel() for p in net.parameters()) for net in (system.encoder, system.decoder)
    )
