"""Results made elsewhere: what is whole and in its place comes into the store, and nothing stored is lost."""

import json
import tarfile
from dataclasses import asdict
from pathlib import Path

import pytest

from rae_lib.config import resolve
from rae_lib.results import land, store

CONFIG = resolve("ae", "digits", "smoke")
NAME = "smoke/digits/ae-s0"


def make(value: float = 1.0, **more: object) -> dict[str, bytes]:
    """The files of a run whose numbers are made up."""
    record = dict.fromkeys(store.RECORD_COLUMNS, "x") | {"value": value}
    raw = {"config": asdict(CONFIG), "config_hash": CONFIG.hash}
    raw |= {"records": [record, record | {"metric": "step_time", "value": id(record)}]} | more
    return {"history.csv": b"epoch\n", "result.json": store.json_bytes(raw)}


def bring(places: Path, files: dict[str, bytes], *options: str, name: str = NAME) -> int:
    """Packs a run and lands it."""
    for file, content in files.items():
        store.write(places / "there" / name / file, content)
    with tarfile.open(places / "x.tar.gz", "w:gz") as tar:
        tar.add(places / "there", "results")
    return land.main([str(places / "x.tar.gz"), *options])


def test_what_is_whole_lands_and_lands_again_with_what_was_measured_later(places, capsys):
    assert bring(places, make()) == 0
    assert {p.name for p in store.folder(CONFIG).iterdir()} == {"history.csv", "result.json"}
    before = store.find(CONFIG).raw
    assert bring(places, make() | {"inception-768.json": b"{}"}) == 0
    assert (store.folder(CONFIG) / "inception-768.json").read_bytes() == b"{}"
    assert store.find(CONFIG).raw == before
    assert capsys.readouterr().out == f"{NAME}: landed\n" * 2


def test_a_stored_result_with_other_numbers_is_replaced_on_request_only(places, capsys):
    bring(places, make())
    assert bring(places, make(2.0)) == 1 and store.find(CONFIG).records[0]["value"] == 1.0
    assert "--replace" in capsys.readouterr().err
    assert bring(places, make(2.0), "--replace") == 0
    assert store.find(CONFIG).records[0]["value"] == 2.0


@pytest.mark.parametrize(
    ("files", "name", "why"),
    [
        ({"result.json": b'{"schema": 1'}, NAME, "is damaged: no JSON"),
        (make(config_hash="0"), NAME, "made by another configuration: 0 is not"),
        (make(), "smoke/digits/rae-s0", f"its configuration is that of {NAME}"),
        (make(config={"system": "other"}), NAME, "has a configuration that is none today"),
        (make(config=None), NAME, "has a configuration that is none today"),
        (make(records=[]), NAME, "no records"),
        (make(records=[{}]), NAME, "has no records as they are written here"),
        (make(files={"history.csv": "0"}), NAME, "its history.csv is damaged or edited"),
        ({"result.json": make()["result.json"].replace(b'"x"', b'"y"')}, NAME, "its checksum is another one"),
        ({"history.csv": b""}, NAME, "it has no result.json"),
    ],
)
def test_what_is_wrong_is_refused_with_the_reason(places, files, name, why, capsys):
    assert bring(places, files, name=name) == 1
    assert why in capsys.readouterr().err and not (places / "results").exists()


def test_a_damaged_or_dangerous_archive_is_refused(places, capsys):
    bring(places, make())
    (places / "half.tar.gz").write_bytes((places / "x.tar.gz").read_bytes()[:200])
    (places / "evil").write_text(json.dumps({}))
    with tarfile.open(places / "evil.tar", "w") as tar:
        tar.add(places / "evil", "../result.json")
    for name in ("half.tar.gz", "evil.tar", "none.tar"):
        assert land.main([str(places / name)]) == 1
        assert f"{name}: refused: " in capsys.readouterr().err
    assert not (places.parent / "result.json").exists()


def test_an_archive_that_would_fill_the_disk_is_refused_before_it_is_unpacked(places, monkeypatch, capsys):
    monkeypatch.setattr(land, "LARGEST", 2**20)
    assert bring(places, make() | {"zeros": bytes(2**21)}) == 1
    assert (places / "x.tar.gz").stat().st_size < 2**14
    assert "it unfolds to more than 1 MiB" in capsys.readouterr().err and not (places / "results").exists()
