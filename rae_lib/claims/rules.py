"""The claims of `claims.toml`, and what their rules may ask for.

A rule is a Python expression over the names of the catalogue: `fid(gmm, vae, d) < fid(N, vae, d)`. It is run exactly
as it is shown. `check_names` refuses a name that no system, data set, metric, set of images or verb has.
"""

import ast
import itertools
import math
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

import numpy as np

from rae_lib.claims.draws import VERBS, Compared, Quantity, as_quantity
from rae_lib.claims.records import COLUMN, Records, in_print, scales, where_of, written
from rae_lib.config import DATASETS, SYSTEMS, catalogue
from rae_lib.results.frame import VARIED, cells

# The data set for which another one is used, by study.
STANDS_FOR = {"digits": {"": "mnist", "grid": "cifar10"}}
FIELDS = ("depth", "components", "capacity", "step", "rank", *COLUMN, *VARIED)
OPTIONS = ("metric", "study", "features", "within", "against")
# All that a rule may be made of: no attribute, no function that it defines, no power that would not end.
GRAMMAR = (ast.Expression, ast.expr_context, ast.Name, ast.Constant, ast.List, ast.Tuple)
GRAMMAR += (ast.ListComp, ast.comprehension)
GRAMMAR += (ast.Call, ast.keyword, ast.Starred, ast.Subscript, ast.Slice, ast.IfExp, ast.Compare, ast.cmpop)
GRAMMAR += (ast.BoolOp, ast.boolop, ast.UnaryOp, ast.USub, ast.Not, ast.BinOp)
GRAMMAR += (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv)
UNDEFINED = {("two-stage-vae", "gmm")}  # no system has them, so minima leave them out


@cache
def book() -> dict:
    """claims.toml, with every name in its rules checked."""
    check_names(written())
    return written()


def claims() -> dict[str, dict]:
    return book()["claim"]


def claim(claim_id: str) -> dict:
    if claim_id not in claims():
        raise ValueError(f"unknown claim {claim_id!r}; known: {', '.join(claims())}")
    return claims()[claim_id]


def of_chapter(name: str) -> list[str]:
    """The claims that a chapter shows. Raises ValueError for a chapter without claims, naming those that have some."""
    found = [i for i, one in claims().items() if name in one.get("chapters", ())]
    if not found:
        chapters = sorted({c for one in claims().values() for c in one.get("chapters", ())})
        raise ValueError(f"no claims of chapter {name!r}; there are: {', '.join(chapters)}")
    return found


def blocks(claim_id: str) -> list[dict]:
    return claim(claim_id).get("rule", [])


def is_counted(case: tuple) -> bool:
    """Whether a comparison counts for the outcome, or is shown alone (`beside` in claims.toml)."""
    return not case[2].get("beside")


def digest(claim_id: str) -> str:
    """What a stored simulation of these rules is known by: the rules, and the groups and scales that they name."""
    found = repr(blocks(claim_id))
    words = {*re.findall(r"\w+", found), "frechet"}  # which `fid` means
    shared = {n: v for n, v in [*book()["groups"].items(), *scales().items()] if n in words}
    return f"{zlib.crc32((found + repr(shared)).encode()):08x}"


@cache
def names() -> dict[str, object]:
    return known(book()) | VERBS


def known(found: dict) -> dict[str, object]:
    """Every name of the rules: systems, data sets, metrics and sets mean themselves, groups their lists."""
    names = [*SYSTEMS, *DATASETS, *scales(), *FIELDS, *catalogue()["study"]]
    names += [name for group in found["names"].values() for name in group]
    return {n.replace("-", "_").replace(" ", "_"): n for n in names} | found["groups"]


def check_names(found: dict) -> None:
    """Raises ValueError for a rule with a name, text or argument that nothing has."""
    allowed = known(found)
    texts = {str(v) for v in allowed.values()}
    texts |= {v for group in found["groups"].values() for v in group if isinstance(v, str)}
    for claim_id, one in found["claim"].items():
        for block in one.get("rule", []):
            if wrong := find_unknown(block, {*allowed, *VERBS, *ASKS}, texts):
                raise ValueError(f"{claim_id}: unknown names in its rules: {', '.join(sorted(wrong))}")


