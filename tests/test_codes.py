"""Statistics of a code set, on sets whose statistics are known."""

import math

import pytest
import torch
from small import seeded

from rae_lib.metrics.code_statistics import (
    decoder_jacobian,
    energy_distance,
    gauss_cdf,
    laplace_cdf,
    measure_kolmogorov,
    measure_moments,
    sliced_distance,
    statistics,
)


def normal(n: int = 4000, d: int = 6) -> torch.Tensor:
    return torch.randn(n, d, generator=seeded())


def test_normal_codes_are_close_to_normal_by_every_measure():
    found = statistics(normal(), seeded(1))
    assert found["code_mean_worst"] < 0.06 and found["code_variance_worst"] < 0.1
    assert found["excess_kurtosis"] < 0.2 and found["code_correlation"] < 0.03
    assert abs(found["gauss_distance"]) < 0.01 and found["sliced_distance"] < 0.06
    assert abs(found["knn_divergence"]) < 0.25
    assert found["entropy_2000"] == pytest.approx(3 * math.log(2 * math.pi * math.e), abs=0.25)


def test_the_energy_coefficient_sees_shape_and_neither_scale_nor_place():
    z = normal(1000)
    moved = energy_distance(5 * z - 3, seeded(1))
    assert moved == pytest.approx(energy_distance(z, seeded(1)), abs=1e-6)
    two_lumps = torch.cat([z[:500] + 8, z[500:] - 8])
    assert energy_distance(two_lumps, seeded(1)) > 10 * abs(moved)


def test_the_sliced_distance_of_a_shift_is_the_shift_along_a_direction():
    value = sliced_distance(normal(4000, 2) + torch.tensor([3.0, 0.0]), seeded(1))
    assert value == pytest.approx(3 / 2**0.5, rel=0.1)  # root mean square of 3 cos over directions


def test_moments_of_a_scaled_and_correlated_set():
    z = normal(20000, 2)
    mixed = torch.stack([z[:, 0], 0.6 * z[:, 0] + 0.8 * z[:, 1]], 1)
    assert measure_moments(mixed)["code_correlation"] == pytest.approx(0.6, abs=0.02)
    for scale, name, value in ((3.0, "sd_spread", 2**0.5), (10.0, "code_condition", 100)):
        found = measure_moments(z * torch.tensor([1.0, scale]))
        assert found[name] == pytest.approx(value, rel=0.05)


def test_uniform_and_laplace_codes_have_their_kurtosis_and_kolmogorov_distances():
    u = torch.rand(20000, 3, generator=seeded())
    assert measure_moments(u)["signed_kurtosis"] == pytest.approx(-1.2, abs=0.02)
    sign = torch.randint(0, 2, (20000, 3), generator=seeded()) * 2 - 1
    laplace = sign * torch.empty(20000, 3).exponential_(generator=seeded(1))
    assert measure_moments(laplace)["signed_kurtosis"] == pytest.approx(3, abs=0.5)
    near, far = (measure_kolmogorov(laplace, cdf) for cdf in (laplace_cdf, gauss_cdf))
    assert near < 0.012 < 0.03 < far


def test_a_constant_dimension_and_a_single_one_leave_every_number_finite():
    z = normal(200, 3)
    z[:, 1] = 5.0
    for codes in (z, z[:, :1]):
        assert all(math.isfinite(v) for v in statistics(codes, seeded()).values())


def test_the_slope_of_a_decoder_is_its_jacobian_against_standardised_codes():
    weight, scale = torch.randn(12, 3, generator=seeded()), torch.tensor([1.0, 2.0, 0.5])
    slope = decoder_jacobian(lambda z: (z @ weight.T).view(-1, 1, 3, 4), normal(5, 3), scale)
    assert slope == pytest.approx(float((weight * scale).norm()), rel=1e-5)
    z = normal(50, 3)
    squares = decoder_jacobian(torch.square, z, torch.ones(3))
    assert squares == pytest.approx(float((2 * z).norm(dim=1).mean()), rel=1e-5)
    one = decoder_jacobian(torch.sin, z, scale)  # twice as steep on codes half as large: equal
    other = decoder_jacobian(lambda u: torch.sin(2 * u), z / 2, scale / 2)
    assert one == pytest.approx(other, rel=1e-5)
