"""In which order the systems of the size study stand at each size, and whether the order settles."""

from collections.abc import Mapping
from itertools import combinations

import pandas as pd

from rae_lib.pages.charts import look
from rae_lib.pages.sizes import by_size, ladder, of_size, published
from rae_lib.pages.tables import SETS, pick


def agreement(left: Mapping[str, float], right: Mapping[str, float]) -> tuple[int, int]:
    """How many pairs of systems stand in the same order in both, and how many pairs have values in both."""
    known = [s for s in left if pd.notna(left[s]) and pd.notna(right.get(s))]
    pairs = list(combinations(known, 2))
    same = sum((left[a] - left[b]) * (right[a] - right[b]) > 0 for a, b in pairs)
    return same, len(pairs)


def tau(same: int, of: int) -> float | None:
    """Kendall's rank correlation from the pairs in the same order."""
    return 2 * same / of - 1 if of else None


def orders(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """One row a set and size with two systems or more: their order, and its agreement with two others.

    last: with the order at the largest size that has all these systems; print: with the published one. Both are
    (pairs in the same order, pairs).
    """
    found = []
    for kind in SETS:
        part = pick(rows, set=kind)
        sizes = {k: dict(zip(g["system"], g["value"], strict=True)) for k, g in by_size(part)}
        most = max((len(v) for v in sizes.values()), default=0)
        whole = [k for k, v in sizes.items() if len(v) == most]
        known = published(dataset, kind, sorted(set(part["system"])))
        for size, values in sizes.items():
            if len(values) > 1:
                line = dict(zip(("width", "epochs", "updates"), size, strict=True))
                line |= {"set": kind, "order": sorted(values, key=values.get)}
                last = agreement(values, sizes[whole[-1]])
                found.append(line | {"last": last, "print": agreement(values, known)})
    columns = ["set", "width", "epochs", "updates", "order", "last", "print"]
    return pd.DataFrame(found, columns=columns)


def order_table(found: pd.DataFrame, dataset: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The orders on the way from the smallest to the largest size, the published one as each set's last row."""
    lines = []
    for kind, title in SETS.items():
        part = pick(found, set=kind)
        for width, epochs in ladder(rows):
            for row in pick(part, width=width, epochs=epochs).itertuples():
                line = {"set": title, "size": of_size(width, row.updates)}
                line |= {"order, the best first": in_order(row.order)}
                line |= {"τ, largest size": tau(*row.last)}
                lines.append(line | {"τ, published": tau(*found.loc[row.Index, "print"])})
        known = published(dataset, kind, sorted(set(rows["system"])))
        if len(part) and known:
            order = in_order(sorted(known, key=known.get))
            lines.append({"set": title, "size": "published", "order, the best first": order})
    return pd.DataFrame(lines)


def in_order(systems: list[str]) -> str:
    return ", ".join(look(s).label.replace("-", "\u2011") for s in systems)


def order_words(found: pd.DataFrame, column: str = "print") -> str:
    """ "REC 5 of 6, N 1 of 6, ..." at the largest size that has the most systems."""
    parts = []
    for kind, title in SETS.items():
        part = pick(found, set=kind)
        whole = part[part["order"].map(len) == part["order"].map(len).max()]
        same, of = whole.iloc[-1][column] if len(whole) else (0, 0)
        parts += [f"{title} {same} of {of}"] if of else []
    return ", ".join(parts)


def seen_words(found: pd.DataFrame) -> str:
    """What the squares say of the largest size, in a sentence; "" where nothing is published."""
    words = order_words(found)
    return f" At the largest size with every system, as published: {words}." if words else ""
