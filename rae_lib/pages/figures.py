"""Charts of the book, from rows of the long frame; each function returns a matplotlib figure for `show.figure`.

Every system keeps its colour, marker and line style throughout the book, so that a chart can be read in grey and by the
colour-blind. A line is the mean over seeds; its band goes from the lowest to the highest seed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from rae_lib.pages.looks import INK, LOOKS, look
from rae_lib.pages.titles import COLUMNS, ordered, titled
from rae_lib.results.frame import rows_at
from rae_lib.results.store import Result

WIDE, PANEL, HIGH = 8.6, 3.6, 3.3  # inches: of a figure at most, of a panel, and how high
Style = Callable[[object], dict]


def use_style() -> None:
    """Set matplotlib up for the whole book."""
    mpl.rc_file(Path(__file__).with_name("book.mplstyle"), use_default_template=False)


def lines(
    long: pd.DataFrame,
    x: str,
    *,
    hue: str | Sequence[str] = "system",
    col: str = "",
    row: str = "",
    style: Style | None = None,
    logx: bool = False,
    logy: bool = False,
    xlabel: str = "",
    ylabel: str = "",
    sharex: bool = True,
    sharey: bool = True,
    levels: Mapping[str, float] | None = None,
    across: pd.DataFrame | None = None,
    marks: pd.DataFrame | None = None,
) -> Figure:
    """`value` against the column `x`: a line per `hue`, a panel per `col`, a row of panels with its own axes per `row`.

    style: how the line of a value of `hue` looks (color, marker, ls, label); by default as its system.
    levels: values drawn across every panel, by their label. across: rows whose mean is drawn across its panel, dotted,
    in the colour of its line. marks: rows drawn as crosses. Both have `value`, and `x`, `col`, `row` and `hue`
    where these are used.
    """
    hues = [hue] if isinstance(hue, str) else list(hue)
    names = ordered(col, long[col]) if col else [""]
    tiers = ordered(row, long[row]) if row else [""]
    figure, panels = draw_panels(len(names), rows=len(tiers), sharex=sharex, sharey=sharey)
    looks = dict.fromkeys(long[hues].itertuples(index=False, name=None))
    for number, key in enumerate(looks):
        own = style(key if len(hues) > 1 else key[0]) if style else None
        looks[key] = own or style_of(key, hues[0], number)
    for ax, (tier, name) in zip(panels, product(tiers, names), strict=True):
        where = {k: v for k, v in ((row, tier), (col, name)) if k}
        part = rows_at(long, where)
        for key, line in part.groupby(hues, sort=False):
            draw_band(ax, line, x, looks[key])
        for label, value in (levels or {}).items():
            ax.axhline(value, color=INK, lw=1, ls=(0, (1, 2)), label=label)
        if across is not None:
            draw_across(ax, rows_at(across, where), hues, looks)
        if marks is not None:
            draw_marks(ax, rows_at(marks, where), x, hues, looks)
        ax.set(title=titled(col, name) if col else "", xlabel=xlabel or COLUMNS.get(x, x))
        if logx:
            ticks = rows_at(long, {row: tier} if row else {}) if sharex else part
            set_log(ax.xaxis, sorted(ticks[x].unique()))
        if logy:
            set_log(ax.yaxis)
    for ax, tier in zip(panels[:: len(names)], tiers, strict=True):
        ax.set_ylabel("\n".join(filter(None, (titled(row, tier) if row else "", ylabel))))
    add_legend(figure, panels, [own["label"] for own in looks.values()])
    return figure


def style_of(key: object, column: str = "system", number: int = 0) -> dict:
    """The look of a system, by the first of several values; of anything else, the `number`-th look and its title."""
    name = key[0] if isinstance(key, tuple) else key
    own = look(str(name), number)
    label = own.label if str(name) in LOOKS else titled(column, name)
    return {"color": own.colour, "marker": own.marker, "ls": own.line, "label": label}


def style_others(column: str, names: Sequence[object]) -> Style:
    """Looks for values that are no systems (sets, metrics, ...), in the order of `names`."""
    return lambda key: style_of(key, column, list(names).index(key))


def draw_panels(
    count: int, *, rows: int = 1, sharex: bool = True, sharey: bool = True, size: tuple[float, float] | None = None
) -> tuple[Figure, list[Axes]]:
    """A figure outside pyplot with panels side by side: nothing stays open or is displayed twice.

    rows: lines of panels, each with its axes.
    """
    wide = min(WIDE, 1.4 + PANEL * count) if count > 1 else 7.0
    high = HIGH if rows == 1 else 0.6 + rows * min(2.5, 0.9 * wide / count)
    figure = Figure(figsize=size or (wide, high))
    share = {name: "row" if on else False for name, on in (("sharex", sharex), ("sharey", sharey))}
    return figure, list(figure.subplots(rows, count, squeeze=False, **share).flat)


def draw_band(ax: Axes, line: pd.DataFrame, x: str, style: dict) -> None:
    """The mean over rows of the same `x`, in a band from the lowest to the highest."""
    spread = line.dropna(subset=["value"]).groupby(x)["value"].agg(["mean", "min", "max"])
    every = max(1, len(spread) // 12)  # a marker tells the system, not every point
    ax.plot(spread.index, spread["mean"], markevery=every, **style)
    if (spread["max"] > spread["min"]).any():
        band = {"color": style["color"], "alpha": 0.15, "lw": 0}
        ax.fill_between(spread.index, spread["min"], spread["max"], **band)


def draw_across(ax: Axes, rows: pd.DataFrame, hues: list[str], looks: dict) -> None:
    """The mean of every `hue` as a dotted line from side to side."""
    for key, part in rows.groupby(hues, sort=False):
        colour = looks.get(key, {"color": INK})["color"]
        ax.axhline(part["value"].mean(), color=colour, lw=1.2, ls=(0, (1, 2)))


def draw_marks(ax: Axes, marks: pd.DataFrame, x: str, hues: list[str], looks: dict) -> None:
    """Crosses in the colours of their lines."""
    for key, part in marks.groupby(hues, sort=False):
        colour = looks.get(key, {"color": INK})["color"]
        ax.plot(part[x], part["value"], ls="", marker="x", ms=6, color=colour)


def set_log(axis: Axis, ticks: Sequence[float] = ()) -> None:
    """A logarithmic axis labelled in plain numbers: at `ticks` (at most 9 round ones), else at 1, 2, 5 of every decade.

    Over more than three decades the powers of ten alone are labelled, as powers; over less than one, even steps.
    """
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    low, high = axis.get_view_interval()
    wide, narrow = 0 < 1000 * low < high, high < 10 * low
    ticks = spaced(ticks)
    digits = 4 if len(ticks) <= 2 else 3  # room for longer labels; sizes that were measured have more digits
    named = 0 < len(ticks) <= 9 and all(tick == float(f"{tick:.{digits}g}") for tick in ticks)
    if named or not wide:
        other = MaxNLocator(5, steps=[1, 2, 5, 10]) if narrow else LogLocator(subs=(1, 2, 5))
        axis.set_major_locator(FixedLocator(ticks) if named else other)
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def spaced(ticks: Sequence[float], factor: float = 1.3) -> list[float]:
    """Those that are at least a factor above the one before, so that their labels do not touch."""
    kept: list[float] = []
    for tick in ticks:
        if not kept or tick >= factor * kept[-1]:
            kept.append(tick)
    return kept


def add_legend(figure: Figure, panels: Sequence[Axes], order: Sequence[str] = ()) -> None:
    """One legend for all panels, below them; none for a single line. order: labels that come first."""
    pairs = (zip(*ax.get_legend_handles_labels(), strict=True) for ax in panels)
    found = {label: handle for pair in pairs for handle, label in pair}
    handles = {label: found[label] for label in [*order, *found] if label in found}
    if len(handles) > 1:
        rows = min(4, len(handles))
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=rows)


def dumbbell(long: pd.DataFrame, column: str, start: str, end: str, *, xlabel: str, log: bool = False) -> Figure:
    """An arrow per system from the mean where `column` is `start` to the mean where it is `end`."""
    means = long.groupby(["system", column], sort=False)["value"].mean().unstack(column)
    whole = means.dropna(subset=[start, end])
    whole = whole.loc[ordered("system", pd.Series(whole.index))]
    figure, (ax,) = draw_panels(1, size=(7.0, 0.9 + 0.3 * len(whole)))
    for row, (system, values) in enumerate(whole.iterrows()):
        own = look(str(system))
        tip = {"arrowstyle": "-|>", "color": own.colour, "lw": 1.6, "shrinkA": 0, "shrinkB": 3}
        ax.annotate("", (values[end], row), (values[start], row), arrowprops=tip)
        ax.plot(values[start], row, "o", mfc="white", mec=own.colour, mew=1.6)
        ax.plot(values[end], row, marker=own.marker, color=own.colour)
    ax.set_yticks(range(len(whole)), [look(str(s)).label for s in whole.index])
    ax.invert_yaxis()
    if log:
        set_log(ax.xaxis)
    words = f"open: {titled(column, start)}, filled: {titled(column, end)}"
    ax.set(xlabel=f"{xlabel}   ({words})")
    ax.grid(visible=False, axis="y")
    return figure


def ranks(published: pd.Series, ours: pd.Series, *, titles: Sequence[str] = ("published", "ours")) -> Figure:
    """Ranks of the systems (the index; 1: lowest value) as published and in our runs, a line per system.

    Only systems with a value on both sides are ranked, so that the ranks mean the same.
    """
    common = [s for s in published.index if s in ours.index]
    left, right = (v[common].rank(method="first") for v in (published, ours))
    figure, (ax,) = draw_panels(1, size=(5.2, 0.8 + 0.34 * len(common)))
    for system in common:
        style = style_of(system)
        ends = left[system], right[system]
        ax.plot((0, 1), ends, **style)
        weight = "bold" if ends[0] == ends[1] else None
        for at, side, values in ((0, "right", published), (1, "left", ours)):
            text = f"{style['label']}  {values[system]:#.3g}"
            ax.text(1.1 * at - 0.05, ends[at], text, ha=side, va="center", fontweight=weight)
    ax.set_xticks((0, 1), titles)
    ax.xaxis.tick_top()
    ax.set(xlim=(-0.75, 1.75), ylim=(len(common) + 0.5, 0.4))
    ax.yaxis.set_visible(False)
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)
    return figure


def code_pairs(results: Sequence[Result], *, standardised: bool = False) -> Figure:
    """Two dimensions of the stored training codes, a panel per run; circles hold 50 % and 95 % of N(0, I).

    standardised: below each panel the same codes in units of their standard deviations, around their mean.
    """
    kinds = (False, True) if standardised else (False,)
    size = (2.6 * len(results) + 0.4, 2.9 * len(kinds))
    figure, panels = draw_panels(len(results), rows=len(kinds), size=size)
    for ax, (scaled, result) in zip(panels, product(kinds, results), strict=True):
        style, codes = style_of(result.config.system), result.raw["codes"]
        points = np.array(codes["points"])  # (N, 2)
        if scaled:
            points = (points - points.mean(0)) / points.std(0).clip(1e-9)
        ax.plot(*points.T, style["marker"], ms=2.6, color=style["color"])
        for share in (0.5, 0.95):
            radius = math.sqrt(-2 * math.log(1 - share))
            ax.add_patch(mpl.patches.Circle((0, 0), radius, fill=False, ec=INK, lw=0.9))
        first, second = (f"code dimension {i}" for i in codes["dimensions"])
        title = f"{style['label']}, seed {result.config.seed}" if standardised else style["label"]
        ax.set(xlabel=first, ylabel=second, aspect="equal", title="standardised" if scaled else title)
        reach = max(3.6, 1.05 * np.abs(points).max(), ax.get_xlim()[1]) if standardised else 3.6
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    return figure
