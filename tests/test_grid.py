"""The grid study in the paper's sizes: its frame, its printed numbers, its tables and charts."""

from types import SimpleNamespace

import pandas as pd
import pytest
from matplotlib.figure import Figure
from records import enough

from rae_lib import studies
from rae_lib.config import resolve
from rae_lib.pages import grid, grid_charts, grid_plan, grid_tables, hypotheses
from rae_lib.results import gate

pytestmark = pytest.mark.usefixtures("whole_grid")

PLACES = [("digits", "smoke"), ("digits", "laptop"), ("cifar10", "laptop"), ("celeba64", "paper")]


def result(config, **sets: float) -> SimpleNamespace:
    """A stored run with these Frechet distances and code statistics."""
    codes = {"code_variance", "excess_kurtosis", "mse", "pixel_variance"}
    places = {"mse": ("rec", "pixels"), "pixel_variance": ("real", "pixels")}
    records = []
    for name, value in sets.items():
        of, kind = places.get(name, ("rec_train", "codes")) if name in codes else (name, "domain")
        metric = name if name in codes else "frechet"
        place = {"metric": metric, "set": of, "features": kind, "protocol": "clean"}
        records.append(place | {"value": value, "n_real": 9, "n_fake": 9})
    raw = {"seconds": {"train": 2.0}, "data": {"train": 997, "test": 400, "note": ""}}
    return SimpleNamespace(config=config, records=records, raw=raw)


def cell(system: str, dataset: str = "digits", profile: str = "laptop", seed: int = 0, **sizes):
    return studies.cell("grid", system, dataset, profile, seed, **sizes)


def study(values: dict[tuple, dict[str, float]], **where) -> pd.DataFrame:
    """A frame of runs on digits: (system, width, latent, seed) -> distances."""
    runs = [
        result(cell(s, seed=seed, width=w, latent=d), **sets)
        for (s, w, d, seed), sets in values.items()
    ]
    return grid.frame(runs, "domain")


@pytest.mark.parametrize(("dataset", "profile"), PLACES)
def test_the_sizes_of_the_paper_lead_back_to_the_run(dataset, profile):
    for line in grid.planned(dataset, profile).to_dict("records"):
        config = line["config"]
        depth = [int(n) for n in line["depth"].split(",")]
        sizes = {"width": line["width"], "latent": line["latent"]}
        sizes |= {"depth": depth if len(depth) > 1 else depth[0], "frozen": line["frozen"]}
        sizes |= {k: line[k] for k in ("code_noise", "input_noise")}
        assert studies.cell("grid", line["system"], dataset, profile, **sizes).hash == config.hash


def test_a_small_network_goes_by_the_size_it_stands_for():
    config = cell("dae", width=64, latent=96, depth=[3, 3, 2, 1])
    assert (config.width, config.latent) == (4, 12)
    found = grid.sizes(config)
    assert (found["width"], found["latent"], found["depth"]) == (64, 96, "3,3,2,1")
    own = grid.sizes(resolve("dae", "digits", "laptop"))
    assert (own["width"], own["latent"], own["depth"]) == (128, 128, "1")


def test_a_data_set_without_the_study_is_refused():
    with pytest.raises(ValueError, match="allowed: digits, cifar10, celeba64"):
        grid.like("mnist")
    assert (grid.standard("digits"), grid.standard("celeba64")) == (128, 64)


def test_a_systems_own_run_is_the_cell_of_the_grid_that_it_trains_alike():
    own, same = resolve("dae", "cifar10", "laptop"), cell("dae", "cifar10", width=128, latent=128)
    assert own.training_hash == same.training_hash and own.hash != same.hash
    alone = grid.frame([result(own, gmm=1.0)], "domain")
    assert list(alone["study"]) == [True]
    both = grid.frame([result(same, gmm=2.0), result(own, gmm=1.0)], "domain")
    assert list(both["gmm"]) == [2.0]


def test_a_systems_longer_run_is_no_cell_of_the_grid():
    own = resolve("dae", "digits", "laptop")
    rows = grid.frame([result(cell("dae"), gmm=2.0), result(own, gmm=1.0)], "domain")
    assert list(rows["study"]) == [True, False] and list(rows["epochs"]) == [15, 30]
    assert list(grid.cells(rows, system="dae")["gmm"]) == [2.0]


def test_a_frame_takes_training_codes_and_leaves_absent_what_is_absent():
    run = result(cell("dae"), gmm=2.0, code_variance=4.0)
    test_codes = {"set": "rec", "metric": "code_variance", "features": "codes", "value": 9.0}
    run.records.append(run.records[0] | test_codes)
    run.records.append(run.records[0] | {"protocol": "paper", "value": 9.0})
    rows = grid.frame([run], "domain")
    assert rows["code_variance"][0] == 4.0 and rows["gmm"][0] == 2.0
    assert pd.isna(rows["mvg"][0]) and grid.mean_of(rows, "mvg") is None


