"""The tables that the papers print, as records in the shape of `runs.table`.

A model goes by our name; where the papers name its sizes, by the variant of the run of a grid study
that stands for them ("" for a system's own sizes), so that a rule reads print as it reads runs.
"""

import re
from functools import cache
from pathlib import Path

import pandas as pd

from rae_lib.claims.inequality import FIELDS, alias_of, cell_of
from rae_lib.config import DOCUMENTS, catalogue

FOLDER = Path(__file__).parents[1] / "published"
PRINTED = {
    "rae": ("rae_iclr_table1_fid", "rae_iclr_table2_prd"),
    "eae": ("eae_table1_fid",),
    "eae-captions": ("eae_captions",),
    "dae": ("dae_table2_fid", "dae_table3_fid", "dae_text"),
    "slides-1": ("slides_table1_fid",),
    "slides-3": ("slides_table3_fid",),
    "slides-4": ("slides_table4_precision_recall",),
}
PRINTED_DATASETS = {
    "MNIST": "mnist",
    "Fashion-MNIST": "fashion_mnist",
    "CIFAR-10": "cifar10",
    "CelebA": "celeba64",
}
PRINTED_SYSTEMS = {  # every other name in lower case is ours
    spelling: name
    for group in ("system", "printed")
    for name, table in catalogue()[group].items()
    for spelling in table.get("printed", ())
}
# DAE quotes as "RAE" the best one of each data set; its VAE is not that of the RAE papers.
QUOTED = {("RAE", "cifar10"): "rae-l2", ("RAE", "celeba64"): "rae-sn"}
STUDIES = {"dae": "grid", "eae-captions": "bottleneck"}  # whose sizes a table names
# F_8 weighs recall: what the tables head "precision" is read as F_1/8 (RAE-03 tests that reading).
PRINTED_METRICS = {
    "FID": "frechet",
    "FID_train": "frechet",
    "FID_test": "frechet",
    "precision": "prd_f1_8",
    "recall": "prd_f8",
    "PRD_first_labelled_precision": "prd_f1_8",
    "PRD_second_labelled_recall": "prd_f8",
    "beta_shown": "beta",
}
PRINTED_SETS = {"GMM10": "gmm", "MVG": "mvg", "gen": "N"}


@cache
def printed(name: str) -> tuple[dict, ...]:
    """The records of a printed table."""
    if name not in PRINTED:
        raise ValueError(f"unknown published table {name!r}; known: {', '.join(PRINTED)}")
    rows = pd.concat([pd.read_csv(FOLDER / f"{file}.csv") for file in PRINTED[name]])
    return tuple(record(name, row) for row in rows.to_dict("records"))


def published_table(name: str) -> pd.DataFrame:
    """A printed table in the shape of `runs.table`: profile "published", protocol "paper"."""
    return pd.DataFrame(printed(name), columns=FIELDS)


def record(table: str, row: dict) -> dict:
    (model, sizes), dataset = parsed(row["model"]), PRINTED_DATASETS[row["dataset"]]
    metric, _, kind = row["metric"].rpartition("_")
    if not metric:  # slides-4 names the score alone: of the model's own sampler
        metric, kind = kind, "gen"
    system = system_of(table, model, dataset)
    own = "gmm" if "+ GMM" in model and kind == "gen" else PRINTED_SETS.get(kind, kind)
    place = {"system": system, "dataset": dataset, "seed": 0}
    place["variant"] = variant_of(STUDIES.get(table, ""), system, dataset, sizes)
    place |= {"profile": "published", "protocol": "paper", "features": "inception-2048"}
    place["set"] = "rec_train" if metric == "FID_train" else own
    images = {"n_real": 10_000, "n_fake": 10_000, "value": float(row["value"])}
    return {"metric": PRINTED_METRICS[metric], **place, **images}


def parsed(model: str) -> tuple[str, dict[str, object]]:
    """ "DAE (filters=128, depth=[3,3,2,1], latent=96)" -> its name and its sizes."""
    name = re.match(r"(.+?)(?: \(filters=.*| unregularised.*| \+ L2, latent.*)?$", model)[1]
    found = {"width": r"filters=(\d+)", "latent": r"latent[= ](\d+)"}
    sizes = {k: re.search(pattern, model) for k, pattern in found.items()}
    sizes = {k: int(match[1]) for k, match in sizes.items() if match}
    if depth := re.search(r"depth=\[([\d,]+)\]", model):
        sizes["depth"] = [int(n) for n in depth[1].split(",")]
    return name, sizes


def system_of(table: str, model: str, dataset: str) -> str:
    """Our name of a printed model."""
    if table == "dae":
        model = "VAE-DAE" if model == "VAE" else QUOTED.get((model, dataset), model)
    system = PRINTED_SYSTEMS.get(model, model.lower())
    return "vae-fixed" if (table[:6], system) == ("slides", "vae") else system


def variant_of(study: str, system: str, dataset: str, sizes: dict[str, object]) -> str:
    """The run of a study that has these sizes; "" for those of a system itself, or a quoted one."""
    if not sizes or system not in (*DOCUMENTS["eae"], *DOCUMENTS["dae"]):
        return ""
    name, own = cell_of(study, system, dataset, "paper", **sizes)
    return "" if own else name


def published(
    table: str, system: str, dataset: str, metric: str, kind: str, variant: str = ""
) -> float | None:
    """The printed value of a metric on a set of images ("rec", "N", "gmm", ...), None without one.

    table: "rae" (000 and 001, Tables 1 and 2), "eae", "eae-captions", "dae", "slides-1",
    "slides-3" or "slides-4". variant: of a grid study at the papers' sizes, "" for the system's
    own; `published_at` takes the sizes themselves.
    """
    variant = "" if variant in STUDIES.values() else variant
    wanted = [(system, dataset, variant, metric, k) for k in (kind, alias_of(system, kind))]
    keys = ("system", "dataset", "variant", "metric", "set")
    return next((r["value"] for r in printed(table) if tuple(r[k] for k in keys) in wanted), None)


def published_at(
    table: str, system: str, dataset: str, kind: str, **sizes: object
) -> float | None:
    """The printed Frechet distance at these sizes: "dae" (width, latent, depth), "eae-captions"."""
    name = variant_of(STUDIES[table], system, dataset, sizes)
    return published(table, system, dataset, "frechet", kind, name)


def weights_shown(dataset: str) -> list[float]:
    """The entropic weights that EAE shows on a data set, in the order of its captions."""
    rows = [r for r in printed("eae-captions") if (r["metric"], r["dataset"]) == ("beta", dataset)]
    return [r["value"] for r in rows]
