"""From clear text to TLS: RFC 3207 (SMTP), RFC 9051 (IMAP), RFC 2595 (POP3), RFC 4511 (LDAP), PostgreSQL's request."""

import re

from scanner.transports.looks.ldap import messages, search_ended
from scanner.transports.looks.wire import Wire, line_ended

LDAP_STARTTLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
EXTENDED_RESPONSE, SUCCESS = 0x78, bytes([10, 1, 0])
PG_SSL_REQUEST = (8).to_bytes(4, "big") + (80_877_103).to_bytes(4, "big")
_REPLY_END = re.compile(rb"(?:\A|\n)\d{3}(?: [^\n]*)?\r?\n")
MAX_REPLY = 16_384


async def upgraded(wire: Wire, scheme: str) -> str:
    """ "" when TLS may begin; else why it may not."""
    if scheme == "smtp":
        return await _smtp(wire)
    if scheme == "imap":
        return await _lines(wire, b"* OK", b"a STARTTLS\r\n", b"a OK")
    if scheme == "pop3":
        return await _lines(wire, b"+OK", b"STLS\r\n", b"+OK")
    if scheme == "ldap":
        return await _ldap(wire)
    if scheme == "postgresql":
        await wire.send(PG_SSL_REQUEST)
        said, _, _ = await wire.listen(lambda got: 1 if got else None)
        return "" if said == b"S" else "it offers no TLS" if said == b"N" else "it does not speak PostgreSQL's protocol"
    return ""


def reply_ended(got: bytes) -> int | None:
    found = _REPLY_END.search(got)
    return found.end() if found else (len(got) if len(got) > MAX_REPLY else None)


async def _smtp(wire: Wire) -> str:
    said, _, _ = await wire.listen(reply_ended)
    if not said.startswith(b"220"):
        return "it does not greet as SMTP does"
    await wire.send(b"EHLO estatecheck.invalid\r\n")
    said, _, _ = await wire.listen(reply_ended)
    if not said.startswith(b"250"):
        return "it refuses EHLO"
    await wire.send(b"STARTTLS\r\n")
    said, _, _ = await wire.listen(reply_ended)
    return "" if said.startswith(b"220") else "it refuses STARTTLS"


async def _lines(wire: Wire, greeting: bytes, ask: bytes, wanted: bytes) -> str:
    said, _, _ = await wire.listen(line_ended)
    if not said.startswith(greeting):
        return "it does not greet as its protocol does"
    await wire.send(ask)
    for _ in range(20):  # untagged lines of IMAP may come first
        said, _, _ = await wire.listen(line_ended)
        if not said.startswith(b"* "):
            break
    return "" if said.startswith(wanted) else "it refuses to begin TLS"


async def _ldap(wire: Wire) -> str:
    """RFC 4511, section 4.14."""
    await wire.send(LDAP_STARTTLS)
    said, _, _ = await wire.listen(search_ended)
    told = messages(said)
    if not told or told[0][0] != EXTENDED_RESPONSE:
        return "it does not answer as LDAP does"
    return "" if told[0][1].startswith(SUCCESS) else "it refuses StartTLS"
