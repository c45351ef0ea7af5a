"""Configurations: refusals by name, stable hashes, catalogue coefficients in one convention."""

import math

import pytest

from rae_lib import config
from rae_lib.config import DATASETS, PROFILES, SYSTEMS, datasets, resolve, systems
from rae_lib.results import run, store
from rae_lib.studies import study

FLOATS = ("lr", "beta", "lam", "sigma", "bn_momentum", "second_beta", "penalty", "warmup", "code_noise")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_system_resolves_on_every_data_set_of_its_kind(profile):
    pairs = [(s, d) for kind in ("images", "strings") for s in systems(kind=kind) for d in datasets(kind)]
    assert {s for s, _ in pairs} == set(SYSTEMS) and {d for _, d in pairs} == set(DATASETS)
    assert len({resolve(s, d, profile).hash for s, d in pairs}) == len(pairs)
    with pytest.raises(ValueError, match="'vae' is for images, zinc has strings; allowed: grae, "):
        resolve("vae", "zinc", profile)


def test_hashes_are_golden():
    assert resolve("vae", "mnist", "paper").hash == "60f268d9df4e"
    assert resolve("two-stage-vae", "mnist", "paper").training_hash == "6842e3b737f5"


def test_a_hash_ignores_the_name_a_run_is_filed_under_but_no_coefficient():
    plain = resolve("rae", "mnist", "paper")
    same = resolve("rae", "mnist", "paper", overrides={"beta": 0.064}, variant="other")
    other = resolve("rae", "mnist", "paper", overrides={"beta": 0.065})
    assert plain.hash == same.hash != other.hash and other.variant == "beta-0.065"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("vae", "cifar100", "paper"), r"dataset is 'cifar100' \(did you mean cifar10\?\); allowed: mnist"),
        (("vea", "mnist", "paper"), r"system is 'vea' .*allowed: ae, ae-l2"),
        (("vae", "mnist", "papr"), r"did you mean paper\?"),
        ({"regulariser": "l3"}, "allowed: none, l2, gp, sn"),
        ({"network": "dense"}, "network is 'dense'; allowed: convolutional, mlp"),
        ({"beta": -1.0}, "beta is -1.0: it must not be negative"),
        ({"epochs": 0}, "epochs is 0: it must be greater than 0"),
        ({"latent": 0}, "latent is 0"),
        ({"sets": ("rec", "gmn")}, "did you mean gmm"),
        ({"epoch": 3}, "did you mean epochs"),
        ({"lr": "1e-4"}, r"lr is '1e-4' \(str\), not a float; in YAML write 1.0e-4"),
        ({"epochs": True}, "epochs is True"),
        ({"epochs": 3.0}, "not a int"),
        ({"depth": 2}, "not a tuple of int"),
        ({"sets": (1,)}, "sets is .* not a tuple of str"),
        *(({name: value}, "must be finite") for name in FLOATS for value in (math.nan, math.inf, -math.inf)),
        ({"mixture": 0}, "mixture is 0: it must be greater than 0"),
        ({"components": (10, 0)}, "components is 0: it must be"),
        ({"depth": (3, -1, 2, 1)}, "depth is -1"),
        ({"second_beta": -0.1}, "second_beta is -0.1"),
        ({"second_lr": 0.0}, "second_lr is 0.0"),
        ({"samples": 9}, "samples is 9; allowed: 10 or more"),
        ({"warmup": 1.5}, "warmup is 1.5; allowed: 0 to 1"),
        ({"train_images": 64}, "batch is 100; allowed: at most the 64 training images"),
        ({"train_images": 256, "components": (1, 257)}, "components is 257; allowed: at most the 256"),
    ],
)
def test_unknown_names_values_out_of_range_and_wrong_types_are_refused(arguments, message):
    given = ("rae", "mnist", "paper") if isinstance(arguments, dict) else arguments
    overrides = arguments if isinstance(arguments, dict) else {}
    with pytest.raises((TypeError, ValueError), match=message):
        resolve(*given, overrides=overrides)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_generator_takes_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed is {seed}; allowed: 0 to 4294967295"):
        resolve("rae", "mnist", "paper", seed)


def test_coefficients_are_the_published_code_ones_in_the_sum_convention():
    b, pixels, latent = 1e-4, 1024, 16
    assert resolve("rae-l2", "mnist", "paper").beta == pytest.approx(2 * b * pixels / latent)
    assert resolve("rae-l2", "mnist", "paper").lam == pytest.approx(1e-7 * pixels)
    assert resolve("rae-gp", "mnist", "paper").lam == pytest.approx(0.5e-7 * pixels / latent)
    assert resolve("vae", "cifar10", "paper").beta == pytest.approx(3 * 0.024)
    assert resolve("cv-vae", "celeba64", "paper").width == 64
    assert resolve("vae", "celeba64", "paper").batch == 1000
    assert resolve("wae-mmd", "celeba64", "paper").beta == pytest.approx(100 / 0.05)
    two = resolve("two-stage-vae", "mnist", "paper")
    assert two.second_beta == pytest.approx(16 * 1.5e-3) and (two.second_width, two.second_epochs) == (1024, 100)


def test_every_coefficient_has_a_source():
    for table in config.catalogue()["coefficients"].values():
        for system, entry in table.items():
            assert entry["source"], system
    for name, _, table, source in config.origin("rae-gp", "cifar10", "paper"):
        assert source or table.startswith("system."), name


def test_a_system_that_is_like_another_takes_its_table_and_names_it_as_the_origin():
    origin = {name: table for name, _, table, _ in config.origin("dae-bn", "mnist", "paper")}
    assert origin["decay"] == "system.dae" and origin["latent_norm"] == "system.dae-bn"
    systems = config.catalogue()["system"]
    assert all("like" not in systems[t["like"]] for t in systems.values() if "like" in t)


def test_the_kl_study_has_thirteen_half_decades():
    runs = study("kl", "mnist", "paper")
    assert len(runs) == 13 and runs[0].variant == "kl-0.001" and runs[-1].beta == 1000
    ratios = [b.beta / a.beta for a, b in zip(runs, runs[1:], strict=False)]
    assert ratios == pytest.approx([10**0.5] * 12)


def test_a_profile_makes_no_run_on_a_data_set_for_which_it_has_no_size():
    for profile, dataset in (("laptop", "digits"), ("overnight", "mnist"), ("paper", "celeba64")):
        config.check_sized(resolve("ae", dataset, profile))
    with pytest.raises(ValueError, match="laptop has no size for mnist; allowed: smoke, overnight, pa"):
        config.check_sized(resolve("ae", "mnist", "laptop"))
    with pytest.raises(ValueError, match="overnight has no size for digits; allowed: smoke, laptop"):
        run.make(resolve("ae", "digits", "overnight"))


def test_every_stored_result_is_found_under_its_hash():
    stored = store.load_all()
    assert len(stored) == len(list(store.root().glob("*/*/*/result.json"))) > 0
    assert all(store.find(result.config) for result in stored)


@pytest.mark.parametrize("profile", ["smoke", "laptop", "overnight"])
def test_a_smaller_profile_makes_the_stem_of_a_system_smaller_too(profile):
    assert resolve("cv-vae", "celeba64", "paper").stem == 1024
    assert resolve("cv-vae", "celeba64", profile).stem == 0
