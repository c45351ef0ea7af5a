"""A player: whose parameters, which loss, how they are moved, and how the rate goes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor, torch.Generator], dict[str, Tensor]]


@dataclass
class Player:
    """One adversary or partner: whose parameters, which loss, which optimiser settings, how often.

    loss(x, generator) returns "loss" and every other term by name, all scalars. monitor: the term whose validation
    value picks the checkpoint and drives the plateau (the first player's counts). plateau: absolute threshold of the
    learning-rate plateau, None for none; plateau_patience as Keras 2 counts it; least_lr: where the rate stops. warmup:
    the first part of the run, in which the rate is a tenth; decay: the parts of the run after which the rate falls
    tenfold. steps: updates per batch. optimiser: "adam", "rmsprop" or "rmsprop-tf1". last: the weights of the last
    epoch are kept, not those of the best one (the first player's counts): for a game, whose value says little.
    """

    name: str
    parameters: list[nn.Parameter]
    loss: Loss
    lr: float
    betas: tuple[float, float] = (0.9, 0.999)
    monitor: str = "loss"
    steps: int = 1
    plateau: float | None = None
    plateau_patience: int = 5
    plateau_factor: float = 0.5
    least_lr: float = 0.0
    warmup: float = 0.0
    decay: tuple[float, ...] = ()
    optimiser: str = "adam"
    last: bool = False


def optimiser_for(player: Player, device: str) -> torch.optim.Optimizer:
    """The player's optimiser. On CUDA its rate is a tensor, which a recorded step reads again at every replay."""
    return adam(player, device) if player.optimiser == "adam" else rmsprop(player, device)


def rmsprop(player: Player, device: str) -> torch.optim.Optimizer:
    """RMSProp as TensorFlow 1 has it: decay .9, and 1e-5 added to the root instead of 1e-10 inside it.

    "rmsprop-tf1": its mean squares begin at 1 there, so that the first hundred steps are small; else at 0.
    """
    cuda = torch.device(device).type == "cuda"
    rate = torch.tensor(player.lr, device=device) if cuda else player.lr
    optimiser = torch.optim.RMSprop(player.parameters, lr=rate, alpha=0.9, eps=1e-5, capturable=cuda)
    for parameter in player.parameters if player.optimiser == "rmsprop-tf1" else []:
        step = torch.zeros((), device=device if cuda else "cpu")
        optimiser.state[parameter] = {"step": step, "square_avg": torch.ones_like(parameter)}
    return optimiser


def adam(player: Player, device: str) -> torch.optim.Optimizer:
    """Fused Adam. On CUDA its rate is a tensor, which a captured step reads again at every replay."""
    if torch.device(device).type != "cuda":
        return torch.optim.Adam(player.parameters, lr=player.lr, betas=player.betas, fused=True)
    return torch.optim.Adam(
        player.parameters, lr=torch.tensor(player.lr, device=device), betas=player.betas, fused=True, capturable=True
    )


def set_rate(group: dict, rate: float) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


def like(parameter: Tensor, gradient: Tensor) -> Tensor:
    """The gradient in its parameter's memory layout: fused Adam walks both by the same strides, whatever they are."""
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


def plateau(optimiser: torch.optim.Optimizer, player: Player):
    """Keras' ReduceLROnPlateau: patience 5 there is 4 here, and its threshold is absolute."""
    if player.plateau is None:
        return None
    steps = {"factor": player.plateau_factor, "patience": player.plateau_patience - 1, "min_lr": player.least_lr}
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, threshold=player.plateau, threshold_mode="abs", **steps
    )


def piecewise(player: Player, passed: float) -> float:
    """The rate after this part of the run (0 to 1): a tenth in the warm-up, then tenfold less at every step."""
    if passed < player.warmup:
        return 0.1 * player.lr
    return player.lr * 0.1 ** sum(passed >= part for part in player.decay)
