"""Blackout days from an iCalendar file (RFC 5545): VEVENTs, all-day and timed, with RRULE, RDATE, EXDATE and moved
occurrences (RECURRENCE-ID). Cancelled events do not count; TRANSP does not matter (published bank holidays are all
"transparent"). A file is hostile until read: its size and its events are bounded, and what is not understood is refused
with its line, since a blackout overlooked is a scan on a forbidden day.

Times without a zone, and all-day events, are the schedule's local time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo

from scanner.schedule.recurrence import Recurrence, parse_rrule, parse_time
from scanner.schedule.zones import BadSchedule, instant_of, wall_at, zone_named

MOST_CHARACTERS = 2_000_000
MOST_EVENTS = 5_000
_LINE = re.compile(r"([A-Za-z0-9-]{1,40})((?:;[A-Za-z0-9-]{1,40}=(?:\"[^\"]*\"|[^\";:]*))*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=(?:\"([^\"]*)\"|([^\";:]*))")
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W|(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?)")


@dataclass(frozen=True, slots=True)
class Blackout:
    """One span of time without runs: [start, end), UTC."""

    start: datetime
    end: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """``first`` is a wall clock time in ``zone``; lasts ``days`` on the calendar and ``rest`` of elapsed time."""

    name: str
    zone: tzinfo
    first: datetime
    days: int
    rest: timedelta
    recurrence: Recurrence | None = None
    extra: tuple[datetime, ...] = ()  # RDATE, wall clock
    without: frozenset[datetime] = field(default_factory=frozenset)  # EXDATE and moved ones, wall clock

    def spans(self, after: datetime, until: datetime) -> Iterator[Blackout]:
        """Those that touch [after, until]."""
        longest = timedelta(days=self.days + 1) + self.rest
        first, last = wall_at(after, self.zone) - longest, wall_at(until, self.zone) + timedelta(days=1)
        walls = {wall for wall in (self.first, *self.extra) if first <= wall <= last}
        if self.recurrence:
            walls.update(self.recurrence.walls(first, last))
        for wall in sorted(walls - self.without):
            start = instant_of(wall, self.zone)
            end = instant_of(wall + timedelta(days=self.days), self.zone) + self.rest
            if start <= until and end > after:
                yield Blackout(start, end, self.name)


@dataclass(frozen=True, slots=True)
class Calendar:
    events: tuple[Event, ...] = ()

    def spans(self, after: datetime, until: datetime) -> tuple[Blackout, ...]:
        """All blackouts that touch [after, until], by start."""
        found = (span for event in self.events for span in event.spans(after, until))
        return tuple(sorted(found, key=lambda one: (one.start, one.end, one.name)))

    def at(self, instant: datetime) -> Blackout | None:
        """The blackout that lasts longest of those at ``instant``."""
        found = [span for span in self.spans(instant, instant) if span.start <= instant < span.end]
        return max(found, key=lambda one: one.end, default=None)


NO_BLACKOUT = Calendar()


@dataclass(frozen=True, slots=True)
class _Property:
    line: int
    name: str
    parameters: Mapping[str, str]
    value: str


def parse_calendar(text: str, zone: tzinfo) -> Calendar:
    """``zone``: the schedule's. Raises BadSchedule with the line."""
    if len(text) > MOST_CHARACTERS:
        raise BadSchedule(f"calendar: more than {MOST_CHARACTERS} characters")
    masters: list[tuple[str, Event]] = []
    moved: list[tuple[str, datetime]] = []
    for properties in _events(text):
        one = {prop.name: prop for prop in properties}
        uid = one["UID"].value if "UID" in one else ""
        if "RECURRENCE-ID" in one:
            moved.append((uid, _time(one["RECURRENCE-ID"], zone)))
        if one.get("STATUS", _NONE).value.upper() != "CANCELLED":
            masters.append((uid, _event(properties, one, zone)))
    events = (_without_moved(event, [when for owner, when in moved if owner == uid]) for uid, event in masters)
    return Calendar(tuple(events))


_NONE = _Property(0, "", {}, "")


def _without_moved(event: Event, moved: Sequence[datetime]) -> Event:
    if not event.recurrence or not moved:
        return event
    return replace(event, without=event.without | {wall_at(when, event.zone) for when in moved})


def _events(text: str) -> Iterator[list[_Property]]:
    """The properties of each VEVENT, without those of what is nested in it (alarms)."""
    if not text.lstrip("\ufeff").upper().startswith("BEGIN:VCALENDAR"):
        raise BadSchedule("calendar: this is not an iCalendar file (it does not begin with BEGIN:VCALENDAR)")
    inside: list[str] = []
    properties: list[_Property] = []
    count = 0
    for prop in _properties(text):
        _follow(inside, prop)
        if prop.name == "BEGIN" and inside[-1] == "VEVENT":
            properties, count = [], count + 1
            if count > MOST_EVENTS:
                raise BadSchedule(f"calendar: more than {MOST_EVENTS} events")
        elif prop.name == "END" and prop.value.strip().upper() == "VEVENT":
            yield properties
        elif inside and inside[-1] == "VEVENT" and prop.name != "END":
            properties.append(prop)
    if inside:
        raise BadSchedule(f"calendar: {inside[-1][:20]} is not closed: the file is cut off")


