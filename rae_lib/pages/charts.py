"""Charts of the book, from plain frames; each returns a matplotlib figure for `show.figure`.

Every system has one colour, one marker and one line style throughout the book, so that a chart
can be read in grey and by the colour-blind; the catalogue declares them. Solid lines are
deterministic autoencoders, dashed ones sample their codes, dotted ones match a prior by an MMD.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from rae_lib.config import catalogue

INK, PALE = "#2f3437", "#d9dcde"


@dataclass(frozen=True)
class Look:
    """How one system appears: its name in the papers' spelling, colour, marker and line style."""

    label: str
    colour: str
    marker: str
    line: str = "-"


LOOKS = {
    name: Look(*(table[field] for field in ("label", "colour", "marker", "line")))
    for name, table in catalogue()["system"].items()
}


# For what is no system (kinds of images, splits, ...), in the order of appearance.
OTHERS = (
    Look("", "#332288", "o"),
    Look("", "#CC6677", "v", "--"),
    Look("", "#117733", "s", ":"),
    Look("", "#B9770E", "D", "-."),
    Look("", "#777777", "^"),
)


def look(name: str, number: int = 0) -> Look:
    """The look of a system; anything else, the `number`-th of its kind, keeps its name as label."""
    return LOOKS.get(name) or replace(OTHERS[number % len(OTHERS)], label=name)


def style() -> None:
    """Set matplotlib up for the whole book: quiet axes, direct labels, print-friendly sizes."""
    mpl.rcParams.update(
        {
            "figure.constrained_layout.use": True,
            "font.size": 9.5,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.titlesize": 10,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.8,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": PALE,
            "grid.linewidth": 0.6,
            "xtick.color": INK,
            "ytick.color": INK,
            "text.color": INK,
            "lines.linewidth": 1.6,
            "lines.markersize": 5,
            "legend.frameon": False,
            "legend.fontsize": 8.5,
        }
    )


def sweep(
    frame: pd.DataFrame,
    x: str,
    y: str,
    by: str = "system",
    *,
    logx: bool = False,
    logy: bool = False,
    xlabel: str = "",
    ylabel: str = "",
    levels: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """`y` against `x`, a line per `by`: the mean over rows (seeds) in a band from min to max.

    levels: by the name of a line, a value to hold it against, drawn across in the line's colour.
    """
    ax = ax or _axes()
    for number, (name, part) in enumerate(frame.groupby(by, sort=False)):
        style_of = look(str(name), number)
        _band(ax, part, x, y, style_of)
        if levels and name in levels:
            ax.axhline(levels[name], color=style_of.colour, ls=(0, (1, 2)), lw=1.2)
    ax.set(xlabel=xlabel or x, ylabel=ylabel or y)
    for axis, log in ((ax.xaxis, logx), (ax.yaxis, logy)):
        if log:
            _log_scale(axis)
    if frame[by].nunique() > 1:
        _legend(ax)
    return ax.figure


def curves(
    histories: Mapping[str, pd.DataFrame], column: str, *, ylabel: str = "", log: bool = False
) -> Figure:
    """One column of each system's training history against the epoch."""
    long = [h.reset_index(drop=True).assign(system=name) for name, h in histories.items()]
    frame = pd.concat([h.assign(epoch=h.get("epoch", h.index + 1)) for h in long])
    return sweep(frame, "epoch", column, logy=log, xlabel="epoch", ylabel=ylabel or column)


def components(frame: pd.DataFrame, *, ylabel: str = "log-likelihood in nats per code") -> Figure:
    """Mean log-likelihood of training and of validation codes against the number of components.

    `frame` has the columns components, train_loglik, val_loglik; rows of one number are seeds.
    Where the lines part, the mixture begins to remember its training codes.
    """
    ax = _axes()
    _band(ax, frame, "components", "train_loglik", look("training codes", 1))
    _band(ax, frame, "components", "val_loglik", look("validation codes", 0))
    ax.set(xlabel="components of the mixture", ylabel=ylabel)
    _log_scale(ax.xaxis, sorted(frame["components"].unique()))
    _legend(ax)
    return ax.figure


def dumbbell(
    frame: pd.DataFrame, start: str, end: str, *, xlabel: str, log: bool = False
) -> Figure:
    """An arrow per system (the frame's index) from the value in column `start` to `end`."""
    whole = frame.dropna(subset=[start, end])
    ax = _axes((7.0, 0.7 + 0.32 * len(whole)))
    for row, (system, values) in enumerate(whole.iterrows()):
        style_of = look(str(system))
        tip = {
            "arrowstyle": "-|>",
            "color": style_of.colour,
            "lw": 1.6,
            "shrinkA": 0,
            "shrinkB": 3,
        }
        ax.annotate("", (values[end], row), (values[start], row), arrowprops=tip)
        ax.plot(values[start], row, "o", mfc="white", mec=style_of.colour, mew=1.6)
        ax.plot(values[end], row, marker=style_of.marker, color=style_of.colour)
    ax.set_yticks(range(len(whole)), [look(str(s)).label for s in whole.index])
    ax.invert_yaxis()
    if log:
        _log_scale(ax.xaxis)
    ax.set(xlabel=f"{xlabel}   (open: {start}, filled: {end})")
    ax.grid(visible=False, axis="y")
    return ax.figure


def ranks(
    published: Mapping[str, float], ours: Mapping[str, float], *, titles: Sequence[str] = ()
) -> Figure:
    """Ranks of the systems (1: lowest value) in print and here, joined by a line per system.

    Only systems with a value on both sides are ranked, so that the ranks mean the same.
    """
    common = [s for s in published if s in ours]
    left, right = (pd.Series(v)[common].rank(method="first") for v in (published, ours))
    ax = _axes((5.2, 0.8 + 0.34 * len(common)))
    for system in common:
        style_of = look(system)
        ends = left[system], right[system]
        ax.plot((0, 1), ends, **_line(style_of))
        shared = ends[0] == ends[1]
        for at, rank, side, values in (
            (0, ends[0], "right", published),
            (1, ends[1], "left", ours),
        ):
            text = f"{style_of.label}  {values[system]:.3g}"
            pad = -0.05 if at == 0 else 1.05
            ax.text(pad, rank, text, ha=side, va="center", fontweight="bold" if shared else None)
    names = list(titles) or ["published", "here"]
    ax.set_xticks((0, 1), names)
    ax.xaxis.tick_top()
    ax.set(xlim=(-0.75, 1.75), ylim=(len(common) + 0.5, 0.4))
    ax.yaxis.set_visible(False)
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)
    return ax.figure


