import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from rae_lib import publish

PARAMETERS = (
    '# %% tags=["parameters"]\nprofile: str = "laptop"  # size\nseeds: int = 3  # how many\n'
)
FIGURE = """
# %%
import pandas as pd
from rae_lib.pages import charts, show
drawing = charts.scatter(pd.DataFrame({"x": [1.0], "y": [2.0]}, index=["ae"]), "x", "y")
show.figure(drawing, caption="A point.", name="fig-point", alt="One point.")
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty repository with one notebook source and one stored run."""
    (tmp_path / "notebooks").mkdir()
    run = tmp_path / "results" / "laptop" / "digits" / "ae-s0"
    run.mkdir(parents=True)
    (run / "result.json").write_text("{}")
    monkeypatch.setattr(publish, "ROOT", tmp_path)
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path / "results"))
    return tmp_path


def source(repository, text: str, name: str = "11_probe"):
    path = repository / "notebooks" / f"{name}.py"
    path.write_text(PARAMETERS + text)
    return path


def executed(*cells):
    for number, cell in enumerate(cells, 1):
        cell.setdefault("execution_count", number)
        cell.execution_count = cell.execution_count or number
    return new_notebook(cells=list(cells))


def printed(text: str, name: str = "stdout"):
    return new_code_cell("print(1)", outputs=[new_output("stream", name=name, text=text)])


def test_publishing_runs_verifies_stamps_and_strips(repository):
    path = source(repository, FIGURE)
    assert publish.publish(path) == []
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert notebook.metadata.rae == publish.stamp(path)
    assert notebook.metadata.kernelspec == publish.KERNEL
    assert "papermill" not in json.dumps(
        [c.metadata for c in notebook.cells] + [notebook.metadata]
    )
    assert notebook.cells[-1].metadata.mystnb == {
        "figure": {"caption": "A point.", "name": "fig-point"},
        "image": {"alt": "One point."},
    }
    assert [p.name for p in sorted(path.parent.iterdir())] == ["11_probe.ipynb", "11_probe.py"]
    assert publish.check(path) == []


def test_a_notebook_that_fails_is_refused_and_the_published_one_stays(repository):
    path = source(repository, "\n# %%\nraise KeyError('nothing here')\n")
    path.with_suffix(".ipynb").write_text("the old one")
    assert publish.publish(path) == ["a cell failed: KeyError: 'nothing here'"]
    assert path.with_suffix(".ipynb").read_text() == "the old one"


def test_two_conversions_of_one_source_are_the_same(repository):
    path = source(repository, FIGURE)
    assert publish.convert(path) == publish.convert(path)


def test_a_parameters_cell_is_read_with_its_types_and_defaults(repository):
    notebook = publish.convert(source(repository, FIGURE))
    assert publish.parameters(notebook) == {"profile": "laptop", "seeds": 3}


def test_a_notebook_is_stale_after_its_source_or_the_runs_of_its_profile_change(repository):
    path = source(repository, FIGURE)
    notebook = executed(printed("1"))
    nbformat.write(publish.clean(notebook, publish.stamp(path)), path.with_suffix(".ipynb"))
    assert publish.check(path) == []
    (repository / "results" / "smoke").mkdir()
    (repository / "results" / "smoke" / "result.json").write_text("of another profile")
    assert publish.check(path) == []
    (repository / "results/laptop/digits/ae-s0/result.json").write_text("changed")
    assert publish.check(path) == ["is stale: the stored runs of its profile changed since"]
    path.write_text(path.read_text() + "\n# %%\n2\n")
    assert publish.check(path)[0] == "is stale: its source changed since"


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([new_code_cell("1")], "no cell has an output"),
        ([printed("x", "stderr")], "code cell 1 wrote to stderr: x"),
        (
            [printed("1"), new_code_cell("show.table(rows)")],
            "code cell 2 calls show but has no output",
        ),
        (
            [new_code_cell("1 / 0", outputs=[new_output("error", ename="E", evalue="v")])],
            "code cell 1 failed: E: v",
        ),
        (
            [new_code_cell("x", outputs=[new_output("display_data", {publish.WIDGET: {}})])],
            "code cell 1 left a widget, which is frozen on a page: no progress bars in published "
            "output",
        ),
        (
            [printed("1"), new_code_cell("2", execution_count=7)],
            "not every cell was executed once, from top to bottom",
        ),
    ],
)
def test_every_fault_of_an_executed_notebook_is_named(cells, fault):
    notebook = executed(*(cell.copy() for cell in cells))
    assert publish.faults(notebook) == [fault]


def test_prose_and_empty_cells_are_no_fault():
    notebook = executed(printed("1"))
    notebook.cells += [new_markdown_cell("Prose."), new_code_cell("")]
    assert publish.faults(notebook) == []


def test_a_second_figure_in_a_cell_is_refused():
    figures = [
        new_output("display_data", {"text/plain": ""}, metadata={"rae": {"name": name}})
        for name in ("fig-a", "fig-b")
    ]
    notebook = executed(new_code_cell("x", outputs=figures))
    assert publish.faults(notebook) == [
        "code cell 1 shows two figures: give each its own cell, a caption belongs to a cell"
    ]


def test_the_check_names_the_command_and_fails(repository, capsys):
    source(repository, FIGURE)
    assert publish.main(["--check"]) == 1
    line = "11_probe: was never published (run: python -m rae_lib.publish 11_probe)\n"
    assert capsys.readouterr().err == line


def test_an_unknown_notebook_is_refused_with_the_list_of_those_there_are(repository, capsys):
    source(repository, FIGURE)
    with pytest.raises(SystemExit) as stop:
        publish.main(["12_other"])
    assert stop.value.code == 2
    assert "no notebook '12_other'; there are: 11_probe" in capsys.readouterr().err


def test_a_damaged_twin_is_reported_and_not_a_crash(repository):
    path = source(repository, FIGURE)
    path.with_suffix(".ipynb").write_text("{")
    assert publish.check(path) == ["cannot be read: NotJSONError"]
