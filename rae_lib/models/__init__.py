"""The systems: one file a family. A system is an nn.Module with

encode(x) -> z            the deterministic code (the mean, for variational ones)
decode(z) -> x            images in [0, 1]
reconstruct(x, generator) -> x   the path of training: through a sampled code where the system samples
prior(n, generator) -> z or None where it has no prior of its own
players() -> list[Player] what `train.fit` plays
"""

from torch import nn

from rae_lib.config import Config
from rae_lib.models.dae import DAE
from rae_lib.models.entropic import EAE
from rae_lib.models.rae import RAE
from rae_lib.models.vae import VAE
from rae_lib.models.wae import WAE
from rae_lib.training.loop import seeded

FAMILIES = {
    "ae": RAE,
    "ae-l2": RAE,
    "rae": RAE,
    "rae-l2": RAE,
    "rae-gp": RAE,
    "rae-sn": RAE,
    "vae": VAE,
    "cv-vae": VAE,
    "wae-mmd": WAE,
    "two-stage-vae": VAE,  # its second stage is a density, fitted to the codes of this one
    "eae": EAE,
    "ae-bn": EAE,
    "eae-l1": EAE,
    "ae-l1": EAE,
    "dae": DAE,
    "vae-dae": VAE,
    "dae-bn": DAE,
    "dae-ln": DAE,
    "dae-sn": DAE,
    "dae-noise": DAE,
    "dae-frozen": DAE,
}


def build(config: Config, shape: tuple[int, int, int]) -> nn.Module:
    """The untrained system of a configuration, its weights drawn from the configuration's own seed.

    shape: (C, H, W) of the images. The global random state is left as it was.
    """
    with seeded("init", config.seed):
        return FAMILIES[config.system](config, shape)
