"""The outside of one SNMP message, read from its BER: version, ids, error status, and the tag of every value.

SNMP libraries decode the values; what they leave out stands here: gufo-snmp drops the error status and the tags of
the values, so that a device's ``tooBig`` would look like an empty table. Only definite lengths, as RFC 3417 section 8
asks. Shapes: RFC 3416 section 3 (PDU), RFC 1901 (v2c), RFC 3412 section 6 and RFC 3414 section 2.4 (v3).
"""

from dataclasses import dataclass
from typing import NamedTuple

from scanner.transports.snmp_faults import Garbled

SEQUENCE, INTEGER, OCTETS, OBJECT_ID = 0x30, 0x02, 0x04, 0x06
RESPONSE, REPORT = 0xA2, 0xA8
NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 5, 128, 129, 130
NOTHING = frozenset((NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW))
ADDRESS, OPAQUE = 64, 68
NUMBERS = frozenset((INTEGER, 65, 66, 67, 70))  # Counter32, Gauge32, TimeTicks, Counter64
V2C, V3 = 1, 3
AUTH_FLAG, PRIV_FLAG = 1, 2


class Span(NamedTuple):
    """Where a value's content starts and where it ends (the next one's header starts there)."""

    tag: int
    start: int
    stop: int


_NO_MAC = Span(OCTETS, 0, 0)


@dataclass(frozen=True, slots=True)
class Pdu:
    kind: int  # RESPONSE, REPORT
    request_id: int
    status: int
    index: int
    tags: tuple[int, ...]  # of each value, in order
    nothing: dict[int, str]  # the OIDs of those that hold no value, by their place among the tags
    report: str  # the OID of the counter that a REPORT names; "" for a response


@dataclass(frozen=True, slots=True)
class Message:
    """Either ``pdu`` is there, or ``encrypted``, what the scoped PDU is to be decrypted from."""

    version: int
    id: int  # v2c: the PDU's request id; v3: msgID
    pdu: Pdu | None
    flags: int = 0
    engine_id: bytes = b""
    boots: int = 0
    time: int = 0
    user: bytes = b""  # v2c: the community
    mac: Span = _NO_MAC
    salt: bytes = b""
    encrypted: bytes = b""


def span(data: bytes, at: int, end: int, tag: int | None = None) -> Span:
    """One value's header. Raises :class:`Garbled` when it does not fit, or has another tag than ``tag``."""
    if at + 2 > end:
        raise Garbled("what came is cut off in the middle of a value")
    size, start = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or start + count > end:
            raise Garbled("what came holds a length that SNMP does not allow")
        size, start = int.from_bytes(data[start : start + count]), start + count
    if start + size > end:
        raise Garbled("what came is shorter than it says")
    if tag is not None and data[at] != tag:
        raise Garbled("what came is no SNMP message")
    return Span(data[at], start, start + size)


