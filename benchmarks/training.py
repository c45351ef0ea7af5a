"""Images a second of the training step, as `rae_lib.training.loop` plays it: a system alone, grown, or side by side."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import timing
import torch
from torch import Tensor

from rae_lib.config import Config, resolve
from rae_lib.models import build
from rae_lib.training import cuda_graph, loop

SHAPE = (3, 32, 32)  # CIFAR-10's
MODES = ("captured", "plain")  # on CUDA: the step recorded as a graph, which is what users run, and as it is written


def modes(device: str) -> tuple[str, ...]:
    """What the device has, what users run first. A CPU captures nothing."""
    return MODES if device == "cuda" else ("plain",)


def sized(system: str, *, width: int, latent: int, batch: int, seed: int = 0) -> Config:
    """The system with the paper's CIFAR-10 coefficients, at these sizes."""
    sizes = {"width": width, "latent": latent, "batch": batch}
    return resolve(system, "cifar10", "paper", seed, overrides=sizes)


def pictures(count: int, device: str) -> Tensor:
    """Random bytes (count, 3, 32, 32), the same at every call."""
    generator = torch.Generator().manual_seed(0)
    shape = (count, *SHAPE)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator).to(device)


def epoch(config: Config, images: Tensor, device: str, mode: str) -> Callable[[], object]:
    """A function that plays one epoch over the images, ended when the device has finished it."""
    system = build(config, SHAPE).to(device).to(memory_format=torch.channels_last)
    precision = config.precision if device == "cuda" else "fp32"
    training = loop.Training(system, config.seed, device, precision, 1000)
    if mode == "plain":
        training.batches = cuda_graph.Batches(images, config.batch)
        training.advance = training.step  # so nothing is captured
    return lambda: training.play(images, config.batch)


def step(config: Config, count: int, device: str, mode: str, repeats: int, peak: float) -> dict[str, object]:
    """One row: images a second, arithmetic, share of the matrix rate `peak` (operations a second), memory."""
    timing.fresh(device)
    images = pictures(count, device)
    played = count // config.batch * config.batch
    start = time.perf_counter()
    play = epoch(config, images, device, mode)
    play()  # libraries choose kernels, the graph is captured
    first = time.perf_counter() - start
    row = timing.spread([timing.seconds(play, device) for _ in range(repeats)])
    row |= {"first_seconds": first}
    return row | told(config, played, played / row["seconds"], peak, device)


def side_by_side(
    config: Config, many: int, count: int, device: str, mode: str, repeats: int, peak: float
) -> dict[str, object]:
    """The summed rate of `many` trainings of one system on a CPU, each a thread."""
    timing.fresh(device)
    images = pictures(count, device)
    played = count // config.batch * config.batch
    plays = [epoch(config, images, device, mode) for _ in range(many)]
    whole = together(plays, repeats)
    row = {"seconds": whole / repeats, "many": many}
    return row | told(config, played, many * played / row["seconds"], peak, device)


def told(config: Config, played: int, rate: float, peak: float, device: str) -> dict[str, object]:
    """Of a row: its sizes, images a second, arithmetic, share of the matrix rate, memory."""
    work = timing.arithmetic(config, SHAPE)
    sizes = {"batch": config.batch, "width": config.width, "latent": config.latent}
    found = {"images": played, "images_per_second": rate} | sizes | work
    return found | {"share": rate * sum(work.values()) / peak, "memory": timing.memory(device)}


def together(plays: list[Callable[[], object]], repeats: int) -> float:
    """Seconds until every thread has played `repeats` times, from when all had played once. Raises what one raised."""
    ready, failed = threading.Barrier(len(plays) + 1), []

    def work(play: Callable[[], object]) -> None:
        try:
            play()
            ready.wait()
            for _ in range(repeats):
                play()
        except Exception as error:  # a thread that died would leave a number that is none
            failed.append(error)
            ready.abort()

    threads = [threading.Thread(target=work, args=(play,)) for play in plays]
    for thread in threads:
        thread.start()
    with suppress(threading.BrokenBarrierError):
        ready.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - start
