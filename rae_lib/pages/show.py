"""Numbers, tables and pictures as outputs that the book can number, caption, cite and compare.

A table goes out three ways at once: as a MyST directive (which the book numbers and other pages
cite), as HTML (notebook viewers) and as plain text. A figure carries its caption and alternative
text along; `rae_lib.notebooks` moves them to where the book looks for them. Charts: see `figures`.
"""

import html
import io
import math
import re
import string
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from rae_lib.claims import rules
from rae_lib.claims.verdicts import Verdict, decide, decide_print
from rae_lib.pages import markup, sheets
from rae_lib.pages.sheets import ABSENT
from rae_lib.pages.titles import ordered, titled
from rae_lib.results.frame import measured
from rae_lib.results.gate import DAGGER
from rae_lib.results.store import Result

# A sign before the word, so that no outcome is shown by colour alone.
OUTCOMES = {"agrees": "✓", "reproduced": "✓", "mixed": "½", "disagrees": "✗", "contradicted": "✗", "open": "?"}
ENTRIES = {  # the page with the entries of a document's claims
    "RAE": "06_claims_rae",
    "EAE": "07_claims_eae",
    "DAE": "08_claims_dae",
    "MASK": "09_claims_slides",
    "FLEX": "09_claims_slides",
    "X": "10_claims_between",
}
DOUBTED = f"{DAGGER} Not known to be trained enough to decide a claim: [the test](94_campaign.html#the-doubling-test)."


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
    better: Mapping[str, Literal["min", "max"]] | None = None,
    decimals: Mapping[str, int] | None = None,
) -> None:
    """Display a plain frame as a table that the book numbers; numbers of our runs: `records`.

    A cell is a text, a number or absent (None, NaN: a dash). A column of numbers gets three significant digits at its
    median, or its entry of `decimals`; `better` sets its best in bold. A named index gives the names of the rows.
    Raises ValueError for a `name` that is no label (letters, digits, dashes), an empty table, or a column in
    `better` that does not exist.
    """
    frame = pd.DataFrame(rows)
    _check_table(name, frame)
    known = {c[-1] if isinstance(c, tuple) else c for c in frame.columns}
    if missing := sorted((set(better or {}) | set(decimals or {})) - known):
        raise ValueError(f"table '{name}' has no column {missing}; it has {list(frame.columns)}")
    sheet = sheets.of_frame(frame, better=better, decimals=decimals)
    _display_sheets({"": sheet}, caption, name, note)


def records(
    long: pd.DataFrame,
    *,
    rows: Sequence[str] = ("system",),
    cols: Sequence[str],
    caption: str,
    name: str,
    by: str = "dataset",
    better: sheets.Direction | Mapping[str, sheets.Direction] | None = None,
    decimals: int | None = None,
    floor: pd.DataFrame | None = None,
    note: str = "",
) -> None:
    """Display rows of the long frame (`results.frame`) as one numbered table: a tab for each value of `by`.

    A cell is the mean ± standard deviation over seeds; bold is our best and all that cannot be distinguished from it.
    Published numbers keep their own digits. floor: the records of real images. by: "" for no tabs. See
    `sheets.of_records`.
    """
    _check_table(name, long)
    options = {"rows": list(rows), "cols": list(cols), "better": better, "decimals": decimals}
    parts = {titled(by, v): long[long[by] == v] for v in ordered(by, long[by])} if by else {"": long}
    found = {}
    for title, part in parts.items():
        below = floor if floor is None or not by else floor[floor[by] == part[by].iloc[0]]
        found[title] = sheets.of_records(part, floor=below, **options)
    _display_sheets(found, caption, name, note)


def _check_table(name: str, frame: pd.DataFrame) -> None:
    _check_label(name)
    if frame.empty:
        raise ValueError(f"table '{name}' has no rows; show a sentence instead")


def _display_sheets(found: Mapping[str, sheets.Sheet], caption: str, name: str, note: str) -> None:
    """One numbered table in three forms: for the book, for viewers of notebooks, as text."""
    cells = [text for sheet in found.values() for line in sheet.texts for text in line]
    if any(DAGGER in text for text in cells):
        note = f"{note} {DOUBTED}".strip()
    body = markup.page(found, name, note)
    title = re.sub(r"\s+", " ", caption)
    texts = [f"{t}\n{markup.plain(sheet)}".strip() for t, sheet in found.items()]
    bundle = {
        "text/markdown": f":::{{record-table}} {title}\n:name: {name}\n\n{body}\n:::",
        "text/html": f"<figure><figcaption>{html.escape(title)}</figcaption>{body}</figure>",
        "text/plain": "\n".join([title, *texts, note]).strip(),
    }
    display(bundle, raw=True)


