"""SNMP answers as text, one varbind a line: ``OID|TAG|VALUE``, the form of stored evidence and recorded walks.

OID is written with digits and without a leading dot. TAG is the BER tag of RFC 3416 as a number: 2 INTEGER,
4 OCTET STRING, 5 NULL, 6 OBJECT IDENTIFIER, 64 IpAddress, 65 Counter32, 66 Gauge32, 67 TimeTicks, 68 Opaque,
70 Counter64, and for an OID the agent says it lacks 128 noSuchObject, 129 noSuchInstance, 130 endOfMibView.
A tag with an ``x`` behind it says that VALUE is in hexadecimal. The same form is read by snmpsim (``.snmprec``).
A line ``#gap|BASE|REASON|DETAIL`` says that what stands below BASE was not read to its end.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

MAX_ROWS = 100_000
MAX_VALUE_BYTES = 65_535  # no varbind is larger than the UDP datagram it came in
MAX_OID_PARTS = 128  # RFC 2578 section 3.5
MAX_OID_PART = 2**32 - 1
MAX_LINE = 2 * MAX_VALUE_BYTES + 1_500
MAX_GAPS = 200
MAX_DIGITS = 20  # Counter64 has 20

INTEGER, OCTETS, NULL, OBJECT_ID, ADDRESS = 2, 4, 5, 6, 64
COUNTER32, GAUGE32, TICKS, OPAQUE, COUNTER64 = 65, 66, 67, 68, 70
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 128, 129, 130
NUMBERS = frozenset({INTEGER, COUNTER32, GAUGE32, TICKS, COUNTER64})
NOTHING = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})
TAGS = NUMBERS | NOTHING | {OCTETS, OBJECT_ID, ADDRESS, OPAQUE}

LINE = re.compile(r"(\d{1,10}(?:\.\d{1,10}){0,127})\|(\d{1,3})(x?)\|(.*)", re.DOTALL)
ODD_PART = re.compile(r"(?:^|\.)(?:0\d|\d{10})")
WHOLE = re.compile(r"[+-]?\d{1,20}")

GAP = re.compile(r"#gap\|(\d+(?:\.\d+)*)\|([^|]{0,80})\|(.{0,300}).*")

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VarBind:
    """One value. ``value``: the octets of a string, else ASCII (``42``, ``1.3.6``, ``192.0.2.1``, "" for nothing)."""

    oid: str
    tag: int
    value: bytes = b""

    @property
    def text(self) -> str:
        """The value as one text: UTF-8, else Latin-1; NUL padding and blanks at the ends are gone."""
        try:
            told = self.value.decode()
        except UnicodeDecodeError:
            told = self.value.decode("latin-1")
        return told.strip("\0 \t\r\n").replace("\0", " ")


@dataclass(frozen=True, slots=True)
class Gap:
    """A walk that was not ended: what is missing below ``base`` was not looked at."""

    base: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class VarBinds:
    """What an agent answered. Rows it said it lacks are in ``lacking``, not among the values."""

    rows: dict[str, VarBind] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    broken: int = 0  # lines that are no varbind, left out
    cut: bool = False  # more rows than the limit: the rest was not read
    gaps: tuple[Gap, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[VarBind]:
        return iter(self.rows.values())

    def get(self, oid: str) -> VarBind | None:
        return self.rows.get(oid)

    def text(self, oid: str) -> str | None:
        """The text at this OID, None when there is none or it is empty."""
        row = self.rows.get(oid)
        return (row.text or None) if row else None

    def number(self, oid: str) -> int | None:
        """The whole number at this OID (also one written as text), None when there is none."""
        row = self.rows.get(oid)
        if row is None or not WHOLE.fullmatch(row.text):
            return None
        return int(row.text)

    def gap(self, base: str) -> Gap | None:
        """The gap that takes something away from what stands below this OID, None when it was read to its end."""
        return next((gap for gap in self.gaps if _overlap(gap.base, base)), None)

    def under(self, base: str) -> tuple[VarBind, ...]:
        """The rows below this OID (not the OID itself), in OID order."""
        start = key_of(base)
        first = bisect_left(self._order, (*start, 0))
        last = bisect_left(self._order, (*start[:-1], start[-1] + 1)) if start else len(self._order)
        return tuple(self.rows[dotted(key)] for key in self._order[first:last])

    @cached_property
    def _order(self) -> list[Key]:
        return sorted(map(key_of, self.rows))


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def key_of(oid: str) -> Key:
    """``1.3.6`` as ``(1, 3, 6)``. Raises ValueError for anything but digits and dots."""
    return tuple(map(int, oid.split("."))) if oid else ()


def dotted(key: Iterable[int]) -> str:
    return ".".join(map(str, key))


def read(text: bytes | str, limit: int = MAX_ROWS) -> VarBinds:
    """Never raises: a line that is no varbind is counted in ``broken``. Of two rows for one OID the first counts."""
    told = text.decode("latin-1") if isinstance(text, bytes) else text
    rows: dict[str, VarBind] = {}
    lacking: set[str] = set()
    gaps: list[Gap] = []
    broken = 0
    for line in _lines(told):
        if len(rows) + len(lacking) + broken >= limit:
            return VarBinds(rows, frozenset(lacking), broken, cut=True, gaps=tuple(gaps))
        row = _row(line)
        if row is None and len(gaps) < MAX_GAPS and (found := GAP.fullmatch(line)):
            gaps.append(Gap(*found.groups()))
        elif row is None:
            broken += 1
        elif row.tag in NOTHING:
            lacking.add(row.oid)
        else:
            rows.setdefault(row.oid, row)
    return VarBinds(rows, frozenset(lacking), broken, gaps=tuple(gaps))


def _lines(text: str) -> Iterator[str]:
    """Lines end with LF (CR LF in files of other systems) and with nothing else: a value may hold U+0085."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if line := text[start:end].removesuffix("\r"):
            yield line
        start = end + 1


