"""How fast: what the page of the stored benchmarks needs in addition to tables of records and claims."""

import pandas as pd
from matplotlib.figure import Figure

from rae_lib.pages import figures, notes
from rae_lib.pages.boxes import find_span
from rae_lib.pages.titles import titled
from rae_lib.results import other
from rae_lib.results.frame import select
from rae_lib.results.other import name_device

GROWTH = {"width": "filters", "latent": "latent units", "images": "images an epoch"}
GOAL = 50  # times as many strings a second as by a Python stack
DECODING = ["stacks_per_second", "stacks_ratio", "single_per_second", "single_ratio"]
DECODERS = (
    "Untrained networks of the published size, the same for all three; samples by Gumbel-max; median of several turns. "
    "On a CPU: one thread, and seconds of the processor. From logits: a batch of 500. As in a search: each of 50 codes "
    "is decoded 25 times (expressions) or 500 times (molecules); the batch runs the network once for all of these, the "
    "stacks run it every time, as the code of the authors does."
)


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


def read_decoding(profile: str) -> tuple[pd.DataFrame, str]:
    """The stored rows of decoding and the name of the processor or card; no rows and "" where none are stored."""
    try:
        raws = other.find_benchmarks(profile, "decoding")
    except FileNotFoundError:
        return pd.DataFrame(), ""
    return select(other.read_benchmarks(raws), kind="decoding"), " and ".join(raw["device"] for raw in raws)


def judge_decoding(rows: pd.DataFrame) -> str:
    """In sentences, how many times as fast a batch is as stacks one at a time, in a search and outside of it."""
    if rows.empty:
        return "This has not been measured yet."
    single = rows[rows["metric"] == "single_ratio"]
    search = single["set"].str.endswith("search")
    found = []
    for where, own in (("in a search", single[search]), ("outside of a search", single[~search])):
        if len(own):
            times = find_span(own["value"])
            outcome = "reached" if times.low >= GOAL else "missed"
            found.append(f"It is {outcome} {where} ({notes.where(own)}): {times:.0f} times.")
    rates = rows[rows["metric"] == "strings_per_second"].pivot(index="dataset", columns="set", values="value")
    if {"strings from codes", "strings from logits"} <= set(rates):
        network = find_span(100 - 100 * rates["strings from codes"] / rates["strings from logits"])
        found.append(f"From codes outside of a search the network takes {network:.0f} % of the time of a batch.")
    return " ".join(found)


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
        logx=True,
        logy=logy,
        xlabel="size",
        ylabel=titled("metric", metric),
        sharex=False,
    )
