"""The page "What is new here": every ordering that its sentences state, in the stored records."""

import pytest

from rae_lib.pages import novelties
from rae_lib.results import frame, request


@pytest.fixture(scope="module")
def long():
    return frame.measured()


def test_the_entropy_estimate_prefers_equidistant_points():
    found = novelties.count_estimates()
    values = [found[f"estimate-{law}"] for law in ("simplex", "sphere", "uniform", "normal")]
    assert values == sorted(values, reverse=True) and values[0] > values[1] + 10
    assert found["spread-end"] < 0.6 * found["spread-start"]


def test_noise_alone_is_better_than_a_vae_and_worse_than_no_noise(long):
    found = novelties.compare_noise(long)
    assert found["noise-levels"] == 5
    for kind in ("gmm", "rec"):
        assert found[f"ae-{kind}"] < found[f"noise-{kind}-best"]
        assert found[f"noise-{kind}-worst"] < found[f"cv-vae-{kind}"] < found[f"vae-{kind}"]


def test_one_seed_decides_neither_noise_nor_the_gap(long):
    found, noise = novelties.compare_seeds(long), novelties.compare_noise(long)
    low, high = (float(x) for x in found["ae-seeds"].split(" to "))
    assert low < noise["noise-gmm-best"] < high
    low, high = (float(x) for x in found["gap-seeds"].split(" to "))
    once, twice = (novelties.compare_lengths()[f"gap-{n}"] for n in ("once", "twice"))
    assert once - twice < high - low
    assert novelties.compare_seeds(long[:0]) == {"ae-seeds": None, "gap-seeds": None}


def test_open_dimensions_follow_schedule_and_size():
    found = novelties.count_open("maskaae")
    assert found["mask-slow"] < 0.6 * found["mask-fast"] < found["mask-start"] < found["mask-large"]
    assert abs(found["mask-fast"] - found["mask-start"]) < 1.5
    assert novelties.count_open("maskaae", "synth16", "smoke")["mask-fast"] is None


def test_published_tables_contradict_themselves():
    found = novelties.find_slips()
    assert found["slip-row"] == 4
    assert found["slip-wae"] == found["slip-vae-source"] != found["slip-wae-source"]
    assert found["slip-cv-mixture"] > found["slip-cv-own"]
    assert found["slip-below"] > found["slip-below-of"] / 2


def test_twice_the_updates_move_the_gap_between_vae_and_autoencoder_both_ways():
    found = novelties.compare_lengths()
    assert found["ae-twice"] < found["ae-once"] and found["vae-twice"] < found["vae-once"]
    assert 1 < found["gap-twice"] < found["gap-once"]
    other = novelties.compare_lengths(dataset="cifar10")
    assert other["gap-twice"] > other["gap-once"] > 1


def test_the_ruler_reverses_an_order():
    found = novelties.compare_damage()
    assert found["blur-inception-768"] < 1 < found["blur-domain"]


def test_two_samplers_order_the_systems_less_alike_than_two_measures(long):
    found = novelties.compare_ranks(long)
    assert found["ruler-systems"] >= 6
    assert abs(found["tau-sampler"]) < found["tau-precision"]


def test_a_missing_record_is_a_dash_and_no_error(long):
    assert novelties.compare_noise(long, "mnist")["noise-gmm-best"] is None
    assert novelties.compare_lengths("laptop", "synth8")["ae-once"] is None
    assert novelties.count_costs([]) == {}


def test_the_papers_runs_are_larger_and_longer():
    runs = request.find_runs("rae", dataset="mnist")
    found = novelties.count_costs(runs)
    assert found["filters-times"] > 4 and found["steps-times"] > 4 and found["hours"] > 1


def test_a_hundred_components_matter_more_than_the_choice_among_the_deterministic_systems(long):
    found = novelties.compare_components(long)
    assert found["components-systems"] >= 8 and found["components-nats"] > 0
    assert found["components-best"] <= found["components-worst"] < 0.9 / found["components-spread"]
    assert set(novelties.compare_components(long[:0]).values()) == {None, 0}


def test_two_rulers_keep_nearly_the_same_order(long):
    found = novelties.compare_rulers(long, "cifar10")
    assert found["features-systems"] >= 4 and min(found["features-N"], found["features-gmm"]) > 0.6


def test_the_published_pairs_are_nearer_when_interchanged(long):
    found = novelties.compare_readings(long) | novelties.compare_blur()
    assert found["prd-reversed"] == found["prd-inception"] == found["prd-pairs"] >= 8
    assert found["prd-swapped"] < 0.1 < 0.3 < found["prd-heading"]
    for features in ("domain", "inception-768"):
        assert found[f"prd-f8-{features}"] < found[f"prd-f1-8-{features}"]
    assert novelties.compare_readings(long[:0]) == {}


def test_a_hundred_components_copy_no_more_than_chance_and_raise_precision_and_recall(long):
    found = novelties.compare_copies(long)
    assert found["copies-systems"] >= 5 and found["copies-share-many"] < 2 and found["copies-ratio-many"] > 0.85
    for measure in ("precision", "recall"):
        assert found[f"copies-{measure}-few"] < found[f"copies-{measure}-many"]
    assert novelties.compare_copies(long[:0])["copies-share-many"] is None
