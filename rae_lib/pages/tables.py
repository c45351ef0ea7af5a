"""The papers' tables out of stored records: frames of (mean, spread over seeds), published numbers beside them."""

import os
import sys
from collections.abc import Collection

import pandas as pd

from rae_lib.campaign import command
from rae_lib.claims import verdicts
from rae_lib.config import (
    DATASETS,
    DOCUMENTS,
    SYSTEMS,
    Config,
    catalogue,
    check_choice,
    origin,
    resolve,
)
from rae_lib.pages.charts import look
from rae_lib.results import gate, store
from rae_lib.results.frame import of_results
from rae_lib.results.printed import printed_value

ORDER = ("mnist", "cifar10", "celeba64", "fashion_mnist", "digits", "synth8", "synth16")
SETS = {"rec": "REC", "N": "N", "gmm": "GMM", "interp": "Interp"}
SEEDS = (0, 1, 2)  # of the campaigns
SCORES = {"prd_f8": "F8", "prd_f1_8": "F1/8"}
TITLES = {name: catalogue()["dataset"][name]["title"] for name in DATASETS}


def shown(dataset: str, profile: str, recompute: bool, document: str = "rae") -> list[str]:
    """The data sets of a page: the named one, or for "all" every one with runs of the document's systems stored.

    MNIST first. profile: "largest" for the largest that is stored of each.
    Raises ValueError for an unknown name, and for "all" where runs are to be made: those need one name.
    """
    if named := asked(dataset, recompute):
        return named
    return [name for name in ORDER if is_stored(name, store.largest(name, profile), document)]


def asked(dataset: str, recompute: bool) -> list[str]:
    """The data set that is named; nothing for "all". Raises ValueError as `shown` does."""
    check_choice("dataset", dataset, ("all", *DATASETS))
    if dataset == "all" and recompute:
        raise ValueError(f"recompute needs one data set by name; allowed: {', '.join(DATASETS)}")
    return [] if dataset == "all" else [dataset]


def is_stored(dataset: str, profile: str, document: str) -> bool:
    """Whether a run of one of the document's systems is stored. Reads no more results than it needs to."""
    wanted = (resolve(s, dataset, profile, seed) for seed in SEEDS for s in DOCUMENTS[document])
    return any(map(store.find, wanted))


def systems(
    dataset: str,
    profile: str,
    seeds: list[int],
    recompute: bool,
    document: str = "rae",
    only: tuple[str, ...] = (),
) -> list[store.Result]:
    """The runs of a document's systems (only: of these) on one data set, made anew if asked; seeds not stored are
    left out. Raises FileNotFoundError where none is stored."""
    names, profile = only or DOCUMENTS[document], store.largest(dataset, profile)
    wanted = [resolve(s, dataset, profile, seed) for seed in seeds for s in names]
    results = command.ensure(wanted, recompute=recompute, missing="skip", progress=live())
    if not results:
        raise FileNotFoundError(store.why_missing(wanted[0]))
    return results


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


def measured(
    table: pd.DataFrame,
    metric: str,
    columns: dict[str, str],
    features: str,
    protocol: str = "clean",
) -> pd.DataFrame:
    """System x set of one metric as (mean, spread); systems in the order of the papers.

    A dagger stands beside a system of which a run was not trained enough (`gate`).
    """
    rows = pick(table, metric=metric, features=features, protocol=protocol, variant="")
    found = [s for s in SYSTEMS if s in set(rows["system"])]
    cells = {
        title: [spread(pick(rows, system=s, set=name)["value"]) for s in found]
        for name, title in columns.items()
    }
    return labelled(pd.DataFrame(cells, index=found), gate.doubtful(pick(table, variant="")))


def labelled(frame: pd.DataFrame, doubtful: Collection[str] = ()) -> pd.DataFrame:
    """The systems of the index under their printed names, as a first column; a dagger beside doubtful ones."""
    labels = [look(s).label + gate.DAGGER * (s in doubtful) for s in frame.index]
    frame.insert(0, "system", labels)
    return frame


def beside(
    frame: pd.DataFrame,
    dataset: str,
    columns: dict[str, tuple[str, str]] | None = None,
    *,
    difference: bool = False,
) -> pd.DataFrame:
    """`measured` with the published value of every cell in a column of its own (absent: not printed).

    columns: title -> (metric, set); by default the four of Table 1. difference: ours minus print in one more
    column, which makes sense in the papers' own features only.
    """
    frame = frame.copy()
    columns = columns or {title: ("frechet", name) for name, title in SETS.items()}
    for title, (metric, name) in columns.items():
        column = [printed_value("rae", s, dataset, metric, name) for s in frame.index]
        if title in frame and any(value is not None for value in column):
            at = frame.columns.get_loc(title) + 1
            frame.insert(at, f"{title} in print", column)
            if difference:
                pairs = zip(frame[title], column, strict=True)
                gaps = [
                    c[0] - v if isinstance(c, tuple) and v is not None else None for c, v in pairs
                ]
                frame.insert(at + 1, f"{title} difference", gaps)
    return frame


