"""When will which clock be breached, if everything goes on as before? Pure arithmetic over the events so far.

``docs/clocks.md``, Forecast, has the reasoning. For each severity: the open findings are worked off first due first, at
the rate at which findings of that severity were verified fixed over the window; new ones arrive at the rate at which
they were first seen. Nothing is smoothed, and no date is given where the window is too short or too little has happened
in it. Instants are UTC milliseconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from checks.service_hours import DAY

LEAST_DAYS = 28  # of history
LEAST_FIXES = 5
MOST_DAYS = 730  # nobody looks further ahead


class Ground(StrEnum):
    """Why there is no forecast."""

    TOO_SHORT = "the record is too short"
    TOO_FEW = "too few fixes were verified"


@dataclass(frozen=True, slots=True)
class Open:
    """An open finding whose leading clock runs."""

    ref: str
    severity: str
    policy: str
    due: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A finding of a severity was first seen (or came back), or was verified fixed."""

    severity: str
    at: int
    fixed: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """A finding that will be late. ``worked_off``: when its turn comes."""

    ref: str
    policy: str
    due: int
    worked_off: int | None  # None: not within two years


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one severity. Rates are findings a day over the window."""

    severity: str
    open: int
    window_days: Fraction
    arrived: int
    fixed: int
    why_not: str = ""  # "" there is one
    breaches: tuple[Breach, ...] = ()  # of what is open now, first due first
    grows: bool = False  # more arrive than are fixed
    new_breach_on: int | None = None  # from when on a new arrival waits longer than its limit

    @property
    def arrivals(self) -> Fraction:
        return self.arrived / self.window_days if self.window_days else Fraction(0)

    @property
    def fix_rate(self) -> Fraction:
        return self.fixed / self.window_days if self.window_days else Fraction(0)


def forecasts(
    open_: Sequence[Open], moved: Iterable[Moved], begun: int, now: int, limits: dict[str, int]
) -> tuple[Forecast, ...]:
    """One for each severity with something open. ``begun``: the record's start; ``limits``: days that a new one has."""
    told = tuple(moved)
    severities = dict.fromkeys(one.severity for one in open_)
    return tuple(_of_severity(severity, open_, told, begun, now, limits.get(severity)) for severity in severities)


def _of_severity(
    severity: str, open_: Sequence[Open], moved: Sequence[Moved], begun: int, now: int, limit: int | None
) -> Forecast:
    queue = sorted((one for one in open_ if one.severity == severity), key=lambda one: (one.due, one.ref))
    window = Fraction(max(0, now - begun), DAY)
    mine = [
        one for one in moved if one.severity == severity and begun < one.at <= now
    ]  # what was there at first did not arrive
    fixed = sum(one.fixed for one in mine)
    base = Forecast(severity, len(queue), window, len(mine) - fixed, fixed)
    why = _why_not(window, fixed)
    if why:
        return _with(base, why_not=why)
    breaches = tuple(_breaches(queue, base.fix_rate, now))
    return _with(base, breaches=breaches, grows=base.arrivals > base.fix_rate, new=_new(base, limit, now))


def _with(
    base: Forecast, why_not: str = "", breaches: tuple[Breach, ...] = (), grows: bool = False, new: int | None = None
) -> Forecast:
    return Forecast(base.severity, base.open, base.window_days, base.arrived, base.fixed, why_not, breaches, grows, new)


def _why_not(window: Fraction, fixed: int) -> str:
    if window < LEAST_DAYS:
        return f"{Ground.TOO_SHORT.value}: {float(window):.1f} days, at least {LEAST_DAYS} are needed"
    if fixed < LEAST_FIXES:
        return f"{Ground.TOO_FEW.value}: {fixed} in {float(window):.0f} days, at least {LEAST_FIXES} are needed"
    return ""


def _breaches(queue: Sequence[Open], rate: Fraction, now: int) -> Iterable[Breach]:
    """The k-th in the queue has its turn after k fixes."""
    for place, one in enumerate(queue, 1):
        turn = now + int(place / rate * DAY)
        if turn > one.due:
            yield Breach(one.ref, one.policy, one.due, turn if turn - now <= MOST_DAYS * DAY else None)


def _new(base: Forecast, limit: int | None, now: int) -> int | None:
    """When the queue is so long that what arrives then waits longer than its limit: (open + (a - f) t) / f > limit."""
    if limit is None:
        return None
    room = limit * base.fix_rate - base.open
    if room < 0:
        return now
    growth = base.arrivals - base.fix_rate
    days = room / growth if growth > 0 else None
    return None if days is None or days > MOST_DAYS else now + int(days * DAY)
