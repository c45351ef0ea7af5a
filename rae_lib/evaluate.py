"""From image sets to records: Frechet distance, KID, precision and recall, sharpness, neighbours, components.

The reference of a distance is the test split; PRD by the paper protocol takes training images, as the official code
did. A record is one number with its metric, set, protocol, features and counts.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from rae_lib import codes, density, metrics
from rae_lib.config import Config
from rae_lib.features import pixels
from rae_lib.sets import PAPER_SETS, Fitted, Sets, decode
from rae_lib.train import generator_for

PATHS, POINTS = 1000, 7  # interpolation paths of the smoothness measure
SLOPES = 100  # codes at which the decoder's slope is taken


def record(
    metric: str, name: str, protocol: str, features: str, real: int, fake: int, value: float
) -> dict:
    """One number with the protocol it was obtained by."""
    keys = ("metric", "set", "protocol", "features", "n_real", "n_fake", "value")
    return dict(
        zip(keys, (metric, name, protocol, features, real, fake, float(value)), strict=True)
    )


Extract = Callable[[Tensor], Tensor]


def distances(f: Fitted, sets: Sets, extract: Extract, kind: str, count: int) -> list[dict]:
    """Frechet distance of every set to the test images, PRD of the samplers, KID on Inception, real floors.

    Domain features and pixels are standardised by the reference set; Inception's are not, or it were no FID.
    """
    count = min(count, len(f.data.images["test"]))
    scale = not kind.startswith("inception")
    view = lambda images: extract(images).to(f.device)  # noqa: E731
    real = view(f.data.images["test"][:count])
    needed = any((name, "paper") in sets for name in PAPER_SETS)
    seen = view(f.data.images["train"][:count]) if needed else real
    rows = floors(view(f.data.images["val"][:count]), real, kind, scale, f.config)
    for (name, protocol), images in sets.items():
        fake = view(images)
        rows += compare(real, fake, name, protocol, kind, scale)
        if name in PAPER_SETS and not f.config.variant:  # no study asks for it
            reference = real if protocol == "clean" else seen
            rows += precision_recall(reference, fake, name, protocol, kind, scale, f.config)
    return rows


def compare(
    real: Tensor, fake: Tensor, name: str, protocol: str, kind: str, scale: bool
) -> list[dict]:
    if scale:
        real, fake = metrics.standardise(real, fake)
    sets = equal_parts(real, fake)
    counts = (len(real), len(sets[0]))
    distance = mean([metrics.frechet(real, part) for part in sets])
    rows = [record("frechet", name, protocol, kind, *counts, distance)]
    if not scale and protocol == "clean":
        size = min(1000, *counts)
        value = mean([metrics.kid(real, part, subset_size=size)[0] for part in sets])
        rows.append(record("kid", name, protocol, kind, *counts, value))
    return rows


def equal_parts(real: Tensor, fake: Tensor) -> list[Tensor]:
    """The draws in a set: as many images each as there are real ones."""
    return (
        [fake]
        if len(fake) <= len(real)
        else list(fake[: len(fake) // len(real) * len(real)].split(len(real)))
    )


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def precision_recall(
    real: Tensor, fake: Tensor, name: str, protocol: str, kind: str, scale: bool, config: Config
) -> list[dict]:
    real = real[: len(fake)]
    if scale:
        real, fake = metrics.standardise(real, fake)
    parts = equal_parts(real, fake)
    found = [metrics.prd(real, part, runs=config.clusterings, seed=config.seed) for part in parts]
    return [
        record(f"prd_{key}", name, protocol, kind, len(real), len(real), value)
        for key, value in (
            ("f8", mean([x.f8 for x in found])),
            ("f1_8", mean([x.f1_8 for x in found])),
        )
    ]


def floors(val: Tensor, real: Tensor, kind: str, scale: bool, config: Config) -> list[dict]:
    """Real against real: validation against test, and the two halves of the test images."""
    half = len(real) // 2
    rows = compare(real, val, "real", "clean", kind, scale)
    rows += compare(real[:half], real[half : 2 * half], "halves", "clean", kind, scale)
    count = min(len(val), len(real))
    if config.variant:  # no study asks for scores
        return rows
    alike = replace(config, seed=0)  # real images are no run's: one seed for all
    return rows + precision_recall(real[:count], val[:count], "real", "clean", kind, scale, alike)


def pixel_records(f: Fitted, sets: Sets, extract: Extract, kind: str) -> list[dict]:
    """What needs no reference features: squared error, sharpness, smoothness of paths, nearest neighbours."""
    test, rows = f.data.images["test"], []
    if ("rec", "clean") in sets:
        fake = sets["rec", "clean"]
        error = (fake.float() - test[: len(fake)].float()).div(255).square().mean()
        rows.append(record("mse", "rec", "clean", "pixels", len(fake), len(fake), float(error)))
        variance = test.flatten(1).float().div(255).var(0).mean()  # of the mean image as a guess
        rows.append(record("pixel_variance", "real", "clean", "pixels", 0, len(test), variance))
    for (name, protocol), images in sets.items():
        if protocol == "clean":
            value = metrics.sharpness(images)
            rows.append(record("sharpness", name, "clean", "pixels", 0, len(images), value))
    value = metrics.sharpness(test)
    rows.append(record("sharpness", "real", "clean", "pixels", 0, len(test), value))
    if "interp" in f.config.sets:
        rows.append(path_record(f, extract, kind))
    return rows + neighbour_records(f, sets, extract, kind)


def path_record(f: Fitted, extract: Extract, kind: str) -> dict:
    """Coefficient of variation of the six feature distances along slerp paths between test codes (RAE-12)."""
    generator, codes = generator_for("paths", f.config.seed), f.codes["test"]
    ends = torch.randint(len(codes), (2, min(PATHS, len(codes))), generator=generator)
    steps = torch.linspace(0, 1, POINTS)
    path = torch.stack([density.slerp(codes[ends[0]], codes[ends[1]], float(t)) for t in steps], 1)
    images = decode(f.system, path.flatten(0, 1), f.device)
    features = extract(images).unflatten(0, path.shape[:2])  # (P, T, D)
    return record("step_cv", "interp", "clean", kind, 0, len(features), metrics.step_cv(features))


def neighbour_records(f: Fitted, sets: Sets, extract: Extract, kind: str) -> list[dict]:
    """Are samples copies? Their distance to the nearest training image against the test images' (RAE-17)."""
    name = next((n for n in ("gmm", "N") if (n, "clean") in sets), None)
    if name is None or "interp" not in f.config.sets:
        return []
    fake, train, test = sets[name, "clean"], f.data.images["train"], f.data.images["test"]
    rows = []
    for features, view in (("pixels", pixels), (kind, extract)):
        if features == "pixels" and rows:
            continue
        seen = [view(images).to(f.device) for images in (fake, test, train)]
        found = metrics.memorisation(*seen)
        counts = (len(test), len(fake))
        rows.append(record("nn_ratio", name, "clean", features, *counts, found.nn_ratio))
        rows.append(record("nn_copies", name, "clean", features, *counts, found.nn_copies))
    return rows


