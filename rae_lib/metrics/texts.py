"""Shares of a set of generated texts: how many are valid, how many of these differ, how many are new."""

from collections.abc import Iterable


def measure_texts(forms: list[str | None], training: Iterable[str]) -> dict[str, float]:
    """valid, of all; unique: different ones, of the valid; novel: those outside the training set, of the different.

    forms: the canonical form of each text, None for an invalid one; training: canonical forms. A share of nothing is
    NaN. Raises ValueError for no texts at all.
    """
    if not forms:
        raise ValueError("no texts to measure")
    valid = [form for form in forms if form is not None]
    distinct = set(valid)
    new = distinct - set(training)
    return {
        "valid": len(valid) / len(forms),
        "unique": len(distinct) / len(valid) if valid else float("nan"),
        "novel": len(new) / len(distinct) if distinct else float("nan"),
    }