def scatter(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    xlabel: str = "",
    ylabel: str = "",
    diagonal: bool = False,
) -> Figure:
    """One labelled point per row; the index names the system. `diagonal` adds the line y = x."""
    ax = _axes()
    whole = frame.dropna(subset=[x, y])
    for system, row in whole.iterrows():
        style_of = look(str(system))
        ax.plot(row[x], row[y], ls="", marker=style_of.marker, color=style_of.colour)
        ax.annotate(
            style_of.label,
            (row[x], row[y]),
            xytext=(6, 3),
            textcoords="offset points",
            fontsize=8.5,
        )
    if diagonal and len(whole):
        low, high = (f(f(whole[x]), f(whole[y])) for f in (min, max))
        ax.plot((low, high), (low, high), color=PALE, zorder=0)
    ax.set(xlabel=xlabel or x, ylabel=ylabel or y)
    return ax.figure


def _axes(size: tuple[float, float] = (7.0, 3.6)) -> Axes:
    """Axes of a figure of its own, outside pyplot: nothing stays open or is displayed twice."""
    return Figure(figsize=size).subplots()


def _band(ax: Axes, frame: pd.DataFrame, x: str, y: str, style_of: Look) -> None:
    spread = frame.dropna(subset=[y]).groupby(x)[y].agg(["mean", "min", "max"])
    every = max(1, len(spread) // 12)  # a marker tells the system, not every point
    ax.plot(spread.index, spread["mean"], label=style_of.label, markevery=every, **_line(style_of))
    if (spread["max"] > spread["min"]).any():
        band = {"color": style_of.colour, "alpha": 0.15, "lw": 0}
        ax.fill_between(spread.index, spread["min"], spread["max"], **band)


def _line(style_of: Look) -> dict[str, object]:
    return {"color": style_of.colour, "marker": style_of.marker, "ls": style_of.line}


def _legend(ax: Axes) -> None:
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _log_scale(axis: Axis, ticks: Sequence[float] = ()) -> None:
    """A logarithmic axis labelled in plain numbers: at `ticks`, else at 1, 2, 5 of every decade.

    Over more than three decades the powers of ten alone are labelled, as powers.
    """
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    low, high = axis.get_data_interval()
    wide = low > 0 and high > 1000 * low
    if not wide or len(ticks):
        axis.set_major_locator(FixedLocator(ticks) if len(ticks) else LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