def find_unknown(block: dict, allowed: set, texts: set) -> set[str]:
    """What a block of rules names and nothing has: names, texts, arguments, attributes."""
    loops = block.get("for", {})
    rules = [*block["holds"], *(v for v in loops.values() if isinstance(v, str))]
    nodes = [node for text in rules for node in ast.walk(ast.parse(text, mode="eval"))]
    values = [v for loop in loops.values() if isinstance(loop, list) for v in loop]
    words = {v for v in [*values, *(n.value for n in nodes if isinstance(n, ast.Constant))] if isinstance(v, str)}
    used = [n for n in nodes if isinstance(n, ast.Name)]
    wrong = {n.id for n in used} - allowed - set(loops) - {n.id for n in used if isinstance(n.ctx, ast.Store)}
    wrong |= {w for w in words if w not in texts and not w.replace(",", "").isdigit()}
    wrong |= {n.arg for n in nodes if isinstance(n, ast.keyword)} - {*FIELDS, *OPTIONS}
    return wrong | {f".{n.attr}" for n in nodes if isinstance(n, ast.Attribute)}


# ---- what a rule may ask


def broadcast(ask: Callable) -> Callable:
    """Lists in place of a name or size ask for every element; undefined cells drop out."""

    def asked(*args: object, **named: object) -> object:
        values = [x if isinstance(x, list) else [x] for x in (*args, *named.values())]
        parts = (
            ask(*c[: len(args)], **dict(zip(named, c[len(args) :], strict=True))) for c in itertools.product(*values)
        )
        found = [x for x in parts if x is not None]
        return found if any(isinstance(x, list) for x in (*args, *named.values())) else found[0]

    return asked


class Asking:
    """The verbs of one block of rules over some records."""

    def __init__(self, records: Records, one: dict, study: str, count: int):
        self.records, self.study, self.count, self.claim = records, study, count, one

    def ask(
        self, study: str, metric: str, kind: str, system: str, dataset: str, features: str = "", **sizes: object
    ) -> Quantity | None:
        if (system, kind) in UNDEFINED:
            return None
        where = where_of(study, system, dataset, self.records.plan(dataset), sizes)
        own = "pixels" if dataset.startswith("synth") else "domain"
        wanted = (features,) if features else (self.claim.get("features", own), "none", "pixels", "codes")
        key = (study, metric, kind, system, dataset, where, wanted)
        found = self.records.quantity(key, self.count, self.claim.get("collapse", False))
        return replace(found, loose=False) if self.claim.get("exact") else found

    def at(
        self, kind: str, system: str, dataset: str, metric: str = "frechet", study: str = "", **sizes: object
    ) -> Quantity | None:
        return self.ask(study or self.study, metric, kind, system, dataset, **sizes)

    def planned(self, field: str, values: list, system: str, dataset: str, **sizes: object) -> list:
        """Those of a rule's values that the study plans at this profile; all where it plans none."""
        found = [v for v in values if self.has(system, dataset, **(sizes | {field: v}))]
        return found or list(values)

    def has(self, system: str, dataset: str, **sizes: object) -> bool:
        """Whether the study plans a run of these sizes at this profile."""
        plan = self.records.plan(dataset)
        where = {"system": system} | dict(where_of(self.study, system, dataset, plan, sizes))
        return any(all(c[k] == v for k, v in where.items()) for c in cells(self.study, dataset, plan))

    def sizes(self, system: str, dataset: str, **sizes: object) -> list[int]:
        """The latent sizes of a series: those that the study plans at this profile, or the published ones."""
        plan = self.records.plan(dataset)
        where = [w for w in where_of(self.study, system, dataset, plan, sizes) if w[0] != "paper_latent"]
        if self.records.exact:
            return self.records.sizes(self.study, system, dataset, tuple(where))
        found = [c for c in cells(self.study, dataset, plan) if c["system"] == system]
        return sorted({c["paper_latent"] for c in found if all(c[k] == v for k, v in where)})

    def each(self, metric: str, kind: str, system: str, dataset: str, *features: str, **where: object) -> list:
        """Every stored value of the block's study, whatever its sizes."""
        where |= dict(zip(("features",), features, strict=False))
        found = self.records.each(self.study, metric, kind, system, dataset, **where)
        return list(map(as_quantity, found))

    def places(self, *columns: str) -> list:
        """The values that columns have together in the records of the block's study, in their order."""
        frame = self.records.frame
        return frame[frame["study"] == self.study][list(columns)].drop_duplicates().values.tolist()

    def said(self, document: str, metric: str, kind: str, system: str, dataset: str, **sizes: object) -> Quantity:
        """A published number; one that is not published is infinitely far from any other."""
        study = "grid" if sizes else ""
        where = where_of(study, system, dataset, "paper", sizes)
        found = in_print(document).quantity((study, metric, kind, system, dataset, where, ()), 1)
        return Quantity((np.array([math.inf]),), runs=found.runs) if found.lacks else found

    def verbs(self) -> dict[str, Callable]:
        own = partial(self.ask, "")
        found = {name: getattr(self, name) for name in ("said", "planned", "has", "sizes", "each", "places")}
        asked = {"fid": partial(own, "frechet"), "get": own, "at": self.at}
        return found | {name: broadcast(ask) for name, ask in asked.items()}


