"""What the stored runs and the published numbers say of the papers' claims.

python -m rae_lib check                      # a line a claim
python -m rae_lib check RAE-01               # one claim with every comparison
python -m rae_lib check RAE-01 --simulate    # tests its rule on made-up data instead, and stores what comes out
"""

import argparse

from rae_lib.claims import rules, simulate, verdicts
from rae_lib.config import PROFILES
from rae_lib.results.frame import measured


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m rae_lib check", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("ids", nargs="*", help="claims, shown with every comparison; all by default, a line each")
    parser.add_argument("--profile", choices=("largest", *PROFILES), default="largest", help="of the stored runs")
    parser.add_argument("--simulate", action="store_true", help="test the rules instead, and store what comes out")
    parser.add_argument("--simulations", type=int, default=1000, help="made-up data sets a claim; default: 1000")
    options = parser.parse_args(argv)
    try:
        ids = [i for i in options.ids if rules.claim(i)] or list(rules.claims())
        if options.simulations < 1:
            raise ValueError(f"--simulations is {options.simulations}; allowed: 1 or more")
    except ValueError as error:
        parser.error(str(error))
    if options.simulate:
        return int(simulate.main(ids, options.simulations) > 0)
    frame = measured(options.profile)
    decided = verdicts.decide(ids, frame)
    for claim_id in ids:
        found = [*(v for v in decided if v.id == claim_id), verdicts.decide_print(claim_id)]
        shown = [v for v in found if v.comparisons]
        print(claim_id, " | ".join(map(line, shown)) or "no runs, nothing printed")
        for v in shown if options.ids else []:
            print(f"  {place(v)}: {v.outcome}", *map(comparison_line, (*v.comparisons, *v.uncounted)), sep="\n    ")
    return 0


def place(v: verdicts.Verdict) -> str:
    name = "print" if v.profile == "published" else v.dataset or "all"
    return f"{name} for {v.stands}" if v.stands else name


def line(v: verdicts.Verdict) -> str:
    """ "mnist: agrees, 8 hold 0 open 0 fail 0 untested"."""
    counts = " ".join(f"{v.count(o)} {word}" for o, word in verdicts.COUNTED.items())
    return f"{place(v)}: {v.outcome if v.passed else 'rule not tested'}, {counts}"


def comparison_line(c: verdicts.Comparison) -> str:
    chosen = ", ".join(f"{k}={v}" for k, v in c.chosen.items())
    sides = f"{c.left[0]:.4g} ± {c.left[1]:.2g} {c.sign} {c.right[0]:.4g} ± {c.right[1]:.2g}"
    why = c.lacks[0] if c.outcome == "untested" else f"support {c.support:.3f}, opposite {c.opposite:.3f}"
    return f"{c.outcome}: {c.text} [{chosen}]: {sides} ({why})"
