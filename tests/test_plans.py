"""Studies and the campaign: which runs a name stands for, at every scale."""

import pytest

from rae_lib import studies
from rae_lib.config import DATASETS, DOCUMENTS, PROFILES, catalogue, dataset_kind, resolve, system_kind


def test_a_cell_is_named_by_the_papers_sizes_and_read_at_the_profiles_scale():
    run = studies.cell("grid", "dae", "digits", "laptop", width=64, latent=96)
    assert (run.width, run.latent, run.variant) == (4, 12, "grid_latent-12_width-4")
    run = studies.cell("grid", "dae", "cifar10", "paper", width=64, latent=96)
    assert (run.width, run.latent) == (64, 96)
    deep = studies.cell("grid", "dae", "cifar10", "paper", depth=[3, 3, 2, 1])
    assert deep.depth == (3, 3, 2, 1) and deep.variant == "grid_depth-3-3-2-1"


def test_the_default_cell_is_the_systems_own_run_where_nothing_differs():
    own = resolve("dae-bn", "cifar10", "paper")
    assert studies.cell("grid", "dae-bn", "cifar10", "paper").training_hash == own.training_hash
    shorter = studies.cell("grid", "dae-bn", "digits", "laptop")
    assert shorter.variant == "grid" and shorter.batch < resolve("dae-bn", "digits", "laptop").batch


def test_a_study_names_every_run_once_and_the_same_run_alike_in_every_block():
    for profile in PROFILES:
        names = [run.name for run in studies.study("grid", "cifar10", profile)]
        assert len(names) == len(set(names))
    everything = {run.variant for run in studies.study("grid", "digits", "laptop")}
    assert studies.cell("grid", "dae", "digits", "laptop", latent=64).variant in everything


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_study_has_runs_only_on_the_kind_of_data_of_its_systems(dataset):
    for name in catalogue()["study"]:
        kinds = {system_kind(run.system) for run in studies.study(name, dataset, "paper")}
        assert kinds <= {dataset_kind(dataset)}


def test_blocks_of_another_data_set_are_left_out():
    assert not studies.study("grid", "mnist", "paper")
    with pytest.raises(ValueError, match="did you mean grid"):
        studies.study("grit", "digits", "smoke")
    latents = [run.latent for run in studies.study("bottleneck", "celeba64", "paper")]
    assert latents == [48, 64, 128]
    narrow = studies.study("bottleneck", "mnist", "paper")
    assert [(run.width, run.latent) for run in narrow] == [(64, 8), (64, 16), (64, 32)]


def test_the_studies_that_claims_ask_for_have_the_variants_their_rules_read():
    noise = studies.study("noise", "digits", "laptop")
    assert [run.variant for run in noise] == [f"noise-{s:g}" for s in (0.1, 0.3, 0.5, 0.7, 1.0)]
    assert {run.beta for run in noise} == {0.0} and {run.system for run in noise} == {"cv-vae"}
    plain = studies.study("no-bn", "mnist", "paper")
    assert {run.variant for run in plain} == {"no-bn"} and len(plain) == 8
    assert not any(run.batch_norm for run in plain)
    weights = {d: {run.beta for run in studies.study("entropy", d, "paper")} for d in ("mnist", "cifar10")}
    assert {0.0516, 1.032} < weights["mnist"] and 0.707 in weights["cifar10"] - weights["mnist"]
    for name in ("noise", "no-bn"):  # a curve and a grid keep to what the profile says
        assert len(studies.study(name, "digits", "smoke")) == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_the_campaign_names_every_run_once_and_every_document(profile):
    runs = studies.campaign(profile)
    keys = [(run.dataset, run.name) for run in runs]
    assert len(keys) == len(set(keys))
    systems = {run.system for run in runs}
    if profile != "overnight":  # the studies of the norms are made on digits and at the papers' size
        later = {"laptop": {"slides", "structures"}}.get(profile, set())  # not whole in the small one yet
        assert all(set(names) <= systems for d, names in DOCUMENTS.items() if d not in later)
