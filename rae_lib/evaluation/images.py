"""From image sets to records: Frechet distance, KID, precision and recall, sharpness, neighbours, components.

The reference of a distance is the test split; PRD by the paper protocol takes training images, as the official code
did. A record is one number with its metric, set, protocol, features and counts.
"""

import time
from dataclasses import replace

import torch
from torch import Tensor

from rae_lib import density
from rae_lib.config import Config
from rae_lib.evaluation.samples import PAPER_SETS, Fitted, Sets, decode
from rae_lib.metrics import code_statistics
from rae_lib.metrics import distances as metrics
from rae_lib.metrics.features import Ruler, pixels
from rae_lib.metrics.images import sharpness, step_cv
from rae_lib.metrics.precision_recall import prd
from rae_lib.training.loop import generator_for

PATHS, POINTS = 1000, 7  # interpolation paths of the smoothness measure
NEIGHBOURS = 2000  # samples whose nearest training images are sought
SLOPES = 100  # codes at which the decoder's slope is taken


def record(
    metric: str, name: str, protocol: str, features: str, real: int, fake: int, value: float
) -> dict:
    """One number with the protocol it was obtained by."""
    keys = ("metric", "set", "protocol", "features", "n_real", "n_fake", "value")
    return dict(
        zip(keys, (metric, name, protocol, features, real, fake, float(value)), strict=True)
    )


def distances(f: Fitted, sets: Sets, ruler: Ruler, count: int) -> list[dict]:
    """Frechet distance of every set to the test images, PRD of the samplers, KID on Inception, real floors.

    Domain features and pixels are standardised by the reference set; Inception's are not, or it were no FID. A set
    that is the same images as another (`image_sets`) has its numbers.
    """
    count = min(count, len(f.data.images["test"]))
    kind, scale = ruler.name, not ruler.name.startswith("inception")
    real, val = (ruler.real(f.data.images[s][:count]).to(f.device) for s in ("test", "val"))
    needed = any((name, "paper") in sets for name in PAPER_SETS)
    seen = ruler.real(f.data.images["train"][:count]).to(f.device) if needed else real
    rows, views = floors(val, real, kind, scale, f.config), {}
    for (name, protocol), images in sets.items():
        if id(images) not in views:
            fake = ruler(images).to(f.device)
            views[id(images)] = fake, compare(real, fake, name, protocol, kind, scale)
        fake, found = views[id(images)]
        rows += [row | {"set": name, "protocol": protocol} for row in found]
        if name in PAPER_SETS and not f.config.variant:  # no study asks for it
            reference = real if protocol == "clean" else seen
            rows += precision_recall(reference, fake, name, protocol, kind, scale, f.config)
    return rows


def with_ruler(records: list[dict], ruler: Ruler) -> list[dict]:
    """The records, those on the ruler's features with the first 12 digits of its weights."""
    return [
        r | {"ruler": ruler.weights[:12] if r["features"] == ruler.name else ""} for r in records
    ]


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
    found = [prd(real, part, runs=config.clusterings, seed=config.seed) for part in parts]
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


def pixel_records(f: Fitted, sets: Sets, ruler: Ruler) -> list[dict]:
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
            value = sharpness(images)
            rows.append(record("sharpness", name, "clean", "pixels", 0, len(images), value))
    value = sharpness(test)
    rows.append(record("sharpness", "real", "clean", "pixels", 0, len(test), value))
    if "interp" in f.config.sets:
        rows.append(path_record(f, ruler))
    return rows + neighbour_records(f, sets, ruler)


