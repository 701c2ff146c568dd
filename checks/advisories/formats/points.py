"""Gathers one line for each CVE, for the feeds that say something about CVEs whatever package they are in."""

from collections.abc import Callable
from typing import TypeVar

from checks.advisories.formats.decoded import BadRecord, Decoded, Tally, cves_of, newest_day
from checks.advisories.table import encode

T = TypeVar("T")
Row = tuple[str, str]  # the CVE and its line

DUPLICATE = "given twice"


class Points:
    """One table of one feed. Of what is given twice the first counts."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.tally = Tally()
        self._rows: dict[str, str] = {}

    def take(self, where: str, read: Callable[[T], Row], item: T) -> None:
        try:
            cve, line = read(item)
        except BadRecord as fault:
            self.tally.bad(where, fault)
            return
        if cve in self._rows:
            self.tally.skipped[DUPLICATE] += 1
            return
        self._rows[cve] = line
        self.tally.taken += 1

    def finish(self, day: str, publisher: str, licence: str, dated: bool = True) -> Decoded:
        """Raises :class:`FeedContentError`."""
        self.tally.close("CVE")
        return Decoded(
            tables={self.table: encode(self._rows.items())},
            snapshot=newest_day(day),
            records=self.tally.taken,
            releases=(),
            licence=licence,
            publisher=publisher,
            skipped=self.tally.counts(),
            dated=dated,
        )


def cve_of(value: object) -> str:
    """Raises :class:`BadRecord`."""
    found = cves_of([value])
    if not found or found[0] != value:
        raise BadRecord("it has no CVE id")
    return found[0]
