"""Runs and the command line: resumable, and silent about nothing."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial

import numpy as np
import pytest
import torch

from rae_lib import data, origin
from rae_lib.campaign import command
from rae_lib.campaign.workers import say_left
from rae_lib.config import resolve
from rae_lib.results import locks, run, store


def tiny(system: str = "rae-l2", seed: int = 0):
    small = {"sets": ("rec", "N", "gmm"), "components": (1,), "width": 2, "train_images": 128}
    return resolve(system, "digits", "smoke", seed, overrides=small, variant="")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One finished run with its places; shared, so tests that damage it work on a copy."""
    folder = tmp_path_factory.mktemp("made")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAE_RESULTS", str(folder / "results"))
    patch.setenv("RAE_HOME", str(folder / "home"))
    yield command.make(tiny()), folder
    patch.undo()


def test_a_run_leaves_a_finished_result_that_is_found_again(made):
    result, _ = made
    again = command.find(tiny())
    assert again and again.raw == result.raw and result.raw["finished"] is True
    assert {r["metric"] for r in result.records} >= {"frechet", "prd_f8", "prd_f1_8", "mse"}
    assert {r["protocol"] for r in result.records} == {"clean", "paper"}
    assert len(result.history) == tiny().epochs and "code_norm" in result.history
    assert np.isfinite([r["value"] for r in result.records]).all()
    assert result.picture("reconstructions").shape == (2, 10, 32, 32)
    assert {r["features"] for r in result.records} <= {"domain", "pixels", "codes", "none"}
    assert all(r["n_real"] and r["n_fake"] for r in result.records if r["metric"] == "frechet")
    raw = result.raw
    assert raw["data"]["sha256"] and torch.__version__.startswith(raw["versions"]["torch"])
    assert len(raw["code_sha256"]) == 64 and raw["config_hash"] == tiny().hash
    assert raw["features"]["name"] == "domain" and raw["features"]["weights"]


def test_a_stored_study_with_long_decimals_is_loaded_again(places, made):
    config = resolve("vae", "digits", "smoke", overrides={"beta": 3.1622776601683794e-3})
    raw = made[0].raw | {"config": asdict(config), "config_hash": config.hash}
    store.write_json(store.folder(config) / "result.json", raw)
    assert [r.config for r in store.load_all("smoke")] == [config]


def test_cuda_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="use device='cpu' or 'auto'"):
        origin.device_for("cuda")
    assert origin.device_for("auto") == "cpu"
    with pytest.raises(ValueError, match="allowed: auto, cpu, cuda"):
        origin.device_for("tpu")


@pytest.mark.parametrize(
    ("part", "error"),
    [
        ("loop.fit", FloatingPointError("loss is nan")),
        ("evaluate", KeyboardInterrupt()),
        ("store.picture_png", OSError(28, "No space left on device")),
        ("store.json_bytes", torch.OutOfMemoryError()),
    ],
)
def test_a_recomputation_that_fails_leaves_the_old_result(made, places, monkeypatch, part, error):
    shutil.copytree(made[1], places, dirs_exist_ok=True)
    folder = store.folder(tiny())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {"result.json", "history.csv", "samples.png"} <= set(before)

    def broken(*_, **__):
        raise error

    monkeypatch.setattr(f"rae_lib.results.run.{part}", broken)
    with pytest.raises(type(error)):
        command.make(tiny(), recompute=True)
    if part == "loop.fit":
        with pytest.raises(type(error)):
            command.make(tiny(seed=1))
        assert not store.folder(tiny(seed=1)).exists()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert command.find(tiny())


def test_a_device_without_memory_is_named_with_what_would_help(places, monkeypatch, capsys):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(run.loop, "fit", full)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 3 * 2**30)
    assert command.main(["--profile", "smoke", "--dataset", "digits", "--name", "ae-s0"]) == 1
    batch = resolve("ae", "digits", "smoke").batch
    said = f"failed: out of memory at batch {batch} and width 4 (peak 3.0 GiB): take a smaller batch"
    assert said in capsys.readouterr().out
    assert not (places / "results").exists()


def test_a_recomputation_replaces_the_old_result(made, places):
    shutil.copytree(made[1], places, dirs_exist_ok=True)
    raw = made[0].raw | {"code_sha256": "old", "records": []}
    store.write_json(store.folder(tiny()) / "result.json", raw)
    again = command.make(tiny(), recompute=True)
    assert again.records and again.raw["code_sha256"] != "old"


def test_a_recomputation_begins_at_the_first_epoch_whatever_a_killed_run_left(places, monkeypatch):
    place = run.workplace(tiny())
    place.mkdir(parents=True)
    for name in ("checkpoint.pt", "checkpoint.previous", "checkpoint.partial", "weights.previous"):
        torch.save({"epoch": 1}, place / name)

    def begins(*_, **__):
        assert {path.name for path in place.iterdir()} == {"lock"}
        raise InterruptedError

    monkeypatch.setattr(run.loop, "fit", begins)
    with pytest.raises(InterruptedError):
        command.make(tiny(), recompute=True)


def test_who_waited_for_another_process_takes_its_result(made, places, monkeypatch, capsys):
    taken: list[store.Result] = []
    monkeypatch.setattr(run, "trained", lambda *_, **__: pytest.fail("made twice"))
    path = run.workplace(tiny()) / "lock"
    with locks.lock(path):
        second = threading.Thread(target=lambda: taken.append(command.make(tiny())))
        second.start()
        while "waits" not in (said := capsys.readouterr().out):
            time.sleep(0.05)
        shutil.copytree(made[1] / "results", places / "results")
    second.join()
    assert said.startswith("smoke/digits/rae-l2-s0 waits for process")
    assert taken[0].raw == made[0].raw


