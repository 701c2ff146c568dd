"""LDAP messages as far as a probe needs them: BER, definite lengths (RFC 4511, section 5.1)."""

from dataclasses import dataclass

from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.line import Line

MAX_MESSAGE = 16_384
MAX_MESSAGES = 20
SEQUENCE, INTEGER, ENUMERATED = 0x30, 0x02, 0x0A
SEARCH_ENTRY, SEARCH_DONE, EXTENDED_RESPONSE = 0x64, 0x65, 0x78

STARTTLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
# SearchRequest (4.5.1): base "", scope base, size 1, time 5 s, (objectClass=*), supportedLDAPVersion
_ATTRIBUTE = b"supportedLDAPVersion"
_BODY = bytes.fromhex("04000a01000a0100020101020105010100870b") + b"objectClass"
_LIST = bytes([SEQUENCE, len(_ATTRIBUTE) + 2, 0x04, len(_ATTRIBUTE)]) + _ATTRIBUTE
_SEARCH = bytes([0x63, len(_BODY) + len(_LIST)]) + _BODY + _LIST
ROOT_DSE = bytes([SEQUENCE, len(_SEARCH) + 3, 0x02, 0x01, 0x02]) + _SEARCH
UNBIND = bytes.fromhex("30050201034200")


@dataclass(frozen=True, slots=True)
class Message:
    operation: int  # the tag of protocolOp
    content: bytes


async def message(line: Line, number: int) -> Message:
    """The next one with this number; number 0 comes unasked, to say that the session ends.

    Raises :class:`Unexpected` for what is no LDAP, and :class:`Broken` when it is cut.
    """
    for _ in range(MAX_MESSAGES):
        theirs, operation, content = _parts(await _whole(line))
        if theirs == 0 and operation == EXTENDED_RESPONSE:
            raise Unexpected("it ends the session (notice of disconnection)")
        if theirs == number:
            return Message(operation, content)
    raise Unexpected("it does not answer what it was asked")


def result_of(told: Message) -> int | None:
    """The resultCode of an LDAPResult; None when there is none."""
    said = told.content
    return said[2] if len(said) > 2 and said[:2] == bytes([ENUMERATED, 1]) else None


async def _whole(line: Line) -> bytes:
    head = await line.receive_exactly(2)
    if head[0] != SEQUENCE:
        raise Unexpected("it does not speak LDAP")
    size = head[1]
    if size & 0x80:
        more = size & 0x7F
        if not 1 <= more <= 4:
            raise Unexpected("it does not speak LDAP")
        told = await line.receive_exactly(more)
        head, size = head + told, int.from_bytes(told, "big")
    if size > MAX_MESSAGE:
        raise Unexpected(f"its message of {size} bytes is longer than any that was asked for")
    return head + await line.receive_exactly(size)


def _parts(raw: bytes) -> tuple[int, int, bytes]:
    """Number, operation and what is in it. Raises :class:`Unexpected`."""
    try:
        _, inside, _ = _element(raw)
        kind, number, rest = _element(inside)
        operation, content, _ = _element(rest)
    except ValueError:
        raise Unexpected("it does not speak LDAP") from None
    if kind != INTEGER or not 1 <= len(number) <= 4:
        raise Unexpected("it does not speak LDAP")
    return int.from_bytes(number, "big"), operation, content


def _element(raw: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content, and what comes behind. Raises ``ValueError``."""
    if len(raw) < 2:
        raise ValueError("cut")
    start, size = 2, raw[1]
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(raw[2:start], "big")
    if len(raw) < start + size:
        raise ValueError("cut")
    return raw[0], raw[start : start + size], raw[start + size :]
