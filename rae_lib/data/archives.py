"""Archives: $RAE_DATA/NAME.npz, read, checked, and made by torchvision's downloads where missing.

    {train,val,test}_images      uint8 (N, 28, 28), (N, 32, 32, 3) or (N, 64, 64, 3)
    {train,val,test}_labels      uint8 (N,); celeba64 has instead
    {train,val,test}_attributes  bool (N, 40); {train,val,test}_ids int32 (N,), from 1;
    attribute_names              str (40,)

None is trusted: its counts must be those of a copy in known.toml, and the SHA-256 of each prepared
split that of the copy. Where it is not known there, the one that the download left in NAME.sha256
counts; without either, the note says so. Identity numbers must lie in their own official split.
"""

import hashlib
import math
import os
import shutil
import textwrap
import time
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from rae_lib import files

Splits = dict[str, Tensor]
SPLITS = ("train", "val", "test")
CELEBA_IDS = {"train": (1, 162_770), "val": (162_771, 182_637), "test": (182_638, 202_599)}


@dataclass(frozen=True)
class Copy:
    """One known content of an archive."""

    counts: tuple[int, int, int]  # train, val, test
    note: str = ""  # what differs from the original
    sha256: dict[str, str] = field(default_factory=dict)  # split -> its checksum, where it is known


@dataclass(frozen=True)
class Archive:
    """What NAME.npz may hold: images of one shape, in one of the known copies."""

    origin: str
    shape: tuple[int, ...]
    copies: tuple[Copy, ...]


def read_known() -> dict[str, Archive]:
    """The archives of known.toml by name."""
    known = tomllib.loads(Path(__file__).with_name("known.toml").read_text())
    return {
        name: Archive(
            table["origin"],
            tuple(table["shape"]),
            tuple(Copy(**copy | {"counts": tuple(copy["counts"])}) for copy in table["copies"]),
        )
        for name, table in known.items()
    }


ARCHIVES = read_known()


def root() -> Path:
    """The folder of the archives: $RAE_DATA, else $RAE_HOME/data, else ~/.cache/rae-book/data."""
    return Path(os.environ.get("RAE_DATA") or files.home() / "data").expanduser()


def read(name: str) -> tuple[Splits, Splits]:
    """Images (N, C, H, W) and labels of an archive, downloaded if missing; `verify` them next.

    Raises ValueError for what is damaged, FileNotFoundError for what is missing and not to be had.
    """
    path = root() / f"{name}.npz"
    if not path.exists():
        download(name, path)
    try:
        check_size(name, path)
        with np.load(path) as arrays:  # without pickles
            return prepare(name, arrays)
    except Exception as error:  # NumPy, zipfile and zlib raise a dozen kinds over damaged bytes
        what = f"is truncated, damaged or not this set ({shorten(error)})"
        raise ValueError(explain(name, what)) from None


def check_size(name: str, path: Path) -> None:
    """Raises ValueError for an archive that unfolds to much more than a known copy has; nothing is read of it."""
    images = max(sum(copy.counts) for copy in ARCHIVES[name].copies)
    most = 2 * images * math.prod(ARCHIVES[name].shape) + 2**20
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > most:
        raise ValueError(f"it unfolds to {size >> 20} MiB, allowed: {most >> 20} MiB")


def verify(name: str, train: int, sums: dict[str, str]) -> tuple[str, str]:
    """Source and note of the copy with so many training images; ValueError if it was altered."""
    copy = next(copy for copy in ARCHIVES[name].copies if copy.counts[0] == train)
    left = root() / f"{name}.sha256"
    whole = left.read_text().strip() if left.exists() else None
    pairs = [(f"{s} sha256", expected, sums[s]) for s, expected in copy.sha256.items()]
    if len(copy.sha256) < len(SPLITS) and whole:
        pairs.append((f"sha256 ({left.name})", whole, total(sums)))
    for what, expected, found in pairs:
        if expected != found:
            altered = f"is altered: {what} expected {expected}, found {found}"
            raise ValueError(explain(name, altered))
    if whole == total(sums):
        return "torchvision", copy.note
    unknown = "checksum of this copy unknown: only its layout was checked"
    notes = (copy.note, unknown if len(copy.sha256) < len(SPLITS) else "")
    return f"$RAE_DATA/{name}.npz", "; ".join(filter(None, notes))


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


