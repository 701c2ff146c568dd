"""What a decoder gives back, and how it counts what it left out.

One bad record among many is counted and skipped; a feed with more than one bad record in a hundred is refused, because
then we misunderstand it or it is broken (patch-levels rule 18).
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from checks.advisories.model import FeedContentError

Files = Iterable[tuple[str, bytes]]  # name and content, of an unpacked archive or of one file

MAX_RECORD = 32 * 1024 * 1024  # bytes of one record: the largest real one, a kernel advisory, has about 3 MB
MAX_TEXT = 300  # characters of a summary
UNREADABLE = "unreadable"
UNREADABLE_PACKAGE = "package: unreadable"
_CVE = re.compile(r"(?:[A-Z]+-)?(CVE-\d{4}-\d{4,19})")


class BadRecord(ValueError):
    """One record is not what its format documents. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A feed in our own form: tables by name (see ``model.Tables``) and what a report says of the feed."""

    tables: Mapping[str, bytes]
    snapshot: date  # the publisher's own date where it gives one, else the newest record's
    records: int  # that went into the tables
    releases: tuple[str, ...]  # that the feed speaks of: debian:12, ...
    licence: str
    publisher: str
    skipped: Mapping[str, int]  # reason -> how many records; "package: ..." counts packages of records
    dated: bool = True  # False: the format carries no date; `snapshot` is then the newest day that its content names


@dataclass(frozen=True, slots=True)
class Decoder:
    """A publisher's format. ``decode(files, feed's name)`` raises :class:`FeedContentError`."""

    decode: Callable[[Files, str], Decoded]
    recognises: Callable[[str, bytes], bool]  # by a file's name and its first bytes (4 kB are enough)


class Tally:
    """Counts records taken and left out, and refuses a feed of which too much is bad."""

    def __init__(self) -> None:
        self.taken = 0  # records
        self.packages = 0  # statements of theirs
        self.skipped: Counter[str] = Counter()
        self._first = ""  # the first bad record and what is wrong with it

    def bad(self, record: str, fault: Exception) -> None:
        self.skipped[UNREADABLE] += 1
        self._first = self._first or f"{shown(record)}: {shown(str(fault))}"

    def bad_package(self, package: str, fault: Exception) -> None:
        self.skipped[UNREADABLE_PACKAGE] += 1
        self._first = self._first or f"{shown(package)}: {shown(str(fault))}"

    def counts(self) -> dict[str, int]:
        return {reason: count for reason, count in sorted(self.skipped.items()) if count}

    def close(self, what: str) -> None:
        """Raises :class:`FeedContentError` when more than 1 % of all records are bad, or none was taken."""
        bad = self.skipped[UNREADABLE]
        seen = self.taken + sum(count for reason, count in self.skipped.items() if not reason.startswith("package: "))
        if bad * 100 > seen:
            raise FeedContentError(f"{bad} of {seen} records are unreadable, the first is {self._first}")
        packages = self.skipped[UNREADABLE_PACKAGE]
        if packages * 100 > self.packages:
            raise FeedContentError(f"{packages} of its packages are unreadable, the first is {self._first}")
        if not self.taken:
            raise FeedContentError(f"holds no {what}{self._why()}")

    def _why(self) -> str:
        told = ", ".join(f"{reason} ({count})" for reason, count in sorted(self.skipped.items()))
        return f"; skipped: {told}" if told else ""


def parsed(data: bytes) -> object:
    """JSON from outside. Raises :class:`BadRecord`: too large, no JSON, nested too deep."""
    if len(data) > MAX_RECORD:
        raise BadRecord(f"is larger than {MAX_RECORD // 1024 // 1024} MB")
    try:
        return json.loads(data)
    except RecursionError as fault:
        raise BadRecord("is nested too deep") from fault
    except ValueError as fault:
        raise BadRecord(f"is no JSON: {fault}") from fault


def lines(data: bytes) -> Iterator[bytes]:
    """Line after line that is not empty, without holding all of them."""
    return (line for line in BytesIO(data) if not line.isspace())


def one_file(files: Files) -> tuple[str, bytes]:
    """For formats of one file. Raises :class:`FeedContentError` for none or several."""
    found = list(files)
    if len(found) != 1:
        raise FeedContentError(f"is {len(found)} files, and this format is one file")
    return found[0]


def document(files: Files) -> dict[str, Any]:
    """The one JSON object that a feed is. Raises :class:`FeedContentError`."""
    name, data = one_file(files)
    try:
        return mapping(parsed(data), "the document")
    except BadRecord as fault:
        raise FeedContentError(f"{shown(name)}: {fault}") from fault


def mapping(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRecord(f"{what} is no object")
    return value


def sequence(value: object, what: str, most: int = 100_000) -> Sequence[Any]:
    """A list; None counts as empty, as publishers write it."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadRecord(f"{what} is no list")
    if len(value) > most:
        raise BadRecord(f"{what} has {len(value)} entries, more than {most}")
    return value


def string(value: object, what: str, most: int = 256) -> str:
    if not isinstance(value, str):
        raise BadRecord(f"{what} is no text")
    if len(value) > most:
        raise BadRecord(f"{what} has {len(value)} characters, more than {most}")
    return value


def word(value: object) -> str:
    """A text that may be missing; "" for anything else. (``str()`` of what is nested deep would fail.)"""
    return value[:1000] if isinstance(value, str) else ""


def day(value: object) -> str:
    """The day of a date or time stamp as YYYY-MM-DD, "" where there is none."""
    text = value[:10] if isinstance(value, str) else ""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""


def newest_day(text: str) -> date:
    """Raises :class:`FeedContentError` for "": a feed of which nobody knows the age is not used."""
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise FeedContentError("tells nowhere of which day it is") from fault


def text(value: object) -> str:
    """A summary: printable, on one line, at most 300 characters."""
    if not isinstance(value, str):
        return ""
    words = " ".join(value[: 4 * MAX_TEXT].split())
    if not words.isprintable():
        words = "".join(sign for sign in words if sign.isprintable())
    return words if len(words) <= MAX_TEXT else words[: MAX_TEXT - 1].rstrip() + "…"


def shown(value: str) -> str:
    """For an error message: short and printable."""
    return ascii(value[:120])[1:-1]


def cves_of(values: Iterable[object]) -> tuple[str, ...]:
    """The CVE ids among some ids, sorted, each once; those that a publisher wraps (DEBIAN-CVE-...) are unwrapped."""
    found = (_CVE.fullmatch(value) for value in values if isinstance(value, str))
    return tuple(sorted({match[1] for match in found if match}))
