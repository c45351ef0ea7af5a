"""From image sets to records: Frechet distance, KID, precision and recall.

The reference of a distance is the test split; PRD by the paper protocol takes training images, as the official code
did. Domain features and pixels are standardised by the reference set; Inception's are not, or it were no FID.
"""

from dataclasses import replace

from torch import Tensor

from rae_lib.config import Config
from rae_lib.evaluation.records import record
from rae_lib.evaluation.samples import PAPER_SETS, Sets
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics import distances as metrics
from rae_lib.metrics.features import Ruler
from rae_lib.metrics.precision_recall import prd


def measure_sets(trained: Trained, sets: Sets, ruler: Ruler, count: int) -> list[dict]:
    """Frechet distance of every set to the test images, PRD of the samplers, KID on Inception, real floors.

    A set that is the same images as another (`image_sets`) has its numbers.
    """
    images, config = trained.data.images, trained.config
    count = min(count, len(images["test"]))
    real, val = (ruler.real(images[s][:count]).to(trained.device) for s in ("test", "val"))
    needed = any((name, "paper") in sets for name in PAPER_SETS)
    seen = ruler.real(images["train"][:count]).to(trained.device) if needed else real
    rows, views = floors(val, real, ruler, config), {}
    for (name, protocol), fakes in sets.items():
        if id(fakes) not in views:
            fake = ruler(fakes).to(trained.device)
            views[id(fakes)] = fake, compare(real, fake, ruler, name, protocol=protocol)
        fake, found = views[id(fakes)]
        rows += [row | {"set": name, "protocol": protocol} for row in found]
        if name in PAPER_SETS and not config.variant:  # no study asks for it
            reference = real if protocol == "clean" else seen
            scores = precision_recall(reference, fake, ruler, config)
            rows += [row | {"set": name, "protocol": protocol} for row in scores]
    return rows


def compare(real: Tensor, fake: Tensor, ruler: Ruler, name: str, *, protocol: str = "clean") -> list[dict]:
    """Frechet distance, and KID on Inception by the clean protocol, of features. The mean over the draws in a set."""
    real, fake = in_units_of(real, fake, ruler)
    parts = equal_parts(real, fake)
    place = {**place_of(ruler), "protocol": protocol, "n_real": len(real), "n_fake": len(parts[0])}
    distance = mean([metrics.frechet(real, part) for part in parts])
    rows = [record("frechet", name, distance, **place)]
    if is_inception(ruler) and protocol == "clean":
        size = min(1000, len(real), len(parts[0]))
        value = mean([metrics.kid(real, part, subset_size=size)[0] for part in parts])
        rows.append(record("kid", name, value, **place))
    return rows


def precision_recall(real: Tensor, fake: Tensor, ruler: Ruler, config: Config) -> list[dict]:
    """F_8 and F_1/8 of equally many features; the set is named by the caller."""
    real, fake = in_units_of(real[: len(fake)], fake, ruler)
    parts = equal_parts(real, fake)
    found = [prd(real, part, runs=config.clusterings, seed=config.seed) for part in parts]
    place = {**place_of(ruler), "n_real": len(real), "n_fake": len(real)}
    return [
        record("prd_f8", "", mean([x.f8 for x in found]), **place),
        record("prd_f1_8", "", mean([x.f1_8 for x in found]), **place),
    ]


def floors(val: Tensor, real: Tensor, ruler: Ruler, config: Config) -> list[dict]:
    """Real against real: validation against test, and the two halves of the test images."""
    half = len(real) // 2
    rows = compare(real, val, ruler, "real")
    rows += compare(real[:half], real[half : 2 * half], ruler, "halves")
    if config.variant:  # no study asks for scores
        return rows
    count, alike = min(len(val), len(real)), replace(config, seed=0)  # the same for every run
    scores = precision_recall(real[:count], val[:count], ruler, alike)
    return rows + [row | {"set": "real"} for row in scores]


def is_inception(ruler: Ruler) -> bool:
    return ruler.name.startswith("inception")


def in_units_of(real: Tensor, fake: Tensor, ruler: Ruler) -> tuple[Tensor, Tensor]:
    """Both sets of features, standardised by the real one unless they are Inception's."""
    return (real, fake) if is_inception(ruler) else metrics.standardise(real, fake)


def place_of(ruler: Ruler) -> dict[str, str]:
    return {"features": ruler.name, "ruler": ruler.weights[:12]}


def equal_parts(real: Tensor, fake: Tensor) -> list[Tensor]:
    """The draws in a set: as many images each as there are real ones."""
    if len(fake) <= len(real):
        return [fake]
    return list(fake[: len(fake) // len(real) * len(real)].split(len(real)))


def mean(values: list[float]) -> float:
    return sum(values) / len(values)
