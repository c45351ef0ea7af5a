"""A recording: the operations on tensors that stay where they are, and what a recording may not do."""

import torch
from torch import Tensor
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map

aten = torch.ops.aten
SILENT = {aten.native_batch_norm.default}  # changes running averages and does not say so
DRAWS = torch.Generator  # as it was before anybody replaced it


def tensors(tree: object) -> list[Tensor]:
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]


def place(x: Tensor) -> int:
    """The address of a tensor's storage, which its views share."""
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        x = torch._C._functorch.get_unwrapped(x)
    return x.untyped_storage()._cdata


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
        drawn = any(isinstance(a, DRAWS) for a in (*args, *kwargs.values()))
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
