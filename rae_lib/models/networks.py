"""The one encoder and decoder of the papers' appendix tables, with their free sizes as parameters.

RAE (ICLR submission, appendix "network architecture"; arXiv v1, appendix A), also used there for VAE, CV-VAE,
WAE-MMD and the first stage of the two-stage VAE. Symbols: x image in [0, 1], z code, F width (filters of the
first stage), d latent size, k kernel. Every convolution pads as TensorFlow's "SAME" does, so that a Keras
checkpoint would give the same numbers; for k = 5 at stride 2 and k = 4 at stride 1 that is one pixel more at
the end than at the start.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from rae_lib.config import Config
from rae_lib.models import strings
from rae_lib.training.double_backward import TransposedConvolution

STAGES = 4  # strided encoder stages: F, 2F, 4F, 8F
STEM = 8  # the decoder starts from an 8 x 8 map


class Signed(nn.Module):
    """x -> 2x - 1: the input map of the official MNIST and CIFAR-10 networks (CelebA has none)."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x - 1


class ChannelsFirst(nn.Module):
    """(B, H, W, C) -> (B, C, H, W) without moving memory, which so is laid out channels last.

    The linear stem thus fills its map as Keras does, and the decoder runs in the layout in which convolutions are
    two to three times faster on a CPU.
    """

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 1, 2)


class Crop(nn.Module):
    """Drops the last row and column: the rest of TensorFlow's "SAME" for a transposed convolution."""

    def forward(self, x: Tensor) -> Tensor:
        return x[..., :-1, :-1]


