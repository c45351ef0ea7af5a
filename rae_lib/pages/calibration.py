"""How the Fréchet distance answers to real and to spoilt images: frames, charts and the plate of the chapter."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rae_lib.config import DATASETS
from rae_lib.pages import figures, pictures
from rae_lib.pages.looks import look
from rae_lib.pages.titles import titled
from rae_lib.results import frame, other, store
from rae_lib.results.frame import select

REFERENCE = {"rec": "test", "gmm": "train"}  # the curve on which a set of images is read
LINES = {  # of a chart: style and words
    "train": ("-", "from training images"),
    "test": ("--", "from the images themselves"),
    "floor": (":", "real images"),
    "noise": ("-", "noise"),
    "blur": ("--", "blur"),
}
DAMAGE = {"noise": "noise, standard deviation", "blur": "blur, pixels"}  # of an axis


def list_measured(raws: list[dict]) -> pd.DataFrame:
    """What was measured: a row a result."""
    rows = [
        {
            "data set": titled("dataset", raw["dataset"]),
            "features": titled("features", raw["features"]["name"]),
            "dimension": raw["features"]["dimension"],
            "images a set": raw["images"],
            "in a half": raw["images"] // 2,
            "device": raw["device"],
        }
        for raw in raws
    ]
    return pd.DataFrame(rows).set_index(["data set", "features"])


def note_data(raws: list[dict]) -> str:
    """What differs in the data sets from the originals, each once."""
    notes = {raw["dataset"]: raw["data"]["note"] for raw in raws if raw["data"]["note"]}
    return " ".join(f"{titled('dataset', name)}: {note}." for name, note in notes.items())


def draw_responses(curves: pd.DataFrame, *, other: bool = False) -> Figure:
    """Fréchet distance against the level of a damage: a row a damage, a column a data set.

    other: not in our features, a column for each kind of them.
    """
    rows = list_responses(curves, other=other)
    titles = [titled("dataset", name) for name in rows["dataset"]]
    words = [", " + titled("features", name).partition(" ")[0] if other else "" for name in rows["features"]]
    rows["panel"] = [title + word for title, word in zip(titles, words, strict=True)]
    looks = {"style": style_reference, "logx": True, "logy": True, "sharex": False, "sharey": False}
    looks |= {"ylabel": "Fréchet distance"}
    figure = figures.lines(rows, "level", hue="against", row="set", col="panel", **looks)
    tiers = figures.ordered("set", rows["set"])
    for place, ax in enumerate(figure.axes):
        ax.set_xlabel(DAMAGE[tiers[place * len(tiers) // len(figure.axes)]])
    return figure


def list_responses(curves: pd.DataFrame, *, other: bool) -> pd.DataFrame:
    """Fréchet distances of spoilt images, and of real ones at the same levels. other: not in our features."""
    part = select(curves, metric="frechet", set=["noise", "blur"])
    part = part[(part["features"] != "domain") == other]
    damaged, real = part[part["level"] > 0], part[part["level"] == 0]
    seen = damaged[damaged["against"] == "train"].assign(against="floor").drop(columns="value")
    place = ["set", "dataset", "features"]
    rows = pd.concat([damaged, seen.merge(real[[*place, "value"]], on=place)])
    return rows.sort_values("dataset", key=lambda names: names.map(DATASETS.index), kind="stable")


def style_reference(kind: str) -> dict:
    """A colour, a line and a marker for each reference."""
    ls, words = LINES[kind]
    own = look(words, {"-": 0, "--": 1, ":": 4}[ls])
    return {"color": own.colour, "ls": ls, "marker": "" if ls == ":" else own.marker, "label": words}


def draw_errors(curves: pd.DataFrame) -> Figure:
    """Fréchet distance from training images against the pixel error, by noise and by blur: a panel for each kind."""
    part = select(curves, metric="frechet", against="train").query("level > 0")
    scale = {"logx": True, "logy": True, "sharey": False, "ylabel": "Fréchet distance"}
    hue = {"hue": ["dataset", "set"], "style": style_line, "xlabel": "root mean square pixel error"}
    return figures.lines(part, "error", col="features", **hue, **scale)


def style_line(key: tuple[str, str]) -> dict:
    """A colour for each data set; a line and a face of the marker for each damage."""
    dataset, kind = key
    ls, words = LINES[kind]
    own = look(titled("dataset", dataset), DATASETS.index(dataset))
    face = own.colour if ls == "-" else "white"
    plain = {"color": own.colour, "ls": ls, "marker": own.marker, "mfc": face}
    return plain | {"label": f"{own.label}: {words}"}


def draw_plate(raws: list[dict]) -> bytes:
    """The stored pictures: a line a damage, a column a data set."""
    sheets = {raw["dataset"]: raw["pictures"] for raw in raws}
    lines: dict[str, list] = {}
    for dataset, stored in sheets.items():
        height, width = stored["size"]
        image = pictures.read(store.root() / "sanity" / f"{dataset}.png")
        for name, column in zip(stored["columns"], np.split(image, image.shape[1] // width, 1), strict=True):
            strip = np.concatenate(np.split(column, len(column) // height), axis=1)
            lines.setdefault(name, []).append(strip)
    return pictures.pictures(lines, titles=[titled("dataset", d) for d in sheets], scale=2)


def read_as_noise(long: pd.DataFrame, raws: list[dict], runs: list[store.Result]) -> pd.DataFrame:
    """Distances of the runs' reconstructions and mixture samples, and the noise on real images with the same distance.

    Only what was measured by the very weights and counts of a curve. metric: "frechet" or "noise", the latter's text
    being what `find_noise` says of the mean over seeds.
    """
    curves, parts = other.find_curves(long), []
    for raw in raws:
        dataset, features = raw["dataset"], raw["features"]
        own = [r for r in runs if r.raw.get("features", {}).get("weights") == features["weights"]]
        where = {"dataset": dataset, "features": features["name"], "metric": "frechet"}
        equal = {"protocol": "clean", "n_real": raw["images"], "n_fake": raw["images"]}
        for kind, against in REFERENCE.items():
            found = select(frame.of_results(own), set=kind, **where, **equal)
            line = select(curves, set="noise", against=against, **where)
            means = found.groupby("system", sort=False, as_index=False).first()
            means["value"] = list(found.groupby("system", sort=False)["value"].mean())
            texts = [find_noise(line, v) for v in means["value"]]
            parts += [found, means.assign(metric="noise", text=texts)]
    return pd.concat(parts, ignore_index=True)


def find_noise(curve: pd.DataFrame, value: float) -> str:
    """The noise whose distance is this one: between two levels by the root of the distance; the largest, if several."""
    ordered = curve.sort_values("level")
    levels, roots = ordered["level"].to_numpy(), np.sqrt(ordered["value"].to_numpy())
    if levels[0] > 0:  # from the images themselves, at distance 0 without noise
        levels, roots = np.append(0.0, levels), np.append(0.0, roots)
    below = np.flatnonzero(roots <= math.sqrt(value))
    if not len(below):
        return "floor"
    k = below[-1]
    if k == len(levels) - 1:
        return f"> {levels[-1]:g}"
    return f"{np.interp(math.sqrt(value), roots[k : k + 2], levels[k : k + 2]):.3f}"
