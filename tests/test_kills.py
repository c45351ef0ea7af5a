"""Killed at fifty writes and moments, a run that is started again ends as if nothing had happened."""

import json
import subprocess
import sys

import pytest

from rae_lib.results.store import read_json

KILLS = 50


@pytest.mark.long
def test_a_run_that_is_killed_and_started_again_is_equal_to_an_undisturbed_one(root, tmp_path):
    """In a process without threads, which can be forked."""
    code = (
        "import json, sys; from pathlib import Path; import kills, torch; torch.set_num_threads(1);"
        f"rows, points = kills.campaign({KILLS}, Path(sys.argv[1]), seed=1); print(json.dumps(rows))"
    )
    call = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(call, cwd=root / "benchmarks", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    assert len(rows) == KILLS and all(row["equal"] for row in rows), [r for r in rows if not r["equal"]]
    assert sum(row["killed"] for row in rows) > KILLS * 0.7


def test_the_page_has_the_figures_of_the_last_campaign(root):
    raw = read_json(root / "results" / "reliability" / "kills.json")
    page = (root / "book" / "faults.md").read_text()
    assert raw["kills"] == len(raw["rows"]) == raw["equal"] >= KILLS
    for name in ("kills", "points", "killed", "unfinished", "equal"):
        assert f"{raw[name]} " in page, name
