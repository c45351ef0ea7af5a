"""Verdicts: what stored runs, or published numbers, say of a claim.

Each comparison of a claim holds, fails, is open or untested (`draws`). The claim is then open where more than a
quarter is untested; disagrees where more fail than hold, and at least a quarter; mixed where some fail; agrees where
none fails and more than half hold; else open. At the papers' sizes agrees is reproduced, disagrees contradicted.
"""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache

import pandas as pd

from rae_lib.claims import rules
from rae_lib.claims.records import Computed, Records, in_print
from rae_lib.results import store

COUNTED = {"holds": "hold", "open": "open", "fails": "fail", "untested": "untested"}
AT_PAPER = {"agrees": "reproduced", "disagrees": "contradicted"}
DRAWS, EACH = 4_000, 200  # draws at least, and at least for each comparison
SIDES = ("runs", "time")


@dataclass(frozen=True)
class Comparison:
    """One comparison: the rule, its loop variables, both sides as (value, spread), supports, and the runs behind."""

    text: str
    chosen: dict
    outcome: str
    left: tuple[float, float]
    sign: str
    right: tuple[float, float]
    support: float
    opposite: float
    lacks: tuple[str, ...]
    runs: tuple[tuple, ...]
    source: str = ""


@dataclass(frozen=True)
class Verdict:
    """A claim on a data set ("" for none, or all together); stands: the data set of the claim for which it is shown.

    passed: whether the rule passed its own test (`simulate`); until then the outcome says nothing.
    """

    id: str
    dataset: str
    profile: str
    outcome: str
    comparisons: tuple[Comparison, ...]
    uncounted: tuple[Comparison, ...] = ()
    stands: str = ""
    passed: bool = True

    def count(self, outcome: str) -> int:
        return sum(c.outcome == outcome for c in self.comparisons)


def decide(ids: list[str], frame: pd.DataFrame, datasets: list[str] | None = None) -> list[Verdict]:
    """A verdict for each claim and data set on which it has a part; ValueError for an unknown claim.

    What a simulation, a count or the published numbers decide has one verdict, whatever the data set.
    """
    records = Records(frame)
    shown = sorted(set(frame["dataset"])) if datasets is None else datasets
    return [v for i in ids for d in [*shown, ""] if (v := on(i, records, d, shown)).comparisons]


def on(claim_id: str, records: Records, dataset: str, shown: list[str]) -> Verdict:
    """The verdict of a claim on one data set, or (no data set) of what is about none or about all together."""
    one, uncounted = rules.claim(claim_id), []
    if dataset:
        cases = list(rules.cases(claim_id, records, [dataset]))
        found = judged(claim_id, list(filter(rules.is_counted, cases)), records)
        uncounted = judged(claim_id, [c for c in cases if not rules.is_counted(c)], records)
    elif one["decided_by"] in SIDES:
        found = judged(claim_id, list(rules.cases(claim_id, records, [])), records)
        found = found if any(c.outcome != "untested" for c in found) else []
    else:
        own = Computed(one["records"]) if one["decided_by"] == "computed" else records
        found = judged(claim_id, list(rules.cases(claim_id, own, [])), own)
        cases = [c for d in shown for c in rules.cases(claim_id, records, [d])]
        uncounted = judged(claim_id, [c for c in cases if not rules.is_counted(c)], records)
    profile = records.plan(dataset) if dataset else ""
    places = {rules.place(dataset, one["datasets"], b.get("study", "")) for b in rules.blocks(claim_id)}
    stands = next(iter(sorted(p for p in places if p)), "") if dataset not in one["datasets"] else ""
    word = summary([c.outcome for c in found])
    word = AT_PAPER.get(word, word) if profile == "paper" else word
    return Verdict(claim_id, dataset, profile, word, tuple(found), tuple(uncounted), stands, passed(claim_id))


@cache
def decide_print(claim_id: str) -> Verdict:
    """The verdict of the same rule on published numbers: a comparison for each source that has them."""
    one, found = rules.claim(claim_id), {}
    if one["decided_by"] == "print":
        return on(claim_id, in_print("rae"), "", [])
    for source in one.get("print", []):
        records = in_print(source)
        cases = [c for x in (one["datasets"], []) for c in rules.cases(claim_id, records, x)]
        for c in judged(claim_id, list(filter(rules.is_counted, cases)), records, source):
            found.setdefault((c.text, repr(c.chosen)), []).append(c)
    kept = [[c for c in some if c.outcome != "untested"] or some[:1] for some in found.values()]
    every = tuple(c for some in kept for c in some)
    return Verdict(claim_id, "", "published", summary([c.outcome for c in every]), every)


def judged(claim_id: str, cases: list, records: Records, source: str = "") -> list[Comparison]:
    found, count = [], max(DRAWS, EACH * len(cases))
    for case in cases:
        c = rules.compared(claim_id, case, records, count)
        sides = (c.left.summarise(), c.sign, c.right.summarise(), c.support, c.opposite)
        found.append(Comparison(*case[:2], c.outcome(len(cases)), *sides, c.lacks, c.runs, source))
    return found


def summary(outcomes: list[str]) -> str:
    """The outcome of a claim from those of its comparisons; empty without any."""
    m, n = len(outcomes), Counter(outcomes)
    if not m:
        return ""
    if n["untested"] > m / 4:
        return "open"
    if n["fails"] > n["holds"] and n["fails"] >= m / 4:
        return "disagrees"
    return "mixed" if n["fails"] else "agrees" if n["holds"] > m / 2 else "open"


def tests() -> dict[str, dict]:
    """The stored tests of the rules (`simulate`); none where the file is not there, or damaged."""
    try:
        return json.loads(store.read(store.computed("rules")))
    except (OSError, ValueError):
        return {}


def passed(claim_id: str) -> bool:
    """Whether the present text of a rule has passed its test; what has no noise needs none."""
    if rules.claim(claim_id)["decided_by"] not in SIDES:
        return True
    test = tests().get(claim_id, {})
    return test.get("rule") == rules.digest(claim_id) and test["passed"]
