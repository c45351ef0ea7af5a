"""Searches for good strings in the codes of a trained system (RAE section 6.2): by Bayesian optimisation and without.

Sets: "bo", Bayesian optimisation; "random", codes uniform in the box of the training codes; "sampled", codes from the
system's own sampler. Every trial is a search with another generator, on the same trained system; its number is
the `seed` of its records: "valid_fraction" and "mean_score" of all its suggestions, invalid ones left out of the mean.
"best_score_1" to "best_score_3" are those of the best different strings of all trials. How long: catalogue [search].
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rae_lib import files
from rae_lib.config import Config, catalogue
from rae_lib.data import writing
from rae_lib.data.archives import SPLITS
from rae_lib.evaluation import tasks
from rae_lib.evaluation.records import record
from rae_lib.evaluation.samples import sampler
from rae_lib.evaluation.tasks import Task
from rae_lib.evaluation.trained import Trained
from rae_lib.training.loop import generator_for

SETS = ("bo", "random", "sampled")
TOGETHER = 500  # strings that are decoded at once
BEST = 3


def check() -> None:
    """Raises RuntimeError where a package is missing."""
    try:
        import rdkit  # noqa: F401

        from rae_lib import search  # noqa: F401
    except ImportError as error:
        raise RuntimeError(f"{error}; install it with: pip install 'rae-lib[structures]'") from None


def settings(config: Config) -> dict:
    """Catalogue [search.PROFILE], over it [search.PROFILE.DATASET]."""
    book = catalogue()["search"][config.profile]
    return {k: v for k, v in book.items() if not isinstance(v, dict)} | book.get(config.dataset, {})


def measure(trained: Trained, progress: bool) -> dict[str, object]:
    """Every trial of every kind of search, and the best strings. Raises ValueError for a system of images."""
    if trained.data.kind != "strings":
        raise ValueError(f"{trained.data.name} has {trained.data.kind}: only strings can be searched for")
    task = tasks.find(trained.data.name)
    score = task.scorer(trained.data.texts["train"])
    sign = 1 if task.better == "lower" else -1
    values = sign * score_all(trained, score)
    worst = float(np.nanmax(values)) if task.worst is None else task.worst
    targets = torch.from_numpy(np.where(np.isnan(values), worst, values))
    codes = torch.cat([trained.codes[split] for split in SPLITS])
    evaluate = make_evaluation(trained, task, lambda texts: sign * score(texts), worst)
    place = files.home() / "searches" / f"{trained.config.hash}-{files.digest(codes.numpy().tobytes())[:12]}"
    trials = []
    for name in SETS:
        for trial in range(settings(trained.config)["trials"]):
            found = run_trial(trained, (name, trial), (codes, targets), evaluate, place)
            trials.append({"set": name, "trial": trial, **found, "scores": [sign * s for s in found["scores"]]})
            if progress:
                print(f"{trained.config.name}: {name}, trial {trial}", flush=True)
    best = {name: choose_best([t for t in trials if t["set"] == name], sign) for name in SETS}
    rows = [row for trial in trials for row in trial_records(trial)]
    rows += [
        record(f"best_score_{rank}", name, value, features="none")
        for name, found in best.items()
        for rank, (_, value) in enumerate(found, 1)
    ]
    drawn = {text: task.draw(text) for found in best.values() for text, _ in found} if task.draw else {}
    return {"records": rows, "trials": trials, "best": best, "drawings": drawn, "settings": settings(trained.config)}


def run_trial(
    trained: Trained, which: tuple[str, int], known: tuple[Tensor, Tensor], evaluate: Callable, place: Path
) -> dict[str, list]:
    """One search, from where it was interrupted. which: its set and number; known: codes and scores, lower better."""
    from rae_lib.search import loop
    from rae_lib.search.process import Training

    (name, trial), own = which, settings(trained.config)
    training = Training(inducing=own["inducing"], epochs=own["epochs"], batch=own["minibatch"])
    _, take = sampler(trained, "N")
    propose = {
        "bo": loop.Bayesian(training),
        "random": loop.propose_uniformly,
        "sampled": loop.PriorSampling(lambda n, generator: take(n, generator)),
    }[name]
    generator = generator_for(f"search/{name}/{trained.config.seed}", trial)
    found = loop.run_search(
        propose,
        *known,
        evaluate,
        generator=generator,
        steps=own["steps"],
        batch=own["batch"],
        state=place / f"{name}-{trial}.pt",
    )
    return {"scores": found.scores.tolist(), "texts": found.texts, "reports": found.reports}


def make_evaluation(trained: Trained, task: Task, score: Callable, worst: float) -> Callable:
    """Codes and a generator -> the forms of their most frequent valid decodings (None: no valid one), and scores.

    An invalid suggestion, and a text whose score is no number, counts with the worst score.
    """
    own, at_zero = writing.find(trained.data.name, trained.data.writing), trained.data.writing == "characters"
    attempts = settings(trained.config).get("attempts", task.attempts)

    def evaluate(z: Tensor, generator: torch.Generator) -> tuple[list[str | None], Tensor]:
        with torch.no_grad():
            logits = trained.system.decoder(z.float().to(trained.device)).cpu()
        counts = count_decodings(own, logits, attempts, generator)
        forms = {text: task.form(text, at_zero) for count in counts for text in count}
        chosen = [next((forms[t] for t, _ in count.most_common() if forms[t]), None) for count in counts]
        values = score([text or "" for text in chosen])
        return chosen, torch.from_numpy(np.where(np.isnan(values), worst, values))

    return evaluate


def count_decodings(own: writing.Writing, logits: Tensor, attempts: int, generator: torch.Generator) -> list[Counter]:
    """How often each string comes out of each of n logits (n, T, D), which are decoded `attempts` times."""
    counts = [Counter() for _ in logits]
    together = max(1, TOGETHER // len(logits))
    for first in range(0, attempts, together):
        texts = own.texts(own.choose(logits, generator, min(together, attempts - first)))
        for place, text in enumerate(texts):
            counts[place % len(logits)][text] += 1
    return counts


def score_all(trained: Trained, score: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    """The scores of all strings of the data, (n,), kept in $RAE_HOME by the checksum of the data."""
    path = files.home() / "scores" / f"{trained.data.name}-{trained.data.sha256[:16]}.npy"
    try:
        return np.load(path)
    except (OSError, ValueError, EOFError):
        values = score([text for split in SPLITS for text in trained.data.texts[split]])
        files.write_array(path, values)
        return values


def choose_best(trials: list[dict], sign: int) -> list[tuple[str, float]]:
    """The best different valid strings of all trials with their scores, the best first."""
    found: dict[str, float] = {}
    for trial in trials:
        found |= {t: s for t, s in zip(trial["texts"], trial["scores"], strict=True) if t is not None}
    return sorted(found.items(), key=lambda pair: sign * pair[1])[:BEST]


def trial_records(trial: dict) -> list[dict]:
    valid = [s for t, s in zip(trial["texts"], trial["scores"], strict=True) if t is not None]
    place = {"features": "none", "n_fake": len(trial["texts"])}
    rows = [record("valid_fraction", trial["set"], len(valid) / len(trial["texts"]), **place)]
    rows += [record("mean_score", trial["set"], float(np.mean(valid)), **place)] if valid else []
    return [row | {"seed": trial["trial"]} for row in rows]
