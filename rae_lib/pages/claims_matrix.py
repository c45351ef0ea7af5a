"""Every claim of the documents on every data set with stored runs: one computation, its matrix, counts and tables.

`outcomes` makes the frame that all the others read: one row a claim and place. A place is a data set, or WITHOUT for
claims that need no run: what a simulation, a count or a printed table decides is decided once. Where the rule of a
claim has no part on a data set there is no row: neither an undecided outcome nor an untested claim.
"""

from collections import Counter

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from rae_lib.campaign import command
from rae_lib.claims import verdicts
from rae_lib.claims.verdicts import Verdict
from rae_lib.config import DATASETS, check_choice
from rae_lib.pages import show, tables
from rae_lib.pages.charts import INK, PALE
from rae_lib.results import gate, store
from rae_lib.results.store import Result

WITHOUT, PRINT = "without runs", "in print"
SCOPES = (WITHOUT, "by the printed tables")  # how the scope of a verdict ends that needs no run
COLUMNS = ["claim", "document", "place", "stands", "outcome", "held", "of", "lacks"]
PANELS = {"RAE": "RAE, RAE v1", "EAE": "EAE", "DAE": "DAE", "X": "between them"}
SPREAD = "a difference beyond the spread"
# What a claim without a decision lacks: the first of these that applies. Before SPREAD more runs would help.
LACKS = ("longer training", "a run", "the doubling test", "Inception features", "a measurement")
LACKS += ("a second seed", SPREAD, "something else")
OPEN = ("undecided", "untested")
Look = tuple[str, str, str]  # fill, sign and colour of the sign
BLANK = ("white", show.ABSENT, PALE)
LOOKS = {
    "reproduced": ("#22609B", "✓", "white"),
    "contradicted": ("#B5471B", "✗", "white"),
    "partly": ("#E3CFA4", "½", INK),
    "undecided": ("#7F878D", "?", "white"),
    "untested": ("white", "○", "#6B7378"),
}
PRINTED = {"yes": LOOKS["reproduced"], "partly": LOOKS["partly"], "no": LOOKS["contradicted"]}
KEY = {
    "reproduced (print: yes)": LOOKS["reproduced"],
    "contradicted (print: no)": LOOKS["contradicted"],
    "print: partly": LOOKS["partly"],
    "undecided": LOOKS["undecided"],
    "untested": LOOKS["untested"],
    "nothing to test": BLANK,
}
NOTE = (
    "Here: the data set (and the one of the claim for which it stands in), the outcome, and comparisons that hold / "
    "all that the rule makes. A dash: nothing to test."
)


def outcomes(profile: str, datasets: list[str]) -> pd.DataFrame:
    """What the stored runs say of every claim that has a rule; data sets without any run are left out.

    profile: "largest" takes of each data set the largest of which runs are stored. Raises ValueError for a data set
    that does not exist.
    """
    for name in datasets:
        check_choice("datasets", name, DATASETS)
    bare = decided(verdicts.decidable(), [], profile)
    found = {WITHOUT: [v for v in bare if v.scope.endswith(SCOPES)]}
    ids = [v.id for v in bare if not v.scope.endswith(SCOPES)]
    sizes = {name: store.largest(name, profile) for name in datasets}
    for name, size in sizes.items():
        if everything := command.load_all(size, name):
            found[name] = decided(ids, everything, size, name)
    rows = frame(found)
    return rows.assign(profile=rows["place"].map(sizes))


def decided(ids: list[str], results: list[Result], profile: str, *name: str) -> list[Verdict]:
    """The verdicts on all that is stored of a data set, asked for as in a chapter; without one, on nothing."""
    options = {"features": tables.features_of(*name)} if name else {}
    options |= {"profile": profile, "datasets": name, "results": results}
    return verdicts.verdicts(ids, command.table(results), **options)


