"""The first page: its numbers, and the orderings that its sentences state."""

import pandas as pd

from rae_lib.config import DOCUMENTS
from rae_lib.pages import campaign, first
from rae_lib.pages.titles import titled
from rae_lib.results import request


def test_the_parts_that_fail_are_named_with_their_change():
    rows = [("ae", "rec", -0.201, False), ("vae", "N", 0.1, True), ("vae", "gmm", None, None)]
    parts = pd.DataFrame(rows, columns=["system", "set", "change", "passes"])
    assert campaign.list_failing(parts) == "reconstructions of AE (−20 %)"


def test_the_page_shows_a_data_set_with_the_systems_that_its_sentences_compare():
    runs = request.find_runs(*DOCUMENTS)
    name = first.choose_dataset(runs)
    sizes = first.describe_sizes(runs)
    assert sizes[("runs", "systems")][titled("dataset", name)] >= len(first.CORE)


def test_the_plate_has_a_line_for_each_system_and_a_strip_for_each_head():
    runs = [r for r in request.find_runs("rae", seeds=[0]) if r.config.dataset == "digits"]
    lines = first.list_plate(runs)
    assert list(lines)[:2] == ["test images", "AE"]
    assert {len(strips) for strips in lines.values()} == {4}
    assert lines["AE"][1].shape == (32, 4 * 32)


def test_results_outside_of_a_repository_have_no_date(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    assert first.date_results() is None
