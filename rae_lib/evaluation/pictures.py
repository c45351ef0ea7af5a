"""The pictures of a run at native pixels, row by row: reconstructions, samples, interpolations, neighbours."""

import torch
from torch import Tensor

from rae_lib import density
from rae_lib.evaluation.samples import Sets, decode
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics import distances

ROWS, COLUMNS = 3, 10
Grid = tuple[list[str], list[Tensor]]  # what each row is; the rows, uint8 (COLUMNS, C, H, W)


def draw_pictures(trained: Trained, sets: Sets) -> dict[str, Grid]:
    """Every picture that the sets allow, by name. The variants of a study have no neighbours."""
    test, first, grids = trained.data.images["test"], slice(0, COLUMNS), {}
    if ("rec", "clean") in sets:
        rows = [test[first], sets["rec", "clean"][first]]
        grids["reconstructions"] = (["test image", "reconstruction"], rows)
    drawn = [name for name in ("N", "gmm") if (name, "clean") in sets]
    if drawn:
        grids["samples"] = (drawn, [sets[name, "clean"][first] for name in drawn])
    if "interp" in trained.config.sets:
        paths = [draw_path(trained, 2 * i, 2 * i + 1) for i in range(ROWS)]
        grids["interpolations"] = ([f"path {i + 1}" for i in range(ROWS)], paths)
        if drawn and not trained.config.variant:
            fake = sets[drawn[-1], "clean"][first]
            grids["neighbours"] = find_neighbours(fake, trained.data.images["train"])
    return grids


def draw_path(trained: Trained, start: int, end: int) -> Tensor:
    """Images along the slerp path between the codes of two test images. -> (COLUMNS, C, H, W)"""
    z = trained.codes["test"]
    parts = [t / (COLUMNS - 1) for t in range(COLUMNS)]
    path = [density.slerp(z[start][None], z[end][None], part)[0] for part in parts]
    return decode(trained.system, torch.stack(path), trained.device)


def find_neighbours(fake: Tensor, train: Tensor) -> Grid:
    """Samples and, below each, the training images nearest to it in pixels."""
    flat = [x.flatten(1).float().div(255) for x in (fake, train)]
    _, index = distances.nearest(flat[0], flat[1], k=ROWS)
    rows = [fake, *(train[index[:, j]] for j in range(ROWS))]
    return ["sample", *(f"neighbour {j + 1}" for j in range(ROWS))], rows
