"""Words and numbers as every format writes them. Nothing here reads the locale, the clock or the time zone."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from checks.check import Theme

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# Written out, not taken from unicodedata: the same text must give the same bytes under every Python.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad"  # C0, DEL, C1, soft hyphen
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # invisible joiners, fillers and selectors
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"  # zero width, separators, bidi controls
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"  # lone surrogates, private use, noncharacters
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"  # tags, private planes
)


def _harmless(text: str) -> bool:
    """Most texts, told fast."""
    return text.isascii() and text.isprintable()


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    named = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    if named:
        return named
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe_text(text: str, limit: int | None = None) -> str:
    """Text of a target, fit to be shown: what is invisible or moves the cursor is written as an escape (``\\x1b``).

    ``limit`` cuts long text to that many characters and says how many are left out.
    """
    text = str(text)
    if (limit is None or len(text) <= limit) and _harmless(text):
        return text
    left_out = 0 if limit is None else max(0, len(text) - limit)
    shown = _UNSAFE.sub(_escape, text[: len(text) - left_out])
    return f"{shown} … ({left_out:,} more characters)" if left_out else shown


def json_safe(document: str) -> str:
    """The same for JSON text, as its own escapes, without loss; only lone surrogates become U+FFFD.

    An encoder has escaped the controls of ASCII already (RFC 8259, 7), all but DEL.
    """

    def escape(match: re.Match[str]) -> str:
        if "\ud800" <= match[0] <= "\udfff":
            return "\ufffd"
        units = match[0].encode("utf-16-be").hex()
        return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))

    if document.isascii() and "\x7f" not in document:
        return document
    return _UNSAFE.sub(escape, document)


def prose(text: str) -> str:
    """A text of the catalogue: its line breaks mean nothing."""
    return safe_text(" ".join(text.split()))


def count(number: int, noun: str, plural: str = "") -> str:
    """``1,204 assets``, ``1 asset``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def share(part: float, whole: float) -> str:
    """Per cent without decimals. Only all is 100, only nothing is 0."""
    if whole <= 0:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "<1\u00a0%"
    if 99 < percent < 100:
        return ">99\u00a0%"
    return f"{round(percent)}\u00a0%"


def listing(names: Sequence[str], most: int) -> str:
    """``a, b and c``, or ``a, b, c and 12 more`` when there are more than ``most``."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def utc(instant: datetime) -> datetime:
    """An instant without a zone is UTC, as everything in the record is."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def stamp(instant: datetime) -> str:
    """RFC 3339 in UTC: ``2025-03-03T08:00:00Z``, with microseconds only where there are some."""
    return utc(instant).isoformat().replace("+00:00", "Z")


def day(value: date) -> str:
    """``3 March 2025``; of an instant, its day in UTC."""
    value = utc(value) if isinstance(value, datetime) else value
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def window(start: datetime, end: datetime | None) -> str:
    """``3 March 2025, 08:00 to 09:12 UTC``."""
    first = utc(start)
    opening = f"{day(first)}, {first:%H:%M}"
    if end is None:
        return f"{opening} UTC, end not recorded"
    last = utc(end)
    closing = f"{last:%H:%M}" if last.date() == first.date() else f"{day(last)}, {last:%H:%M}"
    return f"{opening} to {closing} UTC"


def duration(start: datetime, end: datetime | None) -> str:
    """``1 h 12 min``, ``45 s``; empty when the end is not known."""
    if end is None:
        return ""
    seconds = max(0, int((utc(end) - utc(start)).total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def size(octets: int) -> str:
    """``812 B``, ``12.4 KiB``."""
    if octets < 1024:
        return f"{octets} B"
    return f"{octets / 1024:,.1f} KiB" if octets < 1024 * 1024 else f"{octets / (1024 * 1024):,.1f} MiB"


def capital(text: str) -> str:
    """First letter upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def state_words(state: str) -> str:
    """``RISK_ACCEPTED`` as ``risk accepted``."""
    return state.replace("_", " ").lower()


def theme_name(theme: Theme) -> str:
    return capital(theme.value)
