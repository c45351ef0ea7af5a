"""A step in place: every row once an epoch, nothing waits for the host, bf16 near fp32; the captured step on CUDA."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from rae_lib.config import resolve, systems
from rae_lib.models import build
from rae_lib.training.cuda_graph import Batches
from rae_lib.training.loop import Training, as_input, fit, generator_for, seeded
from rae_lib.training.players import Player

SHAPE = (3, 32, 32)
IMAGES = torch.randint(0, 256, (80, *SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def system(name: str):
    return build(resolve(name, "cifar10", "smoke", overrides={"width": 2}), SHAPE)


def test_an_epoch_has_every_row_once_and_logs_every_step():
    batches = Batches(torch.arange(12.0)[:, None], 4)
    batches.shuffle(generator_for("order", 0))
    taken = []
    for step in range(batches.steps):
        taken += batches.take_next().flatten().tolist()
        batches.log_terms({"a/loss": torch.tensor(float(step)), "a/term": torch.tensor(1.0)})
    assert sorted(taken) == list(range(12)) and taken != sorted(taken)
    assert batches.log.tolist() == [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]


def test_what_does_not_fill_a_batch_waits_for_another_epoch_and_a_small_set_is_one_batch():
    assert Batches(torch.zeros(11, 1), 4).steps == 2
    small = Batches(torch.zeros(3, 1), 4)
    assert (small.steps, small.batch) == (1, 3)


@pytest.mark.parametrize("name", systems(kind="images"))
def test_no_step_asks_the_device_for_a_number(name):
    with FakeTensorMode():  # tensors without values: whoever asks for one is refused
        net = system(name)
        images = torch.zeros(20, *SHAPE, dtype=torch.uint8)
        training = Training(net, 0, "cpu", "bf16", 1)
        training.batches = Batches(images, 10)
        for _ in range(2):
            training.step()
    assert len(training.batches.names) == training.batches.log.shape[1] > 1


@pytest.mark.parametrize("name", systems(kind="images"))
def test_half_precision_gives_the_losses_of_full_precision(name):
    net = system(name).train()
    x = as_input(IMAGES[:32])
    player = net.players()[0]
    state = {k: v.clone() for k, v in net.state_dict().items()}
    found = []
    for half in (False, True):
        net.load_state_dict(state)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            terms = player.loss(x, generator_for("noise", 0))
        assert all(term.dtype == torch.float32 for term in terms.values())
        found.append(terms)
    for key, value in found[0].items():
        assert found[1][key].item() == pytest.approx(value.item(), rel=0.02, abs=2e-3), key


def training(name: str, **options) -> tuple[list[dict], torch.nn.Module]:
    net = system(name)
    settings = {"epochs": 3, "batch": 8, "seed": 0, "device": "cuda"} | options
    return fit(net, IMAGES[:64], IMAGES[64:], **settings), net


@pytest.mark.gpu
@pytest.mark.parametrize("name", systems(kind="images"))
def test_a_captured_step_trains_as_the_plain_one(name, monkeypatch, cuda):
    replayed, _ = training(name)
    monkeypatch.setattr("rae_lib.training.cuda_graph.enabled", False)
    plain, _ = training(name)
    for a, b in zip(replayed, plain, strict=True):
        assert a["val"] == pytest.approx(b["val"], rel=1e-2)
        for key in set(a) - {"seconds", "val"}:
            assert a[key] == pytest.approx(b[key], rel=1e-2, abs=1e-3), key


class Adversaries(torch.nn.Module):
    """A generator and a critic over shared parameters, one of them with several updates and a gradient of gradients."""

    def __init__(self):
        super().__init__()
        with seeded("adversaries", 0):
            self.encoder, self.critic = torch.nn.Linear(4, 2), torch.nn.Linear(2, 1)

    def players(self) -> list[Player]:
        first, second = list(self.encoder.parameters()), list(self.critic.parameters())
        return [
            Player("encoder", first, self.fool, lr=1e-2, plateau=1e-4),
            Player("critic", second, self.judge, lr=1e-2, betas=(0.5, 0.9), steps=3),
            Player("both", [*first, *second], self.fool, lr=1e-3, warmup=0.3, decay=(0.7,)),
        ]

    def fool(self, x: torch.Tensor, generator: torch.Generator) -> dict[str, torch.Tensor]:
        return {"loss": -self.critic(self.encoder(x)).mean()}

    def judge(self, x: torch.Tensor, generator: torch.Generator) -> dict[str, torch.Tensor]:
        z = self.encoder(x)
        prior = torch.randn(z.shape, generator=generator, device=z.device)
        score = self.critic(prior).square().sum()
        if torch.is_grad_enabled():
            slope = torch.autograd.grad(score, self.critic.weight, create_graph=True)[0]
            score = score + (slope.norm() - 1).square()
        return {"loss": self.critic(z).mean() + score, "score": score}


@pytest.mark.gpu
def test_a_captured_step_of_several_players_trains_as_the_plain_one(monkeypatch, cuda):
    codes = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    found = []
    for enabled in (True, False):
        monkeypatch.setattr("rae_lib.training.cuda_graph.enabled", enabled)
        net, fitting = Adversaries(), {"epochs": 4, "batch": 8, "seed": 0, "device": "cuda"}
        rows = fit(net, codes[:48], codes[48:], **fitting)
        found.append([r[k] for r in rows for k in sorted(set(r) - {"seconds"})])
    assert found[0] == pytest.approx(found[1], rel=1e-3)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["rae-l2", "vae", "eae"])
def test_bf16_trains_as_fp32(name, cuda):
    half, _ = training(name, precision="bf16")
    full, _ = training(name)
    assert half[-1]["val"] == pytest.approx(full[-1]["val"], rel=5e-2)


@pytest.mark.gpu
def test_a_captured_step_follows_a_falling_rate(cuda):
    class Flat(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(1))

        def players(self):
            loss = lambda x, g: {"loss": 0 * self.w.sum() + 1, "w": self.w.sum()}  # noqa: E731
            return [Player("flat", [self.w], loss, lr=1.0, plateau=1e-4)]

    codes = torch.zeros(64, 1)
    rows = fit(Flat(), codes, codes, epochs=7, batch=4, seed=0, device="cuda")
    assert [r["lr"] for r in rows] == [1.0] * 5 + [0.5] * 2


@pytest.mark.gpu
def test_a_resumed_captured_run_goes_on_where_it_was(tmp_path, cuda):
    whole, _ = training("vae", epochs=4)
    options = {"checkpoint": tmp_path / "checkpoint.pt", "every": 0}
    training("vae", epochs=2, **options)
    parts, _ = training("vae", epochs=4, **options)
    assert [r["val"] for r in parts] == pytest.approx([r["val"] for r in whole], rel=1e-2)


@pytest.mark.gpu
def test_a_step_that_cannot_be_captured_is_an_error_that_names_the_option(cuda):
    class Waiting(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(1))

        def players(self):
            loss = lambda x, g: {"loss": self.w.sum() * self.w.detach().item()}  # noqa: E731
            return [Player("waiting", [self.w], loss, lr=1.0)]

    codes = torch.zeros(64, 1)
    with pytest.raises(RuntimeError, match="cannot be captured.*--no-graph"):
        fit(Waiting(), codes, codes, epochs=1, batch=4, seed=0, device="cuda")
