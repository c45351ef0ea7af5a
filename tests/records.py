"""Made-up records for the tests of claims, and the printed ones with what is said of them."""

import re

import pandas as pd

from rae_lib.claims import verdicts
from rae_lib.claims.inequality import FIELDS, Side
from rae_lib.claims.verdicts import Verdict, claim, published_table
from rae_lib.config import Config
from rae_lib.results import gate, store
from rae_lib.results.frame import framed
from rae_lib.studies import cell

MIXED = ("ae", "rae", "rae-l2", "rae-gp", "rae-sn", "vae", "cv-vae", "wae-mmd")
RAES = MIXED[1:5]
LATENTS = (64, 96, 128, 160, 256, 384, 512, 768)  # of the grid at the papers' size, by the claims
PRINT = {"profile": "published", "protocol": "paper", "features": "inception-2048", "margin": 0}


def enough(dataset: str, profile: str) -> gate.Doubling:
    """The doubling test of made-up runs, passed."""
    return gate.Doubling(dataset, profile, pd.DataFrame(columns=gate.COLUMNS), True)


def verdict(claim_id: str, table: pd.DataFrame, **options) -> Verdict:
    """The verdict of a claim on made-up runs that were trained enough."""
    return verdicts.verdict(claim_id, table, **({"judge": enough} | options))


def stored(config: Config, numbers: dict[str, float], *, weights: str = "w", **raw) -> None:
    """A result in the store, with these Frechet distances by set."""
    keys = ("metric", "set", "features", "protocol", "n_real", "n_fake", "value")
    rows = [("frechet", name, "domain", "clean", 9, 9, v) for name, v in numbers.items()]
    records = raw.pop("records", []) + [dict(zip(keys, r, strict=True)) for r in rows]
    base = {"config": store.plain(config), "config_hash": config.hash, "records": records}
    base |= {"features": {"name": "domain", "weights": weights}, "weights_sha256": config.name}
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
    rows = [
        row(*key, seed=seed, value=v, **other)
        for key, values in cells.items()
        for seed, v in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=FIELDS)


def side(*values: float) -> Side:
    return Side("q", pd.Series(values, dtype=float), lone=len(values) == 1)


def sampled(gmm: list[float], own: list[float], datasets=("digits",)) -> dict:
    cells = {}
    for s in MIXED:
        for d in datasets:
            cells |= {("frechet", "gmm", s, d): gmm, ("frechet", "N", s, d): own}
    return cells


def key(kind: str, system: str, *, study="grid", metric="frechet", **sizes) -> tuple:
    """The key, in `runs`, of the run that stands for these sizes: the grid's on CIFAR-10 at the papers' size,
    another study's on digits at profile laptop."""
    place = ("cifar10", "paper") if study == "grid" else ("digits", "laptop")
    return (metric, kind, system, place[0], cell(study, system, *place, **sizes).variant)


def series(kind: str, values: dict[int, float], system: str = "dae", **sizes) -> dict:
    """One value per latent size, over two seeds that hardly differ."""
    given = {"latent": None} | sizes
    cells = {key(kind, system, **(given | {"latent": d})): v for d, v in values.items()}
    return {k: [v, v + 0.01] for k, v in cells.items()}


def valley(at: int, depth: float = 5.0, scale: float = 1.0) -> dict[int, float]:
    """Lowest at one latent size, rising with every step from it."""
    i = LATENTS.index(at)
    return {d: depth + scale * abs(LATENTS.index(d) - i) for d in LATENTS}


def in_print() -> pd.DataFrame:
    """Tables 1 and 2 of the RAE papers, and what only EAE prints."""
    eae = published_table("eae")
    rows = [published_table("rae"), eae[eae.system.isin(("ae-l2", "eae"))]]
    return pd.concat([*rows, published_table("eae-captions")])


def counts(claim_id: str, table: pd.DataFrame) -> tuple[int, int]:
    """How many comparisons hold, of how many that have numbers."""
    printed = [c for c in verdict(claim_id, table, **PRINT).comparisons if not c.missing]
    return sum(c.outcome == "holds" for c in printed), len(printed)


def evidence(claim_id: str) -> tuple[int, int]:
    held, of = re.match(r"(\d+)/(\d+) (?:comparisons|cells)", claim(claim_id)["evidence"]).groups()
    return int(held), int(of)


def frechets(*rows: tuple, **same: object) -> pd.DataFrame:
    """(system, set, seed, value) -> rows of the long frame: Frechet distances on digits, ours."""
    base = {"document": "here", "dataset": "digits", "metric": "frechet", "study": "", "doubt": ""}
    names = ("system", "set", "seed", "value")
    return framed([base | dict(zip(names, row, strict=True)) | same for row in rows])
