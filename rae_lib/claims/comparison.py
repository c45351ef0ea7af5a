"""Inequalities between measured quantities, of which the rules of `claims` are made.

`compare` sets two quantities (`quantity.Side`) against each other on their means, with a margin of
2 sp, sp the root mean square of the two standard deviations over seeds (a constant has none): an
inequality holds, fails or stays undecided. It is untested where a run is missing or was not trained
enough (`gate`).
"""

import math
from dataclasses import dataclass
from typing import Literal

from rae_lib.claims.quantity import Side, as_side, lacks

Outcome = Literal["holds", "fails", "undecided", "untested"]


@dataclass(frozen=True)
class Comparison:
    """One inequality with its numbers. beside: reported beside the verdict, not counted in it."""

    text: str
    outcome: Outcome
    reason: str = ""
    missing: tuple[str, ...] = ()
    beside: bool = False


def joined(text: str, parts: list[Comparison], *, any_of: bool = False) -> Comparison:
    """All parts hold (any_of: one does); a part that is undecided or untested may leave it so."""
    one, every = ("holds", "fails") if any_of else ("fails", "holds")
    outcomes = [part.outcome for part in parts]
    if one in outcomes or set(outcomes) <= {every}:
        return Comparison(text, one if one in outcomes else every)
    outcome = "untested" if "untested" in outcomes else "undecided"
    reasons = [part.reason for part in parts if part.outcome == outcome]
    return Comparison(text, outcome, next(filter(None, reasons), ""), lacks(parts))


def compare(a: Side | float, sign: str, b: Side | float, *, margin: float = 2.0) -> Comparison:
    """a < b or a <= b: a + 2 sp below b holds, b + 2 sp below a fails, between is undecided.

    > and >= are the same with the sides exchanged; a <~ b, "not visibly worse", is a <= b + 2 sp
    and holds or fails. margin: the factor of sp; 0 decides printed numbers, which have no spread.
    """
    a, b = as_side(a), as_side(b)
    text = f"{a} {sign} {b}"
    if a.missing or b.missing:
        return Comparison(text, "untested", missing=a.missing + b.missing)
    if doubt := a.doubt or b.doubt:
        return Comparison(text, "untested", doubt)
    if margin and (a.lone or b.lone):
        return Comparison(text, "undecided", "one seed")
    if len(a.counts | b.counts) > 1:
        return Comparison(text, "undecided", "unequal numbers of images")
    if not (math.isfinite(a.mean) and math.isfinite(b.mean)):
        return Comparison(text, "undecided", "not a finite number")
    if sign.startswith(">"):
        a, b = b, a
    slack = margin * math.hypot(a.spread, b.spread) / math.sqrt(2) if margin else 0.0
    if sign == "<~":
        return Comparison(text, "holds" if a.mean <= b.mean + slack else "fails")
    if a.mean + slack < b.mean or ("=" in sign and a.mean + slack == b.mean):
        return Comparison(text, "holds")
    if b.mean + slack < a.mean:
        return Comparison(text, "fails")
    return Comparison(text, "undecided", "inside the spread")
