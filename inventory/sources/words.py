"""The single values of an inventory: what is allowed, checked once for YAML and for CSV.

Every function takes the value as it was read and returns it as it is kept, or raises ``ValueError`` with one sentence
that says what is wrong. None of them repeats a secret. ``ValueError`` also for a wrong type: pydantic collects no
``TypeError``.
"""

import ipaddress
import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import product

from inventory.sources.errors import shown
from inventory.sources.positions import Vaulted

MAX_RANGE = 65_536  # hosts that one pattern may stand for
REFERENCES = ("env", "file", "keyring", "vault", "cmd")

_REFERENCE = re.compile(rf"({'|'.join(REFERENCES)}):\S.*", re.DOTALL)
_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")  # RFC 1123, section 2.1, and the underscore people use
_ASSET_NAME = re.compile(r"[\w][\w.@:%-]{0,252}")
_SPAN = re.compile(r"\[([^\[\]]*)\]")
_PORT = re.compile(r"(tcp|udp)/(\d{1,5})")
_FINGERPRINT = re.compile(r"(?:sha-?256[:= ])?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{|\{%")
_SECRET_NAME = re.compile(r"(?:.*_)?(?:password|passwd|passphrase)", re.IGNORECASE)

INSTEAD = (
    "define it under estatecheck.credentials with a reference (env:NAME, file:PATH, keyring:SERVICE/USER, "
    "vault:PATH#FIELD or cmd:COMMAND) and name it with `credential`"
)


def text(value: object) -> str:
    """One line of text, or several; no control characters, no template."""
    if isinstance(value, Vaulted):
        raise ValueError("values encrypted with Ansible Vault are not opened here; write the value out")  # noqa: TRY004 (see above)
    if not isinstance(value, str):
        raise ValueError("must be a text; put it in quotes")  # noqa: TRY004 (see above)
    if has_template(value):
        raise ValueError("templates ({{ }}) are not evaluated here; write the value out")
    if any(not (c.isprintable() or c in "\n\t") for c in value):
        raise ValueError("must not contain control characters")
    return value


def has_template(value: object) -> bool:
    """Whether Ansible would evaluate this text with Jinja."""
    return isinstance(value, str) and _TEMPLATE.search(value) is not None


def host_path(value: object) -> str:
    """An absolute path on a host."""
    path = text(value)
    if not path.startswith("/") or "\n" in path or "\t" in path:
        raise ValueError(f"{shown(path)} is not an absolute path on the host; write /etc/...")
    return path


def address(value: object) -> str:
    """An IPv4 or IPv6 address (without brackets) or a host name."""
    given = text(value)
    try:
        ipaddress.ip_address(given)
    except ValueError:
        looks_numeric = given.replace(".", "").isdigit()
        if looks_numeric or len(given) > 253 or not _HOST_NAME.fullmatch(given):
            raise ValueError(
                f"{shown(given)} is not an address; allowed: an IPv4 or IPv6 address, or a host name"
            ) from None
    return given


def asset_name(value: str) -> str:
    """The name of a host in the inventory: letters, digits and . _ - @ : %, at most 253 characters."""
    if not _ASSET_NAME.fullmatch(value):
        raise ValueError(
            f"{shown(value)} cannot be the name of a host; allowed: letters, digits and . _ - @ : %, "
            "at most 253 characters"
        )
    return value


def network(value: object) -> str:
    """A network in CIDR form, without host bits."""
    given = text(value)
    try:
        return str(ipaddress.ip_network(given))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(given, strict=False)
    except ValueError:
        raise ValueError(f"{shown(given)} is not a network; allowed: CIDR, for example 192.0.2.0/24") from None
    raise ValueError(f"{shown(given)} is an address inside a network; did you mean '{meant}'?")


def fingerprint(value: object) -> str:
    """The SHA-256 of a certificate, as openssl, browsers and BMCs show it: hex digits, with colons or without."""
    given = text(value).strip()
    match = _FINGERPRINT.fullmatch(given)
    if not match:
        raise ValueError(f"{shown(given)} is not a SHA-256 fingerprint; write SHA256: and its 64 hex digits")
    return f"SHA256:{match[1].replace(':', '').lower()}"


