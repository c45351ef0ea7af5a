"""The engine of the claims: draws, comparisons, names, data sets, outcomes; and that every rule has passed its test."""

import copy

import numpy as np
import pytest

from rae_lib.claims import check, draws, rules, simulate, verdicts
from rae_lib.claims.draws import Quantity, compare
from rae_lib.claims.records import Records
from rae_lib.results import store
from rae_lib.results.frame import framed
from rae_lib.results.store import root

RNG = np.random.default_rng(0)
NOISY = [i for i, c in rules.claims().items() if c["decided_by"] in verdicts.SIDES and c.get("rule")]


def around(mean: float, spread: float = 0.01) -> Quantity:
    return Quantity((RNG.normal(mean, spread, 4_000),))


def records(cells: dict[tuple, list[float]], **other) -> Records:
    """(metric, set, system, dataset) -> a value for each seed."""
    same = {"document": "here", "profile": "laptop", "study": "", "variant": "", "doubt": ""}
    same |= {"features": "domain", "protocol": "clean", "n_real": 9, "n_fake": 9} | other
    rows = [
        same | dict(zip(("metric", "set", "system", "dataset"), key, strict=True)) | {"seed": s, "value": v}
        for key, values in cells.items()
        for s, v in enumerate(values)
    ]
    return Records(framed(rows))


def mixtures(gmm: list[float], own: list[float]) -> dict:
    systems = rules.book()["groups"]["MIXED"]
    return {("frechet", c, s, "digits"): v for s in systems for c, v in (("gmm", gmm), ("N", own))}


def outcome(claim_id: str, found: Records, dataset: str = "digits") -> tuple:
    v = verdicts.on(claim_id, found, dataset, [dataset])
    return v.outcome, *map(v.count, verdicts.COUNTED)


def reasons(v: verdicts.Verdict) -> set[str]:
    """Why comparisons are untested."""
    return {c.lacks[0] for c in v.comparisons if c.outcome == "untested"}


def test_distances_whose_numbers_of_images_are_not_known_are_compared():
    cells = mixtures([1.0, 1.1, 1.2], [2.0, 2.1, 2.2])
    unknown = outcome("RAE-01", records(cells, n_real=np.nan, n_fake=np.nan))
    assert unknown == outcome("RAE-01", records(cells)) and unknown[-1] == 0


# ---- draws


def test_a_comparison_holds_fails_or_is_open_by_its_support():
    assert (around(1) < around(2)).outcome(10) == "holds"
    assert (around(2) < around(1)).outcome(10) == "fails"
    assert (around(1) < around(1.005)).outcome(10) == "open"
    assert (around(1) > 0.5).outcome(1) == (0.5 <= around(1)).outcome(1) == "holds"
    weak = compare(around(0.019, 0.01), 0, "<")  # the opposite is true in about 97 % of the draws
    assert weak.outcome(1) == "fails" and weak.outcome(10) == "open"


def test_numbers_without_noise_are_compared_as_they_are():
    one, two = (draws.as_quantity(v) for v in (1, 2))
    assert (one < two).outcome(1) == "holds" and (two <= one).outcome(1) == "fails"
    assert (one <= one).outcome(1) == "holds" and (one < one).outcome(1) == "open"


def test_a_minimum_is_corrected_for_the_choice_and_needs_one_candidate():
    many = [around(1) for _ in range(8)]
    assert (draws.smallest(many, around(0.5)) < around(0.8)).outcome(1) == "holds"
    assert (draws.smallest(many) < draws.smallest([around(1) for _ in range(8)])).outcome(1) == "open"
    assert (draws.largest(many) < around(1.2)).outcome(1) == "holds"  # all of them
    assert (draws.largest(many, around(2)) / draws.smallest(many) <= 1.1).outcome(1) == "fails"
    with pytest.raises(ValueError, match="do not combine"):
        draws.largest(many) / draws.largest(many)


def test_a_maximum_with_a_missing_run_is_untested():
    missing = Quantity((np.array([np.nan]),), lacks=("no such runs",))
    found = draws.largest(around(1.0), missing) / draws.smallest(around(1.0)) <= 2
    assert found.outcome(1) == "untested"


def test_verbs_over_sizes_are_taken_draw_by_draw():
    falling = [around(v) for v in (8, 4, 2, 1)]
    assert draws.slope([1, 2, 4, 8], falling).summarise()[0] == pytest.approx(-1, abs=0.01)
    assert draws.best([1, 2, 4, 8], falling).summarise() == (8, 0)
    assert draws.span(falling).summarise()[0] == pytest.approx(7, abs=0.1)
    assert draws.at_best([around(v) for v in (3, 4, 5, 6)], falling).summarise()[0] == pytest.approx(6, abs=0.05)
    assert draws.spearman([1, 2, 3, 4], falling).summarise() == (-1, 0)
    assert draws.slope([1], falling[:1]).lacks == ("fewer than two sizes",)


