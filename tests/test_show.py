"""What the pages display: glued values, tables in three forms, vector charts."""

import base64
import math

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from records import frechets

from rae_lib.claims import records
from rae_lib.pages import figures, markup, sheets, show


@pytest.fixture
def shown(monkeypatch) -> list[tuple[dict, dict]]:
    """What was displayed: (data, metadata) of every output."""
    outputs = []
    monkeypatch.setattr(show, "display", lambda data, *, raw, metadata=None: outputs.append((data, metadata)))
    return outputs


def sheet(long: pd.DataFrame, cols: tuple[str, ...] = ("set",), **options) -> sheets.Sheet:
    return sheets.of_records(long, rows=["system"], cols=cols, **options)


# ---- Numbers in prose


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


# ---- Tables of records


def test_a_cell_is_the_mean_over_seeds_with_its_spread_in_digits_common_to_the_column():
    long = frechets(("ae", "gmm", 0, 10.2), ("ae", "gmm", 1, 10.8), ("vae", "gmm", 0, 127.85))
    assert sheet(long).texts == [["10.5 ± 0.4"], ["127.8"]]
    assert sheet(long, decimals=0).texts[1] == ["128"]
    assert sheet(frechets(("ae", "gmm", 0, -0.0004), ("vae", "gmm", 0, 1.0))).texts[0] == ["0.000"]


def test_an_absent_number_is_a_dash_and_never_bold():
    long = frechets(("ae", "N", 0, 3.0), ("vae", "N", 0, 2.0), ("vae", "gmm", 0, 1.0))
    found = sheet(long, better="min")
    assert found.texts == [["3.00", "–"], ["2.00", "1.00"]]
    assert found.bold == [[False, False], [True, False]]  # one number alone wins nothing


def test_bold_is_the_best_and_what_a_moderated_t_test_cannot_tell_from_it():
    values = {"ae": (1.0, 1.1), "rae": (1.05, 1.15), "vae": (2.0, 2.1)}
    long = frechets(*((s, "gmm", seed, v) for s, vs in values.items() for seed, v in enumerate(vs)))
    assert [line[0] for line in sheet(long, better="min").bold] == [True, True, False]
    assert [line[0] for line in sheet(long, better="max").bold] == [False, False, True]
    alone = long[long["seed"] == 0]  # without a spread, the best alone
    assert [line[0] for line in sheet(alone, better="min").bold] == [True, False, False]


def test_a_system_of_one_seed_borrows_the_spread_of_the_others():
    column = pd.DataFrame({"mean": [1.0, 1.0], "sd": [0.1, math.nan], "seeds": [2, 1]})
    errors, freedom = sheets.standard_errors(column)
    assert errors[0] == pytest.approx(0.1 / math.sqrt(2)) and errors[1] == pytest.approx(0.1)
    assert list(freedom) == [1, 1]  # what two seeds know, and no more


def test_bold_and_claims_weigh_the_pooled_variance_alike():
    """As many degrees of freedom as the claims have, for two, three and many systems with two seeds."""
    for systems in (1, 2, 9):
        seeds = [2] * systems + [1]
        column = pd.DataFrame({"mean": 1.0, "sd": [0.1] * systems + [math.nan], "seeds": seeds})
        prior = [min(records.PRIOR, systems - (n - 1)) for n in seeds]
        assert list(sheets.standard_errors(column)[1]) == [p + n - 1 for p, n in zip(prior, seeds, strict=True)]
    values = frechets(("ae", "gmm", 0, 1.0), ("ae", "gmm", 1, 1.1), ("vae", "gmm", 0, 1.5))
    assert sheet(values, better="min").bold == [[True], [True]]  # one degree of freedom tells nothing apart


def test_what_was_not_trained_enough_has_a_dagger_that_is_explained(shown):
    whole, doubted = (frechets(("ae", "gmm", 0, 1.0)), frechets(("vae", "gmm", 0, 2.0), doubt="short"))
    long = pd.concat([whole, doubted])
    show.records(long, rows=["system"], cols=["set"], caption="c", name="t", note="A note.")
    show.records(whole, rows=["system"], cols=["set"], caption="c", name="t")
    words = markup.inline(show.DOUBTED)
    assert "2.00\u00a0†</td>" in shown[0][0]["text/html"] and words in shown[0][0]["text/html"]
    assert words not in shown[1][0]["text/html"]


def test_a_table_wider_than_the_column_is_set_closer_and_a_link_counts_by_its_words(shown):
    cells = {f"column {i}": "0.123\u00a0±\u00a00.012" for i in range(8)}
    show.table([cells], caption="c", name="t")
    show.table([{"claim": f"[RAE-01]({'x' * 200})"}], caption="c", name="t")
    assert "records close" in shown[0][0]["text/html"] and "records close" not in shown[1][0]["text/html"]


def test_the_reasons_of_untested_comparisons_are_below_the_table_each_once(shown, monkeypatch):
    monkeypatch.setattr(show.rules, "of_chapter", lambda _: ["RAE-01", "RAE-03"])
    show.claims("11_rae_images", name="tbl-v", datasets=["celeba64"])
    html = shown[0][0]["text/html"]
    assert html.count("no such runs") == 1 and "Untested: (a) no such runs." in html
    assert html.count("\u00a0a)</td>") == 1


