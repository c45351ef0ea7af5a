"""The way from a parameter to a trained model, in every notebook, from another folder."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from rae_lib import notebooks

# `make test` runs one page of tables and one of simulations; `make test-all` runs the others.
FIRST = {"14_rae_density", "23_eae_estimator"}
marked = [pytest.param(s, marks=[] if s.stem in FIRST else pytest.mark.long, id=s.stem) for s in notebooks.sources()]
notebook = pytest.mark.parametrize("source", marked)
pytestmark = pytest.mark.slow


def papermill(source: Path, folder: Path, yaml: str = "", **parameters: str) -> subprocess.CompletedProcess:
    """papermill's command line on a fresh copy of the notebook, its results kept in `folder`."""
    nbformat.write(notebooks.convert(source), folder / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--kernel", "python3"]
    given = [word for name, text in parameters.items() for word in ("-p", name, text)]
    given += ["-y", yaml] if yaml else []
    quiet = ["--no-progress-bar"]
    return subprocess.run(
        [*command, *quiet, *given],
        cwd=folder,
        env=os.environ | {"RAE_RESULTS": str(folder / "results")},
        capture_output=True,
        text=True,
    )


@notebook
def test_a_notebook_trains_from_nothing_at_smoke_size(source, tmp_path):
    dataset = "expressions" if source.stem == "16_grammar" else "digits"  # the one page on strings
    wanted = {"profile": "smoke", "recompute": "True", "dataset": dataset}
    known = notebooks.read_parameters(source)
    if "recompute" not in known and "profile" in known:
        pytest.skip("the page reads what other pages make")
    given = {n: v for n, v in wanted.items() if n in known}
    # A seed of its own: two notebooks that train the same run wait for one another.
    own = f"seeds: [{notebooks.sources().index(source)}]" if "seeds" in known else ""
    run = papermill(source, tmp_path, own, **given)
    assert run.returncode == 0, run.stderr[-3000:]
    if "recompute" in known:  # a page of simulations trains nothing
        runs, others = (tmp_path.glob(f"results/{kind}") for kind in ("smoke/*/*/result.json", "*/*.json"))
        assert [*runs, *others], "nothing was made"


@notebook
def test_a_mistyped_parameter_fails_and_is_named_with_the_right_one(source, tmp_path):
    right = max(notebooks.read_parameters(source), key=len)
    run = papermill(source, tmp_path, **{right + "s": "1"})
    assert run.returncode != 0
    assert f"unknown parameter '{right}s' (did you mean {right}?)" in run.stderr
