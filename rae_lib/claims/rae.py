"""The claims of the RAE image chapters: the rule of RAE-01 is the function `rae_01`, and so on.

A rule asks `runs` (see `claims.inequality.Runs`) for quantities and yields one comparison per inequality
of its row in `published/claims.csv`. There, document 000 is RAE arXiv v1, 001 its ICLR version,
002 the slides, 003 EAE, 004 DAE.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from rae_lib.claims.inequality import Comparison, Runs, Side, joined, lowest, on_means, spearman
from rae_lib.results.computed.kl import choose_points, draw_log_ratios

Rule = Iterator[Comparison]
IMAGES = ("mnist", "cifar10", "celeba64")
COLOUR = ("cifar10", "celeba64")
PENALISED = ("rae-l2", "rae-gp", "rae-sn")
RAES = ("rae", *PENALISED)
MIXED = ("ae", *RAES, "vae", "cv-vae", "wae-mmd")  # the eight with a mixture column
BASELINES = ("vae", "cv-vae", "wae-mmd", "two-stage-vae")  # the last has no mixture
WEIGHTS = [10 ** (i / 2) for i in range(-6, 7)]  # of the KL term, 10^-3 ... 10^3


def rae_01(runs: Runs) -> Rule:
    for s, d in product(MIXED, runs.over(*IMAGES)):
        yield runs.test(runs.fid("gmm", s, d), "<", runs.fid("N", s, d))


def rae_02(runs: Runs) -> Rule:
    for s, d, q in product(MIXED, runs.over(*IMAGES), ("prd_f8", "prd_f1_8")):
        yield runs.test(runs.get(q, "gmm", s, d), ">", runs.get(q, "N", s, d))


def rae_03(runs: Runs) -> Rule:
    for s, d, c in product(MIXED, runs.over("cifar10"), ("N", "gmm")):
        recall, precision = runs.get("prd_f8", c, s, d), runs.get("prd_f1_8", c, s, d)
        yield runs.test(recall - precision, ">=", 0.15)
        yield runs.test(precision, "<", 0.6)
        yield runs.test(recall, ">=", 0.5)


def baselines(runs: Runs, kind: str, d: str) -> list[Side]:
    """Every baseline that has this sampler."""
    return [runs.fid(kind, b, d) for b in BASELINES if (kind, b) != ("gmm", "two-stage-vae")]


def rae_04(runs: Runs) -> Rule:
    for s, d, c in product(RAES, runs.over(*IMAGES), ("N", "gmm", "interp")):
        yield runs.test(runs.fid(c, s, d), "<=", 1.3 * lowest(baselines(runs, c, d)))


def rae_05(runs: Runs) -> Rule:
    for d in runs.over(*IMAGES):
        rivals = baselines(runs, "N", d) + baselines(runs, "gmm", d)
        yield runs.test(lowest([runs.fid("gmm", s, d) for s in RAES]), "<", lowest(rivals))


def rae_06(runs: Runs) -> Rule:
    for d in runs.over(*COLOUR):
        best = lowest([runs.fid("N", s, d) for s in RAES])
        yield runs.test(best, "<", lowest(baselines(runs, "N", d)))
    for d in runs.over("mnist"):
        best = lowest([runs.fid("N", s, d) for s in RAES])
        yield runs.test(best, "<=", 1.05 * runs.fid("N", "vae", d))


def sweeps(runs: Runs, s: str) -> Comparison:
    """Does s have a lower fid_gmm than each other penalised variant, on every data set shown?"""
    cells = product(runs.over(*IMAGES), [t for t in PENALISED if t != s])
    return joined(
        s, [runs.test(runs.fid("gmm", s, d), "<", runs.fid("gmm", t, d)) for d, t in cells]
    )


def rae_07(runs: Runs) -> Rule:
    shown = runs.over(*IMAGES)
    if not shown:
        return
    some = joined("", [sweeps(runs, s) for s in PENALISED], any_of=True)
    none = {"holds": "fails", "fails": "holds"}.get(some.outcome, some.outcome)
    text = (
        f"none of {', '.join(PENALISED)} has the lowest fid_gmm on every one of {', '.join(shown)}"
    )
    if none == "fails" and len(shown) == 1:
        yield Comparison(text, "undecided", "a single data set has a winner in any case")
    else:
        yield Comparison(text, none, some.reason, some.missing)
    for d in shown:
        sides = [runs.fid("gmm", s, d) for s in PENALISED]
        yield runs.test(lowest(sides, highest=True) / lowest(sides), "<=", 1.10)


def rae_08(runs: Runs) -> Rule:
    for s, d in product(("ae", "rae"), runs.over(*IMAGES)):
        yield runs.test(runs.fid("gmm", s, d), "<=", 1.15 * lowest(baselines(runs, "gmm", d)))


def rae_09(runs: Runs) -> Rule:
    cells = [(s, d, 0.6) for s in ("wae-mmd", *RAES) for d in runs.over("mnist")]
    cells += [("ae", d, 1 / 3) for d in runs.over("mnist")]
    cells += [(s, d, 0.5) for s in ("ae", "rae-gp") for d in runs.over("celeba64")]
    for s, d, bound in cells:
        yield runs.test(runs.fid("gmm", s, d) / runs.fid("N", s, d), "<=", bound)


def rae_10(runs: Runs) -> Rule:
    for d in runs.over(*IMAGES):
        sides = [runs.fid("interp", s, d) for s in RAES]
        yield runs.test(lowest(sides), "<=", 1.05 * lowest(baselines(runs, "interp", d)))
        for side in sides:
            yield runs.test(side, "<=", 1.10 * runs.fid("interp", "vae", d))


def rae_11(runs: Runs) -> Rule:
    for s, b, d in product(RAES, BASELINES, runs.over("celeba64")):
        yield runs.test(runs.fid("rec", s, d), "<", runs.fid("rec", b, d))


def blur(runs: Runs, kind: str, s: str, d: str) -> Side:
    """|sharpness of one set of images - sharpness of the test images|."""
    kind = "N" if (kind, s) == ("gmm", "two-stage-vae") else kind
    return abs(runs.get("sharpness", kind, s, d) - runs.get("sharpness", "real", s, d))


def rae_12(runs: Runs) -> Rule:
    for s, b in product(RAES, BASELINES):
        for d, kind in product(runs.over("celeba64"), ("rec", "gmm")):
            yield runs.test(blur(runs, kind, s, d), "<", blur(runs, kind, b, d))
        for d in runs.over(*IMAGES):
            yield runs.test(blur(runs, "interp", s, d), "<", blur(runs, "interp", b, d))
            steps = [runs.get("step_cv", "interp", name, d) for name in (s, b)]
            yield runs.test(steps[0], "<", steps[1])


def rae_13(runs: Runs) -> Rule:
    draws = [1, 2, 4, 8, 16]
    for d in runs.over("mnist"):
        rec = [runs.fid("rec", "vae", d, f"samples-{k}") for k in draws]
        one, many = (runs.get("step_time", "none", "vae", d, f"samples-{k}") for k in (1, 16))
        yield runs.test(spearman(f"samples, fid_rec, {d}", draws, rec), "<=", -0.9)
        yield runs.test(rec[-1], "<", rec[0])
        yield runs.test(many, ">=", 4 * one)


def by_weight(runs: Runs, kind: str, d: str) -> list[Side]:
    """A Frechet distance of the VAE over the 13 weights of its KL term."""
    return [runs.fid(kind, "vae", d, runs.variant("vae", d, "kl-", w)) for w in WEIGHTS]


def rae_14(runs: Runs) -> Rule:
    for d in runs.over("mnist"):
        fid_rec, fid_prior = by_weight(runs, "rec", d), by_weight(runs, "N01", d)
        best, means = lowest(fid_prior), [side.mean for side in fid_prior]
        i = means.index(best.mean) if not best.missing else 0
        place = on_means(f"position of the best of 13 weights, fid_N01, {d}", i + 1, fid_prior)
        left = spearman(f"weights to the best, fid_N01, {d}", WEIGHTS[: i + 1], fid_prior[: i + 1])
        yield runs.test(spearman(f"weight, fid_rec, {d}", WEIGHTS, fid_rec), ">=", 0.9)
        inside = [runs.test(place, ">=", 2), runs.test(place, "<=", 12)]
        yield joined(f"1 < {place} < 13", inside)
        yield runs.test(best, "<", fid_prior[0])
        yield runs.test(best, "<", fid_prior[-1])
        yield runs.test(replace(left, missing=best.missing), "<=", -0.9)


def rae_15(runs: Runs) -> Rule:
    cells = (("vae", "gmm", "N01"), ("cv-vae", "gmm", "mvg"), ("cv-vae", "mvg", "N01"))
    for d, (s, better, worse) in product(runs.over(*IMAGES), cells):
        yield runs.test(runs.fid(better, s, d), "<", runs.fid(worse, s, d))


def mixture(result: object, count: int, key: str) -> float:
    """An entry of a run's mixture study; NaN where that number of components was not fitted."""
    rows = [row for row in result.raw.get("components") or [] if row["components"] == count]
    value = rows[0].get(key) if rows else None
    return math.nan if value is None else float(value)


