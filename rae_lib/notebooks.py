"""Runs the notebooks on what is stored and puts them into the book: notebooks/NAME.py in, notebooks/NAME.ipynb out.

    python -m rae_lib publish [NOTEBOOK ...]            # names such as 11_rae_images; none: all
    python -m rae_lib publish --check [NOTEBOOK ...]    # name what is failed, stale or empty

A notebook is executed in a temporary folder with its default parameters, and moved into place only if every cell ran,
in order, without error. It is stale as soon as its source, or a stored result that it read, is another one. The
captions and alternative texts that `show.figure` leaves in outputs go to the cell, where the book looks for them.
"""

import argparse
import ast
import builtins
import difflib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import jupytext
import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from rae_lib import __version__
from rae_lib import config as configs
from rae_lib.campaign.workers import do, say_left
from rae_lib.fields import check_seed
from rae_lib.results import reads, store

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python -m rae_lib publish"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SHOWS = re.compile(
    r"^(\w+ = )?(show\.(table|records|figure|claims|value)|boxes\.(findings|rerun)|galleries\.gallery)\(", re.MULTILINE
)
PARAMETERS = "Parameters of this page"  # over the cell in which they are set
WIDGET = "application/vnd.jupyter.widget-view+json"


def sources(names: list[str] | None = None, folder: Path | None = None) -> list[Path]:
    """The percent sources of these notebooks, all of them without names; refuses unknown ones."""
    folder = folder or ROOT / "notebooks"
    known = {p.stem: p for p in sorted(folder.glob("[0-9][0-9]_*.py"))}
    stems = [Path(name).stem for name in names or known]
    for stem in stems:
        if stem not in known:
            raise ValueError(f"no notebook '{stem}'; there are: {', '.join(known) or 'none yet'}")
    return [known[stem] for stem in stems]


def convert(source: Path) -> NotebookNode:
    """A fresh notebook without outputs, its cell ids numbered so that two conversions agree."""
    notebook = jupytext.read(source, fmt="py:percent")
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:03d}"
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(KERNEL))
    return notebook


def results_of(source: Path) -> Path:
    """The folder of results that a notebook reads when it is executed here."""
    return Path(os.environ.get("RAE_RESULTS") or source.parents[1] / "results").resolve()


def stamp(source: Path) -> dict[str, object]:
    """What a notebook is made from, before it is executed: its source and the package."""
    return {"source_sha256": sha256(source.read_bytes()).hexdigest(), "lib_version": __version__}


def read_parameters(source: Path) -> dict[str, dict[str, str]]:
    """What papermill reads of the cell tagged `parameters`: name -> inferred_type_name, default, help."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, "fresh.ipynb")
        nbformat.write(convert(source), fresh)
        return papermill.inspect_notebook(fresh)


def check_parameters(name: str, given: dict[str, object]) -> None:
    """Refuses parameters that the notebook does not have, or of a wrong type; papermill alone only logs them.

    name: of the notebook, whose source lies in the working folder or in the repository; given: the globals(). Of these
    papermill's are the ones assigned in the cell that it injects, which IPython keeps in its list `In`.
    """
    places = Path(f"{name}.py"), ROOT / "notebooks" / f"{name}.py"
    known = read_parameters(next(filter(Path.is_file, places), places[1]))
    cells = (cell for cell in given.get("In", ()) if cell.startswith("# Parameters\n"))
    for key in re.findall(r"^(\w+) = ", "\n".join(cells), re.MULTILINE):
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"unknown parameter {key!r}{hint}; there are: {', '.join(known)}")
    for key, facts in known.items():
        configs.check_type(key, given[key], getattr(builtins, facts["inferred_type_name"]))
        if isinstance(given[key], list):
            check_items(key, given[key], ast.literal_eval(facts["default"]))
    for key, more in (("dataset", "all"), ("profile", "largest")):
        if key in known:
            configs.check_choice(key, given[key], (more, *configs.CHOICES[key]))


def check_items(key: str, items: list, usual: list) -> None:
    """Refuses a list without items, and items of another type than the usual ones."""
    if not items:
        raise ValueError(f"{key} is []: it must name something; the default is {usual}")
    for item in items:
        configs.check_type(key, item, type(usual[0]))
        if key == "seeds":
            check_seed(key, item)


def faults(notebook: NotebookNode) -> list[str]:
    """Every reason not to publish this executed notebook; its cells say it, not papermill."""
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    found = []
    if [c.execution_count for c in code] != list(range(1, len(code) + 1)):
        found.append("not every cell was executed once, from top to bottom")
    if not any(c.outputs for c in code):
        found.append("no cell has an output")
    for number, cell in enumerate(code, 1):
        found += [f"code cell {number} {fault}" for fault in _cell_faults(cell)]
    return found


def _cell_faults(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"failed: {output.ename}: {output.evalue}".splitlines()[0]
        elif output.output_type == "stream" and output.name == "stderr":
            yield f"wrote to stderr: {output.text.strip().splitlines()[0][:120]}"
        elif WIDGET in output.get("data", {}):
            yield "left a widget, which is frozen on a page: no progress bars in published output"
    if SHOWS.search(cell.source) and not cell.outputs:
        yield "calls show but has no output"
    if len(_captions(cell)) > 1:
        yield "shows two figures: give each its own cell, a caption belongs to a cell"


def find_untrue(notebook: NotebookNode, root: Path) -> list[str]:
    """The findings (`pages.boxes`) that the repository's own results no longer bear out; other results may differ."""
    if root != (ROOT / "results").resolve():
        return []
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", ())]
    untrue = [sentence for o in outputs for sentence in o.get("metadata", {}).get("rae_untrue", ())]
    return [f"states what the stored results do not bear out: {sentence!r}" for sentence in untrue]


