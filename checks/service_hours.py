"""When is a service promised? Weekly hours in a zone with days off, as spans of UTC.

A minute counts when the clock on the wall there shows a time inside the hours. So on the day the clocks go back an hour
that is shown twice counts twice, and on the day they go forward a time that is not shown does not count at all.
The zone is handed in (``zoneinfo.ZoneInfo``): looking it up reads the disk, and this floor is pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from checks.spans import Span, Spans, union

DAY_MINUTES = 1440
MINUTE = 60_000
DAY = DAY_MINUTES * MINUTE
_EPOCH = date(1970, 1, 1)


class BadHours(ValueError):
    """Service hours that cannot be meant; the message says which."""


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """``weekly``: Monday is 0; [start, end) in minutes of the local day, 1440 its end. Over midnight: two entries."""

    zone: tzinfo
    weekly: Mapping[int, tuple[tuple[int, int], ...]]
    holidays: frozenset[date] = field(default_factory=frozenset)
    name: str = "business hours"

    def __post_init__(self) -> None:
        for weekday, hours in self.weekly.items():
            for start, end in hours:
                if not (0 <= weekday <= 6 and 0 <= start < end <= DAY_MINUTES):
                    raise BadHours(f"{self.name}: day {weekday}, minutes {start} to {end}: write a window of one day")

    def spans(self, start: int, end: int) -> Spans:
        """The promised time inside [start, end), milliseconds."""
        return union(span for piece in pieces_of_offset(start, end, self.zone) for span in self._of_piece(*piece))

    def _of_piece(self, start: int, end: int, offset: int) -> Iterator[Span]:
        """Where the wall clock is ``offset`` ahead of UTC throughout, walls and UTC differ by that number only."""
        midnight = (start + offset) // DAY * DAY
        while midnight < end + offset:
            for first, last in self._on(_EPOCH + timedelta(days=midnight // DAY)):
                begin = max(start, midnight + first * MINUTE - offset)
                finish = min(end, midnight + last * MINUTE - offset)
                if begin < finish:
                    yield begin, finish
            midnight += DAY

    def _on(self, day: date) -> tuple[tuple[int, int], ...]:
        return () if day in self.holidays else self.weekly.get(day.weekday(), ())


def local_days(start: int, end: int, zone: tzinfo) -> Iterator[tuple[date, int, int]]:
    """The local days that touch [start, end), each with its own bounds in UTC milliseconds (23, 24 or 25 hours)."""
    if start >= end:
        return
    day = local_date(start, zone)
    while (first := midnight(day, zone)) < end:
        following = day + timedelta(days=1)
        last = midnight(following, zone)
        if first < last:
            yield day, first, last
        day = following


def local_date(instant: int, zone: tzinfo) -> date:
    return _local(instant, zone).date()


def midnight(day: date, zone: tzinfo) -> int:
    """The first instant of a local day. Where midnight is skipped, that is the instant of the change."""
    return round(datetime.combine(day, time(), zone).timestamp() * 1000)


def month_start(instant: int, zone: tzinfo) -> date:
    return local_date(instant, zone).replace(day=1)


def next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def pieces_of_offset(start: int, end: int, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """Parts of [start, end), each with one offset from UTC: (start, end, offset), milliseconds.

    Looked at day by day: two changes of the offset inside 24 hours would be missed; no zone has had that.
    """
    while start < end:
        stop = min(end, start + DAY)
        offset = _offset(start, zone)
        if _offset(stop - 1, zone) != offset:
            stop = _change(start, stop - 1, offset, zone)
        yield start, stop, offset
        start = stop


def _change(low: int, high: int, offset: int, zone: tzinfo) -> int:
    """The first instant after ``low`` with another offset than ``low`` has; ``high`` has another."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return high


def _local(instant: int, zone: tzinfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)).astimezone(zone)


def _offset(instant: int, zone: tzinfo) -> int:
    return (_local(instant, zone).utcoffset() or timedelta()) // timedelta(milliseconds=1)
