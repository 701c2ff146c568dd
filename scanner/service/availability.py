"""Availability of a service over a period: its series from the record, its promise from the inventory.

What becomes of them is ``checks.availability``'s business (docs/availability.md). A watch that several places look at
is combined first; then all watches of the service are needed. Nothing is claimed beyond the record's last flush.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from checks import combine
from checks.availability import Availability, Planned, Record, Terms, availability
from checks.maintenance import Allowance, Per
from checks.maintenance import Maintenance as Entry
from checks.service_hours import ServiceHours
from checks.serviceability import Serviceability, Standing, serviceability, standing
from inventory.facts.availability import Interval
from inventory.watch import Calendar, Hours, Promise, Watching
from scanner.schedule.calendar import parse_calendar
from scanner.store.series import Series
from scanner.store.watching.records import OutageRow, Registered, SeriesRow

STALE_INTERVALS = 2.5  # as checks.watching: a proof of working counts this many intervals


class NoSuchService(ValueError):
    """Nothing is watched under that name. The message says what is."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One service over one period."""

    service: str
    watches: tuple[str, ...]  # keys of its series
    intervals: tuple[Interval, ...]  # combined, for a picture
    figures: Availability
    outages: tuple[OutageRow, ...]  # as they were told of, by series
    promise: Promise | None
    claims: tuple["MonthClaim", ...]


@dataclass(frozen=True, slots=True)
class MonthClaim:
    """What the supplier says of one month, beside what was measured of it."""

    month: str
    figures: Availability


def services(watching: Watching, rows: Iterable[SeriesRow]) -> tuple[str, ...]:
    """Every name that can be asked for: services, and watches that belong to none."""
    known = [row.definition for row in rows] + list(watching.watches)
    return tuple(sorted({watch.service or watch.name for watch in known if not watch.canary}))


def measured(series: Series, watching: Watching, name: str, start: datetime, end: datetime, now: datetime) -> Measured:
    """Raises :class:`NoSuchService` and :class:`StoreError`."""
    rows = [row for row in series.rows() if name in (row.definition.service, row.watch) and not row.definition.canary]
    if not rows:
        raise NoSuchService(
            f"nothing was watched for {name!r}; there is {', '.join(services(watching, series.rows()))}"
        )
    promise = next((one for one in watching.promises if one.service == name), None)
    known = series.known_until()
    until = min(now.timestamp(), known if known is not None else now.timestamp())
    register = tuple(_entries(series.registered(), name, {row.watch for row in rows}))

    def over(begin: datetime, finish: datetime, claimed: float | None) -> tuple[Availability, tuple[Interval, ...]]:
        intervals = _combined(series, rows, begin.timestamp(), finish.timestamp())
        terms = terms_of(promise, begin, finish, claimed)
        period = begin.timestamp(), finish.timestamp()
        return availability(Record.of(intervals, terms), period, max(until, period[0]), terms, register), intervals

    figures, intervals = over(start, end, promise.share if promise else None)
    claims = tuple(
        MonthClaim(month, over(*_month(month, _zone(promise)), share)[0])
        for month, share in (promise.claimed if promise else ())
    )
    keys = {row.key for row in rows}
    told = tuple(one for one in series.outages(start.timestamp(), end.timestamp()) if one.key in keys)
    return Measured(name, tuple(sorted(keys)), intervals, figures, told, promise, claims)


def devices(series: Series, now: datetime) -> Serviceability:
    """For how long each watched asset has been unusable or unseen: several watches of one are all needed."""
    return serviceability(tuple(_standings(series, now.timestamp())))


def _standings(series: Series, now: float) -> Iterator[Standing]:
    by_asset: dict[str, list[SeriesRow]] = {}
    for row in series.rows():
        if row.watched and row.definition.asset:
            by_asset.setdefault(row.definition.asset, []).append(row)
    for asset, rows in sorted(by_asset.items()):
        intervals = _combined(series, rows, 0.0, now)
        first = min((one.start for one in intervals), default=now)
        tolerance = STALE_INTERVALS * max(row.definition.every_seconds for row in rows)
        yield standing(asset, intervals, first, now, tolerance)


def _combined(series: Series, rows: Iterable[SeriesRow], start: float, end: float) -> tuple[Interval, ...]:
    places: dict[str, dict[str, tuple[Interval, ...]]] = {}
    for row in rows:
        places.setdefault(row.watch, {})[row.vantage] = series.intervals(row.key, start, end)
    parts = {watch: combine.vantages(seen) for watch, seen in places.items()}
    return next(iter(parts.values())) if len(parts) == 1 else combine.needed(parts)


def terms_of(promise: Promise | None, start: datetime, end: datetime, claimed: float | None) -> Terms:
    """The contract's words as the arithmetic takes them."""
    if promise is None:
        return Terms()
    zone = _zone(promise)
    return Terms(
        planned=Planned.COUNTED_AS_UP if promise.planned_counts_as_up else Planned.TAKEN_OUT,
        allowance=Allowance(promise.maintenance_hours, Per.MONTH, zone),
        degraded_is_down=promise.degraded_counts_as_down,
        hours=_hours(promise.hours, start, end) if promise.hours else None,
        zone=zone,
        claimed=None if claimed is None else Decimal(str(claimed)),
    )


def _zone(promise: Promise | None) -> ZoneInfo:
    return ZoneInfo(promise.hours.zone if promise and promise.hours else "UTC")


def _hours(hours: Hours, start: datetime, end: datetime) -> ServiceHours:
    weekly: Mapping[int, tuple[tuple[int, int], ...]] = dict(enumerate(hours.week))
    zone = ZoneInfo(hours.zone)
    return ServiceHours(zone, weekly, frozenset(_holidays(hours.holidays, zone, start, end)))


def _holidays(days: Calendar | None, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[date]:
    """Listed days, and those that an iCalendar file covers as a whole."""
    if days is None:
        return
    yield from days.days
    if days.ics:
        for span in parse_calendar(days.ics, zone).spans(start - timedelta(days=1), end + timedelta(days=1)):
            day = span.start.astimezone(zone).date()
            while datetime.combine(day + timedelta(days=1), datetime.min.time(), zone) <= span.end.astimezone(zone):
                yield day
                day += timedelta(days=1)


def _entries(registered: Iterable[Registered], service: str, watches: set[str]) -> Iterator[Entry]:
    """The register's standing entries for this service. A withdrawn one, or an older wording, excludes nothing."""
    for one in registered:
        said = one.declared
        if one.until is None and (service in said.services or watches & set(said.watches)):
            times = said.starts.timestamp(), said.ends.timestamp()
            yield Entry(one.registered_at, *times, said.declared_by, said.reference)


def _month(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    begin, end = (datetime.combine(day, datetime.min.time(), zone) for day in (first, following))
    return begin.astimezone(UTC), end.astimezone(UTC)
