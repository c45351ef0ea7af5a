"""The first page: its numbers, and the orderings that its sentences state."""

import pandas as pd
import pytest

from rae_lib.config import resolve
from rae_lib.pages import first
from rae_lib.results import store

FRAME = pd.DataFrame(
    {
        "N": [8.0, 9.0, 12.0, 10.0, 9.5],
        "gmm": [2.0, 2.5, 5.0, 3.0, None],
        "rec": [0.3, 0.4, 2.0, 0.5, 2.0],
        "interp": [3.0, 2.0, 6.0, 4.0, 6.0],
    },
    index=["ae", "rae-l2", "vae", "wae-mmd", "two-stage-vae"],
)


def test_the_numbers_of_the_findings_are_those_of_the_frame():
    found = {name: value for name, value, _ in first.findings(FRAME)}
    assert (found["better"], found["compared"]) == (4, 4)
    assert found["gain-best"] == pytest.approx(0.25) and found["gain-worst"] == pytest.approx(
        5 / 12
    )
    assert (found["det-best"], found["det-worst"], found["var-best"], found["var-worst"]) == (
        2,
        2.5,
        3,
        5,
    )
    assert (found["reg-best"], found["reg-worst"], found["ae"], found["ae-rank"]) == (
        2.5,
        2.5,
        2,
        1,
    )
    assert (found["interp-det"], found["interp-vae"]) == (2, 6)


def test_a_system_without_runs_is_a_dash_and_no_error():
    found = {name: value for name, value, _ in first.findings(FRAME.drop(["ae", "vae"]))}
    assert found["ae"] is None and found["ae-rank"] is None and found["interp-vae"] is None


def test_the_table_of_sizes_names_what_was_run_and_what_the_papers_ran(tmp_path):
    def made(system: str, seed: int) -> store.Result:
        raw = {"data": {"train": 50_000, "test": 10_000}}
        raw["seconds"] = {"train": 500.0, "density": 40.0, "evaluate": 60.0}
        return store.Result(resolve(system, "mnist", "overnight", seed), tmp_path, raw)

    table = first.sizes({"mnist": [made("ae", 0), made("ae", 1), made("vae", 0)]}).set_index("")
    ours, papers = table["this book"], table["the papers"]
    assert (
        ours["training, updates"] == "MNIST 6,000"
        and papers["training, updates"] == "MNIST 50,000"
    )
    assert ours["filters in the first stage"] == "MNIST 16" and ours["seeds"] == "MNIST 1 to 2"
    assert ours["minutes a run, median"] == "MNIST 10.0" and ours["systems"] == "MNIST 2"


def test_what_the_sentences_of_the_page_state_is_so_in_the_stored_runs():
    """The bold sentences of the page; where one fails, the page has to be written anew."""
    found = first.stored()
    name = first.chosen(found)
    frame = first.means(found[name], name)
    value = {key: v for key, v, _ in first.findings(frame)}
    assert value["better"] == value["compared"]  # 1: a mixture is the better sampler
    assert value["det-best"] <= value["var-best"]  # 2: deterministic at least as good
    assert value["ae"] <= 1.25 * value["reg-best"]  # 3: the plain one needs no regulariser
    assert value["ae-rank"] <= value["compared"] / 2  # 4: one Gaussian is no worse for it
    assert value["interp-det"] < value["interp-vae"]  # 5: interpolations nearer to real images
    (ae, longer_ae), (vae, longer_vae) = (
        first.at_twice(found[name], s, "gmm") for s in ("ae", "vae")
    )
    assert None in (ae, vae) or longer_vae / vae < longer_ae / ae  # the VAE gains most


def test_the_page_says_whether_its_runs_were_trained_enough(monkeypatch, tmp_path):
    result = store.Result(resolve("ae", "mnist", "overnight", 0), tmp_path, {})
    rows = [("ae", "rec", 0.5, 0.4, -0.2), ("vae", "gmm", 7.0, 5.0, -0.29)]
    frame = pd.DataFrame(rows, columns=first.gate.COLUMNS)
    for passes, words in (
        (True, "may decide claims"),
        (None, "has not been run"),
        (False, "29 %"),
    ):
        said = first.gate.Doubling("mnist", "overnight", frame, passes)
        monkeypatch.setattr(first.gate, "doubling", lambda *_, said=said: said)
        assert words in first.trust([result])
