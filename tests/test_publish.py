import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from papermill.exceptions import PapermillExecutionError

from rae_lib import notebooks
from rae_lib.results import reads, store

PARAMETERS = '# %% tags=["parameters"]\nprofile: str = "laptop"  # size\nseeds: int = 3  # how many\n'
FIGURE = """
# %%
from matplotlib.figure import Figure
from rae_lib.pages import show
drawing = Figure()
drawing.subplots().plot([1.0], [2.0], "o")
show.figure(drawing, caption="A point.", name="fig-point", alt="One point.")
"""
READ = """
# %%
from rae_lib.results import store
run = store.root() / "laptop" / "digits" / "ae-s0"
print(store.read_json(run / "result.json") is None, store.read_json(run / "no.json"))
print(store.Result(None, run, {}).history.shape)
"""
RUN = "laptop/digits/ae-s0"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty repository with one notebook source and one stored run."""
    (tmp_path / "notebooks").mkdir()
    run = tmp_path / "results" / RUN
    run.mkdir(parents=True)
    (run / "result.json").write_text("{}")
    (run / "history.csv").write_text("epoch,val\n1,2\n")
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path / "results"))
    return tmp_path


def source(repository, text: str, name: str = "11_probe"):
    path = repository / "notebooks" / f"{name}.py"
    path.write_text(PARAMETERS + text)
    return path


def executed(*cells):
    for number, cell in enumerate(cells, 1):
        if cell.cell_type == "code":
            cell.execution_count = cell.execution_count or number
    return new_notebook(cells=list(cells))


def printed(text: str, name: str = "stdout"):
    return new_code_cell("print(1)", outputs=[new_output("stream", name=name, text=text)])


def test_publishing_runs_verifies_stamps_and_strips(repository):
    path = source(repository, FIGURE)
    assert notebooks.convert(path) == notebooks.convert(path)
    assert notebooks.publish(path) == []
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert notebook.metadata.rae == notebooks.stamp(path) | {"reads": {}}
    assert notebook.metadata.kernelspec == notebooks.KERNEL
    assert "papermill" not in json.dumps([c.metadata for c in notebook.cells] + [notebook.metadata])
    assert notebook.cells[-1].metadata.mystnb == {
        "figure": {"caption": "A point.", "name": "fig-point"},
        "image": {"alt": "One point."},
    }
    assert [p.name for p in sorted(path.parent.iterdir())] == ["11_probe.ipynb", "11_probe.py"]
    assert notebooks.check(path) == []


def test_a_notebook_that_fails_is_refused_and_the_published_one_stays(repository):
    path = source(repository, "\n# %%\nraise KeyError('nothing here')\n")
    path.with_suffix(".ipynb").write_text("the old one")
    assert notebooks.publish(path) == ["a cell failed: KeyError: 'nothing here'"]
    assert path.with_suffix(".ipynb").read_text() == "the old one"


def test_a_parameters_cell_is_read_with_its_types_and_defaults(repository):
    found = notebooks.read_parameters(source(repository, FIGURE))
    facts = {key: (value["inferred_type_name"], value["default"]) for key, value in found.items()}
    assert facts == {"profile": ("str", '"laptop"'), "seeds": ("int", "3")}


def test_parameters_are_refused_by_name_type_and_value(repository):
    source(repository, FIGURE)
    good = {"profile": "smoke", "seeds": 2, "In": ["", "x = 1", "# Parameters\nprofile = 'smoke'\n"]}
    wrong = [
        ({"In": ["# Parameters\nseds = 2\n"]}, ValueError, r"'seds' \(did you mean seeds\?\)"),
        ({"seeds": "3"}, TypeError, "seeds is '3'"),
        ({"profile": "labtop"}, ValueError, "allowed: largest, smoke"),
    ]
    notebooks.check_parameters("11_probe", good)
    for given, error, words in wrong:
        with pytest.raises(error, match=words):
            notebooks.check_parameters("11_probe", good | given)


def test_a_parameter_of_papermill_that_does_not_exist_fails_in_the_kernel(repository, monkeypatch):
    text = "\n# %%\nfrom rae_lib import notebooks\nnotebooks.check_parameters('11_probe', globals())\n"
    path = source(repository, text)
    fresh = path.with_suffix(".ipynb")
    nbformat.write(notebooks.convert(path), fresh)
    run = partial(papermill.execute_notebook, fresh, fresh, kernel_name="python3", cwd=path.parent)
    run({"seeds": 1}, progress_bar=False)
    with pytest.raises(PapermillExecutionError, match="unknown parameter 'sedes'"):
        run({"sedes": 1}, progress_bar=False)


def test_a_published_notebook_keeps_the_digests_of_the_results_it_read(repository, capsys):
    path = source(repository, READ)
    assert notebooks.publish(path) == []
    kept = nbformat.read(path.with_suffix(".ipynb"), as_version=4).metadata.rae.reads
    run = repository / "results" / RUN
    assert notebooks.main([]) == 0
    said = capsys.readouterr().err
    assert said == f"left out: {repository}/results/{RUN}/result.json is unfinished, damaged or of another schema\n"
    assert kept == {f"{RUN}/{name}": store.digest((run / name).read_bytes()) for name in ("history.csv", "result.json")}
    assert notebooks.check(path) == [] and "RAE_READ_LOG" not in os.environ


def marked(path: Path, read: dict[str, str] | None) -> Path:
    """A published twin that has read these files; None: that does not say which."""
    marks = notebooks.stamp(path) | ({} if read is None else {"reads": read})
    nbformat.write(notebooks.clean(executed(printed("1")), marks), path.with_suffix(".ipynb"))
    return path


def test_a_notebook_is_stale_after_its_source_or_a_result_that_it_read_changes(repository):
    results = repository / "results"
    path = marked(source(repository, ""), {f"{RUN}/result.json": store.digest(b"{}")})
    (results / "laptop/digits/rae-s0").mkdir()
    (results / "laptop/digits/rae-s0/result.json").write_text("new, and not read")
    (results / RUN / "history.csv").write_text("changed, and not read")
    assert notebooks.check(path) == []
    (results / RUN / "result.json").write_text("changed")
    assert notebooks.check(path) == [f"is stale: {RUN}/result.json changed"]
    (results / RUN / "result.json").unlink()
    assert notebooks.check(path) == [f"is stale: {RUN}/result.json is gone"]
    path.write_text(path.read_text() + "\n# %%\n2\n")
    assert notebooks.check(path)[0] == "is stale: its source changed since"
    marked(path, None)
    assert notebooks.check(path) == ["is stale: it does not say which results it read"]
    marked(path, {f"laptop/digits/ae-s{i}/x.json": "0" for i in range(9)})
    names = ", ".join(f"laptop/digits/ae-s{i}/x.json is gone" for i in range(3))
    assert notebooks.check(path) == [f"is stale: {names}, 6 more"]
    path.with_suffix(".ipynb").write_text("{")
    assert notebooks.check(path) == ["cannot be read: NotJSONError"]


def test_of_a_log_the_files_below_the_root_count_each_as_it_was_first_read(tmp_path):
    log = tmp_path / "log"
    log.write_text(f"1 {tmp_path}/in/a b.json\n2 /elsewhere/c.json\n3 {tmp_path}/in/a b.json\n")
    assert reads.list_reads(log, tmp_path / "in") == {"a b.json": "1"}
    assert reads.list_reads(tmp_path / "none", tmp_path) == {}


FIGURE_A, FIGURE_B = (
    new_output("display_data", {"text/plain": ""}, metadata={"rae": {"name": name}}) for name in ("fig-a", "fig-b")
)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ([new_code_cell("1")], "no cell has an output"),
        ([printed("x", "stderr")], "code cell 1 wrote to stderr: x"),
        ([printed("1"), new_code_cell("show.table(rows)")], "code cell 2 calls show but has no output"),
        ([new_code_cell("1 / 0", outputs=[new_output("error", ename="E", evalue="v")])], "code cell 1 failed: E: v"),
        (
            [new_code_cell("x", outputs=[new_output("display_data", {notebooks.WIDGET: {}})])],
            "code cell 1 left a widget, which is frozen on a page: no progress bars in published output",
        ),
        ([printed("1"), new_code_cell("2", execution_count=7)], "not every cell was executed once, from top to bottom"),
        (
            [new_code_cell("x", outputs=[FIGURE_A, FIGURE_B])],
            "code cell 1 shows two figures: give each its own cell, a caption belongs to a cell",
        ),
        ([printed("1"), new_markdown_cell("Prose."), new_code_cell("", execution_count=9)], None),
    ],
)
def test_every_fault_of_an_executed_notebook_is_named(cells, fault):
    notebook = executed(*(cell.copy() for cell in cells))
    assert notebooks.faults(notebook) == ([fault] if fault else [])


def test_the_check_names_the_command_and_fails(repository, capsys):
    source(repository, FIGURE)
    assert notebooks.main(["--check"]) == 1
    line = "11_probe: was never published (run: python -m rae_lib publish 11_probe)\n"
    assert capsys.readouterr().err == line
    with pytest.raises(SystemExit) as stop:
        notebooks.main(["12_other"])
    assert stop.value.code == 2
    assert "no notebook '12_other'; there are: 11_probe" in capsys.readouterr().err


DEAD = "\n# %%\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
FAULTS = {
    "11_dead": (PARAMETERS + DEAD, "its kernel died (killed, or out of memory?)"),
    "12_syntax": (PARAMETERS.replace("int = 3", "int ="), "a cell failed: SyntaxError: "),
    "14_no_text": (b"# %%\n\xff\n", "failed: 'utf-8' codec can't decode byte 0xff"),
}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_notebook_that_cannot_be_published_is_named_and_the_others_are_published(repository, capfd, jobs):
    for name, (text, _) in FAULTS.items():
        content = text if isinstance(text, bytes) else text.encode()
        (repository / "notebooks" / f"{name}.py").write_bytes(content)
    source(repository, "\n# %%\nprint(1)\n", "20_good")
    assert notebooks.main(["--jobs", jobs]) == 1
    said = capfd.readouterr()
    for name, (_, fault) in FAULTS.items():
        assert f"{name}: {fault}" in said.err
    assert "20_good: published" in said.out and "WARNING" not in said.err
    published = sorted(path.name for path in repository.glob("notebooks/*.ipynb*"))
    assert published == ["20_good.ipynb"]


def test_a_killed_publisher_fails_its_notebook_and_the_others_are_published(repository, capfd):
    kill = "\n# %%\nimport os\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(30)\n"
    source(repository, kill, "11_kill")
    for name in ("12_good", "13_good", "14_good"):
        source(repository, "\n# %%\nprint(1)\n", name)
    assert notebooks.main(["--jobs", "2"]) == 1
    said = capfd.readouterr()
    assert "11_kill: failed: its process was ended (killed, or out of memory?)" in said.err
    assert sorted(line.partition("  (")[0] for line in said.out.splitlines()) == [
        f"{n}_good: published" for n in (12, 13, 14)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_publishing_with_one_line_and_its_kernels_with_it(repository, jobs):
    # The working folder of a kernel is that of its notebook.
    note = "\n# %%\nimport os, time\nopen(str(os.getpid()), 'w').close()\ntime.sleep(60)\n"
    for number in range(jobs + 1):
        source(repository, note, f"1{number}_long")
    (repository / "results" / RUN / "result.json").unlink()
    call = [sys.executable, "-m", "rae_lib", "publish", "--root", str(repository), "--jobs", str(jobs)]
    hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(call, **pipes, start_new_session=True, preexec_fn=hear) as process:
        while len(kernels := [p for p in (repository / "notebooks").iterdir() if p.name.isdigit()]) < jobs:
            time.sleep(0.1)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert time.monotonic() - start < 10 and process.returncode and out == ""
    assert error == "interrupted: everything that was finished is stored\n"
    while any(Path(f"/proc/{p.name}").exists() for p in kernels) and time.monotonic() - start < 20:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{p.name}").exists() for p in kernels)


def test_another_folder_is_published_from_its_own_results(repository, tmp_path, monkeypatch):
    monkeypatch.delenv("RAE_RESULTS")
    copy = tmp_path / "copy"
    (copy / "notebooks").mkdir(parents=True)
    (copy / "results" / RUN).mkdir(parents=True)
    (copy / "results" / RUN / "history.csv").write_text("epoch\n1\n2\n")
    path = copy / "notebooks" / "11_probe.py"
    path.write_text(PARAMETERS + READ)
    assert notebooks.main(["--root", str(copy)]) == 0
    kept = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert list(kept.metadata.rae.reads) == [f"{RUN}/history.csv"]
    assert "(2, 1)" in kept.cells[-1].outputs[0].text


def test_only_stale_notebooks_are_published_on_request(repository, capsys):
    marked(source(repository, "\n# %%\nprint(1)\n"), {})
    assert notebooks.main(["--stale"]) == 0 and capsys.readouterr().out == ""
    source(repository, "\n# %%\nprint(2)\n")
    assert notebooks.main(["--stale"]) == 0
    assert capsys.readouterr().out == "11_probe: published\n"


def test_a_publisher_writes_a_partial_file_of_its_own(repository, monkeypatch):
    path, names = source(repository, "\n# %%\nprint(1)\n"), []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (names.append(Path(a).name), replace(a, b)))
    assert notebooks.publish(path) == []
    assert names == [f"11_probe.ipynb.{os.getpid()}.partial"]
