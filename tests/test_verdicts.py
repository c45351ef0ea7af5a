"""Claims as inequalities: the rule at its edges, synthetic runs, and the papers' own numbers."""

import re
from itertools import product
from types import SimpleNamespace

import pandas as pd
import pytest

from rae_lib.inequality import FIELDS, Side, as_side, compare, joined, lowest, spearman
from rae_lib.verdicts import (
    FOLDER,
    claim,
    claims,
    decidable,
    published,
    published_table,
    published_verdict,
    verdict,
    verdicts,
)

MIXED = ("ae", "rae", "rae-l2", "rae-gp", "rae-sn", "vae", "cv-vae", "wae-mmd")
RAES = MIXED[1:5]
NEEDED = [f"RAE-{n:02}" for n in (*range(1, 24), 28)]
NEEDED += ["EAE-04", "EAE-13", "EAE-14", "X-03", "X-06", "X-08", "X-09", "X-14", "X-16"]
PRINT = {"profile": "published", "protocol": "paper", "features": "inception-2048", "margin": 0}


def row(metric: str, kind: str, system: str, dataset: str, variant: str = "", **other) -> dict:
    base = {"features": "domain", "profile": "laptop", "protocol": "clean", "seed": 0}
    cell = {"metric": metric, "set": kind, "system": system, "dataset": dataset}
    return cell | base | {"variant": variant, "n_real": 100, "n_fake": 100, "value": 1.0} | other


def runs(cells: dict[tuple, list[float]], **other) -> pd.DataFrame:
    """(metric, set, system, dataset[, variant]) -> one value per seed."""
    rows = [
        row(*key, seed=seed, value=v, **other)
        for key, values in cells.items()
        for seed, v in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=FIELDS)


def side(*values: float) -> Side:
    return Side("q", pd.Series(values, dtype=float), lone=len(values) == 1)


def sampled(gmm: list[float], own: list[float], datasets=("digits",)) -> dict:
    cells = {}
    for s, d in product(MIXED, datasets):
        cells |= {("frechet", "gmm", s, d): gmm, ("frechet", "N", s, d): own}
    return cells


# ---- one inequality


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
    assert found.outcome == "undecided" and "common seed" in found.missing[0]


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


def test_rank_correlation_is_taken_on_means_and_needs_variation():
    falling = [side(3, 3), side(2, 2.2), side(1, 1)]
    assert spearman("", [1, 2, 4], falling).mean == pytest.approx(-1)
    assert compare(spearman("", [1, 2], [side(1, 1)] * 2), "<=", 0).outcome == "undecided"


def test_a_comparison_prints_its_numbers():
    found = compare(side(9, 10, 11), "<", as_side(20))
    assert found.text == "q 10 ± 1 < 20"


# ---- verdicts on synthetic runs


def test_a_claim_is_reproduced_when_every_inequality_holds():
    table = runs(sampled([1, 1.1, 0.9], [9, 9.1, 8.9]))
    found = verdict("RAE-01", table, profile="laptop", datasets=("digits",))
    assert (found.outcome, found.held, found.of, found.reason) == ("reproduced", 8, 8, "")
    assert found.claim.startswith("Drawing codes") and "7.3" in found.where


def test_a_claim_is_contradicted_when_one_inequality_fails():
    cells = sampled([1, 1.1, 0.9], [9, 9.1, 8.9])
    cells["frechet", "gmm", "vae", "digits"] = [20, 20.1, 20.2]
    found = verdict("RAE-01", runs(cells), profile="laptop", datasets=("digits",))
    assert (found.outcome, found.held, found.of) == ("contradicted", 7, 8)
    assert found.reason == "1 of 8 fail"


def test_a_claim_inside_the_spread_is_undecided():
    table = runs(sampled([1, 5, 9], [4, 8, 12]))
    found = verdict("RAE-01", table, profile="laptop", datasets=("digits",))
    assert found.outcome == "undecided" and found.reason == "inside the spread (8 of 8)"


def test_a_missing_run_is_named_and_leaves_the_claim_undecided():
    cells = sampled([1, 1.1], [9, 9.1])
    table = runs({k: v for k, v in cells.items() if k[2] != "rae-gp"})
    found = verdict("RAE-01", table, profile="laptop", datasets=("digits",))
    assert (found.outcome, found.held) == ("undecided", 7)
    assert found.reason == "runs missing: rae-gp on digits"


