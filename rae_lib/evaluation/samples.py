"""From a trained system to image sets: every set by either protocol.

clean: reconstructions of the test images from mean codes; slerp mid-points of test pairs; rounding to 8 bit.
paper: what the official RAE code did (`book/protocol.md`): reconstructions of images seen in training, from a
*sampled* code where the system samples and through the second stage where there is one; mid-points of such images;
truncation to 8 bit. Sampling (N, GMM) differs by the rounding alone.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from rae_lib import density
from rae_lib.config import own_set, system_table
from rae_lib.evaluation.trained import Trained, batches
from rae_lib.training.loop import as_input, generator_for

Sets = dict[tuple[str, str], Tensor]  # (set, protocol) -> uint8 (N, C, H, W) on the CPU
PAPER_SETS = ("N", "gmm")  # drawn sets of the papers' tables


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


def sampler(trained: Trained, name: str) -> tuple[str, Callable[[int, torch.Generator], Tensor]] | None:
    """The sampler behind a set's name, with its own name; None where the system has none of that name.

    N is the system's default of the RAE papers: its prior (VAE, WAE-MMD), its second stage (two-stage VAE), the
    fitted Gaussian (AE, RAE and DAE family, CV-VAE); or a learned prior, which is part of the system (FlexAE).
    """
    table = system_table(trained.config.system)
    if table["sampler"] == "second-stage":
        return ("second", trained.densities["second"].sample) if name == "N" else None
    if name == "N" and table["sampler"] == "learned":
        return "learned", trained.system.prior
    if name == "N" and "prior" in table:  # one that is not normal
        return table["prior"], trained.system.prior
    own = own_set(trained.config.system)
    if name == "N":
        name = own
    if name == own == "N01":
        return name, trained.system.prior
    if name == "N01":
        return name, lambda n, g: torch.randn(n, trained.config.latent, generator=g)
    return name, trained.densities[name].sample


def image_sets(trained: Trained, names: tuple[str, ...], count: int) -> Sets:
    """Every asked set by every protocol in which it differs, `count` images each (at most the test split).

    Sets drawn at random hold `draws` times as many. Two names for one sampler hold the same images.
    """
    count = min(count, len(trained.data.images["test"]))
    many = count * trained.config.draws
    seen = trained.data.images["train"][:count]  # what the paper protocol reconstructs and interpolates
    sets: Sets = {}
    drawn: dict[str, dict[str, Tensor]] = {}  # sampler -> the images by either protocol
    paper = "paper" in trained.config.protocols
    for name in names:
        generator = generator_for(f"sample/{name}", trained.config.seed)
        if name in ("rec", "rec_train"):
            z = trained.codes["test" if name == "rec" else "train"][:count]
            sets[name, "clean"] = decode(trained.system, z, trained.device)
            if paper and name == "rec":
                sets[name, "paper"] = sampled_reconstructions(trained, seen)
        elif name == "interp":
            ends = {"clean": trained.codes["test"], "paper": trained.codes["train"]}
            for protocol in trained.config.protocols:
                z = midpoints(ends[protocol][:count], many, generator)
                sets[name, protocol] = decode_both(trained.system, z, trained.device)[protocol]
        elif found := sampler(trained, name):
            own, draw = found
            if own not in drawn:
                z = draw(many, generator_for(f"sample/{own}", trained.config.seed))
                drawn[own] = decode_both(trained.system, z, trained.device)
            sets[name, "clean"] = drawn[own]["clean"]
            if paper and name in PAPER_SETS:
                sets[name, "paper"] = drawn[own]["paper"]
    return sets


def sampled_reconstructions(trained: Trained, images: Tensor) -> Tensor:
    """The paper protocol's REC: through the sampled code, and through the second stage where there is one."""
    noise = generator_for("sample/rec", trained.config.seed, trained.device)
    system, device = trained.system, trained.device
    if "second" not in trained.densities:
        x = batches(lambda x: system.reconstruct(as_input(x), noise), images, device)
        return to_uint8(x, truncate=True)
    codes = batches(lambda x: system.sample(*system.posterior(as_input(x)), noise), images, device)
    noise = generator_for("sample/rec2", trained.config.seed, device)
    again = trained.densities["second"].reconstruct(codes.to(device), noise)
    return decode_both(system, again, device)["paper"]


def midpoints(codes: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Slerp mid-points of random pairs of codes."""
    first = torch.randint(len(codes), (count,), generator=generator)
    second = torch.randint(len(codes), (count,), generator=generator)
    return density.slerp(codes[first], codes[second], 0.5)
