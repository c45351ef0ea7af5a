"""Jobs in processes: each is done once, and neither a killed worker nor a killed parent does more harm than it must."""

import os
import signal
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from rae_lib.campaign import workers
from rae_lib.campaign.workers import side_by_side

PARENT = """
from test_workers import announce
from rae_lib.campaign.workers import side_by_side
if __name__ == "__main__":
    list(side_by_side(announce, iter([60]), 1))
"""


def do(job: str) -> str:
    """One word is done, another fails, a third is the end of its process."""
    if job == "fail":
        raise ValueError("as asked")
    if job == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "exit":
        os._exit(3)
    return f"{job} in {os.getpid()}"


def announce(seconds: float) -> str:
    print(os.getpid(), flush=True)
    time.sleep(seconds)
    return ""


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_dead_worker_fails_its_own_job_only():
    found = dict(side_by_side(do, iter(["a", "die", "b", "exit", "c", "fail", "d"]), 2))
    ended = (False, "its process was ended (killed, or out of memory?)")
    assert [found.pop(bad) for bad in ("die", "exit")] == [ended, ended]
    assert found.pop("fail") == (False, "as asked (ValueError)")
    assert set(found) == set("abcd") and all(fine for fine, _ in found.values())
    pids = {int(text.split()[-1]) for _, text in found.values()}
    assert os.getpid() not in pids and not any(map(is_alive, pids))


def test_one_job_at_a_time_is_done_in_this_process_and_several_in_others():
    assert dict(workers.do(do, ["a", "fail"])) == {
        "a": (True, f"a in {os.getpid()}"),
        "fail": (False, "as asked (ValueError)"),
    }
    found = dict(workers.do(do, ["a", "fail"], 2))
    assert found["a"][0] and found["a"] != (True, f"a in {os.getpid()}")
    assert found["fail"] == (False, "as asked (ValueError)")


def test_the_module_of_workers_does_not_import_torch():
    code = "import sys, rae_lib.campaign.workers; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_a_job_is_taken_only_when_a_process_is_free():
    taken: list[int] = []

    def jobs():
        for job in range(4):
            taken.append(job)
            yield job

    found = side_by_side(str, jobs(), 2)
    next(found)
    assert taken == [0, 1]
    assert len(list(found)) == 3


def test_an_interrupt_ends_the_workers(capfd):
    def jobs():
        yield 60
        while not capfd.readouterr().out:
            time.sleep(0.05)
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(announce, jobs(), 2))
    while active_children() and time.monotonic() - start < 30:
        time.sleep(0.05)
    assert not active_children()


def test_workers_end_with_a_killed_parent(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    environment = os.environ | {"PYTHONPATH": path}
    call = [sys.executable, tmp_path / "parent.py"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        parent.kill()
    end = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(worker)
