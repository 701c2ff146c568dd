"""From a plan of the inventory to a schedule, and what of the inventory's schedules cannot be meant."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from inventory.watch import Calendar as Days
from inventory.watch import Hours, Plan, Watching
from scanner.schedule import IfMissed, IfRunning, Schedule, Trigger, next_due
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
    events = [event for days in plan.blackouts for event in _events(days, zone)]
    if plan.allowed and plan.allowed.holidays:
        events += _events(plan.allowed.holidays, zone_named(plan.allowed.zone))
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
    """Whole days, and what an .ics adds, by the clock of the schedule, or of its allowed hours."""
    for day in days.days:
        yield Event(days.id, zone, datetime.combine(day, time()), 1, timedelta())
    if days.ics:
        for event in parse_calendar(days.ics, zone).events:
            yield replace(event, name=f"{days.id}: {event.name}")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What cannot be meant: ``text`` about the key ``steps`` of the entry ``name`` of a table of the inventory."""

    table: str
    name: str
    steps: tuple[str, ...]
    text: str


def faults(watching: Watching, calendars: Mapping[str, str], now: datetime) -> Iterator[Wrong]:
    """All that only reading the schedules and calendars tells. ``calendars``: what each .ics file holds."""
    unread = set()
    for name, ics in calendars.items():
        try:
            parse_calendar(ics, UTC)
        except BadSchedule as wrong:
            unread.add(name)
            yield Wrong("calendars", name, ("ics",), str(wrong))
    for plan in watching.plans:
        yield from _of_plan(plan, unread, now)
    for promise in watching.promises:
        if promise.hours and not any(promise.hours.week):
            yield Wrong("availability", promise.service, ("hours",), "names no hour at all: nothing would be promised")


def _of_plan(plan: Plan, unread: Container[str], now: datetime) -> Iterator[Wrong]:
    key = "cron" if plan.cron is not None else "rrule" if plan.rrule is not None else "every"
    found = []
    for where, check in ((key, lambda: _trigger(plan, zone_named(plan.zone))), ("allowed", lambda: _allowed(plan))):
        try:
            check()
        except BadSchedule as wrong:
            found.append(Wrong("schedules", plan.id, (where,), str(wrong)))
    yield from found
    holidays = (plan.allowed.holidays,) if plan.allowed and plan.allowed.holidays else ()
    if found or any(days.id in unread for days in (*plan.blackouts, *holidays)):
        return
    if not next_due(schedule_of(plan), now):
        text = "is not due once in nine years: look at `allowed`, `blackouts` and the rule itself"
        yield Wrong("schedules", plan.id, (key,), text)


def _allowed(plan: Plan) -> None:
    if plan.allowed:
        tuple(_windows(plan.allowed))