def test_a_single_seed_is_undecided_with_its_reason():
    table = runs(sampled([1], [9]))
    found = verdict("RAE-01", table, profile="laptop", datasets=("digits",))
    assert found.outcome == "undecided" and found.reason == "one seed (8 of 8)"


def test_only_the_profile_features_and_protocol_asked_for_count():
    table = runs(sampled([1, 1.1], [9, 9.1]))
    asked = {"datasets": ("digits",)}
    for other in ({"profile": "paper"}, {"features": "inception-768"}, {"protocol": "paper"}):
        found = verdict("RAE-01", table, **({"profile": "laptop"} | asked | other))
        assert found.held == 0 and "runs missing" in found.reason


def test_the_own_sampler_answers_to_both_of_its_names():
    cells = {("frechet", "gmm", s, "digits"): [1, 1.1] for s in MIXED}
    own = dict.fromkeys(("vae", "wae-mmd"), "N01")
    cells |= {("frechet", own.get(s, "mvg"), s, "digits"): [9, 9.1] for s in MIXED}
    found = verdict("RAE-01", runs(cells), profile="laptop", datasets=("digits",))
    assert found.outcome == "reproduced"


def test_a_shown_data_set_takes_the_place_of_its_kind_only():
    cells = {("frechet", "N", s, "digits"): [5, 5.1] for s in RAES}
    cells["frechet", "N", "vae", "digits"] = [9, 9.1]
    found = verdict("RAE-06", runs(cells), profile="laptop", datasets=("digits",))
    assert (found.outcome, found.of) == ("reproduced", 1)  # the part on MNIST, not that on colours
    assert "digits (in place of mnist)" in found.scope
    assert "not shown: cifar10, celeba64" in found.scope


def test_a_shown_data_set_like_none_of_the_claim_takes_the_place_of_all():
    found = verdict("RAE-11", pd.DataFrame(), profile="laptop", datasets=("digits",))
    assert found.of == 16 and "digits (in place of celeba64)" in found.scope
    assert all("digits" in c.text for c in found.comparisons)


def test_without_a_choice_the_claim_is_asked_on_its_own_data_sets():
    found = verdict("RAE-01", runs(sampled([1, 1.1], [9, 9.1])), profile="laptop")
    assert (found.of, found.held) == (24, 0) and "and 20 more" in found.reason


def test_a_single_data_set_cannot_show_that_no_penalty_wins_everywhere():
    values = {"rae-l2": [1, 1.1], "rae-gp": [9, 9.1], "rae-sn": [9, 9.1]}
    for datasets, outcome in ((("digits",), "undecided"), (("digits", "mnist"), "fails")):
        cells = {("frechet", "gmm", s, d): v for s, v in values.items() for d in datasets}
        found = verdict("RAE-07", runs(cells), profile="laptop", datasets=datasets)
        assert found.comparisons[0].outcome == outcome


def test_a_claim_about_the_papers_own_numbers_takes_their_features():
    cells = sampled([1, 1.1], [9, 9.1], ("mnist",))
    found = verdict("EAE-14", runs(cells), profile="laptop", features="domain")
    assert found.outcome == "undecided" and "in inception-2048 features" in found.reason


def test_a_claim_about_one_printed_number_has_no_stand_in():
    found = verdict("X-08", pd.DataFrame(), profile="laptop", datasets=("digits",))
    assert (found.outcome, found.of, found.scope) == ("undecided", 0, "nothing tested")
    assert found.reason == "the rule has no part on the data sets shown"


def test_two_rulers_that_disagree_make_a_poor_ruler():
    systems = (*MIXED, "eae")
    ours, theirs = {}, {}
    for i, (s, c) in enumerate(product(systems, ("N", "gmm"))):
        ours["frechet", c, s, "mnist"] = [i, i + 0.1]
        theirs["frechet", c, s, "mnist"] = [(7 * i) % 18, (7 * i) % 18 + 0.1]
    for second, outcome in ((theirs, "reproduced"), (ours, "contradicted")):
        table = pd.concat([runs(ours), runs(second, features="inception-2048")])
        assert verdict("EAE-14", table, profile="laptop").outcome == outcome


