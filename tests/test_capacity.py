"""Parameters and arithmetic of the networks, against the counts of the papers' layer tables."""

import pytest

from rae_lib import studies
from rae_lib.config import resolve
from rae_lib.pages import capacity
from rae_lib.results.network_size import count_size


def cell(system: str, dataset: str = "cifar10", **sizes):
    return studies.cell("grid", system, dataset, "paper", **sizes)


@pytest.mark.parametrize(
    ("dataset", "parameters", "gflop"),
    [("cifar10", 30_500_867, 7.182), ("celeba64", 39_742_531, 19.181)],
)
def test_the_network_of_the_papers_has_its_parameters_and_arithmetic(dataset, parameters, gflop):
    found = capacity.size(resolve("dae", dataset, "paper"))
    assert found.encoder + found.decoder == parameters
    assert found.flop / 1e9 == pytest.approx(gflop, rel=1e-4)


@pytest.mark.parametrize(
    "config",
    [
        cell("dae", width=64, latent=96, depth=3),
        cell("dae", depth=[3, 3, 2, 1], latent=64),
        cell("vae-dae", "celeba64", width=32, latent=768),
        cell("dae-frozen", latent=64),
        cell("dae-frozen", frozen="both"),
        cell("dae-sn", latent=256),
        resolve("eae", "celeba64", "paper"),
        resolve("eae-l1", "mnist", "paper"),
    ],
    ids=lambda config: config.name,
)
def test_a_size_is_what_counting_the_whole_network_gives(config):
    assert capacity.size(config) == count_size(config, capacity.IMAGES[config.dataset])


def test_the_variational_encoder_has_a_second_head():
    plain, variational = (capacity.size(cell(s, latent=128)) for s in ("dae", "vae-dae"))
    assert variational.encoder - plain.encoder == 128 * (4096 + 1)
    assert variational.decoder == plain.decoder


def test_a_frozen_layer_saves_its_own_gradient_alone():
    trained, frozen = (capacity.size(cell(s, latent=128)) for s in ("dae", "dae-frozen"))
    assert trained.flop - frozen.flop == 2 * 4096 * 128
    assert trained.encoder == frozen.encoder


def test_four_of_the_eight_quoted_ends_are_met():
    ends = capacity.quoted()
    assert len(ends) == 8 and ends["counted / print"].between(1 / 1.5, 1.5).sum() == 4


def test_the_bound_implies_an_effective_dimension():
    table = capacity.bound().set_index("data set")
    assert table.loc["CIFAR-10", "implied effective d"] == "200 to 2,000"
    assert table.loc["CIFAR-10", "n d"] == "1.5 × 10⁸"


def test_powers_of_ten_are_written_as_such():
    assert [capacity.power(v, d) for v, d in ((5e4, 0), (1e7, 0), (1.52e8, 1))] == [
        "5 × 10⁴",
        "10⁷",
        "1.5 × 10⁸",
    ]
