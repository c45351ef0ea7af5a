"""The test of every rule: data at its own boundary, and data that satisfy it clearly.

The means of all quantities that a rule asks for are found by Newton steps on its margins: zero for the boundary, a
clear distance for the other. At the boundary (10 % noise, 3 seeds) at most 7 % of the simulations may disagree or be
mixed; with clear values (2 % noise) nearly all agree. For a rule that no data could satisfy no means are found.
"""

import json
import sys

import numpy as np

from rae_lib.claims import rules, verdicts
from rae_lib.claims.draws import Quantity
from rae_lib.claims.records import Records, unscaled
from rae_lib.results import store

SEEDS, BOUNDARY, CLEAR = 3, 0.1, 0.02  # seeds; noise of both tests
WRONG, RIGHT = 0.07, 0.9  # at most, at least
DISTANCES = (1.1, 0.4, 0.15, 0.09, 0.05)  # by which the margins are clear, in logs
TRIES, STEPS = 24, 40


class Simulated(Records):
    """Values of every quantity by name, in place of stored records: (seeds,) each, or draws themselves."""

    exact = False

    def __init__(self, values: dict | None = None, draws: dict | None = None):
        self.values, self.given, self.asked = values, draws, {}
        self.made: dict = {}
        self.variances: dict = {}

    def plan(self, dataset: str) -> str:
        return "paper"

    def quantity(self, key: tuple, count: int, collapse: bool = False) -> Quantity:
        if key not in self.made:
            self.asked[key] = True
            if self.values is None:
                draws = self.given.get(key, np.zeros(1)) if self.given else np.zeros(1)
                self.made[key] = Quantity((unscaled(draws, key[1]),))
            else:
                self.made[key] = super().quantity(key, count)
        return self.made[key]

    def find(self, key: tuple) -> tuple:
        return unscaled(self.values[key], key[1]), [], set(), list(range(SEEDS))

    def pooled(self, metric: str, kind: str, dataset: str, features: tuple) -> tuple[float, int]:
        name = (metric, kind, dataset)
        if name not in self.variances:
            same = [v for k, v in self.values.items() if (k[1], k[2], k[4]) == name]
            self.variances[name] = (float(np.var(same, axis=1, ddof=1).mean()), len(same) * (SEEDS - 1))
        return self.variances[name]


def margins(claim_id: str, cases: list, draws: dict | None) -> tuple[np.ndarray, list]:
    """By how much each comparison is true, (comparisons, draws), and the quantities that were asked for."""
    records = Simulated(draws=draws)
    found = [rules.compared(claim_id, c, records, 1).margin for c in cases]
    return np.stack(np.broadcast_arrays(*found)), list(records.asked)


def solve(claim_id: str, cases: list, distance: float, apart: float = 0.5) -> dict | None:
    """Means at which every margin is at least `distance`; of 0: as near to it as can be. None if none are found.

    apart: how far the quantities are from one another at first, in logs.
    """
    _, keys = margins(claim_id, cases, None)
    for attempt in range(TRIES):
        rng = np.random.default_rng(attempt)
        theta = rng.normal(0, apart if attempt < TRIES // 2 else 0.5, len(keys))
        for step in range(STEPS):
            moved = theta[:, None] + 1e-4 * np.eye(len(keys), len(keys) + 1, 1)
            with np.errstate(all="ignore"):
                values, _ = margins(claim_id, cases, dict(zip(keys, moved, strict=True)))
            values = np.nan_to_num(np.broadcast_to(values, (len(cases), len(keys) + 1)), posinf=9, neginf=-9)
            miss = values[:, 0] - distance
            tight = distance == 0 and step < STEPS // 2
            wanted = miss if tight else np.minimum(miss, 0)
            if np.abs(wanted).max() < 1e-3:
                return dict(zip(keys, theta, strict=True))
            slopes = (values[:, 1:] - values[:, :1]) / 1e-4
            move = -np.linalg.pinv(slopes, rcond=1e-3) @ (wanted - (0 if tight else 2e-3) * (wanted < 0))
            theta = theta + np.clip(move, -0.5, 0.5)
    return None


def outcomes(claim_id: str, cases: list, means: dict, noise: float, count: int) -> list[str]:
    """The outcome of the claim in `count` simulations."""
    rng, found = np.random.default_rng(0), []
    draws = max(verdicts.DRAWS, verdicts.EACH * len(cases))
    for _ in range(count):
        values = {k: m + noise * rng.standard_normal(SEEDS) for k, m in means.items()}
        records = Simulated(values)
        some = [rules.compared(claim_id, c, records, draws).outcome(len(cases)) for c in cases]
        found.append(verdicts.summary(some))
    return found


def places(claim_id: str) -> list[list]:
    """The comparisons on the data set that has most of them, and those about all together."""
    records = Simulated()
    each = [list(rules.cases(claim_id, records, [d])) for d in rules.claim(claim_id)["datasets"]]
    each = [list(filter(rules.is_counted, some)) for some in each]
    joint = list(rules.cases(claim_id, records, []))
    return [some for some in (max(each, key=len, default=[]), joint) if some]


def test(claim_id: str, count: int) -> dict:
    """The record of a rule's test; the worst of its places counts."""
    wrong, right, notes = 0.0, 1.0, []
    for cases in places(claim_id):
        starts = [s for s in (solve(claim_id, cases, 0.0, apart) for apart in (0.01, 0.5)) if s]
        clear = next(filter(None, (solve(claim_id, cases, d) for d in DISTANCES)), None)
        if not starts or clear is None:
            notes.append("no data satisfy it" if clear is None else "no boundary")
            wrong, right = 1.0, 0.0
            continue
        for start in starts:
            found = outcomes(claim_id, cases, start, BOUNDARY, count)
            wrong = max(wrong, np.mean([o in ("disagrees", "mixed") for o in found]))
        found = outcomes(claim_id, cases, clear, CLEAR, max(count // 5, 20))
        right = min(right, np.mean([o == "agrees" for o in found]))
    done = bool(wrong <= WRONG and right >= RIGHT)
    words = {"rule": rules.digest(claim_id), "simulations": count, "passed": done, "note": "; ".join(notes)}
    return words | {
        "disagrees or mixed at the boundary": round(float(wrong), 3),
        "agrees on clear values": round(float(right), 3),
    }


def main(ids: list[str], count: int) -> int:
    """Tests the rules and stores what comes out; the number of those that do not pass."""
    path, failed = store.root() / "computed" / "rules.json", 0
    noisy = [i for i in ids if rules.claim(i)["decided_by"] in verdicts.SIDES and rules.blocks(i)]
    for claim_id in noisy:
        record = test(claim_id, count)
        failed += not record["passed"]
        stored = verdicts.tests()
        store.write(path, (json.dumps(dict(sorted((stored | {claim_id: record}).items())), indent=1) + "\n").encode())
        print(claim_id, *(f"{k}: {v}" for k, v in record.items() if k != "rule"), sep="  ", file=sys.stderr, flush=True)
    return failed
