"""From JSON to the frozen shapes: strict, so that a misspelt key or a wrong type is an error with its place."""

from __future__ import annotations

import dataclasses
import types
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class ContentError(ValueError):
    """The content of the demonstration is wrong; the message says where."""


def build(cls: type[T], data: Any, where: str) -> T:
    if not isinstance(data, dict):
        raise ContentError(f"{where}: an object is expected")
    names = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    if unknown := sorted(set(data) - names):
        raise ContentError(f"{where}: unknown keys {unknown}")
    if absent := sorted(names - set(data)):
        raise ContentError(f"{where}: missing keys {absent}")
    hints = get_type_hints(cls)
    return cls(**{name: _value(hints[name], data[name], f"{where}.{name}") for name in names})


def build_all(cls: type[T], data: Any, where: str) -> tuple[T, ...]:
    if not isinstance(data, list):
        raise ContentError(f"{where}: a list is expected")
    return tuple(build(cls, item, f"{where}[{index}]") for index, item in enumerate(data))


def _value(hint: Any, data: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return None if data is None else _value(inner, data, where)
    if origin is tuple:
        if not isinstance(data, list):
            raise ContentError(f"{where}: a list is expected")
        return tuple(_value(get_args(hint)[0], item, f"{where}[{index}]") for index, item in enumerate(data))
    if origin is Literal:
        if data not in get_args(hint):
            raise ContentError(f"{where}: {data!r} is not one of {get_args(hint)}")
        return data
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return build(hint, data, where)
    if type(data) is not hint:
        raise ContentError(f"{where}: {data!r} is not a {hint.__name__}")
    return data
