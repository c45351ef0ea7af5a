"""Data: a name in, disjoint splits of checked uint8 images, or of strings as uint8 tokens, out.

    load("mnist").images["train"]          # (50000, 1, 32, 32) uint8
    load("expressions").images["train"]    # (90000, 15) uint8: tokens; `texts` has the strings

Embedded, needing no file: `digits` (scikit-learn's, brought to 32x32) and `synth8`, `synth16`,
manifolds of known dimension n: x = sigmoid(3 W2 tanh(W1 z)), z ~ N(0, I_n), quantised. The others
come from $RAE_DATA/NAME.npz, or torchvision's downloads: see archives.py. Strings: see strings.py.

    python -m rae_lib data                 # one line a set: what is there; downloads nothing
    python -m rae_lib data mnist cifar10   # the same, downloading what is missing
"""

import argparse
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from rae_lib.config import Config
from rae_lib.data import archives, strings
from rae_lib.data.archives import ARCHIVES, SPLITS, Splits, checksum, root
from rae_lib.data.writing import find as find_writing

DIMENSIONS = {"synth8": 8, "synth16": 16}
DIGITS, SYNTHETIC = (997, 400, 400), (50_000, 10_000, 10_000)  # train, val, test
NAMES = ("digits", *DIMENSIONS, *ARCHIVES, *strings.COUNTS)


