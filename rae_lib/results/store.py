"""The store of results: results/PROFILE/DATASET/NAME/result.json, written last and atomically.

What lacks `finished: true`, has another schema, or was made by another configuration does not exist.
"""

import csv
import hashlib
import io
import json
import os
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from rae_lib.config import PROFILES, Config, sized

SCHEMA = 1
RECORD_COLUMNS = ("metric", "set", "protocol", "features", "ruler", "n_real", "n_fake", "value")
PACKAGES = ("torch", "torchvision", "scikit-learn", "numpy", "torch-fidelity")


@dataclass(frozen=True)
class Result:
    """A finished run: its configuration, its folder, and what `result.json` says."""

    config: Config
    folder: Path
    raw: dict

    @property
    def records(self) -> list[dict]:
        """Every number of the run, those of later measurements on the same weights included."""
        return self.raw["records"] + [r for extra in self.extras.values() for r in extra["records"]]

    @cached_property
    def extras(self) -> dict[str, dict]:
        """Measurements beside the run's own (metric -> METRIC.json), if made on these very weights."""
        found = {}
        for path in sorted(self.folder.glob("*.json")):
            extra = read_json(path) if path.name != "result.json" else None
            if extra and extra.get("weights_sha256") == self.raw["weights_sha256"]:
                found[path.stem] = extra
        return found

    @property
    def rulers(self) -> dict[str, str]:
        """The features in which the run was measured, and the SHA-256 of their weights."""
        parts = (self.raw, *self.extras.values())
        found = {p["features"]["name"]: p["features"].get("weights", "") for p in parts if "features" in p}
        return {name: weights for name, weights in found.items() if weights}

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: every term as player/term, val, lr, seconds."""
        return pd.read_csv(io.BytesIO(read(self.folder / "history.csv")))

    @property
    def pictures(self) -> dict[str, dict]:
        """What is in every stored picture: the names of its "rows", the "size" of an image."""
        parts = (self.raw, *self.extras.values())
        return {name: facts for part in parts for name, facts in part.get("pictures", {}).items()}

    def picture(self, name: str) -> np.ndarray:
        """A stored image grid as an array (rows, columns, H, W[, 3]) of uint8."""
        height, width = self.pictures[name]["size"]
        grid = np.asarray(Image.open(io.BytesIO(read(self.folder / f"{name}.png"))))
        shape = (grid.shape[0] // height, height, grid.shape[1] // width, width, *grid.shape[2:])
        return grid.reshape(shape).swapaxes(1, 2)


def root() -> Path:
    """The folder of results: $RAE_RESULTS, else results/ beside `_config.yml`, found from the package upwards."""
    if given := os.environ.get("RAE_RESULTS"):
        return Path(given)
    for folder in (Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents):
        if (folder / "_config.yml").exists():
            return folder / "results"
    raise FileNotFoundError("no _config.yml above here: run inside the repository, or set RAE_RESULTS")


def computed(name: str) -> Path:
    """The file of a computed study, which depends on no run: beside the runs, else the one of the repository."""
    own = root() / "computed" / f"{name}.json"
    stored = Path(__file__).parents[2] / "results" / "computed" / own.name
    return own if own.exists() or not stored.exists() else stored


def home() -> Path:
    """Weights, checkpoints and runs in progress: $RAE_HOME, default ~/.cache/rae-book."""
    return Path(os.environ.get("RAE_HOME") or Path.home() / ".cache" / "rae-book")


def folder(config: Config) -> Path:
    return root() / config.profile / config.dataset / config.name


def label(config: Config) -> str:
    return f"{config.profile}/{config.dataset}/{config.name}"


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
        raw = json.loads(read(path))
    except (OSError, ValueError):
        return None
    whole = isinstance(raw, dict) and raw.get("finished") is True and raw.get("schema") == SCHEMA
    return raw if whole else None


def find(config: Config) -> Result | None:
    """The stored result of exactly this configuration, or None."""
    raw = read_json(folder(config) / "result.json")
    if raw is None or raw.get("config_hash") != config.hash:
        return None
    return Result(config, folder(config), raw)


def why_missing(config: Config) -> str:
    """One line: why a run does not count as stored, and how to make it."""
    path = folder(config) / "result.json"
    how = (
        f"make it with: python -m rae_lib run --profile {config.profile} "
        f"--dataset {config.dataset} --name {config.name}"
    )
    if not path.exists():
        return f"{label(config)} has not been run; {how}"
    if read_json(path) is None:
        return f"{path} is unfinished, damaged or of another schema; {how}"
    return f"{path} was made by another configuration (not {config.hash}); {how}"


def parse(raw: dict) -> Config:
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in raw["config"].items()}
    return Config(**plain)


def load_all(profile: str | None = None, dataset: str | None = None) -> list[Result]:
    """Every finished result, of one profile and data set if given, in the order of the folders' names."""
    found = []
    for path in sorted(root().glob(f"{profile or '*'}/{dataset or '*'}/*/result.json")):
        if raw := read_json(path):
            try:
                config = parse(raw)
            except (TypeError, ValueError):
                continue  # of an older Config
            if config.hash == raw["config_hash"]:
                found.append(Result(config, path.parent, raw))
    return found


