"""Every configuration of the papers at full width, for a few steps: what a GPU is later asked to run works."""

import pytest
import torch

from rae_lib.config import DOCUMENTS, resolve, systems
from rae_lib.models import build
from rae_lib.training.loop import fit

pytestmark = pytest.mark.slow
SHAPES = {"mnist": (1, 32, 32), "fashion_mnist": (1, 32, 32), "cifar10": (3, 32, 32), "celeba64": (3, 64, 64)}
PARAMETERS = {"mnist": 22_689_681, "cifar10": 30_500_867, "celeba64": 39_742_531}  # with BN


# Fashion-MNIST has MNIST's networks and coefficients; variants of a code are tried on CIFAR-10 alone.
CASES = [("fashion_mnist", "ae"), ("fashion_mnist", "vae")]
CASES += [("cifar10", system) for system in systems(kind="images") if system != "two-stage-vae"]
CASES += [(d, s) for d in ("mnist", "celeba64") for s in DOCUMENTS["rae"] if s != "two-stage-vae"]
CASES += [("celeba64", system) for system in ("eae", "dae", "vae-dae")]


@pytest.mark.parametrize(("dataset", "system"), CASES)
def test_a_paper_configuration_trains_at_full_width(dataset, system):
    config = resolve(system, dataset, "paper")
    net = build(config, SHAPES[dataset])
    if system == "rae" and dataset in PARAMETERS:
        assert sum(p.numel() for p in net.parameters()) == PARAMETERS[dataset]
    shape = (4, *SHAPES[dataset])
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    history = fit(net, x, x[:2], epochs=1, batch=2, seed=0)
    assert all(torch.isfinite(p).all() for p in net.parameters()) and len(history) == 1
