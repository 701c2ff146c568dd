"""Values of ours as JSON values, whatever they are made of."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime
from operator import attrgetter
from types import NoneType
from typing import Any

from checks.check import Check
from reports.text import stamp

_NOT_SAID: dict[type, set[str]] = {Check: {"rule", "examples", "waived", "gathers"}}  # code and its tests
_SIMPLE = frozenset({str, int, bool, NoneType})  # most values: told here, for a call costs more than the look


def plain(value: Any) -> Any:  # noqa: ANN401 - any dataclass of ours in, JSON values out
    """Dataclasses become objects with all their fields, sets are sorted, instants are UTC."""
    kind: type = type(value)
    if kind in _SIMPLE:
        return value
    return (_known.get(kind) or _known.setdefault(kind, _how(kind)))(value)


_known: dict[type, Callable[[Any], Any]] = {}  # asked once for each type: there are millions of values


def _rounded(value: float) -> float:
    return value if value.is_integer() else round(value, 3)  # rounding takes ten times as long as looking


def _itself(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    return value


def _how(kind: type) -> Callable[[Any], Any]:
    """How values of one type are told."""
    if dataclasses.is_dataclass(kind):
        return _by_fields(kind)
    if issubclass(kind, Mapping):
        return lambda value: {str(k): v if type(v) in _SIMPLE else plain(v) for k, v in value.items()}
    if issubclass(kind, frozenset | set):
        return lambda value: sorted(map(plain, value))
    if issubclass(kind, tuple | list):
        return lambda value: [v if type(v) in _SIMPLE else plain(v) for v in value]
    if issubclass(kind, datetime):
        return stamp
    if issubclass(kind, date):
        return date.isoformat
    return _rounded if issubclass(kind, float) else _itself


def _by_fields(kind: type) -> Callable[[Any], dict[str, Any]]:
    names = said(kind)
    if len(names) < 2:  # of one name ``attrgetter`` gives no tuple
        return lambda value: {name: plain(getattr(value, name)) for name in names}
    got = attrgetter(*names)
    return lambda value: {
        name: one if type(one) in _SIMPLE else plain(one) for name, one in zip(names, got(value), strict=True)
    }


def said(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass that are told."""
    hidden = _NOT_SAID.get(kind, set())
    return tuple(f.name for f in dataclasses.fields(kind) if f.name not in hidden)
