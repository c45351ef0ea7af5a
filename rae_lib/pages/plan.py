"""What the rest of a campaign would take on a rented card: jobs, hours, storage and money, step by step."""

import pandas as pd

from rae_lib.pages import campaign, costs
from rae_lib.pages.titles import titled
from rae_lib.results import store

COUNTED = ["flop_run", "encoder", "decoder"]  # operations of a training, parameters


def list_pending(profile: str = "paper") -> pd.DataFrame:
    """A row a run that is not stored, under the first step that names it, with the columns COUNTED.

    They are missing where `results/computed/parameters.json` has no such run.
    """
    runs = campaign.list_runs(profile)
    runs = runs[runs["whole"].isna()].reset_index(drop=True)
    keys = [(c.dataset, c.system, c.variant) for c in runs["config"]]
    counts = costs.counts().reset_index().drop_duplicates(costs.RUN).set_index(costs.RUN)
    found = counts.reindex(pd.MultiIndex.from_tuples(keys, names=costs.RUN))[COUNTED]
    return runs.join(found.reset_index(drop=True))


def measure_storage() -> float:
    """Mean bytes of what a run stores when it is made; what is measured later, and kept weights, are left out."""
    results = store.load_all()
    files = [r.folder / name for r in results for name in ("result.json", *r.raw.get("files", {}))]
    return sum(file.stat().st_size for file in files if file.exists()) / max(len(results), 1)


def table_plan(pending: pd.DataFrame, *, rate: float, minutes: float, price: float) -> pd.DataFrame:
    """A row a step, and the sum of all.

    rate: operations a second of a training. minutes: of a run without its training. price: dollars an hour of a card.
    Weights: in single precision, outside the repository. Raises ValueError unless all three are above 0.
    """
    for name, value in {"rate": rate, "minutes": minutes, "price": price}.items():
        if not 0 < value < float("inf"):
            raise ValueError(f"{name} is {value}; allowed: a finite number above 0")
    each, rows = measure_storage(), []
    for (_, title, dataset), part in pending.groupby(["number", "title", "dataset"], sort=False):
        flop, weights = part["flop_run"].sum(), 4 * part[["encoder", "decoder"]].sum().sum()
        hours = flop / rate / 3600 + len(part) * minutes / 60
        row = {"step": title, "data set": titled("dataset", dataset)}
        row["seeds"] = ", ".join(map(str, sorted(set(part["seed"]))))
        row |= {"jobs": len(part), "not counted": int(part["flop_run"].isna().sum()), "EFLOP": flop / 1e18}
        row |= {"hours": hours, "US dollars": hours * price}
        rows.append(row | {"results, MB": len(part) * each / 1e6, "weights, GB": weights / 1e9})
    found = pd.DataFrame(rows)
    total = found.select_dtypes("number").sum().to_dict() | {"step": "all"}
    found = pd.concat([found, pd.DataFrame([total])], ignore_index=True)
    return found.astype({"jobs": int, "not counted": int})


def sum_datasets(steps: pd.DataFrame) -> pd.DataFrame:
    """`table_plan` in sums by data set: jobs, EFLOP, hours, dollars, storage."""
    found = steps.dropna(subset=["data set"]).groupby("data set", sort=False).sum(numeric_only=True)
    return found.drop(columns="not counted").reset_index()


def table_workers() -> pd.DataFrame:
    """How fast a small campaign went with several workers (`benchmarks/workers.py`); empty where not measured."""
    raw = store.read_json(store.root() / "reliability" / "workers.json")
    rows = pd.DataFrame(raw["rows"] if raw else [], columns=["workers", "jobs", "seconds"])
    rows["jobs a minute"] = 60 * rows["jobs"] / rows["seconds"]
    first = rows["jobs a minute"].iloc[0] if len(rows) else float("nan")
    return rows.assign(**{"against one": rows["jobs a minute"] / first})
