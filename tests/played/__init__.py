"""A CUDA device played by the CPU: what only a GPU runs is run, and held to a GPU's rules, wherever tests run.

Tensors lie in the host's memory and carry a label, `cpu` or `cuda`. As on a card, two labels do not meet in one
operation, nothing labelled `cuda` becomes an array, generators belong to a device, and a recording leaves everything
as it was, refuses to wait for the host and is replayed on the same memory with the random numbers that come next. What
it cannot show: kernels, half precision as a card rounds it, streams that overlap, and time.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch._dynamo  # now: it asks for a device where it is first imported
from torch.utils._python_dispatch import _disable_current_modes

from played.graphs import Graph, tensors
from played.labels import Card, Deeds, Generator, Words

REAL = {"load": torch.load, "autocast": torch.autocast}


class Stream:
    """One queue for all: everything is done when it is said."""

    def __init__(self, card: Card):
        self.card = card

    def is_capturing(self) -> bool:
        return self.card.recording is not None

    def wait_stream(self, other: "Stream") -> None:
        pass

    def synchronize(self) -> None:
        pass


class Player:
    """Stands in for torch.cuda: a card, and the threads that use it."""

    def __init__(self):
        self.card, self.local = Card(), threading.local()
        self.recording: Graph | None = None  # of any thread

    def enter(self, *_: object) -> None:
        """This thread uses the card."""
        if getattr(self.local, "modes", None) is None:
            self.local.modes = contextlib.ExitStack()
            self.local.modes.enter_context(Deeds(self.card))
            self.local.modes.enter_context(Words(self.card))

    def leave(self) -> None:
        self.local.modes.close()

    def synchronize(self) -> None:
        """Waiting for the whole device ends a recording, whichever thread's it is."""
        if self.recording:
            raise RuntimeError("operation not permitted: a stream of the device is capturing")

    @contextlib.contextmanager
    def graph(
        self, graph: Graph, stream: Stream | None = None, capture_error_mode: str = "global"
    ) -> Iterator[None]:
        """torch.cuda.graph."""
        self.synchronize()
        self.recording = self.card.recording = graph
        states = [g.get_state() for g in graph.generators]
        whole = False
        try:
            yield
            whole = True
        finally:
            self.recording = self.card.recording = None
            graph.end()
            for generator, state in zip(graph.generators, states, strict=True):
                generator.set_state(state)
                generator.spoilt = not whole

    def load(self, *args: Any, map_location: Any = None, **kwargs: Any) -> Any:
        """torch.load."""
        with _disable_current_modes():
            found = REAL["load"](*args, map_location="cpu", **kwargs)
        if torch.device(map_location or "cpu").type == "cuda":
            for x in tensors(found):
                self.card.take(x)
        return found

    def grouped(self, tensorlists, with_indices=False):
        """What optimisers ask for: tensors by device and type."""
        found = torch.utils._foreach_utils._group_tensors_by_device_and_dtype(
            tensorlists, with_indices
        )
        return {(self.card.device(v[0][0][0]), kind): v for (_, kind), v in found.items()}


def play(monkeypatch: pytest.MonkeyPatch) -> Player:
    """torch sees a CUDA device while the patches last, in this thread and in those that set a stream."""
    player = Player()
    stream = Stream(player.card)
    nothing = lambda *_: None  # noqa: E731
    for name, value in {
        "load": player.load,
        "Generator": Generator,
        "autocast": lambda kind, *args, **kwargs: REAL["autocast"]("cpu", *args, **kwargs),
        "optim.Optimizer._group_tensors_by_device_and_dtype": staticmethod(player.grouped),
        "accelerator.current_stream": lambda *_: stream,
        "backends.cudnn.version": lambda: 0,
        "cuda.is_available": lambda: True,
        "cuda.is_current_stream_capturing": stream.is_capturing,
        "cuda.CUDAGraph": Graph,
        "cuda.graph": player.graph,
        "cuda.Stream": lambda: Stream(player.card),
        "cuda.stream": lambda _: contextlib.nullcontext(),
        "cuda.current_stream": lambda: stream,
        "cuda.default_stream": lambda: stream,
        "cuda.set_stream": player.enter,
        "cuda.synchronize": player.synchronize,
        "cuda.empty_cache": nothing,
        "cuda.max_memory_allocated": lambda: 0,
        "cuda.reset_peak_memory_stats": nothing,
        "cuda.get_device_name": lambda: "a card played by the CPU",
    }.items():
        monkeypatch.setattr(f"torch.{name}", value)
    player.enter()
    return player
