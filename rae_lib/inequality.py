"""Inequalities between measured quantities, of which the rules of `claims_*` are made.

A quantity is a `Side`: values by seed, so that factors, ratios and differences are taken seed by
seed. `compare` sets two of them against each other on their means, with a margin of 2 sp, sp the
root mean square of the two standard deviations over seeds (a constant has none): an inequality
holds, fails or stays undecided. `Runs` finds the quantities among the stored records.
"""

import math
import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Literal, Self

import pandas as pd

Outcome = Literal["holds", "fails", "undecided"]
KEYS = ["metric", "set", "system", "dataset", "variant", "features"]
VALUES = ["seed", "n_real", "n_fake", "value"]
FIELDS = [*KEYS, "profile", "protocol", *VALUES]
# What a model's own sampler "N" is, where it has a second name: one measurement answers to both.
PRIOR = ("vae", "vae-bce", "vae-fixed", "vae-learned", "wae-mmd", "eae", "ae-bn", "vae-dae")
FITTED = ("ae", "ae-l2", "rae", "rae-l2", "rae-gp", "rae-sn", "cv-vae")
FITTED += ("dae", "dae-bn", "dae-ln", "dae-sn", "dae-noise", "dae-frozen")
OWN_SAMPLER = dict.fromkeys(PRIOR, "N01") | dict.fromkeys(FITTED, "mvg")
# Which data set of a claim one may be shown in place of: the first of these that the claim names.
STANDS_FOR = {
    "digits": ("mnist",),
    "fashion_mnist": ("fashion_mnist", "mnist"),
    "cifar10": ("cifar10", "celeba64"),
    "celeba64": ("celeba64", "cifar10"),
}


@dataclass(frozen=True)
class Comparison:
    """One inequality with its numbers. beside: reported beside the verdict, not counted in it."""

    text: str
    outcome: Outcome
    reason: str = ""
    missing: tuple[str, ...] = ()
    beside: bool = False


@dataclass(frozen=True)
class Side:
    """One side of an inequality: values by seed, or one number without spread.

    missing: the runs it lacks; lone: it rests on a single seed; counts: the (n_real, n_fake) of
    the distances in it.
    """

    text: str
    values: pd.Series | float
    missing: tuple[str, ...] = ()
    lone: bool = False
    counts: frozenset = frozenset()

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
        return Side(text, values, missing, lone, self.counts | other.counts)

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


def on_means(text: str, value: float, parts: list[Side]) -> Side:
    """A number taken on the means of `parts` (a rank correlation, a position): no spread."""
    return Side(text, float(value), lacks(parts), any(part.lone for part in parts))


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
    return replace(best, text=text, missing=lacks(sides), lone=any(side.lone for side in sides))


def joined(text: str, parts: list[Comparison], *, any_of: bool = False) -> Comparison:
    """All parts hold (any_of: one does), in three values: an undecided part may leave it open."""
    one, every = ("holds", "fails") if any_of else ("fails", "holds")
    outcomes = [part.outcome for part in parts]
    if one in outcomes or set(outcomes) <= {every}:
        return Comparison(text, one if one in outcomes else every)
    reason = next((part.reason for part in parts if part.reason), "")
    return Comparison(text, "undecided", reason, lacks(parts))


def compare(a: Side | float, sign: str, b: Side | float, *, margin: float = 2.0) -> Comparison:
    """a < b or a <= b: a + 2 sp below b holds, b + 2 sp below a fails, between is undecided.

    > and >= are the same with the sides exchanged; a <~ b, "not visibly worse", is a <= b + 2 sp
    and holds or fails. margin: the factor of sp; 0 decides printed numbers, which have no spread.
    """
    a, b = as_side(a), as_side(b)
    text = f"{a} {sign} {b}"
    if a.missing or b.missing:
        return Comparison(text, "undecided", missing=a.missing + b.missing)
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


