"""What mail servers offer in the clear (RFC 5321, RFC 9051, RFC 2449). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailEndpoint:
    url: str
    place: str
    protocol: str  # smtp, imap, pop3
    why: str = ""  # why nothing was seen
    starttls: bool | None = None
    clear_logins: tuple[str, ...] | None = None  # ways to send a password that are offered before TLS
    relays: bool | None = None  # takes mail of strangers for strangers; None: not asked, or not told


@dataclass(frozen=True, slots=True)
class Mail:
    endpoints: tuple[MailEndpoint, ...]
