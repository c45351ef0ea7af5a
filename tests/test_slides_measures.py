"""What the chapters on MaskAAE and FlexAE measure: checkpoints, stretched images, two samples, codes, attributes."""

import math

import numpy as np
import pytest
import torch
from records import stored
from small import seeded

from rae_lib import data
from rae_lib.claims import rules
from rae_lib.config import catalogue, resolve
from rae_lib.data import Dataset
from rae_lib.evaluation import attributes, checkpoints, later
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics.images import stretch
from rae_lib.metrics.two_sample import two_sample_accuracy
from rae_lib.models import build
from rae_lib.pages import slides
from rae_lib.results import frame, run, store
from rae_lib.training import loop

SMALL = {"sets": ("rec", "N"), "components": (), "width": 2, "train_images": 64, "samples": 40}


def faces(count: int = 40) -> Dataset:
    images = torch.randint(0, 256, (count, 3, 64, 64), dtype=torch.uint8, generator=seeded())
    labels = torch.rand(count, 40, generator=seeded(1)) < 0.5
    splits = ("train", "val", "test")
    return Dataset("celeba64", dict.fromkeys(splits, images), dict.fromkeys(splits, labels), "", "", "")


def test_stretched_images_reach_both_ends_keep_their_order_and_flat_ones_stay():
    images = torch.tensor([[10, 20, 30, 40], [0, 255, 7, 8], [9, 9, 9, 9]], dtype=torch.uint8).view(3, 1, 2, 2)
    assert stretch(images).flatten(1).tolist() == [[0, 85, 170, 255], [0, 255, 7, 8], [9, 9, 9, 9]]


def test_two_samples_of_one_law_cannot_be_told_apart_and_those_of_two_can():
    a, b = torch.randn(2, 2000, 4, generator=seeded())
    assert two_sample_accuracy(a, b, 0) == pytest.approx(0.5, abs=0.05)
    flat = b * torch.tensor([1, 1, 1, 0.05])  # a code of three dimensions against a prior of four
    assert two_sample_accuracy(a, flat, 0) > 0.9
    assert two_sample_accuracy(a, flat, 0) == two_sample_accuracy(a, flat, 0)
    with pytest.raises(ValueError, match="one shape, at least 20"):
        two_sample_accuracy(a, b[:10], 0)


def test_checkpoints_are_due_at_the_ends_of_equal_parts():
    config = resolve("maskaae", "mnist", "overnight")
    due = [e for e in range(1, config.epochs + 1) if checkpoints.is_due(e, config)]
    assert config.watched == len(due) == 10 and due[-1] == config.epochs
    assert checkpoints.watcher(resolve("ae", "mnist", "overnight"), data.load("digits"), "cpu") is None


def test_watching_changes_no_weight_and_gives_the_lowest_the_last_and_their_ratio(places):
    sums = []
    for watched in (0, 3):
        config = resolve("wae-gan", "digits", "smoke", overrides=SMALL | {"epochs": 3, "watched": watched})
        made = run.make(config)
        sums.append(made.raw["weights_sha256"])
    assert sums[0] == sums[1]
    values = made.history["watched/N"]
    assert len(values.dropna()) == 3
    found = {(r["metric"], r["set"]): r["value"] for r in frame.records_of(made)}
    assert found["lowest_checkpoint", "N"] == pytest.approx(values.min())
    assert found["optimism", "N"] == pytest.approx(values.iloc[-1] / values.min()) and found["optimism", "N"] >= 1
    assert {"nac", "two-sample"} <= set(made.extras)  # its document asks for them
    assert not {"codes", "stretched"} & set(made.extras)  # but of own runs at seed 0 alone
    assert 0 <= found["two_sample_accuracy", "codes"] <= 1


