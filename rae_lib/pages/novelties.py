"""The numbers of the page "What is new here", each out of stored or published records.

A function returns name -> number; None where a record that it needs is missing. `FORMS` says how each is written.
"""

import numpy as np
import pandas as pd

from rae_lib.claims.verdicts import decide_print
from rae_lib.config import resolve
from rae_lib.pages import campaign, entropy, notes, structures
from rae_lib.pages.boxes import find_span
from rae_lib.pages.first import DETERMINISTIC
from rae_lib.pages.slides import list_schedules, predict_open
from rae_lib.results import other
from rae_lib.results.frame import at_seeds_of, measured, select
from rae_lib.results.printed import printed
from rae_lib.results.store import Result

Numbers = dict[str, float | int | None]
LAWS = ("simplex", "sphere", "uniform", "normal")
FORMS = {
    "mask-fast": ".0f",
    "mask-slow": ".0f",
    "mask-start": ".1f",
    "mask-large": ".0f",
    "mask-hardly": ".0f",
    "mask-learned": "",
    "slip-scores-apart": ".3f",
    "ae-seeds": "",
    "gap-seeds": "",
    "filters-times": ".0f",
    "steps-times": ".0f",
    "spread-start": ".1f",
    "spread-end": ".1f",
    "median-minutes": ".0f",
    "hours": ".1f",
}
COUNTS = ("slip-row", "slip-below", "slip-below-of", "noise-levels")
COUNTS += ("slip-scores", "slip-scores-of", "slip-cells", "slip-cells-of")
COUNTS += ("copies-systems", "ruler-systems", "components-systems", "features-systems")
COUNTS += ("prd-pairs", "prd-reversed", "prd-inception")
FORMS |= {f"copies-{m}-{n}": ".3f" for m in ("recall", "precision") for n in ("few", "many")}
FORMS |= dict.fromkeys(["copies-share-few", "copies-share-many"], ".1f")
FORMS |= dict.fromkeys(COUNTS, "d")


def count_estimates(dimension: int = 128) -> Numbers:
    """The entropy estimate of batches of 100 by their law, in nats, and what climbing it does to distances, in %."""
    laws = entropy.simulated("entropy-laws").query("d == @dimension and metric == 'entropy'")
    values = laws.groupby("set")["value"].first()
    ascent = entropy.simulated("entropy-ascent").query("d == @dimension and metric == 'spread'")
    ends = ascent[ascent["set"] == "same batch"].sort_values("step")["value"]
    found = {f"estimate-{law}": values.get(law) for law in LAWS}
    return found | {"spread-start": 100 * ends.iloc[0], "spread-end": 100 * ends.iloc[-1]}


def compare_noise(frame: pd.DataFrame, dataset: str = "digits") -> Numbers:
    """Mixture samples and reconstructions of noise alone (all levels), VAE, CV-VAE and AE."""
    rows = select(frame, study=["", "noise"], dataset=dataset, metric="frechet", protocol="clean")
    noise = rows[rows["study"] == "noise"].groupby(["set", "sigma"])["value"].mean()
    own = at_seeds_of(rows[rows["study"] == ""], rows[rows["study"] == "noise"])
    own = own.groupby(["system", "set"])["value"].mean()
    found = {"noise-levels": len(noise.get("gmm", []))}
    for kind in ("gmm", "rec"):
        levels = noise.get(kind, pd.Series(dtype=float))
        found |= {f"noise-{kind}-best": levels.min(), f"noise-{kind}-worst": levels.max()}
        found |= {f"{s}-{kind}": own.get((s, kind)) for s in ("vae", "cv-vae", "ae")}
    return clean(found)


