"""Data: the embedded sets byte for byte, training subsets, the command, and the real sets."""

import numpy as np
import pytest
import torch
import torchvision

from rae_lib import data

EMBEDDED = {
    "digits": "8937bae43d5afc10a440eb4594af9d3f14ff3551201d784d0456c8b7b4a4c037",
    "synth8": "2d5e5834aada44b6d5c108b2b1140a7ecf4d13d81ef4fa0fbc79b9fcb6d0ad74",
    "synth16": "741bbbb4b6b1b7ad13ad52ac6cdf324f6626397274601aba8b494f218a5ca4d1",
}


def needs(name):
    """Marks a test that reads a real data set."""
    absent = not (data.root() / f"{name}.npz").exists()
    skip = pytest.mark.skipif(absent, reason=f"{name}.npz is not in $RAE_DATA")
    return lambda test: pytest.mark.data(skip(test))


@pytest.fixture(scope="module")
def loaded():
    return {name: data.load(name) for name in EMBEDDED}


# What is embedded


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_sets_are_the_same_bytes_everywhere_with_no_image_in_two_places(name, loaded):
    images = loaded[name].images
    rows = [row.tobytes() for s in data.SPLITS for row in images[s].numpy()]
    assert len(set(rows)) == len(rows) == (1797 if name == "digits" else 70_000)
    for x in images.values():
        assert x.shape[1:] == (1, 32, 32) and x.dtype == torch.uint8 and x.is_contiguous()
    assert loaded[name].sha256 == EMBEDDED[name] and loaded[name].kind == "images"


def test_digits_keep_their_labels_and_their_shape(loaded):
    from sklearn.datasets import load_digits

    original, target = (torch.from_numpy(a) for a in load_digits(return_X_y=True))
    images, labels = (
        torch.cat([part[s] for s in data.SPLITS]) for part in (loaded["digits"].images, loaded["digits"].labels)
    )
    # Averaged back to 8x8, nearly every image is nearest to the original that it was made of.
    back = torch.nn.functional.avg_pool2d(images.double(), 4).flatten(1) * (16 / 255)
    nearest = torch.cdist(back, original).argmin(1)
    assert nearest.unique().numel() > 1790
    assert torch.equal(target[nearest], labels)
    assert [len(y) for y in loaded["digits"].labels.values()] == [997, 400, 400]


@pytest.mark.parametrize("name", data.DIMENSIONS)
def test_synthetic_pixels_are_spread_out_and_their_true_codes_are_standard_normal(name, loaded):
    x, codes, n = loaded[name].images["test"], data.latents(name), data.DIMENSIONS[name]
    assert (x.double() / 255).std() > 0.15
    assert ((x == 0) | (x == 255)).double().mean() < 0.01
    shapes = {s: tuple(z.shape) for s, z in codes.items()}
    assert shapes == {"train": (50_000, n), "val": (10_000, n), "test": (10_000, n)}
    z = codes["train"].double()
    assert z.mean(0).abs().max() < 0.02
    assert (z.T.cov() - torch.eye(n)).abs().max() < 0.03


@pytest.mark.parametrize("name", data.DIMENSIONS)
def test_near_a_synthetic_image_the_others_differ_in_as_many_directions_as_its_code(name, loaded):
    n, z = data.DIMENSIONS[name], data.latents(name)["train"]
    x = loaded[name].images["train"].flatten(1).float() / 255
    # A linear map of all n coordinates explains the neighbours but for curvature; of n - 1, less.
    near = (z - z.mean(0)).norm(dim=1).argsort()[:400]
    codes, images = (a[near].double() - a[near].double().mean(0) for a in (z, x))

    def explained(directions):
        part = codes[:, :directions]
        rest = images - part @ torch.linalg.lstsq(part, images).solution
        return 1 - (rest.square().sum() / images.square().sum()).item()

    assert explained(n) > 0.8
    assert explained(n) - explained(n - 1) > 0.5 * explained(n) / n


# Training subsets


def test_a_training_subset_is_drawn_by_one_fixed_permutation_and_leaves_the_rest_alone(loaded):
    whole = loaded["digits"]
    first, more = data.load("digits", train_images=10), data.load("digits", train_images=100)
    assert torch.equal(more.images["train"][:10], first.images["train"])
    assert not torch.equal(whole.images["train"][:10], first.images["train"])
    assert torch.equal(whole.images["test"], first.images["test"])
    places = [(whole.images["train"] == x).flatten(1).all(1) for x in first.images["train"]]
    labels = torch.cat([whole.labels["train"][place] for place in places])
    assert torch.equal(labels, first.labels["train"])
    assert len({whole.sha256, first.sha256, more.sha256}) == 3


