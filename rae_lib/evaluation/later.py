"""Metrics that can be measured on a run after it was stored, each a function of the trained system.

A function asks of the trained system what it needs (codes, densities, image sets), and only that is made. A further
metric is a further function here: its numbers are then one command away, `python -m rae_lib measure NAME`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rae_lib import config as configs
from rae_lib.config import Config
from rae_lib.evaluation import search
from rae_lib.evaluation.distances import measure_sets
from rae_lib.evaluation.records import record
from rae_lib.evaluation.samples import image_sets
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics import active, features

Measured = dict[str, object]  # "records", and "features" where they are those of a ruler


@dataclass(frozen=True)
class Metric:
    """A function and what it stands on. rounded: whether weights in half precision are good enough for it."""

    name: str
    measure: Callable[[Trained, bool], Measured]  # the trained system, and whether to show progress
    check: Callable[[], object] = lambda: None  # raises where something it needs is missing
    rounded: bool = False


def find_metric(name: str) -> Metric:
    """The metric of this name, once what it needs is known to be there.

    Raises ValueError for another name, listing what is allowed, and what its `check` raises.
    """
    configs.check_choice("metric", name, tuple(METRICS))
    METRICS[name].check()
    return METRICS[name]


def wanted(config: Config) -> dict:
    """Catalogue [measure.PROFILE.DATASET]: features, sets, samples, seeds; {} where nothing more is asked."""
    book = configs.catalogue().get("measure", {}).get(config.profile, {})
    spec = book.get(config.dataset, book.get("all", {}))
    return spec if not config.variant and config.seed in spec.get("seeds", ()) else {}


def asked_for() -> tuple[str, ...]:
    """The metrics that the catalogue asks for of any run."""
    tables = (t for profile in configs.catalogue()["measure"].values() for t in profile.values())
    return tuple(dict.fromkeys(name for table in tables for name in table["features"]))


def measured_sets(config: Config) -> tuple[str, ...]:
    """The image sets whose Inception distances are measured: the catalogue's, else the run's own."""
    names = tuple(wanted(config).get("sets", config.sets))
    second = configs.system_table(config.system)["sampler"] == "second-stage"
    return names + (("N",) if second and "N" not in names else ())


def measure_inception(trained: Trained, progress: bool, *, layer: int) -> Measured:
    """Distances on Inception features. Below the paper profile the paper protocol is left out."""
    config = trained.config
    sets = image_sets(trained, measured_sets(config), config.samples)
    count = wanted(config).get("samples", config.samples)
    kept = ("clean", "paper") if config.profile == "paper" else ("clean",)
    few = {key: x[: count * config.draws] for key, x in sets.items() if key[1] in kept}
    options = {"device": trained.device, "progress": progress}
    ruler = features.ruler(f"inception-{layer}", trained.data, **options)
    return {"records": measure_sets(trained, few, ruler, count), "features": ruler.facts}


def measure_nac(trained: Trained, progress: bool) -> Measured:
    """Active dimensions of the test codes and their mean correlation ("nac") and covariance."""
    z = trained.codes["test"]
    found = active.measure_correlation(z, active.find_active(z))
    place = {"features": "codes", "n_fake": len(z)}
    return {"records": [record(k, "test codes", v, **place) for k, v in found.items()]}


def inception(layer: int) -> Metric:
    check = partial(features.weights_sha256, layer)
    return Metric(f"inception-{layer}", partial(measure_inception, layer=layer), check)


METRICS = {
    metric.name: metric
    for metric in (
        inception(768),
        inception(2048),
        Metric("nac", measure_nac, rounded=True),
        Metric("search", search.measure, search.check),
    )
}
