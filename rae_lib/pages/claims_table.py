"""The claims as two tables: the matrix of signs, with words on hover, and a row in words for each claim and data set.

A script lets the reader search, filter and sort the latter (`book/_static/claims`).
"""

import html

import pandas as pd
from IPython.display import HTML, display

from rae_lib.claims import rules
from rae_lib.pages import claims_matrix, show
from rae_lib.pages.claims_matrix import BLANK, KEY, LOOKS, PANELS, PRINT, WITHOUT, Look
from rae_lib.pages.markup import tag

SCRIPTS = "".join(f'<script src="../_static/claims/{name}.js"></script>' for name in ("dataTables.min", "claims"))


def list_outcomes(found: pd.DataFrame) -> pd.DataFrame:
    """found: of `claims_matrix.outcomes`. The index names the claim and links to its entry."""
    rows = [
        show.verdict_row(v, {})
        | {
            "data set": "any" if place == WITHOUT else claims_matrix.titled(place),
            "runs": "none needed" if place == WITHOUT else v.profile,
            "document": PANELS[claims_matrix.document(v.id)],
        }
        for v, place in zip(found["verdict"], found["place"], strict=True)
    ]
    table = pd.DataFrame(rows).set_index("claim").rename(columns={"our runs": "outcome"})
    return table[["outcome", "data set", "what is claimed", "counts", "runs", "published numbers", "document"]]


def scripts() -> HTML:
    """What makes the table filterable, where scripts run."""
    return HTML(SCRIPTS)


def matrix(found: pd.DataFrame, *, caption: str, name: str) -> None:
    """Display a panel a document: a row a claim, a column for the published numbers and each place, a sign a cell."""
    columns = [PRINT, *claims_matrix.places(found)]
    looks = claims_matrix.looks(found)
    used = {(claims_matrix.document(claim_id), column) for claim_id, column in looks}
    panels = [panel(document, [c for c in columns if (document, c) in used], looks) for document in PANELS]
    key = "".join(tag("span", square(look, words, of="span") + words) for words, look in KEY.items())
    body = tag("div", "".join(panels), cls="claim-panels") + tag("p", key, cls="table-note claim-key")
    words = {"text/plain": caption, "text/html": body}
    display(words | {"text/markdown": f":::{{record-table}} {caption}\n:name: {name}\n\n{body}\n:::"}, raw=True)


def panel(document: str, columns: list[str], looks: dict[tuple[str, str], Look]) -> str:
    heads = "".join(f'<th scope="col"><span>{html.escape(claims_matrix.titled(c))}</span></th>' for c in columns)
    rows = [tag("tr", f"<td>{PANELS[document]}</td>{heads}")]
    for claim_id in claims_matrix.ids_of(document):
        text = html.escape(rules.claim(claim_id)["text"])
        address = show.claim_address(claim_id)
        link = f'<th scope="row" id="claim-{claim_id.lower()}"><a href="{address}" title="{text}">{claim_id}</a></th>'
        cells = [cell(claim_id, column, looks.get((claim_id, column), BLANK)) for column in columns]
        rows.append(tag("tr", link + "".join(cells)))
    return tag("table", tag("thead", rows[0]) + tag("tbody", "\n".join(rows[1:])), cls="claim-matrix")


def cell(claim_id: str, column: str, look: Look) -> str:
    outcome = next(words for words, known in KEY.items() if known == look)
    place = html.escape(claims_matrix.titled(column))
    return square(look, f"{claim_id}, {place}: {outcome}. {html.escape(rules.claim(claim_id)['text'])}")


def square(look: Look, words: str, *, of: str = "td") -> str:
    fill, sign, ink = look
    edge = f";box-shadow:inset 0 0 0 1px {ink}" if look == LOOKS["untested"] else ""
    return f'<{of} style="background:{fill};color:{ink}{edge}" title="{words}">{sign}</{of}>'
