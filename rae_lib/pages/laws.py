"""A power law over width and updates, and what it says of the papers' size.

    distance = limit + a * updates^-p * width^-q

Fitted by least squares of the logarithm. How sure one can be of a parameter or a prediction comes from a bootstrap:
the residuals are drawn again, the law is fitted again, and one residual is added to its prediction, as the run that
is predicted has one too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import leastsq

from rae_lib.pages.sizes import FIFTH, SETS, percent
from rae_lib.pages.titles import ordered, titled

DRAWS, PARTS = 200, (5, 95)  # of the bootstrap; per cent: the interval shown
LEAST = 8  # cells, fewer say nothing of a law of four parameters
WIDE = 2.0  # an interval of more than this factor is not worth believing
FAR = 50.0  # a logarithm no distance has


def log_law(theta: np.ndarray, points: np.ndarray) -> np.ndarray:
    """log distance (n,) at points (n, 2), the logarithms of updates and width; theta: log limit, log a, p, q."""
    limit, power = theta[0], theta[1] - points @ theta[2:]
    return np.logaddexp(np.clip(limit, -FAR, FAR), np.clip(power, -FAR, FAR))


def fit(points: np.ndarray, logs: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """(4,) parameters by least squares of the log distances (n,); starts at a limit of half and of 0.9 of the least."""
    starts = [start] if start is not None else []
    for part in () if starts else (0.5, 0.9):
        limit = part * np.exp(logs.min())
        x = np.column_stack([np.ones(len(points)), -points])
        starts.append([np.log(limit), *np.linalg.lstsq(x, np.log(np.exp(logs) - limit))[0]])

    def errors(theta: np.ndarray) -> np.ndarray:
        return log_law(theta, points) - logs

    # a limit of 0 is approached without end: `full_output` takes the last point, and no warning is printed
    found = [leastsq(errors, s, maxfev=1000, full_output=True)[0] for s in starts]
    return min(found, key=lambda theta: float(np.sum(errors(theta) ** 2)))


@dataclass(frozen=True)
class Law:
    """The law of one system and set, redrawn, with its prediction at the papers' size and its test."""

    kind: str
    system: str
    cells: int
    theta: np.ndarray  # (4,), as in `log_law`, points centred at the mean cell
    redrawn: np.ndarray  # (DRAWS, 4)
    draws: np.ndarray  # (DRAWS,) log distances at the papers' size
    scatter: float  # standard deviation of the residuals, about the relative error of a cell
    missed: float | None  # predicted from the smaller cells / measured - 1, at the largest cell

    @property
    def verdict(self) -> str:
        """Is the extrapolation worth believing?"""
        low, high = interval(np.exp(self.draws))
        faults = ["interval above a factor of 2"] if high > WIDE * low else []
        if self.missed is None:
            faults.append("not tested on a larger cell")
        elif abs(self.missed) >= FIFTH:
            faults.append("missed the largest cell")
        return f"no: {', '.join(faults)}" if faults else "yes"


def interval(draws: np.ndarray) -> tuple[float, float]:
    """The ends of nine tenths of the draws."""
    low, high = np.percentile(draws, PARTS)
    return float(low), float(high)


def laws(rows: pd.DataFrame, targets: Mapping[str, tuple[int, int]]) -> list[Law]:
    """Every set and system with cells enough that vary in width and updates. targets: system -> (width, updates)."""
    found = []
    for kind in SETS:
        for system in ordered("system", rows["system"]):
            part = rows[(rows["set"] == kind) & (rows["system"] == system)]
            if len(part) >= LEAST and min(part["width"].nunique(), part["updates"].nunique()) > 1:
                found.append(law(part, targets[system]))
    return found


