"""The first use of a term on a page becomes a link to its entry in the glossary.

Prose alone has links: no headings, tables, captions, code, formulas or folded parts. A page that links a term itself,
by the role `term`, gets no second link. The terms are those of `glossary.md`; LEFT_OUT are words with other uses.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

GLOSSARY = "book/glossary"
LEFT_OUT = {"N", "published", "study"}
CLOSED = (nodes.title, nodes.table, nodes.caption, nodes.literal, nodes.reference, nodes.raw, nodes.figure, nodes.math)
CLOSED += (nodes.footnote, nodes.citation, addnodes.pending_xref, addnodes.desc, addnodes.glossary)


def read_terms(text: str) -> set[str]:
    """The terms of the directive `glossary` in this page: its lines that are not indented."""
    body = re.search(r"^:::\{glossary\}\n(.*?)^:::$", text, re.MULTILINE | re.DOTALL)
    if body is None:
        raise ValueError("the glossary has no :::{glossary} that a line ::: closes")
    return {line for line in body[1].splitlines() if line and not line[0].isspace()}


def compile_terms(terms: set[str]) -> re.Pattern:
    """What finds a term, or its plural, as a whole word; the longest first; a term of small letters in any case."""
    words = []
    for term in sorted(terms, key=lambda t: (-len(t), t)):
        plural = "s?" if term[-1].isalpha() and not term.endswith("s") else ""
        words.append(f"(?i:{re.escape(term)}{plural})" if term.islower() else re.escape(term) + plural)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])")


def find_term(found: str, terms: set[str]) -> str:
    """The term whose form this is."""
    return next(t for t in (found, found[:-1], found.lower(), found.lower()[:-1]) if t in terms)


def link_terms(doctree: nodes.document, page: str, terms: set[str]) -> None:
    """Put a reference in the place of the first use of each term, in the order of the page."""
    pattern = compile_terms(terms)
    seen = {x["reftarget"] for x in doctree.findall(addnodes.pending_xref) if x.get("reftype") == "term"}
    for text in list(doctree.findall(nodes.Text)):
        if is_prose(text):
            parts, end = [], 0
            for match in pattern.finditer(text):
                term = find_term(match[0], terms)
                if term not in seen:
                    seen.add(term)
                    parts += [nodes.Text(text[end : match.start()]), make_link(match[0], term, page)]
                    end = match.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def is_prose(text: nodes.Text) -> bool:
    """Whether a text is in a paragraph and in nothing that is closed to links, or folded."""
    node, inside = text.parent, False
    while node is not None:
        if isinstance(node, CLOSED) or node.tagname.startswith("dropdown"):
            return False
        inside = inside or isinstance(node, nodes.paragraph)
        node = node.parent
    return inside


def make_link(words: str, term: str, page: str) -> addnodes.pending_xref:
    link = addnodes.pending_xref(reftype="term", refdomain="std", reftarget=term, refdoc=page, refexplicit=True)
    link["refwarn"] = True
    link.append(nodes.inline(words, words, classes=["xref", "std", "std-term"]))
    return link


def read_page(app: Sphinx, doctree: nodes.document) -> None:
    page = app.env.docname
    if page != GLOSSARY:
        terms = read_terms(Path(app.srcdir, f"{GLOSSARY}.md").read_text(encoding="utf-8"))
        link_terms(doctree, page, terms - LEFT_OUT)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", read_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
