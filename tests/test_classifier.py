"""The classifiers: they learn, they are part of the package, and other weights are refused."""

import json

import pytest
import torch
from small import pixels as images

from rae_lib import config, data, files, origin
from rae_lib.metrics import classifier
from rae_lib.results import store, weights

RECIPE = {"network": "plain", "epochs": 20, "batch": 20, "lr": 2e-3, "decay": [0.6, 0.85]}
RECIPE |= {"shift": 1, "mirror": False, "seed": 0}


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


@pytest.mark.parametrize("network", ["plain", "residual"])
@pytest.mark.parametrize("labels", ["classes", "attributes"])
def test_a_classifier_learns_its_labels_and_separates_them(labels, network):
    dataset, state = toy(labels), torch.get_rng_state()
    net = classifier.train_classifier(dataset, RECIPE | {"network": network})
    assert torch.equal(torch.get_rng_state(), state)
    assert net.accuracy > 0.9 and net.sha256 == origin.weights_sha256(net)
    x = net(dataset.images["test"])
    assert x.shape == (60, 64) and x.dtype == torch.float32 and not x.requires_grad
    assert (x < 0).any()  # taken before the ReLU
    centres = torch.stack([x[kind::3].mean(0) for kind in range(3)])
    nearest = torch.cdist(x, centres).argmin(1)
    assert float((nearest == torch.arange(3).repeat(20)).float().mean()) > 0.9


def test_what_a_classifier_cannot_do_is_refused():
    with pytest.raises(ValueError, match="toy has no labels, so no classifier; .*: pixels"):
        classifier.train_classifier(toy(""), RECIPE)
    with pytest.raises(ValueError, match="no classifier for 'svhn'; there are: .*digits.*mnist"):
        classifier.load("svhn")
    net = classifier.Classifier("plain", (1, 32, 32), 10)
    for wrong in (images(channels=3), images().float(), images(0)):
        with pytest.raises(ValueError, match=r"allowed for this classifier: uint8 \(N, \*\(1, 32"):
            net(wrong)


def test_training_images_are_shifted_and_mirrored_and_nothing_else():
    recipe = RECIPE | {"shift": 2, "mirror": True}
    lesson = classifier.Lesson(classifier.Classifier("plain", (1, 32, 32), 3), *2 * [torch.zeros(1)], recipe)
    x = torch.zeros(50, 1, 32, 32, dtype=torch.uint8)
    x[:, :, 10:12, 8] = 255
    varied = lesson.varied(x, torch.Generator().manual_seed(0))
    assert varied.dtype == torch.uint8 and (varied.flatten(1) > 0).sum(1).eq(2).all()
    rows, columns = (varied.amax(dim).flatten(1).argmax(1) for dim in (3, 2))
    assert set(rows.tolist()) == set(range(8, 13))
    assert set(columns.tolist()) == {*range(6, 11), *range(31 - 10, 31 - 5)}


def test_kept_weights_are_read_back_equal_and_damage_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(classifier, "FOLDER", tmp_path)
    dataset = toy()
    net = classifier.train_classifier(dataset, RECIPE | {"epochs": 1})
    path = classifier.store_classifier(net, dataset, RECIPE)
    classifier.load.cache_clear()
    again = classifier.load("toy")
    assert again.sha256 == net.sha256 and again.accuracy == pytest.approx(net.accuracy, abs=1e-4)
    torch.testing.assert_close(again(dataset.images["test"]), net(dataset.images["test"]))
    flipped = bytearray(path.read_bytes())
    flipped[-1] ^= 1
    for content in (bytes(flipped), path.read_bytes()[:200]):
        path.write_bytes(content)
        classifier.load.cache_clear()
        with pytest.raises(ValueError, match="toy.safetensors.*restore it"):
            classifier.load("toy")
    classifier.load.cache_clear()


