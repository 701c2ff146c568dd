"""RRULE (RFC 5545, 3.3.10) over wall clock times. The dates are made by ``dateutil.rrule``; the bounds are ours.

Taken: FREQ DAILY, WEEKLY, MONTHLY, YEARLY with INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE,
BYSETPOS, WKST. Faster ones are ``every:`` or cron. A rule that never happens is refused when it is read: dateutil would
look for its first date until the year 9999, each time. Dates are made of naive wall times and become instants by
``zones.instant_of``, so that a time skipped or repeated by the clock is met once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from scanner.schedule.zones import BadSchedule, instant_of, wall_at

DAY = timedelta(days=1)
START = datetime(2000, 1, 1)  # noqa: DTZ001  # a wall clock time, naive on purpose
MOST = 10_000  # COUNT, INTERVAL
_FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
_STEP = {DAILY: DAY, WEEKLY: 7 * DAY}
_WEEKDAYS = {name: weekday(number) for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_NUMBERS = {  # part -> argument of dateutil, least, most, may be negative
    "BYMONTH": ("bymonth", 1, 12, False),
    "BYMONTHDAY": ("bymonthday", 1, 31, True),
    "BYHOUR": ("byhour", 0, 23, False),
    "BYMINUTE": ("byminute", 0, 59, False),
    "BYSETPOS": ("bysetpos", 1, 366, True),
}
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST", *_NUMBERS}
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A checked rule. ``start`` is DTSTART, a wall clock time; the rule is counted from it."""

    text: str
    rule: rrule
    start: datetime
    stride: timedelta | None  # days and weeks can be skipped in whole intervals; None: not these, or it has COUNT

    def walls(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Wall clock times in [first, last], ascending."""
        for wall in self._near(first):
            if wall > last:
                return
            if wall >= first:
                yield wall

    def due(self, after: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
        """All instants in (after, until], UTC, ascending, none twice."""
        last = after
        for wall in self.walls(wall_at(after, zone) - DAY, wall_at(until, zone) + DAY):
            instant = instant_of(wall, zone)
            if last < instant <= until:
                yield instant
                last = instant

    def _near(self, first: datetime) -> rrule:
        """The same rule begun shortly before ``first``: days and weeks are skipped in whole intervals."""
        if self.stride is None or first - self.start < 2 * self.stride:
            return self.rule
        passed = (first - self.start) // self.stride - 1
        return self.rule.replace(dtstart=self.start + passed * self.stride)


def parse_rrule(text: str, start: datetime | None, zone: tzinfo) -> Recurrence:
    """``start``: naive wall clock time, or None where the rule does not depend on it. Raises BadSchedule."""
    parts = _parts(text)
    frequency = _frequency(parts, text)
    arguments = _arguments(parts, text, zone)
    _possible(arguments, text)
    if start is None and ("count" in arguments or arguments["interval"] != 1):
        raise BadSchedule(f"rrule {text[:80]!r} counts: say from when (starts)")
    begin = start or START
    try:
        rule = rrule(frequency, dtstart=begin, **arguments)  # type: ignore[arg-type]  # checked one by one
    except ValueError as wrong:
        raise BadSchedule(f"rrule {text[:80]!r}: {wrong}") from None
    if next(iter(rule), None) is None:
        raise BadSchedule(f"rrule {text[:80]!r} never happens from {begin:%Y-%m-%d %H:%M} on")
    step = None if "COUNT" in parts else _STEP.get(frequency)
    return Recurrence(text, rule, begin, step and step * int(parts.get("INTERVAL", "1")))


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if name not in _KNOWN or not equals or name in parts:
            raise BadSchedule(
                f"rrule {text[:80]!r}: {part[:40]!r} is unknown or stands twice; known are {sorted(_KNOWN)}"
            )
        parts[name] = value
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadSchedule(f"rrule {text[:80]!r} has COUNT and UNTIL: RFC 5545 allows one of them")
    return parts


def _frequency(parts: dict[str, str], text: str) -> int:
    if parts.get("FREQ") not in _FREQUENCIES:
        raise BadSchedule(f"rrule {text[:80]!r}: FREQ must be one of {', '.join(_FREQUENCIES)}; faster: every or cron")
    return _FREQUENCIES[parts["FREQ"]]


def _arguments(parts: dict[str, str], text: str, zone: tzinfo) -> dict[str, object]:
    found: dict[str, object] = {"interval": 1, "bysecond": 0}
    for name, (argument, least, most, negative) in _NUMBERS.items():
        if name in parts:
            found[argument] = [_number(word, least, most, negative, text) for word in parts[name].split(",")]
    for name in ("INTERVAL", "COUNT"):
        if name in parts:
            found[name.lower()] = _number(parts[name], 1, MOST, False, text)
    if "UNTIL" in parts:
        found["until"] = _until(parts["UNTIL"], text, zone)
    if "BYDAY" in parts:
        ordinals = parts.get("FREQ") in ("MONTHLY", "YEARLY")
        found["byweekday"] = [_day(word, ordinals, text) for word in parts["BYDAY"].split(",")]
    if "WKST" in parts:
        found["wkst"] = _day(parts["WKST"], False, text)
    return found


def _number(word: str, least: int, most: int, negative: bool, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,5}", word):
        raise BadSchedule(f"rrule {text[:80]!r}: {word[:20]!r} is not a number")
    number = int(word)
    if not least <= (abs(number) if negative else number) <= most:
        raise BadSchedule(f"rrule {text[:80]!r}: {number} is not between {least} and {most}")
    return number


def _day(word: str, ordinals: bool, text: str) -> weekday:
    match = re.fullmatch(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)", word)
    if not match or (match[1] and (not ordinals or abs(int(match[1])) > 53)):
        raise BadSchedule(
            f"rrule {text[:80]!r}: day {word[:20]!r}: write MO, or 1MO and -1FR in a MONTHLY or YEARLY rule"
        )
    day = _WEEKDAYS[match[2]]
    return day(int(match[1])) if match[1] else day


def _until(word: str, text: str, zone: tzinfo) -> datetime:
    """As a wall clock time; a date is meant to its end."""
    wall = parse_time(word)
    if wall is None:
        raise BadSchedule(f"rrule {text[:80]!r}: UNTIL {word[:20]!r} is not a date or a date and time")
    if wall.tzinfo:
        return wall_at(wall, zone)
    return wall if "T" in word else datetime.combine(wall.date(), time(23, 59, 59))


def _possible(arguments: dict[str, object], text: str) -> None:
    months, days = arguments.get("bymonth", list(range(1, 13))), arguments.get("bymonthday", [1])
    assert isinstance(months, list)  # noqa: S101  # for mypy: made a few lines above
    assert isinstance(days, list)  # noqa: S101  # the same
    if all(abs(day) > _LONGEST[month - 1] for month in months for day in days):
        raise BadSchedule(f"rrule {text[:80]!r} never happens: no such month has such a day")


def parse_time(word: str) -> datetime | None:
    """RFC 5545 DATE, local DATE-TIME (both naive) or UTC DATE-TIME (aware); None for anything else."""
    match = re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?", word)
    if not match:
        return None
    numbers = [int(part or 0) for part in match.groups()[:6]]
    numbers[5] = min(numbers[5], 59)  # RFC 5545 allows a leap second
    try:
        return datetime(*numbers, tzinfo=UTC if match[7] else None)  # type: ignore[arg-type, misc]  # six numbers
    except ValueError:
        return None
