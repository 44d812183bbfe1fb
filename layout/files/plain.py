"""Frozen dataclasses as JSON-ready data and back, by their annotations: what is kept of results between processes.

Tuples become lists, mappings lists of pairs (their keys need not be text). Floats keep every bit, infinities and nan
included, as Python's json writes them.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """JSON-ready data of a dataclass, a container of them, or a number."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return [[to_plain(key), to_plain(item)] for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def from_plain(kind: type[T], data: Any) -> T:
    """The value of that type. Raises TypeError, ValueError or KeyError where the data are of another."""
    found: T = _value(kind, data)
    return found


def _value(kind: Any, data: Any) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        if set(data) != set(hints):
            raise ValueError(f"not the fields of {kind}")
        return kind(**{name: _value(hint, data[name]) for name, hint in hints.items()})
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if data is None else _value(next(a for a in inner if a is not type(None)), data)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_value(inner[0], item) for item in data)
        return tuple(_value(one, item) for one, item in zip(inner, data, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {_value(inner[0], key): _value(inner[1], item) for key, item in data}
    if kind in (str, int, float, bool) and not isinstance(data, (kind, int) if kind is float else kind):
        raise TypeError(f"{data!r} is no {kind}")
    return data


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
