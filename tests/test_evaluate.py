"""Sets and protocols: which images each number is measured on."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from rae_lib import data
from rae_lib.config import resolve
from rae_lib.evaluation import distances, evaluate, samples
from rae_lib.evaluation.trained import Trained, encode
from rae_lib.metrics.features import Ruler, pixels
from rae_lib.models import build
from rae_lib.training.loop import as_input


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", train_images=128)


def fitted(system: str, digits, **overrides):
    config = resolve(system, "digits", "smoke", overrides={"width": 2, **overrides})
    return Trained(build(config, (1, 32, 32)).eval(), config, digits, "cpu")


def test_the_default_sampler_is_the_papers_of_each_system(digits):
    names = {s: samples.sampler(fitted(s, digits), "N")[0] for s in ("rae", "cv-vae", "vae", "wae-mmd")}
    assert names == {"rae": "mvg", "cv-vae": "mvg", "vae": "N01", "wae-mmd": "N01"}
    two = fitted("two-stage-vae", digits)
    assert samples.sampler(two, "N")[0] == "second" and samples.sampler(two, "gmm") is None


def test_two_names_for_one_sampler_hold_the_same_images(digits):
    images, again = (samples.image_sets(fitted("rae", digits), ("N", "mvg", "N01", "interp"), 16) for _ in range(2))
    assert all(torch.equal(images[key], again[key]) for key in images)  # the same seed, the same sets
    assert torch.equal(images["N", "clean"], images["mvg", "clean"])
    assert not torch.equal(images["N", "clean"], images["N01", "clean"])


@pytest.mark.parametrize(("system", "sampled"), [("rae", False), ("vae", True)])
def test_reconstructions_are_clean_of_test_images_and_the_papers_of_training_images(system, sampled, digits):
    f = fitted(system, digits)
    images = samples.image_sets(f, ("rec",), 16)
    test, train = (encode(f.system, digits.images[s][:16], "cpu") for s in ("test", "train"))
    assert torch.equal(images["rec", "clean"], samples.decode(f.system, test, "cpu"))
    mean_code = samples.decode_both(f.system, train, "cpu")["paper"]
    assert torch.equal(images["rec", "paper"], mean_code) is not sampled


def test_the_paper_protocol_truncates_where_the_clean_one_rounds():
    x = torch.tensor([0.999, 0.5, 1.0, 0.0])
    assert samples.to_uint8(x).tolist() == [255, 128, 255, 0]
    assert samples.to_uint8(x, truncate=True).tolist() == [254, 127, 255, 0]


def test_draws_are_sets_of_equal_counts_and_their_distances_are_averaged(digits):
    f = fitted("rae", digits, draws=3)
    images = samples.image_sets(f, ("rec", "gmm"), 16)
    assert len(images["rec", "clean"]) == 16 and len(images["gmm", "clean"]) == 48
    real, fake = torch.randn(20, 3), torch.randn(60, 3)
    ruler = Ruler("pixels", 3, "", pixels)
    (row,) = distances.compare(real, fake, ruler, "gmm", protocol="paper")
    single = [distances.compare(real, part, ruler, "gmm")[0]["value"] for part in fake.split(20)]
    assert row["value"] == pytest.approx(sum(single) / 3) and row["n_fake"] == 20


def test_images_are_scaled_and_the_ids_of_tokens_are_not():
    image, tokens = torch.full((1, 1, 2, 2), 255), torch.tensor([[3, 255]])
    assert as_input(image.to(torch.uint8)).max() == 1
    assert torch.equal(as_input(tokens.to(torch.uint8)), tokens.to(torch.uint8))


def test_the_kind_of_the_data_chooses_how_a_run_is_evaluated(digits, monkeypatch):
    strings = SimpleNamespace(evaluate=lambda trained: trained.config.system)
    monkeypatch.setitem(sys.modules, "rae_lib.evaluation.strings", strings)
    trained = fitted("rae", digits)
    assert evaluate(replace(trained, data=replace(digits, kind="strings"))) == "rae"


def test_nothing_is_encoded_or_fitted_before_it_is_asked_for(digits, monkeypatch):
    trained = fitted("rae", digits)
    assert "codes" not in vars(trained)
    assert len(trained.codes["test"]) == 400 and "densities" not in vars(trained)
    assert set(trained.densities) == set(trained.seconds) == {"mvg", "gmm"}
