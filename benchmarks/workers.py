"""How fast a small campaign goes with one worker and with several: Snakemake's jobs, from an empty store each time.

python benchmarks/workers.py --workers 1 2      # writes results/reliability/workers.json
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rae_lib import origin
from rae_lib.results import store

ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = ("ae", "ae-l2", "rae", "rae-l2", "rae-sn", "vae", "cv-vae", "wae-mmd")
CHOSEN = f"--dataset digits --seed 0 --no-studies --system {' '.join(SYSTEMS)}"


def run(workers: int, folder: Path) -> dict[str, float]:
    """Makes the campaign with so many workers; raises CalledProcessError where a job failed."""
    places = {"RAE_RESULTS": str(folder / "results"), "RAE_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    call += ["--cores", str(workers), "--nolock", "--quiet", "--config", "profile=smoke", f"python={sys.executable}"]
    start = time.monotonic()
    subprocess.run([*call, f"choose={CHOSEN}"], env=os.environ | places, check=True)
    made = len(list(folder.glob("results/smoke/digits/*/result.json")))
    return {"workers": workers, "jobs": made, "seconds": round(time.monotonic() - start, 1)}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2], help="how many; default: 1 2")
    rows = []
    for workers in parser.parse_args(argv).workers:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(run(workers, Path(folder)))
        print(rows[-1], flush=True)
    load = os.getloadavg()[2]  # of the last quarter of an hour: on a busy machine the numbers say little
    raw = {"rows": rows, "cores": os.cpu_count(), "load": round(load, 2), "versions": origin.versions()}
    store.write_json(store.root() / "reliability" / "workers.json", raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())