def compare_seeds(frame: pd.DataFrame) -> dict[str, str | None]:
    """Over seeds: mixture samples of AE on digits, and those of VAE divided by those of AE on MNIST."""
    rows = select(frame, metric="frechet", set="gmm", protocol="clean", features="domain", system=["ae", "vae"])
    table = rows.pivot_table(index=["dataset", "seed"], columns="system", values="value").reindex(columns=["ae", "vae"])
    found = {"ae-seeds": table["ae"].get("digits"), "gap-seeds": (table["vae"] / table["ae"]).get("mnist")}
    return {name: None if part is None else f"{find_span(part):.2f}" for name, part in found.items()}


def count_open(system: str, dataset: str = "synth8", profile: str = "laptop") -> Numbers:
    """Open dimensions by the fastest and slowest schedule of a mask and at the largest code; what its start leaves.

    "mask-hardly" is the count of the short run with the code of 16, "mask-learned" those of runs at `paper`.
    """
    short = measured(profile, datasets=[dataset])
    rows = select(short, study=["schedule", "capacity"], system=system, seed=0)
    speeds = list_schedules(rows).sort_values("period")["value"]
    sizes = select(rows, study="capacity", metric="active_dimensions").sort_values("latent")["value"]
    if speeds.empty or sizes.empty:
        return dict.fromkeys(("mask-fast", "mask-slow", "mask-start", "mask-large", "mask-hardly", "mask-learned"))
    ends = {"mask-fast": speeds.iloc[0], "mask-slow": speeds.iloc[-1], "mask-large": sizes.iloc[-1]}
    learned = select(measured("paper", datasets=[dataset]), study="", metric="active_dimensions", system=system)
    hardly = select(short, study="", metric="active_dimensions", system=system, seed=0)["value"].mean()
    words = notes.join_words([f"{count:.0f}" for count in sorted(learned["value"])])
    return ends | {"mask-start": predict_open(16), "mask-hardly": hardly, "mask-learned": words or None}


def find_slips() -> Numbers:
    """What the published tables contradict themselves in."""
    dae = select(printed("dae"), study="grid", dataset="celeba64", system="dae", metric="frechet", width=128)
    cells = dae.pivot_table(index=["table", "latent"], columns="set", values="value")
    row, other_row = cells.loc[("2", 64)], cells.loc[("3", 128)]
    rivals = select(printed("dae"), dataset="cifar10", system="wae-mmd", metric="frechet", set="rec")
    rae = select(printed("rae"), metric="frechet").pivot_table(
        index=["dataset", "system"], columns="set", values="value"
    )
    mnist, cv = rae.loc["mnist"].dropna(subset=["gmm"]), rae.loc[("celeba64", "cv-vae")]
    return {
        "slip-row": int((row == other_row)[["rec", "N01", "mvg", "gmm"]].sum()),
        "slip-wae": rivals["value"].iloc[0],
        "slip-wae-source": rae.loc[("cifar10", "wae-mmd"), "rec"],
        "slip-vae-source": rae.loc[("cifar10", "vae"), "rec"],
        "slip-cv-mixture": cv["gmm"],
        "slip-cv-own": cv["N"],
        "slip-below": int((mnist["gmm"] < mnist["rec"]).sum()),
        "slip-below-of": len(mnist),
    }


def find_mismatches() -> Numbers:
    """Published expressions with another's score, and cells in which two tables of the slides are a tenth apart."""
    scores, cells = structures.recompute_printed(), decide_print("X-04")
    wrong = (scores["published"] - scores["true division"]).abs() > 0.005
    return {
        "slip-scores": int(wrong.sum()),
        "slip-scores-of": len(wrong),
        "slip-scores-apart": structures.compare_sorted(scores),
        "slip-cells": cells.count("fails"),
        "slip-cells-of": len(cells.comparisons),
    }


def compare_lengths(profile: str = "overnight", dataset: str = "mnist") -> Numbers:
    """Mixture samples of AE and VAE at a profile's own length and at twice its updates."""
    parts = campaign.judge_parts(profile, dataset).set_index(["system", "set"])
    found = clean({f"{s}-{n}": parts[n].get((s, "gmm")) for s in ("ae", "vae") for n in ("once", "twice")})
    for length in ("once", "twice"):
        pair = found[f"vae-{length}"], found[f"ae-{length}"]
        found[f"gap-{length}"] = None if None in pair else pair[0] / pair[1]
    return found


