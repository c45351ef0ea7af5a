"""What was run and what is still to be run: steps, times, and the table of the gate."""

import pytest
from records import stored

from rae_lib import studies
from rae_lib.config import PROFILES, Config, resolve
from rae_lib.pages import campaign
from rae_lib.results import gate, store

pytestmark = pytest.mark.usefixtures("results")
SECONDS = {"train": 60.0, "train_call": 66.0, "density": 4.0, "evaluate": 50.0}
NUMBERS = {"rec": 2.0, "N": 10.0, "gmm": 5.0, "interp": 4.0}
COUNTS = {"train": 997, "val": 400, "test": 400}


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
    runs = campaign.list_runs(profile)
    names = {(c.dataset, c.name) for c in runs["config"]}
    assert len(names) == len(runs) == len(studies.campaign(profile))
    table = campaign.table_steps(runs)
    assert table["runs"].sum() == len(runs) and not table["stored"].any()
    assert campaign.count_runs(runs)["pending"] == len(names)


def test_a_step_says_what_is_stored_and_what_it_took():
    made("ae")
    made("vae", evaluate=170.0)
    runs = campaign.list_runs("laptop")
    row = campaign.table_steps(runs).iloc[0]
    assert (row["seeds"], row["updates"], row["runs"], row["stored"]) == ("0", "570", 10, 2)
    assert row["minutes a run"] == pytest.approx(3.0)  # 120 and 240 seconds
    assert row["minutes"] == pytest.approx(6.0) and row["not training"] == "67 %"  # 240 of 360 s
    assert campaign.count_runs(runs)["hours"] == pytest.approx(0.1)


def test_a_training_that_two_runs_share_is_counted_once():
    made("vae")
    made("two-stage-vae", train_call=0.5, density=10.0)
    row = campaign.table_steps(campaign.list_runs("laptop")).iloc[0]
    assert row["minutes"] == pytest.approx((120 + 60) / 60)


def test_the_gate_has_the_sizes_of_the_papers():
    made("ae")
    made("vae", share=0.6)
    table = campaign.table_gates(["laptop", "overnight"])
    table.columns = [" ".join(c).strip() for c in table.columns]
    table = table.set_index(["data set", "profile"])
    digits, mnist = table.loc[("digits", "laptop")], table.loc[("MNIST", "overnight")]
    assert (digits["updates ours"], digits["that pass runs"]) == (570, "1 of 2")
    assert (digits["that pass parts of the test"], digits["a run minutes"]) == ("not run yet", 2)
    assert (mnist["updates ours"], mnist["updates papers"]) == (6000, "50,000")
    assert (mnist["filters ours"], mnist["filters papers"]) == (16, "128")
    parts = table["that pass parts of the test"]
    assert parts[("CelebA-64", "overnight")] == "no test is planned"
    assert campaign.count_parts("paper", "mnist") == "no test is needed"
    failed = campaign.table_failures(["laptop"])
    assert failed[["system", "seed"]].values.tolist() == [["VAE", "0"]]
    assert failed["why"][0] == "collapsed, its test error is 0.6 times the pixel variance"


def test_every_part_of_a_doubling_test_passes_or_fails_alone():
    for system in ("ae", "vae"):
        made(system)
        numbers = NUMBERS | ({"N": 15.0, "gmm": 4.5} if system == "vae" else {})
        keep(gate.doubled(system, "digits", "laptop"), numbers)
    assert campaign.count_parts("laptop", "digits") == "7 of 8"
    table = campaign.table_parts(["laptop", "overnight"]).set_index(["system", "images"])
    assert len(table) == 8 and set(table["data set"]) == {"digits"}
    rows = table.loc["VAE", ["change", "this part"]].loc[["own samples", "mixture samples"]]
    assert rows.values.tolist() == [["+50.0 %", "✗ fails"], ["−10.0 %", "✓ passes"]]


def test_what_the_page_says_of_mnist_is_so_in_the_stored_runs(root, monkeypatch):
    """The parts that its sentences name as failing; where they are others, the page has to be written anew."""
    monkeypatch.setenv("RAE_RESULTS", str(root / "results"))
    parts = campaign.judge_parts("overnight", "mnist")
    failing = parts[parts["passes"].eq(False)]
    found = list(zip(failing["system"], failing["set"], strict=True))
    assert found == [("ae", "rec"), ("vae", "rec"), ("vae", "gmm")] and len(parts) == 8


def test_the_largest_profile_with_results_is_that_of_a_data_set():
    assert store.largest("digits") == "laptop"
    made("ae", "mnist")
    assert store.largest("mnist") == "overnight" and store.largest("mnist", "smoke") == "smoke"
