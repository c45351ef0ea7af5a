"""The published numbers, as rows of the long frame (`frame`): their own digits, our names.

`document` is rae (the ICLR tables), rae-v1, eae, dae or slides; `table` is the place there ("1", "fig6"). Where a
paper names the sizes of a network, these are `width`, `latent` and `depth`; elsewhere they are the system's own.
"""

import re
from functools import cache
from pathlib import Path

import pandas as pd

from rae_lib.config import SYSTEMS, catalogue, check_choice, resolve
from rae_lib.results.frame import VARIED, depth_text, framed, with_other_names

FOLDER = Path(__file__).parents[1] / "published"
FILES = {
    "rae": ("rae_iclr_table1_fid", "rae_iclr_table2_prd", "rae_iclr_fig2_structured"),
    "rae-v1": ("rae_v1_table1_fid", "rae_v1_table2_prd"),
    "eae": ("eae_table1_fid", "eae_captions"),
    "dae": ("dae_table2_fid", "dae_table3_fid", "dae_text"),
    "slides": (
        "slides_table1_fid",
        "slides_table2_nac",
        "slides_table3_fid",
        "slides_table4_precision_recall",
        "slides_table5_bias_variance",
        "slides_fig6_active_dims",
    ),
}
DATASETS = {
    "MNIST": "mnist",
    "Fashion-MNIST": "fashion_mnist",
    "CIFAR-10": "cifar10",
    "CelebA": "celeba64",
    "Synthetic8": "synth8",
    "Synthetic16": "synth16",
    "expressions": "expressions",
    "molecules": "zinc",
}
SYSTEM = {  # by its published names; every other name in lower case is ours
    spelling: name
    for group in ("system", "printed")
    for name, table in catalogue()[group].items()
    for spelling in table.get("printed", ())
}
# F_8 weighs recall: what the tables head "precision" is read as F_1/8 (claim RAE-03 tests that reading).
METRICS = {
    "FID": "frechet",
    "FID_train": "frechet",
    "FID_test": "frechet",
    "precision": "prd_f1_8",
    "recall": "prd_f8",
    "PRD_first_labelled_precision": "prd_f1_8",
    "PRD_second_labelled_recall": "prd_f8",
    "NAC": "nac",
    "mA": "active_dimensions",
    "model_capacity_m": "latent",
    "fraction_valid_mean": "valid_fraction",
    "fraction_valid_pm": "valid_fraction_error",
    "avg_score_mean": "mean_score",
    "avg_score_pm": "mean_score_error",
} | {f"best_score_rank{k}": f"best_score_{k}" for k in (1, 2, 3)}
SETS = {"GMM10": "gmm", "MVG": "mvg", "gen": "N"}
STUDIES = {"dae": "grid", "eae": "bottleneck", "slides": "capacity"}  # whose sizes a paper names
LEFT_OUT = ("best_expression",)  # formulas: no numbers


def printed(*documents: str) -> pd.DataFrame:
    """The published numbers of these documents, of all by default. Raises ValueError for an unknown name."""
    for name in documents:
        check_choice("document", name, tuple(FILES))
    return pd.concat([of_document(name) for name in documents or FILES], ignore_index=True)


@cache
def of_document(name: str) -> pd.DataFrame:
    """The published numbers of one document."""
    read = pd.concat([pd.read_csv(FOLDER / f"{file}.csv", dtype=str) for file in FILES[name]])
    read = read[[not any(word in metric for word in LEFT_OUT) for metric in read["metric"]]]
    rows = [row for line in read.to_dict("records") for row in rows_of(name, line)]
    frame = framed(rows)
    return with_other_names(frame.assign(doubt=""))


def rows_of(document: str, line: dict) -> list[dict]:
    """The rows of one published number: of the system, of a study, or of both where a cell is the system's own."""
    model, sizes = parse_model(line["model"])
    dataset = DATASETS[line["dataset"]]
    system = name_system(document, model, dataset)
    metric, kind = parse_metric(line["metric"], "+ GMM" in model)
    plain = {
        "document": document,
        "table": str(line["table"]),
        "profile": "published",
        "dataset": dataset,
        "system": system,
        "seed": 0,
        "variant": "",
        "metric": metric,
        "set": kind,
        "features": "inception-2048" if metric.startswith(("frechet", "prd")) else "none",
        "protocol": "paper",
        "n_real": 10_000,
        "n_fake": 10_000,
        "value": float(line["value"]),
        "text": line["value"],
    }
    own = own_columns(system, dataset)
    row = plain | own | sizes
    row |= {"paper_width": row.get("width"), "paper_latent": row.get("latent")}
    if "prior_depth" in sizes:
        return [row | {"study": "prior"}]
    if not sizes or (system not in SYSTEMS and document != "slides"):
        return [row | {"study": ""}]
    study = STUDIES[document]
    found = [row | {"study": study}]
    same = all(own.get(name) == value for name, value in sizes.items())
    return [*found, row | {"study": ""}] if same else found


def own_columns(system: str, dataset: str) -> dict[str, object]:
    """The fields of a system of ours at the papers' sizes; nothing for others."""
    if system not in SYSTEMS:
        return {}
    config = resolve(system, dataset, "paper")
    sizes = {"width": config.width, "latent": config.latent, "depth": depth_text(config.depth)}
    return sizes | {name: getattr(config, name) for name in VARIED}


def parse_model(model: str) -> tuple[str, dict[str, object]]:
    """ "DAE (filters=128, depth=[3,3,2,1], latent=96)" -> its name and its sizes."""
    name = re.match(r"(.+?)(?: \(filters=.*|, latent \d+|, capacity \d+)?$", model)[1]
    if model.startswith("FlexAE P-GEN Model"):  # six capacities, not published: ours in their order
        block = catalogue()["study"]["prior"]["blocks"][int(model.split()[-1]) - 1]
        return "FlexAE (Proposed)", {name: values[0] for name, values in block.items() if name != "system"}
    patterns = {"width": r"filters=(\d+)", "latent": r"(?:latent|capacity)[= ](\d+)"}
    sizes = {k: re.search(pattern, model) for k, pattern in patterns.items()}
    sizes = {k: int(match[1]) for k, match in sizes.items() if match}
    if depth := re.search(r"depth=\[([\d,]+)\]", model):
        sizes["depth"] = depth_text(tuple(int(n) for n in depth[1].split(",")))
    return name, sizes


def parse_metric(text: str, mixed: bool) -> tuple[str, str]:
    """ "FID_test_rec" -> ("frechet", "rec"); mixed: the model's own sampler is the mixture."""
    if text.startswith("beta_shown"):
        return text, "none"
    if text.startswith(("fraction", "avg", "best")):
        return METRICS[text], "bo"
    if text in METRICS:
        own = "N" if text in ("precision", "recall") else "codes"
        return METRICS[text], "gmm" if mixed else own
    metric, _, kind = text.rpartition("_")
    if metric == "FID_train":
        return "frechet", "rec_train"
    own = "gmm" if mixed and kind == "gen" else SETS.get(kind, kind)
    return METRICS[metric], own


def name_system(document: str, model: str, dataset: str) -> str:
    """Our name of a published model."""
    here = catalogue()["published"].get(document, {}).get(model, model)
    name = here.get(dataset, model) if isinstance(here, dict) else here
    return SYSTEM.get(name, name.lower())
