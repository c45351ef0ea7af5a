"""From rows of the long frame to the cells of a table: means and spreads over seeds, in words and digits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from rae_lib.claims.records import PRIOR
from rae_lib.pages.titles import COLUMNS, DOCUMENTS, ordered, titled
from rae_lib.results.frame import check_features, rows_at
from rae_lib.results.gate import DAGGER

ABSENT = "–"  # an absent value is absent, never replaced
ARROWS = {"min": "↓", "max": "↑"}
Direction = Literal["min", "max"]


@dataclass
class Sheet:
    """A table as texts. heads: a tuple of texts a column; stubs: the heads of the columns of row names."""

    stubs: list[str]
    heads: list[tuple[str, ...]]
    names: list[tuple[str, ...]]  # of the rows
    texts: list[list[str]]  # rows of cells
    bold: list[list[bool]]
    numeric: list[bool]
    floor: list[str] = field(default_factory=list)  # the last row, of real images; empty: none
    numbers: pd.DataFrame | None = None  # for the CSV file
    plain: bool = False  # a frame of all kinds of cells, not numbers to be compared down their columns


def of_records(
    long: pd.DataFrame,
    *,
    rows: Sequence[str],
    cols: Sequence[str],
    better: Direction | Mapping[str, Direction] | None = None,
    decimals: int | None = None,
    floor: pd.DataFrame | None = None,
) -> Sheet:
    """Mean ± standard deviation over seeds of `value`: a row per `rows`, a column per `cols`.

    better: which values are good, for all columns or by metric; sets an arrow and bold type for our best and all that
    cannot be distinguished from it. floor: records of real images, matched by the columns of `cols` that they share.
    """
    cells = grouped(long, [*rows, *cols])
    keys = columns_of(long, cols)
    lines = columns_of(long, rows)
    texts, bold, heads = [], [], []
    for key in keys:
        column = cells.reindex(pd.MultiIndex.from_tuples([(*line, *key) for line in lines]))
        here = dict(zip(cols, key, strict=True)).get("document", "here") == "here"
        metric = metric_of(long, cols, key)
        direction = better.get(metric) if isinstance(better, Mapping) else better
        texts.append(cell_texts(column, decimals))
        bold.append(winners(column, direction if here else None))
        heads.append(head_of(long, cols, key, direction))
    if len(heads) > 1 and len({head[-1] for head in heads}) == 1:  # one cell above all columns, not one below each
        heads = [(*head[-1:], *head[:-1]) for head in heads]
    return Sheet(
        stubs=[COLUMNS.get(name, name) for name in rows],
        heads=heads,
        names=[tuple(titled(c, v) for c, v in zip(rows, line, strict=True)) for line in lines],
        texts=[list(line) for line in zip(*texts, strict=True)],
        bold=[list(line) for line in zip(*bold, strict=True)],
        numeric=[True] * len(keys),
        floor=floor_texts(floor, cols, keys, decimals) if floor is not None else [],
        numbers=cells.reset_index().drop(columns=["text", "doubt"]),
    )


def grouped(long: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Mean, standard deviation and number of seeds, the published digits, and whether a number decides nothing.

    Raises ValueError where one mean would mix features.
    """
    check_features(long, keys)
    known = long.dropna(subset=["value"])
    parts = known.groupby(keys, sort=False, observed=True, dropna=False)
    return parts.agg(
        mean=("value", "mean"),
        sd=("value", "std"),
        seeds=("seed", "nunique"),
        text=("text", "first"),
        doubt=("doubt", lambda d: any(map(bool, d))),
    )


def columns_of(long: pd.DataFrame, cols: Sequence[str]) -> list[tuple]:
    """The combinations of the columns' values that occur, the first level slowest, each in the book's order."""
    places = [{v: i for i, v in enumerate(ordered(c, long[c]))} for c in cols]
    found = long[list(cols)].drop_duplicates().itertuples(index=False, name=None)
    return sorted(found, key=lambda key: [p[v] for p, v in zip(places, key, strict=True)])


def metric_of(long: pd.DataFrame, cols: Sequence[str], key: tuple) -> str:
    """The metric of a column: one of its heads, or the only one there is."""
    own = dict(zip(cols, key, strict=True))
    return own["metric"] if "metric" in own else str(long["metric"].iloc[0])


def head_of(long: pd.DataFrame, cols: Sequence[str], key: tuple, direction: Direction | None) -> tuple[str, ...]:
    """The heads of a column; the first level has the arrow, that of our numbers the size where the paper's differs."""
    words = [titled(c, v) for c, v in zip(cols, key, strict=True)]
    if "document" in cols:
        place = list(cols).index("document")
        part = long[(long[list(cols)] == list(key)).all(axis=1)]
        words[place] = DOCUMENTS.get(key[place], key[place]) + size_of(part)
    arrow = f"\u00a0{ARROWS[direction]}" if direction else ""
    return (words[0] + arrow, *words[1:])


def size_of(part: pd.DataFrame) -> str:
    """ ", width 16" where all runs of a column share a width that is not the paper's."""
    widths = part["width"].dropna().unique()
    differ = (part["width"] != part["paper_width"]).any()
    return f", width {widths[0]:g}" if len(widths) == 1 and differ else ""


