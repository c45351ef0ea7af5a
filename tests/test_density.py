"""Densities: one contract for all of them, then closed forms and another implementation."""

import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as Mixture
from torch.distributions import Independent, MultivariateNormal, Normal

from rae_lib.density import Gaussian, GaussianMixture, SecondStageVAE, StandardNormal, slerp
from rae_lib.density.mixture import run_em

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import densities  # noqa: E402


def codes_of(n: int, d: int, kind: str) -> torch.Tensor:
    """Float64 codes: one normal, seven blobs, variances over six decades, or a constant dimension."""
    z = torch.randn(n, d, generator=generator(), dtype=torch.float64)
    if kind == "blobs":
        centres = 4 * torch.randn(7, d, generator=generator(1), dtype=torch.float64)
        z += centres[torch.randint(7, (n,), generator=generator(2))]
    if kind == "flat":
        turn = torch.linalg.qr(torch.randn(d, d, generator=generator(1), dtype=torch.float64))[0]
        z = z * torch.logspace(0, -3, d, dtype=torch.float64) @ turn
    if kind == "dead":
        z[:, 0] = 0
    return z


DENSITIES = {
    "standard": StandardNormal,
    "gaussian": Gaussian,
    "mixture": lambda seed=0: GaussianMixture(3, seed=seed),
    "second": lambda seed=0: SecondStageVAE(0.02, width=16, epochs=2, seed=seed),
}
every = pytest.mark.parametrize("make", DENSITIES.values(), ids=DENSITIES.keys())


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def two_blobs(n: int = 300, latent: int = 4, seed: int = 0) -> torch.Tensor:
    g = generator(seed)
    side = torch.randint(2, (n, 1), generator=g) * 6.0 - 3
    return side * torch.ones(latent) + torch.randn(n, latent, generator=g)


@every
def test_fit_returns_itself_and_reports_both_likelihoods(make):
    density = make()
    assert density.fit(two_blobs(), two_blobs(seed=1)) is density
    for name, codes in (("train_loglik", two_blobs()), ("val_loglik", two_blobs(seed=1))):
        assert density.report[name] == pytest.approx(float(density.log_prob(codes).mean()))
    assert "val_loglik" not in make().fit(two_blobs()).report
    assert all(isinstance(v, (int, float, str)) for v in density.report.values())
    assert all(math.isfinite(v) for v in density.report.values() if not isinstance(v, str))


@every
def test_samples_and_log_probabilities_have_their_shapes_and_are_finite(make):
    density = make().fit(two_blobs())
    z = density.sample(7, generator())
    assert z.shape == (7, 4) and z.dtype == torch.float32 and z.isfinite().all()
    assert density.log_prob(z).shape == (7,) and density.log_prob(z).isfinite().all()


@every
def test_equal_seeds_codes_and_generators_give_equal_densities_and_samples(make):
    first, second = (make(seed=1).fit(two_blobs(), two_blobs(seed=1)) for _ in range(2))
    assert first.report == second.report
    assert torch.equal(first.sample(5, generator(3)), second.sample(5, generator(3)))
    assert not torch.equal(first.sample(5, generator(3)), first.sample(5, generator(4)))


@every
def test_fitting_leaves_the_codes_and_the_global_random_state_alone(make):
    codes, state = two_blobs(), torch.get_rng_state()
    make().fit(codes)
    assert torch.equal(codes, two_blobs())
    assert torch.equal(torch.get_rng_state(), state)


@every
def test_codes_that_are_not_finite_are_refused_with_their_count(make):
    codes = two_blobs()
    codes[3, 1], codes[5, 0] = float("nan"), float("inf")
    with pytest.raises(ValueError, match="2 of 300 codes are not finite; allowed: finite ones"):
        make().fit(codes)
    with pytest.raises(ValueError, match="1 of 300 codes are not finite"):
        make().fit(two_blobs()).log_prob(codes.nan_to_num(posinf=float("nan"), nan=0.0))


