"""The transposed convolution of the decoders, and its gradient where that is differentiated again (RAE-GP)."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx


class TransposedConvolutionFunction(torch.autograd.Function):
    """A transposed convolution whose gradient is written as a convolution, and so is differentiated as one.

    torch's own gradient of that gradient convolves with filters as large as the images. In a pass that creates a graph
    only the gradient of x is formed, which the penalties ask for.
    """

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor, stride: tuple, padding: tuple) -> Tensor:
        return F.conv_transpose2d(x, weight, bias, stride, padding)

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple, _: Tensor) -> None:
        x, weight, _, ctx.stride, ctx.padding = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: FunctionCtx, g: Tensor) -> tuple:
        x, weight = ctx.saved_tensors
        gx = F.conv2d(g, weight, None, ctx.stride, ctx.padding)
        if torch.is_grad_enabled():
            return gx, None, None, None, None
        sizes = (ctx.stride, ctx.padding, (1, 1), True, (0, 0), 1)
        only = (False, True, True)
        _, gw, gb = torch.ops.aten.convolution_backward(g, x, weight, [len(g[0])], *sizes, only)
        return gx, gw, gb, None, None


class TransposedConvolution(nn.ConvTranspose2d):
    """torch's; inside `differentiated_twice` as a `TransposedConvolutionFunction`."""

    twice = False  # of all layers at once

    def forward(self, x: Tensor) -> Tensor:
        if not TransposedConvolution.twice:
            return super().forward(x)
        device, given = x.device.type, (x, self.weight, self.bias)
        if torch.is_autocast_enabled(device):
            given = [t.to(torch.get_autocast_dtype(device)) for t in given]
        return TransposedConvolutionFunction.apply(*given, self.stride, self.padding)


@contextmanager
def differentiated_twice() -> Iterator[None]:
    """Inside, what a decoder computes is for a loss on its gradient with respect to codes."""
    before, TransposedConvolution.twice = TransposedConvolution.twice, True
    try:
        yield
    finally:
        TransposedConvolution.twice = before
