"""Images in, features out: what the Frechet distance, KID and PRD are computed on.

inception-768, inception-2048   the FID Inception (TensorFlow graph of 2015-12-05, resized as in
                                TensorFlow 1) after Mixed_6e or at pool_3, by torch-fidelity;
                                2048 is the papers'
domain                          64-d penultimate layer of a small classifier, trained on the data
                                set's own training labels: cheap, and meaningful on digits
pixels                          the images themselves in [0, 1], for sets without labels

Features of different names, or of different weights, are never comparable: `Protocol` says which.
"""

import functools
import hashlib
import itertools
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from rae_lib import data, nets, players, store, train

FEATURES = ("domain", "inception-768", "inception-2048", "pixels")
CHUNK = 250  # images a cache file
RECIPE = {"version": 1, "images": 40_000, "passes": 120_000, "batch": 100, "lr": 2e-3, "seed": 0}


@dataclass(frozen=True)
class Protocol:
    """Which features: two numbers with different protocols do not compare."""

    name: str  # one of FEATURES
    dimension: int
    weights: str  # SHA-256, "" for pixels


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
    _check_images(images_u8)
    path = _weights(layer)
    net, weights = _inception(path, layer, str(device)), _sha256(path)
    batch = batch or (250 if torch.device(device).type == "cuda" else 4)
    chunks = tqdm(images_u8.split(CHUNK), disable=not progress, unit=f" x {CHUNK} images")
    embed, key = functools.partial(_embed, net, batch), f"{layer} {weights}"
    features = torch.cat([_cached(cache, key, chunk, embed) for chunk in chunks])
    if bad := int((~features.isfinite()).any(1).sum()):
        found = f"inception-{layer}: {bad} of {len(features)} rows are not finite"
        raise ValueError(f"{found}; weights {path}; {_need(layer)}")
    return features


def weights_sha256(layer: Literal[768, 2048]) -> str:
    """SHA-256 of the weights file that `inception` uses for this layer."""
    return _sha256(_weights(layer))


def inception_protocol(layer: Literal[768, 2048]) -> Protocol:
    return Protocol(f"inception-{layer}", layer, weights_sha256(layer))


def _check_images(images: Tensor) -> None:
    shape = tuple(images.shape)
    if images.dtype != torch.uint8 or len(shape) != 4 or shape[1] not in (1, 3) or 0 in shape:
        raise ValueError(f"images are {images.dtype} {shape}; allowed: uint8 (N, 1 or 3, H, W)")


def _need(layer: int) -> str:
    full = "" if layer == 768 else " the full one, of which a file for 768 is only a part,"
    return f"inception-{layer} needs a weights file,{full} named in $RAE_INCEPTION"


def _weights(layer: int) -> Path:
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
            raise FileNotFoundError(f"{found}; {_need(layer)}") from None
    return path


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=1)
def _inception(path: Path, layer: int, device: str) -> nn.Module:
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
        raise ValueError(f"{found}; {_need(layer)}") from None
    if not last.isfinite().all():
        raise ValueError(f"{path} has NaN weights below layer {layer}; {_need(layer)}")
    named = {"feature_extractor_weights_path": str(path)}
    with train.seeded("inception", 0):  # its own initial weights are drawn, and thrown away
        net = FeatureExtractorInceptionV3("inception-v3-compat", [str(layer)], **named)
    for block in net.modules():
        if hasattr(block, "bn"):
            block.conv, block.bn = fuse_conv_bn_eval(block.conv, block.bn), nn.Identity()
    net.to(device, memory_format=torch.channels_last)
    if torch.device(device).type == "cuda":
        torch.cuda.current_stream().synchronize()  # threads with other streams use it too
    return net


@torch.no_grad()
def _embed(net: nn.Module, batch: int, images: Tensor) -> Tensor:
    device = next(net.parameters()).device
    rgb = images.expand(-1, 3, -1, -1)
    return torch.cat([net(x.to(device))[0].cpu() for x in rgb.split(batch)])


def _cached(
    cache: Path | None, key: str, images: Tensor, compute: Callable[[Tensor], Tensor]
) -> Tensor:
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
        _write(path, lambda file: np.save(file, features.numpy()))
        return features


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Atomic: whole or not there, also with two processes at it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        try:
            write(file)
            file.close()
            os.replace(file.name, path)
        finally:
            Path(file.name).unlink(missing_ok=True)


