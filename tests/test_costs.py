"""What runs of the papers' size cost: every step of the campaign and every experiment, from the stored counts."""

import pandas as pd
import pytest

from rae_lib import studies
from rae_lib.config import DOCUMENTS, catalogue, dataset_kind
from rae_lib.pages import costs


def test_the_tables_hold_every_step_of_the_campaign():
    planned = [s for s in catalogue()["campaign"]["paper"] if dataset_kind(s["dataset"]) == "images"]
    steps = {(costs.WORDS[s.get("study", s.get("document", "rae"))], s["dataset"]) for s in planned}
    documents = [name for name in DOCUMENTS if catalogue()["document"][name].get("kind", "images") == "images"]
    table = pd.concat([costs.campaign(name, []) for name in documents])
    assert len(table.drop_duplicates(["experiment", "data set"])) == len(steps)
    assert table["s a run here"].isna().all() and (table["hours"] > 0).all()


def test_an_experiment_belongs_to_the_document_of_its_systems():
    names = ("eae", "entropy", "bottleneck", "gaussian", "weight")
    assert set(costs.campaign("eae", [])["experiment"]) == {costs.WORDS[name] for name in names}


def test_the_experiments_cost_what_the_whole_grid_costs():
    table, whole = costs.experiments("cifar10", pd.DataFrame()), costs.total("cifar10")
    assert table["runs"].sum() == whole["runs"] == len(studies.study("grid", "cifar10", "paper"))
    assert table["hours"].sum() == pytest.approx(whole["hours"])
    assert table["seconds a run, measured"].isna().all()


def test_four_of_the_eight_quoted_ends_are_met():
    ends = costs.quoted()
    assert len(ends) == 8 and ends["counted / published"].between(1 / 1.5, 1.5).sum() == 4


def test_the_bound_implies_an_effective_dimension():
    table = costs.bound().set_index("data set")
    assert table.loc["CIFAR-10", "implied effective d"] == "200 to 2,000"
    assert table.loc["CIFAR-10", "n d"] == "1.5 × 10⁸" and table.loc["CelebA", "d"] == "10⁴"
