"""The first page: its numbers, and the orderings that its sentences state."""

import pandas as pd
import pytest

from rae_lib.config import DOCUMENTS
from rae_lib.pages import campaign, first
from rae_lib.pages.titles import titled
from rae_lib.results import frame, request
from rae_lib.results.frame import select

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
    found = {name: value for name, (value, _) in first.list_findings(FRAME).items()}
    expected = {"better": 4, "compared": 4, "gain-best": 0.25, "gain-worst": 5 / 12}
    expected |= {"det-count": 2, "det-best": 2, "det-worst": 2.5, "var-best": 3, "var-worst": 5}
    expected |= {"reg-best": 2.5, "reg-worst": 2.5, "ae": 2, "ae-rank": 1}
    expected |= {"interp-det": 2, "interp-vae": 6}
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_a_system_without_runs_is_a_dash_and_no_error():
    found = first.list_findings(FRAME.drop(["ae", "vae"]))
    assert all(found[name][0] is None for name in ("ae", "ae-rank", "interp-vae"))


def test_the_parts_that_fail_are_named_with_their_change():
    rows = [("ae", "rec", -0.201, False), ("vae", "N", 0.1, True), ("vae", "gmm", None, None)]
    parts = pd.DataFrame(rows, columns=["system", "set", "change", "passes"])
    assert first.list_failing(parts) == "reconstructions of AE (−20 %)"


def test_what_the_sentences_of_the_page_state_is_so_in_the_stored_runs():
    """The bold sentences of the page; where one fails, the page has to be written anew."""
    runs = request.find_runs(*DOCUMENTS)
    name = first.choose_dataset(runs)
    sizes = first.describe_sizes(runs)
    assert sizes[("runs", "systems")][titled("dataset", name)] >= len(first.CORE)
    own = [r for r in runs if r.config.dataset == name]
    where = {"metric": "frechet", "features": ["domain", "pixels"], "protocol": "clean"}
    clean = select(frame.of_results(own), **where)
    distances = clean.pivot_table(index="system", columns="set", values="value")
    value = {key: v for key, (v, _) in first.list_findings(distances).items()}
    assert value["better"] == value["compared"]  # 1: a mixture is the better sampler
    assert value["det-best"] <= value["var-best"]  # 2: deterministic at least as good
    assert value["ae"] <= 1.25 * value["reg-best"]  # 3: the plain one needs no regulariser
    assert value["ae-rank"] <= value["compared"] / 2  # 4: one Gaussian is no worse for it
    assert value["interp-det"] < value["interp-vae"]  # 5: interpolations nearer to real images
    parts = campaign.judge_parts(own[0].config.profile, name).set_index(["set", "system"])
    changes = parts["change"].get("gmm", default=pd.Series(dtype=float)).dropna()
    assert len(changes) < 2 or changes["vae"] < changes["ae"]  # 2: the VAE gains most
    assert not parts["passes"].get(("gmm", "vae"), False)  # 2: what the VAE has decides no claim yet
    assert first.draw_plate(own)[:4] == b"\x89PNG"
