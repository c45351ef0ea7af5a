"""A sheet (`sheets`) as HTML with scoped heads, as plain text, and as a CSV file to download."""

import html
import re
from base64 import b64encode
from collections.abc import Mapping
from itertools import chain, groupby

from rae_lib.pages.sheets import Sheet

LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
SOFT = re.compile(r"(recon|corre|diver|dimen)(?=structi|structed|lation|gence|sion)")  # where a long head may break
COLUMN, LETTER, PADDING = 672, 7.6, 24  # pixels: of the book's column, of a letter in a table, between two columns
PHONE = (340, 6.5, 5)  # the same on a telephone, where tables are smaller and closer


def page(sheets: Mapping[str, Sheet], name: str, note: str = "") -> str:
    """The body of a table: one sheet, or several under tabs by their titles; below it the note and the CSV files.

    Open is the first tab that has at least half as many rows as the longest.
    """
    parts = {title: tag("div", table(sheet), cls="sheet") for title, sheet in sheets.items()}
    rows = [len(sheet.texts) for sheet in sheets.values()]
    full = next((n for n, count in enumerate(rows) if 2 * count >= max(rows)), 0)
    body = tabs(parts, name, opened=full) if len(parts) > 1 else next(iter(parts.values()))
    links = [csv_link(sheet, name, title if len(sheets) > 1 else "") for title, sheet in sheets.items()]
    files = ", ".join(link for link in links if link)
    words = " ".join(filter(None, (inline(note), files and f"Numbers as CSV: {files}.")))
    return body + (tag("p", words, cls="table-note") if words else "")


def tabs(parts: Mapping[str, str], name: str, opened: int = 0) -> str:
    """Panels under tabs that need no script; the first is open, or another one by its number."""
    pieces = []
    for number, (title, panel) in enumerate(parts.items()):
        key = f"{name}-{number}"
        checked = " checked" if number == opened else ""
        pieces.append(f'<input type="radio" name="{name}" id="{key}"{checked}>')
        pieces.append(f'<label for="{key}">{html.escape(title)}</label>')
        pieces.append(tag("div", panel, cls="panel"))
    return tag("div", "".join(pieces), cls="record-tabs")


def table(sheet: Sheet) -> str:
    """Heads in as many lines as they have levels, neighbours with the same words in one cell."""
    depth = len(sheet.heads[0]) if sheet.heads else 1
    lines = []
    for level in range(depth):
        cells = [head(stub, "col", rows=depth) for stub in sheet.stubs] if level == 0 else []
        lines.append(tag("tr", "".join(cells + level_heads(sheet, level, last=level == depth - 1))))
    body = [row(sheet, i) for i in range(len(sheet.texts))]
    if sheet.floor:
        names = head("real images", "row", cols=max(1, len(sheet.stubs)))
        body.append(tag("tr", names + "".join(tag("td", html.escape(t), cls="num") for t in sheet.floor), cls="floor"))
    close = " close" if estimate_width(sheet) > COLUMN else ""
    stack = " stack" if is_stacked(sheet) else ""
    content = tag("thead", "".join(lines)) + tag("tbody", "\n".join(body))
    return tag("table", content, cls=f"table records{close}{stack}")


def is_stacked(sheet: Sheet) -> bool:
    """Whether a row becomes a block on a telephone, each cell with its head: a plain frame that is wider than one."""
    width, letter, padding = PHONE
    return sheet.plain and estimate_width(sheet, letter, padding) > width


def estimate_width(sheet: Sheet, letter: float = LETTER, padding: float = PADDING) -> float:
    """Pixels that a table needs at least: of each column the longest word of its heads and cells, which stays whole."""
    heads = [*((stub,) for stub in sheet.stubs), *sheet.heads]
    rows = [[LINK.sub(r"\1", text) for text in line] for line in map(chain, sheet.names, sheet.texts)]
    columns = zip(heads, zip(*rows, strict=True), strict=True)
    whole = [True] * len(sheet.stubs) + sheet.numeric  # row names and numbers do not break at spaces
    total = 0.0
    for (head, cells), keep in zip(columns, whole, strict=True):
        words = [word for text in head for word in text.split(" ")]
        words += cells if keep else [word for text in cells for word in text.split(" ")]
        total += letter * max(map(len, words)) + padding
    return total


