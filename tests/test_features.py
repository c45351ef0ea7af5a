"""Features: what goes in is checked, what comes out is cached by content and never mixed up."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from small import pixels as images
from torch import Tensor

from rae_lib import data
from rae_lib.metrics import features

WEIGHTS = Path(os.environ.get("RAE_DATA") or "absent", "inception-768.pth")
real_weights = pytest.mark.skipif(not WEIGHTS.is_file(), reason="no $RAE_DATA/inception-768.pth on this machine")


def stub(monkeypatch, tmp_path) -> list[int]:
    """The Inception replaced by the mean of an image; returns the sizes of the chunks computed."""
    seen: list[int] = []

    def mean(net: object, batch: int, x: Tensor) -> Tensor:
        seen.append(len(x))
        return x.float().mean((1, 2, 3))[:, None].repeat(1, 768)

    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"stub")
    monkeypatch.setenv("RAE_INCEPTION", str(weights))
    monkeypatch.setattr(features, "load_inception", lambda *_: None)
    monkeypatch.setattr(features, "embed_images", mean)
    monkeypatch.setattr(features, "CHUNK", 3)
    return seen


@pytest.mark.parametrize(
    "wrong",
    [images().float() / 255, images()[0], images().permute(0, 2, 3, 1), images(channels=2), images(0)],
    ids=["floats", "one image", "channels last", "two channels", "none"],
)
def test_the_inception_refuses_everything_but_uint8_images(wrong):
    with pytest.raises(ValueError, match=r"allowed: uint8 \(N, 1 or 3, H, W\)"):
        features.inception(wrong, layer=768)


@pytest.mark.parametrize(
    ("content", "layer", "message"),
    [
        (None, 192, "layer is 192; allowed: 768, 2048"),
        (None, 2048, r"\$RAE_INCEPTION is .*weights.pth: no such file"),
        (b"not a checkpoint", 768, "weights.pth has no Inception weights"),
        (
            {"Mixed_7c.branch_pool.bn.bias": torch.full((192,), float("nan"))},
            2048,
            "NaN weights below layer 2048; .* a file for 768 is only a part.*RAE_INCEPTION",
        ),
    ],
    ids=["layer", "missing", "damaged", "part"],
)
def test_weights_that_cannot_serve_are_refused_with_the_reason(monkeypatch, tmp_path, content, layer, message):
    path = tmp_path / "weights.pth"
    monkeypatch.setenv("RAE_INCEPTION", str(path))
    if content:
        path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        features.inception(images(), layer=layer)


def test_without_weights_and_network_the_address_and_the_variable_are_named(monkeypatch, tmp_path):
    monkeypatch.delenv("RAE_INCEPTION", raising=False)
    monkeypatch.setenv("RAE_DATA", str(tmp_path))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    message = r"weights-inception.*\.pth did not answer \(no network\).*named in \$RAE_INCEPTION"
    with pytest.raises(FileNotFoundError, match=message):
        features.inception(images(), layer=768)


def test_a_killed_extraction_goes_on_and_damage_is_computed_again(monkeypatch, tmp_path):
    seen, cache, x = stub(monkeypatch, tmp_path), tmp_path / "cache", images(8)
    features.inception(x[:6], layer=768, cache=cache)  # two whole chunks, then killed
    assert seen == [3, 3]
    whole = features.inception(x, layer=768, cache=cache)
    assert seen == [3, 3, 2]
    assert torch.equal(whole, features.inception(x, layer=768))
    seen.clear()
    file = next(cache.iterdir())
    file.write_bytes(file.read_bytes()[:100])
    assert torch.equal(whole, features.inception(x, layer=768, cache=cache))
    assert len(seen) == 1 and np.load(file).shape[1] == 768
    assert not list(cache.glob("*.partial"))
    seen.clear()
    other = features.inception(images(2, seed=1), layer=768, cache=cache)  # it answers for no other images
    assert torch.equal(other, features.inception(images(2, seed=1), layer=768))
    (tmp_path / "weights.pth").write_bytes(b"others")
    features.inception(x[:3], layer=768, cache=cache)  # and for no other weights
    assert seen == [2, 2, 3]
    monkeypatch.setattr(features, "embed_images", lambda *_: torch.full((3, 768), float("nan")))
    with pytest.raises(ValueError, match="inception-768: 3 of 3 rows are not finite"):
        features.inception(x[:3], layer=768)


@pytest.mark.data
@real_weights
def test_the_inception_gives_the_features_of_torch_fidelity_whatever_the_batch(monkeypatch):
    from torch_fidelity import FeatureExtractorInceptionV3

    monkeypatch.delenv("RAE_INCEPTION", raising=False)
    grey = images(2, size=28)
    found = features.inception(grey, layer=768, batch=2)
    assert found.shape == (2, 768) and found.dtype == torch.float32
    single = features.inception(grey.expand(-1, 3, -1, -1), layer=768, batch=1)
    torch.testing.assert_close(single, found, rtol=1e-4, atol=1e-4)
    named = {"feature_extractor_weights_path": str(WEIGHTS)}
    reference = FeatureExtractorInceptionV3("inception-v3-compat", ["768"], **named)
    with torch.no_grad():
        expected = reference(grey.expand(-1, 3, -1, -1))[0]
    assert float(((found - expected).norm(dim=1) / expected.norm(dim=1)).max()) < 1e-4
    ruler = features.ruler("inception-768", data.load("digits"))
    assert (ruler.name, ruler.dimension) == ("inception-768", 768)
    assert ruler.weights == features.weights_sha256(768) and len(ruler.weights) == 64
    monkeypatch.setenv("RAE_INCEPTION", str(WEIGHTS))
    with pytest.raises(ValueError, match="inception-2048 needs a weights file, the full one"):
        features.inception(images(), layer=2048)


def test_pixels_are_divided_by_255_or_must_be_there_already():
    x = images(3)
    assert features.pixels(x).shape == (3, 1024)
    assert torch.equal(features.pixels(x), features.pixels(x.float() / 255))
    with pytest.raises(ValueError, match=r"pixels in \[0, .*\]; allowed: uint8, or \[0, 1\]"):
        features.pixels(x.float())


def test_a_ruler_says_with_which_weights_it_measures():
    digits = data.load("digits")
    ruler = features.own(digits)
    assert (ruler.name, ruler.dimension, len(ruler.weights)) == ("domain", 64, 64)
    assert ruler.facts["accuracy"] > 0.95
    unlabelled = data.Dataset("synth", digits.images, {}, "0" * 64, "made here", "")
    assert features.own(unlabelled).facts == {"name": "pixels", "weights": ""}
    with pytest.raises(ValueError, match="features is 'vgg'; allowed: domain, inception-768"):
        features.ruler("vgg", digits)


def test_features_of_real_images_are_taken_once_and_never_answer_for_others(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_HOME", str(tmp_path))
    seen = []

    def mean(x: Tensor) -> Tensor:
        seen.append(len(x))
        return x.float().mean((1, 2, 3))[:, None]

    ruler = features.Ruler("domain", 1, "a" * 64, mean)
    first = ruler.real(images())
    assert torch.equal(ruler.real(images()), first) and seen == [2]
    other = features.Ruler("domain", 1, "b" * 64, mean)
    other.real(images())
    ruler.real(images(seed=1))
    assert seen == [2, 2, 2]


@pytest.mark.gpu
@real_weights
def test_the_gpu_gives_the_features_of_the_cpu(monkeypatch, cuda):
    monkeypatch.delenv("RAE_INCEPTION", raising=False)
    here = features.inception(images(), layer=768)
    there = features.inception(images(), layer=768, device="cuda")
    torch.testing.assert_close(there, here, rtol=1e-3, atol=1e-3)
