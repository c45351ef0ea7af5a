"""From a trained system to image sets: codes, densities, and every set by either protocol.

clean: reconstructions of the test images from mean codes; slerp mid-points of test pairs; rounding to 8 bit.
paper: what the official RAE code did (`book/protocol.md`): reconstructions of images seen in training, from a
*sampled* code where the system samples and through the second stage where there is one; mid-points of such images;
truncation to 8 bit. Sampling (N, GMM) differs by the rounding alone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rae_lib import density
from rae_lib.config import Config, own_set, system_table
from rae_lib.data import Dataset
from rae_lib.training.loop import as_input, generator_for

Sets = dict[tuple[str, str], Tensor]  # (set, protocol) -> uint8 (N, C, H, W) on the CPU
PAPER_SETS = ("N", "gmm")  # drawn sets that the papers' tables print


@dataclass
class Fitted:
    """A trained system with its codes and the densities fitted to them."""

    system: nn.Module
    config: Config
    data: Dataset
    device: str
    codes: dict[str, Tensor]  # split -> (N, d) mean codes
    densities: dict[str, object]
    seconds: dict[str, float]  # that each density took to fit


def batches(function: Callable[[Tensor], Tensor], x: Tensor, device: str) -> Tensor:
    """function over x in batches on the device, the results on the CPU."""
    size = 1000 if device == "cuda" else 200  # a CPU is a quarter faster at 200 than at 500
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
    known = [codes[split].to(device) for split in ("train", "val")]
    wanted: dict[str, object] = {}
    if {"mvg", "N"} & set(config.sets):
        wanted["mvg"] = density.Gaussian()
    if "gmm" in config.sets:
        wanted["gmm"] = density.GaussianMixture(config.mixture, seed=config.seed)
    if system_table(config.system)["sampler"] == "second-stage":
        wanted["second"] = density.SecondStageVAE(
            beta=config.second_beta,
            width=config.second_width,
            epochs=config.second_epochs,
            lr=config.second_lr,
            seed=config.seed,
        )
    seconds = {}
    for name, unfitted in wanted.items():
        start = time.monotonic()
        unfitted.fit(*known)  # its likelihoods are on the host: a GPU is waited for
        seconds[name] = time.monotonic() - start
    return Fitted(system, config, data, device, codes, wanted, seconds)


def sampler(f: Fitted, name: str) -> tuple[str, Callable[[int, torch.Generator], Tensor]] | None:
    """The sampler behind a set's name, with its own name; None where the system has none of that name.

    N is the system's default of the RAE papers: its prior (VAE, WAE-MMD), its second stage (two-stage VAE), the
    fitted Gaussian (AE, RAE and DAE family, CV-VAE).
    """
    table = system_table(f.config.system)
    if table["sampler"] == "second-stage":
        return ("second", f.densities["second"].sample) if name == "N" else None
    if name == "N" and "prior" in table:  # one that is not normal
        return table["prior"], f.system.prior
    if name == "N":
        name = own_set(f.config.system)
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
    drawn: dict[str, dict[str, Tensor]] = {}  # sampler -> the images by either protocol
    paper = "paper" in f.config.protocols
    for name in names:
        generator = generator_for(f"sample/{name}", f.config.seed)
        if name == "rec":
            sets[name, "clean"] = decode(f.system, f.codes["test"][:count], f.device)
            if paper:
                sets[name, "paper"] = sampled_reconstructions(f, seen)
        elif name == "rec_train":
            sets[name, "clean"] = decode(f.system, f.codes["train"][:count], f.device)
        elif name == "interp":
            ends = {"clean": f.codes["test"], "paper": f.codes["train"]}
            for protocol in f.config.protocols:
                z = midpoints(ends[protocol][:count], many, generator)
                sets[name, protocol] = decode_both(f.system, z, f.device)[protocol]
        elif found := sampler(f, name):
            own, draw = found
            if own not in drawn:
                z = draw(many, generator_for(f"sample/{own}", f.config.seed))
                drawn[own] = decode_both(f.system, z, f.device)
            sets[name, "clean"] = drawn[own]["clean"]
            if paper and name in PAPER_SETS:
                sets[name, "paper"] = drawn[own]["paper"]
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
