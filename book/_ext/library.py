"""The library in the book: the directives `source` and `objects`, and docstrings that autodoc can show.

    ```{source} rae_lib.models.losses.kl_normal
    ```

shows a function, class or method as it is in the installed package, so that the page cannot differ from the code.

    ```{objects} api_models
    ```

is a table of the functions and classes that this page of the same folder describes, each with a link to it.
Docstrings are plain text with formulas in it, no reStructuredText: `escape` keeps every character as it is.
"""

import inspect
import re
import textwrap
from importlib import import_module

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry
from sphinx.util.docutils import SphinxDirective

KINDS = ("function", "class", "exception")
INDENTED = re.compile(r"\s{2,}\S")


def find_object(path: str) -> object:
    """The object of a dotted path: the longest module in it, then attributes. ImportError where there is none."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            if not hasattr(found, name):
                raise ImportError(f"{'.'.join(parts[:end])} has no {'.'.join(parts[end:])}")
            found = getattr(found, name)
        return found
    raise ImportError(f"no module {parts[0]}")


class Source(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        found = find_object(self.arguments[0])
        file = inspect.getmodule(found).__name__.replace(".", "/")
        text = f"# {file}.py\n{textwrap.dedent(inspect.getsource(found)).rstrip()}"
        block = nodes.literal_block(text, text, language="python")
        self.set_source_info(block)
        return [block]


class ObjectTable(nodes.General, nodes.Element):
    """The place of a table of functions and classes, until all pages are read."""


class Objects(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        folder, _, _ = self.env.docname.rpartition("/")
        return [ObjectTable(page=f"{folder}/{self.arguments[0]}")]


def fill_objects(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Replace every `ObjectTable` by its rows. Raises ValueError for a page that describes nothing."""
    for place in list(doctree.findall(ObjectTable)):
        known = app.env.get_domain("py").objects.items()
        found = [(name, one) for name, one in known if one.docname == place["page"] and one.objtype in KINDS]
        if not found:
            raise ValueError(f"{place['page']} describes no function and no class")
        rows = nodes.tbody("", *(make_row(app, page, name, one) for name, one in found))
        columns = [nodes.colspec(colwidth=width) for width in (30, 70)]
        group = nodes.tgroup("", *columns, rows, cols=2)
        place.replace_self(nodes.table("", group, classes=["table", "objects"]))


def make_row(app: Sphinx, page: str, name: str, one: ObjectEntry) -> nodes.row:
    """Module and name, which lead to the object, and the first line of its docstring."""
    address = f"{app.builder.get_relative_uri(page, one.docname)}#{one.node_id}"
    link = nodes.reference("", "", nodes.literal(text=".".join(name.split(".")[-2:])), refuri=address, internal=True)
    line = (inspect.getdoc(find_object(name)) or "").partition("\n")[0]
    cells = [nodes.paragraph("", "", link), nodes.paragraph("", line.replace("`", ""))]
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def escape(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstring lines in place: what is indented becomes a literal block, all else text; `code` stays code."""
    found, literal = [], False
    for line in lines:
        if INDENTED.match(line):
            found += [] if literal else ["", ".. code-block:: text", ""]
            literal = True
        elif line.strip():
            found += [""] if literal else []
            literal = False
        found.append(line if literal else escape_line(line))
    lines[:] = [*found, ""]


def escape_line(line: str) -> str:
    parts = re.split(r"(`[^`]+`)", line)
    return "".join(f"`{p}`" if i % 2 else re.sub(r"([\\*`|_])", r"\\\1", p) for i, p in enumerate(parts))


def shorten(app: Sphinx, what: str, name: str, obj: object, options: object, given: str, returned: str) -> tuple:
    """A signature whose annotations are objects without a name (bounds of a field) is left out: it has addresses."""
    return ("(...)", returned) if given and "<function" in given else (given, returned)


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("source", Source)
    app.add_directive("objects", Objects)
    app.add_node(ObjectTable)
    app.connect("doctree-resolved", fill_objects)
    app.connect("autodoc-process-docstring", escape)
    app.connect("autodoc-process-signature", shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
