"""The store of results: results/PROFILE/DATASET/NAME/result.json, written last and atomically.

What lacks `finished: true`, has another schema, does not have the checksum that it names, or was made by another
configuration does not exist: it is named, set aside and made again. Results of before there were checksums have none.
"""

import io
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from rae_lib.config import PROFILES, Config, sized
from rae_lib.files import (  # noqa: F401  the store's functions too
    NoRepositoryError,
    check_json,
    digest,
    json_bytes,
    read,
    read_json,
    rounded,
    set_aside,
    write,
    write_json,
    write_together,
)

RECORD_COLUMNS = ("metric", "set", "protocol", "features", "ruler", "n_real", "n_fake", "value")


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
        """Measurements in addition to the run's own (metric -> METRIC.json), if made on these very weights."""
        found = {}
        for path in sorted(self.folder.glob("*.json")):
            extra = read_json(path) if path.name != "result.json" else None
            if extra and has_records(extra) and extra.get("weights_sha256") == self.raw["weights_sha256"]:
                found[path.stem] = extra
        return found

    @property
    def seconds(self) -> float:
        """What the run took, without later measurements; of a run that was killed, its epochs before that count too."""
        took = self.raw["seconds"]
        return max(took["train"], took.get("train_call", 0.0)) + took["density"] + took["evaluate"]

    @property
    def rulers(self) -> dict[str, str]:
        """The features in which the run was measured, and the SHA-256 of their weights."""
        parts = (self.raw, *self.extras.values())
        found = {p["features"]["name"]: p["features"].get("weights", "") for p in parts if "features" in p}
        return {name: weights for name, weights in found.items() if weights}

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: every term as player/term, val, lr, seconds."""
        return pd.read_csv(io.BytesIO(self.read("history.csv")))

    @property
    def pictures(self) -> dict[str, dict]:
        """What is in every stored picture: the names of its "rows", the "size" of an image."""
        parts = (self.raw, *self.extras.values())
        return {name: facts for part in parts for name, facts in part.get("pictures", {}).items()}

    def picture(self, name: str) -> np.ndarray:
        """A stored image grid as an array (rows, columns, H, W[, 3]) of uint8."""
        height, width = self.pictures[name]["size"]
        grid = np.asarray(Image.open(io.BytesIO(self.read(f"{name}.png"))))
        shape = (grid.shape[0] // height, height, grid.shape[1] // width, width, *grid.shape[2:])
        return grid.reshape(shape).swapaxes(1, 2)

    def read(self, name: str) -> bytes:
        """One of the run's files. Raises ValueError where its checksum is not the one that `result.json` names."""
        content = read(self.folder / name)
        if self.raw.get("files", {}).get(name, digest(content)) != digest(content):
            raise ValueError(f"{self.folder / name} is damaged or edited; {remedy(self.config)}")
        return content

    def find_damage(self) -> Path | None:
        """The first of the run's files that is not the one that was stored; plates may be missing."""
        for name in self.raw.get("files", {}):
            try:
                self.read(name)
            except FileNotFoundError:
                if not name.endswith(".png"):
                    return self.folder / name
            except (OSError, ValueError):
                return self.folder / name
        return None


def root() -> Path:
    """The folder of results: $RAE_RESULTS, else results/ of the repository that the package lies in.

    The working folder does not count: it may be that of another project. Raises NoRepositoryError for a package that
    was installed without a repository.
    """
    if given := os.environ.get("RAE_RESULTS"):
        return Path(given).expanduser().absolute()
    repository = Path(__file__).resolve().parents[2]
    if not (repository / "notebooks").is_dir():
        raise NoRepositoryError("rae_lib is installed without its repository: set RAE_RESULTS to a folder for results")
    return repository / "results"


def computed(name: str) -> Path:
    """The file of a computed study, which depends on no run: with the runs, else the one of the repository."""
    own = root() / "computed" / f"{name}.json"
    stored = Path(__file__).parents[2] / "results" / "computed" / own.name
    return own if own.exists() or not stored.exists() else stored


def folder(config: Config) -> Path:
    return root() / config.profile / config.dataset / config.name


