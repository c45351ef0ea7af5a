"""Published beside measured: the papers' tables, and their claims tested on stored runs.

A claim is a row of `published/claims.csv`; its rule is a function of a module of `claims`.
It is *contradicted* if one inequality fails, else *untested* if a run is missing or was not trained
enough (`gate`), *reproduced* if every inequality holds, and *undecided* if the runs do not decide.
A claim is tested on the data sets that it names; digits stand in for MNIST and for DAE's grid. In
the rules fid_N is a model's own sampler, that is the
prior (vae, wae-mmd, eae), the second stage (two-stage-vae) or a fitted Gaussian (the others);
fid_N01 a standard normal, fid_mvg the fitted Gaussian, fid_gmm the mixture.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import pandas as pd

from rae_lib.claims import bottleneck, contradictions, dae, eae, rae
from rae_lib.claims.inequality import Comparison, Runs
from rae_lib.claims.printed import FOLDER, published
from rae_lib.claims.printed import PRINTED as PRINTED
from rae_lib.claims.printed import PRINTED_DATASETS as PRINTED_DATASETS
from rae_lib.claims.printed import published_at as published_at
from rae_lib.claims.printed import published_table as published_table
from rae_lib.claims.printed import weights_shown as weights_shown
from rae_lib.config import catalogue, show
from rae_lib.results import gate

RULES = (rae, eae, dae, bottleneck, contradictions)


@dataclass
class Verdict:
    """A claim and what the runs say of it; outcome: empty where its rule has no part on the data sets shown.

    scope: on which runs, data sets and features it rests; places: those data sets, each with the one
    of the claim that it is shown for, itself where the claim names it.
    """

    id: str
    claim: str
    where: str
    outcome: Literal["reproduced", "contradicted", "undecided", "untested", ""]
    held: int
    of: int
    comparisons: list[Comparison]
    reason: str
    scope: str = ""
    beside: list[Comparison] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def verdicts(
    ids: list[str],
    table: pd.DataFrame,
    *,
    profile: str,
    datasets: tuple[str, ...] | None = None,
    features: str = "domain",
    protocol: str = "clean",
    results: list | None = None,
    margin: float = 2.0,
    judge: Callable[[str, str], gate.Doubling] = gate.doubling,
) -> list[Verdict]:
    """What the records (`runs.table`) and, for some claims, the Results say of these claims.

    datasets: those that are shown (None: all that the rules name). features: of Frechet
    distances and PRD; any consistent kind decides, save where a claim is about the papers' own
    numbers, which takes inception-2048. margin: factor of the spread over seeds; 0 decides printed
    numbers, which have none. judge: the doubling test of a data set and profile, which print does not
    have to pass. Raises ValueError for a claim that is unknown or has no rule here,
    never for missing runs.
    """
    runs = Runs(
        table,
        profile=profile,
        datasets=datasets,
        features=features,
        protocol=protocol,
        results=results,
        margin=margin,
        printed=published,
        judge=judge,
    )
    return [decide(claim_id, runs) for claim_id in ids]


def verdict(
    claim_id: str,
    table: pd.DataFrame,
    *,
    profile: str,
    datasets: tuple[str, ...] | None = None,
    features: str = "domain",
    protocol: str = "clean",
    results: list | None = None,
    margin: float = 2.0,
    judge: Callable[[str, str], gate.Doubling] = gate.doubling,
) -> Verdict:
    """The verdict of one claim; the arguments are those of `verdicts`."""
    return verdicts(
        [claim_id],
        table,
        profile=profile,
        datasets=datasets,
        features=features,
        protocol=protocol,
        results=results,
        margin=margin,
        judge=judge,
    )[0]


def decide(claim_id: str, runs: Runs) -> Verdict:
    """Evaluates the rule of a claim and counts."""
    row, rule = claim(claim_id), rule_of(claim_id)
    if rule is None:
        raise ValueError(f"claim {claim_id!r} has no rule here; those with one: {decidable()}")
    named = tuple(row["datasets"].split(",")) if row["datasets"] else ()
    runs = runs.about(
        named, "inception-2048" if row["absolute_features"] == "yes" else runs.features
    )
    every = list(rule(runs))
    counted = [c for c in every if not c.beside]
    outcome, reason = summary(counted)
    return Verdict(
        id=claim_id,
        claim=row["claim"],
        where=row["where"],
        outcome=outcome,
        held=sum(c.outcome == "holds" for c in counted),
        of=len(counted),
        comparisons=counted,
        reason=reason,
        scope=scope(row, runs) if counted else "nothing tested",
        beside=[c for c in every if c.beside],
        places=dict(runs.used),
    )


def summary(counted: list[Comparison]) -> tuple[str, str]:
    """The outcome of a row and, for all that did not hold, how many and why."""
    outcomes = [c.outcome for c in counted]
    missing = sorted({name for c in counted for name in c.missing})
    reasons = [f"runs missing: {', '.join(missing[:4])}"] if missing else []
    if len(missing) > 4:
        reasons[0] += f" and {len(missing) - 4} more"
    for reason in dict.fromkeys(c.reason for c in counted if c.reason):
        reasons.append(f"{reason} ({sum(c.reason == reason for c in counted)} of {len(counted)})")
    if not counted:
        return "", "the rule has no part on the data sets shown"
    if "fails" in outcomes:
        return "contradicted", "; ".join(
            [f"{outcomes.count('fails')} of {len(counted)} fail", *reasons]
        )
    doubts = [name for name in ("untested", "undecided") if name in outcomes]
    return (doubts[0] if doubts else "reproduced"), "; ".join(reasons)


def scope(row: dict[str, str], runs: Runs) -> str:
    """On which runs, data sets and features a verdict rests; which side of a dispute it tests."""
    side = re.search(r"\(([^()]* side|the (?:caption|text)'s version)\b[^()]*\)", row["rule"])
    parts = [f"tested: {side[1]}"] if side and row["id"].startswith("X") else []
    if not row["datasets"]:
        return "; ".join([*parts, "by simulation, without runs"])
    if row["needs"].startswith("no training: count"):
        return "by counting parameters at the papers' sizes, without runs"
    if row["rule"].startswith("table (decides)") or row["needs"].startswith("table reading"):
        return "decided by the printed tables"
    names = [titled(d) + stands(d, place) for d, place in runs.used.items()]
    left = [titled(d) for d in runs.named if d not in runs.used.values()]
    parts.append(f"{runs.profile} runs on {', '.join(names)}")
    parts += [f"not shown: {', '.join(left)}"] if left else []
    for name, values in runs.narrowed().items():
        told = map(show, sorted(values, key=lambda v: (isinstance(v, tuple), v)))
        parts.append(f"{name} {', '.join(told)} of the papers' grid")
    return "; ".join([*parts, f"{runs.features} features, {runs.protocol} protocol"])


def titled(dataset: str) -> str:
    return catalogue()["dataset"][dataset]["title"]


def stands(dataset: str, place: str) -> str:
    """ " (in place of MNIST)" of a data set that a claim does not name."""
    return "" if dataset == place else f" (in place of {titled(place)})"


@cache
def claims() -> dict[str, dict[str, str]]:
    """Every row of claims.csv by its id."""
    rows = pd.read_csv(FOLDER / "claims.csv", dtype=str, keep_default_na=False).to_dict("records")
    return {row["id"]: row for row in rows}


def claim(claim_id: str) -> dict[str, str]:
    if claim_id not in claims():
        raise ValueError(f"unknown claim {claim_id!r}; known: {', '.join(claims())}")
    return claims()[claim_id]


def rule_of(claim_id: str) -> Callable | None:
    name = claim_id.lower().replace("-", "_")
    return next((getattr(module, name) for module in RULES if hasattr(module, name)), None)


def decidable() -> list[str]:
    """The ids of the claims that have a rule here."""
    return [claim_id for claim_id in claims() if rule_of(claim_id)]


def published_verdict(claim_id: str) -> str:
    """Does a claim hold on the documents' own numbers: yes, partly, no or no-numbers."""
    return claim(claim_id)["published_holds"]