def claims(
    chapter: str, runs: Sequence[Result] = (), *, name: str, profile: str = "largest", datasets: Sequence[str] = ()
) -> list[Verdict]:
    """Display what the stored runs say of the claims of a chapter: a tab for each data set.

    The data sets are those of `runs`, the runs of the page; without any, `datasets`. Returns the verdicts. What needs
    no run (a count, a simulation, the published numbers) has a tab. The reasons why comparisons are untested are below
    the table, each once.
    """
    shown = list(dict.fromkeys(r.config.dataset for r in runs)) or list(datasets)
    found = decide(rules.of_chapter(chapter), measured(profile, datasets=shown) if shown else measured(), shown)
    tabs: dict[str, list[dict]] = {}
    marks = mark_reasons(found)
    for v in found:
        tabs.setdefault(titled("dataset", v.dataset) if v.dataset else "without runs", []).append(verdict_row(v, marks))
    why = "; ".join(f"({mark}) {reason}" for reason, mark in marks.items())
    _display_sheets(
        {title: sheets.of_frame(pd.DataFrame(rows).set_index("claim")) for title, rows in tabs.items()},
        "Claims of this page: what our runs say, and what the published numbers say by the same rule",
        name,
        "The four counts: comparisons that hold, are open, fail, are untested. "
        "The name leads to the claim's place and to each comparison." + (f" Untested: {why}." if why else ""),
    )
    return found


def mark_reasons(found: Sequence[Verdict]) -> dict[str, str]:
    """The kinds of reasons why comparisons are untested, each with a letter."""
    kinds = dict.fromkeys(kind for v in found for kind in count_reasons(v))
    return dict(zip(kinds, string.ascii_lowercase, strict=False))


def claim_link(claim_id: str) -> str:
    """The claim's name as a link to its entry; the name alone for a claim of this book, which has none."""
    return f"[{claim_id}]({address})" if (address := claim_address(claim_id)) else claim_id


def claim_address(claim_id: str) -> str:
    """Where the entry of a claim is: "06_claims_rae.html#claim-rae-01"; empty for a claim of this book."""
    page = ENTRIES.get(claim_id.partition("-")[0], "")
    return page and f"{page}.html#claim-{claim_id.lower()}"


def verdict_row(v: Verdict, marks: Mapping[str, str]) -> dict[str, str]:
    """A claim's outcome and counts, in our runs and in the published numbers. marks: signs of the reasons to show."""
    why = [f"{n}\u00a0{marks[kind]}" for kind, n in count_reasons(v).items() if kind in marks]
    return {
        "claim": claim_link(v.id),
        "what is claimed": rules.claim(v.id)["text"],
        "our runs": outcome(v) + (f" ({', '.join(why)})" if why else ""),
        "counts": counts(v),
        "published numbers": outcome(decide_print(v.id)),
    }


def count_reasons(v: Verdict) -> Counter[str]:
    """Why comparisons are untested, in kinds: "no such runs" 2, "not trained enough" 3."""
    return Counter(c.lacks[0].partition(":")[0] for c in v.comparisons if c.lacks)


def outcome(v: Verdict) -> str:
    """ "✓ agrees"; a rule that has not passed its own test says nothing."""
    if not v.passed:
        return "the rule has not been tested"
    return f"{OUTCOMES[v.outcome]} {v.outcome}" if v.outcome else ABSENT


def counts(v: Verdict) -> str:
    """How many comparisons hold, are open, fail and are untested."""
    return " · ".join(str(v.count(name)) for name in ("holds", "open", "fails", "untested"))


def figure(drawing: Figure | bytes | str, *, caption: str, name: str, alt: str) -> None:
    """Display a chart, or an SVG text, as vector graphics, or a plate (PNG bytes) pixel by pixel, as a numbered figure.

    One figure per cell. `alt` says in words what is to be seen, for those who cannot see it.
    """
    _check_label(name)
    if not alt.strip() or not caption.strip():
        raise ValueError(f"figure '{name}' needs a caption and an alternative text")
    words = {"caption": caption, "name": name, "alt": alt}
    if isinstance(drawing, bytes):
        kind, content = "image/png", b64encode(drawing).decode()
        wide, _ = Image.open(io.BytesIO(drawing)).size
    else:
        kind, content = "image/svg+xml", drawing if isinstance(drawing, str) else _svg(drawing)
        wide = round(float(re.search(r'width="([\d.]+)pt"', content)[1]) * 96 / 72)
    bundle = {kind: content, "text/plain": f"Figure {name}: {caption}"}
    display(bundle, raw=True, metadata={kind: {"width": wide}, "rae": words})


def _svg(drawing: Figure) -> str:
    """The chart as SVG on one line, to a hundredth of a point, the same every time."""
    buffer = io.StringIO()
    drawing.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    bare = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", buffer.getvalue(), flags=re.S)
    return re.sub(r"([1-9]\d*\.\d\d)\d+", r"\1", " ".join(bare.split()))


def _check_label(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"'{name}' is no label: use lower-case letters, digits and dashes")
