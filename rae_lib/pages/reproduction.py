"""Tables of a reproduction: the stored numbers, those of a second training, and how far they are apart."""

import pandas as pd

from rae_lib.pages.sheets import format_of
from rae_lib.pages.titles import titled

SIGNS = {True: "✓ holds", False: "✗ does not hold", None: "? nothing to compare"}
WIDE = 2  # spreads over seeds, beyond which a number of yours lies outside
RANKS = 0.9  # Spearman's correlation, from which on two orders count as the same


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
    judged, found = judge_numbers(rows), count_numbers(rows)
    if judged.empty:
        texts.append("**Nothing was reproduced in this copy of the book.** `make reproduce` fills the page.")
    else:
        same = int((judged["ratio"] == 1).sum())
        texts.append(
            f"**Your training:** {len(judged)} numbers compared, {same} identical; {found['inside']} inside the "
            f"spread, {found['outside']} outside, {found['unjudged']} without a spread to judge by."
        )
    return [(text, True) for text in texts]


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


def list_ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Own / stored as records, of what compares."""
    return as_records(rows.dropna(subset=["ratio"]), "ratio")


def as_records(rows: pd.DataFrame, value: str, text: pd.Series | None = None) -> pd.DataFrame:
    """Rows for `show.records`: a system's `number`, its value and its text."""
    return rows.assign(value=rows[value], text=text, metric="", seed=0, doubt="")


def judge_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """How far every number of yours is from the stored one, in spreads over the stored seeds; the furthest first.

    away: (own - stored) / spread; missing where one seed alone is stored. outside: further than `WIDE` spreads.
    """
    both = rows.dropna(subset=["ratio"])
    both = both.assign(away=(both["ratio"] - 1) / both["spread"])
    both["outside"] = both["away"].abs() > WIDE
    return both.sort_values("away", key=lambda away: away.abs(), ascending=False)


def count_numbers(rows: pd.DataFrame) -> dict[str, int]:
    """How many of your numbers lie inside and outside of the stored spread, and for how many there is no spread."""
    judged = judge_numbers(rows)
    known = judged["away"].notna()
    outside = int(judged["outside"].sum())
    return {"inside": int(known.sum()) - outside, "outside": outside, "unjudged": int((~known).sum())}


def list_outside(rows: pd.DataFrame) -> pd.DataFrame:
    """The numbers that lie outside: stored with its spread, yours, and the distance in spreads."""
    judged = judge_numbers(rows)[lambda found: found["outside"]]
    lines = [
        {
            "system": titled("system", r.system),
            "number": r.number,
            "stored": f"{r.stored:.3g} ± {r.spread * r.stored:.2g}",
            "yours": f"{r.own:.3g}",
            "away, in spreads": f"{r.away:+.1f}".replace("-", "−"),
        }
        for r in judged.itertuples()
    ]
    return pd.DataFrame(lines)


def verdict_table(rows: pd.DataFrame) -> pd.DataFrame:
    """What one expects of a second training of the same runs, and what became of it."""
    rows = rows.dropna(subset=["ratio", "spread"])
    apart, spread = (rows["ratio"] - 1).abs(), rows["spread"]
    far = [f"{titled('system', r.system)} {r.number}" for r in rows[apart > WIDE * spread].itertuples()]
    pairs = {number: part[["stored", "own"]] for number, part in rows.groupby("number", sort=False)}
    orders = {number: pair.corr("spearman").iloc[0, 1] for number, pair in pairs.items() if len(pair) > 2}
    orders = {number: value for number, value in orders.items() if value == value}
    changed = [f"{number} ({value:.2f})" for number, value in orders.items() if value < RANKS]
    median = bool(apart.median() <= spread.median())
    outcomes = {
        "The median number moves by less than it does from seed to seed": (len(rows), median, []),
        "No number moves by more than twice its spread over the seeds": (len(rows), not far, far),
        "Every number puts the systems in the same order": (len(orders), not changed, changed),
    }
    lines = [
        {"expectation": text, "here": SIGNS[holds if of else None], "where not": ", ".join(failed)}
        for text, (of, holds, failed) in outcomes.items()
    ]
    return pd.DataFrame(lines).replace({"where not": {"": None}})
