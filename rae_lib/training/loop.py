"""One training loop for every system: it plays a list of players over their own parameters.

The gradient of a player's loss is taken with respect to that player's parameters alone, so nothing leaks between
players and no loss has to remember `detach`. All randomness comes from generators that are part of the checkpoint;
the log stays on the device and goes to the host once an epoch, where a non-finite term is found with its step and
name, and only a finite epoch becomes a checkpoint. On CPU a resumed run is bitwise equal to an uninterrupted one.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from rae_lib.training import checkpoint as checkpoints
from rae_lib.training import cuda_graph
from rae_lib.training.checkpoint import read, save, snapshot
from rae_lib.training.cuda_graph import Batches, GraphedStep
from rae_lib.training.players import Player, like, optimiser_for, piecewise, plateau, set_rate

Watch = Callable[[nn.Module, int], dict[str, float]]  # the system and its number of epochs -> numbers by name


def seed_for(name: str, seed: int) -> int:
    """The seed of a named sub-stream, so that a new consumer of randomness shifts no other one."""
    return int.from_bytes(hashlib.sha256(f"{name}/{seed}".encode()).digest()[:7], "big")


def generator_for(name: str, seed: int, device: str | torch.device = "cpu") -> torch.Generator:
    return torch.Generator(device=device).manual_seed(seed_for(name, seed))


@contextmanager
def seeded(name: str, seed: int) -> Iterator[None]:
    """Inside, torch's global generator is the named sub-stream; afterwards it is what it was. For initialisations."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_for(name, seed))
        yield


def as_input(batch: Tensor) -> Tensor:
    """uint8 images (B, C, H, W) -> float in [0, 1], channels last; anything else (codes, token ids) as it is."""
    if batch.dtype != torch.uint8 or batch.dim() != 4:
        return batch
    return batch.float().div_(255).contiguous(memory_format=torch.channels_last)


