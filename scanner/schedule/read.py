"""From the words of an inventory to a schedule. Every error names the schedule and what to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from scanner.schedule import IfMissed, IfRunning, Schedule, Trigger
from scanner.schedule.calendar import NO_BLACKOUT, parse_calendar
from scanner.schedule.cron import parse_cron
from scanner.schedule.every import EPOCH, parse_duration, parse_every
from scanner.schedule.recurrence import parse_rrule
from scanner.schedule.windows import parse_window
from scanner.schedule.zones import BadSchedule, instant_of, zone_named


@dataclass(frozen=True, slots=True)
class Words:
    """One of ``cron``, ``every`` and ``rrule``. ``starts``: ISO date or time on the local clock. Others as written."""

    cron: str = ""
    every: str = ""
    rrule: str = ""
    starts: str = ""
    zone: str = "UTC"
    windows: Sequence[str] = ()
    blackout: str = ""  # the text of an .ics file
    jitter: str = ""
    if_missed: str = IfMissed.RUN_ONCE
    if_running: str = IfRunning.SKIP
    max_duration: str = ""


def read_schedule(name: str, words: Words) -> Schedule:
    """Raises BadSchedule."""
    try:
        return _read(name, words)
    except BadSchedule as wrong:
        raise BadSchedule(f"schedule {name}: {wrong}") from None


def _read(name: str, words: Words) -> Schedule:
    zone = zone_named(words.zone)
    return Schedule(
        name,
        _trigger(words),
        zone,
        tuple(parse_window(text) for text in words.windows),
        parse_calendar(words.blackout, zone) if words.blackout else NO_BLACKOUT,
        parse_duration(words.jitter) if words.jitter else timedelta(),
        _one_of(IfMissed, words.if_missed, "missed"),
        if_running=_one_of(IfRunning, words.if_running, "overlap"),
        max_duration=parse_duration(words.max_duration) if words.max_duration else None,
    )


def _trigger(words: Words) -> Trigger:
    if sum(bool(text) for text in (words.cron, words.every, words.rrule)) != 1:
        raise BadSchedule("exactly one of cron, every and rrule says when")
    starts = _starts(words.starts)
    zone = zone_named(words.zone)
    if words.cron:
        return parse_cron(words.cron)
    if words.every:
        return parse_every(words.every, instant_of(starts, zone) if starts else EPOCH)
    return parse_rrule(words.rrule, starts, zone)


def _starts(text: str) -> datetime | None:
    if not text:
        return None
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise BadSchedule(f"starts {text[:40]!r}: write a date or a date and time, such as 2026-11-22T01:30") from None
    if wall.tzinfo:
        raise BadSchedule(f"starts {text[:40]!r}: write the local time, without an offset; zone says where")
    return wall


Choice = TypeVar("Choice", IfMissed, IfRunning)


def _one_of(kind: type[Choice], word: str, name: str) -> Choice:
    try:
        return kind(word)
    except ValueError:
        raise BadSchedule(f"{name} {word[:40]!r}: write one of {', '.join(kind)}") from None
