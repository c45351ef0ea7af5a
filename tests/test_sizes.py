"""The size study: cells, doublings, orders, laws; with every subset of its cells, none included."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from records import enough

from rae_lib.pages import laws, sizes
from rae_lib.results import gate, store
from rae_lib.results.frame import select
from rae_lib.results.printed import printed

SYSTEMS = ("ae", "rae-l2", "vae", "wae-mmd")
KEYS = ("metric", "set", "features", "protocol", "n_real", "n_fake", "value")
BASE = {"rec": 0.5, "N": 8.0, "gmm": 2.0, "interp": 3.0}


def distance(kind: str, system: str, width: int, updates: float) -> float:
    """A distance with a limit of its own, by size."""
    power = 0.75 * BASE[kind] * (updates / 6000) ** -0.4 * (width / 16) ** -0.3
    return (1 + SYSTEMS.index(system) / 4) * (BASE[kind] / 4 + power)


def result(config) -> store.Result:
    """A stored run of the study with made-up distances."""
    updates = config.epochs * (50_000 // config.batch)
    values = {k: distance(k, config.system, config.width, updates) for k in BASE} | {"real": 0.1}
    rows = [("frechet", k, "domain", "clean", 9, 9, v) for k, v in values.items()]
    raw = {"records": [dict(zip(KEYS, row, strict=True)) for row in rows], "parameters": 1}
    raw |= {"data": {"train": 50_000, "test": 10_000}, "seconds": {"train": 1, "density": 1, "evaluate": 1}}
    return store.Result(config, Path("nowhere"), raw)


@pytest.fixture(scope="module")
def whole() -> list[store.Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.Result, "history", pd.DataFrame())
        patch.setattr(gate, "doubling", enough)
        yield [result(c) for c in sizes.planned("mnist", "overnight")]


@pytest.fixture(scope="module")
def rows(whole) -> pd.DataFrame:
    return sizes.cells(whole)


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    found = select(printed("rae"), metric="frechet", dataset="mnist")
    return found[found["system"].isin(SYSTEMS)]


def grid(value, widths=(4, 8, 16, 32), updates=(3, 6, 12, 24)) -> pd.DataFrame:
    """One system's reconstructions over a grid of cells, `value` a function of width and updates."""
    cells = [("ae", w, 500 * u, "rec", value(w, u)) for w in widths for u in updates]
    return pd.DataFrame(cells, columns=["system", *sizes.SIZE, "set", "value"])


def test_the_study_has_every_cell_and_the_own_run_among_them(whole, rows):
    planned = sizes.planned("mnist", "overnight")
    assert len(planned) == 64 and sum(not c.variant for c in planned) == 4
    assert sizes.datasets("all", "overnight") == ["mnist", "cifar10"]
    with pytest.raises(ValueError, match="recompute needs one data set by name"):
        sizes.datasets("all", "overnight", recompute=True)
    one = rows[(rows["system"] == "vae") & (rows["width"] == 8) & (rows["epochs"] == 3)]
    assert set(one["updates"]) == {1500} and set(one["set"]) == set(BASE) and len(rows) == 64 * 4
    assert sizes.published_sizes(whole) == dict.fromkeys(SYSTEMS, (128, 50_000))


def find_steady(rows: pd.DataFrame) -> object:
    return sizes.doublings(rows, {"ae": 16})["steady"].iloc[0]


def test_a_distance_is_steady_where_neither_doubling_changes_it_by_a_fifth():
    assert find_steady(grid(lambda w, u: 1.0)) is True
    assert find_steady(grid(lambda w, u: u**-0.31)) is True  # falls by 19 %
    assert find_steady(grid(lambda w, u: u**-0.33)) is False  # by 20.4 %
    assert find_steady(grid(lambda w, u: w**-0.4)) is False
    assert find_steady(grid(lambda w, u: 1 if u < 24 else 1.25)) is False  # rising counts as well
    full = grid(lambda w, u: 1.0)
    for width, updates in ((32, 24), (16, 24), (32, 12)):  # the largest cell, or half of it, is missing
        less = full[(full["width"] != width) | (full["updates"] != 500 * updates)]
        assert find_steady(less) is None


def test_the_table_names_the_cell_at_which_a_doubling_ends():
    rows = grid(lambda w, u: w / u)
    found = sizes.doublings(rows, {"ae": 16})
    text = sizes.doubling_table(found, rows).iloc[0].str.replace("\u00a0", " ")
    assert text["updates × 2, own width"] == "−50 % (16 × 12,000)"
    assert (text["updates × 2"], text["width × 2"], text["less than a fifth"]) == ("−50 %", "+100 %", "✗ no")


