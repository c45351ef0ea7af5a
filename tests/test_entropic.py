"""The entropy estimate against closed forms and reference values; EAE's norms, priors and gradients."""

import math

import pytest
import torch
from small import images, small

from rae_lib.config import resolve
from rae_lib.models import build, losses, networks


def normal(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def truth(d: int) -> float:
    """Entropy of N(0, I) in nats."""
    return 0.5 * d * math.log(2 * math.pi * math.e)


@pytest.mark.parametrize(("d", "mean", "deviation"), [(16, 23.59, 0.35), (64, 101.72, 0.70), (128, 209.36, 1.0)])
def test_the_estimate_of_a_batch_of_100_has_its_known_mean_and_spread(d, mean, deviation):
    values = torch.stack([losses.entropy(normal(100, d, seed)) for seed in range(200)])
    assert values.mean().item() == pytest.approx(mean, abs=5 * deviation / 200**0.5)
    assert values.std().item() == pytest.approx(deviation, rel=0.25)


def test_the_estimate_converges_to_the_gaussian_entropy_with_the_number_of_codes():
    for d in (1, 2, 4):
        errors = [abs(sum(losses.entropy(normal(n, d, s)).item() for s in range(8)) / 8 - truth(d)) for n in (50, 3000)]
        assert errors[1] < 0.08 and errors[1] < errors[0] + 0.02


def test_more_neighbours_estimate_the_same_with_less_scatter():
    values = {k: torch.stack([losses.entropy(normal(400, 2, s), k) for s in range(40)]) for k in (1, 5)}
    assert values[5].mean().item() == pytest.approx(truth(2), abs=0.12)
    assert values[5].std() < values[1].std()


def test_scaling_codes_adds_d_log_scale_and_shifting_them_nothing():
    z = normal(50, 8)
    moved, base = losses.entropy(3 * z + 7), losses.entropy(z)
    assert (moved - base).item() == pytest.approx(8 * math.log(3), rel=1e-4)


def test_equal_codes_leave_value_and_gradient_finite():
    for z in (torch.zeros(10, 4), torch.cat([normal(5, 4)] * 2)):
        z = z.clone().requires_grad_()
        value = losses.entropy(z)
        (gradient,) = torch.autograd.grad(value, z)
        assert value.isfinite() and gradient.isfinite().all()


def test_the_gradient_pushes_a_code_away_from_its_nearest_neighbour():
    z = torch.tensor([[0.0], [1.0], [10.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(losses.entropy(z), z)
    assert gradient[0] < 0 < gradient[1] and gradient[2] > 0
    with torch.no_grad():
        step = [(z[:1] + h * torch.tensor([[1.0]]), z[1:]) for h in (-1e-3, 1e-3)]
        low, high = (losses.entropy(torch.cat(parts)).item() for parts in step)
    assert gradient[0].item() == pytest.approx((high - low) / 2e-3, rel=1e-2)


def test_the_estimate_stays_in_float32_under_autocast():
    z = normal(100, 16)
    with torch.autocast("cpu", torch.bfloat16):
        inside = losses.entropy(z.bfloat16().float())
    outside = losses.entropy(z.bfloat16().float())
    assert inside.dtype == torch.float32 and torch.equal(inside, outside)
    with pytest.raises(ValueError, match="1 codes have no 1-th nearest neighbour"):
        losses.entropy(torch.zeros(1, 3))


def test_batch_normalised_codes_have_mean_zero_and_variance_one():
    system = small("eae").train()
    z = system.encode(images(16))
    assert z.mean(0).abs().max() < 1e-5
    assert (z.var(0, correction=0) - 1).abs().max() < 1e-2
    assert not [name for name, _ in system.encoder[-1].named_parameters()]


def test_l1_normalised_codes_have_mean_zero_and_mean_absolute_value_one():
    norm = networks.L1Norm(3, momentum=0.5).train()
    z = norm(5 + 4 * normal(64, 3))
    assert z.mean(0).abs().max() < 1e-5
    assert (z.abs().mean(0) - 1).abs().max() < 1e-4
    for _ in range(30):
        norm(5 + 4 * normal(2000, 3))
    still = norm.eval()(5 + 4 * normal(2000, 3))
    assert (still.abs().mean(0) - 1).abs().max() < 1e-3


def test_evaluation_normalises_by_running_averages_whatever_the_batch():
    for name in ("eae", "eae-l1"):
        system = small(name)
        system.train().encode(images(16))
        system.eval()
        with torch.no_grad():
            whole = system.encode(images(16))
            one = torch.cat([system.encode(x[None]) for x in images(16)])
        torch.testing.assert_close(whole, one, rtol=1e-4, atol=1e-4)


def test_the_prior_of_the_l1_variant_is_laplace_and_of_the_others_normal():
    generator = torch.Generator().manual_seed(0)
    z = small("eae-l1", latent=4).prior(20000, generator)
    assert z.abs().mean().item() == pytest.approx(1, abs=0.02)
    assert z.var().item() == pytest.approx(2, abs=0.06)
    assert z.mean().item() == pytest.approx(0, abs=0.02)
    assert small("eae", latent=4).prior(20000, generator).var().item() == pytest.approx(1, abs=0.02)


def test_without_weight_the_entropy_is_watched_and_the_loss_is_the_error():
    terms = small("ae-bn").train().loss(images(16), torch.Generator())
    assert terms["loss"] == terms["reconstruction"] and not terms["entropy"].requires_grad
    terms = small("eae").train().loss(images(16), torch.Generator())
    weight = resolve("eae", "digits", "smoke").beta
    expected = terms["reconstruction"] - weight * terms["entropy"]
    assert terms["loss"].item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_papers_regularisers_are_on_their_data_sets():
    assert resolve("eae", "cifar10", "paper").regulariser == "l2"
    assert resolve("eae", "celeba64", "paper").regulariser == "sn"
    assert resolve("eae", "mnist", "paper").beta == 0.0516
    terms = build(resolve("eae", "cifar10", "smoke", overrides={"width": 2}), (3, 32, 32)).loss(
        torch.rand(8, 3, 32, 32), torch.Generator()
    )
    assert terms["regulariser"] > 0


def test_the_narrow_mnist_network_has_its_derived_number_of_parameters():
    shape = (1, 32, 32)
    for latent, expected in ((8, 5_689_673), (16, 5_968_209), (32, 6_525_281)):
        common = {"width": 64, "batch_norm": False}
        count = sum(
            p.numel()
            for net in (networks.encoder(shape, latent, **common), networks.decoder(shape, latent, **common))
            for p in net.parameters()
        )
        assert count == expected
