"""Computed studies: what needs no training is computed once by a command and stored as records, as runs are.

    python -m rae_lib compute parameters     # writes results/computed/parameters.json
    python -m rae_lib compute --all

A study is the module of this name with a function `compute() -> list[dict]`. Beyond the columns of every record its
records have those that say where they belong: system, dataset, variant, width, latent, depth, seed.
"""

import argparse
import time
from importlib import import_module

import pandas as pd

from rae_lib import origin
from rae_lib.results import store
from rae_lib.results.frame import framed

STUDIES = ("parameters", "entropy", "kl", "expressions")


def read(name: str) -> list[dict]:
    """The records of a computed study. Raises FileNotFoundError, with the command, where they are not stored."""
    path = store.computed(name)
    raw = store.read_json(path)
    if raw is None:
        raise FileNotFoundError(f"{path} is missing or unfinished; make it with: python -m rae_lib compute {name}")
    return raw["records"]


def frame(name: str) -> pd.DataFrame:
    """The records of a computed study in the schema of runs; what belongs to no system or data set has "none"."""
    found = framed([{"system": "none", "dataset": "none"} | row for row in read(name)])
    sizes = {"paper_width": found["width"], "paper_latent": found["latent"]}
    return found.assign(document="here", profile="paper", doubt="", **sizes)


def write(name: str, records: list[dict], seconds: float) -> None:
    raw = {"study": name, "versions": origin.versions(), "code_sha256": origin.code_sha256()}
    raw |= {"seconds": {"compute": round(seconds, 2)}, "records": records}
    store.write_json(store.root() / "computed" / f"{name}.json", raw)


def main(argv: list[str] | None = None) -> int:
    p = argparse.ArgumentParser(
        prog="python -m rae_lib compute", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(STUDIES)}")
    p.add_argument("--all", action="store_true", help="every study")
    arguments = p.parse_args(argv)
    names = STUDIES if arguments.all else arguments.names
    if not names or set(names) - set(STUDIES):
        p.error(f"NAME is {', '.join(names) or 'missing'}; allowed: {', '.join(STUDIES)}")
    for name in names:
        start = time.monotonic()
        records = import_module(f"{__name__}.{name}").compute()
        write(name, records, time.monotonic() - start)
        print(f"{name}: {len(records)} records in {time.monotonic() - start:.0f} s", flush=True)
    return 0
