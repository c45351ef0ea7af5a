"""Where tensors lie: labels of storages, what a program says of devices, and what a device does with them."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from played.graphs import Graph, place, tensors

aten = torch.ops.aten
HOST, CARD = torch.device("cpu"), torch.device("cuda", 0)
TAKING = threading.Lock()
ACROSS = {aten.copy_.default, aten._to_copy.default}  # between devices
INDEXING = {aten.index, aten.index_put, aten.index_put_}  # with the host's indices, if one must
WAITS = {  # for the host, which a recording must not
    aten._local_scalar_dense.default,
    aten.nonzero.default,
    aten.masked_select.default,
    aten.equal.default,
    aten._unique2.default,
}


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

    # Of all threads; no address is given again while it is weakly held.
    own: dict[int, StorageWeakRef] = {}

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
