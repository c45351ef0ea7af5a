"""Tars: finished results on their way back, each whole, verified before they land in the store."""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rae_lib import store

RESULT = re.compile(r"(?:[\w+-][\w.+-]*/){3}[\w+-][\w.+-]*", re.ASCII)  # PROFILE/DATASET/NAME/FILE


@dataclass(frozen=True)
class Limits:
    """What may come back in one call: bytes a tar, tars."""

    size: int
    tars: int


def copy_stored(tree: Path, own: Path) -> None:
    """Results that the tree has and `own` lacks: they are not to be made again."""
    for path in tree.glob("*/*/*/result.json"):
        target = own / path.parent.relative_to(tree)
        if not target.exists():
            partial = target.with_name(f"{target.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(path.parent, partial)
            os.replace(partial, target)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a result."""
    found = {}
    for path in sorted(folder.glob("*")):
        with suppress(FileNotFoundError):  # a run beside this one may be replacing it
            if path.suffix != ".partial":
                found[path.name] = path.read_bytes()
    return found


def fresh(own: Path, tree: Path) -> dict[str, dict[str, bytes]]:
    """Finished results with something that the tree lacks, the newest first: PROFILE/DATASET/NAME -> its files."""
    found = {}
    folders = [p.parent for p in own.glob("*/*/*/result.json") if p.parent.suffix != ".partial"]
    for folder in sorted(folders, key=lambda f: f.stat().st_mtime, reverse=True):
        name = folder.relative_to(own).as_posix()
        mine, there = contents(folder), contents(tree / name)
        new = any(there.get(key) != content for key, content in mine.items())
        if new and store.read_json(folder / "result.json"):
            found[name] = mine
    return found


def arranged(found: dict[str, dict[str, bytes]], limits: Limits) -> tuple[list[dict], list[str]]:
    """Whole results in as many groups as there may be tars, in the order given, and the names that did not fit."""
    groups: list[dict] = []
    left, room = [], 0
    for name, files in found.items():
        size = sum(len(content) + 2048 for content in files.values())  # 2048: header, sum, padding
        if room < size <= limits.size - 10240 and len(groups) < limits.tars:
            groups.append({})
            room = limits.size - 10240
        if size > room:
            left.append(name)
        else:
            groups[-1] |= {f"{name}/{key}": content for key, content in files.items()}
            room -= size
    return groups, left


def tar(files: dict[str, bytes]) -> bytes:
    """The same bytes for the same files: sums.json (name -> SHA-256), then the files, without times and owners."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in {"sums.json": json.dumps(sums, indent=1).encode(), **files}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), 6, mtime=0)


def bring_back(own: Path, tree: Path, out: Path, limits: Limits) -> tuple[int, list[str]]:
    """Writes out/results-NN.tar.gz: how many results are in them, and the names of those that are not."""
    found = fresh(own, tree)
    groups, left = arranged(found, limits)
    # From the last: what a newer result pushes on is in two tars for a moment, never in none.
    for number, files in reversed(list(enumerate(groups))):
        path, packed = out / f"results-{number:02d}.tar.gz", tar(files)
        if not path.is_file() or path.read_bytes() != packed:
            store.write(path, packed)
    for path in sorted(out.glob("results-*.tar.gz"))[len(groups) :]:
        path.unlink()
    return len(found) - len(left), left


def verified(path: Path, place: Path) -> list[Path]:
    """Unpacks a tar into `place` and returns its results' folders. Raises ValueError for anything unexpected in it."""
    try:
        with tarfile.open(path) as archive:
            files = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}
            others = [m.name for m in archive if not m.isfile()]
            sums = dict(json.loads(files.pop("sums.json")))
    except Exception as error:  # tarfile, gzip and json raise a dozen kinds over damaged bytes
        raise ValueError(f"{path} is damaged or no tar of results ({error})") from None
    strange = others + [name for name in files if not RESULT.fullmatch(name)]
    if strange:
        raise ValueError(f"{path} holds {strange[0]!r}; allowed: PROFILE/DATASET/NAME/FILE")
    for name in sums | files:
        if name not in files or hashlib.sha256(files[name]).hexdigest() != sums.get(name):
            raise ValueError(f"{path} is damaged: {name} is not what was packed")
        store.write(place / name, files[name])
    folders = sorted({(place / name).parent for name in files})
    for folder in folders:
        if found := fault(folder, folder.relative_to(place).as_posix()):
            raise ValueError(f"{path}: {folder.relative_to(place)} {found}")
    return folders


def fault(folder: Path, name: str) -> str:
    """Why the store would not count this folder as the result of that name, or nothing."""
    raw = store.read_json(folder / "result.json")
    if raw is None:
        return "is unfinished, damaged or of another schema"
    try:
        config = store.parse(raw)
    except (KeyError, TypeError, ValueError) as error:
        return f"has a configuration that is none here ({error})"
    if config.hash != raw.get("config_hash"):
        return f"says {raw.get('config_hash')}, but its configuration is {config.hash}"
    own = f"{config.profile}/{config.dataset}/{config.name}"
    return "" if own == name else f"is the result of {own}"


def merge(folder: Path, target: Path, replace: bool) -> str:
    """Puts a result, or what is new of it, into its place, result.json last; returns what was done."""
    new, old = contents(folder), contents(target)
    changed = [name for name in new if old.get(name) != new[name]]
    known = store.read_json(target / "result.json") is not None
    if not changed:
        return "was there"
    if known and not replace and any(name in old for name in changed):
        return "REFUSED: another one is stored, which --replace would overwrite"
    if "result.json" in changed:
        (target / "result.json").unlink(missing_ok=True)
    for name in sorted(changed, key=lambda name: name == "result.json"):
        store.write(target / name, new[name])
    return "landed" if not known else f"landed {', '.join(changed)}"
