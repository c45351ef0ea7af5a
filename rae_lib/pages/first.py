"""The first page: the size of what was run, the numbers of its findings, and the plate that shows them."""

import pandas as pd

from rae_lib.pages import campaign, notes, plates
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


def draw_plate(runs: list[Result]) -> bytes:
    """A line a system: reconstructions, samples of its own sampler, of the mixture, an interpolation."""
    first = {r.config.system: r for r in runs if r.config.seed == 0}
    chosen = [first[system] for system in PLATE if system in first]
    titles = ["reconstructions", "N: own sampler", "GMM: mixture", "interpolation"]
    return plates.compared(chosen, kinds=["N", "gmm"], titles=titles, scale=1)
