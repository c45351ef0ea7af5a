"""Lanes: each job is done once, and neither a killed worker nor a killed parent does more harm than it must."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from rae_lib.campaign.workers import one_by_one, process_lane, side_by_side

PARENT = """
from functools import partial
from test_workers import announced, ready
from rae_lib.campaign.workers import process_lane, side_by_side
if __name__ == "__main__":
    list(side_by_side(partial(process_lane, announced, ready), iter([60]), 1))
"""


def ready() -> None:
    pass


def told(job: str) -> str:
    """One word is done, another fails, a third is the end of its process."""
    if job == "fail":
        raise ValueError("as asked")
    if job == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "exit":
        os._exit(3)
    return f"{job} in {os.getpid()}"


def announced(seconds: float) -> str:
    print(os.getpid(), flush=True)
    time.sleep(seconds)
    return ""


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_dead_worker_fails_its_own_job_only():
    jobs = iter(["a", "die", "b", "exit", "c", "fail", "d"])
    found = dict(side_by_side(partial(process_lane, told, ready), jobs, 2))
    assert [found.pop(bad) for bad in ("die", "exit", "fail")] == [
        (False, "its process was ended by signal 9: killed, or out of memory"),
        (False, "its process was ended (3)"),
        (False, "as asked (ValueError)"),
    ]
    assert set(found) == set("abcd") and all(fine for fine, _ in found.values())
    pids = {int(text.split()[-1]) for _, text in found.values()}
    assert os.getpid() not in pids and not any(map(alive, pids))


def test_one_job_at_a_time_is_done_in_this_process():
    jobs = ["a", "fail", "b"]
    here = {"a": (True, f"a in {os.getpid()}"), "b": (True, f"b in {os.getpid()}")}
    here["fail"] = (False, "as asked (ValueError)")
    assert dict(one_by_one(told, jobs)) == here


def test_a_job_is_taken_only_when_a_lane_is_free():
    taken: list[int] = []

    def jobs():
        for job in range(4):
            taken.append(job)
            yield job

    found = side_by_side(partial(process_lane, str, ready), jobs(), 2)
    next(found)
    assert taken == [0, 1]
    assert len(list(found)) == 3


def test_an_interrupt_ends_the_workers(capfd):
    lanes = []

    def lane():
        lanes.append(process_lane(announced, ready))
        return lanes[-1]

    def jobs():
        yield 60
        while not capfd.readouterr().out:
            time.sleep(0.05)
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(lane, jobs(), 2))
    assert time.monotonic() - start < 30 and lanes[0].worker.exitcode == 1


def test_workers_end_with_a_killed_parent(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    environment = os.environ | {"PYTHONPATH": path}
    call = [sys.executable, tmp_path / "parent.py"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        worker = int(parent.stdout.readline())
        assert alive(worker)
        parent.kill()
    end = time.monotonic() + 10
    while alive(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(worker)
