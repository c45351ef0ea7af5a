"""The page of all claims: one row a claim and place, and the same signs as in the chapters."""

import re
from collections.abc import Iterator
from dataclasses import replace

import nbformat
import pandas as pd
import pytest
from records import stored

from rae_lib import notebooks
from rae_lib.claims.inequality import Comparison
from rae_lib.claims.verdicts import Verdict, decidable
from rae_lib.config import resolve
from rae_lib.pages import claims_matrix, show, tables
from rae_lib.results import store

OPEN = {"outcome": "undecided"}


def verdict(claim_id: str, outcome: str, *comparisons: Comparison, of: int = 1) -> Verdict:
    held = of if outcome == "reproduced" else 0
    return Verdict(claim_id, "", "", outcome, held, of, list(comparisons), "")


def found(**places: list[Verdict]) -> pd.DataFrame:
    return claims_matrix.frame(places)


@pytest.fixture
def no_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))


# ---- outcomes


def test_a_claim_without_a_part_on_a_data_set_is_blank_there_and_not_undecided():
    rows = found(
        digits=[verdict("X-08", "undecided", of=0)], cifar10=[verdict("X-08", "undecided")]
    )
    assert list(rows["place"]) == ["cifar10"]
    assert ("X-08", "digits") not in claims_matrix.looks(rows)
    counted = claims_matrix.counts(rows).set_index("claims")
    assert counted.loc["X", "CIFAR-10"].split() == ["✓", "0", "✗", "0", "?", "1", "○", "0"]


def test_without_any_run_only_claims_that_need_none_have_an_outcome(no_runs):
    rows = claims_matrix.outcomes("smoke", ["digits", "mnist"])
    assert claims_matrix.places(rows) == [claims_matrix.WITHOUT]
    assert {"RAE-23", "EAE-10", "DAE-18", "X-12", "X-16"} < set(rows["claim"])
    assert (
        not {"undecided", "untested"} & set(rows["outcome"]) and claims_matrix.lacking(rows).empty
    )
    assert claims_matrix.twice(rows) == (0, 0)
    assert claims_matrix.parted(rows, ("yes", "partly", "no"), "contradicted").empty
    assert claims_matrix.matrix(rows).axes


def test_claims_that_need_no_run_are_decided_once(monkeypatch):
    asked = []
    monkeypatch.setattr(claims_matrix.runs, "load_all", lambda profile, name: [name])
    monkeypatch.setattr(claims_matrix.runs, "table", lambda results: pd.DataFrame())

    def decide(ids: list[str], *args: object, datasets: tuple, **options: object) -> list[Verdict]:
        asked.append((datasets, set(ids)))
        return [verdict(i, "undecided") for i in ids] if datasets else bare

    bare = claims_matrix.decided(decidable(), [], "laptop")
    monkeypatch.setattr(claims_matrix.verdicts, "verdicts", decide)
    rows = claims_matrix.outcomes("laptop", ["digits", "mnist", "digits"])
    free = set(tables.pick(rows, place=claims_matrix.WITHOUT)["claim"])
    assert [names for names, _ in asked] == [(), ("digits",), ("mnist",)]
    assert all(not free & ids for _, ids in asked[1:])
    assert free | asked[1][1] == set(decidable())
    assert not rows.duplicated(["claim", "place"]).any()


def test_a_stand_in_is_told_with_its_outcome(monkeypatch):
    rows = found(
        digits=[replace(verdict("RAE-01", "reproduced"), places={"digits": "mnist"})],
        mnist=[replace(verdict("RAE-01", "contradicted"), places={"mnist": "mnist"})],
    )
    assert list(rows["stands"]) == ["MNIST", ""]
    tables_shown = []
    monkeypatch.setattr(show, "table", lambda lines, **words: tables_shown.append(lines))
    claims_matrix.verdict_table(rows, "RAE", caption="c", name="t")
    here = tables_shown[0][0]["here"].replace("\u00a0", " ")
    assert here == "digits (for MNIST) ✓ 1/1, MNIST ✗ 0/1"
    lost = claims_matrix.parted(
        rows[:1].assign(outcome="contradicted"), ("partly",), "contradicted"
    )
    assert list(lost["where"]) == ["digits (for MNIST) 1/1"]


