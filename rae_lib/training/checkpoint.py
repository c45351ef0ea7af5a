"""Checkpoints and weights on the disc: written whole or not at all, read with the previous one as a reserve."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from rae_lib import files


def snapshot(system: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in system.state_dict().items()}


def save(path: Path, state: dict) -> None:
    """Written whole or not at all; the old file becomes `.previous` before, so that one of the two can be read."""
    content = io.BytesIO()
    torch.save(state, content)  # to memory: of a full disk torch says something else
    if path.exists():
        os.replace(path, path.with_suffix(".previous"))
    files.write(path, content.getvalue())


def read(path: Path, device: str, check: Callable[[dict], None]) -> dict | None:
    """The newest checkpoint that passes the check; one that raises is set aside as `.damaged` and named."""
    for candidate in (path, path.with_suffix(".previous")):
        if not candidate.exists():
            continue
        try:
            check_archive(candidate)
            state = torch.load(candidate, map_location=device, weights_only=True)
            check(state)
            return state
        except Exception as error:  # a truncated zip raises many kinds
            os.replace(candidate, candidate.with_suffix(".damaged"))
            what = error if isinstance(error, ValueError) else type(error).__name__
            tqdm.write(f"{candidate}: set aside as {candidate.stem}.damaged, it cannot be used ({what})")
    return None


def check_archive(path: Path) -> None:
    """Raises ValueError where a checksum of a torch archive is wrong: torch itself does not look at them."""
    with zipfile.ZipFile(path) as archive:
        if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
            raise ValueError("torch compresses nothing")
        if bad := archive.testzip():
            raise ValueError(f"{bad} does not have its checksum")


def check_state(found: dict, known: dict, epochs: range) -> None:
    """Raises ValueError unless a state looks like a known one, and has gone through so many epochs."""
    check_alike(found, known)
    if len(found["history"]) not in epochs or found.get("epoch", len(found["history"])) != len(found["history"]):
        raise ValueError(f"it has a history of {len(found['history'])} epochs; allowed: {epochs.start} to {epochs[-1]}")


def check_alike(found: object, known: object, name: str = "the state") -> None:
    """Raises ValueError where a state has not the names and shapes of a known one, or a tensor that is not finite.

    None in the known one allows anything.
    """
    if isinstance(known, dict):
        if not isinstance(found, dict) or set(found) != set(known):
            raise ValueError(f"{name} has other names than this run's")
        for key, value in known.items():
            check_alike(found[key], value, str(key))
    elif isinstance(known, Tensor):
        if not isinstance(found, Tensor) or (found.shape, found.dtype) != (known.shape, known.dtype):
            raise ValueError(f"{name} has another shape than this run's")
        if not found.isfinite().all():
            raise ValueError(f"{name} is not finite")
    elif known is not None and type(found) is not type(known):
        raise ValueError(f"{name} is of another type than this run's")


def forget(folder: Path, since: float) -> None:
    """Removes weights and checkpoints, with their reserves and remains, but not what was written since then.

    since: seconds of the epoch.
    """
    for path in (*folder.glob("weights.*"), *folder.glob("checkpoint.*")):
        if path.stat().st_mtime < since:
            path.unlink()
