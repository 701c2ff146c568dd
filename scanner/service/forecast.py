"""Forecast of a record: what is open at the newest scan, and how fast things came and went (``checks.forecast``)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from checks.check import Check
from checks.clock_life import Life, milliseconds
from checks.clocks import Status
from checks.forecast import Forecast, Moved, Open, forecasts
from reports.clocks import ClockReport, FindingClocks
from scanner.service.clocks import lives_of
from scanner.store.records import EventRow, FindingRow, ScanRow
from scanner.store.store import Store

UNKNOWN = "unknown"  # severity of what no check of this version explains


def forecast(
    store: Store, scan: ScanRow, report: ClockReport, catalogue: Sequence[Check], supplier: str | None = None
) -> tuple[Forecast, ...]:
    """By severity, the worst first. ``supplier`` narrows it to one of the inventory's."""
    events = store.events()
    checks = {check.id: check for check in catalogue}
    severities = {row.fingerprint: _severity(row, checks) for row in store.findings()}
    wanted = [one for one in report.findings if supplier in (None, one.supplier)]
    assets = {one.asset_uid for one in report.findings if supplier in (None, one.supplier)}
    prints = {row.fingerprint for row in store.findings() if supplier is None or row.asset_uid in assets}
    lives = {key: life for key, life in lives_of(events, scan).items() if key in prints}
    begun = min((milliseconds(one.started_at) for one in store.scans()), default=report.now)
    open_ = tuple(_open(wanted, severities))
    return forecasts(
        open_, _moved(lives, severities), _first_end(events, begun), report.now, _limits(wanted, severities)
    )


def _first_end(events: Iterable[EventRow], begun: int) -> int:
    """The end of the first scan: what it found was there before, and did not arrive."""
    first = min((event.scan_id for event in events if event.scan_id is not None), default=None)
    return max((milliseconds(e.at) for e in events if e.scan_id == first and first is not None), default=begun)


def _severity(row: FindingRow, checks: Mapping[str, Check]) -> str:
    if row.severity is not None:
        return row.severity.value
    check = checks.get(row.check_id)
    return check.severity.value if check else UNKNOWN


def _open(found: Iterable[FindingClocks], severities: Mapping[str, str]) -> Iterator[Open]:
    """Those whose leading clock still runs; what is late already needs no forecast."""
    for one in found:
        if one.lead.status in (Status.RUNNING, Status.PAUSED) and one.lead.due is not None:
            yield Open(one.ref, severities.get(one.fingerprint, UNKNOWN), one.lead.policy, one.lead.due)


def _limits(found: Iterable[FindingClocks], severities: Mapping[str, str]) -> dict[str, int]:
    """The shortest limit in days that leads a finding of a severity."""
    limits: dict[str, int] = {}
    for one in found:
        severity = severities.get(one.fingerprint, UNKNOWN)
        limits[severity] = min(one.lead.days, limits.get(severity, one.lead.days))
    return limits


def _moved(lives: Mapping[str, Life], severities: Mapping[str, str]) -> Iterator[Moved]:
    for print_, life in lives.items():
        severity = severities.get(print_, UNKNOWN)
        for episode in life.episodes:
            yield Moved(severity, episode.begun, fixed=False)
            if episode.fix is not None:
                yield Moved(severity, episode.fix.first_pass, fixed=True)
