"""Every claim of the papers on every data set with stored runs: its outcome, the counts, and an entry for each.

`outcomes` makes what all the others read: the verdicts, in one frame with a row for each claim and place. A place is a
data set, or WITHOUT for what a simulation, a count or a published table decides, whatever the data.
"""

from collections import Counter
from collections.abc import Collection, Mapping

import pandas as pd
from IPython.display import Markdown, display

from rae_lib.claims import rules, verdicts
from rae_lib.claims.verdicts import Comparison, Verdict
from rae_lib.config import DATASETS
from rae_lib.pages import boxes, show
from rae_lib.pages.looks import INK
from rae_lib.pages.titles import titled as titled_value
from rae_lib.results.frame import measured

WITHOUT, PRINT = "without runs", "published"
PANELS = {
    "RAE": "RAE, RAE v1",
    "EAE": "EAE",
    "DAE": "DAE",
    "MASK": "slides, masks",
    "FLEX": "slides, priors",
    "X": "between them",
}
Look = tuple[str, str, str]  # fill, sign and colour of the sign
REASONS = {"short": "not trained enough", "missing": "no such runs", "unknown": "the doubling test"}
BLANK = ("white", show.ABSENT, "#6B7378")
LOOKS = {
    "agrees": ("#22609B", "✓", "white"),
    "mixed": ("#E3CFA4", "½", INK),
    "disagrees": ("#B5471B", "✗", "white"),
    "open": ("#686F75", "?", "white"),
    "untested": ("white", "○", "#6B7378"),
}
LOOKS |= {"reproduced": LOOKS["agrees"], "contradicted": LOOKS["disagrees"]}
KEY = {name: LOOKS[name] for name in ("agrees", "mixed", "disagrees", "open")}
KEY |= {"open, no run decides": LOOKS["untested"], "nothing to test": BLANK}


def outcomes(profile: str, datasets: list[str], documents: Collection[str] = PANELS) -> pd.DataFrame:
    """The verdict of every claim of these documents and of every place; data sets without any run are left out.

    profile: "largest" takes of each data set the largest of which runs are stored. Raises ValueError for a data set
    that does not exist.
    """
    frame = measured(profile, datasets=datasets)
    shown = [name for name in datasets if name in set(frame["dataset"])]
    found = verdicts.decide([i for i in ids() if document(i) in documents], frame, shown)
    rows = [(v.id, document(v.id), v.dataset or WITHOUT, v.profile, look(v), v) for v in found]
    return pd.DataFrame(rows, columns=["claim", "document", "place", "profile", "outcome", "verdict"])


def show_outcomes(profile: str, datasets: list[str], documents: Collection[str]) -> pd.DataFrame:
    """Display the outcomes of these documents' claims in sentences; returns them (`outcomes`)."""
    found = outcomes(profile, datasets, documents)
    boxes.findings(*describe_outcomes(found))
    return found


def look(v: Verdict) -> str:
    """The outcome; "untested" where not one comparison could be made, or the rule has not been tested."""
    return v.outcome if v.passed and v.count("untested") < len(v.comparisons) else "untested"


def document(claim_id: str) -> str:
    return claim_id.partition("-")[0]


def places(found: pd.DataFrame) -> list[str]:
    """What has outcomes: WITHOUT, then the data sets with stored runs."""
    seen = set(found["place"])
    return [p for p in (WITHOUT, *DATASETS) if p in seen]


def sizes(found: pd.DataFrame) -> str:
    """The profile of each data set: "digits laptop, MNIST overnight"."""
    rows = found[found["place"] != WITHOUT].drop_duplicates("place")
    return ", ".join(f"{titled(r.place)} {r.profile}" for r in rows.itertuples()) or "no runs"


def titled(place: str) -> str:
    return titled_value("dataset", place) if place in DATASETS else place


def ids() -> list[str]:
    """The claims of the papers and the slides; those of this book about its metrics are in its chapter alone."""
    return [i for i in rules.claims() if document(i) in PANELS]


def ids_of(name: str) -> list[str]:
    """The claims of a document that have a rule."""
    return [i for i in rules.claims() if document(i) == name and ruled(i)]


def ruled(claim_id: str) -> bool:
    return bool(rules.blocks(claim_id))


# ---- the looks and the counts


def looks(found: pd.DataFrame) -> dict[tuple[str, str], Look]:
    """The look of every claim and column that has one."""
    printed = {i: verdicts.decide_print(i) for i in ids() if ruled(i)}
    seen = {(i, PRINT): LOOKS[look(v)] for i, v in printed.items() if v.comparisons}
    return seen | {(r.claim, r.place): LOOKS[r.outcome] for r in found.itertuples()}


def describe_outcomes(found: pd.DataFrame) -> list[tuple[str, bool]]:
    """For `boxes`: the outcomes of some documents' claims in our runs, and in the published numbers."""
    shown = [i for i in ids() if document(i) in set(found["document"])]
    printed = {i: v for i in shown if (v := verdicts.decide_print(i)).comparisons}
    free = {v.id: v for v in found[found["place"] == WITHOUT]["verdict"]}
    said = f"Of {len(printed)} rules that can be applied to published numbers, {list_failing(printed)}"
    said_free = f"**Decided without a run:** {', '.join(free)}. Of these, {list_failing(free)}."
    return [
        (f"**Our runs.** {count_words(found)}.", bool((found["place"] != WITHOUT).any())),
        (f"**The published numbers.** {said}.", bool(printed)),
        *([(said_free, True)] if free else []),
    ]


