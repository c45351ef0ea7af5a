"""Trained enough? A judgement of the training, not of the outcome; its bounds are the catalogue's [gate].

A data set passes the *doubling test* at a profile if twice the updates change the Frechet distances of a few systems
by less than a bound. A single run fails by values that are not finite, or by collapse: its error on test images is
above a part of the pixels' variance, and no study asks for that. What does not pass decides no claim.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from rae_lib import studies
from rae_lib.config import Config, catalogue, dataset_kind, resolve
from rae_lib.results import store

TIMES, REAL = ("step_time", "fit_time", "parameters"), ("real", "halves")  # what no training changes
DAGGER = "†"  # after what does not pass, in tables
COLUMNS = ["system", "set", "once", "twice", "change", "passes"]
RUN = ["profile", "dataset", "system", "variant", "seed"]  # what names a run in a table of records
SHORT, UNKNOWN = "not trained enough", "the doubling test"  # how the two kinds of reasons begin
WORDS = {"rec": "reconstructions", "N": "own samples", "gmm": "mixture samples", "interp": "mid-points"}


@dataclass(frozen=True)
class Doubling:
    """The doubling test of a data set at a profile; rows: a line a system and set, change = twice / once - 1.

    passes, of the test and of each part: None where a run is missing, or none of twice the updates is planned. A
    profile of the papers' own length passes without the test.
    """

    dataset: str
    profile: str
    rows: pd.DataFrame
    passes: bool | None

    def doubt_of(self, system: str, kind: str) -> str:
        """Why a number of this system on this set of images decides nothing; empty if it may.

        Each part of the test judges its own kind of system and its own set: the noise-free ones follow the first
        system of the test, those that decode noisy codes the second.
        """
        if self.passes:
            return ""
        title, book = catalogue()["dataset"][self.dataset]["title"], catalogue()["gate"]
        if self.passes is None:
            return f"{UNKNOWN} on {title} has not been run at profile {self.profile}"
        like = book["systems"][system in book["noisy"]]
        part = self.rows[(self.rows["system"] == like) & (self.rows["set"] == book["judges"].get(kind, "N"))]
        change = part["change"].astype(float).abs().max()
        if change < book["change"]:
            return ""
        name = WORDS[part["set"].iloc[0]]
        return f"{SHORT}: {UNKNOWN} on {title} changes {name} of {like} by {100 * change:.0f} %"


def doubled(system: str, dataset: str, profile: str) -> Config | None:
    """The run of the size study at the system's own width and twice its epochs; None where none is planned."""
    book = catalogue()["gate"]
    own = resolve(system, dataset, profile, book["seed"])
    wanted = (system, own.width, book["factor"] * own.epochs)
    cells = studies.study("size", dataset, profile, book["seed"])
    return next((c for c in cells if (c.system, c.width, c.epochs) == wanted), None)


def doubling(dataset: str, profile: str) -> Doubling:
    """The doubling test on what is stored. ValueError where the two runs of a system have different rulers."""
    book, rows = catalogue()["gate"], []
    if profile in book["published_length"]:
        return Doubling(dataset, profile, pd.DataFrame(columns=COLUMNS), True)
    if dataset_kind(dataset) != "images":  # none is planned on strings
        return Doubling(dataset, profile, pd.DataFrame(columns=COLUMNS), None)
    for system in book["systems"]:
        longer = doubled(system, dataset, profile)
        once = store.find(resolve(system, dataset, profile, book["seed"]))
        twice = store.find(longer) if longer else None
        store.check_rulers([result for result in (once, twice) if result])
        for name in book["sets"] if longer else ():
            a, b = distance(once, name), distance(twice, name)
            change = b / a - 1
            rows.append((system, name, a, b, change, None if math.isnan(change) else abs(change) < book["change"]))
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"passes": object})
    known = len(frame) == len(book["systems"]) * len(book["sets"]) and frame["passes"].notna().all()
    return Doubling(dataset, profile, frame, bool(frame["passes"].all()) if known else None)


def distance(result: store.Result | None, name: str) -> float:
    """The Frechet distance of a set in the run's own features, NaN where it is not stored."""
    wanted = {"metric": "frechet", "set": name, "protocol": "clean"}
    for record in result.raw["records"] if result else ():
        if wanted.items() <= record.items() and record["features"] in ("domain", "pixels"):
            return float(record["value"])
    return math.nan


@cache
def bound(dataset: str, profile: str, variant: str) -> float:
    """The part of the pixel variance above which a run has collapsed; infinite where its study asks for collapse."""
    books = catalogue()["study"]
    study = books.get(next(iter(studies.find_studies(variant)), ""), {})
    own = studies.layered(study.get("gate", []), dataset, profile)
    return math.inf if own.get("collapse") else own.get("error", catalogue()["gate"]["error"])


def failed(table: pd.DataFrame) -> dict[tuple, str]:
    """Why single runs fail, by their `RUN`; runs that pass, or whose error was not measured, are not in it."""
    clean = table[table["protocol"] == "clean"].assign(variant=table["variant"].fillna(""))
    found: dict[tuple, str] = {}
    parts = {m: clean[clean["metric"] == m].set_index(RUN)["value"] for m in ("mse", "pixel_variance")}
    ratio = (parts["mse"] / parts["pixel_variance"]).groupby(level=RUN).max()
    for run, share in ratio.dropna().items():
        if share > bound(run[1], run[0], run[3]):
            found[run] = f"collapsed, its test error is {share:.2g} times the pixel variance"
    numbers = clean[clean["metric"].isin(("frechet", "mse"))]
    for run in numbers.loc[~np.isfinite(numbers["value"].astype(float)), RUN].itertuples(index=False):
        found[tuple(run)] = "a value that is not finite"
    return found


def with_doubts(frame: pd.DataFrame) -> pd.DataFrame:
    """The long frame (`frame`) with `doubt`: why a number decides nothing, empty where it may."""
    pairs = frame[["dataset", "profile"]].drop_duplicates().itertuples(index=False)
    tests = {tuple(pair): doubling(*pair) for pair in pairs}
    alone = failed(frame)
    together = cache(lambda dataset, profile, system, kind: tests[dataset, profile].doubt_of(system, kind))
    doubts = []
    for *run, metric, kind in frame[[*RUN, "metric", "set"]].itertuples(index=False):
        if metric in TIMES or kind in REAL or metric.endswith("_seconds"):
            doubts.append("")
            continue
        profile, dataset, system, *_ = run
        single = alone.get(tuple(run))
        doubts.append(together(dataset, profile, system, kind) or (f"{SHORT}: {single}" if single else ""))
    return frame.assign(doubt=doubts)