def test_a_picture_of_a_later_metric_is_stored_and_found(places, monkeypatch):
    shown = torch.arange(2 * 3 * 4 * 4, dtype=torch.uint8).view(2, 3, 1, 4, 4)
    metric = later.Metric("nac", lambda one, progress: {"records": [], "pictures": {"grid": (["a", "b"], list(shown))}})
    monkeypatch.setitem(later.METRICS, "nac", metric)
    made = run.make(resolve("ae", "digits", "smoke", overrides=SMALL, variant=""), also=("nac",))
    assert made.pictures["grid"]["rows"] == ["a", "b"] and "reconstructions" in made.pictures
    np.testing.assert_array_equal(made.picture("grid"), shown[:, :, 0].numpy())
    assert store.read_json(made.folder / "nac.json")["pictures"]["grid"]["size"] == [4, 4]


def test_stretched_distances_have_a_protocol_of_their_own_and_codes_lie_in_the_plane():
    config = resolve("maskaae", "digits", "smoke", overrides=SMALL | {"latent": 5})
    one = Trained(build(config, (1, 32, 32)).eval(), config, data.load("digits", train_images=64), "cpu")
    rows = later.measure_stretched(one, False)["records"]
    assert {(r["metric"], r["set"], r["protocol"]) for r in rows} == {("frechet", n, "stretched") for n in ("rec", "N")}
    found = later.measure_codes(one, False)
    covariance = np.array(found["covariance"])
    assert covariance.shape == (5, 5) and (np.diff(covariance.diagonal()) <= 1e-4).all()
    points = {name: np.array(p) for name, p in found["plane"].items()}
    assert {name: p.shape for name, p in points.items()} == {n: p.shape for n, p in points.items() if p.shape[1] == 2}
    assert len(points["codes"]) == len(points["prior"])


def test_a_closed_dimension_is_not_active():
    config = resolve("maskaae", "digits", "smoke", overrides=SMALL | {"latent": 3})
    net = build(config, (1, 32, 32)).eval()
    net.strength.data = torch.tensor([0.0, 3.0, 3.0])
    one = Trained(net, config, data.load("digits", train_images=64), "cpu")
    one.codes["test"] = net.mask().detach() * torch.randn(400, 3, generator=seeded())
    found = {r["metric"]: r["value"] for r in later.measure_nac(one, False)["records"]}
    assert found["active_dims"] == 2


def test_a_direction_leads_from_one_mean_to_the_other_and_attributes_are_for_faces_alone():
    codes, has = torch.tensor([[0.0, 1.0], [2.0, 1.0], [5.0, 5.0]]), torch.tensor([True, True, False])
    assert attributes.find_direction(codes, has).tolist() == [-4.0, -4.0]
    one = Trained(torch.nn.Identity(), resolve("flexae", "digits", "smoke"), data.load("digits"), "cpu")
    with pytest.raises(ValueError, match="digits has no attributes; allowed: celeba64"):
        attributes.measure_attributes(one, False)


def test_attributes_give_a_record_a_step_and_the_photograph_in_the_middle():
    config = resolve("flexae", "celeba64", "smoke", overrides=SMALL)
    one = Trained(build(config, (3, 64, 64)).eval(), config, faces(), "cpu")
    found = attributes.measure_attributes(one, False)
    smiling = one.data.labels["test"][: attributes.IMAGES, 31].bool()
    split = [int(smiling.sum()), int((~smiling).sum())]
    assert len(found["records"]) == 3 * 5 * len(attributes.STEPS)
    assert {r["n_fake"] for r in found["records"] if r["set"] == "smiling"} == {sum(split), *split}
    assert all(0 <= r["value"] <= 1 and r["step"] in attributes.STEPS for r in found["records"])
    labels, rows = found["pictures"]["attribute-smiling"]
    assert labels == ["without", "without", "with", "with"]
    smiles = one.data.labels["test"][:, 31].nonzero().flatten()
    assert torch.equal(rows[2][4], one.data.images["test"][smiles[0]])


def test_a_mask_that_follows_its_start_alone_keeps_six_of_seven():
    a = 5 * torch.rand(200_000, generator=seeded())
    mask = 1 - (-a).exp()
    assert slides.predict_open(1) == pytest.approx((mask > 0.5).float().mean().item(), abs=0.005)
    assert math.isclose(slides.predict_open(16), 16 * 0.8614, rel_tol=1e-3)


