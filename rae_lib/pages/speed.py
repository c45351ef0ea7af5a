"""How fast: what the page of the stored benchmarks needs besides tables of records, and the goals."""

import pandas as pd
from matplotlib.figure import Figure

from rae_lib.pages import figures
from rae_lib.pages.looks import look
from rae_lib.results import store
from rae_lib.results.frame import select
from rae_lib.results.other import name_device

GROWTH = {"width": "filters", "latent": "latent units", "images": "images an epoch"}
MEASURES = {"images_per_second": "images a second", "share": "share of the matrix rate, %"}
MEASURES |= {"memory": "memory, GiB"}
MET, MISSED, OPEN = "✓ met", "✗ not met", "not measured"
EVALUATED = 10_000  # images of the goals about evaluation
LIMIT = 120  # seconds of a run
GOAL_RUNS = ("mnist", "cifar10")


def list_conditions(raws: list[dict], long: pd.DataFrame) -> pd.DataFrame:
    """Under which conditions every device was measured, and the last call's rate of a matrix product."""
    rows = []
    for raw in raws:
        steps = select(long, kind="systems", device=name_device(raw))
        sizes = {name: steps[name].max() for name in ("width", "latent", "batch")}
        last = raw["calls"][-1]
        row = {"device": raw["device"], "profile": raw["profile"], "threads": last["threads"]}
        row |= {"precision": last["peak"]["precision"]}
        row |= {"TFLOP/s": last["peak"]["flop_per_second"] / 1e12}
        rows.append(row | sizes | {"calls": len(raw["calls"])})
    return pd.DataFrame(rows)


def find_fastest(long: pd.DataFrame) -> pd.DataFrame:
    """All measures of the fastest way of running each system's step on each device."""
    steps = select(long, kind="systems")
    rates = steps[steps["metric"] == "images_per_second"]
    best = rates.loc[rates.groupby(["device", "system"])["value"].idxmax(), ["device", "name"]]
    return steps.merge(best, on=["device", "name"])


def list_skipped(raws: list[dict], kind: str) -> str:
    """What of a kind could not be measured, in a sentence a device; "" if nothing."""
    missing = {
        name_device(raw): [r["name"] for r in raw["rows"] if r["kind"] == kind and "skipped" in r] for raw in raws
    }
    found = [f"Not measured on {d}: {'; '.join(names)}." for d, names in missing.items() if names]
    return " ".join(found)


def compare_single(long: pd.DataFrame) -> pd.DataFrame:
    """Several trainings at once, with their summed rate over that of one alone as `ratio`."""
    side = select(long, kind="side")
    rates = side[side["metric"] == "images_per_second"]
    alone = rates[rates["many"] == 1].set_index("device")["value"]
    ratios = rates.assign(metric="ratio", value=rates["value"] / rates["device"].map(alone))
    return pd.concat([side, ratios])


def list_peers(long: pd.DataFrame) -> pd.DataFrame:
    """The rates of both trainers, and their ratio with its range over the turns as text."""
    rows = select(long, kind="peers", metric=["images_per_second", "peer_images_per_second", "ratio"])
    ranges = [f"{v:.2f} ({a:.2f} to {b:.2f})" for v, a, b in rows[["value", "lowest", "highest"]].to_numpy()]
    return rows.assign(text=pd.Series(ranges, rows.index).where(rows["metric"] == "ratio"))


def draw_growth(long: pd.DataFrame, metric: str) -> Figure:
    """A measure of the RAE step against each of its three sizes; a line a device."""
    rows = select(long, kind="growth", metric=metric)
    grown = rows["name"].str.partition(" ")[0]
    sizes = [row[name] for name, row in zip(grown, rows.to_dict("records"), strict=True)]
    rows = rows.assign(growing=grown.map(GROWTH), size=sizes)
    logy = metric == "images_per_second"
    return figures.lines(
        rows,
        "size",
        hue="device",
        col="growing",
        style=style_device,
        logx=True,
        logy=logy,
        xlabel="size",
        ylabel=MEASURES[metric],
        sharex=False,
    )


def style_device(device: object) -> dict:
    own = look(str(device), 0 if device == "CPU" else 1)
    return {"color": own.colour, "marker": own.marker, "ls": own.line, "label": own.label}


# ---- The goals


def gpu(raws: list[dict]) -> dict | None:
    return next((raw for raw in raws if raw["kind"] == "cuda"), None)


