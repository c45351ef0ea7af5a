"""What was run and what is still to be run, step by step; and whether it was trained enough (`gate`)."""

from dataclasses import dataclass

import pandas as pd

from rae_lib import studies
from rae_lib.config import DOCUMENTS, Config, catalogue, resolve
from rae_lib.pages import costs
from rae_lib.pages.charts import look
from rae_lib.pages.tables import TITLES
from rae_lib.results import gate, store
from rae_lib.results.store import Result

PROFILES = ("overnight", "laptop")
PRINTED = ("mnist", "cifar10", "celeba64")  # data sets on which the papers trained
WORDS = costs.WORDS | {"size": "width and length of training"}
IMAGES = costs.COUNTS | {"digits": 997}  # of training
FEW = 6  # systems that a step's line names one by one


@dataclass(frozen=True)
class Step:
    """A step of a campaign: its runs that no earlier step names, and those of them that are stored."""

    words: str
    dataset: str
    planned: tuple[Config, ...]
    stored: tuple[Result, ...]


def steps(profile: str) -> list[Step]:
    """The steps of a profile's campaign in order; one that names no new run is left out."""
    seen: set[tuple[str, str]] = set()
    found = []
    for step in catalogue()["campaign"][profile]:
        wanted = [c for s in step.get("seeds", [0]) for c in studies.step_runs(step, profile, s)]
        new = tuple(c for c in wanted if (c.dataset, c.name) not in seen)
        seen |= {(c.dataset, c.name) for c in new}
        if new:
            stored = tuple(result for result in map(store.find, new) if result)
            found.append(Step(words(step), step["dataset"], new, stored))
    return found


def words(step: dict) -> str:
    """What a step of the catalogue runs."""
    if "study" in step:
        part = f", {len(step['variants'])} of its settings" if "variants" in step else ""
        systems = step.get("systems", [])
        of = f" ({', '.join(look(s).label for s in systems)})" if systems else ""
        return WORDS[step["study"]] + part + of
    systems = step.get("systems", DOCUMENTS[step.get("document", "rae")])
    if "systems" not in step:
        return WORDS[step.get("document", "rae")]
    return (
        f"{len(systems)} systems"
        if len(systems) > FEW
        else ", ".join(look(s).label for s in systems)
    )


def images(config: Config, stored: list[Result]) -> int:
    """Training images of a run: as a stored run of the data set counted them, else of the whole set."""
    counted = [r.raw["data"]["train"] for r in stored if r.config.dataset == config.dataset]
    most = max(counted, default=IMAGES[config.dataset])
    return min(config.train_images or most, most)


