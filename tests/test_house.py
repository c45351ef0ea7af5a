"""The rules of the house: who may import whom, and how many lines a room may have."""

import ast
from pathlib import Path

import pytest

from rae_lib import __file__ as PACKAGE

ROOT = Path(PACKAGE).parent
BUDGETS = {  # lines of a room; one that has to grow grows on purpose, here
    "campaign": 545,
    "claims": 1104,
    "data": 895,
    "density": 405,
    "evaluation": 1206,
    "metrics": 1204,
    "models": 1527,
    "pages": 4236,
    "results": 2579,
    "search": 470,
    "training": 583,
    "": 1083,
}
FLOORS = (  # from the ground up; a room imports only from those before it
    *("fields", "files", "training", "config", "search", "studies", "data", "origin", "models", "density", "metrics"),
    *("evaluation", "results", "campaign", "claims", "pages", "notebooks"),
)
READERS = ("pages", "claims")  # they show and judge what is stored
ALLOWED = ("config", "results", "pages", "claims", "studies")


def lines(folder: Path) -> int:
    files = folder.rglob("*.py") if folder != ROOT else folder.glob("*.py")
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)


@pytest.mark.parametrize("room", BUDGETS)
def test_a_room_keeps_its_budget(room):
    found = lines(ROOT / room)
    print(f"{room or 'rae_lib'}: {found} of {BUDGETS[room]} lines")
    assert found <= BUDGETS[room]


def test_a_file_has_at_most_300_lines():
    long = {str(p): n for p in ROOT.rglob("*.py") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300}
    assert not long


def test_every_room_has_a_budget():
    rooms = {path.parent.relative_to(ROOT).parts[:1] for path in ROOT.rglob("*.py")}
    assert {"/".join(parts) for parts in rooms} == set(BUDGETS)


def imports(path: Path) -> set[str]:
    """The rooms of the package that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rae_lib":
            inside = node.module.split(".")[1:]
            found |= {inside[0]} if inside else {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_imports_only_from_below(room):
    below = {room, "__version__", *FLOORS[: FLOORS.index(room)]}
    files = (ROOT / room).rglob("*.py") if (ROOT / room).is_dir() else [ROOT / f"{room}.py"]
    wrong = {str(path): sorted(imports(path) - below) for path in files if imports(path) - below}
    assert not wrong


def test_every_room_is_on_a_floor():
    assert set(FLOORS) >= set(BUDGETS) - {""} | {path.stem for path in ROOT.glob("[a-z]*.py")}


@pytest.mark.parametrize("room", READERS)
def test_pages_and_claims_read_results_and_never_build_a_model(room):
    wrong = {
        path.name: sorted(imports(path) - set(ALLOWED))
        for path in (ROOT / room).glob("*.py")
        if imports(path) - set(ALLOWED)
    }
    assert not wrong
