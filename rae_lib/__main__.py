"""Runs, numbers and pages of the book, from the command line. A first try: `run --profile smoke --dataset digits
--system vae --seed 0` trains one small system in seconds; `run --profile laptop --list` says what is stored.

python -m rae_lib run --profile laptop --dataset digits   # make what is missing; --pending and --list only say
python -m rae_lib measure nac --profile laptop            # a further number of the stored runs, from their weights
python -m rae_lib compute parameters                      # what needs no training: results/computed/NAME.json
python -m rae_lib publish                                 # run the notebooks on what is stored
python -m rae_lib data mnist                              # which archives are there; download what is missing
python -m rae_lib calibrate --dataset cifar10 ...         # measure distances of real and disturbed images
python -m rae_lib classifier cifar10                      # train the classifier behind a data set's features
python -m rae_lib land FILE.tar                           # bring in results that were made elsewhere
python -m rae_lib check RAE-01                            # what the stored runs say of the claims
python -m rae_lib reproduce copy|compare                  # your own runs compared with the stored ones
python -m rae_lib export results.csv                      # every number, ours and the published ones, as one file
python -m rae_lib playground                              # densities and codes for the page of decoders in the browser

Each command has --help.
"""

import os
import sys
from importlib import import_module

from rae_lib.files import NoRepositoryError

INTERRUPTED, CUT_OFF = 130, 141  # the exit status after Ctrl-C, and where nobody reads the output any more

COMMANDS = {
    "run": "campaign.command",
    "measure": "campaign.measure",
    "compute": "results.computed",
    "publish": "notebooks",
    "data": "data",
    "calibrate": "results.calibration",
    "classifier": "metrics.classifier",
    "land": "results.land",
    "check": "claims.check",
    "reproduce": "campaign.reproduce",
    "export": "results.export",
    "playground": "results.playground",
}


def main(argv: list[str]) -> int:
    """The exit status of a command; 2 where there is no such command, 130 after Ctrl-C, 141 for a closed pipe."""
    try:
        try:
            return do(*argv or ["--help"])
        finally:
            sys.stdout.flush()  # here a pipe turns out to be closed
    except KeyboardInterrupt:
        print("interrupted: everything that was finished is stored", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output, such as head, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_OFF
    except NoRepositoryError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def do(name: str, *rest: str) -> int:
    if name in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    if name not in COMMANDS:
        print(f"error: no command {name!r}; allowed: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    return import_module(f"rae_lib.{COMMANDS[name]}").main(list(rest))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
