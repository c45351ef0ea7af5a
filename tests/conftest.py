"""What every test stands on: a home of its own, an order, and reasons for what is skipped."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Inherited by workers, kernels and subprocesses: a test neither reads nor writes the caller's
# checkpoints and classifiers.
SCRATCH = None
# The published pages that `make test` executes again; `make test-all` does the others.
FIRST = {"00_index", "11_rae_images", "23_eae_estimator"}
if "PYTEST_XDIST_WORKER" not in os.environ:
    SCRATCH = tempfile.mkdtemp(prefix="rae-tests-")
    os.environ["RAE_HOME"] = SCRATCH
    os.environ["IPYTHONDIR"] = f"{SCRATCH}/ipython"


def pytest_unconfigure(config: pytest.Config) -> None:
    if SCRATCH:
        shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips with a reason; starts the longest first."""
    for item in items:
        if item.path.suffix == ".ipynb" and item.path.stem not in FIRST:
            item.add_marker("long")
        if item.get_closest_marker("gpu") and "cuda" not in item.fixturenames:
            item.add_marker(pytest.mark.skipif(not has_gpu(), reason="no CUDA device"))
        if item.get_closest_marker("data"):
            absent = "$RAE_DATA has no mnist.npz: run .ci/run, or see README"
            item.add_marker(pytest.mark.skipif(not has_data(), reason=absent))
    items.sort(key=rank)


def rank(item: pytest.Item) -> int:
    """Two workers end together if the long tests start first."""
    order = ("book", "browser", "slow")
    marks = [name in item.keywords for name in order]
    return marks.index(True) if any(marks) else 3 if item.path.suffix == ".ipynb" else 4


@pytest.hookimpl(optionalhook=True)  # a machine may have pytest without xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Test by test, but a notebook's cells share a kernel, and book and browser tests a book."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file.endswith(("test_book.py", "test_browser.py", "test_playground.py")):
                return "book"
            return file if file.endswith(".ipynb") else nodeid

    return Scheduling(config, log)


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def has_data() -> bool:
    return (Path(os.environ.get("RAE_DATA", "/nonexistent")) / "mnist.npz").is_file()


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> str:
    """A CUDA device, with fp32 sums; skips where there is none."""
    if not has_gpu():
        pytest.skip("no CUDA device")
    import torch

    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    return "cuda"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of results in place of the repository's."""
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path / "results"))
    return tmp_path / "results"


@pytest.fixture
def places(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of empty results and of an empty home."""
    monkeypatch.setenv("RAE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def book(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book's HTML; every warning of the build is an error."""
    if not list(root.glob("notebooks/*.ipynb")):
        pytest.skip("no notebook is published: run python -m rae_lib publish")
    out = tmp_path_factory.mktemp("book")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "--path-output", out]
    options = ["--all", "-W", "-n", "--keep-going"]
    built = subprocess.run([*command, *options], cwd=root, capture_output=True, text=True)
    complaints = [line for line in built.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    assert built.returncode == 0, "the book does not build:\n" + "\n".join(complaints[:20])
    return out / "_build" / "html"


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """A headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("no Chromium: apt-get install chromium")
    options = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with playwright.sync_playwright() as p:
        yield p.chromium.launch(executable_path=chromium, args=options)


@pytest.fixture
def whole_grid(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The grid of DAE at `laptop` with sizes enough to try every rule and table on, whatever the catalogue plans."""
    from rae_lib import config
    from rae_lib.claims import records
    from rae_lib.results import frame

    caches = (frame.cells, records.defaults)
    book = config.catalogue()["study"]["grid"]
    sizes = {"profile": "laptop", "latent": [64, 96, 128, 256, 512, 640, 768, 1024]}
    smoke = [table for table in book["only"] if table["profile"] == "smoke"]
    short = {"profile": "laptop", "dataset": "digits", "epochs": 15}
    common = [t for t in book["set"] if t.get("dataset") != "digits"]
    blocks = [{k: v for k, v in block.items() if k != "profile"} for block in book["blocks"]]
    for name, value in {"only": [sizes, *smoke], "set": [*common, short], "blocks": blocks}.items():
        monkeypatch.setitem(book, name, value)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()
