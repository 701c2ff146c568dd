"""Which declared maintenance takes time out of a contract's sum? Only what was declared before its start, and only so
much of it as the contract allows in that month (or period). The rest is shown and excludes nothing.

The allowance is used up by the declared windows in order of time, whatever was measured in them: both sides can work
it out from the register alone. Windows that overlap use it up once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum

from checks.service_hours import midnight, month_start, next_month
from checks.spans import HOUR, Span, Spans, intersect, milliseconds, subtract, total, union, within


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One entry of the register. Instants in POSIX seconds; ``registered_at`` is our own clock's, not the entrant's."""

    registered_at: float
    start: float
    end: float
    who: str
    reference: str = ""

    @property
    def span(self) -> Span:
        return milliseconds(self.start), milliseconds(self.end)

    @property
    def late(self) -> bool:
        """Registered when it had begun already (or ends before it starts)."""
        return milliseconds(self.registered_at) >= milliseconds(self.start) or self.span[1] <= self.span[0]


class Per(StrEnum):
    MONTH = "month"  # calendar month in the contract's zone
    PERIOD = "period"  # the whole period that is measured


@dataclass(frozen=True, slots=True)
class Allowance:
    """Hours that maintenance may take. None: no limit; 0, when the contract says nothing: nothing is excluded."""

    hours: float | None = 0.0
    per: Per = Per.MONTH
    zone: tzinfo = UTC


NOTHING_EXCLUDED = Allowance()


@dataclass(frozen=True, slots=True)
class MaintenanceAccount:
    """What became of the register inside one period."""

    excluded: Spans  # declared in time and inside the allowance
    over_allowance: Spans  # declared in time, beyond the allowance: counts as measured
    late: tuple[Maintenance, ...]  # shown apart, excludes nothing
    declared: tuple[Maintenance, ...]  # those in time
    allowed_ms: int | None  # the sum of the allowances that the period touches; None: no limit


def account(entries: Iterable[Maintenance], allowance: Allowance, start: int, end: int) -> MaintenanceAccount:
    """Settle the register for [start, end), milliseconds. ``entries`` must hold all of each month that it touches."""
    known = sorted(entries, key=lambda one: (one.start, one.end, one.registered_at, one.who, one.reference))
    windows = union(one.span for one in known if not one.late)
    buckets = tuple(_buckets(allowance, start, end))
    allowed = intersect(
        union(span for bucket in buckets for span in _within(windows, bucket, allowance)), ((start, end),)
    )
    return MaintenanceAccount(
        allowed,
        subtract(within(windows, start, end), allowed),
        tuple(one for one in known if one.late and _touches(one, start, end)),
        tuple(one for one in known if not one.late and _touches(one, start, end)),
        None if allowance.hours is None else round(allowance.hours * HOUR) * len(buckets),
    )


def _touches(entry: Maintenance, start: int, end: int) -> bool:
    begin, finish = entry.span
    return begin < end and max(finish, begin + 1) > start


def _within(windows: Spans, bucket: Span, allowance: Allowance) -> Spans:
    declared = within(windows, *bucket)
    return declared if allowance.hours is None else first_of(declared, round(allowance.hours * HOUR))


def first_of(spans: Sequence[Span], length: int) -> Spans:
    """The first ``length`` milliseconds of a set."""
    taken: list[Span] = []
    for start, end in spans:
        left = length - total(taken)
        if left <= 0:
            break
        taken.append((start, min(end, start + left)))
    return tuple(taken)


def _buckets(allowance: Allowance, start: int, end: int) -> Iterator[Span]:
    if allowance.per is Per.PERIOD or start >= end:
        yield start, end
        return
    first = month_start(start, allowance.zone)
    while (begin := midnight(first, allowance.zone)) < end:
        first = next_month(first)
        yield begin, midnight(first, allowance.zone)
