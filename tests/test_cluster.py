"""The Snakefile: the jobs are what is pending; what is stored is neither repeated nor touched, whoever is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from rae_lib.campaign import command
from rae_lib.studies import campaign

ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = ("ae", "vae", "rae", "rae-l2", "wae-mmd")
CHOSEN = f"--dataset digits --seed 0 --no-studies --system {' '.join(SYSTEMS)}"

pytestmark = pytest.mark.long


@pytest.fixture
def places(tmp_path, monkeypatch):
    pytest.importorskip("snakemake", reason="needs the extra: pip install -e '.[cluster]'")
    place = tmp_path / "ein Ort, öde"
    place.mkdir()
    monkeypatch.setenv("RAE_RESULTS", str(place / "results"))
    monkeypatch.setenv("RAE_HOME", str(place / "home"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))
    return place


def call(places: Path, profile: str, *options: str, choose: str = "") -> list[str]:
    """A command of Snakemake that works in a folder of its own."""
    named = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(places)]
    named += ["--cores", "2", "--nolock", "--keep-going", *options]
    return [*named, "--config", f"profile={profile}", f"python={sys.executable}", f"choose={choose}"]


@contextmanager
def group_of(places: Path, *options: str) -> Iterator[subprocess.Popen]:
    """The smoke campaign in a process group of which nothing is left."""
    with open(places / "log", "w") as log:
        named = call(places, "smoke", *options, choose=CHOSEN)
        process = subprocess.Popen(named, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def find_workers(process: subprocess.Popen) -> list:
    """The processes that make runs; one that has just ended, and has no command line any more, is none of them."""
    from psutil import Process, process_iter

    below = {p.pid for p in Process(process.pid).children(recursive=True)}
    lines = {p: p.info["cmdline"] or [] for p in process_iter(["cmdline"]) if p.pid in below}
    return [p for p, line in lines.items() if line[1:4] == ["-m", "rae_lib", "run"]]


def sums(places: Path) -> dict[str, str]:
    files = sorted((places / "results").rglob("*"))
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


def wait_for(what, seconds: float = 600) -> object:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)
    return found


def test_a_killed_campaign_goes_on_and_what_was_finished_is_not_touched(places, capsys):
    with group_of(places) as process:
        wait_for(lambda: list((places / "results").rglob("result.json")))
        wait_for(lambda: find_workers(process))[0].kill()
        wait_for(lambda: find_workers(process))
        os.killpg(process.pid, signal.SIGKILL)  # and the others in the middle of their work
    before = {name: value for name, value in sums(places).items() if not name.endswith(".partial")}
    stored = list((places / "results").rglob("result.json"))
    assert 0 < len(stored) < len(SYSTEMS)
    done = {str(path): path.stat().st_mtime_ns for path in stored}
    with group_of(places) as process:
        assert process.wait(timeout=900) == 0, (places / "log").read_text()
    assert len(list((places / "results").rglob("result.json"))) == len(SYSTEMS)
    kept = {name: value for name, value in sums(places).items() if str(Path(name).parent / "result.json") in done}
    assert kept == {name: before[name] for name in kept}
    assert {name: Path(name).stat().st_mtime_ns for name in done} == done
    assert command.main(["--profile", "smoke", *CHOSEN.split(), "--pending"]) == 0
    assert capsys.readouterr().out == "0 pending\n"
    with group_of(places, "--resources", "gpu=2") as process:  # another setting repeats nothing
        assert process.wait(timeout=120) == 0
    assert "begun" not in (places / "log").read_text()


def test_a_dry_run_of_the_whole_paper_campaign_has_a_job_for_every_run(places):
    done = subprocess.run(call(places, "paper", "--dry-run", "--quiet", "rules"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    jobs = (places / ".snakemake/done/jobs.txt").read_text().splitlines()
    assert jobs == [f"paper/{c.dataset}/{c.name}" for c in campaign("paper")]


def test_options_that_name_no_run_make_no_job(places):
    named = call(places, "smoke", "--dry-run", choose="--seed 77")
    done = subprocess.run(named, capture_output=True, text=True)
    assert done.returncode and "--seed 77 selects nothing" in done.stderr
