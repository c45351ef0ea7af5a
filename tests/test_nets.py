"""Networks: parameter counts and shapes of the papers' table, padding, initialisation, spectral norm."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from rae_lib.models import networks

TABLE = {  # data set: shape, d, kernel, encoder parameters, decoder parameters (no BN affine)
    "mnist": ((1, 32, 32), 16, 4, 11_079_568, 11_604_737),
    "cifar10": ((3, 32, 32), 128, 4, 11_542_528, 18_952_963),
    "celeba64": ((3, 64, 64), 64, 5, 18_263_360, 21_473_539),
}


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("name", TABLE)
def test_parameter_counts_are_those_of_the_papers_table(name):
    shape, latent, kernel, encoder, decoder = TABLE[name]
    with torch.device("meta"):
        assert count(networks.encoder(shape, latent, kernel=kernel, batch_norm=False)) == encoder
        assert count(networks.decoder(shape, latent, kernel=kernel, batch_norm=False)) == decoder


def test_batch_norm_and_its_stem_add_the_published_counts():
    shape = (1, 32, 32)
    with torch.device("meta"):
        code = count(networks.encoder(shape, 16)) + count(networks.decoder(shape, 16))
        paper = count(networks.encoder(shape, 16)) + count(networks.decoder(shape, 16, fc_bn=True))
    assert (code, paper) == (22_689_681, 22_691_729)


def test_depth_counts_are_those_of_the_deterministic_autoencoder_study():
    shape = (3, 32, 32)
    with torch.device("meta"):
        two = networks.encoder(shape, 128, width=64, depth=2, batch_norm=False)
        mixed = networks.encoder(shape, 128, depth=(3, 3, 2, 1), batch_norm=False)
        back = networks.decoder(shape, 128, depth=(3, 3, 2, 1), batch_norm=False)
    assert (count(two), count(mixed), count(back)) == (8_590_336, 18_359_552, 29_440_259)


@pytest.mark.parametrize("kernel", [3, 4, 5])
@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 64, 64)])
def test_images_come_back_in_their_own_shape(kernel, shape):
    encoder = networks.encoder(shape, 6, width=2, kernel=kernel)
    decoder = networks.decoder(shape, 6, width=2, kernel=kernel)
    x = torch.rand(3, *shape)
    assert encoder(x).shape == (3, 6)
    assert decoder(encoder(x)).shape == x.shape


def test_a_transposed_convolution_is_the_adjoint_of_the_convolution():
    torch.manual_seed(0)
    for kernel, stride in ((4, 2), (5, 2), (4, 1), (5, 1)):
        forward = nn.Sequential(*networks.conv(2, 3, kernel, stride))
        backward = nn.Sequential(*networks.conv_transpose(3, 2, kernel, stride))
        forward[-1].bias.data.zero_()
        backward[0].bias.data.zero_()
        backward[0].weight.data = forward[-1].weight.data
        x, y = torch.randn(1, 2, 8, 8), torch.randn(1, 3, 8 // stride, 8 // stride)
        left, right = (forward(x) * y).sum(), (x * backward(y)).sum()
        torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-4)


def test_same_padding_puts_the_larger_half_at_the_end():
    layers = networks.conv(1, 1, 5, 2)
    layers[-1].weight.data.fill_(1.0)
    layers[-1].bias.data.zero_()
    x = torch.zeros(1, 1, 8, 8)
    x[..., -1, -1] = 1
    out = nn.Sequential(*layers)(x)
    assert out[0, 0, -1, -1] == 1 and out.shape[-1] == 4
    expected = F.conv2d(F.pad(x, (1, 2, 1, 2)), torch.ones(1, 1, 5, 5), stride=2)
    torch.testing.assert_close(out, expected)


def test_kernels_start_within_glorots_bound():
    net = networks.encoder((1, 32, 32), 16, width=8, heads=2)
    first = next(m for m in net if isinstance(m, nn.Conv2d))
    bound = (6 / (16 * (1 + 8))) ** 0.5
    assert 0.9 * bound < first.weight.abs().max() <= bound
    assert first.bias.abs().max() == 0


def test_spectral_norm_brings_the_largest_singular_value_of_every_kernel_to_one():
    torch.manual_seed(0)
    net = networks.spectral_norm(networks.decoder((1, 32, 32), 8, width=2, batch_norm=False))
    net.train()
    for _ in range(60):
        net(torch.randn(2, 8))
    net.eval()
    for layer in net:
        if hasattr(layer, "weight"):
            sigma = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
            assert sigma == pytest.approx(1, abs=0.02)


def test_a_wrong_depth_is_refused():
    with pytest.raises(ValueError, match="one for each of 4 stages"):
        networks.encoder((1, 32, 32), 4, width=2, depth=(1, 2))
