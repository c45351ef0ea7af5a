"""What the page on trust says of the code is so: no pickles, no unpacking without limits, one place that evaluates."""

import ast
import re
from pathlib import Path

import pytest

from rae_lib import __file__ as PACKAGE

ROOM = Path(PACKAGE).parent
ROOT = Path(__file__).resolve().parents[1]
LOADERS = {"torch.load": "weights_only", "extractall": "filter"}  # each with the argument that makes it safe
FORBIDDEN = {"exec", "pickle", "marshal", "shelve", "dill", "cloudpickle", "allow_pickle", "os.system", "shell"}


def calls() -> list[tuple[str, str, ast.Call]]:
    """(file, name, call) of every call in the package."""
    found = []
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.append((path.relative_to(ROOM).as_posix(), ast.unparse(node.func), node))
    return found


def test_what_loads_and_unpacks_says_how():
    seen = set()
    for file, name, call in calls():
        for loader, argument in LOADERS.items():
            if name == loader or name.endswith(f".{loader}"):
                seen.add(loader)
                assert argument in {k.arg for k in call.keywords}, file
    assert seen == set(LOADERS)


def test_one_place_evaluates_and_none_unpickles():
    assert [file for file, name, _ in calls() if name == "eval"] == ["claims/rules.py"]
    for path in ROOM.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        names |= {k.arg for n in ast.walk(tree) if isinstance(n, ast.Call) for k in n.keywords}
        names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not names & FORBIDDEN, path


PAGE = (ROOT / "book" / "faults.md").read_text()
NAMED = re.findall(r"`(test_\w+\.py)::(\w+)`", PAGE)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_the_page_of_faults_names_exists(file, name):
    assert f"\ndef test_{name}" in (ROOT / "tests" / file).read_text()


def test_the_page_of_faults_has_twenty_of_them_each_with_a_test():
    rows = re.findall(r"^\| (\d+) \|.*<br> ([^|]+) \|$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 21))
    assert all("::" in tests for _, tests in rows)
