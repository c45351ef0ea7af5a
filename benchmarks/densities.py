"""Mixtures of Gaussians, scikit-learn's EM on the CPU and by its array API on a device: seconds, likelihood.

    python benchmarks/densities.py --device cuda       # 40 000 codes of 128 dimensions, 10 and 100 components
    python benchmarks/densities.py --device cpu --count 4000 --dimension 32
    python benchmarks/densities.py --smoke

Both get the same standardised float64 codes, k-means included, and all threads that torch has. Few components of
well-separated codes are found in two iterations, so the codes here are bent: several smooth functions of a few common
causes, with noise. What is compared is one call's; the first fit on a device, which loads libraries, is not counted.
"""

import argparse
import sys

import timing
import torch
from torch import Tensor

from rae_lib.density.mixture import run_em
from rae_lib.origin import device_for

CAUSES = 8
NATS = 1e-3  # allowed difference of the mean log-likelihood of a code
GOAL = 5  # times faster than scikit-learn, with 10 components on a GPU


def bent(count: int, dimension: int) -> Tensor:
    """Codes sin(u A + b) + noise / 2 of causes u ~ N(0, I), standardised. -> float64 (count, dimension)"""
    generator = torch.Generator().manual_seed(0)
    sizes = ((count, CAUSES), (CAUSES, dimension), (1, dimension), (count, dimension))
    u, a, b, noise = (torch.randn(*size, generator=generator, dtype=torch.float64) for size in sizes)
    z = (u @ a / 2 + 3 * b).sin() + noise / 2
    return (z - z.mean(0)) / z.std(0, correction=0)


def compared(z: Tensor, components: int, device: str, max_iter: int) -> dict[str, float]:
    """One row: seconds and iterations of either, their ratio, and how far apart the likelihoods are."""
    there, found = z.to(device), []
    settings = {"seed": 0, "max_iter": max_iter}
    timing.fresh(device)
    ours = timing.seconds(lambda: found.append(run_em(there, components, **settings)[0]), device)
    row = {"memory": timing.memory(device)}
    theirs = timing.seconds(lambda: found.append(run_em(z.numpy(), components, **settings)[0]), "cpu")
    own, other = (float(model.lower_bound_) for model in found)
    return row | {
        "components": components,
        "seconds": ours,
        "iterations": found[0].n_iter_,
        "scikit_seconds": theirs,
        "scikit_iterations": found[1].n_iter_,
        "ratio": theirs / ours,
        "nats": abs(own - other),
    }


def line(row: dict[str, float]) -> str:
    return (
        f"{row['components']:10} {row['scikit_seconds']:12.2f} s {row['scikit_iterations']:4}"
        f" {row['seconds']:10.2f} s {row['iterations']:4} {row['ratio']:8.1f} x"
        f" {row['nats']:10.1e} {row['memory'] / 2**30:7.2f} GiB"
    )


def main(argv: list[str] | None = None) -> int:
    """Prints the table. 1 where a likelihood is off, or where there is no such device; else 0."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    p.add_argument("--count", type=int, default=40_000, help="codes")
    p.add_argument("--dimension", type=int, default=128)
    p.add_argument("--components", type=int, nargs="+", default=[10, 100])
    p.add_argument("--max-iter", type=int, default=100)
    p.add_argument("--smoke", action="store_true", help="1000 codes of 8 dimensions")
    a = p.parse_args(argv)
    try:
        device = device_for(a.device)
    except RuntimeError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    z = bent(*((1000, 8) if a.smoke else (a.count, a.dimension)))
    for few in (z[:1000].to(device), z[:1000].numpy()):  # libraries are loaded
        run_em(few, 2, seed=0, max_iter=2)
    name, cores = timing.device_name(device), torch.get_num_threads()
    print(f"{len(z)} x {z.shape[1]} codes; {name}, scikit-learn on {cores} threads")
    print("components            NumPy   it.       torch   it.      ratio  difference   memory")
    rows = []
    for components in a.components:
        rows.append(compared(z, components, device, a.max_iter))
        print(line(rows[-1]), flush=True)
    short = [r for r in rows if r["ratio"] < GOAL] if device == "cuda" else []
    for row in short:
        print(f"{row['components']} components: less than {GOAL} times faster", file=sys.stderr)
    return int(any(row["nats"] > NATS for row in rows))


if __name__ == "__main__":
    sys.exit(main())
