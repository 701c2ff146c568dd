"""crontab(5), five fields: minute hour day-of-month month day-of-week. Pure.

As in Vixie cron: names (jan, mon) in any case, lists, ranges and steps; 0 and 7 are Sunday; when both day fields are
restricted a day counts that matches either, and a field that begins with ``*`` is not restricted. ``@hourly``,
``@daily``, ``@weekly``, ``@monthly`` and ``@yearly`` are short for their usual fields. Not taken: ``@reboot``, L, W, #.

On the days when the clocks change: with every hour named (``*``) it happens whenever the clock shows such a minute, in
a repeated hour again. Otherwise each named time happens once (``zones.instant_of``). Vixie cron does the same for
changes of less than three hours, but for a ``*`` in the minute field, which makes it repeat there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from scanner.schedule.zones import BadSchedule, instant_of, offset_at, wall_at

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ITEM = re.compile(r"(?:(\*)|([a-z0-9]{1,3})(?:-([a-z0-9]{1,3}))?)(?:/([0-9]{1,3}))?")
HORIZON = timedelta(days=366 * 9)  # 29 February can be eight years away (1896, 1904; 2096, 2104)
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    first_name: int = 0


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS, 1),
    _Field("day of week", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed crontab line. ``weekdays``: 0 is Sunday."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool  # both day fields are restricted: one match is enough

    @property
    def every_hour(self) -> bool:
        return len(self.hours) == 24

    def matches_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_month or by_week if self.either_day else by_month and by_week

    def due(self, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
        """All instants in (after, until], UTC, ascending, none twice."""
        found = self._by_clock(after, until, zone) if self.every_hour else self._once_each(after, until, zone)
        last = after
        for instant in found:
            if instant > until:
                return
            if instant > last:
                yield instant
                last = instant

    def _once_each(self, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
        day = wall_at(after, zone).date() - timedelta(days=1)
        last = wall_at(until, zone).date() + timedelta(days=1)
        while day <= last:
            if self.matches_day(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        yield instant_of(datetime.combine(day, time(hour, minute)), zone)
            day += timedelta(days=1)

    def _by_clock(self, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Walk UTC hour by hour; an hour in which the offset changes is walked minute by minute."""
        hour = after.replace(minute=0, second=0, microsecond=0)
        while hour <= until:
            following = hour + timedelta(hours=1)
            offset = offset_at(hour, zone)
            if offset == offset_at(following, zone):
                yield from self._steady(hour, offset)
            else:
                minutes = (hour + timedelta(minutes=minute) for minute in range(60))
                yield from (one for one in minutes if self.shows(wall_at(one, zone)))
            hour = following

    def _steady(self, hour: datetime, offset: timedelta) -> Iterator[datetime]:
        wall = (hour + offset).replace(tzinfo=None)
        if not (self.matches_day(wall.date()) or self.matches_day((wall + timedelta(minutes=59)).date())):
            return
        shift = wall.minute
        for minute in sorted((minute - shift) % 60 for minute in self.minutes):
            if self.matches_day((wall + timedelta(minutes=minute)).date()):
                yield hour + timedelta(minutes=minute)

    def shows(self, wall: datetime) -> bool:
        """Does this minute on the wall match?"""
        return wall.minute in self.minutes and wall.hour in self.hours and self.matches_day(wall.date())


def parse_cron(text: str) -> Cron:
    """Raises BadSchedule with the field and what it may be."""
    line = _SHORT.get(text.strip().lower(), text).lower().split()
    if len(line) != 5:
        raise BadSchedule(
            f"cron {text[:80]!r}: five fields are needed (minute hour day month weekday), here are {len(line)}"
        )
    minutes, hours, days, months, weekdays = (
        _values(word, field, text) for word, field in zip(line, _FIELDS, strict=True)
    )
    either = not line[2].startswith("*") and not line[4].startswith("*")
    cron = Cron(
        " ".join(line),
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        days,
        months,
        frozenset(one % 7 for one in weekdays),
        either,
    )
    if not either and all(min(days) > _LONGEST[month - 1] for month in months):
        raise BadSchedule(f"cron {text[:80]!r} never happens: no such month has a day {min(days)}")
    return cron


def _values(word: str, field: _Field, text: str) -> frozenset[int]:
    found: set[int] = set()
    for item in word.split(","):
        match = _ITEM.fullmatch(item)
        if not match:
            raise BadSchedule(f"cron {text[:80]!r}: {field.name} {item[:20]!r} is not a number, a range, a step or *")
        found.update(_range(match, field, text))
    return frozenset(found)


def _range(match: re.Match[str], field: _Field, text: str) -> range:
    star, first, last, step = match.groups()
    if step is not None and not (star or last):
        raise BadSchedule(f"cron {text[:80]!r}: {field.name} {match[0]!r}: a step needs a range or * before it")
    low = field.least if star else _number(first, field, text)
    high = field.most if star else _number(last or first, field, text)
    if last and high == 0 and field.names == _DAYS:
        high = 7  # fri-sun
    if low > high or step == "0" * len(step or ""):
        raise BadSchedule(f"cron {text[:80]!r}: {field.name} {match[0]!r} is an empty range or has a step of 0")
    return range(low, high + 1, int(step or 1))


def _number(word: str, field: _Field, text: str) -> int:
    if word in field.names:
        return field.names.index(word) + field.first_name
    if not word.isdigit() or not field.least <= int(word) <= field.most:
        raise BadSchedule(f"cron {text[:80]!r}: {field.name} {word!r} is not between {field.least} and {field.most}")
    return int(word)


def utc(instant: datetime) -> datetime:
    """Aware, in UTC; a naive one is refused, since it could mean anything."""
    if instant.tzinfo is None:
        raise BadSchedule(f"{instant} has no time zone: hand over aware datetimes")
    return instant.astimezone(UTC)
