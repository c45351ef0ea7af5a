"""Images in, features out: what the Frechet distance, KID and PRD are computed on.

inception-768, inception-2048   the FID Inception (TensorFlow graph of 2015-12-05, resized as in
                                TensorFlow 1) after Mixed_6e or at pool_3, by torch-fidelity;
                                2048 is the papers'
domain                          64-d penultimate layer of the data set's own small classifier, whose
                                weights are part of the package (`classifier`)
pixels                          the images themselves in [0, 1], for sets without labels

Features of different names, or of different weights, are never comparable: `Ruler` says which.
"""

import functools
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from rae_lib import config as configs
from rae_lib import data, files
from rae_lib.metrics import classifier
from rae_lib.metrics.images import check_images
from rae_lib.training import loop

FEATURES = ("domain", "inception-768", "inception-2048", "pixels")
CHUNK = 250  # images a cache file


@dataclass(frozen=True)
class Ruler:
    """A feature extractor: uint8 images in, features out, and the weights that tie a number to it."""

    name: str  # one of FEATURES
    dimension: int
    weights: str  # SHA-256, "" for pixels
    extract: Callable[[Tensor], Tensor]
    accuracy: float | None = None  # of the classifier, on test images

    def __call__(self, images: Tensor) -> Tensor:
        return self.extract(images)

    def real(self, images: Tensor) -> Tensor:
        """The same for images that every run asks for again, kept in $RAE_HOME/features by their content."""
        if self.name != "domain":  # Inception has another cache
            return self.extract(images)
        key = f"{self.name} {self.weights}"
        return compute_cached(files.home() / "features", key, images, self.extract)

    @property
    def facts(self) -> dict[str, object]:
        """What is stored with the numbers."""
        known = {"name": self.name, "weights": self.weights}
        return known | ({} if self.accuracy is None else {"accuracy": self.accuracy})


def ruler(kind: str, dataset: data.Dataset, *, device: str = "cpu", progress: bool = False) -> Ruler:
    """The ruler of this name for the images of a data set.

    Raises ValueError for an unknown name, and for "domain" where no classifier of the data set is part of the package.
    """
    configs.check_choice("features", kind, FEATURES)
    if kind == "pixels":
        return Ruler(kind, dataset.images["test"][0].numel(), "", pixels)
    if kind == "domain":
        net = classifier.load(dataset.name, device=device)
        return Ruler(kind, classifier.FEATURES, net.sha256, net, net.accuracy)
    layer = int(kind.rpartition("-")[2])
    options = {"device": device, "progress": progress, "cache": files.home() / "features"}
    extract = functools.partial(inception, layer=layer, **options)
    return Ruler(kind, layer, weights_sha256(layer), extract)


def own(dataset: data.Dataset, *, device: str = "cpu") -> Ruler:
    """The ruler that every run is measured with: the domain classifier, or pixels where there are no labels."""
    return ruler("domain" if dataset.labels else "pixels", dataset, device=device)


def pixels(images: Tensor) -> Tensor:
    """Raw vectors in [0, 1]: uint8 images divided by 255, or floats already there. -> (N, D)"""
    x = images.flatten(1).float()
    x = x / 255 if images.dtype == torch.uint8 else x
    if not ((0 <= x) & (x <= 1)).all():
        raise ValueError(f"pixels in [{x.min():.3g}, {x.max():.3g}]; allowed: uint8, or [0, 1]")
    return x


def inception(
    images_u8: Tensor,
    *,
    layer: Literal[768, 2048],
    device: str = "cpu",
    batch: int = 0,
    progress: bool = False,
    cache: Path | None = None,
) -> Tensor:
    """Features of the FID Inception, -> (N, layer) float32 on the CPU.

    images_u8: uint8 (N, 1 or 3, H, W), grey replicated to three channels; nothing is scaled, so
    floats are refused. batch: 0 for 4 on a CPU (where more is slower) and 250 on a GPU. cache: a
    folder of one file per 250 images, named by the hash of pixels and weights, so that a killed
    extraction goes on and no file answers for other images. Weights: $RAE_INCEPTION, else for 768
    $RAE_DATA/inception-768.pth, else torch-fidelity's download. Raises ValueError for other input
    and for weights or features that are not finite.
    """
    check_images(images_u8)
    path = find_weights(layer)
    net, key = load_inception(path, layer, str(device)), f"{layer} {hash_file(path)}"
    batch = batch or (250 if torch.device(device).type == "cuda" else 4)
    chunks = tqdm(images_u8.split(CHUNK), disable=not progress, unit=f" x {CHUNK} images")
    embed = functools.partial(embed_images, net, batch)
    features = torch.cat([compute_cached(cache, key, chunk, embed) for chunk in chunks])
    if bad := int((~features.isfinite()).any(1).sum()):
        found = f"inception-{layer}: {bad} of {len(features)} rows are not finite"
        raise ValueError(f"{found}; weights {path}; {say_need(layer)}")
    return features


