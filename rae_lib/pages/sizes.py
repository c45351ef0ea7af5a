"""The size study: its runs, their distances by width and updates, what has settled, and whether orders hold.

A cell of the study is one system at one width and one number of updates. `frame` has a row for each cell and set of
images; everything else on the page is made from it: `size_orders`, `size_claims` (which claims hold at which size),
`size_laws` and `size_forecasts` (what may be said of the papers' size), `size_charts`.
"""

from collections.abc import Mapping

import pandas as pd

from rae_lib import studies
from rae_lib.campaign import command
from rae_lib.config import SYSTEMS, Config, catalogue, resolve
from rae_lib.pages.charts import look
from rae_lib.pages.tables import SETS, TITLES, asked, features_of, live, pick, updates
from rae_lib.results import store
from rae_lib.results.printed import printed_value

COLUMNS = ["system", "width", "epochs", "updates", "set", "value"]
FIFTH = catalogue()["gate"]["change"]  # a smaller change on doubling counts as none
NOTHING = "nothing yet"


def shown(dataset: str, profile: str, recompute: bool) -> list[str]:
    """The data sets of the page: the named one, or for "all" those on which the campaign has the study.

    Raises ValueError for an unknown name, and for "all" where runs are to be made: those need one name.
    """
    steps = catalogue()["campaign"][profile]
    return asked(dataset, recompute) or list(
        dict.fromkeys(s["dataset"] for s in steps if s.get("study") == "size")
    )


def planned(dataset: str, profile: str) -> list[Config]:
    """Every cell: the study's runs, and its systems' own runs, with which the doubled ones are compared."""
    study = studies.study("size", dataset, profile)
    own = [resolve(s, dataset, profile) for s in dict.fromkeys(c.system for c in study)]
    return list({c.name: c for c in (*own, *study)}.values())


def runs_of(dataset: str, profile: str, recompute: bool) -> list[store.Result]:
    """The stored runs of the study, made anew if asked; there may be none."""
    wanted = planned(dataset, profile)
    return command.ensure(wanted, recompute=recompute, missing="skip", progress=live())


def frame(results: list[store.Result]) -> pd.DataFrame:
    """One row a cell and set of images: the Frechet distance in the data set's features, clean protocol."""
    kinds = [features_of(r.config.dataset) for r in results[:1]]
    table = pick(command.table(results), metric="frechet", protocol="clean")
    table = table[table["set"].isin(SETS) & table["features"].isin(kinds)].dropna(subset="value")
    keys = ["system", "variant", "width", "epochs", "updates"]
    sizes = [(c.system, c.variant, *size_of(r)) for r in results for c in [r.config]]
    found = table.merge(pd.DataFrame(sizes, columns=keys), on=keys[:2])
    found = found.sort_values("system", key=lambda names: names.map(SYSTEMS.index), kind="stable")
    return found[COLUMNS].astype({"value": float})


def size_of(result: store.Result) -> tuple[int, int, int]:
    """Width, epochs and updates of a run."""
    config = result.config
    return config.width, config.epochs, updates(config, result.raw)


def published_sizes(results: list[store.Result]) -> dict[str, tuple[int, int]]:
    """By system: the papers' width, and their updates on the training images that there are."""
    found = {}
    for result in results:
        paper = resolve(result.config.system, result.config.dataset, "paper")
        found[paper.system] = paper.width, updates(paper, result.raw)
    return found


def scale(results: list[store.Result]) -> str:
    """One sentence on the runs behind a table."""
    config, counts = results[0].config, results[0].raw["data"]
    parts = [
        f"Profile {config.profile}, seed {config.seed}",
        f"{counts['train']:,} training images",
    ]
    parts.append(f"{min(config.samples, counts['test']):,} images per set")
    note = f" Data: {counts['note']}." if counts["note"] else ""
    return f"{', '.join(parts)}.{note}"


