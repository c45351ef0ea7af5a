"""The size study: how distances and orders of systems move with width and updates, and what a doubling changes.

A cell of the study is one system at one width and one number of updates. `cells` are the rows of the long frame that
are distances of a cell; everything on the page is made from them. What may be said of the papers' size: `laws`.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from rae_lib import studies
from rae_lib.claims import rules, verdicts
from rae_lib.config import DATASETS, Config, catalogue, check_choice, resolve
from rae_lib.pages import figures, notes
from rae_lib.pages.titles import ordered, titled
from rae_lib.results import frame, request, store
from rae_lib.results.frame import select

SETS = ["rec", "N", "gmm", "interp"]
FIFTH = catalogue()["gate"]["change"]  # a smaller change on doubling counts as none
SIZE = ["width", "updates"]
WIDTHS = ["#9CC3E6", "#5B96CC", "#22609B", "#0B2A4A"]  # from the narrowest to the widest network


def planned(dataset: str, profile: str) -> list[Config]:
    """Every cell: the study's runs, and its systems' own runs, with which the doubled ones are compared."""
    study = studies.study("size", dataset, profile)
    own = [resolve(s, dataset, profile) for s in dict.fromkeys(c.system for c in study)]
    return list({c.name: c for c in (*own, *study)}.values())


def datasets(dataset: str, profile: str, *, recompute: bool = False) -> list[str]:
    """The one that is named; for "all" those on which the campaign of a profile has the study."""
    check_choice("dataset", dataset, ("all", *DATASETS))
    if dataset != "all":
        return [dataset]
    if recompute:
        raise ValueError(f"recompute needs one data set by name; allowed: {', '.join(DATASETS)}")
    steps = catalogue()["campaign"][profile]
    return list(dict.fromkeys(s["dataset"] for s in steps if s.get("study") == "size"))


def own_widths(wanted: Sequence[Config]) -> dict[str, int]:
    """The width of each system's own run."""
    return {c.system: c.width for c in wanted if not c.variant}


def records(results: Sequence[store.Result]) -> pd.DataFrame:
    """Every record of every cell, with the `updates` of its run."""
    updates = {r.config.training_hash: notes.updates(r.config, r.raw) for r in results}
    long = frame.framed([]) if not results else frame.of_results(list(results))
    return select(long, study=["", "size"]).assign(updates=long["training"].map(updates))


def cells(results: Sequence[store.Result], sets: Sequence[str] = tuple(SETS)) -> pd.DataFrame:
    """The Frechet distances of every cell, clean protocol, with the `updates` of its run."""
    found = frame.select_distances(records(results), study=["", "size"], set=sets)
    return found.dropna(subset=["value"]).sort_values(SIZE)


def real_images(results: Sequence[store.Result]) -> float:
    """The distance of real images, validation against test."""
    return float(cells(results, ["real"])["value"].mean())


def published_sizes(results: Sequence[store.Result]) -> dict[str, tuple[int, int]]:
    """By system: the papers' width, and their updates."""
    papers = [resolve(r.config.system, r.config.dataset, "paper") for r in results]
    return {paper.system: (paper.width, notes.updates(paper)) for paper in papers}


def by_width(rows: pd.DataFrame) -> figures.Style:
    """A style for widths: light to dark, and a marker, from the narrowest to the widest network."""
    found = sorted(set(rows["width"]))
    looks = dict(zip(found, zip(WIDTHS[-len(found) :], "os^D", strict=False), strict=False))
    return lambda w: {"color": looks[w][0], "marker": looks[w][1], "label": f"width {w:g}"}


def distances(rows: pd.DataFrame) -> Figure:
    """A row of panels a set, a column a system: distance over updates, a line a width."""
    look = {"style": by_width(rows), "logx": True, "logy": True, "ylabel": "Fréchet distance"}
    return figures.lines(rows, "updates", hue="width", row="set", col="system", **look)


def has_lines(rows: pd.DataFrame) -> bool:
    """Whether anything can be drawn over updates: a data set that has two numbers of them."""
    return len(rows) > 0 and bool((rows.groupby("dataset")["updates"].nunique() > 1).any())