def test_measuring_from_kept_weights_gives_the_same_numbers(made, monkeypatch):
    result, folder = made
    monkeypatch.setenv("RAE_RESULTS", str(folder / "results"))
    timed = ("step_time", "fit_time")
    before = [r for r in result.records if r["metric"] not in timed]
    (result.folder / "result.json").unlink()
    again = command.make(tiny())
    assert [r for r in again.records if r["metric"] not in timed] == before
    assert {r["set"] for r in again.records if r["metric"] == "fit_time"} == {"mvg", "gmm"}


def test_the_campaign_lists_what_is_missing_in_order_of_value(places, capsys):
    assert command.main(["--profile", "paper", "--pending"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "paper/synth8/maskaae-s0"]  # the synthetic sets run on a CPU
    first = [line.split()[-1] for line in lines]
    assert first.index("paper/mnist/two-stage-vae-s0") < first.index("paper/cifar10/ae-s0")
    assert first.index("paper/cifar10/ae-s0") < first.index("paper/mnist/ae-s1")


def test_a_spent_budget_stops_and_a_failure_is_an_exit_status(places, capsys, monkeypatch):
    assert command.main(["--profile", "smoke", "--no-studies", "--budget", "-1"]) == 0
    assert "budget of -1 s spent" in capsys.readouterr().out

    def broken(*_, **__):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(command, "make", broken)
    assert command.main(["--profile", "smoke", "--system", "ae", "--no-studies"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[1/1] begun smoke/digits/ae-s0"
    assert lines[1] == "[1/1] run smoke/digits/ae-s0  failed: out of memory (RuntimeError)"


def test_the_time_that_is_left_is_said_after_every_run(places, capsys, monkeypatch):
    said = [say_left(seconds, 1, 3) for seconds in (1, 90, 9000)]
    assert said == [f"  (about {left} left)" for left in ("2 s", "3 min", "5 h")]
    assert say_left(9, 3, 3) == ""
    monkeypatch.setattr(command, "work_on", lambda *_, **__: "done")
    assert command.main(["--profile", "smoke", "--system", "ae", "vae", "--no-studies"]) == 0
    first, second = (line for line in capsys.readouterr().out.splitlines() if "done" in line)
    assert first.startswith("[1/2] run smoke/digits/ae-s0  done  (about ") and second.endswith("vae-s0  done")


@pytest.mark.parametrize("options", [["--budget", "nan"], ["--budget", "soon"], ["--list", "--pending"]])
def test_options_that_make_no_sense_are_refused(places, options):
    with pytest.raises(SystemExit) as stop:
        command.main(options)
    assert stop.value.code == 2


def test_a_run_and_its_measurements_are_one_job():
    one, two = (resolve("ae", "digits", "smoke", seed) for seed in (0, 1))
    jobs = [(one, ("run", "inception-768", "inception-2048")), (two, ("inception-768",))]
    assert command.choose_work(jobs, ("inception-768",)) == [(one, jobs[0][1][:2]), jobs[1]]
    assert command.choose_work(jobs, ()) == [(one, ("run",))]


def test_unknown_features_are_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(data, "load", lambda *_, **__: pytest.fail("work has begun"))
    with pytest.raises(ValueError, match="metric is 'inception-1'.*allowed: inception-768, inception-2048, nac"):
        command.make(resolve("ae", "digits", "smoke"), also=("inception-1",))


def test_a_recomputed_campaign_trains_what_two_systems_share_once(places):
    vae, two = tiny("vae"), tiny("two-stage-vae")
    began = time.time()
    first = command.make(vae, recompute=True, since=began)
    second = command.make(two, recompute=True, since=began)
    assert second.raw["weights_sha256"] == first.raw["weights_sha256"]
    assert second.raw["seconds"]["train_call"] < first.raw["seconds"]["train"]
    kept = run.workplace(vae) / "weights.pt"
    made = kept.stat().st_mtime_ns
    command.make(vae, recompute=True)
    assert kept.stat().st_mtime_ns > made


@contextmanager
def campaign_of(jobs: int, systems: tuple[str, ...]) -> Iterator[subprocess.Popen]:
    """A process group by itself, of which nothing is left; a shell may have started the tests deaf to Ctrl-C."""
    call = [sys.executable, "-m", "rae_lib", "run", "--profile", "smoke", "--no-studies"]
    call += ["--jobs", str(jobs), "--system", *systems]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(call, **pipes, start_new_session=True, preexec_fn=hear) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "pause"), [(1, 1), (1, 4), (2, 1), (2, 6)])
def test_ctrl_c_ends_a_campaign_with_one_line(places, jobs, pause):
    with campaign_of(jobs, ("rae-gp", "vae", "rae", "wae-mmd")) as process:
        assert process.stdout.readline().startswith("[1/4] begun smoke/digits/")
        time.sleep(pause)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert time.monotonic() - start < 10 and process.returncode == 130
    assert error.splitlines()[-1] == "interrupted: everything that was finished is stored"
    assert "Traceback" not in error


@pytest.mark.slow
def test_a_killed_worker_fails_its_run_and_the_others_are_made(places):
    from psutil import Process

    with campaign_of(2, ("rae-gp", "vae", "rae")) as process:
        process.stdout.readline()
        while not (children := workers_of(Process(process.pid))):
            time.sleep(0.1)
        children[0].kill()
        out, _ = process.communicate(timeout=300)
    assert process.returncode == 1 and out.count("its process was ended") == 1
    assert len(list((places / "results").rglob("result.json"))) == 2


def workers_of(parent) -> list:
    """Its processes that make runs; the resource tracker of multiprocessing is none."""
    return [c for c in parent.children() if "spawn_main" in " ".join(c.cmdline())]
