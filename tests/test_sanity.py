"""The damage is what it says, the measurement is deterministic and stored whole, the expectations are computed."""

import functools
import math

import pandas as pd
import pytest
import torch

from rae_lib import data
from rae_lib.claims import verdicts
from rae_lib.config import resolve
from rae_lib.metrics import precision_recall
from rae_lib.pages import calibration
from rae_lib.results import calibration as sanity
from rae_lib.results import other, store
from rae_lib.results.frame import framed, select


@pytest.fixture(scope="module")
def digits() -> data.Dataset:
    return data.load("digits")


@pytest.fixture(scope="module")
def rows(digits) -> list[dict]:
    """Every comparison of few digits by the spread of each image's quarters: four features, no network."""
    with pytest.MonkeyPatch.context() as patch:
        quick = functools.partial(precision_recall.prd, runs=1, angles=101)
        patch.setattr(sanity.precision_recall, "prd", quick)
        return sanity.compare_all(sanity.split_images(digits, 100), quarters, scale=True, prd=True)


def quarters(images: torch.Tensor) -> torch.Tensor:
    return images.float().unfold(2, 16, 16).unfold(3, 16, 16).std((1, 4, 5)).flatten(1)


def grey(count: int = 50) -> torch.Tensor:
    return torch.full((count, 1, 32, 32), 128, dtype=torch.uint8)


def test_noise_has_the_asked_standard_deviation_and_one_pattern_at_every_level():
    small, large = (sanity.add_noise(grey(), s).float() - 128 for s in (0.02, 0.1))
    for noise, scale in ((small, 0.02), (large, 0.1)):
        assert float(noise.std() / 255) == pytest.approx(scale, rel=0.02)
        assert float(noise.mean() / 255) == pytest.approx(0, abs=0.001)
    assert (small.sign() * large.sign() >= 0).all()
    assert float((large - 5 * small).abs().max()) <= 5 * 0.5 + 0.5 + 1e-3  # roundings
    assert torch.equal(sanity.add_noise(grey(), 0.0), grey())
    assert int(sanity.add_noise(torch.zeros_like(grey()), 0.2).float().mean()) > 0  # clipped


def test_blur_of_a_point_is_the_gaussian_and_of_a_constant_image_nothing():
    point = torch.zeros(1, 1, 33, 33, dtype=torch.uint8)
    point[0, 0, 16, 16] = 255
    x = sanity.blur_images(point, 1.0)[0, 0].float() / 255
    assert float(x[16, 16]) == pytest.approx(1 / (2 * math.pi), abs=0.004)
    assert float(x[16, 17] / x[16, 16]) == pytest.approx(math.exp(-0.5), abs=0.03)
    assert torch.equal(x, x.T) and torch.equal(x, x.flip(0))
    assert float(x.sum()) == pytest.approx(1, abs=0.1)  # 8 bit
    assert torch.equal(sanity.blur_images(grey(), 2.0), grey())
    images = torch.randint(0, 256, (3, 3, 16, 16), dtype=torch.uint8)
    one = torch.cat([sanity.blur_images(image[None], 1.0) for image in images])
    assert torch.equal(sanity.blur_images(images, 1.0), one)


def test_the_parts_are_disjoint_and_the_same_every_time(digits, capsys):
    real, again = (sanity.split_images(digits, 0) for _ in range(2))
    assert len(real.test) == len(real.first) == len(real.second) == 400
    assert torch.equal(real.first, again.first) and torch.equal(real.second, again.second)
    first, second, train = (
        [image.tobytes() for image in part.numpy()] for part in (real.first, real.second, digits.images["train"])
    )
    assert len(set(first) & set(second)) <= len(train) - len(set(train))
    for images in (-1, 10, 401):
        with pytest.raises(ValueError, match="allowed for digits: 40 to 400, 0 for all"):
            sanity.split_images(digits, images)
    assert sanity.main(["--dataset", "digits", "--features", "pixels", "--images", "7"]) == 1
    assert capsys.readouterr().err == "sanity: images is 7; allowed for digits: 40 to 400, 0 for all\n"


def test_rows_name_what_they_compare_and_distances_grow_with_the_damage(rows):
    frame = pd.DataFrame(rows)
    assert set(frame["set"]) == {*("train", "train-train", "val", "halves", "halves in order", "noise", "blur")}
    drawn = frame.dropna(subset=["draw"])
    assert set(drawn["n"]) == {50} and set(frame[frame["draw"].isna()]["n"]) == {100}
    assert drawn[drawn["set"] == "halves"]["draw"].tolist() == list(range(sanity.DRAWS))
    assert frame["frechet"].notna().all() and (frame["frechet"] >= 0).all()
    scored = frame.dropna(subset=["prd_f8"])
    assert set(scored["against"]) == {"", "train"}
    for kind in ("noise", "blur"):
        part = frame[(frame["set"] == kind) & (frame["against"] == "test")]
        assert part["frechet"].is_monotonic_increasing and part["error"].is_monotonic_increasing


def test_a_measurement_is_stored_whole_found_again_and_made_anew_on_request(results, monkeypatch):
    ruler = sanity.features.Ruler("pixels", 4, "", quarters)
    monkeypatch.setattr(sanity.features, "ruler", lambda *_, **__: ruler)
    raw = sanity.measure("digits", "pixels", images=60, prd=False)
    path = results / "sanity" / "digits-pixels-60.json"
    assert store.read_json(path) == raw and raw["finished"] is True
    assert raw["data"]["sha256"] and raw["versions"] and raw["code_sha256"] and raw["device"]
    assert (results / "sanity" / "digits.png").is_file() and raw["pictures"]["size"] == [32, 32]
    before = path.stat().st_mtime_ns
    assert sanity.measure("digits", "pixels", images=60, prd=False) == raw
    assert path.stat().st_mtime_ns == before
    again = sanity.measure("digits", "pixels", images=60, prd=False, recompute=True)
    assert path.stat().st_mtime_ns != before and again["rows"] == raw["rows"]


