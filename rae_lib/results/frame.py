"""Every number of the book in one long frame: ours, and the published ones, in one schema.

A row is one number: who says it (`document`: "here" for ours), of which run, which metric on which set of images.
Sizes are the real ones of the run; `paper_width` and `paper_latent` are the sizes of the paper for which it stands.
Selecting, averaging over seeds and pivoting this frame is all that a table, a figure or a claim does.
"""

from collections.abc import Callable, Mapping
from functools import cache

import pandas as pd

from rae_lib import studies
from rae_lib.config import DATASETS, Config, catalogue, check_choice, own_set, resolve
from rae_lib.results import gate, store

RUN = ["document", "profile", "dataset", "system", "seed", "study", "variant", "training"]
SIZES = ["width", "latent", "depth", "paper_width", "paper_latent"]
# Fields that studies vary, in addition to the sizes.
VARIED = ["epochs", "beta", "sigma", "mc_samples", "code_noise", "input_noise", "frozen"]
VARIED += ["regulariser", "batch_norm", "prior_depth", "prior_units"]
RECORD = ["metric", "set", "features", "protocol", "n_real", "n_fake", "components", "step", "value"]
COLUMNS = [*RUN, *SIZES, *VARIED, *RECORD, "table", "text", "doubt"]
PLACE = ["document", "table", "profile", "dataset", "system", "seed", "study"]
IDENTITY = [*PLACE, *SIZES, *VARIED, "metric", "set", "features", "protocol", "components", "step"]
SHARES = (0.1, 1.0)  # of the epochs, at which the norm of the codes is a record
CODES = {"rec": "test codes", "rec_train": "training codes"}  # what code statistics are of


def measured(
    profile: str = "largest", *, datasets: list[str] | None = None, seeds: list[int] | None = None
) -> pd.DataFrame:
    """Every record of the stored runs, studies included; None: all there are, MNIST first.

    profile: "largest" takes the largest stored one of each data set. Raises ValueError for unknown names, and where
    features of one data set were measured with different weights.
    """
    for dataset in datasets or ():
        check_choice("dataset", dataset, DATASETS)
    chosen = datasets or DATASETS
    found = [r for d in chosen for r in store.load_all(store.largest(d, profile), d)]
    return of_results([r for r in found if seeds is None or r.config.seed in seeds])


def of_results(results: list[store.Result]) -> pd.DataFrame:
    """The records of these results, in the schema."""
    store.check_rulers(results)
    rows = []
    for result in results:
        named = run_columns(result.config)
        rows += [named | record for record in records_of(result)]
    frame = framed(rows)
    return gate.with_doubts(with_other_names(frame)) if len(frame) else frame


def framed(rows: list[dict]) -> pd.DataFrame:
    """Rows as a frame with every column of the schema; what a row lacks is missing."""
    return pd.DataFrame(rows).reindex(columns=COLUMNS).astype({"value": float})


def run_columns(config: Config, study: str | None = None) -> dict[str, object]:
    """What names a run, with its sizes and what its study varies; study: in which it counts, by default its own."""
    study = study_of(config.variant) if study is None else study
    wide, deep = paper_sizes(config, study)
    return {
        "document": "here",
        "profile": config.profile,
        "dataset": config.dataset,
        "system": config.system,
        "seed": config.seed,
        "study": study,
        "variant": config.variant,
        "training": config.training_hash,
        "width": config.width,
        "latent": config.latent,
        "depth": depth_text(config.depth),
        "paper_width": wide,
        "paper_latent": deep,
    } | {name: getattr(config, name) for name in VARIED}


def study_of(variant: str) -> str:
    """The study that a variant belongs to; "" for a system's own run."""
    return max(studies.find_studies(variant), key=len, default="")


def paper_sizes(config: Config, study: str) -> tuple[int, int]:
    """The width and latent size of the paper for which a run is made in a study."""
    paper = resolve(config.system, config.dataset, "paper")
    own = resolve(config.system, config.dataset, config.profile, config.seed)
    book = catalogue()["study"].get(study, {})
    factors = studies.layered(book.get("scale", []), config.dataset, config.profile)

    def of_paper(name: str) -> int:
        value = getattr(config, name)
        if name in factors:
            return round(value / factors[name])
        return getattr(paper, name) if value == getattr(own, name) else value

    return of_paper("width"), of_paper("latent")


def depth_text(depth: tuple[int, ...]) -> str:
    """(1, 1, 1, 1) -> "1", (3, 3, 2, 1) -> "3,3,2,1"."""
    return str(depth[0]) if len(set(depth)) == 1 else ",".join(map(str, depth))


def records_of(result: store.Result) -> list[dict]:
    """The records of a result, its mixture study, its code norms over time and its cost among them."""
    found = [
        r | {"set": CODES[r["set"]]} if r["features"] == "codes" and r["set"] in CODES else r for r in result.records
    ]
    return found + component_records(result) + history_records(result) + cost_records(result)


