"""Every stored number, and every published one, as one CSV file.

python -m rae_lib export results.csv

A row is a number in the schema of `results.frame`: `document` is "here" for ours, else the paper that published it.
A column is left out where no row has a value.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from rae_lib.results import frame, printed, store


def collect() -> pd.DataFrame:
    """Our records of every stored run and profile, and the published ones."""
    own = frame.of_results(store.load_all())
    known = [part for part in (own, printed.printed()) if len(part)]
    return pd.concat(known, ignore_index=True).replace("", None).dropna(axis=1, how="all")


def write(path: Path) -> int:
    """Writes the file, whole or not at all. -> number of rows"""
    rows = collect()
    store.write(path, rows.to_csv(index=False, float_format="%.7g").encode())
    return len(rows)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rae_lib export", description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="where to write it, such as results.csv")
    path = parser.parse_args(argv).file
    if path.suffix != ".csv":
        print(f"error: {path} is no CSV file; allowed: a name that ends in .csv", file=sys.stderr)
        return 2
    print(f"{path}: {write(path):,} numbers")
    return 0
