"""How fast: tables and figures out of the stored benchmarks, and the goals that they are held against."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rae_lib.config import PROFILES, SYSTEMS, check_choice
from rae_lib.pages.calibration import logarithmic
from rae_lib.pages.charts import look
from rae_lib.pages.figures import set_log
from rae_lib.results import store

GIB = 2**30
GROWTH = {
    "width": "filters of the first stage",
    "latent": "latent units",
    "images": "images an epoch",
}
HEIGHTS = {
    "images_per_second": "images a second",
    "share": "share of the matrix rate",
    "memory": "memory, GiB",
}
MET, MISSED, OPEN = "✓ met", "✗ not met", "not measured"
EVALUATED = 10_000  # images of the goals about evaluation
LIMIT = 120  # seconds of a run
GOAL_RUNS = ("mnist", "cifar10")


def measure(profile: str) -> None:
    """Runs the benchmarks of a profile here, anew. RuntimeError with the last line of their complaint if they fail."""
    script = Path(__file__).resolve().parents[2] / "benchmarks" / "run.py"
    if not script.is_file():
        raise FileNotFoundError(
            f"{script.name} is not there: benchmarks need the whole repository"
        )
    command = [sys.executable, str(script), "--profile", profile, "--recompute"]
    place = os.environ | {"RAE_RESULTS": str(store.root())}
    done = subprocess.run(command, capture_output=True, text=True, env=place)
    if done.returncode:
        raise RuntimeError(f"benchmarks failed: {done.stderr.strip().splitlines()[-1:]}")


def results(profile: str, recompute: bool) -> list[dict]:
    """A GPU's and a CPU's stored benchmarks, if there are: of this profile, else of the largest there is.

    Raises FileNotFoundError, naming the command, where none is stored.
    """
    check_choice("profile", profile, PROFILES)
    if recompute:
        measure(profile)
    order = (profile, *reversed(PROFILES))
    paths = sorted((store.root() / "benchmarks").glob("*.json"))
    found = [raw for path in paths if (raw := store.read_json(path))]
    kinds = [[raw for raw in found if raw["kind"] == kind] for kind in ("cuda", "cpu")]
    chosen = [min(kind, key=lambda raw: order.index(raw["profile"])) for kind in kinds if kind]
    if not chosen:
        how = f"python benchmarks/run.py --profile {profile}"
        raise FileNotFoundError(f"no benchmark is stored; make one with: {how}")
    return chosen


def gpu(raws: list[dict]) -> dict | None:
    return next((raw for raw in raws if raw["kind"] == "cuda"), None)


def label(raw: dict) -> str:
    """How a device is called in a column: a card by its name, a processor as CPU."""
    return raw["device"].removeprefix("NVIDIA ") if raw["kind"] == "cuda" else "CPU"


def rows(raw: dict | None, kind: str) -> pd.DataFrame:
    """The measured rows of a kind, without those that were skipped."""
    if raw is None:
        return pd.DataFrame(columns=["name"])
    found = [row for row in raw["rows"] if row["kind"] == kind and "skipped" not in row]
    return pd.DataFrame(found, columns=None if found else ["name"])


SIZES = ("width", "latent", "batch")


def conditions(raws: list[dict]) -> pd.DataFrame:
    """Under which every device was measured, and its matrix rate, the last call's."""
    lines = []
    for raw in raws:
        last, peaks = raw["calls"][-1], [call["peak"]["flop_per_second"] for call in raw["calls"]]
        steps = rows(raw, "systems")
        line = {"device": raw["device"], "profile": raw["profile"], "threads": last["threads"]}
        line |= {"precision": last["peak"]["precision"], "TFLOP/s": peaks[-1] / 1e12}
        sizes = [f"{int(steps[n].iloc[0])}" if len(steps) else "–" for n in SIZES]
        lines.append(line | {", ".join(SIZES): ", ".join(sizes), "calls": len(peaks)})
    return pd.DataFrame(lines)


def skipped(raws: list[dict], kind: str) -> str:
    """What of a kind could not be measured, in a sentence a device; "" if nothing."""
    found = []
    for raw in raws:
        mine = [row for row in raw["rows"] if row["kind"] == kind and "skipped" in row]
        names = [row["name"] for row in mine]
        found += [f"Not measured on {label(raw)}: {'; '.join(names)}."] if names else []
    return " ".join(found)


def modes(raw: dict | None) -> pd.DataFrame:
    """Images a second of every system in every way of running the step, one column a way."""
    steps = rows(raw, "systems")
    if steps.empty:
        return steps
    steps[["system", "mode"]] = steps["name"].str.split(", ", expand=True)
    wide = steps.pivot(index="system", columns="mode", values="images_per_second")
    wide = wide.reindex([s for s in SYSTEMS if s in wide.index])[list(steps["mode"].unique())]
    wide.insert(0, "the system", [look(s).label for s in wide.index])
    return wide.reset_index(drop=True).rename(columns={"the system": "system"})


