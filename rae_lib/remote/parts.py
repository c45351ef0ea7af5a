"""Parts: big files cut into folders of a limited size, carried one a call, and joined again."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from rae_lib import store

MIB = 2**20
PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux1")


def pack(named: list[Path], to: Path, part_size: int, wheels: list[str], python: str) -> dict:
    """Writes to/part-00, part-01 ...: pieces of the deflated files, in the order given, and a manifest in each.

    part_size: bytes, the manifest included. Earlier parts there are removed. The manifest, written last, maps a name
    to its size, SHA-256 and pieces; it is returned. Raises FileNotFoundError, or ValueError for two files of a name.
    """
    with tempfile.TemporaryDirectory() as folder:
        sources = listed(named) | fetched(wheels, python, Path(folder))
        manifest = 4096 + 800 * len(sources)  # at the most
        if part_size < 2 * manifest:
            raise ValueError(f"a part is {part_size} bytes; allowed here: {2 * manifest} or more")
        for old in to.glob("part-[0-9][0-9]"):
            shutil.rmtree(old)
        parts, files = Parts(to, part_size - manifest), {}
        for name in sorted(sources, key=lambda name: not name.startswith("wheels/")):
            path, key = sources[name], f"{len(files):04d}"
            pieces = [{"part": p.parent.name, "sha256": sha256(p)} for p in parts.put(key, path)]
            whole = {"size": path.stat().st_size, "sha256": sha256(path)}
            files[name] = {"key": key, **whole, "pieces": pieces}
    for part in sorted({p["part"] for entry in files.values() for p in entry["pieces"]}):
        store.write(to / part / "manifest.json", json.dumps({"files": files}, indent=1).encode())
    return files


class Parts:
    """Folders part-NN, filled one after the other with at most `size` bytes."""

    def __init__(self, to: Path, size: int):
        self.to, self.size, self.number, self.left = to, size, -1, 0

    def put(self, key: str, path: Path) -> list[Path]:
        """Deflates a file into the part begun last and as many more as it takes; the pieces' paths."""
        pieces: list[Path] = []
        for block in deflated(path):
            while block:
                if not self.left:
                    self.number, self.left = self.number + 1, self.size
                piece = self.to / f"part-{self.number:02d}" / key
                piece.parent.mkdir(parents=True, exist_ok=True)
                with open(piece, "ab") as file:
                    file.write(block[: self.left])
                if piece not in pieces:
                    pieces.append(piece)
                block, self.left = block[self.left :], max(0, self.left - len(block))
        return pieces


def deflated(path: Path) -> Iterator[bytes]:
    press = zlib.compressobj(6)
    with open(path, "rb") as file:
        while block := file.read(MIB):
            yield press.compress(block)
    yield press.flush()


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(named: list[Path]) -> dict[str, Path]:
    """Name there -> file here: a file's own name, or FOLDER/... for what a folder holds."""
    found: dict[str, Path] = {}
    for top in named:
        if not top.exists():
            raise FileNotFoundError(f"{top} does not exist; allowed: a file or a folder")
        inside = sorted(p for p in top.rglob("*") if p.is_file()) if top.is_dir() else [top]
        for path in inside:
            name = path.absolute().relative_to(top.absolute().parent).as_posix()
            if name in found:
                raise ValueError(f"{found[name]} and {path} would both be {name} there")
            found[name] = path
    return found


def fetched(names: list[str], python: str, folder: Path) -> dict[str, Path]:
    """Wheels of exactly these packages, not of what they need, for another Python on 64-bit Linux."""
    if not names:
        return {}
    exact = ["--no-deps", "--only-binary=:all:", "--python-version", python]
    exact += [word for p in PLATFORMS for word in ("--platform", f"{p}_x86_64")]
    call = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder, *exact, *names]
    subprocess.run(call, check=True)
    return {f"wheels/{path.name}": path for path in sorted(folder.iterdir())}


def unpack(parts: list[Path], data: Path) -> tuple[dict, dict[str, list[str]]]:
    """Checks the pieces of these parts and joins what is whole into `data`; may be repeated, in any order.

    Returns all files of the manifests, and the incomplete ones with the parts they wait for. Raises ValueError for a
    damaged part, by name.
    """
    files: dict[str, dict] = {}
    waiting: dict[str, list[str]] = {}
    for part in parts:
        try:
            named = json.loads((part / "manifest.json").read_text())["files"]
        except (OSError, ValueError, KeyError):
            raise ValueError(f"{part} has no readable manifest.json: carry it again") from None
        if any(files.get(name, entry) != entry for name, entry in named.items()):
            raise ValueError(f"{part} is of another pack than {parts[0]}: leave one out")
        files |= named
    here = {part.name: part for part in parts}
    for name, entry in files.items():
        path = data / name
        if path.is_file() and sha256(path) == entry["sha256"]:
            continue
        # Pieces are kept beside the data: their part may be gone at the next call.
        staged, absent = data / ".pieces" / entry["sha256"], []
        pieces = [staged / f"{number:03d}" for number in range(len(entry["pieces"]))]
        for piece, target in zip(entry["pieces"], pieces, strict=True):
            if part := here.get(piece["part"]):
                stage(part / entry["key"], piece["sha256"], target)
            absent += [] if target.exists() else [piece["part"]]
        if absent:
            waiting[name] = absent
        else:
            join(pieces, path, entry["sha256"])
            shutil.rmtree(staged)
    return files, waiting


def stage(piece: Path, expected: str, target: Path) -> None:
    if not piece.is_file() or sha256(piece) != expected:
        raise ValueError(f"{piece.parent.name} is damaged ({piece.name}): carry it again")
    if not target.exists():
        store.write(target, piece.read_bytes())


def join(pieces: list[Path], path: Path, expected: str) -> None:
    """Atomic, like every write of the store."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, inflate = path.with_name(f"{path.name}.{os.getpid()}.partial"), zlib.decompressobj()
    with open(partial, "wb") as file:
        for piece in pieces:
            file.write(inflate.decompress(piece.read_bytes()))
    if sha256(partial) != expected:
        partial.unlink()
        raise ValueError(f"{path.name} does not come out as it was packed: pack it again")
    os.replace(partial, path)
