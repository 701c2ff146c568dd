"""Dataclasses as canonical JSON and back, so that a report can be made again from the record alone. Pure.

Reading is lenient in one direction only: a field that an older version did not know takes its default.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from checks.lifecycle import canonical

T = TypeVar("T")


class NotOfShape(ValueError):
    """A stored text cannot be read back; the message says what it was to be."""


def dump(value: object) -> str:
    """One dataclass (or mapping) as text; the same content gives the same text, always."""
    plain = _plain(value)
    if not isinstance(plain, dict):
        raise TypeError(f"{type(value).__name__} is not an object")
    return canonical(plain).decode()


def load(shape: type[T], text: str) -> T:
    """Raises :class:`NotOfShape` when the text does not have this shape."""
    try:
        return typing.cast("T", _made(shape, json.loads(text)))
    except (ValueError, TypeError, KeyError) as fault:
        raise NotOfShape(f"a stored {shape.__name__} cannot be read back: {fault}") from fault


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
    return _reader(shape)(value)


Reader = Callable[[object], object]


@cache
def _reader(shape: object) -> Reader:
    """What makes a value of this shape. Worked out once for each: a large record holds ten thousand of one."""
    if shape in (object, Any):
        return lambda value: value
    origin = typing.get_origin(shape)
    if origin in (types.UnionType, typing.Union):
        inner = _one_of([_reader(a) for a in _members(shape)], _members(shape))
    elif origin is not None:
        inner = _container(origin, typing.get_args(shape))
    elif not isinstance(shape, type):
        raise TypeError(f"cannot read a {shape}")
    else:
        inner = _record(shape) if dataclasses.is_dataclass(shape) else _scalar(shape)
    return lambda value: None if value is None else inner(value)


def _members(shape: object) -> list[Any]:
    return [member for member in typing.get_args(shape) if member is not types.NoneType]


def _one_of(readers: list[Reader], shapes: list[Any]) -> Reader:
    """Of several shapes the one that shares most fields with what is stored."""
    if len(readers) == 1:
        return readers[0]
    fields = [set(_hints(shape)) for shape in shapes]

    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise TypeError(f"{value!r:.40} is none of {len(shapes)} objects")
        best = min(range(len(fields)), key=lambda place: len(fields[place] ^ value.keys()))
        return readers[best](value)

    return read


def _record(shape: type) -> Reader:
    hints = _hints(shape)

    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise TypeError(f"{shape.__name__} is not an object")
        return shape(**{key: _reader(hints[key])(item) for key, item in value.items() if key in hints})

    return read


def _container(origin: type, arguments: tuple[object, ...]) -> Reader:
    def read(value: object) -> object:
        if issubclass(origin, Mapping) and isinstance(value, dict):
            inner = _reader(arguments[1])
            return {key: inner(item) for key, item in value.items()}
        if issubclass(origin, tuple) and isinstance(value, list):
            kinds = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
            return tuple([_reader(kind)(item) for kind, item in zip(kinds, value, strict=True)])
        raise TypeError(f"{value!r:.40} is not a {origin.__name__}")

    return read


def _scalar(shape: type) -> Reader:
    def read(value: object) -> object:
        if issubclass(shape, date):
            return shape.fromisoformat(str(value))
        if shape is float and isinstance(value, int):
            return float(value)
        if issubclass(shape, Enum):
            return shape(value)
        if not isinstance(value, shape):
            raise TypeError(f"{value!r:.40} is not a {shape.__name__}")
        return value

    return read
