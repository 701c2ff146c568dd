"""Due instants against a walk over every minute: zones, clock changes, leap days, windows cut anywhere."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.schedule import Schedule, Trigger, due_between, next_due
from scanner.schedule.calendar import parse_calendar
from scanner.schedule.cron import parse_cron
from scanner.schedule.every import parse_every
from scanner.schedule.recurrence import parse_rrule
from scanner.schedule.windows import parse_window

MINUTE = timedelta(minutes=1)
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
MONTHS = dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True))  # noqa: SIM905
DAYS = dict(zip("sun mon tue wed thu fri sat".split(), range(7), strict=True))  # noqa: SIM905  # shorter than quotes
NAMES = MONTHS | DAYS


@cache
def field(word: str, low: int, high: int) -> frozenset[int]:
    """An independent reading of a crontab field, for the oracle."""
    found: set[int] = set()
    for item in word.split(","):
        span, _, step = item.partition("/")
        if span == "*":
            first, last = low, high
        else:
            ends = [NAMES[end] if end in NAMES else int(end) for end in span.split("-")]
            first, last = ends[0], ends[-1] if ends[-1] >= ends[0] else 7
        found |= set(range(first, last + 1, int(step or 1)))
    return frozenset(found)


def matches(line: str, wall: datetime) -> bool:
    minute, hour, day, month, weekday = line.split()
    if wall.minute not in field(minute, 0, 59) or wall.hour not in field(hour, 0, 23):
        return False
    if wall.month not in field(month, 1, 12):
        return False
    by_month = wall.day in field(day, 1, 31)
    by_week = wall.isoweekday() % 7 in {one % 7 for one in field(weekday, 0, 6 if weekday.startswith("*") else 7)}
    if day.startswith("*") or weekday.startswith("*"):
        return by_month and by_week
    return by_month or by_week


@cache
def clock(zone: ZoneInfo, after: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Every minute and what the clock shows then."""
    minutes = int((until - after) / MINUTE)
    found = (after + MINUTE * number for number in range(minutes + 1))
    return [(at, at.astimezone(zone).replace(tzinfo=None, fold=0)) for at in found]


