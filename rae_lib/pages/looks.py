"""How systems look in every chart of the book.

Every system has one colour, one marker and one line style throughout the book, so that a chart
can be read in grey and by the colour-blind; the catalogue declares them. Solid lines are
deterministic autoencoders, dashed ones sample their codes, dotted ones match a prior by an MMD.
"""

from dataclasses import dataclass, replace

from rae_lib.config import catalogue

INK, PALE = "#2f3437", "#d9dcde"


@dataclass(frozen=True)
class Look:
    """How one system appears: its name in the papers' spelling, colour, marker and line style."""

    label: str
    colour: str
    marker: str
    line: str = "-"


LOOKS = {
    name: Look(*(table[field] for field in ("label", "colour", "marker", "line")))
    for name, table in catalogue()["system"].items()
}


# For what is no system (kinds of images, splits, ...), in the order of appearance.
OTHERS = (
    Look("", "#332288", "o"),
    Look("", "#CC6677", "v", "--"),
    Look("", "#117733", "s", ":"),
    Look("", "#B9770E", "D", "-."),
    Look("", "#777777", "^"),
)


def look(name: str, number: int = 0) -> Look:
    """The look of a system; anything else, the `number`-th of its kind, keeps its name as label."""
    return LOOKS.get(name) or replace(OTHERS[number % len(OTHERS)], label=name)
