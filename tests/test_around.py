"""The files around the book: citation, changelog, workflow, Binder, Colab, glossary."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest
import yaml

from rae_lib import __main__, __version__
from rae_lib.__main__ import COMMANDS
from rae_lib.campaign import command
from rae_lib.config import SYSTEMS, system_table
from rae_lib.files import NoRepositoryError

ROOT = Path(__file__).resolve().parents[1]


def test_the_citation_has_the_version_and_the_papers():
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert found["version"] == __version__ and found["cff-version"] == "1.2.0" and found["authors"]
    cited = {one["title"] for one in found["references"]}
    bib = (ROOT / "book/references.bib").read_text()
    assert cited and all(title in bib for title in cited)


def test_the_changelog_has_the_version():
    assert re.search(rf"^## {re.escape(__version__)}", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_workflow_calls_targets_that_exist_and_deploys_what_was_built():
    jobs = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text())["jobs"]
    lines = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    called = set(re.findall(r"^make ([\w-]+)", "\n".join(lines), re.MULTILINE))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"test", "test-all", "book"} <= called <= targets
    assert jobs["deploy"]["needs"] == ["test", "build"]
    replaced = re.findall(r"s/([^/]+: false)/", "\n".join(lines))
    assert replaced and all(text in (ROOT / "_config.yml").read_text() for text in replaced)


def test_binder_installs_what_make_installs():
    lines = (ROOT / ".binder/requirements.txt").read_text().splitlines()
    for line in lines:
        option, _, name = line.partition(" ")
        assert option not in ("-c", "-r") or (ROOT / ".binder" / name).is_file()
    assert any(line.startswith("-r") for line in lines)


def test_the_notebook_for_colab_is_code_and_its_commands_are_understood():
    cells = jupytext.read(ROOT / "colab/start.py").cells
    code = [c.source for c in cells if c.cell_type == "code"]
    for source in code:
        compile(source, "start", "exec")
    calls = [
        re.findall(r'"([^"]+)"|\b([A-Z]+)\b', args) for args in re.findall(r"^rae_lib\((.*)\)", "\n".join(code), re.M)
    ]
    given = {"DATASET": "mnist", "SYSTEM": "rae-l2", "BUDGET": "10"}
    words = [[text or given[name] for text, name in parts] for parts in calls]
    assert [w[0] for w in words] == ["data", "run"] and all(w[0] in COMMANDS for w in words)
    assert command.parser().parse_args(words[1][1:]).profile == "paper"


def test_the_class_of_every_system_is_in_the_reference():
    text = (ROOT / "book" / "api_models.md").read_text(encoding="utf-8")
    listed = re.findall(r"automodule:: rae_lib\.models\.(\w+)\n   :members: (.+)", text)
    known = {f"{module}.{name}" for module, names in listed for name in names.split(", ")}
    assert {system_table(name)["class"] for name in SYSTEMS} <= known


def test_every_term_that_a_page_links_to_is_in_the_glossary():
    glossary = (ROOT / "book/glossary.md").read_text().partition(":::{glossary}\n")[2]
    terms = set(re.findall(r"^([^:\s].*)$", glossary, re.MULTILINE))
    assert len(terms) >= 20
    linked = set()
    for path in [*ROOT.glob("book/*.md"), *ROOT.glob("notebooks/*.py")]:
        for text in re.findall(r"\{term\}`([^`]+)`", path.read_text()):
            linked.add(re.sub(r"^.*<(.+)>$", r"\1", text))
    assert linked and linked <= terms


@pytest.mark.parametrize("name", ["contributing", "api", "rerunning", "glossary"])
def test_a_page_for_builders_is_in_the_contents(name):
    assert f"book/{name}" in (ROOT / "_toc.yml").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_what_it_does_and_what_every_option_means(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")  # an option and its help are one line
    with pytest.raises(SystemExit) as end:
        __main__.main([name, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0 and text.startswith(f"usage: python -m rae_lib {name}")
    about, _, options = text.partition("\n\n")[2].partition("\n\noptions:" if "positional" not in text else "\n\nposit")
    assert len(about.split()) > 6
    assert re.findall(r"^  \S+(?: \S+)*$(?!\n    )", options, re.MULTILINE) == []  # an option without a word on it


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("check NOPE", "unknown claim 'NOPE'; known: RAE-01"),
        ("check RAE-01 --profile nope", "invalid choice: 'nope'"),
        ("check RAE-01 --simulate --simulations 0", "--simulations is 0; allowed: 1 or more"),
        ("publish --check --jobs 0", "--jobs is 0; allowed: 1 or more"),
        ("publish --check --root /nowhere", "no notebook in /nowhere/notebooks"),
        ("nope", "no command 'nope'; allowed: run, measure"),
    ],
)
def test_what_a_command_cannot_do_is_refused_in_one_line(line, words, capsys):
    try:
        status = __main__.main(line.split())
    except SystemExit as end:
        status = end.code
    out, error = capsys.readouterr()
    assert status == 2 and out == "" and words in error.splitlines()[-1]


def test_an_interrupt_of_any_command_is_one_line(capsys, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rae_lib.claims.check.main", interrupt)
    assert __main__.main(["check"]) == 130
    assert capsys.readouterr().err == "interrupted: everything that was finished is stored\n"


def test_a_command_without_a_folder_of_results_says_which_variable_to_set(capsys, monkeypatch):
    def refuse(_):
        raise NoRepositoryError("set RAE_RESULTS to a folder")

    monkeypatch.setattr("rae_lib.claims.check.main", refuse)
    assert __main__.main(["check"]) == 2
    assert capsys.readouterr().err == "error: set RAE_RESULTS to a folder\n"


@pytest.mark.parametrize("line", ["--help", "run --help", "run --profile paper --list"])
def test_a_reader_of_the_output_that_leaves_is_no_error(line):
    end, start = os.pipe()
    os.close(end)
    done = subprocess.run([sys.executable, "-m", "rae_lib", *line.split()], stdout=start, stderr=subprocess.PIPE)
    os.close(start)
    assert done.returncode in (0, 141) and done.stderr == b""  # argparse forgives a closed pipe
