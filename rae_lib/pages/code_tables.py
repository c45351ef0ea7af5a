"""Frames of the entropic-autoencoder chapters: Table 1, statistics of codes, the estimator (also `code_studies`)."""

import math
from collections.abc import Callable, Iterable, Mapping

import pandas as pd
import torch

from rae_lib.campaign import command
from rae_lib.config import DOCUMENTS, resolve
from rae_lib.metrics import code_statistics
from rae_lib.pages.code_charts import LAW_NAMES
from rae_lib.pages.tables import TITLES, labelled, live, measured, pick, spread
from rae_lib.results import entropy_simulation, store
from rae_lib.results.printed import printed_value

PRINTED_ROWS = (
    *("vae", "cv-vae", "wae-mmd", "two-stage-vae", "rae", "rae-l2", "rae-gp", "rae-sn"),
    *("ae", "ae-l2", "eae"),
)  # Table 1 in its own order
ROWS = (*PRINTED_ROWS, "ae-bn", "eae-l1", "ae-l1")
SAMPLERS = {"N01": "Iso", "mvg": "MVG", "gmm": "GMM"}  # the document's headings
OWN = ("two-stage-vae", "eae-l1", "ae-l1")  # whose own sampler is none of these
MOMENTS = {
    "code_mean_worst": "max |mean|",
    "code_variance_worst": "max |var − 1|",
    "code_correlation": "mean |corr|",
    "excess_kurtosis": "mean |kurtosis|",
}
DISTANCES = {
    "gauss_distance": "energy",
    "sliced_distance": "sliced W2",
    "knn_divergence": "k-NN KL",
}
STATISTICS = MOMENTS | DISTANCES
SHAPES = {
    "ks_laplace": "KS to Laplace",
    "ks_gauss": "KS to normal",
    "signed_kurtosis": "kurtosis",
}
ENTROPIES = {f"entropy_{n}": f"H at n = {n:,}" for n in (100, 500, 2000)}


def company(
    dataset: str,
    profile: str,
    seeds: list[int],
    recompute: bool,
    made: Iterable[str] = DOCUMENTS["eae"],
) -> tuple[list[store.Result], list[store.Result]]:
    """The runs of the document's systems, and those with the stored ones of the RAE study before them.

    made: the systems that `recompute` makes anew; the others are read. Raises FileNotFoundError without any run.
    """
    profile = store.largest(dataset, profile)
    own = [resolve(s, dataset, profile, seed) for seed in seeds for s in DOCUMENTS["eae"]]
    earlier = [resolve(s, dataset, profile, seed) for seed in seeds for s in DOCUMENTS["rae"]]
    found = []
    for config in own:
        anew = recompute and config.system in made
        found += command.ensure([config], recompute=anew, missing="skip", progress=live())
    if not found:
        raise FileNotFoundError(store.why_missing(own[0]))
    return found, [*command.ensure(earlier, missing="skip"), *found]


def printed_table() -> pd.DataFrame:
    """Table 1 as printed, a column per data set and sampler; absent where it prints N/A."""
    frame = pd.DataFrame(index=list(PRINTED_ROWS))
    for kind, title in SAMPLERS.items():
        for dataset in ("cifar10", "celeba64"):
            cells = [printed_value("eae", s, dataset, "frechet", kind) for s in frame.index]
            frame[f"{TITLES[dataset].removesuffix('-64')} {title}"] = cells
    return labelled(frame)


def linear_map() -> float:
    """The second Iso value of EAE on CIFAR-10, in parentheses in print."""
    return printed_value("eae", "eae-linear", "cifar10", "frechet", "N01")


def table1(table: pd.DataFrame, dataset: str, features: str) -> pd.DataFrame:
    """Table 1 measured, as (mean, spread): Iso is N(0, I) for every system, "own" another sampler of its own.

    The printed number of every cell stands in a column beside it, where the data set has any.
    """
    frame = measured(table, "frechet", {**SAMPLERS, "N": "own"}, features)
    frame = frame.loc[[s for s in ROWS if s in frame.index]]
    frame["own"] = [cell if s in OWN else None for s, cell in frame["own"].items()]
    frame = frame[["system", "Iso", "own", "MVG", "GMM"]]
    for kind, title in SAMPLERS.items():
        cells = [printed_value("eae", s, dataset, "frechet", kind) for s in frame.index]
        if any(cell is not None for cell in cells):
            frame.insert(frame.columns.get_loc(title) + 1, f"{title} in print", cells)
    return frame


def gains(table: pd.DataFrame, features: str) -> pd.DataFrame:
    """Mean Frechet distance of samples from N(0, I) and from the mixture by system, for `charts.dumbbell`."""
    frame = measured(table, "frechet", {"N01": "N(0,I)", "gmm": "GMM"}, features)
    frame = frame.loc[[s for s in ROWS if s in frame.index]]
    return frame[["N(0,I)", "GMM"]].map(lambda c: c[0] if isinstance(c, tuple) else None)


def cost(table: pd.DataFrame, features: str) -> pd.DataFrame:
    """What the entropic term costs: reconstruction (Frechet distance, squared error per pixel) and time of a step."""
    own = table[table["system"].isin(DOCUMENTS["eae"])].copy()
    own.loc[own["metric"] == "step_time", "value"] *= 1e3
    parts = [
        measured(own, "frechet", {"rec": "REC"}, features),
        measured(own, "mse", {"rec": "squared error"}, "pixels"),
        measured(own, "step_time", {"none": "ms per step"}, "none"),
    ]
    return parts[0].join([part.drop(columns="system") for part in parts[1:]])


