"""The claims of EAE (document 003): the rule of EAE-01 is the function `eae_01`, and so on.

See `claims.rae` for how a rule is written. EAE-10 is decided by simulation, without runs.
"""

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise, product

import torch

from rae_lib.claims.inequality import Comparison, Runs, Side, joined, lowest, on_means, spearman
from rae_lib.claims.rae import BASELINES, COLOUR, IMAGES, MIXED, RAES
from rae_lib.results import entropy_simulation

Rule = Iterator[Comparison]
PLAIN = ("ae", "ae-l2", *RAES)
PRIORS = ("vae", "cv-vae", "wae-mmd")  # the variational ones that have a mixture
WEIGHTS = (0.05, 0.1, 0.25, 0.5, 1.0)  # of the entropic term
LATENTS = (8, 16, 32, 64, 128)
DEPTHS = (1, 2, 3)
POINTS, BATCHES, DIMENSIONS = 100, 200, (16, 64, 128)  # of the simulation
LAWS = {"uniform": "uniform", "signs": "Rademacher", "laplace": "Laplace"}


def eae_01(runs: Runs) -> Rule:
    for d in runs.over(*COLOUR):
        rivals = [runs.fid("N", b, d) for b in BASELINES]
        yield runs.test(runs.fid("N01", "eae", d), "<=", 0.95 * lowest(rivals))


def eae_02(runs: Runs) -> Rule:
    cells = (("mvg", PLAIN), ("gmm", PLAIN), ("gmm", PRIORS))
    for d, (c, systems) in product(runs.over(*COLOUR), cells):
        rivals = [runs.fid(c, s, d) for s in systems]
        yield runs.test(runs.fid(c, "eae", d), "<", lowest(rivals))


def eae_03(runs: Runs) -> Rule:
    for d, c in product(runs.over(*COLOUR), ("mvg", "gmm")):
        rivals = [runs.fid(c, s, d) for s in RAES]
        yield runs.test(runs.fid("N01", "eae", d), "<", lowest(rivals))


def eae_04(runs: Runs) -> Rule:
    for s, d in product(("eae", "ae-l2", *MIXED), runs.over(*COLOUR)):
        yield runs.test(runs.fid("gmm", s, d), "<=", 0.95 * runs.fid("N", s, d))


def eae_05(runs: Runs) -> Rule:
    for d in runs.over(*COLOUR):
        prior, fitted, mixture = (runs.fid(c, "eae", d) for c in ("N01", "mvg", "gmm"))
        yield runs.test(prior, ">", fitted)
        yield runs.test(fitted, ">", mixture)


def bottleneck(runs: Runs, d: str, latent: int, **sizes: object) -> Side:
    """fid_N01 of the batch-normalised autoencoder without the entropic term."""
    return runs.at("N01", "ae-bn", d, study="bottleneck", latent=latent, **sizes)


def eae_06(runs: Runs) -> Rule:
    for name, narrow in (("celeba64", 48), ("cifar10", 64)):
        for d in runs.studied("bottleneck", name, system="ae-bn", latent=narrow):
            yield runs.test(bottleneck(runs, d, narrow), "<=", 0.95 * bottleneck(runs, d, 128))
    for d in runs.studied("bottleneck", "mnist", system="ae-bn", width=64, latent=8):
        sides = [bottleneck(runs, d, latent, width=64) for latent in (8, 16, 32)]
        for small, large in pairwise(sides):
            yield runs.test(small, "<", large)


def eae_07(runs: Runs) -> Rule:
    for d in runs.over("cifar10"):
        yield runs.test(runs.fid("N01", "eae", d), "<", runs.fid("N01", "ae-bn", d))
    for d in runs.studied("bottleneck", "celeba64", system="ae-bn", latent=48):
        rivals = [bottleneck(runs, d, latent) for latent in (48, 128)]
        yield runs.test(runs.fid("N01", "eae", d), "<", lowest(rivals))


def gauss_distance(runs: Runs, d: str, **sizes: object) -> Side:
    """Energy coefficient between the standardised test codes of ae-bn and N(0, I)."""
    return runs.at("rec", "ae-bn", d, study="gaussian", metric="gauss_distance", **sizes)


def trend(runs: Runs, d: str, field: str, values: tuple) -> Side:
    """Rank correlation of a size with the distance of the codes from normal."""
    values = runs.covered(field, values, "ae-bn", d, study="gaussian")
    sides = [gauss_distance(runs, d, **{field: value}) for value in values]
    return spearman(f"{field}, gauss_distance(ae-bn), {d}", values, sides)


