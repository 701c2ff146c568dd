"""What a contract says of availability, from the inventory's words to the terms of the arithmetic."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from checks.availability import Planned, Terms
from checks.maintenance import Allowance
from checks.service_hours import ServiceHours
from inventory.watch import Hours, Promise
from scanner.schedule.calendar import parse_calendar
from scanner.schedule.zones import zone_named


def words(promise: Promise | None) -> str:
    """One line; "" when nothing was promised."""
    if promise is None:
        return ""
    during = "the hours of the contract" if promise.hours else "the time"
    allowed = f"; {promise.maintenance_hours:g} h of maintenance a month" if promise.maintenance_hours else ""
    planned = " counted as up" if promise.planned_counts_as_up else " taken out of both sides"
    degraded = "; degraded counts as down" if promise.degraded_counts_as_down else ""
    contract = f" ({promise.contract})" if promise.contract else ""
    return f"{promise.share * 100:.10g} % of {during}{allowed}{planned if allowed else ''}{degraded}{contract}"


def terms_of(promise: Promise | None, period: tuple[float, float]) -> Terms:
    """Of a period in POSIX seconds. Raises :class:`BadSchedule` for a zone or a calendar that cannot be read."""
    if promise is None:
        return Terms()
    zone = zone_named(promise.hours.zone) if promise.hours else UTC
    return Terms(
        planned=Planned.COUNTED_AS_UP if promise.planned_counts_as_up else Planned.TAKEN_OUT,
        allowance=Allowance(promise.maintenance_hours, zone=zone),
        degraded_is_down=promise.degraded_counts_as_down,
        hours=_hours(promise.hours, zone, period) if promise.hours else None,
        zone=zone,
        claimed=Decimal(str(promise.share)),
    )


def _hours(hours: Hours, zone: tzinfo, period: tuple[float, float]) -> ServiceHours:
    weekly = {day: tuple(windows) for day, windows in enumerate(hours.week) if windows}
    return ServiceHours(zone, weekly, frozenset(_days_off(hours, zone, period)))


def _days_off(hours: Hours, zone: tzinfo, period: tuple[float, float]) -> Iterator[date]:
    if hours.holidays is None:
        return
    yield from hours.holidays.days
    if hours.holidays.ics:
        calendar = parse_calendar(hours.holidays.ics, zone)
        start, end = (datetime.fromtimestamp(instant, UTC) for instant in period)
        for span in calendar.spans(start - timedelta(days=2), end + timedelta(days=2)):
            day, last = span.start.astimezone(zone).date(), (span.end - timedelta(seconds=1)).astimezone(zone).date()
            while day <= last:
                yield day
                day += timedelta(days=1)
