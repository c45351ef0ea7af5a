"""Metrics: closed forms, other implementations, and the direction every number must take."""

import numpy as np
import pytest
import torch
from pytest import approx
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor
from torch.testing import assert_close

from rae_lib.metrics.distances import frechet, kid, memorisation, nearest, standardise
from rae_lib.metrics.images import sharpness, step_cv
from rae_lib.metrics.precision_recall import cluster_rows, compute_curve, compute_f_score, prd


def normal(n: int, latent: int = 4, seed: int = 0) -> Tensor:
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed))


def classes(labels: list[int], seed: int = 0) -> Tensor:
    """20 points around each labelled corner, far apart in comparison with their spread."""
    corners = 20 * torch.eye(4)[torch.tensor(labels)].repeat_interleave(20, 0)
    return corners + normal(len(corners), seed=seed)


PAIRED = {
    "frechet": frechet,
    "kid": lambda r, f: kid(r, f, subsets=4, subset_size=min(50, len(r), len(f))),
    "prd": lambda r, f: prd(r, f, clusters=5, runs=2),
    "nearest": nearest,
    "memorisation": lambda r, f: memorisation(f, r, r + 0.1),
    "standardise": standardise,
}


@pytest.mark.parametrize("metric", PAIRED.values(), ids=PAIRED.keys())
def test_rows_that_are_not_finite_or_of_another_shape_or_type_are_refused(metric):
    bad = normal(60)
    bad[3, 0], bad[9, 1] = float("nan"), float("inf")
    for pair in ((normal(60), bad), (bad, normal(60))):
        with pytest.raises(ValueError, match="2 of 60 rows are not finite; allowed: finite valu"):
            metric(*pair)
    for wrong in (torch.zeros(60, 4, dtype=torch.uint8), normal(60)[:, None]):
        with pytest.raises(ValueError, match=r"allowed: floating point \(N, D\)"):
            metric(normal(60), wrong)
    with pytest.raises(ValueError, match="allowed: equal widths"):
        metric(normal(60), normal(60, 5))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: frechet(normal(10), normal(9)), "fake has 9 rows; allowed: at least 10"),
        (lambda: kid(normal(60), normal(60)), "is 1000; allowed: 2 to the smaller set's 60"),
        (lambda: prd(normal(19), normal(19)), "real has 19 rows; allowed: at least 20"),
        (lambda: standardise(normal(1)), "real has 1 rows; allowed: at least 2"),
        (lambda: prd(normal(50), normal(60)), "50 real and 60 fake rows; allowed: equal counts"),
        (lambda: prd(normal(50), normal(50), runs=0), "allowed: clusters >= 2, runs >= 1"),
        (lambda: compute_curve(*torch.ones(2, 1), angles=2), "angles is 2; allowed: 3 to 1000000"),
        (lambda: nearest(normal(80), normal(80), k=81), "k from 1 to the bank's rows"),
        (lambda: memorisation(*[normal(20)] * 3), "allowed: disjoint splits"),
        (lambda: sharpness(torch.zeros(2, 1, 8, 8)), r"allowed: uint8 \(N, 1 or 3, H, W\)"),
        (lambda: sharpness(torch.zeros(2, 2, 8, 8).byte()), r"allowed: uint8 \(N, 1 or 3"),
        (lambda: step_cv(torch.zeros(3, 2, 5)), r"allowed: \(P, T, D\) with T >= 3"),
        (lambda: step_cv(torch.full((3, 7, 5), torch.nan)), "21 of 21 rows are not finite"),
    ],
)
def test_what_a_metric_cannot_measure_is_refused_with_what_is_allowed(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()


def test_frechet_has_its_closed_forms():
    assert frechet(normal(200), normal(200)) == approx(0, abs=1e-6)
    assert frechet(normal(12, 30), normal(12, 30)) == approx(0, abs=1e-4)  # rows < features
    x = normal(300).double() - normal(300).double().mean(0)
    x = x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T  # mean 0, covariance I, exactly
    assert frechet(x, x + torch.tensor([1.0, 2.0, 0.0, -2.0])) == approx(9)  # the squared shift
    assert frechet(x, 3 * x) == approx(4 * (3 - 1) ** 2)  # d times that of the scales


FAR = 0.3 + 1.5 * normal(150, 8, seed=1)
SETS = {  # real, fake, how near the two implementations come where eigenvalues are 0
    "shifted and wider": (normal(200, 8), FAR, 1e-6),
    "a feature that is always 0": (normal(200, 8) * (torch.arange(8) > 0), FAR, 1e-6),
    "in other units": (normal(200, 8) * torch.logspace(-3, 3, 8), FAR, 1e-6),
    "fewer rows than features": (normal(40, 64), 0.5 + 2 * normal(40, 64, seed=1), 1e-5),
}


@pytest.mark.parametrize(("real", "fake", "rel"), SETS.values(), ids=SETS.keys())
def test_frechet_is_its_equation_by_two_symmetric_problems(real, fake, rel):
    c_real, c_fake = (x.double().T.cov() for x in (real, fake))
    values, vectors = torch.linalg.eigh(c_real)
    root = vectors * values.clamp_min(0).sqrt()  # C_r^(1/2) up to a rotation
    squares = torch.linalg.eigvalsh(root.T @ c_fake @ root).clamp_min(0)  # the eigenvalues of C_r C_f
    shift = (real.double().mean(0) - fake.double().mean(0)).square().sum()
    expected = shift + c_real.trace() + c_fake.trace() - 2 * squares.sqrt().sum()
    assert frechet(real, fake) == approx(float(expected), rel=rel)


def test_kid_is_the_unbiased_estimator():
    x, y = normal(40).double(), 1 + normal(40, seed=1).double()  # one subset, the whole of both

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / 4 + 1) ** 3

    within = sum((kernel(z, z).sum() - kernel(z, z).trace()) / (40 * 39) for z in (x, y))
    mean, deviation = kid(x, y, subsets=3, subset_size=40)
    assert mean == approx(float(within - 2 * kernel(x, y).mean()))
    assert deviation == approx(0, abs=1e-9)


