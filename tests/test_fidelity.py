"""What the book says of the papers is what they have: sizes, counts of rows, rules of claims."""

import re
from pathlib import Path

import pytest

from rae_lib.config import catalogue, resolve
from rae_lib.pages import exhibits
from rae_lib.results.frame import select
from rae_lib.results.printed import printed

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = {"seven": 7, "eight": 8, "nine": 9, "thirteen": 13}
TABLE2 = select(printed("slides").query("table == '2'"), metric="latent", study="")
OWN_RULES = r"the claim allows|the claim holds if|by the claim's measure"


@pytest.mark.parametrize(("system", "dataset", "size"), TABLE2[["system", "dataset", "value"]].to_numpy())
def test_a_code_has_the_size_of_table_2(system, dataset, size):
    assert resolve(system, dataset, "paper").latent == size


def test_the_map_counts_the_systems_of_a_table():
    found = [e for e in exhibits.read() if re.search(rf"({'|'.join(NUMBERS)}) systems", e["shows"])]
    assert len(found) >= 2
    for exhibit in found:
        documents = {"rae": ("rae-v1", "rae")}.get(exhibit["document"], (exhibit["document"],))
        table = exhibit["item"].removeprefix("Table ")
        counts = {select(printed(d), table=table, metric="frechet")["system"].nunique() for d in documents}
        assert counts == {n for word, n in NUMBERS.items() if word in exhibit["shows"]}


@pytest.mark.parametrize("page", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_no_page_has_a_rule_of_a_claim_in_other_words(page):
    """Rules are shown as they are run; a copy in words is not changed with them."""
    assert not re.search(OWN_RULES, page.read_text(), re.IGNORECASE)


def test_table_3_of_the_slides_has_thirteen_models_and_shares_four_names_with_table_1():
    rows = select(printed("slides"), metric="frechet", dataset="mnist", set=["N", "gmm"], study="")
    one, three = (select(rows, table=table) for table in ("1", "3"))
    assert (len(one), len(three)) == (8, 13)
    read_as = catalogue()["published"]["slides"]["VAE"]
    shared = set(one["system"]) & set(three["system"]) - {read_as}
    assert shared == {"wae-gan", "two-stage-dw", "vae-flow", "maskaae"}
