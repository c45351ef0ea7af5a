"""One run: train, fit, sample, measure, store; and the later measurements on the weights it left."""

import math
import time
from pathlib import Path

import torch
from torch import nn

from rae_lib import config as configs
from rae_lib import data, density
from rae_lib.config import Config
from rae_lib.evaluation import images as evaluate
from rae_lib.evaluation import samples
from rae_lib.metrics import distances, features
from rae_lib.models import build
from rae_lib.results import locks, measurements, store, weights
from rae_lib.results.store import Result, find
from rae_lib.training import checkpoint, loop
from rae_lib.training.loop import generator_for

ROWS, COLUMNS = 3, 10  # of the stored pictures
POINTS = 300  # codes stored to be looked at
TWICE = ("gp", "contractive")  # differentiated twice, which a compiled loss cannot be


def device_for(name: str = "auto") -> str:
    """ "auto" -> cuda where there is one, else cpu. RuntimeError for cuda where there is none."""
    configs.check_choice("device", name, ("auto", "cpu", "cuda"))
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("device is 'cuda' but torch sees none; use device='cpu' or 'auto'")
    return "cuda" if name != "cpu" and torch.cuda.is_available() else "cpu"


def prepare(device: str) -> None:
    """On CUDA: kernels are chosen by trial, and fp32 is fp32 (TF32 moves features in their third digit)."""
    if device == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = False


def precision_for(asked: str, device: str) -> str:
    """The precision of training that is used here: bf16 is for GPUs, and for CPUs that have its instructions."""
    native = device == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return asked if native else "fp32"


def workplace(config: Config) -> Path:
    return store.home() / "runs" / config.training_hash


def trained(
    config: Config, dataset: data.Dataset, device: str, *, progress: bool, compile: bool = False
) -> tuple[nn.Module, list[dict]]:
    """The trained system and its history, from the weights of an earlier run, a checkpoint, or from scratch."""
    system = build(config, tuple(dataset.images["train"].shape[1:]))
    place = workplace(config)
    done = checkpoint.read(place / "weights.pt", device)
    if done:  # in the memory layout of training: another one rounds differently
        system.to(device).to(memory_format=torch.channels_last)
        system.load_state_dict(done["best_weights"])
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
            precision=precision_for(config.precision, device),
            compile=compile and config.regulariser not in TWICE,
            checkpoint=place / "checkpoint.pt",
            progress=progress,
        )
    except torch.OutOfMemoryError as error:
        peak = torch.cuda.max_memory_allocated() / 2**30
        raise RuntimeError(
            f"out of memory at batch {config.batch} and width {config.width} (peak {peak:.1f} GiB): "
            "take a smaller batch, or free the device; the last checkpoint is kept"
        ) from error
    checkpoint.save(
        place / "weights.pt", {"best_weights": checkpoint.snapshot(system), "history": history}
    )
    for path in place.glob("checkpoint.*"):
        path.unlink()
    return system, history


