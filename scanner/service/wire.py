"""Messages between the scanner and its worker: a length, then a pickle. Both ends are this program.

A visit goes out as its asset, the names of its probes and its answers; what comes back is plain data. The dataclasses
that there are many of are spelled as a call of their class, which costs a fifth of the pickling they come with.
"""

import io
import pickle
import struct
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, BinaryIO

from checks.finding import CheckRun, Subject
from inventory.asset import Asset, Connection, Limits, Viewpoint
from inventory.facts.identity import Identity
from inventory.thresholds import HealthThresholds
from scanner.engine import Looked
from scanner.probes import probes_of
from scanner.query import Answer, Attempt
from scanner.service.bench import Worked
from scanner.service.intake.reading import Snapshot
from scanner.service.members import Parcel
from scanner.store.packing import Packed

HEAD = struct.Struct(">Q")
MAX_BYTES = 1 << 28  # a transcript is bounded far below


def _as_call(kind: type) -> Callable[[Any], Any]:
    values = attrgetter(*(field.name for field in fields(kind)))
    return lambda made: (kind, values(made))


_KINDS: tuple[type, ...] = (
    *(Asset, Connection, HealthThresholds, Limits, Viewpoint),
    *(Answer, Attempt, CheckRun, Identity, Packed, Parcel, Snapshot, Subject, Worked),
)
_SPELLED: dict[type, Callable[[Any], Any]] = {kind: _as_call(kind) for kind in _KINDS}


def message(content: object) -> bytes:
    """With its length before it."""
    out = io.BytesIO()
    out.write(bytes(HEAD.size))
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _SPELLED
    pickler.dump(content)
    out.seek(0)
    out.write(HEAD.pack(len(out.getbuffer()) - HEAD.size))
    return out.getvalue()


class Garbled(Exception):
    """This is no message of ours: whoever sent it has lost its mind."""


def content_of(body: bytes) -> Any:  # noqa: ANN401 (whatever the other end said)
    """Raises :class:`Garbled`."""
    try:
        return pickle.loads(body)  # noqa: S301 (from our own process, over a pipe that nobody else has)
    except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, LookupError, TypeError, ValueError) as fault:
        raise Garbled(type(fault).__name__) from fault


def size_of(head: bytes) -> int:
    """Bytes of the body. Raises :class:`Garbled`."""
    (size,) = HEAD.unpack(head)
    if size > MAX_BYTES:
        raise Garbled(f"{size} bytes")
    return int(size)


def receive(pipe: BinaryIO) -> bytes | None:
    """The next message's body; None when the other end is gone."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    size = size_of(head)
    body = pipe.read(size)
    return body if len(body) == size else None


def visit(looked: Looked) -> tuple[object, ...]:
    """A visit without its probes, which are not data."""
    names = tuple(probe.name for probe in looked.probes)
    return looked.asset, names, looked.attempt, looked.given, looked.unasked, looked.finished_at


def looked_of(told: tuple[Any, ...]) -> Looked:
    asset, names, attempt, given, unasked, finished_at = told
    probes = probes_of(asset.connection.way)
    return Looked(asset, tuple(probes[name] for name in names), attempt, given, unasked, finished_at)
