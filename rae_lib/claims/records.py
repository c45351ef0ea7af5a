"""The records that rules ask for, drawn: ours with the noise of their seeds, computed ones, and published ones.

A quantity is a key (study, metric, set, system, data set, sizes, features); sizes are those of the papers, and a field
that a study varies and nobody names has the system's own value.
"""

import math
import tomllib
import zlib
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from rae_lib.claims.draws import Quantity
from rae_lib.config import DATASETS, SYSTEMS, catalogue, resolve
from rae_lib.results import computed, other
from rae_lib.results.frame import framed, of_study, rows_at, run_columns
from rae_lib.results.printed import printed

COLUMN = {"width": "paper_width", "latent": "paper_latent"}  # sizes are those of the papers
COUNTED = ("frechet", "kid", "prd")  # metrics that depend on the numbers of images
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


class Records:
    """Values by seed of every quantity in a long frame, and draws. exact: they have no noise of seeds (`Exact`)."""

    def __init__(self, frame: pd.DataFrame, protocol: str = "clean"):
        frame = frame[(frame["protocol"] == protocol) & frame["value"].notna()]
        self.frame, self.exact = frame, False
        self.profiles = dict(zip(frame["dataset"], frame["profile"], strict=True))
        self.cells: dict[str, tuple[pd.DataFrame, dict]] = {}
        self.found: dict[tuple, tuple] = {}
        self.variances: dict[tuple, tuple[float, int]] = {}

    def plan(self, dataset: str) -> str:
        """The profile whose studies a rule goes over."""
        return "paper" if self.exact else self.profiles.get(dataset, "paper")

    def rows(self, study: str, *key: str) -> pd.DataFrame:
        """The rows of a metric, set, system and data set in a study ("": the systems' own runs)."""
        if study not in self.cells:
            planned = study in catalogue()["study"]
            part = of_study(self.frame, study) if planned else self.frame[self.frame["study"] == study]
            self.cells[study] = part, part.groupby(["metric", "set", "system", "dataset"]).indices
        part, places = self.cells[study]
        return part.iloc[places.get(key, [])]

    def find(self, key: tuple) -> tuple[np.ndarray, list[str], set, list[int]]:
        """Values, reasons why they decide nothing, (real, fake) counts and seeds; looked up once."""
        if key not in self.found:
            self.found[key] = self.look_up(key)
        return self.found[key]

    def look_up(self, key: tuple) -> tuple[np.ndarray, list[str], set, list[int]]:
        study, metric, kind, system, dataset, where, features = key
        rows = self.rows(study, metric, kind, system, dataset)
        keep = np.ones(len(rows), dtype=bool)
        for column, value in where if len(rows) else ():
            near = isinstance(value, float)
            keep &= np.isclose(rows[column].astype(float), value) if near else rows[column] == value
        if not self.exact:
            first = next((f for f in features if f in set(rows["features"][keep])), None)
            keep &= rows["features"] == first
        rows = rows[keep]
        rows = rows.sort_values(["seed", "n_fake"], kind="stable").drop_duplicates("seed", keep="last")
        known = rows[["n_real", "n_fake"]].dropna() if metric.startswith(COUNTED) else rows.iloc[:0]
        counts = set(zip(known["n_real"], known["n_fake"], strict=True))
        return rows["value"].to_numpy(float), [d for d in rows["doubt"] if d], counts, list(rows["seed"])

    def each(self, study: str, *key: str, **where: object) -> list[float]:
        """The value of every record of a metric, set, system and data set in a study, in the order of the frame."""
        return rows_at(self.rows(study, *key), where)["value"].tolist()

    def sizes(self, study: str, system: str, dataset: str, where: tuple) -> list[int]:
        """The published latent sizes of a series."""
        rows = rows_at(self.rows(study, "frechet", "gmm", system, dataset), dict(where))
        return sorted(int(n) for n in rows["paper_latent"].unique())

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


def label(key: tuple) -> str:
    study, metric, kind, system, dataset, where, _ = key
    sizes = "".join(f", {c.removeprefix('paper_')}={v}" for c, v in where)
    name = "fid" if metric == "frechet" else metric
    return f"{name}_{kind}({system}, {dataset}{sizes})" + (f" of {study}" if study else "")


@cache
def defaults(study: str, system: str, dataset: str, profile: str) -> dict[str, object]:
    """What a study varies, with the system's own value, for fields that a rule does not name."""
    blocks = catalogue()["study"].get(study, {}).get("blocks", [])
    varied = {COLUMN.get(f, f) for b in blocks for f in b} - {"dataset", "profile", "system"}
    if not varied or system not in SYSTEMS or dataset not in DATASETS:
        return {}
    own = run_columns(resolve(system, dataset, profile), study)
    return {name: own[name] for name in varied if name in own}


def where_of(study: str, system: str, dataset: str, profile: str, sizes: dict) -> tuple:
    named = {COLUMN.get(k, k): v for k, v in sizes.items()}
    return tuple(sorted((defaults(study, system, dataset, profile) | named).items()))


READ = {"calibrations": other.frame_calibrations, "benchmarks": other.frame_benchmarks}


class Exact(Records):
    """Published or computed: normal draws with a standard error where there is one ("kl", "kl_error"), else exact."""

    def __init__(self, frame: pd.DataFrame, protocol: str = "clean"):
        super().__init__(frame, protocol)
        self.exact = True

    def quantity(self, key: tuple, count: int, collapse: bool = False) -> Quantity:
        found = super().quantity(key, count, collapse)
        errors, *_ = self.find((key[0], f"{key[1]}_error", *key[2:]))
        if not len(errors):
            return found
        rng = np.random.default_rng(zlib.crc32(repr(key).encode()))
        return replace(found, arrays=(rng.normal(found.arrays[0], errors[0], count),))


class Computed(Exact):
    """The records of a computed study; of one that is not stored every comparison is untested."""

    def __init__(self, name: str):
        try:
            frame = READ.get(name, partial(computed.frame, name))()
        except FileNotFoundError:
            frame = framed([])
        super().__init__(frame)


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
def in_print(source: str) -> Exact:
    """Printed numbers: "rae", "slides-3" (one table), "eae+rae" (the second where the first has none)."""
    parts = []
    for name in source.split("+"):
        document, _, table = name.partition("-") if name != "rae-v1" else (name, "", "")
        rows = printed(document)
        parts.append(rows[rows["table"] == table] if table else rows)
    return Exact(pd.concat(parts, ignore_index=True), protocol="paper")
