"""Quantities as draws of a mean over seeds, and how far they support a comparison.

A rule is an expression over quantities. `/ - * + abs` act draw by draw; `< <= > >=` give a `Compared`: the share of
draws in which it is true, and the share in which its opposite is. A minimum or maximum keeps its candidates: that one
of k lies below all of the other side is corrected for the choice, 1 - k (1 - share).
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

HOLDS = 0.95  # the support from which a comparison holds


@dataclass(frozen=True)
class Quantity:
    """Draws of one mean, or of each candidate of a minimum (top: of a maximum).

    lacks: why it is untested; runs: what it rests on; counts: (real, fake) images behind its distances; loose: its
    error is not known, because no system has two seeds.
    """

    arrays: tuple[np.ndarray, ...]  # each (draws,)
    top: bool = False
    lacks: tuple[str, ...] = ()
    runs: tuple[tuple, ...] = ()
    counts: frozenset = frozenset()
    loose: bool = False

    def draw(self) -> np.ndarray:
        """The minimum (or maximum) of the candidates, draw by draw."""
        return (np.max if self.top else np.min)(np.stack(np.broadcast_arrays(*self.arrays)), axis=0)

    def summarise(self) -> tuple[float, float]:
        """The median over draws and half of the width of their middle 68 %, of the best candidate."""
        medians = [np.median(a) for a in self.arrays]
        best = self.arrays[int((np.argmax if self.top else np.argmin)(medians))]
        with np.errstate(invalid="ignore"):
            low, high = np.quantile(best, (0.16, 0.84))
        return float(np.median(best)), float(high - low) / 2

    def pair(self, other: object, act: Callable, *, inverts: bool = False) -> "Quantity":
        """`act` on every pair of candidates; inverts: a smaller right side gives a larger value."""
        other = as_quantity(other)
        flags = {self.top} if len(self.arrays) > 1 else set()
        flags |= {other.top ^ inverts} if len(other.arrays) > 1 else set()
        if len(flags) > 1:
            raise ValueError("a minimum and a maximum do not combine in this way")
        arrays = tuple(act(a, b) for a in self.arrays for b in other.arrays)
        return replace(joined((self, other)), arrays=arrays, top=True in flags)

    def __mul__(self, other: object) -> "Quantity":
        return self.pair(other, np.multiply)

    def __add__(self, other: object) -> "Quantity":
        return self.pair(other, np.add)

    def __sub__(self, other: object) -> "Quantity":
        return self.pair(other, np.subtract, inverts=True)

    def __truediv__(self, other: object) -> "Quantity":
        return self.pair(other, np.divide, inverts=True)

    def __rsub__(self, other: float) -> "Quantity":
        return as_quantity(other) - self

    def __abs__(self) -> "Quantity":
        return replace(self, arrays=tuple(map(np.abs, self.arrays)))

    __rmul__, __radd__ = __mul__, __add__

    def __lt__(self, other: object) -> "Compared":
        return compare(self, other, "<")

    def __le__(self, other: object) -> "Compared":
        return compare(self, other, "<=")

    def __gt__(self, other: object) -> "Compared":
        return compare(self, other, ">")

    def __ge__(self, other: object) -> "Compared":
        return compare(self, other, ">=")


@dataclass(frozen=True)
class Compared:
    """A comparison with its two supports; margin: by how much it is true, draw by draw."""

    left: Quantity
    sign: str
    right: Quantity
    support: float
    opposite: float
    margin: np.ndarray = field(repr=False)
    lacks: tuple[str, ...] = ()
    runs: tuple[tuple, ...] = ()
    loose: bool = False

    def outcome(self, count: int) -> str:
        """holds, fails, open or untested, as one of `count` comparisons of a claim."""
        if self.lacks or self.loose:
            return "untested" if self.lacks else "open"
        if self.support >= HOLDS:
            return "holds"
        return "fails" if self.opposite >= 1 - 0.05 / count else "open"


def as_quantity(value: object) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity((np.array([float(value)]),))


def joined(parts: tuple) -> Quantity:
    """What quantities rest on and lack together; their draws are still to be set."""
    lacks, runs = (tuple(dict.fromkeys(x for p in parts for x in getattr(p, n))) for n in ("lacks", "runs"))
    counts, loose = frozenset().union(*(p.counts for p in parts)), any(p.loose for p in parts)
    return Quantity((), False, lacks, runs, counts, loose)


def flat(values: object) -> list:
    return [x for v in values for x in flat(v)] if isinstance(values, list | tuple) else [values]


def below(a: Quantity, b: Quantity, act: Callable) -> float:
    """The share of draws in which a is below b. A minimum needs one candidate below, a maximum all of them."""
    left, right = (np.stack(np.broadcast_arrays(*q.arrays)) for q in (a, b))
    shares = np.mean(act(left[:, None], right[None]), axis=-1)  # (k, l)
    one_left, one_right = not a.top and len(left) > 1, b.top and len(right) > 1
    by_left = shares.max(1) if one_right else shares.min(1)
    best = by_left.max() if one_left else shares.min(0).max() if one_right else shares.min()
    choices = (len(left) if one_left else 1) * (len(right) if one_right else 1)
    return float(max(0.0, 1 - choices * (1 - best)))


def compare(a: object, b: object, sign: str) -> Compared:
    """a sign b; two distances on unequal numbers of images are not compared."""
    a, b = as_quantity(a), as_quantity(b)
    low, high = (a, b) if sign[0] == "<" else (b, a)
    both = joined((a, b))
    lacks = both.lacks + (("unequal numbers of images",) if len(both.counts) > 1 else ())
    with np.errstate(all="ignore"):
        x, y = low.draw(), high.draw()
        margin = np.where((x > 0) & (y > 0), np.log(y) - np.log(x), y - x)
    act = np.less_equal if "=" in sign else np.less
    support, opposite = below(low, high, act), below(high, low, np.less)
    return Compared(a, sign, b, support, opposite, margin, lacks, both.runs, both.loose)


# ---- verbs of the rules


def smallest(*values: object) -> Quantity:
    return extreme(values, top=False)


def largest(*values: object) -> Quantity:
    return extreme(values, top=True)


def extreme(values: object, *, top: bool) -> Quantity:
    parts = [as_quantity(v) for v in flat(values)]
    if not parts:
        return Quantity((np.array([np.nan]),), lacks=("no sizes to choose from",))
    return replace(joined(tuple(parts)), arrays=tuple(a for p in parts for a in p.arrays), top=top)


def stacked(values: list, least: int = 2) -> tuple[Quantity, np.ndarray]:
    """What a list of quantities rests on, and its draws, (quantities, draws); fewer than `least` are untested."""
    parts = tuple(map(as_quantity, flat(values)))
    whole = joined(parts)
    if len(parts) < least:
        whole = replace(whole, lacks=(*whole.lacks, "fewer than two sizes"))
    return whole, np.stack(np.broadcast_arrays(*(p.arrays[0] for p in parts)))


def slope(xs: list, ys: list) -> Quantity:
    """The slope of log y (of y, where some is not positive) over log x by least squares, draw by draw."""
    whole, draws = stacked(ys)
    x = np.log(xs) - np.mean(np.log(xs))
    y = np.log(draws) if (draws > 0).all() else draws
    return replace(whole, arrays=(x @ y / max(x @ x, 1e-12),))


def span(*values: object) -> Quantity:
    """The largest over the smallest, less one, draw by draw."""
    whole, draws = stacked(list(values))
    return replace(whole, arrays=(draws.max(0) / draws.min(0) - 1,))


def best(xs: list, ys: list) -> Quantity:
    """The x at which y is lowest, draw by draw."""
    whole, draws = stacked(ys, 1)
    return replace(whole, arrays=(np.array(xs, float)[draws.argmin(0)],))


def at_best(values: list, of: list) -> Quantity:
    """The value where `of` is lowest, draw by draw."""
    (one, draws), (other, by) = stacked(values), stacked(of)
    draws, by = np.broadcast_arrays(draws, by)
    return replace(joined((one, other)), arrays=(np.take_along_axis(draws, by.argmin(0)[None], 0)[0],))


def spearman(xs: list, ys: list) -> Quantity:
    """Rank correlation, draw by draw."""
    (one, a), (other, b) = stacked(xs), stacked(ys)
    a, b = (x.argsort(0).argsort(0) - (len(x) - 1) / 2 for x in np.broadcast_arrays(a, b))
    both = replace(joined((one, other)), counts=frozenset())
    return replace(both, arrays=((a * b).sum(0) / (a * a).sum(0),))


def same(a: Quantity, b: object, within: float = 0.1) -> Compared:
    """Equal up to a part; 5 % of a document is tested at 10 %."""
    return abs(a / b - 1) <= within


def near(a: Quantity, b: float, factor: float = 1.5) -> Compared:
    """Equal up to a factor."""
    found = every(a >= b / factor, a <= b * factor)
    return replace(found, left=a, sign="≈", right=as_quantity(b))


def rising(values: list) -> Compared:
    """Each is below the next."""
    return every([a < b for a, b in zip(values, values[1:], strict=False)])


def scatter(values: list, count: int = 4_000) -> Quantity:
    """What one more value could be: normal draws with the mean and deviation of these; a single one as it is."""
    if len(values) < 2:
        return extreme(values, top=False)
    whole, found = stacked(values)
    rng = np.random.default_rng(zlib.crc32(found.tobytes()))
    return replace(whole, arrays=(rng.normal(found.mean(), found.std(ddof=1), count),))


def between(x: Quantity, xs: list, ys: list) -> Quantity:
    """The y at x on the curve through points, straight in the root of y; untested beyond its end."""
    (one, a), (other, b) = stacked([x, *xs]), stacked(ys)
    whole, beyond = joined((one, other)), a[0, 0] > a[1:].max()
    lacks = (*whole.lacks, "beyond the end of the curve") if beyond else whole.lacks
    value = np.interp(a[0], a[1:, 0], np.sqrt(b[:, 0])) ** 2
    return replace(whole, arrays=(value,), lacks=lacks)


def not_worse(a: Quantity, b: object) -> Compared:
    """a is not visibly above b: it holds unless b < a would."""
    found = a <= b
    return replace(found, support=float(found.opposite < HOLDS))


def every(*parts: object) -> Compared:
    """All hold."""
    parts = flat(parts) or [NOTHING]
    wrong = 1 - len(parts) * (1 - max(p.opposite for p in parts))
    return combined(parts, min(p.support for p in parts), wrong, np.min)


def some(*parts: object) -> Compared:
    """One holds; corrected for the choice."""
    parts = flat(parts) or [NOTHING]
    right = 1 - len(parts) * (1 - max(p.support for p in parts))
    return combined(parts, right, min(p.opposite for p in parts), np.max)


def combined(parts: list, support: float, opposite: float, act: Callable) -> Compared:
    """Shown by the part that decides: of all the weakest, of some the strongest."""
    both = joined(tuple(replace(p.left, lacks=p.lacks, runs=p.runs, loose=p.loose) for p in parts))
    shown = (min if act is np.min else max)(parts, key=lambda p: p.support - p.opposite)
    margin = act(np.stack(np.broadcast_arrays(*(p.margin for p in parts))), axis=0)
    support, opposite = max(0.0, support), max(0.0, opposite)
    kept = {"lacks": both.lacks, "runs": both.runs, "loose": both.loose}
    return replace(shown, support=support, opposite=opposite, margin=margin, **kept)


NOTHING = replace(Quantity((np.array([np.nan]),)) < 0, lacks=("fewer than three sizes",))
VERBS = {
    "min": smallest, "max": largest, "slope": slope, "span": span, "best": best, "at_best": at_best,
    "spearman": spearman, "same": same, "near": near, "rising": rising, "scatter": scatter, "between": between,
    "not_worse": not_worse, "every": every, "some": some, "abs": abs,
}  # fmt: skip
