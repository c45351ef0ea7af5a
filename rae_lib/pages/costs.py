"""What the papers' experiments cost: operations of their runs, and the seconds that runs took here.

One run: operations of one image in a training step (`counting`) x training images x epochs. Validation,
evaluation and the second stage of the two-stage VAE are not in it.
"""

from dataclasses import replace
from functools import cache

import pandas as pd

from rae_lib import studies
from rae_lib.config import DOCUMENTS, Config, catalogue
from rae_lib.metrics.flops import counted
from rae_lib.pages import capacity, grid, grid_plan, tables
from rae_lib.results import store

COUNTS = {  # training images of the papers, of CIFAR-10 ten thousand set aside
    "mnist": 50_000,
    "fashion_mnist": 50_000,
    "cifar10": 40_000,
    "celeba64": 162_770,
    "synth8": 50_000,
    "synth16": 50_000,
}
RATE = 1e14  # operations a second at which times are told
WORDS = {
    name: f"{table['short']}: its {len(DOCUMENTS[name])} systems"
    for name, table in catalogue()["document"].items()
} | {name: table["title"] for name, table in catalogue()["study"].items()}


def image(config: Config) -> int:
    """Operations of one training image: of the EAE and DAE documents' many networks extrapolated, of others counted."""
    if config.system in (*DOCUMENTS["eae"], *DOCUMENTS["dae"]):
        return capacity.size(config).flop
    return _counted(replace(config, seed=0, variant="", epochs=1, sets=(), components=()))


@cache
def _counted(config: Config) -> int:
    return counted(config, capacity.IMAGES.get(config.dataset, (1, 32, 32))).flop


def run(config: Config) -> float:
    """Operations of a whole run at paper scale."""
    return float(image(config)) * COUNTS[config.dataset] * config.epochs


def campaign(documents: tuple[str, ...], measured: list[store.Result]) -> pd.DataFrame:
    """The steps of the paper campaign that belong to these documents, one seed each, in order of value.

    seeds: how many the campaign plans. measured: runs of which the mean training seconds stand beside their step.
    """
    lines: dict[tuple[str, str], dict] = {}
    for step in catalogue()["campaign"]["paper"]:
        name = step.get("study", step.get("document", "rae"))
        key = (name, step["dataset"])
        if not set(documents) & owners(step):
            continue
        planned = 3 if key in lines else len(step.get("seeds", [0]))
        lines[key] = lines.get(key) or line(step, name)
        lines[key]["seeds"] = planned
        lines[key]["s a run here"] = seconds(name, measured)
    return pd.DataFrame(lines.values())


def owners(step: dict) -> set[str]:
    """The documents to which a step of the campaign belongs."""
    systems = {config.system for config in studies.step_runs(step, "paper")}
    return {name for name, members in DOCUMENTS.items() if systems & set(members)}


def line(step: dict, name: str) -> dict:
    """One step of the campaign: its runs for one seed and what they take."""
    wanted = studies.step_runs(step, "paper")
    images = pd.Series([image(config) for config in wanted])
    flop = pd.Series([run(config) for config in wanted])
    title = {"experiment": WORDS[name], "data set": tables.TITLES[step["dataset"]]}
    found = told(images, flop)  # of which the table, wide as it is, takes four
    title |= {"runs": found["runs"], "GFLOP": found["GFLOP an image"]}
    return title | {"EFLOP": found["EFLOP"], "hours": found["hours"]}


def told(images: pd.Series, flop: pd.Series) -> dict:
    """Operations of an image and of a run, of all runs, and the hours that these take at RATE."""
    return {
        "runs": len(flop),
        "GFLOP an image": between(images / 1e9),
        "PFLOP a run": between(flop / 1e15),
        "EFLOP": flop.sum() / 1e18,
        "hours": flop.sum() / RATE / 3600,
    }


def seconds(name: str, measured: list[store.Result]) -> float | None:
    """Mean training seconds of the stored runs of a study, or of a document's systems."""
    if name in DOCUMENTS:
        mine = [r for r in measured if not r.config.variant and r.config.system in DOCUMENTS[name]]
    else:
        prefix = catalogue()["study"][name]["variant"]
        mine = [r for r in measured if r.config.variant.startswith(prefix)]
    return sum(r.raw["seconds"]["train"] for r in mine) / len(mine) if mine else None


def experiments(dataset: str, rows: pd.DataFrame) -> pd.DataFrame:
    """What every experiment of the DAE study's grid costs, and the seconds of training that its runs took here."""
    paper, lines = grid.like(dataset), []
    mine = rows[rows["study"]]
    mine = mine.assign(change=[grid_plan.change(run) for run in mine.to_dict("records")])
    for key, part in grid_plan.groups(paper, "paper").groupby(grid_plan.EXPERIMENT, sort=False):
        name = dict(zip(grid_plan.EXPERIMENT, key, strict=True))
        images = pd.Series([image(config) for config in part["config"]])
        flop = pd.Series([run(config) for config in part["config"]])
        took = tables.pick(mine, **name)["seconds"]
        sizes = {"F": name["width"], "depth": name["depth"], "change": name["change"]}
        found = {"model": grid_plan.model(name["system"])} | sizes | told(images, flop)
        lines.append(found | {"seconds a run, measured": took.mean() if len(took) else None})
    return pd.DataFrame(lines)


def between(values: pd.Series) -> str:
    low, high = (f"{v:.3g}" for v in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def total(dataset: str) -> dict[str, float]:
    """Runs, operations and hours of the whole grid on one of the paper's data sets, for one seed."""
    plan = grid.planned(grid.like(dataset), "paper")["config"]
    flop = sum(run(config) for config in plan)
    return {"runs": len(plan), "flop": flop, "hours": flop / RATE / 3600}
