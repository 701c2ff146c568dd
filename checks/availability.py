"""How available was a service? Bounds that contain the truth, and the figures both sides of a contract can work out.

``docs/availability.md`` says how each figure comes about. In short, over the promised hours of [start, end):
time excluded (maintenance declared before its start and inside the allowance) is set apart; of the rest, U is the time
proven up, D proven down and N unknown. The lower bound takes N as down, the upper bound as up, the point value takes it
out. DEGRADED is in U unless the target says otherwise. Everything is counted in whole milliseconds; shares are exact
fractions. The future is nobody's: the period ends at ``now`` at the latest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from checks.downtime import Outage, Run, bad_time, good_time, outages, runs_of, worst_day
from checks.maintenance import NOTHING_EXCLUDED, Allowance, Maintenance, MaintenanceAccount, account
from checks.service_hours import ServiceHours, local_days
from checks.spans import HOUR, Spans, intersect, milliseconds, subtract, total
from checks.timeline import Timeline, pieces
from inventory.facts.availability import Interval


class Planned(StrEnum):
    """What the contract's formula does with planned downtime. The contract names one."""

    TAKEN_OUT = "taken out of both sides"
    COUNTED_AS_UP = "counted as up"


class Verdict(StrEnum):
    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    CANNOT_BE_DECIDED = "cannot be decided"  # the bounds lie on both sides of the claim


@dataclass(frozen=True, slots=True)
class Terms:
    """What the contract says. ``zone`` is where its days and months begin."""

    planned: Planned = Planned.TAKEN_OUT
    allowance: Allowance = NOTHING_EXCLUDED
    degraded_is_down: bool = False
    hours: ServiceHours | None = None
    zone: tzinfo = UTC
    claimed: Decimal | None = None  # the share of the time, 0 to 1: Decimal("0.98")


@dataclass(frozen=True, slots=True)
class Figures:
    """One set of hours (24x7, or the promised ones). Times in milliseconds; a share is None when nothing counts."""

    name: str
    promised: int  # the whole set inside the period
    base: int  # what the shares are taken of
    up: int  # U, degraded included where it counts as up
    down: int  # D, degraded included where it counts as down
    unknown: int  # N
    degraded: int  # shown apart, and part of up or down
    excluded: int
    excluded_down: int  # of the excluded time, proven down
    measured: Fraction | None  # share in which somebody could look, of the time that is not excluded
    lower: Fraction | None
    upper: Fraction | None
    point: Fraction | None  # None: never measured
    outages: tuple[Outage, ...]
    worst_day: tuple[str, int] | None  # ISO date in the contract's zone, milliseconds down

    @property
    def longest(self) -> int:
        return max((outage.down for outage in self.outages), default=0)

    @property
    def mttr(self) -> Fraction | None:
        """Mean time to restore, milliseconds: time down by number of outages. None: there was none."""
        return Fraction(self.down, len(self.outages)) if self.outages else None

    @property
    def mtbf(self) -> Fraction | None:
        """Mean operating time between failures (IEC 60050-192), milliseconds: time up by number of outages."""
        return Fraction(self.up, len(self.outages)) if self.outages else None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed share beside the measured bounds. Times in milliseconds of the figures' base."""

    claimed: Fraction
    verdict: Verdict
    allowed_down: int
    down: int
    down_at_most: int  # with the unknown time


@dataclass(frozen=True, slots=True)
class Availability:
    start: int
    end: int  # where measuring ended: the period's end, or now
    asked_end: int
    always: Figures
    promised: Figures | None  # the contract's hours, when it has any
    maintenance: MaintenanceAccount
    claim: Claim | None  # about the contract's hours, or 24x7 when it has none


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured: the sums, and the outages. ``of`` makes both from intervals."""

    timeline: Timeline
    runs: tuple[Run, ...]

    @classmethod
    def of(cls, intervals: Iterable[Interval], terms: Terms) -> "Record":
        """Hand over the intervals that touch the period, and back to the last proof of working before it."""
        parts = tuple(pieces(intervals))
        return cls(Timeline.of_pieces(parts), runs_of(parts, degraded_is_down=terms.degraded_is_down))


def availability(
    record: Record,
    period: tuple[float, float],
    now: float,
    terms: Terms | None = None,
    register: Sequence[Maintenance] = (),
) -> Availability:
    """Measure [start, end), POSIX seconds. ``register`` holds the whole of each month that the period touches."""
    agreed = terms or Terms()
    start, asked_end = (milliseconds(instant) for instant in period)
    end = max(start, min(asked_end, milliseconds(now)))
    settled = account(register, agreed.allowance, start, asked_end)
    whole: Spans = ((start, end),) if start < end else ()
    always = figures("24x7", record, whole, settled, agreed)
    hours = agreed.hours
    promised = figures(hours.name, record, hours.spans(start, end), settled, agreed) if hours else None
    claim = None if agreed.claimed is None else judge(agreed.claimed, promised or always)
    return Availability(start, end, asked_end, always, promised, settled, claim)


def figures(name: str, record: Record, scope: Spans, settled: MaintenanceAccount, terms: Terms) -> Figures:
    """The figures over ``scope``, a set of promised time."""
    excluded = intersect(scope, settled.excluded)
    counted = subtract(scope, excluded)
    sums = record.timeline.sums(counted)
    up, down = good_time(sums, terms.degraded_is_down), bad_time(sums, terms.degraded_is_down)
    planned_up = total(excluded) if terms.planned is Planned.COUNTED_AS_UP else 0
    base = sums.total + planned_up
    found = outages(record.timeline, record.runs, counted, degraded_is_down=terms.degraded_is_down)
    return Figures(
        name,
        promised=total(scope),
        base=base,
        up=up,
        down=down,
        unknown=sums.unknown,
        degraded=sums.degraded,
        excluded=total(excluded),
        excluded_down=bad_time(record.timeline.sums(excluded), terms.degraded_is_down),
        measured=share(up + down, sums.total),
        lower=share(up + planned_up, base),
        upper=share(up + sums.unknown + planned_up, base),
        point=share(up + planned_up, base - sums.unknown) if up + down else None,
        outages=found,
        worst_day=_worst(record.timeline, counted, terms),
    )


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def _worst(timeline: Timeline, counted: Spans, terms: Terms) -> tuple[str, int] | None:
    if not counted:
        return None
    days = local_days(counted[0][0], counted[-1][1], terms.zone)
    named = ((day.isoformat(), (first, last)) for day, first, last in days)
    return worst_day(timeline, counted, named, terms.degraded_is_down)


def judge(claimed: Decimal, measured: Figures) -> Claim:
    """Does a claimed share hold? Only when even the lower bound reaches it; it fails only when no reading saves it."""
    wanted = Fraction(claimed)
    return Claim(
        wanted,
        _verdict(wanted, measured),
        int((1 - wanted) * measured.base),
        measured.down,
        measured.down + measured.unknown,
    )


def _verdict(wanted: Fraction, measured: Figures) -> Verdict:
    if measured.lower is None or measured.upper is None:
        return Verdict.CANNOT_BE_DECIDED
    if measured.lower >= wanted:
        return Verdict.HOLDS
    return Verdict.DOES_NOT_HOLD if measured.upper < wanted else Verdict.CANNOT_BE_DECIDED


def in_hours(ms: int | Fraction) -> float:
    """Milliseconds as hours, for printing."""
    return float(Fraction(ms) / HOUR)
