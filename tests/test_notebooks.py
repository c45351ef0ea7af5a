import ast
import re
import tokenize
from io import StringIO
from pathlib import Path

import nbformat
import pytest

from rae_lib import notebooks

SOURCES = notebooks.sources()
KILOBYTE = 1024
notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def code(source: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebooks.convert(source).cells if cell.cell_type == "code"]


def published(source: Path) -> nbformat.NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


@notebook
def test_the_published_notebook_is_current_and_whole(source):
    assert notebooks.check(source) == [], f"run: {notebooks.COMMAND} {source.stem}"


@notebook
def test_source_and_published_notebook_have_the_same_cells(source):
    pair = [
        [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in n.cells]
        for n in (notebooks.convert(source), published(source))
    ]
    assert pair[0] == pair[1], f"run: {notebooks.COMMAND} {source.stem}"


@notebook
def test_a_published_notebook_is_at_most_1200_kb(source):
    size = source.with_suffix(".ipynb").stat().st_size
    assert size <= 1200 * KILOBYTE, f"{source.stem}.ipynb has {size // KILOBYTE} KB"


def test_all_published_notebooks_together_are_at_most_14_mb():
    sizes = [path.stat().st_size for path in (notebooks.ROOT / "notebooks").glob("*.ipynb")]
    assert sum(sizes) <= 14 * KILOBYTE**2


def test_no_published_notebook_is_without_its_source():
    twins = {path.stem for path in (notebooks.ROOT / "notebooks").glob("*.ipynb")}
    assert twins <= {path.stem for path in SOURCES}


@notebook
def test_every_parameter_has_a_type_a_default_and_a_comment(source):
    cells = [c.source for c in code(source) if "parameters" in c.metadata.get("tags", [])]
    assert len(cells) == 1, "one cell is tagged parameters"
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(StringIO(cells[0]).readline)
        if token.type == tokenize.COMMENT and token.line.strip()[0] != "#"
    }
    for statement in ast.parse(cells[0]).body:
        line = f"{source.stem}: {ast.unparse(statement)}"
        assert isinstance(statement, ast.AnnAssign) and statement.value, f"{line}: no type"
        ast.literal_eval(statement.value)  # a derived value would not follow an override
        assert statement.end_lineno in comments, f"{line}: no comment"


@notebook
def test_no_cell_has_a_magic_a_shell_line_or_too_many_lines(source):
    """At most 15 lines that a reader sees, 25 in a cell whose code is folded, 35 in one that the book leaves out."""
    for cell in code(source):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        tags = set(cell.metadata.get("tags", ()))
        most = 35 if tags & {"remove-input", "remove-cell"} else 25 if "hide-input" in tags else 15
        assert len(lines) <= most, f"{source.stem}: {len(lines)} lines from {lines[0]!r}"
        assert not [line for line in lines if line.lstrip()[0] in "%!"]


@notebook
def test_there_is_one_title(source):
    cells = notebooks.convert(source).cells
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert sum(line.startswith("# ") for line in prose.splitlines()) == 1


CHAPTERS = [path for path in SOURCES if path.stem[0] in "234" or path.stem[:2] in ("11", "12", "13", "14", "16")]


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
def test_the_last_section_of_a_chapter_of_a_paper_has_the_verdicts(source):
    cells = notebooks.convert(source).cells
    last = max(i for i, c in enumerate(cells) if c.source.startswith("## "))
    assert any("show.claims(" in c.source for c in cells[last:])


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_opens_with_what_was_found_and_closes_with_what_it_means(source):
    cells = [c.source for c in code(source)]
    shows = [
        i for i, c in enumerate(cells) if re.search(r"^ *(show\.(table|records|figure)|galleries)", c, re.MULTILINE)
    ]
    found = [i for i, c in enumerate(cells) if "boxes.findings(" in c]
    assert found and found[0] < shows[0]
    assert found[-1] == len(cells) - 1 and "boxes.MEANING" in cells[-1]


@notebook
def test_a_cell_that_displays_hides_its_code(source):
    for cell in code(source):
        displays = re.search(
            r"^ *(show\.(table|records|figure)|galleries\.|boxes\.(findings|rerun))", cell.source, re.M
        )
        tags = set(cell.metadata.get("tags", ()))
        assert not displays or tags & {"remove-input", "hide-input"}, cell.source.splitlines()[0]


OLD = re.compile(r"\b(in print|anew|the documents|save that|beside)\b")


@notebook
def test_the_prose_is_plain_english(source):
    """Words that were replaced everywhere."""
    prose = [c.source for c in notebooks.convert(source).cells if c.cell_type == "markdown"]
    prose += re.findall(r"(?:caption|note|alt)=f?\"([^\"]*)\"", source.read_text())
    assert not [text for text in prose if OLD.search(text)]


def test_no_label_is_used_twice_in_the_book():
    labels = [label for s in SOURCES for label in re.findall(r'name="([a-z0-9-]+)"', s.read_text())]
    assert {label for label in labels if labels.count(label) > 1} == set()


@notebook
def test_every_picture_has_an_alternative_text(source):
    for cell in published(source).cells:
        pictures = [o for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
        words = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        assert not pictures or words.strip(), f"{source.stem}: {cell.source.splitlines()[0]!r}"


@notebook
def test_no_output_names_a_path_of_the_machine_it_was_made_on(source):
    for cell in published(source).cells:
        for output in cell.get("outputs", []):
            texts = [str(output.get("text", "")), *map(str, output.get("data", {}).values())]
            for place in (str(notebooks.ROOT), str(Path.home()) + "/"):
                assert not any(place in text for text in texts), f"{source.stem} shows {place}"


@notebook
def test_no_table_shows_a_number_that_is_none(source):
    for cell in published(source).cells:
        for output in cell.get("outputs", []):
            lines = output.get("data", {}).get("text/markdown", "").splitlines()
            words = {word.strip(" *") for line in lines for word in line.split("|")}
            assert not words & {"nan", "NaN", "None", "inf", "<NA>"}, cell.source.splitlines()[0]
