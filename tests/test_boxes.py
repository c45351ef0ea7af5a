"""The boxes of a page: a sentence is shown only while it is true, and a page with an untrue one is not published."""

import math
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
from test_publish import repository, source  # noqa: F401

from rae_lib import notebooks
from rae_lib.pages import boxes, galleries, markup
from rae_lib.results.store import Result

SENTENCE = "On digits AE (2.59) is ahead of VAE (6.00)."
PAGE = """
# %%
from rae_lib.pages import boxes
boxes.findings(("{sentence}", {ae} < {vae}), ("Two is more than one.", 2 > 1))
"""


@pytest.fixture
def shown(monkeypatch):
    found = []
    monkeypatch.setattr(boxes, "display", lambda bundle, **options: found.append((bundle, options)))
    return found


def test_a_sentence_that_is_true_is_shown_as_it_is(shown):
    boxes.findings((SENTENCE, np.bool_(True)), ("Another.", True))
    bundle, options = shown[0]
    assert f"- {SENTENCE}\n- Another." in bundle["text/markdown"]
    assert SENTENCE in bundle["text/html"]
    assert options["metadata"] == {}


def test_a_sentence_that_is_not_true_gives_way_to_a_neutral_one_and_is_kept_in_the_metadata(shown):
    boxes.findings((SENTENCE, False), ("Another.", True))
    bundle, options = shown[0]
    assert all(SENTENCE not in text for text in bundle.values())
    assert "1 of the 2 sentences" in bundle["text/markdown"]
    assert options["metadata"] == {"rae_untrue": [SENTENCE]}


@pytest.mark.parametrize("condition", [None, 1, math.nan, "yes", pd.NA])
def test_a_condition_is_true_or_false_and_nothing_else(shown, condition):
    with pytest.raises(TypeError, match="allowed: True, False"):
        boxes.findings((SENTENCE, condition))
    assert not shown


def test_a_missing_mean_is_nan_and_makes_every_comparison_false():
    long = pd.DataFrame({"system": ["ae", "ae", "vae"], "set": "gmm", "value": [2.0, 3.0, 6.0]})
    mean = boxes.Means(long, "system", "set")
    assert mean("ae", "gmm") == 2.5
    assert math.isnan(mean("rae", "gmm"))
    assert not mean("rae", "gmm") < mean("vae", "gmm")
    assert not mean("rae", "gmm") >= mean("vae", "gmm")
    assert boxes.Means(long, "system")("vae") == 6


@pytest.mark.parametrize(("one", "words"), [(8, "nearer than"), (9, "about as far as"), (12, "farther than")])
def test_two_distances_are_compared_with_a_margin(one, words):
    assert boxes.compare_distances(one, 10) == words


def test_a_span_has_the_lowest_and_the_highest_mean_and_reads_as_words():
    long = pd.DataFrame({"system": ["ae", "rae", "vae"], "set": ["gmm", "gmm", "rec"], "value": [2.0, -3.0, 6.0]})
    mean = boxes.Means(long, "system", "set")
    span = mean.span(None, "gmm")
    assert (span.low, span.high, span.count) == (-3, 2, 2)
    assert f"{span:.1f}" == "−3.0 to 2.0"
    assert f"{mean.span(['ae'], 'gmm'):.1f}" == "2.0"
    none = mean.span("two-stage-vae", None)
    assert none.count == 0 and not none.low < 1 and not none.high > 1


def test_a_page_with_an_untrue_sentence_is_refused_by_name_and_the_published_one_stays(repository):  # noqa: F811
    path = source(repository, PAGE.format(sentence=SENTENCE, ae=2.59, vae=6.0))
    assert notebooks.publish(path) == []
    before = path.with_suffix(".ipynb").read_bytes()
    source(repository, PAGE.format(sentence=SENTENCE, ae=2.59, vae=1.0))
    faults = notebooks.publish(path)
    assert len(faults) == 1 and SENTENCE in faults[0]
    assert path.with_suffix(".ipynb").read_bytes() == before


