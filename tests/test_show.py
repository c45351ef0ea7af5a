import base64
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from rae_lib.claims.verdicts import Comparison, Verdict
from rae_lib.config import SYSTEMS
from rae_lib.pages import charts, pictures, show


@pytest.fixture
def shown(monkeypatch) -> list[tuple[dict, dict]]:
    """What was displayed: (data, metadata) of every output."""
    outputs = []

    def display(data, *, raw, metadata=None):
        outputs.append((data, metadata))

    monkeypatch.setattr(show, "display", display)
    return outputs


def rows(shown) -> list[list[str]]:
    """The cells of the table that was displayed, head first."""
    lines = [line for line in shown[0][0]["text/markdown"].splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in lines
        if "--" not in line
    ]


def test_a_table_goes_out_as_myst_html_and_plain_text_with_its_caption(shown):
    show.table([{"system": "AE", "FD": 1.0}], caption="A caption.", name="tbl-a", note="A note.")
    data, _ = shown[0]
    assert data["text/markdown"].startswith(":::{table} A caption.\n:name: tbl-a\n")
    assert ":::{container} table-note\nA note.\n:::" in data["text/markdown"]
    assert "<caption>A caption.</caption>" in data["text/html"]
    assert data["text/plain"].startswith("A caption.") and data["text/plain"].endswith("A note.")


def test_a_column_of_numbers_has_three_digits_at_its_median_and_one_number_of_decimals(shown):
    show.table({"a": [127.85, 8.694, 10.66], "b": [0.01234, 0.02, 0.03]}, caption="c", name="t")
    assert rows(shown)[1:] == [["127.8", "0.0123"], ["8.7", "0.0200"], ["10.7", "0.0300"]]


def test_whole_numbers_stay_whole_and_decimals_can_be_given(shown):
    show.table({"n": [10, 2000], "x": [1.5, 2.5]}, caption="c", name="t", decimals={"x": 3})
    assert rows(shown)[1:] == [["10", "1.500"], ["2000", "2.500"]]


def test_an_absent_value_is_a_dash_and_never_wins(shown):
    frame = pd.DataFrame({"s": ["a", "b", "c"], "x": [None, 3.0, np.nan], "y": [1.0, 2.0, None]})
    show.table(frame, caption="c", name="t", best={"x": "min", "y": "min"})
    assert rows(shown)[1:] == [["a", "–", "**1.00**"], ["b", "3.00", "2.00"], ["c", "–", "–"]]


def test_the_best_is_bold_and_so_is_what_reads_the_same(shown):
    show.table({"x": [0.981, 0.979, 0.9814]}, caption="c", name="t", best={"x": "max"})
    assert [r[0] for r in rows(shown)[1:]] == ["**0.981**", "0.979", "**0.981**"]
    assert shown[0][0]["text/html"].count("<strong>") == 2


def test_a_pair_is_a_mean_with_its_spread_and_competes_by_its_mean(shown):
    frame = {"x": [(10.52, 0.31), (9.0, float("nan")), 11.0]}
    show.table(frame, caption="c", name="t", best={"x": "min"})
    assert [r[0] for r in rows(shown)[1:]] == ["10.5 ± 0.3", "**9.0**", "11.0"]


def test_a_named_index_becomes_the_first_column(shown):
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index(["AE", "VAE"], name="system"))
    show.table(frame, caption="c", name="t")
    assert rows(shown)[0] == ["system", "x"] and rows(shown)[2][0] == "VAE"


def test_text_cannot_open_html_or_a_new_cell(shown):
    show.table([{"a": "x | <b>y</b>"}], caption="c", name="t")
    assert "x \\| \\<b>y\\</b>" in shown[0][0]["text/markdown"]
    assert "&lt;b&gt;" in shown[0][0]["text/html"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Tbl FID"}, "'Tbl FID' is no label: use lower-case letters, digits and dashes"),
        ({"rows": []}, "table 't' has no rows; show a sentence instead"),
        ({"best": {"FDD": "min"}}, r"table 't' has no column \['FDD'\]; it has \['FD'\]"),
    ],
)
def test_a_table_refuses_what_it_cannot_show(change, message):
    given = {"rows": [{"FD": 1.0}], "name": "t"} | change
    with pytest.raises(ValueError, match=message):
        show.table(given.pop("rows"), caption="c", **given)


