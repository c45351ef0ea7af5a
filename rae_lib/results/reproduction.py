"""A reproduction by the reader: a copy of the book with runs of its own, compared with the stored ones.

    python -m rae_lib reproduce copy FOLDER [options of run]    # the book, without these runs
    python -m rae_lib reproduce compare [options of run]        # one line

`make reproduce` does both, and trains, publishes and builds in between. In the copy, the stored
results of the runs that are to be made are put aside, into results/committed, where the page that
compares finds them. Copied again, the book is brought up to date; what the reader has made stays.
"""

import argparse
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from rae_lib.campaign import command
from rae_lib.config import SYSTEMS, Config, resolve
from rae_lib.results import store
from rae_lib.results.store import Result

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("_config.yml", "_toc.yml", "book", "notebooks", "results")
ASIDE = "committed"  # below the results of a copy
SEEDS = (0, 1, 2)
NUMBERS = {  # title -> metric, set; clean protocol
    "REC": ("frechet", "rec"),
    "N": ("frechet", "N"),
    "GMM": ("frechet", "gmm"),
    "Interp": ("frechet", "interp"),
    "squared error": ("mse", "rec"),
}
COLUMNS = ["system", "number", "stored", "own", "ratio", "spread", "why"]
ABSENT, OTHER_RUN = "nothing is stored", "not reproduced"
OTHER_WEIGHTS = "measured with other weights of the classifier"


def copy(root: Path, place: Path, wanted: list[Config]) -> None:
    """Brings the copy in `place` up to date with the book in `root`, but for what is made there.

    Made there are the published notebooks and the wanted runs, also those that were wanted and finished before.
    """
    before = put_aside(place)
    own = {run_folder(config) for config in wanted}
    own |= {folder for folder in before if (place / folder / "result.json").is_file()}
    sources = (path for path in files(root) if path.suffix != ".ipynb")
    plan = {placed(path, own): root / path for path in sources}
    for path in files(place):
        if path not in plan and not is_made_there(path, own & before, plan):
            (place / path).unlink()
    for folder in before - own:
        shutil.rmtree(place / placed(folder, before))
    for folder in own:
        (place / placed(folder, own)).mkdir(parents=True, exist_ok=True)
    for path, source in plan.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, place / path)


def files(root: Path) -> Iterator[Path]:
    """Every file of a book and of its results, relative to its folder."""
    for name in COPIED:
        for path in (root / name, *sorted((root / name).rglob("*"))):
            if path.is_file() and path.suffix != ".partial" and path.parent.name[0] != ".":
                yield path.relative_to(root)


def run_folder(config: Config) -> Path:
    return Path("results", config.profile, config.dataset, config.name)


def put_aside(place: Path) -> set[Path]:
    """The folders of the runs that are made in this copy: their stored results are elsewhere."""
    aside = place / "results" / ASIDE
    return {Path("results", path.relative_to(aside)) for path in aside.glob("*/*/*")}


def placed(path: Path, own: set[Path]) -> Path:
    """Where a path of the book lies in the copy: the stored results of runs that are made there are put aside."""
    is_own = path in own or path.parent in own
    return Path("results", ASIDE, path.relative_to("results")) if is_own else path


def is_made_there(path: Path, own: set[Path], plan: dict[Path, Path]) -> bool:
    return path.parent in own or (path.suffix == ".ipynb" and path.with_suffix(".py") in plan)


def find_pair(config: Config) -> tuple[Result | None, Result | None]:
    """The stored result of a configuration and, in a copy, the one that was made there."""
    aside = store.root() / ASIDE / config.profile / config.dataset / config.name
    if not aside.is_dir():
        return store.find(config), None
    raw = store.read_json(aside / "result.json") or {}
    stored = Result(config, aside, raw) if raw.get("config_hash") == config.hash else None
    return stored, store.find(config)


def get_numbers(result: Result | None) -> dict[str, float]:
    """The compared numbers of a run by their titles."""
    rows = {} if result is None else {(r["metric"], r["set"]): r for r in clean_records(result)}
    return {title: rows[key]["value"] for title, key in NUMBERS.items() if key in rows}


def clean_records(result: Result) -> list[dict]:
    """Of the clean protocol: Frechet distances in the run's own features, errors in pixels."""
    features = {"frechet": result.raw["features"]["name"], "mse": "pixels"}
    return [
        record
        for record in result.raw["records"]
        if record["protocol"] == "clean" and record["features"] == features.get(record["metric"])
    ]


