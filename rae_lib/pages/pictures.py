"""Pictures made of images, pixel by pixel: grids of one tensor, labelled rows of several pictures.

They are PNG bytes at the images' own pixels (or whole multiples), not drawings of them: smaller,
and sharp. `show.figure` displays them.
"""

import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from rae_lib.results import store

Picture = (
    Path | str | np.ndarray
)  # a file, a picture (H, W[, 3]) or a row of images (n, H, W[, 3])
INK = "#333333"


def image_grid(
    images_u8: Tensor, *, columns: int, scale: int = 2, path: Path | None = None
) -> bytes:
    """PNG bytes of a grid of uint8 images (N, C, H, W), each pixel `scale` pixels wide.

    With `path` the file is written too, by renaming, so that no half-written picture stays.
    Raises ValueError for floats and for other shapes.
    """
    shape = tuple(images_u8.shape)
    if images_u8.dtype.is_floating_point or len(shape) != 4 or not shape[0]:
        raise ValueError(
            f"images are {images_u8.dtype} {shape}; allowed: uint8 (N, C, H, W), N > 0"
        )
    tiles = list(images_u8.permute(0, 2, 3, 1).cpu().numpy())  # N x (H, W, C)
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    lines = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    png = to_png(Image.fromarray(enlarged(np.concatenate(lines), scale)))
    if path is not None:
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(png)
        os.replace(partial, path)
    return png


def pictures(
    rows: Mapping[str, Sequence[Picture | None]],
    *,
    titles: Sequence[str] = (),
    scale: int = 1,
    gap: int = 12,
) -> bytes:
    """PNG bytes of labelled rows of pictures, one column per title, each pixel `scale` wide.

    A picture that is absent (None, or a file that is not there) leaves its place empty. Raises
    ValueError for rows of unequal length, another number of titles, or no picture at all.
    """
    counts = {len(row) for row in rows.values()} | ({len(titles)} if titles else set())
    if len(counts) != 1:
        raise ValueError(f"rows and titles have {sorted(counts)} pictures; allowed: one number")
    strips = {label: [read(p, scale) for p in row] for label, row in rows.items()}
    if all(strip is None for row in strips.values() for strip in row):
        raise ValueError(f"none of the pictures of {', '.join(rows)} exists")
    shapes = [[s.shape[:2] if s is not None else (0, 0) for s in row] for row in strips.values()]
    tall = max(h for row in shapes for h, _ in row)
    widths = [max(w for _, w in column) for column in zip(*shapes, strict=True)]

    size = max(13, min(22, tall // 2))
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)
    left = gap + 2 + max(math.ceil(font.getlength(label)) for label in rows)
    starts = [left + sum(widths[:j]) + gap * j for j in range(len(widths))]
    top, step = 2 * size if titles else 0, tall + 4
    canvas = Image.new("RGB", (starts[-1] + widths[-1], top + step * len(rows)), "white")
    pen = ImageDraw.Draw(canvas)
    for start, title in zip(starts, titles, strict=False):
        pen.text((start, size // 3), title, fill=INK, font=font)
    for i, (label, row) in enumerate(strips.items()):
        y = top + step * i
        pen.text((left - gap, y + tall // 2), label, fill=INK, font=font, anchor="rm")
        for start, strip in zip(starts, row, strict=True):
            if strip is not None:
                canvas.paste(Image.fromarray(strip), (start, y))
    return to_png(canvas, levels=24)


def to_png(image: Image.Image, *, levels: int = 256) -> bytes:
    """The bytes of a PNG file; grey pictures as grey, in a third of the bytes.

    Fewer `levels` halve it again, or take a third in colour (a palette of 128): 24 greys are not told from 256 in
    plates of small images.
    """
    if image.mode == "RGB" and not np.ptp(np.asarray(image), axis=2).any():
        image = image.convert("L")
    if levels < 256:
        colours = levels if image.mode == "L" else 128
        image = image.quantize(colours, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    """(H, W[, 1 or 3]) -> (scale H, scale W, 3), every pixel a square."""
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    return pixels.repeat(scale, 0).repeat(scale, 1)


def read(picture: Picture | None, scale: int = 1) -> np.ndarray | None:
    """A picture as (H, W, 3) uint8, a row of images side by side; None for what is not there."""
    if isinstance(picture, str | Path):
        path = Path(picture)
        stored = io.BytesIO(store.read(path)) if path.is_file() else None
        picture = np.asarray(Image.open(stored).convert("RGB")) if stored else None
    if picture is None:
        return None
    if picture.ndim == 4 or (picture.ndim == 3 and picture.shape[2] not in (1, 3)):
        picture = np.concatenate(list(picture), axis=1)
    return enlarged(picture, scale)
