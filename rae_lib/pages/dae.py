"""The DAE study, for its three chapters: its numbers, what it plans, and how its lines look.

Sizes go by the names of the paper (`paper_width`, `paper_latent`). Hue tells the model (blue: deterministic, orange:
variational), lightness and marker the width, the line style the depth.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import pandas as pd
from matplotlib.figure import Figure

from rae_lib import studies
from rae_lib.config import DOCUMENTS, catalogue, resolve
from rae_lib.pages import figures, notes
from rae_lib.pages.looks import INK, PALE, look
from rae_lib.pages.titles import ordered, titled
from rae_lib.results import frame, request, store
from rae_lib.results.frame import select

STUDY, WIDTH = ("grid", 128)  # its name in the catalogue; filters of the comparison with other documents
UNITS = {"cifar10": 128, "celeba64": 64, "digits": 128}  # latent units of Table 2
SYSTEMS, FITTED = ["dae", "vae-dae"], ["mvg", "gmm"]
COMPARED = ["dae", "dae-bn", "vae-dae", "wae-mmd", "rae-l2", "rae-sn", "eae", "gmm-dae"]  # Table 2
PLAIN = {"depth": "1", "frozen": "none", "code_noise": 0.0, "input_noise": 0.0}
BEST = ["document", "dataset", "system", "paper_width", "depth", "set"]  # what has a best size
COMMON = 512  # latent units of the paper up to which every depth is run
CHANGES = {
    "dae-bn": "batch norm of the code",
    "dae-ln": "layer norm of the code",
    "dae-sn": "spectral norm of the code layer",
}
BLUES = {32: "#9CC3E6", 64: "#5B96CC", 128: "#22609B", 256: "#0B2A4A"}
REDS = {32: "#F3B48B", 64: "#E0803F", 128: "#B5471B", 256: "#6B2008"}
MARKERS = {32: "o", 64: "s", 128: "^", 256: "D"}
DEPTHS = {"1": "-", "2": "--", "3": ":", "3,3,2,1": "-."}


def rivals(datasets: Sequence[str], profile: str, seeds: list[int]) -> list[store.Result]:
    """The stored runs of the other documents' systems: never made here."""
    names = [*DOCUMENTS["rae"], *DOCUMENTS["eae"]]
    places = [(d, store.largest(d, profile), n) for d in datasets for n in seeds]
    return request.ensure([resolve(s, d, p, n) for d, p, n in places for s in names])


def cells(long: pd.DataFrame) -> pd.DataFrame:
    """The rows of the study: ours by the clean protocol, and the published ones."""
    grid = frame.of_study(long, STUDY)
    return grid[(grid["protocol"] == "clean") | (grid["document"] != "here")]


def plain(grid: pd.DataFrame, **where: object) -> pd.DataFrame:
    """The Frechet distances of the plain networks (depth 1, nothing frozen, no noise), or of what `where` names."""
    return select(grid, **({"study": STUDY, "metric": "frechet"} | PLAIN | where))


def at_comparison(grid: pd.DataFrame) -> pd.DataFrame:
    """The rows at the latent size of Table 2."""
    return grid[grid["paper_latent"] == grid["dataset"].map(UNITS)]


def several(grid: pd.DataFrame, over: str = "paper_latent") -> pd.DataFrame:
    """The rows of data sets on which our runs differ in a size: what a chart can show as lines."""
    ours = grid[grid["document"] == "here"].groupby("dataset")[over].nunique()
    return grid[grid["dataset"].isin(ours[ours > 1].index)]


def scales(grid: pd.DataFrame) -> str:
    """One sentence for notes: how much smaller our networks and codes are than those whose names they bear."""
    parts, ours = [], grid[grid["document"] == "here"]
    for dataset, part in ours.groupby("dataset", sort=False):
        ratios = {n: (part[f"paper_{n}"] / part[n]).median() for n in ("width", "latent")}
        words = {"width": "filters", "latent": "latent units"}
        small = [f"1/{r:g} of the {words[n]}" for n, r in ratios.items() if r != 1]
        parts += [f"on {titled('dataset', dataset)} {' and '.join(small)}"] if small else []
    return "Sizes are named as in the paper" + (f"; ours have {', '.join(parts)}." if parts else ".")


# ---- what is planned


def plan(dataset: str, profile: str) -> pd.DataFrame:
    """One row a run of the study (of one seed): the columns of a run, and its `config`."""
    planned = studies.study(STUDY, dataset, profile)
    rows = [frame.run_columns(c, STUDY) | {"config": c} for c in planned]
    return pd.DataFrame(sorted(rows, key=lambda row: DOCUMENTS["dae"].index(row["system"])))


