"""Results made elsewhere, brought into the store.

    python -m rae_lib land results.tar [...]

Each folder with a result.json is checked (finished, schema, the hash of its configuration, its place) and put into
results/. A stored result with other numbers stays, unless --replace is given.
"""

import argparse
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

from rae_lib.results import store

LARGEST = 2 * 2**30  # bytes of all files of an archive, unfolded
MOST = 100_000  # files of an archive
TIMES = ("step_time", "fit_time")  # another machine has others
BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error)  # what reading a damaged archive raises


def land(archive: Path, *, replace: bool = False) -> dict[str, str]:
    """Every result of the archive -> "" where it is in the store now, or why it was refused.

    Raises one of BROKEN for an archive that cannot be read, ValueError for one without results.
    """
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            check_size(tar)
            tar.extractall(folder, filter="data")
        found = sorted(path.parent for path in Path(folder).rglob("result.json"))
        if not found:
            raise ValueError("it has no result.json")
        return {"/".join(path.parts[-3:]): land_run(path, replace) for path in found}


def check_size(tar: tarfile.TarFile) -> None:
    """Raises ValueError for an archive that would unfold to more than is allowed, at the file that is too much."""
    total = 0
    for number, member in enumerate(tar, 1):
        total += member.size
        if total > LARGEST or number > MOST:
            raise ValueError(f"it unfolds to more than {LARGEST >> 20} MiB or {MOST} files at {member.name}")


def land_run(folder: Path, replace: bool) -> str:
    """Puts the files of one run into the store; returns why not, if it was refused."""
    try:
        result = store.load(folder / "result.json")
        records = read_numbers(result.raw)
    except ValueError as error:
        return f"its result.json {error}"
    config = result.config
    if bad := result.find_damage():
        return f"its {bad.name} is damaged or edited"
    if store.label(config) != "/".join(folder.parts[-3:]):
        return f"its configuration is that of {store.label(config)}"
    target, stored = store.folder(config), store.find(config)
    if stored and read_numbers(stored.raw) != records and not replace:
        return "stored with other numbers; --replace replaces them"
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    if stored and not replace:  # the same numbers: what was measured later comes to them
        files = {name: content for name, content in files.items() if not (target / name).exists()}
    # `result.json` comes last: without it the folder counts as unfinished.
    store.write_together(target, dict(sorted(files.items(), key=lambda f: f[0] == "result.json")))
    return ""


def read_numbers(raw: dict) -> list[tuple]:
    """The records of a run but its times. Raises ValueError where there are none."""
    if not raw["records"]:
        raise ValueError("has no records")
    rows = [[r.get(column) for column in store.RECORD_COLUMNS] for r in raw["records"]]
    return [tuple(row) for row in rows if row[0] not in TIMES]


def main(argv: list[str] | None = None) -> int:
    """Lands every archive, and prints a line a result. Exit status: 1 when anything was refused."""
    parser = argparse.ArgumentParser(prog="python -m rae_lib land", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("archive", nargs="+", type=Path, help="tar, also compressed")
    parser.add_argument("--replace", action="store_true", help="results with other numbers too")
    given, failed = parser.parse_args(argv), False
    for archive in given.archive:
        try:
            found = land(archive, replace=given.replace)
        except (ValueError, *BROKEN) as error:
            found = {str(archive): f"{error} ({type(error).__name__})"}
        for name, why in found.items():
            print(f"{name}: {f'refused: {why}' if why else 'landed'}", file=sys.stderr if why else sys.stdout)
            failed |= bool(why)
    return int(failed)
