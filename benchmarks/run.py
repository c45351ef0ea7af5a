"""Every benchmark in one command, every measured row stored at once, one table.

    python benchmarks/run.py --device auto --profile paper
    python benchmarks/run.py --profile smoke --only systems growth
    python benchmarks/run.py --profile paper --budget 600      # stops starting rows; the next call goes on

First the rate of a dense matrix product on this device; the share of it that a training step reaches stands with the
step. Results: results/benchmarks/DEVICE-PROFILE.json. A row holds the number of the call that measured it, and a call
its conditions and its own matrix rate: what is compared was measured in one call, or under equal conditions.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import decoding
import peers
import stages
import timing
import training

from rae_lib.config import datasets, systems
from rae_lib.origin import device_for, prepare
from rae_lib.results import store

KINDS = ("peak", "systems", "side", "stages", "decoding", "growth", "peers")
Job = tuple[str, str, Callable[[float], dict[str, object]]]  # kind, name, peak -> row


@dataclass(frozen=True)
class Profile:
    """Sizes of every benchmark; `paper`: the published CIFAR-10 networks, for a GPU."""

    side: int  # of the matrices on a CPU
    images: int  # an epoch of a system
    repeats: int
    sizes: stages.Sizes
    widths: tuple[int, ...]
    latents: tuple[int, ...]
    counts: tuple[int, ...]  # images an epoch
    many: tuple[int, ...]  # trainings side by side
    peer_images: int
    turns: int
    batch: int = 100
    codes: int = 100  # that are decoded to strings
    cuda_side: int = 8192  # of the matrices on CUDA


PLAN = {
    "smoke": Profile(
        side=256,
        images=40,
        repeats=1,
        sizes=stages.Sizes("digits", 4, 16, 40, 2, 200, 60, 32),
        widths=(2, 4),
        latents=(8, 16),
        counts=(20, 40),
        many=(1, 2),
        peer_images=40,
        turns=1,
        batch=20,
        codes=20,
        cuda_side=256,
    ),
    "laptop": Profile(
        side=1024,
        images=500,
        repeats=3,
        sizes=stages.Sizes("cifar10", 16, 64, 1000, 20, 5000, 1000, 768),
        widths=(4, 8, 16, 32),
        latents=(16, 64, 256, 512),
        counts=(250, 500, 1000, 2000),
        many=(1, 2),
        peer_images=500,
        turns=5,
    ),
    "paper": Profile(
        side=2048,
        images=10_000,
        repeats=5,
        sizes=stages.Sizes("cifar10", 128, 128, 10_000, 10_000, 40_000, 10_000, 2048),
        widths=(32, 64, 128, 256),
        latents=(16, 64, 128, 256, 512),
        counts=(2_000, 10_000, 40_000),
        many=(1, 2, 4, 8),
        peer_images=10_000,
        turns=3,
    ),
}


def jobs(p: Profile, device: str) -> Iterator[Job]:
    """Every row of a profile, what users run first; each takes the call's matrix rate."""
    sizes, modes = p.sizes, training.modes(device)
    base = {"width": sizes.width, "latent": sizes.latent, "batch": p.batch}

    def step(system: str, mode: str, images: int, **size: int) -> Callable[[float], dict]:
        config = training.sized(system, **(base | size))
        return lambda peak: training.step(config, images, device, mode, p.repeats, peak)

    for system in systems(kind="images"):
        yield "systems", f"{system}, {modes[0]}", step(system, modes[0], p.images)
    for many in p.many if device == "cpu" else ():
        config = training.sized("rae", **base)
        job = (config, many, p.images, device, modes[0], p.repeats)
        yield "side", f"rae x {many}", lambda peak, job=job: training.side_by_side(*job, peak)
    for name in stages.STAGES:
        job = (name, sizes, device, p.repeats)
        yield "stages", name, lambda peak, job=job: stages.measure(*job)
    for dataset, span in product(datasets("strings"), decoding.SPANS):
        job = (dataset, span, p.codes, device, p.repeats)
        yield "decoding", f"{dataset}: {span}", lambda peak, job=job: decoding.measure(*job)
    for width in p.widths:
        yield "growth", f"width {width}", step("rae", modes[0], p.images, width=width)
    for latent in p.latents:
        yield "growth", f"latent {latent}", step("rae", modes[0], p.images, latent=latent)
    for count in p.counts:
        yield "growth", f"images {count}", step("rae", modes[0], count)
    for system in peers.PEERS:
        for name, how in peers.versions(device).items():
            job = (training.sized(system, **base), p.peer_images, device, p.turns, how)
            yield "peers", f"{system}, {name}", lambda peak, job=job: peers.row(*job)
    for mode in modes[1:]:
        for system in systems(kind="images"):
            yield "systems", f"{system}, {mode}", step(system, mode, p.images)


def place(device: str, profile: str) -> Path:
    name = timing.slug(timing.device_name(device))
    return store.root() / "benchmarks" / f"{name}-{profile}.json"


