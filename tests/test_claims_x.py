"""Contradictions within and between the documents on the entropic and deterministic systems."""

import pandas as pd
import pytest
import records
from records import PRINT, counts, evidence, in_print, series, valley, verdict

from rae_lib.claims.verdicts import published_table

SHOWN = {"profile": "paper", "datasets": ("cifar10",)}


def runs(cells: dict[tuple, list[float]], **other) -> pd.DataFrame:
    """Made-up runs at the papers' size."""
    return records.runs(cells, profile="paper", **other)


@pytest.mark.parametrize("claim_id", ["X-07", "X-12", "X-13"])
def test_the_rule_on_the_printed_numbers_gives_the_count_of_the_evidence(claim_id):
    assert counts(claim_id, published_table("dae")) == evidence(claim_id)


def test_one_gaussian_is_a_disaster_in_three_documents_and_not_in_the_fourth():
    dae = published_table("dae")
    assert counts("X-05", in_print()) == (3, 3) and counts("X-05", dae) == (0, 2)
    both = pd.concat([in_print(), dae[dae.system == "dae"]])
    assert counts("X-05", both) == evidence("X-05") == (3, 5)


def test_two_systems_can_refute_one_best_size_and_not_confirm_it():
    for other, outcome in ((128, "untested"), (512, "contradicted")):
        cells = {}
        for width in (32, 64, 128, 256):
            cells |= series("gmm", valley(96), width=width)
            cells |= series("gmm", valley(other), "vae-dae", width=width)
        for width, depth in ((64, 2), (64, 3), (128, 2)):
            cells |= series("gmm", valley(96), width=width, depth=depth)
        found = verdict("X-10", runs(cells), **SHOWN)
        assert (found.outcome, found.of) == (outcome, 1)
        assert outcome == "contradicted" or found.reason == "runs missing: wae-gan on cifar10"


def test_quotations_are_decided_by_print_and_measured_beside_it():
    cells = {("frechet", c, "cv-vae", "cifar10"): v for c, v in (("N01", [9, 9]), ("mvg", [3, 3]))}
    found = verdict("X-12", runs(cells), **SHOWN)
    assert (found.outcome, found.held, found.of) == ("contradicted", 29, 34)
    assert [c.outcome for c in found.beside] == ["fails", "untested", "untested"]
    wrong = [c.text for c in found.comparisons if c.outcome == "fails"]
    assert (
        sum("not in 000/001" in t for t in wrong) == 2
        and sum("not in 003" in t for t in wrong) == 2
    )
    assert "|fid_rec(wae-mmd, cifar10) in 004 - in 000/001| 21.97 <= 0.05" in wrong


def test_a_row_printed_twice_under_two_sizes_is_one_row():
    cells = {("frechet", "rec", "dae", "celeba64"): [9, 9]}
    cells |= {("frechet", "rec", "dae", "celeba64", "grid_latent-128"): [5, 5]}
    found = verdict("X-13", runs(cells), profile="paper", datasets=("celeba64",))
    assert (found.outcome, found.held, found.of) == ("contradicted", 0, 4)
    assert [c.outcome for c in found.beside] == ["fails", "untested"]
    assert found.scope == "decided by the printed tables"


def test_the_sizes_in_print_are_all_compared():
    found = verdict("X-07", published_table("dae"), **PRINT)
    assert "fid_mvg(vae-dae, F=32, d=512, cifar10) 94.79" in [
        c.text.split(" < ")[0] for c in found.comparisons
    ]
