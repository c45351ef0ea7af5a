"""The DAE study's pages: which rows are its cells, what it plans, best sizes and ranges, noise, and looks."""

import pandas as pd
import pytest

from rae_lib import studies
from rae_lib.config import resolve
from rae_lib.pages import dae
from rae_lib.results import frame
from rae_lib.results.printed import printed

pytestmark = pytest.mark.usefixtures("whole_grid")


def long(runs: dict, **other) -> pd.DataFrame:
    """Rows of the long frame: configuration -> {(metric, set): value}."""
    rows = [
        frame.run_columns(config) | frame.fact(metric, kind, value) | {"features": "domain"} | other
        for config, values in runs.items()
        for (metric, kind), value in values.items()
    ]
    return frame.framed(rows).assign(doubt="")


def cell(system: str, seed: int = 0, **sizes):
    return studies.cell("grid", system, "digits", "laptop", seed, **sizes)


def distances(**sets: float) -> dict:
    return {("frechet", name): value for name, value in sets.items()}


@pytest.mark.parametrize(
    ("dataset", "profile"), [("digits", "laptop"), ("cifar10", "overnight"), ("celeba64", "paper")]
)
def test_every_planned_run_goes_by_sizes_that_lead_back_to_it(dataset, profile):
    for line in dae.plan(dataset, profile).to_dict("records"):
        depth = [int(n) for n in line["depth"].split(",")]
        sizes = {"width": line["paper_width"], "latent": line["paper_latent"]}
        sizes |= {"depth": depth if len(depth) > 1 else depth[0]}
        sizes |= {name: line[name] for name in ("frozen", "code_noise", "input_noise")}
        found = studies.cell("grid", line["system"], dataset, profile, **sizes)
        assert found.hash == line["config"].hash


def test_cells_are_the_study_and_the_print_and_no_longer_own_runs():
    small, own = cell("dae", width=64, latent=96), resolve("dae", "digits", "laptop")
    runs = long({small: distances(gmm=2.0), own: distances(gmm=1.0)})
    grid = dae.cells(pd.concat([runs, printed("dae")]))
    mine = dae.plain(grid, document="here")
    assert list(mine["value"]) == [2.0] and mine["width"].iloc[0] == 4
    assert (mine["paper_width"].iloc[0], mine["paper_latent"].iloc[0]) == (64, 96)
    assert len(grid) - len(mine) > 190
    assert dae.scales(grid).endswith("1/16 of the filters and 1/8 of the latent units.")


def test_the_experiments_count_every_planned_run_once():
    runs = long({cell("dae", width=64, latent=d): distances(gmm=1.0) for d in (96, 128)})
    table = dae.experiments({"digits": "laptop"}, dae.cells(runs))
    assert table["runs a seed"].sum() == len(studies.study("grid", "digits", "laptop"))
    stored = table[table["stored"] > 0].iloc[0]
    assert (stored["filters"], stored["stored"]) == ("4", 2)
    assert "noise at the decoder's input: 0.1, 0.5, 1" in set(table["change"])


def test_the_best_size_is_that_of_the_lowest_mean_over_seeds():
    values = {(128, 64): (1, 9), (128, 96): (4, 4), (128, 512): (6, 6), (64, 96): (0.1, 0.1)}
    runs = {
        cell("dae", seed, width=w, latent=d): distances(gmm=v[seed]) for (w, d), v in values.items() for seed in (0, 1)
    }
    plain = dae.plain(dae.cells(long(runs)))
    best = dae.best_sizes(plain)  # one size is no best one: 128 filters alone
    assert list(best[best["metric"] == "best size"]["value"]) == [96]
    assert list(best[best["metric"] == "frechet"]["value"]) == [4, 4]
    assert dae.ranges(plain)["value"].tolist() == [pytest.approx(0.5)]


def test_the_best_published_size_is_that_of_table_3():
    best = dae.best_sizes(dae.plain(printed("dae"), dataset="cifar10", set="gmm", system="dae"))
    best = best[best["paper_width"] == 128].set_index("metric")
    assert (best["value"]["best size"], best["text"]["frechet"]) == (144, "72.82")


def test_noise_is_told_in_units_of_the_codes_own_spread():
    spread = ("code_variance", "training codes")
    runs = {
        cell("dae"): distances(rec=1.0) | {spread: 4.0},
        cell("dae-noise", code_noise=0.5): distances(rec=2.0) | {spread: 25.0},
        cell("dae-noise", code_noise=0.0, input_noise=1.0): distances(rec=3.0),
    }
    noisy = dae.noises(dae.cells(long(runs)))
    told = noisy[noisy["metric"] == "frechet"][["place", "level", "value"]].to_numpy().tolist()
    places = ("decoder's input", "image")
    assert told == [[places[0], 0, 1], [places[0], 0.5, 2], [places[1], 0, 1], [places[1], 1, 3]]
    ratio = dae.spreads(noisy).query("metric == 'noise / code'")["value"]
    assert list(ratio) == [pytest.approx(0.1)]


def test_models_of_different_sizes_can_be_paired():
    runs = {cell("dae", latent=64): distances(gmm=1.0), cell("vae-dae"): distances(gmm=2.0)}
    rows = dae.plain(dae.cells(long(runs))).assign(latent=0, paper_latent=0)
    assert list(frame.ratio(rows, "system", "dae", "vae-dae")["value"]) == [0.5]
    assert frame.difference(rows, "system", "dae", "vae-dae")["value"].tolist() == [-1.0]


def test_lines_are_told_apart_by_width_depth_and_document():
    assert dae.by_width(("dae", 64.0))["label"] == "DAE, 64 filters"
    assert dae.by_width(("eae", 0))["ls"] == ""
    assert dae.by_depth(("dae", 128, "3,3,2,1"))["label"] == "DAE, 128 filters, depth [3,3,2,1]"
    assert dae.by_document(("best size", "dae"))["mfc"] == "white"
