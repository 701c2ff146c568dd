"""ClientHellos of our own, and where an answer to one ends. Pure.

RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2; RFC 6101 (SSL 3); the SSL 2 draft of 1995 for its CLIENT-HELLO.
Nothing is computed: a TLS 1.3 hello brings no key share, and the server answers with HelloRetryRequest, which names
version, suite and group in the clear (RFC 8446, section 4.2.8).
"""

from collections.abc import Callable, Sequence

from scanner.query import Hello

SSL2, SSL3, TLS10, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0303, 0x0304
ALERT, HANDSHAKE, SERVER_HELLO, SERVER_DONE, FATAL = 21, 22, 2, 14, 2
MAX_RECORD = (1 << 14) + 2048  # RFC 5246, section 6.2.3
SSL2_SPECS = bytes.fromhex("010080 020080 030080 040080 050080 060040 0700c0")
# ECDSA, RSA-PSS, Ed25519, RSA with SHA-2, then SHA-1 and DSA: an old server is to be seen as well
SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601)
OLD_SIGNATURES = (0x0201, 0x0203, 0x0202, 0x0402)

Random = Callable[[int], bytes]


def client_hello(hello: Hello, name: str, random: Random) -> bytes:
    """``name``: for SNI (RFC 6066, section 3), "" none."""
    if hello.version == SSL2:
        body = b"\x01\x00\x02" + _u16(len(SSL2_SPECS)) + _u16(0) + _u16(16) + SSL2_SPECS + random(16)
        return _u16(0x8000 | len(body)) + body
    spoken = min(hello.version, TLS12)
    suites = b"".join(map(_u16, hello.suites))
    session = random(32) if hello.version == TLS13 else b""
    body = _u16(spoken) + random(32) + _short(session) + _long(suites) + _short(bytes(hello.compressions))
    if hello.version > SSL3:
        body += _long(_extensions(hello, name))
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16" + _u16(min(spoken, TLS10)) + _long(message)


def _extensions(hello: Hello, name: str) -> bytes:
    told = b""
    if name:
        told += _extension(0, _long(b"\x00" + _long(name.encode("idna"))))
    if hello.groups:  # an empty list is a decode error (RFC 8422, section 5.1.1)
        told += _extension(10, _numbers(hello.groups)) + _extension(11, b"\x01\x00")
    told += _extension(0xFF01, b"\x00")
    if hello.version >= TLS12:
        told += _extension(13, _numbers(SIGNATURES + OLD_SIGNATURES))
    if hello.version == TLS13:
        told += _extension(43, _short(_u16(TLS13))) + _extension(51, _long(b""))
    return told


def _extension(kind: int, data: bytes) -> bytes:
    return _u16(kind) + _long(data)


def _numbers(given: Sequence[int]) -> bytes:
    return _long(b"".join(map(_u16, given)))


def _u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _short(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def _long(data: bytes) -> bytes:
    return _u16(len(data)) + data


def ended(hello: Hello, got: bytes) -> int | None:
    """How many bytes are all that is to be heard; None: go on listening. What is no TLS at all ends at once."""
    if not got:
        return None
    if hello.version == SSL2 and got[0] & 0x80:
        size = int.from_bytes(got[:2], "big") & 0x7FFF
        return None if len(got) < size + 2 else size + 2
    return _after_records(hello, got)


def _after_records(hello: Hello, got: bytes) -> int | None:
    at, messages = 0, b""
    while at + 5 <= len(got):
        kind, size = got[at], int.from_bytes(got[at + 3 : at + 5], "big")
        if kind not in (ALERT, HANDSHAKE) or got[at + 1] != 3 or size > MAX_RECORD:
            return len(got) if got[at] not in (20, 23) else at
        if len(got) < at + 5 + size:
            return None
        part, at = got[at + 5 : at + 5 + size], at + 5 + size
        if kind == ALERT and part[:1] == bytes([FATAL]):
            return at
        messages += part if kind == HANDSHAKE else b""
        if kind == HANDSHAKE and _has(messages, SERVER_DONE if hello.whole else SERVER_HELLO):
            return at
    return len(got) if got[0] not in (ALERT, HANDSHAKE) else None


def _has(messages: bytes, wanted: int) -> bool:
    at = 0
    while at + 4 <= len(messages):
        size = int.from_bytes(messages[at + 1 : at + 4], "big")
        if messages[at] == wanted and at + 4 + size <= len(messages):
            return True
        at += 4 + size
    return False
