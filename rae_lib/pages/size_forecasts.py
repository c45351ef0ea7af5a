"""What the laws of `size_laws` say of the size study: predictions at the papers' size, and whether to believe them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rae_lib.pages import sizes
from rae_lib.pages.charts import look
from rae_lib.pages.size_laws import Fit, bootstrap, richest, select
from rae_lib.pages.tables import SETS, pick

LEAST = 8  # cells, fewer say nothing of a law of four parameters
WIDE = 2.0  # an interval of more than this factor is not worth believing
PARTS = (5, 95)  # per cent: the interval shown


@dataclass(frozen=True)
class Forecast:
    """The law of one system and set, its prediction at the papers' size, and its test on the largest cell."""

    kind: str
    system: str
    fitted: Fit
    cells: int
    draws: np.ndarray  # of the logarithm of the predicted distance
    missed: float | None  # predicted from the smaller cells / measured - 1, at the largest cell
    updates: float  # the papers', in times of the largest stored
    width: float

    @property
    def value(self) -> float:
        return float(np.exp(np.median(self.draws)))

    @property
    def interval(self) -> tuple[float, float]:
        low, high = np.exp(np.percentile(self.draws, PARTS))
        return float(low), float(high)

    @property
    def verdict(self) -> str:
        """Is the extrapolation worth believing?"""
        low, high = self.interval
        faults = ["interval above a factor of 2"] if high > WIDE * low else []
        if self.missed is None:
            faults.append("not tested on a larger cell")
        elif abs(self.missed) >= sizes.FIFTH:
            faults.append("missed the largest cell")
        return f"no: {', '.join(faults)}" if faults else "yes"


def logs_of(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of updates and width (n, 2), and of the distance (n,)."""
    return np.log(part[["updates", "width"]].to_numpy(float)), np.log(part["value"].to_numpy())


def forecasts(rows: pd.DataFrame, targets: Mapping[str, tuple[int, int]]) -> list[Forecast]:
    """Every set and system with cells enough that vary in width and updates. targets: system -> (width, updates)."""
    found = []
    for kind in SETS:
        for system in dict.fromkeys(rows["system"]):
            part = pick(rows, set=kind, system=system)
            if len(part) >= LEAST and min(part["width"].nunique(), part["updates"].nunique()) > 1:
                found.append(forecast(part, targets[system]))
    return found


def forecast(part: pd.DataFrame, target: tuple[int, int]) -> Forecast:
    """The law of one system and set, at (width, updates)."""
    points, logs = logs_of(part)
    place = np.log([target[1], target[0]])
    return Forecast(
        kind=part["set"].iloc[0],
        system=part["system"].iloc[0],
        fitted=select(points, logs),
        cells=len(part),
        draws=bootstrap(points, logs, place),
        missed=missed(part),
        updates=target[1] / part["updates"].max(),
        width=target[0] / part["width"].max(),
    )


def missed(part: pd.DataFrame) -> float | None:
    """By how much the law, fitted to the cells smaller in both fields, misses the largest; None where it cannot be."""
    width, updates = part["width"].max(), part["updates"].max()
    largest = pick(part, width=width, updates=updates)
    smaller = part[(part["width"] < width) & (part["updates"] < updates)]
    if largest.empty or len(smaller) < LEAST:
        return None
    (point, log), (points, logs) = logs_of(largest), logs_of(smaller)
    return float(np.exp(richest(points, logs).log_at(point)[0] - log[0]) - 1)


def law_table(found: list[Forecast]) -> pd.DataFrame:
    """One row a set and system: the law, its exponents, its scatter, its test, its prediction."""
    lines = []
    for one in found:
        p, q = (one.fitted.exponents.get(i) for i in (0, 1))
        line = {"set": SETS[one.kind], "system": look(one.system).label, "cells": one.cells}
        line |= {"limit": signed(one.fitted.limit), "p, updates": signed(p), "q, width": signed(q)}
        line |= {"scatter": f"{one.fitted.scatter:.0%}".replace("%", " %")}
        line |= {"largest cell": sizes.in_percent(one.missed)}
        low, high = one.interval
        line["at the papers' size"] = f"{one.value:.3g} ({low:.2g} to {high:.2g})"
        lines.append(line | {"worth believing": one.verdict})
    return pd.DataFrame(lines)


def signed(value: float | None) -> str | None:
    return None if value is None else f"{value:.2g}".replace("-", "−")


def ratio_table(found: list[Forecast], rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Systems in times of RAE-L2: at the largest stored size, predicted at the papers' size, and published."""
    lines = []
    for kind in SETS:
        mine = {one.system: one for one in found if one.kind == kind}
        reference = mine.pop("rae-l2", None)
        known = sizes.published(dataset, kind, [*mine, "rae-l2"])
        for system, one in mine.items() if reference else ():
            low, high = np.exp(np.percentile(one.draws - shuffled(reference.draws), PARTS))
            line = {"set": SETS[kind], "system": f"{look(system).label} / RAE-L2"}
            line["largest size"] = signed(largest_ratio(pick(rows, set=kind), system))
            value = one.value / reference.value
            line["predicted"] = f"{value:.2f} ({low:.2f} to {high:.2f})"
            whole = {system, "rae-l2"} <= set(known)
            line["published"] = f"{known[system] / known['rae-l2']:.2f}" if whole else None
            inside = whole and low <= known[system] / known["rae-l2"] <= high
            line["published is"] = ("inside" if inside else "outside") if whole else None
            lines.append(line | {"interval": f"× {high / low:.1f}"})
    return pd.DataFrame(lines)


def shuffled(draws: np.ndarray) -> np.ndarray:
    """In another order: the draws of two systems are made with the same random numbers."""
    return np.random.default_rng(1).permutation(draws)


def largest_ratio(rows: pd.DataFrame, system: str) -> float | None:
    """system / RAE-L2 at the largest size at which both are stored."""
    for _, part in reversed(sizes.by_size(rows)):
        values = dict(zip(part["system"], part["value"], strict=True))
        if {system, "rae-l2"} <= set(values):
            return values[system] / values["rae-l2"]
    return None


def believed_words(found: list[Forecast]) -> str:
    """ "3 of 16"; "" where no law can be fitted."""
    return f"{sum(f.verdict == 'yes' for f in found)} of {len(found)}" if found else ""


def distance_words(found: list[Forecast]) -> str:
    """ "4.2 times the updates, 4 times the width"; "" where no law can be fitted."""
    if not found:
        return ""
    low, high = (f(one.updates for one in found) for f in (min, max))
    times = f"{low:.2g}" if high / low < 1.05 else f"{low:.2g} to {high:.2g}"
    return f"{times} times the updates, {found[0].width:.2g} times the width"


def target_words(targets: Mapping[str, tuple[int, int]]) -> str:
    """ "width 128, 50,000 updates", or the updates from the fewest to the most."""
    updates = sorted({updates for _, updates in targets.values()})
    shown = " to ".join(f"{u:,}" for u in updates[:: max(1, len(updates) - 1)])
    return f"width {max(width for width, _ in targets.values())}, {shown} updates"