def weights_sha256(layer: Literal[768, 2048]) -> str:
    """SHA-256 of the weights file that `inception` uses for this layer."""
    return hash_file(find_weights(layer))


def say_need(layer: int) -> str:
    full = "" if layer == 768 else " the full one, of which a file for 768 is only a part,"
    return f"inception-{layer} needs a weights file,{full} named in $RAE_INCEPTION"


def find_weights(layer: int) -> Path:
    """The weights file, downloaded if there is none; its published name ends in its hash."""
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    if layer not in (768, 2048):
        raise ValueError(f"layer is {layer!r}; allowed: 768, 2048")
    if named := os.environ.get("RAE_INCEPTION"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"$RAE_INCEPTION is {path}: no such file")
        return path
    local = data.root() / "inception-768.pth"
    if layer == 768 and local.is_file():
        return local
    path = Path(torch.hub.get_dir(), "checkpoints", Path(URL_INCEPTION_V3).name)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = path.stem.rsplit("-", 1)[1]
        try:
            torch.hub.download_url_to_file(URL_INCEPTION_V3, path, digest, progress=False)
        except (OSError, RuntimeError) as error:
            found = f"{URL_INCEPTION_V3} did not answer ({error})"
            raise FileNotFoundError(f"{found}; {say_need(layer)}") from None
    return path


def hash_file(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=1)
def load_inception(path: Path, layer: int, device: str) -> nn.Module:
    """torch-fidelity's extractor, its batch norms folded into the convolutions, channels last.

    The folding and the layout are worth a factor 1.9 on a CPU and move features by 3e-6.
    """
    from torch.nn.utils.fusion import fuse_conv_bn_eval
    from torch_fidelity import FeatureExtractorInceptionV3

    try:  # torch-fidelity unpickles without restriction: nothing but tensors may come that far
        state = torch.load(path, map_location="cpu", weights_only=True)
        last = state[f"Mixed_{'6e' if layer == 768 else '7c'}.branch_pool.bn.bias"]
    except Exception as error:  # a truncated zip raises many kinds
        found = f"{path} has no Inception weights ({type(error).__name__})"
        raise ValueError(f"{found}; {say_need(layer)}") from None
    if not last.isfinite().all():
        raise ValueError(f"{path} has NaN weights below layer {layer}; {say_need(layer)}")
    named = {"feature_extractor_weights_path": str(path)}
    with loop.seeded("inception", 0):  # its own initial weights are drawn, and thrown away
        net = FeatureExtractorInceptionV3("inception-v3-compat", [str(layer)], **named)
    for block in net.modules():
        if hasattr(block, "bn"):
            block.conv, block.bn = fuse_conv_bn_eval(block.conv, block.bn), nn.Identity()
    return net.to(device, memory_format=torch.channels_last)


@torch.no_grad()
def embed_images(net: nn.Module, batch: int, images: Tensor) -> Tensor:
    device = next(net.parameters()).device
    rgb = images.expand(-1, 3, -1, -1)
    return torch.cat([net(x.to(device))[0].cpu() for x in rgb.split(batch)])


def compute_cached(cache: Path | None, key: str, images: Tensor, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """compute(images), kept in `cache` under the hash of the key and of the images."""
    if cache is None:
        return compute(images)
    content = hashlib.sha256(f"{key} {tuple(images.shape)}".encode())
    content.update(images.cpu().contiguous().numpy())
    path = Path(cache, f"{content.hexdigest()[:32]}.npy")
    try:
        return torch.from_numpy(np.load(path))
    except (OSError, ValueError, EOFError):  # absent, or damaged
        features = compute(images)
        files.write_array(path, features.numpy())
        return features
