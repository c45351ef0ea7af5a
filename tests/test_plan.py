"""The plan of the papers' campaign: every pending run is in it once, and its sums are those of its runs."""

import pytest

from rae_lib.pages import plan
from rae_lib.results import store
from rae_lib.studies import campaign

ASSUMED = {"rate": 1e14, "minutes": 3.0, "price": 2.5}


@pytest.fixture(scope="module")
def pending():
    return plan.list_pending("paper")


def test_every_pending_run_of_the_campaign_is_planned_once(pending):
    wanted = {(c.dataset, c.name) for c in campaign("paper") if not store.find(c)}
    assert sorted(zip(pending["dataset"], (c.name for c in pending["config"]), strict=True)) == sorted(wanted)
    assert pending["flop_run"].notna().mean() > 0.8


def test_the_last_row_has_the_sums_and_money_is_hours_times_price(pending):
    table = plan.table_plan(pending, **ASSUMED)
    *_, last = table.to_dict("records")
    assert last["jobs"] == len(pending) == table["jobs"][:-1].sum()
    assert last["US dollars"] == pytest.approx(2.5 * last["hours"]) and last["hours"] > 100
    assert last["EFLOP"] == pytest.approx(pending["flop_run"].sum() / 1e18)
    dearer = plan.table_plan(pending, **ASSUMED | {"minutes": 63.0})
    assert (dearer["hours"] - table["hours"]).tolist() == pytest.approx(table["jobs"].tolist())


def test_the_sums_by_data_set_are_those_of_all_steps(pending):
    steps = plan.table_plan(pending, **ASSUMED)
    found = plan.sum_datasets(steps)
    assert found["data set"].is_unique and "all" not in set(found["data set"])
    for column in ("jobs", "hours", "US dollars"):
        assert found[column].sum() == pytest.approx(steps[column].iloc[-1])


@pytest.mark.parametrize("name", ASSUMED)
def test_an_assumption_that_cannot_be_is_refused(pending, name):
    with pytest.raises(ValueError, match=f"{name} is 0.0; allowed: a finite number above 0"):
        plan.table_plan(pending, **ASSUMED | {name: 0.0})


def test_workers_are_compared_with_one(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    assert plan.table_workers().empty
    rows = [{"workers": 1, "jobs": 8, "seconds": 80.0}, {"workers": 2, "jobs": 8, "seconds": 48.0}]
    store.write_json(tmp_path / "reliability" / "workers.json", {"rows": rows})
    assert plan.table_workers()["against one"].tolist() == pytest.approx([1, 80 / 48])
