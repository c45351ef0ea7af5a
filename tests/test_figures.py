"""Charts of the long frame, lossless plates, and what the chapters on entropic codes need for themselves."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from records import frechets

from rae_lib import studies
from rae_lib.config import SYSTEMS, resolve
from rae_lib.pages import entropy, figures, galleries, looks, pictures
from rae_lib.results import store


def drawn(**options):
    long = frechets(*(("vae", "rec", i % 2, v) for i, v in enumerate((4.0, 6.0, 1.0, 3.0))))
    return figures.lines(long.assign(k=[1, 1, 2, 2]), "k", **options)


def test_a_line_is_the_mean_over_seeds_in_a_band_from_the_lowest_to_the_highest():
    ax = drawn().axes[0]
    assert ax.lines[0].get_xydata().tolist() == [[1, 5], [2, 2]]
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 1 and band[:, 1].max() == 6


def test_lines_that_are_no_systems_are_told_apart_and_named_and_have_their_level_across():
    long = frechets(*((("vae"), s, 0, v) for s, v in (("rec", 1.0), ("rec", 2.0), ("gmm", 3.0))))
    long = long.assign(k=[1, 2, 1])
    ax = figures.lines(long, "k", hue="set", across=long[:1].assign(value=7.0)).axes[0]
    rec, gmm, level = ax.lines
    assert [rec.get_label(), gmm.get_label()] == ["reconstructions", "mixture"]
    assert rec.get_color() != gmm.get_color() and rec.get_marker() != gmm.get_marker()
    assert level.get_color() == rec.get_color() and level.get_ydata()[0] == 7.0


def test_a_logarithmic_axis_is_labelled_in_plain_numbers():
    long = frechets(("ae", "N", 0, 17.0), ("ae", "gmm", 0, 1.8), ("two-stage-vae", "N", 0, 2.0))
    ax = figures.dumbbell(long, "set", "N", "gmm", xlabel="FD", log=True).axes[0]
    labels = [ax.xaxis.get_major_formatter()(tick, 0) for tick in ax.get_xticks()]
    assert {"2", "5", "10"} <= set(labels)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["AE"]  # the other has no second value


def test_ranks_are_taken_among_the_systems_that_both_sides_have():
    published, ours = (pd.Series({"ae": 10.0, "vae": 18.0, "rae": 9.0}), pd.Series({"vae": 1, "ae": 2}))
    lines = figures.ranks(published, ours).axes[0].lines
    assert [tuple(line.get_ydata()) for line in lines] == [(1.0, 2.0), (2.0, 1.0)]


def test_every_system_has_a_look_of_its_own_with_the_contrast_of_graphics_on_white():
    found = [looks.look(system) for system in SYSTEMS]
    assert all(look.label != system for look, system in zip(found, SYSTEMS, strict=True))
    assert len({look.colour for look in found}) == len(SYSTEMS)
    for look in found:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(look.colour)]
        assert 1.05 / (np.dot((0.2126, 0.7152, 0.0722), parts) + 0.05) >= 3, look.label


def test_code_pairs_are_drawn_within_circles_of_a_standard_normal():
    result = store.Result(resolve("ae-bn", "digits", "laptop"), None, {})
    result.raw["codes"] = {"dimensions": [3, 5], "points": [[0.0, 1.0], [1.0, 0.0]]}
    (ax,) = figures.code_pairs([result]).axes
    assert ax.get_xlabel() == "code dimension 3" and len(ax.patches) == 2
    assert ax.patches[0].radius == pytest.approx(1.1774, abs=1e-4)  # half of a normal pair


def test_standardised_code_pairs_have_mean_zero_and_variance_one_below_the_codes_as_they_are():
    points = (np.random.default_rng(0).normal(size=(50, 2)) * (5, 1) + (9, 0)).tolist()
    result = store.Result(resolve("dae", "digits", "laptop"), None, {"codes": {"dimensions": [0, 1], "points": points}})
    above, below = figures.code_pairs([result], standardised=True).axes
    assert above.lines[0].get_xydata() == pytest.approx(np.array(points)) and above.get_xlim()[1] > max(points)[0]
    drawn = below.lines[0].get_xydata()
    assert drawn.mean(0) == pytest.approx([0, 0], abs=1e-9) and drawn.std(0) == pytest.approx([1, 1])


# ---- Plates


def stored(folder, system: str) -> store.Result:
    """A run with pictures of one grey level each: reconstructions 10, samples 20, interpolations 30."""
    rows = {"reconstructions": ["test image", "reconstruction"], "samples": ["N", "gmm"], "interpolations": ["path 1"]}
    folder.mkdir(exist_ok=True)
    for level, (name, names) in enumerate(rows.items(), 1):
        grid = np.full((len(names), 10, 1, 8, 8), 10 * level, dtype=np.uint8)
        (folder / f"{name}.png").write_bytes(store.picture_png(grid))
    kept = {name: {"rows": names, "size": [8, 8]} for name, names in rows.items()}
    return store.Result(resolve(system, "digits", "laptop"), folder, {"pictures": kept})


def pixels(png: bytes, mode: str = "L") -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert(mode))


@pytest.mark.parametrize(("channels", "mode"), [((), "L"), ((3,), "RGB")])
def test_a_plate_keeps_every_level_and_enlarges_pixels_to_squares(channels, mode):
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, *channels), dtype=np.uint8)
    png = pictures.pictures({"AE": [picture]}, scale=2)
    assert Image.open(io.BytesIO(png)).mode == mode
    assert (pixels(png, mode)[:80:2, -120::2] == picture).all()


def test_an_absent_picture_leaves_its_place_empty_and_rows_of_unequal_length_are_refused():
    red, black = np.full((20, 60, 3), (255, 0, 0), np.uint8), np.zeros((20, 60), np.uint8)
    png = pictures.pictures({"AE": [black, red], "VAE": [None, red]}, titles=["rec", "N"], scale=2)
    plate = pixels(png, "RGB")
    assert (plate[-10, -1] == (255, 0, 0)).all() and (plate[-44:-4, -260:-140] == 255).all()
    with pytest.raises(ValueError, match=r"rows and titles have \[1, 2\] pictures; allowed: one"):
        pictures.pictures({"AE": [black], "VAE": [black, black]})


def test_an_interpolation_lies_between_its_two_test_images(tmp_path):
    ends, path = [np.unique(strip).tolist() for strip in galleries.list_paths([stored(tmp_path, "eae")])["EAE"][:2]]
    assert (ends, path) == ([10], [30])
    first, middle, last = galleries.list_paths([stored(tmp_path, "eae")], steps=4)["EAE"]
    assert first.shape == last.shape == (8, 8) and middle.shape == (8, 4 * 8)


def test_reconstructions_have_the_test_images_on_top_and_samples_a_column_each(tmp_path):
    runs = [stored(tmp_path / "a", "eae"), stored(tmp_path / "b", "ae-bn")]
    lines = galleries.list_reconstructions(runs, columns=3)
    assert list(lines) == ["test images", "EAE", "AE + BN"]
    assert {strips[0].shape for strips in lines.values()} == {(8, 24)}
    assert len(galleries.list_samples(runs)["EAE"]) == 2


# ---- What the chapters on entropic codes need


def test_one_size_is_varied_at_a_time():
    rows = frechets(*(("ae-bn", "N01", 0, float(i)) for i in range(4)))
    rows = rows.assign(depth=["2", "1", "2", "1"], latent=[16, 16, 8, 8])[:3]
    found = entropy.vary_one(rows, ["depth", "latent"])
    sizes = found.groupby("varied")["size"].apply(sorted).to_dict()
    assert sizes == {"depth": [1.0, 2.0], "latent size": [8.0, 16.0]}
    assert entropy.vary_one(rows[:0], ["depth", "latent"]).empty


def test_normal_codes_are_a_system_on_the_data_sets_that_are_shown():
    codes = frechets(("eae", "training codes", 0, 20.0), metric="entropy_100", latent=16)
    found = entropy.normal_rows(codes).set_index("metric")
    assert set(found["dataset"]) == {"digits"} and set(found["system"]) == {"N(0, I)"}
    truth = found[found["set"] == "training codes"]["value"]
    assert truth["entropy_100"] == pytest.approx(8 * math.log(2 * math.pi * math.e), abs=1e-3)
    assert found["value"]["gauss_distance"].abs().max() < 0.01


def test_runs_are_named_by_the_value_of_a_field():
    configs = studies.study("bottleneck", "digits", "laptop")
    runs = [store.Result(c, None, {}) for c in reversed(configs)]
    assert list(entropy.named_runs(runs, "digits", "latent", "d = {}")) == ["d = 8", "d = 16", "d = 32"]
    assert entropy.named_runs(runs, "mnist", "latent", "d = {}") == {}