def component_records(result: store.Result) -> list[dict]:
    """The mixture study: distance and log-likelihoods by number of components, as study "components".

    Each number of components as the run has it, else as it was measured later (`measure components`).
    """
    rows, parts = [], (result.extras.get("components", {}), result.raw)
    entries = {entry["components"]: entry for part in parts for entry in part.get("components") or []}
    for _, entry in sorted(entries.items()):
        plain = {"study": "components", "set": "gmm", "protocol": "clean", "components": entry["components"]}
        plain |= {name: entry[name] for name in ("n_real", "n_fake") if name in entry}
        names = {"train_loglik": "codes", "val_loglik": "codes", "frechet": entry.get("features")}
        rows += [
            plain | {"metric": name, "features": features, "value": entry[name]}
            for name, features in names.items()
            if entry.get(name) is not None
        ]
    return rows


def history_records(result: store.Result) -> list[dict]:
    """Mean |z|^2 of the training codes after a share of the epochs; distances at the checkpoints."""
    history = result.history
    if history.empty:
        return []
    norms, last = history.get("code_norm"), len(history)
    ends = {share: max(1, round(share * last)) - 1 for share in SHARES if norms is not None}
    rows = [fact("code_norm", f"share-{s:g}", float(norms.iloc[end])) for s, end in ends.items()]
    return rows + checkpoint_records(result)


def checkpoint_records(result: store.Result) -> list[dict]:
    """Of the distances at the checkpoints (`evaluation.checkpoints`): the lowest, the last, and last / lowest."""
    rows, history = [], result.history
    for kind in ("rec", "N"):
        values = history[f"watched/{kind}"].dropna() if f"watched/{kind}" in history else []
        if len(values):
            low, last = float(values.min()), float(values.iloc[-1])
            found = {"lowest_checkpoint": low, "last_checkpoint": last, "optimism": last / low}
            own = {"features": result.raw.get("features", {}).get("name", "none")}
            rows += [fact(metric, kind, value) | own for metric, value in found.items()]
    return rows


def cost_records(result: store.Result) -> list[dict]:
    """Parameters of the system, and seconds of its training, densities and evaluation."""
    seconds = result.raw["seconds"]
    rows = [fact("parameters", "none", result.raw["parameters"])]
    return rows + [fact(f"{part}_seconds", "none", seconds[part]) for part in ("train", "density", "evaluate")]


def fact(metric: str, kind: str, value: float) -> dict:
    """A record that depends on no features."""
    plain = {"metric": metric, "set": kind, "features": "none", "protocol": "clean"}
    return plain | {"n_real": 0, "n_fake": 0, "value": value}


def other_name(system: str, kind: str) -> str:
    """The other name of a system's own sampler: N and N01, or N and mvg; any other set keeps its name."""
    own = own_set(system)
    return {"N": own, own: "N"}.get(kind, kind)


def with_other_names(frame: pd.DataFrame) -> pd.DataFrame:
    """A system's own sampler N is its prior (N01) or a fitted Gaussian (mvg): rows under both names, each once."""
    other = [other_name(s, k) for s, k in zip(frame["system"], frame["set"], strict=True)]
    twins = frame.assign(set=other)[[a != b for a, b in zip(other, frame["set"], strict=True)]]
    both = pd.concat([frame, twins])
    return both.drop_duplicates([*IDENTITY, "variant"], keep="first", ignore_index=True)


def select(frame: pd.DataFrame, **where: object) -> pd.DataFrame:
    """The rows with these values; a list, tuple or set means "one of".

    Without `study`, rows of the systems' own runs. Without `features`, nothing of our runs in Inception features.
    Raises ValueError for a column that does not exist, naming all.
    """
    if "study" not in where:
        where = {"study": ""} | where
    keep = pd.Series(True, index=frame.index)
    if "features" not in where and "features" in frame:
        others = frame["system"].isna() | (frame["document"] != "here")
        keep &= others | ~frame["features"].astype(str).str.startswith("inception")
    for column, value in where.items():
        check_choice("column", column, tuple(frame.columns))
        several = isinstance(value, list | tuple | set | frozenset)
        keep &= frame[column].isin(list(value)) if several else frame[column] == value
    return frame[keep]


def select_distances(frame: pd.DataFrame, **where: object) -> pd.DataFrame:
    """The Frechet distances in a data set's own features, clean protocol, with these values (`select`)."""
    return select(frame, **({"metric": "frechet", "protocol": "clean", "features": ["domain", "pixels"]} | where))


