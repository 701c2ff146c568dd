"""The samples of one hour by series, as they are sealed and as they are kept once the journal is gone.

"Of an hour" is: recorded in it. A sample that a vantage point hands in late belongs to the hour in which it came.
"""

import json
import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.store.records import StoreError
from scanner.store.watching.journal import (
    STATES,
    TICK,
    Batch,
    column_of,
    from_ms,
    plain,
    squeezed,
    unsqueezed,
)
from scanner.store.watching.records import StoredSample

CHUNK = 256  # series in one blob
_MAGIC = b"ECH1"
_HEAD = struct.Struct("<4sIII")  # magic, series, samples, bytes of JSON
_BYTES = 4  # of a difference and of a duration


@dataclass(slots=True)
class Columns:
    """Samples of one series in the order they were recorded: ``ats`` ms, ``totals`` tenths of a ms."""

    ats: "array[int]" = field(default_factory=lambda: array("q"))
    kinds: "array[int]" = field(default_factory=lambda: array("B"))
    totals: "array[int]" = field(default_factory=lambda: array("I"))
    reasons: dict[int, str] = field(default_factory=dict)  # place -> text; "" is left out

    def samples(self) -> Iterator[StoredSample]:
        for place, (at, kind, total) in enumerate(zip(self.ats, self.kinds, self.totals, strict=True)):
            yield StoredSample(from_ms(at), STATES[kind], total / 10, self.reasons.get(place, ""))

    def canonical(self, watch: str, vantage: str) -> bytes:
        """What the leaf of a seal is the hash of."""
        told = {"watch": watch, "vantage": vantage, "reasons": [[p, t] for p, t in sorted(self.reasons.items())]}
        text = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
        lengths = struct.pack("<QQ", len(text), len(self.ats))
        return b"".join([lengths, text, plain(self.ats), plain(self.kinds), plain(self.totals)])


def by_series(batches: Iterable[Batch]) -> dict[int, Columns]:
    found: dict[int, Columns] = {}
    for batch in batches:
        rows = zip(batch.kinds, batch.watches, batch.ats, batch.totals, batch.numbers, strict=True)
        for kind, watch, since, total, number in rows:
            if kind >= TICK:
                continue
            series = found.get(watch)
            if series is None:
                series = found[watch] = Columns()
            if number:
                series.reasons[len(series.ats)] = batch.reasons[number]
            series.ats.append(batch.base + since)
            series.kinds.append(kind)
            series.totals.append(total)
    return found


def first_of_chunk(watch: int) -> int:
    return watch // CHUNK * CHUNK


def chunks(series: Mapping[int, Columns]) -> Iterator[tuple[int, bytes]]:
    """First number and blob of each chunk."""
    members: dict[int, list[int]] = {}
    for watch in sorted(series):
        members.setdefault(first_of_chunk(watch), []).append(watch)
    for first, watches in members.items():
        yield first, _packed(watches, [series[watch] for watch in watches])


def _packed(watches: Sequence[int], columns: Sequence[Columns]) -> bytes:
    """Differences between the times of one series, by planes of bytes: neighbours look alike, and pack well."""
    counts, kinds, steps, totals = array("I"), array("B"), array("i"), array("I")
    far: list[list[int]] = []  # [place, ms]: the first time of a series, and steps beyond 32 bits
    told: list[dict[int, str]] = []
    for one in columns:
        counts.append(len(one.ats))
        kinds.extend(one.kinds)
        totals.extend(one.totals)
        told.append(one.reasons)
        before = None
        for at in one.ats:
            step = None if before is None else at - before
            if step is None or not -(2**31) < step < 2**31:
                far.append([len(steps), at])
                step = 0
            steps.append(step)
            before = at
    text = json.dumps({"watches": list(watches), "far": far, "reasons": told}, separators=(",", ":")).encode()
    head = _HEAD.pack(_MAGIC, len(watches), len(steps), len(text))
    return squeezed(b"".join([head, plain(counts), plain(kinds), _planes(steps), _planes(totals), text]))


def _planes(column: "array[int]") -> bytes:
    data = plain(column)
    return b"".join(data[place::_BYTES] for place in range(_BYTES))


def _woven(data: bytes) -> bytes:
    count, out = len(data) // _BYTES, bytearray(len(data))
    for place in range(_BYTES):
        out[place::_BYTES] = data[place * count : (place + 1) * count]
    return bytes(out)


def unpacked_chunk(data: bytes) -> dict[int, Columns]:
    """Raises :class:`StoreError` when it is not what :func:`chunks` made."""
    text = unsqueezed(data, "an hour of samples")
    try:
        return _read(text)
    except (ValueError, KeyError, TypeError, IndexError, struct.error) as fault:
        raise StoreError(f"an hour of samples cannot be read back ({fault}): the record was damaged") from fault


def _read(text: bytes) -> dict[int, Columns]:
    magic, series, samples, length = _HEAD.unpack_from(text)
    sizes, parts, place = (4 * series, samples, _BYTES * samples, _BYTES * samples, length), [], _HEAD.size
    for size in sizes:
        parts.append(text[place : place + size])
        place += size
    counts, kinds = column_of("I", parts[0]), column_of("B", parts[1])
    steps, totals = column_of("i", _woven(parts[2])), column_of("I", _woven(parts[3]))
    told = json.loads(parts[4])
    if magic != _MAGIC or place != len(text) or sum(counts) != samples or len(counts) != len(told["watches"]):
        raise ValueError("its parts do not fit")
    far, found, start = {int(p): int(at) for p, at in told["far"]}, {}, 0
    for watch, count, reasons in zip(told["watches"], counts, told["reasons"], strict=True):
        ats = array("q")
        at = 0
        for place in range(start, start + count):
            at = far[place] if place in far else at + steps[place]
            ats.append(at)
        texts = {int(where): str(told_) for where, told_ in reasons.items()}
        found[int(watch)] = Columns(ats, kinds[start : start + count], totals[start : start + count], texts)
        start += count
    return found