@every
def test_codes_of_another_shape_or_type_are_refused(make):
    with pytest.raises(ValueError, match=r"allowed: floating point \(N, d\)"):
        make().fit(torch.zeros(300))
    with pytest.raises(ValueError, match=r"codes are torch.int64"):
        make().fit(torch.zeros(300, 4, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"allowed: floating point \(N, 4\)"):
        make().fit(two_blobs()).log_prob(torch.zeros(3, 5))


@pytest.mark.parametrize(
    ("make", "n", "message"),
    [
        (StandardNormal, 0, "0 codes; allowed: at least 1"),
        (Gaussian, 4, r"4 codes; allowed: at least 5 \(one more than their dimension\)"),
        (lambda: GaussianMixture(10), 9, "9 codes; allowed: at least 10 for 10 components"),
        (lambda: SecondStageVAE(0.1), 19, "19 codes; allowed: at least 20"),
    ],
)
def test_too_few_codes_are_refused_with_the_least_number(make, n, message):
    with pytest.raises(ValueError, match=message):
        make().fit(two_blobs()[:n])


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="components is 0; allowed: a whole number >= 1"):
        GaussianMixture(0)
    with pytest.raises(ValueError, match="beta is 0; allowed: a number > 0"):
        SecondStageVAE(0)
    with pytest.raises(ValueError, match="all 9 codes are equal"):
        Gaussian().fit(torch.ones(9, 3))
    with pytest.raises(ValueError, match="allowed: two equal shapes"):
        slerp(torch.zeros(3, 2), torch.zeros(4, 2))


@pytest.mark.parametrize("make", [StandardNormal, Gaussian, lambda: GaussianMixture(3)])
def test_in_two_dimensions_the_density_integrates_to_one(make):
    codes = two_blobs(latent=2)
    density = make().fit(codes)
    line = torch.linspace(-12, 12, 400)
    grid = torch.cartesian_prod(line, line)
    total = density.log_prob(grid).exp().sum() * (line[1] - line[0]) ** 2
    assert float(total) == pytest.approx(1, abs=1e-3)


def test_the_standard_normal_is_the_standard_normal():
    z = two_blobs()
    reference = Independent(Normal(torch.zeros(4), torch.ones(4)), 1)
    log_prob = StandardNormal().fit(z).log_prob(z)
    torch.testing.assert_close(log_prob.float(), reference.log_prob(z))


