"""The page of decoders in the browser: what its scripts need of the stored runs, and sliders over stored plates."""

import html
import json
from base64 import b64encode

import numpy as np
from IPython.display import HTML

from rae_lib import studies
from rae_lib.config import DATASETS, catalogue, dataset_kind, resolve
from rae_lib.pages import plates
from rae_lib.pages.looks import look
from rae_lib.pages.pictures import pictures
from rae_lib.pages.titles import titled
from rae_lib.results import frame, store
from rae_lib.results.frame import select, select_distances

SETS = {"N01": "0", "mvg": "1", "gmm": "10"}  # of a run -> the density of the page
COLUMNS = 6  # images of a system before its decoder runs
SCRIPT = '<script defer src="../_static/playground/playground.js"></script>'


def find_runs() -> list[store.Result]:
    """The runs whose decoders the page has. Raises FileNotFoundError, with the command, where its file is missing."""
    path = store.computed("playground")
    raw = store.read_json(path)
    if raw is None:
        raise FileNotFoundError(f"{path} is missing or unfinished; make it with: python -m rae_lib playground")
    found = [store.find(resolve(name, raw["dataset"], raw["profile"], 0)) for name in raw["systems"]]
    return [result for result in found if result]


def describe_systems(runs: list[store.Result]) -> dict[str, dict]:
    """Label and colour of every system, and its Fréchet distances by density: those of the run itself."""
    long = frame.of_results(runs)
    where = {"metric": "frechet", "protocol": "clean", "features": "domain"}
    own = select(long, set=list(SETS), **where).pivot_table(index="system", columns="set", values="value")
    more = select(long, study="components", **where)
    found = {}
    for run in runs:
        name = run.config.system
        distances = more[more["system"] == name].set_index("components")["value"].rename(index=lambda k: str(int(k)))
        distances = distances.to_dict() | own.loc[name].dropna().rename(SETS).to_dict()
        texts = {density: f"{value:.3g}" for density, value in distances.items()}
        found[name] = {"label": look(name).label, "colour": look(name).colour, "frechet": texts}
    return found


def board(runs: list[store.Result]) -> HTML:
    """The place of the decoders; until they run, and without scripts, stored samples and walks."""
    if not runs:
        return HTML("<p>The results that this page reads have no weights of these systems, so it decodes nothing.</p>")
    systems = html.escape(json.dumps(describe_systems(runs), ensure_ascii=False))
    names = ", ".join(look(run.config.system).label for run in runs)
    still = image(
        draw_still(runs), f"For {names}: samples from the mixture of ten Gaussians; a walk between two digits."
    )
    return HTML(f'<div class="playground" data-playground data-systems="{systems}">{still}</div>{SCRIPT}')


def image(png: bytes, words: str) -> str:
    return f'<img src="data:image/png;base64,{b64encode(png).decode()}" alt="{html.escape(words)}">'


def draw_still(runs: list[store.Result]) -> bytes:
    """A line a system: stored samples of its mixture, and steps of a stored walk."""
    lines = {}
    for run in runs:
        path = run.picture("interpolations")[:1]
        steps = np.linspace(0, path.shape[1] - 1, COLUMNS).round().astype(int)
        drawn = plates.strips(run, "samples", COLUMNS)["gmm"]
        lines[look(run.config.system).label] = [drawn, plates.joined(path[:, steps])]
    return pictures(lines, titles=["mixture of ten Gaussians", "a walk between two test digits"], scale=2)


def find_study(name: str) -> list[tuple[float, store.Result]]:
    """Value and run of a study of one field, by rising value: of the first data set of which pictures are stored."""
    book = catalogue()["study"][name]
    field = book.get("field", "beta")
    for dataset in (d for d in DATASETS if dataset_kind(d) == "images"):
        wanted = studies.study(name, dataset, store.largest(dataset))
        found = [result for config in wanted if (result := store.find(config)) and plates.kept(result, "samples")]
        if len(found) > 1:
            return sorted(((getattr(r.config, field), r) for r in found), key=lambda pair: pair[0])
    return []


def slider(name: str, words: str, *, columns: int) -> HTML:
    """A slider over the plates of a study (`find_study`); without scripts all of them. words: what is varied."""
    found = find_study(name)
    if not found:
        return HTML(f"<p>No run of the study {html.escape(name)} is stored.</p>")
    figures = [figure(value, result, words, columns) for value, result in found]
    first = len(figures) // 2
    head = f'<div class="plates" data-plates="{html.escape(words)}" data-first="{first}">'
    return HTML(head + "".join(figures) + "</div>")


def figure(value: float, result: store.Result, words: str, columns: int) -> str:
    kinds = {"test image": "test images", "reconstruction": "reconstructed", "N": "own sampler", "gmm": "mixture"}
    strips = plates.strips(result, "reconstructions", columns) | plates.strips(result, "samples", columns)
    lines = {kinds[kind]: [strip] for kind, strip in strips.items()}
    rows = select_distances(frame.of_results([result]), study=frame.study_of(result.config.variant))
    distances = rows.set_index("set")["value"]
    texts = [f"{titled('set', k)} {distances[k]:.3g}" for k in ("rec", "N", "gmm") if k in distances]
    short = f"{float(f'{value:.3g}'):g}"  # 1000, not 1e+03
    name = f"{look(result.config.system).label}, {words} {short}, {titled('dataset', result.config.dataset)}"
    plate = image(pictures(lines, scale=2), f"{name}: test images, reconstructions and samples")
    caption = f"{html.escape(name)}. Fréchet distances: {', '.join(texts)}"
    return f'<figure data-value="{short}">{plate}<figcaption>{caption}</figcaption></figure>'
