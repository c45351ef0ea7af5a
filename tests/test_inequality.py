"""Inequalities at their edges, and how the runs of a study are found by the papers' sizes."""

from dataclasses import replace

import pandas as pd
import pytest
from records import PRINT, enough, key, runs, sampled, side, verdict

from rae_lib.claims.inequality import Runs, Side, compare, joined, lowest, spearman
from rae_lib.claims.quantity import as_side
from rae_lib.claims.verdicts import published, published_table

pytestmark = pytest.mark.usefixtures("whole_grid")


@pytest.mark.parametrize(
    ("b", "outcome"),
    [
        (12.01, "holds"),
        (12.0, "undecided"),
        (10.0, "undecided"),
        (8.0, "undecided"),
        (7.99, "fails"),
    ],
)
def test_a_strict_inequality_needs_more_than_two_sp_either_way(b, outcome):
    # both sides have standard deviation 1, so sp = 1
    assert compare(side(9, 10, 11), "<", side(b - 1, b, b + 1)).outcome == outcome


def test_the_spread_is_the_root_mean_square_of_both_sides():
    # deviations 1 and 7: sp = 5, so 2 sp = 10
    assert compare(side(9, 10, 11), "<", side(13.1, 20.1, 27.1)).outcome == "holds"
    assert compare(side(9, 10, 11), "<", side(12.9, 19.9, 26.9)).outcome == "undecided"


def test_a_constant_has_no_spread_and_counts_in_the_mean_square():
    assert compare(side(9, 10, 11), "<", 11.42).outcome == "holds"  # 2 sp = sqrt(2)
    assert compare(side(9, 10, 11), "<", 11.41).outcome == "undecided"


def test_a_bound_holds_at_equality_and_a_strict_inequality_does_not():
    assert compare(1.0, "<=", 1.0).outcome == "holds"
    assert compare(1.0, ">=", 1.0).outcome == "holds"
    assert compare(1.0, "<", 1.0).outcome == "undecided"


def test_not_visibly_worse_holds_inside_the_margin_and_is_never_undecided():
    assert compare(side(9, 10, 11), "<~", side(7, 8, 9)).outcome == "holds"
    assert compare(side(9, 10, 11), "<~", side(6.9, 7.9, 8.9)).outcome == "fails"


def test_greater_is_less_with_the_sides_exchanged():
    assert compare(side(19, 20, 21), ">", side(9, 10, 11)).outcome == "holds"
    assert compare(side(9, 10, 11), ">=", side(19, 20, 21)).outcome == "fails"


def test_one_seed_is_undecided_unless_the_margin_is_off():
    found = compare(side(1), "<", side(2, 2))
    assert (found.outcome, found.reason) == ("undecided", "one seed")
    assert compare(side(1), "<", side(2), margin=0).outcome == "holds"


def test_a_ratio_is_taken_seed_by_seed():
    # each side varies wildly, their ratio not at all
    ratio = side(1, 10, 100) / side(2, 20, 200)
    assert ratio.mean == 0.5 and ratio.spread == 0
    assert compare(ratio, "<=", 0.5).outcome == "holds"


def test_seeds_that_only_one_side_has_drop_out_of_a_difference():
    a = Side("a", pd.Series([5.0, 7.0], index=[0, 1]))
    assert (a - Side("b", pd.Series([1.0, 1.0], index=[1, 2]))).lone
    found = compare(a - Side("b", pd.Series([1.0], index=[9])), "<", 1)
    assert found.outcome == "untested" and "common seed" in found.missing[0]


def test_the_lowest_is_chosen_on_means_and_lacks_what_any_lacks():
    a, b = side(1, 9), side(4, 4)
    assert lowest([a, b]).mean == 4 and lowest([a, b], highest=True).mean == 5
    missing = Side("c", float("nan"), ("c on mnist",))
    assert lowest([a, missing]).missing == ("c on mnist",)


def test_numbers_from_unequal_counts_of_images_are_not_compared():
    cells = sampled([1, 1.1], [9, 9.1])
    table = runs(cells)
    table.loc[table.set == "gmm", "n_fake"] = 50
    found = verdict("RAE-01", table, profile="laptop", datasets=("digits",))
    assert found.outcome == "undecided" and "unequal numbers of images" in found.reason


def test_a_measurement_that_is_not_finite_is_undecided():
    assert compare(float("inf"), "<", 1.0).outcome == "undecided"


def test_a_conjunction_and_a_disjunction_stay_open_only_where_they_must():
    holds, fails = compare(1, "<", 2), compare(2, "<", 1)
    open_ = compare(1, "<", 1)
    assert joined("", [holds, open_]).outcome == "undecided"
    assert joined("", [fails, open_]).outcome == "fails"
    assert joined("", [fails, open_], any_of=True).outcome == "undecided"
    assert joined("", [holds, open_], any_of=True).outcome == "holds"
    untested = compare(Side("", float("nan"), ("a run",)), "<", 1)
    assert joined("", [holds, open_, untested]).outcome == "untested"
    assert joined("", [fails, untested]).outcome == "fails"