def test_print_keeps_its_own_digits_and_is_never_bold():
    ours = frechets(("vae", "gmm", 0, 20.0), ("ae", "gmm", 0, 30.0), width=16, paper_width=128)
    printed = frechets(("vae", "gmm", 0, 17.66), ("ae", "gmm", 0, 1.0), document="rae", text="17.660")
    found = sheet(pd.concat([ours, printed]), ("set", "document"), better="min")
    assert [h[1] for h in found.heads] == ["ours, width 16", "RAE (ICLR)"]
    assert found.texts[1] == ["20", "17.660"] and found.bold[1] == [True, False]


def test_the_floor_stands_below_our_columns_of_its_metric_alone():
    long = pd.concat([frechets(("ae", "gmm", 0, 3.0)), frechets(("ae", "gmm", 0, 9.0), document="rae")])
    floor = frechets(("ae", "real", 0, 0.5), ("vae", "real", 0, 0.7))
    assert sheet(long, ("set", "document"), floor=floor).floor == ["0.600", "–"]
    other = long.assign(metric="kid")
    assert sheet(other, ("metric", "set"), floor=floor).floor == []


def test_two_levels_of_heads_span_and_name_their_columns():
    values = [(s, k, 0, v) for s, k, v in (("ae", "N", 2.0), ("ae", "gmm", 1.0))]
    long = pd.concat([frechets(*values), frechets(*values, document="rae", text="1")])
    found = markup.table(sheet(long, ("set", "document"), better="min"))
    assert '<th scope="colgroup" colspan="2" class="group">own sampler\u00a0↓</th>' in found
    assert found.count('scope="colgroup"') == 2 and found.count('<th scope="col" class="num">') == 4
    assert '<th scope="col" rowspan="2">system</th>' in found and '<th scope="row">AE</th>' in found


def test_several_data_sets_are_tabs_of_one_numbered_table_mnist_first(shown):
    digits = frechets(("ae", "gmm", 0, 1.5))
    long = pd.concat([digits, digits.assign(dataset="mnist", value=2.5)])
    show.records(long, rows=["system"], cols=["set"], by="dataset", caption="A  b.", name="tbl-a")
    data = shown[0][0]
    assert data["text/markdown"].startswith(":::{record-table} A b.\n:name: tbl-a\n")
    page = data["text/html"]
    assert page.index("MNIST</label>") < page.index("digits</label>") and page.count("checked") == 1
    assert data["text/plain"].splitlines()[:2] == ["A b.", "MNIST"]
    files = [part.split('"')[0] for part in page.split("base64,")[1:]]
    assert len(files) == 2
    assert base64.b64decode(files[0]).decode().splitlines()[1].startswith("ae,gmm,2.5")


# ---- Plain tables


def test_a_plain_table_names_its_rows_and_sets_numbers_texts_and_dashes(shown):
    index = pd.Index(["AE", "VAE"], name="system")
    frame = pd.DataFrame({("a", "n"): [10, 2000], ("a", "x"): [None, 1.5], ("b", "t"): "x|<b>"}, index)
    show.table(frame, caption="c", name="t", better={"x": "min"}, decimals={"x": 3}, note="`f` *x*")
    page = shown[0][0]["text/html"]
    cells = [c.split(">")[1].split("<")[0] for c in page.split("<td")[1:]]
    assert cells == ["10", "–", "x|&lt;b&gt;", "2,000", "1.500", "x|&lt;b&gt;"]
    assert 'colspan="2" class="group">a</th>' in page and "<code>f</code>" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Tbl FID"}, "'Tbl FID' is no label: use lower-case letters, digits and dashes"),
        ({"rows": []}, "table 't' has no rows; show a sentence instead"),
        ({"better": {"FDD": "min"}}, r"table 't' has no column \['FDD'\]; it has \['FD'\]"),
    ],
)
def test_a_table_refuses_what_it_cannot_show(change, message):
    given = {"rows": [{"FD": 1.0}], "name": "t"} | change
    with pytest.raises(ValueError, match=message):
        show.table(given.pop("rows"), caption="c", **given)


# ---- Figures


def test_a_chart_is_displayed_as_vector_graphics_with_its_words_the_same_every_time(shown):
    long = frechets(("vae", "rec", 0, 1.0), ("vae", "rec", 0, 2.0)).assign(k=[1, 2])
    with mpl.rc_context():
        figures.use_style()
        for _ in range(2):
            drawing = figures.lines(long, "k")
            show.figure(drawing, caption="A caption.", name="fig-a", alt="A line.")
    (data, metadata), (again, _) = shown
    assert metadata["rae"] == {"caption": "A caption.", "name": "fig-a", "alt": "A line."}
    svg = data["image/svg+xml"]
    assert svg == again["image/svg+xml"] and "\n" not in svg and "<metadata>" not in svg
    assert 500 < metadata["image/svg+xml"]["width"] < 800


def test_a_figure_without_alternative_text_is_refused():
    with pytest.raises(ValueError, match="figure 'fig-a' needs a caption and an alternative text"):
        show.figure(b"", caption="c", name="fig-a", alt=" ")


def test_a_row_of_a_wide_plain_table_names_its_cells_for_a_telephone():
    wide = sheets.of_frame(pd.DataFrame({(f"group {i}", "a long head"): ["words"] for i in range(12)}))
    narrow = sheets.of_frame(pd.DataFrame({"a": [1], "b": [2]}))
    assert 'class="table records stack"' in markup.table(wide).replace(" close", "")
    assert 'data-label="group 0, a long head"' in markup.table(wide)
    assert "stack" not in markup.table(narrow) and "data-label" not in markup.table(narrow)
