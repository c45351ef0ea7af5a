"""The first page: the size of what was run, the parts of the doubling test that fail, and the plate."""

import subprocess
from collections.abc import Sequence

import pandas as pd

from rae_lib.pages import campaign, galleries, notes
from rae_lib.pages.galleries import Lines
from rae_lib.results import store
from rae_lib.results.store import Result

DETERMINISTIC = ("ae", "ae-l2", "rae", "rae-l2", "rae-gp", "rae-sn")
CORE = {"ae", "rae-l2", "vae", "wae-mmd"}
PLATE = (*DETERMINISTIC, "eae", "dae", "vae", "cv-vae", "wae-mmd", "two-stage-vae")


def choose_dataset(runs: list[Result]) -> str:
    """The data set of the findings: the first on which the four systems of the size study are stored, else any."""
    systems: dict[str, set] = {}
    for run in runs:
        systems.setdefault(run.config.dataset, set()).add(run.config.system)
    return next((name for name, has in systems.items() if has >= CORE), next(iter(systems)))


def describe_sizes(runs: list[Result]) -> pd.DataFrame:
    """`notes.sizes`, with the number of systems and the median of the minutes of a run; without the images of a set."""
    sizes = notes.sizes(runs).drop(columns=[("images a set", "ours")])
    parts = galleries.by_dataset(runs)
    sizes.insert(2, ("runs", "systems"), [len({r.config.system for r in parts[name]}) for name in sizes.index])
    minutes = [pd.Series([campaign.count_minutes(r)["whole"] for r in parts[name]]) for name in sizes.index]
    sizes.insert(3, ("runs", "minutes each"), [m.median() for m in minutes])
    return sizes


def list_plate(runs: list[Result], also: Sequence[str] = ()) -> Lines:
    """A line a system, `also` last: reconstructions, samples of its own sampler, of the mixture, an interpolation."""
    first = {r.config.system: r for r in runs if r.config.seed == 0}
    chosen = [first[system] for system in (*PLATE, *also) if system in first]
    top = galleries.list_reconstructions(chosen, columns=3)
    samples = galleries.list_samples(chosen, columns=4)
    paths = galleries.list_paths(chosen, steps=4)
    lines: dict[str, list] = {galleries.TEST: [top[galleries.TEST][0], None, None, None]}
    return lines | {name: [top[name][0], *samples[name], paths[name][1]] for name in samples}


def count_runs() -> int:
    """How many runs are stored, over all profiles and data sets."""
    return sum(1 for _ in store.root().glob("*/*/*/result.json"))


def date_results() -> str | None:
    """The day of the last commit that changed the stored results; None outside of a git repository."""
    command = ["git", "log", "-1", "--format=%cs", "--", "."]
    try:
        found = subprocess.run(command, cwd=store.root(), capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