def test_a_value_is_glued_as_a_plain_number_or_a_formatted_text(shown):
    show.value("a", np.float64(3.25))
    show.value("b", 3.25, ".1f")
    show.value("c", None, ".1f")
    texts = [data["application/papermill.record/text/plain"] for data, _ in shown]
    assert texts == ["3.25", "'3.2'", "'–'"]
    assert [meta["scrapbook"]["name"] for _, meta in shown] == ["a", "b", "c"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("nan")])
def test_a_value_that_is_not_finite_is_refused_by_name(bad):
    with pytest.raises(ValueError, match="value 'fid-ae' is (nan|inf); give a finite number"):
        show.value("fid-ae", bad)


def test_a_figure_carries_caption_name_and_alternative_text_along(shown):
    drawing = charts.scatter(
        pd.DataFrame({"x": [1, 2], "y": [3, 4]}, index=["ae", "vae"]), "x", "y"
    )
    show.figure(drawing, caption="A caption.", name="fig-a", alt="Two points.")
    data, metadata = shown[0]
    assert metadata["rae"] == {"caption": "A caption.", "name": "fig-a", "alt": "Two points."}
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    shown_at = metadata["image/png"]["width"] * show.DPI / 96
    assert picture.width == pytest.approx(shown_at, abs=1)


def test_a_figure_without_alternative_text_is_refused():
    with pytest.raises(ValueError, match="figure 'fig-a' needs a caption and an alternative text"):
        show.figure(b"", caption="c", name="fig-a", alt=" ")


def test_a_verdict_is_told_by_sign_and_word_beside_that_of_print(shown):
    held = Comparison("a < b", {}, "holds", (1.0, 0.1), "<", (2.0, 0.1), 1.0, 0.0, (), ())
    lacking = replace(held, outcome="untested", lacks=("no such runs",))
    verdicts = [
        Verdict("RAE-01", "digits", "laptop", "agrees", (held, held)),
        Verdict("RAE-11", "digits", "laptop", "open", (held, lacking)),
        Verdict("RAE-05", "digits", "laptop", "agrees", (held,), passed=False),
    ]
    show.verdict_table(verdicts, caption="c", name="tbl-verdicts")
    assert [r[2:] for r in rows(shown)[1:]] == [
        ["✓ agrees", "2 · 0 · 0 · 0", "½ mixed"],
        ["? open: no such runs (1)", "1 · 0 · 0 · 1", "✗ disagrees"],
        ["the rule has not been tested", "1 · 0 · 0 · 0", "✓ agrees"],
    ]


def test_a_dagger_in_a_cell_is_explained_below_the_table(shown):
    show.table([{"system": "AE†", "FD": 1.0}], caption="c", name="t", note="A note.")
    assert f"A note. {show.DOUBTED}" in shown[0][0]["text/markdown"]
    show.table([{"system": "AE", "FD": 1.0}], caption="c", name="t", note="A note.")
    assert show.DOUBTED not in shown[1][0]["text/markdown"]


def test_a_grid_shows_every_pixel_as_a_square_and_fills_up_with_white(tmp_path):
    images = torch.tensor([[[[0, 50]]], [[[100, 150]]], [[[200, 250]]]], dtype=torch.uint8)
    png = show.image_grid(images, columns=2, scale=3, path=tmp_path / "grid.png")
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    assert pixels.shape == (6, 12)
    assert pixels[::3, ::3].tolist() == [[0, 50, 100, 150], [200, 250, 255, 255]]
    assert [p.name for p in tmp_path.iterdir()] == ["grid.png"]
    assert (tmp_path / "grid.png").read_bytes() == png


def test_a_grid_refuses_floats_and_names_what_it_wants():
    with pytest.raises(
        ValueError, match=r"torch.float32 \(1, 1, 2, 2\); allowed: uint8 \(N, C, H, W\)"
    ):
        show.image_grid(torch.zeros(1, 1, 2, 2), columns=1)


def test_rows_of_pictures_leave_an_absent_place_empty(tmp_path):
    black, colour = np.zeros((3, 20, 20), np.uint8), np.full((20, 60, 3), (255, 0, 0), np.uint8)
    rows = {"AE": [black, colour], "VAE": [tmp_path / "none.png", colour]}
    png = show.pictures(rows, titles=["rec", "samples"], scale=2)
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    assert pixels.shape[0] == 2 * 20 + 2 * (40 + 4)
    assert (pixels[-10, -1] == (255, 0, 0)).all()
    block = pixels[-44:-4, -260:-140]  # where the second row's first picture would be
    assert (block == 255).all()


