"""Charts of the DAE document: curves over the latent size, noise, code pairs, and plates with labels of their own.

A curve is a `Line`: which runs of the grid's frame, and how they look. Hue tells the model (blue: deterministic,
orange: variational), lightness and marker the width, the line style the depth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from rae_lib.pages import grid, grid_plan, grid_tables, tables
from rae_lib.pages.charts import INK, LOOKS, OTHERS, Look
from rae_lib.results.store import Result

BLUES = {32: "#9CC3E6", 64: "#5B96CC", 128: "#22609B", 256: "#0B2A4A"}
REDS = {32: "#F3B48B", 64: "#E0803F", 128: "#B5471B", 256: "#6B2008"}
CLOUDS = {"dae": (BLUES[128], BLUES[32]), "vae-dae": (REDS[64], REDS[32])}
CROSSES = {"DAE": "x", "RAE": "+", "EAE": "*", "GMM - DAE": "1"}
MARKERS = {32: "o", 64: "s", 128: "^", 256: "D"}
STYLES = {"1": "-", "2": "--", "3": ":", "3,3,2,1": "-."}
TICKS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))  # of a decade, from coarse to fine
FRECHET = "Fréchet distance"
UNITS = "latent units (of the paper)"
SHOWN = 150  # codes of each run in the scatter


@dataclass(frozen=True)
class Line:
    """One curve: the runs with these values in the frame's columns, and its look."""

    look: Look
    where: dict[str, object] = field(default_factory=dict)


def by_width(systems: Sequence[str], widths: Sequence[int]) -> list[Line]:
    """A line per model and width at depth 1 (Figure 1)."""
    return [
        Line(
            Look(
                f"{grid_plan.model(s)}, {w} filters",
                (BLUES if s == "dae" else REDS)[w],
                MARKERS[w],
                "-" if s == "dae" else "--",
            ),
            {"system": s, "width": w},
        )
        for s in systems
        for w in widths
    ]


def by_depth(pairs: Sequence[tuple[int, str]]) -> list[Line]:
    """A line per width and depth of the plain autoencoder, and the VAE at 128 filters (Figures 2 and 5)."""
    lines = [
        Line(
            Look(
                f"{w} filters, depth {d if ',' not in d else f'[{d}]'}",
                BLUES[w],
                MARKERS[w],
                STYLES[d],
            ),
            {"system": "dae", "width": w, "depth": d},
        )
        for w, d in pairs
    ]
    return [*lines, *by_width(["vae-dae"], [grid.WIDTH])]


def by_system(systems: Sequence[str]) -> list[Line]:
    """A line per system in its look of the book, at 128 filters (Figure 4)."""
    looks = {s: replace(LOOKS[s], label=grid_plan.model(s)) for s in systems}
    return [Line(look, {"system": s, "width": grid.WIDTH}) for s, look in looks.items()]


def by_freezing() -> list[Line]:
    """Trained and frozen code layer at depths 1 and 2 (Figure 3)."""
    colours = {"dae": LOOKS["dae"].colour, "dae-frozen": LOOKS["dae-frozen"].colour}
    return [
        Line(
            Look(f"{words}, depth {d}", colours[s], mark, STYLES[d]),
            {"system": s, "width": grid.WIDTH, "depth": d, "frozen": frozen},
        )
        for s, words, mark, frozen in (
            ("dae", "trained", "o", "none"),
            ("dae-frozen", "frozen", "P", "encoder"),
        )
        for d in ("1", "2")
    ]


def chosen(rows: pd.DataFrame, lines: Sequence[Line]) -> list[tuple[Line, pd.DataFrame]]:
    """The lines that have runs, each with them."""
    pairs = [(line, grid.cells(rows, **line.where)) for line in lines]
    return [(line, part) for line, part in pairs if len(part)]


def panels(
    rows: pd.DataFrame,
    lines: Sequence[Line],
    columns: Mapping[str, str],
    *,
    marks: Mapping[str, pd.DataFrame] | None = None,
    x: str = "latent",
    xlabel: str = UNITS,
    ylabel: str = FRECHET,
    share: bool = True,
) -> Figure:
    """A panel per column, a line each, mean over seeds in a band from min to max; the legend below.

    marks: label -> runs shown as single crosses at their latent size (systems measured beside the grid).
    """
    figure, axes = drawing(len(columns), share=share)
    for ax, (name, title) in zip(axes, columns.items(), strict=True):
        for line, part in chosen(rows, lines):
            band(ax, part, x, name, line.look)
        for label, part in (marks or {}).items():
            cross(ax, part, x, name, label)
        ax.set(title=title, xlabel=xlabel)
        doubling(ax, rows[x])
    logarithmic(axes)
    axes[0].set(ylabel=ylabel)
    legend(figure, axes[0])
    return figure


def drawing(count: int, *, share: bool, height: float = 3.3) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(min(8.6, 0.8 + 3.6 * count), height))
    return figure, list(np.atleast_1d(figure.subplots(1, count, sharex=share, sharey=share)))


def band(ax: Axes, part: pd.DataFrame, x: str, y: str, look: Look) -> None:
    """The mean over seeds against x, in a band from the lowest to the highest."""
    found = part.dropna(subset=[y]).groupby(x)[y].agg(["mean", "min", "max"])
    style = {"color": look.colour, "marker": look.marker, "ls": look.line}
    ax.plot(found.index, found["mean"], label=look.label, **style)
    if (found["max"] > found["min"]).any():
        shade = {"color": look.colour, "alpha": 0.15, "lw": 0}
        ax.fill_between(found.index, found["min"], found["max"], **shade)


