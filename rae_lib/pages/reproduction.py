"""Tables of a reproduction: the stored numbers, those of a second training, and how far they are apart."""

import pandas as pd

from rae_lib.config import SYSTEMS
from rae_lib.pages.charts import look
from rae_lib.results.reproduction import NUMBERS

SIGNS = {True: "✓ holds", False: "✗ does not hold", None: "? nothing to compare"}
RANKS = 0.9  # Spearman's correlation, from which on two orders count as the same


def tabulate(rows: pd.DataFrame, cells: pd.Series) -> pd.DataFrame:
    """System x number, of one cell a row."""
    wide = rows.assign(cell=cells).pivot(index="system", columns="number", values="cell")
    wide = wide.reindex([s for s in SYSTEMS if s in wide.index])
    wide = wide[[n for n in NUMBERS if n in wide]].astype(object)
    wide.insert(0, "the system", [look(s).label for s in wide.index])
    return wide.reset_index(drop=True).rename(columns={"the system": "system"})


def tabulate_stored(rows: pd.DataFrame) -> pd.DataFrame:
    """The stored numbers, each with its spread over seeds."""
    rows = rows.dropna(subset=["stored"])
    spread = rows["spread"].astype(float) * rows["stored"]
    pairs = zip(rows["stored"], spread, strict=True)
    return tabulate(rows, pd.Series(list(pairs), index=rows.index, dtype=object))


def tabulate_both(rows: pd.DataFrame) -> pd.DataFrame:
    """Stored → own, of the systems that were reproduced."""
    rows = rows.dropna(subset=["own", "stored"])
    return tabulate(rows, rows.apply(lambda r: f"{r['stored']:.3g} → {r['own']:.3g}", axis=1))


def compared_numbers(rows: pd.DataFrame) -> list[str]:
    return [number for number in NUMBERS if number in set(rows.dropna(subset=["ratio"])["number"])]


def tabulate_ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Own / stored, of what compares."""
    rows = rows.dropna(subset=["ratio"])
    return tabulate(rows, rows["ratio"])


def verdict_table(rows: pd.DataFrame) -> pd.DataFrame:
    """What one expects of a second training of the same runs, and what became of it."""
    rows = rows.astype({"ratio": float, "spread": float}).dropna(subset=["ratio", "spread"])
    apart, spread = (rows["ratio"] - 1).abs(), rows["spread"]
    far = [f"{look(r.system).label} {r.number}" for r in rows[apart > 2 * spread].itertuples()]
    orders = {number: correlate(part) for number, part in rows.groupby("number", sort=False)}
    orders = {number: value for number, value in orders.items() if value == value}
    changed = [f"{number} ({value:.2f})" for number, value in orders.items() if value < RANKS]
    median = bool(apart.median() <= spread.median())
    outcomes = {
        "In the median a number moves by less than over the seeds": (len(rows), median, []),
        "No number moves by more than twice its spread over the seeds": (len(rows), not far, far),
        "Every number puts the systems in the same order": (len(orders), not changed, changed),
    }
    lines = [
        {"expectation": text, "here": SIGNS[holds if of else None], "where not": ", ".join(failed)}
        for text, (of, holds, failed) in outcomes.items()
    ]
    return pd.DataFrame(lines).replace({"where not": {"": None}})


def correlate(part: pd.DataFrame) -> float:
    """Spearman's correlation of stored and own; NaN for fewer than three systems."""
    ranks = part[["stored", "own"]].astype(float).rank()
    return float(ranks["stored"].corr(ranks["own"])) if len(part) > 2 else float("nan")