def frame(found: dict[str, list[Verdict]]) -> pd.DataFrame:
    """One row a claim and place, without claims that have no part there."""
    rows = [
        (v.id, document(v.id), place, stands(v, place), v.outcome, v.held, v.of, lacks(v))
        for place, some in found.items()
        for v in some
        if v.of
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def document(claim_id: str) -> str:
    return claim_id.partition("-")[0]


def stands(v: Verdict, place: str) -> str:
    """The data set of the claim for which this one stands in, by its title; nothing where the claim names it."""
    meant = v.places.get(place, place)
    return "" if meant == place else verdicts.titled(meant)


def lacks(v: Verdict) -> str:
    """What an undecided or untested claim lacks, one of `LACKS`; nothing if it is decided."""
    missing = [name for c in v.comparisons for name in c.missing]
    reasons = {c.reason for c in v.comparisons}
    applies = [
        any(reason.startswith(gate.SHORT) for reason in reasons),
        any(" on " in name for name in missing),
        any(reason.startswith(gate.UNKNOWN) for reason in reasons),
        any("inception" in name for name in missing),
        bool(missing),
        "one seed" in reasons,
        "inside the spread" in reasons,
        True,
    ]
    return LACKS[applies.index(True)] if v.outcome in OPEN else ""


def places(found: pd.DataFrame) -> list[str]:
    """What has outcomes: WITHOUT, then the data sets with stored runs."""
    return list(found["place"].unique())


def sizes(found: pd.DataFrame) -> str:
    """The profile of each data set: "digits laptop, MNIST overnight"."""
    rows = found[found["place"] != WITHOUT].drop_duplicates("place")
    return ", ".join(f"{titled(r.place)} {r.profile}" for r in rows.itertuples()) or "no runs"


def titled(place: str) -> str:
    return tables.TITLES.get(place, place)


def ids_of(name: str) -> list[str]:
    """The claims of a document that have a rule."""
    return [claim_id for claim_id in verdicts.decidable() if document(claim_id) == name]


# ---- the matrix


def matrix(found: pd.DataFrame) -> Figure:
    """A panel a document, a row a claim, a column for print and each place; the key below the fewest rows."""
    columns, seen = [PRINT, *places(found)], looks(found)
    rows = {name: ids_of(name) for name in PANELS}
    short = min(rows, key=lambda name: len(rows[name]))
    depth = max(*map(len, rows.values()), len(rows[short]) + len(KEY) + 3)
    size = (len(rows) * (0.55 + 0.225 * len(columns)), 0.9 + 0.22 * depth)
    axes = Figure(figsize=size).subplots(1, len(rows))
    for ax, (name, ids) in zip(axes, rows.items(), strict=True):
        panel(ax, ids, columns, seen)
        ax.set(title=PANELS[name], ylim=(depth - 0.5, -0.6))
        if name == short:
            key(ax, len(ids) + 1.5)
    return axes[0].figure


def looks(found: pd.DataFrame) -> dict[tuple[str, str], Look]:
    """The look of every claim and column that has one."""
    answers = {claim_id: verdicts.published_verdict(claim_id) for claim_id in verdicts.decidable()}
    seen = {(c, PRINT): PRINTED[answer] for c, answer in answers.items() if answer in PRINTED}
    for row in found.itertuples():
        seen[row.claim, row.place] = LOOKS[row.outcome]
    return seen


def panel(ax: Axes, ids: list[str], columns: list[str], seen: dict) -> None:
    """The claims of one document; the first column stands apart."""
    across = [-0.3, *range(1, len(columns))]
    for y, claim_id in enumerate(ids):
        for x, column in zip(across, columns, strict=True):
            mark(ax, x, y, seen.get((claim_id, column), BLANK))
    ax.set(xlim=(-0.85, len(columns) - 0.4), aspect="equal", anchor="N")
    ax.set_xticks(across, map(titled, columns), rotation=90, fontsize=8.5)
    ax.set_yticks(range(len(ids)), ids, fontsize=8)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=2)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


def mark(ax: Axes, x: float, y: float, look: Look) -> None:
    fill, sign, ink = look
    edge = "none" if look == BLANK else ink if fill == "white" else fill
    box = {"fc": fill, "ec": edge, "lw": 0.8, "clip_on": False}
    ax.add_patch(Rectangle((x - 0.43, y - 0.43), 0.86, 0.86, **box))
    words = {"ha": "center", "va": "center_baseline", "fontsize": 8.5, "fontweight": "bold"}
    ax.text(x, y, sign, color=ink, **words)


