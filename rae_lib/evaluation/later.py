"""Metrics that can be measured on a run after it was stored, each a function of the trained system.

A function asks of the trained system what it needs (codes, densities, image sets), and only that is made. A further
metric is a further function here: its numbers are then one command away, `python -m rae_lib measure NAME`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from rae_lib import config as configs
from rae_lib.config import Config
from rae_lib.evaluation import search
from rae_lib.evaluation.attributes import measure_attributes
from rae_lib.evaluation.distances import compare, measure_sets
from rae_lib.evaluation.images import study_components, study_copies
from rae_lib.evaluation.records import record
from rae_lib.evaluation.samples import image_sets, sampler
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics import active, features
from rae_lib.metrics.images import stretch
from rae_lib.metrics.two_sample import two_sample_accuracy
from rae_lib.training.loop import generator_for

# "records"; "features" where they are those of a ruler; "pictures" as those of a run; other fields as they are
Measured = dict[str, object]
SHOWN = 500  # codes of each kind that are placed in the plane
WIDEST = 128  # dimensions of which the whole covariance is kept


@dataclass(frozen=True)
class Metric:
    """A function and what it is built on.

    rounded: whether weights in half precision are good enough for it. once: of the metrics that a document asks for
    with every run, this one is for the systems' own runs at seed 0 alone, because it takes longer.
    """

    name: str
    measure: Callable[[Trained, bool], Measured]  # the trained system, and whether to show progress
    check: Callable[[], object] = lambda: None  # raises where something it needs is missing
    rounded: bool = False
    once: bool = False


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


def of_document(config: Config) -> tuple[str, ...]:
    """The metrics that are measured together with a run: `also` of its document, or of that on this data set."""
    names: tuple[str, ...] = ()
    for _, table in configs.layers(config.system, config.dataset, config.profile):
        names = tuple(table.get("also", names))
    own = not config.variant and config.seed == 0
    return tuple(name for name in names if own or not METRICS[name].once)


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
    return {"records": [record(k, "codes", v, **place) for k, v in found.items()]}


def draw_prior(trained: Trained, count: int) -> torch.Tensor:
    """Codes of the system's own sampler. -> (count, d)"""
    z = sampler(trained, "N")[1](count, generator_for("two-sample", trained.config.seed))
    return z.float().cpu()


def measure_two_sample(trained: Trained, progress: bool) -> Measured:
    """How well a classifier tells the test codes from codes of the system's own sampler."""
    z = trained.codes["test"]
    value = two_sample_accuracy(z, draw_prior(trained, len(z)), trained.config.seed)
    counts = {"features": "codes", "n_real": len(z), "n_fake": len(z)}
    return {"records": [record("two_sample_accuracy", "codes", value, **counts)]}


def measure_stretched(trained: Trained, progress: bool) -> Measured:
    """Frechet distances of images that are each stretched by their own minimum and maximum; protocol "stretched"."""
    config, ruler = trained.config, features.own(trained.data, device=trained.device)
    names = tuple(name for name in ("rec", "N", "gmm") if name in config.sets)
    real = ruler.real(trained.data.images["test"][: config.samples]).to(trained.device)
    rows = []
    for (name, protocol), images in image_sets(trained, names, config.samples).items():
        if protocol == "clean" and name in names:
            fake = ruler(stretch(images)).to(trained.device)
            rows += compare(real, fake, ruler, name, protocol="stretched")
    return {"records": rows, "features": ruler.facts}


def measure_codes(trained: Trained, progress: bool) -> Measured:
    """Test images, test codes and codes of the own sampler in the plane, and the covariance of the test codes.

    "plane": t-SNE (perplexity 30, from principal components) of the images alone ("images"), and of codes and prior
    samples together ("codes", "prior"). "covariance": the dimensions with the largest variance first.
    """
    from sklearn.manifold import TSNE

    z = trained.codes["test"]
    both = torch.cat([z[:SHOWN], draw_prior(trained, len(z))[:SHOWN]])
    images = trained.data.images["test"][:SHOWN].flatten(1).float().div(255)
    few = min(30, len(both) // 4)
    flat = [TSNE(perplexity=few, random_state=0).fit_transform(x.numpy()).round(1) for x in (images, both)]
    count = len(both) // 2
    plane = {"images": flat[0], "codes": flat[1][:count], "prior": flat[1][count:]}
    found: Measured = {"records": [], "plane": {name: points.tolist() for name, points in plane.items()}}
    if z.shape[1] <= WIDEST:
        order = z.var(0).argsort(descending=True)
        found["covariance"] = torch.atleast_2d(torch.cov(z[:, order].T.double())).numpy().round(4).tolist()
    return found


def measure_components(trained: Trained, progress: bool) -> Measured:
    """The mixture study at the RAE papers' numbers of components, for any system of images: "components"."""
    sizes, ruler = configs.catalogue()["defaults"]["components"], features.own(trained.data, device=trained.device)
    return {"records": [], "components": study_components(trained, ruler, sizes), "features": ruler.facts}


def measure_copies(trained: Trained, progress: bool) -> Measured:
    """Copies, precision and recall of the mixtures of ten and of a hundred components, as records of "components"."""
    ruler = features.own(trained.data, device=trained.device)
    return {"records": study_copies(trained, ruler, (10, 100)), "features": ruler.facts}


def inception(layer: int) -> Metric:
    check = partial(features.weights_sha256, layer)
    return Metric(f"inception-{layer}", partial(measure_inception, layer=layer), check, rounded=True)


METRICS = {
    metric.name: metric
    for metric in (
        inception(768),
        inception(2048),
        Metric("nac", measure_nac, rounded=True),
        Metric("two-sample", measure_two_sample, rounded=True),
        Metric("stretched", measure_stretched, once=True),
        Metric("codes", measure_codes, rounded=True, once=True),
        Metric("components", measure_components, rounded=True),
        Metric("copies", measure_copies, rounded=True),
        Metric("attributes", measure_attributes, rounded=True, once=True),
        Metric("search", search.measure, search.check),
    )
}
