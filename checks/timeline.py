"""How long was a service in which state? Sums over any spans, from state intervals or from hourly rollups.

Both are turned into one table of running totals; a sum is the difference of two look-ups, so a month of business hours
over thousands of intervals is a matter of a millisecond. What no interval covers is UNKNOWN.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from checks.spans import HOUR, Span, milliseconds
from inventory.facts.availability import Interval, State


class BadRecord(ValueError):
    """Stored intervals or rollups contradict themselves; the message names the place."""


class NeedsIntervals(LookupError):
    """A mixed hour is cut by a boundary: its rollup cannot say which part was what. ``hour``: POSIX seconds."""

    def __init__(self, hour: int) -> None:
        super().__init__(f"the hour from {hour} (POSIX seconds) is cut: hand over its intervals, not only its rollup")
        self.hour = hour


@dataclass(frozen=True, slots=True)
class Sums:
    """Milliseconds in each measured state."""

    up: int = 0
    degraded: int = 0
    down: int = 0
    unknown: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.up + other.up,
            self.degraded + other.degraded,
            self.down + other.down,
            self.unknown + other.unknown,
        )

    @property
    def total(self) -> int:
        return self.up + self.degraded + self.down + self.unknown


@dataclass(frozen=True, slots=True)
class Rollup:
    """One hour of one watch: what stays when its intervals are thrown away. What is missing to an hour is unknown."""

    hour: int  # POSIX seconds, a multiple of 3600
    sums: Sums


_COLUMN = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2, State.UNKNOWN: 3}
_Row = tuple[int, int, int, int]
Piece = tuple[int, int, State]  # [start, end) in milliseconds


class Timeline:
    """Running totals at every boundary. ``_column[i]`` is the state between boundary i and i + 1; None: mixed."""

    def __init__(self) -> None:
        self._at: list[int] = []
        self._row: list[_Row] = []
        self._column: list[int | None] = []

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> "Timeline":
        """From intervals in any order. Raises BadRecord when two overlap or one is EXCLUDED (never measured)."""
        return cls.of_pieces(pieces(intervals))

    @classmethod
    def of_pieces(cls, parts: Iterable[Piece]) -> "Timeline":
        made = cls()
        for start, end, state in parts:
            made._begin(start)
            made._pure(end, _COLUMN[state])
        return made

    @classmethod
    def of_rollups(cls, rollups: Iterable[Rollup], detail: Iterable[Interval] = ()) -> "Timeline":
        """From rollups; ``detail`` are the intervals of the hours that some boundary cuts (see ``cut_hours``)."""
        fine = _by_hour(detail)
        made = cls()
        for rollup in sorted(rollups, key=lambda one: one.hour):
            start = rollup.hour * 1000
            if made._at and start < made._at[-1]:
                raise BadRecord(f"two rollups of the hour from {rollup.hour} (POSIX seconds)")
            made._hour(start, _whole(rollup), fine.get(start, ()))
        return made

    def until(self, instant: int) -> _Row:
        """Milliseconds up, degraded, down and unknown before ``instant``, as far as anything is recorded."""
        place = bisect_right(self._at, instant) - 1
        if place < 0:
            return 0, 0, 0, 0
        since = instant - self._at[place]
        row = self._row[place]
        if since == 0 or place == len(self._column):
            return row
        column = self._column[place]
        if column is None:
            raise NeedsIntervals(self._at[place] // 1000)
        return _raised(row, column, since)

    def sums(self, spans: Iterable[Span]) -> Sums:
        """Sum over ``spans``; time that nothing covers is unknown."""
        up = degraded = down = whole = 0
        for start, end in spans:
            before, after = self.until(start), self.until(end)
            up += after[0] - before[0]
            degraded += after[1] - before[1]
            down += after[2] - before[2]
            whole += end - start
        return Sums(up, degraded, down, whole - up - degraded - down)

    def _begin(self, start: int) -> _Row:
        """The totals at ``start``, with the gap before it filled as unknown."""
        if not self._at:
            self._at.append(start)
            self._row.append((0, 0, 0, 0))
        elif start > self._at[-1]:
            self._append(start, _COLUMN[State.UNKNOWN], (0, 0, 0, start - self._at[-1]))
        return self._row[-1]

    def _append(self, end: int, column: int | None, more: _Row) -> None:
        up, degraded, down, unknown = self._row[-1]
        self._column.append(column)
        self._at.append(end)
        self._row.append((up + more[0], degraded + more[1], down + more[2], unknown + more[3]))

    def _pure(self, end: int, column: int) -> None:
        self._column.append(column)
        self._row.append(_raised(self._row[-1], column, end - self._at[-1]))
        self._at.append(end)

    def _hour(self, start: int, sums: Sums, fine: Sequence[Piece]) -> None:
        """In detail when ``fine`` is all of the hour; a part of it, spilled from a neighbour, is of no use."""
        self._begin(start)
        detailed = _sums_of(fine)
        if detailed.up > sums.up or detailed.degraded > sums.degraded or detailed.down > sums.down:
            raise BadRecord(f"the rollup and the intervals of the hour from {start // 1000} (POSIX seconds) differ")
        if detailed.up + detailed.degraded + detailed.down < sums.total - sums.unknown or _column_of(sums) is not None:
            self._append(start + HOUR, _column_of(sums), (sums.up, sums.degraded, sums.down, sums.unknown))
            return
        for begin, end, state in fine:
            self._begin(begin)
            self._pure(end, _COLUMN[state])
        self._begin(start + HOUR)


def _raised(row: _Row, column: int, by: int) -> _Row:
    """Written out: this is the inner loop."""
    up, degraded, down, unknown = row
    if column == 0:
        return up + by, degraded, down, unknown
    if column == 1:
        return up, degraded + by, down, unknown
    if column == 2:
        return up, degraded, down + by, unknown
    return up, degraded, down, unknown + by


def pieces(intervals: Iterable[Interval]) -> Iterator[Piece]:
    """Sorted, in milliseconds, empty ones dropped. Raises BadRecord on an overlap or an EXCLUDED interval."""
    last = None
    for interval in sorted(intervals, key=attrgetter("start")):
        start, end = milliseconds(interval.start), milliseconds(interval.end)
        if interval.state is State.EXCLUDED:
            raise BadRecord(
                f"an interval at {interval.start} is EXCLUDED: that follows from maintenance, not from looking"
            )
        if end <= start:
            continue
        if last is not None and start < last:
            raise BadRecord(f"two intervals overlap at {interval.start} (POSIX seconds)")
        last = end
        yield start, end, interval.state


def hourly(intervals: Iterable[Interval]) -> tuple[Rollup, ...]:
    """The hours that the intervals touch, each with its sums; together they equal the intervals' own sums."""
    return tuple(Rollup(hour // 1000, _sums_of(parts)) for hour, parts in sorted(_by_hour(intervals).items()))


def cut_hours(instants: Iterable[float]) -> tuple[int, ...]:
    """The hours (POSIX seconds) that these boundaries (POSIX seconds) cut: theirs are the intervals to fetch."""
    exact = (milliseconds(instant) for instant in instants)
    return tuple(sorted({ms // HOUR * 3600 for ms in exact if ms % HOUR}))


def _sums_of(parts: Iterable[Piece]) -> Sums:
    row = [0, 0, 0, 0]
    for start, end, state in parts:
        row[_COLUMN[state]] += end - start
    return Sums(*row)


def _by_hour(intervals: Iterable[Interval]) -> dict[int, list[Piece]]:
    hours: dict[int, list[Piece]] = {}
    for start, end, state in pieces(intervals):
        at = start
        while at < end:
            hour = at // HOUR * HOUR
            stop = min(end, hour + HOUR)
            hours.setdefault(hour, []).append((at, stop, state))
            at = stop
    return hours


def _whole(rollup: Rollup) -> Sums:
    missing = HOUR - rollup.sums.total
    if missing < 0 or rollup.hour % 3600:
        raise BadRecord(f"the rollup at {rollup.hour} (POSIX seconds) is not of one hour")
    return rollup.sums + Sums(unknown=missing)


def _column_of(sums: Sums) -> int | None:
    """The one state of the whole hour; None when it is mixed."""
    row = (sums.up, sums.degraded, sums.down, sums.unknown)
    return next((column for column, ms in enumerate(row) if ms == HOUR), None)
