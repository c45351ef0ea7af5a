"""Kills one small run at its writes and at random moments, starts it again, and compares with the undisturbed run.

    python benchmarks/kills.py --kills 50      # writes results/reliability/kills.json
    python benchmarks/kills.py --kills 10 --dry # says what it found, and stores nothing

A run is made in child processes that are forked from this one, in a folder of its own: five are killed one after the
other, the sixth is left alone. Half of the kills come at a point of a write: half of a file written, or before or after
a rename or a removal. The others come from outside, after a random part of the time that a run takes.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import torch

from rae_lib import origin
from rae_lib.config import Config, resolve
from rae_lib.results import land, run, store, weights
from rae_lib.training import loop

EACH = 5  # kills of a run
SMALL = {"sets": ("rec", "N"), "components": (), "width": 2, "train_images": 128, "clusterings": 1, "epochs": 4}


def small() -> Config:
    return resolve("vae", "digits", "smoke", overrides=SMALL | {"protocols": ("clean",)}, variant="")


class Points:
    """Counts the points of every write of this process, and ends the process at one of them."""

    def __init__(self, last: int):
        self.last, self.count = last, 0

    def reach(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, work: Callable) -> Callable:
        """Before and after a rename or a removal."""

        def watched(*given: object, **named: object) -> object:
            self.reach()
            done = work(*given, **named)
            self.reach()
            return done

        return watched

    def write(self, path: Path, content: bytes) -> int:
        """In the middle of a write, and after it."""
        with open(path, "wb") as file:
            file.write(content[: len(content) // 2])
            file.flush()
            self.reach()
            file.write(content[len(content) // 2 :])
        self.reach()
        return len(content)

    def watch(self) -> None:
        os.replace, os.unlink = self.around(os.replace), self.around(os.unlink)
        Path.write_bytes = lambda path, content: self.write(path, content)


def start(place: Path, last: int = 0) -> int:
    """Forks a process that makes the run in this folder; last: the point at which it is killed, 0 for none."""
    if pid := os.fork():
        return pid
    points = Points(last)
    try:
        os.environ |= {"RAE_RESULTS": str(place / "results"), "RAE_HOME": str(place / "home")}
        loop.fit.__kwdefaults__["every"] = 0.0  # a checkpoint after every epoch
        place.mkdir(exist_ok=True)
        points.watch()
        with open(place / "said", "a") as said, redirect_stdout(said), redirect_stderr(said):
            run.make(small(), device="cpu")
        (place / "points").write_text(str(points.count))
    finally:
        os._exit(0 if (place / "points").exists() else 1)


def finish(pid: int) -> int:
    """The signal that ended a process, or 0; RuntimeError where it failed."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code > 0:
        raise RuntimeError("the run failed by itself")
    return -code


def content_of(place: Path) -> dict[str, object]:
    """All that a run has stored but times and who made it, with the names of what else lies there."""
    os.environ["RAE_RESULTS"] = str(place / "results")
    result = store.find(small())
    if result is None:
        return {}
    records = [r for r in result.raw["records"] if r["metric"] not in land.TIMES]
    found = {"weights": result.raw["weights_sha256"], "records": records}
    found |= {"history": result.history.drop(columns="seconds").to_csv()}
    found |= {name: result.read(name) for name in result.raw["files"] if name.endswith((".png", weights.NAME))}
    left = [p for top in ("results", "home") for p in (place / top).rglob("*") if p.is_file()]
    return found | {"files": sorted(str(p.relative_to(place)) for p in left)}


def play(place: Path, whole: dict, kind: str, kills: list[float]) -> list[dict[str, object]]:
    """A row a kill of one run, which is started again after each of them, and at last left alone.

    kills: points, counted from the start of the process, or seconds. equal: whether the run ends as the whole one.
    """
    rows = []
    for at in kills:
        pid = start(place, int(at) if kind == "write" else 0)
        if kind == "moment":
            time.sleep(at)
            os.kill(pid, signal.SIGKILL)
        killed = finish(pid) == signal.SIGKILL
        rows.append({"kind": kind, "at": round(at, 3), "killed": killed, "unfinished": not content_of(place)})
    finish(start(place))
    return [row | {"equal": content_of(place) == whole} for row in rows]


def campaign(kills: int, folder: Path, *, seed: int = 0) -> tuple[list[dict], int]:
    """A row a kill, and the number of points of a whole run. Every run is killed EACH times.

    The points are spread evenly over a whole run. What a process does again after a kill moves those that follow a
    little.
    """
    with redirect_stdout(None):  # imports what children need, which then need not
        os.environ |= {"RAE_RESULTS": str(folder / "first" / "results"), "RAE_HOME": str(folder / "first" / "home")}
        run.make(small(), device="cpu")
    started = time.monotonic()
    finish(start(folder / "whole"))
    seconds, whole = time.monotonic() - started, content_of(folder / "whole")
    points, draw = int((folder / "whole" / "points").read_text()), random.Random(seed)
    half = kills // 2
    spread = [1 + i * points // half for i in range(half)]
    chains = max(1, half // EACH)
    rows = []
    for number in range(chains):
        mine = spread[number::chains]
        steps = [b - a for a, b in zip([0, *mine], mine, strict=False)]
        rows += play(folder / f"write-{number}", whole, "write", steps)
    for number in range(chains):
        many = (kills - half) // chains + (number < (kills - half) % chains)
        moments = [seconds * draw.uniform(0.02, 0.6) for _ in range(many)]
        rows += play(folder / f"moment-{number}", whole, "moment", moments)
    return rows, points


def main(argv: list[str] | None = None) -> int:
    """Exit status: 1 where a run that was started again differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="how many; default: 50")
    parser.add_argument("--dry", action="store_true", help="store nothing")
    given = parser.parse_args(argv)
    torch.set_num_threads(1)  # a process that has threads cannot be forked
    path, begun = store.root() / "reliability" / "kills.json", time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rows, points = campaign(given.kills, Path(folder))
    facts = {"points": points, "kills": len(rows), "equal": sum(row["equal"] for row in rows)}
    facts |= {"killed": sum(row["killed"] for row in rows), "unfinished": sum(row["unfinished"] for row in rows)}
    print(facts)
    if not given.dry:
        made = {"versions": origin.versions(), "code_sha256": origin.code_sha256()}
        raw = facts | made | {"rows": rows, "seconds": round(time.monotonic() - begun, 1)}
        store.write_json(path, raw)
    return int(facts["equal"] < len(rows))


if __name__ == "__main__":
    sys.exit(main())
