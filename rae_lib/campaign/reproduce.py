"""A reproduction by the reader: a copy of the book with other runs, compared with the stored ones.

    python -m rae_lib reproduce copy FOLDER [options of run]    # the book, without these runs
    python -m rae_lib reproduce compare [options of run]        # one line

`make reproduce` does both, and trains, publishes and builds in between. In the copy, the stored results of the runs
that are to be made lie in results/committed. Copied again, the book is brought up to date; what the reader has made
stays.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from rae_lib.campaign import command
from rae_lib.config import Config
from rae_lib.results import store
from rae_lib.results.reproduction import ASIDE, compare, describe

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("_config.yml", "_toc.yml", "book", "notebooks", "results")


def copy(root: Path, place: Path, wanted: list[Config]) -> None:
    """Brings the copy in `place` up to date with the book in `root`, but for what is made there.

    Made there are the published notebooks and the wanted runs, also those that were wanted and finished before.
    """
    results = place / "results"
    before = {path.relative_to(results / ASIDE) for path in results.glob(f"{ASIDE}/*/*/*")}
    own = {Path(store.label(config)) for config in wanted}
    own |= {run for run in before if (results / run / "result.json").is_file()}
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        fresh = Path(folder, "fresh")
        copy_book(root, fresh)
        for run in own:
            aside = fresh / "results" / ASIDE / run
            aside.mkdir(parents=True)
            if (fresh / "results" / run).exists():
                os.replace(fresh / "results" / run, aside)
            if run in before and (results / run).exists():
                shutil.copytree(results / run, fresh / "results" / run)
        for path in place.glob("notebooks/*.ipynb"):
            if (fresh / "notebooks" / path.name).with_suffix(".py").exists():
                shutil.copy2(path, fresh / "notebooks")
        for name in COPIED:
            if (place / name).exists():
                os.replace(place / name, Path(folder, name))
            os.replace(fresh / name, place / name)


def copy_book(root: Path, fresh: Path) -> None:
    """The book and its results, without published notebooks and hidden or half-written files."""
    left_out = shutil.ignore_patterns("*.ipynb", "*.partial", ".*")

    def ignore(folder: str, names: list[str]) -> set[str]:
        return set(names) - set(COPIED) if Path(folder) == root else left_out(folder, names)

    shutil.copytree(root, fresh, ignore=ignore)


def main(argv: list[str] | None = None) -> int:
    raw_text = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m rae_lib reproduce", description=__doc__, formatter_class=raw_text)
    steps = parser.add_subparsers(dest="step", required=True)
    runs = "The options of `run` choose the runs: see python -m rae_lib run --help."
    one = steps.add_parser("copy", help="the book, without the chosen runs", description=runs)
    one.add_argument("folder", type=Path, help="where the copy is, or is to be")
    steps.add_parser("compare", help="your runs with the stored ones, in one line", description=runs)
    given, options = parser.parse_known_args(argv)
    try:
        wanted = command.select(command.parser().parse_args(options))
    except ValueError as error:
        parser.error(str(error))
    if given.step == "copy":
        if not (ROOT / "_toc.yml").is_file():
            parser.error("copy needs the repository of the book, and this package was installed without it")
        copy(ROOT, given.folder, wanted)
    else:
        print(describe(compare(wanted)))
    return 0
