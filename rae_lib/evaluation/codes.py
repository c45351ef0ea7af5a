"""From the codes of a trained system to records: their statistics, the decoder's slope, mixtures fitted to them."""

import time

import torch

from rae_lib import density
from rae_lib.evaluation.records import record
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics import code_statistics
from rae_lib.training.loop import generator_for

SLOPES = 100  # codes at which the decoder's slope is taken
POINTS = 300  # codes stored to be looked at


def code_records(trained: Trained) -> list[dict]:
    """Statistics of the test codes, and of the training codes (set "rec_train") where a claim asks for those."""
    rows = []
    for split, name in (("test", "rec"), ("train", "rec_train")):
        generator = generator_for(f"codes/{split}", trained.config.seed)
        for metric, value in code_statistics.statistics(trained.codes[split], generator).items():
            count = len(trained.codes[split])
            rows.append(record(metric, name, value, features="codes", n_fake=count))
    return [*rows, slope_record(trained), *own_records(trained)]


def own_records(trained: Trained) -> list[dict]:
    """What the system says of itself: its variance, its mask."""
    facts = trained.system.facts()
    return [record(metric, name, value, features="none") for (metric, name), value in facts.items()]


def slope_record(trained: Trained) -> dict:
    """The decoder's slope at the first test codes, against standardised codes (RAE-22)."""
    z = trained.codes["test"][:SLOPES].to(trained.device)
    scale = trained.codes["train"].std(0).to(trained.device)
    value = code_statistics.decoder_jacobian(trained.system.decode, z, scale)
    return record("decoder_jacobian", "codes", value, features="codes", n_fake=len(z))


def fit_mixture(trained: Trained, components: int) -> tuple[density.GaussianMixture, float]:
    """The mixture with so many components and the seconds of its fit; the run's own where that is already fitted."""
    known = vars(trained).get("densities", {})  # a cached property: asking for it would fit every density
    if components == trained.config.mixture and "gmm" in known:
        return known["gmm"], trained.seconds["gmm"]
    start = time.monotonic()
    fitted = density.GaussianMixture(components, seed=trained.config.seed)
    fitted.fit(trained.codes["train"].to(trained.device), trained.codes["val"].to(trained.device))
    return fitted, time.monotonic() - start


def choose_pairs(trained: Trained) -> dict[str, list]:
    """Two random dimensions of some training codes, to be looked at: {"dimensions": [i, j], "points": [[a, b]]}."""
    generator = generator_for("pairs", trained.config.seed)
    chosen = torch.randperm(trained.config.latent, generator=generator)[:2]
    points = trained.codes["train"][:POINTS][:, chosen].double().numpy().round(4)
    return {"dimensions": chosen.tolist(), "points": points.tolist()}
