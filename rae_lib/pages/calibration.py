"""Tables, figures and verdicts of the stored results of `rae_lib.metrics.calibration`."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from rae_lib.config import DOCUMENTS, resolve
from rae_lib.pages import pictures
from rae_lib.pages.charts import look
from rae_lib.pages.figures import set_log
from rae_lib.pages.show import ABSENT
from rae_lib.pages.tables import TITLES, pick, spread
from rae_lib.results import store

PAIRS = {  # at half the count
    "train-train": "train – train",
    "train": "train – test",
    "val": "val. – test",
    "halves": "halves, random",
    "halves in order": "halves, stored",
}
SCORES = {"frechet": "Fréchet", "kid": "kernel", "prd_f8": "F8", "prd_f1_8": "F1/8"}
AXES = {"noise": "noise: standard deviation on [0, 1]", "blur": "blur: width in pixels"}
SETS = {"rec": "test", "gmm": "train"}  # whose curve a set of images is read on
Key = tuple[str, str]  # data set, features


def frame(results: list[dict]) -> pd.DataFrame:
    """One row a comparison, with its data set, features and the result's count of images."""
    rows = []
    for raw in results:
        key = {"dataset": raw["dataset"], "features": raw["features"]["name"]}
        rows += [key | {"images": raw["images"]} | row for row in raw["rows"]]
    columns = ["dataset", "features", "images", "set", "level", "against", "draw", "n", "error"]
    return pd.DataFrame(rows, columns=[*columns, *SCORES])


def cells(rows: pd.DataFrame) -> Iterator[tuple[Key, pd.DataFrame]]:
    """The rows of every data set and kind of features, in the order of the results."""
    yield from rows.groupby(["dataset", "features"], sort=False)


def named(key: Key) -> str:
    return f"{TITLES[key[0]]}, {key[1]}"


def curve(part: pd.DataFrame, kind: str, against: str) -> pd.DataFrame:
    """Level and scores of a kind of damage; against training images it begins at level 0, the floor."""
    rows = pick(part, set=kind, against=against)
    if against == "train":
        rows = pd.concat([whole(part, "train").assign(error=0.0), rows])
    return rows.sort_values("level")


def whole(part: pd.DataFrame, name: str) -> pd.DataFrame:
    """The comparison of real images at the full count."""
    return pick(part, set=name, against="")[lambda rows: rows["draw"].isna()]


def measured(results: list[dict]) -> pd.DataFrame:
    """What was measured: one row a result."""
    return pd.DataFrame(
        {
            "data set": TITLES[raw["dataset"]],
            "features": raw["features"]["name"],
            "dimension": raw["features"]["dimension"],
            "images a set": raw["images"],
            "device": raw["device"],
        }
        for raw in results
    )


def notes(results: list[dict]) -> str:
    """What differs in the data sets from the originals, each once."""
    found = {raw["dataset"]: raw["data"]["note"] for raw in results if raw["data"]["note"]}
    return " ".join(f"{TITLES[name]}: {note}." for name, note in found.items())


def floors(rows: pd.DataFrame) -> pd.DataFrame:
    """Real against real at half the count: (mean, spread over random draws)."""
    lines = []
    for key, part in cells(rows):
        drawn = part.dropna(subset=["draw"])
        line = {"images, features": titled(key), "count": int(drawn["n"].iloc[0])}
        values = {name: pick(drawn, set=name)["frechet"] for name in PAIRS}
        lines.append(line | {title: around(values[name]) for name, title in PAIRS.items()})
    return pd.DataFrame(lines)


def last_of_each(rows: pd.DataFrame) -> list[Key]:
    """For every kind of features its last data set."""
    return list({features: (dataset, features) for (dataset, features), _ in cells(rows)}.values())


def levels(rows: pd.DataFrame, keys: list[Key], kind: str) -> pd.DataFrame:
    """Every score by level of damage, against training images, for some data sets and features."""
    parts, lines = dict(cells(rows)), []
    for key in keys:
        own = curve(parts[key], kind, "test").set_index("level")["frechet"]
        for row in curve(parts[key], kind, "train").to_dict("records"):
            line = {"images, features": titled(key), kind: f"{row['level']:g}"}
            line |= {title: short(row[score]) for score, title in SCORES.items()}
            line["own images"] = short(own[row["level"]]) if row["level"] else "0"
            lines.append(line)
    return pd.DataFrame(lines)


def titled(key: Key) -> str:
    return f"{TITLES[key[0]]}, {key[1]}"


def around(values: pd.Series) -> str | None:
    """Mean and spread in three digits and two; the mean alone of a single value."""
    found = spread(values)
    if found is None or found[1] is None:
        return short(found[0]) if found else None
    mean, sd = (
        f"{v:.0f}" if v >= 100 else f"{v:.{n}g}" for v, n in zip(found, (3, 2), strict=True)
    )
    return f"{mean} ±\u00a0{sd}"


def short(value: float) -> str:
    """Three digits, whatever the size; an absent value is a dash."""
    return f"{value:.3g}".replace("-", "−") if math.isfinite(value) else ABSENT


