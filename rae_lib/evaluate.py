"""From a trained system to numbers: codes -> density -> image sets -> features -> records, by either protocol.

clean: reconstructions of the test images from mean codes; slerp mid-points of test pairs; rounding to 8 bit.
paper: what the official RAE code did (`book/protocol.md`): reconstructions of images seen in training, from a
*sampled* code where the system samples and through the second stage where there is one; mid-points of such images;
truncation to 8 bit; PRD against training images. Sampling (N, GMM) differs by the rounding alone. The reference is
always the test split.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from . import density, metrics
from .config import Config
from .data import Dataset
from .features import pixels
from .train import as_input, generator_for

Sets = dict[tuple[str, str], Tensor]  # (set, protocol) -> uint8 (N, C, H, W) on the CPU
PRD_SETS = PAPER_SETS = (
    "N",
    "gmm",
)  # scored for precision and recall; printed in the papers' tables
PATHS, POINTS = 1000, 7  # interpolation paths of the smoothness measure


@dataclass
class Fitted:
    """A trained system with its codes and the densities fitted to them."""

    system: nn.Module
    config: Config
    data: Dataset
    device: str
    codes: dict[str, Tensor]  # split -> (N, d) mean codes
    densities: dict[str, object]


def batches(
    function: Callable[[Tensor], Tensor], x: Tensor, device: str, size: int = 500
) -> Tensor:
    """function over x in batches on the device, the results on the CPU."""
    with torch.no_grad():
        return torch.cat([function(part.to(device)).cpu() for part in x.split(size)])


def encode(system: nn.Module, images: Tensor, device: str) -> Tensor:
    """Mean codes of uint8 images, eval mode. -> (N, d) float32"""
    return batches(lambda x: system.encode(as_input(x)).float(), images, device)


def to_uint8(images: Tensor, *, truncate: bool = False) -> Tensor:
    """[0, 1] floats to 8 bit; Quirk: the papers' code truncates where we round."""
    scaled = images.clamp(0, 1) * 255 + (0 if truncate else 0.5)
    return scaled.to(torch.uint8).contiguous()


def decode(system: nn.Module, z: Tensor, device: str) -> Tensor:
    """Codes to uint8 images (N, C, H, W) on the CPU."""
    return batches(lambda c: to_uint8(system.decode(c)), z, device)


def decode_both(system: nn.Module, z: Tensor, device: str) -> dict[str, Tensor]:
    """The same images by either protocol's quantisation."""
    x = batches(lambda c: system.decode(c).float(), z, device)
    return {"clean": to_uint8(x), "paper": to_uint8(x, truncate=True)}


def fit_densities(system: nn.Module, config: Config, data: Dataset, device: str) -> Fitted:
    """Encodes the splits and fits every density that the configuration's sets need."""
    codes = {
        split: encode(system, data.images[split], device) for split in ("train", "val", "test")
    }
    fitted: dict[str, object] = {}
    if {"mvg", "N"} & set(config.sets):
        fitted["mvg"] = density.Gaussian().fit(codes["train"], codes["val"])
    if "gmm" in config.sets:
        mixture = density.GaussianMixture(config.mixture, seed=config.seed)
        fitted["gmm"] = mixture.fit(codes["train"], codes["val"])
    if config.system == "two-stage-vae":
        second = density.SecondStageVAE(
            beta=config.second_beta,
            width=config.second_width,
            epochs=config.second_epochs,
            lr=config.second_lr,
            seed=config.seed,
        )
        fitted["second"] = second.fit(codes["train"].to(device), codes["val"].to(device))
    return Fitted(system, config, data, device, codes, fitted)


def sampler(f: Fitted, name: str) -> tuple[str, Callable[[int, torch.Generator], Tensor]] | None:
    """The sampler behind a set's name, with its own name; None where the system has none of that name.

    N is the system's default of the RAE papers: its prior (VAE, WAE-MMD), its second stage (two-stage VAE), the
    fitted Gaussian (AE and RAE family, CV-VAE).
    """
    if f.config.system == "two-stage-vae":
        return ("second", f.densities["second"].sample) if name == "N" else None
    own = f.system.prior(1, torch.Generator(f.device)) is not None
    if name == "N":
        name = "N01" if own and f.config.system != "cv-vae" else "mvg"
    if name == "N01":
        return name, lambda n, g: torch.randn(n, f.config.latent, generator=g)
    return name, f.densities[name].sample


def image_sets(f: Fitted, names: tuple[str, ...], count: int) -> Sets:
    """Every asked set by every protocol in which it differs, `count` images each (at most the test split).

    Sets drawn at random hold `draws` times as many. Two names for one sampler hold the same images.
    """
    count = min(count, len(f.data.images["test"]))
    many = count * f.config.draws
    seen = f.data.images["train"][:count]  # what the paper protocol reconstructs and interpolates
    sets: Sets = {}
    for name in names:
        generator = generator_for(f"sample/{name}", f.config.seed)
        if name == "rec":
            sets[name, "clean"] = decode(f.system, f.codes["test"][:count], f.device)
            sets[name, "paper"] = sampled_reconstructions(f, seen)
        elif name == "rec_train":
            sets[name, "clean"] = decode(f.system, f.codes["train"][:count], f.device)
        elif name == "interp":
            for protocol, codes in (("clean", f.codes["test"]), ("paper", f.codes["train"])):
                z = midpoints(codes[:count], many, generator)
                sets[name, protocol] = decode_both(f.system, z, f.device)[protocol]
        elif found := sampler(f, name):
            own, draw = found
            z = draw(many, generator_for(f"sample/{own}", f.config.seed))
            both = decode_both(f.system, z, f.device)
            sets[name, "clean"] = both["clean"]
            if name in PAPER_SETS:
                sets[name, "paper"] = both["paper"]
    return sets