def describe_distance(cells: Mapping[str, pd.DataFrame], targets: Mapping[str, Mapping[str, tuple]]) -> str:
    """Sentences: by how much the papers' size (system -> width and updates) is beyond the largest cell, by data set."""
    words = []
    for name, rows in cells.items():
        goal = max(targets[name].values())
        times = [f"{g / rows[field].max():.2g}" for g, field in zip(goal, SIZE, strict=True)]
        words.append(f"On {titled('dataset', name)} the papers have {times[0]} times our largest width")
        words[-1] += f" and {times[1]} times our most updates."
    return " ".join(words)


def size_text(width: float, updates: float) -> str:
    return f"{width:g} × {updates:,.0f}".replace(" ", "\u00a0")


def compare_ends(ratios: pd.DataFrame) -> pd.DataFrame:
    """The ratio in the shortest and in the longest run of each network (data set, system, width) that has several."""
    networks = ratios.sort_values("updates").groupby(["dataset", "system", "width"])["value"]
    return networks.agg(shortest="first", longest="last")[networks.size() > 1]


def ladder(rows: pd.DataFrame) -> list[tuple[int, int]]:
    """Stored (width, updates) from the smallest to the largest size, both growing; one alone where only it varies."""
    axes = [sorted(set(rows[name])) for name in SIZE]
    count = max(map(len, axes))
    steps = zip(*([*v, *v[-1:] * (count - len(v))] for v in axes), strict=True)
    stored = set(rows[SIZE].itertuples(index=False, name=None))
    return [step for step in steps if step in stored]


# ---- doublings


def last_doubling(values: Mapping[tuple, float], field: int) -> tuple[tuple, float] | None:
    """The largest cell (width, updates) that has one with half of a field, and the relative change from there."""
    for cell in sorted(values, key=lambda c: (c[field], c[1 - field]), reverse=True):
        half = tuple(v / 2 if i == field else v for i, v in enumerate(cell))
        if half in values:
            return cell, values[cell] / values[half] - 1
    return None


def doublings(rows: pd.DataFrame, own: Mapping[str, int]) -> pd.DataFrame:
    """One row a set and system of one data set: the changes by the last doublings, and whether both are below a fifth.

    own: the width of each system's own run; `test` is the last doubling of updates there. Each is (cell, change).
    `steady` is judged at the system's largest cell: None where that, or its half in a field, is not stored.
    """
    lines = {}
    for (kind, system), part in rows.groupby(["set", "system"]):
        values = part.groupby(SIZE)["value"].mean().to_dict()
        last = [last_doubling(values, field) for field in (1, 0)]
        top = max(w for w, _ in values), max(u for _, u in values)
        whole = all(one and one[0] == top for one in last)
        alike = {c: v for c, v in values.items() if c[0] == own[system]}
        lines[kind, system] = {
            "test": last_doubling(alike, 1),
            "updates": last[0],
            "width": last[1],
            "steady": all(abs(change) < FIFTH for _, change in last) if whole else None,
        }
    keys = [(k, s) for k in SETS for s in ordered("system", rows["system"]) if (k, s) in lines]
    index = pd.MultiIndex.from_tuples(keys, names=["set", "system"])
    return pd.DataFrame([lines[key] for key in keys], index=index, dtype=object)


