"""``schedule why``: one sentence that says why a schedule is due at an instant, or why not."""

from datetime import UTC, datetime, timedelta, tzinfo

from scanner.schedule import Schedule, next_due, refusal, start_of
from scanner.schedule.cron import Cron, utc
from scanner.schedule.every import Every
from scanner.schedule.zones import instant_of, wall_at

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SECOND = timedelta(seconds=1)


def why(schedule: Schedule, instant: datetime) -> str:
    """About the second that begins at ``instant``."""
    at = utc(instant).replace(microsecond=0)
    found = next(iter(schedule.trigger.due(at - timedelta(microseconds=1), at, schedule.zone)), None)
    if found is None:
        return f"Not due at {shown(at, schedule.zone)}: {_mismatch(schedule, at)}. {_next(schedule, at)}"
    refused = refusal(schedule, found)
    text = schedule.trigger.text
    if refused:
        return f"Not due at {shown(at, schedule.zone)}: {text} matches, but {refused}. {_next(schedule, at)}"
    return f"Due at {shown(at, schedule.zone)}: {text} matches{_moved(schedule, at)}{_delayed(schedule, at)}."


def shown(instant: datetime, zone: tzinfo) -> str:
    """Local time with the zone's letters, and UTC."""
    local = instant.astimezone(zone)
    return f"{local:%a %Y-%m-%d %H:%M:%S} {local.tzname()} ({instant.astimezone(UTC):%H:%M} UTC)"


def _next(schedule: Schedule, at: datetime) -> str:
    following = next_due(schedule, at)
    return f"Next: {shown(following[0], schedule.zone)}." if following else "It is not due in the next nine years."


def _moved(schedule: Schedule, at: datetime) -> str:
    """An instant at which the clock jumps forward stands for the times that it skips."""
    trigger, wall = schedule.trigger, wall_at(at, schedule.zone)
    if isinstance(trigger, Every) or (isinstance(trigger, Cron) and (trigger.every_hour or trigger.shows(wall))):
        return ""
    before = wall_at(at - SECOND, schedule.zone) + SECOND
    skipped = f", for a time between {before:%H:%M} and {wall:%H:%M} that the clock skips on this day"
    return skipped if before < wall else ""


def _delayed(schedule: Schedule, at: datetime) -> str:
    delay = start_of(schedule, at) - at
    return f"; it starts {delay // SECOND} s later, by its jitter" if delay >= SECOND else ""


def _mismatch(schedule: Schedule, at: datetime) -> str:
    trigger, wall = schedule.trigger, wall_at(at, schedule.zone)
    if not isinstance(trigger, Cron):
        return f"{trigger.text} does not meet it"
    if trigger.shows(wall) and wall.second == 0:
        first = instant_of(wall, schedule.zone)
        return f"the clock shows {wall:%H:%M} a second time; it was due the first time, at {first:%H:%M} UTC"
    return f"cron {trigger.text!r} does not match: {'; '.join(_fields(trigger, wall))}"


def _fields(cron: Cron, wall: datetime) -> list[str]:
    """The fields that keep it from matching."""
    found = []
    if wall.second:
        found.append("it is due on whole minutes")
    if wall.minute not in cron.minutes:
        found.append(f"the minute is {wall.minute:02}")
    if wall.hour not in cron.hours:
        found.append(f"the hour is {wall.hour:02}")
    if not cron.matches_day(wall.date()):
        found.append(f"the day is {_WEEKDAYS[wall.weekday()]} {wall:%Y-%m-%d}")
    return found
