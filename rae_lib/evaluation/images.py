"""What a run on images measures: distances of its image sets, sharpness, neighbours, smoothness, components."""

from collections.abc import Sequence

import torch
from torch import Tensor

from rae_lib import density
from rae_lib.evaluation import codes
from rae_lib.evaluation.distances import compare, measure_sets, place_of, precision_recall
from rae_lib.evaluation.pictures import draw_pictures
from rae_lib.evaluation.records import Evaluation, record
from rae_lib.evaluation.samples import Sets, decode, image_sets
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics import distances as metrics
from rae_lib.metrics import features
from rae_lib.metrics import images as image_metrics
from rae_lib.metrics.features import Ruler
from rae_lib.training.loop import generator_for

PATHS, POINTS = 1000, 7  # interpolation paths of the smoothness measure
NEIGHBOURS = 2000  # samples whose nearest training images are sought


def evaluate(trained: Trained) -> Evaluation:
    """The records and pictures of a run, measured with its data set's own features."""
    config = trained.config
    sets = image_sets(trained, config.sets, config.samples)
    ruler = features.own(trained.data, device=trained.device)
    records = measure_sets(trained, sets, ruler, config.samples)
    records += pixel_records(trained, sets)
    if "interp" in config.sets:
        records += [path_record(trained, ruler), *neighbour_records(trained, sets, ruler)]
    records += codes.code_records(trained)
    studied = study_components(trained, ruler, config.components)
    extras = {"components": studied, "features": ruler.facts}
    return Evaluation(records, draw_pictures(trained, sets), extras)


def pixel_records(trained: Trained, sets: Sets) -> list[dict]:
    """What needs no reference features: squared error, variance of the pixels, sharpness."""
    test, rows = trained.data.images["test"], []
    if ("rec", "clean") in sets:
        fake = sets["rec", "clean"]
        error = (fake.float() - test[: len(fake)].float()).div(255).square().mean()
        counts = {"n_real": len(fake), "n_fake": len(fake)}
        rows.append(record("mse", "rec", error, features="pixels", **counts))
        variance = test.flatten(1).float().div(255).var(0).mean()  # of the mean image as a guess
        rows.append(record("pixel_variance", "real", variance, features="pixels", n_fake=len(test)))
    clean = {name: images for (name, protocol), images in sets.items() if protocol == "clean"}
    for name, images in (clean | {"real": test}).items():
        value = image_metrics.sharpness(images)
        rows.append(record("sharpness", name, value, features="pixels", n_fake=len(images)))
    return rows


def path_record(trained: Trained, ruler: Ruler) -> dict:
    """Coefficient of variation of the six feature distances along slerp paths between test codes (RAE-12)."""
    generator, z = generator_for("paths", trained.config.seed), trained.codes["test"]
    ends = torch.randint(len(z), (2, min(PATHS, len(z))), generator=generator)
    steps = torch.linspace(0, 1, POINTS)
    path = torch.stack([density.slerp(z[ends[0]], z[ends[1]], float(t)) for t in steps], 1)
    images = decode(trained.system, path.flatten(0, 1), trained.device)
    seen = ruler(images).unflatten(0, path.shape[:2])  # (P, T, D)
    return record("step_cv", "interp", image_metrics.step_cv(seen), n_fake=len(seen), **place_of(ruler))


def neighbour_records(trained: Trained, sets: Sets, ruler: Ruler) -> list[dict]:
    """`find_copies` of the samples that a user would take: from the mixture, else the system's own."""
    name = next((n for n in ("gmm", "N") if (n, "clean") in sets), None)
    return find_copies(trained, sets[name, "clean"], ruler, name) if name else []


def find_copies(trained: Trained, samples: Tensor, ruler: Ruler, name: str) -> list[dict]:
    """Are samples copies? Their distance to the nearest training image against the test images' (RAE-17)."""
    images = trained.data.images
    few, test = samples[:NEIGHBOURS], images["test"][:NEIGHBOURS]
    views = {ruler.name: [ruler(few), ruler.real(test), ruler.real(images["train"])]}
    if "pixels" not in views:
        raw = [features.pixels(x) for x in (few, test, images["train"])]
        views = {"pixels": raw} | views
    rows = []
    for kind, seen in views.items():
        found = metrics.memorisation(*(x.to(trained.device) for x in seen))
        place = place_of(ruler) if kind == ruler.name else {"features": kind}
        place |= {"n_real": len(test), "n_fake": len(few)}
        rows.append(record("nn_ratio", name, found.nn_ratio, **place))
        rows.append(record("nn_copies", name, found.nn_copies, **place))
    return rows


def study_components(trained: Trained, ruler: Ruler, sizes: Sequence[int]) -> list[dict]:
    """Mixtures of these sizes on the training codes: likelihoods of train and validation codes, Frechet."""
    count = min(trained.config.samples, len(trained.data.images["test"]))
    real, rows = ruler.real(trained.data.images["test"][:count]), []
    for components in sizes:
        if components > len(trained.codes["train"]):
            continue
        fitted, seconds = codes.fit_mixture(trained, components)
        found, *_ = compare(real, ruler(sample_mixture(trained, fitted, count)), ruler, "gmm")
        report = {k: fitted.report[k] for k in ("train_loglik", "val_loglik", "converged")}
        row = {"components": components, **report, "frechet": found["value"]}
        row |= {name: found[name] for name in ("n_real", "n_fake")}
        rows.append(row | {"features": ruler.name, "fit_seconds": round(seconds, 3)})
    return rows


def study_copies(trained: Trained, ruler: Ruler, sizes: Sequence[int]) -> list[dict]:
    """Mixtures of these sizes: are their samples copies, and what are their precision and recall?"""
    count, rows = min(trained.config.samples, len(trained.data.images["test"])), []
    real = ruler.real(trained.data.images["test"][:count])
    for components in sizes:
        fitted, _ = codes.fit_mixture(trained, components)
        samples = sample_mixture(trained, fitted, count)
        found = find_copies(trained, samples, ruler, "gmm")
        found += precision_recall(real, ruler(samples), ruler, trained.config)
        place = {"set": "gmm", "study": "components", "components": components}
        rows += [row | place for row in found]
    return rows


def sample_mixture(trained: Trained, fitted: density.GaussianMixture, count: int) -> Tensor:
    """Decoded samples of a mixture, as many draws of `count` as the run has. -> uint8 images"""
    z = fitted.sample(count * trained.config.draws, generator_for("sample/gmm", trained.config.seed))
    return decode(trained.system, z, trained.device)