def change(line: Mapping) -> str:
    """What a run changes about the plain autoencoder, in words without its level."""
    if line["frozen"] != "none":
        return "code layer frozen" + (", decoder's too" if line["frozen"] == "both" else "")
    if line["system"] == "dae-noise":
        return "noise on the image" if line["input_noise"] else "noise at the decoder's input"
    return CHANGES.get(line["system"], "")


def grouped(runs: pd.DataFrame) -> list[tuple[tuple, pd.DataFrame]]:
    """The experiments, rows of Table 1: (system, width, depth, change), each with its runs."""
    if runs.empty:
        return []
    named = runs.assign(change=[change(line) for line in runs.to_dict("records")])
    return list(named.groupby(["system", "paper_width", "depth", "change"], sort=False))


def experiments(profiles: Mapping[str, str], grid: pd.DataFrame) -> pd.DataFrame:
    """Table 1: every experiment, its sizes, its runs for one seed, and how many are stored. profiles: by data set."""
    lines = {}
    for dataset, profile in profiles.items():
        mine = select(grid, study=STUDY, document="here", dataset=dataset)
        stored = {key: len(part) for key, part in grouped(mine.drop_duplicates("training"))}
        for key, part in grouped(plan(dataset, profile)):
            system, width, depth, changed = key
            noise = part["code_noise"] + part["input_noise"]
            lines[titled("dataset", dataset), titled("system", system), len(lines)] = {
                "filters in the paper": f"{width:g}",
                "filters": span(part["width"]),
                "depth": depth,
                "change": f"{changed}: {span(noise)}" if noise.any() else changed,
                "latent units in the paper": span(part["paper_latent"]),
                "latent units": span(part["latent"]),
                "epochs": span(part["epochs"]),
                "runs a seed": len(part),
                "stored": stored.get(key, 0),
            }
    table = pd.DataFrame(lines.values(), index=pd.MultiIndex.from_tuples(lines))
    return table.droplevel(2).rename_axis(["data set", "model"])


def span(values: pd.Series) -> str:
    """A list of numbers, shortened where it is long."""
    texts = [f"{v:g}" for v in sorted(set(values))]
    return ", ".join(texts) if len(texts) <= 3 else f"{texts[0]} to {texts[-1]} ({len(texts)})"


def systems(results: Sequence[store.Result]) -> pd.DataFrame:
    """How each system of the study is trained in its own run, and where that comes from."""
    lines = {}
    for result in results:
        config = result.config
        key = titled("dataset", config.dataset), titled("system", config.system)
        if config.system in DOCUMENTS["dae"] and not config.variant:
            lines[key] = {
                "β": f"{config.beta:g}" if config.beta else None,
                "rate": f"{config.lr:g}",
                "batch": config.batch,
                "epochs": config.epochs,
                "updates": notes.updates(config, result.raw),
                "source": catalogue()["system"][config.system]["source"],
            }
    return pd.DataFrame(lines.values(), pd.MultiIndex.from_tuples(lines, names=["data set", "system"]))


# ---- numbers made of others


def best_sizes(distances: pd.DataFrame) -> pd.DataFrame:
    """The lowest distance over the latent sizes, and that size (metric "best size"); nothing for a single size."""
    many = distances.groupby(BEST)["paper_latent"].transform("nunique") > 1
    lowest = frame.best(distances[many])
    sizes = lowest.drop_duplicates([*BEST, "paper_latent"])
    sizes = sizes.assign(metric="best size", value=sizes["paper_latent"], text=None, doubt="")
    return pd.concat([lowest, sizes])


def ranges(distances: pd.DataFrame) -> pd.DataFrame:
    """(largest - smallest) / smallest of the distances over the latent sizes, as metric "range" (claim DAE-05)."""
    few = distances[distances["paper_latent"] <= COMMON]
    means = few.groupby([*BEST, "paper_latent"])["value"].mean().groupby(BEST)
    found = (means.max() / means.min() - 1)[means.size() > 1].reset_index()
    return found.assign(metric="range", seed=0, doubt="", text=None)


def noises(grid: pd.DataFrame) -> pd.DataFrame:
    """The runs over the two kinds of noise, the plain autoencoder as level 0 of both; columns `place`, `level`."""
    whole = at_comparison(select(grid, study=STUDY, depth="1", paper_width=WIDTH))
    parts = []
    for place, field, other in (
        ("decoder's input", "code_noise", "input_noise"),
        ("image", "input_noise", "code_noise"),
    ):
        part = whole[whole["system"].isin(["dae", "dae-noise"]) & (whole[other] == 0)]
        part = part[(part["system"] == "dae") | (part[field] > 0)]
        known = part[part["system"] == "dae-noise"]["dataset"].unique()
        parts.append(part[part["dataset"].isin(known)].assign(place=place, level=part[field]))
    return pd.concat(parts)