@pytest.mark.gpu
def test_measures_of_features_on_a_gpu_are_those_of_the_cpu(cuda):
    real, fake = normal(300, 40), 0.2 + normal(300, 40, seed=1)
    there = real.cuda(), fake.cuda()
    assert frechet(*there) == frechet(there[0], fake) == frechet(real, fake)
    size = {"subsets": 5, "subset_size": 100}
    assert kid(*there, **size) == kid(real, fake, **size)
    assert torch.equal(prd(*there).recall, prd(real, fake).recall)
    here = memorisation(fake, real, normal(500, 40, seed=2))
    found = memorisation(there[1], there[0], normal(500, 40, seed=2))
    assert found.nn_ratio == approx(here.nn_ratio, rel=1e-4)


@pytest.mark.parametrize("distance", [frechet, lambda r, f: kid(r, f, subsets=1, subset_size=500)[0]])
def test_more_noise_is_farther_away(distance):
    real, held_out = normal(500), normal(500, seed=1)
    values = [distance(real, held_out + s * normal(500, seed=2)) for s in (0, 0.5, 1, 2)]
    assert values == sorted(values) and values[-1] > 10 * abs(values[0])


def test_kid_of_equal_distributions_is_near_zero_and_repeats_with_its_seed():
    first, again = (kid(normal(300), normal(300, seed=1), subset_size=100) for _ in range(2))
    assert first == again and abs(first[0]) < 3 * first[1]
    assert first != kid(normal(300), normal(300, seed=1), subset_size=100, seed=1)


# Histograms and the values at angles 0..10 of 11 that the authors' own test expects
# (google/compare_gan, compare_gan/src/prd_score_test.py, commit 36e2dcf):
# (real, fake, index -> (precision, recall)).
AUTHORS = {
    "no overlap": ([1, 0], [0, 1], {i: (0, 0) for i in range(11)}),
    "perfect overlap": ([1, 0], [1, 0], {5: (1, 1)}),
    "low precision": ([1, 0], [0.5, 0.5], {5: (0.5, 0.5), 10: (0.5, None), 1: (None, 1)}),
    "low recall": ([0.5, 0.5], [1, 0], {5: (0.5, 0.5), 10: (1, None), 1: (None, 0.5)}),
}


@pytest.mark.parametrize("case", AUTHORS.values(), ids=AUTHORS.keys())
def test_the_prd_curve_has_the_authors_values(case):
    real, fake, expected = case
    curve = compute_curve(torch.tensor(real), torch.tensor(fake), angles=11)
    for index, pair in expected.items():
        for values, value in zip(curve, pair, strict=True):
            assert value is None or float(values[index]) == approx(value, abs=1e-7)


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        (1, [1, 0, 0, 0, 0.5, 2 / 3, 2 / 3]),
        (2, [1, 0, 0, 0, 0.5, 5 / 9, 5 / 6]),
        (1 / 2, [1, 0, 0, 0, 0.5, 5 / 6, 5 / 9]),
    ],
)
def test_the_f_score_has_the_authors_values(b, expected):
    precision = torch.tensor([1, 1, 0, 0, 0.5, 1, 0.5]).double()
    recall = torch.tensor([1, 0, 1, 0, 0.5, 0.5, 1]).double()
    assert_close(compute_f_score(precision, recall, b), torch.tensor(expected).double())


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_clusters_and_prd_are_the_same_to_the_bit_on_one_core_and_on_many(threads):
    rows = torch.cat([normal(400, 16), 0.5 + normal(400, 16, seed=1)]).double().numpy()
    models = (MiniBatchKMeans(n_clusters=7, n_init=10, random_state=s) for s in (3, 4, 5))
    expected, found = [model.fit(rows).labels_.tolist() for model in models], []
    for number in (1, 4):
        threads(number)
        assert cluster_rows(rows, 7, (3, 4, 5)).tolist() == expected
        found.append(prd(normal(300, 16), 0.2 + normal(300, 16, seed=1), seed=1))
    assert found[0].f8 == found[1].f8 and torch.equal(found[0].recall, found[1].recall)
    assert found[0].f8 != prd(normal(300, 16), 0.2 + normal(300, 16, seed=1), seed=2).f8
    with pytest.raises(ValueError, match="NaN"):  # beside others, and no limit is left behind
        cluster_rows(np.full((50, 3), np.nan), 2, range(3))
    assert torch.get_num_threads() == 4


