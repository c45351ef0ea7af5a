"""Stored records that are no runs, in the schema of the long frame (`frame`): how a metric answers to real and spoilt
images (`results.calibration`), and how fast a machine is (`benchmarks/run.py`)."""

import numpy as np
import pandas as pd

from rae_lib.config import DATASETS, PROFILES, check_choice
from rae_lib.results import store
from rae_lib.results.frame import COLUMNS

SCORES = ("frechet", "kid", "prd_f8", "prd_f1_8")
DAMAGE = ["level", "against", "draw", "error"]  # of images; `error`: root mean square, of pixels
RATES = ["images_per_second", "peer_images_per_second", "ratio", "gflop", "share", "memory"]
RATES += ["count", "seconds", "loglik"]
RATES += ["strings_per_second", "stacks_per_second", "stacks_ratio", "single_per_second", "single_ratio"]
STEP = ["device", "kind", "name", "mode", "batch", "images", "many", "lowest", "highest"]


def find_calibrations(dataset: str = "all") -> list[dict]:
    """The stored result with the most images of every data set and kind of features, MNIST first.

    Raises ValueError for an unknown data set, FileNotFoundError, naming the command, where nothing is stored.
    """
    check_choice("dataset", dataset, ("all", *DATASETS))
    found: dict[tuple[str, str], dict] = {}
    for path in sorted((store.root() / "sanity").glob("*.json")):
        raw = store.read_json(path)
        if raw and dataset in ("all", raw["dataset"]):
            key = raw["dataset"], raw["features"]["name"]
            found[key] = max(found.get(key, raw), raw, key=lambda r: r["images"])
    if not found:
        name = "digits" if dataset == "all" else dataset
        how = f"python -m rae_lib calibrate --dataset {name} --features domain"
        raise FileNotFoundError(f"no calibration of {dataset} is stored; make it with: {how}")
    return [found[key] for key in sorted(found, key=lambda key: (DATASETS.index(key[0]), key[1]))]


def read_calibrations(raws: list[dict]) -> pd.DataFrame:
    """Every score of every comparison: the schema, and the columns of `DAMAGE`; a draw counts as a seed."""
    rows = []
    for raw in raws:
        of = {"dataset": raw["dataset"], "features": raw["features"]["name"], "protocol": "clean"}
        for row in raw["rows"]:
            counts = {"n_real": row["n"], "n_fake": row["n"], "seed": row.get("draw", 0)}
            own = of | counts | {name: row.get(name) for name in ("set", *DAMAGE)}
            rows += [own | {"metric": m, "value": row[m]} for m in SCORES if m in row]
    return in_schema(pd.DataFrame(rows), DAMAGE)


def find_curves(long: pd.DataFrame) -> pd.DataFrame:
    """Scores by level of damage; against training images from level 0, the test images as they are: the floor."""
    real = long[(long["set"] == "train") & long["draw"].isna()]
    floors = [real.assign(set=kind, against="train", level=0.0, error=0.0) for kind in ("noise", "blur")]
    return pd.concat([*floors, long[long["level"] > 0]], ignore_index=True)


def frame_calibrations() -> pd.DataFrame:
    """What the claims about metrics read: study "damage", by level, with metric "error", and study "real", by draw."""
    long = read_calibrations(find_calibrations())
    curves = find_curves(long)
    errors = curves[curves["metric"] == "frechet"]
    errors = errors.assign(metric="error", value=errors["error"])
    parts = [pd.concat([curves, errors]).assign(study="damage")]
    parts += [long[long["draw"].notna()].assign(study="real")]
    return pd.concat(parts, ignore_index=True).assign(system="none", profile="paper")


def find_benchmarks(profile: str, rows: str = "") -> list[dict]:
    """A GPU's and a CPU's stored benchmarks, if there are: of this profile, else of the largest there is.

    Of several processors the one with the most rows; rows: a kind of rows that they must have. Raises ValueError for an
    unknown profile, FileNotFoundError, naming the command, where none is stored.
    """
    check_choice("profile", profile, PROFILES)
    order = (profile, *reversed(PROFILES))
    paths = sorted((store.root() / "benchmarks").glob("*.json"))
    found = [raw for path in paths if (raw := store.read_json(path))]
    found = [raw for raw in found if not rows or any(row["kind"] == rows for row in raw["rows"])]
    kinds = [[raw for raw in found if raw["kind"] == kind] for kind in ("cuda", "cpu")]
    chosen = [min(kind, key=lambda raw: (order.index(raw["profile"]), -len(raw["rows"]))) for kind in kinds if kind]
    if not chosen:
        how = f"python benchmarks/run.py --profile {profile}{f' --only {rows}' if rows else ''}"
        raise FileNotFoundError(f"no benchmark is stored; make one with: {how}")
    return chosen


def read_benchmarks(raws: list[dict]) -> pd.DataFrame:
    """Every number of every measured row: the schema, and the columns of `STEP`.

    share: percent of the measured rate of a matrix product; memory: GiB; gflop: of a training step, an image.
    """
    rows = [
        {"device": name_device(raw), "profile": raw["profile"], "seed": 0} | row
        for raw in raws
        for row in raw["rows"]
        if "skipped" not in row
    ]
    kept = [c for c in [*COLUMNS, *STEP] if c not in ("metric", "value")]
    wide = pd.DataFrame(rows).reindex(columns=[*kept, *RATES, "flop", "objective"])
    parts = wide["name"].str.extract(r"([\w-]+)(?:, | x )(.*)")
    steps = wide["kind"].isin(["systems", "peers", "side"])  # named "system, way of running it", or "system x 2"
    wide = wide.assign(
        gflop=(wide["flop"] + wide["objective"]) / 1e9,
        share=100 * wide["share"],
        memory=wide["memory"] / 2**30,
        system=parts[0].where(steps, None),
        mode=parts[1].where(steps, None),
    )
    return in_schema(wide.melt(kept, RATES, "metric").dropna(subset=["value"]), STEP)


def frame_benchmarks() -> pd.DataFrame:
    """What the goals of speed read: a GPU's rows at the papers' sizes, in studies "steps" and "stages" (by set).

    Raises FileNotFoundError where none are stored.
    """
    cards = [raw for raw in find_benchmarks("paper") if (raw["kind"], raw["profile"]) == ("cuda", "paper")]
    if not cards:
        raise FileNotFoundError("no benchmark of a GPU at the papers' sizes is stored")
    long = read_benchmarks(cards)
    stages = long["kind"] == "stages"
    names = {"study": np.where(stages, "stages", "steps"), "set": long["name"].where(stages, "none")}
    return long.assign(system=long["system"].fillna("none"), dataset="none", protocol="clean", **names)


def name_device(raw: dict) -> str:
    """How a column calls a device: a card by its name, a processor as CPU."""
    return raw["device"].removeprefix("NVIDIA ") if raw["kind"] == "cuda" else "CPU"


def in_schema(rows: pd.DataFrame, more: list[str]) -> pd.DataFrame:
    """Rows with every column of the schema and `more`: ours, of no study and without doubt."""
    plain = {"document": "here", "study": "", "doubt": ""}
    return rows.assign(**plain).reindex(columns=[*COLUMNS, *more]).reset_index(drop=True)
