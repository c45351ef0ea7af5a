"""Strips of stored images as numbered figures: a line a system, a tab a data set, every pixel as it is stored."""

import html
from base64 import b64encode
from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import display
from PIL import Image

from rae_lib.pages import markup
from rae_lib.pages.pictures import to_png
from rae_lib.pages.plates import by_system, joined, strips
from rae_lib.pages.titles import titled
from rae_lib.results.store import Result

Lines = Mapping[str, Sequence[np.ndarray | None]]  # label -> its strips (H, W[, 3]) of uint8, None where there is none
TEST = "test images"
STYLE = "max-width:none;padding:1px"
LETTER, GAP = 8, 8  # screen pixels of a letter of a label, between two strips


def gallery(tabs: Mapping[str, Lines], *, caption: str, name: str, alt: str, heads: Sequence[str] = ()) -> None:
    """Display lines of strips, a tab for each title, as one numbered figure; the first tab is open.

    heads: what each column shows. `alt` says what every strip shows; the label of its line and its head are added.
    Raises ValueError without tabs, or where the caption or `alt` is empty.
    """
    if not tabs or not caption.strip() or not alt.strip():
        raise ValueError(f"figure '{name}' needs pictures, a caption and an alternative text")
    parts = {title: draw_lines(lines, heads, alt) for title, lines in tabs.items()}
    body = markup.tabs(parts, name) if len(parts) > 1 else next(iter(parts.values()))
    words = " ".join(caption.split())
    bundle = {
        "text/markdown": f":::{{record-figure}} {words}\n:name: {name}\n\n{body}\n:::",
        "text/plain": f"Figure {name}: {caption} ({', '.join(tabs)})",
    }
    display(bundle, raw=True)


def draw_lines(lines: Lines, heads: Sequence[str], alt: str) -> str:
    """One tab: a table of pictures, with labels that are text."""
    scale = fit_scale(lines)
    used = [any(row[i] is not None for row in lines.values()) for i in range(len(heads))]
    top = "".join(markup.head(words if shown else "", "col") for words, shown in zip(heads, used, strict=True))
    rows = [markup.tag("tr", f"<td></td>{top}")] if heads else []
    for label, row in lines.items():
        cells = [markup.head(label, "row")]
        for number, strip in enumerate(row):
            words = ", ".join(filter(None, [label, heads[number] if heads else "", alt]))
            cells.append(markup.tag("td", "" if strip is None else draw_strip(strip, words, scale)))
        rows.append(markup.tag("tr", "".join(cells)))
    return markup.tag("div", markup.tag("table", "\n".join(rows), cls="plates"), cls="sheet")


def fit_scale(lines: Lines) -> float:
    """Screen pixels for each pixel: two, or as many as the widest line has room for after the longest label."""
    widest = max(sum(strip.shape[1] for strip in row if strip is not None) for row in lines.values())
    gaps = GAP * (1 + max(map(len, lines.values())))
    return min(2, (markup.COLUMN - LETTER * max(map(len, lines)) - gaps) / widest)


def draw_strip(strip: np.ndarray, alt: str, scale: float) -> str:
    """One strip as an image element."""
    pixels = np.repeat(strip[..., None], 3, axis=2) if strip.ndim == 2 else strip
    content = b64encode(to_png(Image.fromarray(pixels))).decode()
    high, wide = (round(scale * n) for n in strip.shape[:2])
    sharp = ";image-rendering:pixelated" if scale == int(scale) else ""
    size = f'width="{wide}" height="{high}" style="{STYLE}{sharp}"'
    return f'<img alt="{html.escape(alt)}" {size} src="data:image/png;base64,{content}">'


def by_dataset(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The runs under the titles of their data sets, in the order given."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(titled("dataset", result.config.dataset), []).append(result)
    return found


def list_reconstructions(results: list[Result], *, columns: int = 10) -> Lines:
    """The first test images, and below them what each system makes of them."""
    grids = {name: r.picture("reconstructions")[:, :columns] for name, r in by_system(results).items()}
    top = {TEST: [joined(next(iter(grids.values()))[:1])]}
    return top | {name: [joined(grid[1:2])] for name, grid in grids.items()}


def list_samples(results: list[Result], *, columns: int = 5) -> Lines:
    """Each system's first draws from its own sampler and from the mixture."""
    lines = {}
    for name, result in by_system(results).items():
        found = strips(result, "samples", columns)
        lines[name] = [found.get("N"), found.get("gmm")]
    return lines


def list_paths(results: list[Result], *, paths: Sequence[int] = (0,), steps: int = 8) -> Lines:
    """Each system's interpolations between two test images, the two images first and last.

    Path i goes from test image 2 i to 2 i + 1 (`evaluation.pictures`).
    """
    lines = {}
    for name, result in by_system(results).items():
        tests, grid = result.picture("reconstructions")[0], result.picture("interpolations")
        kept = np.linspace(0, grid.shape[1] - 1, steps).round().astype(int)
        ends = [joined(tests[[2 * i + side for i in paths]][:, None]) for side in (0, 1)]
        lines[name] = [ends[0], joined(grid[list(paths)][:, kept]), ends[1]]
    return lines


def list_neighbours(results: list[Result], *, columns: int = 10) -> Lines:
    """Samples of each system, and below them their nearest training images."""
    return {name: [joined(r.picture("neighbours")[:, :columns])] for name, r in by_system(results).items()}
