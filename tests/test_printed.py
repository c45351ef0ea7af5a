"""The printed tables: their digits under our names, and what the rules of the claims say of them."""

import json
from pathlib import Path

import pytest

from rae_lib.claims import verdicts
from rae_lib.results.printed import printed, printed_value

# outcome, and how many comparisons hold, are open, fail and are untested
LEDGER = json.loads((Path(__file__).parent / "ledger.json").read_text())


def test_a_printed_number_by_system_and_set():
    assert printed_value("rae", "wae-mmd", "cifar10", "frechet", "gmm") == 93.53
    assert (
        printed_value("rae", "ae", "celeba64", "frechet", "mvg") == 127.85
    )  # N by its other name
    assert printed_value("rae", "vae", "mnist", "prd_f1_8", "N") == 0.96  # printed "precision"
    assert printed_value("rae", "two-stage-vae", "mnist", "frechet", "gmm") is None
    assert printed_value("rae", "grae", "zinc", "valid_fraction", "bo") == 0.72
    with pytest.raises(ValueError, match="document is 'dea'"):
        printed_value("dea", "vae", "mnist", "frechet", "N")


def test_a_printed_number_at_the_sizes_of_its_network():
    assert printed_value("dae", "dae", "cifar10", "frechet", "gmm", width=64, latent=152) == 76.59
    deep = {"width": 128, "depth": "3,3,2,1", "latent": 96}
    assert printed_value("dae", "dae", "cifar10", "frechet", "gmm", **deep) == 67.32
    assert (
        printed_value("dae", "vae-dae", "celeba64", "frechet", "mvg", width=32, latent=768)
        == 52.10
    )
    assert printed_value("dae", "dae", "cifar10", "frechet", "gmm", width=32, latent=64) is None
    assert printed_value("eae", "ae-bn", "celeba64", "frechet", "N01", latent=48) == 53.82
    assert (
        printed_value("slides", "maskaae", "mnist", "active_dimensions", "codes", latent=110) == 11
    )


def test_quoted_rows_go_by_the_system_that_they_quote():
    assert printed_value("dae", "rae-l2", "cifar10", "frechet", "gmm") == 74.16
    assert printed_value("dae", "rae-sn", "celeba64", "frechet", "gmm") == 40.95
    assert printed_value("dae", "rae-sn", "cifar10", "frechet", "gmm") is None
    assert printed_value("dae", "gmm-dae", "celeba64", "frechet", "mvg") == 49.79
    assert printed_value("slides", "wae-gan", "mnist", "nac", "codes") == 0.027  # there just "WAE"


def test_the_capacities_of_a_prior_are_one_study():
    rows = printed("slides").query("study == 'prior' and set == 'rec' and dataset == 'mnist'")
    assert list(rows["components"]) == [1, 2, 3, 4, 5, 6] and rows["value"].iloc[0] == 60.51


@pytest.mark.parametrize("claim_id", LEDGER)
def test_the_ledger_of_the_printed_numbers(claim_id):
    found = verdicts.decide_print(claim_id)
    assert [found.outcome, *map(found.count, verdicts.COUNTED)] == LEDGER[claim_id]
