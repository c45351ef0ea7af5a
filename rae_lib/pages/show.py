"""Numbers, tables and pictures as outputs that the book can number, caption, cite and compare.

A table goes out three ways at once: as a MyST directive (which the book numbers and other pages
cite), as HTML (notebook viewers) and as plain text. A figure carries its caption and alternative
text along; `rae_lib.notebooks` moves them to where the book looks for them. Charts: see `charts`.
"""

import html
import io
import math
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from rae_lib.claims import rules
from rae_lib.claims.verdicts import decide_print
from rae_lib.pages.pictures import image_grid as image_grid
from rae_lib.pages.pictures import pictures as pictures
from rae_lib.pages.pictures import to_png
from rae_lib.results.gate import DAGGER

if TYPE_CHECKING:
    from rae_lib.claims.verdicts import Verdict

ABSENT = "–"  # an absent value is absent, never replaced
DPI = 152
# A sign beside the word, so that no outcome is told by colour alone.
OUTCOMES = {
    "agrees": "✓",
    "reproduced": "✓",
    "mixed": "½",
    "disagrees": "✗",
    "contradicted": "✗",
    "open": "?",
}
DOUBTED = (
    f"{DAGGER} Not trained enough to decide a claim, or not yet known to be: the page “What was run, and what is still "
    "to be run” has the test."
)


def value(name: str, v: float | int | str | None, spec: str = "") -> None:
    """Give a number a name that prose can quote as {glue:text}`name`; None becomes a dash.

    `spec` is a format such as ".1f"; without it the role's own format applies. Raises ValueError
    for NaN or infinity: a sentence that quotes one is wrong.
    """
    if isinstance(v, np.generic):
        v = v.item()  # NumPy 2 prints its scalars as np.float64(...)
    if isinstance(v, float) and not math.isfinite(v):
        raise ValueError(f"value '{name}' is {v}; give a finite number, a text or None")
    text = ABSENT if v is None else format(v, spec) if spec else v
    prefix = "application/papermill.record/"
    glue = {"scrapbook": {"name": name, "mime_prefix": prefix}}
    display({f"{prefix}text/plain": repr(text)}, raw=True, metadata=glue)


def table(
    rows: pd.DataFrame | Sequence[Mapping[str, object]],
    *,
    caption: str,
    name: str,
    note: str = "",
    best: Mapping[str, Literal["min", "max"]] | None = None,
    decimals: Mapping[str, int] | None = None,
) -> None:
    """Display a table that the book numbers; `best` sets the best of a column in bold.

    A cell is a text, a number, a pair (mean, spread) or absent (None, NaN: a dash). A column of
    numbers gets three significant digits at its median, or its entry of `decimals`. A named index
    becomes the first column. `note` stands below, with what a dagger means where a cell has one.
    Raises ValueError for a `name` that is no label (letters, digits, dashes), an empty table, or a
    column in `best` that does not exist.
    """
    frame = pd.DataFrame(rows)
    if frame.index.name is not None or isinstance(frame.index, pd.MultiIndex):
        frame = frame.reset_index()
    frame.columns = [" ".join(c) if isinstance(c, tuple) else str(c) for c in frame.columns]
    best, decimals = best or {}, decimals or {}
    _check_label(name)
    if frame.empty:
        raise ValueError(f"table '{name}' has no rows; show a sentence instead")
    if missing := sorted((set(best) | set(decimals)) - set(frame.columns)):
        raise ValueError(f"table '{name}' has no column {missing}; it has {list(frame.columns)}")
    cells = {c: _texts(list(frame[c]), decimals.get(c)) for c in frame}
    bold = {c: _winners(list(frame[c]), cells[c], best.get(c)) for c in frame}
    numeric = {c: any(_number(v) is not None for v in frame[c]) for c in frame}
    if any(DAGGER in text for texts in cells.values() for text in texts):
        note = f"{note} {DOUBTED}".strip()
    plain = pd.DataFrame(cells).to_string(index=False)
    bundle = {
        "text/markdown": _myst(cells, bold, numeric, caption, name, note),
        "text/html": _html(cells, bold, numeric, caption, note),
        "text/plain": f"{caption}\n{plain}\n{note}".strip(),
    }
    display(bundle, raw=True)


def verdict_table(
    verdicts: Sequence["Verdict"], *, caption: str, name: str, note: str = ""
) -> None:
    """Display what became of each claim: its outcome and how many comparisons have which, here and in print."""
    rows = [
        {
            "claim": f"[{v.id}](#claim-{v.id.lower()})",
            "what is claimed": f"{rules.claim(v.id)['text']} ({rules.claim(v.id)['where']})",
            "here": outcome(v) + (f": {v.lacks}" if v.lacks else ""),
            "hold, open, fail, untested": counts(v),
            "in print": outcome(decide_print(v.id)),
        }
        for v in verdicts
    ]
    table(rows, caption=caption, name=name, note=note)


def outcome(v: "Verdict") -> str:
    """ "✓ agrees"; a rule that has not passed its own test says nothing."""
    if not v.passed:
        return "the rule has not been tested"
    return f"{OUTCOMES[v.outcome]} {v.outcome}" if v.outcome else ABSENT


