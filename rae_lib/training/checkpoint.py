"""Checkpoints and weights on the disc: written whole or not at all, read with the previous one as a reserve."""

import os
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm


def snapshot(system: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in system.state_dict().items()}


def save(path: Path, state: dict) -> None:
    """Atomic: the old file stands until the new one is whole; it is kept as `.previous`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    if path.exists():
        os.replace(path, path.with_suffix(".previous"))
    os.replace(partial, path)


def read(path: Path, device: str) -> dict | None:
    """The newest readable checkpoint; a damaged one is set aside as `.damaged` and named."""
    for candidate in (path, path.with_suffix(".previous")):
        if not candidate.exists():
            continue
        try:
            return torch.load(candidate, map_location=device, weights_only=True)
        except Exception as error:  # a truncated zip raises many kinds
            os.replace(candidate, candidate.with_suffix(".damaged"))
            tqdm.write(f"{candidate}: unreadable checkpoint set aside ({type(error).__name__})")
    return None


def forget(folder: Path, since: float) -> None:
    """Removes weights and checkpoints, with their reserves and remains, but not what was written since then.

    since: seconds of the epoch.
    """
    for path in (*folder.glob("weights.*"), *folder.glob("checkpoint.*")):
        if path.stat().st_mtime < since:
            path.unlink()
