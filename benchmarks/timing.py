"""What every benchmark stands on: repeated timing, memory, the rate of the device, arithmetic of a step, conditions."""

import gc
import os
import platform
import re
import resource
import statistics
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import torch

from rae_lib import origin
from rae_lib.config import Config
from rae_lib.results.computed.parameters import count_objective, count_size

STATUS, REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def seconds(function: Callable[[], object], device: str) -> float:
    """Wall-clock seconds of one call, ended when the device has done all of it."""
    start = time.perf_counter()
    function()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def repeated(function: Callable[[], object], device: str, repeats: int) -> list[float]:
    """Sorted seconds of `repeats` calls after one that does not count."""
    seconds(function, device)
    return sorted(seconds(function, device) for _ in range(repeats))


def spread(times: list[float]) -> dict[str, float]:
    """The median with its extremes: a machine shared with others is told by the latter."""
    return {"seconds": statistics.median(times), "fastest": min(times), "slowest": max(times)}


def matrix_rate(device: str, side: int, repeats: int = 7) -> dict[str, object]:
    """Operations a second of a dense (side, side) matrix product on random data: bf16 on CUDA, fp32 on a CPU.

    Zeros would not do: a device may run them faster.
    """
    kind = torch.bfloat16 if device == "cuda" else torch.float32
    generator = torch.Generator(device).manual_seed(0)
    a, b = (torch.randn(side, side, generator=generator, device=device).to(kind) for _ in range(2))
    out = torch.empty_like(a)
    many = 10 if device == "cuda" else 1  # launches between two looks at the clock
    times = repeated(lambda: [torch.matmul(a, b, out=out) for _ in range(many)], device, repeats)
    rate = 2 * side**3 * many / statistics.median(times)
    return {"precision": str(kind).removeprefix("torch."), "side": side, "flop_per_second": rate}


def fresh(device: str) -> None:
    """Forgets what earlier rows left, so that the peak of memory is the next row's own."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    elif REFS.exists():
        try:
            REFS.write_text("5")  # Linux: resets the highest resident set
        except OSError:
            pass


def memory(device: str) -> int:
    """Bytes at the highest since `fresh`: allocated by torch on CUDA, resident (program included) on a CPU."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    if STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
        if found:
            return 1024 * int(found[1])
    unit = 1 if platform.system() == "Darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def arithmetic(config: Config, shape: tuple[int, int, int]) -> dict[str, int]:
    """Operations of one image in a training step: the networks forward and backward, and what the objective adds."""
    more = count_objective(config, shape)
    return {"flop": count_size(config, shape).flop - more, "objective": more}


def device_name(device: str) -> str:
    """The card, or the processor as the system names it."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", info.read_text()) if info.exists() else None
    return found[1].strip() if found else platform.processor() or platform.machine()


def slug(name: str) -> str:
    """ "NVIDIA H200" -> "nvidia-h200"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def conditions(device: str) -> dict[str, object]:
    """Under which a call measured: rows of calls with other conditions are not to be compared."""
    found: dict[str, object] = {
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": installed(),
        "code_sha256": origin.code_sha256(),
    }
    if device == "cuda":
        found |= {"cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    return found


def installed() -> dict[str, str]:
    """The versions of what is there: a machine without internet may lack some of it."""
    found = {}
    for name in (*origin.PACKAGES, "pythae"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
