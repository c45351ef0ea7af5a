"""One training loop for every system: it plays a list of players over their own parameters.

The gradient of a player's loss is taken with respect to that player's parameters alone, so nothing leaks between
players and no loss has to remember `detach`. All randomness comes from generators that are part of the checkpoint;
the log stays on the device and goes to the host once an epoch, where a non-finite term is found with its step and
name, and only a finite epoch becomes a checkpoint. On CPU a resumed run is bitwise equal to an uninterrupted one.
"""

import hashlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

Loss = Callable[[Tensor, torch.Generator], dict[str, Tensor]]


@dataclass
class Player:
    """One adversary or partner: whose parameters, which loss, which optimiser settings, how often.

    loss(x, generator) returns "loss" and every other term by name, all scalars. monitor: the term whose validation
    value picks the checkpoint and drives the plateau (the first player's counts). plateau: absolute threshold of the
    learning-rate plateau (factor 1/2, Keras patience 5), None for none. warmup: epochs at a tenth of the rate; decay:
    the parts of the run after which the rate falls tenfold. steps: updates per batch; fresh:
    draw a new batch for each of them.
    """

    name: str
    parameters: list[nn.Parameter]
    loss: Loss
    lr: float
    betas: tuple[float, float] = (0.9, 0.999)
    monitor: str = "loss"
    steps: int = 1
    fresh: bool = False
    plateau: float | None = None
    plateau_patience: int = 5
    warmup: int = 0
    decay: tuple[float, ...] = ()


def seed_for(name: str, seed: int) -> int:
    """The seed of a named sub-stream, so that a new consumer of randomness shifts no other one."""
    return int.from_bytes(hashlib.sha256(f"{name}/{seed}".encode()).digest()[:7], "big")


def generator_for(name: str, seed: int, device: str | torch.device = "cpu") -> torch.Generator:
    return torch.Generator(device=device).manual_seed(seed_for(name, seed))


def as_input(batch: Tensor) -> Tensor:
    """uint8 images -> float in [0, 1], channels last; anything else as it is."""
    if batch.dtype != torch.uint8:
        return batch
    return batch.float().div_(255).contiguous(memory_format=torch.channels_last)


