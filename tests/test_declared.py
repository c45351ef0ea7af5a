"""A system is declared once: in the catalogue, with a class in models; nothing else knows its name."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import rae_lib
from rae_lib import config
from rae_lib.config import DOCUMENTS, SYSTEMS, Config, own_set, resolve, system_kind, system_table
from rae_lib.models import build, networks

LIBRARY = Path(rae_lib.__file__).parent
# models has a file for each family, claims are data about systems; of the pages some still name the systems they show.
MAY_NAME = ("models", "claims", "pages")


def names_in(path: Path) -> set[str]:
    """The names of systems among the strings of a file, but for those that are a document's name too."""
    texts = {n.value for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Constant)}
    return texts & (set(SYSTEMS) - set(DOCUMENTS))


def test_no_systems_name_stands_outside_the_catalogue_and_its_file():
    files = [p for p in LIBRARY.rglob("*.py") if p.relative_to(LIBRARY).parts[0] not in MAY_NAME]
    found = {str(p.relative_to(LIBRARY)): names for p in files if (names := names_in(p))}
    assert len(files) > 30 and not found


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_catalogue_declares_all_of_a_system(name):
    table = system_table(name)
    assert table["document"] in DOCUMENTS
    assert table["sampler"] in ("prior", "fitted", "second-stage", "learned")
    assert table["label"] and table["marker"] and table["line"]
    assert re.fullmatch("#[0-9A-F]{6}", table["colour"])
    dataset, shape = {"images": ("digits", (1, 32, 32)), "strings": ("expressions", (12, 15))}[system_kind(name)]
    shape = (15, 19) if table.get("writing") == "characters" else shape
    assert build(resolve(name, dataset, "smoke", overrides={"width": 2}), shape).players()


def test_two_systems_of_a_document_differ_in_more_than_colour():
    for names in DOCUMENTS.values():
        looks = Counter((system_table(n)["marker"], system_table(n)["line"]) for n in names)
        assert max(looks.values()) <= 2, looks


def test_documents_and_systems_are_views_of_the_catalogue():
    assert tuple(s for names in DOCUMENTS.values() for s in names) == SYSTEMS
    assert DOCUMENTS["eae"] == ("eae", "ae-bn", "eae-l1", "ae-l1")
    with pytest.raises(ValueError, match=r"did you mean rae-gp\?\); allowed: ae, "):
        system_table("rae-pg")
    for table in config.catalogue()["document"].values():
        assert table["title"] and table["short"] and table["files"] and table["cite"]


def test_the_documents_are_cited_by_keys_of_the_bibliography(root):
    keys = re.findall(r"@\w+\{(\w+),", (root / "book" / "references.bib").read_text())
    assert all(set(t["cite"]) <= set(keys) for t in config.catalogue()["document"].values())


def test_n_is_another_name_for_what_a_system_is_sampled_from():
    known = {"vae": "N01", "cv-vae": "mvg", "rae": "mvg", "dae": "mvg", "two-stage-vae": "N"}
    known |= {"eae-l1": "N", "ae-bn": "N01", "vae-fixed": "N01", "gmm-dae": "N"}
    assert {name: own_set(name) for name in known} == known


def test_every_network_can_be_chosen_by_configuration():
    assert set(networks.NETWORKS) == set(config.CHOICES["network"])
    assert Config.network == "convolutional"