def floor(results: list[store.Result]) -> float | None:
    """The distance of real images, validation against test; None where nothing is stored."""
    if not results:
        return None
    kind = features_of(results[0].config.dataset)
    rows = pick(
        command.table(results), metric="frechet", set="real", protocol="clean", features=kind
    )
    return float(rows["value"].mean()) if len(rows) else None


def stored(wanted: list[Config], results: list[store.Result]) -> pd.DataFrame:
    """How many systems are stored of how many, a row for each width and a column for each number of epochs."""
    have = {r.config.name for r in results}
    cells: dict[tuple[int, int], list[bool]] = {}
    for config in wanted:
        cells.setdefault((config.width, config.epochs), []).append(config.name in have)
    epochs = sorted({e for _, e in cells})
    rows = []
    for width in sorted({w for w, _ in cells}):
        found = {f"{e} epochs": cells.get((width, e)) for e in epochs}
        count = {k: f"{sum(v)} of {len(v)}" if v else None for k, v in found.items()}
        rows.append({"width": str(width)} | count)
    return pd.DataFrame(rows)


def of_size(width: int, updates: int) -> str:
    return f"{width} × {updates:,}".replace(" ", "\u00a0")


def ladder(rows: pd.DataFrame) -> list[tuple[int, int]]:
    """(width, epochs) from the smallest to the largest size, both growing; one of them alone where only it varies."""
    widths, epochs = (sorted(set(rows[name])) for name in ("width", "epochs"))
    count = max(len(widths), len(epochs))
    pad = [values + values[-1:] * (count - len(values)) for values in (widths, epochs)]
    return list(zip(*pad, strict=True))


def by_size(part: pd.DataFrame) -> list[tuple[tuple[int, int, int], pd.DataFrame]]:
    """The rows of each (width, epochs, updates), from the smallest to the largest product."""
    groups = part.groupby(["width", "epochs", "updates"])
    return sorted(groups, key=lambda pair: (pair[0][0] * pair[0][2], pair[0][0]))


def published(dataset: str, kind: str, systems: list[str]) -> dict[str, float]:
    """The published distance by system, of those that have one (ICLR Table 1)."""
    values = {s: printed_value("rae", s, dataset, "frechet", kind) for s in systems}
    return {s: v for s, v in values.items() if v is not None}


# ---- what has settled


def last_doubling(part: pd.DataFrame, field: str) -> dict | None:
    """The largest cell of one system that has one with half of the field, with the relative change from there."""
    half = part.assign(**{field: 2 * part[field]})[["width", "epochs", "value"]]
    pairs = part.merge(half, on=["width", "epochs"], suffixes=("", "_half"))
    if pairs.empty:
        return None
    other = {"epochs": "width", "width": "epochs"}[field]
    last = pairs.sort_values([field, other]).iloc[-1]
    return {
        **last[["width", "epochs", "updates"]],
        "change": last["value"] / last["value_half"] - 1,
    }


