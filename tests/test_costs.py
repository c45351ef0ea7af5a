"""What runs of the papers' size cost: every step of the campaign and every experiment, from the stored counts."""

import pandas as pd
import pytest

from rae_lib import studies
from rae_lib.pages import costs


def test_the_experiments_cost_what_the_whole_grid_costs():
    table, whole = costs.experiments("cifar10", pd.DataFrame()), costs.total("cifar10")
    assert table["runs"].sum() == whole["runs"] == len(studies.study("grid", "cifar10", "paper"))
    assert table["hours"].sum() == pytest.approx(whole["hours"])
    assert table["seconds a run, measured"].isna().all()


def test_four_of_the_eight_quoted_ends_are_met():
    ends = costs.quoted()
    assert len(ends) == 8 and ends["counted / published"].between(1 / 1.5, 1.5).sum() == 4