def test_each_data_set_is_asked_at_the_largest_profile_that_is_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    for profile, dataset in (("laptop", "digits"), ("laptop", "mnist"), ("overnight", "mnist")):
        stored(resolve("ae", dataset, profile), {"N": 2.0, "gmm": 1.0})
    stored(resolve("ae", "digits", "smoke"), {"N": 2.0})
    stored(resolve("ae", "mnist", "smoke"), {"N": 2.0})
    rows = claims_matrix.outcomes("largest", ["digits", "mnist", "cifar10"])
    assert claims_matrix.sizes(rows) == "digits laptop, MNIST overnight"
    assert set(tables.pick(rows, claim="RAE-01")["outcome"]) == {"untested"}
    assert claims_matrix.sizes(claims_matrix.outcomes("laptop", ["mnist"])) == "MNIST laptop"
    assert [store.largest(d) for d in ("digits", "mnist", "cifar10")] == [
        *("laptop", "overnight", "overnight")
    ]
    assert store.largest("digits", "paper") == "paper"


def test_an_unknown_data_set_is_refused_by_name(no_runs):
    with pytest.raises(ValueError, match="datasets is 'cifar' .did you mean cifar10.*; allowed: "):
        claims_matrix.outcomes("laptop", ["digits", "cifar"])


@pytest.mark.parametrize(
    ("comparison", "lack"),
    [
        (Comparison("", reason="not trained enough: ae ...", **OPEN), "longer training"),
        (Comparison("", missing=("ae on digits (no-bn)",), **OPEN), "a run"),
        (Comparison("", reason="the doubling test on MNIST has ...", **OPEN), "the doubling test"),
        (Comparison("", missing=("fid_N(ae, mnist) in inception-2048 features",), **OPEN), 3),
        (Comparison("", missing=("fid_gmm100(ae, mnist)",), **OPEN), "a measurement"),
        (Comparison("", reason="one seed", **OPEN), "a second seed"),
        (Comparison("", reason="inside the spread", **OPEN), claims_matrix.SPREAD),
        (Comparison("", reason="not a finite number", **OPEN), "something else"),
    ],
)
def test_what_an_undecided_claim_lacks_is_the_first_that_applies(comparison, lack):
    lack = claims_matrix.LACKS[lack] if isinstance(lack, int) else lack
    alone = verdict("RAE-01", "undecided", comparison)
    later = (
        [Comparison("", reason="inside the spread", **OPEN)]
        if lack in claims_matrix.LACKS[:6]
        else []
    )
    assert claims_matrix.lacks(alone) == lack
    assert claims_matrix.lacks(verdict("RAE-01", "undecided", *later, comparison)) == lack
    assert claims_matrix.lacks(verdict("RAE-01", "contradicted", comparison)) == ""
    assert claims_matrix.lacks(verdict("RAE-01", "untested", comparison)) == lack
    counted = claims_matrix.lacking(found(mnist=[alone]))
    assert counted.to_dict("records") == [{"lacking": lack, "MNIST": 1}]


def test_runs_that_are_lacking_look_unlike_seeds_that_do_not_agree():
    for kind in claims_matrix.OPEN:
        seen = claims_matrix.looks(found(digits=[verdict("RAE-01", kind, Comparison("", **OPEN))]))
        assert seen["RAE-01", "digits"] == claims_matrix.LOOKS[kind]
    assert claims_matrix.LOOKS["undecided"] != claims_matrix.LOOKS["untested"]
    assert seen["RAE-01", claims_matrix.PRINT][1] == "½"
    assert ("RAE-12", claims_matrix.PRINT) not in seen  # words only in print


