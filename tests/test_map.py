"""The map of the papers' tables and figures: complete, its targets exist, its status follows the stored runs."""

import re
from pathlib import Path

import pandas as pd
import pytest

from rae_lib.config import DATASETS, DOCUMENTS, SYSTEMS, dataset_kind
from rae_lib.pages import exhibits, slides
from rae_lib.results import frame, printed

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
CARRIED = ("rae-v1", "rae", "eae", "dae", "slides")


def test_every_published_table_is_on_the_map():
    """The numbers of published/*.csv come from tables that the map has."""
    for document in CARRIED:
        numbers = set(printed.printed(document)["table"].dropna())
        key = "rae" if document.startswith("rae") else document
        items = " ".join(e["item"] for e in exhibits.read() if e["document"] == key)
        tables = [n for n in numbers if re.fullmatch(r"\d+", n)]
        assert tables and not [n for n in tables if not re.search(rf"Table {n}\b", items)]


@pytest.mark.parametrize("exhibit", exhibits.read(), ids=lambda e: f"{e['document']}-{e['item']}")
def test_its_names_exist(exhibit):
    assert exhibit["document"] in DOCUMENTS
    assert set(exhibit.get("datasets", [])) <= set(DATASETS) and set(exhibit.get("systems", [])) <= set(SYSTEMS)
    assert exhibit.get("page") or exhibit.get("other"), "says neither where it is nor why not"
    source = NOTEBOOKS / f"{exhibit.get('page')}.py"
    if exhibit.get("page"):
        assert f'name="{exhibit["label"]}"' in source.read_text(), f"{source.name} has no {exhibit['label']}"


def test_the_status_follows_the_runs():
    exhibit = {"document": "rae", "item": "", "shows": "", "datasets": ["mnist"], "systems": ["ae", "vae"]}
    planned = [*exhibits.list_planned(exhibit, "mnist")]
    digits = [*exhibits.list_planned(exhibit, "digits")]

    def judged(*trainings: str) -> str:
        return exhibits.judge(exhibit, pd.DataFrame({"training": trainings}))

    assert judged(*planned) == "all" and judged(planned[0]) == "part"
    assert judged(digits[0]) == "digits" and judged("another") == "none"
    assert exhibits.judge(exhibit | {"datasets": ["mnist", "celeba64"]}, pd.DataFrame({"training": planned})) == "part"


def test_a_row_without_runs_has_no_link_and_says_so():
    rows = frame.measured()
    lacking = "stored runs, size of the widest network, differences"
    for exhibit in exhibits.read():
        row = exhibits.describe(exhibit, rows)
        assert row[lacking]
        if exhibits.judge(exhibit, rows) == "none" and exhibit.get("datasets"):
            assert row["in this book"] == "–" and " none" in row[lacking]
    assert {exhibits.judge(e, rows) for e in exhibits.read()} >= {"part", "none"}
    large = set(rows.loc[rows["profile"] == "paper", "dataset"]) - set(slides.DIMENSIONS)  # without the synthetic ones
    assert not [d for d in large if dataset_kind(d) == "images"], "the page says that no such run is there"
