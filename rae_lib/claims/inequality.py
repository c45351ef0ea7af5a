"""The stored runs as the rules of `claims` ask for them: quantities, and inequalities between them.

`Runs` finds the quantities among the stored records, those of a grid study by the sizes that the papers name; it notes
on which data sets a rule has a part, and why runs decide nothing (`gate`). Inequalities: `comparison`.
"""

import math
import re
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Self

import pandas as pd

from rae_lib import studies
from rae_lib.claims.comparison import Comparison as Comparison
from rae_lib.claims.comparison import compare
from rae_lib.claims.comparison import joined as joined
from rae_lib.claims.quantity import Side
from rae_lib.claims.quantity import lowest as lowest
from rae_lib.claims.quantity import on_means as on_means
from rae_lib.claims.quantity import spearman as spearman
from rae_lib.config import own_set, resolve, show
from rae_lib.results import gate

KEYS = ["metric", "set", "system", "dataset", "variant", "features"]
VALUES = ["seed", "n_real", "n_fake", "value"]
FIELDS = [*KEYS, "profile", "protocol", *VALUES]
# Which data set of a claim another may be shown in place of, by the study that is asked (else ""):
# digits for MNIST, and for CIFAR-10 in the grid of DAE, whose sizes they have there.
STANDS_FOR = {"digits": {"": "mnist", "grid": "cifar10"}}
# What does not depend on how long a run was trained: times, and numbers of real images.
TIMES, REAL = ("step_time", "fit_time"), ("real", "halves")
SIGNS = {"width": "F", "latent": "d", "beta": "weight", "code_noise": "noise"}  # of the claims


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
        printed: Callable[..., float | None],
        judge: Callable[[str, str], gate.Doubling] = gate.doubling,
    ):
        self.profile, self.protocol, self.features = profile, protocol, features
        self.datasets, self.margin, self.printed = datasets, margin, printed
        self.plan = "paper" if profile == "published" else profile  # whose sizes the studies have
        self.named: tuple[str, ...] = ()  # the data sets that the claim in hand names
        self.used: dict[
            str, str
        ] = {}  # where its rule has a part: data set -> the one it is shown for
        self.judge, self.doubts = judge, {}  # the gate, and what it said by data set
        self.collapse = False  # whether the rule in hand asks for runs that collapse
        self.asked: dict[str, dict] = {}  # by field: a rule's values, and whether a study has them
        self.results = [result for result in results or [] if result.config.profile == profile]
        rows = table if set(FIELDS) <= set(table.columns) else pd.DataFrame(columns=FIELDS)
        self.failed = gate.failed(rows[rows.profile == profile])
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
        runs.named, runs.features, runs.asked, runs.used = named, features, {}, {}
        return runs

    def with_collapse(self) -> Self:
        """The same runs for a rule that is about collapse: a run that did counts."""
        runs = copy(self)
        runs.collapse = True
        return runs

    def over(self, *names: str) -> list[str]:
        """The data sets of a part of a rule: those it names, or what is shown in their place."""
        return self.take(self.standing(names))

    def standing(self, names: tuple[str, ...], study: str = "") -> dict[str, str]:
        """The data sets shown, or all without a choice, with those of these names that they are shown for."""
        if self.datasets is None:
            return {name: name for name in names}
        places = {d: self.place(d, study) for d in self.datasets}
        return {d: place for d, place in places.items() if place in names}

    def take(self, places: dict[str, str]) -> list[str]:
        """These data sets; that the rule has a part on them is noted."""
        self.used |= places
        return list(places)

    def place(self, dataset: str, study: str = "") -> str | None:
        """The data set of the claim that this one is shown for: itself, one it stands for, or None."""
        stand = STANDS_FOR.get(dataset, {}).get("grid" if study == "grid" else "")
        return next((d for d in (dataset, stand) if d in self.named), None)

    def studied(self, study: str, *names: str, system: str = "", **sizes: object) -> list[str]:
        """`over`, without data sets on which the study has no runs (system: no run of these sizes)."""
        places = self.standing(names, study)
        found = [d for d in places if filed(study, d, self.plan)]
        found = [d for d in found if not system or self.planned(study, system, d, **sizes)]
        return self.take({d: places[d] for d in found})

    def planned(self, study: str, system: str, dataset: str, **sizes: object) -> bool:
        """Does a study have a run of these sizes of the papers at this profile?"""
        name = cell_of(study, system, dataset, self.plan, **sizes)[0]
        return (system, name) in filed(study, dataset, self.plan)

    def covered(
        self,
        field: str,
        values: tuple,
        system: str,
        dataset: str,
        *,
        study: str = "grid",
        **sizes: object,
    ) -> list:
        """Those of a rule's values over which a study goes at this profile; all if it has none.

        In print all: a rule that names its sizes misses what is not printed.
        """
        if self.profile == "published":
            return list(values)
        cells = [sizes | {field: value} for value in values]
        found = [c[field] for c in cells if self.planned(study, system, dataset, **c)]
        known = self.asked.setdefault(field, {})
        known |= {v: known.get(v, False) or v in found or not found for v in values}
        return found or list(values)

    def narrowed(self) -> dict[str, list]:
        """By field: what the study has of the values that the rule in hand asked for, if not all."""
        found = {name: [v for v in had if had[v]] for name, had in self.asked.items()}
        return {
            name: values for name, values in found.items() if len(values) < len(self.asked[name])
        }

    def at(
        self,
        kind: str,
        system: str,
        dataset: str,
        *,
        study: str = "grid",
        metric: str = "frechet",
        **sizes: object,
    ) -> Side:
        """The run of a grid study that stands for these sizes of the papers (width=64, latent=96).

        A size that is not named has its default. The system's own run, where it is the same
        training, serves for a cell that has no run of its own; so in print.
        """
        name, own = cell_of(study, system, dataset, self.plan, **sizes)
        if own and (system, dataset, name) not in self.made:
            name = ""
        side = self.get(metric, kind, system, dataset, name)
        parts = [f"{SIGNS.get(k, k)}={show(v)}" for k, v in sizes.items()]
        where = ", ".join((system, *parts, dataset))
        return replace(side, text=f"{side.text.partition('(')[0]}({where})")

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
                    judged = metric not in TIMES and kind not in REAL
                    doubt = self.doubt(system, dataset, variant, cell[0]) if judged else ""
                    return Side(text, pd.Series(cell[0]), (), len(cell[0]) == 1, counts, doubt)
        detail = f"{text} in {wanted[0]} features" if len(wanted) == 1 else text
        return Side(text, math.nan, (self.lacking(detail, system, dataset, variant),))

    def doubt(self, system: str, dataset: str, variant: str, seeds: Iterable[int]) -> str:
        """Why these runs decide nothing (`gate`), or nothing; print is not judged."""
        if self.profile == "published":
            return ""
        if dataset not in self.doubts:
            self.doubts[dataset] = self.judge(dataset, self.profile).doubt
        found = [self.doubts[dataset]]
        for seed in () if self.collapse else seeds:
            reason = self.failed.get((self.profile, dataset, system, variant, seed))
            run = f"{system} on {dataset}" + (f" ({variant})" if variant else "")
            found += [f"{gate.SHORT}: {run}, seed {seed}, {reason}"] if reason else []
        return next(filter(None, found), "")

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
        doubt = self.doubt(system, dataset, "", series.index)
        return Side(text, series, (), len(series) == 1, doubt=doubt)

    def test(self, a: Side | float, sign: str, b: Side | float) -> Comparison:
        return compare(a, sign, b, margin=self.margin)


def alias_of(system: str, kind: str) -> str:
    """The other name of a model's own sampler: N and N01, or N and mvg."""
    own = own_set(system)
    return {"N": own, own: "N"}.get(kind, kind)


@cache
def filed(study: str, dataset: str, profile: str) -> frozenset[tuple[str, str]]:
    """(system, variant) of every run of a study on a data set."""
    return frozenset((c.system, c.variant) for c in studies.study(study, dataset, profile))


def cell_of(
    study: str, system: str, dataset: str, profile: str, **sizes: object
) -> tuple[str, bool]:
    """The variant of the run for these sizes, and whether it is the training of the system's own."""
    plain = ((k, tuple(v) if isinstance(v, list) else v) for k, v in sizes.items())
    return cell_name(study, system, dataset, profile, tuple(plain))


@cache
def cell_name(
    study: str, system: str, dataset: str, profile: str, sizes: tuple
) -> tuple[str, bool]:
    cell = studies.cell(study, system, dataset, profile, **dict(sizes))
    return cell.variant, cell.training_hash == resolve(system, dataset, profile).training_hash
