"""The printed tables: their digits under our names, and what the rules of the claims say of them."""

import json
from pathlib import Path

import pytest

from rae_lib.claims import verdicts
from rae_lib.results.frame import select
from rae_lib.results.printed import STUDIES, printed

# outcome, and how many comparisons hold, are open, fail and are untested
LEDGER = json.loads((Path(__file__).parent / "ledger.json").read_text())


CELLS = [  # document, system, data set, metric, set, sizes, value
    ("rae", "wae-mmd", "cifar10", "frechet", "gmm", {}, 93.53),
    ("rae", "ae", "celeba64", "frechet", "mvg", {}, 127.85),  # N by its other name
    ("rae", "vae", "mnist", "prd_f1_8", "N", {}, 0.96),  # printed "precision"
    ("rae", "two-stage-vae", "mnist", "frechet", "gmm", {}, None),
    ("rae", "grae", "zinc", "valid_fraction", "bo", {}, 0.72),
    ("dae", "dae", "cifar10", "frechet", "gmm", {"width": 64, "latent": 152}, 76.59),
    ("dae", "dae", "cifar10", "frechet", "gmm", {"depth": "3,3,2,1", "latent": 96}, 67.32),
    ("dae", "vae-dae", "celeba64", "frechet", "mvg", {"width": 32, "latent": 768}, 52.10),
    ("dae", "dae", "cifar10", "frechet", "gmm", {"width": 32, "latent": 64}, None),
    ("eae", "ae-bn", "celeba64", "frechet", "N01", {"latent": 48}, 53.82),
    ("slides", "maskaae", "mnist", "active_dimensions", "codes", {"latent": 110}, 11),
    ("dae", "rae-l2", "cifar10", "frechet", "gmm", {}, 74.16),  # quoted rows
    ("dae", "rae-sn", "celeba64", "frechet", "gmm", {}, 40.95),
    ("dae", "rae-sn", "cifar10", "frechet", "gmm", {}, None),
    ("dae", "gmm-dae", "celeba64", "frechet", "mvg", {}, 49.79),
    ("slides", "wae-gan", "mnist", "nac", "codes", {}, 0.027),  # there just "WAE"
]


@pytest.mark.parametrize(("document", "system", "dataset", "metric", "kind", "sizes", "value"), CELLS)
def test_a_printed_number_by_system_set_and_sizes(document, system, dataset, metric, kind, sizes, value):
    where = sizes | ({"study": STUDIES[document]} if sizes else {})
    rows = select(printed(document), system=system, dataset=dataset, metric=metric, set=kind, **where)
    assert list(rows["value"])[:1] == ([] if value is None else [value])


def test_an_unknown_document_is_refused():
    with pytest.raises(ValueError, match="document is 'dea'"):
        printed("dea")


def test_the_capacities_of_a_prior_are_one_study():
    rows = printed("slides").query("study == 'prior' and set == 'rec' and dataset == 'mnist'")
    sizes = [(0, 1024), (1, 64), (2, 128), (3, 256), (4, 512), (4, 1024)]
    assert list(rows[["prior_depth", "prior_units"]].itertuples(index=False, name=None)) == sizes
    assert rows["value"].iloc[0] == 60.51


@pytest.mark.parametrize("claim_id", LEDGER)
def test_the_ledger_of_the_printed_numbers(claim_id):
    found = verdicts.decide_print(claim_id)
    assert [found.outcome, *map(found.count, verdicts.COUNTED)] == LEDGER[claim_id]