@dataclass(frozen=True, eq=False)
class Dataset:
    """The splits of one set, and where they came from."""

    name: str
    images: Splits  # uint8 (N, C, H, W): 1x32x32 (MNIST: zero-padded by 2), 3x32x32, 3x64x64; of strings tokens (N, T)
    labels: Splits  # int64 (N,); celeba64: bool (N, 40); synthetic sets: {}
    sha256: str  # of the arrays above: their names, types, shapes and bytes
    source: str
    note: str  # what differs from the original set; shown with every number
    kind: str = "images"  # of the data: the module of `evaluation` that measures a run on it
    texts: dict[str, list[str]] = field(default_factory=dict)  # the strings of every split, where they are strings
    writing: str = ""  # of strings as tokens: `writing.find`

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image (C, H, W); of one string (D, T), the number of tokens to choose from and the length."""
        if self.kind == "strings":
            own = find_writing(self.name, self.writing)
            return own.size, own.length
        return tuple(self.images["test"].shape[1:])


def load_for(config: Config) -> Dataset:
    """The data of a run."""
    how = config.writing if config.writing != "none" else "productions"
    return load(config.dataset, train_images=config.train_images, writing=how)


def load(name: str, *, train_images: int = 0, writing: str = "productions") -> Dataset:
    """All splits; with `train_images`, the first so many training images of a fixed permutation.

    writing: of strings as tokens, of `writing.WRITINGS`.

    Raises ValueError for an unknown name, an impossible count, a damaged or altered archive, and
    FileNotFoundError for an archive that is missing and cannot be downloaded; each in one line.
    """
    check_request(name, train_images)
    texts: dict[str, list[str]] = {}
    if name in strings.COUNTS:
        (texts, images), labels = strings.load(name, writing), {}
    elif name == "digits":
        images, labels = make_digits()
    elif name in DIMENSIONS:
        images, labels = make_synthetic(name), {}
    else:
        images, labels = archives.read(name)
    sums = {s: checksum(images[s], labels.get(s)) for s in SPLITS}
    source, note = find_source(name, len(images["train"]), sums)
    if train_images:
        keep = choose_subset(name, len(images["train"]), train_images)
        images["train"] = images["train"][keep]
        labels |= {"train": labels["train"][keep]} if labels else {}
        texts |= {"train": [texts["train"][i] for i in keep.tolist()]} if texts else {}
        sums["train"] = checksum(images["train"], labels.get("train"))
    kind = {"kind": "strings", "texts": texts, "writing": writing} if texts else {}
    return Dataset(name, images, labels, archives.total(sums), source, note, **kind)


def latents(name: str) -> Splits:
    """The true codes z of a synthetic set, float32 (N, n), row by row those of its images."""
    if name not in DIMENSIONS:
        raise ValueError(f"no true codes for {name!r}; allowed: {', '.join(DIMENSIONS)}")
    # RandomState's stream is frozen by NumPy's policy; default_rng's is not.
    z = np.random.RandomState(1).standard_normal((sum(SYNTHETIC), DIMENSIONS[name]))
    return split_rows(torch.from_numpy(z).float(), SYNTHETIC)


def check_request(name: str, train_images: int) -> None:
    if name not in NAMES:
        raise ValueError(f"unknown data set {name!r}; allowed: {', '.join(NAMES)}")
    embedded = strings.COUNTS.get(name, DIGITS if name == "digits" else SYNTHETIC)[0]
    copies = ARCHIVES[name].copies if name in ARCHIVES else ()
    check_count(name, train_images, max([c.counts[0] for c in copies], default=embedded))


def check_count(name: str, train_images: int, most: int) -> None:
    if type(train_images) is not int or not 0 <= train_images <= most:
        allowed = f"a whole number from 1 to {most}, or 0 for all"
        raise ValueError(f"{name}: train_images is {train_images!r}; allowed: {allowed}")


def choose_subset(name: str, n: int, train_images: int) -> Tensor:
    check_count(name, train_images, n)  # this copy may hold fewer than the largest
    return torch.from_numpy(np.random.RandomState(2).permutation(n)[:train_images])


def split_rows(rows: Tensor, counts: tuple[int, ...]) -> Splits:
    return dict(zip(SPLITS, rows.split(counts), strict=True))


def make_digits() -> tuple[Splits, Splits]:
    from PIL import Image
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)  # (1797, 64) in 0..16
    small = np.rint(x.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    # PIL resizes uint8 in whole numbers: the same bytes on every machine, clipped to 0..255.
    large = [Image.fromarray(digit).resize((32, 32), Image.Resampling.BICUBIC) for digit in small]
    order = np.random.RandomState(0).permutation(len(y))
    images = torch.from_numpy(np.stack(large)[order])[:, None]  # (1797, 1, 32, 32)
    labels = torch.from_numpy(y[order].astype(np.int64))
    return split_rows(images, DIGITS), split_rows(labels, DIGITS)


def make_synthetic(name: str) -> Splits:
    """x = sigmoid(3 W2 tanh(W1 z)), W1 (128, n) from N(0, 1/n), W2 (1024, 128) from N(0, 1/128).

    In float64, where no value comes so near a rounding edge that the machine could matter.
    """
    random, n, hidden = np.random.RandomState(0), DIMENSIONS[name], 128
    w1 = torch.from_numpy(random.standard_normal((hidden, n)) / n**0.5)
    w2 = torch.from_numpy(random.standard_normal((1024, hidden)) / hidden**0.5)
    images = {}
    for split, z in latents(name).items():
        rows = torch.empty(len(z), 1024, dtype=torch.uint8)
        for part, codes in zip(rows.split(2000), z.double().split(2000), strict=True):
            part.copy_(torch.sigmoid(3 * torch.tanh(codes @ w1.T) @ w2.T).mul_(255).round_())
        images[split] = rows.view(-1, 1, 32, 32)
    return images


def find_source(name: str, train: int, sums: dict[str, str]) -> tuple[str, str]:
    if name == "digits":
        return "scikit-learn digits", "8x8 images resized to 32x32 (bicubic)"
    if name in DIMENSIONS:
        return f"synthetic manifold of dimension {DIMENSIONS[name]}", "values quantised to uint8"
    if name == "expressions":
        return "made from the grammar", "the published 100,000 expressions"
    if name == "zinc":
        return "$RAE_DATA/zinc.smi", "249,455 distinct SMILES, one less than GrammarVAE's file has lines"
    return archives.verify(name, train, sums)


def describe(name: str) -> str:
    data = load(name)
    counts = ", ".join(f"{split} {len(data.images[split])}" for split in SPLITS)
    shape = "x".join(str(side) for side in data.images["train"].shape[1:])
    return "; ".join(filter(None, (f"{name}: {counts} of {shape}", data.source, data.note)))


def main(argv: list[str] | None = None) -> int:
    """One line a set; status 1 if one that was named, or an archive that is there, is refused."""
    what = "Says which data sets are there. Downloads those that are named and missing, and checks them."
    parser = argparse.ArgumentParser(prog="python -m rae_lib data", description=what)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}; none: all, without a download"
    )
    names = parser.parse_args(argv).names
    failed = 0
    origins = {archive: table.origin for archive, table in ARCHIVES.items()} | {"zinc": strings.ORIGIN}
    for name in names or NAMES:
        path = root() / (f"{name}.smi" if name == "zinc" else f"{name}.npz")
        if not names and name in origins and not path.exists():
            make = f"`python -m rae_lib data {name}` makes it from {origins[name]}"
            print(f"{name}: {path} is missing; {make}")
            continue
        try:
            print(describe(name))
        except (ValueError, FileNotFoundError) as error:
            failed = 1
            print(f"{name}: {error}")
    return failed