def make(
    config: Config,
    *,
    device: str = "auto",
    progress: bool = False,
    recompute: bool = False,
    since: float = math.inf,
    compile: bool = False,
    also: tuple[str, ...] = (),
) -> Result:
    """Trains, fits, samples, measures and stores one run; what was done before a kill is taken up again.

    recompute: from scratch, although a result is stored, which stays until the new one replaces it. since: when the
    campaign began that recomputes (seconds of the epoch); what was trained since then is used, for two systems of one
    campaign may share weights. also: Inception features to be measured on the same images, after the run is stored.
    Raises what the loader and the loop raise; nothing half-made stays.
    """
    configs.check_sized(config)
    for kind in also:
        measurements.check(kind)
    store.versions()  # a package that is missing is missed before any work
    where = device_for(device)
    prepare(where)
    dataset = data.load(config.dataset, train_images=config.train_images)
    place, target = workplace(config), store.folder(config)
    with locks.lock(place / "lock", store.label(config)):
        if recompute:
            checkpoint.forget(place, since)
        elif stored := find(config):  # another process made it while this one waited
            for kind in (kind for kind in also if kind not in stored.extras):
                measure(config, kind, device=device, progress=progress)
            return find(config)
        start = time.monotonic()
        system, history = trained(config, dataset, where, progress=progress, compile=compile)
        middle = time.monotonic()
        fitted = samples.fit_densities(system, config, dataset, where)
        fits = time.monotonic()
        names = (*config.sets, *(measurements.names(config) if also else ()))
        every = samples.image_sets(fitted, tuple(dict.fromkeys(names)), config.samples)
        images = {key: x for key, x in every.items() if key[0] in config.sets}
        ruler = features.own(dataset, device=where)
        records = evaluate.distances(fitted, images, ruler, config.samples)
        records += evaluate.pixel_records(fitted, images, ruler)
        records += evaluate.code_records(fitted)
        records += time_records(fitted, history)
        components = evaluate.component_study(fitted, ruler)
        seconds = {"train": sum(r["seconds"] for r in history), "train_call": middle - start}
        seconds |= {"density": fits - middle, "evaluate": time.monotonic() - fits}
        made = provenance(config, dataset, system, where, compile)
        raw = made | {
            "records": evaluate.with_ruler(records, ruler),
            "density": {k: v.report for k, v in fitted.densities.items()},
            "components": components,
            "codes": code_pairs(fitted),
            "seconds": {k: round(v, 2) for k, v in seconds.items()},
            "features": ruler.facts,
        }
        drawn, raw["pictures"] = pictures(fitted, images)
        files = {"history.csv": store.history_csv(history)} | drawn
        if weights.kept(config):
            shape = tuple(dataset.images["test"].shape[1:])
            files[weights.NAME] = weights.packed(system, shape)
        store.write_together(target, files | {"result.json": store.json_bytes(raw)})
        for kind in also:
            measurements.write(fitted, every, kind, made, progress)
    return find(config)


def ensure(
    wanted: list[Config],
    *,
    recompute: bool = False,
    missing: str = "refuse",
    device: str = "auto",
    progress: bool = False,
) -> list[Result]:
    """The results of these. missing: "refuse" (FileNotFoundError), "skip" or "make" them; recompute makes all anew."""
    configs.check_choice("missing", missing, ("refuse", "skip", "make"))
    results = []
    for config in wanted:
        result = None if recompute else find(config)
        if result is None and (recompute or missing == "make"):
            result = make(config, device=device, progress=progress, recompute=recompute)
        if result is None and missing == "refuse":
            raise FileNotFoundError(store.why_missing(config))
        if result:
            results.append(result)
    return results