def compare_damage(dataset: str = "cifar10", width: float = 1.0) -> Numbers:
    """Distance from training images of blurred test images over that of noisy ones with the same pixel error."""
    long = other.read_calibrations(other.find_calibrations(dataset))
    rows = long[(long["metric"] == "frechet") & (long["against"] == "train")]
    found: Numbers = {}
    for features, part in rows.groupby("features"):
        curves = part.groupby(["set", "level"])[["error", "value"]].mean()
        blur, noise = curves.loc[("blur", width)], curves.loc["noise"]
        same = np.exp(np.interp(np.log(blur["error"]), np.log(noise["error"]), np.log(noise["value"])))
        found[f"blur-{features}"] = float(blur["value"] / same)
    return found


def compare_components(frame: pd.DataFrame, dataset: str = "mnist", few: int = 10, many: int = 100) -> Numbers:
    """Mixtures of many components over those of few: distances, the least and the most, and nats that codes gain.

    spread: the highest over the lowest distance of the deterministic systems with few components.
    """
    rows = select(frame, study="components", dataset=dataset)
    wide = rows.pivot_table(index="system", columns=["metric", "components"], values="value")
    pairs = [(metric, count) for metric in ("frechet", "val_loglik") for count in (few, many)]
    wide = wide.reindex(columns=pd.MultiIndex.from_tuples(pairs)).dropna()
    ratios = wide["frechet", many] / wide["frechet", few]
    gained = wide["val_loglik", many] - wide["val_loglik", few]
    plain = wide["frechet", few].reindex(DETERMINISTIC)
    found = {"best": ratios.min(), "worst": ratios.max(), "nats": gained.min(), "systems": len(wide)}
    found |= {"spread": plain.max() / plain.min()}
    return clean({f"components-{name}": number for name, number in found.items()})


def compare_copies(frame: pd.DataFrame, dataset: str = "mnist", few: int = 10, many: int = 100) -> Numbers:
    """Samples of few and of many components: nearest training images, precision, recall; deterministic systems alone.

    ratio: distance to the nearest training image over that of test images, the least. share: per cent of the samples
    that are nearer than all but a hundredth of the test images, the most; the rest means.
    """
    where = {"study": "components", "dataset": dataset, "features": "domain", "system": DETERMINISTIC}
    rows = select(frame, **where, metric=["nn_ratio", "nn_copies", "prd_f8", "prd_f1_8"])
    found: Numbers = {"copies-systems": int(rows["system"].nunique())}
    for name, count in (("few", few), ("many", many)):
        part = rows[rows["components"] == count].groupby("metric")["value"]
        low, high, mean = (part.agg(how) for how in ("min", "max", "mean"))
        found |= {f"copies-ratio-{name}": low.get("nn_ratio"), f"copies-share-{name}": (100 * high).get("nn_copies")}
        found |= {f"copies-recall-{name}": mean.get("prd_f8"), f"copies-precision-{name}": mean.get("prd_f1_8")}
    return clean(found)


def compare_ranks(frame: pd.DataFrame, dataset: str = "mnist") -> Numbers:
    """Kendall's correlation of two orders of the systems: by two samplers, and by two measures of the same samples."""
    rows = select(frame, dataset=dataset, protocol="clean", features=["domain", "pixels"])
    wide = rows.pivot_table(index="system", columns=["metric", "set"], values="value")
    both = wide.dropna(subset=[("frechet", "N"), ("frechet", "gmm")])
    taus = both.corr(method="kendall").loc[("frechet", "gmm")]
    return {
        "ruler-systems": len(both),
        "tau-sampler": taus.get(("frechet", "N")),
        "tau-recall": -taus.get(("prd_f8", "gmm"), np.nan),
        "tau-precision": -taus.get(("prd_f1_8", "gmm"), np.nan),
    }