def test_the_order_at_every_size_is_compared_with_the_published_one(rows, published):
    found = sizes.orders(rows, published)
    assert len(found) == 16 * 4 and set(found["systems"]) == {4}
    assert set(found["order"]) == {"AE, RAE-L2, VAE, WAE-MMD"}
    # WAE-MMD, RAE-L2, AE, VAE as published: two of six pairs are in our order.
    assert found[found["set"] == "rec"]["value"].iloc[0] == pytest.approx(-1 / 3)
    assert sizes.order_words(found).startswith("reconstructions −0.33")
    table = sizes.order_table(found, published)
    assert len(table) == 4 * 5 and table.index[4][1] == "published"


def test_a_law_without_noise_is_found_with_its_parameters():
    rows = grid(lambda w, u: 2 + 3 * (u / 12) ** -0.5 * (w / 16) ** -0.25)
    points, logs, _ = laws.logs_of(rows)
    theta = laws.fit(points, logs)
    assert math.exp(theta[0]) == pytest.approx(2, rel=1e-3)
    assert theta[2:] == pytest.approx([0.5, 0.25], rel=1e-3)


def test_intervals_hold_a_limit_that_the_cells_do_not_show():
    rng, inside = np.random.default_rng(0), []
    for kind in BASE:
        for system in SYSTEMS[:3]:
            cells = grid(lambda w, u, k=kind, s=system: distance(k, s, w, 500 * u) * math.exp(0.04 * rng.normal()))
            low, high = laws.interval(np.exp(laws.law(cells, (128, 50_000)).draws))
            inside.append(low <= distance(kind, system, 128, 50_000) <= high)
    assert sum(inside) >= 9  # of 12; nine tenths are meant


def test_an_extrapolation_is_believed_only_if_narrow_and_tested():
    rng = np.random.default_rng(0)
    good = laws.law(grid(lambda w, u: 3 * u**-0.4), (128, 50_000))
    assert good.verdict == "yes" and good.missed == pytest.approx(0, abs=1e-3)
    noisy = grid(lambda w, u: u**-0.4 * math.exp(0.5 * rng.normal()))
    assert "factor of 2" in laws.law(noisy, (128, 50_000)).verdict
    turned = grid(lambda w, u: 2.0 if (w, u) == (32, 24) else u**-0.4)
    assert "missed the largest cell" in laws.law(turned, (128, 50_000)).verdict
    few = grid(lambda w, u: u**-0.4, widths=(8, 16))
    assert "not tested" in laws.law(few, (128, 50_000)).verdict


def test_ratios_of_predictions_are_compared_with_the_published_ones(whole, rows, published):
    some = rows[(rows["set"] == "gmm") & rows["system"].isin(["rae-l2", "vae"])]
    found = laws.laws(some, sizes.published_sizes(whole))
    table = laws.ratio_table(found, some, published)
    assert table.index[0][1] == "VAE / RAE-L2" and table["published"].iloc[0] == "2.03"
    assert table.iloc[0, 1].startswith("1.20 (1.20 to 1.20)")
    assert table["published is"].iloc[0] == "outside"


def test_two_systems_are_no_order_and_the_distance_to_the_papers_is_in_words(rows, published):
    two = sizes.orders(rows[rows["system"].isin(["ae", "vae"])], published)
    assert two.empty and sizes.order_table(two, published).empty and sizes.order_words(two) == ""
    words = sizes.describe_distance({"mnist": rows}, {"mnist": {"ae": (128, 50_000)}})
    assert words == "On MNIST the papers have 4 times our largest width and 4.2 times our most updates."


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_every_subset_of_the_cells_makes_a_page(whole, published, share, monkeypatch):
    rng = np.random.default_rng(2)
    monkeypatch.setattr(laws, "DRAWS", 3)
    some = [r for r in whole if rng.random() < share]
    rows = sizes.cells(some)
    doubled = sizes.doublings(rows, sizes.own_widths(sizes.planned("mnist", "overnight")))
    orders = sizes.orders(rows, published)
    found = laws.laws(rows, sizes.published_sizes(some))
    table = sizes.doubling_table(doubled, rows)
    assert len(table) <= len(doubled) and table.notna().any(axis=1).all() and (len(table) or share < 0.3)
    assert sizes.has_lines(rows) and not sizes.has_lines(rows[rows["updates"] == rows["updates"].max()])
    assert sizes.distances(rows).axes and (len(sizes.order_table(orders, published)) or share < 1)
    assert found or share < 1


def test_claims_are_counted_at_every_size_by_their_values(whole):
    table = sizes.claim_table(whole)  # the mixture is the better sampler of every system at every size
    assert list(table.loc["RAE-01"]) == ["4 of 4"] * 4
    assert [name.replace("\u00a0", " ") for name in table][-1] == "32 × 12,000"
    part = [r for r in whole if (r.config.width, r.config.epochs) != (whole[0].config.width, whole[0].config.epochs)]
    shorter = sizes.claim_table(part)  # a size of which nothing is stored is no column
    assert len(shorter.columns) == 3 and list(shorter.index) == sorted(shorter.index)