def time_records(f: samples.Fitted, history: list[dict]) -> list[dict]:
    """Median seconds of a training step over the epochs, and seconds of every density's fit, by what it samples."""
    steps = max(1, len(f.data.images["train"]) // f.config.batch)
    times = sorted(row["seconds"] / steps for row in history)
    values = {("step_time", "none"): times[len(times) // 2] if times else float("nan")}
    values |= {("fit_time", "N" if k == "second" else k): v for k, v in f.seconds.items()}
    return [
        evaluate.record(metric, name, "clean", "none", 0, 0, value)
        for (metric, name), value in values.items()
    ]


def code_pairs(f: samples.Fitted) -> dict[str, list]:
    """Two random dimensions of some training codes, to be looked at: {"dimensions": [i, j], "points": [[a, b]]}."""
    generator = generator_for("pairs", f.config.seed)
    chosen = torch.randperm(f.config.latent, generator=generator)[:2]
    points = f.codes["train"][:POINTS][:, chosen].double().numpy().round(4)
    return {"dimensions": chosen.tolist(), "points": points.tolist()}


def provenance(
    config: Config, dataset: data.Dataset, system: nn.Module, device: str, compile: bool
) -> dict:
    """What a reader needs to trust or repeat the run."""
    name = (
        torch.cuda.get_device_name()
        if device == "cuda"
        else f"cpu, {torch.get_num_threads()} threads"
    )
    counts = {split: len(images) for split, images in dataset.images.items()}
    return {
        "config": store.plain(config),
        "config_hash": config.hash,
        "data": {
            "name": dataset.name,
            "sha256": dataset.sha256,
            "source": dataset.source,
            "note": dataset.note,
            **counts,
        },
        "versions": store.versions(),
        "code_sha256": store.code_sha256(),
        "device": name,
        "precision": precision_for(config.precision, device),
        "compile": compile,
        "parameters": sum(p.numel() for p in system.parameters()),
        "weights_sha256": weights.sha256(system),
    }


def pictures(f: samples.Fitted, images: samples.Sets) -> tuple[dict[str, bytes], dict[str, dict]]:
    """The run's pictures at native pixels, as files, and what is in them, row by row."""
    test, train_images = f.data.images["test"], f.data.images["train"]
    grids: dict[str, tuple[list[str], list[torch.Tensor]]] = {}
    first = slice(0, COLUMNS)
    if ("rec", "clean") in images:
        rows = [test[first], images["rec", "clean"][first]]
        grids["reconstructions"] = (["test image", "reconstruction"], rows)
    drawn = [name for name in ("N", "gmm") if (name, "clean") in images]
    if drawn:
        grids["samples"] = (drawn, [images[name, "clean"][first] for name in drawn])
    if "interp" in f.config.sets:
        z = f.codes["test"]
        paths = [
            samples.decode(
                f.system,
                torch.stack(
                    [
                        density.slerp(z[2 * i][None], z[2 * i + 1][None], t / (COLUMNS - 1))[0]
                        for t in range(COLUMNS)
                    ]
                ),
                f.device,
            )
            for i in range(ROWS)
        ]
        grids["interpolations"] = ([f"path {i + 1}" for i in range(ROWS)], paths)
    if drawn and "interp" in f.config.sets and not f.config.variant:
        fake = images[drawn[-1], "clean"][first]
        flat = [x.flatten(1).float().div(255) for x in (fake, train_images)]
        _, index = distances.nearest(flat[0], flat[1], k=ROWS)
        rows = [fake, *(train_images[index[:, j]] for j in range(ROWS))]
        grids["neighbours"] = (["sample", *(f"neighbour {j + 1}" for j in range(ROWS))], rows)
    files, described = {}, {}
    for name, (labels, rows) in grids.items():
        grid = torch.stack(rows).numpy()
        files[f"{name}.png"] = store.picture_png(grid)
        described[name] = {"rows": labels, "size": list(grid.shape[-2:])}
    return files, described


def measure(config: Config, kind: str, *, device: str = "auto", progress: bool = False) -> Path:
    """Inception distances of a stored run, beside its result as KIND.json, from the run's kept weights.

    Raises FileNotFoundError when the run or the Inception weights are missing, RuntimeError when the weights kept
    are not those of the stored result.
    """
    measurements.check(kind)
    result, where = find(config), device_for(device)
    if result is None:
        raise FileNotFoundError(store.why_missing(config))
    if where == "cuda" and not (workplace(config) / "weights.pt").exists():
        raise FileNotFoundError(
            f"the weights of {config.name} are not kept here, and no other training gives the same on a GPU; "
            f"rerun it with --recompute --measure {kind}"
        )
    prepare(where)
    dataset = data.load(config.dataset, train_images=config.train_images)
    system, _ = trained(config, dataset, where, progress=progress)
    if weights.sha256(system) != result.raw["weights_sha256"]:
        raise RuntimeError(
            f"{config.name}: kept weights are not the stored run's; rerun it with --recompute"
        )
    fitted = samples.fit_densities(system, config, dataset, where)
    count = measurements.wanted(config).get("samples", config.samples)
    images = samples.image_sets(fitted, measurements.names(config), count)
    made = provenance(config, dataset, system, where, False)
    return measurements.write(fitted, images, kind, made, progress)