def test_precision_and_recall_are_told_apart():
    cells = {}
    for s, c in product(MIXED, ("N", "gmm")):
        cells |= {
            ("prd_f8", c, s, "cifar10"): [0.7, 0.71],
            ("prd_f1_8", c, s, "cifar10"): [0.3, 0.31],
        }
    assert verdict("RAE-03", runs(cells), profile="laptop").outcome == "reproduced"
    swap = {"prd_f8": "prd_f1_8", "prd_f1_8": "prd_f8"}
    swapped = {(swap[key[0]], *key[1:]): v for key, v in cells.items()}
    assert verdict("RAE-03", runs(swapped), profile="laptop").outcome == "contradicted"


def samples_study(time: float) -> dict:
    cells = {}
    for i, k in enumerate((1, 2, 4, 8, 16)):
        cells["frechet", "rec", "vae", "digits", f"samples-{k}"] = [20 - i, 20.1 - i]
        cells["step_time", "none", "vae", "digits", f"samples-{k}"] = [k**time, k**time]
    cells["frechet", "rec", "rae", "digits", "small"] = [10, 10.1]
    cells["step_time", "none", "rae", "digits", "small"] = [1, 1]
    return cells


def test_the_cost_of_monte_carlo_samples_is_part_of_their_claim():
    shown = {"profile": "laptop", "datasets": ("digits",)}
    assert verdict("RAE-13", runs(samples_study(1.0)), **shown).outcome == "reproduced"
    assert verdict("RAE-13", runs(samples_study(0.1)), **shown).outcome == "contradicted"
    assert verdict("RAE-28", runs(samples_study(1.0)), **shown).outcome == "reproduced"


def weight_study(prior: list[float]) -> pd.DataFrame:
    cells = {}
    for i, value in enumerate(prior):
        variant = f"kl-{10 ** ((i - 6) / 2):g}"
        cells["frechet", "rec", "vae", "digits", variant] = [i, i + 0.1]
        cells["frechet", "N", "vae", "digits", variant] = [value, value + 0.1]
    return runs(cells)


def test_the_kl_weight_has_an_optimum_inside_the_grid_or_not():
    shown = {"profile": "laptop", "datasets": ("digits",)}
    valley = weight_study([abs(i - 8) for i in range(13)])
    assert verdict("RAE-14", valley, **shown).outcome == "reproduced"
    assert verdict("X-09", valley, **shown).outcome == "contradicted"
    rising = weight_study(list(range(13)))
    found = verdict("RAE-14", rising, **shown)
    assert (found.outcome, found.comparisons[1].outcome) == ("contradicted", "fails")
    assert verdict("X-09", rising, **shown).outcome == "reproduced"
    partial = rising[rising.variant != "kl-0.1"]
    found = verdict("RAE-14", partial, **shown)
    assert (found.outcome, found.held) == (
        "undecided",
        0,
    ) and "vae on digits (kl-0.1)" in found.reason


def result(system: str, seed: int, **parts) -> SimpleNamespace:
    config = SimpleNamespace(system=system, dataset="digits", profile="laptop", seed=seed)
    config.variant, config.latent = "", 4
    return SimpleNamespace(config=config, raw=parts.get("raw", {}), history=parts.get("history"))


def study(gap: float, hundred: float) -> dict:
    few = {"components": 10, "train_loglik": 4 * gap, "val_loglik": 0.0, "frechet": 10.0}
    return {"components": [few, {"components": 100, "frechet": hundred}]}


def test_the_mixture_study_is_read_from_the_results_per_dimension():
    for raw, outcome in (
        (study(0.04, 10.0), "reproduced"),
        (study(0.06, 10.0), "contradicted"),
        (study(0.04, 9.0), "contradicted"),
        ({}, "undecided"),
    ):
        results = [result(s, seed, raw=raw) for s in MIXED for seed in (0, 1)]
        asked = {"profile": "laptop", "datasets": ("digits",), "results": results}
        assert verdict("RAE-16", pd.DataFrame(), **asked).outcome == outcome


def test_unbounded_codes_are_read_from_the_history():
    for last, outcome in ((16.0, "reproduced"), (14.0, "contradicted")):
        growing = pd.DataFrame({"code_norm": [10.0] + [12.0] * 8 + [last]})
        flat = pd.DataFrame({"code_norm": [5.0] * 10})
        results = [result("ae", seed, history=growing) for seed in (0, 1)]
        results += [result("rae", seed, history=flat) for seed in (0, 1)]
        asked = {"profile": "laptop", "datasets": ("digits",), "results": results}
        assert verdict("RAE-21", pd.DataFrame(), **asked).outcome == outcome


