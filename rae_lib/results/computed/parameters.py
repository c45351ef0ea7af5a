"""How large the networks of the papers' runs are and what these cost: counted on fake tensors, without any memory.

metric "parameters", set "encoder" or "decoder"; "flop": operations of one training image, forward and backward;
"flop_run": those of a whole run, flop x training images (`n_real`) x epochs, without validation, evaluation and a
second stage. Of strings the two networks are counted, without the objective. One run of every step of the campaign at
`paper`, by system, dataset, study and variant.
"""

from dataclasses import dataclass, replace
from functools import cache

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from rae_lib import studies
from rae_lib.config import Config, catalogue, dataset_kind
from rae_lib.data import writing
from rae_lib.evaluation.records import record
from rae_lib.metrics import flops
from rae_lib.models import build
from rae_lib.results.frame import depth_text


@dataclass(frozen=True)
class Size:
    """Parameters of encoder and decoder; operations of one image in a training step, forward and backward."""

    encoder: int
    decoder: int
    flop: int


def compute() -> list[dict]:
    """Four records for each run of the papers' campaign, of one seed."""
    found: dict[tuple[str, str], list[dict]] = {}
    for step in catalogue()["campaign"]["paper"]:
        for config in studies.step_runs(step, "paper"):
            if (config.dataset, config.name) not in found:
                found[config.dataset, config.name] = count_run(config, step.get("study", ""))
    return [row for rows in found.values() for row in rows]


def count_run(config: Config, study: str = "") -> list[dict]:
    """Parameters and operations of a run, whose study counts where it has a variant."""
    place = {
        "dataset": config.dataset,
        "system": config.system,
        "study": study if config.variant else "",
        "variant": config.variant,
        "width": config.width,
        "latent": config.latent,
        "depth": depth_text(config.depth),
        "seed": 0,
    }
    same = {"seed": 0, "variant": "", "epochs": 1, "sets": (), "components": (), "samples": 10}
    size = count_network(replace(config, **same))
    images = catalogue()["dataset"][config.dataset]["images"][0]
    values = {("parameters", "encoder"): size.encoder, ("parameters", "decoder"): size.decoder}
    values |= {("flop", "none"): size.flop, ("flop_run", "none"): size.flop * images * config.epochs}
    return [
        place | record(metric, name, value, features="none", n_real=images) | {"value": value}
        for (metric, name), value in values.items()
    ]


@cache
def count_network(config: Config) -> Size:
    if dataset_kind(config.dataset) == "strings":
        return count_strings(config)
    return count_size(config, tuple(catalogue()["dataset"][config.dataset]["shape"]))


def count_size(config: Config, shape: tuple[int, int, int]) -> Size:
    """The size of the run's system on images of this shape (C, H, W)."""
    with FakeTensorMode():
        system, x = build(config, shape), torch.empty(config.batch, *shape)
        return Size(*flops.count_parameters(system), flops.count_step(system, x) // len(x))


def count_strings(config: Config) -> Size:
    """The size of the run's system on strings of their full length; `flop` without the objective."""
    own = writing.find(config.dataset, config.writing)
    with FakeTensorMode():
        system = build(config, (own.size, own.length))
        x = torch.empty(config.batch, own.length, dtype=torch.uint8)
        return Size(*flops.count_parameters(system), flops.count_pass(system, x, config.latent) // len(x))


def count_objective(config: Config, shape: tuple[int, int, int]) -> int:
    """What the objective adds for one image to the networks' pass each way: a gradient penalty its second backward."""
    with FakeTensorMode():
        system, x = build(config, shape), torch.empty(config.batch, *shape)
        plain = flops.count_pass(system, x, config.latent)
        return (flops.count_step(system, x) - plain) // len(x)
