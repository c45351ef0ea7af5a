"""EM in torch against scikit-learn's: the same start, the same steps, the same mixture."""

import pytest
import torch
from torch import Tensor

from rae_lib.density import GaussianMixture, em

SETTINGS = {"seed": 0, "max_iter": 100}


def codes(n: int, d: int, kind: str, seed: int = 1) -> Tensor:
    """Standardised float64 codes: one normal, seven blobs, variances over six decades, or a constant dimension."""
    g = torch.Generator().manual_seed(seed)
    z = torch.randn(n, d, generator=g, dtype=torch.float64)
    if kind == "blobs":
        centres = 4 * torch.randn(7, d, generator=g, dtype=torch.float64)
        z += centres[torch.randint(7, (n,), generator=g)]
    if kind == "flat":
        turn = torch.linalg.qr(torch.randn(d, d, generator=g, dtype=torch.float64))[0]
        z = z * torch.logspace(0, -3, d, dtype=torch.float64) @ turn
    if kind == "dead":
        z[:, 0] = 0
    return (z - z.mean(0)) / z.std(0, correction=0).clamp_min(1e-9)


CASES = [
    (1500, 8, 10, "normal"),
    (1500, 8, 10, "blobs"),
    (1000, 12, 5, "flat"),
    (1000, 5, 4, "dead"),
    (500, 4, 1, "normal"),
    (600, 3, 100, "blobs"),
    (60, 2, 20, "normal"),
]


@pytest.mark.parametrize(("n", "d", "components", "kind"), CASES)
def test_the_fit_is_scikit_learns(n, d, components, kind):
    z = codes(n, d, kind)
    ours, _ = em.fit(z, components, **SETTINGS)
    theirs, _ = em.sklearn(z, components, **SETTINGS)
    assert ours.lower_bound == pytest.approx(theirs.lower_bound, abs=1e-6)
    assert (ours.iterations, ours.converged) == (theirs.iterations, theirs.converged)
    for a, b in zip(ours.parameters("cpu"), theirs.parameters("cpu"), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_k_means_finds_scikit_learns_clusters():
    from sklearn.cluster import KMeans

    z = codes(1500, 8, "normal")
    reference = KMeans(10, n_init=1, random_state=3).fit(z.numpy()).labels_
    assert em.kmeans(z, 10, seed=3).tolist() == reference.tolist()


def test_an_empty_cluster_takes_over_the_farthest_code():
    x = torch.tensor([[0.0], [1.0], [9.0]], dtype=torch.float64)
    labels, distances = torch.tensor([0, 0, 0]), torch.tensor([0.1, 0.2, 60.0])
    assert em.averaged(x, labels, distances, 2).flatten().tolist() == [0.5, 9.0]


def test_components_in_chunks_give_the_same_numbers(monkeypatch):
    z = codes(300, 4, "blobs")
    whole, _ = em.fit(z, 6, **SETTINGS)
    monkeypatch.setattr(em, "CHUNK", 2 * z.numel())
    parts, _ = em.fit(z, 6, **SETTINGS)
    torch.testing.assert_close(parts.covariances, whole.covariances)


def test_a_fit_that_does_not_converge_says_so():
    fitted, warning = em.fit(codes(500, 4, "blobs"), 5, seed=0, max_iter=1)
    assert not fitted.converged and warning == "EM did not converge in 1 iterations"


def test_a_covariance_that_is_not_positive_definite_is_refused():
    broken = -torch.eye(2, dtype=torch.float64)[None]
    with pytest.raises(ValueError, match="1 of 1 covariances are not positive definite"):
        em.log_normals(codes(10, 2, "normal"), torch.zeros(1, 2).double(), broken)


@pytest.mark.gpu
@pytest.mark.parametrize(("n", "d", "components", "kind"), CASES)
def test_a_fit_on_the_gpu_has_the_likelihood_of_scikit_learns(n, d, components, kind, cuda):
    z = codes(n, d, kind)
    near = GaussianMixture(components).fit(z.cuda()).report
    here = GaussianMixture(components).fit(z).report
    assert near["train_loglik"] == pytest.approx(here["train_loglik"], abs=1e-3)
