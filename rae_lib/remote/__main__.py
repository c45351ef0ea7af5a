"""A rented machine without internet: data goes there in parts, finished results come back in tars.

    python -m rae_lib.remote pack FILE_OR_FOLDER ... --wheels torch-fidelity    # here: .carry/part-NN
    python -m rae_lib.remote unpack .carry/part-* --data FOLDER                 # there, in every call
    python -m rae_lib.remote work --budget SECONDS --out FOLDER                 # there: rae_lib.runs
    python -m rae_lib.remote land results-*.tar.gz                              # here: into results/

The machine gets the working tree and one part a call, keeps what lies outside the tree until it is given back, and
returns a few small files. Checkpoints and weights (hundreds of megabytes a run) never come back: within one lease a
stopped run goes on from its checkpoint, in the next one it begins again.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rae_lib import store
from rae_lib.remote.parts import MIB, pack, unpack
from rae_lib.remote.tars import Limits, bring_back, copy_stored, merge, verified

RUNS = (sys.executable, "-u", "-m", "rae_lib.runs")
MARGIN = 2  # MiB of a call left free, for the results that land between calls
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def tree_size() -> int:
    """Bytes of the working tree that travel with every call: tracked files, and untracked ones not ignored."""
    call = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(call, capture_output=True, text=True)
    paths = [Path(name) for name in listing.stdout.split("\0") if name]
    return sum(path.stat().st_size for path in paths if path.is_file())


def pack_main(given: argparse.Namespace) -> int:
    tree = tree_size() / MIB
    part_size = given.part_size or max(1, int(given.call_size - tree - MARGIN))
    if tree + part_size > given.call_size:
        room = f"--part-size {max(0, given.call_size - tree):.0f} at the most"
        what = f"the tree is {tree:.1f} MiB, with a part of {part_size:g} MiB a call sends more"
        raise ValueError(f"{what} than --call-size {given.call_size:g} MiB; allowed: {room}")
    to = given.to
    files = pack(given.paths, to, int(part_size * MIB), given.wheels, given.python_version)
    sizes = {part: sum(p.stat().st_size for p in part.iterdir()) for part in to.glob("part-*")}
    for number, (part, size) in enumerate(sorted(sizes.items()), 1):
        done = [n for n, e in files.items() if e["pieces"][-1]["part"] == part.name]
        print(f"call {number}: carry {part} ({size / MIB:.1f} MiB), which completes: ", end="")
        print(shortened(done))
    whole = f"{len(files)} files, {sum(sizes.values()) / MIB:.1f} MiB in {len(sizes)} parts"
    print(f"{whole}; every call also sends the tree, {tree:.1f} MiB")
    return 0


def shortened(names: list[str]) -> str:
    few = ", ".join(names[:3]) or "nothing"
    return few if len(names) < 4 else f"{few} and {len(names) - 3} more"


def once(mark: Path, key: str, call: list, environment: dict | None = None) -> None:
    """Runs a command unless it has succeeded before with the same key. Raises CalledProcessError."""
    if not mark.is_file() or mark.read_text() != key:
        subprocess.run(call, check=True, env=environment)
        store.write(mark, key.encode())


def unpack_main(given: argparse.Namespace) -> int:
    # part-*: a pattern that matched nothing, in a call that carries nothing.
    carried = [part for part in given.parts if part.name != "part-*"]
    files, waiting = unpack(carried, given.data)
    wheels = [given.data / n for n in files if n.startswith("wheels/") and n not in waiting]
    if wheels:
        call = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
        call += ["--no-compile", "--no-cache-dir", "--upgrade", "--target", given.site, *wheels]
        once(given.site / ".wheels", " ".join(w.name for w in wheels), call)
        print(f"export PYTHONPATH={given.site}")
    print(f"{len(files) - len(waiting)} of {len(files)} files are in {given.data}")
    if waiting:
        parts = ", ".join(sorted({part for absent in waiting.values() for part in absent}))
        print(f"{shortened(list(waiting))} still to come, in {parts}")
    if given.then and files and not waiting:
        path = os.pathsep.join(filter(None, (str(given.site), os.environ.get("PYTHONPATH"))))
        key = given.then + "".join(entry["sha256"] for entry in files.values())
        environment = os.environ | {"PYTHONPATH": path}
        once(given.data / ".then", key, ["bash", "-c", given.then], environment)
    return 0


def work(runs: list[str], budget: float, out: Path, own: Path, limits: Limits) -> int:
    """Runs `rae_lib.runs` with these arguments, --profile paper unless they name one, for `budget` seconds.

    Results go to the folder `own`, which begins with those of the tree; what the tree lacks is packed into `out` after
    every run, and again whatever ends them: their end, the budget, SIGTERM. Returns their status, 0 at the budget.
    """
    tree, start = store.root(), time.monotonic()
    if own.resolve() == tree.resolve():
        raise ValueError(f"--results is {own}, the tree's own, whose results are not brought back")
    out.mkdir(parents=True, exist_ok=True)
    copy_stored(tree, own)
    environment = os.environ | {"RAE_RESULTS": str(own.absolute())}
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "errors": "replace"}
    call = [*RUNS, "--profile", "paper", *runs]
    with open(out / "runs.log", "a", buffering=1) as log, stops():

        def tell(line: str) -> None:
            text = f"{time.monotonic() - start:7.1f} s  {line.rstrip()}"
            print(text, flush=True)
            print(text, file=log)

        child = subprocess.Popen(call, **pipe, env=environment, process_group=0)
        timer = threading.Timer(start + budget - time.monotonic(), stop, [child])
        timer.start()
        try:
            for line in child.stdout:
                tell(line)
                bring_back(own, tree, out, limits)
        finally:
            for number in STOPS:
                signal.signal(number, signal.SIG_IGN)
            timer.cancel()
            stop(child)
            packed, left = bring_back(own, tree, out, limits)
            for name in left:
                tell(f"{name} stays there, the limit is reached: land the others, then call again")
            how = "stopped" if child.returncode < 0 else "ended"
            tell(f"{how}; {packed} results packed")
    spent = child.returncode < 0 and time.monotonic() - start >= budget
    return 0 if spent else abs(child.returncode)


@contextmanager
def stops() -> Iterator[None]:
    """Signals that would end the process at once raise SystemExit instead."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop(child: subprocess.Popen) -> None:
    """Ends a process and its group, --jobs included; nothing is half-written, for the store writes atomically."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(child.pid, number)
            child.wait(5)


def work_main(given: argparse.Namespace) -> int:
    if not 0 < given.budget < 1e6:
        raise ValueError(f"--budget is {given.budget:g} s; allowed: more than 0, less than 1e6")
    # One file is the log, another may be half-written when the machine is stopped.
    tars = min(given.back_files - 2, int(given.back_total // given.back_size))
    if tars < 1:
        need = "--back-files 3 or more, --back-total of one --back-size or more"
        raise ValueError(f"nothing can come back within these limits; allowed: {need}")
    limits = Limits(int(given.back_size * MIB), tars)
    return work(given.runs, given.budget, given.out, given.results, limits)


def land_main(given: argparse.Namespace) -> int:
    """All tars are verified before anything lands."""
    from rae_lib import plans, runs  # imports torch, which the other verbs do without

    root, refused, profiles = store.root(), 0, set()
    with tempfile.TemporaryDirectory() as place:
        places = [Path(place, f"{number:04d}") for number in range(len(given.tars))]
        folders = [verified(tar, p) for tar, p in zip(given.tars, places, strict=True)]
        for p, inside in zip(places, folders, strict=True):
            for folder in inside:
                name = folder.relative_to(p)
                done = merge(folder, root / name, given.replace)
                refused, profiles = refused + ("REFUSED" in done), profiles | {name.parts[0]}
                print(f"{name} {done}")
    for profile in sorted(profiles):
        todo = runs.pending(plans.campaign(profile))
        first = [f"{what} {runs.label(config)}" for config, what in todo[:3]]
        print(f"{len(todo)} pending in {profile}, first: {', '.join(first) or 'nothing'}")
    return 1 if refused else 0


def parser() -> argparse.ArgumentParser:
    what = __doc__.split("\n")[0]
    p = argparse.ArgumentParser(prog="python -m rae_lib.remote", description=what)
    verbs = p.add_subparsers(required=True, metavar="VERB")
    v = verbs.add_parser("pack", help="here: files into numbered parts")
    v.set_defaults(verb=pack_main)
    v.add_argument("paths", nargs="*", type=Path, metavar="FILE_OR_FOLDER")
    v.add_argument("--to", type=Path, default=Path(".carry"))
    v.add_argument("--wheels", nargs="+", default=[], metavar="NAME", help="missing there")
    v.add_argument("--python-version", default="3.12", help="there")
    v.add_argument(
        "--part-size",
        type=float,
        metavar="MIB",
        help=f"default: what the call has room for, less {MARGIN}",
    )
    v.add_argument("--call-size", type=float, default=64, metavar="MIB", help="of tree and part")
    v = verbs.add_parser("unpack", help="there: what is complete, and its wheels")
    v.set_defaults(verb=unpack_main)
    v.add_argument("parts", nargs="+", type=Path, metavar="PART")
    v.add_argument("--data", type=Path, required=True, help="where the files go")
    v.add_argument("--site", type=Path, default=store.home() / "site", help="where wheels go")
    v.add_argument("--then", metavar="COMMAND", help="once, when all is complete")
    v = verbs.add_parser("work", help="there: rae_lib.runs, its results packed as they come")
    v.set_defaults(verb=work_main)
    v.add_argument("--budget", type=float, required=True, metavar="SECONDS")
    v.add_argument("--out", type=Path, required=True, help="what comes back")
    v.add_argument("--results", type=Path, default=store.home() / "results", help="kept there")
    v.add_argument("--back-size", type=float, default=15, metavar="MIB", help="of a file")
    v.add_argument("--back-files", type=int, default=8)
    v.add_argument("--back-total", type=float, default=60, metavar="MIB", help="of all files")
    v.add_argument("runs", nargs="*", metavar="-- ARGUMENT", help="of rae_lib.runs")
    v = verbs.add_parser("land", help="here: results from the tars into results/")
    v.set_defaults(verb=land_main)
    v.add_argument("tars", nargs="+", type=Path, metavar="FILE.tar.gz")
    v.add_argument("--replace", action="store_true", help="results stored with other numbers")
    return p


def main(argv: list[str] | None = None) -> int:
    given = parser().parse_args(argv)
    try:
        return given.verb(given)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
