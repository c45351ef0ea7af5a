"""How large the papers' networks are and what their runs cost, from the stored counts (`results.computed`).

GFLOP: of one training image, forward and backward; PFLOP of a run, EFLOP of runs together. Validation, evaluation and
the second stage of the two-stage VAE are not in it.
"""

import re
from collections.abc import Iterable
from functools import cache

import pandas as pd

from rae_lib import studies
from rae_lib.claims import verdicts
from rae_lib.config import Config
from rae_lib.pages import dae
from rae_lib.pages.boxes import find_span
from rae_lib.pages.titles import titled
from rae_lib.results import computed
from rae_lib.results.frame import framed

BOUND = {"cifar10": (1e7, 1e8), "celeba64": (1e7, 1e9)}  # parameters; DAE section 5, after Bubeck and Sellke
NAMES = {"cifar10": "CIFAR-10", "celeba64": "CelebA"}
ENDS = {"min": "smallest", "max": "largest"}
RATE = 1e14  # operations a second at which hours are counted
RUN = ["dataset", "system", "variant"]


@cache
def counts() -> pd.DataFrame:
    """A row a run of the papers' campaign, by `RUN`: its sizes, parameters (encoder, decoder), flop and flop_run."""
    rows = pd.DataFrame(computed.read("parameters"))
    name = rows["set"].where(rows["metric"] == "parameters", rows["metric"])
    index = [*RUN, "width", "latent", "depth"]
    found = rows.assign(name=name, value=rows["value"].astype(float))  # int64 is too small for sums
    return found.pivot(index=index, columns="name", values="value")


def of(configs: Iterable[Config]) -> pd.DataFrame:
    """The rows of these runs of the papers' size."""
    found = counts().reset_index(["width", "latent", "depth"])
    return found.loc[[(c.dataset, c.system, c.variant) for c in configs]].reset_index()


def networks() -> pd.DataFrame:
    """Every plain network of the paper's grid."""
    planned = [c for dataset in NAMES for c in studies.study(dae.STUDY, dataset, "paper")]
    return of(c for c in planned if c.system == "dae")


def table() -> pd.DataFrame:
    """Parameters by width and depth at the latent size of Table 2 and over the grid, in millions."""
    lines = []
    for (dataset, *sizes), part in networks().groupby(["dataset", "width", "depth"]):
        one = part[part["latent"] == dae.UNITS[dataset]].iloc[0]
        line = dict(zip(("data set", "F", "depth"), (NAMES[dataset], *sizes), strict=True))
        for name in ("encoder", "decoder"):
            line[f"{name}, M"] = one[name] / 1e6
            line[f"{name} over the grid, M"] = f"{find_span(part[name] / 1e6):.3g}"
        lines.append(line | {"GFLOP an image": one["flop"] / 1e9})
    return pd.DataFrame(lines).sort_values("data set", kind="stable", ignore_index=True)


def quoted() -> pd.DataFrame:
    """The ends that the paper quotes for its trained networks and the counted ones, as claim DAE-18 compares them."""
    lines = []
    for one in verdicts.decide(["DAE-18"], framed([]))[0].comparisons:
        _, end, _, _, part, _, dataset, _ = re.findall(r"\w+", one.text)
        (ours, _), (value, _) = one.left, one.right
        words = (NAMES[dataset], f"{ENDS[end]} {part}", power(value), power(ours, 2), ours / value)
        lines.append(words)
    columns = ["data set", "network", "published", "counted", "counted / published"]
    return pd.DataFrame(lines, columns=columns)


def power(value: float, decimals: int = 0) -> str:
    """50000 -> "5 × 10⁴", a power of ten as such."""
    digits, _, exponent = f"{value:.{decimals}e}".partition("e")
    raised = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return raised if float(digits) == 1 else f"{digits} × {raised}"


def add_up(runs: pd.DataFrame) -> dict:
    """Operations of an image and of a run, of all runs, and the hours that these take at RATE."""
    flop = runs["flop_run"].sum()
    spans = {"GFLOP an image": runs["flop"] / 1e9, "PFLOP a run": runs["flop_run"] / 1e15}
    found = {"runs": len(runs)} | {name: f"{find_span(values):.3g}" for name, values in spans.items()}
    return found | {"EFLOP": flop / 1e18, "hours": flop / RATE / 3600}


def experiments(dataset: str, seconds: pd.DataFrame) -> pd.DataFrame:
    """What every experiment of the DAE study costs at paper scale, and the seconds of training that it took here.

    seconds: rows of the long frame, one a run of the study.
    """
    lines, took = [], {key: part["value"].mean() for key, part in dae.grouped(seconds)}
    for key, part in dae.grouped(dae.plan(dataset, "paper")):
        system, width, depth, change = key
        sizes = {"filters": int(width), "depth": depth, "change": change}
        line = {"model": titled("system", system)} | sizes | add_up(of(part["config"]))
        lines.append(line | {"seconds a run, measured": took.get(key)})
    return pd.DataFrame(lines)


def total(dataset: str) -> dict:
    """What the whole grid on one of the paper's data sets takes, for one seed."""
    return add_up(of(studies.study(dae.STUDY, dataset, "paper")))
