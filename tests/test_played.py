"""The played card keeps a card's rules; on it whole runs, side by side too, and the numbers are those of the CPU."""

import contextlib
import threading

import numpy as np
import pytest
import torch
from played import play

from rae_lib import experiment, runs, store
from rae_lib.config import resolve
from rae_lib.replay import WARM, Deal, Replay
from rae_lib.train import generator_for


@pytest.fixture
def card(monkeypatch):
    player = play(monkeypatch)
    yield player
    player.leave()


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("RAE_HOME", str(tmp_path / "home"))


def test_tensors_say_where_they_lie_and_what_is_made_of_them_lies_there_too(card):
    x = torch.ones(4, 3, device="cuda")
    there = [x, x[1:], x.T.contiguous(), x.sum(), torch.zeros_like(x), torch.eye(3).to(x)]
    there += [torch.nn.Linear(3, 2).cuda()(x), torch.func.vmap(torch.exp)(x), x.new_zeros(2)]
    assert all(t.is_cuda and t.device == torch.device("cuda", 0) for t in there)
    assert not any(t.is_cuda for t in (x.cpu(), torch.ones(2), torch.zeros(3, device="cpu")))
    assert x.cuda() is x and x.to("cuda") is x and torch.equal(x.cpu(), torch.ones(4, 3))


def test_gradients_and_random_numbers_lie_where_they_belong(card):
    x = torch.ones(2, device="cuda", requires_grad=True)
    (g,) = torch.autograd.grad((x * x).sum(), x)
    assert g.is_cuda
    there, here = torch.Generator("cuda"), torch.Generator()
    assert torch.rand(2, device="cuda", generator=there.manual_seed(0)).is_cuda
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator"):
        torch.rand(2, device="cuda", generator=here)


@pytest.mark.parametrize(
    "act",
    [
        lambda x: x + torch.ones(3),
        lambda x: torch.nn.Linear(3, 2)(x),
        lambda x: torch.cat([x, torch.ones(3)]),
        lambda x: torch.ones(3)[torch.zeros_like(x).long()],
    ],
)
def test_two_devices_do_not_meet(card, act):
    with pytest.raises(RuntimeError, match="all tensors to be on the same device"):
        act(torch.ones(3, device="cuda"))


def test_only_the_host_has_arrays(card):
    x = torch.ones(3, device="cuda")
    for act in (lambda: x.numpy(), lambda: np.asarray(x)):
        with pytest.raises(TypeError, match="can't convert cuda:0"):
            act()
    assert x.cpu().numpy().sum() == x.sum().item() == 3


@pytest.mark.parametrize(
    "act",
    [
        lambda x: x.sum().item(),
        lambda x: x[x > 0],
        lambda x: x.cpu(),
        lambda x: torch.rand(3, device="cuda"),
        lambda x: torch.rand(3, device="cuda", generator=torch.Generator("cuda")),
        lambda x: torch.cuda.synchronize(),
    ],
)
def test_a_recording_refuses_what_waits_and_unknown_randomness(card, act):
    x = torch.ones(3, device="cuda")
    with (
        pytest.raises(RuntimeError, match="capturing|generator"),
        torch.cuda.graph(torch.cuda.CUDAGraph()),
    ):
        act(x)
    act(x)  # outside it is allowed


def test_a_recording_changes_nothing_and_a_replay_is_a_call(card):
    found = {}
    for recorded in (True, False):
        x, generator = torch.zeros(2, device="cuda"), generator_for("noise", 0, "cuda")
        batch_norm = torch.nn.BatchNorm1d(2).cuda()
        first = batch_norm.weight.detach()

        def step(x=x, generator=generator, batch_norm=batch_norm, first=first) -> None:
            drawn = torch.randn(5, 2, device="cuda", generator=generator)
            first.add_(batch_norm(drawn).square().mean(0).detach())
            x.add_(drawn.sum(0)).mul_(2)

        replayed = Replay(step, [generator])
        replayed.cuda = recorded
        states = []
        for _ in range(WARM + 4):
            replayed()
            states.append(torch.cat([x, first, batch_norm.running_var]).clone())
        assert (replayed.graph is not None) == recorded
        found[recorded] = torch.stack(states), generator.get_state()
    assert all(map(torch.equal, *found.values()))


