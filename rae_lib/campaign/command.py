"""The runs that are wanted, stored and missing; the command line that makes them.

python -m rae_lib run --profile laptop --dataset digits --seed 0
python -m rae_lib run --profile laptop --dataset digits --name vae-s0-kl-1
python -m rae_lib run --profile paper --pending

The options choose from the runs that the catalogue lists for a profile, its campaign (--list prints them). --dataset,
--system and --seed together also name runs that it does not list, and so does --name with --dataset.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial

from rae_lib import config as configs
from rae_lib.campaign.selection import select
from rae_lib.campaign.workers import do, say_left
from rae_lib.config import Config
from rae_lib.evaluation import later
from rae_lib.origin import device_for
from rae_lib.results.reproduction import find_pair
from rae_lib.results.run import make, measure
from rae_lib.results.store import find, find_fault, label, root
from rae_lib.training import cuda_graph

Job = tuple[Config, tuple[str, ...]]  # "run" if it is missing, and the metrics to be measured on it


def list_work(wanted: list[Config], recompute: bool = False) -> list[Job]:
    """What is to do for each configuration; all of it, stored or not, with `recompute`."""
    jobs = []
    for config in wanted:
        result = None if recompute or find_fault(config) else find(config)
        have = ["run", *result.extras] if result else []
        kinds = ("run", *later.wanted(config).get("features", ()))
        if whats := tuple(kind for kind in kinds if kind not in have):
            jobs.append((config, whats))
    return jobs


def choose_work(jobs: list[Job], kinds: tuple[str, ...]) -> list[Job]:
    """Of these jobs the missing runs, and the measurements of these kinds."""
    chosen = [(c, tuple(w for w in whats if w in ("run", *kinds))) for c, whats in jobs]
    return [job for job in chosen if job[1]]


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m rae_lib run",
        usage="%(prog)s [--pending | --list] [options]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.set_defaults(started=time.time())

    def one_of(names: tuple[str, ...], what: str = "") -> dict:
        return {"choices": names, "metavar": "NAME", "help": f"{what}of: {', '.join(names)}"}

    p.add_argument("--profile", choices=configs.PROFILES, default="laptop", help="default: laptop")
    p.add_argument("--dataset", **one_of(configs.DATASETS))
    p.add_argument("--system", nargs="+", **one_of(configs.SYSTEMS))
    documents = one_of(tuple(configs.DOCUMENTS), "the systems it adds; ")
    p.add_argument("--document", nargs=1, **documents)
    p.add_argument("--seed", nargs="+", type=int, help="those of a campaign: 0, 1, 2")
    p.add_argument("--study", nargs=1, **one_of(tuple(configs.catalogue()["study"])))
    p.add_argument("--name", nargs="+", help="exactly these runs, by the names of their folders: rae-s0, vae-s0-kl-1")
    p.add_argument("--no-studies", action="store_true", help="only the systems themselves")
    only = p.add_mutually_exclusive_group()
    only.add_argument("--list", action="store_true", help="say which are stored, run nothing")
    only.add_argument("--pending", action="store_true", help="print what is missing, run nothing")
    p.add_argument(
        "--measure",
        nargs="*",
        choices=later.asked_for(),
        default=(),
        help="what is measured beyond the run itself: these, or all that the catalogue asks for",
    )
    p.add_argument(
        "--recompute",
        action="store_true",
        help="from scratch, stored or not; a stored result stays until the new one is whole",
    )
    begins = {"default": float("inf"), "help": "begin no run after this time"}
    p.add_argument("--budget", type=read_seconds, metavar="SECONDS", **begins)
    p.add_argument("--jobs", type=int, default=1, help="runs side by side, on a CPU")
    devices = {"choices": ("auto", "cpu", "cuda"), "help": "default: auto"}
    p.add_argument("--device", default="auto", **devices)
    plain = "on a GPU: do not capture the training step as a CUDA graph"
    p.add_argument("--no-graph", action="store_true", help=plain)
    return p


def read_seconds(text: str) -> float:
    """Raises ValueError for what is no number, as argparse expects."""
    if math.isnan(seconds := float(text)):
        raise ValueError(text)
    return seconds


def main(argv: list[str] | None = None) -> int:
    """Lists, makes and resumes runs. Exit status: 1 when a run failed, 2 when options name no run."""
    arguments = parser().parse_args(argv)
    try:
        wanted = choose_runs(arguments)
    except (ValueError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if arguments.list:
        for config in wanted:
            why = find_fault(config)
            print(f"{'missing' if why else 'stored':8} {label(config)}{why and f'  {why}'}")
        return 0
    jobs = list_work(wanted, arguments.recompute)
    if arguments.pending:
        return say_pending(jobs)
    kinds = later.asked_for() if arguments.measure == [] else tuple(arguments.measure)
    return work(choose_work(jobs, kinds), arguments)


def choose_runs(arguments: argparse.Namespace) -> list[Config]:
    """The runs that the options name.

    Raises ValueError for options that name none, for no job at a time, and for several on a GPU, where processes would
    take turns; RuntimeError without a device or a folder of results.
    """
    cuda_graph.enabled = not arguments.no_graph
    wanted, jobs = select(arguments), arguments.jobs
    root()  # where results are, or an error
    if jobs < 1:
        raise ValueError(f"--jobs is {jobs}; allowed: 1 or more")
    if device_for(arguments.device) == "cuda" and jobs > 1:
        raise ValueError(f"--jobs is {jobs}; allowed on a GPU: 1. With --device cpu runs go side by side")
    return wanted


def say_pending(jobs: list[Job]) -> int:
    """Prints what is to do, a line each, and how much it is; the exit status."""
    lines = [f"{what:14} {label(config)}" for config, whats in jobs for what in whats]
    print("\n".join([*lines, f"{len(lines)} pending"]))
    return 0


def work(todo: list[Job], arguments: argparse.Namespace) -> int:
    """Makes what is to do, --jobs at a time, within the budget; a failure does not stop the others."""
    todo = longest_first(todo) if arguments.jobs > 1 else todo
    failed, start, jobs = 0, time.monotonic(), begin(todo, arguments.budget)
    task = partial(work_on, arguments=arguments)
    with closing(do(task, jobs, arguments.jobs)) as outcomes:
        for done, ((config, whats), (fine, text)) in enumerate(outcomes, 1):
            failed += not fine
            outcome = text if fine else f"failed: {text}"
            left = say_left(time.monotonic() - start, done, len(todo))
            print(f"[{done}/{len(todo)}] {' '.join(whats)} {label(config)}  {outcome}{left}", flush=True)
    return 1 if failed else 0


def longest_first(todo: list[Job]) -> list[Job]:
    """Side by side, so that no process is left alone with a long job; what was never stored comes before the rest."""

    def get_seconds(job: Job) -> float:
        if not (stored := find_pair(job[0])[0]):
            return math.inf
        return stored.seconds + sum(e["seconds"]["measure"] for name, e in stored.extras.items() if name in job[1])

    return sorted(todo, key=get_seconds, reverse=True)


def begin(todo: list[Job], budget: float) -> Iterator[Job]:
    """The jobs, each when it is taken, until the budget is spent; prints both."""
    start = time.monotonic()
    for number, job in enumerate(todo, 1):
        if time.monotonic() - start > budget:
            print(f"budget of {budget:g} s spent, {len(todo) - number + 1} left", flush=True)
            return
        print(f"[{number}/{len(todo)}] begun {label(job[0])}", flush=True)
        yield job


def work_on(job: Job, arguments: argparse.Namespace) -> str:
    """Makes one run with its measurements, or measures a stored one; returns what to tell of it."""
    config, whats = job
    options = {"device": arguments.device, "progress": sys.stderr.isatty()}
    kinds = tuple(what for what in whats if what != "run")
    if kinds == whats:
        return " ".join(str(measure(config, kind, **options)) for kind in kinds)
    options |= {"recompute": arguments.recompute, "since": arguments.started, "also": kinds}
    return json.dumps(make(config, **options).raw["seconds"])