def prepare(name: str, arrays: Mapping[str, np.ndarray]) -> tuple[Splits, Splits]:
    """The arrays of an archive, checked, as (N, C, H, W) images and their labels; ValueError for another layout."""
    images, labels = {}, {}
    for split in SPLITS:
        x = take(arrays, f"{split}_images", "uint8", ARCHIVES[name].shape)
        y = take_attributes(arrays, split) if name == "celeba64" else take_classes(arrays, split)
        if len(x) != len(y):
            raise ValueError(f"{split} has {len(x)} images and {len(y)} labels, allowed: as many")
        if x.ndim == 3:  # 28x28 -> 32x32x1
            x = np.pad(x, ((0, 0), (2, 2), (2, 2)))[..., None]
        images[split] = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        labels[split] = torch.from_numpy(y)
    counts = tuple(len(images[split]) for split in SPLITS)
    known = [copy.counts for copy in ARCHIVES[name].copies]
    if counts not in known:
        allowed = " or ".join(map(str, known))
        raise ValueError(f"(train, val, test) counts are {counts}, allowed: {allowed}")
    return images, labels


def take_classes(arrays: Mapping[str, np.ndarray], split: str) -> np.ndarray:
    y = take(arrays, f"{split}_labels", "uint8", ())
    if y.max(initial=0) > 9:
        raise ValueError(f"{split}_labels go up to {y.max()}, allowed: 0 to 9")
    return y.astype(np.int64)


def take_attributes(arrays: Mapping[str, np.ndarray], split: str) -> np.ndarray:
    ids, (first, last) = take(arrays, f"{split}_ids", "int32", ()), CELEBA_IDS[split]
    if len(np.unique(ids)) != len(ids) or not ((first <= ids) & (ids <= last)).all():
        raise ValueError(f"{split}_ids are not distinct numbers from {first} to {last}")
    return take(arrays, f"{split}_attributes", "bool", (40,))


def take(arrays: Mapping[str, np.ndarray], key: str, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The array of this name; ValueError unless it has this type and its rows this shape."""
    array = arrays[key]
    if array.dtype != dtype or array.ndim == 0 or array.shape[1:] != shape:
        allowed = f"{dtype} ({', '.join(map(str, ('N', *shape)))})"
        raise ValueError(f"{key} is {array.dtype} {array.shape}, allowed: {allowed}")
    return array


def explain(name: str, what: str, cure: str = "") -> str:
    """One line: which file, what is wrong with it, and both ways out."""
    again = f"delete it and {name}.sha256 to download it again from {ARCHIVES[name].origin}"
    good = f"set $RAE_DATA to a folder with a good {name}.npz"
    return f"{root() / name}.npz {what}; {cure or again}, or {good}"


def shorten(error: BaseException) -> str:
    return textwrap.shorten(f"{type(error).__name__}: {error}", 240)


def download(name: str, path: Path) -> None:
    """Make the archive in a folder next to it that vanishes; two processes at once both succeed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f".{name}-*.partial"):  # of a process that was killed
            if time.time() - old.stat().st_mtime > 86_400:
                shutil.rmtree(old, ignore_errors=True)
        with TemporaryDirectory(".partial", f".{name}-", path.parent) as folder:
            arrays = take_celeba64(folder) if name == "celeba64" else take_labelled(name, folder)
            images, labels = prepare(name, arrays)
            left, made = Path(folder, f"{name}.sha256"), Path(folder, f"{name}.npz")
            left.write_text(total({s: checksum(images[s], labels[s]) for s in SPLITS}) + "\n")
            np.savez(made, **arrays)
            left.replace(path.with_suffix(".sha256"))  # first, so that no archive is left without
            made.replace(path)
    except Exception as error:  # torchvision, gdown and the decoders raise what they like
        what = f"is missing and making it from {ARCHIVES[name].origin} failed ({shorten(error)})"
        raise FileNotFoundError(explain(name, what, "go online")) from None


def take_labelled(name: str, folder: str) -> dict[str, np.ndarray]:
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


def take_celeba64(folder: str) -> dict[str, np.ndarray]:
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
