"""What is measured of a run beyond its own records: METRIC.json beside its result.json."""

import time
from pathlib import Path

from rae_lib.evaluation.later import Metric
from rae_lib.evaluation.trained import Trained
from rae_lib.results import store


def write(trained: Trained, metric: Metric, provenance: dict, *, progress: bool = False) -> Path:
    """Measures and stores one metric of a trained system; returns the file."""
    start = time.monotonic()
    raw = provenance | metric.measure(trained, progress)
    raw["seconds"] = {"measure": round(time.monotonic() - start, 2)}
    path = store.folder(trained.config) / f"{metric.name}.json"
    store.write_json(path, raw)
    return path
