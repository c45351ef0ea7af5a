"""What a rule or a table asks of the long frame: the values by seed of one quantity, and the cells of a study.

A quantity is a key (study, metric, set, system, data set, sizes, features); sizes are those of the papers, and a field
that a study varies and nobody names has the system's own value.
"""

from functools import cache

import numpy as np
import pandas as pd

from rae_lib.config import DATASETS, SYSTEMS, catalogue, resolve
from rae_lib.results.frame import of_study, rows_at, run_columns

COLUMN = {"width": "paper_width", "latent": "paper_latent"}  # sizes are those of the papers
COUNTED = ("frechet", "kid", "prd")  # metrics that depend on the numbers of images


class Quantities:
    """Values by seed of every quantity in a long frame; exact: published or computed numbers, without noise."""

    def __init__(self, frame: pd.DataFrame, protocol: str = "clean"):
        frame = frame[(frame["protocol"] == protocol) & frame["value"].notna()]
        self.frame, self.exact = frame, protocol == "paper"
        self.profiles = dict(zip(frame["dataset"], frame["profile"], strict=True))
        self.cells: dict[str, tuple[pd.DataFrame, dict]] = {}
        self.found: dict[tuple, tuple] = {}

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
