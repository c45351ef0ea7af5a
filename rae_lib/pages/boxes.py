"""The boxes of a page: what was found, each sentence shown only while the records bear it out; how to run it again;
what was not run yet."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from IPython.display import display

from rae_lib.pages import markup, notes, show
from rae_lib.pages.campaign import count_minutes
from rae_lib.pages.titles import titled
from rae_lib.results.frame import check_features
from rae_lib.results.store import Result

CLASSIFIER = "Classifier: the share of test images on which the small classifier behind the features is right."
FOUND, MEANING = "What was found", "What it means"
LOST = (
    "{lost} of the {all} sentences that the published page has here are left out: these runs do not bear them out, or "
    "lack what the sentences compare. The tables and figures below show these runs."
)


def findings(*statements: tuple[str, bool], title: str = FOUND) -> None:
    """Display sentences in a box, each only if its condition holds; a neutral sentence counts the others.

    statements: a sentence (Markdown, its numbers put in from the records), and whether the records have what it states.
    The metadata of the output keep the sentences that are left out; `rae_lib.notebooks` refuses to publish a page of
    the repository's own results that has any. Raises TypeError for a condition that is neither True nor False.
    """
    for sentence, holds in statements:
        if not isinstance(holds, bool | np.bool_):
            raise TypeError(f"the condition of {sentence!r} is {holds!r}; allowed: True, False")
    lines = [sentence for sentence, holds in statements if holds]
    untrue = [sentence for sentence, holds in statements if not holds]
    lines += [LOST.format(lost=len(untrue), all=len(statements))] if untrue else []
    items = [f"- {line}" for line in lines] if len(lines) > 1 else lines
    kind = "tip" if title == FOUND else "note"
    text = "\n".join(f"<li>{markup.inline(line)}</li>" for line in lines)
    bundle = {
        "text/markdown": "\n".join([f"::::{{admonition}} {title}", f":class: {kind} findings", "", *items, "::::"]),
        "text/html": f"<b>{title}</b><ul>{text}</ul>",
        "text/plain": "\n".join([title, *lines]),
    }
    display(bundle, raw=True, metadata={"rae_untrue": untrue} if untrue else {})


@dataclass(frozen=True)
class Span:
    """The lowest and the highest of some numbers, "2.1 to 3.4" in a sentence; NaN and 0 where there is none."""

    low: float
    high: float
    count: int

    def __format__(self, form: str) -> str:
        texts = [format(end, form) for end in (self.low, self.high)]
        ends = [(t.lstrip("-") if float(t.replace(",", "")) == 0 else t).replace("-", "−") for t in texts]
        return " to ".join(dict.fromkeys(ends))


def find_span(values: Iterable[float]) -> Span:
    """The span of these numbers; missing ones do not count."""
    known = [float(v) for v in values if not pd.isna(v)]
    return Span(min(known, default=math.nan), max(known, default=math.nan), len(known))


class Means:
    """Means of rows of the long frame by some columns. A missing one is NaN, with which no comparison is true.

    Raises ValueError where one mean would mix features.
    """

    def __init__(self, long: pd.DataFrame, *columns: str) -> None:
        check_features(long, list(columns))
        self.values = long.groupby(list(columns))["value"].mean()

    def __call__(self, *key: object) -> float:
        """The mean where the columns have these values."""
        return float(self.values.get(key if len(key) > 1 else key[0], math.nan))

    def span(self, *keys: object) -> Span:
        """The span where each column has this value, or one of this list; None: any."""
        part = self.values
        for level, key in enumerate(keys):
            if key is not None:
                names = key if isinstance(key, list | tuple) else [key]
                part = part[part.index.get_level_values(level).isin(names)]
        return find_span(part)


def compare_orders(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """Kendall's τ of the orders of the systems by two frames' means, by set; of the systems and sets that both have."""
    means = [part.pivot_table(index="system", columns="set", values="value") for part in (one, other)]
    both = means[0].index.intersection(means[1].index)
    taus = means[0].loc[both].corrwith(means[1].loc[both], method="kendall")
    return taus.dropna().to_dict()


def compare_distances(one: float, other: float, margin: float = 0.15) -> str:
    """ "nearer than" where one distance is lower by more than the margin, "farther than", else "about as far as"."""
    if abs(one - other) <= margin * other:
        return "about as far as"
    return "nearer than" if one < other else "farther than"


def name_seeds(runs: Sequence[Result], *systems: str) -> str:
    """How many seeds the runs of these systems have, or of all: "one seed", "3 seeds", "1 to 3 seeds"."""
    counts: dict[str, set[int]] = {}
    for r in (r for r in runs if r.config.system in systems or not systems):
        counts.setdefault(r.config.system, set()).add(r.config.seed)
    sizes = sorted(len(seeds) for seeds in counts.values()) or [0]
    few, most = sizes[0], sizes[-1]
    if few == most:
        return "one seed" if most == 1 else f"{most} seeds"
    return f"{few} to {most} seeds"


def name_size(runs: Sequence[Result]) -> str:
    """The size of these runs, for a sentence: "width 16, 6,000 updates, one seed"; of several sizes the commonest."""
    sizes = Counter((r.config.width, notes.updates(r.config, r.raw)) for r in runs)
    if not sizes:
        return name_seeds(runs)
    (width, updates), _ = sizes.most_common(1)[0]
    return f"width {width}, {updates:,} updates, {name_seeds(runs)}"


def show_sizes(runs: list[Result], *, name: str, note: str = "") -> None:
    """Display the size of a page's runs, and of the papers', as a numbered table. note: more words below it."""
    caption = (
        "The runs of this page, and the size of the papers' runs. Compare updates and filters: ours are far smaller"
    )
    show.table(notes.sizes(runs), caption=caption, name=name, note=f"{CLASSIFIER} {note}".strip())


def rerun(page: str, runs: Sequence[Result] = (), *, parameters: str = "") -> None:
    """Display the command that runs this page, and what training its runs again has taken on one core.

    parameters: further options of papermill, where the page has no `dataset` to train.
    """
    command = f".venv/bin/papermill notebooks/{page}.ipynb out.ipynb --cwd notebooks"
    lines = [f"```console\n{' '.join(filter(None, [command, parameters]))}\n```", ""]
    lines += ["This reads stored results and trains nothing; it takes seconds to a minute."]
    times = list_times(runs)
    if times:
        dataset, profile = next(iter(times))
        options = f"-p dataset {dataset} -p profile {profile} -p recompute True"
        words = [f"{titled('dataset', d)} {count} runs, {took}" for (d, _), (count, took) in times.items()]
        lines += [f"With `{options}` added it trains the runs of one data set again. The stored runs have taken:"]
        lines += [f"{'; '.join(words)}, of one core each and with evaluation."]
    lines += ["`--help-notebook` lists the parameters of the page."]
    text = " ".join(line for line in lines[2:])
    bundle = {
        "text/markdown": f"::::{{dropdown}} Run this page\n{lines[0]}\n\n{text}\n::::",
        "text/html": f"<p>Run this page: <code>{command}</code></p><p>{markup.inline(text)}</p>",
        "text/plain": f"Run this page: {command}\n{text}",
    }
    display(bundle, raw=True)


def report_missing(words: str, command: str) -> None:
    """Display what the page would show here, and the command that makes it."""
    text = f"{words[:1].upper()}{words[1:]}. To run it: `{command}`"
    bundle = {
        "text/markdown": f"::::{{admonition}} Not run yet\n:class: warning\n{text}\n::::",
        "text/html": f"<p><b>Not run yet.</b> {markup.inline(text)}</p>",
        "text/plain": f"Not run yet. {text}",
    }
    display(bundle, raw=True)


def list_times(runs: Sequence[Result]) -> dict[tuple[str, str], tuple[int, str]]:
    """(data set, profile) -> how many runs, and the time that they took; a shared training counts once."""
    trained: set[str] = set()
    minutes: dict[tuple[str, str], list[float]] = {}
    for r in {r.folder: r for r in runs}.values():
        key = r.config.training_hash
        minutes.setdefault((r.config.dataset, r.config.profile), []).append(count_minutes(r, key in trained)["spent"])
        trained.add(key)
    return {place: (len(took), name_time(sum(took))) for place, took in minutes.items()}


def name_time(minutes: float) -> str:
    """A time in words: "40 seconds", "12 minutes", "3.4 hours", "25 hours"."""
    if minutes < 1.5:
        return f"{60 * minutes:.0f} seconds"
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.{1 if minutes < 600 else 0}f} hours"
