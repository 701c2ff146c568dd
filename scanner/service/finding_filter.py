"""Which findings a clock or a risk picks out, as the newest full scan's report has them."""

from collections.abc import Iterable
from enum import StrEnum

from checks.clocks import Clock, Status
from checks.risk import Level
from checks.service_hours import DAY
from reports.clocks import ClockReport
from reports.report import Occurrence, ReportData

SOON = 7 * DAY  # milliseconds after the scan's end


class ByClock(StrEnum):
    BREACHED = "breached"
    DUE = "due"  # running, and up within seven days of the scan's end
    RUNNING = "running"  # not yet up


def by_clock(report: ClockReport, wanted: ByClock) -> frozenset[str]:
    """Fingerprints of findings of which one clock, not only the one that leads, stands so."""
    found = (one for one in report.findings if any(_stands(clock, wanted, report.now) for clock in one.clocks))
    return frozenset(one.fingerprint for one in found)


def _stands(clock: Clock, wanted: ByClock, now: int) -> bool:
    if wanted is ByClock.BREACHED:
        return clock.status is Status.BREACHED
    soon = clock.due is not None and clock.due <= now + SOON
    return clock.status is Status.RUNNING and (soon or wanted is ByClock.RUNNING)


def by_risk(data: ReportData, levels: Iterable[Level]) -> frozenset[str]:
    """Fingerprints of findings that the scan saw, or that still counted at its end."""
    wanted = frozenset(levels)
    seen = {o.fingerprint: issue.level_of(o) for issue in data.issues for o in issue.occurrences}
    return frozenset(key for key, level in (_carried(data) | seen).items() if level in wanted)


def _carried(data: ReportData) -> dict[str, Level]:
    own = {check.id: check.severity for check in data.checks}
    return {o.fingerprint: _level(o, own.get(o.check_id)) for o in data.carried}


def _level(one: Occurrence, checks_own: str | None) -> Level:
    """Where no rule was applied its severity; of a check that is gone, unrated."""
    if one.risk is not None:
        return one.risk.level
    return Level(one.severity or checks_own or Level.UNRATED)
