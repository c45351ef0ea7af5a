"""Metrics measured on stored runs: the same numbers as in the run, from whatever weights there are."""

import shutil
import threading
import time

import pytest
import torch

from rae_lib.campaign import command, measure
from rae_lib.config import resolve
from rae_lib.evaluation import later
from rae_lib.metrics.active import find_active, measure_correlation
from rae_lib.models import build
from rae_lib.origin import weights_sha256
from rae_lib.results import frame, locks, run, store, weights
from rae_lib.results.frame import select

SMALL = {"sets": ("rec", "N"), "components": (), "width": 2, "train_images": 128}


def tiny():
    return resolve("rae", "digits", "smoke", overrides=SMALL, variant="")


@pytest.fixture
def made(places):
    return command.make(tiny(), also=("nac",))


def test_a_metric_measured_later_is_the_one_measured_in_the_run(made, tmp_path):
    path = made.folder / "nac.json"
    records = store.read_json(path)["records"]
    assert {r["metric"] for r in records} == {"nac", "active_dims", "code_covariance"}
    assert all(r in made.records for r in records)
    for kept in (True, False):  # the weights; else the same training once more
        path.unlink()
        if not kept:
            shutil.rmtree(tmp_path / "home")
        run.measure(tiny(), "nac")
        again = store.read_json(path)
        assert again["records"] == records and again["half_precision"] is False


def test_measurements_at_the_same_time_train_missing_weights_once(made, tmp_path, monkeypatch):
    shutil.rmtree(tmp_path / "home")
    (made.folder / "nac.json").unlink()
    fit, trainings = run.loop.fit, []

    def note(*given, **named):
        trainings.append(threading.get_ident())
        time.sleep(0.5)  # the other one would begin to train
        return fit(*given, **named)

    monkeypatch.setattr(run.loop, "fit", note)
    both = [threading.Thread(target=run.measure, args=(tiny(), "nac")) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(trainings) == 1 and "nac" in store.find(tiny()).extras


def test_a_measurement_waits_for_whoever_holds_the_weights_and_a_run_that_measures_does_not(made, capsys):
    path = made.folder / "nac.json"
    path.unlink()
    with locks.lock(run.workplace(tiny()) / "lock"):
        waiting = threading.Thread(target=run.measure, args=(tiny(), "nac"))
        waiting.start()
        while waiting.is_alive() and "smoke/digits/rae-s0 waits for" not in capsys.readouterr().out:
            time.sleep(0.05)
        assert waiting.is_alive() and not path.exists()
    waiting.join()
    path.unlink()  # raises where it was not measured
    again = threading.Thread(target=command.make, args=(tiny(),), kwargs={"also": ("nac",)}, daemon=True)
    again.start()
    again.join(60)
    assert path.exists()


def test_weights_in_half_precision_do_where_the_metric_bears_it(made, tmp_path):
    exact = {r["metric"]: r["value"] for r in made.extras["nac"]["records"]}
    system, _ = run.trained(tiny(), run.data.load("digits", train_images=128), "cpu", progress=False)
    one = weights.packed(system, (1, 32, 32))
    store.write(made.folder / weights.NAME, one)
    shutil.rmtree(tmp_path / "home")
    run.measure(tiny(), "nac")
    raw = store.find(tiny()).extras["nac"]
    assert raw["half_precision"] is True and not list((tmp_path / "home").rglob("weights.*"))
    assert {r["metric"]: r["value"] for r in raw["records"]} == pytest.approx(exact, rel=0.02)


def test_weights_of_strings_are_kept_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    config = resolve("grae", "expressions", "paper")
    shape = (12, 15)
    system = build(config, shape).eval()
    store.write(store.folder(config) / weights.NAME, weights.packed(system, shape, whole=weights.are_whole(config)))
    result = store.Result(config, store.folder(config), {"weights_sha256": weights_sha256(system)})
    again = weights.load(result).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in system.state_dict().items())
    assert weights.kept(config) and not weights.kept(resolve("vae", "mnist", "paper"))
    assert weights.kept(resolve("vae", "mnist", "overnight"))


def test_what_was_measured_on_other_weights_does_not_count(made):
    raw = store.read_json(made.folder / "nac.json")
    store.write_json(made.folder / "nac.json", raw | {"weights_sha256": "other"})
    assert store.find(tiny()).extras == {}


def test_the_mixture_study_at_the_papers_sizes_goes_on_with_that_of_the_run(places):
    few = resolve("dae", "digits", "smoke", overrides=SMALL | {"components": (1, 10)}, variant="")  # plans no sizes
    command.make(few)
    before = select(frame.of_results([store.find(few)]), study="components", metric="val_loglik")
    assert list(before["components"]) == [1, 10]
    run.measure(few, "components")
    after = select(frame.of_results([store.find(few)]), study="components", metric="val_loglik")
    assert list(after["components"]) == list(resolve("rae", "digits", "paper").components)
    same = after[after["components"].isin([1, 10])]
    assert list(same["value"]) == list(before["value"])
    again = {e["components"]: e["val_loglik"] for e in store.find(few).extras["components"]["components"]}
    assert [again[1], again[10]] == pytest.approx(list(before["value"]), rel=1e-3)


def test_the_weights_of_a_gpu_that_are_lost_cannot_be_made_again(made, tmp_path, monkeypatch):
    shutil.rmtree(tmp_path / "home")
    store.write_json(made.folder / "result.json", made.raw | {"device": "NVIDIA H200"})
    monkeypatch.setattr(run.loop, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(FileNotFoundError, match="weights of rae-s0 are not kept here"):
        run.measure(tiny(), "nac")


def test_the_command_measures_stored_runs_and_lists_what_is_allowed(made, capsys, monkeypatch):
    monkeypatch.setattr(command, "select", lambda _: [tiny(), resolve("ae", "digits", "smoke")])
    assert measure.main(["nac", "--profile", "smoke", "--pending"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 pending"
    (made.folder / "nac.json").unlink()
    assert measure.main(["nac", "--profile", "smoke"]) == 0
    assert "nac" in store.find(tiny()).extras
    with pytest.raises(SystemExit):
        measure.main(["nca", "--profile", "smoke"])
    assert "inception-2048" in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"did you mean nac\?\); allowed: inception-768, "):
        run.measure(tiny(), "nca")


def test_the_catalogue_asks_for_known_metrics_only():
    assert set(later.asked_for()) <= set(later.METRICS)


def test_without_a_stored_run_there_is_nothing_to_measure(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    assert measure.main(["nac", "--profile", "smoke", "--system", "ae"]) == 2
    assert "is stored, so none can be measured" in capsys.readouterr().err
    assert measure.main(["nac", "--profile", "smoke", "--jobs", "0"]) == 2
    assert "--jobs is 0; allowed: 1 or more" in capsys.readouterr().err


def test_correlation_is_over_active_dimensions_and_its_floor_is_that_of_independent_codes():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(2000, 6, generator=generator) * torch.tensor([1, 2, 3, 0.5, 0.01, 0])
    active = find_active(z)
    assert active.tolist() == [True] * 4 + [False] * 2
    found = measure_correlation(z, active)
    assert found["active_dims"] == 4
    assert found["nac"] == pytest.approx((2 / torch.pi / 2000) ** 0.5, rel=0.6)
    z[:, 1] = -z[:, 0]
    both = torch.tensor([True, True] + [False] * 4)
    assert measure_correlation(z, both)["nac"] == pytest.approx(1)
    assert measure_correlation(z, torch.zeros(6, dtype=torch.bool))["nac"] == 0
