"""A day of a series in one small blob: for each hour how long it was in which state, and what its probes were like.

The times follow from the changes of state, and are worked out again when a later change reaches back. Probes and
latencies are counted once, when their hour is sealed: afterwards the samples may go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select

from checks.timeline import Rollup, Sums
from scanner.store.prepared import CHUNK, Prepared, insertion
from scanner.store.records import StoreError
from scanner.store.series_schema import series_day
from scanner.store.watching.definitions import watch_id
from scanner.store.watching.hours import Columns
from scanner.store.watching.journal import squeezed, unsqueezed
from scanner.store.watching.records import HOUR, Stats

DAY = 24 * HOUR
NOTHING, UNPROBED = Sums(), Stats()
_HOUR_MS = HOUR * 1000
_NUMBERS = 9  # of each hour
_ADD = insertion(series_day)
_DROP = Prepared(
    series_day.delete().where(series_day.c.watch_id == bindparam("watch"), series_day.c.day == bindparam("of_day"))
)


@dataclass(frozen=True, slots=True)
class HourOf:
    """One hour. What is missing in ``sums`` to an hour is unknown."""

    sums: Sums = NOTHING
    stats: Stats = UNPROBED


Day = dict[int, HourOf]  # hour of the day -> what it was like


def stats_of(columns: Columns) -> Stats:
    answers = [total for kind, total in zip(columns.kinds, columns.totals, strict=True) if kind < 2]
    return Stats(
        probes=len(columns.kinds),
        failures=columns.kinds.count(2),
        answers=len(answers),
        sum_ms=sum(answers) / 10,
        min_ms=min(answers, default=0) / 10,
        max_ms=max(answers, default=0) / 10,
    )


def packed(day: Day) -> bytes:
    """Numbers of seven bits, those of one kind side by side; most of them are 0, because most hours are up."""
    hours = sorted(day)
    rows = [_numbers(day[hour]) for hour in hours]
    columns = [hours, *([row[place] for row in rows] for place in range(_NUMBERS))]
    return squeezed(bytes(_varints([len(hours), *(number for column in columns for number in column)])))


def _numbers(one: HourOf) -> tuple[int, ...]:
    sums, stats = one.sums, one.stats
    not_up = _HOUR_MS - sums.up
    tenths = (round(ms * 10) for ms in (stats.sum_ms, stats.min_ms, stats.max_ms))
    others = stats.probes - stats.answers
    return (not_up, sums.degraded, sums.down, stats.probes, stats.failures, others, *tenths)


def unpacked(data: bytes) -> Day:
    """Raises :class:`StoreError`."""
    numbers = _read(unsqueezed(data, "a day of a series"))
    count = numbers[0] if numbers else 0
    if count > 24 or len(numbers) != 1 + count * (1 + _NUMBERS):
        raise StoreError("a day of a series cannot be read back: the record was damaged")
    columns = [numbers[1 + place * count : 1 + (place + 1) * count] for place in range(1 + _NUMBERS)]
    return {hour: _hour(*row) for hour, *row in zip(*columns, strict=True)}


def _hour(*row: int) -> HourOf:
    not_up, degraded, down, probes, failures, others, total, low, high = row
    sums = Sums(_HOUR_MS - not_up, degraded, down, not_up - degraded - down)
    return HourOf(sums, Stats(probes, failures, probes - others, total / 10, low / 10, high / 10))


def _varints(numbers: Iterable[int]) -> bytearray:
    out = bytearray()
    for number in numbers:
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7  # noqa: PLW2901 (seven bits at a time)
        out.append(number)
    return out


def _read(data: bytes) -> list[int]:
    found, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(number)
            number = shift = 0
    return found


Hours = Mapping[int, Mapping[int, Sums]]  # watch -> hour (POSIX seconds) -> sums


def save(connection: Connection, sums: Hours, hour: int, stats: Mapping[int, Stats]) -> None:
    """Sums of any hours, and the stats of the sealed ``hour``; what else the days hold stays."""
    wanted = {(watch, at // DAY) for watch, hours in sums.items() for at in hours}
    wanted |= {(watch, hour // DAY) for watch in stats}
    known = _stored(connection, wanted)
    for watch, hours in sums.items():
        for at, one in hours.items():
            day = known.setdefault((watch, at // DAY), {})
            day[at % DAY // HOUR] = replace(day.get(at % DAY // HOUR, HourOf()), sums=one)
    for watch, told in stats.items():
        day = known.setdefault((watch, hour // DAY), {})
        day[hour % DAY // HOUR] = replace(day.get(hour % DAY // HOUR, HourOf()), stats=told)
    rows = [{"watch_id": watch, "day": day, "data": packed(hours)} for (watch, day), hours in sorted(known.items())]
    for row in rows:
        _DROP.run(connection, {"watch": row["watch_id"], "of_day": row["day"]})
    _ADD.run_many(connection, rows)


def _stored(connection: Connection, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], Day]:
    found: dict[tuple[int, int], Day] = {}
    for day in {day for _, day in wanted}:
        watches = sorted(watch for watch, of in wanted if of == day)
        for start in range(0, len(watches), CHUNK):
            part = watches[start : start + CHUNK]
            asked = select(series_day).where(series_day.c.day == day, series_day.c.watch_id.in_(part))
            found |= {(row.watch_id, day): unpacked(row.data) for row in connection.execute(asked)}
    return found


def of(connection: Connection, number: int, start: float, end: float) -> dict[int, HourOf]:
    """The hours of one series that touch [start, end), by POSIX seconds."""
    days = series_day.c.day.between(int(start) // DAY, int(end) // DAY)
    rows = connection.execute(
        select(series_day).where(series_day.c.watch_id == number, days).order_by(series_day.c.day)
    )
    hours = {row.day * DAY + hour * HOUR: one for row in rows for hour, one in unpacked(row.data).items()}
    return {hour: one for hour, one in sorted(hours.items()) if start < hour + HOUR and hour < end}


def stats(connection: Connection, key: str, start: float, end: float) -> tuple[tuple[int, Stats], ...]:
    number = watch_id(connection, key)
    return () if number is None else tuple((h, one.stats) for h, one in of(connection, number, start, end).items())


def rollups(connection: Connection, key: str, start: float, end: float) -> tuple[Rollup, ...]:
    number = watch_id(connection, key)
    return () if number is None else tuple(Rollup(h, one.sums) for h, one in of(connection, number, start, end).items())
