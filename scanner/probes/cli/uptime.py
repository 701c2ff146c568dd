"""How long a device runs, out of its words: "2 years, 31 weeks, 6 days, 9 hours", "2 days, 2:38:49"."""

import re

# a year has 52 weeks and a day over: IOS counts 365 days
_UNITS = {
    "year": 31_536_000,
    "week": 604_800,
    "day": 86_400,
    "hour": 3_600,
    "hr": 3_600,
    "minute": 60,
    "min": 60,
    "second": 1,
    "sec": 1,
    "month": 2_592_000,
}
_SPAN = re.compile(r"(\d{1,6}) ?(year|month|week|day|hour|hr|minute|min|second|sec)(?:\(s\)|s)?\b\)?", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,4}):(\d\d)(?::(\d\d))?\b")


def seconds(text: str) -> int | None:
    """None when no span of time stands there."""
    spans = _SPAN.findall(text)
    total = sum(int(count) * _UNITS[unit.lower()] for count, unit in spans)
    if clock := _CLOCK.search(text):
        total += int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
    return total if spans or clock else None