ASKS = ("fid", "get", "at", "said", "planned", "has", "sizes", "each", "places")


def place(dataset: str, named: list[str], study: str) -> str | None:
    """The data set of a claim for which this one is shown: itself, one for which it is used, or None."""
    stand = STANDS_FOR.get(dataset, {}).get("grid" if study == "grid" else "")
    return next((d for d in (dataset, stand) if d in named), None)


def cases(claim_id: str, records: Records, datasets: list[str] | None) -> Iterator[tuple[str, dict, dict]]:
    """(rule, loop variables, its block) of every comparison on these data sets (None: all that are named).

    A block without a loop over data sets is about all of them together: it belongs to the empty list, and to None.
    """
    for block in blocks(claim_id):
        loops = block.get("for", {})
        if ("d" not in loops) == bool(datasets):
            continue
        env = names() | Asking(records, claim(claim_id), block.get("study", ""), 1).verbs()
        study = block.get("study", "") if block.get("stands", True) else ""
        for values in looped(list(loops.items()), {}, env, datasets, study):
            for text in block["holds"]:
                yield text, values, block


def looped(loops: list, chosen: dict, env: dict, datasets: list[str] | None, study: str) -> Iterator[dict]:
    """Every combination of the loop variables; a text is an expression over those before it."""
    if not loops:
        yield chosen
        return
    (name, values), *rest = loops
    if isinstance(values, str):
        values = run(values, env | chosen)
    if name == "d" and datasets is not None:
        values = [d for d in datasets if place(d, values, study)]
    for value in (v for v in values if v != []):  # a series without sizes has no comparisons
        yield from looped(rest, chosen | {name: value}, env, datasets, study)


def run(text: str, env: dict) -> object:
    """The value of an expression of the project's own text; it sees these names and nothing else."""
    return eval(compiled(text), {"__builtins__": {}} | env)


@cache
def compiled(text: str) -> object:
    """Raises ValueError for a text with anything that is not of the rules' grammar."""
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if not isinstance(node, GRAMMAR):
            raise ValueError(f"{text} has a {type(node).__name__}, which rules do not have")
    return compile(tree, "rule", "eval")


def compared(claim_id: str, case: tuple, records: Records, count: int) -> Compared:
    """One comparison of a claim, from `count` draws."""
    text, chosen, block = case
    found = run(text, names() | Asking(records, claim(claim_id), block.get("study", ""), count).verbs() | chosen)
    only = block.get("profile", "")
    if only and records.plan(chosen["d"]) != only:
        return replace(found, lacks=(f"only runs of profile {only} can decide",))
    return found
