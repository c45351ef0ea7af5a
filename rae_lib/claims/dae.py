"""The claims of DAE (document 004), but for those over latent sizes, which are `claims.bottleneck`.

See `claims.rae` for how a rule is written. Sizes are the paper's, whatever stands for them at a
profile. All cells of one comparison come from the grid study, unless it names a system that the
grid does not have: then all come from the systems' own runs, which may train longer.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise, product

import torch

from rae_lib import studies
from rae_lib.claims.inequality import Comparison, Runs, Side, joined, spearman
from rae_lib.models import build

Rule = Iterator[Comparison]
COLOUR = ("cifar10", "celeba64")
BOTH = ("dae", "vae-dae")
FITTED = ("mvg", "gmm")
WIDTHS = {"cifar10": (32, 64, 128, 256), "celeba64": (32, 64, 128)}
FIVE = (64, 96, 128, 256, 512)  # latent sizes at which the altered autoencoders are tried
BEST = {"cifar10": "rae-l2", "celeba64": "rae-sn"}  # the regularised autoencoder quoted
SHAPES = {"cifar10": (3, 32, 32), "celeba64": (3, 64, 64)}
ENDS = {  # parameters of the smallest and largest networks, section 5
    "cifar10": {"encoder": (1e6, 5e7), "decoder": (3e6, 3e7)},
    "celeba64": {"encoder": (5e6, 3e7), "decoder": (1e7, 8e7)},
}


def widths(runs: Runs, name: str) -> list[tuple[str, list[int]]]:
    """What is shown for a data set of the paper, with the widths of the paper that the grid has there."""
    shown = runs.studied("grid", name)
    return [(d, runs.covered("width", WIDTHS[name], "dae", d)) for d in shown]


def wide(runs: Runs) -> list[tuple[str, int]]:
    """(data set, width) over which the comparisons with the VAE go."""
    return [(d, w) for name in COLOUR for d, grid in widths(runs, name) for w in grid]


def dae_01(runs: Runs) -> Rule:
    for (d, width), c in product(wide(runs), FITTED):
        plain, variational = (runs.at(c, s, d, width=width) for s in BOTH)
        yield runs.test(plain, "<", variational)


def near(runs: Runs, a: Side, b: Side) -> Comparison:
    """Within 5 % of each other."""
    return runs.test(abs(a / b - 1), "<=", 0.05)


def dae_03(runs: Runs) -> Rule:
    for name, c in product(COLOUR, FITTED):
        for d in runs.over(name):
            yield near(runs, runs.fid(c, "dae", d), runs.fid(c, BEST[name], d))
    for d in runs.over(*COLOUR):
        yield near(runs, runs.fid("gmm", "dae", d), runs.fid("gmm", "eae", d))


def dae_07(runs: Runs) -> Rule:
    for d, depth in product(runs.studied("grid", "cifar10"), (1, 2)):
        grid = runs.covered("latent", FIVE, "dae-frozen", d, depth=depth)
        for n, c in product(grid, FITTED):
            frozen, trained = (
                runs.at(c, s, d, depth=depth, latent=n) for s in ("dae-frozen", "dae")
            )
            yield near(runs, frozen, trained)


def dae_09(runs: Runs) -> Rule:
    for d, s in product(runs.studied("grid", "cifar10"), ("dae-bn", "dae-sn", "dae-ln")):
        for n, c in product(runs.covered("latent", FIVE, s, d), FITTED):
            yield near(runs, runs.at(c, s, d, latent=n), runs.at(c, "dae", d, latent=n))


def dae_10(runs: Runs) -> Rule:
    for d in runs.studied("grid", "cifar10"):
        for c in ("rec", *FITTED):
            levels = [runs.at(c, "dae-noise", d, code_noise=noise) for noise in (0.1, 0.5, 1.0)]
            for less, more in pairwise([runs.at(c, "dae", d), *levels]):
                yield runs.test(more, ">", less)
        weak, strong = (runs.at("gmm", "dae-noise", d, code_noise=noise) for noise in (0.1, 0.5))
        variational = runs.at("gmm", "vae-dae", d)
        yield runs.test(weak, "<", variational)
        yield runs.test(variational, "<", strong)


def dae_11(runs: Runs) -> Rule:
    for d in runs.studied("grid", "cifar10"):
        plain, normed, variational = (runs.at("N01", s, d) for s in ("dae", "dae-bn", "vae-dae"))
        yield runs.test(normed, "<=", 0.5 * plain)
        yield runs.test(normed, "<", variational)
    for d in runs.over("cifar10"):
        yield runs.test(runs.fid("N01", "eae", d), "<", runs.fid("N01", "dae-bn", d))


def drop(runs: Runs, c: str, s: str, d: str) -> Side:
    """1 - fid_c(F=128) / fid_c(F=32)."""
    large, small = (runs.at(c, s, d, width=width) for width in (128, 32))
    return replace(-1 * (large / small - 1), text=f"drop of fid_{c}({s}, {d})")


def dae_13(runs: Runs) -> Rule:
    for d, c in product(runs.studied("grid", *COLOUR, system="dae", width=32), FITTED):
        plain, variational = (drop(runs, c, s, d) for s in BOTH)
        more = 1.5 * variational
        yield joined(
            f"{plain} > 0 and >= {more}",
            [runs.test(plain, ">", 0), runs.test(plain, ">=", more)],
        )
    for d, c in product(runs.studied("grid", "celeba64"), FITTED):
        for narrow, broad in pairwise([runs.at(c, "dae", d, width=w) for w in (32, 64, 128)]):
            yield runs.test(broad, "<", narrow)


def gap(runs: Runs, d: str, width: int) -> Side:
    """fid_mvg - fid_gmm."""
    fitted, mixture = (runs.at(c, "dae", d, width=width) for c in FITTED)
    return fitted - mixture


def dae_15(runs: Runs) -> Rule:
    for name in COLOUR:
        for d, grid in widths(runs, name):
            for narrow, broad in pairwise(grid):
                yield runs.test(gap(runs, d, broad), "<", gap(runs, d, narrow))


def of_codes(runs: Runs, metric: str, s: str, d: str, **sizes: object) -> Side:
    """A statistic of the training codes."""
    return runs.at("rec_train", s, d, metric=metric, **sizes)


def dae_16(runs: Runs) -> Rule:
    for name in COLOUR:
        for d, grid in widths(runs, name):
            for s in BOTH:
                yield runs.test(of_codes(runs, "excess_kurtosis", s, d), "<", 0.5)
            sides = [of_codes(runs, "excess_kurtosis", "dae", d, width=w) for w in grid]
            falling = spearman(f"width, excess_kurtosis(dae), {d}", grid, sides)
            yield runs.test(falling, "<=", -0.9)
            for metric in ("code_mean", "sd_spread"):
                plain, variational = (of_codes(runs, metric, s, d) for s in BOTH)
                yield runs.test(plain, ">", variational)


def dae_17(runs: Runs) -> Rule:
    for d, b in product(runs.over(*COLOUR), ("vae", "wae-mmd")):
        yield runs.test(runs.fid("gmm", "ae", d), "<", runs.fid("gmm", b, d))
        yield runs.test(runs.fid("mvg", "ae", d), "<", runs.fid("N01", b, d))


@cache
def parameters(dataset: str) -> dict[str, list[int]]:
    """Parameters of every encoder and decoder of `dae` in the papers' grid; no weight is stored."""
    found: dict[str, list[int]] = {"encoder": [], "decoder": []}
    for config in studies.study("grid", dataset, "paper"):
        if config.system == "dae":
            with torch.device("meta"):
                system = build(config, SHAPES[dataset])
            for part, counts in found.items():
                counts.append(sum(p.numel() for p in getattr(system, part).parameters()))
    return found


