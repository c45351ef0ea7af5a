"""A training step that never waits for the host, and its capture as a CUDA graph.

What a step reads and writes stays in place. So on CUDA the whole step (gather, forward, backward, optimiser, log) can
be captured once as a graph, and an epoch is nothing but its replays.
"""

from collections.abc import Callable

import torch
from torch import Tensor

enabled = True  # for the whole process, like torch.backends.cudnn.benchmark; `run --no-graph` sets it to False
WARMUP_STEPS = 3  # ordinary steps before the capture: libraries choose their kernels, optimisers make their state


class Batches:
    """The shuffled rows of an epoch in full batches; which batch is next, and the log of every step's terms."""

    def __init__(self, rows: Tensor, batch: int):
        self.rows, self.batch = rows, min(batch, len(rows))
        self.steps = len(rows) // self.batch
        self.order = torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
        self.step = torch.zeros(1, dtype=torch.int64, device=rows.device)
        self.offsets = torch.arange(self.batch, device=rows.device)
        self.names: list[str] = []
        self.log: Tensor | None = None  # (steps, terms)

    def shuffle(self, generator: torch.Generator) -> None:
        """Begins an epoch, in a new order."""
        device = self.rows.device
        self.order.copy_(torch.randperm(len(self.rows), generator=generator, device=device))
        self.step.zero_()

    def take_next(self) -> Tensor:
        """The batch of this step. -> (batch, ...)"""
        return self.rows[self.order[self.step * self.batch + self.offsets]]

    def log_terms(self, terms: dict[str, Tensor]) -> None:
        """Logs the step's terms, all of them scalars, and goes on to the next batch."""
        row = torch.stack([term.float() for term in terms.values()])
        if self.log is None:
            self.names = list(terms)
            self.log = row.new_zeros(self.steps, len(row))
        self.log.index_copy_(0, self.step, row[None])
        self.step.add_(1)


class GraphedStep:
    """Calls a step WARMUP_STEPS times, then captures it as a CUDA graph, and from then on replays that.

    The step takes and returns nothing, waits for nothing and changes tensors in place only; its randomness comes from
    the generators alone, which go on in a replay as they would in a call. RuntimeError where it cannot be captured.
    """

    def __init__(self, step: Callable[[], None], generators: list[torch.Generator]):
        self.step, self.generators, self.calls = step, generators, 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.stream = torch.cuda.Stream()  # the default stream cannot be captured

    def __call__(self) -> None:
        self.calls += 1
        if self.calls <= WARMUP_STEPS:
            self.warm_up()
            return
        if self.graph is None:
            self.graph = self.capture()
        self.graph.replay()

    def warm_up(self) -> None:
        """An ordinary step, on the stream of the capture: what autograd keeps of it must not lie on another."""
        here = torch.cuda.current_stream()
        self.stream.wait_stream(here)
        with torch.cuda.stream(self.stream):
            self.step()
        here.wait_stream(self.stream)

    def capture(self) -> torch.cuda.CUDAGraph:
        """Runs nothing: the state is what it was before."""
        graph = torch.cuda.CUDAGraph()
        for generator in self.generators:
            graph.register_generator_state(generator)
        try:
            with torch.cuda.graph(graph, stream=self.stream):
                self.step()
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            message = f"the training step cannot be captured as a CUDA graph ({reason})"
            raise RuntimeError(f"{message}; python -m rae_lib run --no-graph trains without") from error
        return graph
