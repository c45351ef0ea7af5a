"""Charts of codes and of the entropy estimate: bias, preferences, ascent, weights, sizes, scatter of codes."""

import math
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator
from torch import Tensor

from rae_lib.pages.charts import INK, PALE, look
from rae_lib.results.store import Result

MARKERS = "osD^vPX"
INSIDE = (0.5, 0.95)  # shares of N(0, I) within the circles of `scatter`
LAW_NAMES = {
    "normal": "normal",
    "uniform": "uniform",
    "signs": "random signs",
    "laplace": "Laplace",
    "sphere": "on the sphere",
    "simplex": "equidistant",
    "correlated": "normal, correlated",
}


def shade(number: int, count: int) -> tuple[float, ...]:
    """One of `count` colours of an ordered scale, none of them too pale to read."""
    return mpl.colormaps["viridis"](0.85 * number / max(1, count - 1))


def numbered(ax: Axes, values: Sequence[float]) -> None:
    """A logarithmic horizontal axis labelled at these values alone."""
    ax.set_xscale("log")
    ax.set_xticks(list(values))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_minor_locator(NullLocator())


def bias(frame: pd.DataFrame) -> Figure:
    """Excess of the estimate per dimension against the batch size, a line per dimension (`estimator.bias`)."""
    ax = Figure(figsize=(7.0, 3.6)).subplots()
    dims = sorted(frame["d"].unique())
    for number, d in enumerate(dims):
        part, colour = frame[frame["d"] == d], shade(number, len(dims))
        ax.plot(
            part["n"], part["each"], color=colour, marker=MARKERS[number % 7], label=f"d = {d}"
        )
        band = 2 * part["error"] / part["d"]
        low, high = part["each"] - band, part["each"] + band
        ax.fill_between(part["n"], low, high, color=colour, alpha=0.2, lw=0)
    ax.axhline(0, color=INK, lw=1)
    numbered(ax, sorted(frame["n"].unique()))
    ax.set(xlabel="points in the batch, n", ylabel="estimate − truth, nats per dimension")
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax.figure


