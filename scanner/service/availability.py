"""Availability: from the series of the record to the figures of each service, over any period.

``availability_series`` makes one series out of the watches of a service, ``availability_terms`` reads the contract.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from checks.availability import Record, availability, judge
from checks.downtime import runs
from checks.maintenance import Maintenance as Entry
from checks.service_hours import next_month
from checks.serviceability import serviceability
from inventory.asset import Asset
from inventory.estate import Estate
from inventory.watch import Promise, Watching
from reports.availability import (
    AvailabilityReport,
    Month,
    OutageTold,
    ServiceAvailability,
    Work,
    longest_first,
)
from scanner.schedule.zones import instant_of, zone_named
from scanner.service.availability_devices import groups_of, standings_of
from scanner.service.availability_reach import reached
from scanner.service.availability_series import Source, clipped, service_intervals
from scanner.service.availability_terms import terms_of, words
from scanner.store.series import Series
from scanner.store.sightings import Sighting
from scanner.store.watching.records import Registered, SeriesRow

DAYS = 30
DAY = 86_400.0
LIVE = 2 * 3600.0  # a seal that is older than that before a scan tells of a prober that stood still


class NoSuchService(ValueError):
    """A service that is not watched was asked for; the message says which there are."""


class BadPeriod(ValueError):
    """A period that cannot be meant; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Period:
    """Wall clock times (naive) count in the zone of the service's contract; aware ones everywhere alike."""

    start: datetime
    end: datetime

    def within(self, zone: tzinfo) -> tuple[float, float]:
        """POSIX seconds. Raises :class:`BadPeriod`."""
        start, end = (_instant(moment, zone) for moment in (self.start, self.end))
        if start >= end:
            raise BadPeriod(f"--from {self.start.isoformat()} is not before --to {self.end.isoformat()}")
        return start, end


def _instant(moment: datetime, zone: tzinfo) -> float:
    return (moment if moment.tzinfo else instant_of(moment, zone)).timestamp()


def source(
    series: Series,
    watching: Watching,
    now: float,
    names: Mapping[str, str] | None = None,
    sightings: Mapping[str, Sighting] | None = None,
    assets: Mapping[str, Asset] | None = None,
) -> Source:
    """The record as it stands. ``sightings`` by scans (``Store.sightings``), ``assets`` of the inventory: by name."""
    rows, spans, register = series.rows(), series.watched(), series.registered()
    return Source(series, watching, now, None, rows, spans, register, names or {}, sightings or {}, assets or {})


@dataclass(frozen=True, slots=True)
class _Watched:
    """One service, or one watch that belongs to none."""

    id: str
    name: str
    rows: tuple[SeriesRow, ...]
    promise: Promise | None = None

    @property
    def zone(self) -> tzinfo:
        return zone_named(self.promise.hours.zone) if self.promise and self.promise.hours else UTC

    @property
    def names(self) -> frozenset[str]:
        return frozenset(row.watch for row in self.rows)


def measured(asked: Source, period: Period, services: Sequence[str] = ()) -> AvailabilityReport:
    """Raises :class:`NoSuchService`, :class:`BadPeriod` and :class:`StoreError`."""
    chosen = _chosen(asked, services)
    told = tuple(_told(asked, one, period.within(one.zone)) for one in chosen)
    start, end = period.within(UTC)
    standings = standings_of(asked, min(end, asked.now))
    return AvailabilityReport(
        start=start,
        end=end,
        until=min(end, asked.now),
        services=told,
        devices=serviceability(standings),
        groups=tuple(groups_of(asked, standings)),
        out_of_service=longest_first(standings),
        blind=tuple(_blind(asked, start, min(end, asked.now))),
        reach=tuple(one for service in chosen for one in reached(asked, service.id, service.rows, min(end, asked.now))),
    )


def _chosen(asked: Source, names: Sequence[str]) -> tuple[_Watched, ...]:
    """Services and watches by name; without names every service, and every watch that belongs to none. A canary
    proves the prober, and is nobody's service."""
    found: dict[str, list[SeriesRow]] = {}
    for row in (row for row in asked.rows if not row.definition.canary):
        for name in {row.definition.service or row.watch, *({row.watch} & set(names))}:
            found.setdefault(name, []).append(row)
    for name in names:
        if name not in found:
            known = ", ".join(sorted(found)[:20]) or "nothing yet; `estatecheck serve` begins to watch"
            raise NoSuchService(f"nothing was watched for {name[:60]!r}; there is {known}")
    promises = {promise.service: promise for promise in asked.watching.promises}
    wanted = names or sorted(found)
    return tuple(
        _Watched(name, asked.names.get(name) or name, tuple(found[name]), promises.get(name)) for name in wanted
    )


