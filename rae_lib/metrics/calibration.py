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
from rae_lib.metrics import distances, features
from rae_lib.results import store
from rae_lib.results.run import device_for, prepare
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


def parts(dataset: data.Dataset, images: int) -> Real:
    """The first n test and validation images, 2n training images at random; n = 0 for as many as there are.

    Raises ValueError for a count that the splits do not allow.
    """
    train, test = dataset.images["train"], dataset.images["test"]
    most = min(len(test), len(train) // 2)
    if images and not LEAST <= images <= most:
        raise ValueError(
            f"images is {images}; allowed for {dataset.name}: {LEAST} to {most}, 0 for all"
        )
    n = images or most
    order = torch.randperm(len(train), generator=generator_for("sanity/train", 0))
    return Real(test[:n], train[order[:n]], train[order[n : 2 * n]], dataset.images["val"][:n])


def noised(images_u8: Tensor, scale: float) -> Tensor:
    """x + scale * eps on [0, 1], clipped and rounded to 8 bit; the same eps at every scale. uint8 in and out."""
    eps = torch.randn(images_u8.shape, generator=generator_for("sanity/noise", 0))
    return to_uint8(images_u8.float().div(255).add(eps, alpha=scale))


def blurred(images_u8: Tensor, width: float) -> Tensor:
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
    "noise": (noised, NOISE),
    "blur": (blurred, BLUR),
}


def rows(real: Real, extract: Callable[[Tensor], Tensor], *, scale: bool, prd: bool) -> list[dict]:
    """Every comparison as a row. scale: standardise features by the test images. prd: precision and recall too."""
    unit, n = extract(real.test), len(real.test)

    def view(images: Tensor) -> Tensor:
        found = extract(images)
        return distances.standardise(unit, found)[1] if scale else found

    test, first, second, val = (view(x) for x in (real.test, real.first, real.second, real.val))
    whole = [("train", first, test), ("train-train", first, second)]
    whole += [("val", val, test)] if len(val) == n else []
    found = [row(name, 0.0, "", *pair, prd=prd) for name, *pair in whole]
    found += halves(test, first, second, val)
    for name, (spoil, levels) in SPOIL.items():
        for level in levels:
            images = spoil(real.test, level)
            error = float((images.float() - real.test.float()).div(255).square().mean().sqrt())
            fake = view(images)
            for against, reference in (("test", test), ("train", first)):
                scored = prd and against == "train"  # of images with their own sources it says 1
                one = row(name, level, against, reference, fake, prd=scored)
                found.append(one | {"error": error})
    return found


def row(name: str, level: float, against: str, real: Tensor, fake: Tensor, *, prd: bool) -> dict:
    """One comparison of two sets of equal size, by every measure."""
    n = len(fake)
    subset = min(1000, n)
    found = {"set": name, "level": level, "against": against, "n": n}
    found["frechet"] = distances.frechet(real, fake)
    found["kid"] = distances.kid(real, fake, subsets=SUBSETS, subset_size=subset)[0]
    if prd:
        score = distances.prd(real, fake)
        found |= {"prd_f8": score.f8, "prd_f1_8": score.f1_8}
    return found


def halves(test: Tensor, first: Tensor, second: Tensor, val: Tensor) -> list[dict]:
    """The Frechet distance at half the count: the test halves as they stand, and `DRAWS` random draws of each pair."""
    half = len(test) // 2
    generator, found = generator_for("sanity/halves", 0), []

    def add(name: str, draw: int, a: Tensor, b: Tensor) -> None:
        value = distances.frechet(a, b)
        found.append({"set": name, "level": 0.0, "draw": draw, "n": half, "frechet": value})

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
    return found


def place(dataset: str, kind: str, images: int) -> Path:
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
    real = parts(dataset, images)
    path = place(name, kind, len(real.test))
    old = None if recompute else store.read_json(path)
    if old and old["data"]["sha256"] == dataset.sha256 and (old["prd"] or not prd):
        return old
    prepare(where)
    start = time.monotonic()
    ruler = features.ruler(kind, dataset, device=where, progress=progress)
    found = rows(
        real, lambda x: ruler(x).to(where), scale=not kind.startswith("inception"), prd=prd
    )
    seconds = round(time.monotonic() - start, 2)
    counts = {split: len(x) for split, x in dataset.images.items()}
    threads = f"cpu, {torch.get_num_threads()} threads"
    raw = {
        "dataset": name,
        "features": ruler.facts | {"dimension": ruler.dimension},
        "images": len(real.test),
        "data": {"sha256": dataset.sha256, "source": dataset.source, "note": dataset.note},
        "device": torch.cuda.get_device_name() if where == "cuda" else threads,
        "versions": store.versions(),
        "code_sha256": store.code_sha256(),
        "seconds": seconds,
        "prd": prd,
        "rows": found,
        "pictures": picture(name, real),
    }
    raw["data"] |= counts
    store.write_json(path, raw)
    return store.read_json(path)


def picture(name: str, real: Real) -> dict[str, object]:
    """Stores some test images beside their spoilt copies, a row each; the columns' names and the images' size."""
    few = real.test[:SHOWN]
    columns = {"test image": few}
    for kind, (spoil, levels) in SPOIL.items():
        columns |= {f"{kind} {level:g}": spoil(few, level) for level in levels}
    grid = torch.stack(list(columns.values()), 1).numpy()  # (rows, columns, C, H, W)
    store.write(store.root() / "sanity" / f"{name}.png", store.picture_png(grid))
    return {"columns": list(columns), "size": list(grid.shape[-2:])}


def main(argv: list[str] | None = None) -> int:
    p = argparse.ArgumentParser(
        prog="python -m rae_lib calibrate", description=__doc__.split(":")[0]
    )
    p.add_argument("--dataset", choices=configs.DATASETS, required=True)
    p.add_argument("--features", choices=features.FEATURES, default="domain")
    p.add_argument("--images", type=int, default=0, help="a set; 0: all test images")
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    p.add_argument("--no-prd", action="store_true", help="without precision and recall")
    p.add_argument("--recompute", action="store_true", help="anew, stored or not")
    a = p.parse_args(argv)
    options = {"images": a.images, "device": a.device, "recompute": a.recompute}
    try:
        raw = measure(
            a.dataset, a.features, prd=not a.no_prd, progress=sys.stderr.isatty(), **options
        )
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"sanity: {error}", file=sys.stderr)
        return 1
    for one in raw["rows"]:
        print(json.dumps(one))
    print(f"{place(a.dataset, a.features, raw['images'])}: {raw['seconds']} s, {raw['device']}")
    return 0
