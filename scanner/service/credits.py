"""Service credits of a month, indicative: what was measured and which clocks were late, as known when a scan ended."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from checks.clock_life import milliseconds
from checks.clocks import Clock, Status
from checks.credits import Credits, Late, Measured, Month, credits_of
from checks.lifecycle import State
from checks.service_hours import midnight, next_month
from inventory.credits import CreditTable
from inventory.estate import Contract, Estate
from reports.clocks import ClockReport, FindingClocks
from reports.report import Occurrence, ReportData
from scanner.schedule.zones import zone_named
from scanner.service.availability import NoSuchService, Period, measured, source_at_scan
from scanner.service.availability_series import Source
from scanner.service.clocks import clocks_of, lives_of
from scanner.store.records import EventRow, ScanRow, StoreError
from scanner.store.store import Store

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class NoSuchCredits(StoreError):
    """A contract or month that has no credits to work out; the message says what there is."""


def with_credits(
    store: Store, events: Sequence[EventRow], scan: ScanRow, estate: Estate, data: ReportData
) -> ReportData:
    """Of every contract with a table: the month of the scan and the one before."""
    tables = {c.id: c.credits for c in estate.contracts.values() if c.credits is not None}
    if not tables:
        return data
    end = scan.ended_at or scan.started_at
    made = [
        one
        for name, table in sorted(tables.items())
        for one in _of_contract(store, events, scan, estate, data, name, _last_two(end, table))
    ]
    return replace(data, credits=tuple(made))


def credits_in(store: Store, scan: ScanRow, estate: Estate, data: ReportData, contract: str, month: str) -> Credits:
    """Of one contract and month (``2026-03``). Raises :class:`NoSuchCredits`."""
    known = sorted(c.id for c in estate.contracts.values() if c.credits is not None)
    if contract not in known:
        have = ", ".join(known) or "none; add `credits:` to a contract (docs/clocks.md)"
        raise NoSuchCredits(f"the contract {contract[:60]!r} has no table of credits; with one: {have}")
    if not _MONTH.fullmatch(month):
        raise NoSuchCredits(f"--month {month[:20]!r} is not a month; write 2026-03")
    events = store.events()
    (made,) = _of_contract(store, events, scan, estate, data, contract, [date.fromisoformat(f"{month}-01")])
    return made


def _last_two(end: datetime, table: CreditTable) -> list[date]:
    this = end.astimezone(zone_named(table.zone)).date().replace(day=1)
    return [(this - timedelta(days=1)).replace(day=1), this]


def _of_contract(
    store: Store,
    events: Sequence[EventRow],
    scan: ScanRow,
    estate: Estate,
    data: ReportData,
    name: str,
    firsts: Sequence[date],
) -> Iterator[Credits]:
    contract = estate.contracts[name]
    table = contract.credits or CreditTable()
    zone, known = zone_named(table.zone), milliseconds(scan.ended_at or scan.started_at)
    since = midnight(firsts[0], zone)
    late = tuple(_late(contract, (data.clocks, _fixed_earlier(store, events, scan, estate, data, since)), known))
    source = source_at_scan(store.series, estate, scan.started_at)
    for first in firsts:
        month = Month(f"{first:%Y-%m}", midnight(first, zone), midnight(next_month(first), zone), known)
        if month.start > known:
            raise NoSuchCredits(f"the month {month.name} had not begun when scan {scan.id} ended")
        services = sorted({step.service for step in table.availability})
        told = [_measured(source, service, first) for service in services]
        yield credits_of(name, contract.supplier, table, month, [one for one in told if one], late)


def _measured(source: Source | None, service: str, first: date) -> Measured | None:
    """A month of a service, from midnight to midnight where its contract is. None: it was not watched."""
    if source is None:
        return None
    period = Period(datetime.combine(first, time()), datetime.combine(next_month(first), time()))
    if period.start.replace(tzinfo=UTC).timestamp() > source.now:
        return None
    try:
        (one,) = measured(source, period, [service]).services
    except NoSuchService:
        return None
    figures = one.measured.promised or one.measured.always
    return Measured(service, figures.lower, figures.upper, tuple(outage.id for outage in one.outages))


def _late(contract: Contract, reports: Iterable[ClockReport | None], known: int) -> Iterator[Late]:
    for report in reports:
        for one in report.findings if report else ():
            if contract.id in one.contracts:
                yield from _of_finding(contract, one, known)


def _of_finding(contract: Contract, one: FindingClocks, known: int) -> Iterator[Late]:
    for clock in one.clocks:
        late = clock.status in (Status.BREACHED, Status.UNDECIDED) and clock.policy in contract.clocks
        if late and clock.due is not None:
            certain = clock.status is Status.BREACHED
            yield Late(one.ref, one.level, clock.policy, clock.due, _ended(clock, known), certain)


def _ended(clock: Clock, known: int) -> int:
    """A claim of an open finding ends nothing."""
    if clock.last_fail is None:
        return known
    return clock.last_fail if clock.claim is None else clock.claim


def _fixed_earlier(
    store: Store, events: Sequence[EventRow], scan: ScanRow, estate: Estate, data: ReportData, since: int
) -> ClockReport | None:
    """Clocks of what earlier scans proved fixed since then: this scan's own report has no word of them."""
    lives = lives_of(events, scan)
    told = {o.fingerprint for o in data.fixed}
    fixed = [
        Occurrence(
            ref=row.ref,
            fingerprint=row.fingerprint,
            asset_uid=row.asset_uid,
            asset=row.asset,
            subject=row.subject,
            observed="",
            state=State.VERIFIED_FIXED.value,
            first_seen=row.first_seen,
            episode=len(lives[row.fingerprint].episodes),
            evidence=(),
            check_id=row.check_id,
            severity=row.severity,
        )
        for row in store.findings()
        if row.fingerprint in lives and row.fingerprint not in told
        if (fix := lives[row.fingerprint].episodes[-1].fix) is not None and fix.first_pass >= since
    ]
    return clocks_of(store, events, scan, estate, replace(data, issues=(), fixed=tuple(fixed))) if fixed else None
