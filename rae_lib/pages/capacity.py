"""How large the networks are and what they cost: parameters, arithmetic, and the bound they are set against.

Counted on torch's meta device, where tensors have shapes and no memory: nothing is computed. A multiply-add is
two operations. What is counted is matrix products and convolutions; normalisation, rectifiers and losses are not.
"""

from dataclasses import astuple, dataclass, replace
from functools import cache

import pandas as pd
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from rae_lib.claims.dae import ENDS, SHAPES
from rae_lib.config import Config, resolve
from rae_lib.pages import grid, grid_plan, tables
from rae_lib.systems import build

IMAGES = {
    "cifar10": 40_000,
    "celeba64": 162_770,
}  # training images, ten thousand of CIFAR-10's set aside
BOUND = {"cifar10": (1e7, 1e8), "celeba64": (1e7, 1e9)}  # DAE section 5, after Bubeck and Sellke
DATA = {"cifar10": (5e4, 3e3), "celeba64": (2e5, 1e4)}  # (n, d) as rounded there
RATE = 1e14  # operations a second at which times are told
HEADS = {"vae-dae": 2}
NAMES = {"cifar10": "CIFAR-10", "celeba64": "CelebA"}


@dataclass(frozen=True)
class Size:
    """Parameters of encoder and decoder, operations of one image forward and backward."""

    encoder: int
    decoder: int
    flop: int


def counted(config: Config, shape: tuple[int, int, int]) -> Size:
    """Builds the run's networks without memory, runs them once each way, and counts. shape: (C, H, W)."""
    with torch.device("meta"):
        system = build(config, shape)
        x = torch.empty(2, *shape)  # batch norm needs two
        with FlopCounterMode(display=False) as counter:
            z = system.encoder(x)[:, : config.latent]  # of two heads, the mean
            system.decoder(z).sum().backward()
    return Size(*parameters(system), counter.get_total_flops() // len(x))


def parameters(system: nn.Module) -> tuple[int, int]:
    return tuple(
        sum(p.numel() for p in net.parameters()) for net in (system.encoder, system.decoder)
    )


@cache
def ends(config: Config, shape: tuple[int, int, int]) -> tuple[Size, Size]:
    """The size at one latent unit, and what each further unit adds: only the linear layers beside the code grow.

    A weight of theirs costs a multiply-add forward and two backward, one if it is frozen.
    """
    one = counted(config, shape)
    with torch.device("meta"):
        two = parameters(build(replace(config, latent=2), shape))
    more = (two[0] - one.encoder, two[1] - one.decoder)
    weights = (
        more[0] - HEADS.get(config.system, 1),
        more[1],
    )  # the encoder's have a bias per unit
    frozen = {"none": (0, 0), "encoder": (1, 0), "both": (1, 1)}[config.frozen]
    flop = sum(w * (6 - 2 * f) for w, f in zip(weights, frozen, strict=True))
    return one, Size(*more, flop)


def size(config: Config) -> Size:
    """Parameters and arithmetic of a run of the grid on CIFAR-10 or CelebA, from one count for each kind of network.

    The norms of the code have no parameters and do not count; noise and weights of the objective change nothing.
    """
    system = "vae-dae" if config.system == "vae-dae" else "dae"
    same = {"seed": 0, "variant": "", "beta": 0.0, "code_noise": 0.0, "input_noise": 0.0}
    plain = replace(config, latent=1, system=system, latent_norm="none", sets=(), **same)
    one, more = ends(plain, SHAPES[config.dataset])
    units = config.latent - 1
    both = zip(astuple(one), astuple(more), strict=True)
    return Size(*(base + units * slope for base, slope in both))


def networks(dataset: str, systems: tuple[str, ...] = ("dae",)) -> pd.DataFrame:
    """Every network of the paper's grid on one data set: its sizes and its `Size`, one row each."""
    plan = grid.planned(dataset, "paper")
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
        latent = grid.standard(dataset)
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


def costs(dataset: str, profile: str, rows: pd.DataFrame) -> pd.DataFrame:
    """What every experiment of the paper's grid costs, and the seconds of training that its runs took here.

    One run: operations of one image forward and backward x training images x epochs, at RATE operations a second.
    """
    paper, lines = grid.like(dataset), []
    mine = rows[rows["study"]]
    mine = mine.assign(change=[grid_plan.change(run) for run in mine.to_dict("records")])
    for key, part in grid_plan.groups(paper, "paper").groupby(grid_plan.EXPERIMENT, sort=False):
        name = dict(zip(grid_plan.EXPERIMENT, key, strict=True))
        image = pd.Series([size(config).flop for config in part["config"]])
        epochs = resolve(name["system"], paper, "paper").epochs
        run, took = image * IMAGES[paper] * epochs, tables.pick(mine, **name)["seconds"]
        lines.append(
            {
                "model": grid_plan.model(name["system"]),
                "F": name["width"],
                "depth": name["depth"],
                "change": name["change"],
                "runs": len(part),
                "GFLOP an image": between(image / 1e9),
                "PFLOP a run": between(run / 1e15),
                "EFLOP in all": run.sum() / 1e18,
                "hours": run.sum() / RATE / 3600,
                "seconds a run, measured": took.mean() if len(took) else None,
            }
        )
    return pd.DataFrame(lines)


def between(values: pd.Series) -> str:
    low, high = (f"{v:.3g}" for v in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def total(dataset: str) -> dict[str, float]:
    """Runs, operations and hours of the whole grid on one of the paper's data sets, for one seed."""
    paper = grid.like(dataset)
    plan = grid.planned(paper, "paper")["config"]
    flop = sum(size(config).flop * IMAGES[paper] * config.epochs for config in plan)
    return {"runs": len(plan), "flop": flop, "hours": flop / RATE / 3600}