class Training:
    """Everything that a checkpoint must hold, and one epoch of play. On CUDA the step is captured (`cuda_graph`)."""

    def __init__(self, system: nn.Module, seed: int, device: str, precision: str, epochs: int):
        self.system, self.device, self.precision = system, device, precision
        self.players: list[Player] = system.players()
        self.optimisers = [optimiser_for(p, device) for p in self.players]
        self.schedules = [plateau(o, p) for o, p in zip(self.optimisers, self.players, strict=True)]
        names = ("order", "noise")
        self.generators = {n: generator_for(n, seed, device) for n in names}
        self.seed, self.epoch, self.epochs, self.best = seed, 0, epochs, math.inf
        self.best_weights = snapshot(system)
        self.history: list[dict[str, float]] = []
        self.batches: Batches | None = None
        self.advance: Callable[[], None] | None = None  # the step on these batches, captured on CUDA

    def autocast(self) -> torch.autocast:
        """bf16 for matrix products and convolutions; losses ask for fp32 themselves."""
        kind = torch.device(self.device).type
        return torch.autocast(kind, torch.bfloat16, enabled=self.precision == "bf16")

    def update(self, player: Player, optimiser: torch.optim.Optimizer, x: Tensor) -> dict[str, Tensor]:
        """One step of one player; its terms, named after it."""
        with self.autocast():
            terms = player.loss(x, self.generators["noise"])
        gradients = torch.autograd.grad(terms["loss"], player.parameters)
        for parameter, gradient in zip(player.parameters, gradients, strict=True):
            parameter.grad = like(parameter, gradient)
        optimiser.step()
        return {f"{player.name}/{name}": term.detach() for name, term in terms.items()}

    def step(self) -> None:
        """Every player's updates on the next batch, the log written; nothing waits for the device."""
        x, terms = as_input(self.batches.take_next()), {}
        for player, optimiser in zip(self.players, self.optimisers, strict=True):
            for _ in range(player.steps):
                terms |= self.update(player, optimiser, x)
        self.batches.log_terms(terms)

    def play(self, train: Tensor, batch: int) -> dict[str, float]:
        """One epoch in shuffled full batches; returns the mean of every term over its steps."""
        batches = self.batches
        if batches is None or batches.rows is not train or batches.batch != batch:
            batches = self.batches = Batches(train, batch)
            captured = train.device.type == "cuda" and cuda_graph.enabled
            generators = list(self.generators.values())
            self.advance = GraphedStep(self.step, generators) if captured else self.step
        self.system.train()
        batches.shuffle(self.generators["order"])
        for step in range(batches.steps):
            self.set_rates((self.epoch + step / batches.steps) / self.epochs)
            self.advance()
        values = batches.log.cpu()  # (steps, terms): the epoch's one synchronisation
        return self.means(values, batches.names)

    def set_rates(self, passed: float) -> None:
        """The piecewise schedule depends on the part of the run alone, so a resumed run needs no memory of it.

        A system whose losses have such weights too has a buffer `passed` (), which holds that part.
        """
        if hasattr(self.system, "passed"):
            self.system.passed.fill_(passed)
        for player, optimiser in zip(self.players, self.optimisers, strict=True):
            if player.warmup or player.decay:
                for group in optimiser.param_groups:
                    set_rate(group, piecewise(player, passed))

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
        player, values = self.players[0], []
        noise = generator_for("val", self.seed, self.device)
        parts = val.split(batch)
        with torch.no_grad(), self.autocast():
            values = [player.loss(as_input(x), noise)[player.monitor] for x in parts]
        means = torch.stack(values).tolist()
        total = sum(mean * len(x) for mean, x in zip(means, parts, strict=True))
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

    def check(self, state: dict) -> None:
        """Raises ValueError unless the state is one of this training, from which it can go on."""
        generators = dict.fromkeys(self.generators)
        checkpoints.check_state(state, self.state() | {"generators": generators}, range(1, self.epochs + 1))
        if len(state["optimisers"]) != len(self.optimisers):
            raise ValueError(f"it has {len(state['optimisers'])} optimisers, and this run {len(self.optimisers)}")

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
    checkpoint: Path | None = None,
    every: float = 30.0,
    progress: bool = False,
    watch: Watch | None = None,
) -> list[dict[str, float]]:
    """Plays the system's players for `epochs` over `train`, and leaves it with its best validation weights, in eval.

    train, val: uint8 images (N, C, H, W) or float codes (N, d), moved to the device whole. checkpoint: a file written
    at most every `every` seconds and at the end, from which a killed run goes on. Returns one row an epoch: the mean
    of every term as "player/term", "val", "lr" and "seconds", and what `watch` says of it as "watched/name".
    """
    system.to(device)
    if train.dim() == 4:
        system.to(memory_format=torch.channels_last)
    train, val = train.to(device), val.to(device)
    training = Training(system, seed, device, precision, epochs)
    if checkpoint and (state := read(checkpoint, device, training.check)):
        training.restore(state)
    saved = time.monotonic()
    bar = tqdm(total=epochs, initial=training.epoch, disable=not progress, unit="epoch")
    while training.epoch < epochs:
        epoch(training, train, val, batch)
        training.history[-1] |= watched(training, watch)
        bar.update()
        bar.set_postfix(val=f"{training.history[-1]['val']:.4g}")
        if checkpoint and (time.monotonic() - saved > every or training.epoch == epochs):
            save(checkpoint, training.state())
            saved = time.monotonic()
    bar.close()
    training.advance = None  # it holds the training in turn, and its graph much of a card
    system.load_state_dict(training.best_weights)
    system.eval()
    return training.history


def watched(training: Training, watch: Watch | None) -> dict[str, float]:
    """What `watch` says of the system in eval mode after this epoch. It must draw from other generators."""
    found = watch(training.system, training.epoch) if watch else {}
    return {f"watched/{name}": value for name, value in found.items()}


def epoch(training: Training, train: Tensor, val: Tensor, batch: int) -> None:
    """Play, validate, keep the best, schedule: the state changes only when the whole epoch was finite."""
    start = time.monotonic()
    row = training.play(train, batch)
    seconds = time.monotonic() - start
    value = training.validate(val)
    training.epoch += 1
    if value < training.best or training.players[0].last:
        training.best, training.best_weights = value, snapshot(training.system)
    for schedule in training.schedules:
        if schedule:
            schedule.step(value)
    lr = float(training.optimisers[0].param_groups[0]["lr"])
    training.history.append({**row, "val": value, "lr": lr, "seconds": seconds})
