"""Gathers statements and CVEs of one feed, and makes its tables of them."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.advisories.formats.decoded import BadRecord, Decoded, Tally, mapping, newest_day, parsed, string
from checks.advisories.formats.kinds import refusal
from checks.advisories.formats.releases import scheme_of
from checks.advisories.model import Cve, FeedContentError, Statement, line_of, rows_line, statement_row
from checks.advisories.table import encode
from checks.advisories.versions import InvalidVersion, sort_key

PACKAGE = re.compile(r"(?:src:)?[A-Za-z0-9_][A-Za-z0-9._+~@/-]{0,199}")
_VERSION = re.compile(r"[A-Za-z0-9._+~^:-]{1,255}")


MAX_CVES = 2_000_000  # of one record, counted for each of its packages; a real kernel advisory has 60,000
MAX_SIZE = 1024 * 1024 * 1024  # characters of all statements; the largest real feed makes a third of it

Entry = tuple[str, str, Statement]  # release, package, what is said


@dataclass(frozen=True, slots=True)
class Read:
    """What one record says."""

    entries: list[Entry]
    cves: list[Cve]
    day: str  # when it was changed last, "" unknown
    left_out: Counter[str]  # its packages that were passed over, by reason
    refused: str = ""  # why the whole record is no vulnerability


Reader = Callable[[Mapping[str, Any], str], Read]  # the record and its id; raises BadRecord


class Collector:
    """Statements are held as their JSON, so that half a million need little memory."""

    def __init__(self, feed: str) -> None:
        self.feed = feed
        self.tally = Tally()
        self.newest = ""  # day of the newest record
        self._rows: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._size = 0  # characters of all rows
        self._cves: dict[str, Cve] = {}

    def take(self, where: str, data: bytes, reader: Reader, key: str = "id") -> None:
        """Read one record that is named by ``key``, or count why not; ``where`` names it until that is known."""
        try:
            record = mapping(parsed(data), "the record")
            where = string(record.get(key), "its id", 128)
            reason = refusal(where) or ("withdrawn" if record.get("withdrawn") else "")
            reason = reason or self._keep(reader(record, where))
        except BadRecord as fault:
            self.tally.bad(where, fault)
            return
        if reason:
            self.tally.skipped[reason] += 1

    def _keep(self, read: Read) -> str:
        """Why nothing of it was kept, "" when something was."""
        if read.refused:
            return read.refused
        kept = self.add(read.entries)
        self.tally.skipped.update(read.left_out)
        if not kept:
            return "affects no package of a known release"
        for cve in read.cves:
            self.about(cve)
        self.tally.taken += 1
        self.seen(read.day)
        return ""

    def seen(self, day: str) -> None:
        self.newest = max(self.newest, day)

    def add(self, entries: Sequence[Entry]) -> int:
        """How many were taken. One with a name or a version that its package manager refuses is counted, not taken."""
        kept = 0
        if sum(len(statement.cves) for _, _, statement in entries) > MAX_CVES:
            raise BadRecord(f"its packages times its CVEs are more than {MAX_CVES}")
        for release, package, statement in entries:
            try:
                row = _row(release, package, statement)
            except BadRecord as fault:
                self.tally.bad_package(f"{statement.advisory} {release} {package}", fault)
                continue
            self._rows[release][package].append(row)
            self._size += len(row)
            kept += 1
        if self._size > MAX_SIZE:
            raise FeedContentError(f"makes tables of more than {MAX_SIZE // 1024 // 1024} MB")
        self.tally.packages += kept
        return kept

    def releases(self) -> tuple[str, ...]:
        return tuple(sorted(self._rows))

    def about(self, cve: Cve) -> None:
        """Take what is said of a CVE; of two records about the same one the first that says something counts."""
        known = self._cves.get(cve.id)
        if known is None:
            self._cves[cve.id] = cve
        elif known != cve:
            self._cves[cve.id] = Cve(
                cve.id,
                known.summary or cve.summary,
                known.vector or cve.vector,
                known.vector_source or cve.vector_source,
                known.vector_v4 or cve.vector_v4,
                known.published or cve.published,
            )

    def finish(
        self, publisher: str, licence: str, what: str = "advisory of a known release", dated: bool = True
    ) -> Decoded:
        """Raises :class:`FeedContentError`."""
        self.tally.close(what)
        releases = self.releases()
        tables = {release: self._statements(release) for release in releases}
        if self._cves:
            tables["cve"] = encode((name, line_of(cve)) for name, cve in self._cves.items())
        return Decoded(
            tables=tables,
            snapshot=newest_day(self.newest),
            records=self.tally.taken,
            releases=releases,
            licence=licence,
            publisher=publisher,
            skipped=self.tally.counts(),
            dated=dated,
        )

    def _statements(self, release: str) -> bytes:
        return encode((package, rows_line(rows)) for package, rows in self._rows.pop(release).items())


def _row(release: str, package: str, statement: Statement) -> str:
    if not PACKAGE.fullmatch(package):
        raise BadRecord("is no package name")
    scheme = scheme_of(release)
    for version in (statement.fixed, statement.introduced, statement.last):
        if version:
            checked(scheme, version)
    return statement_row(statement)


def checked(scheme: str, version: str) -> None:
    """Raises :class:`BadRecord` for a version that nothing can be compared with."""
    if not _VERSION.fullmatch(version):
        raise BadRecord(f"{version[:80]!r} is no version")
    try:
        sort_key(scheme, version)
    except InvalidVersion as fault:
        raise BadRecord(str(fault)) from fault
