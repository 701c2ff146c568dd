"""What was measured of a service hour by hour: whole hours UTC, as the record's rollups are. Pure.

Declared maintenance is not taken out here: it belongs to the period, not to an hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from checks.timeline import hourly
from reports.availability import AvailabilityReport, ServiceAvailability, stamp

COLUMNS = ("up", "degraded", "down", "unknown")
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class HourRow:
    """One hour, or the part of it that lies inside the period. Milliseconds; together they are that part."""

    hour: int  # POSIX seconds
    up: int
    degraded: int
    down: int
    unknown: int

    @property
    def times(self) -> tuple[int, int, int, int]:
        return self.up, self.degraded, self.down, self.unknown


def hour_rows(one: ServiceAvailability) -> Iterator[HourRow]:
    """Every hour of what was measured; time of which nothing is known is unknown."""
    known = {rollup.hour: rollup.sums for rollup in hourly(one.timeline)}
    at = one.measured.start
    while at < one.measured.end:
        hour = at // HOUR_MS * HOUR_MS
        stop = min(hour + HOUR_MS, one.measured.end)
        sums = known.get(hour // 1000)
        seen = (sums.up, sums.degraded, sums.down) if sums else (0, 0, 0)
        yield HourRow(hour // 1000, *seen, stop - at - sum(seen))
        at = stop


def plain_hours(report: AvailabilityReport) -> list[dict[str, object]]:
    """JSON values; times in hours as everywhere in it."""
    return [
        {"service": one.service, "hour": stamp(row.hour), **_in_hours(row)}
        for one in report.services
        for row in hour_rows(one)
    ]


def _in_hours(row: HourRow) -> dict[str, float]:
    return {f"{name}_hours": round(ms / HOUR_MS, 6) for name, ms in zip(COLUMNS, row.times, strict=True)}
