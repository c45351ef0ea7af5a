"""Attributes of faces, moved in the code: how a classifier answers along the path, and what the path looks like.

The slides do not say how they find a direction. Here: v = mean z of the training images with the attribute - mean z of
those without; z(t) = z + t v for t from -2 to 2, so that t = 1 leads from one mean to the other.
"""

import torch
from torch import Tensor, nn

from rae_lib.evaluation.records import record
from rae_lib.evaluation.samples import decode
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics import classifier

ATTRIBUTES = {"big nose": 7, "heavy makeup": 18, "black hair": 8, "smiling": 31, "male": 20}  # CelebA's columns
STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0)  # at which probabilities are records
PATH = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)  # of the pictures; the middle one is the test image itself
IMAGES = 500  # test images along whose paths the classifier answers


def check_attributes(trained: Trained) -> None:
    """ValueError for a data set without attributes."""
    labels = trained.data.labels.get("train")
    if labels is None or labels.dim() != 2:
        raise ValueError(f"{trained.data.name} has no attributes; allowed: celeba64")


def find_direction(codes: Tensor, has: Tensor) -> Tensor:
    """The mean code with the attribute less the mean code without it. codes (n, d), has (n,) bool -> (d,)"""
    return codes[has].mean(0) - codes[~has].mean(0)


def measure_attributes(trained: Trained, progress: bool) -> dict[str, object]:
    """Mean probability of every attribute along its path, and a picture of every path.

    Records a step: of all images, of those without the attribute ("attribute_probability_without") and with it.
    """
    check_attributes(trained)
    net = classifier.load(trained.data.name, device=trained.device)
    answers = nn.Sequential(net.features, net.head)
    z, rows, pictures = trained.codes["test"][:IMAGES], [], {}
    place = {"features": "domain", "ruler": net.sha256[:12]}
    for name, column in ATTRIBUTES.items():
        v = find_direction(trained.codes["train"], trained.data.labels["train"][:, column])
        has = trained.data.labels["test"][:IMAGES, column]
        for step in STEPS:
            images = decode(trained.system, z + step * v, trained.device)
            answer = net.evaluate(answers, images)[:, column].sigmoid().cpu()
            for suffix, part in (("", answer), ("_without", answer[~has]), ("_with", answer[has])):
                where = place | {"n_fake": len(part)}
                rows.append(record(f"attribute_probability{suffix}", name, part.mean(), **where) | {"step": step})
        pictures[f"attribute {name}".replace(" ", "-")] = draw_paths(trained, v, column)
    facts = {"name": "domain", "weights": net.sha256, "accuracy": net.accuracy}
    return {"records": rows, "pictures": pictures, "features": facts}


def draw_paths(trained: Trained, v: Tensor, column: int) -> tuple[list[str], list[Tensor]]:
    """The first two test images without the attribute and the first two with it, in the middle of their paths."""
    has, images = trained.data.labels["test"][:, column], trained.data.images["test"]
    labels, rows = [], []
    for word, wanted in (("without", ~has), ("with", has)):
        for index in wanted.nonzero().flatten()[:2].tolist():
            path = trained.codes["test"][index] + torch.tensor(PATH)[:, None] * v
            row = decode(trained.system, path, trained.device)
            row[len(PATH) // 2] = images[index]
            labels, rows = [*labels, word], [*rows, row]
    return labels, rows
