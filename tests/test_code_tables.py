"""Frames and charts of the entropic-autoencoder chapters: printed cells, code statistics, runs by the papers' sizes."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from records import enough

from rae_lib import studies
from rae_lib.config import resolve
from rae_lib.pages import code_charts, code_studies, code_tables, plates
from rae_lib.results import entropy_simulation, gate, store


@pytest.fixture(autouse=True)
def trained(monkeypatch) -> None:
    """Every data set passes the doubling test."""
    monkeypatch.setattr(gate, "doubling", enough)


COLUMNS = [*store.TABLE_COLUMNS, *store.RECORD_COLUMNS]


def records(*rows: tuple, dataset: str = "cifar10") -> pd.DataFrame:
    """(system, seed, metric, set, features, value) -> a table of records."""
    full = [
        (system, dataset, "laptop", seed, "", metric, name, "clean", features, "", 100, 100, value)
        for system, seed, metric, name, features, value in rows
    ]
    return pd.DataFrame(full, columns=COLUMNS)


def made(config, **values: float) -> store.Result:
    """A run that was never made: Frechet distances by set, energy coefficient."""
    keys = ("metric", "set", "protocol", "features", "n_real", "n_fake", "value")
    rows = [("frechet", n, "clean", "domain", 9, 9, v) for n, v in values.items() if n != "energy"]
    if "energy" in values:
        rows.append(("gauss_distance", "rec", "clean", "codes", 0, 9, values["energy"]))
    raw = {"records": [dict(zip(keys, row, strict=True)) for row in rows]}
    return store.Result(config, Path("nowhere"), raw)


def test_the_printed_table_has_all_its_rows_and_leaves_out_what_is_not_printed():
    frame = code_tables.printed_table().set_index("system")
    assert len(frame) == 11 and list(frame.columns)[:2] == ["CIFAR-10 Iso", "CelebA Iso"]
    assert frame.loc["EAE", "CIFAR-10 Iso"] == 85.26 and frame.loc["AE-L2", "CelebA MVG"] == 346.29
    assert pd.isna(frame.loc["RAE", "CIFAR-10 Iso"]) and pd.isna(frame.loc["2sVAE", "CelebA GMM"])
    assert int(frame.notna().sum().sum()) == 10 + 14 + 20
    assert code_tables.linear_map() == 84.53


def test_table_1_keeps_the_documents_order_and_its_numbers_beside_ours():
    table = records(
        ("eae", 0, "frechet", "N01", "domain", 2.0), ("eae", 1, "frechet", "N01", "domain", 4.0),
        ("eae", 0, "frechet", "N", "domain", 2.0), ("ae-bn", 0, "frechet", "N01", "domain", 5.0),
        ("two-stage-vae", 0, "frechet", "N", "domain", 3.0), ("vae", 0, "frechet", "N01", "domain", 7.0),
    )  # fmt: skip
    frame = code_tables.table1(table, "cifar10", "domain")
    assert list(frame.index) == ["vae", "two-stage-vae", "eae", "ae-bn"]
    assert frame.loc["eae", "Iso"] == (3.0, pytest.approx(2**0.5))
    assert frame.loc["eae", "Iso in print"] == 85.26 and frame.loc["eae", "own"] is None
    assert frame.loc["two-stage-vae", "own"] == (3.0, None)
    digits = code_tables.table1(table.assign(dataset="digits"), "digits", "domain")
    assert not [c for c in digits if "print" in c]


def test_code_statistics_leave_out_what_no_run_has():
    table = records(
        ("eae", 0, "entropy_100", "rec_train", "codes", 20.0),
        ("eae", 1, "entropy_100", "rec_train", "codes", 22.0),
        ("vae", 0, "entropy_100", "rec_train", "codes", 1.0),
    )
    frame = code_tables.statistics(table, ("eae", "ae-bn"), code_tables.ENTROPIES, "rec_train")
    assert list(frame.index) == ["eae"] and list(frame.columns) == ["system", "H at n = 100"]
    assert code_tables.value(table, "eae", "entropy_100", "rec_train") == 21.0
    assert code_tables.value(table, "ae-bn", "entropy_100") is None


def test_captions_are_found_by_data_set_and_latent_size():
    assert code_studies.captions("celeba64") == {48: 53.82, 128: 64.72}
    assert code_studies.captions("cifar10") == {128: 100.62, 64: 87.45}
    assert code_studies.captions("digits") == {}


def test_runs_are_found_by_the_papers_sizes():
    configs = studies.study("bottleneck", "digits", "laptop")
    results = [made(c, N01=float(c.latent), energy=0.1) for c in configs]
    found = code_studies.by_size(
        "bottleneck", "ae-bn", "latent", results, more=[64], fixed={"width": 64}
    )
    assert list(found) == [8, 16, 32]
    assert [runs[0].config.latent for runs in found.values()] == [8, 16, 32]
    assert {runs[0].config.width for runs in found.values()} == {4}  # 64 filters at this profile


def test_a_group_without_a_number_is_a_dash_and_an_empty_column_is_left_out():
    configs = studies.study("entropy", "digits", "laptop")[:2]
    groups = {c.beta: [made(c, N01=1.0 + i)] for i, c in enumerate(configs)}
    columns = code_studies.frechets("domain", "N01", "gmm") | code_studies.of_codes(
        "knn_divergence"
    )
    frame = code_studies.folded(code_studies.by_group(groups, columns), "β")
    assert list(frame.columns) == ["β", "N(0,I)"] and list(frame["N(0,I)"]) == [(1.0, None), (2.0, None)]  # fmt: skip


def test_a_note_names_the_width_that_ours_stands_for():
    raw = {"data": {"train": 9, "test": 9, "note": ""}}
    for study, words in (
        ("bottleneck", "Width 4 stands for 64"),
        ("entropy", "Width 8 stands for 128"),
    ):
        config = studies.study(study, "digits", "laptop")[0]
        assert words in code_studies.note(study, [store.Result(config, Path("nowhere"), raw)])


def test_the_best_weight_is_the_one_with_the_lowest_distance():
    configs = [c for c in studies.study("weight", "digits", "laptop") if c.depth == (2, 2, 2, 2)]
    results = [made(c, N01=abs(c.beta - 0.25)) for c in configs]
    frame = code_studies.best_weight(results, "depth", "domain")
    assert list(frame["depth"]) == ["2"] and frame["best β"][0] == "0.25"
    assert frame["β = 0.25"][0] == (0.0, None)


def test_a_study_that_is_not_stored_is_named_unless_it_is_not_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="eae-s0-entropy.*has not been run"):
        code_studies.of_study("entropy", ["digits"], "laptop", [0], False)
    assert code_studies.of_study("weight", ["digits"], "laptop", [0], False, needed=False) == {}


def test_labels_name_the_data_set_only_where_there_are_several():
    one = {"digits": {8: [made(studies.study("bottleneck", "digits", "laptop")[0])]}}
    assert list(code_studies.sample_lines(one, "d = {}")) == ["d = 8"]
    lines = code_studies.reconstruction_lines(one | {"cifar10": one["digits"]}, "d = {}")
    assert list(lines)[:2] == ["digits, test images", "digits, d = 8"] and len(lines) == 4


def test_simulations_become_tables_and_charts():
    generator = torch.Generator().manual_seed(0)
    grid = entropy_simulation.bias((20, 50), (2, 8), 4, generator)
    assert list(code_tables.bias(grid, (8,), (20, 50))["n"]) == ["20", "50"]
    liked = entropy_simulation.preferences(10, (4, 16), 3, generator)
    table = code_tables.preferences(liked)
    assert table.set_index("points").loc["equidistant", "d = 4"] is None
    assert list(table["truth / d"])[:3] == ["1.419", "1.242", "−∞"]
    kinds = {"same batch": 10, "fresh batches": 20}
    climbed = {
        (4, kind): entropy_simulation.ascent(n, 10, 4, 4, generator, looks=2)
        for kind, n in kinds.items()
    }
    traces = {key: trace for key, (_, trace) in climbed.items()}
    ends = code_tables.climbs(traces, 10, entropy_simulation.bound)
    assert list(ends)[1:] == ["d = 4, same batch", "d = 4, fresh batches"]
    assert all("→" in cell for cell in ends["d = 4, same batch"][:-1])
    assert len(code_charts.bias(grid).axes) == 1 and len(code_charts.preferences(liked).axes) == 2
    assert len(code_charts.climbs(traces).axes) == 4
    sets = {4: {key[1]: z for key, (z, _) in climbed.items()}}
    assert len(code_charts.distances(sets, {4: 3.0}).axes[0].lines) == 3


def test_charts_of_studies_cope_with_a_single_size():
    frame = pd.DataFrame({"size": [8, 8], "seed": [0, 1], "energy": [0.1, 0.2]})
    assert len(code_charts.sizes({"latent size": frame, "depth": frame}, "energy", "").axes) == 2
    weights = pd.DataFrame({"size": [0.0, 1.0], "seed": 0, "GMM": [2.0, 1.0], "corr": [0.2, 0.1]})
    words = {"xlabel": "β", "ylabel": "relative"}
    left, right = code_charts.two_sides(weights, ["GMM"], ["corr"], **words).axes
    assert right.lines[0].get_ydata()[0] == pytest.approx(0.5)
    assert len(left.lines) == 2  # the curve, and a line for the value without weight
    absolute = code_charts.two_sides(weights[1:], ["GMM"], ["corr"], **words).axes[1]
    assert absolute.lines[0].get_ydata()[0] == pytest.approx(0.1)


def test_of_weights_that_nearly_coincide_the_larger_is_kept():
    groups = {w: [] for w in (0.0, 0.05, 0.0516, 0.1, 0.5, 0.505, 1.0, 1.032)}
    assert list(code_studies.distinct(groups)) == [0.0, 0.0516, 0.1, 0.505, 1.032]


def test_robustness_is_the_highest_mean_over_the_lowest_without_weight_0():
    first, second = studies.study("entropy", "digits", "laptop")[:2]
    groups = {
        0.0: [made(first, N01=9.0)],
        0.1: [made(first, N01=2.0)],
        1.0: [made(second, N01=3.0)],
    }
    assert code_studies.ratio(groups, "domain", "N01") == 1.5
    assert code_studies.ratio({0.1: groups[0.1]}, "domain", "N01") is None


def test_code_pairs_are_drawn_within_circles_of_a_standard_normal():
    result = made(studies.study("bottleneck", "digits", "laptop")[0])
    result.raw["codes"] = {"dimensions": [3, 5], "points": [[0.0, 1.0], [1.0, 0.0]]}
    (ax,) = code_charts.scatter([result]).axes
    assert ax.get_xlabel() == "code dimension 3" and len(ax.patches) == 2
    assert ax.patches[0].radius == pytest.approx(1.1774, abs=1e-4)  # half of a normal pair


def stored(folder: Path, system: str) -> store.Result:
    """A run with pictures of one grey level each: reconstructions 10, samples 20, interpolations 30."""
    rows = {
        "reconstructions": ["test image", "reconstruction"],
        "samples": ["N", "gmm"],
        "interpolations": ["path 1"],
    }
    for level, (name, names) in enumerate(rows.items(), 1):
        grid = np.full((len(names), 10, 1, 8, 8), 10 * level, dtype=np.uint8)
        (folder / f"{name}.png").write_bytes(store.picture_png(grid))
    pictures = {name: {"rows": names, "size": [8, 8]} for name, names in rows.items()}
    return store.Result(resolve(system, "digits", "laptop"), folder, {"pictures": pictures})


def test_the_comparison_has_three_columns_and_the_test_images_on_top(tmp_path):
    result = stored(tmp_path, "eae")
    plate = np.asarray(Image.open(io.BytesIO(plates.compared([result], columns=4))).convert("L"))
    line = plate[-10]  # through the last row, that of the system
    levels, counts = np.unique(line[line < 60], return_counts=True)
    assert len(levels) == 3 and set(counts) == {4 * 8 * plates.SCALE}


def test_strips_take_a_row_by_its_name(tmp_path):
    result = stored(tmp_path, "eae")
    plate = plates.strips({"a": (result, "samples", "N")}, columns=3)
    pixels = np.asarray(Image.open(io.BytesIO(plate)).convert("L")).astype(int)
    assert (abs(pixels[:, -3 * 16 :] - 20) < 5).sum() == 3 * 16**2
    with pytest.raises(ValueError, match="'mvg' is not in list"):
        plates.strips({"a": (result, "samples", "mvg")})


def test_a_picture_that_is_not_kept_leaves_its_row_white(tmp_path):
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
    whole, bare = stored(places[0], "eae"), stored(places[1], "ae-bn")
    (places[1] / "samples.png").unlink()
    both = {"a": (whole, "samples", "N"), "b": (bare, "samples", "N")}
    for lines in (both, {"b": both["b"]}):  # beside another, and alone
        plate = np.asarray(Image.open(io.BytesIO(plates.strips(lines, columns=3))).convert("L"))
        assert (plate[-20:, -600:] > 250).all()
    assert plates.named({"a": whole, "b": bare}, "samples", [0], head="test images")
