"""``every: 15m``: a fixed distance in elapsed time from an anchor. Wall clocks and their changes do not touch it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from scanner.schedule.zones import BadSchedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(minutes=1)  # probes repeat faster by their watch; a schedule starts runs
LONGEST = timedelta(days=366)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Every:
    period: timedelta
    anchor: datetime = EPOCH  # aware; one of the instants, wherever it lies

    @property
    def text(self) -> str:
        return f"every {self.period}"

    def due(self, after: datetime, until: datetime, _zone: tzinfo) -> Iterator[datetime]:
        """All instants in (after, until], UTC, ascending."""
        count = (after - self.anchor) // self.period + 1
        while (instant := self.anchor + count * self.period) <= until:
            yield instant.astimezone(UTC)
            count += 1


def parse_every(text: str, anchor: datetime = EPOCH) -> Every:
    """Raises BadSchedule below a minute and above a year."""
    period = parse_duration(text)
    if not SHORTEST <= period <= LONGEST:
        raise BadSchedule(f"every {text[:40]!r}: a schedule repeats at most once a minute and at least once a year")
    return Every(period, anchor.astimezone(UTC))


def parse_duration(text: str) -> timedelta:
    """``90s``, ``15m``, ``1h30m``, ``2d``, ``1w``. Raises BadSchedule."""
    parts = re.findall(r"([0-9]{1,6})([smhdw])", text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise BadSchedule(f"duration {text[:40]!r}: write a number and one of s, m, h, d, w, such as 15m or 1h30m")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))
