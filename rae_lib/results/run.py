"""One run: train, fit, sample, measure, store; and the later measurements on the weights it left."""

import math
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from rae_lib import config as configs
from rae_lib import data, files, origin
from rae_lib.config import Config
from rae_lib.evaluation import checkpoints, evaluate, later
from rae_lib.evaluation.codes import choose_pairs
from rae_lib.evaluation.pictures import Grid
from rae_lib.evaluation.records import Evaluation, record
from rae_lib.evaluation.trained import Trained
from rae_lib.models import build
from rae_lib.results import locks, store, weights
from rae_lib.results.store import Result, find
from rae_lib.training import checkpoint, loop


def workplace(config: Config) -> Path:
    return files.home() / "runs" / config.training_hash


def trained(config: Config, dataset: data.Dataset, device: str, *, progress: bool) -> tuple[nn.Module, list[dict]]:
    """The trained system and its history, from the weights of an earlier run, a checkpoint, or from scratch."""
    system = build(config, dataset.shape)
    place = workplace(config)
    known = {"best_weights": system.state_dict(), "history": []}
    epochs = range(config.epochs, config.epochs + 1)
    done = checkpoint.read(place / "weights.pt", device, lambda found: checkpoint.check_state(found, known, epochs))
    if done:  # in the memory layout of training: another one rounds differently
        system.to(device)
        if dataset.kind == "images":
            system.to(memory_format=torch.channels_last)
        system.load_state_dict(done["best_weights"])
        remove_checkpoints(place)  # of a run that was killed between its weights and this
        return system.eval(), done["history"]
    try:
        history = loop.fit(
            system,
            dataset.images["train"],
            dataset.images["val"],
            epochs=config.epochs,
            batch=config.batch,
            seed=config.seed,
            device=device,
            precision=origin.precision_for(config.precision, device),
            checkpoint=place / "checkpoint.pt",
            progress=progress,
            watch=checkpoints.watcher(config, dataset, device),
        )
    except torch.OutOfMemoryError as error:
        peak = torch.cuda.max_memory_allocated() / 2**30
        raise RuntimeError(
            f"out of memory at batch {config.batch} and width {config.width} (peak {peak:.1f} GiB): "
            "take a smaller batch, or free the device; the last checkpoint is kept"
        ) from error
    checkpoint.save(place / "weights.pt", {"best_weights": checkpoint.snapshot(system), "history": history})
    remove_checkpoints(place)
    return system, history


def remove_checkpoints(place: Path) -> None:
    for path in place.glob("checkpoint.*"):
        path.unlink(missing_ok=True)


def make(
    config: Config,
    *,
    device: str = "auto",
    progress: bool = False,
    recompute: bool = False,
    since: float = math.inf,
    also: tuple[str, ...] = (),
) -> Result:
    """Trains, fits, samples, measures and stores one run; what was done before a kill is taken up again.

    recompute: from scratch, although a result is stored, which stays until the new one replaces it. since: when the
    campaign began that recomputes (seconds of the epoch); what was trained since then is used, for two systems of one
    campaign may share weights. also: metrics of `evaluation.later`, measured after the run is stored. Raises what the
    loader and the loop raise; nothing half-made stays.
    """
    configs.check_sized(config)
    also = tuple(dict.fromkeys((*also, *later.of_document(config))))
    metrics = [later.find_metric(name) for name in also]
    origin.versions()  # a package that is missing is missed before any work
    where = origin.device_for(device)
    origin.prepare(where)
    dataset = data.load_for(config)
    place = workplace(config)
    with locks.lock(place / "lock", store.label(config)):
        if recompute:
            checkpoint.forget(place, since)
        elif why := store.find_fault(config):
            store.set_aside(store.folder(config) / "result.json", why)
        else:  # another process made it while this one waited
            for metric in (metric for metric in metrics if metric.name not in find(config).extras):
                measure_alone(config, metric, device, progress=progress)
            return find(config)
        start = time.monotonic()
        system, history = trained(config, dataset, where, progress=progress)
        made = provenance(config, dataset, system, where)
        times = {"train": sum(r["seconds"] for r in history), "train_call": elapsed(start)}
        one = Trained(system, config, dataset, where)
        write(one, evaluate_run(one, history, times), history, made)
        for metric in metrics:
            write_metric(one, metric, made, progress=progress)
    return find(config)


def elapsed(start: float) -> float:
    return time.monotonic() - start


def evaluate_run(one: Trained, history: list[dict], times: dict[str, float]) -> Evaluation:
    """All that is measured of a run; its extras are further fields of result.json, the seconds of its parts too."""
    start = time.monotonic()
    fitted = one.densities
    middle = time.monotonic()
    found = evaluate(one)
    times |= {"density": middle - start, "evaluate": elapsed(middle)}
    found.records += time_records(one, history)
    found.extras |= {
        "density": {name: density.report for name, density in fitted.items()},
        "codes": choose_pairs(one),
        "seconds": {name: round(seconds, 2) for name, seconds in times.items()},
    }
    return found


