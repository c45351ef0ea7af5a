"""Trained weights: the copies that are kept with some results, of images in half precision, of strings as they are.

system = weights.load(store.find(config))      # in eval mode, ready to encode and decode
"""

import json
from pathlib import Path

import torch
from torch import nn

from rae_lib.config import Config
from rae_lib.models import build
from rae_lib.origin import weights_sha256
from rae_lib.results.store import Result

NAME = "weights.safetensors"


def kept(config: Config) -> bool:
    """Whether a run's weights become part of its result: at seed 0, of images at `overnight` alone."""
    profiles = ("overnight", "paper") if are_whole(config) else ("overnight",)
    return config.profile in profiles and config.seed == 0 and not config.variant


def are_whole(config: Config) -> bool:
    """Whether kept weights are not rounded: networks of strings are small, and a search needs theirs exactly."""
    return config.error == "tokens"


def packed(system: nn.Module, shape: tuple[int, ...], *, whole: bool = False) -> bytes:
    """The weights as a safetensors file, in half precision unless `whole`. shape: (C, H, W), or (D, T) of strings."""
    from safetensors.torch import save

    half = {
        name: (value.half() if value.is_floating_point() and not whole else value).detach().cpu().contiguous()
        for name, value in system.state_dict().items()
    }
    return save(half, {"shape": json.dumps(list(shape)), "weights_sha256": weights_sha256(system)})


def is_kept(result: Result) -> bool:
    return Path(result.folder, NAME).is_file()


def load(result: Result) -> nn.Module:
    """The system of a stored result, from its kept weights, in eval mode.

    Its numbers differ from the stored ones by the rounding of the weights (`are_whole`). Raises FileNotFoundError where
    no weights are kept, ValueError where the file is not that of this result.
    """
    from safetensors import safe_open

    path = Path(result.folder, NAME)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no weights are kept; those of overnight's seed 0 are")
    if "files" in result.raw:
        result.read(NAME)  # its checksum
    with safe_open(path, "pt") as file:
        if file.metadata()["weights_sha256"] != result.raw["weights_sha256"]:
            raise ValueError(f"{path} has the weights of another run than {result.config.name}")
        system = build(result.config, tuple(json.loads(file.metadata()["shape"])))
        values = {name: file.get_tensor(name) for name in file.keys()}
    system.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in values.items()})
    return system.to(memory_format=torch.channels_last).eval()
