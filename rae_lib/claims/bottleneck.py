"""The claims of DAE (document 004) over latent sizes: which is best, and what happens beyond it.

See `claims.rae` for how a rule is written and `claims.dae` for the sizes and the grid study.
"""

import math
from dataclasses import replace
from itertools import product

from rae_lib import studies
from rae_lib.claims.dae import BOTH, COLOUR, FITTED, Rule, wide, widths
from rae_lib.claims.inequality import (
    Comparison,
    Runs,
    Side,
    cell_of,
    joined,
    lowest,
    on_means,
    spearman,
)

LATENTS = (64, 96, 128, 160, 256, 384, 512, 768)  # the grid of the claims
PRINTED = (64, 80, 96, 128, 144, 152, 160, 192, 256, 384, 512, 768)  # in the paper's tables
DEEP = (3, 3, 2, 1)


def latents(runs: Runs, s: str, d: str, **sizes: object) -> list[int]:
    """The latent sizes of a series: the rules' grid as far as the study has it, or those in print."""
    if runs.profile != "published":
        return runs.covered("latent", LATENTS, s, d, **sizes)
    return every_latent(runs, s, d, **sizes) or list(LATENTS)


def every_latent(runs: Runs, s: str, d: str, **sizes: object) -> list[int]:
    """Every latent size of a series, in the rules' grid or not."""
    if runs.profile != "published":
        planned = sorted(studies.sizes("grid", "latent", d, runs.plan, s))
        return [n for n in planned if runs.planned("grid", s, d, latent=n, **sizes)]
    cells = {n: cell_of("grid", s, d, "paper", latent=n, **sizes) for n in PRINTED}
    return [n for n, (name, own) in cells.items() if (s, d, "" if own else name) in runs.made]


def best(runs: Runs, c: str, s: str, d: str, **sizes: object) -> tuple[Side, Side]:
    """The lowest fid_c over the latent sizes, and the size that has it, of equal ones the largest."""
    grid = latents(runs, s, d, **sizes)
    sides = [runs.at(c, s, d, latent=n, **sizes) for n in grid]
    low = lowest(sides)
    at = [n for n, side in zip(grid, sides, strict=True) if side.mean == low.mean]
    return low, on_means(f"d of the {low.text} =", max(at, default=math.nan), sides)


def dae_02(runs: Runs) -> Rule:
    wins = {("cifar10", "mvg"): (64, 128), ("cifar10", "gmm"): (64, 128, 256)}
    for name, c in product(COLOUR, FITTED):
        for d, width in ((d, w) for d, grid in widths(runs, name) for w in grid):
            plain, variational = (best(runs, c, s, d, width=width)[0] for s in BOTH)
            sign = "<" if width in wins.get((name, c), (128,)) else ">"
            yield runs.test(plain, sign, variational)


def optimum_inside(runs: Runs, c: str, s: str, d: str, width: int) -> Comparison:
    """Is some latent size better than both ends of the grid?"""
    grid = runs.covered("latent", LATENTS, s, d, width=width)
    sides = [runs.at(c, s, d, latent=n, width=width) for n in grid]
    if len(sides) < 3:
        text = f"an optimum of fid_{c}({s}, F={width}, {d}) inside the grid"
        return Comparison(text, "undecided", "fewer than three latent sizes")
    first, *inside, last = sides
    better = [joined("", [runs.test(side, "<", end) for end in (first, last)]) for side in inside]
    return joined(f"{lowest(inside)} < {first} and {last}", better, any_of=True)


def dae_04(runs: Runs) -> Rule:
    for s, (d, width), c in product(BOTH, wide(runs), FITTED):
        yield optimum_inside(runs, c, s, d, width)


def reaction(runs: Runs, c: str, s: str, d: str, **sizes: object) -> Side:
    """(max - min) / min of fid_c over the latent sizes up to 512."""
    grid = runs.covered("latent", LATENTS[:-1], s, d, **sizes)
    sides = [runs.at(c, s, d, latent=n, **sizes) for n in grid]
    low = lowest(sides)
    label = runs.at(c, s, d, **sizes).text
    return replace((lowest(sides, highest=True) - low) / low, text=f"range over d of {label}")


def dae_05(runs: Runs) -> Rule:
    for d, c in product(runs.studied("grid", "cifar10"), FITTED):
        plain, variational = (reaction(runs, c, s, d, width=128) for s in BOTH)
        yield runs.test(plain, ">=", 1.5 * variational)
        for width, depth in ((64, 2), (64, 3), (128, 2), (128, DEEP)):
            if not runs.planned("grid", "dae", d, width=width, depth=depth):
                continue
            deep = reaction(runs, c, "dae", d, width=width, depth=depth)
            yield runs.test(deep, "<=", 0.7 * reaction(runs, c, "dae", d, width=width))


