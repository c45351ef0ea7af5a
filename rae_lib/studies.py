"""Which runs are wanted: the studies and the campaign of `catalogue.toml`, as configurations.

A study is a curve (one `field` of one system over `values`) or a grid of `blocks`: each block the product of its
systems and of its fields' values. `set`, `scale` and `only` are lists of tables that apply where their `profile` and
`dataset` say: fields set in every run, factors by which a smaller profile reads the papers' sizes, and the values to
which it keeps. Sizes are always named as in the papers; `cell` finds the run that is made for one.
"""

import re
from itertools import product

from rae_lib import config as configs
from rae_lib.config import Config, catalogue, check_choice, resolve, show

WHERE = ("dataset", "profile")


def layered(tables: list[dict], dataset: str, profile: str) -> dict[str, object]:
    """The tables that apply here, the later winning. A data set with another's coefficients counts as that one too."""
    names = {"profile": {profile}, "dataset": {dataset, alike(dataset)}}
    found: dict[str, object] = {}
    for table in tables:
        if all(names[key] & as_set(table[key]) for key in WHERE if key in table):
            found |= {k: v for k, v in table.items() if k not in WHERE}
    return found


def as_set(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def alike(dataset: str) -> str:
    return catalogue()["dataset"][dataset].get("coefficients", dataset)


def study(name: str, dataset: str, profile: str, seed: int = 0) -> list[Config]:
    """The runs of a study, each once; none where its systems are for another kind of data than the data set's.

    Raises ValueError for an unknown name, data set or profile.
    """
    check_choice("study", name, tuple(catalogue()["study"]))
    book = catalogue()["study"][name]
    fitting = configs.systems(kind=configs.dataset_kind(dataset))
    if "blocks" not in book:
        return curve(book, dataset, profile, seed) if book["system"] in fitting else []
    kept = layered(book.get("only", []), dataset, profile)
    wanted: dict[str, Config] = {}
    for block in book["blocks"]:
        if not layered([block], dataset, profile):
            continue
        fields = {k: v for k, v in block.items() if k not in (*WHERE, "system")}
        fields = {k: [x for x in v if x in kept.get(k, v)] for k, v in fields.items()}
        systems = [s for s in block["system"] if s in fitting and s in kept.get("system", block["system"])]
        for system, *values in product(systems, *fields.values()):
            sizes = dict(zip(fields, values, strict=True))
            config = cell(name, system, dataset, profile, seed, **sizes)
            wanted[config.name] = config
    return list(wanted.values())


def find_studies(variant: str) -> list[str]:
    """The studies to which the variant of a run belongs, in the order of the catalogue; none for a system's own run."""
    books = catalogue()["study"].items()
    return [name for name, book in books if re.fullmatch(f"{book['variant']}([-_].*)?", variant)]


def curve(book: dict, dataset: str, profile: str, seed: int) -> list[Config]:
    """One field of one system over its values: variants PREFIX-VALUE, or the PREFIX alone without a field."""
    common, runs = layered(book.get("set", []), dataset, profile), []
    kept = layered(book.get("only", []), dataset, profile)
    values = book.get("values", [None])
    for value in (v for v in values if v in kept.get(book.get("field"), values)):
        own = {book["field"]: value} if "field" in book else {}
        variant = "-".join([book["variant"], *map(show, own.values())])
        runs.append(resolve(book["system"], dataset, profile, seed, overrides=common | own, variant=variant))
    return runs


def cell(name: str, system: str, dataset: str, profile: str, seed: int = 0, **sizes: object) -> Config:
    """The run of a grid study for these sizes of the papers (width=64, latent=96, ...).

    A field that is not named has its default. The variant names what differs from the system's own run, PREFIX_FIELD-
    VALUE; where nothing does it is that run.
    """
    book = catalogue()["study"][name]
    common = layered(book.get("set", []), dataset, profile)
    factors = layered(book.get("scale", []), dataset, profile)
    base = resolve(system, dataset, profile, seed)
    own = {k: scaled(v, factors.get(k, 1), getattr(base, k)) for k, v in sizes.items()}
    own = {k: own[k] for k in sorted(own) if own[k] != getattr(base, k)}
    if book.get("own_run") and not own:
        return base
    variant = "_".join([book["variant"], *(f"{k}-{show(v)}" for k, v in own.items())])
    config = resolve(system, dataset, profile, seed, overrides=common | own, variant=variant)
    return base if config.hash == base.hash else config


def scaled(value: object, factor: float, default: object) -> object:
    """A size of the papers at a profile's scale, in the type of the field; one depth is that of every stage."""
    if isinstance(default, tuple):
        return tuple(value) if isinstance(value, list | tuple) else (value,) * len(default)
    return max(1, round(value * factor)) if isinstance(default, int) else value * factor


def campaign(profile: str, dataset: str | None = None) -> list[Config]:
    """Every run of a profile in order of value, as the catalogue's [campaign] lists it."""
    check_choice("profile", profile, configs.PROFILES)
    wanted: dict[tuple[str, str], Config] = {}
    for step in catalogue()["campaign"][profile]:
        if dataset not in (None, step["dataset"]):
            continue
        for seed in step.get("seeds", [0]):
            wanted |= {(c.dataset, c.name): c for c in step_runs(step, profile, seed)}
    return list(wanted.values())


def step_runs(step: dict, profile: str, seed: int = 0) -> list[Config]:
    """The runs of one step of the campaign for one seed: a study, or the systems that are named or a document adds.

    A step may keep to some `systems` and `variants` of its study.
    """
    if "study" in step:
        runs = study(step["study"], step["dataset"], profile, seed)
        runs = [c for c in runs if c.system in step.get("systems", [c.system])]
        return [c for c in runs if c.variant in step.get("variants", [c.variant])]
    systems = step.get("systems", configs.DOCUMENTS[step.get("document", "rae")])
    return [resolve(s, step["dataset"], profile, seed) for s in systems]
