"""Archives: $RAE_DATA/NAME.npz, read, checked, and made by torchvision's downloads where missing.

    {train,val,test}_images      uint8 (N, 28, 28), (N, 32, 32, 3) or (N, 64, 64, 3)
    {train,val,test}_labels      uint8 (N,); celeba64 has instead
    {train,val,test}_attributes  bool (N, 40); {train,val,test}_ids int32 (N,), from 1;
    attribute_names              str (40,)

None is trusted: its counts must be those of a known copy, and the SHA-256 of each prepared split
that of CHECKSUMS. Where it is not known there (it depends on the JPEG decoder, or the images were
not to be had), the one that the download left in NAME.sha256 counts; without either, the note says
so. Identity numbers, where there are any, must lie in their own official split.
"""

import hashlib
import os
import shutil
import textwrap
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

Splits = dict[str, Tensor]
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Archive:
    """What NAME.npz may hold: images of one shape, in the counts of one of the known copies."""

    origin: str
    shape: tuple[int, ...]
    copies: dict[tuple[int, int, int], str]  # (train, val, test) -> what differs from the original


_CIFAR_BATCHES = (
    "official test images absent: training batch 5 serves as test; 38,000 training images "
    "instead of 40,000"
)
_CELEBA_TEST = "test: the first 10,000 of the 19,962 official test images"
_CELEBA_WEBP = (
    "the first images of each official split; crop 108x108, not the papers' 140x140; lossy WebP: "
    "compare models with each other, not with published values"
)
ARCHIVES = {
    "mnist": Archive(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        (28, 28),
        {(50_000, 10_000, 10_000): ""},
    ),
    "fashion_mnist": Archive(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        (28, 28),
        {(50_000, 10_000, 10_000): ""},
    ),
    "cifar10": Archive(
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        (32, 32, 3),
        {(40_000, 10_000, 10_000): "", (38_000, 2_000, 10_000): _CIFAR_BATCHES},
    ),
    "celeba64": Archive(
        "Google Drive (torchvision.datasets.CelebA)",
        (64, 64, 3),
        {(162_770, 19_867, 10_000): _CELEBA_TEST, (40_000, 2_000, 10_000): _CELEBA_WEBP},
    ),
}
CELEBA_IDS = {"train": (1, 162_770), "val": (162_771, 182_637), "test": (182_638, 202_599)}

_ROWS = """
mnist         50000 train 351c7831eb3a94e25997fdfa46cc8ce5aa016be429aec18dd942ea37befadec9
mnist         50000 val   a62dd7458eb59892ca26a66a0cde4e354b06cf465ee98a72bd5c86f8965497a0
mnist         50000 test  26374c8af27fe7029eb6676c63667fc739cf2856e4654c659c483170fb3ee854
fashion_mnist 50000 train ffe7d8974de626e86aa3812765b2f440205989e73878bafd50390fd3bff8ca5a
fashion_mnist 50000 val   e93aeb7ca9305fca926debdd68bad23955a3973b5f6deaef524507637bb07ea4
fashion_mnist 50000 test  ba06a2480a8db0c0956aaaa6ac6c39128d9978a114232dcd461b96ef9e651ed8
cifar10       40000 train b1e3b9c55e84561213c37e4bc672a06d7b0664ee0aaee339b4853f5e2b762e24
cifar10       40000 val   636592c23cdde64b713c4563cb7ce7ae430b25f4a5b0d02e0e79f831ecd7ea94
cifar10       38000 train c72bf0ec6fbd8703e3a03c8da113971ad3c097a47ec19e1971ca65fa733a25fb
cifar10       38000 val   a05fd02045cb30c77b7d5ecb01071e8291c1b93857ecf971f4d7759aa02a12f0
cifar10       38000 test  636592c23cdde64b713c4563cb7ce7ae430b25f4a5b0d02e0e79f831ecd7ea94
celeba64      40000 train 1aff90262206f886298bb7f49e5ddd4b54f68734b5bad602aa9fbc02b5dab501
celeba64      40000 val   9c95a30aa4fbe2bc761ee65ff97a5ac52441b0a64b5d2001c13c800008e1acce
celeba64      40000 test  5d81f26a8ec81287f58d2b6c9d526c116d250795e4699a920786373805525c26
"""  # the copy is named by its training images
CHECKSUMS = {(name, int(n), s): sha for name, n, s, sha in map(str.split, _ROWS.split("\n")[1:-1])}