def overfit(result: object) -> float:
    """Log-likelihood of training minus validation codes, 10 components, nats per dimension."""
    gap = mixture(result, 10, "train_loglik") - mixture(result, 10, "val_loglik")
    return gap / result.config.latent


def rae_16(runs: Runs) -> Rule:
    for s, d in product(MIXED, runs.over(*IMAGES)):
        few = runs.curve("fid_gmm10", s, d, lambda r: mixture(r, 10, "frechet"))
        many = runs.curve("fid_gmm100", s, d, lambda r: mixture(r, 100, "frechet"))
        yield runs.test(runs.curve("loglik_gap", s, d, overfit), "<=", 0.05)
        yield runs.test(0.95 * few, "<=", many)
        yield runs.test(many, "<=", 1.02 * few)


def rae_17(runs: Runs) -> Rule:
    cells = [*product(MIXED, runs.over(*IMAGES)), *product(["flexae"], runs.over("celeba64"))]
    for (s, d), features in product(cells, dict.fromkeys(("pixels", runs.features))):
        kind = "N" if s == "flexae" else "gmm"
        yield runs.test(runs.get("nn_ratio", kind, s, d, features=features), ">=", 0.9)
        yield runs.test(runs.get("nn_copies", kind, s, d, features=features), "<=", 0.02)


