"""Frames of the chapters: published beside measured, absent values absent, seeds as spread."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from records import enough

from rae_lib import studies as plans
from rae_lib.config import resolve
from rae_lib.pages import charts, studies, tables
from rae_lib.results import gate, store


@pytest.fixture(autouse=True)
def trained(monkeypatch) -> None:
    """Every data set passes the doubling test."""
    monkeypatch.setattr(gate, "doubling", enough)


COLUMNS = [*store.TABLE_COLUMNS, *store.RECORD_COLUMNS]


def records(*rows: tuple) -> pd.DataFrame:
    """(system, seed, metric, set, features, value) -> a table of records on mnist."""
    full = [
        (system, "mnist", "laptop", seed, "", metric, name, "clean", features, "", 100, 100, value)
        for system, seed, metric, name, features, value in rows
    ]
    return pd.DataFrame(full, columns=COLUMNS)


def test_seeds_become_mean_and_sample_spread():
    assert tables.spread(pd.Series([1.0, 3.0])) == (2.0, pytest.approx(2**0.5))
    assert tables.spread(pd.Series([1.0])) == (1.0, None)
    assert tables.spread(pd.Series([], dtype=float)) is None


def test_an_absent_set_is_absent():
    table = records(
        ("vae", 0, "frechet", "N", "domain", 3.0), ("two-stage-vae", 0, "frechet", "N", "domain", 2.0),
        ("vae", 0, "frechet", "gmm", "domain", 1.0),
    )  # fmt: skip
    frame = tables.measured(table, "frechet", tables.SETS, "domain")
    assert list(frame["system"]) == ["VAE", "2sVAE"]
    assert frame.loc["two-stage-vae", "GMM"] is None and frame.loc["vae", "GMM"] == (1.0, None)


def test_the_published_number_stands_beside_ours():
    table = records(("rae-l2", 0, "frechet", "gmm", "domain", 1.0))
    frame = tables.beside(tables.measured(table, "frechet", tables.SETS, "domain"), "mnist")
    assert frame.loc["rae-l2", "GMM in print"] == 8.69
    assert frame.loc["rae-l2", "GMM"] == (1.0, None)


def test_digits_have_no_published_column():
    table = records(("rae-l2", 0, "frechet", "gmm", "domain", 1.0))
    frame = tables.beside(tables.measured(table, "frechet", tables.SETS, "domain"), "digits")
    assert not [c for c in frame if "print" in c]


def test_inception_columns_are_named_by_their_layer():
    table = records(
        ("vae", 0, "frechet", "gmm", "inception-768", 0.3), ("vae", 0, "kid", "gmm", "inception-768", 0.1),
        ("vae", 0, "frechet", "real", "inception-768", 0.01), ("vae", 0, "frechet", "halves", "inception-768", 0.02),
    )  # fmt: skip
    frame, note = tables.inception(table)
    assert list(frame.columns) == ["system", "FID-768 GMM", "KID-768 GMM"] and "100 images" in note
    assert tables.inception(records(("vae", 0, "frechet", "gmm", "domain", 1.0))) is None


def test_all_means_every_stored_data_set_and_recompute_needs_a_name(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    assert tables.shown("all", "laptop", False) == [] and tables.shown(
        "mnist", "laptop", True
    ) == ["mnist"]
    with pytest.raises(ValueError, match="recompute needs one data set by name"):
        tables.shown("all", "laptop", True)


def test_a_system_that_was_not_trained_enough_has_a_dagger(monkeypatch):
    table = records(
        ("vae", 0, "frechet", "N", "domain", 3.0), ("vae", 0, "frechet", "gmm", "domain", 3.0),
        ("ae", 0, "frechet", "N", "domain", 2.0), ("ae", 0, "frechet", "gmm", "domain", 2.0),
        ("vae", 0, "mse", "rec", "pixels", 0.06), ("vae", 0, "pixel_variance", "real", "pixels", 0.1),
    )  # fmt: skip
    assert list(tables.measured(table, "frechet", tables.SETS, "domain")["system"]) == [
        "AE",
        "VAE†",
    ]
    assert list(tables.ratios(table, "mnist")["system"]) == ["AE", "VAE†"]
    study = table.assign(variant="kl-1000")  # of which no system's own row tells
    frame = tables.measured(pd.concat([table[:4], study]), "frechet", tables.SETS, "domain")
    assert list(frame["system"]) == ["AE", "VAE"]
    monkeypatch.setattr(gate, "doubling", lambda d, p: replace(enough(d, p), passes=None))
    frame = tables.measured(table, "frechet", tables.SETS, "domain")
    assert list(frame["system"]) == ["AE†", "VAE†"]


def test_gaps_are_in_nats_per_dimension():
    rows = pd.DataFrame(
        {
            "system": ["vae"],
            "seed": [0],
            "components": [10],
            "train_loglik": [3.0],
            "val_loglik": [1.0],
        }
    )

    class Run:
        class config:
            system, latent = "vae", 16

    frame = studies.gaps(rows, [Run])
    assert frame.loc["vae", "K = 10"] == (0.125, None)


def result(config, **values: float) -> store.Result:
    """A run with these Frechet distances by set, or other metrics by name."""
    places = {"decoder_jacobian": ("decoder_jacobian", "codes", "codes")}
    places |= {"step": ("step_time", "none", "none"), "mixture": ("fit_time", "gmm", "none")}
    keys = ("metric", "set", "features", "protocol", "n_real", "n_fake", "value")
    rows = [
        dict(zip(keys, (*places.get(k, ("frechet", k, "domain")), "clean", 9, 9, v), strict=True))
        for k, v in values.items()
    ]
    return store.Result(config, Path("nowhere"), {"records": rows})


def test_noise_levels_stand_above_the_systems_they_are_held_against():
    noise = [
        result(config, rec=4.0, gmm=8.0, decoder_jacobian=config.sigma)
        for seed in (0, 1)
        for config in plans.study("noise", "digits", "laptop", seed)
    ]
    others = [result(resolve("cv-vae", "digits", "laptop"), rec=3.0, gmm=6.0)]
    frame = studies.noise_table(noise, others, "domain").set_index("system")
    assert list(frame.index)[0] == "AE, noise 0.1" and list(frame.index)[-1] == "CV-VAE"
    assert frame.loc["AE, noise 0.7", "decoder's slope"] == (0.7, 0.0)
    assert frame.loc["CV-VAE", "reconstructions"] == (3.0, None)
    assert frame.loc["CV-VAE", "decoder's slope"] is None  # a run made before it was recorded


def test_a_study_without_prior_samples_can_be_drawn_over_seeds():
    noise = [
        result(config, rec=4.0 + seed, gmm=8.0)
        for seed in (0, 1)
        for config in plans.study("noise", "digits", "laptop", seed)
    ]
    drawn = studies.long(studies.frame(noise, "sigma", "domain"), "sigma")
    assert set(drawn["images"]) == {"reconstructions", "samples GMM"}
    levels = {"reconstructions": 3.0}
    figure = charts.sweep(drawn, "sigma", "distance", by="images", levels=levels)
    assert len(figure.axes[0].lines) == 3


def test_a_system_without_batch_norm_stands_beside_the_one_with_it():
    whole = [result(resolve(s, "digits", "laptop"), rec=1.0, gmm=2.0) for s in ("ae", "vae")]
    bare = [
        result(config, rec=3.0, gmm=5.0)
        for config in plans.study("no-bn", "digits", "laptop")
        if config.system == "ae"
    ]
    frame = studies.batch_norm(whole, bare, "domain")
    assert list(frame["system"]) == ["AE"]
    assert list(frame.loc["ae"][1:]) == [(1.0, None), (3.0, None), (2.0, None), (5.0, None)]


def test_pieces_are_told_in_times_of_the_first_that_was_timed():
    own = {s: resolve(s, "digits", "laptop") for s in ("rae", "rae-gp", "vae")}
    results = [
        result(own["rae"], step=0.010),
        result(own["rae-gp"], step=0.025),
        result(own["vae"], step=0.011, mixture=2.0),
    ]
    costly = [result(c, step=0.2) for c in plans.study("contractive", "digits", "laptop")]
    frame = studies.pieces(results, costly).set_index("what")
    assert frame.loc["training step of RAE-GP", "times the first"] == "2.5"
    assert frame.loc["the same with a contractive penalty", "times the first"] == "20"
    mixture = frame.loc["mixture of ten Gaussians on them"]
    assert mixture["milliseconds"] == (2000.0, None) and mixture["times the first"] == "1"
    assert len(frame) == 4  # a second stage that was not timed is left out


def test_ratios_stand_beside_the_printed_ones():
    table = records(
        ("rae-l2", 0, "frechet", "N", "domain", 4.0), ("rae-l2", 0, "frechet", "gmm", "domain", 1.0),
    )  # fmt: skip
    frame = tables.ratios(table, "mnist")
    assert frame.loc["rae-l2", "here"] == 0.25
    assert frame.loc["rae-l2", "in print"] == pytest.approx(8.69 / 22.22)


def test_only_the_papers_own_features_get_a_difference():
    table = records(("vae", 0, "frechet", "gmm", "inception-2048", 20.0))
    frame, _ = tables.inception(table)
    assert frame.loc["vae", "FID-2048 GMM difference"] == pytest.approx(20.0 - 17.66)
