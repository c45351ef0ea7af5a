"""The decoder's transposed convolution where its gradient is differentiated: the same numbers, ordinary filters."""

import contextlib

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from rae_lib.config import resolve, systems
from rae_lib.metrics import code_statistics
from rae_lib.models import build, losses
from rae_lib.training import double_backward

SHAPE = (3, 32, 32)
CONVOLUTIONS = (torch.ops.aten.convolution.default, torch.ops.aten.convolution_backward.default)


def system(name: str, **more):
    return build(resolve(name, "cifar10", "smoke", overrides={"width": 2, **more}), SHAPE)


class Filters(TorchDispatchMode):
    """The largest side of a filter."""

    side = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func in CONVOLUTIONS:
            weight = args[1] if func is CONVOLUTIONS[0] else args[2]
            self.side = max(self.side, *weight.shape[2:])
        return func(*args, **(kwargs or {}))


def penalised(net: torch.nn.Module, form: str, z: torch.Tensor) -> list[torch.Tensor]:
    """The penalty and its gradients with respect to codes and decoder."""
    if form == "code":
        value = losses.gradient_penalty(net.decoder, z)
    else:
        value = losses.jacobian_penalty(net.decoder, z, torch.Generator().manual_seed(0))
    wanted = [z, *net.decoder.parameters()]
    return [value.detach(), *torch.autograd.grad(value, wanted, materialize_grads=True)]


@pytest.mark.parametrize("form", ["code", "jacobian"])
@pytest.mark.parametrize("name", ["rae-gp", "rae-sn", "dae"])
def test_the_penalty_has_the_gradients_of_torchs_own_layer(name, form, monkeypatch):
    torch.manual_seed(0)
    net = system(name).double().eval()
    z = torch.randn(5, net.config.latent, dtype=torch.float64, requires_grad=True)
    with Filters() as ours:
        found = penalised(net, form, z)
    monkeypatch.setattr(losses, "differentiated_twice", contextlib.nullcontext)
    with Filters() as plain:
        expected = penalised(net, form, z)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    assert ours.side <= 5 < 8 <= plain.side  # plain: filters as large as the images


def test_the_gradient_alone_is_that_of_torchs_own_layer():
    layer = double_backward.TransposedConvolution(3, 2, 4, 2, padding=1).double()
    x = torch.randn(2, 3, 5, 5, dtype=torch.float64, requires_grad=True)
    found = []
    for place in (double_backward.differentiated_twice, contextlib.nullcontext):
        with place():
            out = layer(x)
        found.append((out, *torch.autograd.grad(out.square().sum(), (x, *layer.parameters()))))
    torch.testing.assert_close(*found)


def test_in_a_pass_that_creates_a_graph_the_layers_own_gradient_is_missed_and_half_precision_is_torchs():
    layer = double_backward.TransposedConvolution(3, 2, 4, 2, padding=1)
    x = torch.randn(2, 3, 5, 5)
    with double_backward.differentiated_twice():
        out = layer(x).sum()
    with pytest.raises(RuntimeError, match="appears to not have been used"):
        torch.autograd.grad(out, layer.weight, create_graph=True)
    with torch.autocast("cpu", torch.bfloat16), double_backward.differentiated_twice():
        out = layer(x)
        assert torch.equal(out, torch.nn.ConvTranspose2d.forward(layer, x))
    assert out.dtype == torch.bfloat16


@pytest.mark.parametrize("name", systems(kind="images"))
def test_the_slope_of_every_decoder_is_that_of_gradients_of_gradients(name):
    net = system(name, latent=3).eval()
    z, scale = torch.randn(4, 3), torch.tensor([1.0, 0.5, 2.0])
    with Filters() as filters:
        found = code_statistics.decoder_jacobian(net.decode, z, scale)
    jacobian = torch.autograd.functional.jacobian(lambda z: net.decode(z).sum(0).flatten(), z)
    expected = (jacobian * scale).square().sum((0, 2)).sqrt().mean()
    assert found == pytest.approx(float(expected), rel=1e-4) and filters.side <= 5