def rae_18(runs: Runs) -> Rule:
    for s, d in product((*MIXED, "two-stage-vae"), runs.over(*IMAGES)):
        kinds = ("N", "interp") if s == "two-stage-vae" else ("N", "gmm", "interp")
        yield runs.test(runs.fid("rec", s, d), "<~", lowest([runs.fid(c, s, d) for c in kinds]))


def rae_19(runs: Runs) -> Rule:
    for s, d, c in product(MIXED, runs.over(*IMAGES), ("gmm", "rec")):
        yield runs.test(runs.fid(c, s, d), "<", runs.fid(c, s, d, "no-bn"))


def rae_20(runs: Runs) -> Rule:
    for d in runs.over(*COLOUR):
        step = ("step_time", "none", "rae-gp", d)  # cae of the claim: RAE-GP with another penalty
        yield runs.test(runs.get(*step), "<=", 0.5 * runs.get(*step, "contractive"))
        second = runs.get("fit_time", "N", "two-stage-vae", d)
        yield runs.test(runs.get("fit_time", "gmm", "vae", d), "<=", 0.1 * second)


def norm_at(result: object, share: float) -> float:
    """Mean |z|^2 of the training codes after a share of the epochs; NaN where not logged."""
    history = result.history
    if history is None or "code_norm" not in history or not len(history):
        return math.nan
    return float(history["code_norm"].iloc[max(1, round(share * len(history))) - 1])


def rae_21(runs: Runs) -> Rule:
    for d in runs.over(*IMAGES):
        early = runs.curve(
            "code_norm after a tenth of the epochs", "ae", d, lambda r: norm_at(r, 0.1)
        )
        free, bound = (
            runs.curve("code_norm", s, d, lambda r: norm_at(r, 1)) for s in ("ae", "rae")
        )
        yield runs.test(free, ">=", 1.5 * early)
        yield runs.test(bound, "<", free)


def off_by(runs: Runs, d: str, level: str) -> list[Side]:
    """|ratio - 1| of the autoencoder with noisy codes and cv-vae, in fid_rec and fid_gmm."""
    cells = [(runs.fid(c, "cv-vae", d, level), runs.fid(c, "cv-vae", d)) for c in ("rec", "gmm")]
    return [abs(noisy / reference - 1) for noisy, reference in cells]


def rae_22(runs: Runs) -> Rule:
    for d in runs.over("mnist", "cifar10"):
        off = {f"noise-{s:g}": off_by(runs, d, f"noise-{s:g}") for s in (0.1, 0.3, 0.5, 0.7, 1.0)}
        matches = [joined("", [runs.test(x, "<=", 0.1) for x in pair]) for pair in off.values()]
        text = f"a level of code noise gives the fid_rec and fid_gmm of cv-vae within 10 %, {d}"
        yield joined(text, matches, any_of=True)
        worst = {level: max(x.mean for x in pair) for level, pair in off.items()}
        nearest = min(worst, key=lambda v: worst[v] if math.isfinite(worst[v]) else math.inf)
        for s, level in (("cv-vae", ""), ("cv-vae", nearest), ("rae-gp", "")):
            slope = runs.get("decoder_jacobian", "codes", s, d, level)
            yield runs.test(slope, "<", runs.get("decoder_jacobian", "codes", "ae", d))


def rae_23(runs: Runs) -> Rule:
    """Printed: 2 KL = |mu|^2 + d + sum_i (sigma_i - log sigma_i), 000 eq. 12, 001 section 2.1."""
    for mu, sigma in choose_points():
        sample = draw_log_ratios(mu, sigma)
        error = 4 * sample.std() / math.sqrt(len(sample))
        printed = 0.5 * (mu @ mu + len(mu) + (sigma - np.log(sigma)).sum())
        where = f"mu = {np.round(mu, 2).tolist()}, sigma = {np.round(sigma, 2).tolist()}"
        gap = Side(
            f"|printed {printed:.4g} - KL {sample.mean():.4g}| at {where}:",
            abs(printed - sample.mean()),
        )
        yield runs.test(gap, "<=", Side("4 standard errors", float(error)))


def rae_28(runs: Runs) -> Rule:
    for d in runs.over("mnist"):
        one, many = ("vae", d, "samples-1"), ("vae", d, "samples-16")
        yield runs.test(runs.fid("rec", "rae", d, "small"), "<~", runs.fid("rec", *many))
        time = runs.get("step_time", "none", "rae", d, "small")
        yield runs.test(time, "<=", 1.1 * runs.get("step_time", "none", *one))
