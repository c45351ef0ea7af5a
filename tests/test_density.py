"""Densities: one contract for all of them, then closed forms and other implementations."""

import math
import warnings

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as Mixture
from small import seeded
from torch.distributions import MultivariateNormal, Normal
from torch.testing import assert_close

from rae_lib.density import Gaussian, GaussianMixture, SecondStageVAE, slerp
from rae_lib.density.mixture import run_em
from rae_lib.models import losses

DENSITIES = {
    "gaussian": lambda seed=0: Gaussian(),
    "mixture": lambda seed=0: GaussianMixture(3, seed=seed),
    "second": lambda seed=0: SecondStageVAE(0.02, width=16, epochs=2, seed=seed),
}
every = pytest.mark.parametrize("make", DENSITIES.values(), ids=DENSITIES.keys())


def two_blobs(n: int = 300, latent: int = 4, seed: int = 0) -> torch.Tensor:
    g = seeded(seed)
    side = torch.randint(2, (n, 1), generator=g) * 6.0 - 3
    return side * torch.ones(latent) + torch.randn(n, latent, generator=g)


def codes_of(n: int, d: int, kind: str) -> torch.Tensor:
    """Float64 codes: one normal, seven blobs, variances over six decades, or a constant dimension."""
    z = torch.randn(n, d, generator=seeded(), dtype=torch.float64)
    if kind == "blobs":
        centres = 4 * torch.randn(7, d, generator=seeded(1), dtype=torch.float64)
        z += centres[torch.randint(7, (n,), generator=seeded(2))]
    if kind == "flat":
        turn = torch.linalg.qr(torch.randn(d, d, generator=seeded(1), dtype=torch.float64))[0]
        z = z * torch.logspace(0, -3, d, dtype=torch.float64) @ turn
    if kind == "dead":
        z[:, 0] = 0
    return z


@every
def test_a_fit_reports_finite_likelihoods_and_leaves_codes_and_random_state_alone(make):
    codes, val, state = two_blobs(), two_blobs(seed=1), torch.get_rng_state()
    density = make()
    assert density.fit(codes, val) is density
    assert torch.equal(codes, two_blobs()) and torch.equal(torch.get_rng_state(), state)
    for name, z in (("train_loglik", codes), ("val_loglik", val)):
        assert density.report[name] == pytest.approx(float(density.log_prob(z).mean()))
    assert "val_loglik" not in make().fit(codes).report
    values = density.report.values()
    assert all(isinstance(v, str) or math.isfinite(v) for v in values)


@every
def test_equal_seeds_codes_and_generators_give_equal_densities_and_samples(make):
    first, second = (make(seed=1).fit(two_blobs(), two_blobs(seed=1)) for _ in range(2))
    assert first.report == second.report
    z = first.sample(7, seeded(3))
    assert z.shape == (7, 4) and z.dtype == torch.float32
    assert first.log_prob(z).shape == (7,) and first.log_prob(z).isfinite().all()
    assert torch.equal(z, second.sample(7, seeded(3)))
    assert not torch.equal(z, first.sample(7, seeded(4)))


@every
def test_codes_that_are_not_finite_or_of_another_shape_or_type_are_refused(make):
    bad, fitted = two_blobs(), make().fit(two_blobs())
    bad[3, 1], bad[5, 0] = float("nan"), float("inf")
    for use in (make().fit, fitted.log_prob):
        with pytest.raises(ValueError, match="2 of 300 codes are not finite; allowed: finite ones"):
            use(bad)
    with pytest.raises(ValueError, match=r"allowed: floating point \(N, d\)"):
        make().fit(torch.zeros(300))
    with pytest.raises(ValueError, match=r"codes are torch.int64"):
        make().fit(torch.zeros(300, 4, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"allowed: floating point \(N, 4\)"):
        fitted.log_prob(torch.zeros(3, 5))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: Gaussian().fit(two_blobs(4)), r"at least 5 \(one more than their dimension\)"),
        (lambda: GaussianMixture(10).fit(two_blobs(9)), "9 codes; .* at least 10 for 10 comp"),
        (lambda: SecondStageVAE(0.1).fit(two_blobs(19)), "19 codes; allowed: at least 20"),
        (lambda: GaussianMixture(0), "components is 0; allowed: a whole number >= 1"),
        (lambda: SecondStageVAE(0), "beta is 0; allowed: a number > 0"),
        (lambda: Gaussian().fit(torch.ones(9, 3)), "all 9 codes are equal"),
        (lambda: slerp(torch.zeros(3, 2), torch.zeros(4, 2)), "allowed: two equal shapes"),
    ],
)
def test_too_few_codes_and_impossible_settings_are_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()