def root() -> Path:
    """The folder of the archives: $RAE_DATA, else $RAE_HOME/data, else ~/.cache/rae-book/data."""
    home = Path(os.environ.get("RAE_HOME") or "~/.cache/rae-book")
    return Path(os.environ.get("RAE_DATA") or home / "data").expanduser()


def read(name: str) -> tuple[Splits, Splits]:
    """Images (N, C, H, W) and labels of an archive, downloaded if missing; `verify` them next.

    Raises ValueError for what is damaged, FileNotFoundError for what is missing and not to be had.
    """
    path = root() / f"{name}.npz"
    if not path.exists():
        _download(name, path)
    try:
        with np.load(path) as arrays:
            return _prepared(name, arrays)
    except Exception as error:  # NumPy, zipfile and zlib raise a dozen kinds over damaged bytes
        raise _refusal(name, f"is truncated, damaged or not this set ({_line(error)})") from None


def verify(name: str, train: int, sums: dict[str, str]) -> tuple[str, str]:
    """Source and note of the copy with so many training images; ValueError if it was altered."""
    note = ARCHIVES[name].copies[next(c for c in ARCHIVES[name].copies if c[0] == train)]
    known = {s: CHECKSUMS.get((name, train, s)) for s in SPLITS}
    for split, expected in known.items():
        if expected not in (None, sums[split]):
            what = f"is altered: {split} sha256 expected {expected}, found {sums[split]}"
            raise _refusal(name, what)
    left = root() / f"{name}.sha256"
    expected = left.read_text().strip() if left.exists() else None
    if expected == total(sums):
        return "torchvision", note
    if None in known.values():
        if expected:
            what = f"is altered: sha256 expected {expected} ({left.name}), found {total(sums)}"
            raise _refusal(name, what)
        unknown = "checksum of this copy unknown: only its layout was checked"
        note = f"{note}; {unknown}" if note else unknown
    return f"$RAE_DATA/{name}.npz", note


def checksum(images: Tensor, labels: Tensor | None = None) -> str:
    """SHA-256 of the types, shapes and bytes of one prepared split."""
    sha256 = hashlib.sha256()
    for key, array in (("images", images), ("labels", labels)):
        if array is not None:
            sha256.update(f"{key} {array.dtype} {tuple(array.shape)}\n".encode())
            sha256.update(memoryview(array.contiguous().numpy()).cast("B"))
    return sha256.hexdigest()


def total(sums: dict[str, str]) -> str:
    """SHA-256 of a set, from those of its splits."""
    return hashlib.sha256("".join(f"{s} {sums[s]}\n" for s in SPLITS).encode()).hexdigest()


def _prepared(name: str, arrays: Mapping[str, np.ndarray]) -> tuple[Splits, Splits]:
    """The arrays of an archive, checked, as (N, C, H, W) images and their labels."""
    images, labels = {}, {}
    for split in SPLITS:
        x = _checked(arrays, f"{split}_images", "uint8", ARCHIVES[name].shape)
        y = _attributes(arrays, split) if name == "celeba64" else _classes(arrays, split)
        if len(x) != len(y):
            raise ValueError(f"{split} has {len(x)} images and {len(y)} labels, allowed: as many")
        if x.ndim == 3:  # 28x28 -> 32x32x1
            x = np.pad(x, ((0, 0), (2, 2), (2, 2)))[..., None]
        images[split] = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        labels[split] = torch.from_numpy(y)
    counts = tuple(len(images[split]) for split in SPLITS)
    if counts not in ARCHIVES[name].copies:
        allowed = " or ".join(map(str, ARCHIVES[name].copies))
        raise ValueError(f"(train, val, test) counts are {counts}, allowed: {allowed}")
    return images, labels


def _classes(arrays: Mapping[str, np.ndarray], split: str) -> np.ndarray:
    y = _checked(arrays, f"{split}_labels", "uint8", ())
    if y.max(initial=0) > 9:
        raise ValueError(f"{split}_labels go up to {y.max()}, allowed: 0 to 9")
    return y.astype(np.int64)