def _follow(inside: list[str], prop: _Property) -> None:
    """Keep track of what is open."""
    word = prop.value.strip().upper()
    if prop.name == "BEGIN":
        inside.append(word)
    elif prop.name == "END":
        if not inside or inside.pop() != word:
            raise BadSchedule(f"calendar, line {prop.line}: END:{word[:20]} closes nothing that is open")
    elif not inside:
        raise BadSchedule(f"calendar, line {prop.line}: {prop.name[:20]} stands outside BEGIN:VCALENDAR")


def _properties(text: str) -> Iterator[_Property]:
    for number, line in _unfolded(text):
        match = _LINE.fullmatch(line)
        if not match:
            raise BadSchedule(f"calendar, line {number}: {line[:40]!r} is not an iCalendar line")
        found = _PARAMETER.findall(match[2])
        parameters = {name.upper(): quoted or plain for name, quoted, plain in found}
        yield _Property(number, match[1].upper(), parameters, match[3])


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first: a line that begins with a space goes on (RFC 5545, 3.1)."""
    begun: list[str] = []
    number = 0
    for place, line in enumerate(re.split(r"\r\n|\r|\n", text.lstrip("\ufeff")), 1):
        if line[:1] in (" ", "\t") and begun:
            begun.append(line[1:])
            continue
        if begun:
            yield number, "".join(begun)
        begun, number = ([line], place) if line.strip() else ([], place)
    if begun:
        yield number, "".join(begun)


def _event(properties: Sequence[_Property], one: Mapping[str, _Property], zone: tzinfo) -> Event:
    if "DTSTART" not in one or "EXRULE" in one:
        line = properties[0].line if properties else 0
        raise BadSchedule(f"calendar, line {line}: an event needs DTSTART, and EXRULE is not understood: write EXDATE")
    start = one["DTSTART"]
    own, begin = _zone(start, zone), _time(start, zone)
    first = wall_at(begin, own)
    days, rest = _length(one, begin, zone)
    rule = one.get("RRULE")
    return Event(
        one["SUMMARY"].value[:200] if "SUMMARY" in one else "blackout",
        own,
        first,
        days,
        rest,
        _recurrence(rule, first, own) if rule else None,
        tuple(_walls(properties, "RDATE", own, zone)),
        frozenset(_walls(properties, "EXDATE", own, zone)),
    )


def _recurrence(rule: _Property, first: datetime, zone: tzinfo) -> Recurrence:
    try:
        return parse_rrule(rule.value, first, zone)
    except BadSchedule as wrong:
        raise BadSchedule(f"calendar, line {rule.line}: {wrong}") from None


def _walls(properties: Sequence[_Property], name: str, own: tzinfo, zone: tzinfo) -> Iterator[datetime]:
    for prop in properties:
        if prop.name == name:
            for value in prop.value.split(","):
                yield wall_at(_time(replace(prop, value=value), zone), own)


def _length(one: Mapping[str, _Property], begin: datetime, zone: tzinfo) -> tuple[int, timedelta]:
    """Calendar days and elapsed rest. Neither DTEND nor DURATION: a day for a date, no time at all for a time."""
    start = one["DTSTART"]
    all_day = "T" not in start.value
    if "DTEND" in one:
        end = _time(one["DTEND"], zone)
        own = _zone(start, zone)
        days = (wall_at(end, own) - wall_at(begin, own)).days if all_day else 0
        rest = timedelta() if all_day else end - begin
    elif "DURATION" in one:
        days, rest = _duration(one["DURATION"])
    else:
        days, rest = int(all_day), timedelta()
    if days < 0 or rest < timedelta() or days > 3660:
        raise BadSchedule(f"calendar, line {start.line}: an event ends before it begins, or lasts more than ten years")
    return days, rest


def _duration(prop: _Property) -> tuple[int, timedelta]:
    match = _DURATION.fullmatch(prop.value.strip().upper())
    if not match:
        raise BadSchedule(f"calendar, line {prop.line}: DURATION {prop.value[:20]!r} is not understood")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return weeks * 7 + days, timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _zone(prop: _Property, zone: tzinfo) -> tzinfo:
    if prop.value.strip().upper().endswith("Z"):
        return UTC
    name = prop.parameters.get("TZID")
    try:
        return zone_named(name.lstrip("/")) if name else zone
    except BadSchedule as wrong:
        raise BadSchedule(f"calendar, line {prop.line}: {wrong}") from None


def _time(prop: _Property, zone: tzinfo) -> datetime:
    """An instant, UTC."""
    wall = parse_time(prop.value.strip().upper())
    if wall is None:
        raise BadSchedule(
            f"calendar, line {prop.line}: {prop.name} {prop.value[:30]!r} is not a date or a date and time"
        )
    return wall if wall.tzinfo else instant_of(wall, _zone(prop, zone))
