"""Archives: what NAME.npz must hold, how it is made, and the faults that must not pass."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from rae_lib import data
from rae_lib.data import archives
from rae_lib.data.archives import Archive, Copy

SMALL = (8, 4, 4)


def small_arrays(counts=SMALL):
    random, arrays = np.random.RandomState(0), {}
    for split, n in zip(data.SPLITS, counts, strict=True):
        arrays[f"{split}_images"] = random.randint(0, 256, (n, 28, 28)).astype(np.uint8)
        arrays[f"{split}_labels"] = random.randint(0, 10, n).astype(np.uint8)
    return arrays


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_DATA", str(tmp_path))
    return tmp_path


def know(monkeypatch, name, *copies):
    """The archive of this name has these copies alone."""
    known = replace(archives.ARCHIVES[name], copies=copies)
    monkeypatch.setitem(archives.ARCHIVES, name, known)


@pytest.fixture
def small(folder, monkeypatch):
    """A MNIST of 16 images, whose checksums are not known."""
    know(monkeypatch, "mnist", Copy(SMALL))
    np.savez(folder / "mnist.npz", **small_arrays())
    return folder


def one_line_about(error, *words):
    message = str(error.value)
    assert "\n" not in message
    assert error.value.__suppress_context__ or error.value.__context__ is None
    for word in words:
        assert str(word) in message
    return True


# Layout, checksums, damage


def test_the_known_copies_are_whole():
    assert set(archives.ARCHIVES) == {"mnist", "fashion_mnist", "cifar10", "celeba64"}
    sums = [v for a in archives.ARCHIVES.values() for c in a.copies for v in c.sha256.values()]
    assert len(sums) == 14 and all(len(value) == 64 for value in sums)
    for archive in archives.ARCHIVES.values():
        assert isinstance(archive, Archive) and all(len(c.counts) == 3 for c in archive.copies)


def test_an_archive_is_padded_to_32_pixels_and_says_that_its_checksum_is_unknown(small):
    loaded, arrays = data.load("mnist"), small_arrays()
    for split in data.SPLITS:
        images = loaded.images[split]
        assert np.array_equal(images[:, 0, 2:30, 2:30], arrays[f"{split}_images"])
        assert images.long().sum() == arrays[f"{split}_images"].astype(int).sum()
        assert loaded.labels[split].tolist() == arrays[f"{split}_labels"].tolist()
        assert loaded.labels[split].dtype == torch.int64
    assert (loaded.source, loaded.kind) == ("$RAE_DATA/mnist.npz", "images")
    assert loaded.note == "checksum of this copy unknown: only its layout was checked"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"train_images": None}, "train_images is not a file in the archive"),
        (
            {"val_images": np.zeros((4, 28, 28), np.float32)},
            "val_images is float32 (4, 28, 28), allowed: uint8 (N, 28, 28)",
        ),
        ({"val_images": np.zeros((4, 32, 32), np.uint8)}, "is uint8 (4, 32, 32), allowed: uint8"),
        ({"val_images": np.uint8(3)}, "val_images is uint8 (), allowed: uint8 (N, 28, 28)"),
        ({"val_labels": np.zeros((4, 1), np.uint8)}, "allowed: uint8 (N)"),
        ({"val_labels": np.full(4, 10, np.uint8)}, "val_labels go up to 10, allowed: 0 to 9"),
        ({"val_labels": np.zeros(3, np.uint8)}, "val has 4 images and 3 labels"),
        ({"val_labels": np.array([None] * 4)}, "Object arrays cannot be loaded"),
        (small_arrays((8, 4, 0)), "counts are (8, 4, 0), allowed: (8, 4, 4)"),
    ],
)
def test_an_archive_of_another_layout_is_refused(small, change, complaint):
    arrays = {k: v for k, v in (small_arrays() | change).items() if v is not None}
    np.savez(small / "mnist.npz", **arrays)
    with pytest.raises(ValueError) as error:
        data.load("mnist")
    assert one_line_about(error, complaint, small / "mnist.npz", "$RAE_DATA", "amazonaws")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x80\x04K\x01.", "array", "folder"])
def test_a_file_that_is_no_archive_is_refused(small, content):
    path = small / "mnist.npz"
    path.unlink()
    if content == "folder":
        path.mkdir()
    elif content == "array":
        with open(path, "wb") as file:
            np.save(file, np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        data.load("mnist")
    assert one_line_about(error, path, "$RAE_DATA", "amazonaws", "truncated, damaged or not this")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_truncated_or_damaged_archive_is_never_loaded_as_something_else(small, save):
    path, good = small / "mnist.npz", data.load("mnist").sha256
    save(path, **small_arrays())
    whole = path.read_bytes()
    for end in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match="truncated, damaged or not this set"):
            data.load("mnist")
    refused = 0
    for place in np.random.RandomState(0).randint(len(whole), size=300):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            assert data.load("mnist").sha256 == good  # a date, say
        except ValueError:
            refused += 1
    assert refused > 250


def test_an_altered_archive_is_refused_with_expected_and_found_checksum(small, monkeypatch):
    know(monkeypatch, "mnist", Copy(SMALL, "", {"train": "a" * 64}))
    found = archives.checksum(*(part["train"] for part in archives.read("mnist")))
    with pytest.raises(ValueError) as error:
        data.load("mnist", train_images=5)
    expected = f"is altered: train sha256 expected {'a' * 64}, found {found}"
    assert one_line_about(error, small / "mnist.npz", expected, "$RAE_DATA")


def test_celeba_numbers_of_another_split_are_refused(folder, monkeypatch):
    know(monkeypatch, "celeba64", Copy((2, 1, 1), "small"))
    arrays = {}
    for split, ids in {"train": [1, 2], "val": [162_771], "test": [182_638]}.items():
        images = np.arange(len(ids) * 64 * 64 * 3).reshape(-1, 64, 64, 3)
        arrays[f"{split}_images"] = images.astype(np.uint8)
        arrays[f"{split}_attributes"] = np.ones((len(ids), 40), bool)
        arrays[f"{split}_ids"] = np.array(ids, np.int32)
    np.savez(folder / "celeba64.npz", **arrays)
    loaded = data.load("celeba64")
    assert loaded.labels["train"].shape == (2, 40) and loaded.labels["train"].dtype == torch.bool
    assert np.array_equal(loaded.images["val"][0, 1], arrays["val_images"][0, :, :, 1])
    assert loaded.note.startswith("small; checksum of this copy unknown")
    for ids in ([1, 182_638], [2, 2], [0, 1]):
        np.savez(folder / "celeba64.npz", **arrays | {"train_ids": np.array(ids, np.int32)})
        with pytest.raises(ValueError, match="train_ids are not distinct numbers from 1 to 16277"):
            data.load("celeba64")


# Downloads


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "celeba64"])
def test_without_a_network_one_line_names_file_source_and_variable(name, folder, monkeypatch):
    def refuse(*_, **__):
        raise URLError("Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("torchvision.datasets.celeba.download_file_from_google_drive", refuse)
    with pytest.raises(FileNotFoundError) as error:
        data.load(name)
    origin = archives.ARCHIVES[name].origin
    assert one_line_about(error, folder / f"{name}.npz", origin, "$RAE_DATA", "not known")
    assert list(folder.iterdir()) == []


class FakeMNIST:
    """60,000 and 10,000 images, told apart by their first two pixels."""

    meet = None  # a barrier at which several downloads wait for each other

    def __init__(self, root, train, download):
        Path(root, "half-a-file").write_bytes(b"half")
        if self.meet is not None and train:
            self.meet.wait(timeout=30)
        n = 60_000 if train else 10_000
        rows = torch.arange(n)
        self.data = torch.zeros(n, 28, 28, dtype=torch.uint8)
        self.data[:, 0, 0], self.data[:, 0, 1] = rows // 256, rows % 256
        self.targets = rows % 10


@pytest.fixture
def fake_mnist(folder, monkeypatch):
    monkeypatch.setattr(torchvision.datasets, "MNIST", FakeMNIST)
    know(monkeypatch, "mnist", Copy((50_000, 10_000, 10_000)))
    return folder


def test_a_download_becomes_an_archive_whose_validation_split_is_the_end_of_training(fake_mnist):
    loaded = data.load("mnist")
    pixels = {s: x[:, 0, 2, 2:4].long() @ torch.tensor([256, 1]) for s, x in loaded.images.items()}
    assert torch.equal(pixels["train"], torch.arange(50_000))
    assert torch.equal(pixels["val"], torch.arange(50_000, 60_000))
    assert torch.equal(loaded.labels["val"], pixels["val"] % 10)
    assert (loaded.source, loaded.note) == ("torchvision", "")
    with np.load(fake_mnist / "mnist.npz") as arrays:
        altered = dict(arrays)
    altered["test_images"][0, 14, 14] = 1
    np.savez(fake_mnist / "mnist.npz", **altered)
    with pytest.raises(ValueError, match=f"sha256 .mnist.sha256. expected {loaded.sha256}, found"):
        data.load("mnist")


def test_two_downloads_at_once_both_succeed(fake_mnist, monkeypatch):
    monkeypatch.setattr(FakeMNIST, "meet", threading.Barrier(2))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(data.load, ["mnist", "mnist"])
    assert first.sha256 == second.sha256
    assert sorted(f.name for f in fake_mnist.iterdir()) == ["mnist.npz", "mnist.sha256"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_download_leaves_nothing_and_one_of_yesterday_is_swept(fake_mnist, monkeypatch, fault):
    def interrupt(path, **_):
        path.write_bytes(b"PK")
        raise fault

    old = fake_mnist / ".mnist-abc.partial"
    old.mkdir()
    os.utime(old, (0, 0))
    monkeypatch.setattr(np, "savez", interrupt)
    with pytest.raises((KeyboardInterrupt, FileNotFoundError)) as error:
        data.load("mnist")
    assert error.type is KeyboardInterrupt or one_line_about(error, "No space left on device")
    assert list(fake_mnist.iterdir()) == []


def test_celeba_is_cropped_to_140_pixels_and_reduced_in_the_order_of_its_numbers(folder, monkeypatch):
    first = {"train": 1, "valid": 162_771, "test": 182_638}

    class FakeCelebA:
        attr_names = [str(k) for k in range(40)] + [""]

        def __init__(self, root, split, download):
            self.filename = [f"{first[split] + 1:06d}.jpg", f"{first[split]:06d}.jpg"]
            self.attr = torch.arange(2)[:, None].expand(2, 40)

        def __getitem__(self, index):
            face = np.zeros((218, 178, 3), np.uint8)
            face[39:179, 19:159] = 100 + 50 * index
            return Image.fromarray(face), self.attr[index]

    know(monkeypatch, "celeba64", Copy((2, 2, 2), "small"))
    monkeypatch.setattr(torchvision.datasets, "CelebA", FakeCelebA)
    loaded = data.load("celeba64")
    assert (loaded.source, loaded.note) == ("torchvision", "small")
    for split in data.SPLITS:
        assert loaded.images[split].flatten(1).unique(dim=1).tolist() == [[150], [100]]
        assert loaded.labels[split].long().sum(1).tolist() == [40, 0]
    with np.load(folder / "celeba64.npz") as arrays:
        assert arrays["test_ids"].tolist() == [182_638, 182_639]
        assert arrays["test_ids"].dtype == np.int32 and arrays["attribute_names"].shape == (40,)
