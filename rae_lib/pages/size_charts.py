"""Figures of the size study: distances over updates by width, and the agreement of orders over the sizes."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure

from rae_lib.pages import grid_charts
from rae_lib.pages.charts import INK, PALE, Look, look
from rae_lib.pages.tables import SETS, pick

RAMP = tuple(grid_charts.BLUES.values())  # from the narrowest to the widest network
MARKERS = tuple(grid_charts.MARKERS.values())
WORDS = {"rec": "reconstructions", "N": "own sampler N", "gmm": "mixture", "interp": "mid-points"}
# From no pair in the same order over half of them to every pair.
AGREEMENT = LinearSegmentedColormap.from_list("pairs", ("#B5471B", "#F2F2F2", "#22609B"))
SPAN = 4.0  # of every panel's distances


def widths(rows: pd.DataFrame) -> dict[int, Look]:
    """Light to dark, and a marker, from the narrowest to the widest network."""
    found = sorted(set(rows["width"]))
    shades = RAMP[-len(found) :] if len(found) <= len(RAMP) else RAMP * len(found)
    marks = MARKERS * len(found)
    return {w: Look(f"width {w}", shades[i], marks[i]) for i, w in enumerate(found)}


def distances(rows: pd.DataFrame, floor: float | None) -> Figure:
    """A row of panels a set, a column a system: distance over updates, a line a width; real images dotted."""
    systems, kinds = (
        list(dict.fromkeys(rows["system"])),
        [k for k in SETS if k in set(rows["set"])],
    )
    figure = Figure(figsize=(1.0 + 1.75 * max(2, len(systems)), 0.9 + 1.6 * len(kinds)))
    axes = figure.subplots(len(kinds), len(systems), sharex=True, sharey="row", squeeze=False)
    looks = widths(rows)
    for kind, line in zip(kinds, axes, strict=True):
        near = floor_near(pick(rows, set=kind), floor)
        for system, ax in zip(systems, line, strict=True):
            panel(ax, pick(rows, set=kind, system=system), looks, floor if near else None)
        line[0].set(ylabel=WORDS[kind])
        line[0].set_yscale("log")
        line[0].set_ylim(stretched(*line[0].get_ylim()))
        grid_charts.logarithmic(list(line))
        if floor is not None and not near:
            words = {"fontsize": 8, "va": "bottom", "transform": line[0].transAxes}
            line[0].text(0.04, 0.03, f"real images {floor:.2g} ↓", **words)
    for system, ax in zip(systems, axes[0], strict=True):
        ax.set_title(look(system).label, color=look(system).colour)
    for ax in axes[-1]:
        updates_axis(ax, rows["updates"])
        ax.set(xlabel="updates")
    drawn = [k for k in kinds if floor_near(pick(rows, set=k), floor)]
    legend(figure, looks, floor if drawn else None)
    return figure


def floor_near(part: pd.DataFrame, floor: float | None) -> bool:
    """Is the distance of real images near enough to be drawn without flattening the lines?"""
    return (
        floor is not None and part["value"].min() < 3 * floor and floor < 3 * part["value"].max()
    )


def stretched(low: float, high: float) -> tuple[float, float]:
    """The limits of an axis, at least a factor of SPAN apart: chance does not fill a panel."""
    more = max(1.0, (SPAN * low / high) ** 0.5)
    return low / more, high * more


def panel(ax: Axes, part: pd.DataFrame, looks: dict[int, Look], floor: float | None) -> None:
    """One system and set: a line a width, and real images against real ones."""
    for width, style in looks.items():
        line = pick(part, width=width).sort_values("updates")
        options = {"color": style.colour, "marker": style.marker, "ms": 4}
        ax.plot(line["updates"], line["value"], **options)
    if floor is not None:
        ax.axhline(floor, color=INK, ls=":", lw=1)


def updates_axis(ax: Axes, values: pd.Series) -> None:
    """Logarithmic, with the updates of the study as ticks, in thousands."""
    grid_charts.doubling(ax, values)
    found = sorted(set(values))
    ax.set_xticks(found, [f"{v / 1000:.2g}k" if v >= 1000 else str(v) for v in found])
    ax.set_xlim(found[0] / 1.25, found[-1] * 1.25)


def legend(figure: Figure, looks: dict[int, Look], floor: float | None) -> None:
    """Below the panels: the widths, and the line of real images."""
    ax = figure.axes[0]
    lines = [
        ax.plot([], [], color=s.colour, marker=s.marker, ms=4, label=s.label)[0]
        for s in looks.values()
    ]
    if floor is not None:
        lines += ax.plot([], [], color=INK, ls=":", lw=1, label="real images")
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines))


def agreements(found: pd.DataFrame) -> Figure:
    """A column a set, rows: with the published order, with that of the largest size; a cell a size, pairs in order."""
    kinds = [k for k in SETS if k in set(found["set"])]
    titles = {"print": "as published", "last": "as at the largest size"}
    titles = {k: v for k, v in titles.items() if any(of for _, of in found[k])}
    figure = Figure(figsize=(7.0, 0.6 + 1.75 * len(titles)))
    axes = figure.subplots(len(titles), len(kinds), squeeze=False, sharex=True, sharey=True)
    for (column, words), line in zip(titles.items(), axes, strict=True):
        for kind, ax in zip(kinds, line, strict=True):
            matrix(ax, pick(found, set=kind), column, found)
        line[0].set_ylabel(f"{words}\nwidth")
    for kind, ax in zip(kinds, axes[0], strict=True):
        ax.set_title(SETS[kind])
    for ax in axes[-1]:
        ax.set(xlabel="updates")
    return figure


def matrix(ax: Axes, part: pd.DataFrame, column: str, every: pd.DataFrame) -> None:
    """One square a size, with the pairs in the same order of all pairs."""
    columns, rows = (sorted(set(every[name])) for name in ("updates", "width"))
    for row in part.to_dict("records"):
        same, of = row[column]
        if of:
            at = columns.index(row["updates"]), rows.index(row["width"])
            shade, dark = colour(same, of)
            ax.fill(*square(*at), facecolor=shade, edgecolor="white", lw=1)
            text = str(same) if of == most(every, column) else f"{same}/{of}"
            ax.text(
                *at, text, ha="center", va="center", fontsize=9, color="white" if dark else INK
            )
    ax.set_xticks(range(len(columns)), [f"{v / 1000:.2g}k" if v >= 1000 else v for v in columns])
    ax.set_yticks(range(len(rows)), rows)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-0.5, len(rows) - 0.5))
    ax.grid(visible=False)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_color(PALE)


def square(x: int, y: int) -> tuple[list[float], list[float]]:
    return [x - 0.5, x + 0.5, x + 0.5, x - 0.5], [y - 0.5, y - 0.5, y + 0.5, y + 0.5]


def colour(same: int, of: int) -> tuple[str, bool]:
    """From red (every pair reversed) over grey (half) to blue (every pair), and whether it is dark."""
    shade = AGREEMENT(same / of)
    return to_hex(shade), sum(shade[:3]) < 1.6


def most(found: pd.DataFrame, column: str) -> int:
    """The number of pairs where every system is stored."""
    return max(of for _, of in found[column])