def test_every_printed_number_is_found_by_its_sizes():
    assert len(grid.published()) == 194
    deep = {"system": "dae", "width": 128, "latent": 96, "depth": "3,3,2,1"}
    assert grid.printed("cifar10", "gmm", **deep) == 67.32
    assert grid.printed("digits", "rec_train", system="dae", width=256, latent=128) == 8.07
    assert grid.printed("cifar10", "rec", system="rae-l2", width=128, latent=128) == 32.24
    assert grid.printed("celeba64", "gmm", system="gmm-dae", width=128, latent=64) == 44.79
    assert grid.printed("cifar10", "gmm", system="dae", width=128, latent=96) is None


def test_the_best_printed_size_is_that_of_table_3():
    assert grid.printed_best("cifar10", "gmm", "dae", 128) == (144, 72.82)
    assert grid.printed_best("cifar10", "mvg", "dae", 64) == (128, 85.38)
    assert grid.printed_best("cifar10", "gmm", "dae", 512) is None


def test_the_best_size_is_that_of_the_lowest_mean_over_seeds():
    rows = study(
        {
            ("dae", 128, 64, 0): {"gmm": 1.0}, ("dae", 128, 64, 1): {"gmm": 9.0},
            ("dae", 128, 96, 0): {"gmm": 4.0}, ("dae", 128, 96, 1): {"gmm": 4.0},
            ("dae", 128, 512, 0): {"gmm": 6.0}, ("dae", 64, 96, 0): {"gmm": 0.1},
        }
    )  # fmt: skip
    part = grid.cells(rows, system="dae", width=128)
    assert grid.best(part, "gmm") == (96, (4.0, 0.0)) and grid.best(part, "mvg") is None
    assert grid.best(part[part["latent"] == 64], "gmm") is None  # one size is no best one
    assert grid.sensitivity(part, "gmm") == pytest.approx(0.5)
    assert grid.sensitivity(part[part["latent"] == 64], "gmm") is None


def test_the_experiments_of_table_1_count_every_planned_run_once():
    rows = study({("dae", 64, 96, 0): {"gmm": 1.0}, ("dae", 64, 128, 0): {"gmm": 1.0}})
    table = grid_plan.experiments("digits", "laptop", rows)
    assert table["runs a seed"].sum() == len(studies.study("grid", "digits", "laptop"))
    stored = table[table["stored"] > 0].iloc[0]
    assert (stored["filters"], stored["stored"]) == ("64→4", 2)
    assert (table["change"] == "noise at the decoder's input: 0.1, 0.5, 1").sum() == 1


def test_table_2_shows_the_print_where_nothing_was_run():
    rows = study({("dae", 64, 128, 0): {"mvg": 3.0, "gmm": 2.0}})
    table = grid_tables.comparison(rows, rows.iloc[:0], "digits", "laptop", ["mvg", "gmm"])
    mine = table[(table["filters"] == "64→4") & (table["model"] == "DAE")].iloc[0]
    assert (mine["MVG"], mine["MVG in print"]) == ((3.0, None), 85.38)
    eae = table[table["model"] == "EAE"].iloc[0]
    assert eae["GMM"] is None and eae["GMM in print"] == 73.12


def test_a_longer_run_beside_the_grid_has_a_line_with_its_epochs():
    own = resolve("dae", "digits", "laptop")
    rows = grid.frame([result(cell("dae"), gmm=2.0), result(own, gmm=1.0)], "domain")
    table = grid_tables.comparison(rows, rows.iloc[:0], "digits", "laptop", ["gmm"])
    cells = table.set_index("model")["GMM"]
    assert cells["DAE, 30 epochs"] == (1.0, None)
    assert (2.0, None) in list(table[table["model"] == "DAE"]["GMM"])


def test_test_minus_train_is_absent_where_one_is():
    assert grid_tables.gap((3.0, 0.1), (1.0, None)) == 2.0
    assert grid_tables.gap(None, 1.0) is None and grid_tables.gap(float("nan"), 1.0) is None


def test_the_two_celeba_rows_of_the_slip_agree_in_every_printed_cell():
    table = grid_tables.slip(pd.DataFrame(columns=[*grid.SIZES, *grid.SETS, "study"]))
    printed = table[[c for c in table if "print" in c]]
    assert (printed.iloc[0] == printed.iloc[2]).all() and not (
        printed.iloc[0] == printed.iloc[1]
    ).any()


