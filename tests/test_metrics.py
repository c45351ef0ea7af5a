"""Metrics: closed forms, other implementations, and the direction every number must take."""

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor

from rae_lib.metrics import distances as metrics
from rae_lib.metrics.distances import frechet, kid, memorisation, nearest, standardise
from rae_lib.metrics.images import sharpness, step_cv
from rae_lib.metrics.precision_recall import cluster_rows, compute_curve, compute_f_score, prd


def normal(n: int, latent: int = 4, seed: int = 0) -> Tensor:
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed))


def classes(labels: list[int], seed: int = 0) -> Tensor:
    """20 points around each labelled corner, far apart in comparison with their spread."""
    corners = 20 * torch.eye(4)[torch.tensor(labels)].repeat_interleave(20, 0)
    return corners + normal(len(corners), seed=seed)


def white(n: int) -> Tensor:
    """Points whose sample mean is 0 and sample covariance I, exactly."""
    x = normal(n).double()
    x = x - x.mean(0)
    return x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T


PAIRED = {
    "frechet": frechet,
    "kid": lambda r, f: kid(r, f, subsets=4, subset_size=min(50, len(r), len(f))),
    "prd": lambda r, f: prd(r, f, clusters=5, runs=2),
    "nearest": nearest,
    "memorisation": lambda r, f: memorisation(f, r, r + 0.1),
    "standardise": standardise,
}
every = pytest.mark.parametrize("metric", PAIRED.values(), ids=PAIRED.keys())


@every
def test_rows_that_are_not_finite_are_refused_with_side_and_count(metric):
    bad = normal(60)
    bad[3, 0], bad[9, 1] = float("nan"), float("inf")
    with pytest.raises(ValueError, match="2 of 60 rows are not finite; allowed: finite values"):
        metric(normal(60), bad)
    with pytest.raises(ValueError, match="2 of 60 rows are not finite"):
        metric(bad, normal(60))