def opened(path: Path, device: str, profile: str, recompute: bool) -> dict:
    """The stored rows to go on from, or none."""
    old = None if recompute else store.read_json(path)
    name = timing.device_name(device)
    return old or {"device": name, "kind": device, "profile": profile, "calls": [], "rows": []}


def measured(raw: dict) -> set[tuple[str, str]]:
    """What needs no measuring any more; a row that was skipped is tried again."""
    return {(row["kind"], row["name"]) for row in raw["rows"] if "skipped" not in row}


def record(raw: dict, path: Path, row: dict) -> None:
    """Puts a row in its place and stores all of them."""
    key = row["kind"], row["name"]
    raw["rows"] = [r for r in raw["rows"] if (r["kind"], r["name"]) != key] + [row]
    store.write_json(path, raw)


def attempt(work: Callable[[float], dict], peak: float) -> dict[str, object]:
    """The row, or why there is none: what a machine lacks is no reason to stop."""
    try:
        return work(peak)
    except Exception as error:
        return {"skipped": " ".join(f"{type(error).__name__}: {error}".split())[:200]}


def call(raw: dict, path: Path, device: str, p: Profile) -> float:
    """Begins a call: its conditions and its matrix rate, which also is a row."""
    found = timing.matrix_rate(device, p.cuda_side if device == "cuda" else p.side)
    raw["calls"].append(timing.conditions(device) | {"peak": found})
    name = f"matrix product, {found['precision']}, {found['side']}"
    record(raw, path, {"kind": "peak", "name": name, "call": len(raw["calls"]) - 1} | found)
    return found["flop_per_second"]


def work(raw: dict, path: Path, device: str, only: list[str], budget: float) -> int:
    """Measures what is missing, within the budget; how many rows are left."""
    p, start = PLAN[raw["profile"]], time.monotonic()
    peak, done = call(raw, path, device, p), measured(raw)
    todo = [j for j in jobs(p, device) if j[0] in only and j[:2] not in done]
    for number, (kind, name, function) in enumerate(todo):
        if time.monotonic() - start > budget:
            print(f"budget of {budget:g} s spent, {len(todo) - number} rows left", flush=True)
            return len(todo) - number
        row = {"kind": kind, "name": name, "call": len(raw["calls"]) - 1}
        record(raw, path, row | attempt(function, peak))
        print(f"[{number + 1}/{len(todo)}] {line(raw['rows'][-1])}", flush=True)
    return 0


def line(row: dict) -> str:
    """A row of the table: kind, name, images/s, seconds, GFLOP an image, share of the matrix rate, memory."""
    head = f"{row['kind']:8} {row['name']:48}"
    if "skipped" in row:
        return f"{head} skipped: {row['skipped']}"
    if row["kind"] == "peak":
        return f"{head} {row['flop_per_second'] / 1e12:10.3f} TFLOP/s"
    if row["kind"] == "peers":
        sides = f"{row['images_per_second']:10.1f} /s, pythae {row['peer_images_per_second']:.1f} /s"
        return f"{head} {sides}, ratio {row['ratio']:.2f} ({row['lowest']:.2f} to {row['highest']:.2f})"
    if row["kind"] == "decoding":
        names = ("stacks", "single")
        others = (f"{name} {row[f'{name}_per_second']:.1f} /s, ratio {row[f'{name}_ratio']:.1f}" for name in names)
        return f"{head} {row['strings_per_second']:10.1f} /s, {', '.join(others)}"
    amount = row.get("images_per_second", row.get("count", 0) / row["seconds"])
    text = f"{head} {amount:10.1f} /s {row['seconds']:9.4f} s"
    if "flop" in row:
        text += f" {(row['flop'] + row['objective']) / 1e9:8.3f} GFLOP {row['share']:6.1%}"
    return f"{text} {row['memory'] / 2**30:7.2f} GiB"


def table(raw: dict) -> str:
    """The whole result as text, with its conditions."""
    last = raw["calls"][-1]
    versions = ", ".join(f"{name} {v}" for name, v in last["versions"].items())
    head = f"{raw['device']}, profile {raw['profile']}, {last['threads']} threads; {versions}"
    rows = sorted(raw["rows"], key=lambda row: KINDS.index(row["kind"]))
    return "\n".join([head, *map(line, rows)])


def main(argv: list[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    p.add_argument("--profile", choices=tuple(PLAN), default="laptop")
    p.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    p.add_argument("--budget", type=float, default=float("inf"), metavar="SECONDS")
    p.add_argument("--recompute", action="store_true", help="anew, whatever is stored")
    a = p.parse_args(argv)
    try:
        device = device_for(a.device)
    except RuntimeError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    prepare(device)
    path = place(device, a.profile)
    raw = opened(path, device, a.profile, a.recompute)
    work(raw, path, device, a.only, a.budget)
    print(f"\n{table(raw)}\n\n{path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
