"""Tables of a reproduction: the stored numbers, those of a second training, and how far they are apart."""

import pandas as pd

from rae_lib.pages.sheets import format_of
from rae_lib.pages.titles import titled
from rae_lib.results.reproduction import WIDE, describe


def list_findings(rows: pd.DataFrame) -> list[tuple[str, bool]]:
    """For `boxes`: how far the stored seeds are apart, and how far yours are from them."""
    stored, spread = rows.dropna(subset=["stored"]), rows["spread"].dropna()
    counts = f"{len(stored)} numbers of {stored['system'].nunique()} systems"
    if spread.empty:
        texts = [f"**No spread yet.** Of these {counts} one seed alone is stored, so a difference has no measure."]
    else:
        texts = [
            f"**What another seed changes.** Over the stored seeds {len(spread)} of the {counts} have a spread: "
            f"{100 * spread.median():.2g} % in the median, {100 * spread.max():.2g} % at most."
        ]
    texts.append(f"**Your training.** {describe(rows)}")
    if orders := compare_orders(rows):
        words = ", ".join(f"{number} {value:.2f}".replace(" -", " −") for number, value in orders.items())
        texts.append(f"**Order of the systems:** Spearman's correlation of your order with the stored one is {words}.")
    return [(text, True) for text in texts]


def compare_orders(rows: pd.DataFrame) -> dict[str, float]:
    """Spearman's correlation of the orders of the systems, stored and own, by each number that three or more have."""
    parts = rows.dropna(subset=["ratio"]).groupby("number", sort=False)[["stored", "own"]]
    orders = {number: part.corr("spearman").iloc[0, 1] for number, part in parts if len(part) > 2}
    return {number: value for number, value in orders.items() if pd.notna(value)}


def list_stored(rows: pd.DataFrame) -> pd.DataFrame:
    """The stored numbers as records, each with its spread over seeds."""
    rows = rows.dropna(subset=["stored"])
    spreads = write_numbers(rows.assign(spread=rows["spread"] * rows["stored"]), "spread")
    spreads = (" ± " + spreads).where(rows["spread"].notna(), "")
    return as_records(rows, "stored", write_numbers(rows, "stored") + spreads)


def write_numbers(rows: pd.DataFrame, column: str) -> pd.Series:
    """The values of a column as texts, with as many decimals as the stored values of the same number have."""
    forms = rows["number"].map({n: format_of(part["stored"]) for n, part in rows.groupby("number")})
    texts = [format(value, form) for value, form in zip(rows[column], forms, strict=True)]
    return pd.Series(texts, index=rows.index, dtype=str)


def list_both(rows: pd.DataFrame) -> pd.DataFrame:
    """Stored → own as records, of the systems that were reproduced."""
    rows = rows.dropna(subset=["own", "stored"])
    return as_records(rows, "own", write_numbers(rows, "stored") + " → " + write_numbers(rows, "own"))


def as_records(rows: pd.DataFrame, value: str, text: pd.Series | None = None) -> pd.DataFrame:
    """Rows for `show.records`: a system's `number`, its value and its text."""
    return rows.assign(value=rows[value], text=text, metric="", seed=0, doubt="")


def list_outside(rows: pd.DataFrame) -> pd.DataFrame:
    """The numbers further than `WIDE` spreads over the stored seeds from the stored one, the furthest first."""
    rows = rows.assign(away=(rows["ratio"] - 1) / rows["spread"])
    far = rows[rows["away"].abs() > WIDE].sort_values("away", key=pd.Series.abs, ascending=False)
    lines = [
        {
            "system": titled("system", r.system),
            "number": r.number,
            "stored": f"{r.stored:.3g} ± {r.spread * r.stored:.2g}",
            "yours": f"{r.own:.3g}",
            "away, in spreads": f"{r.away:+.1f}".replace("-", "−"),
        }
        for r in far.itertuples()
    ]
    return pd.DataFrame(lines)