class Runs:
    """The records that a rule may ask for: one profile, protocol and kind of features."""

    def __init__(
        self,
        table: pd.DataFrame,
        *,
        profile: str,
        datasets: tuple[str, ...] | None,
        features: str,
        protocol: str,
        results: list | None,
        margin: float,
        printed: Callable[[str, str, str, str, str], float | None],
    ):
        self.profile, self.protocol, self.features = profile, protocol, features
        self.datasets, self.margin, self.printed = datasets, margin, printed
        self.named: tuple[str, ...] = ()  # the data sets that the claim in hand names
        self.results = [result for result in results or [] if result.config.profile == profile]
        rows = table if set(FIELDS) <= set(table.columns) else pd.DataFrame(columns=FIELDS)
        rows = rows[(rows.profile == profile) & (rows.protocol == protocol)]
        rows = rows.assign(variant=rows.variant.fillna("")).dropna(subset=["value"])
        configs = [result.config for result in self.results]
        self.made = set(zip(rows.system, rows.dataset, rows.variant, strict=True))
        self.made |= {(config.system, config.dataset, config.variant) for config in configs}
        # The same quantity measured twice: the one on more images counts.
        rows = rows.sort_values("n_fake", kind="stable")
        rows = rows.drop_duplicates([*KEYS, "seed"], keep="last")
        self.cells: dict[tuple, tuple[dict[int, float], set]] = {}  # values by seed, counts
        for *key, seed, real, fake, value in rows[[*KEYS, *VALUES]].itertuples(index=False):
            values, counts = self.cells.setdefault(tuple(key), ({}, set()))
            values[int(seed)] = float(value)
            counts.add((int(real), int(fake)))

    def about(self, named: tuple[str, ...], features: str) -> Self:
        """The same runs, asked about a claim on these data sets and with these features."""
        runs = copy(self)
        runs.named, runs.features = named, features
        return runs

    def over(self, *names: str) -> list[str]:
        """The data sets of a part of a rule: those it names, or what is shown in their place."""
        if self.datasets is None:
            return list(names)
        return [d for d in self.datasets if self.place(d) in (None, *names)]

    def place(self, dataset: str) -> str | None:
        """The data set of the claim that this one stands for; None, being like none: for all."""
        return next((d for d in STANDS_FOR.get(dataset, (dataset,)) if d in self.named), None)

    def variant(self, system: str, dataset: str, prefix: str, value: float) -> str:
        """The variant named prefix + number, however many digits its name gives."""
        for s, d, name in self.made:
            number = re.fullmatch(re.escape(prefix) + r"([\d.]+(?:e[-+]?\d+)?)", name)
            if (s, d) == (system, dataset) and number:
                if math.isclose(float(number[1]), value, rel_tol=0.01):
                    return name
        return f"{prefix}{value:g}"

    def fid(self, kind: str, system: str, dataset: str, variant: str = "") -> Side:
        return self.get("frechet", kind, system, dataset, variant)

    def get(
        self,
        metric: str,
        kind: str,
        system: str,
        dataset: str,
        variant: str = "",
        *,
        features: str | None = None,
    ) -> Side:
        """The records of one metric on one set of images, seed by seed."""
        name = f"fid_{kind}" if metric == "frechet" else f"{metric}_{kind}".removesuffix("_none")
        text = f"{name}({', '.join(part for part in (system, variant, dataset) if part)})"
        # Distances and PRD depend on the features and on the counts; times and norms on neither.
        distance = metric.startswith(("frechet", "kid", "prd"))
        wanted = [features or self.features]
        wanted += [] if distance or features else ["none", "pixels", "codes"]
        for feature in wanted:
            for alias in (kind, alias_of(system, kind)):
                cell = self.cells.get((metric, alias, system, dataset, variant, feature))
                if cell is not None:
                    counts = frozenset(cell[1] if distance else ())
                    return Side(text, pd.Series(cell[0]), (), len(cell[0]) == 1, counts)
        detail = f"{text} in {wanted[0]} features" if len(wanted) == 1 else text
        return Side(text, math.nan, (self.lacking(detail, system, dataset, variant),))

    def lacking(self, detail: str, system: str, dataset: str, variant: str = "") -> str:
        if (system, dataset, variant) in self.made:
            return detail
        return f"{system} on {dataset}" + (f" ({variant})" if variant else "")

    def curve(
        self, name: str, system: str, dataset: str, measure: Callable[[object], float]
    ) -> Side:
        """A number that `measure` takes from each seed's Result (history, mixture study)."""
        text, key = f"{name}({system}, {dataset})", (system, dataset, "")
        values = {}
        for result in self.results:
            if (result.config.system, result.config.dataset, result.config.variant) == key:
                values[result.config.seed] = measure(result)
        series = pd.Series(values, dtype=float).dropna()
        if series.empty:
            return Side(text, math.nan, (self.lacking(text, system, dataset),))
        return Side(text, series, (), len(series) == 1)

    def test(self, a: Side | float, sign: str, b: Side | float) -> Comparison:
        return compare(a, sign, b, margin=self.margin)


def alias_of(system: str, kind: str) -> str:
    """The other name of a model's own sampler: N and N01, or N and mvg."""
    own = OWN_SAMPLER.get(system, "N")
    return {"N": own, own: "N"}.get(kind, kind)
