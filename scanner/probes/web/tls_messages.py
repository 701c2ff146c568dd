"""What a server answered to a ClientHello: RFC 5246, section 7.4; RFC 8446, section 4.1.3; the SSL 2 draft of 1995."""

from collections.abc import Iterator
from dataclasses import dataclass

ALERT, HANDSHAKE = 21, 22
SERVER_HELLO, SERVER_KEY_EXCHANGE = 2, 12
SUPPORTED_VERSIONS, KEY_SHARE, RENEGOTIATION = 43, 51, 0xFF01
FATAL = 2
UNRECOGNIZED_NAME, DECODE_ERROR = 112, 50  # say nothing of versions and suites
ALERTS = {40: "handshake failure", 47: "illegal parameter", 50: "decode error", 70: "protocol version"}
ALERTS |= {71: "insufficient security", 80: "internal error", 112: "unrecognized name"}


class Broken(ValueError):
    """Not what a TLS server sends."""


@dataclass(frozen=True, slots=True)
class ServerHello:
    version: int  # that was chosen
    suite: int
    compression: int
    extensions: frozenset[int]
    group: int | None = None  # of TLS 1.3's key share
    dh_bits: int | None = None  # of the ServerKeyExchange behind it


@dataclass(frozen=True, slots=True)
class Alert:
    number: int

    @property
    def words(self) -> str:
        return ALERTS.get(self.number, f"alert {self.number}")


def answer_of(got: bytes, *, ssl2: bool = False, dhe: bool = False) -> ServerHello | Alert | None:
    """None: nothing came. Raises :class:`Broken` for anything else."""
    if not got:
        return None
    if ssl2 and got[0] & 0x80:
        return _ssl2(got)
    messages, alert = _split(got)
    for kind, body in _messages(messages):
        if kind != SERVER_HELLO:
            raise Broken("the first message is no ServerHello")
        return _server_hello(body, messages, dhe)
    if alert is None:
        raise Broken("neither a ServerHello nor an alert came")
    return alert


def _ssl2(got: bytes) -> ServerHello:
    """SERVER-HELLO: type 4, session id hit, certificate type, version, lengths. It counts when it names a cipher."""
    if len(got) < 13 or got[2] != 4 or got[5:7] != b"\x00\x02" or not int.from_bytes(got[9:11], "big"):
        raise Broken("no SSL 2 SERVER-HELLO with a cipher")
    return ServerHello(0x0002, 0, 0, frozenset())


def _split(got: bytes) -> tuple[bytes, Alert | None]:
    """Handshake messages of all records, and the fatal alert."""
    at, messages, alert = 0, b"", None
    while at + 5 <= len(got):
        kind, size = got[at], int.from_bytes(got[at + 3 : at + 5], "big")
        if kind not in (ALERT, HANDSHAKE) or got[at + 1] != 3:
            raise Broken("what came is no TLS record")
        part = got[at + 5 : at + 5 + size]
        if kind == ALERT and len(part) == 2 and part[0] == FATAL:
            alert = Alert(part[1])
        messages += part if kind == HANDSHAKE else b""
        at += 5 + size
    if at == 0:
        raise Broken("what came is too short for a TLS record")
    return messages, alert


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        if at + 4 + size > len(data):
            return
        yield data[at], data[at + 4 : at + 4 + size]
        at += 4 + size


def _server_hello(body: bytes, messages: bytes, dhe: bool) -> ServerHello:
    if len(body) < 38 or len(body) < 38 + body[34]:
        raise Broken("the ServerHello is too short")
    at = 35 + body[34]
    extensions = _extensions(body[at + 3 :])
    version, share = int.from_bytes(body[:2], "big"), extensions.get(KEY_SHARE, b"")
    if len(chosen := extensions.get(SUPPORTED_VERSIONS, b"")) == 2:
        version = int.from_bytes(chosen, "big")
    return ServerHello(
        version,
        int.from_bytes(body[at : at + 2], "big"),
        body[at + 2],
        frozenset(extensions),
        int.from_bytes(share[:2], "big") if len(share) >= 2 else None,
        _dh_bits(messages) if dhe else None,
    )


def _extensions(data: bytes) -> dict[int, bytes]:
    if not data:
        return {}
    at, end, found = 2, 2 + int.from_bytes(data[:2], "big"), dict[int, bytes]()
    if end > len(data):
        raise Broken("the extensions are longer than the ServerHello")
    while at + 4 <= end:
        kind, size = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 + size > end:
            raise Broken("an extension is longer than the ServerHello")
        found[kind] = data[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _dh_bits(messages: bytes) -> int | None:
    """Bits of the prime in ServerDHParams (RFC 5246, section 7.4.3)."""
    for kind, body in _messages(messages):
        if kind == SERVER_KEY_EXCHANGE and len(body) > 2:
            size = int.from_bytes(body[:2], "big")
            return int.from_bytes(body[2 : 2 + size], "big").bit_length() if 2 + size <= len(body) else None
    return None
