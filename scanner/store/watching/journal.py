"""The journal: what the fleet was fed, in order, packed by columns. One blob a flush; replaying them gives the fleet
again. Bytes are little-endian; a blob is zstd over a header, the columns, and JSON (texts, and what few samples need
more room). Read back it is checked for its lengths: a blob that does not fit is a StoreError, never a wrong sample.
"""

import json
import math
import struct
import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import zstandard

from inventory.facts.availability import Sample, State
from scanner.store.evidence import clean
from scanner.store.records import StoreError
from scanner.store.watching.records import StoredSample

LEVEL = 3
MAX_PLAIN = 512 << 20  # bytes of one blob, unpacked
MAX_REASON = 500  # characters
MAX_EVIDENCE = 4_096  # bytes of what came over the wire
MAX_NOTES = 8_192  # characters of JSON of timings and notes
TICK, BACK = 8, 9  # beside the states, which are 0 to 3
STATES = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)
CODE = {state: code for code, state in enumerate(STATES)}
_HEAD = struct.Struct("<4sqII")  # magic, base (ms), how many, bytes of the JSON
_MAGIC = b"ECJ1"
_COLUMNS = "BIiII"  # kind, series, at less base (ms), total (0.1 ms), reason
_WIDE = 2**31 - 1


def to_ms(seconds: float) -> int:
    return round(seconds * 1000)


def from_ms(ms: int) -> float:
    return ms / 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to the fleet. ``kind``: a state's code with a sample, TICK, or BACK: the clock was set
    back, ``total`` milliseconds are dated by the other clock."""

    kind: int
    watch: int
    at: int  # ms
    total: int  # tenths of a millisecond
    reason: str
    detail: Mapping[str, object] | None = None  # what a doubtful sample brought besides


def tenths(timings: Mapping[str, float]) -> int:
    """How long a probe took, as it is kept: ``total`` if it is there, else all steps together; 0 when not measured."""
    total = timings.get("total")
    if total is None:
        total = sum(timings.values())
    return min(max(0, round(total * 10)), 0xFFFFFFFF) if math.isfinite(total) else 0


def detail_of(sample: Sample) -> dict[str, object]:
    """What is kept of a sample that a change of state may begin with. Bounded, and safe for both databases."""
    timings = {clean(name[:100]): round(float(ms), 3) for name, ms in list(sample.timings.items())[:20]}
    notes = {clean(name[:100]): clean(told[:300]) for name, told in list(sample.notes.items())[:20]}
    return {"timings": timings, "notes": notes, "evidence": sample.evidence[:MAX_EVIDENCE].hex()}


class Journal:
    """Collects entries until they are packed. Not for several threads."""

    def __init__(self) -> None:
        self._columns = tuple(array(code) for code in _COLUMNS)
        self._base: int | None = None
        self._reasons: dict[str, int] = {"": 0}
        self._details: dict[int, Mapping[str, object]] = {}

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(self, kind: int, watch: int, at: int, total: int = 0, reason: str = "") -> None:
        """``at`` in milliseconds. Raises :class:`StoreError` for a clock that jumped by weeks within one flush."""
        if self._base is None:
            self._base = at
        since = at - self._base
        if not -_WIDE <= since <= _WIDE:
            raise StoreError("two samples of one flush are weeks apart: the clock jumped; they cannot be kept together")
        number = self._reasons.get(reason)
        if number is None:
            number = self._reasons[reason] = len(self._reasons)
        kinds, watches, ats, totals, reasons = self._columns
        kinds.append(kind)
        watches.append(watch)
        ats.append(since)
        totals.append(total)
        reasons.append(number)

    def explain(self, detail: Mapping[str, object]) -> None:
        """Of the entry that was added last."""
        self._details[len(self) - 1] = detail

    def packed(self) -> bytes:
        told = {"reasons": list(self._reasons), "details": {str(place): d for place, d in self._details.items()}}
        text = json.dumps(told, separators=(",", ":"), sort_keys=True).encode()
        head = _HEAD.pack(_MAGIC, self._base or 0, len(self), len(text))
        return squeezed(b"".join([head, *(plain(column) for column in self._columns), text]))


def plain(column: "array[int]") -> bytes:
    if sys.byteorder == "little":
        return column.tobytes()
    swapped = array(column.typecode, column)
    swapped.byteswap()
    return swapped.tobytes()


def column_of(code: str, data: bytes) -> "array[int]":
    column = array(code)
    column.frombytes(data)
    if sys.byteorder != "little":
        column.byteswap()
    return column


def squeezed(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(text)


def unsqueezed(data: bytes, what: str) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_PLAIN)
    except zstandard.ZstdError as fault:
        raise StoreError(f"{what} cannot be unpacked: the record was damaged or changed from outside") from fault


@dataclass(frozen=True, slots=True)
class Batch:
    """A blob, unpacked by columns. ``ats`` in ms less ``base``."""

    base: int
    kinds: "array[int]"
    watches: "array[int]"
    ats: "array[int]"
    totals: "array[int]"
    numbers: "array[int]"
    reasons: list[str]
    details: dict[str, dict[str, object]]

    def entries(self) -> Iterator[Entry]:
        rows = zip(self.kinds, self.watches, self.ats, self.totals, self.numbers, strict=True)
        for place, (kind, watch, since, total, number) in enumerate(rows):
            detail = self.details.get(str(place)) if self.details else None
            yield Entry(kind, watch, self.base + since, total, self.reasons[number], detail)

    def of(self, watch: int) -> Iterator[StoredSample]:
        """The samples of one series."""
        place = -1
        for _ in range(self.watches.count(watch)):
            place = self.watches.index(watch, place + 1)
            if self.kinds[place] < TICK:
                yield StoredSample(
                    from_ms(self.base + self.ats[place]),
                    STATES[self.kinds[place]],
                    self.totals[place] / 10,
                    self.reasons[self.numbers[place]],
                )


def unpacked(data: bytes) -> Batch:
    """Raises :class:`StoreError` when the blob is not one that :meth:`Journal.packed` made."""
    text = unsqueezed(data, "a batch of samples")
    try:
        magic, base, count, length = _HEAD.unpack_from(text)
        columns, place = [], _HEAD.size
        for code in _COLUMNS:
            size = count * array(code).itemsize
            columns.append(column_of(code, text[place : place + size]))
            place += size
        told = json.loads(text[place : place + length])
        kinds, watches, ats, totals, numbers = columns
        batch = Batch(base, kinds, watches, ats, totals, numbers, told["reasons"], told["details"])
        whole = magic == _MAGIC and len(text) == place + length and all(len(one) == count for one in columns)
        if not whole or max(batch.numbers, default=0) >= len(batch.reasons):
            raise ValueError("its parts do not fit")
    except (ValueError, KeyError, TypeError, struct.error) as fault:
        raise StoreError(f"a batch of samples cannot be read back ({fault}): the record was damaged") from fault
    return batch
