"""Losses: closed forms and reference values."""

import pytest
import torch
from torch import nn

from rae_lib.models import losses


def test_terms_have_their_closed_forms():
    x = torch.zeros(4, 3, 2, 2)
    assert losses.squared_error(x, x + 0.5).item() == pytest.approx(12 * 0.25)  # a sum over an image
    assert losses.weight_square([torch.ones(2, 3), 2 * torch.ones(2)]).item() == 14  # no half


def test_kl_agrees_with_torch_distributions():
    mu, log_sigma = torch.randn(5, 7), torch.randn(5, 7)
    q = torch.distributions.Normal(mu, log_sigma.exp())
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    expected = torch.distributions.kl_divergence(q, p).sum(1)
    torch.testing.assert_close(losses.kl_normal(mu, log_sigma), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("latent", "spread", "value"), [(16, 0.0083, 0.0785), (64, 0.0041, 0.0794), (128, 0.0028, 0.0796)]
)
def test_mmd_of_equal_distributions_scatters_about_zero_and_sees_a_scale_error(latent, spread, value):
    generator = torch.Generator().manual_seed(0)
    draw = lambda: torch.randn(100, latent, generator=generator)  # noqa: E731
    values = torch.stack([losses.mmd_imq(draw(), draw()) for _ in range(200)])
    assert abs(values.mean()) < 4 * spread / 200**0.5
    assert values.std().item() == pytest.approx(spread, rel=0.25)
    wider = torch.stack([losses.mmd_imq(1.3 * draw(), draw()) for _ in range(200)])
    assert wider.mean().item() == pytest.approx(value, rel=0.05)


def test_mmd_equals_its_double_sum():
    z, p = torch.randn(6, 3), torch.randn(6, 3)
    scales = [2 * 3 * s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)]
    k = lambda a, b: sum(c / (c + (a - b).square().sum().item()) for c in scales)  # noqa: E731
    within = sum(k(a[i], a[j]) for a in (z, p) for i in range(6) for j in range(6) if i != j)
    cross = sum(k(z[i], p[j]) for i in range(6) for j in range(6))
    expected = within / 30 - 2 * cross / 36
    assert losses.mmd_imq(z, p).item() == pytest.approx(expected, abs=1e-4)


def test_gradient_penalty_of_a_linear_decoder():
    decoder = nn.Linear(3, 7, bias=False)
    z = torch.randn(5, 3, requires_grad=True)
    weight = decoder.weight.detach()
    gradient = 2 * z.detach() @ weight.T @ weight  # 2 W^T W z
    expected = gradient.square().sum(1).mean()
    value = losses.gradient_penalty(decoder, z)
    torch.testing.assert_close(value, expected)
    value.backward()
    assert z.grad.abs().sum() > 0 and decoder.weight.grad.abs().sum() > 0


def test_penalties_can_be_evaluated_without_gradients():
    decoder = nn.Linear(3, 7)
    with torch.no_grad():
        assert losses.gradient_penalty(decoder, torch.randn(5, 3)).isfinite()
        generator = torch.Generator().manual_seed(0)
        assert losses.jacobian_penalty(decoder, torch.randn(5, 3), generator).isfinite()


def test_contractive_penalty_is_the_squared_jacobian_of_the_encoder_and_trains_it():
    weight = torch.randn(3, 12, requires_grad=True)
    x = torch.rand(5, 1, 3, 4, requires_grad=True)
    value = losses.contractive_penalty(x, x.flatten(1) @ weight.T)
    torch.testing.assert_close(value, weight.square().sum())
    value.backward()
    torch.testing.assert_close(weight.grad, 2 * weight.detach())


def test_jacobian_penalty_is_the_squared_frobenius_norm_on_average():
    decoder, generator = nn.Linear(3, 7), torch.Generator().manual_seed(0)
    z = torch.randn(4000, 3)
    value = losses.jacobian_penalty(decoder, z, generator).item()
    assert value == pytest.approx(decoder.weight.square().sum().item(), rel=0.1)


def test_the_codes_mean_convention_and_ours_have_the_same_gradients_up_to_the_pixel_count():
    torch.manual_seed(0)
    encoder, decoder = nn.Linear(12, 4), nn.Linear(4, 12)
    x, b, pixels, latent = torch.rand(5, 1, 3, 4), 1e-2, 12, 4
    parameters = [*encoder.parameters(), *decoder.parameters()]

    def gradients(sum_convention: bool):
        z = encoder(x.flatten(1))
        y = decoder(z).view_as(x)
        if sum_convention:
            beta = 2 * b * pixels / latent
            loss = losses.squared_error(x, y) + beta * losses.code_norm(z)
        else:
            loss = (x - y).square().mean() + b * z.square().mean()
        return torch.autograd.grad(loss, parameters)

    for ours, theirs in zip(gradients(True), gradients(False), strict=True):
        torch.testing.assert_close(ours, pixels * theirs, rtol=1e-4, atol=1e-6)
