"""What a run on strings measures: exact reconstructions, and how many of its samples are valid, different and new.

Records: "exact", the share of test strings that come back, their most likely decoding (set "rec") or a sampled one
("rec_sampled"); "valid", "unique" and "novel" (`metrics.texts`) of samples by every sampler, which are decoded
by Gumbel-max, as GrammarVAE does. Text of samples, interpolations and traversals is kept in the result.
"""

import torch
from torch import Tensor

from rae_lib.data import writing
from rae_lib.evaluation import codes, tasks
from rae_lib.evaluation.records import Evaluation, record
from rae_lib.evaluation.samples import sampler
from rae_lib.evaluation.trained import Trained
from rae_lib.metrics.texts import measure_texts
from rae_lib.training.loop import generator_for

SHOWN = 10  # samples and reconstructions kept as text
PATHS, POINTS = 3, 7  # interpolations kept as text, and traversals; strings of each
REACH = 3.0  # standard deviations of a code's dimension that a traversal goes to either side


def evaluate(trained: Trained) -> Evaluation:
    """The records of a run, and what it writes as text."""
    test = trained.data.texts["test"][: trained.config.samples]
    back = {
        "rec": decode(trained, trained.codes["test"][: len(test)]),
        "rec_sampled": decode(trained, trained.codes["test"][: len(test)], "rec"),
    }
    shares = {name: sum(a == b for a, b in zip(test, texts, strict=True)) / len(test) for name, texts in back.items()}
    rows = [record("exact", name, share, features="none", n_real=len(test)) for name, share in shares.items()]
    drawn = {name: texts for name in trained.config.sets if (texts := draw(trained, name))}
    rows += [row for name, texts in drawn.items() for row in sample_records(trained, name, texts)]
    rows += codes.code_records(trained)
    shown = {
        "reconstructions": [list(pair) for pair in zip(test[:SHOWN], back["rec"][:SHOWN], strict=True)],
        "samples": {name: texts[:SHOWN] for name, texts in drawn.items()},
        "interpolations": interpolate(trained),
        "traversals": traverse(trained),
    }
    return Evaluation(rows, {}, {"strings": shown})


def decode(trained: Trained, z: Tensor, noise: str | torch.Generator | None = None) -> list[str]:
    """The strings of codes: the most likely ones, or samples by a generator or the stream of this name.

    z: (n, d). An incomplete derivation is "".
    """
    own = writing.find(trained.data.name, trained.data.writing)
    if isinstance(noise, str):
        noise = generator_for(f"decode/{noise}", trained.config.seed, trained.device)
    with torch.no_grad():
        parts = [own.choose(trained.system.decoder(c.to(trained.device)), noise).cpu() for c in z.float().split(500)]
    return own.texts(torch.cat(parts))


def draw(trained: Trained, name: str) -> list[str]:
    """Samples by the sampler of a set's name, none where it has none."""
    found = sampler(trained, name) if not name.startswith("rec") else None
    if found is None:
        return []
    own, take = found
    z = take(trained.config.samples, generator_for(f"sample/{own}", trained.config.seed))
    return decode(trained, z, f"sample/{own}")


def sample_records(trained: Trained, name: str, texts: list[str]) -> list[dict]:
    task = tasks.find(trained.data.name)
    at_zero = trained.data.writing == "characters"
    forms = [task.form(text, at_zero) for text in texts]
    known = task.known(trained.data.texts["train"])
    place = {"features": "none", "n_real": len(known), "n_fake": len(texts)}
    return [record(metric, name, value, **place) for metric, value in measure_texts(forms, known).items()]


def interpolate(trained: Trained) -> list[list[str]]:
    """The most likely strings on straight lines between the codes of two test strings, these at both ends."""
    z, parts = trained.codes["test"], torch.linspace(0, 1, POINTS)[:, None]
    pairs = [(z[2 * i], z[2 * i + 1]) for i in range(PATHS)]
    return [decode(trained, a + (b - a) * parts) for a, b in pairs]


def traverse(trained: Trained) -> list[dict]:
    """The most likely strings along the dimensions with the largest spread, from the code of a test string."""
    spread = trained.codes["train"].std(0)
    found = []
    for i, dimension in enumerate(spread.topk(PATHS).indices.tolist()):
        z = trained.codes["test"][i].repeat(POINTS, 1)
        z[:, dimension] += torch.linspace(-REACH, REACH, POINTS) * spread[dimension]
        found.append({"dimension": dimension, "texts": decode(trained, z)})
    return found
