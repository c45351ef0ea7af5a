"""The first page: the size of what was run, the numbers of its findings, and the plate that shows them."""

import numpy as np
import pandas as pd

from rae_lib.pages import campaign, notes, plates
from rae_lib.pages.pictures import pictures
from rae_lib.pages.titles import titled
from rae_lib.results import gate
from rae_lib.results.store import Result

DETERMINISTIC = ("ae", "ae-l2", "rae", "rae-l2", "rae-gp", "rae-sn")
CORE = {"ae", "rae-l2", "vae", "wae-mmd"}
VARIATIONAL = ("vae", "cv-vae", "wae-mmd")
PLATE = (*DETERMINISTIC, "eae", "dae", "vae", "cv-vae", "wae-mmd", "two-stage-vae")


def choose_dataset(runs: list[Result]) -> str:
    """The data set of the findings: the first on which the four systems of the size study are stored, else any."""
    systems: dict[str, set] = {}
    for run in runs:
        systems.setdefault(run.config.dataset, set()).add(run.config.system)
    return next((name for name, has in systems.items() if has >= CORE), next(iter(systems)))


def describe_sizes(runs: list[Result]) -> pd.DataFrame:
    """`notes.sizes`, with the number of systems and the median of the minutes of a run."""
    sizes = notes.sizes(runs)
    parts: dict[str, list[Result]] = {name: [] for name in sizes.index}
    for run in runs:
        parts[titled("dataset", run.config.dataset)].append(run)
    sizes.insert(2, ("runs", "systems"), [len({r.config.system for r in p}) for p in parts.values()])
    minutes = [pd.Series([campaign.count_minutes(r)["whole"] for r in p]) for p in parts.values()]
    sizes.insert(3, ("runs", "minutes each"), [m.median() for m in minutes])
    return sizes


def list_failing(parts: pd.DataFrame) -> str:
    """The parts of a doubling test (`campaign.judge_parts`) that fail, each with its change."""
    failing = parts[parts["passes"].eq(False)].to_dict("records")
    return ", ".join(
        f"{gate.WORDS[row['set']]} of {titled('system', row['system'])} ({campaign.percent(row['change'], '+.0%')})"
        for row in failing
    )


def list_findings(frame: pd.DataFrame) -> dict[str, tuple[float | int | None, str]]:
    """The numbers that the sentences quote, each with its format; None where a system is missing.

    frame: Fréchet distances, a row a system and a column a set.
    """
    both = frame.dropna(subset=["N", "gmm"])
    ratio, rank = both["gmm"] / both["N"], both["N"].rank()
    found = {"better": (int((ratio < 1).sum()), "d"), "compared": (len(both), "d")}
    found |= {"gain-best": (ratio.min(), ".2f"), "gain-worst": (ratio.max(), ".2f")}
    groups = {"det": DETERMINISTIC, "var": VARIATIONAL, "reg": DETERMINISTIC[1:]}
    for name, systems in groups.items():
        values = frame["gmm"].reindex(systems).dropna()
        found |= {f"{name}-count": (len(values), "d"), f"{name}-best": (values.min(), ".2f")}
        found[f"{name}-worst"] = (values.max(), ".2f")
    found |= {"ae": (frame["gmm"].get("ae"), ".2f"), "ae-rank": (rank.get("ae"), ".0f")}
    paths = frame["interp"]
    found["interp-det"] = (paths.reindex(DETERMINISTIC).min(), ".2f")
    found["interp-vae"] = (paths.get("vae"), ".2f")
    return {name: (None if pd.isna(v) else v, form) for name, (v, form) in found.items()}


def draw_plate(runs: list[Result], *, columns: int = 5) -> bytes:
    """A line a system: reconstructions, samples of its own sampler, of the mixture, an interpolation."""
    first = {r.config.system: r for r in runs if r.config.seed == 0}
    chosen = {system: first[system] for system in PLATE if system in first}
    top = next(iter(chosen.values())).picture("reconstructions")[:1, :columns]
    lines = {"test images": [plates.joined(top), None, None, None]}
    for system, run in chosen.items():
        path, samples = run.picture("interpolations")[:1], run.picture("samples")[:, :columns]
        kinds = run.raw["pictures"]["samples"]["rows"]
        parts = {kind: plates.joined(samples[i : i + 1]) for i, kind in enumerate(kinds)}
        steps = np.linspace(0, path.shape[1] - 1, columns).round().astype(int)
        rec = plates.joined(run.picture("reconstructions")[1:2, :columns])
        sampled = [parts.get("N"), parts.get("gmm")]
        lines[titled("system", system)] = [rec, *sampled, plates.joined(path[:, steps])]
    titles = ["reconstructions", "N: own sampler", "GMM: mixture", "interpolation"]
    return pictures(lines, titles=titles, scale=1)
