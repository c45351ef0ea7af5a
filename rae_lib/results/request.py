"""Which runs a page asks for: found in the store, or made on request."""

import os
import sys
from collections.abc import Sequence

from rae_lib import studies as plans
from rae_lib.config import DATASETS, DOCUMENTS, SYSTEMS, Config, check_choice, dataset_kind, resolve, system_kind
from rae_lib.results import store
from rae_lib.results.frame import study_of


def find_runs(
    *documents: str,
    studies: list[str] | None = None,
    systems: Sequence[str] = (),
    others: Sequence[str] = (),
    dataset: str = "all",
    profile: str = "largest",
    seeds: list[int] | None = None,
    recompute: bool = False,
    needed: bool = True,
) -> list[store.Result]:
    """The stored runs of the documents' systems and of these studies, MNIST first; seeds: 0, 1, 2 by default.

    dataset: one by name, or "all" that have runs of these systems. profile: "largest" takes the largest stored one of
    each data set. systems: of their systems these alone, of their studies too. others: documents whose stored runs
    are added to these and are never made. recompute makes every other run from scratch and needs one data set. What is
    not stored is left out.
    Raises ValueError for unknown names, FileNotFoundError where no run of the systems is stored, unless none is needed.
    """
    kinds = {system_kind(s) for d in documents for s in DOCUMENTS[d]}
    allowed = [d for d in DATASETS if dataset_kind(d) in kinds]
    check_choice("dataset", dataset, ("all", *allowed))
    if dataset == "all" and recompute:
        raise ValueError(f"recompute needs one data set by name; allowed: {', '.join(allowed)}")
    for name in systems:
        check_choice("system", name, tuple(s for d in documents for s in DOCUMENTS[d]))
    names = [dataset] if dataset != "all" else allowed
    found, first, numbers = [], None, seeds or (0, 1, 2)
    for name in names:
        size = store.largest(name, profile)
        kind = dataset_kind(name)
        mine, added = (
            [resolve(s, name, size, n) for n in numbers for d in of for s in DOCUMENTS[d] if system_kind(s) == kind]
            for of in (documents, others)
        )
        mine = [c for c in mine if c.system in (systems or SYSTEMS)]
        first = first or next(iter(mine), None)
        if own := ensure(mine, recompute=recompute):
            wanted = [c for s in studies or () for n in numbers for c in plans.study(s, name, size, n)]
            wanted = [c for c in wanted if c.system in (systems or SYSTEMS)]
            found += [*own, *ensure(wanted, recompute=recompute), *ensure(added)]
    if needed and not found:
        raise FileNotFoundError(store.why_missing(first))
    return list({result.folder: result for result in found}.values())


def ensure(wanted: list[Config], *, recompute: bool = False) -> list[store.Result]:
    """The results of these configurations, each once: the stored ones, or with `recompute` all, made again."""
    found = {}
    for config in wanted:
        if recompute:
            from rae_lib.results.run import make  # only who trains needs the models

            result = make(config, progress=shows_progress(), recompute=True)
        else:
            result = store.find(config)
        if result:
            found[result.folder] = result
    return list(found.values())


def shows_progress() -> bool:
    """Progress bars in a terminal, and in a notebook on request (RAE_PROGRESS=1); never in published output."""
    return sys.stderr.isatty() or os.environ.get("RAE_PROGRESS") == "1"


def of_study(results: list[store.Result], name: str = "") -> list[store.Result]:
    """Those of a study; without a name, the systems' own runs."""
    return [r for r in results if study_of(r.config.variant) == name]
