"""What was run and what is still to be run, step by step; and whether it was trained enough (`gate`)."""

import pandas as pd

from rae_lib import studies
from rae_lib.config import DOCUMENTS, SYSTEMS, Config, catalogue, dataset_kind, resolve, system_kind
from rae_lib.pages import notes
from rae_lib.pages.notes import PRINTED
from rae_lib.pages.titles import titled
from rae_lib.results import gate, store
from rae_lib.results.frame import of_results

COUNTED = {4: "four", 7: "seven", 10: "ten"}
TITLES = (
    {"size": "width and length of training"}
    | {
        name: f"{table['short']}: its {COUNTED.get(n := len(DOCUMENTS[name]), n)} systems"
        for name, table in catalogue()["document"].items()
    }
    | {name: table["title"] for name, table in catalogue()["study"].items()}
)
FEW = 6  # systems that a step's line names one by one
PASSES = {True: "✓ passes", False: "✗ fails"}


def list_runs(profile: str) -> pd.DataFrame:
    """A row a planned run, under the first step of the profile's campaign that names it, with its minutes if stored.

    Columns: number and title of the step, dataset, seed, config; training, whole, and spent, where a training that
    two runs share counts once.
    """
    rows, trained = {}, set()
    for number, step in enumerate(catalogue()["campaign"][profile]):
        of = {"number": number, "title": name_step(step), "dataset": step["dataset"]}
        for seed in step.get("seeds", [0]):
            for config in studies.step_runs(step, profile, seed):
                key, result = (config.dataset, config.name), store.find(config)
                if key in rows:
                    continue
                took = count_minutes(result, config.training_hash in trained) if result else {}
                trained |= {config.training_hash} if result else set()
                rows[key] = of | {"seed": seed, "config": config} | took
    return pd.DataFrame(rows.values()).reindex(
        columns=["number", "title", "dataset", "seed", "config", "training", "whole", "spent"]
    )


def name_step(step: dict) -> str:
    """What a step of the catalogue runs."""
    systems = step.get("systems", [])
    names = ", ".join(titled("system", s) for s in systems)
    if "study" in step:
        part = f", {len(step['variants'])} of its settings" if "variants" in step else ""
        return TITLES[step["study"]] + part + (f" ({names})" if names else "")
    if not systems:
        return TITLES[step.get("document", "rae")]
    return names if len(systems) <= FEW else f"{len(systems)} systems"


def count_minutes(result: store.Result, shared: bool = False) -> dict[str, float]:
    """Minutes of a run; shared: another run had its training."""
    training, whole = result.raw["seconds"]["train"], result.seconds
    spent = whole - training if shared else whole
    return {"training": training / 60, "whole": whole / 60, "spent": spent / 60}


def count_updates(config: Config, stored: list[store.Result]) -> int:
    """Gradient steps of a run, on as many images as a stored run of its data set had, else on the whole set."""
    return notes.updates(config, max((r.raw for r in stored), key=lambda raw: raw["data"]["train"], default=None))


