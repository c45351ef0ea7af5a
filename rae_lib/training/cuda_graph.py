"""A step that never waits for the host: what it reads and writes stays in place, so that it can be recorded once.

On CUDA the whole step (gather, forward, backward, optimiser, log) becomes one CUDA graph, and an epoch is nothing but
its replays. On a CPU the same step simply runs.
"""

import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

WARM = 3  # ordinary steps before the recording: libraries choose their kernels, optimisers make their state
# While one thread records, no other may wait for the whole device, as first steps do.
RECORDING = threading.Lock()


class Deal:
    """The shuffled rows of an epoch, dealt in full batches; which batch is on, and the log of every step's terms."""

    def __init__(self, rows: Tensor, batch: int):
        self.rows, self.batch = rows, min(batch, len(rows))
        self.steps = len(rows) // self.batch
        self.order = torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
        self.step = torch.zeros(1, dtype=torch.int64, device=rows.device)
        self.lane = torch.arange(self.batch, device=rows.device)
        self.names: list[str] = []
        self.log: Tensor | None = None  # (steps, terms)

    def shuffle(self, generator: torch.Generator) -> None:
        device = self.rows.device
        self.order.copy_(torch.randperm(len(self.rows), generator=generator, device=device))
        self.step.zero_()

    def next(self) -> Tensor:
        """The batch of this step. -> (batch, ...)"""
        return self.rows[self.order[self.step * self.batch + self.lane]]

    def fresh(self, generator: torch.Generator) -> Tensor:
        """Another batch, drawn with replacement. -> (batch, ...)"""
        size, device = (self.batch,), self.rows.device
        index = torch.randint(len(self.rows), size, generator=generator, device=device)
        return self.rows[index]

    def write(self, terms: dict[str, Tensor]) -> None:
        """Logs the step's terms, all of them scalars, and goes on to the next batch."""
        row = torch.stack([term.float() for term in terms.values()])
        if self.log is None:
            self.names = list(terms)
            self.log = row.new_zeros(self.steps, len(row))
        self.log.index_copy_(0, self.step, row[None])
        self.step.add_(1)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without garbage collection: an older graph, freed in the middle of a recording, would end it."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Replay:
    """Calls a function WARM times, then records it as a CUDA graph and replays that; on a CPU it calls on.

    So it does where the recording fails, with a warning: a slow run is better than none.

    The function takes and returns nothing, waits for nothing and changes tensors in place only; its randomness comes
    from the generators alone, which go on in a replay as they would in a call.
    """

    def __init__(self, function: Callable[[], None], generators: list[torch.Generator]):
        self.function, self.generators = function, generators
        self.cuda = all(g.device.type == "cuda" for g in generators)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.stream: torch.cuda.Stream | None = None
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.cuda and self.graph is None:
            with RECORDING:
                if self.calls <= WARM:
                    self.warm()
                    return
                self.record()
        if self.graph is None:
            self.function()
        else:
            self.graph.replay()

    def warm(self) -> None:
        """An ordinary call, on the stream of the recording: what autograd keeps of it must not lie on another.

        That is the thread's own stream, if it has one. The default stream cannot be recorded, and of others there are
        only 32: a new one for every recording would before long be a neighbour's.
        """
        here = torch.cuda.current_stream()
        if self.stream is None:
            self.stream = torch.cuda.Stream() if here == torch.cuda.default_stream() else here
        self.stream.wait_stream(here)
        with torch.cuda.stream(self.stream):
            self.function()
        here.wait_stream(self.stream)

    def record(self) -> None:
        """The graph; where there is none to be had, a warning, and the function is called as before."""
        states, here = [g.get_state() for g in self.generators], torch.cuda.current_stream()
        try:
            self.graph = self.recorded()
        except RuntimeError as error:
            self.cuda = False
            torch.cuda.set_stream(here)
            for generator, state in zip(self.generators, states, strict=True):
                fresh = torch.Generator(generator.device)  # the old state is still being recorded
                fresh.set_state(state)
                generator.graphsafe_set_state(fresh.graphsafe_get_state())
            reason = str(error).partition("\n")[0]
            told = f"the step is not recorded, every one is launched anew: {reason}"
            warnings.warn(told, stacklevel=2)

    def recorded(self) -> torch.cuda.CUDAGraph:
        """Recording runs nothing: the state is what it was before."""
        graph = torch.cuda.CUDAGraph()
        for generator in self.generators:
            graph.register_generator_state(generator)
        with (
            uncollected(),
            torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"),
        ):
            self.function()
        return graph
