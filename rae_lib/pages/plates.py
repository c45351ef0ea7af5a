"""Stored pictures of runs, cut and joined into strips."""

import numpy as np

from rae_lib.pages.looks import look
from rae_lib.results.store import Result


def joined(rows: np.ndarray) -> np.ndarray:
    """(rows, columns, H, W[, 3]) -> one array, images side by side and rows below one another."""
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)


def kept(result: Result, picture: str) -> bool:
    """Of a study's runs the repository keeps the pictures of the first seed alone."""
    return picture in result.pictures and (result.folder / f"{picture}.png").is_file()


def by_system(results: list[Result]) -> dict[str, Result]:
    """The first run of every system under its title."""
    found: dict[str, Result] = {}
    for result in results:
        found.setdefault(look(result.config.system).label, result)
    return found


def strips(result: Result, picture: str, columns: int | None = None) -> dict[str, np.ndarray]:
    """The rows of a stored picture by their names, images side by side."""
    grid, names = result.picture(picture), result.pictures[picture]["rows"]
    return {name: joined(grid[i : i + 1, :columns]) for i, name in enumerate(names)}
