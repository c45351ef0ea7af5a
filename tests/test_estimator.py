"""The entropy estimate against closed forms and reference values, and where climbing it leads."""

import math

import pytest
import torch

from rae_lib.models import losses
from rae_lib.results import entropy_simulation


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def spread_of_distances(z: torch.Tensor) -> float:
    pairs = torch.pdist(z)
    return float(pairs.std() / pairs.mean())


def test_true_entropies_are_the_closed_forms():
    assert entropy_simulation.truth("normal", 16) == pytest.approx(22.703, abs=1e-3)
    assert entropy_simulation.truth("normal", 128) == pytest.approx(181.624, abs=1e-3)
    assert entropy_simulation.truth("uniform", 2) == pytest.approx(2 * math.log(math.sqrt(12)))
    assert entropy_simulation.truth("laplace", 1) == pytest.approx(math.log(2 * math.e / math.sqrt(2)))
    assert entropy_simulation.truth("signs", 3) == -math.inf


@pytest.mark.parametrize("law", [n for n in entropy_simulation.LAWS if n != "simplex"] + ["correlated"])
def test_every_law_has_mean_0_and_variance_1(law, generator):
    z = entropy_simulation.draw(law, 20_000, 4, generator)
    assert z.mean(0).abs().max() < 0.03 and (z.var(0) - 1).abs().max() < 0.05
    common = entropy_simulation.COMMON if law == "correlated" else 0
    assert torch.corrcoef(z.T)[0, 1].item() == pytest.approx(common, abs=0.03)


def test_an_unknown_law_and_more_points_than_a_simplex_has_are_refused(generator):
    with pytest.raises(ValueError, match="unknown law 'cauchy'; allowed: normal, uniform"):
        entropy_simulation.draw("cauchy", 10, 2, generator)
    with pytest.raises(ValueError, match="100 points cannot be equidistant in 16 dimensions"):
        entropy_simulation.simplex(100, 16, generator)


def test_a_simplex_is_equidistant_and_standardised(generator):
    z = entropy_simulation.simplex(100, 128, generator)
    assert spread_of_distances(z) < 1e-3
    assert torch.pdist(z).mean().item() == pytest.approx(math.sqrt(2 * 128 * 100 / 99), rel=1e-4)
    assert z.mean(0).abs().max() < 1e-4 and (z.var(0, correction=0) - 1).abs().max() < 1e-4


def test_the_bound_is_attained_by_the_simplex_and_by_nothing_else(generator):
    bound = entropy_simulation.bound(100, 128)
    assert bound == pytest.approx(228.8, abs=0.05)
    reached = losses.entropy(entropy_simulation.simplex(100, 128, generator))
    assert float(reached) == pytest.approx(bound, abs=0.01)
    for law in ("normal", "uniform", "signs", "sphere"):
        assert entropy_simulation.estimates(law, 100, 128, 3, generator).max() < bound - 10


def test_the_bias_falls_with_the_batch_and_rises_with_the_dimension(generator):
    def bias(n: int, d: int) -> float:
        found = entropy_simulation.estimates("normal", n, d, 20, generator, raw=True)
        return float(found.mean()) - entropy_simulation.truth("normal", d)

    large = {d: bias(400, d) for d in (2, 16, 64)}
    assert bias(50, 16) > large[16] and bias(50, 64) > large[64] > large[16]
    assert abs(large[2]) < 0.2 < large[16]


@pytest.mark.parametrize(
    ("law", "value"), [("uniform", 211.5), ("signs", 212.7), ("sphere", 213.0), ("laplace", 207.3), ("normal", 210.1)]
)
def test_standardised_laws_have_their_reference_estimates(law, value, generator):
    found = entropy_simulation.estimates(law, 100, 128, 20, generator)
    assert float(found.mean()) == pytest.approx(value, abs=0.8)


def test_climbing_the_estimate_makes_distances_alike(generator):
    z, trace = entropy_simulation.ascent(40, 40, 64, 60, generator, looks=3)
    first, last = trace.iloc[0], trace.iloc[-1]
    assert list(trace["step"]) == [0, 20, 40, 60] and z.shape == (40, 64)
    assert last["batch"] > first["batch"] + 5 and last["batch"] < entropy_simulation.bound(40, 64)
    assert last["spread"] < 0.6 * first["spread"] and last["nearest"] > first["nearest"]
    assert z.mean(0).abs().max() < 1e-5 and (z.var(0, correction=0) - 1).abs().max() < 1e-4


def test_fresh_batches_move_all_points_and_less_far(generator):
    z, trace = entropy_simulation.ascent(120, 40, 64, 60, generator, looks=1, rate=3.0)
    again = entropy_simulation.ascent(120, 40, 64, 60, generator.manual_seed(0), looks=1, rate=3.0)
    assert torch.equal(z, again[0])
    same = entropy_simulation.ascent(40, 40, 64, 60, generator, looks=1)[1]
    assert z.shape == (120, 64)
    assert same["spread"].iloc[-1] < trace["spread"].iloc[-1] < trace["spread"].iloc[0]
