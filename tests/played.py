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
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map

aten = torch.ops.aten
HOST, CARD = torch.device("cpu"), torch.device("cuda", 0)
REAL = {"load": torch.load, "autocast": torch.autocast, "Generator": torch.Generator}
TAKING = threading.Lock()
ACROSS = {aten.copy_.default, aten._to_copy.default}  # between devices
INDEXING = {aten.index, aten.index_put, aten.index_put_}  # with the host's indices, if one must
SILENT = {aten.native_batch_norm.default}  # changes running averages and does not say so
WAITS = {  # for the host, which a recording must not
    aten._local_scalar_dense.default,
    aten.nonzero.default,
    aten.masked_select.default,
    aten.equal.default,
    aten._unique2.default,
}


def tensors(tree: object) -> list[Tensor]:
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]


def place(x: Tensor) -> int:
    """The address of a tensor's storage, which its views share."""
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        x = torch._C._functorch.get_unwrapped(x)
    return x.untyped_storage()._cdata


class Generator(torch.Generator):
    """A generator of the host that says it is the card's, if it was asked for there."""

    def __new__(cls, device: str | torch.device = "cpu"):
        made = super().__new__(cls)
        made.label = CARD if torch.device(device).type == "cuda" else HOST
        made.spoilt = False  # by a recording that failed, until its state is replaced
        return made

    def graphsafe_get_state(self) -> torch.Generator:
        return self

    def graphsafe_set_state(self, other: torch.Generator) -> None:
        self.set_state(other.get_state())
        self.spoilt = False

    @property
    def device(self) -> torch.device:
        return self.label


class Card(threading.local):
    """Which storages are the card's, and what this thread is doing with them."""

    own: dict[
        int, StorageWeakRef
    ] = {}  # of all threads; no address is given again while it is weakly held

    def __init__(self):
        self.wanted: str | None = None  # where a function was told to make its tensor
        self.around = "cpu"  # where the arguments of a function lie that makes tensors of its own
        self.recording: Graph | None = None

    def has(self, x: Tensor) -> bool:
        return place(x) in self.own

    def device(self, x: Tensor) -> torch.device:
        return CARD if self.has(x) else HOST

    def take(self, x: Tensor) -> Tensor:
        """The tensor's memory is the card's from now on."""
        with TAKING:
            if len(self.own) % 4096 == 4095:
                for key in [key for key, held in self.own.items() if held.expired()]:
                    del self.own[key]
            self.own[place(x)] = StorageWeakRef(x.untyped_storage())
        return x

    @contextlib.contextmanager
    def making(self, device: torch.device) -> Iterator[None]:
        before, self.wanted = self.wanted, device.type
        try:
            yield
        finally:
            self.wanted = before

    @contextlib.contextmanager
    def beside(self, arguments: object) -> Iterator[None]:
        before = self.around
        if any(map(self.has, tensors(arguments))):
            self.around = "cuda"
        try:
            yield
        finally:
            self.around = before


