"""What a field of a configuration may be: its annotation says its type, its choices and its bound, and is checked."""

import difflib
from typing import Annotated, Literal, get_args, get_origin


def check_positive(name: str, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{name} is {value}: it must be greater than 0")


def check_not_negative(name: str, value: float) -> None:
    if value < 0:
        raise ValueError(f"{name} is {value}: it must not be negative")


PositiveInt = Annotated[int, check_positive]
PositiveFloat = Annotated[float, check_positive]
Count = Annotated[int, check_not_negative]
Weight = Annotated[float, check_not_negative]


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
    items, of = (value, get_args(kind)[0]) if get_origin(kind) is tuple else ((value,), kind)
    for item in items if get_origin(of) is Literal else ():
        check_choice(name, item, get_args(of))
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
