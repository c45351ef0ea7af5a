"""Inequalities of the claims among the systems of the size study, as ratios at every size.

Written out: what of a rule in `claims/claims.toml` needs these systems and sets alone, and of
four more claims the part that is about them. At one seed there is no spread; the sign alone is shown, and whether it
is steady over the largest sizes. A comparison of which no document says
anything about these data sets is marked "no claim".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from rae_lib import studies
from rae_lib.pages import sizes
from rae_lib.pages.charts import look
from rae_lib.pages.tables import SETS, pick

Cell = tuple[str, str]  # set, system
SYSTEMS = ("ae", "rae-l2", "vae", "wae-mmd")
AGREES, DISAGREES, MIXED, OPEN = (
    "✓\u00a0agrees",
    "✗\u00a0disagrees",
    "±\u00a0mixed",
    "?\u00a0open",
)


@dataclass(frozen=True)
class Inequality:
    """left <= bound times the lowest of right; on these data sets and what stands for them."""

    claim: str
    left: Cell
    right: tuple[Cell, ...]
    bound: float = 1.0
    datasets: tuple[str, ...] = ("mnist", "cifar10")

    @property
    def text(self) -> str:
        """ "GMM: RAE-L2 / VAE" where all is of one set, "GMM / N, AE" where of one system."""
        cells = (self.left, *self.right)
        if len({kind for kind, _ in cells}) == 1:
            return f"{SETS[self.left[0]]}: {over([look(s).label for _, s in cells])}"
        return f"{over([SETS[kind] for kind, _ in cells])}, {look(self.left[1]).label}"

    def ratio(self, values: Mapping[Cell, float]) -> float | None:
        """left / lowest of right; None where one of them is missing."""
        found = [values.get(cell) for cell in (self.left, *self.right)]
        known = not any(v is None or math.isnan(v) for v in found)
        return found[0] / min(found[1:]) if known else None


def over(names: list[str]) -> str:
    lowest = names[1] if len(names) == 2 else f"lowest of {', '.join(names[1:])}"
    return f"{names[0]} / {lowest}"


def others(system: str) -> tuple[Cell, ...]:
    return tuple((kind, system) for kind in ("N", "gmm", "interp"))


MNIST, CIFAR = ("mnist",), ("cifar10",)
INEQUALITIES = (
    *(Inequality("RAE-01", ("gmm", s), (("N", s),)) for s in SYSTEMS),
    Inequality("RAE-09", ("gmm", "ae"), (("N", "ae"),), 1 / 3, MNIST),
    Inequality("RAE-09", ("gmm", "rae-l2"), (("N", "rae-l2"),), 0.6, MNIST),
    Inequality("RAE-09", ("gmm", "wae-mmd"), (("N", "wae-mmd"),), 0.6, MNIST),
    Inequality("RAE-05, part", ("gmm", "rae-l2"), (("gmm", "vae"),)),
    Inequality("RAE-05, part", ("gmm", "rae-l2"), (("gmm", "wae-mmd"),)),
    Inequality("RAE-06, part", ("N", "rae-l2"), (("N", "vae"),), 1.05, MNIST),
    Inequality("RAE-06, part", ("N", "rae-l2"), (("N", "vae"), ("N", "wae-mmd")), 1, CIFAR),
    Inequality("RAE-08, part", ("gmm", "ae"), (("gmm", "vae"), ("gmm", "wae-mmd")), 1.15),
    Inequality("RAE-10", ("interp", "rae-l2"), (("interp", "vae"),), 1.10),
    *(Inequality("RAE-18", ("rec", s), others(s)) for s in SYSTEMS),
    Inequality("X-02, part", ("N", "wae-mmd"), (("N", "vae"),), 1.5, MNIST),
    Inequality("X-06", ("gmm", "rae-l2"), (("gmm", "ae"),)),
    Inequality("no claim", ("rec", "rae-l2"), (("rec", "vae"),)),
    Inequality("no claim", ("rec", "rae-l2"), (("rec", "wae-mmd"),)),
    Inequality("no claim", ("rec", "ae"), (("rec", "vae"),)),
)


def about(dataset: str) -> list[Inequality]:
    """The inequalities of a data set, or of the one whose coefficients it has."""
    return [i for i in INEQUALITIES if {dataset, studies.alike(dataset)} & set(i.datasets)]


def frame(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """One row an inequality and size at which its systems are stored: the ratio, and whether it is within the bound."""
    found = []
    for (width, epochs, updates), part in sizes.by_size(rows):
        keys = zip(part["set"], part["system"], strict=True)
        values = dict(zip(keys, part["value"], strict=True))
        for number, one in enumerate(about(dataset)):
            ratio = one.ratio(values)
            if ratio is not None:
                line = {"number": number, "width": width, "epochs": epochs, "updates": updates}
                found.append(line | {"ratio": ratio, "holds": ratio <= one.bound})
    columns = ["number", "width", "epochs", "updates", "ratio", "holds"]
    return pd.DataFrame(found, columns=columns)


def outcome(part: pd.DataFrame, bound: float, top: tuple[int, int]) -> str:
    """What the four largest sizes say of an inequality. top: the largest width and epochs.

    Agrees or disagrees: all four have the same sign, and their ratios differ by less than the largest size's ratio
    from the bound, so that another change like it would not turn the sign. Mixed: signs differ. Open: too near, or
    one of the four is not stored.
    """
    width, epochs = top
    last = part[part["width"].isin((width, width / 2)) & part["epochs"].isin((epochs, epochs / 2))]
    if len(last) < 4:
        return OPEN
    if last["holds"].nunique() > 1:
        return MIXED
    corner = pick(last, width=width, epochs=epochs).iloc[0]
    logs = last["ratio"].map(math.log)
    if logs.max() - logs.min() >= abs(math.log(corner["ratio"] / bound)):
        return OPEN
    return AGREES if corner["holds"] else DISAGREES


def in_print(one: Inequality, dataset: str) -> float | None:
    """The ratio of the published values; None where one is not published."""
    values = {
        (kind, s): sizes.published(dataset, kind, [s]).get(s) for kind, s in (one.left, *one.right)
    }
    return one.ratio(values)


def verdict_table(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """A row an inequality: the outcome, the ratio on the way to the largest size, where it holds, and in print."""
    found, lines = frame(rows, dataset), []
    top = rows["width"].max(), rows["epochs"].max()
    for number, one in enumerate(about(dataset)):
        part = pick(found, number=number)
        if part.empty:
            continue
        line = {"claim": one.claim, "ratio": f"{one.text} ≤\u00a0{one.bound:.3g}"}
        line["here"] = outcome(part, one.bound, top)
        for width, epochs in sizes.ladder(rows):
            cell = pick(part, width=width, epochs=epochs)
            updates = pick(rows, width=width, epochs=epochs)["updates"]
            if len(updates):
                title = sizes.of_size(width, updates.iloc[0]).replace("\u00a0", " ")
                line[title] = marked(cell["ratio"].iloc[0], one.bound) if len(cell) else None
        line["holds at"] = f"{part['holds'].sum()} of {len(part)}".replace(" ", "\u00a0")
        printed = in_print(one, dataset)
        line["published"] = None if printed is None else marked(printed, one.bound)
        lines.append(line)
    return pd.DataFrame(lines)


def marked(ratio: float, bound: float) -> str:
    return f"{'✓' if ratio <= bound else '✗'}\u00a0{ratio:.2f}"


def outcome_words(table: pd.DataFrame) -> str:
    """ "8 agree, 2 disagree, 1 mixed, 5 open"; "" for an empty table."""
    if table.empty:
        return ""
    words = {AGREES: "agree", DISAGREES: "disagree", MIXED: "mixed", OPEN: "open"}
    return ", ".join(f"{(table['here'] == sign).sum()} {word}" for sign, word in words.items())


def mixture_words(found: pd.DataFrame, dataset: str) -> str:
    """At how many stored cells the mixture's samples are better than the own sampler's: "60 of 64"; "" for none."""
    numbers = [n for n, one in enumerate(about(dataset)) if one.claim == "RAE-01"]
    part = found[found["number"].isin(numbers)]
    return f"{part['holds'].sum()} of {len(part)}" if len(part) else ""
