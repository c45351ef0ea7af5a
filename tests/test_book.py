import json
import re
from html import unescape
from pathlib import Path

import pytest
import yaml
from sphinx.search.en import SearchEnglish

from rae_lib.config import catalogue

pytestmark = pytest.mark.book


def pages(root: Path) -> list[str]:
    toc = yaml.safe_load((root / "_toc.yml").read_text())
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


def text(page: Path) -> str:
    """What the article of a page says, without its tags and its code."""
    article = page.read_text().partition("<article")[2].partition("</article>")[0]
    article = re.sub(r"<pre>.*?</pre>", " ", article, flags=re.S)
    return unescape(re.sub(r"<[^>]+>", " ", article))


def code(page: Path) -> str:
    """The blocks of code of a page."""
    return unescape(re.sub(r"<[^>]+>", "", "\n".join(re.findall(r"<pre>.*?</pre>", page.read_text(), flags=re.S))))


def test_every_page_of_the_contents_is_built(root, book):
    missing = [page for page in pages(root) if not (book / f"{page}.html").is_file()]
    assert not missing


def test_every_notebook_is_a_page_of_the_contents(root):
    assert {f"notebooks/{p.stem}" for p in root.glob("notebooks/*.ipynb")} <= set(pages(root))


def test_no_page_shows_an_unresolved_reference_or_unrendered_markup(root, book):
    for page in pages(root):
        words = text(book / f"{page}.html")
        for trace in ("{glue", "{numref", "{cite", "{eq}", "{doc}", ":::{", "**"):
            plain = re.sub(r"`[^`]*`", "", words)
            shows_code = page.startswith("notebooks/") or page.startswith("book/api")
            assert trace not in plain or shows_code, f"{page}: {trace}"


def test_every_table_made_by_a_notebook_is_numbered_and_captioned(root, book):
    for page in (p for p in pages(root) if p.startswith("notebooks/")):
        html = (book / f"{page}.html").read_text()
        for table in re.findall(r'<table[^>]*id="tbl-.*?</caption>', html, flags=re.S):
            assert re.search(r'caption-number">Table \d', table), page


def test_the_map_names_our_tables_and_figures_by_their_numbers(book):
    links = re.findall(r'html#(?:tbl|fig)-[^"]*">([^<]*)<', (book / "notebooks/03_map.html").read_text())
    assert any(re.fullmatch(r"(Table|Fig\.)&nbsp;\d+\.\d+", words) for words in links)
    assert not [words for words in links if re.match(r"tbl-|fig-", words)]


def test_every_cited_source_is_listed(book):
    assert "deterministic autoencoders" in text(book / "book/references.html").lower()


def test_formulas_come_from_the_book_itself_and_not_from_a_network(book):
    html = (book / "book/rae_theory.html").read_text()
    assert re.search(r'src="\.\./_static/mathjax/[^"]*\.js', html)
    assert (book / "_static/mathjax/tex-chtml.js").is_file()


def test_every_number_is_in_one_file_that_the_book_links(book):
    assert 'href="../results.csv"' in (book / "book/reading.html").read_text()
    lines = (book / "results.csv").read_text().splitlines()
    assert len(lines) > 5000 and {"document", "metric", "value"} <= set(lines[0].split(","))


def test_theory_pages_show_the_code_of_the_library(book):
    for page, name in {
        "rae_theory": "def gradient_penalty",
        "eae_theory": "def entropy",
        "dae_theory": "def cross_entropy",
    }.items():
        assert name in code(book / f"book/{page}.html")


def test_the_reference_has_signatures_and_docstrings(book):
    assert "log_prob" in text(book / "book/api_densities.html")
    assert "Kozachenko" in text(book / "book/api_losses.html")


def test_the_index_of_the_reference_leads_to_every_function_and_class(book):
    index = (book / "book/api.html").read_text()
    for page in sorted(book.glob("book/api_*.html")):
        named = re.findall(r'<dl class="py (?:function|class|exception)">\s*<dt[^>]* id="([^"]+)"', page.read_text())
        linked = re.findall(rf'href="{page.name}#[^"]*?(\w+)"', index)  # what two modules have is linked once
        assert named and {name.rpartition(".")[2] for name in named} == set(linked), page.name


def test_the_search_finds_every_system_by_its_name(book):
    script = (book / "searchindex.js").read_text()
    index = json.loads(script[script.index("(") + 1 : script.rindex(")")])
    language = SearchEnglish({})

    def found(word: str) -> set[int]:
        pages = (index[kind].get(language.stem(word), []) for kind in ("terms", "titleterms"))
        return {n for hits in pages for n in (hits if isinstance(hits, list) else [hits])}

    for table in catalogue()["system"].values():
        words = [w for w in language.split(table["label"].lower()) if language.word_filter(w)]
        assert set.intersection(*map(found, words)), f"no page has all of {words}"