def doublings(rows: pd.DataFrame, own: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """One row a set and system: the last doublings, None where a cell is missing, and whether the distance has settled.

    own: (width, epochs) of each system's own run; `gate` is the change from there to twice the updates. Settled is
    judged at the system's largest cell: None where that, or its half in a field, is not stored.
    """
    found = []
    for (kind, system), part in rows.groupby(["set", "system"], sort=False):
        width, epochs = own[system]
        pair = part[(part["width"] == width) & part["epochs"].isin((epochs, 2 * epochs))]
        line = {"set": kind, "system": system, "gate": last_doubling(pair, "epochs")}
        line |= {field: last_doubling(part, field) for field in ("epochs", "width")}
        line["top"] = rows["width"].max(), rows["epochs"].max()
        top = part["width"].max(), part["epochs"].max()
        last = [line[field] for field in ("epochs", "width")]
        whole = all(one and (one["width"], one["epochs"]) == top for one in last)
        line["settled"] = all(abs(one["change"]) < FIFTH for one in last) if whole else None
        found.append(line)
    columns = ["set", "system", "gate", "epochs", "width", "settled", "top"]
    frame = pd.DataFrame(found, columns=columns).astype(object)
    return frame.sort_values(
        ["set", "system"], key=lambda c: c.map([*SETS, *SYSTEMS].index), ignore_index=True
    )


def own_sizes(wanted: list[Config]) -> dict[str, tuple[int, int]]:
    """(width, epochs) of each system's own run."""
    return {c.system: (c.width, c.epochs) for c in wanted if not c.variant}


def doubling_table(found: pd.DataFrame) -> pd.DataFrame:
    """`doublings` as text: the change in per cent, with the cell at which it ends unless that is the largest of all."""
    signs, lines = {True: "✓ yes", False: "✗ no"}, []
    for row in found.to_dict("records"):
        line = {"set": SETS[row["set"]], "system": look(row["system"]).label}
        line["updates × 2, profile's own size"] = row["gate"] and in_percent(row["gate"]["change"])
        for field, title in (("epochs", "updates × 2"), ("width", "width × 2")):
            one = row[field]
            line[title] = one and in_percent(one["change"])
            if one and (one["width"], one["epochs"]) != row["top"]:
                line[title] += f" ({of_size(int(one['width']), int(one['updates']))})"
        lines.append(line | {"settled": signs.get(row["settled"])})
    return pd.DataFrame(lines)


def in_percent(change: float | None) -> str | None:
    if change is None:
        return None
    return f"{round(change, 2) + 0.0:+.0%}".replace("%", "\u00a0%").replace("-", "−")


def seed_words(dataset: str, profile: str) -> str:
    """ "REC 4 %, N 2 %, ...": how far seeds of the systems' own runs differ, s.d. over mean; "" for a single seed."""
    systems = [c.system for c in planned(dataset, profile) if not c.variant]
    wanted = [resolve(s, dataset, profile, seed) for s in systems for seed in (0, 1, 2)]
    table = pick(
        command.table([r for r in map(store.find, wanted) if r]),
        metric="frechet",
        protocol="clean",
        features=features_of(dataset),
    )
    groups = table.groupby(["set", "system"])["value"]
    spread = (groups.std() / groups.mean()).dropna()
    parts = [(text, spread[k].median()) for k, text in SETS.items() if k in spread.index]
    return ", ".join(f"{text} {share:.0%}".replace("%", " %") for text, share in parts)


# ---- words for the findings


def per_dataset(parts: Mapping[str, str]) -> str:
    """ "MNIST 12 of 16; CIFAR-10 9 of 16" from the data sets that have something to say."""
    known = [f"{TITLES[name]} {text}" for name, text in parts.items() if text]
    return "; ".join(known) or NOTHING


def settled_words(found: pd.DataFrame) -> str:
    """ "9 of 16 (REC 1, N 4, GMM 3, Interp 1)"; "" where nothing can be compared."""
    known = found[found["settled"].notna()]
    if known.empty:
        return ""
    yes = known[known["settled"].astype(bool)]
    counts = ", ".join(f"{title} {(yes['set'] == kind).sum()}" for kind, title in SETS.items())
    return f"{len(yes)} of {len(known)} ({counts})"


def change_words(rows: pd.DataFrame) -> str:
    """What a chart of distances shows: the change from each system's smallest to its largest cell, median by set."""
    parts = []
    for kind, title in SETS.items():
        groups = [by_size(part) for _, part in pick(rows, set=kind).groupby("system")]
        changes = [
            g[-1][1]["value"].iloc[0] / g[0][1]["value"].iloc[0] - 1 for g in groups if g[1:]
        ]
        parts += [f"{title} {in_percent(pd.Series(changes).median())}"] if changes else []
    words = "Fréchet distance against updates, a line for each width"
    what = "from the smallest to the largest size the distances change, in the median over systems, by"
    return f"{words}; {what}: {', '.join(parts)}" if parts else words