@every
def test_features_of_other_shapes_types_or_widths_are_refused(metric):
    with pytest.raises(ValueError, match=r"allowed: floating point \(N, D\)"):
        metric(torch.zeros(60, 4, dtype=torch.uint8), torch.zeros(60, 4, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"floating point \(N, D\)"):
        metric(normal(60), normal(60)[:, None])
    with pytest.raises(ValueError, match="allowed: equal widths"):
        metric(normal(60), normal(60, 5))


def test_too_few_rows_are_refused_with_the_least_number():
    with pytest.raises(ValueError, match="fake has 9 rows; allowed: at least 10"):
        frechet(normal(10), normal(9))
    with pytest.raises(
        ValueError, match="subset_size is 1000; allowed: 2 to the smaller set's 60"
    ):
        kid(normal(60), normal(60))
    with pytest.raises(ValueError, match="real has 19 rows; allowed: at least 20"):
        prd(normal(19), normal(19))
    with pytest.raises(ValueError, match="real has 1 rows; allowed: at least 2"):
        standardise(normal(1))


def test_frechet_of_a_set_with_itself_is_zero():
    assert frechet(normal(200), normal(200)) == pytest.approx(0, abs=1e-6)
    assert frechet(normal(12, 30), normal(12, 30)) == pytest.approx(0, abs=1e-4)  # rows < features


def test_frechet_of_shifted_normals_is_the_squared_shift():
    x, m = white(300), torch.tensor([1.0, 2.0, 0.0, -2.0]).double()
    assert frechet(x, x + m) == pytest.approx(9)


def test_frechet_of_scaled_normals_is_d_times_the_squared_difference_of_scales():
    x = white(300)
    assert frechet(x, 3 * x) == pytest.approx(4 * (3 - 1) ** 2)


def test_frechet_agrees_with_the_matrix_square_root_of_scipy():
    real = normal(100, 6).numpy()
    fake = normal(90, 6, seed=1).numpy() @ np.diag([1, 2, 0.5, 1, 3, 1]) + 0.3
    c_real, c_fake = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    root = scipy.linalg.sqrtm(c_real @ c_fake).real
    expected = np.square(real.mean(0) - fake.mean(0)).sum() + np.trace(c_real + c_fake - 2 * root)
    found = frechet(torch.from_numpy(real), torch.from_numpy(fake).float())
    assert found == pytest.approx(expected, rel=1e-5)


FAR = 0.3 + 1.5 * normal(150, 8, seed=1)
SETS = {  # real, fake, how near the two implementations come where eigenvalues are 0
    "shifted and wider": (normal(200, 8), FAR, 1e-6),
    "a feature that is always 0": (normal(200, 8) * (torch.arange(8) > 0), FAR, 1e-6),
    "in other units": (normal(200, 8) * torch.logspace(-3, 3, 8), FAR, 1e-6),
    "fewer rows than features": (normal(40, 64), 0.5 + 2 * normal(40, 64, seed=1), 1e-5),
}


@pytest.mark.parametrize(("real", "fake", "rel"), SETS.values(), ids=SETS.keys())
def test_frechet_in_torch_is_torch_fidelitys(real, fake, rel):
    found = metrics.compute_frechet(real.double(), fake.double())
    assert found == pytest.approx(frechet(real, fake), rel=rel)


def test_kid_in_torch_is_torch_fidelitys():
    real, fake = normal(60), 1 + normal(70, seed=1)
    found = metrics.compute_kid(real.double(), fake.double(), 20, 50, 3)
    expected = kid(real, fake, subsets=20, subset_size=50, seed=3)
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.gpu
def test_measures_of_features_on_a_gpu_are_those_of_the_cpu(cuda):
    real, fake = normal(300, 40), 0.2 + normal(300, 40, seed=1)
    there = real.cuda(), fake.cuda()
    assert frechet(*there) == pytest.approx(frechet(real, fake), rel=1e-6)
    assert frechet(there[0], fake) == pytest.approx(frechet(real, fake), rel=1e-6)
    size = {"subsets": 5, "subset_size": 100}
    assert kid(*there, **size) == pytest.approx(kid(real, fake, **size), rel=1e-6)
    assert torch.equal(prd(*there).recall, prd(real, fake).recall)
    here = memorisation(fake, real, normal(500, 40, seed=2))
    found = memorisation(there[1], there[0], normal(500, 40, seed=2))
    assert found.nn_ratio == pytest.approx(here.nn_ratio, rel=1e-4)


@pytest.mark.parametrize(
    "distance", [frechet, lambda r, f: kid(r, f, subsets=1, subset_size=500)[0]]
)
def test_more_noise_is_farther_away(distance):
    real, held_out = normal(500), normal(500, seed=1)
    values = [distance(real, held_out + s * normal(500, seed=2)) for s in (0, 0.5, 1, 2)]
    assert values == sorted(values) and values[-1] > 10 * abs(values[0])


def test_kid_agrees_with_the_unbiased_estimator_written_out():
    real, fake = normal(40).double(), normal(40, seed=1).double() + 0.5

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / 4 + 1) ** 3

    within = sum((kernel(x, x).sum() - kernel(x, x).trace()) / (40 * 39) for x in (real, fake))
    expected = float(within - 2 * kernel(real, fake).mean())
    mean, deviation = kid(real, fake, subsets=3, subset_size=40)
    assert mean == pytest.approx(expected) and deviation == pytest.approx(0, abs=1e-9)


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
            assert value is None or float(values[index]) == pytest.approx(value, abs=1e-7)


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
    torch.testing.assert_close(
        compute_f_score(precision, recall, b), torch.tensor(expected, dtype=torch.float64)
    )