@pytest.mark.parametrize("make", [Gaussian, lambda: GaussianMixture(3)])
def test_in_two_dimensions_the_density_integrates_to_one(make):
    density, line = make().fit(two_blobs(latent=2)), torch.linspace(-12, 12, 400)
    total = density.log_prob(torch.cartesian_prod(line, line)).exp().sum()
    assert float(total * (line[1] - line[0]) ** 2) == pytest.approx(1, abs=1e-3)


def test_the_gaussian_has_the_moments_of_the_codes():
    z = two_blobs().double()
    density = Gaussian().fit(z)
    covariance = torch.from_numpy(np.cov(z.numpy(), rowvar=False))
    jitter = 1e-6 * covariance.trace() / 4
    assert density.report["jitter"] == pytest.approx(float(jitter))
    reference = MultivariateNormal(z.mean(0), covariance + jitter * torch.eye(4))
    assert_close(density.log_prob(z), reference.log_prob(z))
    drawn = density.sample(20_000, seeded())
    assert_close(drawn.mean(0).double(), z.mean(0), atol=0.1, rtol=0)
    assert_close(drawn.T.cov().double(), covariance, atol=0.3, rtol=0)
    z = torch.randn(500, 3, generator=seeded()) * torch.tensor([1e3, 1.0, 1.0])
    assert Gaussian().fit(z).report["condition"] > 1e5  # it says how badly conditioned the codes are
    z[:, 2] = 5.0  # a dead dimension
    density = Gaussian().fit(z)
    assert density.sample(10, seeded()).isfinite().all()
    assert density.report["condition"] == pytest.approx(3e6, rel=0.01)


def test_the_mixture_is_scikit_learns_of_the_standardised_codes():
    z = two_blobs().double() * torch.tensor([1.0, 10.0, 0.1, 3.0]) + 7
    standard, scale = ((z - z.mean(0)) / z.std(0, correction=0)).numpy(), z.std(0, correction=0)
    reference = Mixture(3, random_state=0).fit(standard)
    density = GaussianMixture(3).fit(z)
    scores = reference.score_samples(standard) - float(scale.log().sum())
    np.testing.assert_allclose(density.log_prob(z).numpy(), scores, rtol=0, atol=1e-6)
    assert density.report["lower_bound"] == pytest.approx(reference.lower_bound_)
    assert density.report["iterations"] == reference.n_iter_ and density.report["converged"]


@pytest.mark.parametrize(
    ("n", "d", "components", "kind"),
    [(1500, 8, 10, "normal"), (600, 3, 100, "blobs"), (1000, 12, 5, "flat"), (500, 4, 1, "dead")],
)
def test_the_mixture_of_a_tensor_is_that_of_an_array(n, d, components, kind):
    z, settings = codes_of(n, d, kind), {"seed": 0, "max_iter": 100}
    (there, _), (here, _) = (run_em(x, components, **settings) for x in (z, z.numpy()))
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


def test_two_components_find_two_blobs_and_explain_them_better_than_one():
    z = two_blobs(1000)
    density = GaussianMixture(2).fit(z)
    found = (density.shift + density.scale * density.means).sort(0).values
    assert_close(found, torch.tensor([[-3.0] * 4, [3.0] * 4]).double(), atol=0.2, rtol=0)
    assert density.report["train_loglik"] > Gaussian().fit(z).report["train_loglik"] + 0.1
    far = density.sample(2000, seeded()).mean(1).abs()
    assert float((far - 3).abs().mean()) < 0.5  # on the blobs, nothing between them


