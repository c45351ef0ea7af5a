"""The papers' picture plates out of stored runs: one labelled row a system, or a row for each run of a study."""

from collections.abc import Mapping, Sequence

import numpy as np

from rae_lib.pages.looks import look
from rae_lib.pages.pictures import pictures
from rae_lib.results.store import Result

SCALE = 2  # plate pixels per image pixel
BLANK = np.full((32, 320), 255, np.uint8)  # in place of a picture that is not kept


def joined(rows: np.ndarray) -> np.ndarray:
    """(rows, columns, H, W[, 3]) -> one array, images side by side and rows below one another."""
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)


def kept(result: Result, picture: str) -> bool:
    """Of a study's runs the repository keeps the pictures of the first seed alone."""
    return picture in result.raw["pictures"] and (result.folder / f"{picture}.png").is_file()


def named(runs: Mapping[str, Result], picture: str, rows: list[int], *, head: str = "", columns: int = 10) -> bytes:
    """The given rows of a stored picture, run by run under its name; head: a label for its row 0, shown once on top."""
    cut = {n: r.picture(picture)[:, :columns] for n, r in runs.items() if kept(r, picture)}
    lines = {head: [joined(next(iter(cut.values()))[:1])]} if head and cut else {}
    lines |= {name: [joined(cut[name][rows]) if name in cut else BLANK] for name in runs}
    return pictures(lines, scale=SCALE)


def systems(results: list[Result], picture: str, rows: list[int], *, head: str = "", columns: int = 10) -> bytes:
    """`named`, every run by its system."""
    return named(by_system(results), picture, rows, head=head, columns=columns)


def by_system(results: list[Result]) -> dict[str, Result]:
    """The first run of every system under its title."""
    found: dict[str, Result] = {}
    for result in results:
        found.setdefault(look(result.config.system).label, result)
    return found


def strips(result: Result, picture: str, columns: int | None = None) -> dict[str, np.ndarray]:
    """The rows of a stored picture by their names, images side by side."""
    grid, names = result.picture(picture), result.raw["pictures"][picture]["rows"]
    return {name: joined(grid[i : i + 1, :columns]) for i, name in enumerate(names)}


def samples(results: list[Result], *, columns: int = 8) -> bytes:
    """Samples of every system: its own sampler on the left, the mixture (where there is one) on the right."""
    found = {name: strips(result, "samples", columns) for name, result in by_system(results).items()}
    rows = {name: [kinds.get("N"), kinds.get("gmm")] for name, kinds in found.items()}
    return pictures(rows, titles=["N", "GMM"], scale=SCALE)


def rows(result: Result, picture: str) -> bytes:
    """A stored picture with the labels of its rows."""
    return pictures({name: [strip] for name, strip in strips(result, picture).items()}, scale=SCALE)


def compared(
    results: list[Result],
    *,
    kinds: Sequence[str] = ("N",),
    titles: Sequence[str] = ("reconstructions", "samples", "interpolations"),
    columns: int = 5,
    scale: int = SCALE,
) -> bytes:
    """The papers' comparison: reconstructions, samples of these kinds, an interpolation, a line a system.

    On top the test images that are reconstructed; the last column takes evenly spaced steps of the stored path.
    """
    first = joined(results[0].picture("reconstructions")[:1, :columns])
    lines = {"test images": [first, *[None] * (len(titles) - 1)]}
    for name, result in by_system(results).items():
        path, drawn = result.picture("interpolations")[:1], strips(result, "samples", columns)
        steps = np.linspace(0, path.shape[1] - 1, columns).round().astype(int)
        rebuilt = joined(result.picture("reconstructions")[1:2, :columns])
        lines[name] = [rebuilt, *(drawn.get(kind) for kind in kinds), joined(path[:, steps])]
    return pictures(lines, titles=titles, scale=scale)
