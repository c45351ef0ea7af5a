"""What the chapter on strings needs for itself: Figure 2 of the RAE paper in tables, drawings, lists of strings."""

import html
import re

import numpy as np
import pandas as pd

from rae_lib.config import catalogue
from rae_lib.pages.titles import titled
from rae_lib.results import computed, request, store
from rae_lib.results.frame import select
from rae_lib.results.printed import DATASETS, FOLDER, SYSTEM

DOCUMENT = "structures"
SEARCHES = {"bo": "Bayesian optimisation", "random": "random codes", "sampled": "samples N"}
AVERAGES = (("valid_fraction", "fraction_valid", "valid"), ("mean_score", "avg_score", "score"))  # ours, print's, head
COLUMNS, ROW, CAPTION = 3, 160, 44  # of the drawings: across, height of a molecule and of the words below it
WIDE, LONGEST = 240, 34  # width of a drawing; characters of a line of words


def find_runs(dataset: str, profile: str, seeds: list[int], *, recompute: bool = False) -> list[store.Result]:
    """The stored runs on strings, without those of studies; none where none is stored."""
    try:
        return request.find_runs(DOCUMENT, dataset=dataset, profile=profile, seeds=seeds, recompute=recompute)
    except FileNotFoundError:
        return []


def list_missing(runs: list[store.Result]) -> str:
    """Which runs and searches of the paper's three models are not stored, in a sentence."""
    names = [name for name, table in catalogue()["system"].items() if name in set(SYSTEM.values()) and is_ours(table)]
    lines = []
    for dataset in dict.fromkeys(DATASETS.values()):
        own = [r for r in runs if r.config.dataset == dataset]
        if not own:
            if catalogue()["dataset"].get(dataset, {}).get("kind") == "strings":
                lines.append(f"no run on {titled('dataset', dataset)}")
            continue
        lacking = [n for n in names if n not in {r.config.system for r in own}]
        unsearched = [n for n in names if n not in lacking and not any(searched(r, n) for r in own)]
        lines += [f"on {titled('dataset', dataset)} no run of {say(lacking)}"] if lacking else []
        lines += [f"on {titled('dataset', dataset)} no search in the codes of {say(unsearched)}"] if unsearched else []
    return f"Not stored yet: {'; '.join(lines)}." if lines else "Every run and search of the figure is stored."


def is_ours(table: dict) -> bool:
    return table["document"] == DOCUMENT


def searched(result: store.Result, system: str) -> bool:
    return result.config.system == system and "search" in result.extras


def say(systems: list[str]) -> str:
    return ", ".join(titled("system", name) for name in systems)


def describe_sizes(runs: list[store.Result]) -> pd.DataFrame:
    """Each data set and profile: strings, updates, size of the networks and length of the searches."""
    rows, names = [], []
    for dataset in dict.fromkeys(r.config.dataset for r in runs):
        first = next(r for r in runs if r.config.dataset == dataset)
        c, raw = first.config, first.raw
        search = catalogue()["search"][c.profile]
        search = search | search.get(dataset, {})
        names.append(titled("dataset", dataset))
        rows.append(
            {
                ("runs", "profile"): c.profile,
                ("training strings", "ours"): raw["data"]["train"],
                ("training strings", "paper"): catalogue()["dataset"][dataset]["images"][0],
                ("updates", "ours"): c.epochs * (raw["data"]["train"] // c.batch),
                ("recurrent units", "ours"): c.hidden,
                ("recurrent units", "paper"): catalogue()["dataset"][dataset]["hidden"],
                ("search", "trials"): search["trials"],
                ("search", "suggestions each"): search["steps"] * search["batch"],
            }
        )
    return pd.DataFrame(rows, index=pd.Index(names, name="data set"))


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
        for metric, name, words in (
            ("valid_fraction", "fraction_valid", "valid"),
            ("mean_score", "avg_score", "score"),
        ):
            values = own[(own["system"] == system) & (own["metric"] == metric)]["value"]
            row[words, "ours"] = f"{values.mean():.2f} ± {values.std(ddof=1):.2f}" if len(values) > 1 else None
            key = (dataset, system)
            printed = [figure.get((*key, f"{name}_{part}")) for part in ("mean", "pm")]
            row[words, "paper"] = " ± ".join(printed).replace("-", "−") if all(printed) else None
        rows[titled("system", system)] = row
    return pd.DataFrame(rows.values(), index=pd.Index(rows, name="system"))


def list_best(runs: list[store.Result], dataset: str) -> pd.DataFrame:
    """The three best strings of every system by Bayesian optimisation with their scores, ours and the paper's."""
    figure = read_figure().set_index(["dataset", "system", "metric"])["value"]
    rows, names = [], []
    for system in dict.fromkeys(figure.loc[dataset].index.get_level_values(0)):
        own = next((r for r in runs if r.config.dataset == dataset and searched(r, system)), None)
        found = own.extras["search"]["best"]["bo"] if own else []
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
    return found.dropna(axis=1, how="all")


def recompute_printed() -> pd.DataFrame:
    """The nine printed expressions: the printed score, and ours with true and with integer division."""
    long = computed.frame("expressions")
    wide = long.pivot(index=["system", "set", "text"], columns="metric", values="value").reset_index()
    order = {name: i for i, name in enumerate(catalogue()["system"])}
    wide = wide.sort_values(["system", "set"], key=lambda c: c.map(order) if c.name == "system" else c)
    index = pd.Index([titled("system", s) for s in wide["system"]], name="system")
    cells = {
        "expression": [f"`{text}`" for text in wide["text"]],
        "printed": wide["printed_score"].to_numpy(),
        "true division": wide["expression_score"].to_numpy(),
        "integer division": wide["integer_score"].to_numpy(),
    }
    return pd.DataFrame(cells, index=index)


def compare_sorted(printed: pd.DataFrame) -> float:
    """The largest difference between the printed scores of a model and ours with integer division, both in order."""
    parts = [part[["printed", "integer division"]].to_numpy() for _, part in printed.groupby(level=0)]
    return float(max(np.abs(np.diff(np.sort(part, axis=0), axis=1)).max() for part in parts))


def list_paths(runs: list[store.Result], dataset: str, kind: str) -> pd.DataFrame:
    """The strings of the first "interpolations" or "traversals" of each system, a row a path."""
    rows, names = [], []
    for result in (r for r in runs if r.config.dataset == dataset and r.config.seed == 0):
        for path in result.raw["strings"][kind][:2]:
            texts = path if isinstance(path, list) else path["texts"]
            rows.append([f"`{t}`" if t else None for t in texts])
            names.append(titled("system", result.config.system))
    heads = [f"{i}" for i in range(1, len(rows[0]) + 1)] if rows else []
    return pd.DataFrame(rows, columns=heads, index=pd.Index(names, name="system"))


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