def test_with_other_results_the_page_is_published_with_the_neutral_sentence(repository, monkeypatch):  # noqa: F811
    monkeypatch.setenv("RAE_RESULTS", str(repository / "elsewhere"))
    path = source(repository, PAGE.format(sentence=SENTENCE, ae=2.59, vae=1.0))
    assert notebooks.publish(path) == []
    outputs = nbformat.read(path.with_suffix(".ipynb"), as_version=4).cells[-1].outputs
    text = outputs[0]["data"]["text/markdown"]
    assert SENTENCE not in text and "1 of the 2 sentences" in text


def test_the_box_on_rerunning_has_the_command_and_what_the_runs_took(shown):
    config = SimpleNamespace(dataset="digits", profile="laptop")
    took = {"train": 60.0, "density": 0.0, "evaluate": 30.0}
    runs = [  # two trainings, one of them of two runs
        Result(SimpleNamespace(training_hash=key, **vars(config)), i, {"seconds": took})
        for i, key in enumerate(["a", "b", "b"])
    ]
    boxes.rerun("11_rae_images", runs)
    text = shown[0][0]["text/markdown"]
    assert ".venv/bin/papermill notebooks/11_rae_images.ipynb out.ipynb --cwd notebooks" in text
    assert "digits 3 runs, 4 minutes" in text  # 1.5 + 1.5 + 0.5, rounded to even


def test_the_size_of_runs_is_that_of_most_of_them():
    def run(system: str, seed: int, width: int = 16) -> SimpleNamespace:
        config = SimpleNamespace(system=system, seed=seed, width=width, epochs=12, batch=100, train_images=0)
        return SimpleNamespace(config=config, raw={"data": {"train": 50_000}})

    assert boxes.name_size([run("ae", 0), run("vae", 0)]) == "width 16, 6,000 updates, one seed"
    assert boxes.name_size([run("ae", 0), run("ae", 1), run("vae", 0, 8)]) == "width 16, 6,000 updates, 1 to 2 seeds"
    assert boxes.name_size([]) == "0 seeds"


@pytest.mark.parametrize(
    ("minutes", "words"), [(0.5, "30 seconds"), (12.3, "12 minutes"), (200, "3.3 hours"), (6000, "100 hours")]
)
def test_times_are_in_words(minutes, words):
    assert boxes.name_time(minutes) == words


def test_a_gallery_has_a_tab_for_each_data_set_and_words_for_each_strip(monkeypatch):
    found = []
    monkeypatch.setattr(galleries, "display", lambda bundle, **_: found.append(bundle["text/markdown"]))
    strip = np.zeros((4, 8), np.uint8)
    tabs = {"MNIST": {"AE": [strip, None]}, "digits": {"AE": [strip, strip]}}
    galleries.gallery(tabs, caption="See this", name="fig-a", alt="digits", heads=["own sampler", "mixture"])
    assert found[0].startswith(":::{record-figure} See this\n:name: fig-a\n")
    assert found[0].count("<img") == 3 and found[0].count('type="radio"') == 2
    assert 'alt="AE, own sampler, digits" width="16" height="8"' in found[0]


def test_a_line_of_pictures_that_is_wider_than_the_column_is_drawn_smaller():
    wide = {"VAE (learned variance)": [np.zeros((32, 320), np.uint8), None, np.zeros((32, 32), np.uint8)]}
    scale = galleries.fit_scale(wide)
    assert 1 < scale < 2 and scale * 352 < markup.COLUMN - 8 * len("VAE (learned variance)")
    assert galleries.fit_scale({"AE": [np.zeros((4, 8), np.uint8)]}) == 2


def test_a_gallery_needs_pictures_and_words():
    with pytest.raises(ValueError, match="needs pictures"):
        galleries.gallery({}, caption="A", name="fig-a", alt="B")


def test_a_span_that_is_rounded_to_zero_has_no_minus():
    assert f"{boxes.find_span([-0.009, -0.0001]):.3f}" == "−0.009 to 0.000"


def test_two_orders_are_compared_by_set_over_the_systems_that_both_have():
    one = pd.DataFrame({"system": [*"abcd"], "set": "N", "value": [1.0, 2, 3, 4]})
    other = pd.DataFrame({"system": [*"abc"], "set": "N", "value": [1.0, 3, 2]})
    assert boxes.compare_orders(one, other) == {"N": pytest.approx(1 / 3)}
