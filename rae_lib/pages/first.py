"""The first page: what was run at which size, what was found, and the plate that shows it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rae_lib.campaign import command
from rae_lib.config import SYSTEMS, resolve
from rae_lib.pages import campaign, plates, tables
from rae_lib.pages.charts import look
from rae_lib.pages.pictures import pictures
from rae_lib.results import gate, store
from rae_lib.results.store import Result

DETERMINISTIC = ("ae", "ae-l2", "rae", "rae-l2", "rae-gp", "rae-sn")
CORE = {"ae", "rae-l2", "vae", "wae-mmd"}
VARIATIONAL = ("vae", "cv-vae", "wae-mmd")
PLATE = (*DETERMINISTIC, "eae", "dae", "vae", "cv-vae", "wae-mmd", "two-stage-vae")


def stored(profile: str = "largest") -> dict[str, list[Result]]:
    """The systems' own runs of every data set, at the largest profile that is stored of it."""
    found = {}
    for name in tables.ORDER:
        size = store.largest(name, profile)
        wanted = (resolve(s, name, size, seed) for s in SYSTEMS for seed in tables.SEEDS)
        found[name] = [r for r in map(store.find, wanted) if r]
    return {name: results for name, results in found.items() if results}


def chosen(found: Mapping[str, list[Result]]) -> str:
    """The data set of the findings: the first on which the four systems of the size study are stored, else any."""
    systems = {name: {r.config.system for r in results} for name, results in found.items()}
    return next((name for name, has in systems.items() if has >= CORE), next(iter(systems)))


def trust(results: list[Result]) -> str:
    """One sentence: whether these runs were trained enough to decide claims (`gate`)."""
    at = results[0].config
    found = gate.doubling(at.dataset, at.profile)
    if found.passes:
        passed = "Twice the updates change no distance of the doubling test by a fifth or more"
        return f"{passed}, so these runs may decide claims."
    if found.passes is None:
        return f"Claims are untested at this size: {found.doubt}."
    worst = found.worst
    words = f"{gate.WORDS[worst['set']]} of {look(worst['system']).label} by {abs(worst['change']):.0%}"
    return f"These runs decide no claim yet: twice the updates still change the distance of {words.replace('%', ' %')}."


def at_twice(results: list[Result], system: str, name: str) -> tuple[float | None, float | None]:
    """The distance of a set at the profile's updates and at twice as many; None where a run is missing."""
    rows = gate.doubling(results[0].config.dataset, results[0].config.profile).rows
    row = tables.pick(rows, system=system, set=name)[["once", "twice"]]
    return tuple(row.iloc[0]) if len(row) and row.notna().all(axis=None) else (None, None)


def sizes(found: Mapping[str, list[Result]]) -> pd.DataFrame:
    """One row a property: this book, and the papers. A value for each data set where they differ."""
    papers = {name: resolve("ae", name, "paper") for name in found if name in campaign.PRINTED}
    paper_steps = {n: tables.updates(c, found[n][0].raw) for n, c in papers.items()}
    rows = {
        "data": (each(found, counts), "MNIST, CIFAR-10, CelebA"),
        "filters in the first stage": (each(found, lambda r: f"{r[0].config.width}"), "128"),
        "training, updates": (
            each(found, lambda r: f"{tables.updates(r[0].config, r[0].raw):,}"),
            "; ".join(f"{tables.TITLES[n]} {v:,}" for n, v in paper_steps.items())
            or "40,000 to 50,000",
        ),
        "minutes a run, median": (
            each(found, lambda r: f"{campaign.minutes(r):.1f}"),
            "not stated",
        ),
        "seeds": (each(found, seeds), "1, as far as stated"),
        "systems": (
            each(found, lambda r: f"{len({x.config.system for x in r})}"),
            "each paper its own",
        ),
        "quality measure": (
            "Fréchet distance in features of a small classifier",
            "FID: the same distance in features of Inception (2048-d)",
        ),
        "machine": ("two processor cores", "a GPU"),
    }
    return pd.DataFrame([{"": k, "this book": a, "the papers": b} for k, (a, b) in rows.items()])


