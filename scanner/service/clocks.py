"""Clocks of a scan: the policies it was made under, over the life of each finding as it stood when the scan ended.

``overdue(report)`` and ``fingerprints(report, status)`` are for whoever filters findings by their clock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from checks.check import Check
from checks.clock_life import Life, life_of, milliseconds
from checks.clocks import Clock, Clockmaker, Status, in_order
from checks.risk import Level
from inventory.asset import Asset
from inventory.estate import Contract, Estate
from reports.clock_matters import Matters, matters
from reports.clocks import ClockReport, FindingClocks, PolicyTold
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from scanner.service.clock_book import ClockBook, book_of, contracts_on
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
    lives = lives_of(events, scan)
    seen = {o.fingerprint for issue in data.issues for o in issue.occurrences} | {o.fingerprint for o in data.fixed}
    desk = _Desk(book, estate, milliseconds(end), lives, levels)
    told = [
        desk.finding(issue, occurrence, coverage[occurrence.asset_uid].asset, occurrence.fingerprint in seen)
        for issue in issues
        for occurrence in issue.occurrences
        if occurrence.asset_uid in coverage and occurrence.fingerprint in lives
    ]
    found = sorted((one for one in told if one.clocks), key=_order)
    return ClockReport(desk.now, tuple(desk.policies()), tuple(found), len(told) - len(found), book.chosen)


def overdue(report: ClockReport) -> frozenset[str]:
    """Fingerprints of findings with a breached clock that are still there."""
    return frozenset(
        one.fingerprint
        for one in report.findings
        if any(clock.status is Status.BREACHED and clock.last_fail is None for clock in one.clocks)
    )


def fingerprints(report: ClockReport, status: Status) -> frozenset[str]:
    """Findings of which a clock stands so: ``findings list --clock breached``."""
    return frozenset(one.fingerprint for one in report.findings if any(c.status is status for c in one.clocks))


def _order(one: FindingClocks) -> tuple[int, int, int, str]:
    due = one.lead.due if one.lead.due is not None else 2**62
    return one.lead.status.rank, due, len(one.ref), one.ref


def _issues(data: ReportData, occurrences: Iterable[Occurrence]) -> Iterator[Issue]:
    """Each alone; what no check of this scan explains has no clock of its own here."""
    checks = {check.id: check for check in data.checks}
    return (Issue(checks[o.check_id], (o,)) for o in occurrences if o.check_id in checks)


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


_Alike = tuple[int, int, str, str | None, str, object]


class _Desk:
    """Makes the clocks of one finding after the other; what many of them share is worked out once."""

    def __init__(
        self,
        book: ClockBook,
        estate: Estate,
        now: int,
        lives: Mapping[str, Life],
        levels: Mapping[str, Mapping[str, Level]],
    ) -> None:
        self.book, self.estate, self.now, self._lives, self._levels = book, estate, now, lives, levels
        self._makers = {name: Clockmaker(policy, book.days(policy), now) for name, policy in book.policies.items()}
        self._matters: dict[_Alike, tuple[Occurrence, Mapping[str, Level], Matters]] = {}
        self._of_supplier: dict[str, tuple[Contract, ...]] = {}

    def finding(self, issue: Issue, one: Occurrence, asset: Asset, seen: bool) -> FindingClocks:
        contracts = self._contracts(asset.supplier or "")
        return FindingClocks(
            ref=one.ref,
            fingerprint=one.fingerprint,
            asset_uid=one.asset_uid,
            asset=one.asset,
            title=issue.title,
            check_id=issue.check.id,
            state=one.state,
            level=issue.level_of(one).value,
            supplier=asset.supplier or "",
            service=asset.service or "",
            contracts=tuple(contract.id for contract in contracts),
            seen=seen,
            clocks=self._clocks(issue.check, one, asset, contracts),
            evidence=one.evidence,
        )

    def _contracts(self, supplier: str) -> tuple[Contract, ...]:
        if supplier not in self._of_supplier:
            day = datetime.fromtimestamp(self.now / 1000, UTC).date()
            self._of_supplier[supplier] = tuple(contracts_on(self.estate, supplier, day))
        return self._of_supplier[supplier]

    def _clocks(self, check: Check, one: Occurrence, asset: Asset, contracts: Sequence[Contract]) -> tuple[Clock, ...]:
        names = dict.fromkeys((*self.book.use, *(name for contract in contracts for name in contract.clocks)))
        about, life = self._about(check, one, asset), self._lives[one.fingerprint]
        return in_order(c for name in names for c in self._makers[name].clocks(about.finding, about.members, life))

    def _about(self, check: Check, one: Occurrence, asset: Asset) -> Matters:
        """Hosts share their lists of members, and the risk of these: so they share what is clocked."""
        levels = self._levels.get(one.fingerprint, {})
        risk = (one.risk.level, one.risk.override and one.risk.override.level) if one.risk else one.severity
        key = id(one.members), id(levels), asset.kind, asset.exposure, check.id, risk
        if not one.members:
            return matters(one, check, asset, levels)
        if key not in self._matters:
            self._matters[key] = one, levels, matters(one, check, asset, levels)  # held, so that ids stay theirs
        return self._matters[key][2]

    def policies(self) -> Iterator[PolicyTold]:
        for name, policy in sorted(self.book.policies.items()):
            contracts = (c.id for c in self.estate.contracts.values() if name in c.clocks)
            off = self.book.days_off.get(policy.holidays, ())
            yield PolicyTold(
                policy.id,
                policy.version,
                policy.title,
                policy.source,
                policy.date,
                policy.digest,
                policy.zone,
                policy.unit,
                policy.note,
                policy.holidays,
                off,
                self.book.days_off_from if off else "",
                tuple(sorted(contracts)),
                name in self.book.use,
            )