class Words(TorchFunctionMode):
    """What a program says and asks of devices: the label answers, and the label follows."""

    def __init__(self, card: Card):
        super().__init__()
        self.card = card

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, card = dict(kwargs or {}), self.card
        if func == Tensor.device.__get__:
            return card.device(args[0])
        if func in (Tensor.is_cuda.__get__, Tensor.is_cpu.__get__):
            return card.has(args[0]) == (func == Tensor.is_cuda.__get__)
        if func in (Tensor.numpy, Tensor.__array__) and card.has(args[0]):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        if func in (Tensor.cpu, Tensor.cuda):
            return self.moved(args[0], HOST if func is Tensor.cpu else CARD, None)
        if func is Tensor.to:
            return self.to(*args, **kwargs)
        if func is Tensor.__deepcopy__:
            copied = func(*args, **kwargs)
            return card.take(copied) if card.has(args[0]) else copied
        if kwargs.get("device") is None:
            with card.beside((args, kwargs)):
                return func(*args, **kwargs)
        device, generator = torch.device(kwargs["device"]), kwargs.get("generator")
        if generator is not None and generator.device.type != device.type:
            raise RuntimeError(f"Expected a '{device}' device type for generator")
        if generator is not None:
            if getattr(generator, "spoilt", False):
                raise RuntimeError(
                    "Offset increment outside graph capture encountered unexpectedly"
                )
            if card.recording:
                card.recording.draw(generator)
        with card.making(device):
            return func(*args, **(kwargs | {"device": HOST}))

    def to(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Every way of calling Tensor.to."""
        device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
        for value in args:
            if isinstance(value, Tensor):
                device, dtype = self.card.device(value), value.dtype
            elif isinstance(value, torch.dtype):
                dtype = value
            elif isinstance(value, str | torch.device):
                device = value
        return self.moved(x, device, dtype, **kwargs)

    def moved(self, x: Tensor, device: object, dtype: torch.dtype | None, **more: Any) -> Tensor:
        """A tensor that is where and what it should be is returned itself."""
        here, layout = self.card.device(x), more.get("memory_format", torch.preserve_format)
        there = here if device is None else torch.device(device)
        laid = layout == torch.preserve_format or x.is_contiguous(memory_format=layout)
        if (there.type, dtype or x.dtype, laid) == (here.type, x.dtype, True) and not more.get(
            "copy"
        ):
            return x
        if there.type != here.type and self.card.recording:
            raise RuntimeError("operation not permitted when stream is capturing: a copy")
        with self.card.making(there):
            return x.to(dtype=dtype or x.dtype, memory_format=layout, copy=True)


class Deeds(TorchDispatchMode):
    """What a device does: labels are checked, results are labelled, a recording writes it down."""

    def __init__(self, card: Card):
        super().__init__()
        self.card = card

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs, card = kwargs or {}, self.card
        given = tensors((args, kwargs))
        where = {card.device(x).type for x in given if x.dim() or card.has(x)}
        if len(where) > 1:
            self.meeting(func, given)
        if card.recording:
            self.unwatched(func, given, where)
            card.recording.before(func, args, kwargs)
        found = func(*args, **kwargs)
        made = "cuda" in (where or {card.around}) if card.wanted is None else card.wanted == "cuda"
        old = set(map(place, given))
        for x in tensors(found):
            if made and place(x) not in old:
                card.take(x)
        if card.recording:
            card.recording.after(func, args, kwargs, found)
        return found

    def meeting(self, func, given: list[Tensor]) -> None:
        """Refuses operations on tensors of two devices, but for the few that a card allows."""
        indexed = func.overloadpacket in INDEXING and self.card.has(given[0])
        if func not in ACROSS and not indexed:
            told = ", ".join(f"{tuple(x.shape)} on {self.card.device(x).type}" for x in given)
            raise RuntimeError(f"{func}: Expected all tensors to be on the same device: {told}")

    def unwatched(self, func, given: list[Tensor], where: set[str]) -> None:
        """Refuses what waits for the host: a number, rows that a mask chooses, a copy between devices."""
        masks = (torch.bool, torch.uint8)
        chosen = func.overloadpacket in INDEXING and any(x.dtype in masks for x in given[1:])
        if "cuda" in where and (func in WAITS or chosen or len(where) > 1):
            raise RuntimeError(f"{func}: operation not permitted when stream is capturing")


class Graph:
    """torch.cuda.CUDAGraph: the operations of a recording, done again on the very tensors they were done on."""

    def __init__(self):
        self.steps: list[tuple] = []
        self.generators: list[torch.Generator] = []
        self.kept: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}
        self.made: set[int] = set()
        self.ended = False

    def register_generator_state(self, generator: torch.Generator) -> None:
        assert generator.device.type == "cuda"
        self.generators.append(generator)

    def draw(self, generator: torch.Generator) -> None:
        if all(generator is not known for known in self.generators):
            raise RuntimeError("a recording draws from a generator that it does not know")

    def before(self, func, args, kwargs) -> None:
        """Keeps what an operation is about to change, to be put back at the end of the recording."""
        drawn = any(isinstance(a, REAL["Generator"]) for a in (*args, *kwargs.values()))
        if torch.Tag.nondeterministic_seeded in func.tags and not drawn:
            raise RuntimeError(f"{func}: a recording draws from the global generator")
        names = [argument.name for argument in func._schema.arguments]
        values = dict(zip(names, args, strict=False)) | kwargs
        for argument in func._schema.arguments:
            writes = argument.alias_info is not None and argument.alias_info.is_write
            for x in tensors(values.get(argument.name)) if writes or func in SILENT else ():
                if place(x) not in self.made and place(x) not in self.kept:
                    self.kept[place(x)] = (x.untyped_storage(), x.untyped_storage().clone())

    def after(self, *step) -> None:
        _, args, kwargs, found = step
        self.made |= set(map(place, tensors(found))) - set(map(place, tensors((args, kwargs))))
        self.steps.append(tree_map(lambda v: v.detach() if isinstance(v, Tensor) else v, step))

    def end(self) -> None:
        for storage, content in self.kept.values():
            storage.copy_(content)
        self.ended = True

    def replay(self) -> None:
        assert self.ended, "a graph is replayed before its recording has ended"
        with torch.no_grad(), _disable_current_modes():
            for func, args, kwargs, found in self.steps:
                again = func(*args, **kwargs)
                for old, new in zip(tensors(found), tensors(again), strict=True):
                    if old.data_ptr() != new.data_ptr():
                        old.copy_(new)


class Stream:
    """One queue for all: everything is done when it is said."""

    def __init__(self, card: Card):
        self.card = card

    def is_capturing(self) -> bool:
        return self.card.recording is not None

    def wait_stream(self, other: "Stream") -> None:
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
    ):
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
