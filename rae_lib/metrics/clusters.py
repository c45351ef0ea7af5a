"""K-means on the host's cores, scikit-learn's, and how many cores a step is worth."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor


def threads(work: float) -> AbstractContextManager:
    """One thread for BLAS and OpenMP where a step is below 1e8 products, else torch's number.

    On two busy cores the small steps of k-means, EM and KID are ten times slower with two threads,
    which spend their time waiting for each other.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1 if work < 1e8 else torch.get_num_threads())


def mini_batch(rows: np.ndarray, clusters: int, seeds: Sequence[int]) -> Tensor:
    """Labels of the rows by mini-batch k-means, best of ten starts, once for every seed. -> (S, N)

    rows: float64 (N, D). The runs share nothing but the rows, so they go side by side, each on one
    core, unless torch is told to use one thread; the labels do not depend on it. On one core a run
    takes 0.17, 0.9 and 2.6 s at 20 000 x 64, 768 and 2048 (of 20 clusters, half to two thirds of it
    k-means++), and holds Python's lock for a fifth of the time at 64 and for less than 2 % at 768
    and 2048: threads serve, and processes would each need a copy of the rows.
    """
    if torch.get_num_threads() == 1:
        with threads(0):  # once: finding the libraries takes as long as a small run
            return torch.stack([_mini_batch(rows, clusters, seed) for seed in seeds])
    with threads(0), ThreadPoolExecutor(len(seeds)) as pool:
        return torch.stack(list(pool.map(lambda seed: _apart(rows, clusters, seed), seeds)))


def _apart(rows: np.ndarray, clusters: int, seed: int) -> Tensor:
    with threads(0):  # OpenMP counts for every thread of the host on its own
        return _mini_batch(rows, clusters, seed)


def _mini_batch(rows: np.ndarray, clusters: int, seed: int) -> Tensor:
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(n_clusters=clusters, n_init=10, random_state=seed)
    return torch.from_numpy(model.fit(rows).labels_).long()
