"""The only writer of notebooks/*.ipynb: run the percent source, verify, strip, stamp, replace.

    python -m rae_lib publish [NOTEBOOK ...]            # names such as 11_rae_images; none: all
    python -m rae_lib publish --check [NOTEBOOK ...]    # name what is failed, stale or empty

A notebook is executed in a temporary folder with its default parameters and moved into place only
if every cell ran, in order, without error. It is stale as soon as its source, or a stored result
that it read, is another one; it keeps the names and checksums of these results. `show.figure`
leaves captions and alternative texts in the metadata of its outputs; here they go to the cell,
where the book looks for them.
"""

import argparse
import ast
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import jupytext
import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from rae_lib import __version__
from rae_lib.results import reads, store

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python -m rae_lib publish"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
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
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    return {"source_sha256": sha256, "lib_version": __version__}


def parameters(notebook: NotebookNode) -> dict[str, object]:
    """Name and default of every annotated literal in the cell tagged `parameters`."""
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            statements = ast.parse(cell.source, "parameters").body
            return {
                s.target.id: ast.literal_eval(s.value)
                for s in statements
                if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name) and s.value
            }
    return {}


def faults(notebook: NotebookNode) -> list[str]:
    """Every reason not to publish this executed notebook; its cells tell, not papermill."""
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
    if _shows(cell.source) and not cell.outputs:
        yield "calls show but has no output"
    if len(_captions(cell)) > 1:
        yield "shows two figures: give each its own cell, a caption belongs to a cell"


def _shows(code: str) -> bool:
    """Whether a top-level statement of the cell calls something of `show` that displays."""
    shown = ("show.table(", "show.figure(", "show.verdict_table(", "show.value(")
    return any(line.startswith(shown) for line in code.splitlines())


def _captions(cell: NotebookNode) -> list[dict[str, str]]:
    return [o.metadata["rae"] for o in cell.outputs if "rae" in o.get("metadata", {})]


def clean(notebook: NotebookNode, marks: dict[str, str]) -> NotebookNode:
    """Without timings and machine traces; captions moved to the cells; stamped with `marks`."""
    info = {"name": "python", "file_extension": ".py", "pygments_lexer": "ipython3"}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": info, "rae": marks}
    )
    for cell in notebook.cells:
        metadata = {k: cell.metadata[k] for k in ("tags", "mystnb") if cell.metadata.get(k)}
        for caption in _captions(cell) if cell.cell_type == "code" else []:
            figure = {"caption": caption["caption"], "name": caption["name"]}
            metadata["mystnb"] = {"figure": figure, "image": {"alt": caption["alt"]}}
        cell.metadata = nbformat.from_dict(metadata)
    return notebook


def publish(source: Path) -> list[str]:
    """Run one notebook and put it beside its source; returns why not, if it was refused."""
    if found := parameter_faults(source):
        return found
    root, marks = results_of(source), stamp(source)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "reads")
        try:
            with environment({"RAE_READ_LOG": str(log), "RAE_RESULTS": str(root)}):
                notebook = execute(source, Path(folder))
        except PapermillExecutionError as error:
            return [f"a cell failed: {error.ename}: {error.evalue}"]
        except DeadKernelError:
            return ["its kernel died (killed, or out of memory?)"]
        marks["reads"] = reads.pack(reads.logged(log, root))
    if found := faults(notebook):
        return found
    text = nbformat.writes(clean(notebook, marks))
    store.write(source.with_suffix(".ipynb"), f"{text}\n".encode())
    return []


def parameter_faults(source: Path) -> list[str]:
    """Why the parameters cell cannot be read, if it cannot."""
    notebook = convert(source)
    try:
        parameters(notebook)
    except (SyntaxError, ValueError) as error:
        reason = str(error).splitlines()[0]
        return [f"its parameters cell cannot be read: {type(error).__name__}: {reason}"]
    return []


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """These environment variables, which kernels inherit, for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


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
    return staleness(source, notebook.metadata.get("rae", {})) + faults(notebook)


def staleness(source: Path, marks: dict[str, object]) -> list[str]:
    """What changed since the notebook was stamped with these marks."""
    found = []
    if marks.get("source_sha256") != stamp(source)["source_sha256"]:
        found.append("is stale: its source changed since")
    if "reads" not in marks:
        return [*found, "is stale: it does not say which results it read"]
    return found + reads.changed(marks["reads"], results_of(source))


def outcomes(chosen: list[Path], look: bool, jobs: int) -> Iterator[list[str]]:
    """The faults of each notebook in turn, `jobs` at a time; one that fails does not stop the others."""
    work = check if look else publish
    if jobs == 1:
        yield from (attempt(work, source) for source in chosen)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=one_thread) as pool:
        futures = [pool.submit(work, source) for source in chosen]
        yield from (attempt(future.result) for future in futures)


def attempt(work: Callable[..., list[str]], *arguments: Path) -> list[str]:
    """The faults that `work` finds, or the error that ended it."""
    try:
        return work(*arguments)
    except Exception as error:
        return [f"failed: {type(error).__name__}: {' '.join(str(error).split())[:200]}"]


def one_thread() -> None:
    """Kernels inherit it: two of several threads each would fight over the cores."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    p.add_argument("notebook", nargs="*", help="such as 11_rae_images; none: all")
    p.add_argument("--check", action="store_true", help="write nothing, only look")
    p.add_argument("--stale", action="store_true", help="only those that are not current")
    p.add_argument("--jobs", type=int, default=1, help="notebooks side by side, a thread each")
    p.add_argument(
        "--root", type=Path, default=ROOT, help="the folder of the book; default: the repository"
    )
    return p


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        chosen = sources(given.notebook, given.root.resolve() / "notebooks")
    except ValueError as error:
        parser().error(str(error))
    if given.stale:
        chosen = [source for source in chosen if attempt(check, source)]
    failed = 0
    for source, found in zip(chosen, outcomes(chosen, given.check, given.jobs), strict=True):
        report(source.stem, found, given.check)
        failed += bool(found)
    return 1 if failed else 0


def report(name: str, found: list[str], look: bool) -> None:
    """What is wrong with a notebook, a line each, or that nothing is."""
    remedy = f" (run: {COMMAND} {name})" if look else ""
    for fault in found:
        print(f"{name}: {fault}{remedy}", file=sys.stderr, flush=True)
    if not found:
        print(f"{name}: {'current' if look else 'published'}", flush=True)