def test_a_doubt_about_runs_travels_through_every_operation():
    doubtful = replace(side(1, 2), doubt="not trained enough")
    other = side(3, 4)
    for made in (
        *(doubtful / other, other - doubtful, 2 * doubtful, abs(doubtful)),
        *(lowest([doubtful, other]), spearman("", [1, 2], [doubtful, other])),
    ):
        found = compare(made, "<", 99)
        assert (found.outcome, found.reason) == ("untested", "not trained enough")


def test_rank_correlation_is_taken_on_means_and_needs_variation():
    falling = [side(3, 3), side(2, 2.2), side(1, 1)]
    assert spearman("", [1, 2, 4], falling).mean == pytest.approx(-1)
    assert compare(spearman("", [1, 2], [side(1, 1)] * 2), "<=", 0).outcome == "undecided"


def test_a_comparison_prints_its_numbers():
    found = compare(side(9, 10, 11), "<", as_side(20))
    assert found.text == "q 10 ± 1 < 20"


# ---- runs of a study by the papers' sizes


def asked(table: pd.DataFrame, **other) -> Runs:
    given = {"profile": "laptop", "datasets": None, "features": "domain", "protocol": "clean"}
    given |= {"results": None, "margin": 2, "printed": published, "judge": enough}
    found = Runs(table, **(given | other))
    return found.about(("cifar10", "celeba64"), found.features)


def test_a_run_of_the_grid_is_found_by_the_sizes_of_the_paper():
    table = runs({("frechet", "gmm", "dae", "digits", "grid_latent-12_width-4"): [5, 6]})
    found = asked(table).at("gmm", "dae", "digits", width=64, latent=96)
    assert found.mean == 5.5 and found.text == "fid_gmm(dae, F=64, d=96, digits)"
    lacking = asked(table).at("gmm", "dae", "digits", width=64, latent=128)
    assert lacking.missing == ("dae on digits (grid_width-4)",)


def test_any_metric_and_any_study_can_be_asked_for():
    cells = {key("rec", "ae-bn", study="gaussian", metric="gauss_distance", depth=2): [0.1, 0.2]}
    sizes = {"study": "gaussian", "metric": "gauss_distance", "depth": 2}
    assert asked(runs(cells)).at("rec", "ae-bn", "digits", **sizes).mean == pytest.approx(0.15)


def test_a_systems_own_run_serves_for_a_cell_that_is_the_same_training():
    table = runs({("frechet", "gmm", "dae", d): [5, 6] for d in ("digits", "cifar10")})
    assert asked(table).at("gmm", "dae", "cifar10", width=128).mean == 5.5
    # on digits the grid trains for half the epochs
    assert asked(table).at("gmm", "dae", "digits").missing == ("dae on digits (grid)",)


def test_print_is_read_by_the_same_sizes_as_runs():
    printed = {k: v for k, v in PRINT.items() if k != "margin"}
    found = asked(published_table("dae"), **printed)
    assert found.at("gmm", "dae", "cifar10", depth=[3, 3, 2, 1], latent=96).mean == 67.32
    assert found.at("rec_train", "dae", "cifar10", width=256).mean == 8.07
    assert found.at("gmm", "dae", "cifar10").mean == found.fid("gmm", "dae", "cifar10").mean


def test_sizes_that_a_profile_leaves_out_are_not_asked_for_and_are_told():
    found = asked(pd.DataFrame())
    sizes = (64, 96, 128, 160, 768)
    assert found.covered("latent", sizes, "dae", "digits", width=32) == [64, 96, 128, 768]
    assert found.narrowed() == {"latent": [64, 96, 128, 768]}
    assert found.covered("latent", sizes, "dae", "mnist", width=32) == list(sizes)
    whole = asked(pd.DataFrame(), profile="paper")
    assert whole.covered("latent", sizes, "dae", "cifar10", width=32) == list(sizes)
    assert whole.narrowed() == {}


def test_a_verdict_tells_which_sizes_of_a_grid_it_rests_on():
    shown = {"profile": "laptop", "datasets": ("digits",)}
    scope = verdict("DAE-02", runs(sampled([1], [2])), **shown).scope
    assert "latent 64, 96, 128, 256, 512, 768 of the papers' grid" in scope
    assert "digits (in place of CIFAR-10); not shown: CelebA-64" in scope
    assert "of the papers' grid" not in verdict("DAE-01", runs({}), **shown).scope
    paper = verdict("DAE-02", runs({}), profile="paper", datasets=("cifar10",)).scope
    assert "of the papers' grid" not in paper


def test_a_data_set_that_a_study_leaves_out_has_no_part_in_its_rules():
    found = asked(pd.DataFrame(), datasets=("mnist", "digits"))
    assert found.over("cifar10") == []
    assert found.studied("grid", "cifar10") == ["digits"]
    assert found.studied("grid", "celeba64") == []  # digits has the sizes of cifar10
    assert found.used == {"digits": "cifar10"}
    assert found.studied("bottleneck", "cifar10", system="ae-bn", latent=48) == []
