"""What the chapter on strings needs for itself: Figure 2 of the RAE paper in tables, drawings, lists of strings."""

import html
import re

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from rae_lib.config import PROFILES, SYSTEMS, Config, catalogue, resolve
from rae_lib.pages import figures
from rae_lib.pages.boxes import name_seeds
from rae_lib.pages.looks import look
from rae_lib.pages.notes import updates
from rae_lib.pages.titles import titled
from rae_lib.results import computed, store
from rae_lib.results.frame import select
from rae_lib.results.printed import DATASETS, FOLDER, SYSTEM

SEARCHES = {"bo": "Bayesian optimisation", "random": "random codes", "sampled": "own sampler"}
AVERAGES = {  # ours -> the paper's, head
    "valid_fraction": ("fraction_valid", "valid fraction"),
    "mean_score": ("avg_score", "mean score"),
}
COLUMNS, ROW, CAPTION = 3, 160, 44  # of the drawings: across, height of a molecule and of the words below it
WIDE, LONGEST = 240, 34  # width of a drawing; characters of a line of words


def name_size(runs: list[store.Result]) -> str:
    """The size of these runs, for a sentence: "10,000 training strings, 800 updates, one seed, 3 trials a search"."""
    if not runs:
        return name_seeds(runs)
    first = runs[0]
    words = f"{first.raw['data']['train']:,} training strings, {updates(first.config, first.raw):,} updates"
    words = f"{words}, {name_seeds(runs)}"
    return f"{words}, {read_search(first.config)['trials']} trials a search" if "search" in first.extras else words


def find_searched(runs: list[store.Result]) -> list[store.Result]:
    """The runs in whose codes a search was made, not above the profile of these runs of their data set.

    Of several profiles the one at which most runs were searched, the largest of these.
    """
    found = []
    for dataset, size in {r.config.dataset: r.config.profile for r in runs}.items():
        seeds = {r.config.seed for r in runs if r.config.dataset == dataset}
        sizes = [p for p in reversed(PROFILES[: PROFILES.index(size) + 1]) if p != "smoke" or p == size]
        parts = [[r for r in store.load_all(p, dataset) if "search" in r.extras] for p in sizes]
        found += max(parts, key=len)
    return sorted((r for r in found if r.config.seed in seeds), key=lambda r: list(SYSTEMS).index(r.config.system))


def read_search(config: Config) -> dict:
    """The settings of the searches in the codes of a run."""
    table = catalogue()["search"][config.profile]
    return table | table.get(config.dataset, {})


