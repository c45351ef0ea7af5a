"""The runs that are wanted, stored and missing; the command line that makes them.

python -m rae_lib run --profile laptop --dataset digits --seed 0
python -m rae_lib run --profile laptop --dataset digits --name vae-s0-kl-1
python -m rae_lib run --profile paper --pending

The options choose from the runs that the catalogue lists for a profile, its campaign (--list prints them). --dataset,
--system and --seed together also name runs that it does not list, and so does --name with --dataset.
"""

import argparse
import difflib
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import torch

from rae_lib import config as configs
from rae_lib.campaign.selection import seed_of, select
from rae_lib.campaign.workers import (
    Job,
    Outcome,
    one_by_one,
    process_lane,
    side_by_side,
    thread_lane,
)
from rae_lib.config import Config
from rae_lib.evaluation import later
from rae_lib.results import store
from rae_lib.results.run import device_for, make, measure
from rae_lib.results.store import Result, find, label, load_all, table

__all__ = ["Config", "Result", "ensure", "find", "load_all", "make", "measure", "table"]

INTERRUPTED = 130  # the exit status after Ctrl-C


def ensure(
    wanted: list[Config],
    *,
    recompute: bool = False,
    missing: str = "refuse",
    device: str = "auto",
    progress: bool = False,
) -> list[Result]:
    """The results of these configurations. missing: "refuse" (FileNotFoundError), "skip", or "make" them.

    recompute makes every one anew, once.
    """
    configs.check_choice("missing", missing, ("refuse", "skip", "make"))
    results = []
    for config in wanted:
        result = None if recompute else find(config)
        if result is None and (recompute or missing == "make"):
            result = make(config, device=device, progress=progress, recompute=recompute)
        if result is None and missing == "refuse":
            raise FileNotFoundError(store.why_missing(config))
        if result:
            results.append(result)
    return results


def pending(wanted: list[Config]) -> list[tuple[Config, str]]:
    """(config, what): "run", or the features still to be measured on a stored run."""
    rows = []
    for config in wanted:
        result = find(config)
        if result is None:
            rows.append((config, "run"))
        have = result.extras if result else {}
        rows += [
            (config, kind) for kind in later.wanted(config).get("features", ()) if kind not in have
        ]
    return rows


def anew(wanted: list[Config]) -> list[tuple[Config, str]]:
    """Everything, stored or not."""
    return [
        (config, what)
        for config in wanted
        for what in ("run", *later.wanted(config).get("features", ()))
    ]


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m rae_lib run",
        usage="%(prog)s [--pending | --list] [options]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.set_defaults(started=time.time())

    def one_of(names: tuple[str, ...]) -> dict:
        return {"choices": names, "metavar": "NAME", "help": f"of: {', '.join(names)}"}

    p.add_argument("--profile", choices=configs.PROFILES, default="laptop", help="default: laptop")
    p.add_argument("--dataset", **one_of(configs.DATASETS))
    p.add_argument("--system", nargs="+", **one_of(configs.SYSTEMS))
    p.add_argument(
        "--document",
        nargs=1,
        choices=tuple(configs.DOCUMENTS),
        metavar="NAME",
        help=f"the systems it adds; of: {', '.join(configs.DOCUMENTS)}",
    )
    p.add_argument("--seed", nargs="+", type=checked(seed_of))
    p.add_argument("--study", nargs=1, **one_of(tuple(configs.catalogue()["study"])))
    p.add_argument(
        "--name",
        nargs="+",
        help="exactly these runs, by the names of their folders: rae-s0, vae-s0-kl-1",
    )
    p.add_argument("--no-studies", action="store_true", help="only the systems themselves")
    p.add_argument("--list", action="store_true", help="say which are stored, run nothing")
    p.add_argument("--pending", action="store_true", help="print what is missing, run nothing")
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
    p.add_argument(
        "--budget",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="begin no run after this time",
    )
    p.add_argument("--jobs", type=checked(positive), default=1, help="runs side by side")
    p.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto"
    )
    p.add_argument("--compile", action="store_true", help="torch.compile the losses")
    return p


def checked(parse: Callable[[str], int]) -> Callable[[str], int]:
    """The same for argparse, which shows the message of no other error."""

    def parsed(text: str) -> int:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"it is {text}; allowed: 1 or more")
    return int(text)


