"""The Frechet distance to the test images at several checkpoints of a training.

The slides' code reports the lowest one over checkpoints, on the test images that choose it (FACTS: released code of
MaskAAE and FlexAE). The last one, of the same images and noise, is stored with it: their ratio is the optimism.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from torch import nn

from rae_lib.config import Config
from rae_lib.data import Dataset
from rae_lib.evaluation.distances import compare
from rae_lib.evaluation.samples import decode, sampler
from rae_lib.evaluation.trained import Trained, encode
from rae_lib.metrics import features
from rae_lib.training.loop import generator_for

IMAGES = 2000  # of each set at a checkpoint
SETS = ("rec", "N")


def watcher(config: Config, data: Dataset, device: str) -> Callable[[nn.Module, int], dict[str, float]] | None:
    """Measures a system at `config.watched` checkpoints, NaN between them; None where the configuration has none.

    Reconstructions are of test images, from mean codes; samples are of the system's own sampler.
    """
    if not config.watched:
        return None
    test = data.images["test"][: min(config.samples, IMAGES)]
    ruler = features.own(data, device=device)
    real = ruler.real(test).to(device)
    few = replace(data, images=data.images | {"test": test})

    def watch(system: nn.Module, epoch: int) -> dict[str, float]:
        if not is_due(epoch, config):
            return dict.fromkeys(SETS, math.nan)
        one = Trained(system, config, few, device)
        noise = generator_for("watched/N", config.seed)
        codes = {"rec": encode(system, test, device), "N": sampler(one, "N")[1](len(test), noise)}
        images = {name: ruler(decode(system, z, device)).to(device) for name, z in codes.items()}
        return {name: compare(real, fake, ruler, name)[0]["value"] for name, fake in images.items()}

    return watch


def is_due(epoch: int, config: Config) -> bool:
    """Whether a part of the run, of `config.watched` equal ones, ends with this epoch (the first is 1)."""
    many, epochs = config.watched, config.epochs
    return epoch * many // epochs > (epoch - 1) * many // epochs