def number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An INTEGER of at most 8 octets, and where the next value starts."""
    found = span(data, at, end, INTEGER)
    if not 1 <= found.stop - found.start <= 8:
        raise Garbled("what came holds a number of a size that SNMP does not have")
    return int.from_bytes(data[found.start : found.stop], signed=True), found.stop


def octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    found = span(data, at, end, OCTETS)
    return data[found.start : found.stop], found.stop


def message(data: bytes) -> Message:
    """Raises :class:`Garbled` for anything but one whole response or report in v2c or v3."""
    outer = span(data, 0, len(data), SEQUENCE)
    if outer.stop != len(data):
        raise Garbled("what came is longer than it says")
    version, at = number(data, outer.start, outer.stop)
    if version == V3:
        return _message_v3(data, at, outer.stop)
    if version != V2C:
        raise Garbled("what came is another version of SNMP than was asked")
    community, at = octets(data, at, outer.stop)
    found = pdu(data, at, outer.stop)
    return Message(V2C, found.request_id, found, user=community)


def message_id(data: bytes) -> int:
    """Of a request that we send: what its answer will bear. v2c: the request id; v3: msgID."""
    outer = span(data, 0, len(data), SEQUENCE)
    version, at = number(data, outer.start, outer.stop)
    inner = span(data, at, outer.stop)
    if version != V3:
        inner = span(data, inner.stop, outer.stop)
    return number(data, inner.start, inner.stop)[0]


def _message_v3(data: bytes, at: int, end: int) -> Message:
    header = span(data, at, end, SEQUENCE)
    message_id, at = number(data, header.start, header.stop)
    _, at = number(data, at, header.stop)
    flags, at = octets(data, at, header.stop)
    secured = span(data, header.stop, end, OCTETS)
    usm = span(data, secured.start, secured.stop, SEQUENCE)
    engine_id, at = octets(data, usm.start, usm.stop)
    boots, at = number(data, at, usm.stop)
    time, at = number(data, at, usm.stop)
    user, at = octets(data, at, usm.stop)
    mac = span(data, at, usm.stop, OCTETS)
    salt, _ = octets(data, mac.stop, usm.stop)
    if len(flags) != 1:
        raise Garbled("what came has no security flags")
    private = flags[0] & PRIV_FLAG
    body = span(data, secured.stop, end, OCTETS if private else SEQUENCE)
    inner = None if private else scoped(data, body)
    encrypted = data[body.start : body.stop] if private else b""
    return Message(V3, message_id, inner, flags[0], engine_id, boots, time, user, mac, salt, encrypted)


def scoped(data: bytes, body: Span) -> Pdu:
    """The PDU inside a scopedPDU: context engine id, context name, PDU."""
    _, at = octets(data, body.start, body.stop)
    _, at = octets(data, at, body.stop)
    return pdu(data, at, body.stop)


def pdu(data: bytes, at: int, end: int) -> Pdu:
    outer = span(data, at, end)
    if outer.tag not in (RESPONSE, REPORT):
        raise Garbled("what came is an SNMP message, but no answer")
    request_id, at = number(data, outer.start, outer.stop)
    status, at = number(data, at, outer.stop)
    index, at = number(data, at, outer.stop)
    rows = span(data, at, outer.stop, SEQUENCE)
    tags, nothing = _rows(data, rows.start, rows.stop)
    report = _first_oid(data, rows) if outer.tag == REPORT and tags else ""
    return Pdu(outer.tag, request_id, status, index, tags, nothing, report)


def _first_oid(data: bytes, rows: Span) -> str:
    name = span(data, span(data, rows.start, rows.stop).start, rows.stop)
    return oid_text(data[name.start : name.stop])


def _rows(data: bytes, at: int, end: int) -> tuple[tuple[int, ...], dict[int, str]]:
    """The tag of every value, and the OIDs of those without one. One pass, for every row of every walk."""
    tags: list[int] = []
    nothing: dict[int, str] = {}
    while at < end:
        row, stop = _content(data, at, end)
        name, name_end = _content(data, row, stop)
        value, value_end = _content(data, name_end, stop)
        tag = data[name_end]
        if data[at] != SEQUENCE or data[row] != OBJECT_ID or value_end != stop or name == name_end:
            raise Garbled("what came holds something that is no SNMP value")
        if tag in NOTHING:
            nothing[len(tags)] = oid_text(data[name:name_end])
        elif tag != OCTETS and not _sound(tag, data, value, stop):
            raise Garbled("what came holds a value of a kind or size that SNMP does not have")
        tags.append(tag)
        at = stop
    return tuple(tags), nothing


def _content(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the content of the value starts and stops; the short form of lengths first, as nearly all are."""
    stop = at + 2 + data[at + 1] if at + 2 <= end else end + 1
    if stop <= end and data[at + 1] < 0x80:
        return at + 2, stop
    _, start, stop = span(data, at, end)
    return start, stop


def _sound(tag: int, data: bytes, start: int, stop: int) -> bool:
    size = stop - start
    if tag in NUMBERS:
        return 1 <= size <= 9  # Counter64 with the zero octet that keeps it positive
    if tag == OBJECT_ID:
        return size > 0 and not data[stop - 1] & 0x80
    if tag == ADDRESS:
        return size == 4
    return tag == OPAQUE


def oid_text(content: bytes) -> str:
    """``1.3.6.1``. Raises :class:`Garbled`. X.690, section 8.19."""
    parts: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if value >= 1 << 39:  # 80 more than an arc may be (2**32 - 1), and far from large
            raise Garbled("what came holds an OID with an absurd number")
        if not octet & 0x80:
            parts.append(value)
            value = 0
    if not parts or content[-1] & 0x80:
        raise Garbled("what came holds an OID that is cut off")
    root = min(parts[0] // 40, 2)
    return ".".join(map(str, (root, parts[0] - 40 * root, *parts[1:])))
