"""The worked example of docs/availability.md is what the arithmetic says."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.availability import Availability, Figures, Record, Terms, Verdict, availability, in_hours
from checks.maintenance import Allowance, Maintenance
from checks.service_hours import ServiceHours
from inventory.facts.availability import Interval, State

LONDON = ZoneInfo("Europe/London")
PAGE = (Path(__file__).parents[2] / "docs" / "availability.md").read_text(encoding="utf-8")


def at(day: int, clock: str) -> float:
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime(2026, 3, day, hour, minute, tzinfo=LONDON).timestamp()


def of_march() -> Availability:
    start, end = at(1, "00:00"), datetime(2026, 4, 1, tzinfo=LONDON).timestamp()
    events = [
        (at(3, "09:15"), at(3, "10:45"), State.DOWN),
        (at(7, "22:10"), at(8, "01:20"), State.DOWN),
        (at(11, "12:00"), at(11, "15:00"), State.UNKNOWN),
        (at(14, "20:00"), at(14, "22:30"), State.DOWN),
        (at(19, "17:30"), at(20, "08:30"), State.DOWN),
        (at(24, "10:00"), at(24, "14:00"), State.DEGRADED),
        (at(28, "23:00"), at(29, "06:00"), State.DOWN),
    ]
    intervals, now = [], start
    for begin, finish, state in events:
        intervals += [Interval(now, begin, State.UP), Interval(begin, finish, state)]
        now = finish
    intervals.append(Interval(now, end, State.UP))
    register = [
        Maintenance(at(2, "10:00"), at(7, "22:00"), at(8, "02:00"), "supplier", "CHG1"),
        Maintenance(at(14, "20:30"), at(14, "20:00"), at(14, "23:00"), "supplier", "CHG2"),
    ]
    week = dict.fromkeys(range(5), ((8 * 60, 18 * 60),))
    terms = Terms(
        allowance=Allowance(4, zone=LONDON), hours=ServiceHours(LONDON, week), zone=LONDON, claimed=Decimal("0.98")
    )
    now_is = datetime(2026, 4, 2, tzinfo=UTC).timestamp()
    return availability(Record.of(intervals, terms), (start, end), now_is, terms, register)


def hours(ms: int | Fraction) -> str:
    return f"{in_hours(ms):g} h"


def percent(value: Fraction | None) -> str:
    assert value is not None
    return f"{float(value) * 100:.2f} %"


def column(figures: Figures) -> dict[str, str]:
    assert figures.mttr is not None
    assert figures.mtbf is not None
    assert figures.worst_day
    return {
        "promised": hours(figures.promised),
        "excluded": hours(figures.excluded),
        "base": hours(figures.base),
        "up": hours(figures.up),
        "degraded": hours(figures.degraded),
        "down": hours(figures.down),
        "unknown": hours(figures.unknown),
        "measured": percent(figures.measured),
        "lower bound": percent(figures.lower),
        "upper bound": percent(figures.upper),
        "point value": percent(figures.point),
        "outages": str(len(figures.outages)),
        "longest": hours(figures.longest),
        "MTTR": hours(figures.mttr),
        "MTBF": hours(figures.mtbf),
        "worst day": f"{figures.worst_day[0]}, {hours(figures.worst_day[1])}",
    }


def test_the_table_of_the_page_is_computed() -> None:
    found = of_march()
    assert found.promised
    table = PAGE.split("| figure | 24x7 | business hours |")[1]
    rows = {
        name: (left, right) for name, left, right in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    }
    always, promised = column(found.always), column(found.promised)
    assert {name: row for name, row in rows.items() if name != "---"} == {
        name: (always[name], promised[name]) for name in always
    }


def test_the_sentence_about_the_claim_is_computed() -> None:
    claim = of_march().claim
    assert claim
    assert claim.verdict is Verdict.CANNOT_BE_DECIDED
    sentence = f"{hours(claim.allowed_down)} were allowed, {hours(claim.down)} were down for certain"
    assert sentence in PAGE
    assert f"{hours(claim.down_at_most)} at most" in PAGE


def test_the_late_entry_is_shown_and_excludes_nothing() -> None:
    account = of_march().maintenance
    assert [one.reference for one in account.late] == ["CHG2"]
    assert [one.reference for one in account.declared] == ["CHG1"]
    assert account.over_allowance == ()
