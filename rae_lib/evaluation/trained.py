"""A trained system with its codes and the densities fitted to them, each made when it is first asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from rae_lib import density
from rae_lib.config import Config, system_table
from rae_lib.data import Dataset
from rae_lib.density.flow import Flow
from rae_lib.training.loop import as_input


@dataclass(eq=False)
class Trained:
    """What every number about a run is measured on. The system is in eval mode, on the device."""

    system: nn.Module
    config: Config
    data: Dataset
    device: str
    seconds: dict[str, float] = field(default_factory=dict)  # that each density took to fit

    @cached_property
    def codes(self) -> dict[str, Tensor]:
        """Mean codes of every split. -> split: (N, d) float32 on the CPU"""
        splits = ("train", "val", "test")
        return {s: encode(self.system, self.data.images[s], self.device) for s in splits}

    @cached_property
    def densities(self) -> dict[str, density.Gaussian]:
        """Every density that the configuration's sets need, fitted: "mvg", "gmm", "second"."""
        known = [self.codes[split].to(self.device) for split in ("train", "val")]
        wanted = choose_densities(self.config)
        for name, unfitted in wanted.items():
            start = time.monotonic()
            unfitted.fit(*known)  # its likelihoods are on the host: a GPU is waited for
            self.seconds[name] = time.monotonic() - start
        return wanted


def choose_densities(config: Config) -> dict[str, density.Gaussian]:
    """The densities that a configuration asks for, not yet fitted."""
    wanted: dict[str, density.Gaussian] = {}
    if {"mvg", "N"} & set(config.sets):
        wanted["mvg"] = density.Gaussian()
    if "gmm" in config.sets:
        wanted["gmm"] = density.GaussianMixture(config.mixture, seed=config.seed)
    trained = {"width": config.second_width, "epochs": config.second_epochs, "lr": config.second_lr}
    if "flow" in config.sets:
        own = {"width": config.units * config.width // 128}  # the size of a flow that is trained with a VAE
        wanted["flow"] = Flow(couplings=config.couplings, seed=config.seed, **(trained | own))
    if system_table(config.system)["sampler"] == "second-stage":
        wanted["second"] = density.SecondStageVAE(beta=config.second_beta, seed=config.seed, **trained)
    return wanted


def batches(function: Callable[[Tensor], Tensor], x: Tensor, device: str) -> Tensor:
    """function over x in batches on the device, the results on the CPU."""
    size = 1000 if device == "cuda" else 200  # a CPU is a quarter faster at 200 than at 500
    with torch.no_grad():
        return torch.cat([function(part.to(device)).cpu() for part in x.split(size)])


def encode(system: nn.Module, images: Tensor, device: str) -> Tensor:
    """Mean codes of a split, eval mode. -> (N, d) float32"""
    return batches(lambda x: system.encode(as_input(x)).float(), images, device)
