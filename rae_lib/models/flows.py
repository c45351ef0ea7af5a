"""Normalising flows on codes: affine couplings of zuko's parts (RealNVP, Dinh et al. 2017).

zuko's own RealNVP looks up its masks at every step, for which a device has to be waited for: here they are slices.
"""

import torch
from torch import Tensor, nn
from zuko.lazy import LazyComposedTransform, LazyTransform
from zuko.transforms import CouplingTransform, DependentTransform, MonotonicAffineTransform

from rae_lib.models import losses, networks


class Slices(CouplingTransform):
    """y_a = x_a, y_b = f(x_b; x_a) for every second dimension a, from `first` on, and the others b."""

    def __init__(self, meta, first: int):
        torch.distributions.Transform.__init__(self)
        self.meta = meta
        self.idx_a, self.idx_b = slice(first, None, 2), slice(1 - first, None, 2)


class Coupling(LazyTransform):
    """An affine map of half of the dimensions, its scale and shift by two layers of so many units from the others."""

    def __init__(self, latent: int, first: int, units: int):
        super().__init__()
        seen = len(range(first, latent, 2))
        self.first, self.hyper = first, networks.mlp(seen, 2 * (latent - seen), units, depth=2)
        nn.init.normal_(self.hyper[-1].weight, std=0.01)  # nearly the identity

    def given(self, x: Tensor) -> DependentTransform:
        shift, scale = self.hyper(x).chunk(2, dim=-1)
        return DependentTransform(MonotonicAffineTransform(shift, scale), 1)

    def forward(self, c: Tensor | None = None) -> Slices:
        return Slices(self.given, self.first)


class Flow(nn.Module):
    """f from codes to N(0, I): so many couplings, the dimensions taking turns. latent >= 2."""

    def __init__(self, latent: int, couplings: int, units: int):
        super().__init__()
        layers = [Coupling(latent, i % 2, max(1, units)) for i in range(couplings)]
        self.transform = LazyComposedTransform(*layers)

    def log_prob(self, z: Tensor) -> Tensor:
        """log N(f(z); 0, I) + log |det df/dz| in nats. (B, d) -> (B,)"""
        u, log_det = self.transform().call_and_ladj(z)
        return losses.log_normal(u) + log_det

    def inverse(self, u: Tensor) -> Tensor:
        """z = f^-1(u). (B, d) -> (B, d)"""
        return self.transform().inv(u)
