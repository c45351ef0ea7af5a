"""The search in a trained system: its records and best strings, that it goes on, and the drawings on the page."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import torch

pytest.importorskip("botorch", reason="BoTorch is not installed: rae-lib[structures]")

from rae_lib import data
from rae_lib.config import resolve
from rae_lib.evaluation import search, tasks
from rae_lib.evaluation.trained import Trained
from rae_lib.models import build
from rae_lib.pages import structures


@pytest.mark.slow
def test_a_search_has_records_of_every_trial_and_the_best_strings_of_all(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_HOME", str(tmp_path))
    config = resolve("grae", "expressions", "smoke")
    strings = data.load_for(config)
    trained = Trained(build(config, strings.shape).eval(), config, strings, "cpu")
    found = search.measure(trained, False)
    own, score = found["settings"], tasks.find("expressions").scorer([])
    assert [(t["set"], t["trial"]) for t in found["trials"]] == [(s, n) for s in search.SETS for n in (0, 1)]
    for trial in found["trials"]:
        assert len(trial["texts"]) == len(trial["scores"]) == own["steps"] * own["batch"]
        for text, value in zip(trial["texts"], trial["scores"], strict=True):
            assert value == pytest.approx(tasks.find("expressions").worst if text is None else score([text])[0])
    shares = {(r["set"], r["seed"]): r["value"] for r in found["records"] if r["metric"] == "valid_fraction"}
    for trial in found["trials"]:
        valid = [text for text in trial["texts"] if text is not None]
        assert shares[trial["set"], trial["trial"]] == len(valid) / len(trial["texts"])
    for best in found["best"].values():
        assert [value for _, value in best] == sorted(value for _, value in best)  # a lower one is better
        assert len({text for text, _ in best}) == len(best) <= search.BEST
    monkeypatch.setattr(search, "make_evaluation", lambda *_: lambda *_: pytest.fail("it had ended"))
    assert search.measure(trained, False)["trials"] == found["trials"]


def test_a_molecule_that_is_found_in_two_spellings_is_one(monkeypatch):
    pytest.importorskip("rdkit", reason="RDKit is not installed: rae-lib[structures]")
    counts = [Counter({"OCC": 3, "CCO": 1}), Counter({"C(C)O": 1}), Counter({"C(": 9, "CC": 2}), Counter({"C(": 1})]
    monkeypatch.setattr(search, "count_decodings", lambda *_: counts)
    config = resolve("gvae", "zinc", "smoke")
    strings = SimpleNamespace(name="zinc", writing="productions")
    system = SimpleNamespace(decoder=lambda z: z)
    one = SimpleNamespace(system=system, config=config, data=strings, device="cpu")
    score = lambda texts: np.array([np.nan if not text else float(len(text)) for text in texts])  # noqa: E731
    texts, scores = search.make_evaluation(one, tasks.find("zinc"), score, 99.0)(torch.zeros(4, 2), None)
    assert texts == ["CCO", "CCO", "CC", None] and scores.tolist() == [3, 3, 2, 99]


def test_the_best_molecules_are_drawn_and_listed():
    molecules = pytest.importorskip("rae_lib.metrics.molecules", reason="RDKit is not installed: rae-lib[structures]")
    assert molecules.canonical_smiles("OCC") == "CCO"
    best = [("CCO", 1.234), ("c1ccccc1", -0.5)]
    drawings = {text: tasks.find("zinc").draw(text) for text, _ in best}
    extras = {"search": {"best": {"bo": best}, "drawings": drawings}}
    run = SimpleNamespace(config=resolve("grae", "zinc", "smoke"), extras=extras)
    picture = structures.draw_best([run], "zinc")
    assert picture.count("<svg") == 1 + len(best) and "GRAE 1: 1.23" in picture and "GRAE 2: −0.50" in picture
    assert structures.draw_best([], "zinc") == ""
    table = structures.list_best([run], "zinc")
    assert table["ours", "string"]["GRAE", "1"] == "`CCO`"
    assert table["paper", "score"]["GRAE", "1"]