def list_failing(found: Mapping[str, Verdict]) -> str:
    """The claims whose rule disagrees, and how many are mixed: "5 disagree (RAE-11, ...) and 17 are mixed"; "none"."""
    bad = [i for i, v in found.items() if v.comparisons and look(v) in ("disagrees", "contradicted")]
    mixed = sum(bool(v.comparisons) and look(v) == "mixed" for v in found.values())
    parts = [say_count(len(bad), "disagree") + f" ({', '.join(bad)})"] if bad else []
    parts += [say_count(mixed, "be mixed")] if mixed else []
    return " and ".join(parts) or "none disagrees and none is mixed"


def say_count(count: int, verb: str) -> str:
    """ "1 agrees", "3 agree", "1 is open", "3 are open" (of "be open")."""
    one = count == 1
    start, _, rest = verb.partition(" ")
    return f"{count} " + (f"{'is' if one else 'are'} {rest}" if start == "be" else f"{verb}{'s' if one else ''}")


def count_words(found: pd.DataFrame) -> str:
    """The outcomes on each data set: "MNIST: 3 agree, 41 are open; ..."."""
    words = []
    for place in places(found):
        if place != WITHOUT:
            seen = Counter(v.outcome for v in found[found["place"] == place]["verdict"])
            yes, no = seen["agrees"] + seen["reproduced"], seen["disagrees"] + seen["contradicted"]
            counts = {"agree": yes, "be mixed": seen["mixed"], "disagree": no, "be open": seen["open"]}
            words.append(f"{titled(place)}: {', '.join(say_count(n, verb) for verb, n in counts.items() if n)}")
    return "; ".join(words)


def count_reasons(found: pd.DataFrame) -> Counter:
    """How many comparisons on data sets hold, fail or are open, and of the untested ones how many lack what.

    "other": what only runs of the papers' size can decide.
    """
    counts: Counter = Counter()
    for v in found[found["place"] != WITHOUT]["verdict"]:
        for c in v.comparisons:
            reason = c.lacks[0] if c.lacks else ""
            kind = next((k for k, start in REASONS.items() if reason.startswith(start)), "other")
            counts[kind if c.outcome == "untested" else c.outcome] += 1
    return counts


# ---- the entry of a claim


def entries(found: pd.DataFrame, name: str) -> None:
    """Display an entry, with an anchor, for every claim of a document."""
    for claim_id in rules.claims():
        if document(claim_id) == name:
            mine = list(found[found["claim"] == claim_id]["verdict"])
            display(Markdown(entry(claim_id, [verdicts.decide_print(claim_id), *mine])))


def entry(claim_id: str, found: list[Verdict]) -> str:
    """The claim and its place, its rule as it is run, and what the published numbers and the runs say of it."""
    one = rules.claim(claim_id)
    lines = [f"(claim-{claim_id.lower()})=", f"#### {claim_id}", "", f"> {one['text']} ({one['where']})", ""]
    links = [f"{{doc}}`{chapter}`" for chapter in one.get("chapters", [])]
    shown = list({place_of(v): v for v in found if v.comparisons}.values())
    outcomes = " · ".join(f"{place_of(v)}: **{show.outcome(v)}**" for v in shown)
    lines += [f"::::{{dropdown}} {outcomes or 'No comparison yet: the rule'}", ":class-container: claim", ""]
    lines += [f"Shown in {', '.join(links)}.", ""] if links else []
    lines += rule_lines(claim_id)
    for title, words in (("was", "The rule before"), ("why", "Why it was rewritten"), ("note", "Note")):
        lines += [f"{words}: {one[title]}.".replace("..", "."), ""] if title in one else []
    lines += [f"Published: {one['evidence']}.".replace("..", "."), ""] if "evidence" in one else []
    for v in shown:
        lines += verdict_lines(v)
    return "\n".join([*lines, "::::"])


def rule_lines(claim_id: str) -> list[str]:
    blocks = rules.blocks(claim_id)
    if not blocks:
        return ["No rule.", ""]
    text = []
    for b in blocks:
        loops = " ".join(f"for {k} in {v}" for k, v in b.get("for", {}).items())
        extra = [f"{k}: {b[k]}" for k in ("study", "profile") if k in b]
        extra += ["shown, not counted"] if b.get("beside") else []
        text += [f"# {', '.join([loops, *extra])}", *b["holds"]]
    return ["```python", *text, "```", ""]


def place_of(v: Verdict) -> str:
    """Where a verdict comes from: the data set with the size of its runs, or the published numbers."""
    name = PRINT if v.profile == "published" else f"{titled(v.dataset) or WITHOUT} {v.profile}".strip()
    return name + (f" (for {titled(v.stands)})" if v.stands else "")


def verdict_lines(v: Verdict) -> list[str]:
    """The outcome with its counts, and a table of every comparison."""
    head = f"**{place_of(v)}: {show.outcome(v)}** (hold, open, fail, untested: {show.counts(v)})"
    rows = [row(c) for c in (*v.comparisons, *v.uncounted)]
    columns = list(rows[0])
    body = ["| " + " | ".join(r[c].replace("|", "\\|") for c in columns) + " |" for r in rows]
    return [head, "", "| " + " | ".join(columns) + " |", "|" + ":--|" * len(columns), *body, ""]


def row(c: Comparison) -> dict[str, str]:
    left, right = (f"{value:.4g}" + (f" ± {spread:.2g}" if spread else "") for value, spread in (c.left, c.right))
    return {
        "comparison": f"`{c.text}`",
        "of": ", ".join(f"{k}={v}" for k, v in c.chosen.items()) + (f" in {c.source}" if c.source else ""),
        "values": f"{left} {c.sign} {right}".replace("<", "\\<"),
        "support": f"{c.support:.2f} / {c.opposite:.2f}",
        "seeds": f"{boxes.find_span(len(run[4]) for run in c.runs):.0f}" if c.runs else "",
        "outcome": c.outcome + (f": {c.lacks[0]}" if c.outcome == "untested" else ""),
    }