def endpoint(value: object) -> str:
    """``tcp/443`` or ``udp/53``."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f"{value} lacks the protocol; write tcp/{value} or udp/{value}")  # noqa: TRY004 (see above)
    given = text(value)
    match = _PORT.fullmatch(given)
    if not match or not 1 <= int(match[2]) <= 65535:
        raise ValueError(f"{shown(given)} is not a port; allowed: tcp/1 to tcp/65535 and udp/1 to udp/65535")
    return f"{match[1]}/{int(match[2])}"


def day(value: object) -> date:
    """A calendar day: what YAML reads as a date, or ISO 8601 text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(text(value))
    except ValueError:
        raise ValueError("is not a day; write it as 2026-12-31") from None


def reference(value: object) -> str:
    """Where a secret is, never the secret. The message does not repeat what was written."""
    if isinstance(value, Vaulted):
        raise ValueError("values encrypted with Ansible Vault are not opened here; use a reference: " + _allowed())  # noqa: TRY004 (see above)
    if has_template(value):
        raise ValueError("templates and lookups ({{ }}) are not evaluated here; use a reference: " + _allowed())
    if not is_reference(value) or not str(value).isprintable():
        raise ValueError("a secret must not stand in the inventory; use a reference: " + _allowed())
    return str(value)


def is_reference(value: object) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def _allowed() -> str:
    return "env:NAME, file:PATH, keyring:SERVICE/USER, vault:PATH#FIELD or cmd:COMMAND"


def names_secret(variable: str) -> bool:
    """Whether a variable of the user's own is called like one that holds a secret."""
    return _SECRET_NAME.fullmatch(variable) is not None


def expand(pattern: str) -> Iterator[str]:
    """The hosts behind ``web[01:12].example`` or ``db-[a:f]``, as Ansible counts: ends included, ``[start:end:step]``.

    Raises ``ValueError`` for a range that cannot be counted or stands for more than ``MAX_RANGE`` hosts.
    """
    parts = _SPAN.split(pattern)
    spans = [_span(part) for part in parts[1::2]]
    if any("[" in part or "]" in part for part in parts[0::2]):
        raise ValueError(f"{shown(pattern)} has a bracket without its partner; write web[01:12]")
    total = 1
    for span in spans:
        total *= len(span)
    if total > MAX_RANGE:
        raise ValueError(f"{shown(pattern)} stands for {total} hosts; at most {MAX_RANGE} are allowed")
    for chosen in product(*spans):
        yield parts[0] + "".join(word + fixed for word, fixed in zip(chosen, parts[2::2], strict=True))


def _span(inside: str) -> list[str]:
    begin, _, rest = inside.partition(":")
    end, _, step = rest.partition(":")
    wrong = ValueError(f"[{inside[:20]}] is not a range; write [1:12], [01:12], [a:f] or [1:12:2]")
    every = int(step) if step.isdecimal() and step.isascii() and len(step) < 6 else int(not step)
    if not every:
        raise wrong
    if len(begin) == len(end) == 1 and (begin + end).isalpha() and (begin + end).isascii():
        numbers, words = range(ord(begin), ord(end) + 1, every), chr
        if begin.islower() != end.islower():
            raise wrong
        result = [words(n) for n in numbers]
    else:
        result = _numbers(begin or "0", end, every, wrong)
    if not result:
        raise ValueError(f"[{inside[:20]}] runs backwards; write the smaller end first")
    return result


def _numbers(begin: str, end: str, step: int, wrong: ValueError) -> list[str]:
    if not (begin + end).isascii() or not begin.isdecimal() or not end.isdecimal() or len(end) > 9 or len(begin) > 9:
        raise wrong
    padded = len(begin) > 1 and begin[0] == "0"
    if padded and len(begin) != len(end):
        raise ValueError(f"[{begin}:{end}] mixes lengths; write both ends with the same number of digits")
    numbers = range(int(begin), int(end) + 1, step)
    if len(numbers) > MAX_RANGE:
        raise ValueError(f"[{begin}:{end}] stands for {len(numbers)} hosts; at most {MAX_RANGE} are allowed")
    return [str(n).zfill(len(begin)) if padded else str(n) for n in numbers]
