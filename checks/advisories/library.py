"""Every active feed, resident: asked by release and package, or by CVE. Rows are decoded once, when first asked for."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from checks.advisories.model import (
    Cve,
    Epss,
    Exploited,
    FeedContentError,
    FeedNote,
    Ssvc,
    Statement,
    statements_line,
    statements_of,
)
from checks.advisories.table import Table

T = TypeVar("T")
ABOUT_CVES = ("cve", "kev", "epss", "ssvc")


@dataclass(frozen=True, slots=True)
class Feed:
    """One active feed: what a report says of it, and its tables by name."""

    note: FeedNote
    tables: Mapping[str, Table]


class Release:
    """What is said about the packages of one release, by all feeds that speak of it."""

    def __init__(self, name: str, tables: Sequence[Table], notes: Sequence[FeedNote]) -> None:
        self.name = name
        self.notes = tuple(notes)
        self._tables = tuple(tables)
        self._known: dict[str, tuple[Statement, ...]] = {}
        self._lines: dict[str, str] = {}

    def statements(self, package: str) -> tuple[Statement, ...]:
        """Raises :class:`FeedContentError`."""
        known = self._known.get(package)
        if known is None:
            rows = [row for table in self._tables if (row := table.get(package)) is not None]
            known = self._known[package] = _each_once([statements_of(row) for row in rows])
        return known

    def line(self, package: str) -> str:
        """The package's row, of all feeds together; "" when none speaks of it. Raises :class:`FeedContentError`."""
        if package not in self._lines:
            statements = self.statements(package)
            self._lines[package] = statements_line(statements) if statements else ""
        return self._lines[package]


def _each_once(told: Sequence[tuple[Statement, ...]]) -> tuple[Statement, ...]:
    """Two feeds may say the same: SUSE's and openSUSE's archives name each other's releases. One feed never does."""
    return told[0] if len(told) == 1 else tuple(dict.fromkeys(statement for feed in told for statement in feed))


class Advisories:
    """All feeds together."""

    def __init__(self, feeds: Sequence[Feed], max_age_days: int = 7) -> None:
        """``max_age_days``: a feed older than this, on the day the facts were collected, proves no pass."""
        self.max_age_days = max_age_days
        self.kept: dict[str, Any] = {}  # what readers have worked out from these feeds; goes with them
        self.notes = tuple(feed.note for feed in feeds)
        self._feeds = tuple(feeds)
        self._releases: dict[str, Release | None] = {}
        self._cves: dict[tuple[str, str], Any] = {}

    def release(self, name: str) -> Release | None:
        """None when no feed speaks of that release."""
        if name not in self._releases:
            feeds = [feed for feed in self._feeds if name in feed.tables]
            made = Release(name, [feed.tables[name] for feed in feeds], [feed.note for feed in feeds])
            self._releases[name] = made if feeds else None
        return self._releases[name]

    def releases(self) -> tuple[str, ...]:
        """Names of all releases some feed speaks of."""
        return tuple(sorted({name for feed in self._feeds for name in feed.tables if ":" in name}))

    def rows(self, table: str, key: str) -> tuple[tuple[FeedNote, bytes], ...]:
        """The row of that key as it stands in each feed that has the table, and what a report says of the feed."""
        read = ((feed.note, feed.tables[table].get(key)) for feed in self._feeds if table in feed.tables)
        return tuple((note, line) for note, line in read if line is not None)

    def keys(self, table: str) -> tuple[str, ...]:
        """Every key of that table, of all feeds together, sorted. Reads the whole table: ask once and keep it."""
        found = (feed.tables[table].keys() for feed in self._feeds if table in feed.tables)
        return tuple(sorted(set[str]().union(*found)))

    def cve(self, cve: str) -> Cve | None:
        return self._about("cve", cve, Cve)

    def scores(self, cve: str, own: frozenset[str] = frozenset()) -> tuple[Cve, ...]:
        """What each feed says of it: first those named in ``own``, then the others, in their order."""
        rows = sorted(self.rows("cve", cve), key=lambda row: row[0].name not in own)
        return tuple(_made(Cve, line, cve, "cve") for _, line in rows)

    def exploited(self, cve: str) -> Exploited | None:
        """None: not in KEV, or no KEV feed is loaded (see :meth:`has`)."""
        return self._about("kev", cve, Exploited)

    def epss(self, cve: str) -> Epss | None:
        return self._about("epss", cve, Epss)

    def ssvc(self, cve: str) -> Ssvc | None:
        return self._about("ssvc", cve, Ssvc)

    def has(self, table: str) -> bool:
        """Whether some feed brings this table: a CVE that is not in KEV is only then not in KEV."""
        return any(table in feed.tables for feed in self._feeds)

    def _about(self, table: str, cve: str, kind: Callable[..., T]) -> T | None:
        key = (table, cve)
        if key not in self._cves:
            self._cves[key] = self._read(table, cve, kind)
        found: T | None = self._cves[key]
        return found

    def _read(self, table: str, cve: str, kind: Callable[..., T]) -> T | None:
        for feed in self._feeds:
            line = feed.tables[table].get(cve) if table in feed.tables else None
            if line is not None:
                return _made(kind, line, cve, table)
        return None


def _made(kind: Callable[..., T], line: bytes, cve: str, table: str) -> T:
    try:
        return kind(*json.loads(line))
    except (ValueError, TypeError, RecursionError) as fault:
        raise FeedContentError(f"the row of {cve} in {table} is unreadable") from fault