def _attributes(arrays: Mapping[str, np.ndarray], split: str) -> np.ndarray:
    ids, (first, last) = _checked(arrays, f"{split}_ids", "int32", ()), CELEBA_IDS[split]
    if (
        len(np.unique(ids)) != len(ids)
        or ids.min(initial=first) < first
        or ids.max(initial=last) > last
    ):
        raise ValueError(f"{split}_ids are not distinct numbers from {first} to {last}")
    return _checked(arrays, f"{split}_attributes", "bool", (40,))


def _checked(
    arrays: Mapping[str, np.ndarray], key: str, dtype: str, shape: tuple[int, ...]
) -> np.ndarray:
    array = arrays[key]
    if array.dtype != dtype or array.ndim == 0 or array.shape[1:] != shape:
        allowed = f"{dtype} ({', '.join(map(str, ('N', *shape)))})"
        raise ValueError(f"{key} is {array.dtype} {array.shape}, allowed: {allowed}")
    return array


def _refusal(name: str, what: str) -> ValueError:
    again = f"delete it and {name}.sha256 to download it again from {ARCHIVES[name].origin}"
    good = f"set $RAE_DATA to a folder with a good {name}.npz"
    return ValueError(f"{root() / name}.npz {what}; {again}, or {good}")


def _line(error: BaseException) -> str:
    return textwrap.shorten(f"{type(error).__name__}: {error}", 240)


def _download(name: str, path: Path) -> None:
    """Make the archive in a folder beside it that vanishes; two processes at once both succeed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f".{name}-*.partial"):  # of a process that was killed
            if time.time() - old.stat().st_mtime > 86_400:
                shutil.rmtree(old, ignore_errors=True)
        with TemporaryDirectory(".partial", f".{name}-", path.parent) as folder:
            arrays = _celeba64(folder) if name == "celeba64" else _labelled(name, folder)
            images, labels = _prepared(name, arrays)
            left, made = Path(folder, f"{name}.sha256"), Path(folder, f"{name}.npz")
            left.write_text(total({s: checksum(images[s], labels[s]) for s in SPLITS}) + "\n")
            np.savez(made, **arrays)
            left.replace(path.with_suffix(".sha256"))  # first, so that no archive stands without
            made.replace(path)
    except Exception as error:  # torchvision, gdown and the decoders raise what they like
        failed = f"making it from {ARCHIVES[name].origin} failed ({_line(error)})"
        good = f"set $RAE_DATA to a folder that holds {name}.npz"
        raise FileNotFoundError(f"{path} is missing and {failed}; go online, or {good}") from None


def _labelled(name: str, folder: str) -> dict[str, np.ndarray]:
    """MNIST, Fashion-MNIST, CIFAR-10: the last 10,000 training images are the validation split."""
    from torchvision import datasets

    classes = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}
    original = getattr(datasets, classes[name])
    train, test = (original(folder, train=part, download=True) for part in (True, False))
    arrays = {}
    for ours, theirs in {"images": "data", "labels": "targets"}.items():
        whole = np.asarray(getattr(train, theirs), np.uint8)
        arrays[f"train_{ours}"], arrays[f"val_{ours}"] = whole[:-10_000], whole[-10_000:]
        arrays[f"test_{ours}"] = np.asarray(getattr(test, theirs), np.uint8)
    return arrays


def _celeba64(folder: str) -> dict[str, np.ndarray]:
    """CelebA, official partition, ids in order: rows 39:179, columns 19:159, resized to 64x64."""
    from PIL import Image
    from torchvision.datasets import CelebA

    arrays = {}
    for split, official in zip(SPLITS, ("train", "valid", "test"), strict=True):
        faces = CelebA(folder, split=official, download=True)
        order = np.argsort(faces.filename)[: 10_000 if split == "test" else None]
        images = np.empty((len(order), 64, 64, 3), np.uint8)
        for row, face in enumerate(order):
            crop = faces[int(face)][0].convert("RGB").crop((19, 39, 159, 179))
            # PIL's resize is antialiased: its kernel grows with the reduction.
            images[row] = np.asarray(crop.resize((64, 64), Image.Resampling.BICUBIC))
        ids = [int(Path(faces.filename[face]).stem) for face in order]
        arrays[f"{split}_images"] = images
        arrays[f"{split}_attributes"] = faces.attr.numpy()[order].astype(bool)
        arrays[f"{split}_ids"] = np.array(ids, np.int32)
    return arrays | {"attribute_names": np.array(faces.attr_names[:40])}  # a 41st is empty
