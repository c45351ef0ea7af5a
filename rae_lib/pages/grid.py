"""The grid study of the DAE document: its runs, its printed numbers, and both in the sizes that the paper prints.

A small profile narrows the networks and shortens the codes. `sizes` turns a run's own sizes back into those of the
paper that it stands for, so that a row, a curve and a printed cell meet under one name: 128 filters, 128 latent units.
"""

from functools import cache

import pandas as pd

from rae_lib import studies
from rae_lib.campaign import command
from rae_lib.config import DOCUMENTS, Config, catalogue, check_choice, resolve
from rae_lib.pages import tables
from rae_lib.results import gate, store
from rae_lib.results.printed import printed as all_printed

STUDY = "grid"
DATASETS = ("digits", "cifar10", "celeba64")
WIDTH = 128  # filters of the comparison with other documents
SYSTEMS = ("dae", "vae-dae")
SETS = {"rec_train": "Train R", "rec": "Test R", "N01": "N(0,I)", "mvg": "MVG", "gmm": "GMM"}
FITTED = {"mvg": "MVG", "gmm": "GMM"}
RIVALS = {  # of Table 2, by the name there
    "cifar10": {"WAE": "wae-mmd", "RAE": "rae-l2", "EAE": "eae"},
    "celeba64": {"WAE": "wae-mmd", "RAE": "rae-sn", "EAE": "eae", "GMM - DAE": "gmm-dae"},
}
NUMBERS = (  # of a run, beside its Frechet distances; those of codes are of the training codes
    *("mse", "pixel_variance", "step_cv", "step_time", "code_mean", "code_variance", "sd_spread"),
    *("excess_kurtosis", "gauss_distance", "code_correlation", "code_condition"),
)
SIZES = ["system", "width", "latent", "depth", "code_noise", "input_noise", "frozen"]
HEAD = [*SIZES, "seed", "variant", "epochs", "training", "study", "seconds"]  # of a frame's row


def like(dataset: str) -> str:
    """The paper's data set whose grid and printed numbers stand beside this one: CIFAR-10, or CelebA itself."""
    check_choice("dataset", dataset, DATASETS)
    return "celeba64" if dataset == "celeba64" else "cifar10"


def standard(dataset: str) -> int:
    """The paper's latent size of Table 2: 128 on CIFAR-10, 64 on CelebA."""
    return resolve("dae", like(dataset), "paper").latent


def factors(dataset: str, profile: str) -> dict[str, float]:
    """What a profile multiplies the paper's sizes by."""
    return studies.layered(catalogue()["study"][STUDY].get("scale", []), dataset, profile)


def depth_of(depth: tuple[int, ...]) -> str:
    """(1, 1, 1, 1) -> "1", (3, 3, 2, 1) -> "3,3,2,1"."""
    return str(depth[0]) if len(set(depth)) == 1 else ",".join(map(str, depth))


def sizes(config: Config) -> dict[str, object]:
    """The sizes of the paper that a run stands for, and what it changes about the code."""
    scale = factors(config.dataset, config.profile)
    own = {k: round(getattr(config, k) / scale.get(k, 1)) for k in ("width", "latent")}
    own |= {k: getattr(config, k) for k in ("system", "code_noise", "input_noise", "frozen")}
    own |= {"depth": depth_of(config.depth)}
    return {name: own[name] for name in SIZES}


def planned(dataset: str, profile: str) -> pd.DataFrame:
    """One row a run of the study (of one seed): the sizes of the paper, and the configuration."""
    like(dataset)
    found = studies.study(STUDY, dataset, profile)
    return pd.DataFrame([sizes(c) | {"config": c} for c in found], columns=[*SIZES, "config"])


def runs_of(
    dataset: str,
    profile: str,
    seeds: list[int],
    recompute: bool,
    systems: tuple[str, ...] = ("dae", "vae-dae", "dae-bn"),
) -> list[store.Result]:
    """The study's runs and the own ones of some of the document's systems; what is not stored is left out."""
    like(dataset)
    wanted = [c for seed in seeds for c in studies.study(STUDY, dataset, profile, seed)]
    wanted += [resolve(s, dataset, profile, seed) for seed in seeds for s in systems]
    found = command.ensure(wanted, recompute=recompute, missing="skip", progress=tables.live())
    if not found:
        raise FileNotFoundError(store.why_missing(wanted[0]))
    return found


def rivals(dataset: str, profile: str, seeds: list[int]) -> list[store.Result]:
    """The runs of the other documents' systems that are stored: never made here."""
    names = (*DOCUMENTS["rae"], *DOCUMENTS["eae"])
    wanted = [resolve(s, dataset, profile, seed) for seed in seeds for s in names]
    return command.ensure(wanted, missing="skip")


def frame(results: list[store.Result], features: str) -> pd.DataFrame:
    """One row a run: the paper's sizes, the Frechet distance of each set by its name, the numbers of the training
    codes and others by their metric, parameters and seconds; `study`: whether it is a cell of the grid.

    A system's own run counts as the cell of the grid that it is, where that cell has no run of its own.
    """
    rows = pd.DataFrame([row(r, features) for r in results], columns=None if results else HEAD)
    columns = list(dict.fromkeys([*SIZES, *SETS, "interp", "study", *rows, *NUMBERS]))
    whole = rows.reindex(columns=columns).drop_duplicates("training")
    return whole.drop(columns="training").astype({"study": bool}).reset_index(drop=True)


