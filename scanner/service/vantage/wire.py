"""The messages between scanner and vantage point, and their strict reading. Instants in POSIX seconds."""

import base64
import binascii
import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.service.vantage.sealing import BadSeal
from scanner.store.codec import dump, load
from scanner.store.records import StoreError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProbeList:
    """What a vantage point shall probe. ``serial`` only grows."""

    vantage: str  # the id of its key: a list for one is none for another
    serial: int
    until: float  # nothing is probed by it afterwards
    watches: tuple[Watch, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A sample. ``evidence`` in base64."""

    watch: str
    at: float
    state: State
    reason: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    evidence: str = ""

    @classmethod
    def of(cls, seen: Sample) -> "Told":
        evidence = base64.b64encode(seen.evidence).decode()
        return cls(seen.watch, seen.at, seen.state, seen.reason, seen.timings, seen.notes, evidence)

    def sample(self) -> Sample:
        """Raises :class:`BadSeal`."""
        try:
            evidence = base64.b64decode(self.evidence, validate=True)
        except (ValueError, binascii.Error) as fault:
            raise BadSeal("evidence of a sample is not base64") from fault
        return Sample(self.watch, self.at, self.state, self.reason, self.timings, self.notes, evidence)


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody looked from ``start`` to ``end``."""

    start: float
    end: float
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was seen over [start, end). The first one of an epoch has "" as ``previous``."""

    epoch: str  # of this spool; a new one begins when a spool is begun anew
    sequence: int  # from 1, without holes
    previous: str  # sha256 of the sealed batch before
    start: float
    end: float
    samples: tuple[Told, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vantage point says of itself, and batches where asked for. ``nonce`` is the question's."""

    nonce: str
    now: float  # its clock
    certificate: str  # sha256 of the certificate that it shows: who else shows one sits in between
    epoch: str
    first: int  # oldest sequence that it still has; 0: none
    last: int
    serial: int = 0  # of its list; 0: it has none
    watches: str = ""  # sha256 of what the list says
    until: float = 0.0  # of its list
    batches: tuple[str, ...] = ()  # sealed


def written(message: object) -> bytes:
    """Canonical JSON: the same message gives the same bytes, always."""
    return dump(message).encode()


def read(shape: type[T], text: bytes) -> T:
    """Exactly this shape: nothing missing, nothing unknown, no number that is none. Raises :class:`BadSeal`."""
    try:
        json.loads(text, parse_constant=_refuse)
        made = load(shape, text.decode())
        _whole(shape, made)
        if written(made) != text:
            raise BadSeal(f"it is no canonical {shape.__name__}")
    except (StoreError, ValueError, TypeError, RecursionError) as fault:
        raise BadSeal(f"it is no {shape.__name__} as this version knows it") from fault
    return made


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _whole(hint: object, value: object) -> None:
    """What the codec lets pass: None where there must be something, and numbers without bounds."""
    members = _members(hint)
    if value is None and types.NoneType not in members and value is not hint:
        raise ValueError("a value is missing")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number has no bounds")
    if isinstance(value, bool) and bool not in members:
        raise ValueError("true and false are no numbers")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints = typing.get_type_hints(type(value))
        for one in dataclasses.fields(value):
            _whole(hints[one.name], getattr(value, one.name))
    elif isinstance(value, tuple):
        inner = next((typing.get_args(one) for one in members if typing.get_origin(one) is tuple), ())
        for place, one in enumerate(value):
            _whole(inner[0] if inner[1:] == (...,) else inner[place], one)
    elif isinstance(value, Mapping):
        inner = next((typing.get_args(one) for one in members if typing.get_args(one)[1:]), (str, str))
        for one in value.values():
            _whole(inner[1], one)


def _members(hint: object) -> tuple[object, ...]:
    union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    return typing.get_args(hint) if union else (hint,)
