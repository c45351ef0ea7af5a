"""Every stored number as one file of the built book, `results.csv`: what `python -m rae_lib export` writes."""

import os
from pathlib import Path
from unittest.mock import patch

from sphinx.application import Sphinx

from rae_lib.results import export


def write(app: Sphinx, error: Exception | None) -> None:
    """The results of this book, which in a reader's copy are the reader's own."""
    if error is None and app.builder.format == "html":
        with patch.dict(os.environ, RAE_RESULTS=str(Path(app.srcdir, "results"))):
            export.write(Path(app.outdir, "results.csv"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