def each(found: Mapping[str, list[Result]], describe) -> str:
    return "; ".join(
        f"{tables.TITLES[name]} {describe(results)}" for name, results in found.items()
    )


def counts(results: list[Result]) -> str:
    known = results[0].raw["data"]
    return f"({known['train']:,} training and {known['test']:,} test images)"


def seeds(results: list[Result]) -> str:
    """How many seeds the systems have: a number, or a range where they have not all as many."""
    each_of = pd.Series([r.config.system for r in results]).value_counts()
    low, high = each_of.min(), each_of.max()
    return f"{low}" if low == high else f"{low} to {high}"


def means(results: list[Result], dataset: str) -> pd.DataFrame:
    """System x set: mean Fréchet distance over the stored seeds, clean protocol."""
    table = tables.pick(
        command.table(results),
        metric="frechet",
        features=tables.features_of(dataset),
        protocol="clean",
    )
    return table.pivot_table(index="system", columns="set", values="value")


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """The systems that have both: distance of the own sampler (N), of the mixture, and their ratio."""
    both = frame.dropna(subset=["N", "gmm"])[["N", "gmm"]]
    return both.assign(ratio=both["gmm"] / both["N"])


def plate(results: list[Result], *, columns: int = 5) -> bytes:
    """A line a system: reconstructions, samples from one Gaussian or the prior, from the mixture, an interpolation."""
    first = {r.config.system: r for r in results if r.config.seed == 0}
    chosen = [first[s] for s in PLATE if s in first]
    lines = {
        "test images": [
            plates.joined(chosen[0].picture("reconstructions")[:1, :columns]),
            None,
            None,
            None,
        ]
    }
    for result in chosen:
        rows = result.raw["pictures"]["samples"]["rows"]
        samples = result.picture("samples")
        parts = {name: plates.joined(samples[i : i + 1, :columns]) for i, name in enumerate(rows)}
        path = result.picture("interpolations")[:1]
        steps = np.linspace(0, path.shape[1] - 1, columns).round().astype(int)
        rec = plates.joined(result.picture("reconstructions")[1:2, :columns])
        lines[look(result.config.system).label] = [
            rec,
            parts.get("N"),
            parts.get("gmm"),
            plates.joined(path[:, steps]),
        ]
    titles = ["reconstructions", "N: own sampler", "GMM: mixture", "interpolation"]
    return pictures(lines, titles=titles, scale=1)


def findings(frame: pd.DataFrame) -> list[tuple[str, float | int | None, str]]:
    """The numbers that the sentences of the page quote: (name, value, format); None where a system is missing."""
    both = gains(frame)
    rank = both["N"].rank()
    groups = {"det": DETERMINISTIC, "var": VARIATIONAL, "reg": DETERMINISTIC[1:]}
    rows = [("better", int((both["ratio"] < 1).sum()), "d"), ("compared", len(both), "d")]
    rows += [("gain-best", both["ratio"].min(), ".2f"), ("gain-worst", both["ratio"].max(), ".2f")]
    for name, systems in groups.items():
        values = frame["gmm"].reindex(systems).dropna()
        some = (values.min(), values.max()) if len(values) else (None, None)
        rows += [(f"{name}-count", len(values), "d")]
        rows += [(f"{name}-best", some[0], ".2f"), (f"{name}-worst", some[1], ".2f")]
    rows += [("ae", frame["gmm"].get("ae"), ".2f")]
    rows += [("ae-rank", int(rank["ae"]) if "ae" in rank else None, "d")]
    paths = frame["interp"]
    rows += [("interp-det", paths.reindex(DETERMINISTIC).min(), ".2f")]
    rows += [("interp-vae", paths.get("vae"), ".2f")]
    return [(name, None if pd.isna(value) else value, form) for name, value, form in rows]