def test_the_gaussian_has_the_moments_of_the_codes_and_torchs_log_probability():
    z = two_blobs().double()
    density = Gaussian().fit(z)
    covariance = torch.from_numpy(np.cov(z.numpy(), rowvar=False))
    jitter = 1e-6 * covariance.trace() / 4
    assert density.report["jitter"] == pytest.approx(float(jitter))
    reference = MultivariateNormal(z.mean(0), covariance + jitter * torch.eye(4))
    torch.testing.assert_close(density.log_prob(z), reference.log_prob(z))
    drawn = density.sample(20_000, generator())
    torch.testing.assert_close(drawn.mean(0).double(), z.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(drawn.T.cov().double(), covariance, atol=0.3, rtol=0)


def test_the_gaussian_reports_how_badly_conditioned_the_codes_are():
    z = torch.randn(500, 3, generator=generator()) * torch.tensor([1e3, 1.0, 1.0])
    assert Gaussian().fit(z).report["condition"] > 1e5
    z[:, 2] = 5.0  # a dead dimension
    density = Gaussian().fit(z)
    assert density.sample(10, generator()).isfinite().all()
    assert density.report["condition"] == pytest.approx(3e6, rel=0.01)


def test_the_mixture_agrees_with_scikit_learns_scores_on_the_scale_of_the_codes():
    z = two_blobs().double() * torch.tensor([1.0, 10.0, 0.1, 3.0]) + 7
    density = GaussianMixture(3).fit(z)
    reference = Mixture(3)
    factor = torch.diag(density.scale) @ density.choleskys
    reference.weights_ = density.weights.numpy()
    reference.means_ = (density.shift + density.scale * density.means).numpy()
    reference.precisions_cholesky_ = np.linalg.inv(factor.numpy()).swapaxes(1, 2)
    reference.covariances_ = (factor @ factor.mT).numpy()
    scores = reference.score_samples(z.numpy())
    np.testing.assert_allclose(density.log_prob(z).numpy(), scores, rtol=0, atol=1e-6)


def test_the_mixture_is_scikit_learns_fit_of_the_standardised_codes():
    z = two_blobs().double()
    standardised = ((z - z.mean(0)) / z.std(0, correction=0)).numpy()
    reference = Mixture(3, random_state=0).fit(standardised)
    report = GaussianMixture(3).fit(z).report
    scale = float(z.std(0, correction=0).log().sum())
    assert report["train_loglik"] == pytest.approx(reference.score(standardised) - scale, abs=1e-6)
    assert report["lower_bound"] == pytest.approx(reference.lower_bound_)
    assert report["iterations"] == reference.n_iter_ and report["converged"] is True


@pytest.mark.parametrize(
    ("n", "d", "components", "kind"),
    [(1500, 8, 10, "normal"), (600, 3, 100, "blobs"), (1000, 12, 5, "flat"), (500, 4, 1, "dead")],
)
def test_the_mixture_of_a_tensor_is_that_of_an_array(n, d, components, kind):
    z, settings = codes_of(n, d, kind), {"seed": 0, "max_iter": 100}
    there, _ = run_em(z, components, **settings)
    here, _ = run_em(z.numpy(), components, **settings)
    assert float(there.lower_bound_) == pytest.approx(here.lower_bound_, abs=1e-9)
    assert (there.n_iter_, there.converged_) == (here.n_iter_, here.converged_)
    np.testing.assert_allclose(there.covariances_.numpy(), here.covariances_, atol=1e-9)
    assert "did not converge" in run_em(two_blobs().double(), 5, seed=0, max_iter=1)[1]


@pytest.mark.gpu
@pytest.mark.parametrize("kind", ["normal", "flat", "dead"])
def test_a_mixture_fitted_on_the_gpu_has_the_likelihood_of_the_cpus(kind, cuda):
    z = codes_of(1500, 8, kind)
    near, here = (GaussianMixture(10).fit(codes) for codes in (z.cuda(), z))
    assert near.report["train_loglik"] == pytest.approx(here.report["train_loglik"], abs=1e-3)
    assert near.weights.device.type == "cpu"


def test_the_benchmark_of_mixtures_compares_fits_of_one_likelihood(capsys):
    assert densities.main(["--smoke", "--device", "cpu", "--components", "1", "5"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].startswith("1000 x 8 codes") and len(table) == 4
    z = densities.bent(500, 4)
    torch.testing.assert_close(z.std(0, correction=0), torch.ones(4).double())
    row = densities.compared(z, 5, "cpu", 100)
    assert row["nats"] < 1e-6 and row["iterations"] == row["scikit_iterations"] > 2
    assert row["ratio"] == pytest.approx(row["scikit_seconds"] / row["seconds"])


def test_two_components_find_two_blobs_and_explain_them_better_than_one():
    z = two_blobs(1000)
    density = GaussianMixture(2).fit(z)
    found = (density.shift + density.scale * density.means).sort(0).values
    expected = torch.tensor([[-3.0] * 4, [3.0] * 4]).double()
    torch.testing.assert_close(found, expected, atol=0.2, rtol=0)
    assert density.report["train_loglik"] > Gaussian().fit(z).report["train_loglik"] + 0.1
    far = density.sample(2000, generator()).mean(1).abs()
    assert float((far - 3).abs().mean()) < 0.5  # on the blobs, nothing between them


def test_a_mixture_that_does_not_converge_says_so_in_its_report_and_prints_nothing(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = GaussianMixture(5, max_iter=1).fit(two_blobs()).report
    assert report["converged"] is False and report["iterations"] == 1
    assert "did not converge" in report["warning"]
    assert capfd.readouterr().err == ""


def test_fewer_distinct_codes_than_components_are_survived_and_reported():
    z = torch.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]).repeat(20, 1)
    density = GaussianMixture(10).fit(z)
    assert "distinct clusters" in density.report["warning"]
    assert density.sample(50, generator()).isfinite().all()


@pytest.mark.parametrize("make", [DENSITIES["mixture"], DENSITIES["second"]])
def test_a_dead_code_dimension_is_survived_reproduced_and_reported(make):
    z = two_blobs()
    z[:, 2] = 0.3
    density = make().fit(z)
    assert density.report["dead_dimensions"] == 1
    assert density.log_prob(z).isfinite().all()
    drawn = density.sample(100, generator())[:, 2]
    torch.testing.assert_close(drawn, torch.full((100,), 0.3), atol=1.0, rtol=0)
    assert make().fit(two_blobs()).report["dead_dimensions"] == 0


def test_the_second_stage_bound_is_exact_where_posterior_and_prior_agree():
    z = two_blobs().double()
    density = SecondStageVAE(0.5, width=8)
    density.build(z)
    for parameter in density.parameters():
        parameter.data.zero_()  # so mu = 0, sigma = 1, D(u) = 0: p(s) = N(0, beta/2)
    s = (z - z.mean(0)) / z.std(0, correction=0)
    normal = Normal(0.0, 0.5).log_prob(s).sum(1) - z.std(0, correction=0).log().sum()
    torch.testing.assert_close(density.log_prob(z), normal, atol=1e-4, rtol=0)


def test_the_second_stage_bound_weighs_a_posterior_that_is_not_the_prior():
    z = two_blobs().double()
    density = SecondStageVAE(0.5, width=8)
    density.build(z)
    for parameter in density.parameters():
        parameter.data.zero_()
    exact = density.log_prob(z)
    raw = math.atanh(math.log(0.9) / 5)  # now mu = 0.1, sigma = 0.9, and D(u) = 0 as before
    density.encoder[-1].bias.data.copy_(torch.tensor([0.1] * 4 + [raw] * 4))
    density.draws = 256
    assert float((density.log_prob(z) - exact).mean()) == pytest.approx(0, abs=0.02)


def test_the_second_stage_loss_is_squared_error_plus_beta_kl():
    z = two_blobs()
    density = SecondStageVAE(0.5, width=8)
    density.build(z.double())
    terms = density.loss(z, generator())
    expected = terms["reconstruction"] + 0.5 * terms["kl"]
    torch.testing.assert_close(terms["loss"], expected)
    for parameter in density.parameters():
        parameter.data.zero_()
    terms = density.loss(z, generator())
    assert terms["kl"].item() == 0
    assert terms["reconstruction"].item() == pytest.approx(4, rel=1e-5)  # d standardised codes


def test_the_second_stage_has_the_layers_and_the_training_of_the_paper():
    density = SecondStageVAE(0.024)
    density.build(two_blobs().double())
    weights = sum(p.numel() for p in density.parameters())
    body = 4 * 1024 + 1024 + 1024 * 1024 + 1024
    assert weights == (body + 1024 * 8 + 8) + (body + 1024 * 4 + 4)
    (player,) = density.players()
    assert player.lr == 1e-4 and player.betas == (0.9, 0.999)
    assert player.plateau == pytest.approx(4e-4) and player.plateau_patience == 3
    assert (density.epochs, density.batch) == (100, 64)


def test_the_second_stage_learns_more_of_the_codes_than_their_moments():
    z = two_blobs(1000, latent=2)
    density = SecondStageVAE(0.02, width=64, epochs=40, lr=2e-3).fit(z)

    def off(codes: torch.Tensor) -> float:  # distance of the mean coordinate to the blobs' +-3
        return float((codes.mean(1).abs() - 3).abs().mean())

    assert off(density.sample(2000, generator())) < 0.8 * off(
        Gaussian().fit(z).sample(2000, generator())
    )
    assert density.report["train_loglik"] > StandardNormal().fit(z).report["train_loglik"]
    back = density.reconstruct(z, generator())
    assert float((back - z).square().mean()) < 0.3 * float((z - z.mean(0)).square().mean())
    assert not torch.equal(back, density.reconstruct(z, generator(1)))
    assert torch.equal(density.encode(z), density.encode(z))


def test_slerp_at_one_half_of_orthonormal_codes_is_their_normalised_sum():
    a, b = torch.eye(4)[:2].split(1)
    torch.testing.assert_close(slerp(a, b), (a + b) / 2**0.5)


@pytest.mark.parametrize("factor", [2.0, -1.5])
def test_slerp_of_parallel_or_opposite_codes_is_linear(factor):
    a = two_blobs(5)
    torch.testing.assert_close(slerp(a, factor * a, 0.25), (0.75 + 0.25 * factor) * a)


def test_slerp_starts_at_a_ends_at_b_and_keeps_a_common_length():
    a, b = two_blobs(9), two_blobs(9, seed=1)
    torch.testing.assert_close(slerp(a, b, 0.0), a)
    torch.testing.assert_close(slerp(a, b, 1.0), b)
    a, b = (torch.nn.functional.normalize(x) * 5 for x in (a, b))
    torch.testing.assert_close(slerp(a, b, 0.3).norm(dim=1), torch.full((9,), 5.0))
