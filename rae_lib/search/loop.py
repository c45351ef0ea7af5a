"""The loop of a search: propose a batch of codes, decode and score it, add it to the data; again.

A lower score is better throughout. How codes are proposed is a function, so that Bayesian optimisation and its
baselines are one loop: `Bayesian`, `propose_uniformly`, `PriorSampling`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from rae_lib.search.improvement import Believer, Proposing, draw_uniform, propose_batch
from rae_lib.search.process import Training, draw_order, fit_process
from rae_lib.training import checkpoint

SHARE = 0.9  # of the codes that a process is trained on; the others test it
# Codes (n, d) and a generator -> n texts (None: no valid one) and n finite scores, lower is better.
Evaluate = Callable[[Tensor, torch.Generator], tuple[list[str | None], Tensor]]


@dataclass(frozen=True)
class Observations:
    """Codes (n, d) and scores (n,), float64: those to learn from, and those to test with."""

    codes: Tensor
    scores: Tensor
    test_codes: Tensor
    test_scores: Tensor

    @property
    def box(self) -> Tensor:
        """(2, d): the smallest and the largest value of each dimension."""
        return torch.stack([self.codes.amin(0), self.codes.amax(0)])


class Propose(Protocol):
    def __call__(self, seen: Observations, n: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        """n codes (n, d) to look at next, and what is to be reported of the step."""


@dataclass(frozen=True)
class Bayesian:
    """Expected improvement under a sparse Gaussian process, which is trained afresh at every step.

    Reports of the test codes: `rmse`, the root mean squared error of the scores, and `loglik`, the mean log density of
    a score under N(mean of f, variance of f + sigma^2), in nats.
    """

    training: Training = field(default_factory=Training)
    proposing: Proposing = field(default_factory=Proposing)

    def __call__(self, seen: Observations, n: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        origin, mean, scale = seen.codes.mean(0), seen.scores.mean(), seen.scores.std(correction=0)
        process = fit_process(seen.codes - origin, (seen.scores - mean) / scale, self.training, generator)
        believer = Believer(process)
        centre, variance = believer.predict(seen.test_codes - origin)
        law = torch.distributions.Normal(mean + scale * centre, scale * (variance + believer.noise).sqrt())
        report = {
            "rmse": float((law.mean - seen.test_scores).square().mean().sqrt()),
            "loglik": float(law.log_prob(seen.test_scores).mean()),
        }
        found = propose_batch(believer, seen.box - origin, n, proposing=self.proposing, generator=generator)
        return found + origin, report


def propose_uniformly(seen: Observations, n: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """Random search: codes uniform in the box of the codes seen."""
    return draw_uniform(seen.box, n, generator), {}


@dataclass(frozen=True)
class PriorSampling:
    """Codes drawn from a prior or a fitted density, by its `sample(n, generator)`."""

    sample: Callable[[int, torch.Generator], Tensor]

    def __call__(self, seen: Observations, n: int, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        return self.sample(n, generator).to(seen.codes), {}


@dataclass
class Search:
    """What a search has looked at: one row a code, one report a step."""

    codes: Tensor  # (steps * batch, d), float64
    scores: Tensor  # (steps * batch,), float64
    texts: list[str | None] = field(default_factory=list)
    reports: list[dict[str, float]] = field(default_factory=list)

    def best(self, n: int = 3) -> list[tuple[str, float]]:
        """The n best different texts with their scores, the best first; fewer where there are fewer."""
        ranked = sorted(zip(self.scores.tolist(), self.texts, strict=True), key=lambda pair: pair[0])
        found = {}
        for score, text in ranked:
            if text is not None:
                found.setdefault(text, score)
        return list(found.items())[:n]


def run_search(
    propose: Propose,
    codes: Tensor,
    scores: Tensor,
    evaluate: Evaluate,
    *,
    generator: torch.Generator,
    steps: int = 5,
    batch: int = 50,
    state: Path | None = None,
) -> Search:
    """`steps` times a batch of codes that `propose` finds and `evaluate` scores; a lower score is better.

    codes (n, d) and scores (n,): of the training set, of which a tenth is set aside for tests. All randomness is drawn
    from the generator. state: a file, written after every step; a search that was killed goes on from it, and comes to
    the same end bit for bit. Raises ValueError for codes and scores that do not fit together or are not finite, for a
    result of `evaluate` that is not, and for the state of another search.
    """
    check_request(codes, scores, steps, batch)
    codes, scores = codes.double(), scores.double().to(codes.device)
    label = find_label(propose, codes, scores, generator=generator, batch=batch)
    order = draw_order(codes, generator)
    test, kept = order[round(SHARE * len(codes)) :], order[: round(SHARE * len(codes))]
    search = restore(state, label, codes, generator)
    while len(search.reports) < steps:
        seen = Observations(
            torch.cat([codes[kept], search.codes]), torch.cat([scores[kept], search.scores]), codes[test], scores[test]
        )
        found, report = propose(seen, batch, generator)
        texts, values = evaluate(found, generator)
        extend(search, found, texts, values)
        search.reports.append(report)
        if state is not None:
            checkpoint.save(state, vars(search) | {"label": label, "generator": generator.get_state()})
    return search


def check_request(codes: Tensor, scores: Tensor, steps: int, batch: int) -> None:
    if codes.ndim != 2 or len(codes) < 10 or scores.shape != codes.shape[:1]:
        shapes = f"{tuple(codes.shape)} and {tuple(scores.shape)}"
        raise ValueError(f"codes and scores are {shapes}; allowed: (n, d) and (n,) with n of 10 or more")
    for name, values in (("codes", codes), ("scores", scores)):
        if not values.isfinite().all():
            raise ValueError(f"{int((~values.isfinite()).sum())} values of the {name} are not finite")
    if not scores.max() > scores.min():
        raise ValueError(f"all scores are {float(scores[0]):g}: there is nothing to learn from them")
    for name, count in (("steps", steps), ("batch", batch)):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"{name} is {count!r}; allowed: integers from 1")


def find_label(propose: Propose, codes: Tensor, scores: Tensor, *, generator: torch.Generator, batch: int) -> str:
    """A checksum of all that a search begins with. Of a proposal it has the settings, but not a prior's parameters."""
    kind = repr(propose) if isinstance(propose, Bayesian) else getattr(propose, "__name__", type(propose).__name__)
    found = hashlib.sha256(f"{kind} {batch}".encode())
    for values in (codes, scores, generator.get_state()):
        found.update(values.cpu().numpy().tobytes())
    return found.hexdigest()


