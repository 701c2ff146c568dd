"""From a schedule of the inventory to the arithmetic of ``scanner.schedule``, and when a host of it may be begun."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from inventory.asset import Asset
from inventory.estate import Estate
from inventory.watch import Calendar as Days
from inventory.watch import Hours, Maintenance, Plan
from scanner.schedule import IfMissed, IfRunning, Schedule, Trigger, refusal
from scanner.schedule.calendar import Calendar, Event, parse_calendar
from scanner.schedule.cron import parse_cron
from scanner.schedule.every import EPOCH, SHORTEST, Every
from scanner.schedule.recurrence import parse_rrule
from scanner.schedule.windows import Window
from scanner.schedule.zones import BadSchedule, wall_at, zone_named

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def schedule_of(plan: Plan) -> Schedule:
    """Raises BadSchedule, naming the schedule."""
    try:
        return _schedule(plan)
    except BadSchedule as wrong:
        raise BadSchedule(f"schedule {plan.id}: {wrong}") from None


def digest(plan: Plan) -> str:
    """Which definition it is: a changed one does not make up for due times that are only its own."""
    return hashlib.sha256(repr(replace(plan, line=0)).encode()).hexdigest()[:12]


def _schedule(plan: Plan) -> Schedule:
    zone = zone_named(plan.zone)
    if plan.allowed and zone_named(plan.allowed.zone) != zone:
        raise BadSchedule(
            f"its `allowed` hours are in zone {plan.allowed.zone} and it is in {plan.zone}: write one zone"
        )
    off = (*plan.blackouts, *((plan.allowed.holidays,) if plan.allowed and plan.allowed.holidays else ()))
    return Schedule(
        plan.id,
        _trigger(plan, zone),
        zone,
        tuple(_windows(plan.allowed)) if plan.allowed else (),
        Calendar(tuple(event for days in off for event in _events(days, zone))),
        timedelta(seconds=plan.jitter_seconds),
        IfMissed(plan.missed),
        if_running=IfRunning(plan.overlap),
        max_duration=timedelta(seconds=plan.max_seconds),
    )


def _trigger(plan: Plan, zone: tzinfo) -> Trigger:
    if plan.cron:
        return parse_cron(plan.cron)
    if plan.rrule:
        return parse_rrule(plan.rrule, wall_at(plan.starts, zone) if plan.starts else None, zone)
    period = timedelta(seconds=plan.every_seconds or 0)
    if period < SHORTEST:
        raise BadSchedule("`every` must be at least a minute")
    return Every(period, plan.starts.astimezone(UTC) if plan.starts else EPOCH)


def _windows(hours: Hours) -> Iterator[Window]:
    for number, stretches in enumerate(hours.week):
        for start, end in stretches:
            text = f"{_DAYS[number]} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
            yield Window(text, frozenset({number}), start, end)


def _events(days: Days, zone: tzinfo) -> Iterator[Event]:
    for day in days.days:
        yield Event(days.id, zone, _midnight(day), 1, timedelta())
    if days.ics:
        yield from parse_calendar(days.ics, zone).events


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


@dataclass(frozen=True, slots=True)
class Gate:
    """May a host of this run be begun now? Asked again for each."""

    schedule: Schedule
    maintenance: tuple[Maintenance, ...]
    now: Callable[[], datetime]

    def __call__(self, asset: Asset) -> str:
        """Why not; "" when it may."""
        instant = self.now()
        return refusal(self.schedule, instant) or self._work_on(asset, instant)

    def _work_on(self, asset: Asset, instant: datetime) -> str:
        works = (one for one in self.maintenance if asset.service and asset.service in one.services)
        work = next((one for one in works if one.starts <= instant < one.ends), None)
        return (
            f"declared maintenance {work.id} lasts until {work.ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if work else ""
        )


def gate_of(plan: Plan, estate: Estate, now: Callable[[], datetime]) -> Gate:
    """Raises BadSchedule."""
    return Gate(schedule_of(plan), estate.watching.maintenance, now)
