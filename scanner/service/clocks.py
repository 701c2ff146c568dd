"""Clocks of a scan: the policies it was made under, over the life of each finding as it stood when the scan ended."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from checks.clock_life import Life, life_of, milliseconds
from inventory.estate import Estate
from reports.clock_desk import ClockBasis, alone, clock_report
from reports.clocks import ClockReport
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from scanner.service.clock_book import book_of, calendars
from scanner.service.risk import issues_with_risk, member_levels
from scanner.store.records import EventRow, ScanRow
from scanner.store.store import Store


def clocks_of(
    store: Store,
    events: Sequence[EventRow],
    scan: ScanRow,
    estate: Estate,
    data: ReportData,
    carried: Sequence[Occurrence] = (),
    absent: Sequence[AssetCoverage] = (),
) -> ClockReport | None:
    """``carried`` are findings that count and were not seen, ``absent`` their assets outside the scan.

    None for a scan from before there were clocks. Raises :class:`StoreError`.
    """
    book = book_of(scan)
    if book is None:
        return None
    end = scan.ended_at or scan.started_at
    issues = (*data.issues, *_issues(data, carried), *_failed_before(store, events, scan, estate, data, absent))
    coverage = {one.uid: one for one in (*data.assets, *absent)}
    levels = member_levels(events, scan, estate, issues, tuple(coverage.values()), data.firmware)
    seen = {o.fingerprint for issue in data.issues for o in issue.occurrences} | {o.fingerprint for o in data.fixed}
    basis = ClockBasis(book, calendars(book), estate.contracts, milliseconds(end), estate.responsibilities)
    return clock_report(basis, lives_of(events, scan), levels, issues, coverage, seen)


def _issues(data: ReportData, occurrences: Iterable[Occurrence]) -> Iterator[Issue]:
    return alone({check.id: check for check in data.checks}, occurrences)


def _failed_before(
    store: Store,
    events: Sequence[EventRow],
    scan: ScanRow,
    estate: Estate,
    data: ReportData,
    absent: Sequence[AssetCoverage],
) -> tuple[Issue, ...]:
    """What this scan proved fixed, as it was when it last failed: with its members and its risk."""
    runs = store.last_fails(scan.id, {o.fingerprint for o in data.fixed})
    known = [
        replace(o, check_id=run.check_id, members=run.members, severity=run.severity)
        if (run := runs.get(o.fingerprint))
        else o
        for o in data.fixed
    ]
    return issues_with_risk(events, scan, estate, tuple(_issues(data, known)), (*data.assets, *absent), data.firmware)


def lives_of(events: Iterable[EventRow], scan: ScanRow) -> dict[str, Life]:
    """By fingerprint, as of the end of the scan; what a later one found in older evidence is not yet known."""
    end = scan.ended_at or scan.started_at
    by_print: dict[str, list[EventRow]] = {}
    for event in events:
        if event.at <= end and (event.scan_id or 0) <= scan.id:
            by_print.setdefault(event.fingerprint, []).append(event)
    made = ((print_, life_of(told)) for print_, told in by_print.items())
    return {print_: life for print_, life in made if life is not None}
