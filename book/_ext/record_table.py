"""The directive `record-table`: HTML that the book numbers, captions and cites as a table.

    :::{record-table} Caption
    :name: tbl-label

    <table> ... </table>
    :::

Plain MyST tables have one line of heads and no tabs; the tables of this book have both.
"""

import re

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

CELL = re.compile(r"(</t[hd]>)")  # the search drops tags, and would join the words of two cells
FRAME = re.compile(r'(<div class="sheet")>')  # scrolls where the table is wide: by the keyboard too


class record_table(nodes.General, nodes.Element):
    """A caption and raw HTML, numbered with the tables."""


class RecordTable(SphinxDirective):
    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"name": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        texts, messages = self.state.inline_text(self.arguments[0], self.lineno)
        caption = nodes.caption(self.arguments[0], "", *texts)
        body = FRAME.sub(r"\1 tabindex='0'>", CELL.sub(r"\1 ", "\n".join(self.content)))
        content = nodes.raw("", body, format="html")
        table = record_table("", caption, content)
        self.set_source_info(table)
        self.add_name(table)
        return [table, *messages]


def visit_html(translator: nodes.NodeVisitor, node: record_table) -> None:
    translator.body.append(translator.starttag(node, "figure", CLASS="record-table"))


def depart_html(translator: nodes.NodeVisitor, node: record_table) -> None:
    translator.body.append("</figure>\n")


def caption_of(node: record_table) -> str:
    return node[0].astext()


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_enumerable_node(record_table, "table", caption_of, html=(visit_html, depart_html))
    app.add_directive("record-table", RecordTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
