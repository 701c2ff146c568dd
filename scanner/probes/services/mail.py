"""Mail servers: what is offered in the clear (RFC 5321, RFC 3207, RFC 4954; RFC 9051; RFC 2449, RFC 2595)."""

import re
from collections.abc import Sequence

from inventory.endpoint import MAIL as SCHEMES
from inventory.facts.mail import Mail, MailEndpoint
from scanner.probes.services.probe import Heard, ServiceProbe

PLAIN = ("PLAIN", "LOGIN")  # SASL mechanisms that show the password; CRAM and SCRAM do not
_AUTH = re.compile(rb"(?im)^250[ -]AUTH[ =]([^\r\n]{0,500})")
_STARTTLS = re.compile(rb"(?im)^250[ -]STARTTLS[ \t]*\r?$")
_CODE = re.compile(rb"(?:\A|\n)(\d{3})(?: [^\n]*)?\r?\n\Z")


def _read(heard: Heard) -> MailEndpoint:
    starttls, logins = {"smtp": _smtp, "imap": _imap, "pop3": _pop3}[heard.scheme](heard)
    why = "" if logins is not None else heard.silence("it does not greet as its protocol does")
    return MailEndpoint(heard.url, heard.place, heard.scheme, why, starttls, logins, _relays(heard))


Offer = tuple[bool | None, tuple[str, ...] | None]


def _smtp(heard: Heard) -> Offer:
    said = heard.got("ehlo")
    if said is None or not said.startswith(b"250"):
        return None, None
    told = [word.decode("ascii", "replace").upper() for found in _AUTH.findall(said) for word in found.split()]
    return bool(_STARTTLS.search(said)), _showing(told)


def _imap(heard: Heard) -> Offer:
    """``LOGINDISABLED`` turns LOGIN off; without it every IMAP server takes it (RFC 9051, section 6.2.3)."""
    said = heard.got("capability")
    line = next((one for one in (said or b"").split(b"\r\n") if one.upper().startswith(b"* CAPABILITY ")), None)
    if line is None:
        return None, None
    words = line.decode("ascii", "replace").upper().split()[2:]
    told = [word.removeprefix("AUTH=") for word in words if word.startswith("AUTH=")]
    command = () if "LOGINDISABLED" in words else ("the LOGIN command",)
    return "STARTTLS" in words, (*command, *_showing(told))


def _pop3(heard: Heard) -> Offer:
    said = heard.got("capability")
    if said is None or not said.startswith(b"+OK"):
        return None, None
    lines = [one.decode("ascii", "replace").upper().split() for one in said.split(b"\r\n")[1:]]
    told = [word for words in lines if words[:1] == ["SASL"] for word in words[1:]]
    command = ("the USER command",) if ["USER"] in lines else ()
    return ["STLS"] in lines, (*command, *_showing(told))


def _showing(told: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in PLAIN if word in told)


def _relays(heard: Heard) -> bool | None:
    """RCPT TO a stranger's stranger: 2xx takes it, 5xx refuses it, 4xx says nothing."""
    sender, to = _code(heard.got("relay from")), _code(heard.got("relay to"))
    if sender == "5":
        return False
    return {"2": True, "5": False}.get(to)


def _code(said: bytes | None) -> str:
    found = _CODE.search(said or b"")
    return found[1][:1].decode() if found else ""


MAIL = ServiceProbe("mail", SCHEMES, _read, Mail, "the inventory names no mail endpoint of this asset")
