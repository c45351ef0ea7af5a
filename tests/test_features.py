"""Features: what goes in is checked, what comes out is cached by content and never mixed up."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rae_lib import data, features

WEIGHTS = Path(os.environ.get("RAE_DATA") or "absent", "inception-768.pth")
real_weights = pytest.mark.skipif(
    not WEIGHTS.is_file(), reason="no $RAE_DATA/inception-768.pth on this machine"
)


def images(n: int = 2, channels: int = 1, size: int = 32, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (n, channels, size, size), generator=generator).byte()


def stub(monkeypatch, tmp_path, embed=None) -> list[int]:
    """The Inception replaced by the mean of an image; returns the sizes of the chunks computed."""
    seen: list[int] = []

    def mean(net: object, batch: int, x: Tensor) -> Tensor:
        seen.append(len(x))
        return x.float().mean((1, 2, 3))[:, None].repeat(1, 768)

    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"stub")
    monkeypatch.setenv("RAE_INCEPTION", str(weights))
    monkeypatch.setattr(features, "_inception", lambda *_: None)
    monkeypatch.setattr(features, "_embed", embed or mean)
    monkeypatch.setattr(features, "CHUNK", 3)
    return seen


@pytest.mark.parametrize(
    "wrong",
    [
        images().float() / 255,
        images()[0],
        images().permute(0, 2, 3, 1),
        images(channels=2),
        images(0),
    ],
    ids=["floats", "one image", "channels last", "two channels", "none"],
)
def test_the_inception_refuses_everything_but_uint8_images(wrong):
    with pytest.raises(ValueError, match=r"allowed: uint8 \(N, 1 or 3, H, W\)"):
        features.inception(wrong, layer=768)


def test_an_unknown_layer_is_refused():
    with pytest.raises(ValueError, match="layer is 192; allowed: 768, 2048"):
        features.weights_sha256(192)


def test_missing_weights_are_named_with_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_INCEPTION", str(tmp_path / "none.pth"))
    with pytest.raises(FileNotFoundError, match=r"\$RAE_INCEPTION is .*none.pth: no such file"):
        features.inception(images(), layer=2048)


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


def test_a_damaged_weights_file_is_refused(monkeypatch, tmp_path):
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not a checkpoint")
    monkeypatch.setenv("RAE_INCEPTION", str(broken))
    with pytest.raises(ValueError, match="broken.pth has no Inception weights"):
        features.inception(images(), layer=768)


def test_weights_that_end_at_768_are_refused_for_2048_with_the_reason(monkeypatch, tmp_path):
    part = tmp_path / "part.pth"
    torch.save({"Mixed_7c.branch_pool.bn.bias": torch.full((192,), float("nan"))}, part)
    monkeypatch.setenv("RAE_INCEPTION", str(part))
    message = (
        "NaN weights below layer 2048; .*of which a file for 768 is only a part.*RAE_INCEPTION"
    )
    with pytest.raises(ValueError, match=message):
        features.inception(images(), layer=2048)


def test_features_that_are_not_finite_are_refused_with_their_count(monkeypatch, tmp_path):
    def broken(net: object, batch: int, x: Tensor) -> Tensor:
        return torch.full((len(x), 768), float("nan"))

    stub(monkeypatch, tmp_path, broken)
    with pytest.raises(ValueError, match="inception-768: 2 of 2 rows are not finite"):
        features.inception(images(), layer=768)


def test_a_killed_extraction_goes_on_where_it_was(monkeypatch, tmp_path):
    seen = stub(monkeypatch, tmp_path)
    x, cache = images(8), tmp_path / "cache"
    features.inception(x[:6], layer=768, cache=cache)  # two whole chunks, then killed
    assert seen == [3, 3]
    whole = features.inception(x, layer=768, cache=cache)
    assert seen == [3, 3, 2]
    assert torch.equal(whole, features.inception(x, layer=768))
    assert not list(cache.glob("*.partial"))


def test_the_cache_never_answers_for_other_images_or_other_weights(monkeypatch, tmp_path):
    seen, cache = stub(monkeypatch, tmp_path), tmp_path / "cache"
    features.inception(images(2), layer=768, cache=cache)
    other = features.inception(images(2, seed=1), layer=768, cache=cache)
    assert seen == [2, 2]
    assert torch.equal(other, features.inception(images(2, seed=1), layer=768))
    (tmp_path / "weights.pth").write_bytes(b"others")
    features.inception(images(2), layer=768, cache=cache)
    assert seen == [2, 2, 2, 2]


def test_a_truncated_cache_file_is_computed_again(monkeypatch, tmp_path):
    seen, cache = stub(monkeypatch, tmp_path), tmp_path / "cache"
    first = features.inception(images(2), layer=768, cache=cache)
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert torch.equal(features.inception(images(2), layer=768, cache=cache), first)
    assert seen == [2, 2] and np.load(file).shape == (2, 768)


@pytest.mark.data
@real_weights
def test_the_inception_gives_finite_features_that_do_not_depend_on_the_batch(monkeypatch):
    monkeypatch.delenv("RAE_INCEPTION", raising=False)
    grey = images(2, size=28)
    found = features.inception(grey, layer=768, batch=2)
    assert found.shape == (2, 768) and found.dtype == torch.float32 and found.isfinite().all()
    assert not torch.equal(found[0], found[1])
    single = features.inception(grey.expand(-1, 3, -1, -1), layer=768, batch=1)
    torch.testing.assert_close(single, found, rtol=1e-4, atol=1e-4)
    protocol = features.inception_protocol(768)
    assert (protocol.name, protocol.dimension) == ("inception-768", 768)
    assert protocol.weights == features.weights_sha256(768) and len(protocol.weights) == 64


@pytest.mark.data
@real_weights
def test_the_faster_inception_gives_the_features_of_torch_fidelity(monkeypatch):
    from torch_fidelity import FeatureExtractorInceptionV3

    monkeypatch.delenv("RAE_INCEPTION", raising=False)
    named = {"feature_extractor_weights_path": str(WEIGHTS)}
    reference = FeatureExtractorInceptionV3("inception-v3-compat", ["768"], **named)
    x = images(2, channels=3)
    with torch.no_grad():
        expected = reference(x)[0]
    error = (features.inception(x, layer=768) - expected).norm(dim=1) / expected.norm(dim=1)
    assert float(error.max()) < 1e-4


@pytest.mark.data
@real_weights
def test_the_768_file_is_refused_for_2048(monkeypatch):
    monkeypatch.setenv("RAE_INCEPTION", str(WEIGHTS))
    with pytest.raises(ValueError, match="inception-2048 needs a weights file, the full one"):
        features.inception(images(), layer=2048)


def test_pixels_are_divided_by_255_or_must_be_there_already():
    x = images(3)
    assert features.pixels(x).shape == (3, 1024)
    assert torch.equal(features.pixels(x), features.pixels(x.float() / 255))
    with pytest.raises(ValueError, match=r"pixels in \[0, .*\]; allowed: uint8, or \[0, 1\]"):
        features.pixels(x.float())


def toy(labels: str = "classes", n: int = 120) -> data.Dataset:
    """Three classes of images, bright in a different third; attributes: bright there or not."""
    kinds = torch.arange(3).repeat(n // 3)
    x = images(n) // 4
    for row, kind in enumerate(kinds):
        x[row, :, 10 * int(kind) : 10 * int(kind) + 10] += 128
    parts = {"train": slice(0, n), "val": slice(0, 30), "test": slice(30, 90)}
    y = kinds if labels == "classes" else kinds[:, None] == torch.arange(3)
    known = {name: y[part] for name, part in parts.items()} if labels else {}
    held = {name: x[part] for name, part in parts.items()}
    return data.Dataset("toy", held, known, labels.ljust(64, "0"), "made here", "")


@pytest.mark.parametrize("labels", ["classes", "attributes"])
def test_the_domain_classifier_learns_its_labels_and_separates_them(labels, monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_HOME", str(tmp_path))
    dataset = toy(labels)
    classifier = features.domain(dataset)
    assert classifier.accuracy > 0.9
    x = classifier(dataset.images["test"])
    assert x.shape == (60, 64) and x.dtype == torch.float32 and not x.requires_grad
    assert (x < 0).any()  # taken before the ReLU
    centres = torch.stack([x[kind::3].mean(0) for kind in range(3)])
    nearest = torch.cdist(x, centres).argmin(1)
    assert float((nearest == torch.arange(3).repeat(20)).float().mean()) > 0.9


def test_the_domain_classifier_is_trained_once_and_read_back_equal(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_HOME", str(tmp_path))
    first = features.domain(toy())
    (file,) = (tmp_path / "domain").iterdir()
    monkeypatch.setattr(features, "_taught", lambda *_: pytest.fail("trained again"))
    again = features.domain(toy())
    assert again.protocol == first.protocol and again.accuracy == first.accuracy
    assert first.protocol.name == "domain" and first.protocol.dimension == 64
    assert torch.equal(again(toy().images["test"]), first(toy().images["test"]))
    assert file.name.startswith(toy().sha256[:16])


def test_a_damaged_domain_classifier_is_trained_again_to_the_same_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_HOME", str(tmp_path))
    state = torch.get_rng_state()
    first = features.domain(toy())
    assert torch.equal(torch.get_rng_state(), state)
    (file,) = (tmp_path / "domain").iterdir()
    file.write_bytes(file.read_bytes()[:200])
    assert features.domain(toy()).protocol == first.protocol


def test_domain_features_of_a_set_without_labels_are_refused():
    with pytest.raises(ValueError, match="toy has no labels, so no domain features; .*: pixels"):
        features.domain(toy(""))


def test_the_domain_classifier_refuses_images_of_another_shape_or_type(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_HOME", str(tmp_path))
    classifier = features.DomainClassifier((1, 32, 32), 10)
    with pytest.raises(ValueError, match=r"\(3, 32, 32\); allowed for this .*: \(1, 32, 32\)"):
        classifier(images(channels=3))
    with pytest.raises(ValueError, match="allowed: uint8"):
        classifier(images().float())


@pytest.mark.gpu
@real_weights
def test_the_gpu_gives_the_features_of_the_cpu(monkeypatch, cuda):
    monkeypatch.delenv("RAE_INCEPTION", raising=False)
    here = features.inception(images(), layer=768)
    there = features.inception(images(), layer=768, device="cuda")
    torch.testing.assert_close(there, here, rtol=1e-3, atol=1e-3)
