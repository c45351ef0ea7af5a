"""What a field of a configuration may be: its annotation says its type, its choices and its bound, and is checked."""

import difflib
import math
from typing import Annotated, Literal, get_args, get_origin


def check_positive(name: str, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{name} is {value}: it must be greater than 0")


def check_not_negative(name: str, value: float) -> None:
    if value < 0:
        raise ValueError(f"{name} is {value}: it must not be negative")


def check_seed(name: str, value: int) -> None:
    """Raises ValueError for a seed that a generator cannot take."""
    if not 0 <= value < 2**32:
        raise ValueError(f"{name} is {value}; allowed: 0 to {2**32 - 1}")


def check_samples(name: str, value: int) -> None:
    """Raises ValueError for fewer images than a Frechet distance can be taken of."""
    if value < 10:
        raise ValueError(f"{name} is {value}; allowed: 10 or more")


def check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}; allowed: 0 to 1")


PositiveInt = Annotated[int, check_positive]
PositiveFloat = Annotated[float, check_positive]
Count = Annotated[int, check_not_negative]
Weight = Annotated[float, check_not_negative]
Share = Annotated[float, check_share]
Seed = Annotated[int, check_seed]
Samples = Annotated[int, check_samples]


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """ValueError naming the field, the value, the nearest allowed one and all of them."""
    if value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(f"{name} is {value!r}{hint}; allowed: {', '.join(map(str, allowed))}")


def check(name: str, value: object, hint: object) -> None:
    """TypeError or ValueError where a value is not what the annotation of its field allows."""
    check_type(name, value, plain_type(hint))
    kind, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(kind) is tuple:
        for item in value:
            check(name, item, get_args(kind)[0])
    elif get_origin(kind) is Literal:
        check_choice(name, value, get_args(kind))
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is {value}: it must be finite")
    for rule in rules:
        rule(name, value)


def plain_type(hint: object) -> type:
    """The type without its choices and bounds: Literal["a", "b"] -> str."""
    if get_origin(hint) is Annotated:
        return plain_type(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return type(get_args(hint)[0])
    return tuple[plain_type(get_args(hint)[0]), ...] if get_origin(hint) is tuple else hint


def check_type(name: str, value: object, kind: type) -> None:
    """TypeError when a value is of another type (a bool is no int, an int is no bool)."""
    item = get_args(kind)[0] if get_origin(kind) is tuple else None
    right = isinstance(value, tuple) if item else type(value) is kind
    if item and right:
        right = all(type(v) is item for v in value)
    if not right:
        want = f"tuple of {item.__name__}" if item else kind.__name__
        hint = "; in YAML write 1.0e-4, not 1e-4" if kind is float and type(value) is str else ""
        raise TypeError(f"{name} is {value!r} ({type(value).__name__}), not a {want}{hint}")