def failures(runs: Runs, s: str, d: str, grid: list[int]) -> Side:
    """How many runs have an error on test images of 0.9 of the pixels' variance or more."""
    parts = [
        runs.at("rec", s, d, metric="mse", latent=n)
        / runs.at("real", s, d, metric="pixel_variance", latent=n)
        for n in grid
    ]
    count = sum((~(p.values < 0.9)).sum() for p in parts if not p.missing)
    return on_means(f"failed runs of {s} on {d} at d = {', '.join(map(str, grid))}:", count, parts)


def unrest(runs: Runs, s: str, d: str, large: list[int], small: list[int]) -> Side:
    """Largest standard deviation of fid_gmm over seeds, at large latent sizes against small ones."""
    sides = [[runs.at("gmm", s, d, latent=n) for n in grid] for grid in (large, small)]
    above, below = (max(side.spread for side in part) for part in sides)
    text = f"sd of fid_gmm({s}, {d}) at large d / at small d"
    return on_means(text, above / below if below else math.nan, sum(sides, []))


def dae_06(runs: Runs) -> Rule:
    runs = runs.with_collapse()
    for d in runs.studied("grid", *COLOUR, system="dae", latent=768):
        found = []
        for s in BOTH:
            large, small = (
                runs.covered("latent", g, s, d) for g in ((640, 768, 1024), (256, 512))
            )
            found.append((failures(runs, s, d, large), unrest(runs, s, d, large, small)))
        (failed, sd), (others, other_sd) = found
        unstable = [runs.test(others, ">=", 1), runs.test(other_sd, ">=", 3)]
        yield joined(f"{others} >= 1 or {other_sd} >= 3", unstable, any_of=True)
        robust = [runs.test(failed, "<=", 0), runs.test(sd, "<", 3)]
        yield joined(f"{failed} = 0 and {sd} < 3", robust)


def dae_08(runs: Runs) -> Rule:
    for d in runs.studied("grid", "cifar10"):
        deep = runs.covered("depth", (2, DEEP), "dae", d)
        for depth, c in product(deep, FITTED):
            (low, size), (flat, widest) = (best(runs, c, "dae", d, depth=n) for n in (depth, 1))
            yield runs.test(low, "<", flat)
            yield runs.test(size, "<", widest)
        for b in ("rae-l2", "eae") if d in runs.over("cifar10") else ():  # no part of the grid
            low = best(runs, "gmm", "dae", d, depth=DEEP)[0]
            yield runs.test(low, "<", runs.fid("gmm", b, d))
        for depth in (2, 3):
            if runs.planned("grid", "dae", d, width=64, depth=depth):
                flat, low = (best(runs, "gmm", "dae", d, width=64, depth=n)[0] for n in (1, depth))
                yield runs.test(flat, "<~", low)


def dae_12(runs: Runs) -> Rule:
    for d, width in wide(runs):
        for n in every_latent(runs, "dae", d, width=width):
            prior, fitted = (runs.at(c, "dae", d, width=width, latent=n) for c in ("N01", "mvg"))
            yield runs.test(prior, ">=", 2 * fitted)


def dae_14(runs: Runs) -> Rule:
    for d in runs.studied("grid", "cifar10"):
        for c in FITTED:
            wider, narrower = (runs.at(c, "dae", d, width=width) for width in (256, 128))
            yield runs.test(wider, ">", narrower)
            wider, narrower = (best(runs, c, "dae", d, width=width)[0] for width in (256, 128))
            yield runs.test(wider, ">", narrower)
        for c, sign in (("rec_train", "<"), ("rec", ">")):
            wider, narrower = (runs.at(c, "dae", d, width=width) for width in (256, 128))
            yield runs.test(wider, sign, narrower)


def dae_20(runs: Runs) -> Rule:
    for s, (d, width) in product(BOTH, wide(runs)):
        grid = latents(runs, s, d, width=width)
        rec = [runs.at("rec", s, d, width=width, latent=n) for n in grid]
        label = f"d = {', '.join(map(str, grid))}, fid_rec({s}, F={width}), {d}"
        yield runs.test(spearman(label, grid, rec), "<=", -0.9)
        size = best(runs, "gmm", s, d, width=width)[1]
        if size.missing:
            yield Comparison(f"past the {size}", "untested", missing=size.missing)
        elif size.mean < grid[-1]:
            yield runs.test(rec[-1], "<", rec[grid.index(size.mean)])
