"""What is expected of a yardstick, and what the stored results of `rae_lib.metrics.calibration` say of it."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from rae_lib.pages.calibration import cells, curve, named

Found = list[tuple[str, bool]]  # what is compared, and whether it is as expected
Rule = Callable[[str, pd.DataFrame], Found]  # (name, rows of one result)


def verdict_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Every expectation with what became of it over the data sets and features, and where it does not hold."""
    lines = []
    for text, rule in EXPECTATIONS.items():
        found = [one for key, part in cells(rows) for one in rule(named(key), part)]
        held = sum(holds for _, holds in found)
        here = (
            "– nothing to test"
            if not found
            else "✓ holds"
            if held == len(found)
            else "✗ does not hold"
        )
        line = {"expectation": text, "here": here, "hold": f"{held} of {len(found)}"}
        lines.append(line | {"where not": failures(found) or "nowhere"})
    return pd.DataFrame(lines)


def failures(found: Found) -> str:
    """What fails, gathered by data set and features: "MNIST, domain: 0 to 0.01, 0.01 to 0.02"."""
    gathered: dict[str, list[str]] = {}
    for text, holds in found:
        if not holds:
            name, _, what = text.partition(": ")
            gathered.setdefault(name, []).append(what)
    return "; ".join(
        f"{name}: {', '.join(what)}" if what[0] else name for name, what in gathered.items()
    )


def steps(kind: str, against: str, score: str = "frechet", *, falls: bool = False) -> Rule:
    """Each level of damage against the next."""

    def rule(name: str, part: pd.DataFrame) -> Found:
        table = curve(part, kind, against).dropna(subset=[score])
        pairs = list(zip(table["level"], table[score], strict=True))
        return [
            (f"{name}: {a:g} to {b:g}", bool(y < x if falls else x < y))
            for (a, x), (b, y) in zip(pairs, pairs[1:], strict=False)
        ]

    return rule


def no_further(one: str, other: str) -> Rule:
    """The first pair of sets is not visibly further apart than the second, over the random draws of both.

    Where there is but one of the first, it is no further than the furthest draw of the second.
    """

    def rule(name: str, part: pd.DataFrame) -> Found:
        drawn = part.dropna(subset=["draw"])
        sides = [
            drawn[drawn["set"] == pair]["frechet"].reset_index(drop=True) for pair in (one, other)
        ]
        if sides[0].empty:  # too few validation images
            return []
        if len(sides[0]) == 1:
            return [(name, bool(sides[0].iloc[0] <= sides[1].max()))]
        spread = np.hypot(sides[0].std(), sides[1].std()) * np.sqrt(2)  # two pooled deviations
        return [(name, bool(sides[0].mean() <= sides[1].mean() + spread))]

    return rule


def worse_than_blur(name: str, part: pd.DataFrame) -> Found:
    """At the pixel error of every blur, noise of the same error (by interpolation) is further from real images."""
    noise, blur = (curve(part, kind, "train") for kind in ("noise", "blur"))
    found = []
    for one in blur[1:].to_dict("records"):
        if one["error"] <= noise["error"].max():
            value = np.interp(one["error"], noise["error"], np.sqrt(noise["frechet"])) ** 2
            found.append((f"{name}: blur {one['level']:g}", bool(one["frechet"] < value)))
    return found


def same_order(name: str, part: pd.DataFrame) -> Found:
    """The kernel distance ranks every kind and level of damage as the Fréchet distance does."""
    table = part[part["against"] == "train"]
    agree = (table["kid"].rank() == table["frechet"].rank()).all()
    return [(name, bool(agree))]


EXPECTATIONS: dict[str, Rule] = {
    "More noise is further from the images it was added to": steps("noise", "test"),
    "More noise is further from training images": steps("noise", "train"),
    "More blur is further from training images": steps("blur", "train"),
    "More noise lowers precision, F1/8": steps("noise", "train", "prd_f1_8", falls=True),
    "The kernel distance puts all damage in the same order": same_order,
    "Noise is worse than blur of the same pixel error": worse_than_blur,
    "Training and test images are as alike as random halves of the test images": no_further(
        "train", "halves"
    ),
    "The halves of the test images as stored are as alike as random ones": no_further(
        "halves in order", "halves"
    ),
}