def code_records(f: Fitted) -> list[dict]:
    """Statistics of the test codes, and of the training codes (set "rec_train") where a claim asks for those."""
    rows = []
    for split, name in (("test", "rec"), ("train", "rec_train")):
        generator = generator_for(f"codes/{split}", f.config.seed)
        for metric, value in codes.statistics(f.codes[split], generator).items():
            count = len(f.codes[split])
            rows.append(record(metric, name, "clean", "codes", 0, count, value))
    return [*rows, slope_record(f)]


def slope_record(f: Fitted) -> dict:
    """The decoder's slope at the first test codes, against standardised codes (RAE-22)."""
    z = f.codes["test"][:SLOPES].to(f.device)
    scale = f.codes["train"].std(0).to(f.device)
    value = codes.decoder_jacobian(f.system.decode, z, scale)
    return record("decoder_jacobian", "codes", "clean", "codes", 0, len(z), value)


def component_study(f: Fitted, extract: Extract, kind: str) -> list[dict]:
    """Mixtures of 1..100 components on the training codes: likelihoods of train and validation codes, Frechet."""
    count = min(f.config.samples, len(f.data.images["test"]))
    real, rows = extract(f.data.images["test"][:count]), []
    for components in f.config.components:
        if components > len(f.codes["train"]):
            continue
        start = time.monotonic()
        fitted = density.GaussianMixture(components, seed=f.config.seed)
        fitted.fit(f.codes["train"].to(f.device), f.codes["val"].to(f.device))
        seconds = time.monotonic() - start
        z = fitted.sample(count * f.config.draws, generator_for("sample/gmm", f.config.seed))
        value = compare(real, extract(decode(f.system, z, f.device)), "gmm", "clean", kind, True)
        report = {k: fitted.report[k] for k in ("train_loglik", "val_loglik", "converged")}
        row = {"components": components, **report, "frechet": value[0]["value"]}
        rows.append(row | {"features": kind, "fit_seconds": round(seconds, 3)})
    return rows