def write(one: Trained, found: Evaluation, history: list[dict], made: dict) -> None:
    """Stores a run: its history, pictures and weights, and last result.json."""
    config = one.config
    files, rows = pack_pictures(found.pictures)
    files = {"history.csv": store.history_csv(history)} | files
    if weights.kept(config):
        files[weights.NAME] = weights.packed(one.system, one.data.shape, whole=weights.are_whole(config))
    sums = {name: store.digest(content) for name, content in files.items()}
    raw = made | found.extras | {"records": found.records, "pictures": rows, "files": sums}
    store.write_together(store.folder(config), files | {"result.json": store.json_bytes(raw)})


def pack_pictures(pictures: dict[str, Grid]) -> tuple[dict[str, bytes], dict[str, dict]]:
    """Grids of images as PNG files by name, and what each row shows, with the size of an image."""
    files, rows = {}, {}
    for name, (labels, images) in pictures.items():
        grid = torch.stack(images).numpy()
        files[f"{name}.png"] = store.picture_png(grid)
        rows[name] = {"rows": labels, "size": list(grid.shape[-2:])}
    return files, rows


def write_metric(one: Trained, metric: later.Metric, made: dict, *, progress: bool) -> Path:
    """Measures one metric of a trained system and stores it as METRIC.json, after its pictures; returns the file."""
    start = time.monotonic()
    found = metric.measure(one, progress)
    files, rows = pack_pictures(found.pop("pictures", {}))
    raw = made | found | {"seconds": {"measure": round(elapsed(start), 2)}} | ({"pictures": rows} if rows else {})
    folder, name = store.folder(one.config), f"{metric.name}.json"
    store.write_together(folder, files | {name: store.json_bytes(raw)})
    return folder / name


def time_records(one: Trained, history: list[dict]) -> list[dict]:
    """Median seconds of a training step over the epochs, and seconds of every density's fit, by what it samples.

    Of an even number of epochs the median is the larger of the two in the middle, as in every run that is stored.
    """
    steps = max(1, len(one.data.images["train"]) // one.config.batch)
    times = sorted(row["seconds"] / steps for row in history)
    median = times[len(times) // 2] if times else math.nan
    rows = [record("step_time", "none", median, features="none")]
    for name, seconds in one.seconds.items():
        rows.append(record("fit_time", "N" if name == "second" else name, seconds, features="none"))
    return rows


def provenance(config: Config, dataset: data.Dataset, system: nn.Module, device: str) -> dict:
    """What a reader needs to trust or repeat the run."""
    return {
        "config": asdict(config),
        "config_hash": config.hash,
        **origin.describe(dataset, device),
        "precision": origin.precision_for(config.precision, device),
        "parameters": sum(p.numel() for p in system.parameters()),
        "weights_sha256": origin.weights_sha256(system),
    }


def measure(config: Config, name: str, *, device: str = "auto", progress: bool = False) -> Path:
    """One metric of `evaluation.later` of a stored run, stored with its result as NAME.json.

    Waits for a process that makes the same weights or measures on them. Raises ValueError for an unknown metric,
    FileNotFoundError when the run or its weights are missing, RuntimeError when the weights kept are not those of the
    stored result.
    """
    metric = later.find_metric(name)
    with locks.lock(workplace(config) / "lock", store.label(config)):
        return measure_alone(config, metric, device, progress=progress)


def measure_alone(config: Config, metric: later.Metric, device: str, *, progress: bool) -> Path:
    """`measure` for a caller that has the lock."""
    result = find(config)
    if result is None:
        raise FileNotFoundError(store.why_missing(config))
    where = origin.device_for(device)
    origin.prepare(where)
    dataset = data.load_for(config)
    whole = weights.are_whole(config)
    copied = weights.is_kept(result) and (whole or metric.rounded) and not has_weights(config)
    if copied:
        system = weights.load(result).to(where)
    else:
        system = rebuild(result, dataset, where, progress=progress)
    made = provenance(config, dataset, system, where)
    made |= {"weights_sha256": result.raw["weights_sha256"], "half_precision": copied and not whole}
    one = Trained(system, config, dataset, where)
    return write_metric(one, metric, made, progress=progress)


def has_weights(config: Config) -> bool:
    return (workplace(config) / "weights.pt").exists()


def rebuild(result: Result, dataset: data.Dataset, device: str, *, progress: bool) -> nn.Module:
    """The system of a stored run with exactly its weights: kept in $RAE_HOME, or on a CPU trained again."""
    config, again = result.config, "rerun it with --recompute"
    if not has_weights(config) and not (device == result.raw["device"][:3] == "cpu"):
        raise FileNotFoundError(
            f"the weights of {config.name} are not kept here, and no other training gives the same on a GPU; {again}"
        )
    system, _ = trained(config, dataset, device, progress=progress)
    if origin.weights_sha256(system) != result.raw["weights_sha256"]:
        raise RuntimeError(f"{config.name}: kept weights are not the stored run's; {again}")
    return system
