"""Plans of the inventory as schedules."""

from datetime import UTC, date, datetime

import pytest

from inventory.watch import Calendar, Hours, Plan
from scanner.schedule import IfMissed, next_due, refusal
from scanner.schedule.plans import schedule_of
from scanner.schedule.zones import BadSchedule

NIGHTS: tuple[tuple[tuple[int, int], ...], ...] = (*(((0, 360), (1320, 1440)) for _ in range(5)), (), ())
ICS = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261125\nSUMMARY:Freeze\nEND:VEVENT\nEND:VCALENDAR\n"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_word_of_a_plan_counts() -> None:
    plan = Plan(
        "nightly",
        cron="30 1 * * *",
        zone="Europe/London",
        missed="skip",
        jitter_seconds=600,
        max_seconds=7200,
        allowed=Hours("Europe/London", NIGHTS, Calendar("bank holidays", (date(2026, 11, 24),))),
        blackouts=(Calendar("freeze", (date(2026, 11, 26),), ICS),),
    )
    schedule = schedule_of(plan)
    found = [f"{one:%a %d}" for one in next_due(schedule, utc("2026-11-22T12:00"), 3)]
    assert found == ["Mon 23", "Fri 27", "Mon 30"]
    assert (schedule.if_missed, schedule.max_duration) == (IfMissed.SKIP, schedule.jitter * 12)
    assert refusal(schedule, utc("2026-11-25T01:30")).startswith("blackout 'freeze: Freeze'")
    assert refusal(schedule, utc("2026-11-24T01:30")).startswith("blackout 'bank holidays'")


def test_hours_have_a_zone_of_their_own() -> None:
    plan = Plan("p", every_seconds=3600, allowed=Hours("America/New_York", tuple(((540, 600),) for _ in range(7))))
    assert [one.hour for one in next_due(schedule_of(plan), utc("2026-11-22"), 2)] == [14, 14]


def test_anchors() -> None:
    naive = Plan("p", every_seconds=7200, zone="Europe/London", starts=datetime(2026, 7, 1, 0, 30))  # noqa: DTZ001
    aware = Plan("p", every_seconds=7200, zone="Europe/London", starts=utc("2026-06-30T23:30"))
    assert schedule_of(naive) == schedule_of(aware)
    assert [f"{one:%H:%M}" for one in next_due(schedule_of(aware), utc("2026-11-22"), 2)] == ["01:30", "03:30"]
    weekly = Plan("p", rrule="FREQ=WEEKLY;INTERVAL=2", starts=utc("2026-11-22T03:00"))
    assert [f"{one:%d}" for one in next_due(schedule_of(weekly), utc("2026-11-22T03:00"), 2)] == ["06", "20"]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan("p"), "schedule p: exactly one"),
        (Plan("p", cron="x"), "schedule p: cron 'x'"),
        (Plan("p", every_seconds=5), "at most once a minute"),
        (Plan("p", cron="@daily", zone="Mars"), "schedule p: time zone 'Mars'"),
        (Plan("p", rrule="FREQ=DAILY;INTERVAL=2"), "say from when"),
        (Plan("p", cron="@daily", allowed=Hours("UTC", ((),) * 7)), "names no hour at all"),
    ],
)
def test_plans_that_are_refused(plan: Plan, words: str) -> None:
    with pytest.raises(BadSchedule, match=words):
        schedule_of(plan)