def test_a_point_on_a_curve_lacks_what_its_points_lack():
    def at(*values: float) -> list[Quantity]:
        return [draws.as_quantity(value) for value in values]

    assert draws.between(at(2)[0], at(1, 3), at(1, 9)).draw() == pytest.approx(4)
    missing = Quantity((np.array([np.nan]),), lacks=("no such runs",))
    for x, xs, ys in ((missing, at(1, 3), at(1, 9)), (at(2)[0], [*at(1), missing], at(1, 9))):
        assert draws.between(x, xs, ys).lacks == ("no such runs",)
    found = draws.between(at(4)[0], at(1, 3), [*at(1), missing])
    assert found.lacks == ("no such runs", "beyond the end of the curve")


def test_not_visibly_worse_every_and_some():
    good, bad, flat = around(1) < 2, around(2) < 1, around(1) < around(1.001)
    assert draws.not_worse(around(1.001), around(1)).outcome(1) == "holds"
    assert draws.not_worse(around(2), around(1)).outcome(1) == "fails"
    assert [draws.every(good, x).outcome(1) for x in (good, bad, flat)] == ["holds", "fails", "open"]
    assert [draws.some(bad, x).outcome(1) for x in (good, bad, flat)] == ["holds", "fails", "open"]
    assert draws.some([]).outcome(1) == "untested"
    assert draws.same(around(1), around(1.05)).outcome(1) == "holds"


# ---- records


def test_a_claim_agrees_or_disagrees_where_some_system_has_two_seeds():
    assert outcome("RAE-01", records(mixtures([1, 1.05], [2, 2.1]))) == ("agrees", 8, 0, 0, 0)
    assert outcome("RAE-01", records(mixtures([2, 2.1], [1, 1.05]))) == ("disagrees", 0, 0, 8, 0)
    assert outcome("RAE-01", records(mixtures([1], [2]))) == ("open", 0, 8, 0, 0)  # one seed everywhere
    lone = mixtures([1, 1.05], [2, 2.1]) | {("frechet", "gmm", "ae", "digits"): [1]}
    assert outcome("RAE-01", records(lone)) == ("agrees", 8, 0, 0, 0)  # judged by the others' scatter


def test_missing_and_doubtful_runs_are_untested_with_the_reason():
    cells = mixtures([1, 1.05], [2, 2.1])
    for system in ("ae", "rae", "vae"):
        del cells["frechet", "gmm", system, "digits"]
    v = verdicts.on("RAE-01", records(cells), "digits", ["digits"])
    assert (
        v.outcome == "open"
        and v.count("untested") == 3
        and reasons(v) == {f"no such runs: fid_gmm({s}, digits)" for s in ("ae", "rae", "vae")}
    )
    v = verdicts.on("RAE-01", records(mixtures([1, 1.1], [2, 2.1]), doubt="not trained enough"), "digits", [])
    assert v.outcome == "open" and reasons(v) == {"not trained enough"} and v.count("untested") == 8


def test_at_the_papers_size_the_words_are_reproduced_and_contradicted():
    cells = {(m, k, s, "mnist"): v for (m, k, s, _), v in mixtures([1, 1.05], [2, 2.1]).items()}
    assert outcome("RAE-01", records(cells, profile="paper"), "mnist")[0] == "reproduced"


def test_a_claim_is_tested_on_data_sets_that_it_names_and_digits_stand_in_for_two():
    assert verdicts.on("RAE-01", records(mixtures([1, 1], [2, 2])), "digits", []).stands == "mnist"
    assert rules.place("digits", ["mnist", "cifar10"], "") == "mnist"
    assert rules.place("digits", ["cifar10"], "") is None
    assert rules.place("digits", ["cifar10"], "grid") == "cifar10"
    assert rules.place("fashion_mnist", ["mnist"], "") is None


def test_a_rule_of_a_profile_is_untested_below_it():
    cells = {("code_norm", k, s, "mnist"): [1, 2] for k in ("share-0.1", "share-1") for s in ("ae", "rae")}
    v = verdicts.on("RAE-21", records(cells, features="none"), "mnist", [])
    assert reasons(v) == {"only runs of profile paper can decide"} and v.count("untested") == 2


