"""What runs cost at paper scale: operations against closed counts, and every step of the campaign in the tables."""

import pandas as pd
import pytest

from rae_lib import studies
from rae_lib.config import DOCUMENTS, catalogue, resolve
from rae_lib.pages import costs


@pytest.mark.parametrize(
    ("system", "gflop"), [("rae-l2", 7.182), ("rae-sn", 7.182), ("eae", 7.182), ("rae-gp", 20.318)]
)
def test_an_image_costs_what_its_layers_multiply_and_add(system, gflop):
    assert costs.image(resolve(system, "cifar10", "paper")) / 1e9 == pytest.approx(gflop, rel=1e-4)


def test_every_further_code_sample_costs_a_decoder_pass_each_way():
    one, two = (
        costs.image(resolve("vae", "mnist", "paper", 0, {"mc_samples": k})) for k in (1, 2)
    )
    kernel = 4 * 4
    linear, last = 16 * 1024 * 8 * 8, kernel * 256 * 32 * 32
    transposed = kernel * (1024 * 512 * 8 * 8 + 512 * 256 * 16 * 16)
    assert two - one == 6 * (linear + transposed + last)


def test_a_run_of_the_papers_takes_what_its_images_and_epochs_say():
    config = resolve("rae", "cifar10", "paper")
    assert costs.run(config) == pytest.approx(7.1817e9 * 40_000 * config.epochs, rel=1e-4)


def test_the_tables_hold_every_step_of_the_campaign(monkeypatch):
    monkeypatch.setattr(costs, "image", lambda config: 10**9)
    steps = {
        (costs.WORDS[s.get("study", s.get("document", "rae"))], s["dataset"])
        for s in catalogue()["campaign"]["paper"]
    }
    table = costs.campaign(tuple(DOCUMENTS), [])
    assert len(table) == len(steps)
    assert table["s a run here"].isna().all()
    assert (table["hours"] > 0).all()


def test_an_experiment_belongs_to_the_document_of_its_systems(monkeypatch):
    monkeypatch.setattr(costs, "image", lambda config: 10**9)
    table = costs.campaign(("eae",), [])
    assert set(table["experiment"]) == {
        costs.WORDS[name] for name in ("eae", "entropy", "bottleneck", "gaussian", "weight")
    }


def test_the_experiments_cost_what_the_whole_grid_costs():
    table = costs.experiments("cifar10", pd.DataFrame())
    whole = costs.total("cifar10")
    assert table["runs"].sum() == whole["runs"] == len(studies.study("grid", "cifar10", "paper"))
    assert table["hours"].sum() == pytest.approx(whole["hours"])
    assert table["seconds a run, measured"].isna().all()