def sampled_reconstructions(f: Fitted, images: Tensor) -> Tensor:
    """The paper protocol's REC: through the sampled code, and through the second stage where there is one."""
    noise = generator_for("sample/rec", f.config.seed, f.device)
    if "second" not in f.densities:
        x = batches(lambda x: f.system.reconstruct(as_input(x), noise), images, f.device)
        return to_uint8(x, truncate=True)
    codes = batches(
        lambda x: f.system.sample(*f.system.posterior(as_input(x)), noise), images, f.device
    )
    again = f.densities["second"].reconstruct(
        codes.to(f.device), generator_for("sample/rec2", f.config.seed, f.device)
    )
    return decode_both(f.system, again, f.device)["paper"]


def midpoints(codes: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Slerp mid-points of random pairs of codes."""
    first = torch.randint(len(codes), (count,), generator=generator)
    second = torch.randint(len(codes), (count,), generator=generator)
    return density.slerp(codes[first], codes[second], 0.5)


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
    real = extract(f.data.images["test"][:count])
    seen = extract(f.data.images["train"][:count]) if any(n in PRD_SETS for n, _ in sets) else None
    rows = floors(extract(f.data.images["val"][:count]), real, kind, scale)
    for (name, protocol), images in sets.items():
        fake = extract(images)
        rows += compare(real, fake, name, protocol, kind, scale)
        if name in PRD_SETS:
            reference = real if protocol == "clean" else seen
            rows += precision_recall(reference, fake, name, protocol, kind, scale, f.config.seed)
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
    real: Tensor, fake: Tensor, name: str, protocol: str, kind: str, scale: bool, seed: int
) -> list[dict]:
    real = real[: len(fake)]
    if scale:
        real, fake = metrics.standardise(real, fake)
    found = [metrics.prd(real, part, seed=seed) for part in equal_parts(real, fake)]
    return [
        record(f"prd_{key}", name, protocol, kind, len(real), len(real), value)
        for key, value in (
            ("f8", mean([x.f8 for x in found])),
            ("f1_8", mean([x.f1_8 for x in found])),
        )
    ]


def floors(val: Tensor, real: Tensor, kind: str, scale: bool) -> list[dict]:
    """Real against real: validation against test, and the two halves of the test images."""
    half = len(real) // 2
    rows = compare(real, val, "real", "clean", kind, scale)
    rows += compare(real[:half], real[half : 2 * half], "halves", "clean", kind, scale)
    count = min(len(val), len(real))
    return rows + precision_recall(real[:count], val[:count], "real", "clean", kind, scale, 0)


def pixel_records(f: Fitted, sets: Sets, extract: Extract, kind: str) -> list[dict]:
    """What needs no reference features: squared error, sharpness, smoothness of paths, nearest neighbours."""
    test, rows = f.data.images["test"], []
    if ("rec", "clean") in sets:
        fake = sets["rec", "clean"]
        error = (fake.float() - test[: len(fake)].float()).div(255).square().mean()
        rows.append(record("mse", "rec", "clean", "pixels", len(fake), len(fake), float(error)))
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
        found = metrics.memorisation(view(fake), view(test), view(train))
        counts = (len(test), len(fake))
        rows.append(record("nn_ratio", name, "clean", features, *counts, found.nn_ratio))
        rows.append(record("nn_copies", name, "clean", features, *counts, found.nn_copies))
    return rows


def component_study(f: Fitted, extract: Extract, kind: str) -> list[dict]:
    """Mixtures of 1..100 components on the training codes: likelihoods of train and validation codes, Frechet."""
    count = min(f.config.samples, len(f.data.images["test"]))
    real, rows = extract(f.data.images["test"][:count]), []
    for components in f.config.components:
        if components > len(f.codes["train"]):
            continue
        start = time.monotonic()
        fitted = density.GaussianMixture(components, seed=f.config.seed)
        fitted.fit(f.codes["train"], f.codes["val"])
        seconds = time.monotonic() - start
        z = fitted.sample(count * f.config.draws, generator_for("sample/gmm", f.config.seed))
        value = compare(real, extract(decode(f.system, z, f.device)), "gmm", "clean", kind, True)
        report = {k: fitted.report[k] for k in ("train_loglik", "val_loglik", "converged")}
        row = {"components": components, **report, "frechet": value[0]["value"]}
        rows.append(row | {"features": kind, "fit_seconds": round(seconds, 3)})
    return rows