def test_copies_are_looked_for_in_pixels_and_in_features():
    cells = {("nn_ratio", "gmm", s, "digits"): [1, 1.01] for s in MIXED}
    cells |= {("nn_copies", "gmm", s, "digits"): [0.01, 0.01] for s in MIXED}
    table = pd.concat([runs(cells), runs(cells, features="pixels")])
    found = verdict("RAE-17", table, profile="laptop", datasets=("digits",))
    assert (found.outcome, found.of) == ("reproduced", 32)
    found = verdict("RAE-17", runs(cells), profile="laptop", datasets=("digits",))
    assert found.outcome == "undecided" and "pixels" in found.reason


def test_sharpness_is_compared_with_that_of_the_test_images():
    cells = {}
    for s in (*MIXED, "two-stage-vae"):
        sharp = 9.0 if s in RAES else 5.0
        cells["sharpness", "interp", s, "digits"] = [sharp, sharp + 0.1]
        cells["sharpness", "real", s, "digits"] = [10, 10]
        cells["step_cv", "interp", s, "digits"] = [1 / sharp, 1 / sharp]
    found = verdict(
        "RAE-12", runs(cells, features="pixels"), profile="laptop", datasets=("digits",)
    )
    assert (found.outcome, found.of) == ("reproduced", 32)


def test_a_noise_level_that_matches_is_enough():
    cells = {("frechet", c, "cv-vae", "digits"): [10, 10.1] for c in ("rec", "gmm")}
    for level in (0.1, 0.3, 0.5, 0.7, 1.0):
        for c in ("rec", "gmm"):
            cells["frechet", c, "cv-vae", "digits", f"noise-{level:g}"] = [10 * level + 3] * 2
        cells["decoder_jacobian", "codes", "cv-vae", "digits", f"noise-{level:g}"] = [1, 1.1]
    slopes = {"cv-vae": 1, "rae-gp": 1, "ae": 9}
    cells |= {("decoder_jacobian", "codes", s, "digits"): [v, v + 0.1] for s, v in slopes.items()}
    found = verdict("RAE-22", runs(cells), profile="laptop", datasets=("digits",))
    assert (found.outcome, found.of) == ("reproduced", 4)
    assert "noise-0.7" in found.comparisons[2].text


def test_formulas_are_decided_without_runs():
    printed = verdict("RAE-23", pd.DataFrame(), profile="laptop")
    assert (printed.outcome, printed.held, printed.of) == ("contradicted", 0, 3)
    assert "printed 2 - KL 0" in printed.comparisons[0].text  # mu = 0, sigma = 1 in two dimensions
    half = verdict("X-16", pd.DataFrame(), profile="laptop")
    assert (half.outcome, half.beside[0].outcome) == ("reproduced", "fails")
    assert (half.held, half.of + len(half.beside)) == evidence("X-16")  # 000 right, 001 not
    assert "without runs" in half.scope


# ---- refusals and absent runs


def test_every_rule_survives_the_absence_of_all_runs():
    for claim_id in decidable():
        for datasets in (None, ("digits",), ("synth8", "mnist"), ()):
            found = verdict(claim_id, pd.DataFrame(), profile="laptop", datasets=datasets)
            decided = claim_id in ("RAE-23", "X-14", "X-16")
            assert (found.outcome != "undecided") == decided, claim_id
            assert decided or found.reason


def test_every_claim_of_the_chapters_has_a_rule():
    assert sorted(decidable()) == sorted(NEEDED)


def test_an_unknown_claim_is_refused_with_what_is_known():
    with pytest.raises(ValueError, match="unknown claim 'RAE-99'; known: RAE-01"):
        verdict("RAE-99", pd.DataFrame(), profile="laptop")
    with pytest.raises(ValueError, match="'RAE-24' has no rule here; those with one: .*RAE-01"):
        verdict("RAE-24", pd.DataFrame(), profile="laptop")
    with pytest.raises(ValueError, match="unknown published table 'dae'; known: rae"):
        published("dae", "vae", "mnist", "frechet", "N")


# ---- the papers' own numbers


