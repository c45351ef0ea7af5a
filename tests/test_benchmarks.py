"""The benchmarks count what they say, store row by row, go on where they were, and their page decides the goals."""

import importlib.util
import json
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from rae_lib.claims import verdicts
from rae_lib.config import systems
from rae_lib.data import writing
from rae_lib.pages import speed
from rae_lib.results import other, store
from rae_lib.results.computed.parameters import count_size
from rae_lib.results.frame import framed, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import decoding  # noqa: E402
import peers  # noqa: E402
import run  # noqa: E402
import stages  # noqa: E402
import timing  # noqa: E402
import training  # noqa: E402

SMALL = {"width": 2, "latent": 8, "batch": 10}


def test_seconds_are_the_clock_s_and_the_spread_has_the_median():
    assert timing.seconds(lambda: time.sleep(0.02), "cpu") == pytest.approx(0.02, abs=0.02)
    calls = []
    assert len(timing.repeated(lambda: calls.append(1), "cpu", 3)) == 3 and len(calls) == 4
    assert timing.spread([3.0, 1.0, 2.0]) == {"seconds": 2.0, "fastest": 1.0, "slowest": 3.0}


@pytest.mark.parametrize("system", ["rae-gp", "rae-sn", "vae", "wae-mmd", "eae", "dae-frozen"])
def test_the_arithmetic_of_a_step_is_its_networks_and_what_the_objective_adds(system):
    config = training.sized(system, **SMALL)
    found = timing.arithmetic(config, training.SHAPE)
    assert sum(found.values()) == count_size(config, training.SHAPE).flop
    assert found["objective"] >= 0
    if system == "rae-gp":
        assert 1 < found["objective"] / found["flop"] < 2


def test_memory_is_the_row_s_own_and_names_of_devices_make_file_names():
    timing.fresh("cpu")
    before = timing.memory("cpu")
    block = torch.ones(32 * 2**20, dtype=torch.uint8)
    assert timing.memory("cpu") >= before and before > 2**20
    del block
    assert timing.slug("NVIDIA H200 (141 GB)") == "nvidia-h200-141-gb"


def test_a_row_of_a_system_has_its_rate_share_and_memory():
    row = training.step(training.sized("rae", **SMALL), 25, "cpu", "plain", 2, peak=1e9)
    assert row["images"] == 20  # full batches
    assert row["images_per_second"] == pytest.approx(20 / row["seconds"])
    assert row["share"] == pytest.approx(row["images_per_second"] * row["flop"] / 1e9)
    assert row["fastest"] <= row["seconds"] <= row["slowest"] and row["memory"] > 0


def test_trainings_side_by_side_play_at_the_same_time_and_their_rates_add_up():
    config = training.sized("rae", **SMALL)
    row = training.side_by_side(config, 2, 20, "cpu", "plain", 2, peak=1e9)
    assert row["many"] == 2
    assert row["images_per_second"] == pytest.approx(2 * 20 / row["seconds"])
    meeting = threading.Barrier(3)  # nobody gets past it alone
    seconds = training.together([lambda: meeting.wait(5)] * 3, 2)
    assert 0 < seconds < 5
    with pytest.raises(ZeroDivisionError):
        training.together([lambda: 1 / 0] * 2, 1)


def test_every_kind_of_stage_gives_a_row():
    sizes = run.PLAN["smoke"].sizes
    for name in ("codes: encode", "density: mixture of 10", "distance: Fréchet, 64 features"):
        row = stages.measure(name, sizes, "cpu", 1)
        assert row["seconds"] > 0 and row["count"] in (sizes.images, sizes.codes, sizes.rows)


def test_both_mixtures_see_the_same_codes_and_reach_like_likelihoods():
    sizes = stages.Sizes("digits", 2, 4, 10, 2, 2000, 20, 8)
    name = "density: mixture of 10"
    own, other = (stages.measure(n, sizes, "cpu", 1) for n in (name, f"{name}, scikit-learn"))
    assert own["loglik"] == pytest.approx(other["loglik"], abs=0.05)