@pytest.mark.parametrize("name", config.catalogue()["classifier"])
def test_every_committed_classifier_is_small_and_says_how_good_it_is(name):
    least = {"cifar10": 0.85, "celeba64": 0.88, "fashion_mnist": 0.88}.get(name, 0.97)
    net = classifier.load(name)
    assert net.accuracy > least and not net.training
    assert (classifier.FOLDER / f"{name}.safetensors").stat().st_size <= 2 * 2**20
    if name == "digits":
        digits = data.load("digits")
        right = (net.guess(digits.images["test"]) == digits.labels["test"]).double().mean()
        assert float(right) == pytest.approx(net.accuracy, abs=1e-4)


def test_weights_that_are_there_are_not_replaced_by_the_way(capsys):
    before = (classifier.FOLDER / "digits.safetensors").read_bytes()
    assert classifier.main(["digits"]) == 0
    assert "--replace trains new ones" in capsys.readouterr().out
    assert (classifier.FOLDER / "digits.safetensors").read_bytes() == before


def stored(folder, seed: int, sha: str) -> store.Result:
    """A result on digits whose domain features were measured with these weights."""
    chosen = config.resolve("ae", "digits", "laptop", seed)
    values = ("frechet", "gmm", "clean", "domain", sha[:12], 400, 400, 1.0)
    raw = {"features": {"name": "domain", "weights": sha}, "weights_sha256": "w"}
    raw["records"] = [dict(zip(store.RECORD_COLUMNS, values, strict=True))]
    return store.Result(chosen, folder / f"ae-s{seed}", raw)


def test_numbers_of_different_weights_are_never_put_into_one_table(tmp_path):
    first, same, other = (stored(tmp_path, s, w) for s, w in ((0, "a" * 64), (1, "a" * 64), (2, "b" * 64)))
    store.check_rulers([first, same])
    with pytest.raises(ValueError, match="domain features of digits.* a{12} in .*ae-s0 and b{12} in .*ae-s2"):
        store.check_rulers([first, same, other])
    extra = {"weights_sha256": "w", "features": {"name": "inception-768", "weights": "i" * 64}}
    extra |= {"records": [], "schema": files.SCHEMA, "finished": True}
    for result, weights_of in ((first, "i"), (same, "j")):
        result.folder.mkdir()
        told = json.dumps(extra | {"features": {"name": "inception-768", "weights": weights_of * 64}})
        (result.folder / "inception-768.json").write_text(told)
    with pytest.raises(ValueError, match="inception-768 features of digits"):
        store.check_rulers([stored(tmp_path, 0, "a" * 64), stored(tmp_path, 1, "a" * 64)])


def test_kept_half_precision_weights_give_the_system_back(tmp_path):
    from rae_lib.models import build

    chosen = config.resolve("eae", "mnist", "overnight", 0)
    system = build(chosen, (1, 32, 32)).eval()
    assert weights.kept(chosen) and not weights.kept(config.resolve("eae", "mnist", "overnight", 1))
    result = store.Result(chosen, tmp_path, {"weights_sha256": origin.weights_sha256(system)})
    with pytest.raises(FileNotFoundError, match="no weights are kept; those of overnight's seed 0"):
        weights.load(result)
    packed = weights.packed(system, (1, 32, 32))
    assert len(packed) < 2 * 2**20
    (tmp_path / weights.NAME).write_bytes(packed)
    x = torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(weights.load(result).encode(x), system.encode(x), rtol=0.02, atol=0.02)
    with pytest.raises(ValueError, match="the weights of another run than eae-s0"):
        weights.load(store.Result(chosen, tmp_path, {"weights_sha256": "other"}))
    kept = store.Result(chosen, tmp_path, result.raw | {"files": {weights.NAME: store.digest(packed)}})
    assert weights.load(kept)
    (tmp_path / weights.NAME).write_bytes(packed[:-9] + bytes([packed[-9] ^ 1]) + packed[-8:])
    with pytest.raises(ValueError, match="weights.safetensors is damaged or edited; make it with: "):
        weights.load(kept)