def check_features(frame: pd.DataFrame, columns: list[str]) -> None:
    """Raises ValueError where rows that agree in these columns, and would be averaged, differ in their features."""
    if "features" not in frame or "features" in columns:
        return
    counts = frame.dropna(subset=["value"]).groupby(columns, dropna=False, observed=True)["features"].nunique()
    if mixed := [key for key, count in counts.items() if count > 1]:
        raise ValueError(f"numbers in different features would be averaged at {mixed[0]}; choose one with `features`")


def rows_at(frame: pd.DataFrame, where: Mapping[str, object]) -> pd.DataFrame:
    """The rows with these values, of whatever study."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def of_study(frame: pd.DataFrame, study: str) -> pd.DataFrame:
    """The rows of a study, those of the systems' own runs that are the same training as one of its cells among them.

    On a data set with runs of the study, own runs of other seeds than theirs are left out (`at_seeds_of`).
    """
    check_choice("study", study, tuple(catalogue()["study"]))
    own = frame[(frame["study"] == "") & (frame["document"] == "here")]
    places = own[["profile", "dataset", "seed"]].drop_duplicates().itertuples(index=False)
    planned = {cell["training"]: cell for p, d, s in places for cell in cells(study, d, p, s)}
    shared = own[own["training"].isin(planned.keys())].assign(study=study)
    for size in ("paper_width", "paper_latent") if len(shared) else ():
        shared[size] = [planned[h][size] for h in shared["training"]]
    varied = frame[frame["study"] == study]
    found = pd.concat([varied, at_seeds_of(shared, varied)])
    return found.drop_duplicates(IDENTITY, keep="first", ignore_index=True)


def at_seeds_of(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The rows at the seeds that the others have, data set by data set; of data sets that they lack, all rows.

    Runs of one seed share the order of the images and much of the start: a seed can be lucky for all systems at once.
    """
    known = others.groupby("dataset")["seed"].agg(set)
    return rows[[s in known.get(d, {s}) for d, s in zip(rows["dataset"], rows["seed"], strict=True)]]


@cache
def cells(study: str, dataset: str, profile: str, seed: int = 0) -> list[dict]:
    """What names each run that a study plans, as `run_columns` has it; none for a study that is not planned."""
    planned = studies.study(study, dataset, profile, seed) if study in catalogue()["study"] else []
    return [run_columns(config, study) for config in planned]


def best(frame: pd.DataFrame, over: str = "paper_latent") -> pd.DataFrame:
    """The rows at the value of `over` with the lowest mean over seeds, for each system, set and other size."""
    key = ["document", "profile", "dataset", "system", "paper_width", "depth", "metric", "set"]
    key = [c for c in key if c != over]
    means = frame.groupby([*key, over], dropna=False)["value"].mean().reset_index()
    lowest = means.loc[means.groupby(key, dropna=False)["value"].idxmin(), [*key, over]]
    return frame.merge(lowest, on=[*key, over])


def ratio(frame: pd.DataFrame, over: str, of: str, to: str) -> pd.DataFrame:
    """Values where `over` is `of`, divided by those where it is `to`, seed by seed; `over` becomes "of / to"."""
    return paired(frame, over, (of, "/", to), pd.Series.div)


def difference(frame: pd.DataFrame, over: str, of: str, to: str) -> pd.DataFrame:
    """Values where `over` is `of`, less those where it is `to`, seed by seed; `over` becomes "of − to"."""
    return paired(frame, over, (of, "−", to), pd.Series.sub)


def paired(frame: pd.DataFrame, over: str, words: tuple[str, str, str], act: Callable) -> pd.DataFrame:
    """`act` on two values of each pair of rows that differ in `over`; systems may differ in any field."""
    apart = {over, "value", "doubt", "text", "n_real", "n_fake", "features"}
    if over == "system":
        apart |= {"training", "variant", *VARIED}
    key = [c for c in COLUMNS if c not in apart]
    a, b = (frame[frame[over] == name] for name in words[::2])
    both = a.merge(b[[*key, "value", "doubt"]], on=key, suffixes=("", "_below"))
    doubt = both["doubt"].where(both["doubt"] != "", both["doubt_below"])
    value = act(both["value"], both["value_below"])
    both = both.drop(columns=["value_below", "doubt_below"])
    return both.assign(**{over: " ".join(words)}, value=value, doubt=doubt, text=None)


def histories(results: list[store.Result]) -> pd.DataFrame:
    """Every term of every epoch: the columns of a run, `epoch`, `metric` (a term: "reconstruction", "val"), `value`."""
    rows = []
    for result in results:
        long = result.history.melt("epoch", var_name="metric")
        long["metric"] = long["metric"].str.rpartition("/")[2]
        rows.append(long.assign(**run_columns(result.config)))
    empty = pd.DataFrame(columns=[*RUN, *SIZES, "epoch", "metric", "value"])
    return pd.concat(rows, ignore_index=True) if rows else empty