def largest_rise(runs: Runs, d: str, field: str, values: tuple) -> Side:
    """By how much the best entropic weight rises at most from one value of a size to the next."""
    best, parts = [], []
    values = runs.covered(field, values, "eae", d, study="weight", beta=WEIGHTS[-1])
    for value in values:
        weights = runs.covered("beta", WEIGHTS, "eae", d, study="weight", **{field: value})
        sides = [
            runs.at("N01", "eae", d, study="weight", beta=w, **{field: value}) for w in weights
        ]
        means = [side.mean for side in sides]
        best.append(weights[means.index(min(means))] if all(map(math.isfinite, means)) else None)
        parts += sides
    steps = [b - a for a, b in pairwise(best) if None not in (a, b)]
    text = (
        f"largest rise of the best weight ({', '.join(str(w or '?') for w in best)}) at {field} "
    )
    text += f"{', '.join(map(str, values))}, {d}"
    return on_means(text, max(steps, default=math.nan), parts)


def eae_08(runs: Runs) -> Rule:
    for d in runs.studied("gaussian", *IMAGES):
        yield runs.test(trend(runs, d, "depth", DEPTHS), "<=", -0.9)
        wide, narrow = (gauss_distance(runs, d, width=width) for width in (128, 64))
        yield runs.test(wide, "<", narrow)
        yield runs.test(trend(runs, d, "latent", LATENTS), ">=", 0.9)
        yield runs.test(largest_rise(runs, d, "depth", DEPTHS), "<=", 0)
        yield runs.test(largest_rise(runs, d, "latent", LATENTS[::-1]), "<=", 0)


def eae_09(runs: Runs) -> Rule:
    for d in runs.over(*IMAGES):
        for s in ("eae", "ae-bn"):
            mean = runs.get("code_mean_worst", "rec", s, d)
            variance = runs.get("code_variance_worst", "rec", s, d)
            yield joined(
                f"{mean} <= 0.1 and {variance} <= 0.2",
                [runs.test(mean, "<=", 0.1), runs.test(variance, "<=", 0.2)],
            )
        ours, theirs = (runs.get("gauss_distance", "rec", s, d) for s in ("eae", "ae-bn"))
        yield runs.test(ours, "<", theirs)
        ours, theirs = (
            runs.fid("N01", s, d) / runs.fid("mvg", s, d) - 1 for s in ("eae", "ae-bn")
        )
        yield runs.test(ours, "<", theirs)


@cache
def estimates(law: str, dimension: int) -> tuple[float, float]:
    """Mean of the entropy estimate over the batches, each standardised, and its standard error."""
    generator = torch.Generator().manual_seed(dimension)
    found = entropy_simulation.estimates(law, POINTS, dimension, BATCHES, generator)
    return float(found.mean()), float(found.std()) / math.sqrt(BATCHES)


def eae_10(runs: Runs) -> Rule:
    """Decided at two standard errors of the difference, whatever the margin of runs."""
    for d, (law, name) in product(DIMENSIONS, LAWS.items()):
        (ours, error), (theirs, other) = estimates("normal", d), estimates(law, d)
        width = 2 * math.hypot(error, other)
        text = f"estimate of Gaussian codes {ours:.4g} >= of {name} {theirs:.4g}"
        text += f" (two standard errors {width:.2g}), d = {d}"
        if abs(ours - theirs) < width:
            yield Comparison(text, "undecided", "inside two standard errors")
        else:
            yield Comparison(text, "holds" if ours > theirs else "fails")


def eae_11(runs: Runs) -> Rule:
    for d in runs.over("cifar10"):
        ours, plain = (runs.get("step_time", "none", s, d) for s in ("eae", "ae-bn"))
        yield runs.test(ours, "<=", 1.10 * plain)


def eae_12(runs: Runs) -> Rule:
    for d, c in product(runs.studied("entropy", "mnist", "cifar10"), ("N01", "gmm")):
        weights = runs.covered("beta", WEIGHTS, "eae", d, study="entropy")
        sides = [runs.at(c, "eae", d, study="entropy", beta=weight) for weight in weights]
        yield runs.test(lowest(sides, highest=True) / lowest(sides), "<=", 1.10)


def eae_13(runs: Runs) -> Rule:
    for s, d in product(RAES, runs.over(*COLOUR)):
        for rival in (runs.fid("gmm", "wae-mmd", d), runs.fid("N", "two-stage-vae", d)):
            yield runs.test(runs.fid("gmm", s, d), "<", rival)


def eae_14(runs: Runs) -> Rule:
    for d in runs.over("mnist"):
        cells = list(product((*MIXED, "eae"), ("N", "gmm")))
        ruler = [runs.fid(c, s, d) for s, c in cells]
        own = [runs.get("frechet", c, s, d, features="domain") for s, c in cells]
        yield runs.test(spearman(f"fid, domain Frechet distance, {d}", ruler, own), "<", 0.8)


def eae_15(runs: Runs) -> Rule:
    for d in runs.over("mnist", "cifar10"):
        laplace = runs.get("ks_laplace", "rec", "eae-l1", d)
        yield runs.test(laplace, "<", runs.get("ks_gauss", "rec", "eae-l1", d))
        yield runs.test(laplace, "<", runs.get("ks_laplace", "rec", "ae-l1", d))