def law(part: pd.DataFrame, target: tuple[int, int]) -> Law:
    """The law of one system and set, with its prediction at (width, updates)."""
    points, logs, centre = logs_of(part)
    place = np.log([target[1], target[0]]) - centre
    theta = fit(points, logs)
    residuals = logs - log_law(theta, points)
    noise = residuals * np.sqrt(len(logs) / (len(logs) - len(theta)))
    rng, redrawn, draws = np.random.default_rng(0), [], []
    for _ in range(DRAWS):
        again = log_law(theta, points) + rng.choice(noise, len(logs))
        redrawn.append(fit(points, again, theta))
        draws.append(log_law(redrawn[-1], place[None])[0] + rng.choice(noise))
    kind, system = part[["set", "system"]].iloc[0]
    shape = {"cells": len(logs), "theta": theta, "redrawn": np.array(redrawn), "draws": np.array(draws)}
    scatter = float(np.sqrt(np.mean(noise**2)))
    return Law(kind, system, scatter=scatter, missed=missed(part), **shape)


def logs_of(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centred logarithms of updates and width (n, 2), logarithms of the distance (n,), and the centre (2,)."""
    points = np.log(part[["updates", "width"]].to_numpy(float))
    return points - points.mean(0), np.log(part["value"].to_numpy(float)), points.mean(0)


def missed(part: pd.DataFrame) -> float | None:
    """By how much the law, fitted to the cells smaller in both fields, misses the largest; None where it cannot be."""
    width, updates = part["width"].max(), part["updates"].max()
    largest = part[(part["width"] == width) & (part["updates"] == updates)]
    smaller = part[(part["width"] < width) & (part["updates"] < updates)]
    if largest.empty or len(smaller) < LEAST:
        return None
    points, logs, centre = logs_of(smaller)
    place = np.log([[updates, width]]) - centre
    return float(np.exp(log_law(fit(points, logs), place)[0]) / largest["value"].iloc[0] - 1)


def law_table(found: Sequence[Law]) -> pd.DataFrame:
    """One row a set and system: limit and exponents with their intervals, scatter, test, and prediction."""
    lines = {}
    for one in found:
        limits = np.exp(one.redrawn[:, 0])
        lines[titled("set", one.kind), titled("system", one.system)] = {
            "cells": one.cells,
            "limit": ranged(np.exp(one.theta[0]), limits),
            "p, updates": ranged(one.theta[2], one.redrawn[:, 2]),
            "q, width": ranged(one.theta[3], one.redrawn[:, 3]),
            "scatter": percent(one.scatter).replace("+", ""),
            "largest cell": None if one.missed is None else percent(one.missed),
            "at the papers' size": ranged(np.exp(np.median(one.draws)), np.exp(one.draws)),
            "worth believing": one.verdict,
        }
    index = pd.MultiIndex.from_tuples(lines, names=["set", "system"])
    return pd.DataFrame(lines.values(), index=index)


def ranged(value: float, draws: np.ndarray, form: str = ".2g") -> str:
    """ "0.42 (0.25 to 0.67)"; what is nothing compared with any distance is a zero."""
    texts = [format(v, form) if abs(v) >= 1e-4 else "0" for v in (value, *interval(draws))]
    return "{} ({} to {})".format(*texts).replace("-", "−")


def ratio_table(found: Sequence[Law], rows: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Systems in times of RAE-L2: at the largest stored size, predicted at the papers' size, and published."""
    lines = {}
    printed = published.groupby(["set", "system"])["value"].mean()
    for one in found:
        base = next((b for b in found if (b.kind, b.system) == (one.kind, "rae-l2")), None)
        if base is None or one.system == "rae-l2":
            continue
        draws = np.exp(one.draws - np.random.default_rng(1).permutation(base.draws))
        both = rows[rows["set"] == one.kind].pivot_table("value", ["updates", "width"], "system")
        both = (both[one.system] / both["rae-l2"]).dropna()
        line = {"at the largest size": f"{both.iloc[-1]:.2f}" if len(both) else None}
        line["predicted at the papers' size"] = ranged(float(np.median(draws)), draws, ".2f")
        pair = [printed.get((one.kind, s)) for s in (one.system, "rae-l2")]
        if None not in pair:
            low, high = interval(draws)
            line["published"] = f"{pair[0] / pair[1]:.2f}"
            line["published is"] = "inside" if low <= pair[0] / pair[1] <= high else "outside"
        lines[titled("set", one.kind), f"{titled('system', one.system)} / RAE-L2"] = line
    if not lines:
        return pd.DataFrame()
    index = pd.MultiIndex.from_tuples(lines, names=["set", "systems"])
    return pd.DataFrame(lines.values(), index=index)
