"""How a message leaves: webhook, mail, Apprise. Each takes a channel and a notice, and raises ``NotSent``.

A target may hold a token and a server may echo what it was sent: errors name the channel and what happened, and neither
the address nor anything that was said.
"""

import asyncio
import hashlib
import hmac
import importlib
import json
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import urlsplit

import httpx

from inventory.watch import Channel
from scanner.query import SecretUnavailable
from scanner.store.watching.records import Notice

SECONDS = 10.0  # for one message
MAX_SUBJECT = 150  # characters
PLACE_OF_SECRET = "{secret}"  # noqa: S105 (a placeholder in an address)


class NotSent(Exception):
    """A message did not leave. The text is safe to store and to show. ``final``: another try would not help."""

    def __init__(self, text: str, *, final: bool = False) -> None:
        super().__init__(text)
        self.final = final


Secret = Callable[[str], str]  # from a reference to its value; raises SecretUnavailable
Sender = Callable[[Channel, Notice, Secret, float], Awaitable[None]]  # the last: POSIX seconds now


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) over timestamp, a dot and the body, in hexadecimal (docs/scheduling.md)."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


async def webhook(channel: Channel, notice: Notice, secret: Secret, now: float) -> None:
    body, timestamp = notice.payload.encode(), str(int(now))
    headers = {
        "Content-Type": "application/json",
        "X-Estatecheck-Notice": str(notice.id),
        "X-Estatecheck-Timestamp": timestamp,
    }
    if channel.secret:
        signed = signature(_value(channel, secret), timestamp, body)
        headers["X-Estatecheck-Signature"] = f"sha256={signed}"
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(verify=ssl.create_default_context(), follow_redirects=False, timeout=SECONDS) as client,
            client.stream("POST", channel.target, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as fault:
        raise NotSent(f"channel {channel.id}: {_what(fault)}") from None
    if not 200 <= status < 300:
        raise NotSent(f"channel {channel.id}: the receiver answered with status {status}", final=status == 410)


async def mail(channel: Channel, notice: Notice, secret: Secret, now: float) -> None:
    """SMTP in a thread. ``smtp://`` upgrades by STARTTLS where it is offered, and demands it before a password."""
    password = _value(channel, secret) if channel.secret else ""
    try:
        await asyncio.to_thread(_mail, channel, _letter(channel, notice, now), password)
    except smtplib.SMTPResponseException as fault:
        raise NotSent(f"channel {channel.id}: the mail server answered with code {fault.smtp_code}") from None
    except (smtplib.SMTPException, OSError, ValueError) as fault:
        raise NotSent(f"channel {channel.id}: {_what(fault)}") from None


def _mail(channel: Channel, letter: EmailMessage, password: str) -> None:
    parts, context = urlsplit(channel.target), ssl.create_default_context()
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SECONDS)
    with server:
        server.ehlo_or_helo_if_needed()
        if parts.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
        elif parts.scheme != "smtps" and channel.user:
            raise smtplib.SMTPNotSupportedError("no STARTTLS")
        if channel.user:
            server.login(channel.user, password)
        server.send_message(letter)


def _letter(channel: Channel, notice: Notice, now: float) -> EmailMessage:
    told = json.loads(notice.payload)
    letter = EmailMessage()
    letter["From"], letter["To"] = channel.sender, ", ".join(channel.to)
    letter["Subject"] = plain_line(f"[{told.get('estate', 'estatecheck')}] {told.get('text', '')}")[:MAX_SUBJECT]
    letter["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    letter["Message-ID"] = make_msgid(f"notice{notice.id}", domain=channel.sender.rpartition("@")[2] or None)
    lines = [plain_line(str(told.get("text", ""))), ""]
    lines += [plain_line(f"{name}: {_shown(value)}") for name, value in told.items() if name not in ("text", "version")]
    letter.set_content("\n".join(lines) + "\n")
    return letter


async def apprise(channel: Channel, notice: Notice, secret: Secret, _now: float) -> None:
    """The extra ``notify``. ``{secret}`` in the target is replaced by the channel's secret."""
    try:
        library = importlib.import_module("apprise")
    except ImportError:
        raise NotSent(f"channel {channel.id}: apprise is not installed; install estatecheck[notify]") from None
    told = json.loads(notice.payload)
    sender = library.Apprise()
    target = channel.target.replace(PLACE_OF_SECRET, _value(channel, secret)) if channel.secret else channel.target
    if not sender.add(target):
        raise NotSent(f"channel {channel.id}: Apprise does not understand its target", final=True)
    title = plain_line(str(told.get("estate", "estatecheck")))
    if not await asyncio.to_thread(sender.notify, plain_line(str(told.get("text", ""))), title):
        raise NotSent(f"channel {channel.id}: Apprise could not deliver it")


SENDERS: Mapping[str, Sender] = {"webhook": webhook, "smtp": mail, "apprise": apprise}


def _value(channel: Channel, secret: Secret) -> str:
    try:
        return secret(channel.secret or "")
    except SecretUnavailable:
        raise NotSent(f"channel {channel.id}: its secret {_scheme(channel)} is not at hand") from None


def _scheme(channel: Channel) -> str:
    return f"({(channel.secret or '').partition(':')[0]}:...)"


def _what(fault: Exception) -> str:
    """The kind of fault alone: its text may hold the address."""
    known = {
        httpx.ConnectError: "no connection, or its certificate is not trusted",
        httpx.TimeoutException: f"no answer within {SECONDS:g} s",
        TimeoutError: f"no answer within {SECONDS:g} s",
        ssl.SSLError: "its certificate is not trusted, or it does not speak TLS",
        ConnectionRefusedError: "connection refused",
        smtplib.SMTPNotSupportedError: "the mail server offers no STARTTLS, and the password is not sent in clear",
        smtplib.SMTPRecipientsRefused: "the mail server refuses every recipient",
    }
    return next((text for kind, text in known.items() if isinstance(fault, kind)), type(fault).__name__)


def plain_line(text: str) -> str:
    """What a target said may be in it: no line breaks, no control characters."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