def test_a_resumed_run_keeps_what_was_watched():
    config = resolve("wae-gan", "digits", "smoke", overrides=SMALL | {"epochs": 2})
    images = data.load("digits", train_images=64).images
    net = build(config, (1, 32, 32))
    seen = []

    def watch(system, epoch):
        assert not system.training
        seen.append(epoch)
        return {"N": float(epoch)}

    rows = loop.fit(net, images["train"], images["val"][:20], epochs=2, batch=32, seed=0, watch=watch)
    assert seen == [1, 2] and [r["watched/N"] for r in rows] == [1.0, 2.0]


def frame_of(rows: list[dict]) -> rules.Records:
    same = {"document": "here", "profile": "overnight", "study": "", "variant": "", "doubt": ""}
    same |= {"features": "domain", "protocol": "clean", "n_real": 9, "n_fake": 9}
    return rules.Records(frame.framed([same | row for row in rows]))


def outcomes(claim: str, records: rules.Records, dataset: str) -> dict[tuple, set]:
    """(rule, loop variable) -> what is decided."""
    found = {}
    for text, chosen, block in rules.cases(claim, records, [dataset]):
        value = rules.compared(claim, (text, chosen, block), records, 4000)
        key = next(str(v) for k, v in chosen.items() if k != "d")
        found.setdefault(key, []).append(value.outcome(1))
    return found


def test_an_attribute_that_rises_holds_and_one_that_is_not_measured_is_untested():
    chance = dict(zip(attributes.STEPS, (0.1, 0.2, 0.4, 0.7, 0.9), strict=True))
    rows = [
        {"metric": "attribute_probability", "set": kind, "system": "flexae", "dataset": "celeba64", "seed": s}
        | {"step": t, "value": p + 0.01 * s if kind == "male" else 0.5 + 0.001 * s}
        for kind in ("male", "smiling")
        for s in (0, 1, 2)
        for t, p in chance.items()
    ]
    found = outcomes("FLEX-06", frame_of(rows), "celeba64")
    assert found["male"] == ["holds", "holds"] and found["big nose"] == ["untested", "untested"]
    assert found["smiling"][1] == "fails"


def test_a_middle_generator_that_is_best_holds_by_its_depth_and_units():
    sizes = [tuple(p) for p in rules.book()["groups"]["PRIORS"]]
    plans = catalogue()["study"]["prior"]["blocks"]
    assert [(b["prior_depth"][0], b.get("prior_units", [1024])[0]) for b in plans] == sizes
    values = {"N": (9, 5, 4, 3, 5, 8), "rec": (9, 5, 4, 3, 2, 1)}
    rows = [
        {"metric": "frechet", "set": kind, "system": "flexae", "dataset": "mnist", "study": "prior", "seed": s}
        | {"prior_depth": depth, "prior_units": units, "value": value + 0.01 * s}
        for kind in values
        for (depth, units), value in zip(sizes, values[kind], strict=True)
        for s in (0, 1, 2)
    ]
    found = outcomes("FLEX-04", frame_of(rows), "mnist")
    assert {o for some in found.values() for o in some} == {"holds"}


def test_what_is_stored_of_the_slides_is_listed_by_profile_and_seed(tmp_path, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    stored(resolve("maskaae", "synth8", "laptop", 1), {})
    table = slides.list_stored(["synth8", "mnist"])
    assert table.loc["MaskAAE", "synthetic, n = 8"] == "laptop: 1"
    assert table.drop(index="MaskAAE").isna().all(axis=None) and table["MNIST"].isna().all()


def test_the_command_of_what_is_missing_is_one_that_the_command_line_takes():
    from rae_lib.campaign import command

    for line in (
        slides.name_command("mnist", "--document slides"),
        slides.name_command("synth16", "--study capacity --system wae-gan maskaae"),
        slides.name_command("mnist", "--study prior"),
        slides.name_command("celeba64", "--system flexae"),
    ):
        words = line.removeprefix("python -m rae_lib run ").split()
        assert command.select(command.parser().parse_args(words)), line
