"""Wall clocks and instants: the two days a year on which they disagree are decided here, once.

A time that the clock shows twice means its first showing. A time that it skips means the next minute that exists, the
moment of the change. So a thing planned once a day happens once a day. Source of the offsets: the IANA time zone
database, by ``zoneinfo``.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = timedelta(seconds=1)


class BadSchedule(ValueError):
    """A schedule cannot be read or never happens; the message says which part, and what to write."""


def zone_named(name: str) -> ZoneInfo:
    """Raises BadSchedule for a name that the IANA database does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule(f"time zone {name[:60]!r} is unknown: write an IANA name such as Europe/London") from None


def instant_of(wall: datetime, zone: tzinfo) -> datetime:
    """The one instant (UTC) that a wall clock time (naive) means; see the module."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return early if early <= late else _change_between(late, early, zone)


def exists(wall: datetime, zone: tzinfo) -> bool:
    """False for a time that the clock skips."""
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == wall


def _change_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first whole second at which the offset is the later one."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + SECOND * ((after - before) // SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def offset_at(instant: datetime, zone: tzinfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def wall_at(instant: datetime, zone: tzinfo) -> datetime:
    """What the clock shows, naive."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)
