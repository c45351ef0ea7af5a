"""results.csv: every stored number and every published one, once."""

import pandas as pd
import pytest

from rae_lib.__main__ import main
from rae_lib.results import export, printed, store

MEGABYTE = 1024**2


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "results.csv"
    assert main(["export", str(path)]) == 0
    assert path.stat().st_size < 4 * MEGABYTE
    return pd.read_csv(path, low_memory=False)


def test_every_record_of_a_run_is_a_row_with_its_value(rows):
    run = store.load_all("overnight", "mnist")[0]
    c = run.config
    own = rows[(rows["profile"] == c.profile) & (rows["dataset"] == c.dataset) & (rows["system"] == c.system)]
    own = own[(own["seed"] == c.seed) & (own["variant"].fillna("") == c.variant)]
    record = next(r for r in run.records if r["metric"] == "frechet")
    place = (own[name] == record[name] for name in ("metric", "set", "features", "protocol"))
    assert own[pd.concat(place, axis=1).all(axis=1)]["value"].item() == pytest.approx(record["value"], rel=1e-6)


def test_published_numbers_are_rows_of_their_paper(rows):
    found = rows[rows["document"] == "rae"]
    assert len(found) == len(printed.printed("rae")) > 100


def test_every_run_is_in_it(rows):
    runs = {(r.config.profile, r.config.dataset, r.config.system, r.config.seed) for r in store.load_all()}
    trials = rows["set"].isin(["bo", "random", "sampled"])  # of a search: numbered in the place of seeds
    own = rows[(rows["document"] == "here") & ~trials]
    assert set(own[["profile", "dataset", "system", "seed"]].itertuples(index=False, name=None)) == runs


def test_a_name_that_is_no_csv_is_refused(tmp_path, capsys):
    assert export.main([str(tmp_path / "results.txt")]) == 2
    assert "allowed" in capsys.readouterr().err and not list(tmp_path.iterdir())
