"""Can a classifier tell two samples of codes apart? Its accuracy on held-out codes: 0.5 where the laws are one."""

import warnings

import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch import Tensor

HIDDEN, ROUNDS = (128, 128), 40  # units of the classifier's layers; passes over the codes at most


def two_sample_accuracy(a: Tensor, b: Tensor, seed: int) -> float:
    """Held-out accuracy of a small network between the codes a and b, each (n, d), equally many (claim FLEX-05).

    The first halves train it, standardised by their own mean and deviation; a tenth of them decides when to stop. The
    second halves are held out: of 2 m codes the standard error is at most 0.5 / sqrt(2 m).
    """
    if a.shape != b.shape or len(a) < 20:
        raise ValueError(f"codes are {tuple(a.shape)} and {tuple(b.shape)}; allowed: one shape, at least 20 codes")
    half = len(a) // 2
    known, held = (torch.cat(parts).double() for parts in ((a[:half], b[:half]), (a[half:], b[half:])))
    mean, scale = known.mean(0), known.std(0).clamp_min(1e-6)
    known, held = (((x - mean) / scale).numpy() for x in (known, held))
    labels = [torch.arange(2).repeat_interleave(n).numpy() for n in (half, len(a) - half)]
    net = MLPClassifier(HIDDEN, max_iter=ROUNDS, early_stopping=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it stops after ROUNDS by intention
        net.fit(known, labels[0])
    return float(net.score(held, labels[1]))
