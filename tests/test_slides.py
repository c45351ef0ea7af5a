"""The systems of the slides: critics, the mask, learned priors, the learned variance, the injective bound, flows."""

import math

import pytest
import torch
from small import SHAPE, images, play, seeded, small

from rae_lib import data
from rae_lib.config import DOCUMENTS, catalogue, resolve
from rae_lib.density.flow import Flow
from rae_lib.evaluation.codes import code_records, own_records
from rae_lib.evaluation.samples import sampler
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics.code_statistics import statistics
from rae_lib.models import losses
from rae_lib.models.dai_wipf import negative_likelihood
from rae_lib.training import loop, players


@pytest.mark.parametrize("network", ["convolutional", "mlp"])
@pytest.mark.parametrize("name", DOCUMENTS["slides"])
def test_a_system_trains_a_few_steps_and_samples_by_its_generator_alone(name, network):
    net = small(name, network=network)
    assert all(math.isfinite(value) for value in play(net)[0].values())
    one = Trained(net, net.config, data.load("digits", train_images=64), "cpu")
    z, again, other = (sampler(one, "N")[1](50, seeded(s)) for s in (0, 0, 1))
    assert z.shape == (50, net.config.latent) and not z.requires_grad
    assert torch.equal(z, again) and not torch.equal(z, other)
    assert net.decode(z).isfinite().all()


@pytest.mark.parametrize("name", ["maskaae", "flexae", "vae-iop"])
def test_a_resumed_game_is_bitwise_the_uninterrupted_one(name, tmp_path):
    whole, parts, again = (small(name, kl_warmup=0.5) for _ in range(3))
    history = play(whole, 2)
    calls, real = [], loop.epoch

    def killed(*given):
        if calls:
            raise KeyboardInterrupt
        calls.append(real(*given))

    loop.epoch = killed
    try:
        with pytest.raises(KeyboardInterrupt):
            play(parts, 2, tmp_path / "checkpoint.pt")
    finally:
        loop.epoch = real
    assert play(again, 2, tmp_path / "checkpoint.pt")[1]["val"] == history[1]["val"]
    for key, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key


def test_the_slope_penalty_of_a_linear_critic_is_its_closed_form_in_any_precision():
    critic = torch.nn.Linear(5, 1)
    real, fake = torch.randn(2, 7, 5, generator=seeded())
    expected = (critic.weight.norm().item() - 1) ** 2
    assert losses.slope_penalty(critic, real, fake, seeded()).item() == pytest.approx(expected)
    with torch.autocast("cpu", torch.bfloat16):
        value = losses.slope_penalty(critic, real.bfloat16(), fake.bfloat16(), seeded())
    assert value.dtype == torch.float32 and value.item() == pytest.approx(expected, rel=1e-5)
    value.backward()  # it trains the critic
    direction = critic.weight / critic.weight.norm()
    slope = 2 * (critic.weight.norm() - 1) * direction
    torch.testing.assert_close(critic.weight.grad, slope, rtol=1e-4, atol=1e-6)


def test_the_gradient_of_the_mask_is_that_of_finite_differences():
    net = small("maskaae", latent=4).double().eval()
    net.passed.fill_(0.3)

    def value() -> torch.Tensor:
        return net.mask_loss(images().double(), seeded())["loss"]

    (gradient,) = torch.autograd.grad(value(), net.strength)
    for i in range(4):
        sides = []
        for step in (1e-4, -2e-4, 1e-4):
            sides.append(value().item())
            net.strength.data[i] += step
        assert gradient[i].item() == pytest.approx((sides[1] - sides[2]) / 2e-4, rel=1e-3)


def test_the_mask_is_projected_keeps_its_slope_at_zero_and_its_binary_term_doubles():
    net = small("maskaae", latent=16, mask_period=0.1)
    net.strength.data[0] = -1.0
    mask = net.mask()
    assert mask[0] == 0 == net.strength[0] and (mask < 1).all()
    (slope,) = torch.autograd.grad(mask.sum(), net.strength)
    torch.testing.assert_close(slope, (-net.strength).exp())  # 1 at 0: a dimension may come back
    weights = []
    for passed in (0.0, 0.15, 0.35, 1.0, 2.5):
        net.passed.fill_(passed)
        weights.append(net.mask_loss(images(), seeded())["weight"].item())
    assert weights == pytest.approx([1 / 8, 1 / 4, 1, 128, 2048])


