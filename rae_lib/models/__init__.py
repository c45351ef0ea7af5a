"""The systems: one file a family. A system is an nn.Module with

    encode(x) -> z            the deterministic code (the mean, for variational ones)
    decode(z) -> x            images in [0, 1]; of strings the probabilities of every place (B, T, D)
    reconstruct(x, generator) -> x   the path of training: through a sampled code where the system samples
    prior(n, generator) -> z or None where it has no prior of its own, on the generator's device
    players() -> list[Player] what `loop.fit` plays
    facts() -> {(metric, set): value}  what it says of itself once trained, to be recorded: a mask, a variance
    passed                    where it has one: a buffer in which the loop keeps the part of the run that has passed

Which class a system is, the catalogue says: `class = "rae.RAE"` is the class RAE of rae.py.
"""

from importlib import import_module

from torch import nn

from rae_lib.config import Config, system_table
from rae_lib.training.loop import seeded


def build(config: Config, shape: tuple[int, ...]) -> nn.Module:
    """The untrained system of a configuration, its weights drawn from the configuration's own seed.

    shape: (C, H, W) of an image, (D, T) of a string. The global random state is left as it was.
    """
    file, _, name = system_table(config.system)["class"].partition(".")
    system = getattr(import_module(f"rae_lib.models.{file}"), name)
    with seeded("init", config.seed):
        return system(config, shape)
