"""The verdict of a scan: the policy that was in force, and all findings that count when it ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from checks.check import Check
from inventory.estate import Estate
from reports.clock_desk import overdue
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from reports.verdict import Beside, verdicts
from scanner.service.carried import carried, standings
from scanner.service.clocks import clocks_of
from scanner.service.handovers import inherited_at
from scanner.service.policies import accreditation_rules_of
from scanner.service.risk import issues_with_risk
from scanner.store.records import EventRow, FindingRow, ScanKind, ScanRow, StoredHost
from scanner.store.store import Store

JUDGED = (ScanKind.FULL, ScanKind.EVALUATE)  # a targeted visit or a supplied list tells too little of a service


def with_verdict(
    store: Store,
    events: Sequence[EventRow],
    scan: ScanRow,
    estate: Estate,
    data: ReportData,
    hosts: Sequence[StoredHost],
    rows: Mapping[str, FindingRow],
) -> ReportData:
    """The report with its verdict, and with the findings that count although they were not seen again.

    Raises :class:`StoreError`.
    """
    if scan.kind not in JUDGED:
        return replace(data, clocks=clocks_of(store, events, scan, estate, data))
    seen = {o.fingerprint for issue in data.issues for o in issue.occurrences}
    left = carried(store, scan.id, {host.uid: host.asset.name for host in hosts}, seen, rows, standings(events, scan))
    told = _with_risk(events, scan, estate, data, left.occurrences, left.absent)
    clocks = clocks_of(store, events, scan, estate, data, told, left.absent)
    late = overdue(clocks) if clocks else None
    beside = Beside(told, left.absent, late, _oldest_look(hosts, scan.started_at))
    return replace(
        data,
        carried=told,
        clocks=clocks,
        verdicts=verdicts(data, accreditation_rules_of(scan, estate.policy), beside),
        handovers=inherited_at(store, data, told),
    )


def _with_risk(
    events: Sequence[EventRow],
    scan: ScanRow,
    estate: Estate,
    data: ReportData,
    occurrences: Sequence[Occurrence],
    absent: Sequence[AssetCoverage],
) -> tuple[Occurrence, ...]:
    """Rated as if they had been seen now. What no check of this scan explains keeps its severity."""
    checks: Mapping[str, Check] = {check.id: check for check in data.checks}
    known = [Issue(checks[o.check_id], (o,)) for o in occurrences if o.check_id in checks]
    if not known:
        return tuple(occurrences)
    rated = issues_with_risk(events, scan, estate, known, (*data.assets, *absent), data.firmware)
    found = {o.fingerprint: o for issue in rated for o in issue.occurrences}
    return tuple(found.get(o.fingerprint, o) for o in occurrences)


def _oldest_look(hosts: Iterable[StoredHost], day: datetime) -> int:
    """Days: evidence can be judged again long after it was collected."""
    looks = [host.attempt.started_at for host in hosts if host.attempt]
    return max(((day.date() - look.date()).days for look in looks), default=0)
