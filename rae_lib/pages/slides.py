"""The chapters on MaskAAE and FlexAE: which runs are stored, what the mask's start predicts, codes in pictures."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rae_lib.config import DOCUMENTS, resolve
from rae_lib.pages import boxes, figures
from rae_lib.pages.looks import INK, look
from rae_lib.pages.notes import updates
from rae_lib.pages.plates import joined
from rae_lib.pages.titles import titled
from rae_lib.results import store
from rae_lib.results.frame import select
from rae_lib.results.store import Result

LEVELS = ["below .1", "from .1 to .9", "at least .9"]  # of the entries of a mask
START = 5.0  # the strengths of a mask begin as U(0, START)
DIMENSIONS = {"synth8": 8, "synth16": 16}  # of the law behind a synthetic data set
ACROSS = 4  # panels side by side
PARTS = {
    "codes": ("test codes, in the colour of their system", "o"),
    "prior": ("prior samples", "v"),
    "images": ("test images", "s"),
}


def name_command(dataset: str, *options: str) -> str:
    """The command that makes runs on a data set, at the profile that the book has for it."""
    profile = "paper" if dataset in DIMENSIONS else "overnight"
    return " ".join([f"python -m rae_lib run --profile {profile} --dataset {dataset}", *options])


def report_lacking(datasets: Sequence[str], words: str, *options: str) -> None:
    """Display on which data sets these runs are missing, and the command for each; nothing where none is missing."""
    if datasets:
        names = "; ".join(titled("dataset", d) for d in datasets)
        boxes.report_missing(f"{words}: {names}", " ; ".join(name_command(d, *options) for d in datasets))


def list_stored(datasets: Sequence[str]) -> pd.DataFrame:
    """Which own runs of the slides' systems are stored: a row a system, a column a data set."""
    rows = {}
    for system in DOCUMENTS["slides"]:
        rows[titled("system", system)] = {titled("dataset", d): find_seeds(system, d) for d in datasets}
    return pd.DataFrame(rows.values(), index=pd.Index(rows, name="system"))


def find_seeds(system: str, dataset: str) -> str | None:
    """ "overnight: 0, 1", the stored seeds at the largest profile of the data set; None where there are none."""
    profile = store.largest(dataset)
    seeds = [n for n in (0, 1, 2) if store.find(resolve(system, dataset, profile, n))]
    return f"{profile}: {', '.join(map(str, seeds))}" if seeds else None


def choose_sizes(*frames: pd.DataFrame) -> pd.DataFrame:
    """Of rows of the study `capacity` those at the profile with most latent sizes, data set by data set."""
    rows = pd.concat(frames, ignore_index=True)
    counts = rows.groupby(["dataset", "profile"])["latent"].nunique()
    kept = {(d, counts[d].idxmax()) for d in rows["dataset"].unique()}
    return rows[[place in kept for place in zip(rows["dataset"], rows["profile"], strict=True)]]


def list_learned(runs: Sequence[Result], system: str) -> pd.DataFrame:
    """Of a system's runs: open dimensions, updates, and the squared error in parts of the pixels' variance."""
    rows = []
    for run in (r for r in runs if r.config.system == system):
        value = {(x["metric"], x["set"]): x["value"] for x in run.raw["records"] if x["protocol"] == "clean"}
        error = value["mse", "rec"] / value["pixel_variance", "real"]
        count = updates(run.config, run.raw)
        rows.append({"open": value["active_dimensions", "codes"], "updates": count, "error": error})
    return pd.DataFrame(rows, columns=["open", "updates", "error"])


def list_schedules(long: pd.DataFrame) -> pd.DataFrame:
    """Open dimensions of the study `schedule`; `period`: the part of the run after which the binary term doubles."""
    rows = select(long, study="schedule", metric="active_dimensions")
    return rows.assign(period=rows["variant"].astype(str).str.extract(r"-([\d.]+)$")[0].astype(float))


def predict_open(size: float) -> float:
    """How many of `size` mask entries 1 - exp(-a) begin above one half, for a from U(0, START), on average."""
    return size * (1 - math.log(2) / START)


def count_entries(mask: pd.DataFrame) -> pd.DataFrame:
    """How many entries of each run's mask are open, between and closed. mask: the rows of metric "mask"."""
    levels = pd.cut(mask["value"], [-math.inf, 0.1, 0.9, math.inf], right=False, labels=LEVELS)
    keys = {"data set": mask["dataset"].map(partial(titled, "dataset")), "latent size": mask["latent"].astype(int)}
    keys |= {"seed": mask["seed"].astype(str), "variant": mask["variant"]}
    counts = pd.get_dummies(levels, dtype=int).groupby([key.rename(name) for name, key in keys.items()]).sum()
    return counts.droplevel("variant").set_axis(LEVELS, axis=1)[LEVELS[::-1]].reset_index()


def name_best(values: pd.Series) -> str:
    """ "FlexAE (4.69)" of the lowest value."""
    system = values.idxmin()
    return f"{titled('system', system)} ({values[system]:.3g})"


def draw_covariances(results: Sequence[Result]) -> Figure:
    """The covariance of the test codes, a panel a run, the dimensions with the largest variance first."""
    figure, panels = figures.draw_panels(len(results), sharex=False, sharey=False, size=(3.4 * len(results), 3.4))
    most = max(np.abs(np.array(r.extras["codes"]["covariance"])).max() for r in results)
    for ax, result in zip(panels, results, strict=True):
        matrix = np.array(result.extras["codes"]["covariance"])  # (d, d)
        drawn = ax.imshow(matrix, cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest", rasterized=True)
        ax.set(title=look(result.config.system).label, xlabel="code dimension", ylabel="code dimension")
        ax.grid(visible=False)
    figure.colorbar(drawn, ax=panels, shrink=0.8, label="covariance")
    return figure


def draw_planes(results: Sequence[Result]) -> Figure:
    """t-SNE: the test images alone, then for each run its test codes and samples of its prior together."""
    groups = [(("images",), results[0], "data"), *((("codes", "prior"), r, "") for r in results)]
    rows = math.ceil(len(groups) / ACROSS)
    size = (figures.WIDE, 0.5 + 2.3 * rows)
    figure, panels = figures.draw_panels(min(ACROSS, len(groups)), rows=rows, sharex=False, sharey=False, size=size)
    for ax, (names, result, title) in zip(panels, groups, strict=False):
        own = look(result.config.system)
        for name, colour in zip(names, (own.colour if len(names) > 1 else INK, "#B0B4B8"), strict=False):
            label, marker = PARTS[name]
            points = np.array(result.extras["codes"]["plane"][name])
            drawn = {"ms": 1.8, "color": colour, "rasterized": True}
            first = name != "codes" or result is results[0]
            ax.plot(*points.T, marker, label=label if first else None, **drawn)
        ax.set(title=title or own.label, xticks=[], yticks=[])
    for ax in panels[len(groups) :]:
        ax.remove()
    figures.add_legend(figure, panels[: len(groups)])
    return figure


def list_faces(result: Result, name: str) -> dict[str, list[np.ndarray]]:
    """The first face without and with an attribute: the start, the middle (the test image) and the end of its path."""
    words = result.pictures[name]["rows"]
    return {w: [joined(result.picture(name)[words.index(w)][None, ::4])] for w in dict.fromkeys(words)}