@pytest.mark.skipif(importlib.util.find_spec("pythae") is None, reason="pythae is not installed")
@pytest.mark.parametrize("system", peers.PEERS)
def test_the_peer_trains_the_very_same_networks(system):
    images = training.pictures(30, "cpu")
    config = training.sized(system, **SMALL)
    epoch = peers.theirs(config, images[:20], images[20:], "cpu", False)
    assert all(torch.as_tensor(loss).isfinite().all() for loss in epoch())


def test_without_the_peer_its_rows_are_skipped_with_the_reason(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    config = training.sized("ae", **SMALL)
    row = run.attempt(lambda peak: peers.row(config, 20, "cpu", 1, (False, "fp32")), 1.0)
    assert row == {"skipped": "ImportError: pythae is not installed (pip install pythae)"}


# ---- The command


@pytest.fixture
def few(results, monkeypatch):
    """A plan of three rows, of which the second needs what is not there; how often each was measured."""
    calls = []

    def row(name):
        def work(peak):
            calls.append(name)
            if name == "b" and calls.count("b") == 1:
                raise FileNotFoundError("no weights")
            return {"seconds": 0.5, "count": 10, "memory": 2**30}

        return work

    jobs = [("stages", name, row(name)) for name in "abc"]
    monkeypatch.setattr(run, "jobs", lambda p, device: iter(jobs))
    return calls


def command(*words: str) -> int:
    return run.main(["--profile", "smoke", "--device", "cpu", *words])


def stored() -> dict:
    return store.read_json(run.place("cpu", "smoke"))


def test_every_row_is_stored_at_once_and_the_next_call_goes_on(few, monkeypatch, capsys):
    real, seen = run.record, []

    def record(raw, path, row):
        real(raw, path, row)
        seen.append(len(store.read_json(path)["rows"]))

    monkeypatch.setattr(run, "record", record)
    assert command() == 0 and seen == [1, 2, 3, 4]
    assert "skipped: FileNotFoundError: no weights" in capsys.readouterr().out
    assert command() == 0 and few == ["a", "b", "c", "b"]  # what was skipped is tried again
    raw = stored()
    assert [row["name"] for row in raw["rows"] if "skipped" in row] == []
    assert [row["call"] for row in raw["rows"] if row["kind"] == "stages"] == [0, 0, 1]
    peaks = [call["peak"] for call in raw["calls"]]
    assert [peak["side"] for peak in peaks] == [run.PLAN["smoke"].side] * 2
    assert peaks[0]["precision"] == "float32" and 1e6 < peaks[0]["flop_per_second"] < 1e14
    assert raw["calls"][0]["threads"] == torch.get_num_threads() and raw["device"]


def test_a_spent_budget_stops_and_recompute_begins_again(few, capsys):
    assert command("--budget", "-1") == 0 and few == []
    assert "3 rows left" in capsys.readouterr().out
    command()
    command("--recompute")
    assert few == ["a", "b", "c"] * 2 and len(stored()["calls"]) == 1
    assert command("--only", "peak", "--recompute") == 0 and len(few) == 6
    assert [row["kind"] for row in stored()["rows"]] == ["peak"]


@pytest.mark.parametrize("profile", run.PLAN)
def test_a_profile_names_every_row_once_and_has_every_system_and_stage(profile):
    for device, more in (("cpu", 0), ("cuda", len(systems(kind="images")))):
        found = [job[:2] for job in run.jobs(run.PLAN[profile], device)]
        assert len(set(found)) == len(found)
        kinds = [kind for kind, _ in found]
        assert kinds.count("systems") == len(systems(kind="images")) + more
        assert kinds.count("stages") == len(stages.STAGES)
        assert set(kinds) == set(run.KINDS) - {"peak"} - ({"side"} if device == "cuda" else set())


def test_the_paper_profile_has_the_papers_sizes():
    p = run.PLAN["paper"]
    assert (p.sizes.width, p.sizes.latent, p.batch, p.sizes.codes) == (128, 128, 100, 40_000)
    config = training.sized("rae", width=p.sizes.width, latent=p.sizes.latent, batch=p.batch)
    assert timing.arithmetic(config, training.SHAPE)["flop"] == pytest.approx(7.182e9, rel=1e-4)


# ---- Its page


def result(kind: str = "cuda", **share: float) -> dict:
    """A stored result with these shares of RAE's ways, PRD in 3 s, the mixture seven times as fast."""
    common = {"call": 0, "memory": 2**30, "seconds": 3.0, "count": 10_000, "batch": 100}
    common |= {"width": 128, "latent": 128, "flop": 10**9, "objective": 0}
    rows = [
        {"kind": "systems", "name": f"rae, {way}", "share": value, "images_per_second": 1e4}
        for way, value in share.items()
    ]
    rows += [{"kind": "side", "name": "rae x 2", "many": 2, "share": 0.4, "images_per_second": 1}]
    mixture = "density: mixture of 10"
    names = ("distance: PRD, Inception's", "features: inception-768", "features: inception-2048", mixture)
    rows += [{"kind": "stages", "name": name, "loglik": -1.0} for name in names]
    other = {"seconds": 21.0, "loglik": -1.0005}
    peak = {"precision": "bfloat16", "side": 8192, "flop_per_second": 7.9e14}
    call = {"threads": 16, "peak": peak, "versions": {"torch": "2.11"}}
    rows = [common | row for row in rows]
    rows += [common | {"kind": "stages", "name": f"{mixture}, scikit-learn"} | other]
    raw = {"device": "NVIDIA H200", "kind": kind, "profile": "paper", "calls": [call]}
    return raw | {"rows": rows}


def outcomes(place: Path, *raws: dict) -> list[str]:
    """What the stored results say of the goals that need no run, in the order of the claims."""
    for raw in raws:
        store.write_json(place / "benchmarks" / f"{raw['kind']}-paper.json", raw)
    return [v.outcome for v in verdicts.decide([f"SPEED-0{i}" for i in (1, 4, 5, 6)], framed([]))]


def test_goals_are_met_or_missed_by_what_is_stored_of_a_gpu(results):
    assert outcomes(results, result("cpu", plain=0.9)) == ["open"] * 4
    assert outcomes(results, result(captured=0.61)) == ["agrees"] * 4
    assert outcomes(results, result(captured=0.31))[0] == "disagrees"
    slow = result(captured=0.61)
    for row in slow["rows"]:
        row["seconds"] = 30.0 if "PRD" in row["name"] else row["seconds"]
        row["loglik"] = -1.5 if row["name"] == "density: mixture of 10" else row.get("loglik")
    assert outcomes(results, slow) == ["agrees", "agrees", "disagrees", "mixed"]


def test_the_fastest_way_of_a_step_is_found_on_every_device():
    raws = [result(captured=0.6, plain=0.2), result("cpu", plain=0.3)]
    long = other.read_benchmarks(raws)
    shares = select(speed.find_fastest(long), metric="share").set_index(["device", "system"])
    assert shares["value"].to_dict() == pytest.approx({("H200", "rae"): 60, ("CPU", "rae"): 30})
    assert set(select(long, kind="systems", device="H200")["mode"]) == {"captured", "plain"}
    assert speed.list_conditions(raws[:1], long)["TFLOP/s"].tolist() == [pytest.approx(790)]


def test_the_page_takes_the_named_profile_else_the_largest_and_names_the_command(results):
    with pytest.raises(FileNotFoundError, match="benchmarks/run.py --profile laptop"):
        other.find_benchmarks("laptop")
    for profile in ("smoke", "paper"):
        raw = result("cpu", plain=0.1) | {"profile": profile}
        store.write_json(results / "benchmarks" / f"cpu-{profile}.json", raw)
    assert [raw["profile"] for raw in other.find_benchmarks("laptop")] == ["paper"]
    assert [raw["profile"] for raw in other.find_benchmarks("smoke")] == ["smoke"]
    assert speed.read_decoding("paper")[1] == ""
    few = {"kind": "decoding", "name": "zinc: a", "dataset": "zinc", "set": "a", "single_ratio": 3.0}
    raw |= {"device": "another CPU", "rows": [few]}
    store.write_json(results / "benchmarks" / "a-cpu-smoke.json", raw)
    assert other.find_benchmarks("smoke")[0]["device"] == "NVIDIA H200"  # it has more rows
    rows, device = speed.read_decoding("smoke")
    assert device == "another CPU" and rows[["metric", "value"]].to_numpy().tolist() == [["single_ratio", 3.0]]
    assert speed.judge_decoding(rows) == "It is missed outside of a search (ZINC molecules): 3 times."
    assert (
        speed.judge_decoding(rows.assign(set="a search", value=60.0))
        == "It is reached in a search (ZINC molecules): 60 times."
    )


def test_what_is_stored_in_the_repository_can_be_shown(root, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(root / "results"))
    raws = other.find_benchmarks("laptop")
    long = other.read_benchmarks(raws)
    assert len(speed.draw_growth(long, "share").axes) == 3
    assert "inception-2048" in speed.list_skipped(raws, "stages")
    alone = select(speed.compare_single(long), metric="ratio", many=1)
    assert alone["value"].eq(1).all()
    peers = select(speed.list_peers(long), metric="ratio")
    assert peers["text"].str.match(r"[\d.]+ \([\d.]+ to [\d.]+\)").all() and len(peers)


@pytest.mark.gpu
def test_rows_of_the_smoke_profile_are_measured_on_the_card(results, cuda, capsys):
    assert run.main(["--device", "cuda", "--profile", "smoke", "--only", "stages"]) == 0
    (path,) = results.glob("benchmarks/*.json")
    rows = json.loads(path.read_text())["rows"]
    assert {row["kind"] for row in rows} == {"peak", "stages"}
    lacking = {row["name"]: row["skipped"] for row in rows if "skipped" in row}
    assert all("Inception" in why or "inception" in why for why in lacking.values()), lacking


@pytest.mark.gpu
@pytest.mark.parametrize("mode", training.MODES)
def test_on_a_gpu_every_way_of_running_the_step_gives_a_row(mode):
    peak = timing.matrix_rate("cuda", 4096)["flop_per_second"]
    row = training.step(training.sized("rae", width=16, latent=8, batch=100), 2000, "cuda", mode, 2, peak)
    assert 0 < row["share"] < 1 and row["memory"] > 0


@pytest.mark.parametrize("dataset", ["expressions", "zinc"])
def test_python_stacks_and_the_batch_decode_the_same_strings(dataset):
    pytest.importorskip("nltk")
    own = writing.find(dataset, "productions")
    plain = decoding.Stacks(own.grammar)
    logits = torch.randn(20, own.length, own.size, generator=torch.Generator().manual_seed(0))
    logits[10:, :, [i for i, (_, right) in enumerate(own.grammar.productions) if len(right) == 1]] += 2
    tokens = plain.choose(logits.numpy(), None)
    assert own.choose(logits).tolist() == tokens.tolist()
    texts = [plain.write(row) for row in tokens]
    assert own.texts(own.choose(logits)) == texts and "" in texts and any(texts)


@pytest.mark.parametrize("span", decoding.SPANS)
def test_a_row_of_decoding_has_the_rate_of_every_way(span):
    pytest.importorskip("nltk")
    threads = torch.get_num_threads()
    row = decoding.measure("expressions", span, 20, "cpu", 1)
    assert torch.get_num_threads() == threads
    assert row["count"] == (20 if span == "strings from codes" else 500)  # 25 times 20 in a search
    for name in ("stacks", "single"):
        assert row[f"{name}_ratio"] == pytest.approx(row["strings_per_second"] / row[f"{name}_per_second"])
