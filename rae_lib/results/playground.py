"""What the book's playground needs of the data: codes of ten test digits, principal directions, fitted densities.

    python -m rae_lib playground      # writes results/computed/playground.json; needs MNIST

The weights of the decoders are those kept with the results; the build of the book packs them (`book/_ext`).
Arrays are float32 in base64, with their shape: {"shape": [10, 16], "float32": "..."}.
"""

import argparse
import sys
from base64 import b64encode

import numpy as np
import torch
from torch import Tensor

from rae_lib import data
from rae_lib.config import catalogue, resolve
from rae_lib.data import Dataset
from rae_lib.density import GaussianMixture
from rae_lib.evaluation import codes
from rae_lib.evaluation.trained import Trained
from rae_lib.results import store, weights

NAME, DATASET, PROFILE = "playground", "mnist", "overnight"
COMPONENTS = (10, 50)  # of the mixtures: the papers' number, and the most that the runs try


def array(values: Tensor | np.ndarray) -> dict:
    values = np.asarray(values, dtype="<f4")
    return {"shape": list(values.shape), "float32": b64encode(values.tobytes()).decode()}


def choose_digits(dataset: Dataset) -> Tensor:
    """The first test image of every class. -> indices (10,)"""
    labels = torch.as_tensor(dataset.labels["test"])
    return torch.stack([(labels == k).nonzero()[0, 0] for k in range(int(labels.max()) + 1)])


def find_directions(z: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors of the codes' covariance, each a row and one standard deviation long; their shares of the variance.

    The largest entry of a direction is positive. (N, d) -> (d, d), (d,)
    """
    values, vectors = torch.linalg.eigh(z.double().T.cov())
    values, rows = values.flip(0).clamp_min(0), vectors.T.flip(0)
    rows = rows * rows.gather(1, rows.abs().argmax(1, keepdim=True)).sign()
    return rows * values.sqrt()[:, None], values / values.sum()


def describe_mixture(fitted: GaussianMixture) -> dict:
    """Weights (K,), means (K, d) and Cholesky factors (K, d, d) on the scale of the codes."""
    means = fitted.shift + fitted.scale * fitted.means
    factors = fitted.scale[:, None] * fitted.choleskys
    return {"weights": array(fitted.weights), "means": array(means), "factors": array(factors)}


def describe(trained: Trained, digits: Tensor) -> dict:
    """Everything of one system. The densities are fitted as in its run, from the same seed."""
    train, one = trained.codes["train"], trained.densities["mvg"]
    directions, shares = find_directions(train)
    found = {"digits": array(trained.codes["test"][digits]), "mean": array(train.mean(0))}
    found |= {"directions": array(directions), "shares": array(shares)}
    gaussian = {"weights": array([1.0]), "means": array(one.mean[None]), "factors": array(one.cholesky[None])}
    mixtures = {str(k): describe_mixture(codes.fit_mixture(trained, k)[0]) for k in COMPONENTS}
    return found | {"densities": {"1": gaussian} | mixtures}


def compute() -> dict:
    """The ten digits and what belongs to each system. Raises ValueError where a run or its weights are missing."""
    dataset, systems = data.load(DATASET), {}
    digits = choose_digits(dataset)
    for name in catalogue()["playground"]["systems"]:
        config = resolve(name, DATASET, PROFILE, 0)
        result = store.find(config)
        if result is None:
            raise ValueError(store.why_missing(config))
        trained = Trained(weights.load(result), config, dataset, "cpu")
        systems[name] = {"weights_sha256": result.raw["weights_sha256"]} | describe(trained, digits)
        print(f"{name}: densities fitted", flush=True)
    images = dataset.images["test"][digits, 0].numpy()
    pixels = {"shape": list(images.shape), "uint8": b64encode(images.tobytes()).decode()}
    return {"dataset": DATASET, "profile": PROFILE, "digits": pixels, "systems": systems}


def main(argv: list[str] | None = None) -> int:
    """Exit status: 1, with a line on what is missing, where a run, its weights or the data are not there."""
    argparse.ArgumentParser(
        prog="python -m rae_lib playground", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args(argv)
    try:
        found = compute()
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    path = store.root() / "computed" / f"{NAME}.json"
    store.write_json(path, found)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0