def statistics(
    table: pd.DataFrame,
    names: Iterable[str],
    columns: Mapping[str, str] = STATISTICS,
    kind: str = "rec",
) -> pd.DataFrame:
    """System x statistic of the codes as (mean, spread); kind: "rec" for test codes, "rec_train" for training codes.

    A statistic that no run has (an entropy at more codes than there are) is left out.
    """
    rows = table[table["system"].isin(list(names))]
    parts = [measured(rows, metric, {kind: title}, "codes") for metric, title in columns.items()]
    whole = parts[0].join([part.drop(columns="system") for part in parts[1:]])
    return whole.dropna(axis=1, how="all")


def with_draws(frame: pd.DataFrame, results: list[store.Result], sets: int = 3) -> pd.DataFrame:
    """`statistics` with a last row: the same of draws from N(0, I), as many as test codes."""
    rows = command.table(results)
    count = int(pick(rows, metric="gauss_distance", set="rec")["n_fake"].max())
    generator, d = torch.Generator().manual_seed(0), results[0].config.latent
    drawn = [torch.randn(count, d, generator=generator) for _ in range(sets)]
    found = pd.DataFrame([code_statistics.statistics(z, generator) for z in drawn])
    titles = {title: spread(found[metric]) for metric, title in STATISTICS.items()}
    last = pd.DataFrame([{"system": "N(0, I)"} | titles], index=["draws"])
    return pd.concat([frame, last[frame.columns]])


def normal_entropy(results: list[store.Result]) -> float:
    """d/2 log(2 pi e), the entropy of a standard normal law of these runs' code size."""
    return entropy_simulation.truth("normal", results[0].config.latent)


def value(table: pd.DataFrame, system: str, metric: str, kind: str = "rec") -> float | None:
    """Mean over seeds of one statistic of the codes, None without a run."""
    found = pick(table, system=system, metric=metric, set=kind, features="codes", variant="")
    return float(found["value"].mean()) if len(found) else None


def bias(frame: pd.DataFrame, dims: Iterable[int], sizes: Iterable[int]) -> pd.DataFrame:
    """Estimate, truth and their difference at some batch sizes and dimensions (`estimator.bias`)."""
    rows = frame[frame["d"].isin(list(dims)) & frame["n"].isin(list(sizes))]
    cells = [
        {
            "d": f"{r.d}",
            "n": f"{r.n:,}",
            "estimate": (r.estimate, r.sd if math.isfinite(r.sd) else None),
            "truth": r.truth,
            "bias": r.excess,
        }
        for r in rows.itertuples()
    ]
    return pd.DataFrame(cells)


def preferences(frame: pd.DataFrame) -> pd.DataFrame:
    """Law x dimension: the estimate as (mean, sd) and the true entropy per dimension (`estimator.preferences`)."""
    rows = []
    for law, part in frame.groupby("law", sort=False):
        by_d = part.set_index("d")
        each = by_d["truth"].iloc[0] / by_d.index[0]
        row = {"points": LAW_NAMES[law]}
        for d in sorted(frame["d"].unique()):
            known = d in by_d.index
            sd = by_d.loc[d, "sd"] if known else math.nan
            cell = (by_d.loc[d, "mean"], sd if math.isfinite(sd) else None) if known else None
            row[f"d = {d}"] = cell
        rows.append(row | {"truth / d": f"{each:.3f}" if math.isfinite(each) else "−∞"})
    return pd.DataFrame(rows)


def rulers(n: int, dims: Iterable[int], generator: torch.Generator) -> pd.DataFrame:
    """What the statistics of codes say of n points whose law is known: dimension x law x statistic."""
    shown = {m: t for m, t in STATISTICS.items() if not m.startswith(("code_mean", "code_var"))}
    rows = []
    for d in dims:
        for law in ("normal", "correlated", "uniform", "signs", "laplace", "sphere"):
            found = code_statistics.statistics(
                entropy_simulation.draw(law, n, d, generator), generator
            )
            row = {"d": str(d), "points": LAW_NAMES[law]}
            rows.append(row | {title: found[metric] for metric, title in shown.items()})
    return pd.DataFrame(rows)


def climbs(
    traces: Mapping[tuple[int, str], pd.DataFrame], n: int, bound: Callable[[int, int], float]
) -> pd.DataFrame:
    """Quantity x ascent, "start → end" (`estimator.ascent`); last the most that a batch of n points can reach."""
    quantities = {
        "spread": ("spread of distances", ".3f"),
        "nearest": ("nearest / mean distance", ".3f"),
        "radius": ("spread of lengths", ".3f"),
        "batch": ("estimate, one batch", ".1f"),
        "all": ("estimate, all points", ".1f"),
        "kurtosis": ("excess kurtosis", ".2f"),
        "correlation": ("mean |corr|", ".3f"),
    }
    columns = {}
    for (d, kind), trace in traces.items():
        cells = [
            " → ".join(format(trace[c].iloc[i], form).replace("-", "−") for i in (0, -1))
            for c, (_, form) in quantities.items()
        ]
        columns[f"d = {d}, {kind}"] = [*cells, f"{bound(n, d):.1f}"]
    names = [title for title, _ in quantities.values()]
    return pd.DataFrame({"quantity": [*names, "bound for a batch"], **columns})