def are_comparable(one: Result, other: Result, number: str) -> bool:
    """Distances compare only where their features come from the same weights; squared errors need none."""
    weights = [result.raw["features"].get("weights") for result in (one, other)]
    return NUMBERS[number][0] == "mse" or weights[0] == weights[1]


def compare(wanted: list[Config]) -> pd.DataFrame:
    """One row a run and number: stored, own, own / stored, the spread over seeds, and why they do not compare, or "".

    spread: standard deviation of the stored value over seeds 0 to 2, as a part of it.
    """
    lines = [line for config in wanted for line in compare_run(config)]
    return pd.DataFrame(lines, columns=COLUMNS)


def compare_run(config: Config) -> Iterator[dict]:
    """The rows of one run."""
    stored, own = find_pair(config)
    found, mine = get_numbers(stored), get_numbers(own)
    for number in (n for n in NUMBERS if n in found or n in mine):
        line = {"system": config.system, "number": number, "why": ""}
        line |= {"stored": found.get(number), "own": mine.get(number)}
        line["spread"] = measure_spread(stored, number) if number in found else None
        if number not in found or number not in mine:
            line["why"] = OTHER_RUN if number in found else ABSENT
        elif not are_comparable(stored, own, number):
            line["why"] = OTHER_WEIGHTS
        else:
            line["ratio"] = mine[number] / found[number]
        yield line


def measure_spread(stored: Result, number: str) -> float | None:
    """Standard deviation over the stored seeds, as a part of this run's value; None for a lone seed."""
    others = [repeat(stored.config, seed) for seed in SEEDS if seed != stored.config.seed]
    alike = [stored, *(r for r in others if r and are_comparable(stored, r, number))]
    values = [get_numbers(result)[number] for result in alike]
    return statistics.stdev(values) / values[0] if len(values) > 1 else None


def repeat(config: Config, seed: int) -> Result | None:
    """The stored run of the same system with another seed."""
    return store.find(resolve(config.system, config.dataset, config.profile, seed))


def list_runs(dataset: str, profile: str, seed: int) -> list[Config]:
    """The run of every system."""
    return [resolve(system, dataset, profile, seed) for system in SYSTEMS]


def describe(rows: pd.DataFrame) -> str:
    """How far the numbers of two trainings are apart, in one line."""
    if rows["own"].isna().all():
        return "No run was reproduced here, so nothing is compared."
    compared = rows[rows["why"] == ""].astype({"ratio": float, "spread": float})
    if compared.empty:
        return f"No number was compared. {describe_rest(rows)}"
    apart = (compared["ratio"] - 1).abs()
    furthest = compared.loc[apart.idxmax()]
    parts = [
        f"{count(compared)} were compared",
        f"{int((apart == 0).sum())} are identical",
        f"the relative difference is {percent(apart.median())} in the median and "
        f"{percent(apart.max())} at most ({furthest['system']}, {furthest['number']})",
        *describe_spread(apart, compared["spread"].dropna()),
    ]
    return f"{'; '.join(parts)}. {describe_rest(rows)}".strip()


def describe_spread(apart: pd.Series, spread: pd.Series) -> list[str]:
    if spread.empty:
        return []
    within = int((apart[spread.index] <= 2 * spread).sum())
    return [
        f"over the seeds the stored numbers spread by {percent(spread.median())} in the median, and "
        f"{within} of {len(spread)} differences are at most twice this spread of their number"
    ]


def describe_rest(rows: pd.DataFrame) -> str:
    """Which numbers were not compared, and why, in one sentence; "" if all were."""
    parts = []
    for why, part in rows[rows["why"] != ""].groupby("why"):
        parts.append(f"{count(part)} ({why})")
    return f"Not compared: {', '.join(parts)}." if parts else ""


def count(rows: pd.DataFrame) -> str:
    """12 numbers of 3 systems"""
    systems = rows["system"].nunique()
    return f"{len(rows)} numbers of {systems} system{'' if systems == 1 else 's'}"


def percent(part: float) -> str:
    return f"{100 * part:.2g} %"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m rae_lib reproduce")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("copy").add_argument("folder", type=Path)
    steps.add_parser("compare")
    given, options = parser.parse_known_args(argv)
    wanted = command.select(command.parser().parse_args(options))
    if given.step == "copy":
        copy(ROOT, given.folder, wanted)
    else:
        print(describe(compare(wanted)))
    return 0