def counts(v: "Verdict") -> str:
    """How many comparisons hold, are open, fail and are untested."""
    return " · ".join(str(v.count(name)) for name in ("holds", "open", "fails", "untested"))


def figure(drawing: Figure | bytes, *, caption: str, name: str, alt: str) -> None:
    """Display a drawing, or PNG bytes from `image_grid` and `pictures`, as a numbered figure.

    One figure per cell. `alt` says in words what is to be seen, for those who cannot see it.
    """
    _check_label(name)
    if not alt.strip() or not caption.strip():
        raise ValueError(f"figure '{name}' needs a caption and an alternative text")
    png = drawing if isinstance(drawing, bytes) else _rendered(drawing)
    width, _ = Image.open(io.BytesIO(png)).size
    shown = width if isinstance(drawing, bytes) else width * 96 // DPI
    words = {"caption": caption, "name": name, "alt": alt}
    bundle = {"image/png": b64encode(png).decode(), "text/plain": f"Figure {name}: {caption}"}
    display(bundle, raw=True, metadata={"image/png": {"width": shown}, "rae": words})


def _check_label(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"'{name}' is no label: use lower-case letters, digits and dashes")


def _number(cell: object) -> float | None:
    """The number of a cell: itself, or the mean of a pair; None for texts and absent values."""
    if isinstance(cell, tuple):
        cell = cell[0]
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, int | float | np.number):
        return None
    return float(cell) if math.isfinite(cell) else None


def _texts(cells: list[object], decimals: int | None) -> list[str]:
    """The cells of one column as texts, its numbers with the same number of decimals."""
    numbers = [abs(n) for n in map(_number, cells) if n]
    whole = all(isinstance(c, int | np.integer) for c in cells if _number(c) is not None)
    middle = float(np.median(numbers)) if numbers else 1.0
    if decimals is None:
        decimals = 0 if whole else int(np.clip(2 - math.floor(math.log10(middle)), 0, 5))
    form = ".2e" if middle < 1e-4 else f".{decimals}f"

    def text(cell: object) -> str:
        number = _number(cell)
        if number is None:
            absent = cell is None or cell is pd.NA or isinstance(cell, float | tuple)
            return ABSENT if absent else str(cell)
        spread = cell[1] if isinstance(cell, tuple) else None
        shown = format(number, form).replace("-", "−")
        return shown if _number(spread) is None else f"{shown} ± {format(spread, form)}"

    return [text(cell) for cell in cells]


def _winners(cells: list[object], texts: list[str], best: str | None) -> list[bool]:
    """Which cells read like the best of their column; none where fewer than two have numbers."""
    numbers = [n for n in map(_number, cells) if n is not None]
    if best is None or len(numbers) < 2:
        return [False] * len(cells)
    top = min(numbers) if best == "min" else max(numbers)
    heads = [t.split(" ± ")[0] for t in texts]
    winning = {h for h, c in zip(heads, cells, strict=True) if _number(c) == top}
    return [h in winning for h in heads]


def _myst(cells: dict, bold: dict, numeric: dict, caption: str, name: str, note: str) -> str:
    def line(parts: Iterable[str]) -> str:
        return "| " + " | ".join(_plain(p).replace("|", "\\|") for p in parts) + " |"

    body = [
        line(f"**{cells[c][i]}**" if bold[c][i] else cells[c][i] for c in cells)
        for i in range(len(next(iter(cells.values()))))
    ]
    rule = line("--:" if numeric[c] else ":--" for c in cells)
    lines = [
        f":::{{table}} {_plain(caption)}",
        f":name: {name}",
        "",
        line(cells),
        rule,
        *body,
        ":::",
    ]
    below = ["", ":::{container} table-note", _plain(note), ":::"] if note else []
    return "\n".join(lines + below)


def _plain(text: str) -> str:
    """One line of MyST in which a `<` opens no HTML; mathematics, roles and unbreakable spaces stay what they are."""
    return re.sub(r"<(?=[A-Za-z/!?])", r"\<", re.sub(r"[ \t\r\n]+", " ", text).strip(" "))


def _html(cells: dict, bold: dict, numeric: dict, caption: str, note: str) -> str:
    def cell(c: str, i: int) -> str:
        text = html.escape(cells[c][i])
        align = ' style="text-align: right"' if numeric[c] else ' style="text-align: left"'
        return f"<td{align}>{f'<strong>{text}</strong>' if bold[c][i] else text}</td>"

    count = len(next(iter(cells.values())))
    head = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in cells)
    body = "\n".join(f"<tr>{''.join(cell(c, i) for c in cells)}</tr>" for i in range(count))
    below = f"\n<p>{html.escape(note)}</p>" if note else ""
    title = html.escape(caption)
    return f"<table>\n<caption>{title}</caption>\n<tr>{head}</tr>\n{body}\n</table>{below}"


def _rendered(drawing: Figure) -> bytes:
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", dpi=DPI, bbox_inches="tight")
    # A chart has few colours: with a palette of 40 its file is a fifth of the size.
    plain = Image.open(buffer).convert("RGB")
    return to_png(plain.quantize(40, dither=Image.Dither.NONE))
