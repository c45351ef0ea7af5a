"""The deterministic-autoencoder study's switches: cross-entropy, schedule, noise, frozen code layer, norms."""

import math

import pytest
import torch
from small import DATA, play, small

from rae_lib.config import resolve
from rae_lib.models import build, losses
from rae_lib.training import players


def test_cross_entropy_is_the_sum_over_an_image_and_least_at_the_image_itself():
    x = torch.full((2, 3, 4, 4), 0.25)
    logits = torch.full_like(x, math.log(0.25 / 0.75), requires_grad=True)
    value = losses.cross_entropy(x, logits)
    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert value.item() == pytest.approx(48 * entropy, rel=1e-5)
    (gradient,) = torch.autograd.grad(value, logits)
    assert gradient.abs().max() < 1e-6
    white = torch.full((1, 1, 2, 2), 200.0, requires_grad=True)  # a saturated pixel keeps its gradient
    value = losses.cross_entropy(torch.zeros(1, 1, 2, 2), white)
    (gradient,) = torch.autograd.grad(value, white)
    assert value.item() == pytest.approx(800) and gradient.min().item() == pytest.approx(1)


def test_the_schedule_is_the_published_one_over_a_hundred_epochs():
    (player,) = build(resolve("dae", "cifar10", "paper", overrides={"width": 2}), (3, 32, 32)).players()
    rates = [players.piecewise(player, epoch / 100) for epoch in range(100)]
    assert rates[0] == pytest.approx(1e-4) and rates[1:33] == pytest.approx([1e-3] * 32)
    assert rates[33:66] == pytest.approx([1e-4] * 33)
    assert rates[66:] == pytest.approx([1e-5] * 34)
    assert player.plateau is None


def test_the_loop_follows_the_schedule_and_says_so_in_the_history():
    history = play(small("dae", lr=1e-3, decay=(0.5,), warmup=0.25), 4)
    assert [row["lr"] for row in history] == pytest.approx([1e-4, 1e-3, 1e-4, 1e-4])


@pytest.mark.parametrize(("which", "still"), [("encoder", 1), ("both", 2)])
def test_a_frozen_code_layer_stays_at_its_initialisation_and_the_rest_moves(which, still):
    net, before = small("dae-frozen", frozen=which), small("dae")
    assert all(map(torch.equal, net.state_dict().values(), before.state_dict().values()))
    play(net, 2)
    layers = [(net.encoder[-1], before.encoder[-1]), (net.decoder[0], before.decoder[0])]
    same = [torch.equal(a.weight, b.weight) and torch.equal(a.bias, b.bias) for a, b in layers]
    assert same == [True, still == 2]
    assert not torch.equal(net.encoder[1].weight, before.encoder[1].weight)


@pytest.mark.parametrize("field", ["code_noise", "input_noise"])
def test_noise_is_on_in_training_and_off_in_evaluation(field):
    x, generator = DATA[:8].float() / 255, torch.Generator().manual_seed(0)
    net = small("dae-noise", **{"code_noise": 0.0, field: 1.0})
    net.train()
    losses_on = {net.loss(x, generator)["reconstruction"].item() for _ in range(3)}
    net.eval()
    losses_off = {net.loss(x, generator)["reconstruction"].item() for _ in range(3)}
    assert len(losses_on) == 3 and len(losses_off) == 1


def test_the_norms_of_the_code_are_what_their_names_say():
    x = DATA[:32].float() / 255
    z = small("dae-ln").train().encode(x)
    assert z.mean(1).abs().max() < 1e-5 and (z.var(1, correction=0) - 1).abs().max() < 0.05
    z = small("dae-bn").train().encode(x)
    assert z.mean(0).abs().max() < 1e-5 and (z.var(0, correction=0) - 1).abs().max() < 0.05
    net = small("dae-sn").train()
    for _ in range(30):
        net.encode(x)
    assert torch.linalg.svdvals(net.encoder[-1].weight)[0].item() == pytest.approx(1, abs=1e-3)


def test_the_vae_of_the_study_is_weighted_per_channel_and_has_a_log_variance_head():
    assert resolve("vae-dae", "cifar10", "paper").beta == pytest.approx(3 * 0.01)
    assert resolve("vae-dae", "mnist", "paper").beta == pytest.approx(0.01)
    net = small("vae-dae")
    raw = net.encoder(DATA[:4].float() / 255)
    mu, log_sigma = net.posterior(DATA[:4].float() / 255)
    torch.testing.assert_close(torch.cat([mu, 2 * log_sigma], 1), raw)
