"""The long frame: ours and print in one schema, with the papers' sizes, and what decides nothing."""

from types import SimpleNamespace

import pandas as pd
import pytest
from records import frechets

from rae_lib import studies
from rae_lib.config import resolve
from rae_lib.pages import structures
from rae_lib.results import frame, request, store
from rae_lib.results.frame import (
    COLUMNS,
    difference,
    measured,
    of_study,
    paper_sizes,
    ratio,
    select,
    select_distances,
    study_of,
)
from rae_lib.results.printed import FILES, FOLDER, LEFT_OUT, printed


@pytest.fixture(scope="module")
def ours() -> pd.DataFrame:
    return measured()


def test_every_record_of_every_run_is_in_the_frame(ours):
    own = select(ours, dataset="digits", system="vae", seed=0)
    result = store.find(resolve("vae", "digits", "laptop"))
    keys = ["metric", "protocol", "features", "value"]
    assert {tuple(r[k] for k in keys) for r in result.records} <= set(own[keys].itertuples(index=False, name=None))
    assert set(own[own["features"] == "codes"]["set"]) == {"test codes", "training codes", "codes"}


def test_the_frame_has_the_schema_and_no_row_twice(ours):
    assert list(ours) == list(printed()) == COLUMNS
    assert not ours.duplicated([*frame.IDENTITY, "variant"]).any()


def test_an_own_sampler_has_both_its_names(ours):
    for system, other in (("vae", "N01"), ("rae", "mvg")):
        found = select_distances(ours, dataset="digits", system=system, seed=0, set=["N", other])
        assert len(found) == 2 and found["value"].nunique() == 1


def test_distances_are_in_own_features_and_clean_unless_others_are_named(ours):
    found = select_distances(ours, dataset="cifar10")
    assert [set(found[name]) for name in ("metric", "features", "protocol")] == [{"frechet"}, {"domain"}, {"clean"}]
    assert set(select_distances(ours, protocol="paper")["protocol"]) == {"paper"}


def test_runs_of_a_page_are_on_data_of_their_kind_and_may_be_missing(results):
    assert request.find_runs("structures", needed=False) == []
    with pytest.raises(FileNotFoundError, match="has not been run; make it with"):
        request.find_runs("structures")
    with pytest.raises(ValueError, match="dataset is 'digits'; allowed: all, expressions, zinc"):
        request.find_runs("structures", dataset="digits")


def test_searches_are_of_the_profile_at_which_most_runs_have_one(monkeypatch):
    def made(profile: str, systems: str, searched: bool) -> list[SimpleNamespace]:
        configs = [resolve(s, "expressions", profile) for s in systems.split()]
        return [SimpleNamespace(config=c, extras={"search": {}} if searched else {}) for c in configs]

    kept = {"paper": made("paper", "gvae grae", False), "overnight": [], "laptop": made("laptop", "cvae grae", True)}
    monkeypatch.setattr(structures.store, "load_all", lambda profile, dataset: kept[profile])
    assert [r.config.system for r in structures.find_searched(kept["paper"])] == ["grae", "cvae"]
    kept["paper"] = made("paper", "gvae grae", True)  # as many: the larger profile
    assert [r.config.profile for r in structures.find_searched(kept["paper"])] == ["paper", "paper"]
    assert structures.find_searched(kept["laptop"])[0].config.profile == "laptop"
    assert structures.find_searched([]) == []


def test_selecting_by_a_column_that_does_not_exist_names_those_that_do(ours):
    with pytest.raises(ValueError, match="sytem.*did you mean system"):
        select(ours, sytem="vae")


@pytest.mark.parametrize(
    ("variant", "study"),
    [("", ""), ("grid_latent-8", "grid"), ("kl-0.1", "kl"), ("no-bn", "no-bn"), ("size_epochs-24_width-8", "size")],
)
def test_a_variant_tells_its_study(variant, study):
    assert study_of(variant) == study


