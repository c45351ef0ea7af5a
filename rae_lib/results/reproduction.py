"""The reader's own runs, in a copy of the book, compared with the stored ones (`campaign.reproduce` is the command)."""

import statistics

import pandas as pd

from rae_lib.config import Config, dataset_kind, resolve, systems
from rae_lib.results import store
from rae_lib.results.store import Result

ASIDE = "committed"  # below the results of a copy
SEEDS = (0, 1, 2)
WIDE = 2  # standard deviations over seeds, beyond which a number lies outside
NUMBERS = {  # title -> metric, set; clean protocol
    "reconstructions": ("frechet", "rec"),
    "own sampler": ("frechet", "N"),
    "mixture": ("frechet", "gmm"),
    "mid-points": ("frechet", "interp"),
    "squared error": ("mse", "rec"),
    "exact strings": ("exact", "rec"),
}
COLUMNS = ["system", "number", "stored", "own", "ratio", "spread", "why"]
ABSENT, OTHER_RUN = "nothing is stored", "not reproduced"
OTHER_WEIGHTS = "measured with other weights of the classifier"
ZERO = "the stored number is 0"


def find_pair(config: Config) -> tuple[Result | None, Result | None]:
    """The stored result of a configuration and, in a copy, the one that was made there."""
    aside = store.root() / ASIDE / store.label(config)
    if not aside.is_dir():
        return store.find(config), None
    raw = store.read_json(aside / "result.json") or {}
    stored = Result(config, aside, raw) if raw.get("config_hash") == config.hash else None
    return stored, store.find(config)


def get_numbers(result: Result | None) -> dict[str, float]:
    """The compared numbers of a run by their titles: distances in its own features, errors in pixels, strings."""
    if result is None:
        return {}
    features = {"frechet": result.raw.get("features", {}).get("name"), "mse": "pixels", "exact": "none"}
    rows = {
        (r["metric"], r["set"]): r["value"]
        for r in result.raw["records"]
        if r["protocol"] == "clean" and r["features"] == features.get(r["metric"])
    }
    return {title: rows[key] for title, key in NUMBERS.items() if key in rows}


def are_comparable(one: Result, other: Result, number: str) -> bool:
    """Distances compare only where their features come from the same weights; squared errors need none."""
    weights = [result.raw.get("features", {}).get("weights") for result in (one, other)]
    return weights[0] == weights[1] or NUMBERS[number][0] in ("mse", "exact")


def compare(wanted: list[Config]) -> pd.DataFrame:
    """One row a run and number: stored, own, own / stored, the spread over seeds, and why they do not compare, or "".

    spread: standard deviation of the stored value over seeds 0 to 2, as a part of it.
    """
    lines = []
    for config in wanted:
        stored, own = find_pair(config)
        found, mine = get_numbers(stored), get_numbers(own)
        for number in (n for n in NUMBERS if n in found or n in mine):
            why = ABSENT if number not in found else OTHER_RUN if number not in mine else ""
            if not why and not are_comparable(stored, own, number):
                why = OTHER_WEIGHTS
            if not why and mine[number] != 0 == found[number]:
                why = ZERO
            ratio = None if why else mine[number] / found[number] if found[number] else 1.0
            spread = measure_spread(stored, number) if number in found else None
            pair = found.get(number), mine.get(number)
            lines.append([config.system, number, *pair, ratio, spread, why])
    return pd.DataFrame(lines, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:6], float))


def measure_spread(stored: Result, number: str) -> float | None:
    """Standard deviation over the stored seeds, as a part of this run's value; None for a lone seed or a value of 0."""
    c = stored.config
    others = [find_pair(resolve(c.system, c.dataset, c.profile, s))[0] for s in SEEDS if s != c.seed]
    alike = [stored, *(r for r in others if r and are_comparable(stored, r, number))]
    values = [found[number] for found in map(get_numbers, alike) if number in found]
    return statistics.stdev(values) / values[0] if len(values) > 1 and values[0] else None


def list_runs(dataset: str, profile: str, seed: int) -> list[Config]:
    """The run of every system."""
    return [resolve(system, dataset, profile, seed) for system in systems(kind=dataset_kind(dataset))]


def describe(rows: pd.DataFrame) -> str:
    """How far the numbers of two trainings are apart, and which were not compared, in one line."""
    if rows["own"].isna().all():
        return "No run was reproduced here, so nothing is compared."
    compared = rows[rows["why"] == ""]
    said = "No number was compared." if compared.empty else f"{describe_differences(compared)}."
    rest = [f"{count(part)} ({why})" for why, part in rows[rows["why"] != ""].groupby("why")]
    return f"{said} Not compared: {', '.join(rest)}." if rest else said


def describe_differences(rows: pd.DataFrame) -> str:
    apart, spread = (rows["ratio"] - 1).abs(), rows["spread"].dropna()
    furthest = rows.loc[apart.idxmax()]
    said = (
        f"{count(rows)} were compared; {(apart == 0).sum()} are identical; "
        f"the relative difference is {100 * apart.median():.2g} % in the median and "
        f"{100 * apart.max():.2g} % at most ({furthest['system']}, {furthest['number']})"
    )
    if spread.empty:
        return said
    within = (apart[spread.index] <= WIDE * spread).sum()
    return (
        f"{said}; of the {len(spread)} that have a spread over the stored seeds, {within} lie inside "
        f"{WIDE} standard deviations and {len(spread) - within} outside"
    )


def count(rows: pd.DataFrame) -> str:
    """12 numbers of 3 systems"""
    systems = rows["system"].nunique()
    return f"{len(rows)} numbers of {systems} system{'' if systems == 1 else 's'}"
