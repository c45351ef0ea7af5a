"""Made-up results and records for tests."""

from dataclasses import asdict

import pandas as pd

from rae_lib.config import Config
from rae_lib.results import gate, store
from rae_lib.results.frame import framed


def enough(dataset: str, profile: str) -> gate.Doubling:
    """The doubling test of made-up runs, passed."""
    return gate.Doubling(dataset, profile, pd.DataFrame(columns=gate.COLUMNS), True)


def stored(config: Config, numbers: dict[str, float], *, weights: str = "w", **raw) -> None:
    """A result in the store, with these Frechet distances by set."""
    keys = ("metric", "set", "features", "protocol", "n_real", "n_fake", "value")
    rows = [("frechet", name, "domain", "clean", 9, 9, v) for name, v in numbers.items()]
    records = raw.pop("records", []) + [dict(zip(keys, r, strict=True)) for r in rows]
    base = {"config": asdict(config), "config_hash": config.hash, "records": records}
    base |= {"features": {"name": "domain", "weights": weights}, "weights_sha256": config.name}
    base |= {"seconds": {"train": 1.0, "density": 1.0, "evaluate": 1.0}, "parameters": 1}
    store.write(store.folder(config) / "history.csv", store.history_csv([]))
    store.write_json(store.folder(config) / "result.json", base | raw)


def collapse(share: float, variant: str = "") -> dict:
    """A VAE that leaves this share of the pixel variance in its second seed, a fifth in its first."""
    cells = {("mse", "rec", "vae", "digits", variant): [0.01, 0.05 * share]}
    return cells | {("pixel_variance", "real", "vae", "digits", variant): [0.05, 0.05]}


def row(metric: str, kind: str, system: str, dataset: str, variant: str = "", **other) -> dict:
    base = {"features": "domain", "profile": "laptop", "protocol": "clean", "seed": 0}
    cell = {"metric": metric, "set": kind, "system": system, "dataset": dataset}
    return cell | base | {"variant": variant, "n_real": 100, "n_fake": 100, "value": 1.0} | other


def runs(cells: dict[tuple, list[float]], **other) -> pd.DataFrame:
    """(metric, set, system, dataset[, variant]) -> one value per seed."""
    rows = [row(*key, seed=seed, value=v, **other) for key, values in cells.items() for seed, v in enumerate(values)]
    return pd.DataFrame(rows, columns=list(row("", "", "", "")))


def frechets(*rows: tuple, **same: object) -> pd.DataFrame:
    """(system, set, seed, value) -> rows of the long frame: Frechet distances on digits, ours."""
    base = {"document": "here", "dataset": "digits", "metric": "frechet", "study": "", "doubt": ""}
    names = ("system", "set", "seed", "value")
    return framed([base | dict(zip(names, row, strict=True)) | same for row in rows])