def doubling_table(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """`doublings` as text: the change in per cent, with the cell at which it ends unless that is the largest of all.

    Columns without a value are left out, and that of the own width where it says the same as the largest one.
    """
    top = tuple(rows[name].max() for name in SIZE)

    def text(one: tuple | None) -> str | None:
        place = f" ({size_text(*one[0])})" if one and one[0] != top else ""
        return one and percent(one[1]) + place

    signs = {True: "✓ yes", False: "✗ no", None: None}
    heads = {"test": "updates × 2, own width", "updates": "updates × 2", "width": "width × 2"}
    table = pd.DataFrame({head: found[name].map(text) for name, head in heads.items()})
    table["less than a fifth"] = found["steady"].map(signs.get)
    names = [(titled("set", kind), titled("system", system)) for kind, system in found.index]
    table = table.set_index(pd.MultiIndex.from_tuples(names, names=["set", "system"]))
    if table[heads["test"]].equals(table[heads["updates"]]):
        table = table.drop(columns=heads["test"])
    return table.dropna(how="all").dropna(how="all", axis=1)


def percent(change: float) -> str:
    return f"{round(change, 2) + 0.0:+.0%}".replace("%", "\u00a0%").replace("-", "−")


def seed_spread(wanted: Sequence[Config]) -> str:
    """Standard deviation over mean of the own runs' seeds, median over systems: "mixture 4 %, ..."; "" for one seed."""
    own = [resolve(c.system, c.dataset, c.profile, n) for c in wanted if not c.variant for n in (0, 1, 2)]
    groups = cells(request.ensure(own)).groupby(["set", "system"])["value"]
    spread = (groups.std() / groups.mean()).dropna().groupby("set").median()
    return ", ".join(f"{titled('set', k)} {spread[k]:.0%}".replace("%", "\u00a0%") for k in SETS if k in spread)


# ---- orders of the systems


def orders(rows: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """The order of the systems, a row a set and size that three or more have; `value`: Kendall's τ with the published.

    published: the published distances. NaN where these have fewer than three of the systems: two are no order.
    """
    known, lines = average_sets(published), []
    for (kind, *size), part in rows.groupby(["set", *SIZE]):
        means = part.groupby("system")["value"].mean()
        if len(means) > 2:
            tau = means.corr(known.get(kind, means[:0]), method="kendall", min_periods=3)
            lines.append([kind, *size, len(means), in_order(means), tau])
    return pd.DataFrame(lines, columns=["set", *SIZE, "systems", "order", "value"])


def average_sets(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Mean distance of each system, by set."""
    return {kind: part.groupby("system")["value"].mean() for kind, part in rows.groupby("set")}


def in_order(values: pd.Series) -> str:
    """The systems, the lowest value first."""
    return ", ".join(titled("system", s) for s in values.dropna().sort_values().index)


def order_table(found: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """`orders` on the way from the smallest to the largest size, the published one as each set's last row."""
    lines, sizes, known = {}, ladder(found), average_sets(published)
    for kind in SETS:
        part = found[found["set"] == kind].set_index(SIZE)
        rows = {size_text(*size): part.loc[size, ["order", "value"]].to_dict() for size in sizes if size in part.index}
        if rows and kind in known:
            rows["published"] = {"order": in_order(known[kind])}
        lines |= {(titled("set", kind), size): row for size, row in rows.items()}
    index = pd.MultiIndex.from_tuples(lines, names=["set", "width × updates"])
    table = pd.DataFrame(lines.values(), index=index)
    return table.rename(columns={"order": "order, the best first", "value": "τ, published"})


def claim_table(results: Sequence[store.Result]) -> pd.DataFrame:
    """The claims of the RAE papers from the smallest to the largest size: how many of their comparisons are true.

    Only comparisons of which all runs are there count, by their values alone: with one seed nothing is decided.
    """
    long, columns = records(results).assign(study="", variant="", doubt=""), {}
    ids = [i for i, one in rules.claims().items() if one["decided_by"] == "runs" and "rae" in one["documents"]]
    for size in ladder(long):
        found = verdicts.decide(ids, long[(long[SIZE] == list(size)).all(axis=1)])
        known = {v.id: [c for c in v.comparisons if not c.lacks] for v in found if v.dataset}
        true = {i: f"{sum(c.support > 0.5 for c in some)} of {len(some)}" for i, some in known.items() if some}
        columns[size_text(*size)] = true
    table = pd.DataFrame(columns).rename_axis("claim")
    return table.loc[[i for i in ids if i in table.index]]


def order_words(found: pd.DataFrame) -> str:
    """ "reconstructions 0.67, ...": τ with the published order at the largest size that has the most systems."""
    known = found.dropna(subset=["value"]).sort_values(["systems", *SIZE])
    last = known.groupby("set")["value"].last()
    return ", ".join(f"{titled('set', k)} {f'{last[k]:.2f}'.replace('-', '−')}" for k in SETS if k in last)
