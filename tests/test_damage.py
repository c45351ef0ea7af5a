"""Files that are damaged, edited or of another content: named, set aside, made again; they never take anything down."""

import json
import math
import os
import subprocess
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from records import stored
from small import play, small

from rae_lib import data, files, notebooks
from rae_lib.campaign import command
from rae_lib.config import resolve
from rae_lib.data import archives
from rae_lib.results import request, run, store
from rae_lib.training import checkpoint, loop

GOOD, BAD = resolve("ae", "digits", "smoke"), resolve("vae", "digits", "smoke")


@pytest.fixture
def places(places):
    """Two results, one to be spoilt."""
    for config in (GOOD, BAD):
        stored(config, {"N": 1.0}, files={"history.csv": store.digest(store.history_csv([]))})
    return places


def edit(**changes: object) -> dict:
    """The spoilt result as it would be written, None: without the key."""
    raw = store.read_json(store.folder(BAD) / "result.json") | changes
    return {k: v for k, v in raw.items() if v is not None and k != "checksum"}


SPOILT = {
    "no configuration": ({"config": None}, "has a configuration that is none today"),
    "a list for a configuration": ({"config": []}, "has a configuration that is none today"),
    "an unknown system": ({"config": asdict(BAD) | {"system": "x"}}, "has a configuration that is none today"),
    "no hash": ({"config_hash": None}, "was made by another configuration: None is not"),
    "no records": ({"records": None}, "has no records as they are written here"),
    "records of another shape": ({"records": [[1]]}, "has no records as they are written here"),
    "a text for a number": ({"records": [{"value": "1"}]}, "has no records as they are written here"),
    "another schema": ({"schema": 0}, "is unfinished, damaged or of another schema"),
    "unfinished": ({"finished": False}, "is unfinished, damaged or of another schema"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_result_that_is_broken_inside_is_left_out_and_named_with_its_reason(places, name):
    changes, reason = SPOILT[name]
    path = store.folder(BAD) / "result.json"
    path.write_text(json.dumps(edit(**changes)))
    assert [r.config for r in store.load_all()] == [GOOD] and store.find(BAD) is None
    (line,) = store.list_damaged()
    assert line.startswith(f"{path} {reason}")
    why = store.why_missing(BAD)
    assert why.startswith(f"{path} {reason}") and "make it with: python -m rae_lib run --profile smoke" in why
    assert request.ensure([GOOD, BAD]) == [store.find(GOOD)]


@pytest.mark.parametrize("content", [b"", b'{"config": {"system": "v', b"\xff" * 9, b"[" * 100_000])
def test_a_file_that_is_no_json_is_left_out(places, content):
    (store.folder(BAD) / "result.json").write_bytes(content)
    assert [r.config for r in store.load_all()] == [GOOD] and "is damaged: no JSON" in store.list_damaged()[0]


@pytest.mark.parametrize("content", [b"null", b"[]", b"{}", b'{"finished": true}'])
def test_a_file_that_is_no_result_is_left_out(places, content):
    (store.folder(BAD) / "result.json").write_bytes(content)
    assert [r.config for r in store.load_all()] == [GOOD] and len(store.list_damaged()) == 1


def test_an_edited_number_is_found_by_the_checksum_and_older_results_have_none(places):
    path = store.folder(BAD) / "result.json"
    text = path.read_text()
    path.write_text(text.replace('"value": 1.0', '"value": 0.5'))
    assert store.find(BAD) is None and "edited: its checksum" in store.list_damaged()[0]
    path.write_text(json.dumps(json.loads(text), indent=3, sort_keys=True))  # another form of the same content
    assert store.find(BAD)
    path.write_text(json.dumps(edit()))
    assert store.find(BAD).raw.keys() == json.loads(text).keys() - {"checksum"}


def test_every_stored_json_file_is_no_larger_than_what_is_read(root, places, monkeypatch):
    assert max(path.stat().st_size for path in root.glob("results/**/*.json")) < files.LARGEST / 4
    monkeypatch.setattr(files, "LARGEST", 10)
    assert store.load_all() == [] and "is larger than 10 bytes" in store.list_damaged()[0]


def test_a_further_measurement_that_is_damaged_counts_as_missing(places):
    result = store.find(GOOD)
    extra = {"weights_sha256": result.raw["weights_sha256"], "records": result.raw["records"]}
    store.write_json(result.folder / "nac.json", extra)
    assert len(store.find(GOOD).records) == 2
    for spoilt in (extra | {"records": [{}]}, extra | {"records": [1]}):
        store.write_json(result.folder / "nac.json", spoilt)
        assert len(store.find(GOOD).records) == 1
    (result.folder / "nac.json").write_text("{")
    assert len(store.find(GOOD).records) == 1


def test_a_damaged_file_of_a_run_is_named_and_the_run_is_made_again(places, capsys, monkeypatch):
    (store.folder(BAD) / "history.csv").write_text("epoch\n7\n")
    with pytest.raises(ValueError, match="history.csv is damaged or edited; make it with: .* --name vae-s0"):
        _ = store.find(BAD).history
    assert "names another checksum than history.csv" in store.find_fault(BAD) and not store.find_fault(GOOD)
    assert [job[0] for job in command.list_work([GOOD, BAD])] == [BAD]
    assert command.main(["--profile", "smoke", "--name", "vae-s0", "ae-s0", "--list"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"missing  smoke/digits/vae-s0  {store.find_fault(BAD)}", "stored   smoke/digits/ae-s0"]
    monkeypatch.setattr(run, "trained", lambda *_, **__: (_ for _ in ()).throw(InterruptedError))
    with pytest.raises(InterruptedError):
        run.make(BAD)
    path = store.folder(BAD) / "result.json"
    assert not path.exists() and path.with_name("result.json.aside").exists()
    assert f"{path} names another checksum" in capsys.readouterr().err


def test_plates_that_git_does_not_keep_are_no_damage(places):
    raw = edit(files={"samples.png": "0", "history.csv": "gone"})
    store.write_json(store.folder(BAD) / "result.json", raw | {"files": {"samples.png": "0"}})
    assert store.find_fault(BAD) == ""
    (store.folder(BAD) / "samples.png").write_bytes(b"edited")
    assert "samples.png" in store.find_fault(BAD)


def test_what_dead_processes_have_half_written_is_removed(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = ("a", os.getpid()), ("a", dead.pid), ("a", "x"), ("b", dead.pid)
    for name, pid in names:
        (tmp_path / f"{name}.{pid}.partial").touch()
    store.write(tmp_path / "a", b"")
    assert {p.name for p in tmp_path.iterdir()} == {"a", f"b.{dead.pid}.partial"}


def test_a_full_disk_is_named_with_the_file_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(path, content):
        Path(path).touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    for save in (lambda path: store.write(path, b"x"), lambda path: checkpoint.save(path, {"a": torch.ones(2)})):
        with pytest.raises(OSError, match=r"No space left on device: '.*/file"):
            save(tmp_path / "file.pt")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_could_not_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "checkpoint.pt"
    for epoch in (1, 2):
        checkpoint.save(path, {"epoch": epoch})
    with monkeypatch.context() as patch:
        patch.setattr(files, "write_whole", full)
        with pytest.raises(OSError, match="No space left"):
            checkpoint.save(path, {"epoch": 3})
    assert checkpoint.read(path, "cpu", lambda _: None) == {"epoch": 2}
    checkpoint.save(path, {"epoch": 3})
    assert checkpoint.read(path, "cpu", lambda _: None) == {"epoch": 3}
    assert {found.name for found in tmp_path.iterdir()} == {"checkpoint.pt", "checkpoint.previous"}


# Checkpoints and weights


def spoil(path: Path, how: str) -> None:
    state = torch.load(path, weights_only=True)
    name = next(n for n, v in state["best_weights"].items() if v.is_floating_point())
    if how == "a flipped bit":
        content = bytearray(path.read_bytes())
        values = state["best_weights"][name].numpy().tobytes()
        content[content.rindex(values) + 3] ^= 1
        path.write_bytes(content)
    elif how == "compressed":
        with zipfile.ZipFile(path) as old:
            parts = {p: old.read(p) for p in old.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for part, content in parts.items():
                new.writestr(part, content)
    else:
        weights = state["best_weights"]
        changes = {
            "other names": {"best_weights": {}},
            "another shape": {"best_weights": weights | {name: torch.ones(3)}},
            "not finite": {"best_weights": weights | {name: torch.full_like(weights[name], math.nan)}},
            "too many epochs": {"history": state["history"] * 50} | ({"epoch": 99} if "epoch" in state else {}),
            "a text for weights": {"best_weights": "x"},
            "without weights": {"best_weights": None},
        }
        state = {k: v for k, v in (state | changes[how]).items() if v is not None}
        torch.save(state, path)


HOW = ("a flipped bit", "compressed", "other names", "another shape", "not finite", "too many epochs")
HOW += ("a text for weights", "without weights")


@pytest.mark.parametrize("how", HOW)
def test_a_checkpoint_of_another_content_is_set_aside_and_the_previous_one_used(how, tmp_path, capsys):
    whole, again, path = small("vae"), small("vae"), tmp_path / "checkpoint.pt"
    play(whole, 2, path)
    spoil(path, how)
    history = play(again, 2, path)
    assert "checkpoint.pt: set aside as checkpoint.damaged" in capsys.readouterr().out
    assert len(history) == 2 and (tmp_path / "checkpoint.damaged").exists()
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize("how", HOW)
def test_weights_of_another_content_are_set_aside_and_trained_again(how, places, capsys, monkeypatch):
    small = {"width": 2, "train_images": 128}
    config = resolve("ae", "digits", "smoke", overrides=small, variant="")
    monkeypatch.setattr(loop, "fit", lambda *_, epochs, **__: [{"val": 1.0}] * epochs)
    dataset = data.load("digits", train_images=128)
    run.trained(config, dataset, "cpu", progress=False)
    path = run.workplace(config) / "weights.pt"
    spoil(path, how)
    system, history = run.trained(config, dataset, "cpu", progress=False)
    assert "weights.pt: set aside as weights.damaged" in capsys.readouterr().out
    assert len(history) == config.epochs and path.exists() and path.with_suffix(".damaged").exists()
    assert all(value.isfinite().all() for value in system.state_dict().values())


def test_a_run_that_was_killed_after_its_weights_leaves_no_checkpoint_behind(places, monkeypatch):
    config = resolve("ae", "digits", "smoke", overrides={"width": 2, "train_images": 128}, variant="")
    monkeypatch.setattr(loop, "fit", lambda *_, epochs, **__: [{"val": 1.0}] * epochs)
    dataset = data.load("digits", train_images=128)
    for _ in range(2):
        checkpoint.save(run.workplace(config) / "checkpoint.pt", {})
        run.trained(config, dataset, "cpu", progress=False)
        assert {path.name for path in run.workplace(config).iterdir()} == {"weights.pt"}


# What is asked for, and where


def test_the_working_folder_is_never_taken_for_the_repository(tmp_path, monkeypatch, root):
    (tmp_path / "_config.yml").write_text("title: another project\n")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAE_RESULTS", raising=False)
    assert store.root() == root / "results"
    monkeypatch.setenv("RAE_RESULTS", "here")
    assert store.root() == tmp_path / "here"
    monkeypatch.setenv("RAE_RESULTS", "~/there")
    monkeypatch.setenv("RAE_HOME", "~/home")
    assert store.root() == Path.home() / "there" and files.home() == Path.home() / "home"
    monkeypatch.delenv("RAE_RESULTS")
    monkeypatch.setattr(store, "__file__", str(tmp_path / "lib" / "site-packages" / "rae_lib" / "results" / "store.py"))
    with pytest.raises(files.NoRepositoryError, match="installed without its repository: set RAE_RESULTS"):
        store.root()


def test_a_list_of_nothing_or_of_another_type_is_refused(root):
    given = {"dataset": "all", "profile": "largest", "seeds": [0], "recompute": False}
    notebooks.check_parameters("11_rae_images", given)
    for seeds, error, words in (
        ([], ValueError, r"seeds is \[\]: it must name something"),
        (["0"], TypeError, "seeds is '0'"),
        ([True], TypeError, "seeds is True"),
        ([-1], ValueError, "seeds is -1; allowed: 0 to"),
    ):
        with pytest.raises(error, match=words):
            notebooks.check_parameters("11_rae_images", given | {"seeds": seeds})


@pytest.mark.parametrize("line", ["dateset = None", "_dataset = 'mnist'", "dateset = {'a': 1}", "dateset = [\n1]"])
def test_a_parameter_of_any_value_that_does_not_exist_is_refused(line):
    given = {"dataset": "all", "profile": "largest", "seeds": [0], "recompute": False}
    with pytest.raises(ValueError, match="unknown parameter '_?dat[ea]set'"):
        notebooks.check_parameters("11_rae_images", given | {"In": [f"# Parameters\n{line}\n"]})


def test_an_archive_that_unfolds_to_gigabytes_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_DATA", str(tmp_path))
    with zipfile.ZipFile(tmp_path / "mnist.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("train_images.npy", "w", force_zip64=True) as part:
            for _ in range(130):
                part.write(bytes(2**20))
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("it is being read"))
    with pytest.raises(ValueError, match="it unfolds to 130 MiB, allowed: 105 MiB"):
        archives.read("mnist")