def test_a_step_that_cannot_be_recorded_is_called_as_before_and_says_so(card):
    found = []
    for waits in (True, False):
        x, generator = torch.zeros(2, device="cuda"), generator_for("noise", 0, "cuda")

        def step(x=x, generator=generator, waits=waits) -> None:
            x.add_(torch.randn(2, device="cuda", generator=generator))
            x.mul_(x.sum().item() if waits else x.sum())

        replayed, told = Replay(step, [generator]), "not recorded, .*: aten._local_scalar_dense"
        with pytest.warns(UserWarning, match=told) if waits else contextlib.nullcontext():
            for _ in range(WARM + 3):
                replayed()
        assert (replayed.graph is None) == waits
        found.append((x.cpu(), generator.get_state()))
    assert all(map(torch.equal, *found))


def test_while_one_thread_records_no_other_takes_its_first_steps(card):
    inside, order = threading.Event(), []
    generator = generator_for("noise", 0, "cuda")

    def recorded() -> None:
        if card.recording:
            inside.set()
            other.join(0.2)
            order.append("recorded")

    def first_step() -> None:
        inside.wait()
        Replay(lambda: order.append("first step"), [generator])()

    other = threading.Thread(target=first_step)
    other.start()
    replayed = Replay(recorded, [generator])
    for _ in range(WARM + 1):
        replayed()
    other.join()
    assert order == ["recorded", "first step"]


def test_a_deal_is_dealt_on_the_card(card):
    deal = Deal(torch.arange(12.0, device="cuda")[:, None], 4)
    deal.shuffle(generator_for("order", 0, "cuda"))
    dealt = []
    for _ in range(deal.steps):
        dealt += deal.next().flatten().tolist()
        deal.write({"loss": torch.ones((), device="cuda")})
    assert sorted(dealt) == list(range(12)) and deal.log.is_cuda


@pytest.mark.slow
def test_the_command_makes_runs_on_the_card_side_by_side(card, places):
    systems = ("rae-gp", "vae", "two-stage-vae", "eae")
    chosen = ["--profile", "smoke", "--dataset", "digits", "--seed", "0", "--no-studies"]
    assert runs.main([*chosen, "--jobs", "3", "--system", *systems]) == 0
    results = [runs.find(resolve(name, "digits", "smoke")) for name in systems]
    assert {r.raw["device"] for r in results} == {"a card played by the CPU"}


def test_kernels_are_tried_out_only_where_nobody_else_records(card):
    with torch.backends.cudnn.flags():
        for alone in (True, False):
            experiment.prepare("cuda", alone)
            assert torch.backends.cudnn.benchmark == alone
            assert not torch.backends.cudnn.allow_tf32


@pytest.mark.slow
def test_the_card_measures_what_the_cpu_measures(places, monkeypatch):
    """The same kept weights, the same draws: mixtures, distances and codes by their other code."""
    config = resolve("rae", "digits", "smoke", 0, {"sets": ("rec", "N", "gmm", "interp")})
    here = runs.make(config, device="cpu")
    (store.folder(config) / "result.json").unlink()
    player = play(monkeypatch)
    try:
        there = runs.make(config, device="cuda")
    finally:
        player.leave()
    assert there.raw["weights_sha256"] == here.raw["weights_sha256"]
    assert len(there.records) == len(here.records)
    for a, b in zip(here.records, there.records, strict=True):
        same = {k: v for k, v in a.items() if k != "value"}
        assert same == {k: v for k, v in b.items() if k != "value"}
        if "time" not in a["metric"]:
            assert b["value"] == pytest.approx(a["value"], rel=0.02, abs=1e-4), same
