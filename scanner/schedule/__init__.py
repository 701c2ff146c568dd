"""When is what due? Pure arithmetic: instants come in, instants go out, all aware and in UTC; no clock, no database.

A schedule is a trigger (cron, ``every`` or RRULE) in a time zone, less the blackout days and the time outside its
windows. ``due_between`` gives each instant in (after, until] once, wherever the windows of two calls meet: with a row
(schedule, due) that the database keeps unique, no run is lost and none is doubled, however often the daemon dies.
docs/decisions/2026-11-22-own-schedule-arithmetic.md says why this is not APScheduler's.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import islice

from scanner.schedule.calendar import NO_BLACKOUT, Blackout, Calendar
from scanner.schedule.cron import HORIZON, Cron, utc
from scanner.schedule.every import Every
from scanner.schedule.recurrence import Recurrence
from scanner.schedule.windows import Window
from scanner.schedule.zones import wall_at

Trigger = Cron | Every | Recurrence
LOOK_BACK = timedelta(days=366)  # runs missed longer ago are not counted any more
CHUNK = timedelta(days=400)  # blackouts are worked out for so long at once


class IfMissed(StrEnum):
    RUN_ONCE = "run-once"  # the newest of them, the others are passed over
    SKIP = "skip"  # none
    RUN_ALL = "run-all"  # all, oldest first, at most ``missed_limit``


class IfRunning(StrEnum):
    SKIP = "skip"
    QUEUE = "queue"  # one waits, no more
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Schedule:
    """``jitter`` delays the start, not the due instant. ``grace``: so late is not missed yet."""

    id: str
    trigger: Trigger
    zone: tzinfo = UTC
    windows: tuple[Window, ...] = ()  # none: always
    blackout: Calendar = NO_BLACKOUT
    jitter: timedelta = timedelta()
    if_missed: IfMissed = IfMissed.RUN_ONCE
    missed_limit: int = 10
    grace: timedelta = timedelta(minutes=1)
    if_running: IfRunning = IfRunning.SKIP
    max_duration: timedelta | None = None


def due_between(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """The due instants in (after, until], ascending; those in a blackout or outside the windows are not due."""
    at, until = utc(after), utc(until)
    while at < until:
        stop = min(until, at + CHUNK)
        spans = schedule.blackout.spans(at, stop)
        for instant in schedule.trigger.due(at, stop, schedule.zone):
            if not _black(spans, instant) and _open(schedule, instant):
                yield instant
        at = stop


def next_due(schedule: Schedule, after: datetime, n: int = 1) -> tuple[datetime, ...]:
    """The next ``n`` due instants; fewer when there are not so many in the next nine years."""
    return tuple(islice(due_between(schedule, after, utc(after) + HORIZON), n))


def start_of(schedule: Schedule, due: datetime) -> datetime:
    """When the run of a due instant starts: delayed by the jitter, which is the same each time it is asked for.

    A delay that would leave the window or run into a blackout is not made.
    """
    if not schedule.jitter:
        return due
    digest = hashlib.sha256(f"{schedule.id}\n{utc(due).isoformat()}".encode()).digest()
    delayed = due + schedule.jitter * (int.from_bytes(digest[:6]) / 2**48)
    return due if refusal(schedule, delayed) else delayed


def refusal(schedule: Schedule, instant: datetime) -> str:
    """Why nothing may start at ``instant``; "" when it may. Asked again before each host of a long run."""
    span = schedule.blackout.at(utc(instant))
    if span:
        return f"blackout {span.name!r} lasts until {_shown(span.end, schedule.zone)}"
    if not _open(schedule, instant):
        return f"outside the windows {'; '.join(window.text for window in schedule.windows)}"
    return ""


def _black(spans: tuple[Blackout, ...], instant: datetime) -> bool:
    return any(span.start <= instant < span.end for span in spans)


def _open(schedule: Schedule, instant: datetime) -> bool:
    shows = ((window, wall_at(instant, window.zone or schedule.zone)) for window in schedule.windows)
    return not schedule.windows or any(window.contains(wall) for window, wall in shows)


@dataclass(frozen=True, slots=True)
class Missed:
    """What to do about due instants that have no run. ``run``: oldest first."""

    run: tuple[datetime, ...]
    passed_over: int
    first_passed: datetime | None = None
    last_passed: datetime | None = None


def missed(schedule: Schedule, last_due: datetime, now: datetime) -> Missed:
    """Settle (last_due, now]: ``last_due`` is the newest instant that was run or passed over."""
    due = tuple(due_between(schedule, max(utc(last_due), utc(now) - LOOK_BACK), now))
    run = _to_run(schedule, due, utc(now))
    passed = due[: len(due) - len(run)]
    return Missed(run, len(passed), passed[0] if passed else None, passed[-1] if passed else None)


def _to_run(schedule: Schedule, due: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    """Always the newest of them, so that what is passed over is older."""
    if schedule.if_missed is IfMissed.RUN_ALL:
        return due[-max(1, schedule.missed_limit) :]
    fresh = bool(due) and now - due[-1] <= schedule.grace + schedule.jitter
    return due[-1:] if fresh or schedule.if_missed is IfMissed.RUN_ONCE else ()


class Start(StrEnum):
    NOW = "now"
    WAIT = "wait"
    SKIP = "skip"


def may_start(schedule: Schedule, running: int, waiting: int) -> Start:
    """A run is due while ``running`` runs of the same schedule go on and ``waiting`` wait."""
    if not running or schedule.if_running is IfRunning.ALLOW:
        return Start.NOW
    return Start.WAIT if schedule.if_running is IfRunning.QUEUE and not waiting else Start.SKIP


def ends_by(schedule: Schedule, started: datetime) -> datetime | None:
    """When a run has to stop, whatever it has not done yet is reported; None: no limit."""
    return None if schedule.max_duration is None else utc(started) + schedule.max_duration


def _shown(instant: datetime, zone: tzinfo) -> str:
    local = instant.astimezone(zone)
    return f"{local:%a %Y-%m-%d %H:%M} {local.tzname()}"