def check_state(found: dict) -> None:
    """Raises ValueError for what is no search; whether it is the same search its label says."""
    if not isinstance(found, dict) or set(found) != {*Search.__dataclass_fields__, "label", "generator"}:
        raise ValueError("it is no search")


def restore(state: Path | None, label: str, codes: Tensor, generator: torch.Generator) -> Search:
    """The search as its file has it, with the generator where it was; an empty one without a file."""
    stored = checkpoint.read(state, str(codes.device), check_state) if state is not None else None
    if stored is None:
        return Search(codes[:0], codes.new_zeros(0))
    if stored.pop("label") != label:
        raise ValueError(
            f"{state} is of a search with other codes, scores, settings or seed; remove it or name another"
        )
    generator.set_state(stored.pop("generator").cpu())
    return Search(**stored)


def extend(search: Search, codes: Tensor, texts: list[str | None], scores: Tensor) -> None:
    """Adds what was evaluated."""
    scores = torch.as_tensor(scores, dtype=torch.float64, device=codes.device)
    if len(texts) != len(codes) or scores.shape != (len(codes),) or not scores.isfinite().all():
        given = f"{len(texts)} texts and {int(scores.isfinite().sum())} finite scores"
        raise ValueError(f"evaluate gave {given} for {len(codes)} codes; allowed: as many")
    search.codes, search.scores = torch.cat([search.codes, codes]), torch.cat([search.scores, scores])
    search.texts = [*search.texts, *texts]