def largest(dataset: str, profile: str = "largest") -> str:
    """The profile itself; for "largest" the last but smoke of which this data set has a stored result.

    Where nothing is stored, the smallest profile but smoke that has a size for the data set.
    """
    if profile != "largest":
        return profile
    sizes = [p for p in PROFILES if p != "smoke" and any((root() / p / dataset).glob("*/result.json"))]
    return sizes[-1] if sizes else next(p for p in PROFILES[1:] if sized(p, dataset))


def check_rulers(results: list[Result]) -> None:
    """Refuses results of one data set whose numbers were measured with different weights, naming two of them."""
    first: dict[tuple[str, str], tuple[str, Path]] = {}
    for result in results:
        for name, weights in result.rulers.items():
            key, mine = (result.config.dataset, name), (weights, result.folder)
            known, folder = first.setdefault(key, mine)
            if known != weights:
                found = f"{name} features of {result.config.dataset} were measured with other weights"
                pair = f"{known[:12]} in {folder} and {weights[:12]} in {result.folder}"
                raise ValueError(f"{found}: {pair}; such numbers do not compare, remake one of them")


def write(path: Path, content: bytes) -> None:
    """Atomic: a temporary file in the same folder, then a rename; nothing is left of a failed write."""
    write_together(path.parent, {path.name: content})


def write_together(folder: Path, files: dict[str, bytes]) -> None:
    """Writes the files (name -> content) that belong together; when one cannot be written, all old ones stay.

    Each is first written whole beside the old one. Only then are they renamed, in the order given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partials = {name: folder / f"{name}.{os.getpid()}.partial" for name in files}
    try:
        for name, content in files.items():
            partials[name].write_bytes(content)
        for name, partial in partials.items():
            os.replace(partial, folder / name)
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)


def write_json(path: Path, raw: dict) -> None:
    write(path, json_bytes(raw))


def json_bytes(raw: dict) -> bytes:
    """A finished file of the store: `read_json` gives it back."""
    exact = {"config": raw["config"]} if "config" in raw else {}  # its hash must come out the same
    text = json.dumps(rounded(raw) | exact | {"schema": SCHEMA, "finished": True}, indent=1)
    return (text + "\n").encode()


def rounded(value: object) -> object:
    """Floats to 7 significant digits, so that a file is readable and diffable."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def history_csv(history: list[dict[str, float]]) -> bytes:
    """The history with "player/term" columns, one row an epoch, plus a plain `code_norm`."""
    rows = []
    for number, row in enumerate(history, 1):
        short = {"epoch": number}
        for name, value in row.items():
            short["code_norm" if name.endswith("/code_norm") else name] = f"{value:.7g}"
        rows.append(short)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0] if rows else ["epoch"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def picture_png(grid: np.ndarray) -> bytes:
    """(rows, columns, C, H, W) uint8 -> one PNG, images side by side at their own size."""
    rows, columns, channels, height, width = grid.shape
    flat = grid.transpose(0, 3, 1, 4, 2).reshape(rows * height, columns * width, channels)
    buffer = io.BytesIO()
    Image.fromarray(flat.squeeze(-1) if channels == 1 else flat).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in PACKAGES}


def code_sha256() -> str:
    """Over every source file of the library, so that a number can be tied to the code that made it."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()
