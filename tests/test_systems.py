"""Contract of every system: finite named terms, gradients everywhere, shapes, priors, switches."""

import pytest
import torch
from small import SHAPE, images, seeded, small

from rae_lib.config import resolve, systems
from rae_lib.training.loop import fit

# One for each class and kind of penalty.
LEARNERS = (
    "ae",
    "rae-gp",
    "rae-sn",
    "vae",
    "cv-vae",
    "wae-mmd",
    "eae",
    "ae-l1",
    "dae",
    "vae-dae",
    "flexae",
    "vae-learned",
)


@pytest.mark.parametrize("name", systems(kind="images"))
def test_every_term_is_finite_and_every_parameter_gets_a_gradient(name):
    system, generator = small(name), seeded()
    for player in system.players():
        terms = player.loss(images(), generator)
        assert player.monitor in terms
        assert all(term.dim() == 0 and term.isfinite() for term in terms.values())
        gradients = torch.autograd.grad(terms["loss"], player.parameters)
        assert all(g.isfinite().all() for g in gradients)
        assert sum(bool(g.any()) for g in gradients) == len(gradients)


@pytest.mark.parametrize("name", systems(kind="images"))
def test_codes_and_images_have_their_shapes_and_range(name):
    system, generator = small(name).eval(), seeded()
    z = system.encode(images())
    x, far = system.decode(z), system.decode(10 * torch.randn_like(z))
    latent = resolve(name, "digits", "smoke").latent
    assert z.shape == (8, latent) and x.shape == (8, *SHAPE)
    assert 0 <= min(x.min(), far.min()) and max(x.max(), far.max()) <= 1
    assert system.reconstruct(images(), generator).shape == x.shape
    prior = system.prior(5, generator)
    assert prior is None or prior.shape == (5, latent)


@pytest.mark.parametrize("name", ["rae-gp", "eae"])
def test_a_contractive_penalty_trains_the_encoder_and_is_watched_in_validation(name):
    system = small(name, regulariser="contractive", lam=0.1)
    (player,), generator = system.players(), seeded()
    player.loss(images(), generator)["regulariser"].backward()
    assert all(p.grad.any() for p in system.encoder.parameters() if p.dim() > 1)
    with torch.no_grad():
        assert system.eval() and player.loss(images(), generator)["loss"].isfinite()


@pytest.mark.parametrize("name", LEARNERS)
def test_training_beats_the_mean_image(name):
    torch.manual_seed(0)
    corners = torch.randint(0, 20, (256, 2))
    data = torch.zeros(256, *SHAPE, dtype=torch.uint8)
    for i, (row, column) in enumerate(corners):
        data[i, 0, row : row + 12, column : column + 12] = 255
    system = small(name, lr=3e-3, beta=min(0.05, resolve(name, "digits", "smoke").beta))
    fit(system, data, data, epochs=25, batch=32, seed=0)
    x = data.float() / 255
    with torch.no_grad():
        error = (system.decode(system.encode(x)) - x).square().mean()
    assert error < 0.75 * (x - x.mean(0)).square().mean()


def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_state_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    a, b = small("rae-sn"), small("rae-sn")
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_a_two_stage_vaes_first_stage_is_the_vae():
    vae, two = (resolve(s, "mnist", "paper") for s in ("vae", "two-stage-vae"))
    assert vae.training_hash == two.training_hash and vae.hash != two.hash


def test_reconstruction_is_sampled_for_variational_systems_only():
    for name, sampled in (("vae", True), ("cv-vae", True), ("rae", False)):
        system = small(name).eval()
        generator = seeded()
        first, second = (system.reconstruct(images(), generator) for _ in range(2))
        assert torch.equal(first, second) is not sampled


def test_more_samples_give_the_same_objective_with_less_noise():
    spread = {}
    for k in (1, 16):
        system = small("vae", mc_samples=k).eval()
        generator = seeded()
        with torch.no_grad():
            values = [system.loss(images(), generator)["reconstruction"] for _ in range(20)]
        spread[k] = torch.stack(values).std().item()
    assert spread[16] < 0.6 * spread[1]


def test_the_penalty_switches_are_switches():
    x, generator = images(), seeded()
    value = {}
    for form in ("code", "jacobian"):
        system = small("rae-gp", gp_form=form).eval()
        value[form] = system.loss(x, generator)["regulariser"].item()
    assert value["code"] != pytest.approx(value["jacobian"])
    scopes = {s: small("rae-sn", sn_scope=s) for s in ("all", "decoder")}
    counts = {s: sum("parametrizations" in n for n in m.state_dict()) for s, m in scopes.items()}
    assert counts["all"] > counts["decoder"] > 0
    plain = small("rae-l2").loss(x, generator)["regulariser"]
    wide = small("rae-l2", l2_scope="conv+fc").loss(x, generator)["regulariser"]
    assert wide > plain
