"""The walk-throughs of book/contributing.md, followed word by word in a copy of the package."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "book" / "contributing.md").read_text()
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
FILE = re.compile(r"# (\S+) \((new file|at the end)\)\n")
pytestmark = pytest.mark.slow


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.fixture
def place(tmp_path):
    shutil.copytree(ROOT / "rae_lib", tmp_path / "rae_lib", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "notebooks").mkdir()  # by it the package knows that it lies in its repository
    (tmp_path / "data").mkdir()
    return tmp_path


def follow(title: str, place: Path) -> str:
    """Writes the files of a walk-through and runs its commands; what they print."""
    home = {"RAE_HOME": str(place / "home"), "RAE_DATA": str(place / "data"), "PYTHONPATH": str(place)}
    env = {k: v for k, v in os.environ.items() if k != "RAE_RESULTS"} | home
    printed = ""
    for language, text in BLOCK.findall(section(title)):
        if language == "console":
            for line in text.splitlines():
                command = [sys.executable, *shlex.split(line)[1:]]
                done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True)
                assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
                printed += done.stdout
            continue
        name, how = FILE.match(text).groups()
        path, content = place / name, text[FILE.match(text).end() :]
        assert path.exists() == (how == "at the end"), f"{name} is {how}"
        with path.open("a") as file:
            file.write(f"\n{content}" if how == "at the end" else content)
    return printed


def results(place: Path, name: str) -> dict:
    (path,) = place.glob(f"results/smoke/{name}")
    return json.loads(path.read_text())


@pytest.mark.parametrize("title", re.findall(r"^## (.+)$", PAGE, re.MULTILINE))
def test_a_walk_through_has_few_lines(title):
    lines = [line for _, text in BLOCK.findall(section(title)) for line in text.splitlines() if line.strip()]
    assert 0 < len(lines) < 40


def test_a_system(place):
    follow("A system", place)
    found = results(place, "digits/sparse-ae-s0/result.json")
    assert any(r["metric"] == "frechet" and r["set"] == "gmm" for r in found["records"])
    assert "l1" in next(place.glob("results/smoke/digits/sparse-ae-s0/history.csv")).read_text()


def test_a_data_set(place):
    assert "train 1000" in follow("A data set", place)
    assert results(place, "letters/ae-s0/result.json")["features"]["name"] == "domain"


def test_a_metric(place):
    follow("A metric", place)
    (record,) = results(place, "digits/ae-s0/zeros.json")["records"]
    assert record["metric"] == "zeros" and 0 < record["value"] < 0.5


def test_a_claim(place):
    shutil.copytree(ROOT / "results" / "overnight", place / "results" / "overnight")
    shutil.copytree(ROOT / "results" / "computed", place / "results" / "computed")
    printed = follow("A claim", place)
    assert re.search(r"RAE-99 .*mnist: .*print", printed), printed
