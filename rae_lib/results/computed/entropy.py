"""Records of the entropy estimator's simulations (`entropy_simulation`): bias, laws, ascent, distances, statistics.

The column `latent` is the dimension of the points, `n_fake` their number in a batch, `set` their law or the ascent's
kind. By `study`:

entropy-bias        "entropy" of raw N(0, I) batches: mean, and "entropy_sd" of one batch, "entropy_error" of the mean
entropy-laws        the same of every law, standardised batches (claim EAE-10); a simplex is one set, without sd
entropy-truth       "entropy" of every law in closed form, absent where it has no density; "entropy_bound" of a batch
entropy-ascent      what climbing does, by `step`; set "same batch" or "fresh batches"
entropy-distances   "density" of pairwise distances at `distance`, of normal points and of those after the ascents
entropy-statistics  the statistics of codes (`code_statistics`) of 500 points of each law
entropy-draws       the same of draws of N(0, I), as many as a data set has test images, system "N(0, I)", three seeds
"""

import math
from itertools import product

import numpy as np
import torch
from torch import Tensor

from rae_lib.config import catalogue
from rae_lib.evaluation.records import record
from rae_lib.metrics import code_statistics
from rae_lib.metrics.code_statistics import standardise_codes
from rae_lib.results import entropy_simulation as simulation
from rae_lib.training.loop import generator_for

SIZES, DIMENSIONS = (20, 50, 100, 200, 500, 1000, 2000), (2, 8, 16, 32, 64, 128)
CODES = (16, 64, 128)  # code sizes of the papers: MNIST, CelebA, CIFAR-10
BATCH, BATCHES, LAW_BATCHES = 100, 60, 200  # the papers' batch; batches of the bias, of a law
WORK = 40_000_000  # operations on distances per batch size and dimension of the bias
STEPS, CLIMBED = 300, (16, 128)
KNOWN = ("normal", "correlated", "uniform", "signs", "laplace", "sphere")  # for the statistics
POINTS, BINS = 500, 50
DRAWN, SEEDS = ("digits", "mnist", "cifar10", "celeba64"), (0, 1, 2)


def compute() -> list[dict]:
    return [
        *measure_bias(),
        *measure_laws(),
        *state_truths(),
        *measure_ascents(),
        *measure_statistics(),
        *measure_draws(),
    ]


def write_rows(study: str, name: str, values: dict[str, float], *, n: int, d: int) -> list[dict]:
    """A record for every value that is a number; n points of d dimensions of the set `name`."""
    place = {"study": study, "latent": d, "seed": 0}
    return [
        place | record(metric, name, value, features="codes", n_fake=n)
        for metric, value in values.items()
        if math.isfinite(value)
    ]


def summarise(values: Tensor) -> dict[str, float]:
    """Mean, standard deviation of one batch, standard error of the mean."""
    sd = float(values.std()) if len(values) > 1 else math.nan
    error = sd / math.sqrt(len(values))
    return {"entropy": float(values.mean()), "entropy_sd": sd, "entropy_error": error}


def measure_bias() -> list[dict]:
    """Fewer of the large batches, whose distances take long and scatter less."""
    generator, rows = generator_for("entropy/bias", 0), []
    for d, n in product(DIMENSIONS, SIZES):
        count = min(BATCHES, 2 + WORK // (n**2 * (d + 30)))
        found = simulation.estimates("normal", n, d, count, generator, raw=True)
        rows += write_rows("entropy-bias", "normal", summarise(found), n=n, d=d)
    return rows


def measure_laws() -> list[dict]:
    """Every law from another generator, seeded by the dimension."""
    rows = []
    for d, law in product(CODES, simulation.LAWS):
        if law == "simplex" and d + 1 < BATCH:
            continue
        count = 1 if law == "simplex" else LAW_BATCHES
        found = simulation.estimates(law, BATCH, d, count, torch.Generator().manual_seed(d))
        rows += write_rows("entropy-laws", law, summarise(found), n=BATCH, d=d)
    return rows


def state_truths() -> list[dict]:
    rows = []
    for d in DIMENSIONS:
        for law in simulation.LAWS:
            real = {"entropy": simulation.truth(law, d)}
            rows += write_rows("entropy-truth", law, real, n=0, d=d)
        limit = {"entropy_bound": simulation.bound(BATCH, d)}
        rows += write_rows("entropy-truth", "simplex", limit, n=BATCH, d=d)
    return rows


def measure_ascents() -> list[dict]:
    """The traces, and histograms of the distances before and after."""
    rows = []
    for d in CLIMBED:
        generator = generator_for(f"entropy/ascent/{d}", 0)
        start = simulation.draw("normal", BATCH, d, generator)
        points = {"normal points": standardise_codes(start)}
        for kind, count in (("same batch", BATCH), ("fresh batches", 5 * BATCH)):
            rate = 3 * count / (5 * BATCH)
            points[kind], trace = simulation.ascent(count, BATCH, d, STEPS, generator, rate=rate)
            for moment in trace.to_dict("records"):
                step = {"step": int(moment.pop("step"))}
                rows += [step | r for r in write_rows("entropy-ascent", kind, moment, n=BATCH, d=d)]
        rows += measure_distances(points, d)
    return rows


def measure_distances(points: dict[str, Tensor], d: int) -> list[dict]:
    """Histograms of the pairwise distances, in bins common to all sets of points."""
    lengths = {name: torch.pdist(z).numpy() for name, z in points.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(lengths.values())), BINS)
    middles, rows = (edges[1:] + edges[:-1]) / 2, []
    for name, values in lengths.items():
        heights = np.histogram(values, edges, density=True)[0]
        for middle, height in zip(middles.tolist(), heights.tolist(), strict=True):
            found = write_rows("entropy-distances", name, {"density": height}, n=len(points[name]), d=d)
            rows += [{"distance": middle} | r for r in found]
    return rows


def measure_statistics() -> list[dict]:
    rows = []
    for d in CLIMBED:
        generator = generator_for(f"entropy/statistics/{d}", 0)
        for law in KNOWN:
            z = simulation.draw(law, POINTS, d, generator)
            found = code_statistics.statistics(z, generator)
            rows += write_rows("entropy-statistics", law, found, n=POINTS, d=d)
    return rows


def measure_draws() -> list[dict]:
    """What the statistics of test codes are for codes that are normal, at each data set's sizes."""
    rows = []
    for dataset in DRAWN:
        table = catalogue()["dataset"][dataset]
        n, d = table["images"][1], table["latent"]
        for seed in SEEDS:
            generator = generator_for(f"entropy/draws/{dataset}", seed)
            z = torch.randn(n, d, generator=generator)
            found = code_statistics.statistics(z, generator)
            place = {"dataset": dataset, "system": "N(0, I)"}
            mine = write_rows("entropy-draws", "test codes", found, n=n, d=d)
            rows += [place | r | {"seed": seed} for r in mine]
    return rows
