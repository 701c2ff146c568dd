"""From a plan of the inventory to a schedule."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo

from inventory.watch import Calendar as Days
from inventory.watch import Hours, Plan
from scanner.schedule import IfMissed, IfRunning, Schedule, Trigger
from scanner.schedule.calendar import Calendar, Event, parse_calendar
from scanner.schedule.cron import parse_cron
from scanner.schedule.every import EPOCH, LONGEST, SHORTEST, Every
from scanner.schedule.recurrence import parse_rrule
from scanner.schedule.windows import Window
from scanner.schedule.zones import BadSchedule, instant_of, wall_at, zone_named

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def schedule_of(plan: Plan) -> Schedule:
    """Raises BadSchedule, which names the plan."""
    try:
        return _schedule(plan)
    except BadSchedule as wrong:
        raise BadSchedule(f"schedule {plan.id}: {wrong}") from None


def _schedule(plan: Plan) -> Schedule:
    zone = zone_named(plan.zone)
    days_off = (plan.allowed.holidays,) if plan.allowed and plan.allowed.holidays else ()
    events = (event for days in (*plan.blackouts, *days_off) for event in _events(days, zone))
    return Schedule(
        plan.id,
        _trigger(plan, zone),
        zone,
        tuple(_windows(plan.allowed)) if plan.allowed else (),
        Calendar(tuple(events)),
        timedelta(seconds=plan.jitter_seconds),
        IfMissed(plan.missed),
        if_running=IfRunning(plan.overlap),
        max_duration=timedelta(seconds=plan.max_seconds),
    )


def _trigger(plan: Plan, zone: tzinfo) -> Trigger:
    starts = plan.starts
    wall = wall_at(starts, zone) if starts and starts.tzinfo else starts
    if plan.cron is not None:
        return parse_cron(plan.cron)
    if plan.rrule is not None:
        return parse_rrule(plan.rrule, wall, zone)
    if plan.every_seconds is None:
        raise BadSchedule("exactly one of cron, every and rrule says when")
    period = timedelta(seconds=plan.every_seconds)
    if not SHORTEST <= period <= LONGEST:
        raise BadSchedule(f"every {period}: a schedule repeats at most once a minute and at least once a year")
    return Every(period, instant_of(wall, zone) if wall else EPOCH)


def _windows(allowed: Hours) -> Iterator[Window]:
    zone = zone_named(allowed.zone)
    for day, windows in enumerate(allowed.week):
        for start, end in windows:
            text = f"{_NAMES[day]} {_clock(start)}-{_clock(end)} {allowed.zone}"
            yield Window(text, frozenset({day}), start, end, zone)
    if not any(allowed.week):
        raise BadSchedule("allowed names no hour at all: nothing would ever run")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _events(days: Days, zone: tzinfo) -> Iterator[Event]:
    """Whole days, and what an .ics adds, by the clock of the schedule."""
    for day in days.days:
        yield Event(days.id, zone, datetime.combine(day, time()), 1, timedelta())
    if days.ics:
        for event in parse_calendar(days.ics, zone).events:
            yield replace(event, name=f"{days.id}: {event.name}")