@pytest.mark.parametrize(
    "counts, word",
    [((4, 0, 0, 0), "agrees"), ((3, 0, 1, 0), "mixed"), ((1, 1, 2, 0), "disagrees"), ((2, 2, 0, 0), "open"),
     ((2, 0, 0, 2), "open"), ((3, 0, 0, 1), "agrees"), ((0, 0, 0, 0), "")],
)  # fmt: skip
def test_the_outcome_of_a_claim_follows_from_its_counts(counts, word):
    names = sum(([name] * n for name, n in zip(verdicts.COUNTED, counts, strict=True)), [])
    assert verdicts.summary(names) == word


def test_what_print_and_counts_decide_has_one_verdict_whatever_the_runs():
    found = verdicts.decide(["X-12", "X-13", "X-14", "X-16", "RAE-23", "DAE-18"], framed([]))
    assert [v.outcome for v in found] == ["mixed", "disagrees", "disagrees", "agrees", "disagrees", "mixed"]


# ---- claims.toml


def test_there_are_96_claims_with_text_and_place():
    assert sum(c["documents"] != ["book"] for c in rules.claims().values()) == 96
    assert all({"documents", "where", "text", "decided_by", "datasets"} <= set(c) for c in rules.claims().values())
    assert all("why" in c for c in rules.claims().values() if "was" in c)
    with pytest.raises(ValueError, match="unknown claim 'RAE-99'"):
        verdicts.decide(["RAE-99"], framed([]), ["digits"])


@pytest.mark.parametrize(
    "typo",
    [
        "fid(gmn, vae, d) < 1",
        "fid(gmm, vea, d) < 1",
        "at(gmm, vae, d, witdh=4) < 1",
        "fidd(gmm, vae, d) < 1",
        "get('frechet ', gmm, vae, d) < 1",
    ],
)
def test_a_typo_in_a_rule_is_an_error(typo):
    found = copy.deepcopy(rules.book())
    found["claim"]["RAE-01"]["rule"][0]["holds"] = [typo]
    with pytest.raises(ValueError, match="RAE-01: unknown names in its rules"):
        rules.check_names(found)


# ---- the tests of the rules


@pytest.mark.parametrize("claim_id", NOISY)
def test_every_rule_has_passed_its_test_as_it_stands(claim_id):
    assert (root() / "computed" / "rules.json").exists()
    assert verdicts.passed(claim_id), f"run: python -m rae_lib check {claim_id} --simulate"


@pytest.mark.parametrize("damaged", ["{", ""])
def test_without_a_readable_test_no_rule_has_passed(results, damaged):
    store.write(results / "computed" / "rules.json", damaged.encode())
    assert verdicts.tests() == {} and not verdicts.passed(NOISY[0])


@pytest.mark.parametrize("claim_id", ["RAE-05", "RAE-13", "EAE-12", "DAE-13"])
def test_a_rule_passes_a_short_test(claim_id):
    record = simulate.test(claim_id, 100)
    assert record["disagrees or mixed at the boundary"] <= 0.1 and record["agrees on clear values"] >= 0.9


def test_a_rule_that_no_data_could_satisfy_does_not_pass(monkeypatch):
    rule = [{"for": {"d": ["mnist"]}, "holds": ["fid(N, ae, d) < fid(N, vae, d)", "fid(N, vae, d) < fid(N, ae, d)"]}]
    monkeypatch.setitem(rules.claims()["RAE-05"], "rule", rule)
    record = simulate.test("RAE-05", 20)
    assert not record["passed"] and record["note"] == "no data satisfy it"


def test_a_minimum_over_a_run_that_is_missing_is_a_comparison_that_lacks_it():
    drawn, missing = Quantity((np.linspace(0, 1, 10),)), Quantity((np.array([np.nan]),), lacks=("no such runs",))
    found = Quantity((np.full(10, 0.5),)) < draws.VERBS["min"]([drawn, missing])
    assert found.outcome(1) == "untested" and found.lacks == ("no such runs",)


@pytest.mark.long
def test_the_command_has_a_line_for_every_claim_on_the_stored_runs(capsys):
    assert check.main([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(rules.claims())


def test_a_test_is_stale_once_a_group_or_a_scale_that_its_rule_names_has_changed(monkeypatch):
    before = rules.digest("RAE-01")
    changed = {"groups": rules.book()["groups"] | {"MIXED": ["ae"]}, "claim": rules.claims()}
    monkeypatch.setattr(rules, "book", lambda: changed)
    assert rules.digest("RAE-01") != before
    monkeypatch.undo()
    monkeypatch.setattr(rules, "scales", lambda: {"frechet": "plain"})
    assert rules.digest("RAE-01") != before