class Training:
    """Everything that a checkpoint must hold, and one epoch of play."""

    def __init__(self, system: nn.Module, seed: int, device: str, precision: str, epochs: int):
        self.system, self.device, self.precision = system, device, precision
        self.players: list[Player] = system.players()
        self.optimisers = [
            torch.optim.Adam(p.parameters, lr=p.lr, betas=p.betas, fused=True)
            for p in self.players
        ]
        self.schedules = [
            plateau(o, p) for o, p in zip(self.optimisers, self.players, strict=True)
        ]
        names = ("order", "noise")
        self.generators = {n: generator_for(n, seed, device) for n in names}
        self.seed, self.epoch, self.epochs, self.best = seed, 0, epochs, math.inf
        self.best_weights = snapshot(system)
        self.history: list[dict[str, float]] = []

    def step(
        self, player: Player, optimiser: torch.optim.Optimizer, x: Tensor
    ) -> dict[str, Tensor]:
        with torch.autocast(
            torch.device(self.device).type, torch.bfloat16, enabled=self.precision == "bf16"
        ):
            terms = player.loss(x, self.generators["noise"])
        gradients = torch.autograd.grad(terms["loss"], player.parameters)
        for parameter, gradient in zip(player.parameters, gradients, strict=True):
            parameter.grad = like(parameter, gradient)
        optimiser.step()
        return {f"{player.name}/{name}": term.detach() for name, term in terms.items()}

    def play(self, train: Tensor, batch: int) -> dict[str, float]:
        """One epoch in shuffled full batches; returns the mean of every term over its steps."""
        self.system.train()
        self.set_rates()
        order, log = self.generators["order"], []
        permutation = torch.randperm(len(train), generator=order, device=self.device)
        batch = min(batch, len(train))
        for start in range(0, len(train) - batch + 1, batch):
            x = as_input(train[permutation[start : start + batch]])
            row: dict[str, Tensor] = {}
            for player, optimiser in zip(self.players, self.optimisers, strict=True):
                for _ in range(player.steps):
                    if player.fresh:
                        again = (batch,)
                        index = torch.randint(
                            len(train), again, generator=order, device=self.device
                        )
                        x = as_input(train[index])
                    row |= self.step(player, optimiser, x)
            log.append(torch.stack([row[name] for name in row]))
        values = torch.stack(log).cpu()  # (steps, terms): the epoch's one synchronisation
        return self.means(values, list(row))

    def set_rates(self) -> None:
        """The piecewise schedule depends on the epoch alone, so a resumed run needs no memory of it."""
        for player, optimiser in zip(self.players, self.optimisers, strict=True):
            if player.warmup or player.decay:
                for group in optimiser.param_groups:
                    group["lr"] = piecewise(player, self.epoch, self.epochs)

    def means(self, values: Tensor, names: list[str]) -> dict[str, float]:
        if not values.isfinite().all():
            step, term = (~values.isfinite()).nonzero()[0].tolist()
            number = self.epoch * len(values) + step
            raise FloatingPointError(
                f"{names[term]} is {values[step, term]} at step {number} (epoch {self.epoch}): "
                "training stopped, the last good checkpoint is kept; try a smaller lr or coefficient"
            )
        return dict(zip(names, values.double().mean(0).tolist(), strict=True))

    def validate(self, val: Tensor, batch: int = 500) -> float:
        """The first player's monitored term on the validation set, eval mode, with the same noise every epoch."""
        self.system.eval()
        player, total = self.players[0], 0.0
        noise = generator_for("val", self.seed, self.device)
        with torch.no_grad():
            for start in range(0, len(val), batch):
                x = as_input(val[start : start + batch])
                total += float(player.loss(x, noise)[player.monitor]) * len(x)
        if not math.isfinite(total):
            raise FloatingPointError(
                f"validation {player.name}/{player.monitor} is not finite after epoch {self.epoch}: "
                "training stopped, the last good checkpoint is kept"
            )
        return total / len(val)

    def state(self) -> dict:
        return {
            "system": self.system.state_dict(),
            "optimisers": [o.state_dict() for o in self.optimisers],
            "schedules": [s.state_dict() if s else None for s in self.schedules],
            "generators": {n: g.get_state() for n, g in self.generators.items()},
            "epoch": self.epoch,
            "best": self.best,
            "best_weights": self.best_weights,
            "history": self.history,
        }

    def restore(self, state: dict) -> None:
        self.system.load_state_dict(state["system"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        for schedule, saved in zip(self.schedules, state["schedules"], strict=True):
            if schedule:
                schedule.load_state_dict(saved)
        for name, saved in state["generators"].items():
            self.generators[name].set_state(saved.cpu())
        self.epoch, self.best = state["epoch"], state["best"]
        self.best_weights, self.history = state["best_weights"], state["history"]


def like(parameter: Tensor, gradient: Tensor) -> Tensor:
    """The gradient in its parameter's memory layout: fused Adam walks both by the same strides, whatever they are."""
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


def plateau(optimiser: torch.optim.Optimizer, player: Player):
    """Keras' ReduceLROnPlateau: patience 5 there is 4 here, and its threshold is absolute."""
    if player.plateau is None:
        return None
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser,
        factor=0.5,
        patience=player.plateau_patience - 1,
        threshold=player.plateau,
        threshold_mode="abs",
    )


def piecewise(player: Player, epoch: int, epochs: int) -> float:
    """The rate of an epoch (from 0) in a run of so many: a tenth in the warm-up, then tenfold less at every step."""
    if epoch < player.warmup:
        return 0.1 * player.lr
    passed = sum(epoch >= round(part * epochs) for part in player.decay)
    return player.lr * 0.1**passed


def snapshot(system: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in system.state_dict().items()}


def save(path: Path, state: dict) -> None:
    """Atomic: the old file stands until the new one is whole; it is kept as `.previous`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    if path.exists():
        os.replace(path, path.with_suffix(".previous"))
    os.replace(partial, path)


def read(path: Path, device: str) -> dict | None:
    """The newest readable checkpoint; a damaged one is set aside as `.damaged` and named."""
    for candidate in (path, path.with_suffix(".previous")):
        if not candidate.exists():
            continue
        try:
            return torch.load(candidate, map_location=device, weights_only=True)
        except Exception as error:  # a truncated zip raises many kinds
            os.replace(candidate, candidate.with_suffix(".damaged"))
            tqdm.write(f"{candidate}: unreadable checkpoint set aside ({type(error).__name__})")
    return None


def fit(
    system: nn.Module,
    train: Tensor,
    val: Tensor,
    *,
    epochs: int,
    batch: int,
    seed: int,
    device: str = "cpu",
    precision: str = "fp32",
    compile: bool = False,
    checkpoint: Path | None = None,
    every: float = 30.0,
    progress: bool = False,
) -> list[dict[str, float]]:
    """Plays the system's players for `epochs` over `train`, and leaves it with its best validation weights, in eval.

    train, val: uint8 images (N, C, H, W) or float codes (N, d), moved to the device whole. checkpoint: a file written
    at most every `every` seconds and at the end, from which a killed run goes on. Returns one row an epoch: the mean
    of every term as "player/term", "val", "lr" and "seconds".
    """
    system.to(device)
    if train.dim() == 4:
        system.to(memory_format=torch.channels_last)
    train, val = train.to(device), val.to(device)
    training = Training(system, seed, device, precision, epochs)
    if checkpoint and (state := read(checkpoint, device)):
        training.restore(state)
    if compile:
        system.encoder.compile()
        system.decoder.compile()
    saved = time.monotonic()
    bar = tqdm(total=epochs, initial=training.epoch, disable=not progress, unit="epoch")
    while training.epoch < epochs:
        epoch(training, train, val, batch)
        bar.update()
        bar.set_postfix(val=f"{training.history[-1]['val']:.4g}")
        if checkpoint and (time.monotonic() - saved > every or training.epoch == epochs):
            save(checkpoint, training.state())
            saved = time.monotonic()
    bar.close()
    system.load_state_dict(training.best_weights)
    system.eval()
    return training.history


def epoch(training: Training, train: Tensor, val: Tensor, batch: int) -> None:
    """Play, validate, keep the best, schedule: the state changes only when the whole epoch was finite."""
    start = time.monotonic()
    row = training.play(train, batch)
    seconds = time.monotonic() - start
    value = training.validate(val)
    training.epoch += 1
    if value < training.best:
        training.best, training.best_weights = value, snapshot(training.system)
    for schedule in training.schedules:
        if schedule:
            schedule.step(value)
    lr = training.optimisers[0].param_groups[0]["lr"]
    training.history.append({**row, "val": value, "lr": lr, "seconds": seconds})
