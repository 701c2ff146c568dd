"""When may a run start? Weekly windows by the clock on the wall: ``Mon-Fri 22:00-06:00``, ``Sat,Sun 00:00-24:00``.

A window whose end is not after its start goes on into the next day, which need not be named.
"""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from scanner.schedule.zones import BadSchedule

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(?:([a-z,\- ]+?)\s+)?([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Window:
    text: str
    days: frozenset[int]  # 0 is Monday
    start: int  # minutes of the day
    end: int  # up to 1440; not after ``start``: of the next day
    zone: tzinfo | None = None  # None: the schedule's

    def contains(self, wall: datetime) -> bool:
        minute, day = wall.hour * 60 + wall.minute, wall.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or ((day - 1) % 7 in self.days and minute < self.end)


def parse_window(text: str) -> Window:
    """Raises BadSchedule. Without days: every day."""
    match = _WINDOW.fullmatch(text.strip().lower())
    if not match:
        raise BadSchedule(f"window {text[:60]!r}: write days and times, such as Mon-Fri 22:00-06:00")
    start, end = (int(match[at]) * 60 + int(match[at + 1]) for at in (2, 4))
    if int(match[3]) > 59 or int(match[5]) > 59 or start >= 1440 or end > 1440:
        raise BadSchedule(f"window {text[:60]!r}: times lie between 00:00 and 24:00")
    return Window(text.strip(), _days(match[1] or "mon-sun", text), start, end)


def _days(words: str, text: str) -> frozenset[int]:
    found: set[int] = set()
    for word in words.replace(" ", "").split(","):
        first, _, last = word.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise BadSchedule(f"window {text[:60]!r}: {word[:20]!r} is not a day: write mon tue wed thu fri sat sun")
        low, high = _DAYS.index(first), _DAYS.index(last or first)
        found.update(day % 7 for day in range(low, (high if high >= low else high + 7) + 1))
    return frozenset(found)
