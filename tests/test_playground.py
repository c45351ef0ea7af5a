"""The page of decoders: its stored densities, its scripts, and what Chromium decodes with them."""

import json
from base64 import b64decode

import numpy as np
import pytest
import torch

from rae_lib.config import resolve
from rae_lib.density import slerp
from rae_lib.pages import playground
from rae_lib.results import playground as stored
from rae_lib.results import store, weights

PAGE = "notebooks/05_playground.html"
CONTENT = 8 * 1024**2  # bytes of the page's scripts


@pytest.fixture(scope="module")
def raw() -> dict:
    return store.read_json(store.computed("playground"))


def numbers(packed: dict) -> np.ndarray:
    return np.frombuffer(b64decode(packed["float32"]), "<f4").reshape(packed["shape"])


def draw(density: dict, noise: np.ndarray, u: float) -> np.ndarray:
    k = int(np.searchsorted(np.cumsum(numbers(density["weights"])), u, side="right"))
    return numbers(density["means"])[k] + numbers(density["factors"])[k] @ noise


def test_principal_directions_are_those_of_a_covariance():
    z = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0)) @ torch.diag(torch.tensor([1.0, 3.0, 2.0]))
    rows, shares = stored.find_directions(z)
    assert rows.norm(dim=1).tolist() == pytest.approx([3, 2, 1], rel=0.05)
    assert rows.abs().argmax(1).tolist() == [1, 2, 0] and (rows.abs().amax(1) == rows.amax(1)).all()
    assert shares.tolist() == pytest.approx([9 / 14, 4 / 14, 1 / 14], rel=0.05)


def test_the_densities_are_those_of_the_stored_weights(raw):
    for name, one in raw["systems"].items():
        result = store.find(resolve(name, raw["dataset"], raw["profile"], 0))
        assert result.raw["weights_sha256"] == one["weights_sha256"], "run: python -m rae_lib playground"
        assert numbers(one["digits"]).shape == (10, result.config.latent)
        assert numbers(one["shares"]).sum() == pytest.approx(1)
        for components, density in one["densities"].items():
            assert density["weights"]["shape"] == [int(components)]


def test_a_run_without_its_file_is_an_error_that_names_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "computed", lambda name: tmp_path / f"{name}.json")
    with pytest.raises(FileNotFoundError, match="python -m rae_lib playground"):
        playground.find_runs()


def test_what_the_page_says_of_draws_from_a_standard_normal_is_so_in_the_stored_runs():
    found = playground.describe_systems(playground.find_runs())
    normal, mixture = ({name: float(one["frechet"][k]) for name, one in found.items()} for k in ("0", "10"))
    for name in ("ae", "dae"):
        assert (
            normal[name] > 5 * max(normal["vae"], normal["eae"], normal["wae-mmd"])
            and mixture[name] < normal[name] / 50
        )


def test_what_the_page_says_of_the_kl_weight_is_so_in_the_stored_runs():
    plates = [result.picture("reconstructions")[1].astype(float) for _, result in playground.find_study("kl")]
    spread = [np.std(plate, axis=0).mean() for plate in plates]  # of the images of one run
    assert spread[-1] < 0.1 * spread[0]


def test_a_slider_has_a_plate_for_every_stored_value_in_order():
    found = [value for value, _ in playground.find_study("kl")]
    assert len(found) >= 3 and found == sorted(found)
    shown = playground.slider("kl", "KL weight", columns=6).data
    assert shown.count("<figure") == len(found)
    assert shown.count("<figcaption>VAE, KL weight ") == len(found)  # what is varied, once


@pytest.fixture(scope="module")
def page(book, browser):
    """The page with its decoders started, the network cut off; `outside`: what it asked for besides files."""
    opened = browser.new_page()
    opened.set_default_timeout(120_000)
    opened.outside, opened.faults = [], []
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.on("request", lambda r: r.url.startswith(("file:", "data:")) or opened.outside.append(r.url))
    opened.goto((book / PAGE).as_uri())
    opened.click(".playground .start")
    opened.wait_for_function("document.querySelector('.playground .status')?.textContent")
    yield opened
    opened.close()


@pytest.mark.browser
def test_the_browser_decodes_as_torch_does(page, raw):
    for name in raw["systems"]:
        z = torch.randn(4, 16, generator=torch.Generator().manual_seed(1))
        seen = page.evaluate(
            "([n, z]) => [...playground.decode(n, Float32Array.from(z))]", [name, z.flatten().tolist()]
        )
        with torch.no_grad():
            real = weights.load(store.find(resolve(name, raw["dataset"], raw["profile"], 0))).decode(z)
        assert np.abs(np.array(seen) - real.flatten().numpy()).max() < 1e-3, name


@pytest.mark.browser
def test_the_browser_draws_and_walks_as_the_library_does(page, raw):
    noise = np.linspace(-2, 2, 16)
    for name, one in raw["systems"].items():
        for density, u in (("1", 0.5), ("10", 0.05), ("10", 0.95), ("50", 0.4)):
            given = [name, density, {"u": u, "eps": noise.tolist()}]
            seen = page.evaluate("([n, d, e]) => [...playground.draw(n, d, e)]", given)
            assert seen == pytest.approx(draw(one["densities"][density], noise, u), abs=1e-4)
        walk = page.evaluate("n => [...playground.codes(n, {mode: 'walk', from: 3, to: 8})]", name)
        ends = torch.from_numpy(numbers(one["digits"])[[3, 8]].copy())
        steps = [slerp(ends[:1], ends[1:], j / 8)[0] for j in range(9)]
        assert np.reshape(walk, (9, 16)) == pytest.approx(torch.stack(steps).numpy(), abs=1e-4)


@pytest.mark.browser
def test_every_control_paints_every_row(page, raw):
    painted = "[...document.querySelectorAll('.line:has(i) canvas')].map(canvas => canvas.toDataURL())"
    seen = set()
    for act in ("[value=walk]", "[value=move]", "[value=draw]", "[name=again]"):
        page.evaluate("document.querySelector('.playground .status').textContent = ''")
        page.click(f".playground {act}")
        page.wait_for_function("document.querySelector('.playground .status').textContent")
        found = page.evaluate(painted)
        assert len(set(found)) == len(found) == len(raw["systems"]), act
        seen.add(json.dumps(found))
    assert len(seen) == 4


@pytest.mark.browser
def test_the_page_asks_for_files_alone_and_reports_no_error(page, book):
    assert page.outside == [] and page.faults == []
    scripts = [path for path in (book / "_static/playground").iterdir() if path.suffix == ".js"]
    assert sum(path.stat().st_size for path in scripts) < CONTENT


@pytest.mark.browser
def test_without_scripts_there_is_a_still_picture_and_every_plate(book, browser):
    opened = browser.new_context(java_script_enabled=False).new_page()
    opened.goto((book / PAGE).as_uri(), wait_until="domcontentloaded")
    assert opened.locator(".playground img").is_visible() and opened.locator(".playground button").count() == 0
    assert opened.locator(".plates figure").count() == opened.locator(".plates figure:visible").count() > 3