def test_prd_of_identical_sets_is_one_and_of_disjoint_sets_zero():
    same, apart = prd(normal(100), normal(100)), prd(normal(100), normal(100) + 100, clusters=4)
    assert (same.f8, same.f1_8) == (pytest.approx(1), pytest.approx(1))
    assert (apart.f8, apart.f1_8) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))
    assert same.precision.shape == same.recall.shape == (1001,)
    assert torch.equal(prd(normal(100), normal(100) + 100, clusters=4).recall, apart.recall)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_clusters_are_scikit_learns_however_many_runs_go_side_by_side(threads):
    rows = torch.cat([normal(400, 16), 0.5 + normal(400, 16, seed=1)]).double().numpy()
    expected = [
        MiniBatchKMeans(n_clusters=7, n_init=10, random_state=seed).fit(rows).labels_
        for seed in (3, 4, 5)
    ]
    for number in (1, 4):
        threads(number)
        assert cluster_rows(rows, 7, (3, 4, 5)).tolist() == np.stack(expected).tolist()


def test_prd_is_the_same_to_the_bit_on_one_core_and_on_many(threads):
    real, fake, found = normal(300, 16), 0.2 + normal(300, 16, seed=1), []
    for number in (1, 4):
        threads(number)
        found.append(prd(real, fake, seed=1))
    assert found[0].f8 == found[1].f8 and torch.equal(found[0].recall, found[1].recall)
    assert found[0].f8 != prd(real, fake, seed=2).f8


def test_a_run_that_fails_beside_others_is_told_and_leaves_no_limit_behind(threads):
    threads(4)
    with pytest.raises(ValueError, match="NaN"):
        cluster_rows(np.full((50, 3), np.nan), 2, range(3))
    assert torch.get_num_threads() == 4


def test_a_dropped_class_costs_recall_and_not_precision():
    found = prd(classes([0, 1, 2, 3]), classes([0, 0, 1, 1], seed=1), clusters=4)
    assert found.f1_8 > 0.95 and found.f8 < 0.6


def test_an_invented_class_costs_precision_and_not_recall():
    found = prd(classes([0, 0, 1, 1]), classes([0, 1, 2, 3], seed=1), clusters=4)
    assert found.f8 > 0.95 and found.f1_8 < 0.6


def test_every_further_dropped_class_lowers_recall():
    real = classes([0, 1, 2, 3])
    kept = ([0, 1, 2, 3], [0, 1, 2, 2], [0, 0, 1, 1], [0, 0, 0, 0])
    scores = [prd(real, classes(labels, seed=1), clusters=4).f8 for labels in kept]
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1] + 0.5


def test_prd_refuses_unequal_counts_and_impossible_settings():
    with pytest.raises(ValueError, match="50 real and 60 fake rows; allowed: equal counts"):
        prd(normal(50), normal(60))
    with pytest.raises(ValueError, match="runs is 0; allowed: clusters >= 2, runs >= 1"):
        prd(normal(50), normal(50), runs=0)
    with pytest.raises(ValueError, match="angles is 2; allowed: 3 to 1000000"):
        compute_curve(torch.ones(1), torch.ones(1), angles=2)


def test_nearest_agrees_with_all_distances_whatever_the_chunk():
    queries, bank = normal(50, 7), normal(80, 7, seed=1)
    expected = torch.cdist(queries.double(), bank.double()).topk(3, largest=False)
    for chunk in (1, 7, 1000):
        distances, indices = nearest(queries, bank, k=3, chunk=chunk)
        assert torch.equal(indices, expected.indices)
        torch.testing.assert_close(distances.double(), expected.values, atol=1e-5, rtol=1e-5)


def test_a_copy_is_at_distance_exactly_zero():
    bank = 1000 + normal(80, 50)
    distances, indices = nearest(bank[17:18], bank)
    assert distances.item() == 0 and indices.item() == 17
    with pytest.raises(ValueError, match="k from 1 to the bank's rows"):
        nearest(bank, bank, k=81)


def test_unseen_points_have_ratio_one_and_few_copies():
    train, test, fake = (normal(2000, seed=s) for s in range(3))
    found = memorisation(fake, test, train)
    assert found.nn_ratio == pytest.approx(1, abs=0.1) and found.nn_copies <= 0.02