def key(ax: Axes, top: float) -> None:
    """What the squares mean, in the empty part of a panel."""
    for y, (words, look) in enumerate(KEY.items()):
        mark(ax, -2.4, top + 1.15 * y, look)
        ax.text(-1.7, top + 1.15 * y, words, va="center", fontsize=8)


# ---- counts


def count(found: pd.DataFrame, **where: str) -> int:
    return len(tables.pick(found, **where))


def counts(found: pd.DataFrame) -> pd.DataFrame:
    """One row a document, and all of them: how many claims have a rule, and what became of these where."""
    every = [document(claim_id) for claim_id in verdicts.claims()]
    sizes = {name: (len(ids_of(name)), every.count(name)) for name in dict.fromkeys(every)}
    lines = []
    for name, (ruled, of) in (sizes | {"all": (len(verdicts.decidable()), len(every))}).items():
        part = found if name == "all" else tables.pick(found, document=name)
        line = {"claims": name, "with a rule": f"{ruled}\u00a0of\u00a0{of}"}
        lines.append(line | {titled(p): signs(tables.pick(part, place=p)) for p in places(found)})
    return pd.DataFrame(lines)


def signs(part: pd.DataFrame) -> str | None:
    """How many claims have which outcome: "✓ 8 ✗ 5 ? 9 ○ 2"; None where no claim has a part."""
    numbers = Counter(part["outcome"])
    texts = [f"{sign}\u00a0{numbers[name]}" for name, sign in show.OUTCOMES.items()]
    return " ".join(texts) if len(part) else None


def twice(found: pd.DataFrame) -> tuple[int, int]:
    """How many claims are decided on more than one data set, and for how many of these the data sets differ."""
    some = found[(found["place"] != WITHOUT) & ~found["outcome"].isin(OPEN)]
    sets = some.groupby("claim")["outcome"].agg(["size", "nunique"])
    return int((sets["size"] > 1).sum()), int((sets["nunique"] > 1).sum())


def lacking(found: pd.DataFrame) -> pd.DataFrame:
    """What claims without a decision lack: how many on each data set, a claim under the first thing that applies."""
    part = found[found["place"] != WITHOUT]
    lines = [
        {"lacking": name} | {titled(p): count(part, lacks=name, place=p) for p in places(part)}
        for name in LACKS
        if count(part, lacks=name)
    ]
    return pd.DataFrame(lines)


# ---- tables of claims


def parted(found: pd.DataFrame, printed: tuple[str, ...], outcome: str) -> pd.DataFrame:
    """The claims with one of these answers in print and this outcome on runs; where, and what holds there."""
    some = tables.pick(found[found["place"] != WITHOUT], outcome=outcome)
    lines = []
    for claim_id, part in some.groupby("claim", sort=False):
        if verdicts.published_verdict(claim_id) in printed:
            where = [f"{shown(r)} {r.held}/{r.of}" for r in part.itertuples()]
            lines.append(named(claim_id) | {"where": ", ".join(where)})
    return pd.DataFrame(lines)


def shown(row: tuple) -> str:
    """The place of a row, and the data set for which it stands in: "digits (for MNIST)"."""
    return titled(row.place) + (f" (for {row.stands})" if row.stands else "")


def named(claim_id: str) -> dict[str, str]:
    row = verdicts.claim(claim_id)
    answer = row["published_holds"].replace("-", " ")
    return {"claim": claim_id, "what is claimed": show.in_words(row["claim"]), PRINT: answer}


def verdict_table(found: pd.DataFrame, of: str, *, caption: str, name: str) -> None:
    """Display every claim of a document with its outcomes: place, sign, and comparisons that hold of all."""
    cells: dict[str, list[str]] = {}
    for r in found.itertuples():
        words = (shown(r), show.OUTCOMES[r.outcome], f"{r.held}/{r.of}")
        whole = " ".join(words).replace(" ", "\u00a0").replace("-", "\u2011")  # no line ends in it
        cells.setdefault(r.claim, []).append(whole)
    lines = [
        named(claim_id) | {"here": ", ".join(cells.get(claim_id, [])) or None}
        for claim_id in ids_of(of)
    ]
    show.table(lines, caption=caption, name=name, note=NOTE)
