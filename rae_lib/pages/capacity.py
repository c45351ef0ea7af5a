"""How large the networks are: parameters, arithmetic, and the bound they are set against."""

from dataclasses import astuple, replace
from functools import cache

import pandas as pd
import torch

from rae_lib.claims.special import ENDS, SHAPES
from rae_lib.config import Config
from rae_lib.metrics.flops import count_parameters
from rae_lib.models import build
from rae_lib.pages import dae
from rae_lib.results.network_size import Size, count_size

BOUND = {"cifar10": (1e7, 1e8), "celeba64": (1e7, 1e9)}  # DAE section 5, after Bubeck and Sellke
DATA = {"cifar10": (5e4, 3e3), "celeba64": (2e5, 1e4)}  # (n, d) as rounded there
HEADS = {"vae-dae": 2}
IMAGES = SHAPES | {"mnist": (1, 32, 32), "fashion_mnist": (1, 32, 32)}
NAMES = {"cifar10": "CIFAR-10", "celeba64": "CelebA"}


@cache
def ends(config: Config, shape: tuple[int, int, int]) -> tuple[Size, Size]:
    """The size at one latent unit, and what each further unit adds: only the linear layers beside the code grow.

    A weight of theirs costs a multiply-add forward and two backward, one if it is frozen.
    """
    one = count_size(config, shape)
    with torch.device("meta"):
        two = count_parameters(build(replace(config, latent=2), shape))
    more = (two[0] - one.encoder, two[1] - one.decoder)
    weights = (
        more[0] - HEADS.get(config.system, 1),
        more[1],
    )  # the encoder's have a bias per unit
    frozen = {"none": (0, 0), "encoder": (1, 0), "both": (1, 1)}[config.frozen]
    flop = sum(w * (6 - 2 * f) for w, f in zip(weights, frozen, strict=True))
    return one, Size(*more, flop)


def size(config: Config) -> Size:
    """Parameters and arithmetic of a system of the EAE or DAE document on the papers' images.

    From one count for each kind of network. The norms of the code have no parameters and do not count; noise and
    weights of the objective change nothing.
    """
    system = "vae-dae" if config.system == "vae-dae" else "dae"
    same = {"seed": 0, "variant": "", "epochs": 1, "sets": (), "components": ()}
    same |= {"latent_norm": "none"}
    same |= {"beta": 0.0, "lam": 0.0, "regulariser": "none", "code_noise": 0.0, "input_noise": 0.0}
    one, more = ends(replace(config, latent=1, system=system, **same), IMAGES[config.dataset])
    units = config.latent - 1
    both = zip(astuple(one), astuple(more), strict=True)
    return Size(*(base + units * slope for base, slope in both))


def networks(dataset: str, systems: tuple[str, ...] = ("dae",)) -> pd.DataFrame:
    """Every network of the paper's grid on one data set: its sizes and its `Size`, one row each."""
    plan = dae.plan(dataset, "paper")
    plan = plan[plan["system"].isin(systems) & (plan["frozen"] == "none")]
    sizes = [size(config) for config in plan["config"]]
    return plan.assign(
        encoder=[s.encoder for s in sizes],
        decoder=[s.decoder for s in sizes],
        flop=[s.flop for s in sizes],
    )


def table() -> pd.DataFrame:
    """Parameters by width and depth at the latent size of Table 2 and over the grid, in millions."""
    lines = []
    for dataset in SHAPES:
        latent = dae.UNITS[dataset]
        for (width, depth), part in networks(dataset).groupby(["width", "depth"]):
            one = part[part["latent"] == latent].iloc[0]
            line = {"data set": NAMES[dataset], "F": width, "depth": depth}
            for name in ("encoder", "decoder"):
                line[f"{name}, M"] = one[name] / 1e6
                low, high = part[name].min() / 1e6, part[name].max() / 1e6
                line[f"{name} over the grid, M"] = f"{low:.3g} to {high:.3g}"
            lines.append(line | {"GFLOP an image": one["flop"] / 1e9})
    return pd.DataFrame(lines)


def quoted() -> pd.DataFrame:
    """The ends that the paper quotes for its trained networks, counted over the grid here (claim DAE-18)."""
    lines = []
    for (dataset, name), pair in [
        ((d, n), p) for d, ends in ENDS.items() for n, p in ends.items()
    ]:
        found = networks(dataset)[name]
        counts = {"smallest": found.min(), "largest": found.max()}
        for (end, ours), value in zip(counts.items(), pair, strict=True):
            line = {"data set": NAMES[dataset], "network": f"{end} {name}"}
            line |= {"in print": power(value), "counted": power(ours, 2)}
            lines.append(line | {"counted / print": ours / value})
    return pd.DataFrame(lines)


def bound() -> pd.DataFrame:
    """The bound p >= n d_eff as quoted, the effective dimension it implies, and the largest networks beside it."""
    lines = []
    for dataset, (low, high) in BOUND.items():
        n, d = DATA[dataset]
        line = {"data set": NAMES[dataset], "n": power(n), "d": power(d), "n d": power(n * d, 1)}
        line["bound, in print"] = f"{power(low)} to {power(high)}"
        line["implied effective d"] = f"{low / n:,.0f} to {high / n:,.0f}"
        for name in ("encoder", "decoder"):
            line[f"largest {name}"] = power(networks(dataset)[name].max(), 1)
        lines.append(line)
    return pd.DataFrame(lines)


def power(value: float, decimals: int = 0) -> str:
    """50000 -> "5 × 10⁴", a power of ten as such."""
    digits, _, exponent = f"{value:.{decimals}e}".partition("e")
    raised = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return raised if float(digits) == 1 else f"{digits} × {raised}"
