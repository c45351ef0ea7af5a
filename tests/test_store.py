"""The files of the store: whole or not there, together or not at all, and locked by the living only."""

import math
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rae_lib.results import locks, store
from rae_lib.training import checkpoint

HOLD = """
import sys, time
from pathlib import Path
from rae_lib.results import locks
with locks.lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    store.write(path, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        store.write(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_files_that_belong_together_all_stay_when_one_cannot_be_written(tmp_path, monkeypatch):
    old = {"history.csv": b"old", "samples.png": b"old", "result.json": b"old"}
    store.write_together(tmp_path, old)
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name.startswith("result.json"):
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        store.write_together(tmp_path, dict.fromkeys(old, b"new"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old


def test_a_second_thread_waits_and_says_for_whom(tmp_path, capsys):
    path, order = tmp_path / "run" / "lock", []

    def second():
        with locks.lock(path, "smoke/digits/ae-s0", poll=0.01):
            order.append("second")

    with locks.lock(path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    held = f"process {os.getpid()} on {socket.gethostname()}, which holds {path}"
    assert order == ["first", "second"]
    assert capsys.readouterr().out == f"smoke/digits/ae-s0 waits for {held}\n"


@pytest.mark.parametrize("left", [b"", b"12345 gone-host", b"1 x", b"\xff\x00" * 99])
def test_a_lock_file_alone_stops_nobody(tmp_path, capsys, left):
    path = tmp_path / "lock"
    path.write_bytes(left)
    with locks.lock(path):
        assert path.read_text().split() == [str(os.getpid()), socket.gethostname()]
    assert capsys.readouterr().out == ""


def test_a_process_waits_for_a_living_one_and_not_for_a_killed_one(tmp_path, capsys):
    path = tmp_path / "lock"
    call = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        assert locks.holder(path) == f"process {other.pid} on {socket.gethostname()}"
        threading.Timer(0.3, other.send_signal, [signal.SIGKILL]).start()
        with locks.lock(path, poll=0.01):
            assert other.wait() == -signal.SIGKILL
    assert re.match(f"this process waits for process {other.pid} on", capsys.readouterr().out)


def test_a_lock_is_held_even_where_its_holder_cannot_be_written(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with locks.lock(tmp_path / "lock"):
        assert locks.holder(tmp_path / "lock") == "another process"


def test_what_was_trained_before_is_forgotten_with_all_its_remains(tmp_path):
    old = ("weights.pt", "weights.previous", "checkpoint.previous", "checkpoint.partial")
    for name in (*old, "checkpoint.damaged", "lock"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (100, 100))
    (tmp_path / "checkpoint.pt").touch()
    os.utime(tmp_path / "checkpoint.pt", (300, 300))
    checkpoint.forget(tmp_path, since=200)
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "checkpoint.pt"}
    checkpoint.forget(tmp_path, since=float("inf"))
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}


def test_a_history_has_seven_digits_and_names_the_norm_of_codes_plainly():
    row = {
        "autoencoder/loss": 1 / 3,
        "autoencoder/code_norm": 2,
        "watched/N": math.nan,
        "lr": 1e-3,
        "seconds": 12345678,
    }
    text = store.history_csv([row, row | {"watched/N": math.inf}]).decode()
    assert text == (
        "epoch,autoencoder/loss,code_norm,watched/N,lr,seconds\n"
        "1,0.3333333,2,nan,0.001,1.234568e+07\n2,0.3333333,2,inf,0.001,1.234568e+07\n"
    )
    assert store.history_csv([]) == b"epoch\n"