def test_noise_is_told_in_units_of_the_codes_own_spread():
    plain = result(cell("dae"), rec=1.0, gmm=1.0, code_variance=4.0)
    loud = result(cell("dae-noise", code_noise=0.5), rec=2.0, gmm=2.0, code_variance=25.0)
    on_image = result(cell("dae-noise", code_noise=0.0, input_noise=1.0), rec=3.0, gmm=3.0)
    table = grid_tables.noises(grid.frame([plain, loud, on_image], "domain"), "digits")
    assert list(table["s.d. of the noise"]) == ["0", "0.5", "0", "1"]
    assert table["noise / code"][1] == (pytest.approx(0.1), None)
    assert table["Test R"][3] == (3.0, None) and table["noise / code"][3] is None


def test_what_is_left_of_the_pixels_variance_tells_a_collapse():
    run = result(cell("vae-dae", latent=768), rec=1.0, gmm=1.0, mse=0.06, pixel_variance=0.08)
    table = grid_tables.large(grid.frame([run], "domain"))
    assert table["error / variance"][0] == (0.75, None) and table["latent units"][0] == 768


def test_the_reductions_are_named():
    config = cell("dae", width=64, latent=96)
    run = result(config, gmm=1.0)
    text = grid.reductions([run], grid.frame([run], "domain"))
    for part in ("seed 0", "15 epochs (paper: 100)", "1/16 of the filters", "1/8 of the latent"):
        assert part in text


def test_a_ratio_below_one_is_for_the_plain_autoencoder():
    rows = study(
        {
            ("dae", 64, 128, 0): {"mvg": 2.0}, ("vae-dae", 64, 128, 0): {"mvg": 4.0},
            ("dae", 64, 96, 0): {"mvg": 1.0}, ("vae-dae", 64, 512, 0): {"mvg": 1.0},
        }
    )  # fmt: skip
    table = hypotheses.ratio_frame(rows, "digits", "laptop")
    mine = table[(table["width"] == 64) & (table["set"] == "mvg")].set_index("kind")["ratio"]
    assert mine["equal size, here"] == 0.5 and mine["best size, here"] == 1.0
    assert mine["best size, in print"] == pytest.approx(85.38 / 89.45)


def test_a_panel_draws_the_lines_that_have_runs_and_no_others():
    rows = study({("dae", 64, d, 0): {"mvg": 2.0 + d, "gmm": 1.0} for d in (64, 96)})
    lines = grid_charts.by_width(["dae", "vae-dae"], [32, 64])
    figure = grid_charts.panels(rows, lines, grid.FITTED)
    assert isinstance(figure, Figure)
    assert [len(ax.lines) for ax in figure.axes] == [1, 1]
    assert figure.legends[0].texts[0].get_text() == "DAE, 64 filters"


def test_every_chart_can_be_drawn_without_a_single_run():
    rows = study({("dae", 64, 96, 0): {"gmm": 1.0}}).iloc[:0]
    for figure in (
        grid_charts.panels(rows, grid_charts.by_freezing(), grid.FITTED),
        grid_charts.noise(rows, "digits"),
        grid_charts.code_pairs([]),
        hypotheses.ratios(rows, "digits", "laptop"),
        hypotheses.over_width(rows, "digits", {"interp": "mid-points"}),
        hypotheses.tradeoff(rows),
        hypotheses.best_by_width(rows, "digits", "laptop"),
    ):
        assert isinstance(figure, Figure)


@pytest.mark.parametrize(("low", "high"), [(5, 35), (0.8, 1.1), (9, 11), (1, 5000)])
def test_a_logarithmic_axis_has_a_few_round_ticks(low, high):
    ticks = grid_charts.ticks_in(low, high)
    assert 4 <= len(ticks) <= 12 and all(low <= tick <= high for tick in ticks)


def test_no_runs_make_an_empty_frame_of_the_same_columns():
    rows = grid.frame([], "domain")
    assert rows.empty and {*grid.SIZES, *grid.SETS, "study", "seconds"} <= set(rows.columns)
    assert not len(grid.cells(rows, system="dae"))


def test_runs_of_the_grid_that_collapsed_are_counted(monkeypatch):
    monkeypatch.setattr(gate, "doubling", enough)
    made = [(64, 0.01), (128, 0.02), (256, 0.05)]  # a tenth, a fifth and a half of the variance
    runs = [
        result(cell("dae", width=64, latent=d), gmm=1.0, mse=error, pixel_variance=0.1)
        for d, error in made
    ]
    rows = grid.frame(runs, "domain")
    told = ["† not trained enough: 1 of 3 runs collapsed"]
    assert grid.untrained(rows, "digits", "laptop") == told
    assert grid.untrained(rows, "cifar10", "overnight") == []  # half is no more than half
    assert told[0] in grid.reductions(runs, rows)
