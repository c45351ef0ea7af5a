"""Measures one metric on stored runs, from the weights that they left.

python -m rae_lib measure nac --profile overnight
python -m rae_lib measure inception-768 --profile laptop --dataset digits --system vae

The numbers go into METRIC.json next to result.json. The options choose runs as those of `run` do; a run that has the
numbers is left out unless --recompute is given. Weights are those in $RAE_HOME, the kept ones in half precision where
the metric bears the rounding, or on a CPU those of the same training once more.
"""

import argparse
import sys

from rae_lib.campaign import command
from rae_lib.config import Config
from rae_lib.evaluation import later
from rae_lib.results.store import find


def parser() -> argparse.ArgumentParser:
    p = command.parser()
    p.prog, p.description = "python -m rae_lib measure", __doc__
    p.usage = "%(prog)s METRIC [options]"
    names = ", ".join(later.METRICS)
    p.add_argument("metric", choices=tuple(later.METRICS), metavar="METRIC", help=f"of: {names}")
    return p


def list_jobs(wanted: list[Config], metric: str, again: bool) -> list[command.Job]:
    """The stored runs that lack the metric; `again`: all stored ones. Raises ValueError where none is stored."""
    stored = [result for config in wanted if (result := find(config))]
    if not stored:
        raise ValueError(f"none of these {len(wanted)} runs is stored, so none can be measured")
    return [(r.config, (metric,)) for r in stored if again or metric not in r.extras]


def main(argv: list[str] | None = None) -> int:
    """Exit status: 1 when a measurement failed, 2 when the options name no stored run."""
    arguments = parser().parse_args(argv)
    try:
        later.find_metric(arguments.metric)
        jobs = list_jobs(command.choose_runs(arguments), arguments.metric, arguments.recompute)
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return command.say_pending(jobs) if arguments.list or arguments.pending else command.work(jobs, arguments)
