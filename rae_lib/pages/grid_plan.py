"""What the grid study of the DAE document plans: its experiments, the rows of Table 1, and its systems."""

import pandas as pd

from rae_lib import studies
from rae_lib.config import DOCUMENTS, catalogue, resolve, show
from rae_lib.pages import grid, tables
from rae_lib.pages.charts import look

EXPERIMENT = ["width", "depth", "system", "change"]  # what makes a row of Table 1
CHANGES = {
    "dae-bn": "batch norm of the code",
    "dae-ln": "layer norm of the code",
    "dae-sn": "spectral norm of the code layer",
}


def model(system: str) -> str:
    """A system's name as the document's tables have it."""
    return look(system).label.replace(" (DAE study)", "")


def here(dataset: str, profile: str, name: str, value: int) -> int:
    """What a size of the paper is at this profile."""
    return studies.scaled(value, grid.factors(dataset, profile).get(name, 1), 1)


def filters(dataset: str, profile: str, width: int) -> str:
    """A width of the paper and what it is here: "64→4"."""
    ours = here(dataset, profile, "width", width)
    return str(width) if ours == width else f"{width}→{ours}"


def change(line: dict) -> str:
    """What a run changes about the plain autoencoder, in words without its level."""
    if line["frozen"] != "none":
        return "code layer frozen" + (", decoder's too" if line["frozen"] == "both" else "")
    if line["system"] == "dae-noise":
        return "noise on the image" if line["input_noise"] else "noise at the decoder's input"
    return CHANGES.get(line["system"], "")


def span(values: pd.Series) -> str:
    """A list of sizes, shortened where it is long."""
    found = sorted(set(values))
    if len(found) <= 3:
        return ", ".join(show(v) for v in found)
    return f"{show(found[0])}–{show(found[-1])} ({len(found)})"


def groups(dataset: str, profile: str) -> pd.DataFrame:
    """The runs that the study plans, each with the experiment (a row of Table 1) it belongs to."""
    whole = grid.planned(dataset, profile)
    whole["change"] = [change(line) for line in whole.to_dict("records")]
    order = {s: i for i, s in enumerate(dict.fromkeys(whole["system"]))}
    whole["order"] = whole["system"].map(order)
    return whole.sort_values(["order", "width", "depth", "change"], kind="stable")


def systems(dataset: str, profile: str) -> pd.DataFrame:
    """What each system of the document trains with, and where that comes from."""
    lines = []
    for system in DOCUMENTS["dae"]:
        config = resolve(system, dataset, profile)
        line = {"system": model(system), "β": f"{config.beta:g}" if config.beta else None}
        line |= {"rate": f"{config.lr:g}", "batch": config.batch, "epochs": config.epochs}
        lines.append(line | {"source": catalogue()["system"][system]["source"]})
    return pd.DataFrame(lines)


def experiments(dataset: str, profile: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Table 1: every experiment of the study, its sizes, its runs for one seed, and how many are stored."""
    mine = rows[rows["study"]]
    mine = mine.assign(change=[change(run) for run in mine.to_dict("records")])
    lines = []
    for key, part in groups(dataset, profile).groupby(EXPERIMENT, sort=False):
        name = dict(zip(EXPERIMENT, key, strict=True))
        noise = pd.concat([part["code_noise"], part["input_noise"]])
        levels = f": {span(noise[noise > 0])}" if (noise > 0).any() else ""
        lines.append(
            {
                "model": model(name["system"]),
                "filters": filters(dataset, profile, name["width"]),
                "depth": name["depth"],
                "change": name["change"] + levels,
                "latent units": span(part["latent"]),
                "here": span(part["config"].map(lambda config: config.latent)),
                "runs a seed": len(part),
                "stored": len(tables.pick(mine, **name)),
            }
        )
    return pd.DataFrame(lines)
