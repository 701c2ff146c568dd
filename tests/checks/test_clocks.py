"""Clocks by the rules of domain.md, each with a case that fails when the rule is broken."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from checks.calendars import Days
from checks.clock_life import Life, life_of, milliseconds
from checks.clock_policy import preset_plain, stored
from checks.clock_types import Cause, ClockPolicy, Per, Rule, Start, When
from checks.clocks import Clock, Matter, Status, clocks, in_order, rule_for

LONDON = ZoneInfo("Europe/London")
CALENDAR = Days(LONDON)
PAUSES = {Cause.NO_VENDOR_FIX: 90, Cause.BUYER_DELAY: 10}
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def at(day: int, hour: float = 12) -> datetime:
    """Of March 2026 and on."""
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


@dataclass(frozen=True)
class Event:
    at: datetime
    why: str
    to_state: str = "OPEN"
    episode: int = 1
    proof: dict[str, Any] = field(default_factory=dict)
    actor: str = "scanner"
    role: str = "system"
    hash: str = "h"


def seen(day: int = 2) -> Event:
    return Event(at(day), "first seen")


def said(day: float, why: str, role: str = "supplier:acme", **more: object) -> Event:
    statement = {"at": at(1).isoformat(), "until": None, "evidence": [], **more}
    return Event(at(1) + timedelta(days=day - 1), why, proof={"statement": statement}, actor="A", role=role)


def claimed(day: int) -> Event:
    return replace(said(day, "claimed fixed", at=at(day).isoformat()), to_state="CLAIMED_FIXED")


def proven(failed: int, passed: int) -> Event:
    return Event(at(passed), "proven", "VERIFIED_FIXED", proof={"before": {"at": at(failed).isoformat()}})


def back(day: int, episode: int = 2) -> Event:
    return Event(at(day), "regressed", episode=episode)


def pause(first: str, last: str, ground: str = "no-vendor-fix", asked: int = 3) -> list[Event]:
    return [
        said(asked, "pause asked", more={"ground": ground, "from": first}, until=last, evidence=["e" * 64]),
        said(asked + 0.5, "clock paused", role="owner", more={"step": "granted"}),
    ]


def policy(
    days: int = 7,
    start: Start = Start.DETECTED,
    *otherwise: Start,
    working: bool = False,
    per: Per = Per.FINDING,
    continues: int = 30,
) -> ClockPolicy:
    rules = (Rule("r", days, When(), start, otherwise),)
    return ClockPolicy("p", "1", "t", "s", "2026-01-01", "Europe/London", rules, working, "", per, PAUSES, continues)


NOTHING = Matter()


def one(
    events: list[Event], now: datetime, by: ClockPolicy | None = None, about: Matter = NOTHING, days: Days = CALENDAR
) -> Clock:
    life = life_of(events)
    assert life is not None
    (made,) = clocks(by or policy(), days, about, (), life, milliseconds(now))
    return made


def due(clock: Clock) -> str:
    assert clock.due is not None
    return f"{datetime.fromtimestamp(clock.due / 1000, LONDON):%Y-%m-%d %H:%M}"


def test_the_day_of_the_event_does_not_count_and_the_last_day_ends_at_midnight() -> None:
    assert due(one([seen(2)], at(5))) == "2026-03-10 00:00"
    assert one([seen(2)], at(9, 23.9)).status is Status.RUNNING
    assert one([seen(2)], at(10, 0.1)).status is Status.BREACHED


@pytest.mark.parametrize(
    ("first", "limit", "wanted"),
    [
        (date(2026, 3, 27), 3, "2026-03-31 00:00"),  # the clocks go forward on the 29th: a day of 23 hours is a day
        (date(2026, 10, 23), 3, "2026-10-27 00:00"),  # back on the 25th
        (date(2024, 2, 27), 2, "2024-03-01 00:00"),  # a leap day counts
        (date(2025, 2, 27), 2, "2025-03-02 00:00"),
    ],
)
def test_days_are_days_of_the_calendar(first: date, limit: int, wanted: str) -> None:
    detected = datetime(first.year, first.month, first.day, 15, tzinfo=LONDON)
    made = one([Event(detected, "first seen")], detected, policy(limit))
    assert due(made) == wanted


def test_working_days_leave_out_weekends_and_bank_holidays() -> None:
    easter = Days(LONDON, working=True, off=(date(2026, 4, 3), date(2026, 4, 6)))
    detected = Event(datetime(2026, 4, 1, 9, tzinfo=UTC), "first seen")  # Wednesday
    made = one([detected], at(40), policy(3, working=True), days=easter)
    assert due(made) == "2026-04-09 00:00"  # Thursday the 2nd, Tuesday, Wednesday
    assert made.unit == "working days"


def test_a_claim_does_not_stop_the_clock() -> None:
    open_, claimed_ = one([seen()], at(20)), one([seen(), claimed(4)], at(20))
    assert claimed_.status is Status.BREACHED
    assert (claimed_.net, claimed_.due) == (open_.net, open_.due)
    assert "until a look proves it" in claimed_.notes[0]


def test_a_proven_claim_counts_to_its_own_time_and_the_wait_is_not_charged() -> None:
    made = one([seen(2), claimed(8), proven(5, 20)], at(30))
    assert made.status is Status.MET
    assert (made.claim, made.last_fail, made.first_pass) == tuple(map(milliseconds, (at(8), at(5), at(20))))
    assert made.waited == milliseconds(at(20)) - milliseconds(at(8))
    assert made.net == Fraction(11, 2)  # the 3rd to the 7th, and half of the 8th


def test_a_claim_after_the_due_day_is_late_by_its_own_word() -> None:
    assert one([seen(2), claimed(15), proven(5, 20)], at(30)).status is Status.BREACHED


def test_without_a_claim_only_what_is_certain_is_charged() -> None:
    assert one([seen(2), proven(5, 8)], at(30)).status is Status.MET
    between = one([seen(2), proven(5, 20)], at(30))  # due on the 10th: nobody looked
    assert (between.status, between.waited) == (Status.UNDECIDED, milliseconds(at(20)) - milliseconds(at(5)))
    assert one([seen(2), proven(12, 20)], at(30)).status is Status.BREACHED


def test_a_claim_that_a_later_fail_refuted_counts_nothing() -> None:
    rejected = Event(at(6), "claim rejected")
    made = one([seen(2), claimed(4), rejected, proven(6, 20)], at(30))
    assert made.claim is None


def test_a_claim_cannot_be_dated_before_the_last_fail() -> None:
    early = replace(claimed(8), proof={"statement": {"at": at(1).isoformat()}})
    assert one([seen(2), early, proven(5, 20)], at(30)).claim is None


def test_a_pause_takes_its_time_out_of_net_and_not_of_gross() -> None:
    made = one([seen(2), *pause("2026-03-05", "2026-03-08")], at(9))
    assert due(made) == "2026-03-14 00:00"
    assert made.due_gross == one([seen(2)], at(9)).due
    assert made.gross - made.net == 4
    assert made.stood[0].pause.approved_by == "A (owner)"


def test_pauses_that_overlap_count_once() -> None:
    twice = [*pause("2026-03-05", "2026-03-08"), *pause("2026-03-07", "2026-03-09", "buyer-delay", 5)]
    assert due(one([seen(2), *twice], at(9))) == "2026-03-15 00:00"


def test_a_pause_that_the_other_side_has_not_granted_counts_nothing() -> None:
    asked = pause("2026-03-05", "2026-03-08")[:1]
    refused = [*asked, said(4, "request refused", role="owner")]
    assert one([seen(2), *asked], at(9)) == one([seen(2)], at(9)) == one([seen(2), *refused], at(9))


def test_no_vendor_fix_without_the_supplier_s_statement_pauses_nothing() -> None:
    asked, granted = pause("2026-03-05", "2026-03-08")
    asked.proof["statement"]["evidence"] = []
    assert one([seen(2), asked, granted], at(9)).due == one([seen(2)], at(9)).due


def test_what_is_refused_of_something_else_leaves_the_pause_asked() -> None:
    asked, granted = pause("2026-03-05", "2026-03-08")
    other = said(3.2, "request refused", role="accreditor", more={"of": "request-acceptance"})
    assert due(one([seen(2), asked, other, granted], at(9))) == "2026-03-14 00:00"


def test_a_pause_ends_at_its_maximum_and_when_it_is_resumed() -> None:
    long = one([seen(2), *pause("2026-03-03", "2026-03-31", "buyer-delay")], at(9))
    assert due(long) == "2026-03-20 00:00"  # ten days of it
    assert "allows no longer pause" in long.stood[0].note
    resumed = [*pause("2026-03-03", "2026-03-12", "buyer-delay"), said(6, "clock resumed", role="owner")]
    assert due(one([seen(2), *resumed], at(9))) == "2026-03-13 12:00"


def test_a_cause_that_the_policy_does_not_know_never_pauses() -> None:
    made = one([seen(2), *pause("2026-03-03", "2026-03-09", "force-majeure")], at(9))
    assert made.due == made.due_gross
    assert "does not pause for force-majeure" in made.stood[0].note


def test_a_pause_now_shows() -> None:
    assert one([seen(2), *pause("2026-03-05", "2026-03-08")], at(6)).status is Status.PAUSED


@pytest.mark.parametrize(
    ("about", "told", "start", "note"),
    [
        (Matter(released=date(2026, 2, 20)), False, Start.FIX_RELEASED, ""),
        (Matter(alerted=date(2026, 2, 10)), False, Start.ALERT, "no day of release of a fix is known"),
        (Matter(), True, Start.TOLD, "no day of publication is known"),
        (Matter(), False, Start.DETECTED, "nobody has recorded that the supplier was told"),
        (Matter(released=date(9999, 12, 31)), False, Start.DETECTED, "9999-12-31 is still to come"),
    ],
)
def test_a_start_event_that_is_not_known_falls_back_and_says_so(
    about: Matter, told: bool, start: Start, note: str
) -> None:
    events = [seen(2), *([said(4, "supplier told", more={"told_at": at(3).isoformat()})] if told else [])]
    made = one(events, at(9), policy(7, Start.FIX_RELEASED, Start.ALERT, Start.TOLD, Start.DETECTED), about)
    assert made.start is start
    assert bool(made.notes) == bool(note)
    assert note in "".join(made.notes)


def test_without_a_fallback_the_clock_has_not_started_and_says_why() -> None:
    made = one([seen(2)], at(90), policy(7, Start.TOLD))
    assert (made.status, made.due) == (Status.NOT_STARTED, None)
    assert "nobody has recorded" in made.notes[0]


def test_told_counts_from_when_it_was_told_not_from_when_that_was_recorded() -> None:
    events = [seen(2), said(10, "supplier told", more={"told_at": at(4).isoformat()})]
    assert due(one(events, at(11), policy(7, Start.TOLD))) == "2026-03-12 00:00"


def test_a_regression_soon_goes_on_with_the_old_clock_and_the_time_between_is_not_counted() -> None:
    made = one([seen(2), claimed(5), proven(4, 6), back(20)], at(21))
    assert made.started == milliseconds(at(2))
    assert made.fixed == ((milliseconds(at(5)), milliseconds(at(20))),)
    assert made.gross - made.net == 15
    assert made.status is Status.RUNNING


def test_a_regression_later_starts_anew_and_says_so() -> None:
    made = one([seen(2), claimed(5), proven(4, 6), back(40)], at(41))
    assert made.started == milliseconds(at(40))
    assert "came back after 34 days" in made.notes[0]
    assert one([seen(2), proven(4, 6), back(20)], at(21), policy(continues=0)).started == milliseconds(at(20))


def test_an_old_release_does_not_make_what_starts_anew_late_at_once() -> None:
    about = Matter(released=date(2026, 1, 1))
    made = one([seen(2), proven(4, 6), back(60)], at(61), policy(7, Start.FIX_RELEASED), about)
    assert (made.started, made.status) == (milliseconds(at(60)), Status.RUNNING)


def test_a_proof_that_was_withdrawn_stopped_nothing() -> None:
    made = one([seen(2), proven(4, 6), Event(at(7), "withdrawn")], at(30))
    assert (made.status, made.first_pass) == (Status.BREACHED, None)


def test_no_weakness_after_all_is_not_counted() -> None:
    assert one([seen(2), Event(at(5), "false positive", "FALSE_POSITIVE")], at(30)).status is Status.VOID


def test_an_acceptance_does_not_stop_the_clock() -> None:
    assert one([seen(2), Event(at(5), "risk accepted", "RISK_ACCEPTED")], at(30)).status is Status.BREACHED


def test_members_with_the_same_start_share_a_clock_and_the_others_have_their_own() -> None:
    about = [
        Matter("CVE-1", released=date(2026, 3, 1)),
        Matter("CVE-2", released=date(2026, 3, 1)),
        Matter("CVE-3", released=date(2026, 3, 5)),
    ]
    life = Life(life_of([seen(2)]).episodes)  # type: ignore[union-attr]  # it has events
    made = clocks(policy(7, Start.FIX_RELEASED, per=Per.MEMBER), CALENDAR, Matter(), about, life, milliseconds(at(9)))
    assert [(clock.members, due(clock)) for clock in made] == [
        (("CVE-1", "CVE-2"), "2026-03-09 00:00"),
        (("CVE-3",), "2026-03-13 00:00"),
    ]
    assert [clock.status for clock in made] == [Status.BREACHED, Status.RUNNING]


def test_the_first_that_was_breached_leads_then_the_earliest_due() -> None:
    late, later, runs = one([seen(2)], at(20)), one([seen(5)], at(20)), one([seen(19)], at(20))
    assert in_order([runs, later, late]) == (late, later, runs)


def test_no_days_at_all_is_due_when_it_starts() -> None:
    assert one([seen(2)], at(2, 12.5), policy(0)).status is Status.BREACHED


# presets

UPDATE = Matter("CVE-1", theme="missing OS patch", level="high", score=7.5, fixable=True, bod="14 days")


@pytest.mark.parametrize(
    ("preset", "about", "days"),
    [
        ("moj", replace(UPDATE, level="critical"), 7),
        ("moj", replace(UPDATE, kind="laptop"), 14),
        ("moj", replace(UPDATE, level="unrated"), 7),
        ("moj", replace(UPDATE, level="medium"), 28),
        ("moj", replace(UPDATE, level="low", kind="laptop"), 90),
        ("moj", replace(UPDATE, level="info"), None),
        ("cyber-essentials", UPDATE, 14),
        ("cyber-essentials", replace(UPDATE, score=6.9), None),
        ("cyber-essentials", replace(UPDATE, score=6.9, vendor="Critical"), 14),
        ("cyber-essentials", replace(UPDATE, score=None), 14),
        ("cyber-essentials", replace(UPDATE, score=None, vendor="low"), None),
        ("cyber-essentials", replace(UPDATE, fixable=False), None),
        ("cyber-essentials", Matter(theme="unsupported", level="high"), 0),
        ("ncsc", replace(UPDATE, exposure="internet"), 5),
        ("ncsc", UPDATE, 7),
        ("ncsc", replace(UPDATE, theme="firmware"), 14),
        ("cisa-bod-26-04", UPDATE, 14),
        ("cisa-bod-26-04", replace(UPDATE, bod="3 days and forensic investigation"), 3),
        ("cisa-bod-26-04", replace(UPDATE, bod="fix on system upgrade"), None),
        ("custom", replace(UPDATE, level="unrated"), 10),
    ],
)
def test_preset(preset: str, about: Matter, days: int | None) -> None:
    rule = rule_for(stored(preset_plain(preset), preset), about)
    assert (rule.days if rule else None) == days


def test_cyber_essentials_never_pauses() -> None:
    made = stored(preset_plain("cyber-essentials"), "x")
    assert not made.pauses


def test_an_unknown_exposure_is_internal_and_said() -> None:
    made = clocks(
        stored(preset_plain("ncsc"), "x"),
        CALENDAR,
        UPDATE,
        (UPDATE,),
        Life(life_of([seen(2)]).episodes),  # type: ignore[union-attr]  # it has events
        milliseconds(at(9)),
    )
    assert "taken as internal" in made[0].notes[0]
