"""What the papers' experiments cost: operations of their runs, and the seconds that runs took here.

One run: operations of one image in a training step (`counting`) x training images x epochs. Validation,
evaluation and the second stage of the two-stage VAE are not in it.
"""

from dataclasses import replace
from functools import cache

import pandas as pd

from rae_lib import studies
from rae_lib.config import DOCUMENTS, Config, catalogue
from rae_lib.pages import capacity, dae
from rae_lib.pages.titles import titled
from rae_lib.results import store
from rae_lib.results.network_size import count_size

COUNTS = {name: table["images"][0] for name, table in catalogue()["dataset"].items()}
RATE = 1e14  # operations a second at which times are told
COUNTED = {4: "four", 7: "seven", 10: "ten"}
WORDS = {
    name: f"{table['short']}: its {COUNTED.get(n := len(DOCUMENTS[name]), n)} systems"
    for name, table in catalogue()["document"].items()
} | {name: table["title"] for name, table in catalogue()["study"].items()}


def image(config: Config) -> int:
    """Operations of one training image: of the EAE and DAE documents' many networks extrapolated, of others counted."""
    if config.system in (*DOCUMENTS["eae"], *DOCUMENTS["dae"]):
        return capacity.size(config).flop
    return _counted(replace(config, seed=0, variant="", epochs=1, sets=(), components=()))


@cache
def _counted(config: Config) -> int:
    return count_size(config, capacity.IMAGES[config.dataset]).flop


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
    title = {"experiment": WORDS[name], "data set": titled("dataset", step["dataset"])}
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


def experiments(dataset: str, seconds: pd.DataFrame) -> pd.DataFrame:
    """What every experiment of the DAE study costs at paper scale, and the seconds of training that it took here.

    seconds: rows of the long frame, one a run of the study.
    """
    lines, took = [], {key: part["value"].mean() for key, part in dae.grouped(seconds)}
    for key, part in dae.grouped(dae.plan(dataset, "paper")):
        system, width, depth, change = key
        sizes = {"filters": int(width), "depth": depth, "change": change}
        found = told(part["config"].map(image), part["config"].map(run))
        line = {"model": titled("system", system)} | sizes | found
        lines.append(line | {"seconds a run, measured": took.get(key)})
    return pd.DataFrame(lines)


def between(values: pd.Series) -> str:
    low, high = (f"{v:.3g}" for v in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def total(dataset: str) -> dict[str, float]:
    """Runs, operations and hours of the whole grid on one of the paper's data sets, for one seed."""
    plan = dae.plan(dataset, "paper")["config"]
    flop = sum(run(config) for config in plan)
    return {"runs": len(plan), "flop": flop, "hours": flop / RATE / 3600}