def test_a_mask_is_counted_and_its_closed_dimensions_are_no_part_of_a_code():
    net = small("maskaae", latent=3, samples=20).eval()
    net.strength.data = torch.tensor([3.0, -1.0, 0.5])
    one = Trained(net, net.config, data.load("digits", train_images=64), "cpu")
    found = {(r["metric"], r["set"]): r["value"] for r in own_records(one)}
    assert found["active_dimensions", "codes"] == 2
    assert found["mask_between", "codes"] == pytest.approx(1 / 3)
    assert found["mask", "dimension-0"] == pytest.approx(1 - math.exp(-3))
    mask, x = net.mask(), images(5)
    torch.testing.assert_close(net.encode(x), mask * net.encoder(x))
    z = sampler(one, "N")[1](20, seeded())
    torch.testing.assert_close(z, mask.detach() * torch.randn(20, 3, generator=seeded()))
    for name in ("N01", "mvg", "gmm"):
        assert sampler(one, name)[1](20, seeded())[:, 1].abs().max() < 0.01
    ours = {r["metric"]: r["value"] for r in code_records(one) if r["set"] == "rec"}
    half = statistics(one.codes["test"][:, [0, 2]], loop.generator_for("codes/test", 0))
    assert ours["knn_divergence"] == half["knn_divergence"]