class DomainClassifier(nn.Module):
    """Three strided convolutions, a 64-d linear layer (the features), ReLU, logits."""

    def __init__(self, shape: tuple[int, int, int], outputs: int, *, classes: bool = True):
        super().__init__()
        channels, height, width = shape
        self.shape, self.classes, self.accuracy = shape, classes, float("nan")
        layers: list[nn.Module] = [nets.Signed()]
        for inputs, filters in itertools.pairwise((channels, 16, 32, 64)):
            layers += [nn.Conv2d(inputs, filters, 3, stride=2, padding=1), nn.ReLU()]
        layers += [nn.Flatten(), nn.Linear(64 * (height // 8) * (width // 8), 64)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(64, outputs))

    @property
    def protocol(self) -> Protocol:
        arrays = (value.cpu().numpy() for value in self.state_dict().values())
        weights = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
        return Protocol("domain", 64, weights)

    def forward(self, images_u8: Tensor) -> Tensor:
        """uint8 (N, C, H, W) of the training shape -> (N, 64) float32 features on the CPU."""
        return self._apart(self.features, images_u8)

    def guess(self, images_u8: Tensor) -> Tensor:
        """Classes (N,), or attributes (N, A)."""
        logits = self._apart(nn.Sequential(self.features, self.head), images_u8)
        return logits.argmax(1) if self.classes else logits > 0

    @torch.no_grad()
    def _apart(self, net: nn.Module, images: Tensor) -> Tensor:
        _check_images(images)
        if tuple(images.shape[1:]) != self.shape:
            found = tuple(images.shape[1:])
            raise ValueError(f"images of shape {found}; allowed for this classifier: {self.shape}")
        device = self.head[1].weight.device
        return torch.cat([net(train.as_input(x.to(device))).cpu() for x in images.split(1000)])


class Lesson(nn.Module):
    """A classifier with its examples: the rows that `train.fit` deals are their indices here."""

    def __init__(self, classifier: DomainClassifier, images: Tensor, labels: Tensor):
        super().__init__()
        self.classifier = classifier
        self.register_buffer("images", images, persistent=False)
        self.register_buffer("labels", labels, persistent=False)

    def loss(self, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy of the class, or binary cross-entropies of the attributes."""
        net, y = self.classifier, self.labels[index]
        logits = net.head(net.features(train.as_input(self.images[index])))
        if net.classes:
            return {"loss": nn.functional.cross_entropy(logits, y)}
        return {"loss": nn.functional.binary_cross_entropy_with_logits(logits, y.float())}

    def players(self) -> list[players.Player]:
        weights = list(self.classifier.parameters())
        return [players.Player("classifier", weights, self.loss, RECIPE["lr"])]


def domain(dataset: data.Dataset, *, device: str = "cpu") -> DomainClassifier:
    """The classifier whose features are "domain": trained once, kept under $RAE_HOME/domain.

    Its recipe and seed are fixed and the file is named by data and recipe: two runs share it, if
    they hand in the same data set (so the whole one, where runs train on a part of it). Raises
    ValueError for a data set without labels.
    """
    if not dataset.labels:
        raise ValueError(f"{dataset.name} has no labels, so no domain features; allowed: pixels")
    recipe = hashlib.sha256(repr(RECIPE).encode()).hexdigest()[:8]
    path = store.home() / "domain" / f"{dataset.sha256[:16]}-{recipe}.pt"
    labels = dataset.labels["train"]
    classes = labels.dim() == 1
    outputs = int(labels.max()) + 1 if classes else labels.shape[1]
    shape = tuple(dataset.images["train"].shape[1:])
    with train.seeded("domain", RECIPE["seed"]):
        net = DomainClassifier(shape, outputs, classes=classes)
    net.to(memory_format=torch.channels_last)
    with store.lock(path.with_suffix(".lock")):  # runs side by side share one classifier
        try:
            saved = torch.load(path, weights_only=True)
            net.load_state_dict(saved["weights"])
        except Exception:  # absent, or damaged in one of many ways
            saved = _taught(net, dataset, device)
            _write(path, lambda file: torch.save(saved, file))
    net.accuracy = saved["accuracy"]
    return net.to(device).eval()


def _taught(net: DomainClassifier, dataset: data.Dataset, device: str) -> dict:
    """Trains in place; the weights, and the accuracy on test images (attributes: their mean)."""
    parts = {"train": RECIPE["images"], "val": 2000, "test": None}
    images = {split: dataset.images[split][:n] for split, n in parts.items()}
    labels = {split: dataset.labels[split][:n] for split, n in parts.items()}
    count = len(images["train"])
    lesson = Lesson(net, *(torch.cat([part["train"], part["val"]]) for part in (images, labels)))
    rows = torch.arange(len(lesson.images)).tensor_split([count])
    settings = {"batch": RECIPE["batch"], "seed": RECIPE["seed"], "device": device}
    train.fit(lesson, *rows, epochs=min(40, max(3, RECIPE["passes"] // count)), **settings)
    right = net.guess(images["test"]) == labels["test"]
    weights = {name: value.cpu() for name, value in net.state_dict().items()}
    return {"weights": weights, "accuracy": float(right.double().mean())}