def cell_texts(column: pd.DataFrame, decimals: int | None) -> list[str]:
    """The cells of a column as texts: published ones in their own digits, ours with the same number of decimals."""
    form = format_of(column["mean"], decimals)

    def text(mean: float, sd: float, printed: object, doubt: object) -> str:
        if pd.isna(mean):
            return ABSENT
        if isinstance(printed, str) and printed:
            return printed.replace("-", "−")
        spread = "" if pd.isna(sd) else f" ± {format(sd, form)}"
        mark = f" {DAGGER}" if doubt is True or doubt is np.True_ else ""
        return format(mean, f"z{form}").replace("-", "−") + spread + mark

    return [text(*row) for row in column[["mean", "sd", "text", "doubt"]].itertuples(index=False)]


def format_of(values: pd.Series, decimals: int | None = None) -> str:
    """Three significant digits at the median, with the same decimals for all; whole numbers stay whole."""
    known = values.dropna()
    if decimals is None and len(known) and (known == known.round()).all() and known.abs().max() >= 10:
        return ",.0f"
    sizes = known.abs()[known != 0]
    middle = float(sizes.median()) if len(sizes) else 1.0
    if middle < 1e-4:
        return ".2e"
    return f".{int(np.clip(2 - math.floor(math.log10(middle)), 0, 5)) if decimals is None else decimals}f"


def winners(column: pd.DataFrame, direction: Direction | None) -> list[bool]:
    """The best of a column and all that is not distinguished from it, at 95 % by a moderated t test of the logarithms.

    Nothing is the best without a direction, or of fewer than two numbers. The variance of a system is shrunk to the one
    pooled over the column, with the prior weight of the claims. Without repeated seeds the best alone is marked.
    """
    mean = column["mean"].astype(float)
    if direction is None or mean.notna().sum() < 2:
        return [False] * len(column)
    at = mean.idxmin() if direction == "min" else mean.idxmax()
    top = mean[at]
    error, freedom = standard_errors(column)
    if error.isna().all() or (mean.dropna() <= 0).any():
        return list(mean == top)
    gap = (np.log(mean) - np.log(top)).abs()
    bound = stats.t.ppf(0.95, freedom) * np.hypot(error, error[at])
    return list((gap <= bound) & mean.notna())


def standard_errors(column: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Moderated standard errors of the logarithms of the means, and their degrees of freedom.

    The errors are missing where no system has two seeds. The pooled variance weighs no more than other systems know.
    """
    relative = column["sd"] / column["mean"].abs()
    own = (column["seeds"].fillna(1) - 1).clip(lower=0)
    if not own.any():
        return pd.Series(np.nan, index=column.index), own
    pooled = (relative**2 * own).sum() / own.sum()
    prior = (own.sum() - own).clip(upper=PRIOR)
    variance = (prior * pooled + own * relative.fillna(0) ** 2) / (prior + own)
    return np.sqrt(variance / column["seeds"].clip(lower=1)), prior + own


def floor_texts(floor: pd.DataFrame, cols: Sequence[str], keys: list[tuple], decimals: int | None) -> list[str]:
    """What real images score, below each column of ours whose metric it is; nothing where no column has one."""
    shared = [c for c in cols if c not in ("set", "document")]
    texts = []
    for key in keys:
        own = dict(zip(cols, key, strict=True))
        part = rows_at(floor, {name: own[name] for name in shared})
        absent = own.get("document", "here") != "here" or part.empty
        value = part["value"].mean() if not absent else math.nan
        texts.append(ABSENT if absent else format(value, format_of(pd.Series([value]), decimals)))
    return texts if any(text != ABSENT for text in texts) else []


def of_frame(
    frame: pd.DataFrame, *, better: Mapping[str, Direction] | None = None, decimals: Mapping[str, int] | None = None
) -> Sheet:
    """A plain frame as a table: a cell is a text, a number or absent; a named index gives the row names.

    Columns of tuples have several lines of heads.
    """
    named = frame.index.names != [None]
    heads = [c if isinstance(c, tuple) else (c,) for c in frame.columns]
    texts, bold, numeric = [], [], []
    for head, column in zip(heads, frame.columns, strict=True):
        values, name = list(frame[column]), head[-1]
        texts.append(plain_texts(values, (decimals or {}).get(name)))
        numeric.append(any(is_number(v) for v in values))
        means = pd.DataFrame({"mean": [float(v) if is_number(v) else None for v in values], "sd": math.nan, "seeds": 1})
        bold.append(winners(means, (better or {}).get(name)))
    arrows = {name: f"\u00a0{ARROWS[d]}" for name, d in (better or {}).items()}
    names = [i if isinstance(i, tuple) else (i,) for i in frame.index] if named else [()] * len(frame)
    return Sheet(
        stubs=[str(n) for n in frame.index.names] if named else [],
        heads=[(*map(str, h[:-1]), f"{h[-1]}{arrows.get(h[-1], '')}") for h in heads],
        names=[tuple(map(str, n)) for n in names],
        texts=[list(line) for line in zip(*texts, strict=True)],
        bold=[list(line) for line in zip(*bold, strict=True)],
        numeric=numeric,
        numbers=frame.reset_index() if named else frame,
        plain=True,
    )


def is_number(value: object) -> bool:
    plain = isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)
    return plain and math.isfinite(value)


def plain_texts(values: list[object], decimals: int | None) -> list[str]:
    """Numbers with the same number of decimals, absent values as a dash, texts as they are."""
    numbers = pd.Series([float(v) for v in values if is_number(v)], dtype=float)
    whole = all(isinstance(v, int | np.integer) for v in values if is_number(v))
    form = ",.0f" if whole and decimals is None else format_of(numbers, decimals)
    return [plain_text(value, form) for value in values]


def plain_text(value: object, form: str) -> str:
    if is_number(value):
        return format(value, form).replace("-", "−")
    absent = value is None or value is pd.NA or isinstance(value, float)
    return ABSENT if absent else str(value)
