"""Outages as they follow from state intervals: an outage lasts from the first proof of failure to the next proof of
working. Time in between in which nobody could look neither ends it nor counts as down for certain.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from checks.spans import Span, Spans, total, within
from checks.timeline import Piece, Sums, Timeline, pieces
from inventory.facts.availability import Interval, State


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch without proof of working that holds proof of failure. Milliseconds since 1970 (UTC)."""

    earliest: int | None  # the end of the last proof of working; None: nothing before it is known
    start: int  # the first proof of failure
    end: int  # the end of the last proof of failure
    latest: int | None  # the next proof of working; None: not ended as far as is known


@dataclass(frozen=True, slots=True)
class Outage:
    """A run as it counts in one set of hours. Instants in milliseconds since 1970 (UTC)."""

    start: int
    end: int | None  # None: still open
    down: int  # milliseconds proven down in these hours, excluded maintenance taken out
    at_most: int  # the same with the unknown time beside it
    began_before: bool  # it began before the period


def runs(intervals: Iterable[Interval], *, degraded_is_down: bool = False) -> tuple[Run, ...]:
    """All outages of a record, oldest first. Hand over the interval that was open when the period began, too."""
    return runs_of(pieces(intervals), degraded_is_down=degraded_is_down)


def runs_of(parts: Iterable[Piece], *, degraded_is_down: bool) -> tuple[Run, ...]:
    return tuple(_runs(parts, {State.DOWN, State.DEGRADED} if degraded_is_down else {State.DOWN}))


def _runs(parts: Iterable[Piece], bad: set[State]) -> Iterator[Run]:
    last_good: int | None = None
    run: Run | None = None
    for start, end, state in parts:
        if state is State.UNKNOWN:
            continue
        if state in bad:
            run = replace(run, end=end) if run else Run(last_good, start, end, None)
            continue
        if run:
            yield replace(run, latest=start)
            run = None
        last_good = end
    if run:
        yield run


def outages(timeline: Timeline, known: Iterable[Run], counted: Spans, *, degraded_is_down: bool) -> tuple[Outage, ...]:
    """Those runs that hold time down inside ``counted`` (the promised hours without excluded maintenance)."""
    if not counted:
        return ()
    start, end = counted[0][0], counted[-1][1]
    found = (_outage(timeline, run, counted, degraded_is_down) for run in known if run.end > start and run.start < end)
    return tuple(one for one in found if one.down)


def _outage(timeline: Timeline, run: Run, counted: Spans, degraded_is_down: bool) -> Outage:
    first, last = counted[0][0], counted[-1][1]
    begin = first if run.earliest is None else run.earliest
    finish = last if run.latest is None else run.latest
    widest = within(counted, begin, finish)
    return Outage(
        run.start,
        None if run.latest is None else run.end,
        bad_time(timeline.sums(within(counted, run.start, run.end)), degraded_is_down),
        total(widest) - good_time(timeline.sums(widest), degraded_is_down),
        run.start < first,
    )


def good_time(sums: Sums, degraded_is_down: bool) -> int:
    return sums.up if degraded_is_down else sums.up + sums.degraded


def bad_time(sums: Sums, degraded_is_down: bool) -> int:
    return sums.down + sums.degraded if degraded_is_down else sums.down


def worst_day(
    timeline: Timeline, counted: Spans, days: Iterable[tuple[str, Span]], degraded_is_down: bool
) -> tuple[str, int] | None:
    """The day with most time down and its milliseconds; the earliest of equals; None when there was none."""
    found = ((day, bad_time(timeline.sums(within(counted, *span)), degraded_is_down)) for day, span in days)
    day, down = max(found, key=lambda one: one[1], default=("", 0))
    return (day, down) if down else None
