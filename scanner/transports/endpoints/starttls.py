"""From clear text to TLS, as each protocol asks for it. What comes too early is refused when TLS begins (``line``)."""

from collections.abc import Awaitable, Callable, Mapping

from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.ldap_messages import EXTENDED_RESPONSE, STARTTLS, message, result_of
from scanner.transports.endpoints.line import Line

MAX_LINE = 4_096  # RFC 5321 has 512, RFC 9051 none
MAX_LINES = 100
PG_SSL_REQUEST = (8).to_bytes(4, "big") + (80_877_103).to_bytes(4, "big")  # PostgreSQL, "Message Formats"


async def smtp_reply(line: Line) -> int:
    """The code of one reply, of several lines perhaps (RFC 5321, section 4.2). Raises :class:`ProbeFault`."""
    for _ in range(MAX_LINES):
        told = await line.receive_line(MAX_LINE)
        if not (told[:3].isdigit() and told[3:4] in (b" ", b"-", b"\r", b"\n")):
            raise Unexpected("it does not speak SMTP")
        if told[3:4] != b"-":
            return int(told[:3])
    raise Unexpected("its reply has no end")


async def smtp(line: Line) -> None:
    await smtp_greeted(line)
    await line.send(b"STARTTLS\r\n")
    code = await smtp_reply(line)
    if code != 220:
        raise Unexpected(f"it refuses STARTTLS with {code}")


async def smtp_greeted(line: Line) -> None:
    """Greeting and EHLO. Raises :class:`Unexpected`."""
    code = await smtp_reply(line)
    if code != 220:
        raise Unexpected(f"it greets with {code}")
    await line.send(b"EHLO estatecheck.invalid\r\n")
    code = await smtp_reply(line)
    if code != 250:
        raise Unexpected(f"it answers EHLO with {code}")


async def imap_greeted(line: Line) -> None:
    said = await line.receive_line(MAX_LINE)
    if not said.startswith((b"* OK", b"* PREAUTH")):
        raise Unexpected("it does not greet as IMAP does")


async def imap(line: Line) -> None:
    """RFC 9051, section 6.2.1. Untagged lines may come before the answer."""
    await imap_greeted(line)
    await line.send(b"a STARTTLS\r\n")
    for _ in range(MAX_LINES):
        said = await line.receive_line(MAX_LINE)
        if not said.startswith(b"* "):
            break
    if not said.startswith(b"a OK"):
        raise Unexpected("it refuses STARTTLS")


async def pop3_greeted(line: Line) -> None:
    said = await line.receive_line(MAX_LINE)
    if not said.startswith(b"+OK"):
        raise Unexpected("it does not greet as POP3 does")


async def pop3(line: Line) -> None:
    """RFC 2595, section 4."""
    await pop3_greeted(line)
    await line.send(b"STLS\r\n")
    if not (await line.receive_line(MAX_LINE)).startswith(b"+OK"):
        raise Unexpected("it refuses STLS")


async def ldap(line: Line) -> None:
    """RFC 4511, section 4.14."""
    await line.send(STARTTLS)
    told = await message(line, number=1)
    if told.operation != EXTENDED_RESPONSE or result_of(told) != 0:
        raise Unexpected("it refuses StartTLS")


async def postgresql(line: Line) -> None:
    await line.send(PG_SSL_REQUEST)
    if await line.receive_exactly(1) != b"S":
        raise Unexpected("it offers no TLS")


UPGRADES: Mapping[str, Callable[[Line], Awaitable[None]]] = {
    "imap": imap,
    "ldap": ldap,
    "pop3": pop3,
    "postgresql": postgresql,
    "smtp": smtp,
}