def test_a_mixture_that_does_not_converge_or_lacks_codes_says_so_in_its_report(capfd):
    few = torch.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]).repeat(20, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = GaussianMixture(5, max_iter=1).fit(two_blobs()).report
        density = GaussianMixture(10).fit(few)
    assert report["converged"] is False and report["iterations"] == 1
    assert "did not converge" in report["warning"]
    assert "distinct clusters" in density.report["warning"]
    assert density.sample(50, seeded()).isfinite().all()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("make", [DENSITIES["mixture"], DENSITIES["second"]])
def test_a_dead_code_dimension_is_survived_reproduced_and_reported(make):
    z = two_blobs()
    assert make().fit(z).report["dead_dimensions"] == 0
    z[:, 2] = 0.3
    density = make().fit(z)
    assert density.report["dead_dimensions"] == 1 and density.log_prob(z).isfinite().all()
    drawn = density.sample(100, seeded())[:, 2]
    assert_close(drawn, torch.full((100,), 0.3), atol=1.0, rtol=0)


def flat_stage(z: torch.Tensor) -> SecondStageVAE:
    """A second stage whose weights are 0, so mu = 0, sigma = 1, D(u) = 0."""
    density = SecondStageVAE(0.5, width=8)
    density.build(z)
    for parameter in density.parameters():
        parameter.data.zero_()
    return density


def test_the_second_stage_bound_is_exact_for_the_prior_and_near_for_another_posterior():
    z = two_blobs().double()
    density, scale = flat_stage(z), z.std(0, correction=0)
    s = (z - z.mean(0)) / scale
    exact = Normal(0.0, 0.5).log_prob(s).sum(1) - scale.log().sum()  # p(s) = N(0, beta/2)
    assert_close(density.log_prob(z), exact, atol=1e-4, rtol=0)
    raw = math.atanh(math.log(0.9) / 5)  # now mu = 0.1, sigma = 0.9, and D(u) = 0 as before
    density.encoder[-1].bias.data.copy_(torch.tensor([0.1] * 4 + [raw] * 4))
    density.draws = 256
    assert float((density.log_prob(z) - exact).mean()) == pytest.approx(0, abs=0.02)


def test_the_second_stage_loss_is_squared_error_plus_beta_kl():
    z = two_blobs()
    density = SecondStageVAE(0.5, width=8)
    density.build(z.double())
    terms = density.loss(z, seeded())
    assert_close(terms["loss"], terms["reconstruction"] + 0.5 * terms["kl"])
    terms = flat_stage(z.double()).loss(z, seeded())
    assert terms["kl"].item() == 0
    assert terms["reconstruction"].item() == pytest.approx(4, rel=1e-5)  # d standardised codes


def test_the_second_stage_has_the_layers_and_the_training_of_the_paper():
    density = SecondStageVAE(0.024)
    density.build(two_blobs().double())
    body = 4 * 1024 + 1024 + 1024 * 1024 + 1024
    weights = sum(p.numel() for p in density.parameters())
    assert weights == (body + 1024 * 8 + 8) + (body + 1024 * 4 + 4)
    (player,) = density.players()
    assert player.lr == 1e-4 and player.betas == (0.9, 0.999)
    assert player.plateau == pytest.approx(4e-4) and player.plateau_patience == 3
    assert (density.epochs, density.batch) == (100, 64)


def test_the_second_stage_learns_more_of_the_codes_than_their_moments():
    z = two_blobs(1000, latent=2)
    density = SecondStageVAE(0.02, width=64, epochs=40, lr=2e-3).fit(z)
    drawn = [fitted.sample(2000, seeded()) for fitted in (density, Gaussian().fit(z))]
    off = [float((codes.mean(1).abs() - 3).abs().mean()) for codes in drawn]  # from the blobs' 3
    assert off[0] < 0.8 * off[1]
    assert density.report["train_loglik"] > float(losses.log_normal(z).mean())
    back = density.reconstruct(z, seeded())
    assert float((back - z).square().mean()) < 0.3 * float((z - z.mean(0)).square().mean())
    assert not torch.equal(back, density.reconstruct(z, seeded(1)))
    assert torch.equal(density.encode(z), density.encode(z))


def test_slerp_keeps_ends_and_length_and_is_linear_between_parallel_codes():
    a, b = two_blobs(9), two_blobs(9, seed=1)
    assert_close(slerp(a, b, 0.0), a)
    assert_close(slerp(a, b, 1.0), b)
    for factor in (2.0, -1.5):
        assert_close(slerp(a, factor * a, 0.25), (0.75 + 0.25 * factor) * a)
    one, other = torch.eye(4)[:2].split(1)
    assert_close(slerp(one, other), (one + other) / 2**0.5)
    a, b = (torch.nn.functional.normalize(x) * 5 for x in (a, b))
    assert_close(slerp(a, b, 0.3).norm(dim=1), torch.full((9,), 5.0))