def row(result: store.Result, features: str) -> dict[str, object]:
    config = result.config
    found = sizes(config) | {"seed": config.seed, "variant": config.variant}
    found |= {"epochs": config.epochs, "training": config.training_hash}
    found["study"] = config.training_hash in schedule(config.dataset, config.profile, config.seed)
    found["seconds"] = result.raw["seconds"]["train"]
    for record in result.records:
        kind, of, name = record["features"], record["set"], record["metric"]
        if record["protocol"] == "clean" and name == "frechet" and kind == features:
            found[of] = record["value"]
        elif name in NUMBERS and (kind, of) != ("codes", "rec"):
            found[name] = record["value"]
    return found


@cache
def schedule(dataset: str, profile: str, seed: int) -> frozenset[str]:
    """The trainings of the study, by which a run of a system itself is known to be one of its cells."""
    return frozenset(c.training_hash for c in studies.study(STUDY, dataset, profile, seed))


def cells(rows: pd.DataFrame, **where: object) -> pd.DataFrame:
    """The runs of the grid with these sizes; what is not named is the plain network (depth 1, no noise)."""
    plain = {"depth": "1", "code_noise": 0.0, "input_noise": 0.0, "study": True}
    return tables.pick(rows, **(plain | where))


def mean_of(rows: pd.DataFrame, name: str) -> tuple[float, float | None] | None:
    """(mean, spread over seeds) of one column, None for no value."""
    return tables.spread(rows[name].dropna().astype(float))


def best(rows: pd.DataFrame, name: str) -> tuple[int, tuple[float, float | None]] | None:
    """The latent size with the lowest mean of a column, and (mean, spread) there; None with fewer than two sizes."""
    means = rows.dropna(subset=[name]).groupby("latent")[name].mean()
    if len(means) < 2:
        return None
    size = int(means.idxmin())
    return size, mean_of(tables.pick(rows, latent=size), name)


def sensitivity(rows: pd.DataFrame, name: str) -> float | None:
    """(max - min) / min of a column's means over the latent sizes: how much the size matters (claim DAE-05)."""
    means = rows.dropna(subset=[name]).groupby("latent")[name].mean()
    return float((means.max() - means.min()) / means.min()) if len(means) > 1 else None


@cache
def published() -> pd.DataFrame:
    """Every printed number of the document: dataset, system, width, latent, depth, set, value, source."""
    rows = all_printed("dae").rename(columns={"table": "source"})
    rows = rows[rows["set"] != "N"].assign(depth=rows["depth"].fillna("1"))
    key = ["dataset", "system", "width", "latent", "depth", "set", "source"]
    return rows.drop_duplicates(key, ignore_index=True)[[*key, "value"]]


def printed(dataset: str, name: str, **where: object) -> float | None:
    """The printed value of a set at these sizes (system, width, latent, depth), None where there is none."""
    found = tables.pick(published(), dataset=like(dataset), set=name, **({"depth": "1"} | where))
    return float(found["value"].iloc[0]) if len(found) else None


def printed_best(
    dataset: str, name: str, system: str, width: int, depth: str = "1"
) -> tuple[int, float] | None:
    """(latent size, value) of the lowest printed value of a set over the latent sizes."""
    where = {"system": system, "width": width, "depth": depth, "set": name}
    found = tables.pick(published(), dataset=like(dataset), **where)
    if found.empty:
        return None
    lowest = found.loc[found["value"].idxmin()]
    return int(lowest["latent"]), float(lowest["value"])


def reductions(results: list[store.Result], rows: pd.DataFrame) -> str:
    """One sentence naming everything in which the grid's runs are smaller than the paper's.

    rows: their frame.
    """
    config, raw = results[0].config, results[0].raw
    mine = rows[rows["study"]]
    paper = resolve("dae", like(config.dataset), "paper").epochs
    seeds = sorted(set(mine["seed"]))
    parts = [f"Profile {config.profile}"]
    parts += [f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"] if seeds else []
    parts += [f"{raw['data']['train']:,} training images"]
    parts += [f"{min(mine['epochs'])} epochs (paper: {paper})"] if len(mine) else []
    parts += [f"{min(config.samples, raw['data']['test']):,} images per set"]
    words = {"width": "filters", "latent": "latent units"}
    scale = factors(config.dataset, config.profile)
    small = [f"1/{1 / scale[k]:g} of the {word}" for k, word in words.items() if k in scale]
    own = rows[~rows["study"] & (rows["variant"] == "")]
    if len(own):
        found = ", ".join(map(str, sorted(set(own["seed"]))))
        parts += [f"systems' own runs {max(own['epochs'])} epochs, seeds {found}"]
    parts += ["sizes named as in the paper" + (f", here {' and '.join(small)}" if small else "")]
    parts += [words] if (words := tables.accuracy(results)) else []
    parts += untrained(rows, config.dataset, config.profile)
    note = raw["data"]["note"]
    return "; ".join(parts) + "." + (f" Data: {note}." if note else "")


def untrained(rows: pd.DataFrame, dataset: str, profile: str) -> list[str]:
    """Why some of these runs (`frame`) were not trained enough: the doubling test, and how many collapsed."""
    left = (rows["mse"] / rows["pixel_variance"]).astype(float)
    bounds = [gate.bound(dataset, profile, variant) for variant in rows["variant"]]
    count = int((left > bounds).sum())
    doubts = [gate.doubling(dataset, profile).doubt]
    doubts += [f"{gate.SHORT}: {count} of {len(rows)} runs collapsed"] if count else []
    return [f"{gate.DAGGER} {doubt}" for doubt in doubts if doubt]
