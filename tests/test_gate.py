"""Trained enough: the doubling test on stored runs, and how a single run fails."""

import math

import pandas as pd
import pytest
from records import collapse, row, runs, stored

from rae_lib.claims import verdicts
from rae_lib.config import DATASETS, catalogue, resolve
from rae_lib.results import gate
from rae_lib.results.frame import measured

NUMBERS = {"rec": 2.0, "N": 10.0, "gmm": 5.0, "interp": 4.0}
CELLS = {("mnist", "overnight"): 24, ("cifar10", "overnight"): 32, ("digits", "laptop"): 60}


def store_test(dataset: str, profile: str, *, change: float = 0.0, name: str = "gmm") -> None:
    """The four runs of a doubling test; one set of the VAE changes by this share."""
    for system in catalogue()["gate"]["systems"]:
        stored(resolve(system, dataset, profile), NUMBERS)
        factor = 1 + change if system == "vae" else 1.0
        numbers = NUMBERS | {name: factor * NUMBERS[name]}
        stored(gate.doubled(system, dataset, profile), numbers)


@pytest.mark.parametrize(("dataset", "profile"), CELLS)
def test_the_longer_run_is_that_of_twice_the_epochs_and_the_same_network(dataset, profile):
    for system in ("ae", "vae"):
        own, longer = resolve(system, dataset, profile), gate.doubled(system, dataset, profile)
        assert longer.epochs == 2 * own.epochs == CELLS[dataset, profile]
        assert (longer.width, longer.latent, longer.seed) == (own.width, own.latent, 0)


def test_a_data_set_passes_when_nothing_changes_by_a_fifth(results):
    for change, passes in ((0.19, True), (-0.19, True), (0.21, False), (-0.21, False)):
        store_test("mnist", "overnight", change=change)
        found = gate.doubling("mnist", "overnight")
        assert found.passes is passes and list(found.rows.columns) == gate.COLUMNS
        assert found.rows[["system", "set"]].values.tolist() == [
            [system, name] for system in ("ae", "vae") for name in NUMBERS
        ]
        changes = found.rows.set_index(["system", "set"])["change"].astype(float)
        assert changes["vae", "gmm"] == pytest.approx(change) and (changes == 0).sum() == 7
        assert found.doubt_of("ae", "gmm") == found.doubt_of("vae", "rec") == ""
    assert found.doubt_of("vae", "gmm") == (
        "not trained enough: the doubling test on MNIST changes mixture samples of vae by 21 %"
    )


def test_a_test_of_which_a_run_is_missing_is_not_made_yet(results):
    store_test("mnist", "overnight", change=0.9)
    (results / "overnight/mnist/vae-s0-size_epochs-24/result.json").unlink()
    found = gate.doubling("mnist", "overnight")
    assert found.passes is None and len(found.rows) == 8
    assert found.doubt_of("ae", "N").startswith("the doubling test on MNIST has not been run")
    assert found.rows.set_index(["system", "set"]).loc[("ae", "rec"), "change"] == 0
    assert gate.doubling("celeba64", "overnight").rows.empty  # none is planned
    assert gate.doubling("celeba64", "overnight").passes is None


def test_the_papers_own_length_needs_no_test(results):
    assert all(gate.doubling(name, "paper").passes for name in DATASETS)
    assert gate.doubling("mnist", "paper").doubt_of("ae", "N") == ""


def test_runs_measured_with_different_rulers_are_no_doubling_test(results):
    store_test("digits", "laptop")
    stored(gate.doubled("ae", "digits", "laptop"), NUMBERS, weights="other")
    with pytest.raises(ValueError, match="such numbers do not compare"):
        gate.doubling("digits", "laptop")


def test_a_run_fails_above_half_of_the_variance_and_in_the_grid_on_digits_above_a_fifth():
    half = {("mnist", "overnight", ""), ("cifar10", "overnight", "grid_latent-64")}
    half |= {("digits", "laptop", ""), ("digits", "laptop", "small"), ("digits", "smoke", "no-bn")}
    assert {gate.bound(*run) for run in half} == {0.5}
    assert gate.bound("digits", "laptop", "grid_latent-16_width-4") == 0.2
    for variant in ("kl-1000", "entropy_beta-1", "weight_beta-0.05_depth-2-2-2-2"):
        assert gate.bound("digits", "laptop", variant) == math.inf


def test_what_fails_is_named_run_by_run():
    table = runs(collapse(0.6) | collapse(0.3, "grid") | collapse(0.9, "kl-1000"))
    bad = pd.DataFrame([row("frechet", "N", "ae", "mnist", seed=2, value=math.inf)])
    found = gate.failed(pd.concat([table, bad]))
    assert found == {
        ("laptop", "digits", "vae", "", 1): "collapsed, its test error is 0.6 times the pixel variance",
        ("laptop", "digits", "vae", "grid", 1): "collapsed, its test error is 0.3 times the pixel variance",
        ("laptop", "mnist", "ae", "", 2): "a value that is not finite",
    }
    assert gate.failed(runs({})) == {}


def test_a_verdict_reads_the_test_of_its_runs_from_the_store(results):
    for seed, (gmm, own) in enumerate(((1.0, 9.0), (1.1, 9.1))):
        stored(resolve("cv-vae", "digits", "laptop", seed), {"gmm": gmm, "N": own})

    def lacks() -> str:
        return str([c.lacks for c in verdicts.decide(["RAE-15"], measured("laptop"), ["digits"])[0].comparisons])

    assert "has not been run" in lacks()
    store_test("digits", "laptop", change=0.3, name="N")
    assert "changes own samples of vae by 30 %" in lacks()