def describe_sizes(runs: list[store.Result]) -> pd.DataFrame:
    """Each data set and profile: strings, updates, recurrent units and searches, ours and the paper's; our minutes."""
    rows = []
    for dataset, profile in dict.fromkeys((r.config.dataset, r.config.profile) for r in runs):
        own = [r for r in runs if (r.config.dataset, r.config.profile) == (dataset, profile)]
        ours, paper = own[0].config, resolve(own[0].config.system, dataset, "paper")
        strings = {"ours": own[0].raw["data"]["train"], "paper": catalogue()["dataset"][dataset]["images"][0]}
        row: dict[tuple[str, str], object] = {("runs", "profile"): ours.profile}
        row |= {("training strings", who): count for who, count in strings.items()}
        for who, config in (("ours", ours), ("paper", paper)):
            search = read_search(config)
            row["updates", who] = config.epochs * (strings[who] // config.batch)
            row["recurrent units", who] = config.hidden
            row["trials × suggestions", who] = f"{search['trials']} × {search['steps'] * search['batch']}"
        searched = [r.extras["search"]["seconds"]["measure"] / 60 for r in own if "search" in r.extras]
        if not searched:
            row["trials × suggestions", "ours"] = None
        row["minutes", "training"] = float(np.mean([r.raw["seconds"]["train"] / 60 for r in own]))
        row["minutes", "search"] = float(np.mean(searched)) if searched else None
        rows.append({("data set", ""): titled("dataset", dataset)} | row)
    found = pd.DataFrame(rows).set_index(("data set", "")).rename_axis("data set")
    heads = list(dict.fromkeys(head for head, _ in found.columns))
    return found[[column for head in heads for column in found.columns if column[0] == head]]


def read_figure() -> pd.DataFrame:
    """The numbers, spreads and expressions of the paper's figure: dataset, system, metric, value as text."""
    table = pd.read_csv(FOLDER / "rae_iclr_fig2_structured.csv", dtype=str)
    return table.assign(dataset=table["dataset"].map(DATASETS), system=table["model"].map(SYSTEM))


def compare_averages(long: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Valid fraction and mean score of the searches, ours and the paper's: mean ± standard deviation over trials."""
    figure = read_figure().set_index(["dataset", "system", "metric"])["value"]
    own = select(long, dataset=dataset, set="bo", document="here")
    systems = list(dict.fromkeys([*figure.loc[dataset].index.get_level_values(0), *own["system"]]))
    rows = {}
    for system in systems:
        row = {}
        for metric, (name, words) in AVERAGES.items():
            values = own[(own["system"] == system) & (own["metric"] == metric)]["value"]
            row[words, "ours"] = f"{values.mean():.2f} ± {values.std(ddof=1):.2f}" if len(values) > 1 else None
            key = (dataset, system)
            printed = [figure.get((*key, f"{name}_{part}")) for part in ("mean", "pm")]
            row[words, "paper"] = " ± ".join(printed).replace("-", "−") if all(printed) else None
        rows[titled("system", system)] = row
    return pd.DataFrame(rows.values(), index=pd.Index(rows, name="system")).dropna(axis=1, how="all")


def draw_trials(long: pd.DataFrame) -> Figure:
    """The value of every trial: a panel a data set, a line a kind of search, a colour a model."""
    names, systems = (list(dict.fromkeys(long[key])) for key in ("dataset", "system"))
    figure, panels = figures.draw_panels(len(names), sharex=False, size=(figures.WIDE if len(names) > 1 else 7.0, 2.9))
    for ax, name in zip(panels, names, strict=True):
        for number, system in enumerate(systems):
            own, level = look(system), 0.24 * (number - (len(systems) - 1) / 2)
            for line, kind in enumerate(SEARCHES):
                values = select(long, dataset=name, system=system, set=kind)["value"]
                label = own.label if line == 0 else None
                ax.plot(values, [line + level] * len(values), own.marker, color=own.colour, label=label)
        ax.set_yticks(range(len(SEARCHES)), SEARCHES.values())
        ax.invert_yaxis()
        ax.set(title=titled("dataset", name), xlabel="mean score")
    figures.add_legend(figure, panels)
    return figure


def list_best(runs: list[store.Result], dataset: str) -> pd.DataFrame:
    """The three best strings of every system by Bayesian optimisation with their scores, ours and the paper's.

    Where there are no strings, a column a rank.
    """
    figure = read_figure().set_index(["dataset", "system", "metric"])["value"]
    rows, names = [], []
    for system in dict.fromkeys(figure.loc[dataset].index.get_level_values(0)):
        own = [r for r in runs if (r.config.dataset, r.config.system) == (dataset, system) and "search" in r.extras]
        found = own[0].extras["search"]["best"]["bo"] if own else []
        for rank in (1, 2, 3):
            text, score = found[rank - 1] if rank <= len(found) else (None, None)
            key = (dataset, system)
            printed = figure.get((*key, f"best_expression_rank{rank}"))
            rows.append(
                {
                    ("ours", "string"): f"`{text}`" if text else None,
                    ("ours", "score"): None if score is None else f"{score:.2f}".replace("-", "−"),
                    ("paper", "string"): f"`{printed}`" if printed else None,
                    ("paper", "score"): figure.get((*key, f"best_score_rank{rank}")),
                }
            )
            names.append((titled("system", system), str(rank)))
    found = pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(names, names=["system", "rank"]))
    found = found.dropna(axis=1, how="all")
    if any(head == "string" for _, head in found.columns):
        return found
    wide = found["paper", "score"].unstack("rank").reindex(found.index.unique("system"))
    return wide.set_axis([f"rank {number}" for number in (1, 2, 3)], axis=1)


def recompute_printed() -> pd.DataFrame:
    """The nine published expressions: the published score, and ours with true and with integer division."""
    long = computed.frame("expressions")
    wide = long.pivot(index=["system", "set", "text"], columns="metric", values="value").reset_index()
    order = {name: i for i, name in enumerate(catalogue()["system"])}
    wide = wide.sort_values(["system", "set"], key=lambda c: c.map(order) if c.name == "system" else c)
    index = pd.Index([titled("system", s) for s in wide["system"]], name="system")
    cells = {
        "expression": [f"`{text}`" for text in wide["text"]],
        "published": wide["printed_score"].to_numpy(),
        "true division": wide["expression_score"].to_numpy(),
        "integer division": wide["integer_score"].to_numpy(),
    }
    return pd.DataFrame(cells, index=index)


def compare_sorted(printed: pd.DataFrame) -> float:
    """The largest difference between the published scores of a model and ours with integer division, both in order."""
    parts = [part[["published", "integer division"]].to_numpy() for _, part in printed.groupby(level=0)]
    return float(max(np.abs(np.diff(np.sort(part, axis=0), axis=1)).max() for part in parts))


def list_paths(runs: list[store.Result], dataset: str, kind: str) -> pd.DataFrame:
    """The strings of the first of the "interpolations" or "traversals" of each system: a row a code."""
    columns = {}
    for result in (r for r in runs if r.config.dataset == dataset and r.config.seed == 0):
        path = result.raw["strings"][kind][0]
        texts = path if isinstance(path, list) else path["texts"]
        columns[titled("system", result.config.system)] = [f"`{t}`" if t else None for t in texts]
    found = pd.DataFrame(columns)
    return found.set_axis(pd.Index([str(i + 1) for i in range(len(found))], name="code"))


def draw_best(runs: list[store.Result], dataset: str) -> str:
    """The structures of the best molecules as one SVG, a row a system; "" where none is stored."""
    parts, row = [], 0
    for result in (r for r in runs if r.config.dataset == dataset and "search" in r.extras):
        found = result.extras["search"]
        for column, (text, score) in enumerate(found["best"]["bo"]):
            words = f"{titled('system', result.config.system)} {column + 1}: {score:.2f}".replace("-", "−")
            place = f"translate({WIDE * column} {row * (ROW + CAPTION)})"
            inner = re.sub(r"<\?xml[^>]*\?>|<!--.*?-->", "", found["drawings"][text], flags=re.S)
            short = html.escape(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
            label = f'<text x="{WIDE / 2}" y="{ROW + 14}" text-anchor="middle" font-size="13">{words}</text>'
            label += f'<text x="{WIDE / 2}" y="{ROW + 30}" text-anchor="middle" font-size="9">{short}</text>'
            parts.append(f'<g transform="{place}">{inner}{label}</g>')
        row += 1
    if not parts:
        return ""
    width, height = COLUMNS * WIDE, row * (ROW + CAPTION)
    size = f'width="{width * 0.75:g}pt" height="{height * 0.75:g}pt" viewBox="0 0 {width} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" fill="currentColor">'
    return " ".join(f"{head}{''.join(parts)}</svg>".split())
