"""The reader's own runs in a copy of the book: what is copied, what stays, how the numbers compare."""

import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from rae_lib.campaign import reproduce
from rae_lib.config import resolve
from rae_lib.pages import reproduction as pages
from rae_lib.results import reproduction, store

SYSTEMS = ("ae", "rae", "vae", "eae")


def config(system: str = "ae", seed: int = 0):
    return resolve(system, "digits", "laptop", seed)


def keep(root: Path, one, scale: float = 1.0, weights: str = "w") -> Path:
    """Stores a run below `root` whose numbers are made up."""
    value = scale * (1 + SYSTEMS.index(one.system) + one.seed / 10)
    records = [
        {"metric": metric, "set": name, "protocol": "clean", "features": features, "value": value}
        for metric, name, features in (
            ("frechet", "rec", "domain"),
            ("frechet", "gmm", "domain"),
            ("frechet", "gmm", "inception-768"),
            ("mse", "rec", "pixels"),
        )
    ]
    raw = {"config": asdict(one), "config_hash": one.hash, "records": records}
    raw["features"] = {"name": "domain", "weights": weights}
    folder = root / "results" / one.profile / one.dataset / one.name
    store.write_json(folder / "result.json", raw)
    return folder


@pytest.fixture
def book(tmp_path):
    """A small repository: pages, a published notebook, and stored runs of three seeds."""
    root = tmp_path / "book"
    for name in ("_config.yml", "_toc.yml", "book/page.md", "notebooks/11_a.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "notebooks/11_a.ipynb").write_text("of the repository")
    (root / "book/x.partial").write_text("half of a page")
    for system in SYSTEMS:
        for seed in range(3):
            keep(root, config(system, seed))
    return root


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where the copy is made, and where results are then looked for."""
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path / "copy" / "results"))
    return tmp_path / "copy"


def relative(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_a_copy_has_everything_but_published_notebooks_and_the_runs_to_be_made(book, place):
    before = {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}
    reproduce.copy(book, place, [config("rae")])
    assert store.find(config("ae"))
    reproduce.copy(book, place, [config("ae"), config("rae")])
    assert before == {path: path.read_bytes() for path in book.rglob("*") if path.is_file()}
    aside = {f"laptop/digits/{name}/result.json" for name in ("ae-s0", "rae-s0")}
    plain = relative(book) - {"notebooks/11_a.ipynb", "book/x.partial"}
    plain -= {f"results/{name}" for name in aside}
    assert relative(place) == plain | {f"results/committed/{name}" for name in aside}
    assert store.find(config("ae")) is None and store.find(config("ae", 1))
    assert {r.config.system for r in store.load_all("laptop")} == set(SYSTEMS)


def test_a_second_copy_keeps_what_was_made_and_follows_the_book(book, place):
    wanted = [config("ae"), config("rae")]
    reproduce.copy(book, place, wanted)
    keep(place, config("ae"), 2.0)
    (place / "notebooks/11_a.ipynb").write_text("of the reader")
    (book / "book/page.md").write_text("new")
    (book / "notebooks/11_a.py").rename(book / "notebooks/12_b.py")
    shutil.rmtree(book / "results/laptop/digits/vae-s2")
    reproduce.copy(book, place, wanted)
    assert (place / "book/page.md").read_text() == "new"
    assert [path.name for path in place.glob("notebooks/*")] == ["12_b.py"]
    assert store.find(config("vae", 2)) is None and store.find(config("rae")) is None
    assert store.find(config("ae")).records[0]["value"] == 2.0
    (place / "notebooks/12_b.ipynb").write_text("of the reader")
    reproduce.copy(book, place, [config("rae")])  # of other runs: those that are finished stay
    assert (place / "notebooks/12_b.ipynb").read_text() == "of the reader"
    assert store.find(config("ae")).records[0]["value"] == 2.0


def test_a_run_that_was_wanted_and_never_made_is_the_stored_one_again(book, place):
    reproduce.copy(book, place, [config("ae"), config("rae")])
    reproduce.copy(book, place, [config("rae")])
    stored, own = reproduction.find_pair(config("ae"))
    assert stored and own is None
    assert reproduction.find_pair(config("rae"))[1] is None


def compared(book, place, scale: float = 1.0, weights: str = "w"):
    """The comparison after these runs of seed 0 were made anew in a copy."""
    wanted = [config(system) for system in SYSTEMS]
    reproduce.copy(book, place, wanted)
    for one in wanted:
        keep(place, one, scale, weights)
    return reproduction.compare(wanted)


def test_without_a_reproduction_the_stored_numbers_are_there_and_nothing_is_compared(book, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(book / "results"))
    rows = reproduction.compare([config(system) for system in SYSTEMS])
    assert set(rows["why"]) == {reproduction.OTHER_RUN} and len(rows) == 12
    assert rows["ratio"].isna().all() and rows["spread"].notna().all()
    assert reproduction.describe(rows).startswith("No run was reproduced here")
    (first, _), (second, _) = pages.list_findings(rows)
    assert first.startswith("**What another seed changes.**") and "No run was reproduced" in second
    assert set(pages.list_stored(rows)["number"]) == {"reconstructions", "mixture", "squared error"}
    monkeypatch.setenv("RAE_RESULTS", str(book / "none"))
    rows = reproduction.compare([config(system) for system in SYSTEMS])
    assert rows.empty and pages.list_outside(rows).empty
    assert "No run was reproduced here" in pages.list_findings(rows)[-1][0]


def test_stored_and_own_numbers_are_compared_with_the_spread_over_seeds(book, place):
    rows = compared(book, place, 1.02)
    assert len(rows) == 12 and set(rows["why"]) == {""}
    assert rows["ratio"].tolist() == pytest.approx([1.02] * 12)
    ae = rows[rows["system"] == "ae"].iloc[0]
    assert ae["stored"] == 1.0 and ae["spread"] == pytest.approx(0.1)
    said = reproduction.describe(rows)
    assert said.startswith("12 numbers of 4 systems were compared; 0 are identical; ")
    assert "2 % in the median and 2 % at most" in said and said.endswith(" 0 outside.")
    assert "of the 12 that have a spread over the stored seeds, 12 lie inside 2 standard deviations" in said
    assert pages.list_both(rows)["text"].iloc[0] == "1.00 → 1.02"
    assert pages.compare_orders(rows) == dict.fromkeys(("reconstructions", "mixture", "squared error"), 1.0)
    assert pages.list_findings(rows)[-1][0].endswith("reconstructions 1.00, mixture 1.00, squared error 1.00.")


def test_an_order_that_a_second_training_turns_around_has_the_correlation_minus_one(book, place):
    wanted = [config(system) for system in SYSTEMS]
    reproduce.copy(book, place, wanted)
    for i, one in enumerate(wanted):
        keep(place, one, 1 / (1 + i) ** 2)
    rows = reproduction.compare(wanted)
    assert set(pages.compare_orders(rows).values()) == {-1.0} and not pages.compare_orders(rows[rows["system"] == "ae"])
    rows = rows.replace({"number": {"mixture": "mid-points"}})
    assert "reconstructions −1.00, mid-points −1.00" in pages.list_findings(rows)[-1][0]


def test_identical_numbers_are_counted(book, place):
    said = reproduction.describe(compared(book, place))
    assert "12 are identical" in said and "0 % in the median" in said


def test_a_stored_zero_is_equal_to_a_zero_and_has_no_ratio_to_another_number(book, place, monkeypatch):
    monkeypatch.setattr(reproduction, "SEEDS", (0,))
    for one in map(config, SYSTEMS):
        keep(book, one, 0.0)
    reproduce.copy(book, place, [config(system) for system in SYSTEMS])
    for system, scale in zip(SYSTEMS, (0.0, 0.0, 1.0, 1.0), strict=True):
        keep(place, config(system), scale)
    rows = reproduction.compare([config(system) for system in SYSTEMS])
    assert rows["ratio"].dropna().tolist() == [1.0] * 6 and rows["spread"].isna().all()
    assert "6 are identical" in (said := reproduction.describe(rows))
    assert said.endswith("Not compared: 6 numbers of 2 systems (the stored number is 0).")


def test_numbers_outside_the_stored_spread_are_listed_the_furthest_first(book, place):
    rows = compared(book, place, 3.0)
    listed = pages.list_outside(rows)
    assert len(listed) == 12 and "0 lie inside 2 standard deviations and 12 outside" in reproduction.describe(rows)
    away = [float(text.replace("−", "-")) for text in listed["away, in spreads"]]
    assert away == sorted(away, key=abs, reverse=True) and all(abs(a) > pages.WIDE for a in away)
    assert pages.list_outside(compared(book, place)).empty


def test_a_number_with_one_stored_seed_is_counted_and_not_judged(book, place):
    for seed in (1, 2):
        shutil.rmtree(book / f"results/laptop/digits/ae-s{seed}", ignore_errors=True)
    rows = compared(book, place, 3.0)
    lone = rows[(rows["system"] == "ae") & rows["ratio"].notna()]
    (first, _), (second, _) = pages.list_findings(lone)
    assert first.startswith("**No spread yet.**") and f"{len(lone)} numbers of 1 system were compared" in second
    assert pages.list_outside(lone).empty and "standard deviations" not in second


def test_about_one_number_in_four_lies_outside_where_the_seed_does_not_matter():
    """What the page says of the chance to lie outside, for normal numbers and three stored seeds."""
    draws = np.random.default_rng(0).standard_normal((100_000, 4))
    away = np.abs(draws[:, 3] - draws[:, 0]) / draws[:, :3].std(1, ddof=1)
    assert (away > pages.WIDE).mean() == pytest.approx(0.25, abs=0.05)


def test_distances_by_other_weights_of_the_classifier_are_not_compared_and_counted(book, place):
    rows = compared(book, place, weights="other")
    assert set(rows[rows["why"] == ""]["number"]) == {"squared error"}
    rest = "Not compared: 8 numbers of 4 systems (measured with other weights of the classifier)."
    assert reproduction.describe(rows).endswith(rest)


def test_a_seed_by_other_weights_is_no_part_of_the_spread(book, place):
    for seed in (1, 2):
        keep(book, config("ae", seed), weights="other")
    rows = compared(book, place, 1.02).set_index(["system", "number"])
    assert rows["spread"].isna()["ae", "reconstructions"] and rows["spread"].notna()["ae", "squared error"]
    shutil.rmtree(book / "results/laptop/digits/vae-s0")  # no other run is taken for one that is not stored
    assert set(compared(book, place).query("system == 'vae'")["why"]) == {reproduction.ABSENT}


def test_the_spread_is_that_of_the_stored_seeds_where_the_reader_made_several(book, place):
    wanted = [config(seed=seed) for seed in range(3)]
    reproduce.copy(book, place, wanted)
    for one in wanted:
        keep(place, one, 1 + one.seed)  # these scatter much more
    rows = reproduction.compare(wanted)
    assert rows["spread"].tolist()[:3] == pytest.approx([0.1] * 3)
    assert rows["ratio"].tolist() == pytest.approx([1.0] * 3 + [2.0] * 3 + [3.0] * 3)


def test_a_seed_without_a_number_is_no_part_of_its_spread(book, place):
    path = keep(book, config("ae", 2)) / "result.json"
    raw = store.read_json(path)
    store.write_json(path, raw | {"records": [r for r in raw["records"] if r["set"] != "gmm"]})
    rows = compared(book, place).set_index(["system", "number"])["spread"]
    assert rows["ae", "mixture"] == pytest.approx(0.1 / 2**0.5)  # of 1 and 1.1
    assert rows["ae", "squared error"] == pytest.approx(0.1)


# ---- the commands


def test_the_command_line_names_runs_as_the_runs_do(book, place, monkeypatch, capsys):
    monkeypatch.setattr(reproduce, "ROOT", book)
    options = ["--dataset", "digits", "--seed", "0", "--no-studies", "--system", "ae", "rae"]
    assert reproduce.main(["copy", str(place), *options]) == 0
    keep(place, config("ae"))
    assert reproduce.main(["compare", *options]) == 0
    said = capsys.readouterr().out
    assert said.startswith("3 numbers of 1 system were compared; 3 are identical")
    assert "Not compared: 3 numbers of 1 system (not reproduced)." in said
    monkeypatch.setattr(reproduce, "ROOT", book / "nowhere")  # the package without its repository
    with pytest.raises(SystemExit):
        reproduce.main(["copy", str(place), *options])
    assert "copy needs the repository of the book" in capsys.readouterr().err


@pytest.fixture
def make(root, tmp_path):
    """Runs a target of the Makefile on tools that only note how they are called; FAIL names one that fails."""
    if not shutil.which("make"):
        pytest.skip("there is no make here")
    place = tmp_path / "ein Ort, weit fort"
    tools = place / "venv" / "bin"
    tools.mkdir(parents=True)
    note = '#!/bin/sh\necho "$(basename $0) $* [$RAE_RESULTS]" >> calls\ncase "$*" in *"$FAIL"*) exit 1; esac\n'
    for name in ("python", "jupyter-book"):
        (tools / name).write_text(note)
        (tools / name).chmod(0o755)
    (place / "venv" / ".installed").touch()
    shutil.copy(root / "Makefile", place)

    def run(target: str, fail: str = "nothing", *given: str) -> tuple[list[str], str, int]:
        command = ["make", target, "VENV=venv", "-o", "venv/.installed", *given]
        variables = os.environ | {"FAIL": fail, "RAE_RESULTS": "", "MAKEFLAGS": "", "MAKELEVEL": ""}
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, env=variables)
        calls = (place / "calls").read_text().splitlines()
        return calls, done.stdout + done.stderr, done.returncode

    return run


def test_a_book_is_built_of_current_notebooks_alone_and_else_the_remedy_is_said(make):
    calls, said, code = make("book", "--check")
    assert code and len(calls) == 1 and "Run: make publish" in said
    calls, said, code = make("book")
    assert not code and [call.split()[0] for call in calls[1:]] == ["python", "jupyter-book"]
    assert "/ein%20Ort,%20weit%20fort/_build/html/index.html" in said  # an address that a terminal can open


def test_a_reproduction_writes_into_its_copy_alone(make):
    calls, said, code = make("reproduce", "nothing", "SYSTEMS=ae rae")
    copied, trained, published, built, said_last = calls
    runs = "--profile laptop --seed 0 --no-studies --system ae rae"
    assert not code and f"rae_lib reproduce copy _build/reproduce {runs} []" in copied
    assert f"rae_lib run {runs} --measure search --jobs 2 --device cpu [_build/reproduce/results]" in trained
    assert "rae_lib publish --root _build/reproduce --stale" in published
    assert built.startswith("jupyter-book build _build/reproduce ")
    assert f"rae_lib reproduce compare {runs} [_build/reproduce/results]" in said_last
    assert said.rstrip().endswith("/_build/reproduce/_build/html/index.html")


def test_a_reproduction_ends_where_a_step_fails(make):
    calls, _, code = make("reproduce", "rae_lib run")
    assert code and len(calls) == 2


def test_what_a_reproduction_makes_is_ignored_by_git(root):
    lines = (root / ".gitignore").read_text().splitlines()
    assert "_build/" in lines and "_build" in (root / "Makefile").read_text()