def main(argv: list[str] | None = None) -> int:
    """Lists, makes and resumes runs. Exit status: 1 when a run failed, 2 when options name no run, 130 after Ctrl-C."""
    arguments = parser().parse_args(argv)
    if arguments.measure == []:
        arguments.measure = list(later.asked_for())
    try:
        wanted = select(arguments)
        device = device_for(arguments.device)
    except (ValueError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if arguments.list:
        for config in wanted:
            state = "stored" if find(config) else "missing"
            print(f"{state:8} {label(config)}")
        return 0
    todo = anew(wanted) if arguments.recompute else pending(wanted)
    if arguments.pending:
        for config, what in todo:
            print(f"{what:14} {label(config)}")
        print(f"{len(todo)} pending")
        return 0
    try:
        return work(gathered(todo, arguments.measure), arguments, device)
    except KeyboardInterrupt:
        print("interrupted: every finished run is stored", file=sys.stderr)
        return INTERRUPTED


def work(
    todo: list[tuple[Config, tuple[str, ...]]], arguments: argparse.Namespace, device: str
) -> int:
    """Makes what is to do, --jobs at a time, within the budget; a failure does not stop the others."""
    failed, count = 0, len(todo)
    with closing(outcomes(begun(todo, arguments.budget), arguments, device)) as found:
        for done, (job, (fine, text)) in enumerate(found, 1):
            failed += not fine
            outcome = text if fine else f"failed: {text}"
            print(f"[{done}/{count}] {' '.join(job[1])} {label(job[0])}  {outcome}", flush=True)
    return 1 if failed else 0


def begun(todo: list[Job], budget: float) -> Iterator[Job]:
    """The jobs, each when it is taken, until the budget is spent; prints both."""
    start = time.monotonic()
    for number, job in enumerate(todo, 1):
        if time.monotonic() - start > budget:
            print(f"budget of {budget:g} s spent, {len(todo) - number + 1} left", flush=True)
            return
        print(f"[{number}/{len(todo)}] begun {label(job[0])}", flush=True)
        yield job


def outcomes(
    jobs: Iterator[Job], arguments: argparse.Namespace, device: str
) -> Iterator[tuple[Job, Outcome]]:
    """A single job at a time is made in this process, several in processes of one thread each, on a GPU in threads.

    Processes with more threads would fight over the cores. On a GPU each thread has a stream of its own: kernels of
    separate processes would take turns, those of streams run side by side.
    """
    task, lanes = partial(one, arguments=arguments), arguments.jobs
    if device == "cuda" and lanes > 1:
        return side_by_side(partial(thread_lane, task, own_stream), jobs, lanes)
    if lanes > 1:
        return side_by_side(partial(process_lane, task, one_thread), jobs, lanes)
    if device == "cuda":
        own_stream()
    return one_by_one(task, jobs)


def gathered(
    todo: list[tuple[Config, str]], kinds: tuple[str, ...]
) -> list[tuple[Config, tuple[str, ...]]]:
    """One job a configuration: "run" if it is missing, and what of these features is to be measured on it."""
    jobs: dict[Config, tuple[str, ...]] = {}
    for config, what in todo:
        if what == "run" or what in kinds:
            jobs[config] = (*jobs.get(config, ()), what)
    return list(jobs.items())


def one_thread() -> None:
    torch.set_num_threads(1)


def own_stream() -> None:
    torch.cuda.set_stream(torch.cuda.Stream())


def one(job: tuple[Config, tuple[str, ...]], arguments: argparse.Namespace) -> str:
    """Makes one run with its measurements, or measures a stored one; returns what to tell of it."""
    config, whats = job
    options = {"device": arguments.device, "progress": sys.stderr.isatty()}
    kinds = tuple(what for what in whats if what != "run")
    if kinds == whats:
        return " ".join(str(measure(config, kind, **options)) for kind in kinds)
    options |= {"recompute": arguments.recompute, "since": arguments.started}
    options |= {"compile": arguments.compile, "also": kinds}
    return json.dumps(make(config, **options).raw["seconds"])


def check_parameters(given: dict[str, object], known: dict[str, type]) -> None:
    """Refuses notebook parameters that do not exist or have the wrong type; papermill alone only logs them.

    given: the notebook's globals(), of which names injected by papermill count; known: name -> type.
    """
    plain = (bool, int, float, str, list)
    injected = [n for n, v in given.items() if isinstance(v, plain) and n[0] != "_" and n != "In"]
    for name in injected:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"unknown parameter {name!r}{hint}; there are: {', '.join(known)}")
    for name, kind in known.items():
        configs.check_type(name, given[name], kind)
    for name, more in (("dataset", ("all",)), ("profile", ("largest",))):
        if name in known:
            configs.check_choice(name, given[name], (*more, *configs.CHOICES[name]))
