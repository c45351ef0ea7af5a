"""What documents say against one another, or against themselves: the contradictions (X).

The rule of X-03 is `x_03`, and so on. Such a row tests one side of a dispute, the one named in
brackets at the end of its rule in `published/claims.csv`; X-12, X-13 and X-14 are decided by what is
printed, with measurements beside it.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from rae_lib.claims.bottleneck import PRINTED, best, every_latent
from rae_lib.claims.dae import BEST, wide
from rae_lib.claims.inequality import Comparison, Runs, Side, joined, lowest, on_means, spearman
from rae_lib.claims.rae import COLOUR, IMAGES, WEIGHTS, by_weight
from rae_lib.config import catalogue
from rae_lib.results.computed.kl import draw_log_ratios

Rule = Iterator[Comparison]
SERIES = (  # networks whose best latent sizes X-10 compares
    *((s, {"width": width}) for s in ("dae", "vae-dae") for width in (32, 64, 128, 256)),
    *(("dae", {"width": width, "depth": depth}) for width in (64, 128) for depth in (2, 3)),
)
DOCUMENTS = {name: "/".join(t["files"]) for name, t in catalogue()["document"].items()}


def x_03(runs: Runs) -> Rule:
    for d in runs.over(*IMAGES):
        vaes = [runs.fid("N01", b, d) for b in ("vae", "vae-bce", "vae-fixed", "vae-learned")]
        yield runs.test(runs.fid("N", "two-stage-vae", d), "<=", 0.96 * lowest(vaes))


def x_05(runs: Runs) -> Rule:
    for d, s in product(runs.over("celeba64"), ("ae", "ae-l2", "rae-gp")):
        yield runs.test(runs.fid("mvg", s, d), ">=", 2 * runs.fid("gmm", s, d))
    for d, width in product(runs.studied("grid", "celeba64"), (64, 128)):
        fitted, mixture = (runs.at(c, "dae", d, width=width) for c in ("mvg", "gmm"))
        yield runs.test(fitted, ">=", 2 * mixture)


def x_06(runs: Runs) -> Rule:
    for d, s in product(runs.over(*IMAGES), ("ae", "ae-l2")):
        yield runs.test(runs.fid("gmm", "rae-l2", d), "<", runs.fid("gmm", s, d))


def x_07(runs: Runs) -> Rule:
    for d, width in wide(runs):
        for n in every_latent(runs, "vae-dae", d, width=width):
            sizes = {"width": width, "latent": n}
            fitted, prior = (runs.at(c, "vae-dae", d, **sizes) for c in ("mvg", "N01"))
            yield runs.test(fitted, "<", prior)


def x_08(runs: Runs) -> Rule:
    """Only on CIFAR-10, of which 30.52 and 57.94 were printed: nothing can stand in for it."""
    for s in ("ae", "vae") if "cifar10" in runs.over("cifar10") else ():
        printed = runs.printed("rae", s, "cifar10", "frechet", "rec")
        test, train = (runs.fid(c, s, "cifar10") - printed for c in ("rec", "rec_train"))
        yield runs.test(abs(test), "<", abs(train))


def x_09(runs: Runs) -> Rule:
    for d in runs.over("mnist"):
        rising = spearman(f"weight, fid_N01, {d}", WEIGHTS, by_weight(runs, "N01", d))
        yield runs.test(rising, ">=", 0.9)


def spanned(runs: Runs, d: str) -> Side:
    """How many steps of the latent grid lie between the best sizes of all networks."""
    series = [(s, sizes) for s, sizes in SERIES if every_latent(runs, s, d, **sizes)]
    grid = {n for s, sizes in series for n in every_latent(runs, s, d, **sizes)}
    grid = PRINTED if runs.profile == "published" else sorted(grid)
    parts = [best(runs, "gmm", s, d, **sizes)[1] for s, sizes in series]
    found = [part.mean for part in parts if math.isfinite(part.mean)]
    at = [grid.index(size) for size in found]
    text = f"steps between the best d ({', '.join(f'{n:g}' for n in found)}) on {d}:"
    return on_means(text, max(at) - min(at) if at else math.nan, parts)


def x_10(runs: Runs) -> Rule:
    """More systems can only widen the span, so two of the three may refute and not confirm."""
    for d in runs.studied("grid", "cifar10"):
        known = runs.test(spanned(runs, d), "<=", 1)
        other = Comparison("", "untested", missing=(f"wae-gan on {d}",))
        yield joined(known.text, [known, other])
    for d in runs.over("synth8", "synth16"):
        if d.startswith("synth"):
            lacking = tuple(f"{s} on {d}" for s in ("dae", "vae-dae", "wae-gan"))
            yield Comparison(f"best latent sizes on {d}", "untested", missing=lacking)


def quotations() -> list[tuple[str, str, str, str, str]]:
    """(quoting table, its source, system, data set, set) of every cell taken over."""
    cells = []
    for d in COLOUR:
        pairs = [("cv-vae", "N01"), ("wae-mmd", "N01"), ("rae-l2", "mvg"), ("rae-sn", "mvg")]
        cells += [("eae", "rae", s, d, c) for s, own in pairs for c in (own, "gmm")]
        rows = [("wae-mmd", "N01", "rae"), (BEST[d], "mvg", "rae"), ("eae", "N01", "eae")]
        cells += [("dae", source, s, d, c) for s, own, source in rows for c in ("rec", own, "gmm")]
    return cells


def x_12(runs: Runs) -> Rule:
    """A quoted cell equals that of its source up to rounding, and has one there by that sampler."""
    for table, source, s, d, c in quotations():
        quote, original = (runs.printed(t, s, d, "frechet", c) for t in (table, source))
        side = Side(f"fid_{c}({s}, {d}) in {DOCUMENTS[table]}", quote)
        if original is None:
            yield Comparison(f"{side}: not in {DOCUMENTS[source]}", "fails")
        else:
            off = abs(side - Side(f"in {DOCUMENTS[source]}", original))
            yield runs.test(off, "<=", 0.05)
    for found in quoted_and_measured(runs):
        yield replace(found, beside=True)


def quoted_and_measured(runs: Runs) -> Rule:
    """What our runs say of the cells that do not agree."""
    for d in runs.over(*COLOUR):
        prior, fitted = (runs.fid(c, "cv-vae", d) for c in ("N01", "mvg"))
        yield runs.test(
            abs(prior / fitted - 1), "<=", 0.05
        )  # would the sampler make no difference
    for d in runs.over("cifar10"):  # 004 gives the one the other's value
        yield runs.test(runs.fid("rec", "wae-mmd", d), "<", runs.fid("rec", "vae", d))
    for name, sign in (("cifar10", "<"), ("celeba64", ">")):  # the order as 004 quotes it
        for d in runs.over(name):
            yield runs.test(runs.fid("rec", "eae", d), sign, runs.fid("rec", BEST[name], d))


def x_13(runs: Runs) -> Rule:
    """One cell that differs would do; beside it, what two equal rows and the headline need."""
    for c in ("rec", "N01", "mvg", "gmm"):
        small, large = (
            runs.printed("dae", "dae", "celeba64", "frechet", c, variant)
            for variant in ("", "grid_latent-128")
        )
        text = f"fid_{c}(dae, celeba64) {small:g} at d=64 differs from {large:g} at d=128"
        yield Comparison(text, "holds" if small != large else "fails")
    for d in runs.studied("grid", "celeba64"):
        small, large = (runs.at("rec", "dae", d, latent=n) for n in (64, 128))
        yield replace(runs.test(abs(small / large - 1), "<=", 0.02), beside=True)
        plain, variational = (runs.at("gmm", s, d, latent=64) for s in ("dae", "vae-dae"))
        yield replace(runs.test(plain, "<", variational), beside=True)


def printed_pair(runs: Runs, slides: str, system: str, dataset: str, metric: str) -> list[Side]:
    """A cell as 001 and 002 print it: rae-l2 with the mixture, vae (vae-fixed) with the prior."""
    name, kind = ("rae-l2", "gmm") if system == "rae-l2" else ("vae-fixed", "N")
    text = f"{metric}_{kind}({system}, {dataset})".replace("frechet", "fid")
    values = (
        runs.printed("rae", system, dataset, metric, kind),
        runs.printed(slides, name, dataset, metric, kind),
    )
    return [Side(f"{text} in {where}", v) for where, v in zip(("001", "002"), values, strict=True)]


def x_14(runs: Runs) -> Rule:
    """Two printed tables side by side; beside it, which of their FIDs our runs are nearer to."""
    for d, s in product(IMAGES, ("rae-l2", "vae")):
        for q in ("prd_f8", "prd_f1_8"):
            papers, slides = printed_pair(runs, "slides-4", s, d, q)
            yield runs.test(abs(papers - slides), "<=", 0.05)
        papers, slides = printed_pair(runs, "slides-3", s, d, "frechet")
        ratio = lowest([papers, slides], highest=True) / lowest([papers, slides])
        yield runs.test(ratio, "<=", 1.10)
        ours = runs.fid("gmm" if s == "rae-l2" else "N", s, d)
        yield replace(runs.test(abs(ours - papers), "<", abs(ours - slides)), beside=True)


def x_16(runs: Runs) -> Rule:
    """KL(mu) - KL(0) of N(mu, s^2 I) by simulation: |mu|^2 / 2 (000); beside it |mu|^2 (001)."""
    mu, sigma = np.array([1.0, -2.0]), np.array([0.7, 0.7])
    sample = draw_log_ratios(mu, sigma) - draw_log_ratios(0 * mu, sigma)
    error = Side("4 standard errors", float(4 * sample.std() / len(sample) ** 0.5))
    for text, value, beside in (("|mu|^2 / 2", mu @ mu / 2, False), ("|mu|^2", mu @ mu, True)):
        gap = Side(
            f"{text} = {value:g} against KL(mu) - KL(0) = {sample.mean():.4g}, off by",
            float(abs(value - sample.mean())),
        )
        yield replace(runs.test(gap, "<=", error), beside=beside)
