"""Files: written whole or not at all, every JSON file with its checksum; what is no good is set aside."""

import glob
import hashlib
import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

SCHEMA = 1
LARGEST = 64 * 2**20  # bytes of a JSON file; a larger one is none of ours and is not read


class NoRepositoryError(RuntimeError):
    """There is no folder for results: the package lies in no repository, and $RAE_RESULTS is not set."""


def home() -> Path:
    """Weights, checkpoints and runs in progress: $RAE_HOME, default ~/.cache/rae-book."""
    return Path(os.environ.get("RAE_HOME") or "~/.cache/rae-book").expanduser()


def read(path: Path) -> bytes:
    """The content of a stored file. A page that is being published notes it in the file $RAE_READ_LOG."""
    content = path.read_bytes()
    if log := os.environ.get("RAE_READ_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{digest(content)} {path.resolve()}\n")
    return content


def digest(content: bytes) -> str:
    """The first 16 hexadecimal digits of SHA-256: enough to tell that a file has changed."""
    return hashlib.sha256(content).hexdigest()[:16]


def read_json(path: Path) -> dict | None:
    """The file's object if it is whole and finished, else None."""
    try:
        return check_json(path)
    except (OSError, ValueError):
        return None


def check_json(path: Path) -> dict:
    """The file's object. Raises ValueError, in a few words, unless it is whole, finished and has its own checksum."""
    if path.stat().st_size > LARGEST:
        raise ValueError(f"is larger than {LARGEST} bytes")
    try:
        raw = json.loads(read(path))
    except (ValueError, RecursionError):
        raise ValueError("is damaged: no JSON") from None
    if not isinstance(raw, dict) or raw.get("finished") is not True or raw.get("schema") != SCHEMA:
        raise ValueError("is unfinished, damaged or of another schema")
    if raw.get("checksum", checksum(raw)) != checksum(raw):
        raise ValueError("is damaged or edited: its checksum is another one")
    return raw


def checksum(raw: dict) -> str:
    """SHA-256 of everything in an object but its `checksum`, whatever its order."""
    plain = json.dumps({k: v for k, v in raw.items() if k != "checksum"}, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def set_aside(path: Path, why: str) -> None:
    """Renames a file that cannot be used, and prints its name and the reason; where there is none, nothing."""
    with suppress(FileNotFoundError):
        os.replace(path, path.with_name(f"{path.name}.aside"))
        print(f"{path} {why}; set aside as {path.name}.aside", file=sys.stderr, flush=True)


def write(path: Path, content: bytes) -> None:
    """Atomic: a temporary file in the same folder, then a rename; nothing is left of a failed write."""
    write_together(path.parent, {path.name: content})


def write_together(folder: Path, files: dict[str, bytes]) -> None:
    """Writes the files (name -> content) that belong together; when one cannot be written, all old ones stay.

    Each is first written whole next to the old one. Only then are they renamed, in the order given. What a killed
    process had half written is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partials = {name: folder / f"{name}.{os.getpid()}.partial" for name in files}
    for name in files:
        remove_remains(folder, name)
    try:
        for name, content in files.items():
            write_whole(partials[name], content)
        for name, partial in partials.items():
            os.replace(partial, folder / name)
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Raises OSError with the path, which the system leaves out where a disk is full."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def remove_remains(folder: Path, name: str) -> None:
    """Removes what processes that are dead have half written of a file."""
    for path in folder.glob(f"{glob.escape(name)}.*.partial"):
        pid = path.name.split(".")[-2]
        try:
            os.kill(int(pid), 0)
        except (ProcessLookupError, OverflowError, ValueError):
            path.unlink(missing_ok=True)
        except PermissionError:  # alive, and another user's
            pass


def write_array(path: Path, values: np.ndarray) -> None:
    """As an .npy file."""
    content = io.BytesIO()
    np.save(content, values)
    write(path, content.getvalue())


def write_json(path: Path, raw: dict) -> None:
    write(path, json_bytes(raw))


def json_bytes(raw: dict) -> bytes:
    """A finished file of the store with its checksum, one record in a line: `read_json` gives it back."""
    exact = {"config": raw["config"]} if "config" in raw else {}  # its hash must come out the same
    plain = json.loads(json.dumps(rounded(raw) | exact | {"schema": SCHEMA, "finished": True}))
    plain["checksum"] = checksum(plain)
    rows = [json.dumps(row) for row in plain.get("records", [])]
    text = json.dumps(plain | ({"records": []} if rows else {}), indent=1)
    text = text.replace('"records": []', '"records": [\n  ' + ",\n  ".join(rows) + "\n ]", 1) if rows else text
    return (text + "\n").encode()


def rounded(value: object) -> object:
    """Floats to 7 significant digits, so that a file is readable and diffable."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value
