"""Computed studies: stored records of what needs no training, in the schema of runs."""

import math

import pytest

from rae_lib import data
from rae_lib.config import catalogue, resolve
from rae_lib.results import computed, entropy_simulation, store
from rae_lib.results.computed import entropy, kl, parameters
from rae_lib.studies import cell

COLUMNS = {"metric", "set", "protocol", "features", "n_real", "n_fake", "value", "study", "seed"}


def values(rows: list[dict], **where) -> dict[tuple[str, str], float]:
    kept = [r for r in rows if all(r[k] == v for k, v in where.items())]
    return {(r["metric"], r["set"]): r["value"] for r in kept}


@pytest.mark.parametrize("name", computed.STUDIES)
def test_every_study_is_stored_in_the_schema_of_records(name):
    rows = computed.read(name)
    assert len(rows) > 10
    assert all(set(row) >= COLUMNS and math.isfinite(row["value"]) for row in rows)


@pytest.mark.parametrize(
    ("config", "counts", "gflop"),
    [
        (resolve("dae", "cifar10", "paper"), 30_500_867, 7.182),
        (resolve("dae", "celeba64", "paper"), 39_742_531, 19.181),
        (resolve("rae-gp", "cifar10", "paper"), 30_500_867, 20.318),
        (resolve("grae", "zinc", "paper"), 5_019_640, 6.334),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_networks_have_the_parameters_and_operations_of_their_layers(config, counts, gflop):
    place = {"system": config.system, "dataset": config.dataset, "variant": config.variant}
    found = values(computed.read("parameters"), **place)
    assert found["parameters", "encoder"] + found["parameters", "decoder"] == counts
    assert found["flop", "none"] / 1e9 == pytest.approx(gflop, rel=1e-4)
    images = catalogue()["dataset"][config.dataset]["images"][0]
    run = found["flop", "none"] * images * config.epochs
    assert found["flop_run", "none"] == run


def test_the_stored_counts_are_those_of_today():
    config = cell("grid", "vae-dae", "cifar10", "paper", width=32, latent=768)
    place = {"system": "vae-dae", "dataset": "cifar10", "variant": config.variant}
    stored = values(computed.read("parameters"), **place)
    assert values(parameters.count_run(config, "grid")) == stored


def test_the_catalogue_knows_the_counts_and_shapes_of_the_data():
    for name in ("digits", "synth8"):
        table, found = catalogue()["dataset"][name], data.load(name)
        assert table["images"] == [len(found.images[s]) for s in ("train", "test")]
        assert table["shape"] == list(found.images["test"].shape[1:])
    for name, archive in data.ARCHIVES.items():
        table = catalogue()["dataset"][name]
        assert table["images"] in [[copy.counts[0], copy.counts[2]] for copy in archive.copies]


def test_the_closed_form_is_the_integral_and_the_printed_one_is_not():
    rows = computed.read("kl")
    for point in ("point 2", "point 3"):
        found = {metric: v for (metric, name), v in values(rows).items() if name == point}
        assert abs(found["kl"] - found["kl_closed"]) < 4 * found["kl_error"]
        assert abs(found["kl"] - found["kl_printed"]) > 4 * found["kl_error"]
    _, _, squares = kl.compare_squares()
    assert abs(squares["kl"] - squares["half_square"]) < 4 * squares["kl_error"]


def test_the_estimate_prefers_what_is_no_normal_law_in_many_dimensions():
    found = values(computed.read("entropy"), study="entropy-laws", latent=128)
    means = {law: v for (metric, law), v in found.items() if metric == "entropy"}
    assert means["simplex"] > means["sphere"] > means["normal"] > means["laplace"]
    assert found["entropy_sd", "normal"] > found["entropy_error", "normal"] > 0
    assert ("entropy_sd", "simplex") not in found  # it is one set of points
    found = values(computed.read("entropy"), study="entropy-truth", latent=128)
    truth = entropy_simulation.truth("normal", 128), entropy_simulation.bound(entropy.BATCH, 128)
    assert (found["entropy", "normal"], found["entropy_bound", "simplex"]) == pytest.approx(truth, rel=1e-6)
    assert ("entropy", "sphere") not in found


def test_the_stored_ascents_are_those_of_today(monkeypatch):
    monkeypatch.setattr(entropy, "CLIMBED", (16,))
    found = [store.rounded(row) for row in entropy.measure_ascents()]
    kinds = ("entropy-ascent", "entropy-distances")
    stored = [r for r in computed.read("entropy") if r["study"] in kinds and r["latent"] == 16]
    assert [r["value"] for r in found] == pytest.approx([r["value"] for r in stored], rel=1e-3, abs=1e-6)


def test_an_unknown_study_is_refused_and_a_missing_one_names_its_command(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        computed.main(["entropies"])
    assert "allowed: parameters, entropy, kl" in capsys.readouterr().err
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    assert len(computed.read("kl")) == 16  # the repository's
    with pytest.raises(FileNotFoundError, match="python -m rae_lib compute divergences"):
        computed.read("divergences")
    assert computed.main(["kl"]) == 0 and store.computed("kl").parent == tmp_path / "computed"