def dae_18(runs: Runs) -> Rule:
    """Counted from the networks' descriptions, so whatever data set is shown."""
    for dataset, parts in ENDS.items():
        for part, ends in parts.items():
            counts = parameters(dataset)[part]
            for end, quoted, counted in zip(
                ("smallest", "largest"), ends, (min(counts), max(counts)), strict=True
            ):
                factor = max(counted / quoted, quoted / counted)
                text = f"{end} {part} on {dataset}: {counted:,} parameters, quoted {quoted:.0e},"
                yield runs.test(Side(f"{text} factor", factor), "<=", 1.5)


def dae_19(runs: Runs) -> Rule:
    for (d, width), c in product(wide(runs), ("rec_train", "rec")):
        plain, variational = (runs.at(c, s, d, width=width) for s in BOTH)
        yield runs.test(plain, "<", variational)


def ratio(runs: Runs, d: str, width: int) -> Side:
    """fid_interp(dae) / fid_interp(vae-dae)."""
    plain, variational = (runs.at("interp", s, d, width=width) for s in BOTH)
    return plain / variational


def dae_21(runs: Runs) -> Rule:
    for d in runs.studied("grid", *COLOUR, system="dae", width=32):
        narrow, middle, broad = (ratio(runs, d, width) for width in (32, 64, 128))
        yield runs.test(broad, "<=", 1.05)
        yield runs.test(narrow, ">", 1)
        yield runs.test(broad, "<", middle)
        yield runs.test(middle, "<", narrow)