def test_prd_tells_dropped_classes_from_invented_ones():
    same, apart = prd(normal(100), normal(100)), prd(normal(100), normal(100) + 100, clusters=4)
    assert (same.f8, same.f1_8) == (approx(1), approx(1))
    assert (apart.f8, apart.f1_8) == (approx(0, abs=1e-6), approx(0, abs=1e-6))
    assert same.precision.shape == same.recall.shape == (1001,)
    whole, half = [0, 1, 2, 3], [0, 0, 1, 1]
    dropped = prd(classes(whole), classes(half, seed=1), clusters=4)
    assert dropped.f1_8 > 0.95 and dropped.f8 < 0.6
    invented = prd(classes(half), classes(whole, seed=1), clusters=4)
    assert invented.f8 > 0.95 and invented.f1_8 < 0.6
    kept = (whole, [0, 1, 2, 2], half, [0, 0, 0, 0])
    scores = [prd(classes(whole), classes(part, seed=1), clusters=4).f8 for part in kept]
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1] + 0.5


def test_nearest_agrees_with_all_distances_whatever_the_chunk_and_a_copy_is_at_zero():
    queries, bank = normal(50, 7), normal(80, 7, seed=1)
    expected = torch.cdist(queries.double(), bank.double()).topk(3, largest=False)
    for chunk in (1, 7, 1000):
        distances, indices = nearest(queries, bank, k=3, chunk=chunk)
        assert torch.equal(indices, expected.indices)
        assert_close(distances.double(), expected.values, atol=1e-5, rtol=1e-5)
    distances, indices = nearest(1000 + bank[17:18], 1000 + bank)
    assert distances.item() == 0 and indices.item() == 17


def test_unseen_points_have_ratio_one_and_copies_are_counted():
    train, test = normal(2000), normal(2000, seed=1)
    fakes = [torch.cat([train[:n], normal(2000 - n, seed=2)]) for n in (0, 600, 1400)]
    found = [memorisation(fake, test, train) for fake in fakes]
    ratios, copies = [f.nn_ratio for f in found], [f.nn_copies for f in found]
    assert ratios == sorted(ratios, reverse=True)
    assert (ratios[0], ratios[-1]) == (approx(1, abs=0.1), 0)
    assert copies == approx([0.01, 0.3, 0.7], abs=0.02)


def test_sharpness_is_zero_for_a_ramp_and_largest_for_a_checkerboard():
    ramp = torch.arange(0, 160, 10, dtype=torch.uint8).expand(2, 1, 16, 16)
    assert sharpness(ramp) == sharpness(torch.full_like(ramp, 7)) == 0
    board = torch.arange(8)[:, None] + torch.arange(8)
    board = (board % 2 * 255).to(torch.uint8).expand(2, 1, 8, 8)
    assert sharpness(board) == approx((4 * 255) ** 2)
    assert sharpness(board.expand(2, 3, 8, 8)) == approx((4 * 255) ** 2)
    assert sharpness(torch.cat([board, torch.zeros_like(board)])) == approx(1020**2 / 2)


def test_even_steps_vary_by_zero_and_a_single_jump_by_the_closed_form():
    even = torch.linspace(0, 1, 7)[None, :, None] * torch.ones(3, 7, 5)
    assert step_cv(even) == approx(0, abs=1e-6)
    jump = torch.zeros(1, 7, 2)
    jump[:, 4:] = 1.0  # steps 0 0 0 s 0 0: mean s/6, standard deviation s sqrt(5)/6
    assert step_cv(jump) == approx(5**0.5)
    assert step_cv(torch.cat([jump, torch.zeros_like(jump)])) == approx(5**0.5 / 2)


def test_standardising_uses_the_reference_set_alone_and_takes_units_away():
    real, fake = 5 + 3 * normal(500), 6 + 3 * normal(400, seed=1)
    units = torch.tensor([1, 100, 0.01, 7])
    first = frechet(*standardise(real, fake))
    assert frechet(*standardise(real * units, fake * units)) == approx(first, rel=1e-4)
    real[:, 2], fake[:, 2] = 4.0, 4.5  # a constant feature only shifts
    x, y = (part[:, [0, 1, 3]] for part in standardise(real, fake))
    assert_close(x.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    assert_close(x.std(0), torch.ones(3))
    assert_close(y.mean(0), torch.full((3,), 1 / 3), atol=0.2, rtol=0)
    assert [part[:, 2].unique().tolist() for part in standardise(real, fake)] == [[0], [0.5]]
