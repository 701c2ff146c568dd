"""Inventory dataclasses as canonical JSON and back, so that a report can be made again from the record alone.

Reading is lenient in one direction only: a field that an older version did not know takes its default.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from checks.lifecycle import canonical
from scanner.store.records import StoreError

T = TypeVar("T")


def dump(value: object) -> str:
    """One dataclass (or mapping) as text; the same content gives the same text, always."""
    plain = _plain(value)
    if not isinstance(plain, dict):
        raise TypeError(f"{type(value).__name__} is not an object")
    return canonical(plain).decode()


def load(shape: type[T], text: str) -> T:
    """Raises :class:`StoreError` when the text does not have this shape."""
    try:
        return typing.cast("T", _made(shape, json.loads(text)))
    except (ValueError, TypeError, KeyError) as fault:
        raise StoreError(f"a stored {shape.__name__} cannot be read back: {fault}") from fault


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"cannot store a {type(value).__name__}")


@cache
def _hints(shape: type) -> Mapping[str, object]:
    return typing.get_type_hints(shape)


def _made(shape: object, value: object) -> object:
    if value is None or shape in (object, Any):
        return value
    origin = typing.get_origin(shape)
    if origin in (types.UnionType, typing.Union):
        return _made(next(a for a in typing.get_args(shape) if a is not types.NoneType), value)
    if origin is not None:
        return _container(origin, typing.get_args(shape), value)
    if not isinstance(shape, type):
        raise TypeError(f"cannot read a {shape}")
    return _record(shape, value) if dataclasses.is_dataclass(shape) else _scalar(shape, value)


def _record(shape: type, value: object) -> object:
    if not isinstance(value, dict):
        raise TypeError(f"{shape.__name__} is not an object")
    hints = _hints(shape)
    return shape(**{key: _made(hints[key], item) for key, item in value.items() if key in hints})


def _container(origin: type, arguments: tuple[object, ...], value: object) -> object:
    if issubclass(origin, Mapping) and isinstance(value, dict):
        return {key: _made(arguments[1], item) for key, item in value.items()}
    if issubclass(origin, tuple) and isinstance(value, list):
        return tuple(_made(arguments[0], item) for item in value)
    raise TypeError(f"{value!r:.40} is not a {origin.__name__}")


def _scalar(shape: type, value: object) -> object:
    if issubclass(shape, date):
        return shape.fromisoformat(str(value))
    if shape is float and isinstance(value, int):
        return float(value)
    if issubclass(shape, Enum):
        return shape(value)
    if not isinstance(value, shape):
        raise TypeError(f"{value!r:.40} is not a {shape.__name__}")
    return value