def rows(raw: dict | None, kind: str) -> pd.DataFrame:
    """The measured rows of a kind, without those that were skipped."""
    if raw is None:
        return pd.DataFrame(columns=["name"])
    found = [row for row in raw["rows"] if row["kind"] == kind and "skipped" not in row]
    return pd.DataFrame(found, columns=None if found else ["name"])


def verdict_table(raws: list[dict]) -> pd.DataFrame:
    """The goals for one GPU, each met, not met or not measured."""
    card, lines = gpu(raws), []
    if card and card["profile"] != "paper":
        card = None  # the goals are for the published sizes
    for goal, (value, limit, text) in goals(card).items():
        outcome = OPEN if value is None else MET if value <= limit else MISSED
        lines.append({"goal": goal, "measured": text or None, "outcome": outcome})
    return pd.DataFrame(lines)


Goal = tuple[float | None, float, str]  # what was measured, at most what it may be, and how it reads


def goals(card: dict | None) -> dict[str, Goal]:
    """Every goal with its measured value, to be at most its limit (a rate is counted as its reciprocal)."""
    share, run = best_share(card), best_run("rae")
    penalty = best_run("rae-gp")
    ratio = penalty[0] / run[0] if run and penalty else None
    mixture = quotient(card)
    stage = {name: long_stage(card, name) for name in ("features: inception", "distance: PRD, I")}
    return {
        "RAE step at batch 100: half of the matrix rate, alone or side by side": (
            (1 / share[0], 2.0, share[1]) if share else (None, 2.0, "")
        ),
        f"RAE, 100 epochs with evaluation: at most {LIMIT} s": ((run[0], LIMIT, run[1]) if run else (None, LIMIT, "")),
        "RAE-GP: at most 3 times that": (ratio, 3.0, f"{ratio:.2f} times" if ratio else ""),
        "Inception features of 10,000 images: a few seconds, 5 at most": stage["features: inception"],
        "PRD of two times 10,000 images: under 5 s": stage["distance: PRD, I"],
        "Mixture of 10: a fifth of scikit-learn's time, same likelihood to 0.001 nats": mixture,
    }


def best_share(card: dict | None) -> tuple[float, str] | None:
    """The largest share of the matrix rate by RAE at batch 100, and by what."""
    alone = rows(card, "systems")
    alone = alone[alone["name"].str.startswith("rae, ")]
    both = [part for part in (alone, rows(card, "side")) if len(part)]
    found = pd.concat(both or [alone], ignore_index=True)
    found = found[found["batch"] == 100] if len(found) else found
    if found.empty:
        return None
    best = found.loc[found["share"].idxmax()]
    return float(best["share"]), f"{100 * best['share']:.1f} % ({best['name']})"


def long_stage(card: dict | None, name: str) -> Goal:
    """The slowest stage whose name begins so, on as many images as the goal names."""
    found = rows(card, "stages")
    found = found[found["name"].str.startswith(name)]
    found = found[found["count"] >= EVALUATED] if len(found) else found
    if found.empty:
        return None, 5.0, ""
    worst = found.loc[found["seconds"].idxmax()]
    return float(worst["seconds"]), 5.0, f"{worst['seconds']:.2f} s ({worst['name']})"


def quotient(card: dict | None) -> Goal:
    """The mixture's time over a fifth of scikit-learn's; beyond any limit where its likelihood is another."""
    found, name = rows(card, "stages").set_index("name"), "density: mixture of 10"
    if not {name, f"{name}, scikit-learn"} <= set(found.index):
        return None, 1.0, ""
    own, other = found.loc[name], found.loc[f"{name}, scikit-learn"]
    times, gap = other["seconds"] / own["seconds"], other["loglik"] - own["loglik"]
    text = f"{times:.1f} times as fast, likelihood {-gap:+.2g} nats"
    return (5 / times if gap <= 1e-3 else float("inf")), 1.0, text.replace("-", "−")


def best_run(system: str) -> tuple[float, str] | None:
    """The shortest stored run of a system at paper scale on a GPU, for a hundred epochs of training and evaluation."""
    found = []
    for run in (r for name in GOAL_RUNS for r in store.load_all("paper", name)):
        config, times = run.config, run.raw["seconds"]
        if config.system != system or config.variant or run.raw["device"].startswith("cpu"):
            continue
        rest = times["density"] + times["evaluate"]
        whole = times["train_call"] * 100 / config.epochs + rest
        found.append((whole, f"{whole:.0f} s ({config.dataset}, {run.raw['device']})"))
    return min(found, default=None)
