"""The records that rules ask for, drawn: ours with the noise of their seeds, computed ones, and published ones."""

import math
import tomllib
import zlib
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from rae_lib.claims.draws import Quantity
from rae_lib.results import computed, other
from rae_lib.results.frame import framed, rows_at
from rae_lib.results.printed import printed
from rae_lib.results.quantities import Quantities, label

PRIOR = 4  # weight of the pooled variance, in degrees of freedom
RUN_OF = ["features", "system", "study", "variant", "components"]  # one quantity but for its seed


@cache
def written() -> dict:
    """claims.toml as it is written."""
    return tomllib.loads(Path(__file__).with_name("claims.toml").read_text())


@cache
def scales() -> dict[str, str]:
    """The scale of every metric: "log", "fraction" or "plain"."""
    return {metric: scale for scale, names in written()["metrics"].items() for metric in names}


class Records(Quantities):
    """The quantities of a frame, drawn; exact: published numbers, without noise."""

    def __init__(self, frame: pd.DataFrame, protocol: str = "clean"):
        super().__init__(frame, protocol)
        self.variances: dict[tuple, tuple[float, int]] = {}

    def pooled(self, metric: str, kind: str, dataset: str, features: tuple) -> tuple[float, int]:
        """Variance over seeds, pooled over all runs of a metric, set and data set, and its degrees of freedom."""
        key = (metric, kind, dataset, features)
        if key not in self.variances:
            rows = rows_at(self.frame, {"metric": metric, "set": kind, "dataset": dataset})
            rows = rows[rows["features"].isin(features)].drop_duplicates([*RUN_OF, "seed"], keep="last")
            values = pd.Series(scaled(rows["value"].to_numpy(float), metric), index=rows.index)
            groups = values[np.isfinite(values)].groupby([rows[c].fillna(0) for c in RUN_OF])
            free = groups.count() - 1
            total = (groups.var().fillna(0) * free).sum()
            self.variances[key] = float(total / max(free.sum(), 1)), int(free.sum())
        return self.variances[key]

    def quantity(self, key: tuple, count: int, collapse: bool = False) -> Quantity:
        """`count` draws of the mean over seeds."""
        values, doubts, counts, seeds = self.find(key)
        runs = ((key[3], key[4], key[0], key[5], tuple(seeds)),)
        if not len(values):
            return Quantity((np.array([math.nan]),), lacks=(f"no such runs: {label(key)}",), runs=runs)
        lacks = tuple(dict.fromkeys(d for d in doubts if not (collapse and "collapsed" in d)))
        if self.exact:
            return Quantity((np.array([values.mean()]),), lacks=lacks, runs=runs)
        metric, free, v = key[1], len(values) - 1, scaled(values, key[1])
        if not np.isfinite(v).all():
            return Quantity((np.array([math.nan]),), lacks=(f"not a positive number: {label(key)}",), runs=runs)
        pooled, others = self.pooled(metric, key[2], key[4], key[6])
        if not others:  # no system has two seeds: nothing is decided
            mean = unscaled(np.array([v.mean()]), metric)
            return Quantity((mean,), False, lacks, runs, frozenset(counts), loose=True)
        prior = min(PRIOR, max(others - free, 0))  # no more than the other runs know
        var = (prior * pooled + ((v - v.mean()) ** 2).sum()) / (prior + free)
        draws = v.mean() + math.sqrt(var / len(v)) * noise(repr(key), prior + free, count)
        return Quantity((unscaled(draws, metric),), False, lacks, runs, frozenset(counts))


READ = {"calibrations": other.frame_calibrations, "benchmarks": other.frame_benchmarks}


class Computed(Records):
    """Computed records: normal draws with their standard error where there is one ("kl", "kl_error"), else exact."""

    def __init__(self, name: str):
        try:
            frame = READ.get(name, partial(computed.frame, name))()
        except FileNotFoundError:  # every comparison is untested
            frame = framed([])
        super().__init__(frame)
        self.exact = True

    def quantity(self, key: tuple, count: int, collapse: bool = False) -> Quantity:
        found = super().quantity(key, count, collapse)
        errors, *_ = self.find((key[0], f"{key[1]}_error", *key[2:]))
        if not len(errors):
            return found
        rng = np.random.default_rng(zlib.crc32(repr(key).encode()))
        return replace(found, arrays=(rng.normal(found.arrays[0], errors[0], count),))


def scaled(values: np.ndarray, metric: str) -> np.ndarray:
    """On the scale on which seeds scatter evenly: logs of positive metrics, logits of fractions."""
    scale = scales()[metric]
    if scale == "fraction":
        values = np.clip(values, 1e-4, 1 - 1e-4)
        return np.log(values / (1 - values))
    with np.errstate(all="ignore"):
        return np.log(values) if scale == "log" else values


def unscaled(values: np.ndarray, metric: str) -> np.ndarray:
    scale = scales()[metric]
    with np.errstate(over="ignore"):  # a wide draw of a share is 0
        return 1 / (1 + np.exp(-values)) if scale == "fraction" else np.exp(values) if scale == "log" else values


@cache
def noise(name: str, free: int, count: int) -> np.ndarray:
    """Draws of Student's t, the same for the same name."""
    return np.random.default_rng(zlib.crc32(name.encode())).standard_t(free, count)


@cache
def in_print(source: str) -> Records:
    """Printed numbers: "rae", "slides-3" (one table), "eae+rae" (the second where the first has none)."""
    parts = []
    for name in source.split("+"):
        document, _, table = name.partition("-") if name != "rae-v1" else (name, "", "")
        rows = printed(document)
        parts.append(rows[rows["table"] == table] if table else rows)
    return Records(pd.concat(parts, ignore_index=True), protocol="paper")