# ---- What the pages make of it


def raw_of(*noise: float, floor=1.0, halves=(1.0, 1.2), train=(1.0, 1.2)) -> dict:
    """One result with these distances of noisy images, and blur just above them."""
    rows = [{"set": "train", "level": 0.0, "against": "", "n": 100, "frechet": floor, "kid": 0.0}]
    for name, values in (("halves", halves), ("train", train), ("halves in order", halves[:1])):
        rows += [{"set": name, "level": 0.0, "draw": i, "n": 50, "frechet": v} for i, v in enumerate(values)]
    for kind, factor in (("noise", 1.0), ("blur", 1.5)):
        for against in ("test", "train"):
            rows += [
                {"set": kind, "level": (i + 1) / 10, "against": against, "n": 100, "error": i + 1}
                | {"frechet": factor * v, "kid": factor * v, "prd_f1_8": 1 / v, "prd_f8": 1 / v}
                for i, v in enumerate(noise)
            ]
    features = {"name": "domain", "dimension": 64, "weights": "w"}
    return {"dataset": "digits", "features": features, "images": 100, "device": "cpu", "rows": rows}


@pytest.mark.parametrize(
    ("claim_id", "raw", "outcome"),
    [
        ("METRIC-02", raw_of(2.0, 3.0, 4.0), "agrees"),
        ("METRIC-02", raw_of(2.0, 3.0, floor=2.5), "disagrees"),
        ("METRIC-01", raw_of(2.0, 3.0), "agrees"),
        ("METRIC-05", raw_of(2.0, 3.0), "agrees"),
        ("METRIC-06", raw_of(2.0, 3.0, 4.0), "disagrees"),
        ("METRIC-07", raw_of(2.0, 3.0, train=(1.1, 1.3)), "agrees"),
        ("METRIC-07", raw_of(2.0, 3.0, train=(2.1, 2.3)), "disagrees"),
        ("METRIC-08", raw_of(2.0, 3.0), "agrees"),
    ],
)
def test_expectations_hold_or_not(claim_id, raw, outcome, monkeypatch):
    monkeypatch.setattr(other, "find_calibrations", lambda: [raw])
    assert [v.outcome for v in verdicts.decide([claim_id], framed([]))] == [outcome]


def test_a_distance_is_read_as_the_noise_that_gives_it():
    curves = other.find_curves(other.read_calibrations([raw_of(4.0, 9.0, floor=1.0)]))
    seen, own = (select(curves, metric="frechet", set="noise", against=a) for a in ("train", "test"))
    found = [calibration.find_noise(seen, v) for v in (0.9, 6.25, 9.5)]
    assert found == ["floor", "0.150", "> 0.2"]  # by the roots: 2, 2.5, 3
    assert calibration.find_noise(own, 1.0) == "0.050"


def test_runs_are_read_as_noise_at_equal_weights_and_counts_alone(root, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(root / "results"))
    raw = next(r for r in other.find_calibrations("digits") if r["features"]["name"] == "domain")
    run = store.find(resolve("ae", "digits", "laptop"))
    long = other.read_calibrations([raw])
    found = calibration.read_as_noise(long, [raw], [run]).set_index(["set", "metric"])
    mixture = {
        r["set"]: r["value"]
        for r in run.records
        if r["protocol"] == "clean" and r["features"] == "domain" and r["metric"] == "frechet"
    }
    assert list(found.index) == [(s, m) for s in ("rec", "gmm") for m in ("frechet", "noise")]
    assert found.loc[("gmm", "frechet"), "value"] == mixture["gmm"]
    for change in ({"images": 50}, {"features": raw["features"] | {"weights": "others"}}):
        assert calibration.read_as_noise(long, [raw | change], [run]).empty


def test_the_largest_stored_count_is_shown_and_nothing_stored_names_the_command(results):
    with pytest.raises(FileNotFoundError, match="rae_lib calibrate --dataset mnist"):
        other.find_calibrations("mnist")
    for count in (500, 10_000):
        fake = {"dataset": "mnist", "images": count, "features": {"name": "domain"}}
        store.write_json(sanity.find_place("mnist", "domain", count), fake)
    (results / "sanity" / "mnist-pixels-9.json").write_text('{"dataset": "mnist"')
    assert [raw["images"] for raw in other.find_calibrations()] == [10_000]


def test_what_is_stored_in_the_repository_can_be_shown(root, monkeypatch):
    monkeypatch.setenv("RAE_RESULTS", str(root / "results"))
    raws = other.find_calibrations()
    curves = other.find_curves(other.read_calibrations(raws))
    assert set(curves["metric"]) == set(other.SCORES) and not (curves["level"] < 0).any()
    for other_features in (False, True):
        axes = calibration.draw_responses(curves, other=other_features).axes
        assert {ax.get_yscale() for ax in axes} == {"log"} and all(ax.lines for ax in axes)
    assert len(calibration.draw_errors(curves).axes) == curves["features"].nunique()
    assert calibration.draw_plate(raws)[:4] == b"\x89PNG"