def conv(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    """Convolution with "SAME" padding: total k - s, of which the smaller half comes first."""
    before, after = (kernel - stride) // 2, kernel - stride - (kernel - stride) // 2
    if before == after:
        return [nn.Conv2d(inputs, outputs, kernel, stride, padding=before)]
    pad = nn.ZeroPad2d((before, after, before, after))
    return [pad, nn.Conv2d(inputs, outputs, kernel, stride)]


def conv_transpose(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    """Transposed convolution from n to n*s pixels, the adjoint of `conv`."""
    before = (kernel - stride) // 2
    layer = TransposedConvolution(inputs, outputs, kernel, stride, padding=before)
    return [layer] if 2 * before == kernel - stride else [layer, Crop()]


def normalised(channels: int, batch_norm: bool, momentum: float) -> list[nn.Module]:
    """BN -> ReLU after a convolution; epsilon 1e-3 is Keras' default (torch: 1e-5)."""
    norm = [nn.BatchNorm2d(channels, eps=1e-3, momentum=momentum)] if batch_norm else []
    return [*norm, nn.ReLU()]


def repeats(depth: int | Sequence[int], stages: int) -> list[int]:
    """Convolutions per stage: one number for all, or one a stage (the decoder takes the first ones)."""
    counts = [depth] * stages if isinstance(depth, int) else list(depth)[:stages]
    if len(counts) < stages or min(counts) < 1:
        raise ValueError(f"depth is {depth}: give one number >= 1, or one for each of {stages} stages")
    return counts


def encoder(
    shape: tuple[int, int, int],
    latent: int,
    *,
    width: int = 128,
    kernel: int = 4,
    depth: int | Sequence[int] = 1,
    heads: int = 1,
    signed: bool = True,
    batch_norm: bool = True,
    momentum: float = 0.01,
) -> nn.Sequential:
    """Four strided stages F, 2F, 4F, 8F (each conv-BN-ReLU), flatten, linear to heads x d values.

    shape: (C, H, W) of the images, H = W a multiple of 16. A stage of depth n has n - 1 convolutions of stride 1
    before its strided one (DAE, section 3). heads: 1, or 2 for a mean and a log standard deviation.
    """
    channels, size, _ = shape
    layers: list[nn.Module] = [Signed()] if signed else []
    for stage, count in enumerate(repeats(depth, STAGES)):
        outputs = width * 2**stage
        for i in range(count):
            layers += conv(channels, outputs, kernel, 2 if i == count - 1 else 1)
            layers += normalised(outputs, batch_norm, momentum)
            channels = outputs
    features = channels * (size // 2**STAGES) ** 2
    layers += [nn.Flatten(), nn.Linear(features, heads * latent)]
    return glorot(nn.Sequential(*layers), {layers[-1]: latent})


def decoder(
    shape: tuple[int, int, int],
    latent: int,
    *,
    width: int = 128,
    kernel: int = 4,
    depth: int | Sequence[int] = 1,
    stem: int = 0,
    fc_bn: bool = False,
    batch_norm: bool = True,
    momentum: float = 0.01,
    sigmoid: bool = True,
) -> nn.Sequential:
    """Linear to stem x 8 x 8, transposed stages 4F, 2F (64 pixels: F too) of stride 2, then C channels, sigmoid.

    stem: channels of the 8 x 8 map, 0 for the table's 8F. fc_bn: BN -> ReLU after the linear layer, as the
    papers' table has it; the official code goes straight on (default). sigmoid: False leaves logits.
    """
    channels, size, _ = shape
    inputs = stem or 8 * width
    stages = (size // STEM).bit_length() - 1  # 8 -> 16 -> 32 (-> 64)
    layers: list[nn.Module] = [nn.Linear(latent, inputs * STEM**2)]
    layers += [nn.Unflatten(1, (STEM, STEM, inputs)), ChannelsFirst()]
    layers += normalised(inputs, True, momentum) if fc_bn else []
    for stage, count in enumerate(repeats(depth, stages)):
        outputs = width * 2 ** (2 - stage)
        for i in range(count):
            layers += conv_transpose(inputs, outputs, kernel, 2 if i == count - 1 else 1)
            layers += normalised(outputs, batch_norm, momentum)
            inputs = outputs
    layers += [*conv_transpose(inputs, channels, kernel, 1), *([nn.Sigmoid()] if sigmoid else [])]
    return glorot(nn.Sequential(*layers), {})


def convolutional(config: Config, shape: tuple[int, int, int], heads: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder and decoder of the papers' appendix tables, as the configuration sizes them."""
    sizes = {"width": config.width, "kernel": config.kernel, "depth": config.depth}
    sizes |= {"batch_norm": config.batch_norm, "momentum": config.bn_momentum}
    inner = encoder(shape, config.latent, heads=heads, signed=config.signed, **sizes)
    ends = {"stem": config.stem, "fc_bn": config.fc_bn, "sigmoid": config.error == "squared"}
    return inner, decoder(shape, config.latent, **ends, **sizes)


def mlp(inputs: int, outputs: int, units: int, depth: int = 4) -> nn.Sequential:
    """`depth` layers of so many ReLU units, and a linear one to the outputs; Keras' initialisation."""
    widths, layers = [inputs, *[units] * depth], []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return glorot(nn.Sequential(*layers, nn.Linear(widths[-1], outputs)), {})


def critic(inputs: int, units: int) -> nn.Sequential:
    """A score for codes, `mlp` to one value; without a last bias, which no difference of two scores depends on."""
    net = mlp(inputs, 1, units)
    net[-1].register_parameter("bias", None)
    return net


def dense(config: Config, shape: tuple[int, int, int], heads: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder and decoder of MaskAAE's released code: four layers of 8 x width ReLU units each (1024 at width 128)."""
    units, pixels = 8 * config.width, math.prod(shape)
    inner = [*([Signed()] if config.signed else []), nn.Flatten()]
    inner = nn.Sequential(*inner, *mlp(pixels, heads * config.latent, units))
    outer = nn.Sequential(*mlp(config.latent, pixels, units), nn.Unflatten(1, shape))
    if config.error == "squared":
        outer.append(nn.Sigmoid())
    return glorot(inner, {inner[-1]: config.latent}), outer


def recurrent(config: Config, shape: tuple[int, int], heads: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Encoder and decoder of strings (`strings.py`), as the configuration sizes them."""
    sizes = {"dense": config.dense, "batch_norm": config.batch_norm, "momentum": config.bn_momentum}
    inner = strings.encoder(shape, heads * config.latent, filters=config.filters, kernels=config.kernels, **sizes)
    ends = {"batch_norm": config.batch_norm, "momentum": config.bn_momentum}
    outer = strings.decoder(shape, config.latent, hidden=config.hidden, **ends)
    return glorot(inner, {inner[-1]: config.latent}), glorot(outer, {})


# How a configuration's `network` is built: (config, shape, heads) -> encoder, decoder. Both are nn.Sequential; the
# encoder ends with the linear layer to heads x d values, the decoder begins with the one from d values.
NETWORKS = {"convolutional": convolutional, "mlp": dense, "recurrent": recurrent}


def glorot(net: nn.Sequential, fan_out: dict[nn.Module, int]) -> nn.Sequential:
    """Keras' defaults: kernels uniform in +-sqrt(6 / (fan_in + fan_out)), biases 0.

    fan_out: the outputs of one head, where a linear layer holds several side by side.
    """
    for layer in net:
        if isinstance(layer, nn.Linear):
            bound = (6 / (layer.in_features + fan_out.get(layer, layer.out_features))) ** 0.5
        elif isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d)):
            area = math.prod(layer.kernel_size)
            bound = (6 / (area * (layer.in_channels + layer.out_channels))) ** 0.5
        else:
            continue
        nn.init.uniform_(layer.weight, -bound, bound)
        nn.init.zeros_(layer.bias)
    return net


def spectral_norm(net: nn.Sequential) -> nn.Sequential:
    """Divides every kernel by its largest singular value, one power iteration per training step, none in eval.

    The matrix is the official code's: a Keras kernel reshaped to (-1, last axis), whose last axis is the *input*
    of a transposed convolution, so dim 0 here, where torch's own default is dim 1 and another matrix.
    """
    for layer in list(net.modules()):
        if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d)):
            torch.nn.utils.parametrizations.spectral_norm(layer, dim=0)
            for norm in layer.parametrizations.weight:
                norm.forward = full_precision(norm.forward)
    return net


def full_precision(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The function outside autocast: matrix-vector products in bf16 would move a singular value by parts in 1000."""

    def inner(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return function(x)

    return inner


class L1Norm(nn.Module):
    """z -> (z - m) / s by coordinate, m the mean and s the mean absolute deviation over the batch. (B, d) -> (B, d)

    The normalisation that fixes E|z_i| = 1, under which the entropy is largest for a Laplace(0, 1) code (EAE,
    section 3.3). In eval mode by running averages, as batch norm does.
    """

    def __init__(self, features: int, momentum: float, eps: float = 1e-5):
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_scale", torch.ones(features))

    def forward(self, z: Tensor) -> Tensor:
        z = z.float()
        if not self.training:
            return (z - self.running_mean) / (self.running_scale + self.eps)
        mean = z.mean(0)
        scale = (z - mean).abs().mean(0)
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_scale.lerp_(scale, self.momentum)
        return (z - mean) / (scale + self.eps)


def latent_norm(name: str, latent: int, momentum: float) -> nn.Module:
    """The normalisation of the code, without an affine map: "batch" and "l1" over the batch, "layer" over the code.

    EAE section 3: batch norm "sans affine shift"; the DAE study does not say whether its norms have one.
    """
    if name == "layer":
        return nn.LayerNorm(latent, eps=1e-3, elementwise_affine=False)
    if name == "l1":
        return L1Norm(latent, momentum)
    return nn.BatchNorm1d(latent, eps=1e-5, momentum=momentum, affine=False)


def code_layers(encoder: nn.Sequential, decoder: nn.Sequential, which: str) -> list[nn.Module]:
    """The linear layers next to the code: the "encoder"'s last, or "both" that and the decoder's first."""
    return [encoder[-1]] if which == "encoder" else [encoder[-1], decoder[0]]


def freeze(layers: list[nn.Module]) -> None:
    """Leaves the layers at their random initialisation: their parameters ask for no gradient."""
    for layer in layers:
        layer.requires_grad_(False)


def kernels(net: nn.Module, *, linear: bool) -> list[Tensor]:
    """Kernels of the transposed convolutions, and of the linear layers if asked; never biases or BN."""
    kinds = (nn.ConvTranspose2d, nn.Linear) if linear else (nn.ConvTranspose2d,)
    return [layer.weight for layer in net.modules() if isinstance(layer, kinds)]
