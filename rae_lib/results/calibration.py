"""The sanity of the metric: what distances say of real images, and of images spoilt by a known amount.

    python -m rae_lib calibrate --dataset cifar10 --features inception-768 --images 10000

Real against real: training against test images, training against other training images, the halves of the test
images. Spoilt: test images with Gaussian noise, or blurred, against the very images they were made from ("test") and
against as many training images ("train"). Everything is in the units of the test images, as in `evaluate`: features
other than Inception's are standardised by them. One result a set and kind of features, under results/sanity/.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from rae_lib import config as configs
from rae_lib import data
from rae_lib.evaluation.samples import to_uint8
from rae_lib.metrics import distances, features, precision_recall
from rae_lib.origin import describe, device_for, prepare
from rae_lib.results import store
from rae_lib.training.loop import generator_for

NOISE = (0.01, 0.02, 0.05, 0.1, 0.2)  # standard deviations on [0, 1]
BLUR = (0.5, 1.0, 2.0)  # widths (standard deviations) in pixels
DRAWS = 20  # random halves, and random subsets of their size
LEAST = 40  # images: a half must hold the 20 clusters of PRD
SUBSETS = 10  # of 1,000 images each, for the kernel distance
SHOWN = 3  # images in the stored picture


@dataclass(frozen=True)
class Real:
    """Disjoint parts of one data set, n images each (val: as many as there are, at most n)."""

    test: Tensor
    first: Tensor  # training images
    second: Tensor  # other training images
    val: Tensor


def split_images(dataset: data.Dataset, images: int) -> Real:
    """The first n test and validation images, 2n training images at random; n = 0 for as many as there are."""
    train, test = dataset.images["train"], dataset.images["test"]
    most = min(len(test), len(train) // 2)
    if images and not LEAST <= images <= most:
        raise ValueError(f"images is {images}; allowed for {dataset.name}: {LEAST} to {most}, 0 for all")
    n = images or most
    order = torch.randperm(len(train), generator=generator_for("sanity/train", 0))
    return Real(test[:n], train[order[:n]], train[order[n : 2 * n]], dataset.images["val"][:n])


def add_noise(images_u8: Tensor, scale: float) -> Tensor:
    """x + scale * eps on [0, 1], clipped and rounded to 8 bit; the same eps at every scale. uint8 in and out."""
    eps = torch.randn(images_u8.shape, generator=generator_for("sanity/noise", 0))
    return to_uint8(images_u8.float().div(255).add(eps, alpha=scale))


def blur_images(images_u8: Tensor, width: float) -> Tensor:
    """Convolved with a Gaussian of so many pixels, cut at three widths; mirrored at the border. uint8 in and out."""
    reach = math.ceil(3 * width)
    at = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = (-0.5 * (at / width).square()).exp()
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    done = []
    for part in images_u8.split(1000):
        x = part.flatten(0, 1)[:, None].float().div(255)  # (B C, 1, H, W)
        x = nn.functional.pad(x, (reach,) * 4, mode="reflect")
        x = nn.functional.conv2d(nn.functional.conv2d(x, kernel), kernel.transpose(2, 3))
        done.append(to_uint8(x).view(part.shape))
    return torch.cat(done)


SPOIL: dict[str, tuple[Callable[[Tensor, float], Tensor], tuple[float, ...]]] = {
    "noise": (add_noise, NOISE),
    "blur": (blur_images, BLUR),
}


def compare_all(real: Real, extract: Callable[[Tensor], Tensor], *, scale: bool, prd: bool) -> list[dict]:
    """Every comparison as a row. scale: standardise features by the test images. prd: precision and recall too."""
    unit = extract(real.test)

    def view(images: Tensor) -> Tensor:
        found = extract(images)
        return distances.standardise(unit, found)[1] if scale else found

    test, first, second, val = (view(x) for x in (real.test, real.first, real.second, real.val))
    pairs = {"train": (first, test), "train-train": (first, second)}
    pairs |= {"val": (val, test)} if len(val) == len(test) else {}
    rows = [{"set": name, "level": 0.0, "against": ""} | compare_sets(*pair, prd=prd) for name, pair in pairs.items()]
    rows += compare_halves(test, first, second, val)
    for name, (spoil, levels) in SPOIL.items():
        for level in levels:
            images = spoil(real.test, level)
            error = float((images.float() - real.test.float()).div(255).square().mean().sqrt())
            fake = view(images)
            for against, reference in (("test", test), ("train", first)):
                scored = prd and against == "train"  # against their own sources PRD is always 1
                row = {"set": name, "level": level, "against": against}
                rows.append(row | compare_sets(reference, fake, prd=scored) | {"error": error})
    return rows


def compare_sets(real: Tensor, fake: Tensor, *, prd: bool) -> dict:
    """One comparison of two sets of equal size, by every measure."""
    n = len(fake)
    found = {"n": n, "frechet": distances.frechet(real, fake)}
    found["kid"] = distances.kid(real, fake, subsets=SUBSETS, subset_size=min(1000, n))[0]
    if prd:
        score = precision_recall.prd(real, fake)
        found |= {"prd_f8": score.f8, "prd_f1_8": score.f1_8}
    return found


def compare_halves(test: Tensor, first: Tensor, second: Tensor, val: Tensor) -> list[dict]:
    """The Frechet distance at half the count: the test halves as they stand, and `DRAWS` random draws of each pair."""
    half = len(test) // 2
    generator, rows = generator_for("sanity/halves", 0), []

    def add(name: str, draw: int, a: Tensor, b: Tensor) -> None:
        value = distances.frechet(a, b)
        rows.append({"set": name, "level": 0.0, "draw": draw, "n": half, "frechet": value})

    add("halves in order", 0, test[:half], test[half : 2 * half])
    for draw in range(DRAWS):
        order = torch.randperm(len(test), generator=generator)
        one, other = order[:half], order[half : 2 * half]
        add("halves", draw, test[one], test[other])
        add("train", draw, first[one], test[other])
        add("train-train", draw, first[one], second[other])
        if len(val) >= half:
            chosen = torch.randperm(len(val), generator=generator)[:half]
            add("val", draw, val[chosen], test[other])
    return rows


def find_place(dataset: str, kind: str, images: int) -> Path:
    return store.root() / "sanity" / f"{dataset}-{kind}-{images}.json"


def measure(
    name: str,
    kind: str,
    *,
    images: int = 0,
    device: str = "auto",
    prd: bool = True,
    recompute: bool = False,
    progress: bool = False,
) -> dict:
    """Measures one data set by one kind of features, or finds it stored; what `result` says.

    Inception features are kept under $RAE_HOME as they come, so that a killed call goes on.
    """
    where, dataset = device_for(device), data.load(name)
    real = split_images(dataset, images)
    path = find_place(name, kind, len(real.test))
    old = None if recompute else store.read_json(path)
    if old and old["data"]["sha256"] == dataset.sha256 and (old["prd"] or not prd):
        return old
    prepare(where)
    start = time.monotonic()
    ruler = features.ruler(kind, dataset, device=where, progress=progress)
    scale = not kind.startswith("inception")
    found = compare_all(real, lambda x: ruler(x).to(where), scale=scale, prd=prd)
    raw = {"dataset": name, "features": ruler.facts | {"dimension": ruler.dimension}}
    raw |= {"images": len(real.test)} | describe(dataset, where)
    raw |= {"seconds": round(time.monotonic() - start, 2), "prd": prd, "rows": found}
    store.write_json(path, raw | {"pictures": store_picture(name, real)})
    return store.read_json(path)


def store_picture(name: str, real: Real) -> dict[str, object]:
    """Stores some test images with their spoilt copies, a row each; the columns' names and the images' size."""
    few = real.test[:SHOWN]
    columns = {"test image": few}
    for kind, (spoil, levels) in SPOIL.items():
        columns |= {f"{kind} {level:g}": spoil(few, level) for level in levels}
    grid = torch.stack(list(columns.values()), 1).numpy()  # (rows, columns, C, H, W)
    store.write(store.root() / "sanity" / f"{name}.png", store.picture_png(grid))
    return {"columns": list(columns), "size": list(grid.shape[-2:])}


def main(argv: list[str] | None = None) -> int:
    raw_text = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m rae_lib calibrate", description=__doc__, formatter_class=raw_text)
    p.add_argument("--dataset", choices=configs.DATASETS, required=True, help="of which images")
    p.add_argument("--features", choices=features.FEATURES, default="domain", help="default: domain")
    p.add_argument("--images", type=int, default=0, help="a set; 0: all test images")
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    p.add_argument("--no-prd", dest="prd", action="store_false", help="no precision and recall")
    p.add_argument("--recompute", action="store_true", help="again, stored or not")
    asked = vars(p.parse_args(argv))
    name, kind = asked.pop("dataset"), asked.pop("features")
    try:
        raw = measure(name, kind, progress=sys.stderr.isatty(), **asked)
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"sanity: {error}", file=sys.stderr)
        return 1
    for row in raw["rows"]:
        print(json.dumps(row))
    print(f"{find_place(name, kind, raw['images'])}: {raw['seconds']} s, {raw['device']}")
    return 0
