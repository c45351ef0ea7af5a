"""Which runs a command line names: a part of the campaign, or one run exactly. What names none is refused."""

import argparse
import difflib
import re
from collections.abc import Callable, Iterable

from rae_lib import config as configs
from rae_lib.config import Config, catalogue, resolve
from rae_lib.fields import check_seed
from rae_lib.studies import campaign, find_studies, study

NAME = re.compile(r"(.+?)-s(\d+)(?:-(.+))?")  # SYSTEM-sSEED or SYSTEM-sSEED-VARIANT


def select(given: argparse.Namespace) -> list[Config]:
    """The runs that the options name. Raises ValueError for an option that leaves none, with what there is."""
    for seed in given.seed or ():
        check_seed("seed", seed)
    wanted, scope = list_runs(given), "/".join(filter(None, (given.profile, given.dataset)))
    for option, facts in FILTERS.items():
        if values := getattr(given, option):
            wanted = narrow(wanted, option, values, facts, scope)
            scope += f" --{option} {' '.join(map(str, values))}"
    if given.no_studies:
        wanted = [c for c in wanted if not c.variant]
        if not wanted:
            raise ValueError(f"--no-studies leaves nothing of {scope}: these are all of a study")
    return wanted


def list_runs(given: argparse.Namespace) -> list[Config]:
    """The runs that are named, or the campaign's, with those that a data set, systems and seeds name together."""
    if given.name:
        return [c for name in given.name for c in find_named(name, given.profile, given.dataset)]
    wanted = campaign(given.profile, given.dataset)
    systems, seeds = given.system or (), given.seed or ()
    if given.dataset and given.study and not wanted:  # not of the campaign: every run of the study
        name, seeds = given.study[0], given.seed or (0,)
        return [c for s in seeds for c in study(name, given.dataset, given.profile, s)]
    if given.dataset and not wanted:  # not of the campaign: every system
        systems, seeds = configs.systems(kind=configs.dataset_kind(given.dataset)), given.seed or (0, 1, 2)
    if given.dataset and not given.study:
        known = {c.name for c in wanted}
        own = [resolve(s, given.dataset, given.profile, seed) for seed in seeds for s in systems]
        wanted += [c for c in own if c.name not in known]
    return wanted


def narrow(
    wanted: list[Config], option: str, values: Iterable[str | int], facts: Callable[[Config], set], scope: str
) -> list[Config]:
    """The runs of which a fact is among the values, each of which must be a fact of some."""
    there = list(dict.fromkeys(fact for c in wanted for fact in sorted(facts(c))))
    for value in values:
        if value not in there:
            every = ", ".join(map(str, there)) or "none"
            what = f"--{option} {value} selects nothing of {scope}; there: {every}"
            raise ValueError(f"{what}; {suggest(option, value, scope.partition('/')[0])}")
    return [c for c in wanted if facts(c) & set(values)]


def suggest(option: str, value: str | int, profile: str) -> str:
    """Where else to look."""
    if option != "study":
        return "--dataset, --system and --seed together name any run"
    steps = catalogue()["campaign"][profile.split()[0]]
    others = dict.fromkeys(step["dataset"] for step in steps if step.get("study") == value)
    return f"data sets with it: {', '.join(others) or 'none'}"


def documents_of(config: Config) -> set[str]:
    return {name for name, systems in configs.DOCUMENTS.items() if config.system in systems}


FILTERS: dict[str, Callable[[Config], set]] = {
    "study": lambda config: set(find_studies(config.variant)),
    "document": documents_of,
    "system": lambda config: {config.system},
    "seed": lambda config: {config.seed},
}


def find_named(name: str, profile: str, dataset: str | None) -> list[Config]:
    """The run of this name: on the data set, or on every one for which the campaign lists it."""
    if dataset:
        return [find_exactly(name, profile, dataset)]
    found = [c for c in campaign(profile) if c.name == name]
    if not found:
        raise ValueError(
            f"--name {name}: no run of {profile} is called that; with --dataset any system, seed and study can be named"
        )
    return found


def find_exactly(name: str, profile: str, dataset: str) -> Config:
    """One run by its folder's name: of the campaign, or any system or run of a study with any seed."""
    known = campaign(profile, dataset)
    if match := NAME.fullmatch(name):
        system, seed, variant = match[1], int(match[2]), match[3]
        check_seed("seed", seed)
        if system in configs.SYSTEMS and not variant:
            return resolve(system, dataset, profile, seed)
        known += [c for s in catalogue()["study"] for c in study(s, dataset, profile, seed)]
    for config in known:
        if config.name == name:
            return config
    near = difflib.get_close_matches(name, [c.name for c in known], 1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    raise ValueError(
        f"--name {name}: {profile}/{dataset} has no such run{guess}; "
        "allowed: SYSTEM-sSEED, or SYSTEM-sSEED-VARIANT of a study, as --list prints them"
    )