def compare_rulers(frame: pd.DataFrame, dataset: str, other: str = "inception-768") -> Numbers:
    """Kendall's correlation of the orders of the systems in our features and in others, of the same runs (seed 0)."""
    where = {"metric": "frechet", "protocol": "clean", "seed": 0, "set": ["N", "gmm"]}
    rows = select(frame, dataset=dataset, features=["domain", other], **where)
    pairs = pd.MultiIndex.from_product([["N", "gmm"], ["domain", other]])
    wide = rows.pivot_table(index="system", columns=["set", "features"], values="value").reindex(columns=pairs).dropna()
    taus = wide.corr(method="kendall")
    found = {kind: taus.loc[(kind, "domain"), (kind, other)] for kind in ("N", "gmm")}
    return clean({f"features-{name}": value for name, value in (found | {"systems": len(wide)}).items()})


def compare_readings(frame: pd.DataFrame, dataset: str = "cifar10") -> Numbers:
    """The published pairs of precision and recall against ours, read as their heading says and interchanged.

    pairs: systems times samplers; reversed: those in which the larger number of ours is the smaller published one.
    heading, swapped: mean absolute difference. inception: pairs of ours in Inception features that have F1/8 above F8.
    """
    where = {"dataset": dataset, "metric": ["prd_f8", "prd_f1_8"], "set": ["N", "gmm"], "protocol": "clean", "seed": 0}
    ours, inception = (
        select(frame, **where, features=name).pivot_table(index=["system", "set"], columns="metric", values="value")
        for name in ("domain", "inception-768")
    )
    said = select(printed("rae"), dataset=dataset, metric=where["metric"])
    said = said.pivot_table(index=["system", "set"], columns="metric", values="value").reindex(ours.index).dropna()
    if said.empty:
        return {}
    ours, swapped = ours.loc[said.index], said.rename(columns={"prd_f8": "prd_f1_8", "prd_f1_8": "prd_f8"})
    apart = [(pair["prd_f8"] - pair["prd_f1_8"]) for pair in (ours, said)]
    found: Numbers = {"pairs": len(said), "reversed": int((apart[0] * apart[1] < 0).sum())}
    found |= {name: (ours - pair).abs().to_numpy().mean() for name, pair in (("heading", said), ("swapped", swapped))}
    above = (inception["prd_f1_8"] > inception["prd_f8"]).sum() if len(inception) else 0
    return {f"prd-{name}": number for name, number in (found | {"inception": int(above)}).items()}


def compare_blur(dataset: str = "cifar10") -> Numbers:
    """F8 and F1/8 of test images with a blur of two pixels, in both features."""
    long = other.read_calibrations(other.find_calibrations(dataset))
    rows = long[(long["set"] == "blur") & (long["level"] == 2) & long["metric"].str.startswith("prd")]
    means = rows.groupby(["metric", "features"])["value"].mean()
    return {f"{metric.replace('_', '-')}-{features}": value for (metric, features), value in means.items()}


def count_costs(runs: list[Result]) -> Numbers:
    """Minutes of the systems' own runs, the median and all of them in hours; how much larger the papers' runs are."""
    own = [r for r in runs if not r.config.variant]
    if not own:
        return {}
    minutes, spent = ([campaign.count_minutes(r)[kind] for r in own] for kind in ("whole", "spent"))
    here, paper = own[0].config, resolve(own[0].config.system, own[0].config.dataset, "paper")
    return {
        "median-minutes": float(np.median(minutes)),
        "hours": sum(spent) / 60,
        "filters-times": paper.width / here.width,
        "steps-times": notes.updates(paper) / notes.updates(here),
    }


def clean(found: Numbers) -> Numbers:
    return {name: None if value is None or value != value else value for name, value in found.items()}
