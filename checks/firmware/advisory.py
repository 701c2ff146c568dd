"""One advisory of a firmware publisher about one product, in the form in which the feed's table holds it.

Release numbers are x.y.z (see ``fortios``); ``("7.0.0", "7.0.5")`` is a range with both ends in it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from checks.advisories.model import FeedContentError
from checks.firmware.fortios import Release, Train, release_of, train_named

FIRMWARE = "firmware"  # the table: "fortinet/fortios" -> all advisories about that product

Range = tuple[Release, Release]


@dataclass(frozen=True, slots=True)
class FirmwareAdvisory:
    """``listed`` is the publisher's list of affected versions; what is told in words stands beside it."""

    id: str  # FG-IR-22-398
    title: str
    cves: tuple[str, ...]  # sorted; may be empty
    day: str  # YYYY-MM-DD of this version of the advisory
    issued: str = ""  # YYYY-MM-DD, "" unknown
    vector: str = ""  # CVSS:3.1/..., one for all its CVEs
    listed: tuple[Range, ...] = ()  # known affected, as the publisher enumerates them
    coarse: tuple[Train, ...] = ()  # listed by the train's name alone: which of its releases is not told
    told: tuple[Range, ...] = ()  # affected ranges in words
    whole: tuple[Train, ...] = ()  # "7.0 all versions": those that are still to come as well
    clear: tuple[Train, ...] = ()  # "7.0 all versions are not affected"
    fixed: tuple[Release, ...] = ()  # "upgrade to 7.0.9 or above", sorted
    partly: bool = False  # "at least", "and below", or words that cannot be read: not all affected versions are here
    raw: str = ""  # the words, where no range could be read in them; at most 300 characters

    @property
    def readable(self) -> bool:
        """Some affected version can be told."""
        return bool(self.listed or self.told or self.whole or self.coarse)


def row(advisories: Iterable[FirmwareAdvisory]) -> str:
    """All advisories about one product, as JSON on one line."""
    return json.dumps([_dumped(advisory) for advisory in advisories], separators=(",", ":"), ensure_ascii=True)


def _dumped(advisory: FirmwareAdvisory) -> list[Any]:
    values = [getattr(advisory, field.name) for field in fields(FirmwareAdvisory)]
    while values and values[-1] in ((), "", False):
        values.pop()
    return [_plain(value) for value in values]


def _plain(value: object) -> object:
    """Release numbers as text: 7.0.5."""
    if not isinstance(value, tuple):
        return value
    if value and all(isinstance(item, int) for item in value):
        return ".".join(map(str, value))
    return [_plain(item) for item in value]


def advisories_in(line: bytes) -> tuple[FirmwareAdvisory, ...]:
    """Read a row again. Raises :class:`FeedContentError`."""
    try:
        return tuple(_loaded(*values) for values in json.loads(line))
    except (ValueError, TypeError, IndexError, RecursionError) as fault:
        raise FeedContentError(f"a row of the firmware table is unreadable: {type(fault).__name__}") from fault


def _loaded(
    id_: str,
    title: str,
    cves: list[str],
    day: str,
    issued: str = "",
    vector: str = "",
    listed: Iterable[list[str]] = (),
    coarse: Iterable[str] = (),
    told: Iterable[list[str]] = (),
    whole: Iterable[str] = (),
    clear: Iterable[str] = (),
    fixed: Iterable[str] = (),
    partly: bool = False,
    raw: str = "",
) -> FirmwareAdvisory:
    return FirmwareAdvisory(
        *(id_, title, tuple(cves), day, issued, vector),
        listed=tuple((_release(low), _release(high)) for low, high in listed),
        coarse=tuple(map(_train, coarse)),
        told=tuple((_release(low), _release(high)) for low, high in told),
        whole=tuple(map(_train, whole)),
        clear=tuple(map(_train, clear)),
        fixed=tuple(map(_release, fixed)),
        partly=partly,
        raw=raw,
    )


def _release(text: str) -> Release:
    found = release_of(text)
    if found is None:
        raise ValueError(text)
    return found


def _train(text: str) -> Train:
    found = train_named(text)
    if found is None:
        raise ValueError(text)
    return found


def ranges(releases: Iterable[Release]) -> tuple[Range, ...]:
    """Enumerated releases as ranges: only numbers that follow each other are joined, so nothing is added."""
    found: list[Range] = []
    for one in sorted(set(releases)):
        if found and one[:2] == found[-1][1][:2] and one[2] == found[-1][1][2] + 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return tuple(found)
