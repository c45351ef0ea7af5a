"""The papers' own numbers: found by our names, and what they say of the papers' claims."""

import re

import pandas as pd
import pytest
from records import MIXED, PRINT, counts, evidence, in_print, row

from rae_lib.claims.verdicts import (
    FOLDER,
    claim,
    claims,
    decidable,
    published,
    published_at,
    published_table,
    published_verdict,
    verdict,
    verdicts,
    weights_shown,
)
from rae_lib.studies import cell


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


def test_cells_of_a_grid_are_found_by_their_sizes():
    assert published_at("dae", "dae", "cifar10", "gmm", width=64, latent=152) == 76.59
    assert published_at("dae", "dae", "cifar10", "gmm", depth=[3, 3, 2, 1], latent=96) == 67.32
    assert published_at("dae", "vae-dae", "celeba64", "mvg", width=32, latent=768) == 52.10
    assert published_at("dae", "dae", "cifar10", "gmm", width=32, latent=64) is None
    assert published_at("eae-captions", "ae-bn", "celeba64", "N01", latent=48) == 53.82
    assert published_at("eae-captions", "ae-bn", "cifar10", "N01", latent=128) == 100.62


def test_a_cell_of_a_systems_own_sizes_is_found_without_them():
    own = ("dae", "dae", "celeba64", "frechet", "rec_train")
    assert published(*own) == published_at("dae", "dae", "celeba64", "rec_train", latent=64)
    assert published(*own) == published(*own, cell("grid", "dae", "celeba64", "paper").variant)
    assert published(*own) == 29.01
    assert published("dae", "dae-bn", "cifar10", "frechet", "N01") == 94.14
    assert published("dae", "dae", "cifar10", "frechet", "N") == 82.49  # its own sampler: fitted


def test_rows_that_a_document_quotes_go_by_the_name_of_their_source():
    assert published("dae", "rae-l2", "cifar10", "frechet", "gmm") == 74.16
    assert published("dae", "rae-sn", "celeba64", "frechet", "gmm") == 40.95
    assert published("dae", "rae-sn", "cifar10", "frechet", "gmm") is None
    assert published("dae", "wae-mmd", "cifar10", "frechet", "rec") == 57.94
    assert published("dae", "gmm-dae", "celeba64", "frechet", "mvg") == 49.79
    systems = {"dae", "vae-dae", "dae-bn", "wae-mmd", "rae-l2", "rae-sn", "eae", "gmm-dae"}
    assert set(published_table("dae").system) == systems


def test_every_printed_number_of_the_grid_is_there_and_two_tables_agree_where_they_meet():
    table = published_table("dae")
    assert len(table) == 96 + 96 + 2
    cells = table.groupby(["metric", "set", "system", "dataset", "variant"]).value
    assert (cells.nunique() == 1).all() and (cells.size() > 1).sum() == 2 * 4  # two shared rows


def test_the_weights_that_the_entropic_document_shows_are_in_its_order():
    assert weights_shown("cifar10") == [0.505, 0.707, 0.0505, 0.0707]
    assert weights_shown("mnist") == [0.0516, 1.032] and weights_shown("celeba64") == []


def renamed(table: pd.DataFrame, system: str, names: tuple[str, ...]) -> pd.DataFrame:
    """A table in which the row of one printed model stands for others too."""
    rows = table[table.system == system]
    return pd.concat([table, *[rows.assign(system=name) for name in names]])


COUNTED = [i for i in decidable() if re.match(r"\d+/\d+ comparisons", claim(i)["evidence"])]
SIMPLE = [i for i in COUNTED if i.startswith("RAE")]  # the rest: below, test_claims_eae and _dae


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
