"""The only writer of notebooks/*.ipynb: run the percent source, verify, strip, stamp, replace.

    python -m rae_lib.publish [NOTEBOOK ...]            # names such as 11_rae_images; none: all
    python -m rae_lib.publish --check [NOTEBOOK ...]    # name what is failed, stale or empty

A notebook is executed in a temporary folder with its default parameters and moved into place only
if every cell ran, in order, without error. `show.figure` leaves captions and alternative texts in
the metadata of its outputs; here they go to the cell, where the book looks for them.
"""

import argparse
import ast
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import jupytext
import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from rae_lib import __version__, store

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("sanity", "benchmarks")  # results that are no runs
COMMAND = "python -m rae_lib.publish"
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


def stamp(source: Path) -> dict[str, str]:
    """What a published notebook depends on: its source, its profile's stored runs, the package."""
    digest = hashlib.sha256()
    profile = parameters(convert(source)).get("profile", "laptop")
    text = source.read_text(encoding="utf-8")
    for folder in (str(profile), *(name for name in KEPT if f"results/{name}" in text)):
        for result in sorted((store.root() / folder).rglob("*.json")):
            name = result.relative_to(store.root()).as_posix()
            digest.update(name.encode() + result.read_bytes())
    return {
        "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "results_sha256": digest.hexdigest(),
        "lib_version": __version__,
    }


def parameters(notebook: NotebookNode) -> dict[str, object]:
    """Name and default of every annotated literal in the cell tagged `parameters`."""
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            statements = ast.parse(cell.source).body
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
    target = source.with_suffix(".ipynb")
    marks = stamp(source)
    with tempfile.TemporaryDirectory() as folder:
        fresh, executed = Path(folder, "fresh.ipynb"), Path(folder, "executed.ipynb")
        nbformat.write(convert(source), fresh)
        options = {"kernel_name": "python3", "cwd": source.parent, "progress_bar": False}
        try:
            papermill.execute_notebook(fresh, executed, **options)
        except PapermillExecutionError as error:
            return [f"a cell failed: {error.ename}: {error.evalue}"]
        notebook = nbformat.read(executed, as_version=4)
    if found := faults(notebook):
        return found
    partial = target.with_suffix(".ipynb.partial")
    nbformat.write(clean(notebook, marks), partial)
    os.replace(partial, target)
    return []


def check(source: Path) -> list[str]:
    """What is wrong with the published twin of this source; empty if nothing is."""
    target = source.with_suffix(".ipynb")
    if not target.is_file():
        return ["was never published"]
    try:
        notebook = nbformat.read(target, as_version=4)
    except Exception as error:  # nbformat raises whatever its JSON reader and validator raise
        return [f"cannot be read: {type(error).__name__}"]
    marks, now = notebook.metadata.get("rae", {}), stamp(source)
    words = {"source_sha256": "its source", "results_sha256": "the stored runs of its profile"}
    stale = [words[key] for key in words if marks.get(key) != now[key]]
    return [f"is stale: {word} changed since" for word in stale] + faults(notebook)


def outcomes(chosen: list[Path], look: bool, jobs: int) -> Iterator[list[str]]:
    """The faults of each notebook in turn, `jobs` at a time."""
    work = check if look else publish
    if jobs == 1:
        yield from map(work, chosen)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=one_thread) as pool:
        yield from pool.map(work, chosen)


def one_thread() -> None:
    """Kernels inherit it: two of several threads each would fight over the cores."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="*", help="such as 11_rae_images; none: all")
    parser.add_argument("--check", action="store_true", help="write nothing, only look")
    parser.add_argument(
        "--jobs", type=int, default=1, help="notebooks side by side, a thread each"
    )
    given = parser.parse_args(arguments)
    try:
        chosen = sources(given.notebook)
    except ValueError as error:
        parser.error(str(error))
    failed = 0
    for source, found in zip(chosen, outcomes(chosen, given.check, given.jobs), strict=True):
        for fault in found:
            remedy = f" (run: {COMMAND} {source.stem})" if given.check else ""
            print(f"{source.stem}: {fault}{remedy}", file=sys.stderr)
        if not found:
            print(f"{source.stem}: {'current' if given.check else 'published'}")
        failed += bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