def updates(config: Config, stored: list[Result]) -> int:
    return config.epochs * (images(config, stored) // config.batch)


def seconds(result: Result) -> float:
    """All seconds of a run; a training that another run shares is counted as if it were this run's own."""
    took = result.raw["seconds"]
    training = max(took["train"], took.get("train_call", 0.0))
    return training + took["density"] + took["evaluate"]


def spent(stored: list[Result]) -> float:
    """Seconds that these runs took together; a training that two of them share is counted once."""
    total, seen = 0.0, set()
    for result in stored:
        shared = result.config.training_hash in seen
        seen.add(result.config.training_hash)
        total += seconds(result) - (result.raw["seconds"]["train"] if shared else 0.0)
    return total


def minutes(stored: list[Result]) -> float | None:
    """The median of the minutes of these runs."""
    return float(pd.Series([seconds(r) / 60 for r in stored]).median()) if stored else None


def untrained(stored: list[Result]) -> str | None:
    """The share of the time of these runs that is not training."""
    whole = sum(map(seconds, stored))
    share = 1 - sum(r.raw["seconds"]["train"] for r in stored) / whole if whole else None
    return None if share is None else f"{share:.0%}".replace("%", " %")


def step_table(found: list[Step]) -> pd.DataFrame:
    """One row a step: what it runs, how much of it is stored, and what that took."""
    every = [result for step in found for result in step.stored]
    lines = []
    for step in found:
        stored, seeds = list(step.stored), sorted({c.seed for c in step.planned})
        line = {"step": step.words, "data set": TITLES[step.dataset]}
        line["seeds"] = ", ".join(map(str, seeds))
        line["updates"] = between([updates(c, every) for c in step.planned])
        line |= {"runs": len(step.planned), "stored": len(stored)}
        line |= {"minutes a run": minutes(stored), "not training": untrained(stored)}
        lines.append(line | {"minutes": spent(stored) / 60 if stored else None})
    return pd.DataFrame(lines)


def between(counts: list[int]) -> str:
    """ "1,500 to 12,000", or the one number."""
    return " to ".join(f"{n:,}" for n in sorted({min(counts), max(counts)}))


def totals(found: list[Step]) -> dict[str, float]:
    """Runs planned, stored and pending of a campaign, and the hours that the stored ones took."""
    every = [result for step in found for result in step.stored]
    planned = sum(len(step.planned) for step in found)
    counts = {"planned": planned, "stored": len(every), "pending": planned - len(every)}
    return counts | {"hours": spent(every) / 3600}


# ---- the gate


def places(profile: str) -> list[str]:
    """The data sets of a profile's campaign, in its order."""
    return list(dict.fromkeys(step["dataset"] for step in catalogue()["campaign"][profile]))


def verdict_table(profiles: list[str]) -> pd.DataFrame:
    """One row a data set and profile: size and length beside the papers', the doubling test, runs that pass."""
    lines = []
    for profile in profiles:
        for dataset in places(profile):
            stored = store.load_all(profile, dataset)
            own, paper = (resolve("ae", dataset, p) for p in (profile, "paper"))
            printed = dataset in PRINTED
            line = {"data set": TITLES[dataset], "profile": profile}
            line |= {"updates": updates(own, stored)}
            line["updates in the paper"] = updates(paper, []) if printed else None
            line |= {"width": own.width, "width in the paper": paper.width if printed else None}
            line["minutes a run"] = minutes([r for r in stored if not r.config.variant])
            line["doubling test"] = outcome(gate.doubling(dataset, profile))
            lines.append(line | {"runs that pass": passing(stored)})
    frame = pd.DataFrame(lines)
    whole = [c for c in frame if c.endswith("in the paper")]
    return frame.astype(dict.fromkeys(whole, "Int64")).astype(dict.fromkeys(whole, object))


def outcome(test: gate.Doubling) -> str:
    """ "✓ passes: at most 12 %, samples N of vae", or why there is none."""
    if test.rows.empty:
        return "✓ not needed" if test.passes else "○ none is planned"
    if test.passes is None:
        return "○ not run yet"
    row = test.worst
    most = f"{'at most ' * test.passes}{abs(row['change']):.0%}".replace("%", " %")
    where = f"{gate.WORDS[row['set']]} of {look(row['system']).label}"
    return f"{'✓ passes' if test.passes else '✗ fails'}: {most}, {where}"


def passing(stored: list[Result]) -> str | None:
    """How many of these runs do not fail by themselves."""
    if not stored:
        return None
    return f"{len(stored) - len(gate.failed(store.table(stored)))} of {len(stored)}"


def test_table(profiles: list[str]) -> pd.DataFrame:
    """Every Frechet distance of the doubling tests, at the profile's own length and at twice its updates."""
    lines = []
    for profile, dataset in ((p, d) for p in profiles for d in places(p)):
        rows = gate.doubling(dataset, profile).rows.dropna(subset=["once", "twice"], how="all")
        for row in rows.to_dict("records"):
            line = {"data set": TITLES[dataset], "profile": profile}
            line |= {"system": look(row["system"]).label, "set": gate.WORDS[row["set"]]}
            line |= {"once": row["once"], "twice the updates": row["twice"]}
            known = pd.notna(row["change"])
            line["change"] = signed(row["change"]) if known else None
            lines.append(line)
    return pd.DataFrame(lines)


def signed(share: float) -> str:
    """ "+12 %"."""
    return f"{share:+.0%}".replace("%", " %").replace("-", "−")


def failures(profiles: list[str]) -> pd.DataFrame:
    """Every stored run that fails by itself, and why."""
    lines = []
    for profile, dataset in ((p, d) for p in profiles for d in places(p)):
        found = gate.failed(store.table(store.load_all(profile, dataset)))
        for (_, _, system, variant, seed), reason in sorted(found.items()):
            line = {"data set": TITLES[dataset], "profile": profile, "system": look(system).label}
            lines.append(line | {"setting": variant or None, "seed": str(seed), "why": reason})
    return pd.DataFrame(lines)
