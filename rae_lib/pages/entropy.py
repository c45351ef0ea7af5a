"""What the chapters on entropic codes need for themselves: points of known law, and rows for their charts."""

import math
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from rae_lib.metrics.code_statistics import statistics
from rae_lib.pages.titles import COLUMNS
from rae_lib.results.entropy_simulation import draw, truth
from rae_lib.results.frame import framed
from rae_lib.results.store import Result

LAWS = {
    "normal": "normal",
    "uniform": "uniform",
    "signs": "random signs",
    "laplace": "Laplace",
    "sphere": "on the sphere",
    "simplex": "equidistant",
    "correlated": "normal, correlated",
}


def normal_draws(long: pd.DataFrame, sets: int = 3) -> pd.DataFrame:
    """Rows of a system "N(0, I)" on every data set: the statistics of as many draws as there are test codes, and the
    true entropy, d/2 log(2 pi e), in the place of its estimates from training codes."""
    rows = []
    codes = long[(long["metric"] == "gauss_distance") & (long["set"] == "test codes")]
    for dataset, part in codes.groupby("dataset", sort=False):
        d, generator = int(part["latent"].iloc[0]), torch.Generator().manual_seed(0)
        drawn = [
            torch.randn(int(part["n_fake"].max()), d, generator=generator) for _ in range(sets)
        ]
        for seed, z in enumerate(drawn):
            plain = {"document": "here", "dataset": dataset, "system": "N(0, I)", "seed": seed}
            for metric, value in statistics(z, generator).items():
                rows.append(plain | {"metric": metric, "set": "test codes", "value": value})
        own = long[(long["dataset"] == dataset) & (long["set"] == "training codes")]
        for metric in own["metric"][own["metric"].str.startswith("entropy_")].unique():
            true = {"metric": metric, "set": "training codes", "value": truth("normal", d)}
            rows.append(plain | {"seed": 0} | true)
    return framed(rows).assign(doubt="")


def judge_laws(n: int, dims: Sequence[int], generator: torch.Generator) -> pd.DataFrame:
    """The statistics of n points of every law but the simplex: rows with `latent`, `law`, `metric`, `value`."""
    rows = []
    for d in dims:
        for law in (
            law for law in ("normal", "correlated", "uniform", "signs", "laplace", "sphere")
        ):
            found = statistics(draw(law, n, d, generator), generator)
            rows += [
                {"latent": d, "law": LAWS[law], "metric": m, "value": v} for m, v in found.items()
            ]
    return pd.DataFrame(rows)


def named_runs(runs: list[Result], dataset: str, field: str, form: str) -> dict[str, Result]:
    """The first run of every value of a field on a data set, for `plates.named`; the values rise."""
    own = [r for r in runs if r.config.dataset == dataset]
    values = {
        0.0 if r.config.system == "ae-bn" and field == "beta" else getattr(r.config, field): r
        for r in reversed(own)
    }
    return {form.format(v): values[v] for v in sorted(values)}


def vary_one(rows: pd.DataFrame, fields: list[str]) -> pd.DataFrame:
    """Rows in which all fields but one have their commonest value; `varied` names that one, `size` is its value."""
    parts = [rows.assign(varied="", size=0.0)[:0]]
    for _, own in rows.groupby("dataset", sort=False):
        common = own[fields].mode().iloc[0]
        for field in fields:
            same = (own[fields] == common).drop(columns=field).all(axis=1)
            parts.append(
                own[same].assign(varied=COLUMNS[field], size=own[same][field].astype(float))
            )
    return pd.concat(parts)


def density_rows(points: Mapping[int, Mapping[str, Tensor]], bins: int = 50) -> pd.DataFrame:
    """Histograms of the pairwise distances of points by dimension: rows with `d`, `points`, `distance`, `value`."""
    rows = []
    for d, named in points.items():
        lengths = {name: torch.pdist(z).numpy() for name, z in named.items()}
        edges = np.histogram_bin_edges(np.concatenate(list(lengths.values())), bins)
        for name, values in lengths.items():
            height = np.histogram(values, edges, density=True)[0]
            part = pd.DataFrame({"distance": (edges[1:] + edges[:-1]) / 2, "value": height})
            rows.append(part.assign(d=f"d = {d}", points=name))
    return pd.concat(rows)


def with_bands(rows: pd.DataFrame, error: pd.Series) -> pd.DataFrame:
    """Every row thrice, at its value and two errors below and above: the band of `figures.lines`."""
    spread = 2 * error.where(error.map(math.isfinite), 0)
    return pd.concat([rows.assign(value=rows["value"] + sign * spread) for sign in (0, -1, 1)])


def shade(value: float, values: list[float]) -> dict[str, str]:
    """The look of a line of an ordered set: its colour goes from dark to light, none of them too pale to read."""
    place = values.index(value)
    colour = mpl.colormaps["viridis"](0.85 * place / max(1, len(values) - 1))
    return {
        "color": mpl.colors.to_hex(colour),
        "marker": "osD^vPX"[place % 7],
        "label": f"d = {value}",
    }