def _told(asked: Source, one: _Watched, period: tuple[float, float]) -> ServiceAvailability:
    terms = terms_of(one.promise, period)
    intervals = service_intervals(asked, one.rows, *period)
    register = tuple(_register(asked, one))
    result = availability(Record.of(intervals, terms), period, asked.now, terms, [entry for entry, _ in register])
    end = result.end / 1000
    return ServiceAvailability(
        service=one.id,
        name=one.name,
        series=tuple(sorted(row.key for row in one.rows)),
        promise=words(one.promise),
        measured=result,
        timeline=tuple(clipped(intervals, period[0], end)),
        outages=tuple(_outages(asked, one, period[0], end)),
        work=tuple(_work(entry, name) for entry, name in register if entry.start < period[1] and entry.end > period[0]),
        months=tuple(_months(asked, one, [entry for entry, _ in register])),
    )


def _outages(asked: Source, one: _Watched, start: float, end: float) -> Iterator[OutageTold]:
    """Those of each series, by their start. What hid behind an outage is known only to the record as it stands."""
    children: dict[str, tuple[str, ...]] = {}
    if asked.seal is None:
        children = {known.id: known.children for known in asked.series.outages(start, end)}
    found = [told for row in one.rows for told in _of_series(asked, row.key, start, end, children)]
    yield from sorted(found, key=lambda told: (told.start, told.series))


def _of_series(
    asked: Source, key: str, start: float, end: float, children: Mapping[str, tuple[str, ...]]
) -> Iterator[OutageTold]:
    intervals = asked.intervals(key, start, end)
    inside = [run for run in runs(intervals) if run.start < end * 1000 and (run.latest or math.inf) > start * 1000]
    if not inside:
        return
    known = asked.seal.known_until if asked.seal else math.inf
    changes = asked.series.changes(key, inside[0].start / 1000, inside[-1].start / 1000 + 1)
    after = {round(one.start * 1000): one.after for one in changes if one.learned_at <= known}
    reasons = {round(one.start * 1000): one.reason for one in intervals}
    for run in inside:
        begun, ended = run.start / 1000, None if run.latest is None else run.latest / 1000
        hidden = children.get(f"{key}@{begun:.3f}", ())
        yield OutageTold(key, begun, after.get(run.start), ended, reasons.get(run.start, ""), hidden)


# what was declared, and what the supplier says


def _register(asked: Source, one: _Watched) -> Iterator[tuple[Entry, str]]:
    """The entries that concern a service, each with its id. One that was withdrawn or replaced before its start never
    counts; one that was withdrawn in the middle counts until then."""
    for entry in asked.register:
        declared = entry.declared
        concerns = one.id in declared.services or bool(one.names & set(declared.watches))
        start, end = declared.starts.timestamp(), declared.ends.timestamp()
        if not concerns or (entry.until is not None and entry.until <= start):
            continue
        yield Entry(entry.registered_at, start, _end(entry, end), declared.declared_by, declared.reference), declared.id


def _end(entry: Registered, end: float) -> float:
    return min(end, entry.until) if entry.withdrawn and entry.until is not None else end


def _work(entry: Entry, name: str) -> Work:
    return Work(name, entry.start, entry.end, entry.registered_at, entry.who, entry.reference, entry.late)


def _months(asked: Source, one: _Watched, entries: Sequence[Entry]) -> Iterator[Month]:
    """The supplier's claims, each against its month."""
    for month, share in one.promise.claimed if one.promise else ():
        first = date.fromisoformat(f"{month}-01")
        midnights = (datetime.combine(day, time()) for day in (first, next_month(first)))
        period = Period(*midnights).within(one.zone)
        if period[0] >= asked.now:
            continue
        terms = terms_of(one.promise, period)
        record = Record.of(service_intervals(asked, one.rows, *period), terms)
        found = availability(record, period, asked.now, terms, entries)
        yield Month(month, judge(Decimal(str(share)), found.promised or found.always), found.claim)


# the prober itself


def _blind(asked: Source, start: float, end: float) -> Iterator[tuple[float, float]]:
    """Times without a prober, once there had been one."""
    known = asked.seal.known_until if asked.seal else asked.now
    lives = sorted((one.started, min(one.alive_until, known)) for one in asked.series.runs() if one.started < known)
    for (_, until), (again, _) in pairwise(lives):
        if until < end and again > max(start, until):
            yield max(until, start), min(again, end)
    if lives and lives[-1][1] < end:
        yield max(lives[-1][1], start), end


# for the report of a scan


def at_scan(series: Series, estate: Estate, started: datetime, days: int = DAYS) -> AvailabilityReport | None:
    """The days before a scan, as they were known when it began: the same for ever. None: nothing was sealed by then."""
    asked = source_at_scan(series, estate, started)
    if asked is None:
        return None
    moment = datetime.fromtimestamp(asked.now, UTC)
    return measured(asked, Period(moment - timedelta(days=days), moment))


def source_at_scan(series: Series, estate: Estate, started: datetime) -> Source | None:
    """What was known when a scan began. None: nothing was sealed by then."""
    begun = started.timestamp()
    seal = series.sealed_before(begun)
    if seal is None:
        return None
    end = seal.known_until if begun - seal.known_until <= LIVE else begun
    names = {name: service.name for name, service in estate.services.items()}
    rows = series.rows(begun)
    return Source(series, estate.watching, end, seal, rows, series.watched(), series.registered(begun), names)
