"""The map: every published table and figure, where it is in this book, and the stored runs behind it."""

import tomllib
from functools import cache
from importlib import resources

import pandas as pd

from rae_lib import studies
from rae_lib.config import SYSTEMS, dataset_kind, resolve, system_kind, system_table
from rae_lib.pages.titles import titled
from rae_lib.results import store

STAND_IN = "digits"
SIGNS = {"all": "✓", "part": "◐", "digits": "○", "none": "–"}


@cache
def read() -> list[dict]:
    """The entries of published/exhibits.toml, in the order of the sources."""
    return tomllib.loads(resources.files("rae_lib").joinpath("published/exhibits.toml").read_text())["exhibit"]


def list_planned(exhibit: dict, dataset: str) -> dict[str, str]:
    """The runs that re-make it on a data set: training hash -> system. Of a study its cells, else each system's own."""
    document, study = exhibit["document"], exhibit.get("study", "")
    systems = exhibit.get("systems") or [s for s in SYSTEMS if system_table(s)["document"] == document]
    profile = store.largest(dataset)
    systems = [s for s in systems if system_kind(s) == dataset_kind(dataset)]
    cells = studies.study(study, dataset, profile, 0) if study else [resolve(s, dataset, profile, 0) for s in systems]
    return {c.training_hash: c.system for c in cells if c.system in systems}


def count_runs(exhibit: dict, rows: pd.DataFrame, dataset: str) -> tuple[int, int]:
    """How many of the planned trainings are stored, and how many are planned. rows: the long frame."""
    planned = list_planned(exhibit, dataset)
    return len(planned.keys() & set(rows["training"])), len(planned)


def judge(exhibit: dict, rows: pd.DataFrame) -> str:
    """all runs on the paper's data sets are stored, part of them, those on digits alone, or none."""
    counts = [count_runs(exhibit, rows, d) for d in exhibit.get("datasets", [])]
    if any(stored for stored, _ in counts):
        return "all" if all(stored == planned for stored, planned in counts) else "part"
    return "digits" if counts and count_runs(exhibit, rows, STAND_IN)[0] else "none"


def describe_size(exhibit: dict, rows: pd.DataFrame, dataset: str) -> str:
    """ "MNIST 9 of 10 runs, 16 of 128 filters"; the widest network that is stored counts. "MNIST none" without runs."""
    stored, planned = count_runs(exhibit, rows, dataset)
    if not stored:
        return f"{titled('dataset', dataset)} none"
    found = rows[rows["training"].isin(list_planned(exhibit, dataset))]
    widest = found.loc[found["width"].astype(float).idxmax()]
    filters = f"{widest['width']:.0f} of {widest['paper_width']:.0f} filters"
    return f"{titled('dataset', dataset)} {stored} of {planned} run{'' if planned == 1 else 's'}, {filters}"


def describe(exhibit: dict, rows: pd.DataFrame) -> dict[str, str]:
    """One row of the map."""
    status, shown = judge(exhibit, rows), list(exhibit.get("datasets", []))
    if shown and status != "all" and count_runs(exhibit, rows, STAND_IN)[0]:
        shown.append(STAND_IN)
    label, page = exhibit.get("label", ""), exhibit.get("page", "")
    link = f" [{label}]({page}.html#{label})" if page and (status != "none" or not shown) else ""
    notes = [describe_size(exhibit, rows, d) for d in shown]
    notes += [exhibit["other"]] if "other" in exhibit else []
    return {
        "in the paper": exhibit["item"],
        "what it shows": exhibit["shows"],
        "in this book": SIGNS[status] + link,
        "stored runs, size of the widest network, differences": "; ".join(notes),
    }


def table(document: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The map of one document, a row for each of its tables and figures."""
    own = [describe(e, rows) for e in read() if e["document"] == document]
    return pd.DataFrame(own).replace("", None).set_index("in the paper")


def count(rows: pd.DataFrame) -> dict[str, int]:
    """How many tables and figures have which status, "total" among them."""
    status = [judge(e, rows) for e in read()]
    return {name: status.count(name) for name in SIGNS} | {"total": len(status)}
