"""What a command line names: the runs that are meant, or a refusal that says what there is."""

import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from records import stored

from rae_lib.campaign import command as runs
from rae_lib.campaign.selection import select
from rae_lib.config import PROFILES, catalogue, datasets, resolve, systems
from rae_lib.results import store
from rae_lib.studies import campaign, study

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def nothing_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))


def chosen(line: str) -> list[str]:
    return [c.name for c in select(runs.parser().parse_args(shlex.split(line)))]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--dataset digits --seed 7", "--seed 7 selects nothing of laptop/digits; there: 0, 1, 2"),
        ("--profile overnight --dataset mnist --seed 0 7", "--seed 7 selects nothing"),
        ("--system vae --document dae", "there: dae, vae-dae"),
        ("--dataset mnist --study grid", "data sets with it: digits"),
        ("--profile smoke --dataset digits --study weight", "there: samples, kl, small"),
        ("--dataset digits --study kl --no-studies", "these are all of a study"),
        ("--name vae-s0-kl-3", "with --dataset any system"),
        ("--dataset digits --name vae-s0-kl-3", r"no such run \(did you mean vae-s0-kl-1"),
        ("--dataset digits --name vea-s0", r"did you mean vae-s0\?"),
        ("--dataset digits --name vae-s99999999999", "seed is 99999999999; allowed: 0 to"),
        ("--dataset digits --name kl", "SYSTEM-sSEED-VARIANT"),
    ],
)
@pytest.mark.parametrize("mode", [[], ["--list"], ["--pending"]])
def test_what_selects_nothing_is_refused_before_any_work(line, words, mode, capsys, monkeypatch):
    monkeypatch.setattr(runs, "make", lambda *_, **__: pytest.fail("work has begun"))
    assert runs.main([*line.split(), *mode]) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.startswith("error: --" if "999" not in line else "error: seed")
    assert error.count("\n") == 1
    with pytest.raises(ValueError, match=words):
        chosen(line)


@pytest.mark.parametrize("line", ["--seed -1", "--seed 4294967296", "--jobs 0", "--jobs -3"])
def test_impossible_numbers_are_refused(line, capsys):
    assert runs.main(line.split()) == 2
    assert "allowed: " in capsys.readouterr().err


def test_runs_side_by_side_are_refused_on_a_gpu(monkeypatch, capsys):
    monkeypatch.setattr(runs, "device_for", lambda _: "cuda")
    assert runs.main(["--profile", "smoke", "--jobs", "2"]) == 2
    assert capsys.readouterr().err.startswith("error: --jobs is 2; allowed on a GPU: 1")


def test_a_name_is_one_run_whether_the_campaign_lists_it_or_not():
    assert chosen("--dataset digits --name rae-sn-s0 vae-s0-kl-1") == ["rae-sn-s0", "vae-s0-kl-1"]
    assert chosen("--profile smoke --dataset mnist --name dae-s12") == ["dae-s12"]
    assert chosen("--dataset digits --name vae-s12-kl-1") == ["vae-s12-kl-1"]
    two = select(runs.parser().parse_args(["--profile", "overnight", "--name", "vae-s0"]))
    assert {c.dataset for c in two} == {"mnist", "cifar10", "celeba64", "fashion_mnist"}


def test_data_set_system_and_seed_together_name_runs_that_the_campaign_does_not_list():
    assert chosen("--dataset mnist --system dae --seed 5") == ["dae-s5"]
    assert chosen("--dataset mnist --system vae dae --seed 0 5") == [*("vae-s0", "dae-s0", "vae-s5", "dae-s5")]
    assert len(chosen("--dataset digits --system vae --seed 0")) > 1, "its studies too"
    assert chosen("--dataset digits --system vae --seed 0 --no-studies") == ["vae-s0"]
    assert len(chosen("--profile overnight --dataset synth16 --no-studies")) == 3 * len(systems(kind="images"))


def test_all_stored_is_nothing_pending_and_no_refusal(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(runs, "find", lambda config: store.Result(config, tmp_path, {}))
    monkeypatch.setattr(runs, "find_fault", lambda config: "")
    assert runs.main(["--profile", "smoke", "--pending"]) == 0
    assert capsys.readouterr().out == "0 pending\n"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_advice_for_a_missing_run_names_exactly_that_run(profile):
    more = [resolve("dae", "mnist", profile, 77), *study("kl", "digits", profile, 77)[:2]]
    for config in (*campaign(profile)[::199], *more):
        command = store.why_missing(config).partition("python -m rae_lib run ")[2]
        assert select(runs.parser().parse_args(shlex.split(command))) == [config]


@pytest.mark.parametrize("dataset", datasets("images"))
def test_every_study_can_be_asked_for_on_every_data_set(dataset):
    for profile in PROFILES:
        for name in catalogue()["study"]:
            study(name, dataset, profile, 3)


def read_snakefile(folder: Path, **options: object) -> dict:
    """What the Snakefile says of its jobs, in the process that makes the list."""
    text = (ROOT / "Snakefile").read_text().partition("\nrule all")[0]
    names = {"config": options | {"python": sys.executable, "done": folder}}
    names["workflow"] = SimpleNamespace(is_main_process=True)
    exec(compile(text, "Snakefile", "exec"), names)
    return names


@pytest.mark.parametrize(
    "options", [{"profile": "overnight", "choose": "--dataset mnist"}, {"choose": "--seed 0", "gpus": 4}]
)
def test_every_job_of_the_snakefile_is_a_pending_run_of_the_campaign(options, tmp_path):
    profile = options.get("profile", "laptop")
    first, *_ = wanted = [f"{profile}/{c.dataset}/{c.name}" for c in listed(profile, options["choose"])]
    (tmp_path / first).parent.mkdir(parents=True)
    (tmp_path / first).touch()  # done once, and pending again
    names = read_snakefile(tmp_path, **options)
    assert names["JOBS"] == wanted and not (tmp_path / first).exists()
    _, dataset, name = first.split("/")
    assert chosen(f"--profile {profile} --dataset {dataset} --name {name} --measure") == [name]
    cards = [names["device"](dict(zip(("profile", "dataset", "name"), job.split("/"), strict=True))) for job in wanted]
    assert cards[:2] == (["CUDA_VISIBLE_DEVICES=0", "CUDA_VISIBLE_DEVICES=1"] if "gpus" in options else ["", ""])


def listed(profile: str, options: str) -> list:
    return select(runs.parser().parse_args(["--profile", profile, *shlex.split(options)]))


def test_the_snakefile_refuses_what_the_command_refuses(capfd, tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        read_snakefile(tmp_path, choose="--seed 0 7")
    assert "error: --seed 7 selects nothing" in capfd.readouterr().err


def test_side_by_side_the_longest_comes_first_and_before_it_what_was_never_stored(results):
    configs = [resolve(system, "digits", "laptop") for system in ("ae", "rae", "vae")]
    for config, seconds in zip(configs[:2], (1.0, 9.0), strict=True):
        stored(config, {}, seconds={"train": seconds, "density": 1.0, "evaluate": 1.0})
    jobs = runs.longest_first([(config, ("run",)) for config in configs])
    assert [config.system for config, _ in jobs] == ["vae", "rae", "ae"]