def cross(ax: Axes, part: pd.DataFrame, x: str, y: str, label: str) -> None:
    """One mark at the mean over seeds, its shape by the system that the label begins with."""
    found = part.dropna(subset=[y])
    style = {"ls": "", "marker": CROSSES[label.partition(",")[0]], "color": INK}
    style |= {"ms": 9, "mew": 1.8, "zorder": 5}
    ax.plot(found[x].iloc[:1], [found[y].mean()][: len(found)], label=label, **style)


def doubling(ax: Axes, values: pd.Series, which: str = "x") -> None:
    """A logarithmic axis that names the powers of two among its values."""
    found = [v for v in sorted(set(values)) if np.log2(v) % 1 == 0]
    ax.set(**{f"{which}scale": "log"})
    axis = {"x": ax.xaxis, "y": ax.yaxis}[which]
    axis.set_major_locator(FixedLocator(found))
    axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axis.set_minor_locator(FixedLocator([]))


def logarithmic(axes: Sequence[Axes]) -> None:
    """Logarithmic axes, drawn already, with plain numbers: as few per decade as leave four in view."""
    for ax in axes:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.yaxis.set_minor_locator(FixedLocator([]))
        ax.yaxis.set_major_locator(FixedLocator(ticks_in(*ax.get_ylim())))


def ticks_in(low: float, high: float) -> list[float]:
    """Round numbers between the two, of the coarsest kind that has four or more; evenly spaced in a narrow range."""
    for steps in TICKS:
        ticks = [m * 10.0**e for e in range(-6, 8) for m in steps]
        found = [tick for tick in ticks if low <= tick <= high]
        if len(found) >= 4:
            return found
    even = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in even if low <= tick <= high]


def legend(figure: Figure, ax: Axes, columns: int = 0, scale: float = 1.0) -> None:
    """Below the axes: in one line if five or fewer, else in four columns, unless told."""
    handles, labels = ax.get_legend_handles_labels()
    columns = columns or (4 if len(labels) > 5 else len(labels))
    if labels:
        place = {"loc": "outside lower center", "ncols": columns, "handlelength": 3}
        place |= {"markerscale": scale}
        figure.legend(handles, labels, **place)


def noise(rows: pd.DataFrame, dataset: str) -> Figure:
    """Reconstructions and samples against the noise, at the decoder's input and on the image; the VAE as lines."""
    figure, axes = drawing(2, share=True)
    titles = {"code_noise": "noise at the decoder's input", "input_noise": "noise on the image"}
    vae = grid.cells(rows, system="vae-dae", width=grid.WIDTH, latent=grid.standard(dataset))
    for ax, (place, title) in zip(axes, titles.items(), strict=True):
        part = grid_tables.noisy(rows, dataset, place)
        for (name, words), look in zip(KINDS.items(), OTHERS, strict=False):
            band(ax, part, place, name, Look(words, look.colour, look.marker))
            if vae[name].notna().any():
                ax.axhline(
                    vae[name].mean(), color=look.colour, ls="--", lw=1, label=f"{words}, VAE"
                )
        ax.set(title=title, xlabel="standard deviation of the noise")
        ax.xaxis.set_major_locator(FixedLocator(sorted(set(part[place]))))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    logarithmic(axes)
    axes[0].set(ylabel=FRECHET)
    legend(figure, axes[0], 3)
    return figure


KINDS = {"rec": "reconstructions", "mvg": "samples MVG", "gmm": "samples GMM"}


def code_pairs(results: Sequence[Result]) -> Figure:
    """Two random code dimensions of some training images, as they are and standardised (Figures A.1 and A.2).

    Two seeds of the plain autoencoder and one of the VAE, their own runs. The circles hold 39 % and 86 % of a standard
    normal pair: one and two standard deviations.
    """
    figure, axes = drawing(2, share=False, height=3.4)
    own = [r for r in results if not r.config.variant]
    first = {s: [r for r in own if r.config.system == s] for s in grid.SYSTEMS}
    for result in first["dae"][:2] + first["vae-dae"][:1]:
        points = np.array(result.raw["codes"]["points"][:SHOWN])
        scaled = (points - points.mean(0)) / points.std(0).clip(1e-9)
        system, seed = result.config.system, result.config.seed
        colour = CLOUDS[system][seed % 2]
        words = f"{grid_plan.model(system)}, seed {seed}"
        mark = {"ls": "", "marker": "o" if system == "dae" else "v", "ms": 2.6, "color": colour}
        for ax, values in zip(axes, (points, scaled), strict=True):
            ax.plot(values[:, 0], values[:, 1], label=words, alpha=0.7, **mark)
    for ax, title in zip(axes, ("codes as they are", "standardised by dimension"), strict=True):
        turn = np.linspace(0, 2 * np.pi, 200)
        for radius in (1, 2):
            ax.plot(radius * np.cos(turn), radius * np.sin(turn), color=INK, lw=1)
        ax.set(title=title, xlabel="one dimension", aspect="equal")
        ax.set_adjustable("datalim")
    axes[0].set(ylabel="another")
    legend(figure, axes[0], scale=2.5)
    return figure


def marks(rows: pd.DataFrame, others: pd.DataFrame, dataset: str) -> dict[str, pd.DataFrame]:
    """The crosses of Figure 1: the plain autoencoder, RAE and EAE with the runs of their own, by name and epochs."""
    found = {}
    systems = {"DAE": "dae"} | grid.RIVALS[grid.like(dataset)]
    for title, system in systems.items():
        source = rows[~rows["study"]] if system == "dae" else others
        part = tables.pick(source, system=system, variant="")
        if len(part) and title != "WAE":
            found[f"{title}, {part['epochs'].iloc[0]} epochs"] = part
    return found
