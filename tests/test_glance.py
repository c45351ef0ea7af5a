"""The page of all claims: one row a claim and place, the same signs as in the chapters, an entry with an anchor."""

import re

from records import stored

from rae_lib.config import resolve
from rae_lib.pages import claims_matrix, claims_table


def test_without_any_run_only_claims_that_need_none_have_an_outcome(results):
    rows = claims_matrix.outcomes("smoke", ["digits", "mnist"])
    assert claims_matrix.places(rows) == [claims_matrix.WITHOUT]
    assert {"RAE-23", "EAE-10", "DAE-18", "X-04", "X-11", "X-12", "X-13", "X-14", "X-16"} == set(rows["claim"])
    assert list(claims_table.list_outcomes(rows)["runs"].unique()) == ["none needed"]
    assert (sum(map(claims_matrix.ruled, claims_matrix.ids())), len(claims_matrix.ids())) == (95, 96)


def test_each_data_set_is_asked_at_the_largest_profile_that_is_stored(results):
    for profile, dataset in (("laptop", "digits"), ("laptop", "mnist"), ("overnight", "mnist")):
        stored(resolve("ae", dataset, profile), {"N": 2.0, "gmm": 1.0})
    rows = claims_matrix.outcomes("largest", ["digits", "mnist", "cifar10"])
    assert set(claims_matrix.sizes(rows).split(", ")) == {"digits laptop", "MNIST overnight"}
    assert set(rows[rows["claim"] == "RAE-01"]["outcome"]) == {"untested"}
    assert ("RAE-11", "digits") not in claims_matrix.looks(rows)  # digits stand in for MNIST alone


def test_the_entry_of_a_claim_has_its_anchor_its_rule_and_every_comparison():
    text = claims_matrix.entry("RAE-05", [claims_matrix.verdicts.decide_print("RAE-05")])
    assert text.startswith("(claim-rae-05)=\n#### RAE-05")
    assert "min(fid(gmm, RAES, d)) < min(fid([N, gmm], BASELINES, d))" in text
    assert "**published: ✓ agrees** (hold, open, fail, untested: 3 · 0 · 0 · 0)" in text
    assert text.count("| holds |") == 3 and "8.69 \\< 9.39" in text


def test_a_square_of_the_matrix_says_its_outcome_in_words_and_every_row_leads_to_its_claim():
    found = claims_matrix.KEY["open"]
    html = claims_table.panel("EAE", [claims_matrix.PRINT, "mnist"], {("EAE-01", "mnist"): found})
    assert 'title="EAE-01, MNIST: open. ' in html and 'title="EAE-01, published: nothing to test. ' in html
    for i in claims_matrix.ids_of("EAE"):  # the row has the claim's anchor, its name leads to the entry
        assert f'id="claim-{i.lower()}"><a href="07_claims_eae.html#claim-{i.lower()}"' in html


def test_counts_are_whole_sentences():
    assert [claims_matrix.say_count(n, "agree") for n in (1, 3)] == ["1 agrees", "3 agree"]
    assert [claims_matrix.say_count(n, "be open") for n in (1, 3)] == ["1 is open", "3 are open"]


def test_outcomes_and_what_comparisons_lack_are_counted_in_words(results):
    for seed in (0, 1):
        stored(resolve("ae", "mnist", "overnight", seed), {"N": 2.0 + seed / 100, "gmm": 1.0})
    rows = claims_matrix.outcomes("largest", ["mnist"])
    assert re.fullmatch(r"MNIST: \d+ are open", claims_matrix.count_words(rows))
    reasons = claims_matrix.count_reasons(rows)
    whole = sum(len(v.comparisons) for v in rows[rows["place"] == "mnist"]["verdict"])
    assert sum(reasons.values()) == whole and reasons["missing"] > whole / 2
    free = {v.id: v for v in rows[rows["place"] == claims_matrix.WITHOUT]["verdict"]}
    assert "RAE-23" in claims_matrix.list_failing(free) and "X-16" not in claims_matrix.list_failing(free)
