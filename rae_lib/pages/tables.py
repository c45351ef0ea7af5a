"""The papers' tables out of stored records: frames of (mean, spread over seeds), published numbers beside them."""

import os
import sys

import pandas as pd

from rae_lib.campaign import command
from rae_lib.claims import verdicts
from rae_lib.config import DATASETS, Config, check_choice
from rae_lib.results import store

ORDER = ("mnist", "cifar10", "celeba64", "fashion_mnist", "digits", "synth8", "synth16")
SETS = {"rec": "REC", "N": "N", "gmm": "GMM", "interp": "Interp"}
SEEDS = (0, 1, 2)  # of the campaigns
TITLES = {name: verdicts.titled(name) for name in DATASETS}


def asked(dataset: str, recompute: bool) -> list[str]:
    """The data set that is named; nothing for "all". Raises ValueError as `shown` does."""
    check_choice("dataset", dataset, ("all", *DATASETS))
    if dataset == "all" and recompute:
        raise ValueError(f"recompute needs one data set by name; allowed: {', '.join(DATASETS)}")
    return [] if dataset == "all" else [dataset]


def live() -> bool:
    """Progress bars in a terminal, and in a notebook on request (RAE_PROGRESS=1); never in published output."""
    return sys.stderr.isatty() or os.environ.get("RAE_PROGRESS") == "1"


def spread(values: pd.Series) -> tuple[float, float | None] | None:
    """(mean, sample standard deviation over seeds); no spread for a single seed; None for no value."""
    if values.empty:
        return None
    return float(values.mean()), float(values.std()) if len(values) > 1 else None


def pick(table: pd.DataFrame, **where: object) -> pd.DataFrame:
    """The rows of a table of records in which every given column has the given value."""
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def floor(table: pd.DataFrame, features: str) -> str:
    """One sentence: what real images score against real images, which no model can be asked to beat."""
    values = {
        name: pick(table, metric="frechet", set=name, features=features)["value"]
        for name in ("real", "halves")
    }
    if values["real"].empty:
        return ""
    counts = pick(table, metric="frechet", set="real", features=features).iloc[0]
    return (
        f"Real against real: {values['real'].mean():.3g} for {counts.n_fake:,} validation against "
        f"{counts.n_real:,} test images, {values['halves'].mean():.3g} for the two halves of the test images."
    )


def accuracy(results: list[store.Result]) -> str:
    """How good the classifier is whose features these runs were measured with; nothing for pixels."""
    right = results[0].raw.get("features", {}).get("accuracy")
    return (
        f"features of a classifier that is right on {100 * right:.1f} % of the test images"
        if right
        else ""
    )


def updates(config: Config, raw: dict) -> int:
    """Gradient steps of a configuration on the training images that a run had."""
    return config.epochs * (raw["data"]["train"] // config.batch)


def decided(ids: str, dataset: str, results: list[store.Result]) -> list[verdicts.Verdict]:
    """The verdicts of these claims (names with spaces between them) on runs of one data set and profile."""
    options = {"profile": results[0].config.profile, "datasets": (dataset,), "results": results}
    table = command.table(results)
    return verdicts.verdicts(ids.split(), table, features=features_of(dataset), **options)


def features_of(dataset: str) -> str:
    """The features in which every run on this data set is measured."""
    return "pixels" if dataset.startswith("synth") else "domain"
