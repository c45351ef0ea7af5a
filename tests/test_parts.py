"""Parts: cut to size, joined in any order, and nothing damaged gets through."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from rae_lib.remote import __main__ as remote
from rae_lib.remote import parts

KIB = 1024


@pytest.fixture
def sources(tmp_path) -> Path:
    """Three files that cannot be deflated, 30, 70 and 10 KiB, one of them in a folder, and one of zeros."""
    random, folder = np.random.default_rng(0), tmp_path / "originals"
    (folder / "sheets").mkdir(parents=True)
    for name, size in (("a.npz", 30), ("b.npz", 70), ("sheets/c.webp", 10)):
        (folder / name).write_bytes(random.bytes(size * KIB))
    (folder / "sheets/zeros.pth").write_bytes(bytes(900 * KIB))
    return folder


def packed(sources: Path, to: Path, size: int = 48 * KIB) -> list[Path]:
    parts.pack([sources / n for n in ("a.npz", "b.npz", "sheets")], to, size, [], "3.12")
    return sorted(to.glob("part-*"))


def test_files_are_cut_to_the_size_of_a_part_and_the_same_twice(sources, tmp_path):
    folders = packed(sources, tmp_path / "one")
    sizes = [sum(p.stat().st_size for p in part.iterdir()) for part in folders]
    assert len(folders) == 3 and max(sizes) <= 48 * KIB
    again = packed(sources, tmp_path / "two")
    assert [p.name for p in again] == [p.name for p in folders]
    for one, two in zip(folders, again, strict=True):
        assert {p.name: p.read_bytes() for p in one.iterdir()} == {
            p.name: p.read_bytes() for p in two.iterdir()
        }


def test_a_smaller_pack_leaves_no_part_of_the_larger_one(sources, tmp_path):
    packed(sources, tmp_path / "carry")
    parts.pack([sources / "a.npz"], tmp_path / "carry", 48 * KIB, [], "3.12")
    assert [p.name for p in (tmp_path / "carry").iterdir()] == ["part-00"]


def test_parts_come_one_a_call_in_any_order_and_an_incomplete_file_waits(
    sources, tmp_path, capsys
):
    folders, data = packed(sources, tmp_path / "carry"), tmp_path / "data"
    then = f"echo x >> {tmp_path}/then; test -f {data}/sheets/zeros.pth"
    call = lambda part: remote.main(  # noqa: E731
        ["unpack", str(part), "--data", str(data), "--then", then]
    )
    assert call(folders[1]) == 0
    assert "and 1 more still to come, in part-00, part-02" in capsys.readouterr().out
    assert not (data / "a.npz").exists() and not (tmp_path / "then").exists()
    assert call(folders[0]) == call(folders[2]) == call(folders[2]) == 0
    assert "4 of 4 files are in" in capsys.readouterr().out
    for name in ("a.npz", "b.npz", "sheets/c.webp", "sheets/zeros.pth"):
        assert (data / name).read_bytes() == (sources / name).read_bytes()
    assert (tmp_path / "then").read_text() == "x\n", "the command runs once"
    assert not list((data / ".pieces").iterdir())
    assert call(tmp_path / "part-*") == 0, "a later call carries nothing"


def test_a_damaged_part_is_named_and_changes_nothing(sources, tmp_path, capsys):
    folders, data = packed(sources, tmp_path / "carry"), tmp_path / "data"
    piece = sorted(folders[1].glob("0*"))[0]
    piece.write_bytes(piece.read_bytes()[:-1] + b"?")
    assert remote.main(["unpack", *map(str, folders), "--data", str(data)]) == 2
    assert f"part-01 is damaged ({piece.name}): carry it again" in capsys.readouterr().err
    (folders[2] / "manifest.json").unlink()
    with pytest.raises(ValueError, match="part-02 has no readable manifest"):
        parts.unpack([folders[2]], data)


def test_parts_of_two_packs_are_not_mixed(sources, tmp_path):
    folders = packed(sources, tmp_path / "carry")
    (sources / "a.npz").write_bytes(b"other")
    others = packed(sources, tmp_path / "others")
    with pytest.raises(ValueError, match="another pack"):
        parts.unpack([folders[0], others[1]], tmp_path / "data")


def test_a_failed_command_is_an_error_and_runs_again(sources, tmp_path, capsys):
    parts.pack([sources / "a.npz"], tmp_path / "carry", 48 * KIB, [], "3.12")
    call = ["unpack", str(tmp_path / "carry" / "part-00"), "--data", str(tmp_path / "data")]
    assert remote.main([*call, "--then", "exit 3"]) == 2
    assert "exit status 3" in capsys.readouterr().err
    assert remote.main([*call, "--then", "exit 3"]) == 2
    assert remote.main([*call, "--then", "exit 0"]) == 0


def test_what_cannot_be_packed_is_refused_before_any_work(sources, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(remote, "tree_size", lambda: 25 * remote.MIB)
    to = ["--to", str(tmp_path / "carry")]
    assert remote.main(["pack", str(sources / "a.npz"), "--part-size", "48", *to]) == 2
    assert "--part-size 39 at the most" in capsys.readouterr().err
    assert remote.main(["pack", str(sources / "nothing"), *to]) == 2
    assert "allowed: a file or a folder" in capsys.readouterr().err
    (sources / "sheets" / "a.npz").touch()
    both = [str(sources / "a.npz"), str(sources / "sheets" / "a.npz")]
    assert remote.main(["pack", *both, *to]) == 2
    assert "would both be a.npz there" in capsys.readouterr().err
    assert not (tmp_path / "carry").exists()


def test_pack_says_which_part_goes_in_which_call(sources, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(remote, "tree_size", lambda: 25 * remote.MIB)
    call = ["pack", str(sources / "a.npz"), str(sources / "b.npz"), "--part-size", "0.046875"]
    assert remote.main([*call, "--to", str(tmp_path / "carry")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("call 1: carry ") and lines[0].endswith("completes: a.npz")
    assert lines[-1].startswith("2 files, 0.1 MiB in 3 parts; every call also sends the tree")


def test_a_wheel_travels_and_can_be_imported_there(tmp_path, capsys):
    wheel, info = tmp_path / "wheels" / "thing-1.0-py3-none-any.whl", "thing-1.0.dist-info"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("thing.py", "value = 42\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    parts.pack([wheel.parent], tmp_path / "carry", 48 * KIB, [], "3.12")
    call = ["unpack", str(tmp_path / "carry" / "part-00"), "--data", str(tmp_path / "data")]
    call += ["--site", str(tmp_path / "site"), "--then", f"{sys.executable} -c 'import thing'"]
    assert remote.main(call) == 0
    assert f"PYTHONPATH={tmp_path}/site" in capsys.readouterr().out
    assert (tmp_path / "site" / "thing.py").exists()


@pytest.mark.parametrize("verb", ["pack", "unpack", "work", "land"])
def test_every_verb_answers_on_the_command_line(verb):
    call = [sys.executable, "-m", "rae_lib.remote", verb, "--help"]
    shown = subprocess.run(call, capture_output=True, text=True)
    assert shown.returncode == 0 and f"rae_lib.remote {verb}" in shown.stdout