def test_rows_of_unequal_length_are_refused():
    picture = np.zeros((2, 2), np.uint8)
    with pytest.raises(ValueError, match=r"rows and titles have \[1, 2\] pictures; allowed: one"):
        pictures.pictures({"AE": [picture], "VAE": [picture, picture]})


def test_a_grey_picture_is_stored_as_grey_and_a_coloured_one_in_colour():
    grey = Image.fromarray(np.full((4, 4, 3), 7, np.uint8))
    assert Image.open(io.BytesIO(pictures.to_png(grey))).mode == "L"
    red = Image.fromarray(np.full((4, 4, 3), (7, 0, 0), np.uint8))
    assert Image.open(io.BytesIO(pictures.to_png(red))).mode == "RGB"


def test_every_system_has_a_look_of_its_own():
    looks = [charts.look(system) for system in SYSTEMS]
    assert all(look.label != system for look, system in zip(looks, SYSTEMS, strict=True))
    assert len({look.colour for look in looks}) == len(SYSTEMS)
    assert len({(look.marker, look.line) for look in looks}) >= 8


def test_every_colour_has_the_contrast_of_graphics_on_white():
    for look in charts.LOOKS.values():
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in to_rgb(look.colour)
        ]
        luminance = np.dot((0.2126, 0.7152, 0.0722), linear)
        assert 1.05 / (luminance + 0.05) >= 3, look.label


def test_a_sweep_draws_the_mean_over_seeds_in_a_band_from_min_to_max():
    frame = pd.DataFrame({"system": "vae", "k": [1, 1, 2, 2], "fd": [4.0, 6.0, 1.0, 3.0]})
    ax = charts.sweep(frame, "k", "fd").axes[0]
    assert ax.lines[0].get_xydata().tolist() == [[1, 5], [2, 2]]
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 1 and band[:, 1].max() == 6


def test_lines_that_are_no_systems_are_told_apart_too():
    frame = pd.DataFrame({"images": ["rec", "rec", "gmm", "gmm"], "k": [1, 2] * 2, "fd": 1.0})
    lines = charts.sweep(frame, "k", "fd", by="images").axes[0].lines
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 2
    assert [line.get_label() for line in lines] == ["rec", "gmm"]


def test_a_logarithmic_axis_is_labelled_in_plain_numbers():
    frame = pd.DataFrame({"N": [17.0], "GMM": [1.8]}, index=["ae"])
    ax = charts.dumbbell(frame, "N", "GMM", xlabel="FD", log=True).axes[0]
    labels = [ax.xaxis.get_major_formatter()(tick, 0) for tick in ax.get_xticks()]
    assert {"2", "5", "10"} <= set(labels)


def test_ranks_are_taken_among_the_systems_that_both_sides_have():
    published, ours = {"ae": 10.0, "vae": 18.0, "rae": 9.0}, {"vae": 1.0, "ae": 2.0}
    lines = charts.ranks(published, ours).axes[0].lines
    assert [tuple(line.get_ydata()) for line in lines] == [(1.0, 2.0), (2.0, 1.0)]


def test_the_component_chart_has_a_tick_at_every_number_tried():
    frame = pd.DataFrame(
        {"components": [1, 10, 50], "train_loglik": [1.0, 2, 3], "val_loglik": [1.0, 2, 1]}
    )
    ax = charts.components(frame).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "10", "50"]


def test_a_gain_is_an_arrow_for_every_system_that_has_both_values():
    frame = pd.DataFrame({"N": [3.0, 2.0], "GMM": [1.0, None]}, index=["ae", "two-stage-vae"])
    ax = charts.dumbbell(frame, "N", "GMM", xlabel="FD").axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["AE"]


def test_histories_of_different_length_share_one_chart():
    histories = {"ae": pd.DataFrame({"val": [2.0, 1.0]}), "vae": pd.DataFrame({"val": [3.0]})}
    assert [len(line.get_xdata()) for line in charts.curves(histories, "val").axes[0].lines] == [
        2,
        1,
    ]