def test_copies_are_found_and_more_copies_are_nearer():
    train, test = normal(2000), normal(2000, seed=1)
    fakes = [torch.cat([train[:n], normal(2000 - n, seed=2)]) for n in (0, 600, 1400)]
    found = [memorisation(fake, test, train) for fake in fakes]
    ratios, copies = [f.nn_ratio for f in found], [f.nn_copies for f in found]
    assert ratios == sorted(ratios, reverse=True) and ratios[-1] == 0
    assert copies == pytest.approx([0.01, 0.3, 0.7], abs=0.02)


def test_test_rows_that_are_training_rows_are_refused():
    with pytest.raises(ValueError, match="allowed: disjoint splits"):
        memorisation(normal(20), normal(20), normal(20))


def test_sharpness_of_a_constant_or_a_ramp_is_zero():
    ramp = torch.arange(0, 160, 10, dtype=torch.uint8).expand(2, 1, 16, 16)
    assert sharpness(ramp) == 0 and sharpness(torch.full_like(ramp, 7)) == 0


def test_sharpness_of_a_checkerboard_is_the_square_of_four_times_its_contrast():
    board = torch.arange(8)[:, None] + torch.arange(8)
    board = (board % 2 * 255).to(torch.uint8).expand(2, 1, 8, 8)
    assert sharpness(board) == pytest.approx((4 * 255) ** 2)
    assert sharpness(board.expand(2, 3, 8, 8)) == pytest.approx((4 * 255) ** 2)
    assert sharpness(torch.cat([board, torch.zeros_like(board)])) == pytest.approx(1020**2 / 2)


def test_blurring_lowers_sharpness():
    x = torch.rand(4, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 255
    blurred = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1)
    assert sharpness(blurred.byte()) < 0.2 * sharpness(x.byte())


@pytest.mark.parametrize("images", [torch.zeros(2, 1, 8, 8), torch.zeros(2, 2, 8, 8).byte()])
def test_sharpness_refuses_what_is_no_uint8_image(images):
    with pytest.raises(ValueError, match=r"allowed: uint8 \(N, 1 or 3, H, W\)"):
        sharpness(images)


def test_even_steps_vary_by_zero_and_a_single_jump_by_the_closed_form():
    even = torch.linspace(0, 1, 7)[None, :, None] * torch.ones(3, 7, 5)
    assert step_cv(even) == pytest.approx(0, abs=1e-6)
    jump = torch.zeros(1, 7, 2)
    jump[:, 4:] = 1.0  # steps 0 0 0 s 0 0: mean s/6, standard deviation s sqrt(5)/6
    assert step_cv(jump) == pytest.approx(5**0.5)
    assert step_cv(torch.cat([jump, torch.zeros_like(jump)])) == pytest.approx(5**0.5 / 2)


def test_step_cv_refuses_what_is_no_path():
    with pytest.raises(ValueError, match=r"allowed: \(P, T, D\) with T >= 3"):
        step_cv(torch.zeros(3, 2, 5))
    with pytest.raises(ValueError, match="7 of 21 rows are not finite"):
        step_cv(torch.tensor([0.0, float("nan"), 0.0])[:, None, None].expand(3, 7, 5))


def test_standardising_uses_the_reference_set_alone():
    real, fake = 5 + 3 * normal(500), 6 + 3 * normal(400, seed=1)
    real[:, 2] = 4.0  # a constant feature only shifts
    fake[:, 2] = 4.5
    x, y = standardise(real, fake)
    keep = [0, 1, 3]
    torch.testing.assert_close(x[:, keep].mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(x[:, keep].std(0), torch.ones(3))
    torch.testing.assert_close(y[:, keep].mean(0), torch.full((3,), 1 / 3), atol=0.2, rtol=0)
    assert (x[:, 2] == 0).all() and (y[:, 2] == 0.5).all()


def test_standardising_makes_frechet_independent_of_the_units_of_the_features():
    real, fake, units = normal(200), normal(200, seed=1), torch.tensor([1, 100, 0.01, 7])
    first = frechet(*standardise(real, fake))
    assert frechet(*standardise(real * units, fake * units)) == pytest.approx(first, rel=1e-4)
