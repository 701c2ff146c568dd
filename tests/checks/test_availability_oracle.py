"""The arithmetic against a walk over every minute: random failures, blindness and maintenance, over clock changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.availability import Figures, Planned, Record, Terms, Verdict, availability
from checks.downtime import runs
from checks.maintenance import Allowance, Maintenance, Per
from checks.service_hours import ServiceHours, local_days
from checks.timeline import Timeline, cut_hours, hourly
from inventory.facts.availability import Interval, State

ZONES = [ZoneInfo(name) for name in ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")]
# around: spring and autumn in London, spring in New York, autumn on Lord Howe, a leap day, the turn of a month
STARTS = ["2026-03-28", "2026-10-24", "2026-03-07", "2026-04-04", "2028-02-28", "2026-11-29"]
LENGTH = 3 * 1440  # minutes
MINUTE = 60_000
CLOSED = frozenset({date(2026, 3, 30), date(2028, 2, 29)})


@dataclass(frozen=True)
class Case:
    start: int  # minutes since 1970
    truth: list[State]  # a minute each
    seen: list[State]
    register: list[Maintenance]
    terms: Terms
    frm: int  # minutes from the start
    to: int

    @property
    def intervals(self) -> list[Interval]:
        found, begin = [], 0
        for end in range(1, LENGTH + 1):
            if end == LENGTH or self.seen[end] is not self.seen[begin]:
                found.append(Interval((self.start + begin) * 60.0, (self.start + end) * 60.0, self.seen[begin]))
                begin = end
        return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(ZONES))
    start = int(datetime.fromisoformat(draw(st.sampled_from(STARTS))).replace(tzinfo=UTC).timestamp()) // 60
    edges = sorted(draw(st.lists(st.integers(1, LENGTH - 1), max_size=24, unique=True)))
    truth, seen = [], []
    for begin, end in zip([0, *edges], [*edges, LENGTH], strict=True):
        state = draw(st.sampled_from([State.UP, State.UP, State.DOWN, State.DEGRADED]))
        truth += [state] * (end - begin)
        seen += [draw(st.sampled_from([state, state, state, State.UNKNOWN]))] * (end - begin)
    register = []
    for _ in range(draw(st.integers(0, 4))):
        begin = start + draw(st.integers(-3000, LENGTH))
        length, notice = draw(st.integers(1, 900)), draw(st.integers(-60, 60))
        register.append(Maintenance((begin - notice) * 60.0, begin * 60.0, (begin + length) * 60.0, "supplier"))
    terms = Terms(
        planned=draw(st.sampled_from(Planned)),
        allowance=Allowance(draw(st.sampled_from([None, 0.0, 0.5, 2.0, 9.75])), draw(st.sampled_from(Per)), zone),
        degraded_is_down=draw(st.booleans()),
        hours=ServiceHours(zone, draw(st.sampled_from(WEEKS)), CLOSED),
        zone=zone,
        claimed=draw(st.sampled_from([Decimal("0.5"), Decimal("0.98"), Decimal(1)])),
    )
    frm = draw(st.integers(0, LENGTH - 1))
    return Case(start, truth, seen, register, terms, frm, draw(st.integers(frm + 1, LENGTH)))


WEEKS: list[dict[int, tuple[tuple[int, int], ...]]] = [
    dict.fromkeys(range(5), ((540, 1020),)),
    dict.fromkeys(range(7), ((0, 90), (100, 1440))),
    dict.fromkeys(range(7), ((75, 135),)),  # inside the hour that London and New York repeat or skip
    {6: ((0, 1440),), 5: ((60, 61),)},
]


def excluded_minutes(case: Case) -> set[int]:
    """Minute by minute: declared before its start, while the month (or period) has allowance left."""
    zone, hours = case.terms.allowance.zone, case.terms.allowance.hours
    declared = sorted(
        {
            minute
            for one in case.register
            if one.registered_at < one.start
            for minute in range(int(one.start // 60), int(one.end // 60))
        }
    )
    used: dict[object, int] = {}
    found = set()
    for minute in declared:
        local = datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)
        inside = case.start + case.frm <= minute < case.start + case.to
        bucket = (local.year, local.month) if case.terms.allowance.per is Per.MONTH else inside or None
        if bucket is None:
            continue
        used[bucket] = used.get(bucket, 0) + 1
        if hours is None or used[bucket] <= hours * 60:
            found.add(minute)
    return found


def promised_minutes(case: Case) -> Iterator[int]:
    hours = case.terms.hours
    assert hours
    for minute in range(case.start + case.frm, case.start + case.to):
        local = datetime.fromtimestamp(minute * 60, UTC).astimezone(hours.zone)
        of_day = local.hour * 60 + local.minute
        if local.date() not in hours.holidays and any(
            a <= of_day < b for a, b in hours.weekly.get(local.weekday(), ())
        ):
            yield minute


def outages_by_minute(case: Case, counted: set[int], bad: set[State]) -> list[int]:
    """Minutes down of each outage, oldest first: one lasts until a minute proves that it works."""
    found: list[int] = []
    down = 0
    for offset, state in enumerate(case.seen):
        if state in bad:
            down += case.start + offset in counted
        elif state is not State.UNKNOWN:
            found, down = [*found, down], 0
    return [one for one in [*found, down] if one]


def check(case: Case, measured: Figures, scope: list[int]) -> None:
    excluded = excluded_minutes(case)
    counted = [minute for minute in scope if minute not in excluded]
    bad = {State.DOWN, State.DEGRADED} if case.terms.degraded_is_down else {State.DOWN}
    seen = [case.seen[minute - case.start] for minute in counted]
    down = sum(state in bad for state in seen)
    unknown = seen.count(State.UNKNOWN)
    up = len(seen) - down - unknown
    assert measured.promised == len(scope) * MINUTE
    assert measured.excluded == (len(scope) - len(counted)) * MINUTE
    assert (measured.up, measured.down, measured.unknown) == (up * MINUTE, down * MINUTE, unknown * MINUTE)
    assert measured.degraded == seen.count(State.DEGRADED) * MINUTE
    by_minute = outages_by_minute(case, set(counted), bad)
    assert [one.down for one in measured.outages] == [minutes * MINUTE for minutes in by_minute]
    assert measured.longest == max(by_minute, default=0) * MINUTE
    assert sum(one.down for one in measured.outages) == measured.down
    extra = len(scope) - len(counted) if case.terms.planned is Planned.COUNTED_AS_UP else 0
    base = len(counted) + extra
    assert measured.base == base * MINUTE
    if not base:
        assert measured.lower is measured.upper is None
        return
    true_up = sum(case.truth[minute - case.start] not in bad for minute in counted)
    truth = Fraction(true_up + extra, base)
    assert measured.lower is not None
    assert measured.upper is not None
    assert measured.lower <= truth <= measured.upper
    assert measured.lower == Fraction(up + extra, base)
    assert measured.upper == Fraction(up + unknown + extra, base)
    assert measured.point == (Fraction(up + extra, base - unknown) if up + down else None)
    assert measured.point is None or measured.lower <= measured.point <= measured.upper
    check_worst_day(case, measured, counted, bad)


def check_worst_day(case: Case, measured: Figures, counted: list[int], bad: set[State]) -> None:
    days: dict[str, int] = {}
    for minute in counted:
        if case.seen[minute - case.start] in bad:
            day = datetime.fromtimestamp(minute * 60, UTC).astimezone(case.terms.zone).date().isoformat()
            days[day] = days.get(day, 0) + MINUTE
    worst = max(days.values(), default=0)
    expected = next(((day, worst) for day in sorted(days) if days[day] == worst), None)
    assert measured.worst_day == expected


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_figure_equals_the_walk_over_the_minutes(case: Case) -> None:
    period = ((case.start + case.frm) * 60.0, (case.start + case.to) * 60.0)
    found = availability(Record.of(case.intervals, case.terms), period, period[1], case.terms, case.register)
    check(case, found.always, list(range(case.start + case.frm, case.start + case.to)))
    assert found.promised
    check(case, found.promised, list(promised_minutes(case)))
    late = {one for one in case.register if one.registered_at >= one.start}
    assert set(found.maintenance.late) <= late
    assert found.claim
    if found.promised.lower is None or found.promised.upper is None:
        assert found.claim.verdict is Verdict.CANNOT_BE_DECIDED
    else:
        holds, fails = found.promised.lower >= found.claim.claimed, found.promised.upper < found.claim.claimed
        assert (found.claim.verdict is Verdict.HOLDS) == holds
        assert (found.claim.verdict is Verdict.DOES_NOT_HOLD) == fails


@settings(max_examples=40, deadline=None)
@given(cases())
def test_rollups_with_the_cut_hours_give_the_same(case: Case) -> None:
    period = ((case.start + case.frm) * 60.0, (case.start + case.to) * 60.0)
    exact = Record.of(case.intervals, case.terms)
    wanted = availability(exact, period, period[1], case.terms, case.register)
    hours = case.terms.hours
    assert hours
    spans = [*hours.spans(round(period[0] * 1000), round(period[1] * 1000)), *wanted.maintenance.excluded]
    begin, end = round(period[0] * 1000), round(period[1] * 1000)
    days = [first / 1000 for _, first, _ in local_days(begin, end, case.terms.zone)]
    known = runs(case.intervals, degraded_is_down=case.terms.degraded_is_down)
    edges = [ms / 1000 for run in known for ms in (run.earliest, run.start, run.end, run.latest) if ms is not None]
    cut = set(cut_hours([*period, *(ms / 1000 for span in spans for ms in span), *days, *edges]))
    detail = [part for one in case.intervals for part in split(one) if int(part.start) // 3600 * 3600 in cut]
    rolled = Record(Timeline.of_rollups(hourly(case.intervals), detail), exact.runs)
    assert availability(rolled, period, period[1], case.terms, case.register) == wanted


def split(interval: Interval) -> Iterator[Interval]:
    at = interval.start
    while at < interval.end:
        end = min(interval.end, (at // 3600 + 1) * 3600)
        yield Interval(at, end, interval.state)
        at = end


@settings(max_examples=30, deadline=None)
@given(cases(), st.integers(0, 10**6))
def test_hourly_rollups_add_up_to_the_intervals(case: Case, shift: int) -> None:
    moved = [Interval(one.start + shift / 1000, one.end + shift / 1000, one.state) for one in case.intervals]
    start, end = round(moved[0].start * 1000), round(moved[-1].end * 1000)
    sums = Timeline.of(moved).sums([(start, end)])
    total = Timeline().sums([])
    for rollup in hourly(moved):
        total += rollup.sums
    assert total == sums
    whole = (start // 3_600_000 * 3_600_000, end // 3_600_000 * 3_600_000 + 3_600_000)
    assert Timeline.of_rollups(hourly(moved)).sums([whole]) == Timeline.of(moved).sums([whole])


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_the_hours_of_a_year_agree_with_its_minutes(zone: ZoneInfo) -> None:
    """Every quarter of an hour of a leap year: is it inside business hours?"""
    hours = ServiceHours(zone, dict.fromkeys(range(7), ((495, 1050),)), frozenset({date(2028, 2, 29)}))
    start = int(datetime(2028, 1, 1, tzinfo=UTC).timestamp())
    end = start + 366 * 86_400
    spans = hours.spans(start * 1000, end * 1000)
    inside = {quarter for a, b in spans for quarter in range(a // 900_000, b // 900_000)}
    at = datetime(2028, 1, 1, tzinfo=UTC)
    for quarter in range(start // 900, end // 900):
        local = at.astimezone(zone)
        of_day = local.hour * 60 + local.minute
        assert (quarter in inside) == (495 <= of_day < 1050 and local.date() != date(2028, 2, 29)), local
        at += timedelta(minutes=15)