def ratios(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """What the mixture leaves of the own sampler's distance, GMM / N, here (mean over seeds) and in print."""
    ours = pair(table, dataset, "N", "gmm")
    frame = pd.DataFrame({"here": ours["GMM"] / ours["N"]}, index=ours.index)
    printed = {
        name: [printed_value("rae", s, dataset, "frechet", name) for s in ours.index]
        for name in ("N", "gmm")
    }
    both = zip(printed["gmm"], printed["N"], strict=True)
    frame["in print"] = [g / n if g is not None and n is not None else None for g, n in both]
    frame = frame.dropna(subset=["here"]).dropna(axis=1, how="all")
    return labelled(frame, gate.doubtful(pick(table, variant="")))


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


def scores(
    table: pd.DataFrame, dataset: str, features: str, protocol: str = "clean"
) -> pd.DataFrame:
    """Table 2: F_8 and F_1/8 of the N and GMM samples, as (mean, spread), the published ones beside them."""
    frames, columns = [], {}
    for metric, short in SCORES.items():
        titles = {name: f"{short} {SETS[name]}" for name in ("N", "gmm")}
        columns |= {title: (metric, name) for name, title in titles.items()}
        frames.append(measured(table, metric, titles, features, protocol))
    return beside(frames[0].join(frames[1].drop(columns="system")), dataset, columns)


def scale(results: list[store.Result]) -> str:
    """One sentence naming everything in which these runs are smaller than the papers'."""
    ours, raw = results[0].config, results[0].raw
    paper = resolve(ours.system, ours.dataset, "paper")
    seeds = sorted({r.config.seed for r in results})
    parts = [
        f"Profile {ours.profile}",
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}",
        f"{raw['data']['train']:,} training images",
        f"{updates(ours, raw):,} updates (papers: {updates(paper, raw):,})",
        f"width {ours.width}" + ("" if ours.variant else f" (papers: {paper.width})"),
        f"{min(ours.samples, raw['data']['test']):,} images per set",
    ]
    parts += [words] if (words := accuracy(results)) else []
    note = raw["data"]["note"]
    return "; ".join(parts) + "." + (f" Data: {note}." if note else "")


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


def coefficients(dataset: str, profile: str, document: str = "rae") -> pd.DataFrame:
    """beta, lambda, learning rate and their source, one row a system of the document."""
    rows, profile = [], store.largest(dataset, profile)
    for system in DOCUMENTS[document]:
        config = resolve(system, dataset, profile)
        sources = {f: source for f, _, _, source in origin(system, dataset, profile)}
        lam = config.lam if config.lam else None
        rows.append(
            {
                "system": look(system).label,
                "β": config.beta or None,
                "λ": lam,
                "rate": config.lr,
                "epochs": config.epochs,
                "source of β, λ": sources.get("beta", ""),
            }
        )
    frame = pd.DataFrame(rows)
    for column in ("β", "λ", "rate"):
        frame[column] = [f"{v:g}" if pd.notna(v) else None for v in frame[column]]
    return frame


def decided(ids: str, dataset: str, results: list[store.Result]) -> list[verdicts.Verdict]:
    """The verdicts of these claims (names with spaces between them) on runs of one data set and profile."""
    shown = [dataset] if results else []
    return verdicts.decide(ids.split(), of_results(results), shown)


def features_of(dataset: str) -> str:
    """The features in which every run on this data set is measured."""
    return "pixels" if dataset.startswith("synth") else "domain"


def rank_columns(
    table: pd.DataFrame, dataset: str, name: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Published and measured Frechet distance by system, for `charts.ranks`; stand-ins take MNIST's print."""
    printed = dataset if dataset in ("mnist", "cifar10", "celeba64") else "mnist"
    frame = measured(table, "frechet", {name: "ours"}, features_of(dataset))
    ours = {s: cell[0] for s, cell in frame["ours"].items() if isinstance(cell, tuple)}
    values = {s: printed_value("rae", s, printed, "frechet", name) for s in ours}
    return {s: v for s, v in values.items() if v is not None}, ours


def pair(table: pd.DataFrame, dataset: str, start: str, end: str) -> pd.DataFrame:
    """Mean Frechet distance of two sets by system, for `charts.dumbbell`."""
    frame = measured(table, "frechet", {start: SETS[start], end: SETS[end]}, features_of(dataset))
    columns = [SETS[start], SETS[end]]
    return frame[columns].map(lambda cell: cell[0] if isinstance(cell, tuple) else None)


def inception(table: pd.DataFrame) -> tuple[pd.DataFrame, str] | None:
    """FID and KID in every Inception layer and set that was measured, with a note; None if there is nothing."""
    rows = table[table["features"].str.startswith("inception") & (table["protocol"] == "clean")]
    rows = rows[rows["metric"].isin(["frechet", "kid"]) & ~rows["set"].isin(["real", "halves"])]
    if rows.empty:
        return None
    frames, notes = [], []
    for kind in sorted(rows["features"].unique(), reverse=True):
        layer, present = kind.rpartition("-")[2], set(pick(rows, features=kind)["set"])
        for metric, title in (("frechet", f"FID-{layer}"), ("kid", f"KID-{layer}")):
            columns = {s: f"{title} {t}" for s, t in SETS.items() if s in present}
            frame = measured(table, metric, columns, kind)
            if layer == "2048" and metric == "frechet":
                printed = {text: ("frechet", s) for s, text in columns.items()}
                frame = beside(frame, table["dataset"].iloc[0], printed, difference=True)
            frames.append(frame)
        counts = pick(rows, features=kind).iloc[0]
        notes.append(
            f"{counts.n_fake:,} images against {counts.n_real:,} test images. {floor(table, kind)}"
        )
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.join(frame.drop(columns="system"), how="outer")
    return whole.loc[[s for s in SYSTEMS if s in whole.index]], " ".join(notes)


def score_floor(table: pd.DataFrame, features: str) -> str:
    """One sentence: the scores of real images against real images."""
    values = {
        short: pick(table, metric=metric, set="real", features=features)["value"]
        for metric, short in SCORES.items()
    }
    if values["F8"].empty:
        return ""
    return f"Real validation against test images: F8 {values['F8'].mean():.3f}, F1/8 {values['F1/8'].mean():.3f}."
