"""What is measured of a run beyond its own features: Inception distances, as the catalogue's [measure] asks."""

import time
from pathlib import Path

from rae_lib import config as configs
from rae_lib.config import Config
from rae_lib.evaluation import images as evaluate
from rae_lib.evaluation import samples
from rae_lib.metrics import features
from rae_lib.results import store

KINDS = ("inception-768", "inception-2048")


def wanted(config: Config) -> dict:
    """Catalogue [measure.PROFILE.DATASET]: features, sets, samples, seeds; {} where nothing more is asked."""
    book = configs.catalogue().get("measure", {}).get(config.profile, {})
    spec = book.get(config.dataset, book.get("all", {}))
    return spec if not config.variant and config.seed in spec.get("seeds", ()) else {}


def check(kind: str) -> None:
    """Before any work. Raises ValueError for another name, FileNotFoundError where the weights are missing."""
    configs.check_choice("features", kind, KINDS)
    features.weights_sha256(layer(kind))


def layer(kind: str) -> int:
    return int(kind.rpartition("-")[2])


def names(config: Config) -> tuple[str, ...]:
    """The image sets that are measured."""
    found = tuple(wanted(config).get("sets", config.sets))
    second = configs.system_table(config.system)["sampler"] == "second-stage"
    return found + (("N",) if second and "N" not in found else ())


def write(
    fitted: samples.Fitted, images: samples.Sets, kind: str, provenance: dict, progress: bool
) -> Path:
    """Distances of the measured sets on Inception features, beside the run's result as KIND.json.

    images: at least the sets of `names`. Below the paper profile the paper protocol is left out.
    """
    config, start = fitted.config, time.monotonic()
    asked, paper = names(config), config.profile == "paper"
    chosen = {key: x for key, x in images.items() if key[0] in asked}
    chosen = {key: x for key, x in chosen.items() if paper or key[1] == "clean"}
    count = wanted(config).get("samples", config.samples)
    chosen = {key: x[: count * config.draws] for key, x in chosen.items()}
    ruler = features.ruler(kind, fitted.data, device=fitted.device, progress=progress)
    records = evaluate.with_ruler(evaluate.distances(fitted, chosen, ruler, count), ruler)
    raw = provenance | {"records": records, "features": ruler.facts}
    raw["seconds"] = {"measure": round(time.monotonic() - start, 2)}
    path = store.folder(config) / f"{kind}.json"
    store.write_json(path, raw)
    return path