def path_record(f: Fitted, ruler: Ruler) -> dict:
    """Coefficient of variation of the six feature distances along slerp paths between test codes (RAE-12)."""
    generator, code_statistics = generator_for("paths", f.config.seed), f.codes["test"]
    ends = torch.randint(
        len(code_statistics), (2, min(PATHS, len(code_statistics))), generator=generator
    )
    steps = torch.linspace(0, 1, POINTS)
    path = torch.stack(
        [
            density.slerp(code_statistics[ends[0]], code_statistics[ends[1]], float(t))
            for t in steps
        ],
        1,
    )
    images = decode(f.system, path.flatten(0, 1), f.device)
    features = ruler(images).unflatten(0, path.shape[:2])  # (P, T, D)
    value = step_cv(features)
    return record("step_cv", "interp", "clean", ruler.name, 0, len(features), value)


def neighbour_records(f: Fitted, sets: Sets, ruler: Ruler) -> list[dict]:
    """Are samples copies? Their distance to the nearest training image against the test images' (RAE-17)."""
    name = next((n for n in ("gmm", "N") if (n, "clean") in sets), None)
    if name is None or "interp" not in f.config.sets:
        return []
    few, test = sets[name, "clean"][:NEIGHBOURS], f.data.images["test"][:NEIGHBOURS]
    train, rows = f.data.images["train"], []
    views = {ruler.name: [ruler(few), ruler.real(test), ruler.real(train)]}
    if "pixels" not in views:
        views = {"pixels": [pixels(images) for images in (few, test, train)]} | views
    for features, seen in views.items():
        found = metrics.memorisation(*(x.to(f.device) for x in seen))
        counts = (len(test), len(few))
        rows.append(record("nn_ratio", name, "clean", features, *counts, found.nn_ratio))
        rows.append(record("nn_copies", name, "clean", features, *counts, found.nn_copies))
    return rows


def code_records(f: Fitted) -> list[dict]:
    """Statistics of the test codes, and of the training codes (set "rec_train") where a claim asks for those."""
    rows = []
    for split, name in (("test", "rec"), ("train", "rec_train")):
        generator = generator_for(f"codes/{split}", f.config.seed)
        for metric, value in code_statistics.statistics(f.codes[split], generator).items():
            count = len(f.codes[split])
            rows.append(record(metric, name, "clean", "codes", 0, count, value))
    return [*rows, slope_record(f)]


def slope_record(f: Fitted) -> dict:
    """The decoder's slope at the first test codes, against standardised codes (RAE-22)."""
    z = f.codes["test"][:SLOPES].to(f.device)
    scale = f.codes["train"].std(0).to(f.device)
    value = code_statistics.decoder_jacobian(f.system.decode, z, scale)
    return record("decoder_jacobian", "codes", "clean", "codes", 0, len(z), value)


def component_study(f: Fitted, ruler: Ruler) -> list[dict]:
    """Mixtures of 1..100 components on the training codes: likelihoods of train and validation codes, Frechet."""
    count = min(f.config.samples, len(f.data.images["test"]))
    real, kind, rows = ruler.real(f.data.images["test"][:count]), ruler.name, []
    for components in f.config.components:
        if components > len(f.codes["train"]):
            continue
        fitted, seconds = mixture_of(f, components)
        z = fitted.sample(count * f.config.draws, generator_for("sample/gmm", f.config.seed))
        value = compare(real, ruler(decode(f.system, z, f.device)), "gmm", "clean", kind, True)
        report = {k: fitted.report[k] for k in ("train_loglik", "val_loglik", "converged")}
        row = {"components": components, **report, "frechet": value[0]["value"]}
        rows.append(row | {"features": kind, "fit_seconds": round(seconds, 3)})
    return rows


def mixture_of(f: Fitted, components: int) -> tuple[density.GaussianMixture, float]:
    """The mixture with so many components and the seconds of its fit; the run's own where it has as many."""
    if components == f.config.mixture and "gmm" in f.densities:
        return f.densities["gmm"], f.seconds["gmm"]
    start = time.monotonic()
    fitted = density.GaussianMixture(components, seed=f.config.seed)
    fitted.fit(f.codes["train"].to(f.device), f.codes["val"].to(f.device))
    return fitted, time.monotonic() - start
