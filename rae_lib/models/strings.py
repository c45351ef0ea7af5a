"""The encoder and decoder of the grammar and character variational autoencoders (Kusner et al. 2017, released code).

Encoder: three convolutions over the one-hot string without padding, each with ReLU (on expressions batch norm too), a
dense layer with ReLU, a linear one to the code. Decoder: a dense layer with ReLU, its output repeated T times, three
recurrent layers, a linear one to D logits at every place.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class OneHot(nn.Module):
    """Tokens (B, T), integers -> (B, D, T) float."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, tokens: Tensor) -> Tensor:
        return F.one_hot(tokens.long(), self.size).float().transpose(1, 2)


class Repeat(nn.Module):
    """(B, d) -> (B, T, d): the same input at every place, or at the first `places`."""

    def __init__(self, times: int):
        super().__init__()
        self.times = times

    def forward(self, z: Tensor, places: int | None = None) -> Tensor:
        return z[:, None].expand(-1, places or self.times, -1)


class Decoder(nn.Sequential):
    """A code (B, d) to logits (B, T, D), or to those of the first `places`: no place depends on a later one."""

    def forward(self, z: Tensor, places: int | None = None) -> Tensor:
        for layer in self:
            z = layer(z, places) if isinstance(layer, Repeat) else layer(z)
        return z


class PlacesLast(nn.Module):
    """(B, C, T) -> (B, T C), place by place, as Keras flattens a sequence."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(1)


class GRU(nn.Module):
    """The gated recurrent unit of Keras 1, from a zero state. (B, T, I) -> (B, T, H)

    u = s(W_u x + U_u h + b_u), r = s(W_r x + U_r h + b_r), s(a) = clip(0.2 a + 0.5, 0, 1)
    h' = u h + (1 - u) tanh(W x + U (r h) + b)

    torch's own has a logistic gate, resets after the product with U, and has two biases.
    """

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.hidden = hidden
        self.input = nn.Linear(inputs, 3 * hidden)
        self.gates = nn.Linear(hidden, 2 * hidden, bias=False)
        self.state = nn.Linear(hidden, hidden, bias=False)
        bound = (6 / (inputs + hidden)) ** 0.5
        nn.init.uniform_(self.input.weight, -bound, bound)
        nn.init.zeros_(self.input.bias)
        for square in (*self.gates.weight.chunk(2), self.state.weight):
            nn.init.orthogonal_(square)

    def forward(self, x: Tensor) -> Tensor:
        gates, state = self.gates.weight, self.state.weight  # taken once: a spectral norm makes them at every access
        alike = x.stride(1) == 0  # the same input at every place (`Repeat`): once is enough
        driven = self.input(x[:, :1]).expand(-1, x.shape[1], -1) if alike else self.input(x)
        gated, new = driven.split([2 * self.hidden, self.hidden], 2)
        places = zip((0.2 * gated + 0.5).unbind(1), new.unbind(1), strict=True)  # unbound: the gradient is one stack
        h, found = x.new_zeros(len(x), self.hidden), []
        for gate, drive in places:
            update, reset = torch.addmm(gate, h, gates.T, alpha=0.2).clamp(0, 1).chunk(2, 1)
            candidate = torch.addmm(drive, reset * h, state.T).tanh()
            h = torch.lerp(candidate, h, update)
            found.append(h)
        return torch.stack(found, 1)


def normalised(channels: int, batch_norm: bool, momentum: float) -> list[nn.Module]:
    """ReLU -> BN after a convolution, in this order; epsilon 1e-3 is Keras' default."""
    return [nn.ReLU(), *([nn.BatchNorm1d(channels, eps=1e-3, momentum=momentum)] if batch_norm else [])]


def encoder(
    shape: tuple[int, int],
    outputs: int,
    *,
    filters: Sequence[int],
    kernels: Sequence[int],
    dense: int,
    batch_norm: bool,
    momentum: float,
) -> nn.Sequential:
    """Tokens (B, T) to the code, or its mean and log variance. shape: (D, T)."""
    channels, length = shape
    layers: list[nn.Module] = [OneHot(channels)]
    for count, kernel in zip(filters, kernels, strict=True):
        layers += [nn.Conv1d(channels, count, kernel), *normalised(count, batch_norm, momentum)]
        channels, length = count, length - kernel + 1
    layers += [PlacesLast(), nn.Linear(channels * length, dense), nn.ReLU(), nn.Linear(dense, outputs)]
    return nn.Sequential(*layers)


def decoder(
    shape: tuple[int, int], latent: int, *, hidden: int, batch_norm: bool, momentum: float, layers: int = 3
) -> Decoder:
    """shape: (D, T). The batch norm of the code has an affine map, as in Keras."""
    size, length = shape
    norm = [nn.BatchNorm1d(latent, eps=1e-3, momentum=momentum)] if batch_norm else []
    widths = [latent, *[hidden] * layers]
    units = [GRU(before, after) for before, after in zip(widths, widths[1:], strict=False)]
    return Decoder(*norm, nn.Linear(latent, latent), nn.ReLU(), Repeat(length), *units, nn.Linear(hidden, size))
