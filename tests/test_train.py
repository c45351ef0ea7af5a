"""The loop: bitwise resume, refusal of non-finite terms, damaged checkpoints, players that do not leak."""

import pytest
import torch
from small import DATA, play, small
from torch import nn

from rae_lib.training import loop
from rae_lib.training.loop import fit, seed_for
from rae_lib.training.players import Player

SYSTEMS = ("vae", "rae-gp", "rae-sn", "wae-mmd", "eae", "dae-noise", "vae-dae", "dae-frozen")


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_killed_run_is_resumed_bitwise_equal_to_an_uninterrupted_one(name, tmp_path, monkeypatch):
    whole, parts, again = (small(name) for _ in range(3))
    expected = play(whole, 4)
    real, path = loop.epoch, tmp_path / "checkpoint.pt"

    def killed(training, *data):
        if training.epoch == 2:
            raise KeyboardInterrupt
        real(training, *data)

    monkeypatch.setattr(loop, "epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        play(parts, 4, path)
    monkeypatch.setattr(loop, "epoch", real)
    history = play(again, 4, path)
    assert [r["val"] for r in history] == [r["val"] for r in expected]
    for key, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key


def test_a_truncated_checkpoint_is_set_aside_and_the_previous_one_used(tmp_path):
    path = tmp_path / "checkpoint.pt"
    play(small("vae"), 3, path)
    path.write_bytes(path.read_bytes()[:1000])
    again = small("vae")
    history = play(again, 4, path)
    assert (tmp_path / "checkpoint.damaged").exists() and len(history) == 4
    whole = small("vae")
    play(whole, 4)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))


class Exploding(nn.Module):
    def __init__(self, at: int):
        super().__init__()
        self.weight, self.calls, self.at = nn.Parameter(torch.ones(1)), 0, at

    def loss(self, x, generator):
        self.calls += self.training
        value = self.weight.sum() * (float("nan") if self.calls == self.at else 1.0)
        return {"loss": value, "harmless": self.weight.detach().sum() * 0}

    def players(self):
        return [Player("bomb", [self.weight], self.loss, lr=1e-3)]


def test_a_nan_stops_training_with_its_step_and_term_and_keeps_the_last_good_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(FloatingPointError, match=r"bomb/loss is nan at step 9 \(epoch 2\)"):
        play(Exploding(at=10), 4, path)
    state = torch.load(path, weights_only=True)
    assert state["epoch"] == 2 and torch.isfinite(state["system"]["weight"]).all()


class Duel(nn.Module):
    """Two players over one product: each may only move its own parameter."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.seen = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1)), []

    def loss(self, x, generator):
        if self.training:
            self.seen.append(x.flatten()[0].item())
        return {"loss": (self.a * self.b).sum() + 0 * x.sum()}

    def players(self):
        first = Player("first", [self.a], self.loss, lr=0.1)
        second = Player("second", [self.b], self.loss, lr=0.0, steps=3)
        return [first, second]


def test_a_player_moves_its_own_parameters_only_as_often_a_batch_as_it_says():
    duel = Duel()
    codes = torch.arange(64.0)[:, None]
    history = fit(duel, codes, codes, epochs=1, batch=16, seed=0)
    assert duel.b.item() == 1.0 and duel.a.item() < 1.0
    assert len(duel.seen) == 4 * 4 and len(set(duel.seen)) == 4
    assert {"first/loss", "second/loss", "val", "lr", "seconds"} <= set(history[0])


def test_the_rate_is_halved_after_keras_patience():
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(1))

        def players(self):
            loss = lambda x, g: {"loss": 0 * self.w.sum() + 1}  # noqa: E731
            return [Player("flat", [self.w], loss, lr=1.0, plateau=1e-4)]

    codes = torch.zeros(8, 1)
    rates = [r["lr"] for r in fit(Flat(), codes, codes, epochs=7, batch=4, seed=0)]
    assert rates == [1.0] * 5 + [0.5] * 2


def test_the_best_validation_weights_are_the_ones_that_stay():
    net = small("ae")
    history = play(net, 5)
    x = DATA[64:].float() / 255
    with torch.no_grad():
        value = (net.decode(net.encode(x)) - x).square().flatten(1).sum(1).mean().item()
    assert value == pytest.approx(min(r["val"] for r in history), rel=1e-4)
    assert not net.training


def test_named_streams_differ_and_are_stable():
    assert seed_for("init", 0) != seed_for("order", 0) != seed_for("order", 1)
    assert seed_for("init", 0) == 48650962985389020


def test_a_gradient_in_another_memory_layout_updates_the_right_elements():
    class Layout(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(3, 4, 2, 2).contiguous(memory_format=torch.channels_last))

        def players(self):
            target = torch.arange(48.0).view(3, 4, 2, 2) - 20
            loss = lambda x, g: {"loss": (self.w.contiguous() - target).abs().sum()}  # noqa: E731
            return [Player("layout", [self.w], loss, lr=0.1)]

    net, codes = Layout(), torch.zeros(8, 1)
    fit(net, codes, codes, epochs=1, batch=8, seed=0)
    expected = 1 + 0.1 * torch.sign(torch.arange(48.0).view(3, 4, 2, 2) - 21)
    torch.testing.assert_close(net.w.detach(), expected, rtol=1e-4, atol=1e-4)
