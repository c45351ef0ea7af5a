"""What was run and what is still to be run: steps, times, and the table of the gate."""

import pytest
from records import stored

from rae_lib import studies
from rae_lib.config import PROFILES, Config, resolve
from rae_lib.pages import campaign
from rae_lib.results import gate, store

SECONDS = {"train": 60.0, "train_call": 66.0, "density": 4.0, "evaluate": 50.0}
NUMBERS = {"rec": 2.0, "N": 10.0, "gmm": 5.0, "interp": 4.0}
COUNTS = {"train": 997, "val": 400, "test": 400}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    return tmp_path


def error(share: float) -> list[dict]:
    keys = ("metric", "set", "features", "protocol", "n_real", "n_fake", "value")
    rows = [("mse", "rec", "pixels", "clean", 9, 9, 0.1 * share)]
    rows += [("pixel_variance", "real", "pixels", "clean", 0, 9, 0.1)]
    return [dict(zip(keys, row, strict=True)) for row in rows]


def made(system: str, dataset: str = "digits", share: float = 0.1, **seconds: float) -> None:
    config = resolve(system, dataset, "laptop" if dataset == "digits" else "overnight")
    keep(config, NUMBERS, share, **seconds)


def keep(config: Config, numbers: dict, share: float = 0.1, **seconds: float) -> None:
    given = {"seconds": SECONDS | seconds, "data": COUNTS, "records": error(share)}
    stored(config, numbers, **given)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_run_of_a_campaign_is_planned_in_one_step(profile):
    found = campaign.steps(profile)
    names = [(c.dataset, c.name) for step in found for c in step.planned]
    assert len(names) == len(set(names)) == len(studies.campaign(profile))
    table = campaign.step_table(found)
    assert (table["runs"] > 0).all() and not table["stored"].any()
    assert campaign.totals(found)["pending"] == len(names)


def test_a_step_tells_what_is_stored_and_what_it_took():
    made("ae")
    made("vae", evaluate=170.0)
    table = campaign.step_table(campaign.steps("laptop"))
    row = table.iloc[0]
    assert (row["step"], row["seeds"], row["updates"]) == ("RAE: its ten systems", "0", "570")
    assert (row["runs"], row["stored"]) == (10, 2)
    assert row["minutes a run"] == pytest.approx(3.0)  # 120 and 240 seconds
    assert row["minutes"] == pytest.approx(6.0)
    assert row["not training"] == "67 %"  # 240 of 360 seconds
    assert campaign.totals(campaign.steps("laptop"))["hours"] == pytest.approx(0.1)


def test_a_training_that_two_runs_share_is_counted_once():
    made("vae")
    made("two-stage-vae", train_call=0.5, density=10.0)
    row = campaign.step_table(campaign.steps("laptop")).iloc[0]
    assert row["minutes"] == pytest.approx((120 + 60) / 60)


def test_the_gate_stands_beside_the_papers_sizes():
    made("ae")
    made("vae", share=0.6)
    table = campaign.verdict_table(["laptop", "overnight"]).set_index(["data set", "profile"])
    digits, mnist = (
        table.loc[("digits", "laptop")],
        table.loc[("MNIST", "overnight")],
    )
    assert digits["updates"] == 570 and digits["runs that pass"] == "1 of 2"
    assert digits["doubling test"] == "○ not run yet" and digits["minutes a run"] == 2
    assert (mnist["updates"], mnist["updates in the paper"]) == (6000, 50_000)
    assert (mnist["width"], mnist["width in the paper"]) == (16, 128)
    assert table.loc[("CelebA-64", "overnight"), "doubling test"] == "○ none is planned"
    assert set(campaign.verdict_table(["paper"])["doubling test"]) == {"✓ not needed"}
    failed = campaign.failures(["laptop"])
    assert failed[["system", "seed"]].values.tolist() == [["VAE", "0"]]
    assert failed["why"][0] == "collapsed, its test error is 0.6 times the pixel variance"


@pytest.mark.parametrize(
    ("factor", "told"),
    [(0.9, "✓ passes: at most 10 %, samples N of VAE"), (1.5, "✗ fails: 50 %, samples N of VAE")],
)
def test_a_doubling_test_is_told_by_its_largest_change(factor, told):
    for system in ("ae", "vae"):
        made(system)
        numbers = NUMBERS | ({"N": factor * 10.0} if system == "vae" else {})
        keep(gate.doubled(system, "digits", "laptop"), numbers)
    gates = campaign.verdict_table(["laptop"])
    assert gates["doubling test"][0].startswith(told)
    table = campaign.test_table(["laptop", "overnight"])
    assert len(table) == 8 and set(table["data set"]) == {"digits"}
    assert table.set_index(["system", "set"]).loc[("VAE", "samples N"), "change"] == (
        "−10 %" if factor == 0.9 else "+50 %"
    )


def test_the_largest_profile_with_results_is_that_of_a_data_set():
    assert store.largest("digits") == "laptop"
    made("ae", "mnist")
    assert store.largest("mnist") == "overnight" and store.largest("mnist", "smoke") == "smoke"