def oracle(line: str, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """Minute by minute. A minute shown a second time counts only when every hour is named; what the clock has skipped
    since the minute before is due at this one."""
    every_hour = len(field(line.split()[1], 0, 23)) == 24
    before = latest = datetime(1, 1, 1)  # noqa: DTZ001  # latest: the latest wall clock time shown so far
    for at, wall in clock(zone, after - timedelta(hours=3), until):
        walls = [wall]
        if not every_hour:
            walls = [wall] if wall > latest else []
            if wall - before > MINUTE and before.year > 1:
                skipped = (before + MINUTE * (n + 1) for n in range(int((wall - before) / MINUTE) - 1))
                walls += [one for one in skipped if one > latest]
        if at > after and any(matches(line, one) for one in walls):
            yield at
        before, latest = wall, max(latest, wall)


LINES = [
    "30 1 * * *",
    "15 2 * * *",
    "*/15 * * * *",
    "7 * * * *",
    "*/20 1,2 * * *",
    "0 0 * * 0",
    "0 0 * * 7",
    "0 3 13 * fri",
    "0 3 */2 * mon",
    "59 23 28-31 * *",
    "0 12 29 feb *",
    "5 4 1 jan,mar-apr sat-sun",
    "0 */2 * * mon-fri",
    "0-10/5 0-23 * 3,10,11 *",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("start", "days"),
    [("2026-03-28", 2), ("2026-10-24", 2), ("2026-03-07", 2), ("2026-10-31", 2), ("2026-04-04", 2), ("2026-10-03", 2),
     ("2028-02-28", 2)],
)  # fmt: skip
def test_the_days_when_clocks_change_minute_by_minute(zone: str, start: str, days: int) -> None:
    after = datetime.fromisoformat(start).replace(tzinfo=UTC)
    until = after + timedelta(days=days)
    where = ZoneInfo(zone)
    for line in LINES:
        found = list(due_between(Schedule("s", parse_cron(line), where), after, until))
        assert found == list(oracle(line, where, after, until)), line


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("line", ["30 1 * * *", "15 2 * * *", "0 0 * * *", "45 1 * * *"])
def test_a_daily_run_happens_once_on_every_day_of_twelve_years(zone: str, line: str) -> None:
    where = ZoneInfo(zone)
    after = datetime(2020, 1, 1, tzinfo=where) - MINUTE
    until = datetime(2032, 1, 1, tzinfo=where) - MINUTE
    found = list(due_between(Schedule("s", parse_cron(line), where), after, until))
    days = [one.astimezone(where).date() for one in found]
    assert days == [date(2020, 1, 1) + timedelta(days=n) for n in range(4383)]


def once(line: str, zone: str, day: str) -> list[str]:
    where = ZoneInfo(zone)
    after = datetime.fromisoformat(day).replace(tzinfo=where) - MINUTE
    found = due_between(Schedule("s", parse_cron(line), where), after, after + timedelta(days=1))
    return [f"{one:%H:%M}" for one in found]


@pytest.mark.parametrize(
    ("line", "zone", "day", "utc"),
    [
        ("30 1 * * *", "Europe/London", "2026-03-29", ["01:00"]),  # 01:30 does not exist: 02:00 BST
        ("30 1 * * *", "Europe/London", "2026-10-25", ["00:30"]),  # the first of two
        ("30 2 * * *", "America/New_York", "2026-03-08", ["07:00"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", ["15:30"]),  # half an hour is skipped
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", ["14:45"]),  # half an hour is repeated
        ("0,30 1-2 * * *", "Europe/London", "2026-03-29", ["01:00", "01:30"]),  # 01:00, 01:30 and 02:00 are one
        ("30 * * * *", "Europe/London", "2026-10-25", ["23:30"] + [f"{n:02}:30" for n in range(24)]),
    ],
)  # fmt: skip
def test_clock_changes_by_name(line: str, zone: str, day: str, utc: list[str]) -> None:
    found = once(line, zone, day)
    assert found == utc


def test_leap_days_eight_years_apart() -> None:
    leap = Schedule("s", parse_cron("0 12 29 2 *"))
    assert next_due(leap, datetime(2096, 3, 1, tzinfo=UTC), 2) == (datetime(2104, 2, 29, 12, tzinfo=UTC),)
    assert next_due(leap, datetime(2026, 1, 1, tzinfo=UTC), 3)[0] == datetime(2028, 2, 29, 12, tzinfo=UTC)


def test_every_is_elapsed_time_and_keeps_its_anchor() -> None:
    anchor = datetime(2026, 1, 1, 0, 7, tzinfo=UTC)
    schedule = Schedule("s", parse_every("15m", anchor), ZoneInfo("Europe/London"))
    found = list(due_between(schedule, datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)))
    assert [one.minute for one in found] == [7, 22, 37, 52] * 3
    assert list(due_between(schedule, anchor - MINUTE, anchor)) == [anchor]
    assert list(due_between(schedule, anchor, anchor)) == []
    before = list(due_between(schedule, anchor - timedelta(minutes=20), anchor - MINUTE))
    assert before == [anchor - timedelta(minutes=15)]


BANK_HOLIDAYS = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "BEGIN:VEVENT",
        "DTSTART;VALUE=DATE:20261025",
        "SUMMARY:Stocktaking",
        "RRULE:FREQ=WEEKLY;INTERVAL=3",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    trigger: Trigger = draw(
        st.sampled_from(
            [
                *(parse_cron(line) for line in LINES),
                parse_every("17m"),
                parse_every("25h", datetime(2026, 1, 1, tzinfo=UTC)),
                parse_rrule("FREQ=WEEKLY;BYDAY=SU,WE;BYHOUR=1,2;BYMINUTE=30", None, zone),
                parse_rrule("FREQ=MONTHLY;BYDAY=-1SU;BYHOUR=1", None, zone),
                parse_rrule("FREQ=DAILY;INTERVAL=2;BYHOUR=2;BYMINUTE=15", datetime(2025, 1, 1), zone),  # noqa: DTZ001
            ]
        )
    )
    windows = draw(st.sampled_from([(), (parse_window("Mon-Fri 22:00-06:00"),), (parse_window("00:30-02:30"),)]))
    blackout = parse_calendar(BANK_HOLIDAYS if draw(st.booleans()) else "BEGIN:VCALENDAR\nEND:VCALENDAR", zone)
    return Schedule("s", trigger, zone, windows, blackout)


@settings(max_examples=60, deadline=None)
@given(
    schedules(),
    st.sampled_from(["2026-03-27", "2026-10-23", "2026-04-03", "2026-10-02", "2028-02-27"]),
    st.lists(st.integers(1, 10 * 86_400 - 1), max_size=12, unique=True),
)
def test_a_daemon_killed_anywhere_loses_nothing_and_doubles_nothing(
    schedule: Schedule, start: str, cuts: list[int]
) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    end = begin + timedelta(days=10)
    whole = list(due_between(schedule, begin, end))
    edges = [begin, *(begin + timedelta(seconds=cut) for cut in sorted(cuts)), end]
    parts = [one for a, b in pairwise(edges) for one in due_between(schedule, a, b)]
    assert parts == whole
    assert whole == sorted(set(whole))
    for cut in whole[:5]:  # cut exactly at an instant, and one moment before it
        for edge in (cut, cut - timedelta(microseconds=1)):
            assert [*due_between(schedule, begin, edge), *due_between(schedule, edge, end)] == whole
    if whole:
        assert next_due(schedule, begin, 1) == (whole[0],)


numbers = st.integers(0, 59)


@st.composite
def lines(draw: st.DrawFn) -> str:
    def one(low: int, high: int, names: str = "") -> str:
        kind = draw(st.integers(0, 5))
        a, b = sorted((draw(st.integers(low, high)), draw(st.integers(low, high))))
        if kind < 2:
            return "*" if kind else f"*/{draw(st.integers(1, 9))}"
        if kind == 2 and names:
            return names.split()[draw(st.integers(0, len(names.split()) - 1))]
        return {2: f"{a}", 3: f"{a}-{b}", 4: f"{a},{b}", 5: f"{a}-{b}/{draw(st.integers(1, 9))}"}[kind]

    fields = [one(0, 59), one(0, 23), one(1, 28), one(1, 12, "jan mar oct"), one(0, 7, "sun wed")]
    return " ".join(fields)


@settings(max_examples=60, deadline=None)
@given(lines(), st.sampled_from(ZONES), st.sampled_from(["2026-03-28", "2026-10-24", "2026-10-03", "2026-11-30"]))
def test_any_line_against_the_walk(line: str, zone: str, start: str) -> None:
    after = datetime.fromisoformat(start).replace(tzinfo=UTC)
    where = ZoneInfo(zone)
    found = list(due_between(Schedule("s", parse_cron(line), where), after, after + timedelta(days=2)))
    assert found == list(oracle(line, where, after, after + timedelta(days=2)))
    assert not re.search(r"\s\s", parse_cron(line).text)
