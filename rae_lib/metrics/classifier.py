"""The small classifiers whose penultimate layer is the "domain" features: one fixed network a data set.

Their weights are part of the package (`classifiers/NAME.safetensors`), with their accuracy, so that every number on
these features is measured with the same ruler. Each was trained once, by

    python -m rae_lib classifier cifar10        # refuses to replace weights that are there; --replace does

from the recipe in the catalogue, [classifier.NAME]. New weights are a new ruler: no number measured with the old ones
may be compared with a number measured with the new ones, and `store.check_rulers` refuses to.
"""

import argparse
import functools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from rae_lib import config as configs
from rae_lib import data, files
from rae_lib.models import networks
from rae_lib.origin import versions, weights_sha256
from rae_lib.training import loop
from rae_lib.training.players import Player

FEATURES = 64  # of the linear layer before the logits
FOLDER = Path(__file__).parent / "classifiers"


class Residual(nn.Module):
    """x + two convolutions of x."""

    def __init__(self, channels: int):
        super().__init__()
        self.body = nn.Sequential(*build_block(channels, channels), *build_block(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def build_block(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    """3x3 convolution, batch norm, ReLU."""
    kernel = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return [kernel, nn.BatchNorm2d(outputs), nn.ReLU()]


def build_plain(shape: tuple[int, int, int]) -> list[nn.Module]:
    """Three strided convolutions without norm: enough for digits and clothes. -> (B, 64)"""
    channels, height, width = shape
    layers: list[nn.Module] = []
    for inputs, outputs in ((channels, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.ReLU()]
    return [*layers, nn.Flatten(), nn.Linear(64 * (height // 8) * (width // 8), FEATURES)]


def build_residual(shape: tuple[int, int, int]) -> list[nn.Module]:
    """A small residual network for 32 or 64 pixels (64: the first convolution is strided). -> (B, 64)"""
    channels, height, _ = shape
    layers = [*build_block(channels, 24, stride=height // 32), *build_block(24, 64, stride=2), Residual(64)]
    layers += [*build_block(64, 96, stride=2), Residual(96), *build_block(96, 128, stride=2)]
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, FEATURES)]


NETWORKS = {"plain": build_plain, "residual": build_residual}


class Classifier(nn.Module):
    """uint8 images (N, C, H, W) of one shape -> features (N, 64) float32, or a guess of the labels.

    classes: True for one class an image, False for attributes, of which each is there or not. accuracy: on the test
    images (attributes: the mean over all). sha256: of the weights, which name the ruler; "" while it is untrained.
    """

    def __init__(self, network: str, shape: tuple[int, int, int], outputs: int, *, classes: bool = True):
        super().__init__()
        configs.check_choice("network", network, tuple(NETWORKS))
        self.shape, self.classes, self.accuracy, self.sha256 = shape, classes, float("nan"), ""
        self.features = nn.Sequential(networks.Signed(), *NETWORKS[network](shape))
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(FEATURES, outputs))

    def forward(self, images_u8: Tensor) -> Tensor:
        return self.evaluate(self.features, images_u8)

    def guess(self, images_u8: Tensor) -> Tensor:
        """Classes (N,), or attributes (N, A) as booleans."""
        logits = self.evaluate(nn.Sequential(self.features, self.head), images_u8)
        return logits.argmax(1) if self.classes else logits > 0

    @torch.no_grad()
    def evaluate(self, net: nn.Module, images: Tensor) -> Tensor:
        """net(images) in batches, on the CPU. Raises ValueError for images of another type or shape."""
        if images.dtype != torch.uint8 or tuple(images.shape[1:]) != self.shape or not len(images):
            found = f"images are {images.dtype} {tuple(images.shape)}"
            raise ValueError(f"{found}; allowed for this classifier: uint8 (N, *{self.shape})")
        device = self.head[1].weight.device
        size = 1000 if device.type == "cuda" else 100
        return torch.cat([net(loop.as_input(x.to(device))).cpu() for x in images.split(size)])


class Lesson(nn.Module):
    """A classifier with its examples: the rows that `train.fit` deals are their indices here."""

    def __init__(self, classifier: Classifier, images: Tensor, labels: Tensor, recipe: dict):
        super().__init__()
        self.classifier, self.recipe = classifier, recipe
        self.register_buffer("images", images, persistent=False)
        self.register_buffer("labels", labels, persistent=False)

    def loss(self, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy of the class, or the mean binary cross-entropy of the attributes."""
        net, x, y = self.classifier, self.images[index], self.labels[index]
        x = self.varied(x, generator) if self.training else x
        logits = net.head(net.features(loop.as_input(x)))
        if net.classes:
            return {"loss": nn.functional.cross_entropy(logits, y)}
        return {"loss": nn.functional.binary_cross_entropy_with_logits(logits, y.float())}

    def varied(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """The images shifted by up to `shift` pixels each way, and mirrored by chance where the recipe says so."""
        count, _, height, width = x.shape
        shift, options = self.recipe["shift"], {"generator": generator, "device": x.device}
        offsets = torch.randint(2 * shift + 1, (2, count, 1), **options)
        rows, columns = (torch.arange(n, device=x.device) for n in (height, width))
        rows, columns = rows + offsets[0], columns + offsets[1]  # (B, H), (B, W)
        if self.recipe["mirror"]:
            turned = torch.randint(2, (count, 1), **options).bool()
            columns = torch.where(turned, columns.flip(1), columns)
        each = torch.arange(count, device=x.device)[:, None, None]
        padded = nn.functional.pad(x, (shift,) * 4)
        return padded[each, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

    def players(self) -> list[Player]:
        r = self.recipe
        weights = list(self.classifier.parameters())
        return [Player("classifier", weights, self.loss, r["lr"], decay=tuple(r["decay"]))]


def train_classifier(dataset: data.Dataset, recipe: dict, *, progress: bool = False) -> Classifier:
    """A classifier trained on the data set's training images, the best epoch by 2,000 validation images.

    Raises ValueError for a data set without labels.
    """
    if not dataset.labels:
        raise ValueError(f"{dataset.name} has no labels, so no classifier; its features: pixels")
    images, labels = dataset.images, dataset.labels
    classes, shape = labels["train"].dim() == 1, tuple(images["train"].shape[1:])
    outputs = int(labels["train"].max()) + 1 if classes else labels["train"].shape[1]
    with loop.seeded("classifier", recipe["seed"]):
        net = Classifier(recipe["network"], shape, outputs, classes=classes)
    count, some = len(images["train"]), {"train": None, "val": 2000}
    examples = [torch.cat([part[split][:n] for split, n in some.items()]) for part in (images, labels)]
    rows = torch.arange(len(examples[0])).tensor_split([count])
    net.to(memory_format=torch.channels_last)
    settings = {name: recipe[name] for name in ("epochs", "batch", "seed")}
    loop.fit(Lesson(net, *examples, recipe), *rows, **settings, progress=progress)
    net.accuracy = float((net.guess(images["test"]) == labels["test"]).double().mean())
    net.sha256 = weights_sha256(net)
    return net


def list_names() -> tuple[str, ...]:
    """The data sets whose classifier is part of the package."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.safetensors")))


@functools.cache
def load(name: str, *, device: str = "cpu") -> Classifier:
    """The data set's classifier, in eval mode.

    Raises ValueError where there is none, naming those that there are, and where the file is damaged.
    """
    from safetensors import safe_open

    if name not in list_names():
        how = f"`python -m rae_lib classifier {name}` trains one"
        raise ValueError(f"no classifier for {name!r}; there are: {', '.join(list_names())}; {how}")
    path = FOLDER / f"{name}.safetensors"
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["facts"])
            weights = {key: file.get_tensor(key) for key in file.keys()}
        shape, classes = tuple(facts["shape"]), facts["classes"]
        net = Classifier(facts["recipe"]["network"], shape, facts["outputs"], classes=classes)
        net.load_state_dict(weights)
    except Exception as error:  # a damaged file raises many kinds
        raise ValueError(f"{path} is damaged ({type(error).__name__}): restore it") from None
    net.accuracy, net.sha256 = facts["accuracy"], weights_sha256(net)
    if net.sha256 != facts["sha256"]:
        raise ValueError(f"{path}: its weights are not those that it names; restore it")
    return net.to(device, memory_format=torch.channels_last).eval()


def store_classifier(net: Classifier, dataset: data.Dataset, recipe: dict) -> Path:
    """Writes the weights with what a reader needs to trust them."""
    from safetensors.torch import save

    facts = {"accuracy": round(net.accuracy, 4), "sha256": net.sha256, "recipe": recipe}
    facts |= {"shape": net.shape, "classes": net.classes, "outputs": net.head[1].out_features}
    facts |= {"data": {"name": dataset.name, "sha256": dataset.sha256, "source": dataset.source}}
    facts |= {"versions": versions()}
    weights = {name: value.contiguous() for name, value in net.state_dict().items()}
    path = FOLDER / f"{dataset.name}.safetensors"
    files.write(path, save(weights, {"facts": json.dumps(facts)}))
    return path


def main(argv: Sequence[str] | None = None) -> int:
    recipes = configs.catalogue()["classifier"]
    what = "Trains the classifiers behind the `domain` features, in which distances of images are measured."
    p = argparse.ArgumentParser(prog="python -m rae_lib classifier", description=what)
    p.add_argument("names", nargs="+", choices=recipes, metavar="NAME", help=f"of: {', '.join(recipes)}")
    p.add_argument("--replace", action="store_true", help="also where there are weights already")
    a = p.parse_args(argv)
    for name in a.names:
        if name in list_names() and not a.replace:
            words = "its weights are there, and stored numbers depend on them"
            print(f"{name}: {words}; --replace trains new ones")
            continue
        dataset = data.load(name)
        net = train_classifier(dataset, recipes[name], progress=sys.stderr.isatty())
        path = store_classifier(net, dataset, recipes[name])
        size = f"{path.stat().st_size:,} bytes"
        print(f"{name}: accuracy {net.accuracy:.2%} on test images; {path}, {size}")
    return 0