def preferences(frame: pd.DataFrame) -> Figure:
    """Estimate of every law less that of the normal law, with two standard errors; a panel per dimension."""
    dims, laws = sorted(frame["d"].unique()), list(LAW_NAMES)[1:-1]
    panels = Figure(figsize=(7.2, 2.5)).subplots(1, len(dims), sharey=True, squeeze=False)[0]
    for ax, d in zip(panels, dims, strict=True):
        part = frame[frame["d"] == d].set_index("law")
        zero = part.loc["normal"]
        for row, law in enumerate(laws):
            if law in part.index:
                error = 2 * math.hypot(part.loc[law, "error"], zero["error"])
                error = error if math.isfinite(error) else 0.0  # the simplex is one set
                gap = part.loc[law, "mean"] - zero["mean"]
                colour = look("ae").colour if gap <= 0 else look("vae").colour
                ax.errorbar(gap, row, xerr=error, fmt="o", color=colour, capsize=3)
            else:
                place = {"transform": ax.get_yaxis_transform(), "ha": "right", "va": "center"}
                ax.text(0.97, row, "none exists", color=INK, fontsize=8, **place)
        ax.axvline(0, color=INK, lw=1)
        ax.set_title(f"d = {d}")
        ax.margins(x=0.12)
        ax.locator_params(axis="x", nbins=4)
    panels[0].set_yticks(range(len(laws)), [LAW_NAMES[law] for law in laws])
    panels[0].set_ylim(len(laws) - 0.5, -0.5)
    panels[len(panels) // 2].set_xlabel("estimate less that of normal points, nats")
    return panels[0].figure


QUANTITIES = {
    "spread": "spread of the distances",
    "nearest": "nearest over mean distance",
    "gain": "gain of the estimate, nats",
    "kurtosis": "excess kurtosis",
}


def climbs(traces: Mapping[tuple[int, str], pd.DataFrame]) -> Figure:
    """What the ascent does: four quantities over its steps; a trace per (dimension, which batches)."""
    panels = Figure(figsize=(7.2, 4.6)).subplots(2, 2, sharex=True).ravel()
    kinds = list(dict.fromkeys(kind for _, kind in traces))
    dims = sorted({d for d, _ in traces})
    for (d, kind), trace in traces.items():
        style = look("", kinds.index(kind))
        trace = trace.assign(gain=trace["batch"] - trace["batch"].iloc[0])
        drawing = {"color": shade(dims.index(d), len(dims) + 1), "ls": style.line}
        for ax, column in zip(panels, QUANTITIES, strict=True):
            ax.plot(trace["step"], trace[column], marker=style.marker, ms=3.5, **drawing)
            ax.lines[-1].set_label(f"d = {d}, {kind}")
    for ax, title in zip(panels, QUANTITIES.values(), strict=True):
        ax.set_title(title)
    for ax in panels[2:]:
        ax.set_xlabel("step")
    figure = panels[0].figure
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def distances(sets: Mapping[int, Mapping[str, Tensor]], marks: Mapping[int, float]) -> Figure:
    """Histograms of pairwise distances by dimension, a line per set of points; marks: the distance in a simplex."""
    panels = Figure(figsize=(7.2, 2.8)).subplots(1, len(sets), squeeze=False)[0]
    for ax, (d, named) in zip(panels, sets.items(), strict=True):
        lengths = {name: torch.pdist(z).numpy() for name, z in named.items()}
        edges = np.histogram_bin_edges(np.concatenate(list(lengths.values())), 50)
        for number, (name, values) in enumerate(lengths.items()):
            style = look(name, number)
            height = np.histogram(values, edges, density=True)[0]
            middle = (edges[1:] + edges[:-1]) / 2
            ax.plot(middle, height, color=style.colour, ls=style.line, label=style.label)
        ax.set_ylim(bottom=0)
        if d in marks:
            ax.axvline(marks[d], color=INK, lw=1)
            ax.annotate(
                "equidistant", (marks[d], 0.97), xycoords=("data", "axes fraction"),
                xytext=(4, 0), textcoords="offset points", fontsize=8, va="top",
            )  # fmt: skip
        ax.set(title=f"d = {d}", xlabel="distance of two points")
        ax.set_yticks([])
    figure = panels[0].figure
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def sizes(frames: Mapping[str, pd.DataFrame], column: str, ylabel: str) -> Figure:
    """One quantity against each size in a panel of its own, one scale for all; frames: title -> (size, seed, column).

    Seeds are a band from the lowest to the highest around their mean; a size that stands for none is left out.
    """
    panels = Figure(figsize=(7.2, 2.8)).subplots(1, len(frames), sharey=True, squeeze=False)[0]
    for number, (ax, (title, frame)) in enumerate(zip(panels, frames.items(), strict=True)):
        style = look("", number)
        found = frame.dropna(subset=[column]).groupby("size")[column].agg(["mean", "min", "max"])
        ax.fill_between(
            found.index, found["min"], found["max"], color=style.colour, alpha=0.15, lw=0
        )
        ax.plot(found.index, found["mean"], color=style.colour, marker=style.marker, ls=style.line)
        if len(found) > 1 and found.index[0] > 0 and found.index[-1] > 3 * found.index[0]:
            numbered(ax, found.index)
        else:
            ax.set_xticks(list(found.index))
            ax.margins(x=0.2)
        ax.set_xlabel(title)
    panels[0].set_ylabel(ylabel)
    return panels[0].figure


def two_sides(
    frame: pd.DataFrame, left: Sequence[str], right: Sequence[str], *, xlabel: str, ylabel: str
) -> Figure:
    """Frechet distances (left) and statistics of codes (right) against one size or weight of a study.

    frame: columns size, seed, and those of `left` and `right`; seeds are averaged. A size of 0 is no point of the
    curves: its distances are thin lines on the left, and on the right everything is relative to it.
    """
    panels = Figure(figsize=(7.2, 3.6)).subplots(1, 2)
    means = frame.drop(columns="seed").groupby("size").mean()
    drawn, base = means[means.index > 0], means[means.index == 0]
    for number, column in enumerate(left):
        curve(panels[0], drawn[column], number)
        for value in base[column]:
            panels[0].axhline(value, color=look("", number).colour, lw=0.8, alpha=0.6)
    for number, column in enumerate(right):
        divisor = base[column].iloc[0] if len(base) else 1.0
        curve(panels[1], drawn[column] / divisor, number)
    panels[0].set(yscale="log", ylabel="Fréchet distance")
    panels[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panels[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panels[0].yaxis.set_minor_formatter(NullFormatter())
    panels[1].set_ylabel(ylabel)
    if len(base):
        panels[1].axhline(1, color=INK, lw=1)
    for ax in panels:
        numbered(ax, drawn.index)
        crowded = len(drawn) > 5
        ax.tick_params(axis="x", labelrotation=45 if crowded else 0)
        ax.set_xlabel(xlabel)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.34 if crowded else -0.2), ncols=2)
    return panels[0].figure


def curve(ax: Axes, values: pd.Series, number: int) -> None:
    """A line of the `number`-th look under its series' name."""
    style = look("", number)
    drawing = {"color": style.colour, "marker": style.marker, "ls": style.line}
    ax.plot(values.index, values, label=values.name, **drawing)


def scatter(results: Sequence[Result], *, reach: float = 3.6) -> Figure:
    """Two code dimensions of 300 training images, a panel per run; circles hold 50 % and 95 % of N(0, I)."""
    size = (2.6 * len(results) + 0.4, 2.9)
    panels = Figure(figsize=size).subplots(1, len(results), sharey=True, squeeze=False)[0]
    for ax, result in zip(panels, results, strict=True):
        style, found = look(result.config.system), result.raw["codes"]
        x, y = zip(*found["points"], strict=True)
        ax.plot(x, y, ls="", marker=style.marker, ms=2.6, color=style.colour, alpha=0.7, mew=0)
        for share in INSIDE:
            radius = math.sqrt(-2 * math.log(1 - share))
            ax.add_patch(mpl.patches.Circle((0, 0), radius, fill=False, ec=INK, lw=0.9))
        i, j = found["dimensions"]
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title=style.label)
        ax.set(xlabel=f"code dimension {i}", ylabel=f"code dimension {j}")
        ax.grid(color=PALE)
    return panels[0].figure
