"""Labelled rows of pictures, pixel by pixel: PNG bytes at the images' own pixels or whole multiples of them.

Nothing is resampled and no level of grey or colour is lost. `show.figure` displays them.
"""

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from rae_lib.results import store

INK = "#333333"
GAP = 12  # pixels between two columns


def pictures(rows: Mapping[str, Sequence[np.ndarray | None]], *, titles: Sequence[str] = (), scale: int = 1) -> bytes:
    """Rows of pictures (H, W[, 1 or 3]) of uint8 under their labels, a column per title, each pixel `scale` wide.

    None leaves its place empty. Raises ValueError for rows of unequal length, another number of titles, or no picture.
    """
    counts = {len(row) for row in rows.values()} | ({len(titles)} if titles else set())
    if len(counts) != 1:
        raise ValueError(f"rows and titles have {sorted(counts)} pictures; allowed: one number")
    strips = [[None if p is None else enlarged(p, scale) for p in row] for row in rows.values()]
    if all(strip is None for row in strips for strip in row):
        raise ValueError(f"none of the pictures of {', '.join(rows)} exists")
    shapes = [[s.shape[:2] if s is not None else (0, 0) for s in row] for row in strips]
    tall = max(h for row in shapes for h, _ in row)
    widths = [max(w for _, w in column) for column in zip(*shapes, strict=True)]

    size = max(13, min(22, tall // 2))
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)
    left = GAP + 2 + max(math.ceil(font.getlength(label)) for label in rows)
    starts = [left + sum(widths[:j]) + GAP * j for j in range(len(widths))]
    top, step = 2 * size if titles else 0, tall + 4
    canvas = Image.new("RGB", (starts[-1] + widths[-1], top + step * len(rows)), "white")
    pen = ImageDraw.Draw(canvas)
    for start, title in zip(starts, titles, strict=False):
        pen.text((start, size // 3), title, fill=INK, font=font)
    for y, label, row in zip(range(top, canvas.height, step), rows, strips, strict=True):
        pen.text((left - GAP, y + tall // 2), label, fill=INK, font=font, anchor="rm")
        for start, strip in zip(starts, row, strict=True):
            if strip is not None:
                canvas.paste(Image.fromarray(strip), (start, y))
    return to_png(canvas)


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    """(H, W[, 1 or 3]) -> (scale H, scale W, 3), every pixel a square."""
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    return pixels.repeat(scale, 0).repeat(scale, 1)


def to_png(image: Image.Image) -> bytes:
    """The bytes of a PNG file; a grey picture as grey, in a third of the bytes."""
    if not np.ptp(np.asarray(image), axis=2).any():
        image = image.convert("L")
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def read(path: Path) -> np.ndarray:
    """A stored picture as (H, W, 3) of uint8."""
    return np.asarray(Image.open(io.BytesIO(store.read(path))).convert("RGB"))