def label(config: Config) -> str:
    return f"{config.profile}/{config.dataset}/{config.name}"


def has_records(raw: dict) -> bool:
    """Whether its records are rows that say what was measured, each with a number."""
    rows, columns = raw.get("records"), {"metric", "set", "protocol", "features", "value"}
    return isinstance(rows, list) and all(
        isinstance(row, dict) and columns <= set(row) and isinstance(row["value"], int | float) for row in rows
    )


def load(path: Path) -> Result:
    """The result in a `result.json`. Raises OSError where there is none, ValueError, in a few words, if it is bad."""
    raw = check_json(path)
    if not has_records(raw):
        raise ValueError("has no records as they are written here")
    try:
        config = parse(raw)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"has a configuration that is none today ({type(error).__name__}: {error})") from None
    if config.hash != raw.get("config_hash"):
        raise ValueError(f"was made by another configuration: {raw.get('config_hash')} is not {config.hash}")
    return Result(config, path.parent, raw)


def find(config: Config) -> Result | None:
    """The stored result of exactly this configuration, or None."""
    with suppress(OSError, ValueError):
        return find_stored(config)
    return None


def find_stored(config: Config) -> Result:
    """Raises OSError where nothing is stored under this name, ValueError, in a few words, where it is no good."""
    result = load(folder(config) / "result.json")
    if result.config.hash != config.hash:
        raise ValueError(f"was made by another configuration: {result.config.hash} is not {config.hash}")
    return Result(config, result.folder, result.raw)


def find_fault(config: Config) -> str:
    """Why there is no result of this configuration with all its files whole, in a few words; "" where there is one."""
    try:
        result = find_stored(config)
    except OSError:
        return "has not been run"
    except ValueError as error:
        return str(error)
    bad = result.find_damage()
    return f"names another checksum than {bad.name} next to it has" if bad else ""


def why_missing(config: Config) -> str:
    """One line: why a run does not count as stored, and how to make it."""
    path = folder(config) / "result.json"
    return f"{path if path.exists() else label(config)} {find_fault(config)}; {remedy(config)}"


def remedy(config: Config) -> str:
    """How to make a run."""
    named = f"--profile {config.profile} --dataset {config.dataset} --name {config.name}"
    return f"make it with: python -m rae_lib run {named}"


def parse(raw: dict) -> Config:
    plain = {k: tuple(v) if isinstance(v, list) else v for k, v in raw["config"].items()}
    return Config(**plain)


def load_all(profile: str | None = None, dataset: str | None = None) -> list[Result]:
    """Every finished result, of one profile and data set if given, in the order of the folders' names."""
    found = []
    for path in sorted(root().glob(f"{profile or '*'}/{dataset or '*'}/*/result.json")):
        with suppress(OSError, ValueError):  # damaged, or of an older Config: `list_damaged` names it
            found.append(load(path))
    return found


def list_damaged(folder: Path | None = None) -> list[str]:
    """One line for every `result.json` in a folder of results (the store's) that does not count, with the reason."""
    lines = []
    for path in sorted((folder or root()).glob("*/*/*/result.json")):
        try:
            load(path)
        except (OSError, ValueError) as error:
            lines.append(f"{path} {error}")
    return lines


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


def history_csv(history: list[dict[str, float]]) -> bytes:
    """The history with "player/term" columns, one row an epoch, plus a plain `code_norm`."""
    rows = [
        {"epoch": number} | {"code_norm" if name.endswith("/code_norm") else name: float(v) for name, v in row.items()}
        for number, row in enumerate(history, 1)
    ]
    frame = pd.DataFrame(rows, columns=None if rows else ["epoch"])
    return frame.to_csv(index=False, float_format="%.7g", na_rep="nan").encode()


def picture_png(grid: np.ndarray) -> bytes:
    """(rows, columns, C, H, W) uint8 -> one PNG, images side by side at their own size."""
    rows, columns, channels, height, width = grid.shape
    flat = grid.transpose(0, 3, 1, 4, 2).reshape(rows * height, columns * width, channels)
    buffer = io.BytesIO()
    Image.fromarray(flat.squeeze(-1) if channels == 1 else flat).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