def spreads(noisy: pd.DataFrame) -> pd.DataFrame:
    """Standard deviation of the training codes under noise, and the noise at the decoder's input in units of it."""
    codes = select(noisy, study=STUDY, metric="code_variance", set="training codes")
    codes = codes.assign(metric="s.d. of the code", value=codes["value"] ** 0.5, set="none")
    loud = codes[(codes["place"] == "decoder's input") & (codes["level"] > 0)]
    return pd.concat([codes, loud.assign(metric="noise / code", value=loud["level"] / loud["value"])])


# ---- charts


def draw_latent(
    rows: pd.DataFrame,
    hue: str | Sequence[str] = "system",
    style: figures.Style | None = None,
    *,
    col: str = "set",
    sharey: bool = True,
) -> Figure:
    """Distances against our latent sizes: a row of panels a data set, a column a set of images."""
    scales = {"logx": True, "logy": True, "sharey": sharey, "xlabel": "latent units", "ylabel": "Fréchet distance"}
    return figures.lines(rows, "latent", hue=hue, row="dataset", col=col, style=style, **scales)


def draw_widths(rows: pd.DataFrame, hue: str, ylabel: str, *, levels: Mapping[str, float] | None = None) -> Figure:
    """Ours and the published values against the filters of the paper, in the same panels."""
    scales = {"logx": True, "logy": True, "levels": levels, "ylabel": ylabel}
    keys = [hue, "document"]
    return figures.lines(rows, "paper_width", hue=keys, row="dataset", col="set", style=by_document, **scales)


def by_width(key: tuple[str, float]) -> dict:
    """(system, filters of the paper) as a line; 0 filters: a system's own run, a single mark."""
    system, width = key
    own = look(system)
    if not width:
        label = f"{own.label}, own run"
        return {"color": own.colour, "marker": own.marker, "ls": "", "ms": 9, "mec": INK, "label": label}
    colours, line = (BLUES, "-") if system == "dae" else (REDS, "--")
    words = {"label": f"{own.label}, {width:g} filters"}
    return words | {"color": colours[width], "marker": MARKERS[width], "ls": line}


def by_depth(key: tuple[str, float, str]) -> dict:
    """(system, filters of the paper, depth) as a line."""
    system, width, depth = key
    style = by_width((system, width))
    line = DEPTHS[depth] if system == "dae" else style["ls"]
    words = f"[{depth}]" if "," in depth else depth
    return style | {"ls": line, "label": f"{style['label']}, depth {words}"}


def by_freezing(key: tuple[str, str]) -> dict:
    """(system, depth) as a line: the code layer trained or frozen."""
    system, depth = key
    words = "frozen" if system == "dae-frozen" else "trained"
    own = {"ls": DEPTHS[depth], "label": f"{words}, depth {depth}"}
    return figures.style_of(system) | own


def by_set(key: tuple[str, str]) -> dict:
    """(system, set of images) as a line: the VAE dashed, without marks."""
    system, kind = key
    style = figures.style_others("set", ["rec", *FITTED])(kind)
    other = {"ls": "--", "marker": "", "label": f"{style['label']}, VAE"}
    return style | ({"ls": "-"} if system == "dae" else other)


def by_document(key: tuple[str, str]) -> dict:
    """(system, or equal or best size; document) as a line: ours full, published ones dotted with open marks."""
    name, document = key
    blue = name in ("dae", "equal size")
    style = {"color": (BLUES if blue else REDS)[WIDTH], "marker": "o" if blue else "s"}
    label = f"{look(name).label}, {titled('document', document)}"
    printed = {} if document == "here" else {"ls": ":", "mfc": "white"}
    return style | printed | {"label": label}


def mark_best(figure: Figure, rows: pd.DataFrame) -> None:
    """A grey bar in every panel (rows: data sets, columns: systems) at the best size for the mixture."""
    panels = product(*(ordered(name, rows[name]) for name in ("dataset", "system")))
    means = rows[rows["set"] == "gmm"].groupby(["dataset", "system", "latent"])["value"].mean()
    for ax, place in zip(figure.axes, panels, strict=True):
        if place in means.index:
            ax.axvline(means[place].idxmin(), color=PALE, lw=5, zorder=0)
