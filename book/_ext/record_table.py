"""The directives `record-table` and `record-figure`: HTML that the book numbers, captions and cites.

    :::{record-table} Caption
    :name: tbl-label

    <table> ... </table>
    :::

Plain MyST tables have one line of heads and no tabs, and plain figures have one picture; those of this book have more.
A link in them whose text is the label that it leads to gets the number as its text: "Table 6.2".
"""

import posixpath
import re

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

CELL = re.compile(r"(</t[hd]>)")  # the search drops tags, and would join the words of two cells
LABEL = re.compile(r'<a href="([^"#]*)\.html#((?:tbl|fig)-[\w-]+)">\2</a>')
FRAME = re.compile(r'(<div class="sheet")>')  # scrolls where the table is wide: by the keyboard too


class record_table(nodes.General, nodes.Element):
    """A caption and raw HTML, numbered with the tables."""


class record_figure(nodes.General, nodes.Element):
    """Raw HTML and a caption, numbered with the figures."""


class RecordTable(SphinxDirective):
    kind = record_table
    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"name": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        texts, messages = self.state.inline_text(self.arguments[0], self.lineno)
        caption = nodes.caption(self.arguments[0], "", *texts)
        body = FRAME.sub(r"\1 tabindex='0'>", CELL.sub(r"\1 ", "\n".join(self.content)))
        content = nodes.raw("", body, format="html")
        table = self.kind("", caption, content)
        self.set_source_info(table)
        self.add_name(table)
        return [table, *messages]


class RecordFigure(RecordTable):
    kind = record_figure


def visit_html(translator: nodes.NodeVisitor, node: nodes.Element) -> None:
    name = type(node).__name__.replace("_", "-")
    translator.body.append(translator.starttag(node, "figure", CLASS=name))


def depart_html(translator: nodes.NodeVisitor, node: nodes.Element) -> None:
    translator.body.append("</figure>\n")


def number_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the number of a table or figure into the links that name its label; the page's title if it is not shown."""
    env = app.env
    labels = env.get_domain("std").anonlabels

    def name(match: re.Match[str]) -> str:
        page, label = match.groups()
        kind = "table" if label.startswith("tbl") else "figure"
        doc, anchor = labels.get(label, ("", ""))[:2]
        number = env.toc_fignumbers.get(doc, {}).get(kind, {}).get(anchor)
        if number:
            words = app.config.numfig_format[kind] % ".".join(map(str, number))
            return f'<a href="{page}.html#{label}">{words.replace(" ", "&nbsp;")}</a>'
        return f'<a href="{page}.html">{env.titles[posixpath.join(posixpath.dirname(docname), page)].astext()}</a>'

    for table in doctree.findall(record_table):
        for raw in table.findall(nodes.raw):
            raw.children = [nodes.Text(LABEL.sub(name, raw.astext()))]


def caption_of(node: nodes.Element) -> str:
    return node[0].astext()


def setup(app: Sphinx) -> dict[str, bool]:
    for kind, figtype in ((record_table, "table"), (record_figure, "figure")):
        app.add_enumerable_node(kind, figtype, caption_of, html=(visit_html, depart_html))
    app.connect("doctree-resolved", number_links)
    app.add_directive("record-table", RecordTable)
    app.add_directive("record-figure", RecordFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