def test_published_values_are_found_by_our_names():
    assert published("rae", "wae-mmd", "cifar10", "frechet", "gmm") == 93.53
    assert published("rae", "ae", "celeba64", "frechet", "mvg") == 127.85  # N by its other name
    assert published("rae", "vae", "mnist", "prd_f1_8", "N") == 0.96  # printed "precision"
    assert published("rae", "two-stage-vae", "mnist", "frechet", "gmm") is None
    assert published("rae", "cv-vae", "mnist", "frechet", "N01") is None
    assert published("slides-3", "rae-l2", "mnist", "frechet", "gmm") == 7.30
    assert published("slides-4", "vae-fixed", "cifar10", "prd_f8", "N") == 0.47


def test_every_cell_of_the_rae_tables_has_a_name_of_its_own():
    table = published_table("rae")
    assert len(table) == 105 + 96
    assert not table.duplicated(["metric", "set", "system", "dataset"]).any()
    assert set(table.system) == {*MIXED, "two-stage-vae"}


def in_print() -> pd.DataFrame:
    """Tables 1 and 2 of the RAE papers, and what only EAE prints."""
    eae = published_table("eae")
    return pd.concat([published_table("rae"), eae[eae.system.isin(("ae-l2", "eae"))]])


def counts(claim_id: str, table: pd.DataFrame) -> tuple[int, int]:
    """How many comparisons hold, of how many that have numbers."""
    printed = [c for c in verdict(claim_id, table, **PRINT).comparisons if not c.missing]
    return sum(c.outcome == "holds" for c in printed), len(printed)


def evidence(claim_id: str) -> tuple[int, int]:
    held, of = re.match(r"(\d+)/(\d+) comparisons", claim(claim_id)["evidence"]).groups()
    return int(held), int(of)


def renamed(table: pd.DataFrame, system: str, names: tuple[str, ...]) -> pd.DataFrame:
    """A table in which the row of one printed model stands for others too."""
    rows = table[table.system == system]
    return pd.concat([table, *[rows.assign(system=name) for name in names]])


COUNTED = [i for i in NEEDED if re.match(r"\d+/\d+ comparisons", claim(i)["evidence"])]
SIMPLE = [i for i in COUNTED if i not in ("X-03", "X-06", "X-08", "X-16")]


@pytest.mark.parametrize("claim_id", SIMPLE)
def test_the_rule_on_the_printed_numbers_gives_the_count_of_the_evidence(claim_id):
    assert counts(claim_id, in_print()) == evidence(claim_id)


@pytest.mark.parametrize("claim_id", SIMPLE)
def test_a_claim_that_holds_in_print_is_reproduced_by_the_printed_numbers(claim_id):
    outcome = verdict(claim_id, in_print(), **PRINT).outcome
    assert outcome == ("reproduced" if published_verdict(claim_id) == "yes" else "contradicted")


def test_the_second_stage_helps_in_the_slides_and_not_in_the_paper():
    paper = renamed(published_table("rae"), "vae", ("vae-bce", "vae-fixed", "vae-learned"))
    slides = renamed(published_table("slides-1"), "vae-fixed", ("vae",))
    (a, b), (c, d) = counts("X-03", paper), counts("X-03", slides)
    assert (a, c) == (0, 3) and (a + c, b + d) == evidence("X-03")


def test_the_need_of_a_penalty_has_the_printed_count_over_three_documents():
    (a, b), (c, d) = counts("X-06", in_print()), counts("X-06", published_table("slides-3"))
    assert (a + c, b + d) == evidence("X-06")


def test_the_autoencoder_of_another_paper_is_no_nearer_on_test_images():
    rows = pd.read_csv(FOLDER / "dae_table2_fid.csv").query("dataset == 'CIFAR-10'")
    rows = rows[rows.model.str.fullmatch(r"(DAE|VAE) \(filters=128, latent=128\)")]
    sets = {"FID_train_rec": "rec_train", "FID_test_rec": "rec"}
    other = {"profile": "published", "protocol": "paper", "features": "inception-2048"}
    table = pd.DataFrame(
        row("frechet", sets[r.metric], "vae" if r.model[0] == "V" else "ae", "cifar10", **other)
        | {"value": r.value}
        for r in rows.itertuples()
        if r.metric in sets
    )
    assert counts("X-08", table) == evidence("X-08") == (0, 2)


def test_claims_are_read_whole_and_in_the_order_given():
    assert len(claims()) == 96
    found = verdicts(["RAE-05", "RAE-01"], in_print(), **PRINT)
    assert [v.id for v in found] == ["RAE-05", "RAE-01"]
    assert (found[0].held, found[1].held) == (3, 23)