def _captions(cell: NotebookNode) -> list[dict[str, str]]:
    return [o.metadata["rae"] for o in cell.outputs if "rae" in o.get("metadata", {})]


def clean(notebook: NotebookNode, marks: dict[str, str]) -> NotebookNode:
    """Without timings and machine traces; captions moved to the cells; stamped with `marks`."""
    info = {"name": "python", "file_extension": ".py", "pygments_lexer": "ipython3"}
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": info, "rae": marks})
    for cell in notebook.cells:
        metadata = {k: cell.metadata[k] for k in ("tags", "mystnb") if cell.metadata.get(k)}
        if "parameters" in metadata.get("tags", ()):
            metadata["mystnb"] = {"code_prompt_show": PARAMETERS}
        for caption in _captions(cell) if cell.cell_type == "code" else []:
            figure = {"caption": caption["caption"], "name": caption["name"]}
            shown = {"figure": figure, "image": {"alt": caption["alt"]}}
            metadata["mystnb"] = {**metadata.get("mystnb", {}), **shown}
        cell.metadata = nbformat.from_dict(metadata)
    return notebook


def publish(source: Path) -> list[str]:
    """Run one notebook and put it next to its source; returns why not, if it was refused."""
    root, marks = results_of(source), stamp(source)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "reads")
        try:
            # Kernels inherit these.
            with patch.dict(os.environ, RAE_READ_LOG=str(log), RAE_RESULTS=str(root)):
                notebook = execute(source, Path(folder))
        except PapermillExecutionError as error:
            return [f"a cell failed: {error.ename}: {error.evalue}"]
        except DeadKernelError:
            return ["its kernel died (killed, or out of memory?)"]
        marks["reads"] = reads.list_reads(log, root)
    if found := faults(notebook) + find_untrue(notebook, root):
        return found
    text = nbformat.writes(clean(notebook, marks))
    store.write(source.with_suffix(".ipynb"), f"{text}\n".encode())
    return []


def execute(source: Path, folder: Path) -> NotebookNode:
    """The notebook of a source, executed from top to bottom by papermill, in this folder."""
    fresh, executed = folder / "fresh.ipynb", folder / "executed.ipynb"
    nbformat.write(convert(source), fresh)
    options = {"kernel_name": "python3", "cwd": source.parent, "progress_bar": False}
    options["extra_arguments"] = ["--log-level=CRITICAL"]  # kernels warn at start and end
    papermill.execute_notebook(fresh, executed, **options)
    return nbformat.read(executed, as_version=4)


def check(source: Path) -> list[str]:
    """What is wrong with the published twin of this source; empty if nothing is."""
    target = source.with_suffix(".ipynb")
    if not target.is_file():
        return ["was never published"]
    try:
        notebook = nbformat.read(target, as_version=4)
    except Exception as error:  # nbformat raises whatever its JSON reader and validator raise
        return [f"cannot be read: {type(error).__name__}"]
    marks, found = notebook.metadata.get("rae", {}), []
    if marks.get("source_sha256") != stamp(source)["source_sha256"]:
        found.append("is stale: its source changed since")
    if "reads" not in marks:
        found.append("is stale: it does not say which results it read")
    root = results_of(source)
    return found + reads.list_changes(marks.get("reads", {}), root) + faults(notebook) + find_untrue(notebook, root)


def find_all_faults(chosen: list[Path], look: bool, jobs: int) -> Iterator[tuple[Path, list[str]]]:
    """Each notebook with its faults, `jobs` at a time, as they are done; one that fails does not stop the others."""
    if jobs > 1:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # for kernels: several threads each would fight over the cores
    with closing(do(check if look else publish, chosen, jobs)) as outcomes:
        for source, (fine, found) in outcomes:
            yield source, found if fine else [f"failed: {' '.join(found.split())[:200]}"]


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    p.add_argument("notebook", nargs="*", help="such as 11_rae_images; none: all")
    p.add_argument("--check", action="store_true", help="write nothing, only look")
    p.add_argument("--stale", action="store_true", help="only those that are not current")
    p.add_argument("--jobs", type=int, default=1, help="notebooks side by side, a thread each")
    place = "the folder of the book; default: the repository"
    p.add_argument("--root", type=Path, default=ROOT, help=place)
    return p


def main(arguments: list[str] | None = None) -> int:
    """Publishes or checks, and prints a line a fault or notebook. Exit status: 1 when one was refused."""
    given = parser().parse_args(arguments)
    folder = given.root.resolve() / "notebooks"
    try:
        if not (chosen := sources(given.notebook, folder)):
            raise ValueError(f"no notebook in {folder}; --root names the folder of the book")
        if given.jobs < 1:
            raise ValueError(f"--jobs is {given.jobs}; allowed: 1 or more")
    except ValueError as error:
        parser().error(str(error))
    if given.stale:
        chosen = [source for source, faults in find_all_faults(chosen, True, 1) if faults]
    for line in store.list_damaged(results_of(chosen[0])) if chosen and not given.check else []:
        print(f"left out: {line}", file=sys.stderr)
    failed, start = 0, time.monotonic()
    for done, (source, found) in enumerate(find_all_faults(chosen, given.check, given.jobs), 1):
        name = source.stem
        remedy = f" (run: {COMMAND} {name})" if given.check else ""
        for fault in found:
            print(f"{name}: {fault}{remedy}", file=sys.stderr, flush=True)
        if not found:
            left = "" if given.check else say_left(time.monotonic() - start, done, len(chosen))
            print(f"{name}: {'current' if given.check else 'published'}{left}", flush=True)
        failed += bool(found)
    return 1 if failed else 0
