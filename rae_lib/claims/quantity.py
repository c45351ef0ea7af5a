"""Measured quantities, with which the inequalities of the claims are written.

A quantity is a `Side`: values by seed, so that factors, ratios and differences are taken seed by
seed, or one number without spread. It knows which runs it lacks.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import pandas as pd


@dataclass(frozen=True)
class Side:
    """One side of an inequality: values by seed, or one number without spread.

    missing: the runs it lacks; doubt: why its runs decide nothing (`gate`); lone: it rests on a
    single seed; counts: the (n_real, n_fake) of the distances in it.
    """

    text: str
    values: pd.Series | float
    missing: tuple[str, ...] = ()
    lone: bool = False
    counts: frozenset = frozenset()
    doubt: str = ""

    @property
    def mean(self) -> float:
        return self.values if isinstance(self.values, float) else float(self.values.mean())

    @property
    def spread(self) -> float:
        """Standard deviation over seeds (n - 1), 0 for a number without spread."""
        return 0.0 if isinstance(self.values, float) else float(self.values.std(ddof=1))

    def __str__(self) -> str:
        number = f"{self.mean:.4g}" if math.isfinite(self.mean) else "?"
        spread = f" ± {self.spread:.2g}" if self.spread > 0 else ""
        return f"{self.text} {number}{spread}".strip()

    def with_other(self, sign: str, other: Self, values: pd.Series | float) -> Self:
        """The outcome of an operation: seeds that only one of the two has drop out."""
        text = f"{self.text} {sign} {other.text or f'{other.mean:g}'}"
        missing, lone = self.missing + other.missing, self.lone or other.lone
        if isinstance(values, pd.Series):
            values = values.dropna()
            lone = lone or len(values) == 1
            missing = missing or (() if len(values) else (f"a common seed for {text}",))
        counts, doubt = self.counts | other.counts, self.doubt or other.doubt
        return Side(text, values, missing, lone, counts, doubt)

    def __truediv__(self, other: Self) -> Self:
        return self.with_other("/", other, self.values / other.values)

    def __sub__(self, other: Self | float) -> Self:
        other = as_side(other)
        return self.with_other("-", other, self.values - other.values)

    def __rmul__(self, factor: float) -> Self:
        return replace(self, text=f"{factor:g} x {self.text}", values=factor * self.values)

    def __abs__(self) -> Self:
        return replace(self, text=f"|{self.text}|", values=abs(self.values))


def as_side(value: Side | float) -> Side:
    return value if isinstance(value, Side) else Side("", float(value))


def lacks(parts: list) -> tuple[str, ...]:
    return tuple(name for part in parts for name in part.missing)


def doubt_of(parts: list[Side]) -> str:
    return next((part.doubt for part in parts if part.doubt), "")


def on_means(text: str, value: float, parts: list[Side]) -> Side:
    """A number taken on the means of `parts` (a rank correlation, a position): no spread."""
    lone, doubt = any(part.lone for part in parts), doubt_of(parts)
    return Side(text, float(value), lacks(parts), lone, doubt=doubt)


def spearman(text: str, left: list[Side | float], right: list[Side]) -> Side:
    """Rank correlation of two lists of quantities, on means; NaN where one of them is constant."""
    sides = [as_side(side) for side in (*left, *right)]
    a = pd.Series([side.mean for side in sides[: len(left)]]).rank()
    b = pd.Series([side.mean for side in sides[len(left) :]]).rank()
    value = a.corr(b) if a.nunique() > 1 and b.nunique() > 1 else math.nan
    return on_means(f"Spearman({text})", value, sides)


def lowest(sides: list[Side], *, highest: bool = False) -> Side:
    """The side that is lowest (or highest) on means; it lacks what any of them lacks."""
    known = [side for side in sides if math.isfinite(side.mean)] or sides
    best = (max if highest else min)(known, key=lambda side: side.mean)
    text = f"{'highest' if highest else 'lowest'} of {len(sides)}, {best.text}"
    lone, doubt = any(side.lone for side in sides), doubt_of(sides)
    return replace(best, text=text, missing=lacks(sides), lone=lone, doubt=doubt)
