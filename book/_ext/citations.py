"""The list of references without the role of a list: its entries are no list items, as screen readers expect."""

from sphinx.application import Sphinx


def drop_role(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    if "body" in context:
        context["body"] = context["body"].replace(
            '<div role="list" class="citation-list">', '<div class="citation-list">'
        )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", drop_role)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
