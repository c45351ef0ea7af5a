"""Parameters and operations of networks; on fake tensors, which have shapes and no memory, counting is free.

A multiply-add is two operations. What is counted is matrix products and convolutions; normalisation, rectifiers and
element-wise losses are not. x: images (B, C, H, W).
"""

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(system: nn.Module) -> tuple[int, int]:
    """Of encoder and decoder."""
    networks = (system.encoder, system.decoder)
    return tuple(sum(p.numel() for p in net.parameters()) for net in networks)


class Untracked(nullcontext):
    """In place of the counter's module tracker, whose hooks refuse a gradient with respect to the images themselves."""

    parents = frozenset({"Global"})


def count_step(system: nn.Module, x: Tensor) -> int:
    """Operations of every player's updates on one batch, forward and backward."""
    generator = torch.Generator()
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = Untracked()
    with counter:
        for player in system.players():
            for _ in range(player.steps):
                player.loss(x, generator)["loss"].backward()
    return counter.get_total_flops()


def count_pass(system: nn.Module, x: Tensor, latent: int) -> int:
    """Operations of the two networks on one batch, forward and backward, without the objective."""
    with FlopCounterMode(display=False) as counter:
        z = system.encoder(x)[:, :latent]  # of two heads, the mean
        system.decoder(z).sum().backward()
    return counter.get_total_flops()