def test_one_pseudo_input_that_is_the_image_leaves_no_divergence():
    net, x = small("vae-vamp").eval(), images(1)
    net.pseudo.data = x.clone()
    assert net.loss(x, seeded())["kl"].abs().item() < 1e-4
    mu, log_sigma = (part.repeat(5, 1) for part in net.posterior(x))  # five equal ones are one
    z = torch.randn(9, mu.shape[1], generator=seeded())
    alone = losses.log_gaussian(z, mu[0], log_sigma[0])
    torch.testing.assert_close(net.log_prior(z, mu, log_sigma), alone)
    assert small("vae-vamp", width=4).pseudo.shape == (500 * 4 // 128, *SHAPE)


def test_the_injective_bound_is_exact_for_an_orthonormal_slope_and_else_above():
    q, _ = torch.linalg.qr(torch.randn(12, 4, dtype=torch.float64, generator=seeded()))
    linear = torch.nn.Linear(4, 12, bias=False).double()
    linear.weight.data, z = q, torch.randn(20_000, 4, dtype=torch.float64, generator=seeded())
    square = losses.jacobian_square(linear, z, seeded()).double()
    assert square.mean().item() == pytest.approx(4, rel=0.02)  # tr(J^T J)
    assert losses.log_volume(torch.tensor(4.0), 4).item() == pytest.approx(0, abs=1e-5)
    for scale in (0.1, 3.0):
        exact = losses.log_volume((scale * q).square().sum(), 4).item()
        assert exact == pytest.approx(4 * math.log(scale), abs=1e-3)
    j = torch.randn(12, 4, dtype=torch.float64, generator=seeded(1))
    assert losses.log_volume(j.square().sum(), 4) > 0.5 * torch.logdet(j.T @ j)


def test_a_flow_is_invertible_and_its_samples_are_its_density():
    net = small("vae-flow")
    play(net)
    z = torch.randn(64, 16, generator=seeded())
    u, log_det = net.flow.transform().call_and_ladj(z)
    torch.testing.assert_close(net.flow.inverse(u), z, rtol=1e-3, atol=1e-4)
    slope = torch.autograd.functional.jacobian(net.flow.transform(), z[0])
    assert torch.linalg.slogdet(slope)[1].item() == pytest.approx(log_det[0].item(), abs=1e-3)


def test_a_flow_fitted_to_codes_has_their_likelihood_and_their_moments():
    z = torch.randn(2000, 2, generator=seeded()) * torch.tensor([2.0, 0.5]) + 3
    flow = Flow(couplings=4, width=64, epochs=8, lr=2e-3).fit(z, z[:500])
    entropy = 2 * 0.5 * math.log(2 * math.pi * math.e)  # log 2 + log .5 = 0
    assert flow.report["train_loglik"] == pytest.approx(-entropy, abs=0.1)
    drawn = flow.sample(4000, seeded())
    torch.testing.assert_close(drawn.mean(0), z.mean(0), atol=0.15, rtol=0)
    torch.testing.assert_close(drawn.std(0), z.std(0), atol=0.15, rtol=0.1)


def test_gamma_is_least_at_the_root_mean_squared_error():
    square, size = torch.tensor(30.0), 120
    log_gamma = torch.tensor(0.5 * math.log(30 / 120), requires_grad=True)
    value = negative_likelihood(square, log_gamma, size)
    (slope,) = torch.autograd.grad(value, log_gamma)
    assert slope.item() == pytest.approx(0, abs=1e-4)
    assert value.item() == pytest.approx(size / 2 * (1 + math.log(2 * math.pi * 30 / 120)))


def test_the_second_stage_sees_codes_drawn_anew_and_moves_nothing_of_the_first():
    net = small("two-stage-dw")
    first, second = net.players()
    assert not {id(p) for p in first.parameters} & {id(p) for p in second.parameters}
    assert len(first.parameters) + len(second.parameters) == len(list(net.parameters()))
    values = {second.loss(images(), generator)["loss"].item() for generator in [seeded()] * 2}
    assert len(values) == 2


def test_samples_of_an_implicit_prior_have_its_law_where_the_standard_normal_law_hardly_reaches():
    net, law = small("vae-iop", latent=16), torch.distributions.Normal(0.5, math.sqrt(3))
    normal = torch.distributions.Normal(0.0, 1.0)
    net.ratio.forward = lambda z: (law.log_prob(z) - normal.log_prob(z)).sum(-1, keepdim=True)  # T = log q / N
    z = net.prior(2000, seeded())
    assert (z.mean(0) - 0.5).abs().max() < 0.2 and (z.var(0) / 3 - 1).abs().max() < 0.2
    assert torch.equal(z, net.prior(2000, seeded()))


def test_the_log_ratio_of_an_implicit_prior_is_positive_where_codes_are():
    net = small("vae-iop", latent=2, width=16)
    net.posterior = lambda x: (torch.full((len(x), 2), 1.5), torch.full((len(x), 2), -1.0))
    ratio = net.players()[1]
    optimiser, generator = torch.optim.Adam(ratio.parameters, 1e-2), seeded()
    for _ in range(150):
        optimiser.zero_grad()
        ratio.loss(images(64), generator)["loss"].backward()
        optimiser.step()
    here, there = net.ratio(torch.tensor([[1.5, 1.5], [-1.0, -1.0]])).squeeze(1)
    truth = 2 + 0.5 * 2 * 1.5**2  # log q / N at the mean of q: -sum log sigma + |mu|^2 / 2
    assert here.item() == pytest.approx(truth, abs=1.0) and there < -1
    mu, log_sigma = net.posterior(images(4))
    kl = net.divergence(mu, log_sigma, mu)  # T takes away from the divergence where codes are
    assert (kl < losses.kl_normal(mu, log_sigma)).all()


def test_rmsprop_starts_as_tensorflow_1_does_where_asked():
    for start, before in (("rmsprop", 0.0), ("rmsprop-tf1", 1.0)):
        weight = torch.nn.Parameter(torch.tensor([2.0]))
        player = players.Player("p", [weight], lambda x, g: {}, lr=0.1, optimiser=start)
        optimiser = players.optimiser_for(player, "cpu")
        weight.grad = torch.tensor([0.5])
        optimiser.step()
        step = 0.1 * 0.5 / math.sqrt(0.9 * before + 0.1 * 0.25)
        assert 2 - weight.item() == pytest.approx(step, rel=1e-3)


def test_a_generator_may_be_missing_and_an_image_critic_may_be_added():
    plain, fixed, smooth = (small("flexae", **o) for o in ({}, {"prior_depth": 0}, {"smoothing": True}))
    names = [[p.name for p in net.players()] for net in (plain, fixed, smooth)]
    assert names[0] == ["autoencoder", "critic", "generator", "encoder"]
    assert set(names[0]) - set(names[1]) == {"generator"}
    assert set(names[2]) - set(names[0]) == {"image-critic", "smoothing"}
    assert torch.equal(fixed.prior(5, seeded()), torch.randn(5, 16, generator=seeded()))
    assert math.isfinite(play(smooth)[0]["image-critic/slope"])
    with pytest.raises(ValueError, match="noise is 20: without a generator it must be 16"):
        small("flexae", prior_depth=0, noise=20)


def test_sizes_and_rates_are_the_published_ones():
    sizes = {("maskaae", "mnist"): 64, ("maskaae", "synth8"): 16, ("maskaae", "synth16"): 32}
    sizes |= {("flexae", "mnist"): 32, ("flexae", "cifar10"): 128, ("wae-gan", "mnist"): 64}
    assert {key: resolve(*key, "paper").latent for key in sizes} == sizes
    net = small("flexae", lr=2e-4)
    assert [p.lr for p in net.players()] == pytest.approx([2e-4, 1e-4, 2e-4, 1e-5])
    net = small("maskaae", lr=5e-4)
    assert [p.lr for p in net.players()] == pytest.approx([5e-4, 1e-4, 1e-4, 5e-4])
    assert resolve("maskaae", "synth8", "paper").network == "mlp"
    for name in ("mnist", "cifar10", "celeba64"):
        assert resolve("injective-flow", name, "paper").lr == resolve("rae", name, "paper").lr


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "celeba64", "synth8"])
def test_the_binary_term_doubles_as_often_as_in_the_released_code(name):
    """Every 4 R updates, R = 75 for a capacity m of at most 20, else min(10,000, 112.5 m)."""
    config = resolve("maskaae", name, "paper")
    updates = config.epochs * (catalogue()["dataset"][name]["images"][0] // config.batch)
    step = 75 if config.latent <= 20 else min(10_000, math.floor(112.5 * config.latent))
    assert config.mask_period * updates == pytest.approx(4 * step, rel=0.01)
    assert config.mask_rate == 1
