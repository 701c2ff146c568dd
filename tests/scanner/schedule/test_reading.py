"""What may be written in a schedule, what is refused and with which words; RRULE and .ics; missed runs; why."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scanner.schedule import (
    IfMissed,
    IfRunning,
    Schedule,
    Start,
    due_between,
    ends_by,
    may_start,
    missed,
    next_due,
    refusal,
    start_of,
)
from scanner.schedule.calendar import Calendar, parse_calendar
from scanner.schedule.cron import parse_cron
from scanner.schedule.every import parse_duration, parse_every
from scanner.schedule.read import Words, read_schedule
from scanner.schedule.recurrence import parse_rrule
from scanner.schedule.why import why
from scanner.schedule.windows import parse_window
from scanner.schedule.zones import BadSchedule

LONDON = ZoneInfo("Europe/London")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("@reboot", "five fields"),
        ("60 * * * *", "minute '60' is not between 0 and 59"),
        ("* 24 * * *", "hour '24'"),
        ("* * 0 * *", "day of month '0'"),
        ("* * * 13 *", "month '13'"),
        ("* * * * 8", "day of week '8'"),
        ("* * * * mon#2", "is not a number"),
        ("* * L * *", "day of month 'l'"),
        ("5/10 * * * *", "a step needs a range"),
        ("*/0 * * * *", "step of 0"),
        ("30-10 * * * *", "empty range"),
        ("* * * mon *", "month 'mon'"),
        ("-5 * * * *", "is not a number"),
        ("1,,2 * * * *", "is not a number"),
        ("0 0 30 2 *", "never happens"),
        ("0 0 31 4,6,9,11 *", "never happens"),
        ("0 0 1 1 *; rm", "five fields"),
    ],
)
def test_crontab_lines_that_are_refused(line: str, words: str) -> None:
    with pytest.raises(BadSchedule, match=words):
        parse_cron(line)


@pytest.mark.parametrize(
    ("line", "weekdays"),
    [
        ("* * * * 7", {0}),
        ("* * * * 0", {0}),
        ("* * * * SUN", {0}),
        ("* * * * 5-7", {5, 6, 0}),
        ("* * * * fri-sun", {5, 6, 0}),
        ("* * * * *", set(range(7))),
        ("* * * * */2", {0, 2, 4, 6}),
        ("* * * * 1-5/2", {1, 3, 5}),
    ],
)
def test_weekdays(line: str, weekdays: set[int]) -> None:
    assert parse_cron(line).weekdays == weekdays


def test_short_forms() -> None:
    assert parse_cron("@daily").text == "0 0 * * *"
    assert parse_cron(" @Weekly ").weekdays == {0}


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800), ("1w", 604_800)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "15 m", "-5m", "1.5h", "5x", "1h 30m", "9999999s"])
def test_durations_that_are_refused(text: str) -> None:
    with pytest.raises(BadSchedule, match="write a number"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["59s", "0m", "400d"])
def test_every_has_bounds(text: str) -> None:
    with pytest.raises(BadSchedule, match="at most once a minute"):
        parse_every(text)


def walk(first: date, days: int) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range(days))


def test_rules_against_a_walk_over_the_days() -> None:
    start = datetime(2026, 1, 5, 3, 15)  # noqa: DTZ001  # wall clock
    days = list(walk(date(2026, 1, 5), 1200))
    expected = {
        "FREQ=WEEKLY;BYDAY=MO,TH": [day for day in days if day.weekday() in (0, 3)],
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU": [d for d in days if d.weekday() == 1 and (d - days[0]).days // 7 % 2 == 0],
        "FREQ=DAILY;INTERVAL=3": days[::3],
        "FREQ=MONTHLY;BYDAY=-1SU": [d for d in days if d.weekday() == 6 and (d + timedelta(days=7)).month != d.month],
        "FREQ=MONTHLY;BYDAY=2TU": [d for d in days if d.weekday() == 1 and 8 <= d.day <= 14],
        "FREQ=MONTHLY;BYMONTHDAY=-1": [d for d in days if (d + timedelta(days=1)).day == 1],
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29": [d for d in days if (d.month, d.day) == (2, 29)],
        "FREQ=DAILY;COUNT=5": days[:5],
        "FREQ=DAILY;UNTIL=20260110": days[:6],
        "FREQ=DAILY;UNTIL=20260110T031500Z": days[:6],
    }
    for text, when in expected.items():
        schedule = Schedule("s", parse_rrule(text, start, LONDON), LONDON)
        found = [one.astimezone(LONDON) for one in due_between(schedule, utc("2026-01-01"), utc("2029-04-18T12:00"))]
        assert [one.date() for one in found] == when, text
        assert {(one.hour, one.minute) for one in found} == {(3, 15)}, text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "unknown or stands twice"),
        ("FREQ=MINUTELY", "faster: every or cron"),
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "faster: every or cron"),
        ("FREQ=DAILY;BYEASTER=1", "unknown"),
        ("FREQ=DAILY;FREQ=DAILY", "stands twice"),
        ("FREQ=DAILY;COUNT=3", "say from when"),
        ("FREQ=DAILY;INTERVAL=2", "say from when"),
        ("FREQ=DAILY;INTERVAL=0", "not between 1"),
        ("FREQ=DAILY;COUNT=99999999", "not a number"),
        ("FREQ=DAILY;BYHOUR=24", "not between 0 and 23"),
        ("FREQ=WEEKLY;BYDAY=1MO", "write MO"),
        ("FREQ=MONTHLY;BYDAY=99MO", "write MO"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never happens"),
        ("FREQ=DAILY;UNTIL=soon", "is not a date"),
        ("FREQ=DAILY;UNTIL=19990101", "never happens"),
    ],
)
def test_rules_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(BadSchedule, match=words):
        parse_rrule(text, None, LONDON)
    both = "FREQ=DAILY;COUNT=2;UNTIL=20300101"
    with pytest.raises(BadSchedule, match="allows one"):
        parse_rrule(both, datetime(2026, 1, 1), LONDON)  # noqa: DTZ001  # wall clock


@pytest.mark.parametrize(
    "text",
    ["FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12", "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=40"],
)
def test_a_rule_that_never_happens_is_refused_in_bounded_time(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(BadSchedule, match="never happens"):
        parse_rrule(text, datetime(2026, 4, 6), LONDON)  # noqa: DTZ001  # wall clock; a Monday
    assert time.process_time() - begun < 20


def ics(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""])


def event(*lines: str) -> str:
    return ics("BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT")


def shown(calendar: Calendar, first: str, last: str) -> list[str]:
    return [
        f"{one.start:%Y-%m-%dT%H:%M} {one.end:%Y-%m-%dT%H:%M} {one.name}"
        for one in calendar.spans(utc(first), utc(last))
    ]


YEAR = ("2026-01-01", "2026-12-31")


@pytest.mark.parametrize(
    ("lines", "spans"),
    [
        (["DTSTART;VALUE=DATE:20260330", "SUMMARY:Easter Monday"], ["2026-03-29T23:00 2026-03-30T23:00 Easter Monday"]),
        (["DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260330"], ["2026-03-29T00:00 2026-03-29T23:00 blackout"]),
        (["DTSTART;VALUE=DATE:20261224", "DURATION:P1W"], ["2026-12-24T00:00 2026-12-31T00:00 blackout"]),
        (["DTSTART:20260701T180000Z", "DTEND:20260701T200000Z"], ["2026-07-01T18:00 2026-07-01T20:00 blackout"]),
        (["DTSTART:20260701T180000", "DURATION:PT90M"], ["2026-07-01T17:00 2026-07-01T18:30 blackout"]),
        (
            ['DTSTART;TZID="America/New_York":20260701T180000', "DTEND;TZID=Europe/London:20260702T000000"],
            ["2026-07-01T22:00 2026-07-01T23:00 blackout"],
        ),
        (
            ["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY", "SUMMARY:Christmas", "TRANSP:TRANSPARENT"],
            ["2026-12-25T00:00 2026-12-26T00:00 Christmas"],
        ),
        (
            [
                "DTSTART:20260101T000000Z",
                "DURATION:PT1H",
                "RRULE:FREQ=DAILY;COUNT=4",
                "EXDATE:20260102T000000Z,20260103T000000Z",
                "RDATE:20260201T000000Z",
            ],
            [f"2026-{day}T00:00 2026-{day}T01:00 blackout" for day in ("01-01", "01-04", "02-01")],
        ),
        (["DTSTART:20260101T000000Z", "STATUS:CANCELLED"], []),
        (
            ["DTSTART;VALUE=DATE:20260105", "BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:P5D", "END:VALARM"],
            ["2026-01-05T00:00 2026-01-06T00:00 blackout"],
        ),
        (["DTSTART;VALUE=DATE:20260105", "SUMMARY:long", "  name"], ["2026-01-05T00:00 2026-01-06T00:00 long name"]),
    ],
)
def test_calendars(lines: list[str], spans: list[str]) -> None:
    assert shown(parse_calendar(event(*lines), LONDON), *YEAR) == spans


def test_a_moved_occurrence_replaces_the_one_it_was() -> None:
    text = ics(
        *["BEGIN:VEVENT", "UID:a", "DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;COUNT=3", "END:VEVENT"],
        *["BEGIN:VEVENT", "UID:a", "RECURRENCE-ID;VALUE=DATE:20260112", "DTSTART;VALUE=DATE:20260113", "END:VEVENT"],
    )
    assert [one[:10] for one in shown(parse_calendar(text, ZoneInfo("UTC")), *YEAR)] == [
        "2026-01-05",
        "2026-01-13",
        "2026-01-19",
    ]


def test_a_long_event_is_seen_from_its_middle() -> None:
    calendar = parse_calendar(event("DTSTART;VALUE=DATE:20250101", "DTEND;VALUE=DATE:20280101"), LONDON)
    found = calendar.at(utc("2026-06-01"))
    assert found
    assert found.end == utc("2028-01-01")


def test_only_what_touches_the_time_asked_for() -> None:
    calendar = parse_calendar(event("DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=DAILY"), ZoneInfo("UTC"))
    found = calendar.spans(utc("2026-02-01T12:00"), utc("2026-02-02T12:00"))
    assert [one.start for one in found] == [utc("2026-02-01"), utc("2026-02-02")]
    assert [one.start for one in calendar.spans(utc("2026-02-01"), utc("2026-02-01"))] == [utc("2026-02-01")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not begin"),
        ("<html>", "does not begin"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101T000000Z", "cut off"),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "closes nothing"),
        (event("SUMMARY:x"), "needs DTSTART"),
        (event("DTSTART:yesterday"), "line 5: DTSTART 'yesterday' is not a date"),
        (event("DTSTART:20260230T000000Z"), "is not a date"),
        (event("DTSTART;TZID=GMT Standard Time:20260101T000000"), "write an IANA name"),
        (event("DTSTART;TZID=../../etc/passwd:20260101T000000"), "write an IANA name"),
        (event("DTSTART:20260101T000000Z", "RRULE:FREQ=SECONDLY"), "line 6: rrule"),
        (event("DTSTART:20260101T000000Z", "EXRULE:FREQ=DAILY"), "EXRULE is not understood"),
        (event("DTSTART:20260101T000000Z", "DTEND:20250101T000000Z"), "ends before it begins"),
        (event("DTSTART:20260101T000000Z", "DURATION:-PT1H"), "DURATION"),
        (event("DTSTART:20260101T000000Z", "no colon"), "not an iCalendar line"),
        ("x" * 2_000_001, "more than 2000000"),
        (ics(*(["BEGIN:VEVENT", "DTSTART:20260101T000000Z", "END:VEVENT"] * 5001)), "more than 5000 events"),
    ],
    ids=range(16),
)
def test_calendars_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(BadSchedule, match=words):
        parse_calendar(text, LONDON)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22:00-06:00", ["2026-11-22T22:00", "2026-11-23T05:59"], ["2026-11-23T06:00", "2026-11-23T21:59"]),
        ("Fri 22:00-06:00", ["2026-11-27T23:00", "2026-11-28T05:00"], ["2026-11-27T05:00", "2026-11-28T23:00"]),
        ("Mon-Fri 09:00-17:00", ["2026-11-23T09:00"], ["2026-11-22T12:00", "2026-11-23T17:00"]),
        ("Sat,Sun 00:00-24:00", ["2026-11-22T00:00", "2026-11-22T23:59"], ["2026-11-23T00:00"]),
        ("Sat-Mon 1:00-2:00", ["2026-11-22T01:30", "2026-11-23T01:30"], ["2026-11-24T01:30"]),
    ],
)
def test_windows(text: str, inside: list[str], outside: list[str]) -> None:
    window = parse_window(text)
    assert all(window.contains(datetime.fromisoformat(one)) for one in inside)
    assert not any(window.contains(datetime.fromisoformat(one)) for one in outside)


@pytest.mark.parametrize("text", ["", "Mon", "25:00-26:00", "Mon-Fry 09:00-17:00", "09:00-17:60", "24:00-06:00"])
def test_windows_that_are_refused(text: str) -> None:
    with pytest.raises(BadSchedule, match=r"window"):
        parse_window(text)


NIGHTLY = parse_cron("30 1 * * *")


@pytest.mark.parametrize(
    ("policy", "now", "run", "passed"),
    [
        (IfMissed.RUN_ONCE, "2026-06-10T12:00", ["10"], 4),
        (IfMissed.SKIP, "2026-06-10T12:00", [], 5),
        (IfMissed.SKIP, "2026-06-10T01:30:30", ["10"], 4),  # not late enough to be missed
        (IfMissed.RUN_ALL, "2026-06-10T12:00", ["08", "09", "10"], 2),
        (IfMissed.RUN_ONCE, "2026-06-05T12:00", [], 0),
        (IfMissed.RUN_ONCE, "2026-06-01T12:00", [], 0),  # the clock went back
    ],
)
def test_missed_runs(policy: IfMissed, now: str, run: list[str], passed: int) -> None:
    schedule = Schedule("s", NIGHTLY, if_missed=policy, missed_limit=3)
    found = missed(schedule, utc("2026-06-05T01:30"), utc(now))
    assert [f"{one:%d}" for one in found.run] == run
    assert found.passed_over == passed
    assert (found.first_passed is None) == (passed == 0)


def test_a_year_asleep_is_bounded() -> None:
    schedule = Schedule("s", parse_every("1h"), if_missed=IfMissed.RUN_ALL)
    found = missed(schedule, utc("2000-01-01"), utc("2026-01-01"))
    assert (len(found.run), found.passed_over) == (10, 366 * 24 - 10)


@pytest.mark.parametrize(
    ("policy", "running", "waiting", "start"),
    [
        (IfRunning.SKIP, 0, 0, Start.NOW),
        (IfRunning.SKIP, 1, 0, Start.SKIP),
        (IfRunning.QUEUE, 1, 0, Start.WAIT),
        (IfRunning.QUEUE, 1, 1, Start.SKIP),
        (IfRunning.ALLOW, 3, 0, Start.NOW),
    ],
)
def test_overlap(policy: IfRunning, running: int, waiting: int, start: Start) -> None:
    assert may_start(Schedule("s", NIGHTLY, if_running=policy), running, waiting) is start


def test_maximum_duration() -> None:
    begun = utc("2026-06-05T01:30")
    assert ends_by(Schedule("s", NIGHTLY), begun) is None
    assert ends_by(Schedule("s", NIGHTLY, max_duration=timedelta(hours=4)), begun) == utc("2026-06-05T05:30")


def test_jitter_is_stable_spread_and_stays_in_the_window() -> None:
    wide = Schedule("s", parse_every("1h"), jitter=timedelta(minutes=10))
    dues = list(due_between(wide, utc("2026-01-01"), utc("2026-02-01")))
    delays = [start_of(wide, due) - due for due in dues]
    assert delays == [start_of(wide, due) - due for due in dues]
    assert timedelta() <= min(delays) < timedelta(minutes=1)
    assert timedelta(minutes=9) < max(delays) < timedelta(minutes=10)
    assert len(set(delays)) > 700
    other = Schedule("t", parse_every("1h"), jitter=timedelta(minutes=10))
    assert start_of(other, dues[0]) != start_of(wide, dues[0])
    tight = Schedule("s", parse_every("1h"), jitter=timedelta(hours=1), windows=(parse_window("00:00-00:05"),))
    starts = [start_of(tight, due) for due in due_between(tight, utc("2026-01-01"), utc("2026-03-01"))]
    assert len(starts) == 59
    assert all(not refusal(tight, one) for one in starts)


def test_blackouts_and_windows_take_instants_away() -> None:
    schedule = read_schedule(
        "nightly",
        Words(
            cron="30 1 * * *",
            zone="Europe/London",
            windows=["Mon-Fri 22:00-06:00"],
            blackout=event("DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY", "SUMMARY:Christmas Day"),
        ),
    )
    found = [f"{one:%a %d}" for one in next_due(schedule, utc("2026-12-23T12:00"), 3)]
    assert found == ["Thu 24", "Sat 26", "Tue 29"]  # Friday 25 is black; Saturday 01:30 is Friday's night
    assert refusal(schedule, utc("2026-12-25T01:30")).startswith("blackout 'Christmas Day' lasts until Sat 2026-12-26")
    assert refusal(schedule, utc("2026-12-27T12:00")) == "outside the windows Mon-Fri 22:00-06:00"


@pytest.mark.parametrize(
    ("words", "instant", "sentence"),
    [
        (
            Words(cron="30 1 * * *"),
            "2026-06-05T01:30",
            "Due at Fri 2026-06-05 01:30:00 UTC (01:30 UTC): 30 1 * * * matches.",
        ),
        (
            Words(cron="30 1 * * *"),
            "2026-06-05T02:31",
            "the minute is 31; the hour is 02. Next: Sat 2026-06-06 01:30:00",
        ),
        (Words(cron="30 1 * * *"), "2026-06-05T01:30:05", "it is due on whole minutes"),
        (Words(cron="0 0 * * mon"), "2026-06-05T00:00", "the day is Friday 2026-06-05"),
        (
            Words(cron="30 1 * * *", zone="Europe/London"),
            "2026-03-29T01:00",
            "a time between 01:00 and 02:00 that the clock",
        ),
        (
            Words(cron="30 1 * * *", zone="Europe/London"),
            "2026-10-25T01:30",
            "the clock shows 01:30 a second time; it was",
        ),
        (Words(every="15m"), "2026-06-05T01:30", "every 0:15:00 matches."),
        (Words(every="15m"), "2026-06-05T01:31", "every 0:15:00 does not meet it. Next: Fri 2026-06-05 01:45:00"),
        (
            Words(every="15m", windows=["02:00-03:00"]),
            "2026-06-05T01:30",
            "matches, but outside the windows 02:00-03:00",
        ),
        (Words(every="1h", jitter="10m"), "2026-06-05T01:00", "s later, by its jitter"),
        (Words(rrule="FREQ=DAILY;UNTIL=20260101"), "2026-06-05T01:00", "It is not due in the next nine years."),
    ],
)
def test_why(words: Words, instant: str, sentence: str) -> None:
    assert sentence in why(read_schedule("s", words), utc(instant))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (Words(), "schedule s: exactly one of cron, every and rrule"),
        (Words(cron="@daily", every="15m"), "exactly one"),
        (Words(cron="@daily", zone="Mars/Olympus"), "time zone 'Mars/Olympus' is unknown"),
        (Words(cron="@daily", zone="/etc/localtime"), "is unknown"),
        (Words(every="15m", starts="tomorrow"), "starts 'tomorrow'"),
        (Words(every="15m", starts="2026-01-01T00:00Z"), "without an offset"),
        (Words(cron="@daily", if_missed="later"), "missed 'later': write one of run-once, skip, run-all"),
        (Words(cron="@daily", if_running="x"), "overlap 'x'"),
        (Words(cron="@daily", jitter="soon"), "duration 'soon'"),
    ],
)
def test_words_that_are_refused(words: Words, message: str) -> None:
    with pytest.raises(BadSchedule, match=message):
        read_schedule("s", words)


def test_naive_instants_are_refused() -> None:
    with pytest.raises(BadSchedule, match="has no time zone"):
        next_due(Schedule("s", NIGHTLY), datetime(2026, 1, 1))  # noqa: DTZ001  # the mistake under test