@pytest.mark.parametrize(("width", "latent"), [(64, 64), (128, 256), (256, 512)])
def test_a_cell_of_a_grid_stands_for_the_papers_sizes(width, latent):
    config = studies.cell("grid", "dae", "digits", "laptop", width=width, latent=latent)
    assert paper_sizes(config, "grid") == (width, latent)
    own = resolve("vae", "mnist", "overnight")
    assert paper_sizes(own, "") == (128, 16)


def test_a_study_takes_the_systems_own_run_where_it_is_the_same_training(ours):
    found = of_study(ours[(ours["dataset"] == "mnist") & (ours["system"] == "ae")], "size")
    assert set(found["epochs"]) >= {12, 24}
    with pytest.raises(ValueError, match=r"study is .sizes. \(did you mean size\?\); allowed: "):
        of_study(ours, "sizes")


def test_ratios_and_differences_are_taken_seed_by_seed_and_keep_a_doubt():
    long = frechets(("ae", "gmm", 0, 2.0), ("ae", "gmm", 1, 9.0), ("ae", "N", 0, 4.0), ("ae", "N", 1, 3.0))
    long.loc[long["set"] == "N", "doubt"] = "short"
    assert ratio(long, "set", "gmm", "N")["value"].tolist() == [0.5, 3.0]
    less = difference(long, "set", "gmm", "N")
    assert less["value"].tolist() == [-2.0, 6.0] and set(less["doubt"]) == {"short"}


def test_print_keeps_its_digits_and_its_sizes():
    where = {"study": "grid", "system": "dae", "paper_width": 32, "paper_latent": 128}
    dae = select(printed("dae"), set="N01", metric="frechet", **where)
    assert list(dae["text"]) == ["288.8"] and list(dae["value"]) == [288.8]
    deep = select(printed("dae"), study="grid", depth="3,3,2,1", set="mvg")
    assert list(deep["paper_latent"]) == [96]
    quoted = select(printed("dae"), system="rae-l2", dataset="cifar10", set="gmm")
    assert len(quoted) == 1


@pytest.mark.parametrize("document", FILES)
def test_every_printed_number_is_in_the_frame(document):
    lines = pd.concat([pd.read_csv(FOLDER / f"{file}.csv", dtype=str) for file in FILES[document]])
    lines = lines[~lines["metric"].str.contains("|".join(LEFT_OUT))]
    found = printed(document)
    assert set(zip(lines["table"], lines["value"], strict=True)) == set(zip(found["table"], found["text"], strict=True))


def test_what_changes_by_doubling_decides_nothing(ours):
    place = {"dataset": "mnist", "profile": "overnight"}
    rec = select(ours, system=["ae", "vae"], metric="frechet", set="rec", **place)
    assert all("doubling test" in doubt for doubt in rec["doubt"])
    real = select(ours, system="ae", set="real", **place)
    assert not any(real["doubt"])


def test_a_mean_over_two_kinds_of_features_is_refused(ours):
    mixed = ours[(ours["dataset"] == "cifar10") & (ours["metric"] == "frechet") & (ours["study"] == "")]
    with pytest.raises(ValueError, match="different features would be averaged"):
        frame.check_features(mixed, ["system", "set"])
    frame.check_features(select(mixed), ["system", "set", "protocol"])
    frame.check_features(mixed, ["system", "set", "features"])


def test_own_runs_stand_at_the_seeds_of_a_study(ours):
    own, study = select(ours, system="ae", dataset=["digits", "mnist"]), select(ours, study="noise")
    kept = frame.at_seeds_of(own, study)
    assert set(study["dataset"]) == {"digits"}
    assert set(kept.loc[kept["dataset"] == "digits", "seed"]) == set(study["seed"]) < set(own["seed"])
    assert set(kept.loc[kept["dataset"] == "mnist", "seed"]) == {0, 1, 2}  # no run of the study: all seeds
