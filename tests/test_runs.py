"""The store and the command line: atomic, locked, resumable, and silent about nothing."""

import json
import os
import socket
import threading
import time

import numpy as np
import pandas as pd
import pytest
import torch

from rae_lib import data, experiment, runs, store
from rae_lib.config import resolve


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("RAE_HOME", str(tmp_path / "home"))
    return tmp_path


def tiny(system: str = "rae-l2", seed: int = 0):
    return resolve(
        system,
        "digits",
        "smoke",
        seed,
        {"sets": ("rec", "N", "gmm"), "components": (1,), "width": 2, "train_images": 128},
        "",
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One finished run with its places; shared, so tests that damage it work on a copy."""
    folder = tmp_path_factory.mktemp("made")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAE_RESULTS", str(folder / "results"))
    patch.setenv("RAE_HOME", str(folder / "home"))
    yield runs.make(tiny()), folder
    patch.undo()


def test_a_run_leaves_a_finished_result_that_is_found_again(made):
    result, _ = made
    again = runs.find(tiny())
    assert again and again.raw == result.raw and result.raw["finished"] is True
    assert {r["metric"] for r in result.records} >= {"frechet", "prd_f8", "prd_f1_8", "mse"}
    assert {r["protocol"] for r in result.records} == {"clean", "paper"}
    assert len(result.history) == tiny().epochs and "code_norm" in result.history
    table = runs.table([result])
    assert isinstance(table, pd.DataFrame) and np.isfinite(table["value"]).all()
    assert result.picture("reconstructions").shape == (2, 10, 32, 32)


def test_every_record_says_how_many_images_and_which_features(made):
    for record in made[0].records:
        assert record["features"] in ("domain", "pixels", "codes", "none")
        if record["metric"] == "frechet":
            assert record["n_real"] > 0 and record["n_fake"] > 0


def test_provenance_names_data_versions_and_code(made):
    raw = made[0].raw
    assert raw["data"]["sha256"] and torch.__version__.startswith(raw["versions"]["torch"])
    assert len(raw["code_sha256"]) == 64 and raw["config_hash"] == tiny().hash
    assert raw["features"]["name"] == "domain" and raw["features"]["weights"]


@pytest.mark.parametrize("damage", ["truncated", "unfinished", "schema", "edited"])
def test_a_damaged_result_does_not_exist_and_says_why(made, damage, places):
    path = places / "results" / "smoke" / "digits" / "rae-l2-s0" / "result.json"
    path.parent.mkdir(parents=True)
    raw = dict(made[0].raw)
    text = json.dumps(
        {
            "truncated": raw,
            "unfinished": raw | {"finished": False},
            "schema": raw | {"schema": 0},
            "edited": raw | {"config_hash": "000000000000"},
        }[damage]
    )
    path.write_text(text[:100] if damage == "truncated" else text)
    assert runs.find(tiny()) is None
    word = "another configuration" if damage == "edited" else "unfinished, damaged"
    assert word in store.why_missing(tiny())
    with pytest.raises(FileNotFoundError, match="rae_lib.runs --profile smoke"):
        runs.ensure([tiny()])
    assert runs.ensure([tiny()], missing="skip") == []


def test_a_stored_study_with_long_decimals_is_loaded_again(places, made):
    config = resolve("vae", "digits", "smoke", overrides={"beta": 3.1622776601683794e-3})
    raw = made[0].raw | {"config": store.plain(config), "config_hash": config.hash}
    store.write_json(store.folder(config) / "result.json", raw)
    assert [r.config for r in store.load_all("smoke")] == [config]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    store.write(path, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        store.write(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_second_process_waits_and_a_dead_ones_lock_is_taken_over(tmp_path, capsys):
    path, order = tmp_path / "run" / "lock", []

    def second():
        with store.lock(path, poll=0.01):
            order.append("second")

    with store.lock(path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"] and "waiting for it" in capsys.readouterr().out
    path.write_text(f"999999999 {socket.gethostname()}")
    with store.lock(path, poll=0.01):
        assert path.read_text().startswith(str(os.getpid()))
    assert not path.exists()


def test_cuda_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="use device='cpu' or 'auto'"):
        experiment.device_for("cuda")
    assert experiment.device_for("auto") == "cpu"
    with pytest.raises(ValueError, match="allowed: auto, cpu, cuda"):
        experiment.device_for("tpu")


def test_a_run_that_fails_stores_nothing(places, monkeypatch):
    def broken(*_, **__):
        raise FloatingPointError("autoencoder/loss is nan at step 3 (epoch 0)")

    monkeypatch.setattr(experiment.train, "fit", broken)
    with pytest.raises(FloatingPointError, match="step 3"):
        runs.make(tiny(seed=1))
    assert not (places / "results").exists() and not list((places / "home").rglob("lock"))


def test_measuring_from_kept_weights_gives_the_same_numbers(made, monkeypatch):
    result, folder = made
    monkeypatch.setenv("RAE_RESULTS", str(folder / "results"))
    timed = ("step_time", "fit_time")
    before = [r for r in result.records if r["metric"] not in timed]
    (result.folder / "result.json").unlink()
    again = runs.make(tiny())
    assert [r for r in again.records if r["metric"] not in timed] == before
    assert {r["set"] for r in again.records if r["metric"] == "fit_time"} == {"mvg", "gmm"}


def test_notebook_parameters_are_refused_by_name_and_type():
    known = {"dataset": str, "epochs": int}
    runs.check_parameters({"dataset": "mnist", "epochs": 3, "In": [], "_x": 1}, known)
    with pytest.raises(
        ValueError, match=r"unknown parameter 'dateset' \(did you mean dataset\?\)"
    ):
        runs.check_parameters({"dataset": "mnist", "epochs": 3, "dateset": "x"}, known)
    with pytest.raises(TypeError, match="epochs is '3'"):
        runs.check_parameters({"dataset": "mnist", "epochs": "3"}, known)
    with pytest.raises(ValueError, match="allowed: all, digits"):
        runs.check_parameters({"dataset": "mnits", "epochs": 3}, known)


def test_the_campaign_lists_what_is_missing_in_order_of_value(places, capsys):
    assert runs.main(["--profile", "paper", "--pending"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "paper/mnist/ae-s0"]
    first = [line.split()[-1] for line in lines]
    assert first.index("paper/mnist/two-stage-vae-s0") < first.index("paper/cifar10/ae-s0")
    assert first.index("paper/cifar10/ae-s0") < first.index("paper/mnist/ae-s1")


def test_a_spent_budget_stops_and_a_failure_is_an_exit_status(places, capsys, monkeypatch):
    assert runs.main(["--profile", "smoke", "--no-studies", "--budget", "-1"]) == 0
    assert "budget of -1 s spent" in capsys.readouterr().out

    def broken(*_, **__):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(runs, "make", broken)
    assert runs.main(["--profile", "smoke", "--system", "ae", "--no-studies"]) == 1
    assert "failed: out of memory" in capsys.readouterr().out


def test_a_run_and_its_measurements_are_one_job():
    one, two = (resolve("ae", "digits", "smoke", seed) for seed in (0, 1))
    todo = [(one, "run"), (one, "inception-768"), (one, "inception-2048"), (two, "inception-768")]
    assert runs.gathered(todo, ("inception-768",)) == [
        (one, ("run", "inception-768")),
        (two, ("inception-768",)),
    ]
    assert runs.gathered(todo, ()) == [(one, ("run",))]


def test_unknown_features_are_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(data, "load", lambda *_, **__: pytest.fail("work has begun"))
    with pytest.raises(ValueError, match="features is 'inception-1'"):
        runs.make(resolve("ae", "digits", "smoke"), also=("inception-1",))


def test_a_recomputed_campaign_trains_what_two_systems_share_once(places):
    vae, two = tiny("vae"), tiny("two-stage-vae")
    began = time.time()
    first = runs.make(vae, recompute=True, since=began)
    second = runs.make(two, recompute=True, since=began)
    assert second.raw["weights_sha256"] == first.raw["weights_sha256"]
    assert second.raw["seconds"]["train_call"] < first.raw["seconds"]["train"]
    kept = experiment.workplace(vae) / "weights.pt"
    made = kept.stat().st_mtime_ns
    runs.make(vae, recompute=True)
    assert kept.stat().st_mtime_ns > made