def level_heads(sheet: Sheet, level: int, *, last: bool) -> list[str]:
    """One line of heads."""
    cells = []
    prefixes = [h[: level + 1] for h in sheet.heads]
    for prefix, same in groupby(range(len(prefixes)), key=lambda i: prefixes[i]):
        columns = list(same)
        scope = "col" if last else "colgroup"
        kind = "num" if sheet.numeric[columns[0]] else ""
        if last:
            cells += [head(prefix[-1], scope, cls=kind) for _ in columns]
        else:
            cells.append(head(prefix[-1], scope, cols=len(columns), cls="group"))
    return cells


def row(sheet: Sheet, number: int) -> str:
    """A line of the body: the names of the row, then its cells."""
    names = [head(name, "row") for name in sheet.names[number]]
    cells = []
    labels = [", ".join(filter(None, h)) for h in sheet.heads] if is_stacked(sheet) else [""] * len(sheet.heads)
    columns = zip(sheet.texts[number], sheet.bold[number], sheet.numeric, labels, strict=True)
    for text, bold, numeric, label in columns:
        words = inline(text).replace("± ", "±\u00a0").replace(" †", "\u00a0†")  # on a telephone a spread has its line
        words = f"<strong>{words}</strong>" if bold else words
        cells.append(tag("td", words, cls="num" if numeric else "", label=label))
    return tag("tr", "".join(names + cells))


def head(text: str, scope: str, *, rows: int = 1, cols: int = 1, cls: str = "") -> str:
    spans = (f' rowspan="{rows}"' if rows > 1 else "") + (f' colspan="{cols}"' if cols > 1 else "")
    kind = f' class="{cls}"' if cls else ""
    words = SOFT.sub("\\1\u00ad", text).replace("(0, I)", "(0,\u00a0I)") if scope.startswith("col") else text
    return f'<th scope="{scope}"{spans}{kind}>{inline(words)}</th>'


def tag(name: str, content: str, *, cls: str = "", label: str = "") -> str:
    """An element. label: the head of a cell, which a telephone shows before it."""
    kind = f' class="{cls}"' if cls else ""
    kind += f' data-label="{html.escape(label)}"' if label else ""
    return f"<{name}{kind}>{content}</{name}>"


def inline(text: str) -> str:
    """Plain text as HTML; `code`, **bold** and [words](address) become what they are in Markdown."""
    found = html.escape(text, quote=False)
    found = re.sub(r"`([^`]+)`", r"<code>\1</code>", found)
    found = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", found)
    return LINK.sub(r'<a href="\2">\1</a>', found)


def csv_link(sheet: Sheet, name: str, title: str) -> str:
    """The numbers behind a sheet as a file inside the page; empty where there are none."""
    if sheet.numbers is None:
        return ""
    content = b64encode(sheet.numbers.to_csv(index=False, float_format="%.7g").encode()).decode()
    words = html.escape(title or "this table")
    return f'<a download="{name}.csv" href="data:text/csv;base64,{content}">{words}</a>'


def plain(sheet: Sheet) -> str:
    """The sheet as aligned text."""
    width = len(sheet.stubs) + len(sheet.heads)
    lines = [[*sheet.stubs, *(" ".join(h) for h in sheet.heads)]]
    lines += [[*names, *cells] for names, cells in zip(sheet.names, sheet.texts, strict=True)]
    widths = [max(len(line[i]) for line in lines) for i in range(width)]
    return "\n".join("  ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)).rstrip() for line in lines)