def responses(rows: pd.DataFrame, kind: str) -> Figure:
    """Fréchet distance against the level of damage: a panel for each kind of features, a colour for each data set."""
    panels = grid(rows["features"].unique())
    datasets = list(rows["dataset"].unique())
    for (dataset, features), part in cells(rows):
        style, ax = look(TITLES[dataset], datasets.index(dataset)), panels[features]
        line = {"color": style.colour, "marker": style.marker}
        seen, own = (curve(part, kind, against) for against in ("train", "test"))
        floor = seen["frechet"].iloc[0]
        ax.plot(seen["level"][1:], seen["frechet"][1:], ls="-", label=style.label, **line)
        ax.plot(own["level"], own["frechet"], ls="--", mfc="white", **line)
        ax.axhline(floor, color=style.colour, ls=":", lw=1.2)
    for name, ax in panels.items():
        set_log(ax.xaxis, sorted(pick(rows, set=kind)["level"].unique()))
        ax.set(title=name, xlabel=AXES[kind])
    return legend(panels, "Fréchet distance")


def errors(rows: pd.DataFrame) -> Figure:
    """Noise (full) and blur (dashed) of the same pixel error, against training images; colours as in `responses`."""
    panels = grid(rows["features"].unique())
    datasets = list(rows["dataset"].unique())
    for (dataset, features), part in cells(rows):
        style, ax = look(TITLES[dataset], datasets.index(dataset)), panels[features]
        line = {"color": style.colour, "marker": style.marker}
        for kind, ls in (("noise", "-"), ("blur", "--")):
            table = curve(part, kind, "train")[1:]
            label = style.label if kind == "noise" else None
            face = style.colour if kind == "noise" else "white"
            ax.plot(table["error"], table["frechet"], ls=ls, mfc=face, label=label, **line)
    for name, ax in panels.items():
        ax.set(title=name, xlabel="root mean square pixel error")
        set_log(ax.xaxis, (0.01, 0.02, 0.05, 0.1, 0.2))
    return legend(panels, "Fréchet distance")


def grid(names: list[str]) -> dict[str, Axes]:
    """A panel a name, two in a row."""
    columns = min(2, len(names))
    lines = math.ceil(len(names) / columns)
    figure = Figure(figsize=(3.7 * columns if columns > 1 else 5.0, 2.7 * lines))
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for spare in axes[len(names) :]:
        spare.set_axis_off()
    return dict(zip(names, axes, strict=False))


def legend(panels: dict[str, Axes], ylabel: str) -> Figure:
    """Logarithmic axes, and one legend for all panels, in the spare place if there is one."""
    axes = list(panels.values())
    for ax in axes:
        ax.set_ylabel(ylabel)
        logarithmic(ax)
    found = {}
    for ax in axes:
        found |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    spare = [ax for ax in axes[0].figure.axes if ax not in axes]
    if spare:
        spare[0].legend(found.values(), found.keys(), loc="center left")
    else:
        place = {"loc": "outside lower center", "ncols": len(found)}
        axes[0].figure.legend(found.values(), found.keys(), **place)
    return axes[0].figure


def logarithmic(ax: Axes) -> None:
    """The vertical axis in powers of ten; a short one in plain numbers."""
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    if high < 100 * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())


def plate(raw: dict) -> bytes:
    """The stored picture of a data set: some test images, whole and spoilt."""
    height, width = raw["pictures"]["size"]
    image = pictures.read(store.root() / "sanity" / f"{raw['dataset']}.png")
    columns = np.split(image, image.shape[1] // width, axis=1)
    lines = {
        name: [np.concatenate(np.split(column, len(column) // height), axis=1)]
        for name, column in zip(raw["pictures"]["columns"], columns, strict=True)
    }
    return pictures.pictures(lines, scale=2)


def equivalent(part: pd.DataFrame, against: str, value: float) -> str:
    """The noise whose distance is this one: between two levels by the root of the distance; the largest, if several."""
    table = curve(part, "noise", against)
    levels, roots = table["level"].to_numpy(), np.sqrt(table["frechet"].to_numpy())
    if against == "test":  # of images with themselves
        levels, roots = np.append(0.0, levels), np.append(0.0, roots)
    root = math.sqrt(value)
    below = np.flatnonzero(roots <= root)
    if not len(below):
        return "floor"
    k = below[-1]
    if k == len(levels) - 1:
        return f"> {levels[-1]:g}"
    share = (root - roots[k]) / (roots[k + 1] - roots[k])
    return f"{levels[k] + share * (levels[k + 1] - levels[k]):.3f}"


def equivalents(results: list[dict], profile: str) -> pd.DataFrame:
    """Distances of the RAE papers' systems, and the noise on real images that has the same; equal protocols only.

    Reconstructions are read on the curve against the images themselves, samples on that against training images.
    """
    parts, lines = dict(cells(frame(results))), []
    for raw in results:
        key, weights = (raw["dataset"], raw["features"]["name"]), raw["features"]["weights"]
        size = store.largest(key[0], profile)
        runs = {s: store.find(resolve(s, key[0], size)) for s in DOCUMENTS["rae"]}
        for system, run in runs.items():
            found = distances(run, key[1], raw["images"]) if run else {}
            if set(found) != set(SETS) or run.raw["features"].get("weights") != weights:
                continue
            line = {"data set": TITLES[key[0]], "system": look(system).label}
            for name, value in found.items():
                line[name.upper()] = value
                line[f"{name.upper()} as noise"] = equivalent(parts[key], SETS[name], value)
            lines.append(line)
    return pd.DataFrame(lines)


def distances(run: store.Result, features: str, images: int) -> dict[str, float]:
    """The run's Fréchet distances of `SETS` by these features, at this count alone."""
    wanted = {"metric": "frechet", "protocol": "clean", "features": features}
    wanted |= {"n_real": images, "n_fake": images}
    rows = [r for r in run.records if all(r[k] == v for k, v in wanted.items())]
    return {name: r["value"] for name in SETS for r in rows if r["set"] == name}
