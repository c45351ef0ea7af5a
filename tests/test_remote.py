"""Results on their way back: nothing lost, split, overwritten or made twice."""

import hashlib
import json
import os
import signal
import sys
import tarfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from rae_lib import store
from rae_lib.config import resolve
from rae_lib.remote import __main__ as remote
from rae_lib.remote import parts, tars

KIB = 1024
FAKE = """
import os, pathlib, shutil, sys, time
ready, given, pause = map(pathlib.Path, sys.argv[1:4])
given.write_text(" ".join(sys.argv[4:]))
for number, path in enumerate(sorted(ready.glob("*/*/*"))):
    target = pathlib.Path(os.environ["RAE_RESULTS"], path.relative_to(ready))
    if not target.exists():
        time.sleep(float(str(pause)) if number else 0)
        shutil.copytree(path, target)
        print("run", path.name)
"""


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The tree's results at `results`, those of the machine at `own`, and what comes back at `out`."""
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("RAE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def finished(root: Path, seed: int = 0, value: float = 1.0, more: int = 0) -> Path:
    config = resolve("ae", "digits", "smoke", seed)
    folder = root / "smoke" / "digits" / config.name
    store.write(folder / "samples.png", bytes(more))
    raw = {"config": store.plain(config), "config_hash": config.hash, "value": value}
    raw["weights_sha256"] = "0"
    store.write_json(folder / "result.json", raw)
    return folder


def brought(own: Path, tree: Path, out: Path, size: int = 10**6, most: int = 4) -> list[Path]:
    tars.bring_back(own, tree, out, tars.Limits(size, most))
    return sorted(out.glob("results-*.tar.gz"))


def names(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return {name.rpartition("/")[0] for name in archive.getnames()} - {""}


def test_only_finished_results_that_the_tree_lacks_come_back(places):
    own, tree = places / "own", places / "results"
    finished(tree, seed=0), finished(own, seed=0), finished(own, seed=1)
    half = finished(own, seed=2)
    raw = json.loads((half / "result.json").read_text()) | {"finished": False}
    (half / "result.json").write_text(json.dumps(raw))
    (own / "smoke/digits/ae-s1/x.1.partial").touch()
    (path,) = brought(own, tree, places / "out")
    assert names(path) == {"smoke/digits/ae-s1"}
    with tarfile.open(path) as archive:
        assert not [n for n in archive.getnames() if n.endswith(".partial")]


def test_a_later_measurement_comes_back_with_its_whole_result(places):
    own, tree = places / "own", places / "results"
    finished(tree), finished(own)
    store.write_json(own / "smoke/digits/ae-s0/inception-768.json", {"records": []})
    (path,) = brought(own, tree, places / "out")
    assert remote.main(["land", str(path)]) == 0
    assert (tree / "smoke/digits/ae-s0/inception-768.json").exists()
    assert brought(own, tree, places / "out") == []


def test_no_tar_is_over_the_limit_no_result_is_split_and_the_newest_come_first(places):
    own, tree, random = places / "own", places / "results", np.random.default_rng(0)
    for seed in range(7):
        folder = finished(own, seed)
        (folder / "samples.png").write_bytes(random.bytes(20 * KIB))
        os.utime(folder, (seed, seed))
    found = brought(own, tree, places / "out", size=64 * KIB, most=3)
    assert max(p.stat().st_size for p in found) <= 64 * KIB
    together = [names(p) for p in found]
    assert together[0] == {"smoke/digits/ae-s6", "smoke/digits/ae-s5"}
    assert sum(map(len, together)) == len(set().union(*together)) == 6
    _, left = tars.bring_back(own, tree, places / "out", tars.Limits(64 * KIB, 3))
    assert left == ["smoke/digits/ae-s0"]


def fake(places: Path, monkeypatch, pause: float) -> Path:
    """A stand-in for rae_lib.runs: three results, the last two after a pause each."""
    script, given = places / "fake.py", places / "given"
    script.write_text(FAKE)
    for seed in range(3):
        finished(places / "ready", seed)
    runs = (script, places / "ready", given, pause)
    monkeypatch.setattr(remote, "RUNS", (sys.executable, "-u", *map(str, runs)))
    return given


def work(places: Path, budget: float) -> int:
    call = ["work", "--budget", str(budget), "--out", str(places / "out")]
    return remote.main([*call, "--", "--profile", "smoke", "--measure"])


def test_work_packs_after_every_run_and_makes_nothing_twice(places, monkeypatch):
    finished(places / "results", seed=0)
    given = fake(places, monkeypatch, 0)
    assert work(places, 60) == 0
    assert given.read_text() == "--profile paper --profile smoke --measure"
    (path,) = sorted((places / "out").glob("*.tar.gz"))
    assert names(path) == {"smoke/digits/ae-s1", "smoke/digits/ae-s2"}
    log = (places / "out" / "runs.log").read_text()
    assert "run ae-s0" not in log and "ended; 2 results packed" in log
    assert not (places / "results/smoke/digits/ae-s1").exists()


def test_a_spent_budget_ends_a_run_and_the_finished_ones_are_back(places, monkeypatch):
    fake(places, monkeypatch, 60)
    assert work(places, 2) == 0
    (path,) = sorted((places / "out").glob("*.tar.gz"))
    assert names(path) == {"smoke/digits/ae-s0"}
    assert "stopped; 1 results packed" in (places / "out" / "runs.log").read_text()
    fake(places, monkeypatch, 0)
    assert work(places, 60) == 0
    (path,) = sorted((places / "out").glob("*.tar.gz"))
    assert len(names(path)) == 3


def test_a_terminated_call_leaves_what_was_finished(places, monkeypatch):
    fake(places, monkeypatch, 60)
    before = signal.getsignal(signal.SIGTERM)

    def terminate() -> None:
        while not list((places / "out").glob("*.gz")):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=terminate).start()
    with pytest.raises(SystemExit) as stopped:
        work(places, 60)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
    (path,) = sorted((places / "out").glob("*.tar.gz"))
    assert names(path) == {"smoke/digits/ae-s0"}


def test_impossible_limits_and_places_are_refused(places, capsys):
    assert work(places, -1) == 2
    assert "--budget is -1 s; allowed: more than 0" in capsys.readouterr().err
    call = ["work", "--budget", "9", "--out", "out"]
    assert remote.main([*call, "--back-files", "2"]) == 2
    assert "--back-files 3" in capsys.readouterr().err
    assert remote.main([*call, "--results", str(places / "results")]) == 2
    assert "the tree's own" in capsys.readouterr().err


def test_landing_twice_changes_nothing_and_the_next_runs_are_named(places, capsys):
    tree = places / "results"
    finished(places / "own", seed=0)
    (path,) = brought(places / "own", tree, places / "out")
    assert remote.main(["land", str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("smoke/digits/ae-s0 landed\n")
    assert "pending in smoke, first: run smoke/digits/" in out
    assert store.find(resolve("ae", "digits", "smoke"))
    assert remote.main(["land", str(path)]) == 0
    assert capsys.readouterr().out.startswith("smoke/digits/ae-s0 was there\n")


def test_a_result_with_other_numbers_stays_unless_it_is_to_be_replaced(places, capsys):
    tree = places / "results"
    here, _ = finished(tree, value=1.0), finished(places / "own", value=2.0)
    finished(places / "own", seed=1)
    (path,) = brought(places / "own", tree, places / "out")
    assert remote.main(["land", str(path)]) == 1
    assert "ae-s0 REFUSED" in capsys.readouterr().out
    assert store.read_json(here / "result.json")["value"] == 1.0
    assert (tree / "smoke/digits/ae-s1/result.json").exists()
    assert remote.main(["land", str(path), "--replace"]) == 0
    assert store.read_json(here / "result.json")["value"] == 2.0


def tarred(path: Path, files: dict[str, bytes], sums: dict | None = None) -> Path:
    given = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    content = tars.tar(files)
    if sums is not None:
        with tarfile.open(path, "w:gz") as archive:
            for name, body in {"sums.json": json.dumps(given | sums).encode(), **files}.items():
                (path.parent / "body").write_bytes(body)
                archive.add(path.parent / "body", name)
    else:
        path.write_bytes(content)
    return path


def test_what_is_no_sound_result_lands_nowhere(places):
    folder = finished(places / "own")
    files = {f"smoke/digits/ae-s0/{n}": c for n, c in tars.contents(folder).items()}
    raw = json.loads(files["smoke/digits/ae-s0/result.json"])
    sound = places / "sound.tar.gz"
    tarred(sound, files)

    def other(**fields: object) -> dict[str, bytes]:
        return files | {"smoke/digits/ae-s0/result.json": json.dumps(raw | fields).encode()}

    bad = {
        "allowed: PROFILE/DATASET/NAME/FILE": (files | {"../../x/y": b""}, None),
        "holds '/etc/a/b/c'": (files | {"/etc/a/b/c": b""}, None),
        "is not what was packed": (files, {"smoke/digits/ae-s0/samples.png": "0"}),
        "gone.png is not what": (files, {"smoke/digits/ae-s0/gone.png": "0"}),
        "is unfinished": (other(finished=False), None),
        "but its configuration is": (other(config_hash="0" * 12), None),
        "a configuration that is none here": (other(config={"system": "ae"}), None),
        "is the result of smoke/digits/ae-s0": (
            {n.replace("ae-s0", "ae-s9"): c for n, c in files.items()},
            None,
        ),
    }
    for word, (content, sums) in bad.items():
        path = tarred(places / "bad.tar.gz", content, sums)
        with pytest.raises(ValueError) as error:
            tars.verified(path, places / f"place-{len(word)}")
        assert word in str(error.value)
        assert remote.main(["land", str(sound), str(path)]) == 2
    damaged = places / "damaged.tar.gz"
    damaged.write_bytes(sound.read_bytes()[:-40])
    assert remote.main(["land", str(sound), str(damaged)]) == 2
    assert not (places / "results").exists(), "nothing lands beside a damaged tar"


def test_a_link_in_a_tar_is_refused(places):
    path = places / "link.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("smoke/digits/ae-s0/result.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        sums = tarfile.TarInfo("sums.json")
        sums.size = 2
        (places / "sums").write_bytes(b"{}")
        with open(places / "sums", "rb") as file:
            archive.addfile(sums, file)
    with pytest.raises(ValueError, match="allowed: PROFILE"):
        tars.verified(path, places / "place")


@pytest.mark.slow
def test_the_whole_way_at_smoke_size(places, capsys):
    (places / "a.npz").write_bytes(b"data")
    parts.pack([places / "a.npz"], places / "carry", 48 * KIB, [], "3.12")
    part = places / "carry" / "part-00"
    assert remote.main(["unpack", str(part), "--data", str(places / "data")]) == 0
    assert (places / "data" / "a.npz").read_bytes() == b"data"
    call = ["work", "--budget", "200", "--out", str(places / "out"), "--results"]
    runs = ["--profile", "smoke", "--dataset", "digits", "--system", "ae", "--no-studies"]
    assert remote.main([*call, str(places / "own"), "--", *runs]) == 0
    (path,) = sorted((places / "out").glob("*.tar.gz"))
    assert remote.main(["land", str(path)]) == 0
    assert "smoke/digits/ae-s0 landed" in capsys.readouterr().out
    result = store.find(resolve("ae", "digits", "smoke"))
    assert result and len(result.history) == 1 and result.picture("samples").size