# ---- print against runs


def test_print_and_runs_part_in_both_ways():
    rows = found(
        digits=[verdict("RAE-03", "contradicted", of=48), verdict("RAE-01", "reproduced", of=8)],
        mnist=[verdict("RAE-03", "contradicted", of=3), verdict("RAE-06", "reproduced")],
        **{claims_matrix.WITHOUT: [verdict("X-16", "reproduced")]},
    )
    lost = claims_matrix.parted(rows, ("yes",), "contradicted")
    won = claims_matrix.parted(rows, ("no", "partly"), "reproduced")
    assert lost[["claim", "where"]].values.tolist() == [["RAE-03", "digits 0/48, MNIST 0/3"]]
    assert won[["claim", "in print"]].values.tolist() == [["RAE-01", "partly"]]


def test_data_sets_that_differ_are_counted_on_decided_claims_only():
    rows = found(
        digits=[verdict(i, "reproduced") for i in ("RAE-01", "RAE-02", "RAE-03")],
        mnist=[
            verdict("RAE-01", "reproduced"),
            verdict("RAE-02", "contradicted"),
            verdict("RAE-03", "undecided"),
        ],
    )
    assert claims_matrix.twice(rows) == (2, 1)


# ---- the published page beside the published chapters


def shown(stem: str) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """Label, caption and rows of every table of a published notebook."""
    notebook = nbformat.read(notebooks.ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/markdown", "")
            if head := re.match(r":::\{table\} (.*)\n:name: (.*)\n", text):
                lines = [line for line in text.splitlines() if line.startswith("|")]
                cells = [
                    [c.strip(" *") for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
                ]
                rows = [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]
                yield head[2], head[1], rows


def on_the_page() -> dict[str, dict[str, str]]:
    """The sign of every claim by claim and place."""
    found: dict[str, dict[str, str]] = {}
    for label, _, rows in shown("01_claims"):
        for row in rows if re.fullmatch("tbl-glance-(rae|eae|dae|x)", label) else ():
            parts = row["here"].replace("\u00a0", " ").replace("\u2011", "-").split(", ")
            entries = [part.rsplit(" ", 2) for part in parts if part != show.ABSENT]
            found[row["claim"]] = {e[0].partition(" (for ")[0]: e[1] for e in entries}
    return found


def in_chapters() -> Iterator[tuple[str, str, dict[str, str]]]:
    """(chapter, column of the page, row) of every claim decided at the end of another chapter."""
    titles = {title: claims_matrix.titled(name) for name, title in tables.TITLES.items()}
    for source in notebooks.sources():
        for label, caption, rows in shown(source.stem) if source.stem != "01_claims" else ():
            place = titles.get(caption.partition("decided on ")[2], claims_matrix.WITHOUT)
            claims = [row for row in rows if re.fullmatch(r"[A-Z]+-\d\d", row.get("claim", ""))]
            if "-verdicts" in label:
                yield from ((source.stem, place, row) for row in claims)


def test_every_claim_of_the_page_is_decided_in_a_chapter():
    assert set(on_the_page()) == set(decidable())
    assert {row["claim"] for _, _, row in in_chapters()} == set(decidable())


def test_the_page_has_the_sign_of_every_chapter():
    page, differ = on_the_page(), []
    places = {place for signs in page.values() for place in signs}
    for chapter, place, row in in_chapters():
        mine = page[row["claim"]]
        theirs = row["here"][0] if row["hold"] != show.ABSENT else show.ABSENT
        place = claims_matrix.WITHOUT if claims_matrix.WITHOUT in mine else place
        ours = mine.get(place, show.ABSENT if place in places else theirs)  # what the page shows
        if ours != theirs:
            differ.append(f"{chapter}, {place}, {row['claim']}: {theirs}, here {ours}")
    assert differ == []
