"""The glossary, and the links to it that `book/_ext/glossary_links.py` makes."""

import importlib.util
import re
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from sphinx import addnodes

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("glossary_links", ROOT / "book/_ext/glossary_links.py")
links = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(links)
TERMS = links.read_terms((ROOT / "book/glossary.md").read_text(encoding="utf-8"))


def targets(text: str) -> list[tuple[str, str]]:
    """(words, term) of the links in a page of reStructuredText."""
    page = publish_doctree(text, settings_overrides={"report_level": 5})
    links.link_terms(page, "a page", TERMS - links.LEFT_OUT)
    return [(x.astext(), x["reftarget"]) for x in page.findall(addnodes.pending_xref)]


def test_the_first_use_of_a_term_is_a_link_and_no_other():
    assert targets("A seed, the seed, and\nmore seeds.\n\nAgain a seed.") == [("seed", "seed")]
    assert targets("Seeds differ.") == [("Seeds", "seed")]


def test_the_longest_term_is_meant_and_a_part_of_a_name_is_none():
    assert targets("AE-L2 by domain features") == [("AE-L2", "AE-L2"), ("domain features", "domain features")]
    assert targets("CV-VAE, a β-VAE, N(0, I), a widths-table, WAES") == [("CV-VAE", "CV-VAE")]


@pytest.mark.parametrize("text", ["seed\n====\n", "``seed``", "+------+\n| seed |\n+------+", "`seed <https://a.b>`_"])
def test_headings_code_tables_and_links_have_no_terms(text):
    assert targets(text) == []


def test_a_page_that_links_a_term_itself_gets_no_second_link():
    page = publish_doctree("A seed.")
    page[0] += links.make_link("seed", "seed", "a page")
    links.link_terms(page, "a page", TERMS)
    assert len(list(page.findall(addnodes.pending_xref))) == 1
    assert page.astext() == "A seed.seed" and not list(page.findall(nodes.problematic))


def test_every_term_is_explained_once_and_the_words_left_out_exist():
    text = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    assert len(TERMS) >= 30 and TERMS >= links.LEFT_OUT
    assert all(len(re.findall(rf"^{re.escape(term)}$", text, re.MULTILINE)) == 1 for term in TERMS)
    with pytest.raises(ValueError, match="glossary"):
        links.read_terms("# Glossary")


@pytest.mark.book
def test_the_pages_of_the_book_link_to_the_glossary(book):
    chapters = book.glob("notebooks/[0-4]*.html")  # those about runs, not those about the campaign
    without = [p.name for p in chapters if "glossary.html#term-" not in p.read_text()]
    assert not without