def table_steps(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a step of `list_runs`: what it runs, how much of it is stored, and what that took."""
    rows = []
    for (_, title, dataset), part in runs.groupby(["number", "title", "dataset"], sort=False):
        stored = store.load_all(part["config"].iloc[0].profile, dataset)
        updates = sorted({count_updates(c, stored) for c in part["config"]})
        took = part.dropna(subset=["whole"])
        rest = 1 - took["training"].sum() / took["whole"].sum() if len(took) else None
        row = {"step": title, "data set": titled("dataset", dataset)}
        row["seeds"] = ", ".join(map(str, sorted(set(part["seed"]))))
        row["updates"] = " to ".join(f"{n:,}" for n in dict.fromkeys((updates[0], updates[-1])))
        row |= {"runs": len(part), "stored": len(took), "minutes a run": took["whole"].median()}
        row["not training"] = None if rest is None else percent(rest)
        rows.append(row | {"minutes": took["spent"].sum() if len(took) else None})
    return pd.DataFrame(rows)


def count_runs(runs: pd.DataFrame) -> dict[str, float]:
    """Runs planned, stored and pending of a campaign, and the hours that the stored ones took."""
    stored = int(runs["whole"].notna().sum())
    counts = {"planned": len(runs), "stored": stored, "pending": len(runs) - stored}
    return counts | {"hours": runs["spent"].sum() / 60}


def percent(share: float, form: str = ".0%") -> str:
    return format(share, form).replace("%", " %").replace("-", "−")


# ---- Trained enough?


def list_places(profiles: list[str]) -> list[tuple[str, str]]:
    """Profile and data set of every campaign, each once and in its order."""
    books = catalogue()["campaign"]
    return list(dict.fromkeys((p, step["dataset"]) for p in profiles for step in books[p]))


def judge_parts(profile: str, dataset: str) -> pd.DataFrame:
    """The parts of a doubling test that are stored, each with `passes`: None where a run is missing."""
    rows = gate.doubling(dataset, profile).rows.dropna(subset=["once", "twice"], how="all")
    return rows.assign(profile=profile, dataset=dataset)


def list_failing(parts: pd.DataFrame) -> str:
    """The parts of a doubling test (`judge_parts`) that fail, each with its change."""
    failing = parts[parts["passes"].eq(False)].to_dict("records")
    return ", ".join(
        f"{gate.WORDS[row['set']]} of {titled('system', row['system'])} ({percent(row['change'], '+.0%')})"
        for row in failing
    )


def describe_parts(dataset: str, parts: pd.DataFrame) -> str:
    """For `boxes`: how many parts of a doubling test pass, which fail, and how many are not run."""
    head, passes = f"**Trained enough on {titled('dataset', dataset)}?**", parts["passes"]
    if passes.isna().all():
        return f"{head} Not known: the doubling test is not run yet, so every number on these data has a dagger."
    text = f"{head} {passes.eq(True).sum()} of {len(parts)} parts of the doubling test pass."
    if failing := list_failing(parts):
        text += f" Twice the updates change these by a fifth or more: {failing}."
    return text + (f" Not run yet: {passes.isna().sum()}." if passes.isna().any() else "")


def table_parts(profiles: list[str]) -> pd.DataFrame:
    """A row a part of the doubling tests: its distance once and at twice the updates, and whether it passes."""
    rows = [row for p, d in list_places(profiles) for row in judge_parts(p, d).to_dict("records")]
    return pd.DataFrame(
        {
            "data set": titled("dataset", row["dataset"]),
            "profile": row["profile"],
            "system": titled("system", row["system"]),
            "images": gate.WORDS[row["set"]],
            "once": row["once"],
            "twice the updates": row["twice"],
            "change": percent(row["change"], "+.1%") if row["passes"] is not None else None,
            "this part": PASSES.get(row["passes"]),
        }
        for row in rows
    )


def table_gates(profiles: list[str]) -> pd.DataFrame:
    """A row a data set and profile: length and size of ours and of the papers', parts and runs that pass."""
    rows = []
    for profile, dataset in list_places(profiles):
        stored = store.load_all(profile, dataset)
        kind = dataset_kind(dataset)
        first = next(s for s in SYSTEMS if system_kind(s) == kind)
        own, paper = (resolve(first, dataset, p) for p in (profile, "paper"))
        failed = len(gate.failed(of_results(stored))) if stored else 0
        minutes = [count_minutes(r)["whole"] for r in stored if not r.config.variant]
        row = {("", "data set"): titled("dataset", dataset), ("", "profile"): profile}
        row[("updates", "ours")] = count_updates(own, stored)
        row[("updates", "papers")] = f"{notes.updates(paper):,}" if dataset in PRINTED else None
        row[("filters", "ours")] = own.width if kind == "images" else None
        row[("filters", "papers")] = f"{paper.width}" if dataset in PRINTED else None
        row[("a run", "minutes")] = pd.Series(minutes, dtype=float).median()
        row[("that pass", "parts of the test")] = count_parts(profile, dataset)
        runs = f"{len(stored) - failed} of {len(stored)}" if stored else None
        rows.append(row | {("that pass", "runs"): runs})
    return pd.DataFrame(rows)


def count_parts(profile: str, dataset: str) -> str:
    """How many parts of a doubling test pass, or why there is none."""
    test, parts = gate.doubling(dataset, profile), judge_parts(profile, dataset)
    if test.rows.empty:
        return "no test is needed" if test.passes else "no test is planned"
    known = parts["passes"].dropna()
    return f"{known.sum()} of {len(test.rows)}" if len(known) else "not run yet"


def table_failures(profiles: list[str]) -> pd.DataFrame:
    """Every stored run that fails by itself, and why."""
    rows = []
    for place in list_places(profiles):
        found = gate.failed(of_results(store.load_all(*place)))
        for (_, dataset, system, variant, seed), reason in sorted(found.items()):
            names = {"data set": titled("dataset", dataset), "profile": place[0]}
            names |= {"system": titled("system", system), "setting": variant or None}
            rows.append(names | {"seed": str(seed), "why": reason})
    return pd.DataFrame(rows)