def systems(raws: list[dict]) -> pd.DataFrame:
    """Every system's fastest step on every device: images a second, arithmetic, share of the matrix rate, memory."""
    table = pd.DataFrame({"system": [look(s).label for s in SYSTEMS]}, index=list(SYSTEMS))
    for raw in raws:
        steps = rows(raw, "systems")
        steps["system"] = steps["name"].str.partition(", ")[0]
        best = steps.sort_values("images_per_second").groupby("system").last()
        name = label(raw)
        table[f"{name}: images/s"] = best["images_per_second"]
        table[f"{name}: GFLOP an image"] = (best["flop"] + best["objective"]) / 1e9
        table[f"{name}: share, %"] = 100 * best["share"]
        table[f"{name}: GiB"] = best["memory"] / GIB
    return table.dropna(how="all", subset=table.columns[1:])


def side(raws: list[dict]) -> pd.DataFrame:
    """Several trainings at once: their summed rate, and how it compares with one of them alone."""
    lines = []
    for raw in raws:
        found = rows(raw, "side")
        alone = found.loc[found["many"] == 1, "images_per_second"] if len(found) else []
        for row in found.to_dict("records"):
            line = {"device": label(raw), "trainings": row["many"]}
            line |= {"images/s, all": row["images_per_second"], "share, %": 100 * row["share"]}
            line["times one"] = row["images_per_second"] / alone.iloc[0] if len(alone) else None
            lines.append(line | {"GiB": row["memory"] / GIB})
    return pd.DataFrame(lines)


def stages(raws: list[dict]) -> pd.DataFrame:
    """Seconds of every stage beside the training step, with the number of rows it worked on."""
    parts = []
    for raw in raws:
        found = rows(raw, "stages").set_index("name")
        name = label(raw)
        columns = {f"{name}: of": found.get("count"), f"{name}: seconds": found.get("seconds")}
        parts.append(pd.DataFrame(columns))
    table = pd.concat(parts, axis=1)
    order = [row["name"] for raw in raws for row in raw["rows"] if row["kind"] == "stages"]
    table = table.reindex([name for name in dict.fromkeys(order) if name in table.index])
    for column in table:
        if column.endswith(": of"):
            table[column] = [f"{v:,.0f}" if v == v else None for v in table[column]]
    return table.rename_axis("stage").reset_index()


def peers(raws: list[dict]) -> pd.DataFrame:
    """Ours beside pythae's trainer: images a second of both, and the ratio with its range over the turns."""
    lines = []
    for raw in raws:
        for row in rows(raw, "peers").to_dict("records"):
            system, _, version = row["name"].partition(", ")
            line = {"device": label(raw), "system": look(system).label, "peer": version}
            line |= {"ours, images/s": row["images_per_second"]}
            line |= {"peer, images/s": row["peer_images_per_second"], "ratio": row["ratio"]}
            lines.append(line | {"range": f"{row['lowest']:.2f} to {row['highest']:.2f}"})
    return pd.DataFrame(lines)


def growth(raws: list[dict]) -> Figure:
    """Rate, share and memory of the RAE step against width, latent size and images; a line a device."""
    figure = Figure(figsize=(7.2, 5.6))
    axes = figure.subplots(len(HEIGHTS), len(GROWTH), sharex="col", sharey="row", squeeze=False)
    for number, raw in enumerate(raws):
        found = rows(raw, "growth")
        style = look(label(raw), number)
        for column, axis in enumerate(GROWTH):
            part = found[found["name"].str.startswith(axis + " ")]
            for line, height in enumerate(HEIGHTS):
                values = part[height] / (GIB if height == "memory" else 1)
                drawing = {"color": style.colour, "marker": style.marker, "ls": style.line}
                axes[line][column].plot(part[axis], values, label=style.label, **drawing)
    for column, axis in enumerate(GROWTH):
        ticks = sorted({v for line in axes[0][column].lines for v in line.get_xdata()})
        set_log(axes[-1][column].xaxis, ticks or [1])
        axes[-1][column].set_xlabel(GROWTH[axis])
    for row, height in zip(axes, HEIGHTS, strict=True):
        dressed(row, height)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def dressed(row: list[Axes], height: str) -> None:
    """Scale and name of the vertical axis that a row of panels shares."""
    if height == "images_per_second":
        logarithmic(row[0])
    else:
        values = [v for ax in row for line in ax.lines for v in line.get_ydata()]
        row[0].set_ylim(0, 1.15 * max(values, default=1))
    row[0].set_ylabel(HEIGHTS[height])


def verdict_table(raws: list[dict]) -> pd.DataFrame:
    """The goals for one GPU, each met, not met or not measured."""
    card, lines = gpu(raws), []
    if card and card["profile"] != "paper":
        card = None  # the goals are for the published sizes
    for goal, (value, limit, text) in goals(card).items():
        outcome = OPEN if value is None else MET if value <= limit else MISSED
        lines.append({"goal": goal, "measured": text or None, "outcome": outcome})
    return pd.DataFrame(lines)


Goal = tuple[
    float | None, float, str
]  # what was measured, at most what it may be, and how it reads


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
        f"RAE, 100 epochs with evaluation: at most {LIMIT} s": (
            (run[0], LIMIT, run[1]) if run else (None, LIMIT, "")
        ),
        "RAE-GP: at most 3 times that": (ratio, 3.0, f"{ratio:.2f} times" if ratio else ""),
        "Inception features of 10,000 images: a few seconds, 5 at most": stage[
            "features: inception"
        ],
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
