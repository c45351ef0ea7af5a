"""The runs that are wanted, stored and missing; the command line that makes them.

python -m rae_lib.runs --profile laptop --dataset digits --seed 0
python -m rae_lib.runs --profile paper --pending
"""

import argparse
import difflib
import json
import re
import sys
import time
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from multiprocessing import get_context

import torch

from rae_lib import config as configs
from rae_lib import measurements, store
from rae_lib.config import Config
from rae_lib.experiment import device_for, make, measure
from rae_lib.plans import campaign
from rae_lib.store import Result, find, load_all, table

__all__ = ["Config", "Result", "ensure", "find", "load_all", "make", "measure", "table"]


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
            (config, kind)
            for kind in measurements.wanted(config).get("features", ())
            if kind not in have
        ]
    return rows


def anew(wanted: list[Config]) -> list[tuple[Config, str]]:
    """Everything, stored or not."""
    return [
        (config, what)
        for config in wanted
        for what in ("run", *measurements.wanted(config).get("features", ()))
    ]


def select(arguments: argparse.Namespace) -> list[Config]:
    """The configurations that a command line names."""
    wanted = campaign(arguments.profile, arguments.dataset)
    if arguments.dataset and not wanted:
        wanted = [
            configs.resolve(system, arguments.dataset, arguments.profile, seed)
            for seed in (0, 1, 2)
            for system in configs.SYSTEMS
        ]
    if arguments.study:
        prefix = configs.catalogue()["study"][arguments.study]["variant"]
        wanted = [c for c in wanted if re.fullmatch(f"{prefix}([-_].*)?", c.variant)]
    if arguments.document:
        wanted = [c for c in wanted if c.system in configs.DOCUMENTS[arguments.document]]
    if arguments.no_studies:
        wanted = [c for c in wanted if not c.variant]
    if arguments.system:
        wanted = [c for c in wanted if c.system in arguments.system]
    if arguments.seed:
        wanted = [c for c in wanted if c.seed in arguments.seed]
    return wanted


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m rae_lib.runs",
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
    p.add_argument("--document", choices=tuple(configs.DOCUMENTS), help="the systems it adds")
    p.add_argument("--seed", nargs="+", type=int)
    p.add_argument("--study", **one_of(tuple(configs.catalogue()["study"])))
    p.add_argument("--no-studies", action="store_true", help="only the systems themselves")
    p.add_argument("--list", action="store_true", help="say which are stored, run nothing")
    p.add_argument("--pending", action="store_true", help="print what is missing, run nothing")
    p.add_argument(
        "--measure",
        nargs="*",
        choices=measurements.KINDS,
        default=(),
        help="the Inception measurements too: these, or all that are wanted",
    )
    p.add_argument("--recompute", action="store_true", help="from scratch, stored or not")
    p.add_argument(
        "--budget",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="begin no run after this time",
    )
    p.add_argument("--jobs", type=int, default=1, help="runs side by side")
    p.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto"
    )
    p.add_argument("--compile", action="store_true", help="torch.compile the losses")
    return p


def main(argv: list[str] | None = None) -> int:
    """Lists, makes and resumes runs; exit status 1 when one failed, the others still made."""
    arguments = parser().parse_args(argv)
    if arguments.measure == []:
        arguments.measure = list(measurements.KINDS)
    wanted = select(arguments)
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
    return work(todo, arguments)


def work(todo: list[tuple[Config, str]], arguments: argparse.Namespace) -> int:
    """Makes what is to do, --jobs at a time, within the budget; a failure does not stop the others."""
    start, failed, done = time.monotonic(), 0, 0
    todo = gathered(todo, arguments.measure)
    jobs = iter(todo)
    with workers(arguments.jobs, device_for(arguments.device)) as pool:
        running: dict[Future, str] = {}
        while True:
            while len(running) < arguments.jobs and (job := next(jobs, None)):
                if time.monotonic() - start > arguments.budget:
                    print(f"budget of {arguments.budget:g} s spent, {len(todo) - done} left")
                    jobs = iter(())
                    break
                running[pool.submit(one, *job, arguments)] = f"{' '.join(job[1])} {label(job[0])}"
            if not running:
                return 1 if failed else 0
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name, done = running.pop(future), done + 1
                error = future.exception()
                failed += error is not None
                outcome = f"failed: {error}" if error else future.result()
                print(f"[{done}/{len(todo)}] {name}  {outcome}", flush=True)


def gathered(
    todo: list[tuple[Config, str]], kinds: tuple[str, ...]
) -> list[tuple[Config, tuple[str, ...]]]:
    """One job a configuration: "run" if it is missing, and what of these features is to be measured on it."""
    jobs: dict[Config, tuple[str, ...]] = {}
    for config, what in todo:
        if what == "run" or what in kinds:
            jobs[config] = (*jobs.get(config, ()), what)
    return list(jobs.items())


def workers(jobs: int, device: str) -> Executor:
    """Processes of one thread each, or they fight over the cores; a single job stays in this process.

    On a GPU all jobs are threads of this process, each with a stream of its own: kernels of separate processes would
    take turns, those of streams run side by side.
    """
    if jobs == 1 or device == "cuda":
        return ThreadPoolExecutor(jobs, initializer=own_stream if device == "cuda" else None)
    return ProcessPoolExecutor(jobs, get_context("spawn"), initializer=one_thread)


def one_thread() -> None:
    torch.set_num_threads(1)


def own_stream() -> None:
    torch.cuda.set_stream(torch.cuda.Stream())


def one(config: Config, whats: tuple[str, ...], arguments: argparse.Namespace) -> str:
    """Makes one run with its measurements, or measures a stored one; returns what to tell of it."""
    alone = arguments.jobs == 1
    options = {"device": arguments.device, "progress": sys.stderr.isatty(), "alone": alone}
    kinds = tuple(what for what in whats if what != "run")
    if kinds == whats:
        return " ".join(str(measure(config, kind, **options)) for kind in kinds)
    options |= {"recompute": arguments.recompute, "since": arguments.started}
    options |= {"compile": arguments.compile, "also": kinds}
    return json.dumps(make(config, **options).raw["seconds"])


def label(config: Config) -> str:
    return f"{config.profile}/{config.dataset}/{config.name}"


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


if __name__ == "__main__":
    sys.exit(main())