def _row(line: str) -> VarBind | None:
    cut = LINE.fullmatch(line) if len(line) <= MAX_LINE else None
    if cut is None or int(cut[2]) not in TAGS:
        return None
    oid = _normal(cut[1])
    value = _value(int(cut[2]), cut[3] == "x", cut[4])
    return None if oid is None or value is None else VarBind(oid, int(cut[2]), value)


def _normal(oid: str) -> str | None:
    """The OID without leading zeros, None when a part is too large for one."""
    if not ODD_PART.search(oid):
        return oid
    key = key_of(oid)
    return dotted(key) if max(key) <= MAX_OID_PART else None


def _value(tag: int, is_hex: bool, text: str) -> bytes | None:
    value = _octets(text, is_hex)
    if value is None or len(value) > MAX_VALUE_BYTES:
        return None
    if tag in NOTHING:
        return b""
    if tag == ADDRESS and is_hex:
        return dotted(value).encode()
    if tag in NUMBERS and not (len(value) <= MAX_DIGITS and WHOLE.fullmatch(value.decode("latin-1"))):
        return None
    return value


def _octets(text: str, is_hex: bool) -> bytes | None:
    try:
        return bytes.fromhex(text) if is_hex else text.encode("latin-1")
    except UnicodeEncodeError:  # a str that somebody else decoded
        return text.encode("utf-8", "replace")
    except ValueError:
        return None


def write(varbinds: Iterable[VarBind]) -> bytes:
    """The text form, one line each, in the given order; ``read`` gives the same rows back."""
    return b"".join(_line(row) for row in varbinds)


def _line(row: VarBind) -> bytes:
    plain = all(0x20 <= byte < 0x7F for byte in row.value)
    if plain or row.tag not in {OCTETS, OPAQUE}:
        return f"{row.oid}|{row.tag}|".encode() + row.value + b"\n"
    return f"{row.oid}|{row.tag}x|{row.value.hex()}\n".encode()