@pytest.mark.parametrize("count", [-1, 1098, 2.0, "10", True, None])
def test_an_impossible_number_of_training_images_is_refused(count):
    with pytest.raises(ValueError, match=r"allowed: a whole number from 1 to 997, or 0 for all"):
        data.load("digits", train_images=count)


def test_requests_are_refused_before_any_file_is_sought(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="unknown data set 'cifar100'; allowed: digits, synth8"):
        data.load("cifar100")
    with pytest.raises(ValueError, match="mnist: train_images is 50001; allowed: .* to 50000"):
        data.load("mnist", train_images=50_001)
    with pytest.raises(ValueError, match="no true codes for 'mnist'; allowed: synth8, synth16"):
        data.latents("mnist")


def test_the_data_folder_follows_its_two_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_DATA", str(tmp_path / "a"))
    monkeypatch.setenv("RAE_HOME", str(tmp_path / "b"))
    assert data.root() == tmp_path / "a"
    monkeypatch.delenv("RAE_DATA")
    assert data.root() == tmp_path / "b" / "data"
    monkeypatch.setenv("RAE_HOME", "")
    assert data.root().parts[-3:] == (".cache", "rae-book", "data")
    assert data.root().is_absolute()


def test_the_command_lists_what_is_there_and_fails_for_what_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RAE_DATA", str(tmp_path))
    monkeypatch.setattr(data, "NAMES", ("digits", "mnist", "cifar10"))
    assert data.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["digits", "mnist", "cifar10"]
    assert lines[0].startswith("digits: train 997, val 400, test 400 of 1x32x32; scikit-learn")
    assert "cifar10.npz is missing; `python -m rae_lib data cifar10` makes it from" in lines[2]
    assert list(tmp_path.iterdir()) == []  # nothing is downloaded
    (tmp_path / "mnist.npz").write_bytes(b"PK")
    assert data.main([]) == 1
    assert data.main(["cifar100", "digits"]) == 1
    assert "cifar100: unknown data set 'cifar100'; allowed: digits" in capsys.readouterr().out


# The real sets, where they are


@needs("mnist")
@needs("cifar10")
def test_the_real_sets_have_their_known_means_and_no_image_in_two_places():
    mnist, cifar = (data.load(name) for name in ("mnist", "cifar10"))
    for loaded in (mnist, cifar):
        rows = [row.tobytes() for s in data.SPLITS for row in loaded.images[s].numpy()]
        assert len(set(rows)) == len(rows)
    x, y = (torch.cat([p["train"], p["val"]]) for p in (mnist.images, mnist.labels))
    assert round(x[:, :, 2:30, 2:30].double().mean().item() / 255, 4) == 0.1307
    assert y.bincount().tolist()[:3] == [5923, 6742, 5958] and mnist.note == ""
    parts = ["train", "val"]
    if len(cifar.images["train"]) == 38_000:
        assert cifar.note.startswith("official test images absent: training batch 5 serves")
        parts.append("test")
        with pytest.raises(ValueError, match="train_images is 38001; .* to 38000"):
            data.load("cifar10", train_images=38_001)
    x = torch.cat([cifar.images[s] for s in parts])
    mean = x.double().mean((0, 2, 3)) / 255
    assert len(x) == 50_000 and mean.tolist() == pytest.approx([0.4914, 0.4822, 0.4465], abs=5e-5)


@pytest.mark.slow
@needs("celeba64")
def test_the_real_celeba_is_recognised():
    loaded = data.load("celeba64", train_images=100)
    assert loaded.images["train"].shape == (100, 3, 64, 64)
    assert loaded.labels["test"].shape == (10_000, 40)
    assert "unknown" not in loaded.note


@needs("mnist")
def test_torchvisions_originals_become_the_same_archive_as_the_offline_copy(tmp_path, monkeypatch):
    here = data.load("mnist")
    with np.load(data.root() / "mnist.npz") as arrays:
        copy = dict(arrays)

    class Original:
        def __init__(self, root, train, download):
            parts = ("train", "val") if train else ("test",)
            self.data = torch.from_numpy(np.concatenate([copy[f"{s}_images"] for s in parts]))
            self.targets = torch.from_numpy(np.concatenate([copy[f"{s}_labels"] for s in parts]))

    monkeypatch.setenv("RAE_DATA", str(tmp_path / "new"))
    monkeypatch.setattr(torchvision.datasets, "MNIST", Original)
    made = data.load("mnist")
    assert (made.sha256, made.source) == (here.sha256, "torchvision")
    with np.load(tmp_path / "new" / "mnist.npz") as arrays:
        assert all(np.array_equal(arrays[key], copy[key]) for key in copy)
