"""Cases with a name: maintenance, formulas, claims, open outages, broken records."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from checks.availability import Availability, Planned, Record, Terms, Verdict, availability
from checks.maintenance import Allowance, Maintenance, Per, account
from checks.service_hours import BadHours, ServiceHours
from checks.spans import HOUR
from checks.timeline import BadRecord, NeedsIntervals, Rollup, Sums, Timeline, cut_hours, hourly
from inventory.facts.availability import Interval, State

DAY = 86_400.0
START = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


def hour(number: float) -> float:
    return START + number * 3600


def record(*parts: tuple[float, float, State]) -> list[Interval]:
    """UP for 30 days but for these hours."""
    found, at = [], 0.0
    for begin, end, state in parts:
        found += [Interval(hour(at), hour(begin), State.UP), Interval(hour(begin), hour(end), state)]
        at = end
    return [*found, Interval(hour(at), hour(720), State.UP)]


def measure(intervals: list[Interval], terms: Terms, *register: Maintenance, now: float = 720) -> Availability:
    return availability(Record.of(intervals, terms), (hour(0), hour(720)), hour(now), terms, register)


def window(start: float, end: float, registered: float = -24) -> Maintenance:
    return Maintenance(hour(registered), hour(start), hour(end), "supplier")


def test_98_percent_of_30_days_allows_14_4_hours() -> None:
    found = measure(record((10, 24.4, State.DOWN)), Terms(claimed=Decimal("0.98")))
    assert found.claim
    assert (found.claim.allowed_down, found.claim.down) == (int(14.4 * HOUR), int(14.4 * HOUR))
    assert found.claim.verdict is Verdict.HOLDS
    worse = measure(record((10, 24.41, State.DOWN)), Terms(claimed=Decimal("0.98")))
    assert worse.claim
    assert worse.claim.verdict is Verdict.DOES_NOT_HOLD


def test_an_hour_nobody_watched_leaves_the_claim_open() -> None:
    found = measure(record((10, 24, State.DOWN), (100, 101, State.UNKNOWN)), Terms(claimed=Decimal("0.98")))
    assert found.claim
    assert found.claim.verdict is Verdict.CANNOT_BE_DECIDED
    assert found.claim.down_at_most == 15 * HOUR


def test_without_any_sample_nothing_is_claimed() -> None:
    found = measure([], Terms(claimed=Decimal("0.98")))
    assert (found.always.lower, found.always.upper, found.always.point) == (Fraction(0), Fraction(1), None)
    assert found.always.measured == 0
    assert found.claim
    assert found.claim.verdict is Verdict.CANNOT_BE_DECIDED


def test_the_two_formulas_differ_on_planned_downtime() -> None:
    allowance = Allowance(100)
    parts = record((10, 20, State.DOWN), (30, 40, State.DOWN))
    out = measure(parts, Terms(Planned.TAKEN_OUT, allowance), window(10, 20)).always
    as_up = measure(parts, Terms(Planned.COUNTED_AS_UP, allowance), window(10, 20)).always
    assert (out.lower, out.base) == (Fraction(700, 710), 710 * HOUR)
    assert (as_up.lower, as_up.base) == (Fraction(710, 720), 720 * HOUR)
    assert out.excluded_down == as_up.excluded_down == 10 * HOUR
    assert [one.down for one in out.outages] == [10 * HOUR]


@pytest.mark.parametrize(
    ("registered", "excluded"), [(9.999, 10), (10, 0), (11, 0), (-500, 10)], ids=["before", "at once", "late", "early"]
)
def test_maintenance_counts_only_when_registered_before_its_start(registered: float, excluded: int) -> None:
    found = measure(record((10, 20, State.DOWN)), Terms(allowance=Allowance(None)), window(10, 20, registered))
    assert found.always.excluded == excluded * HOUR
    assert found.always.down == (10 - excluded) * HOUR
    assert len(found.maintenance.late) == (excluded == 0)


def test_the_allowance_is_used_up_in_order_and_the_rest_counts() -> None:
    register = (window(50, 54), window(10, 13), window(12, 14), window(100, 101))
    found = measure(record((10, 14, State.DOWN), (50, 54, State.DOWN)), Terms(allowance=Allowance(6)), *register)
    assert found.maintenance.excluded == tuple(
        (round(hour(a) * 1000), round(hour(b) * 1000)) for a, b in [(10, 14), (50, 52)]
    )
    assert found.always.down == 2 * HOUR
    assert found.maintenance.over_allowance[-1] == (round(hour(100) * 1000), round(hour(101) * 1000))


def test_a_contract_that_names_no_allowance_has_none() -> None:
    assert measure(record((10, 20, State.DOWN)), Terms(), window(10, 20)).always.excluded == 0


def test_months_are_those_of_the_contracts_zone() -> None:
    """Two hours around midnight of 1 July in London are 23:00 to 01:00 UTC: one hour of June, one of July there."""
    london = ZoneInfo("Europe/London")
    begin = datetime(2026, 6, 30, 23, tzinfo=london).timestamp()
    entry = Maintenance(0, begin, begin + 7200, "supplier")
    period = (round(begin * 1000) - HOUR, round(begin * 1000) + 3 * HOUR)
    there = account([entry], Allowance(1, Per.MONTH, london), *period)
    assert there.excluded == ((round(begin * 1000), round(begin * 1000) + 2 * HOUR),)
    in_utc = account([entry], Allowance(1, Per.MONTH, UTC), *period)  # all of it is June there
    assert in_utc.excluded == ((round(begin * 1000), round(begin * 1000) + HOUR),)


def test_a_period_that_begins_on_the_last_evening_of_a_month_there() -> None:
    """02:00 UTC on 1 July is still June in New York: the allowance is June's."""
    zone = ZoneInfo("America/New_York")
    begin = datetime(2026, 7, 1, 2, tzinfo=UTC).timestamp()
    settled = account(
        [Maintenance(0, begin, begin + 3600, "supplier")],
        Allowance(1, Per.MONTH, zone),
        round(begin * 1000),
        round(begin * 1000) + 4 * HOUR,
    )
    assert settled.excluded == ((round(begin * 1000), round(begin * 1000) + HOUR),)
    assert settled.allowed_ms == 2 * HOUR  # June's and July's


def test_what_was_used_before_the_period_is_used() -> None:
    first, second = window(1, 4), window(500, 504)
    middle = (round(hour(400) * 1000), round(hour(700) * 1000))
    settled = account([first, second], Allowance(5, Per.MONTH), *middle)
    assert settled.excluded == ((round(hour(500) * 1000), round(hour(502) * 1000)),)
    assert settled.declared == (second,)
    per_period = account([first, second], Allowance(5, Per.PERIOD), *middle)
    assert per_period.excluded == ((round(hour(500) * 1000), round(hour(504) * 1000)),)


def test_degraded_counts_as_the_target_says() -> None:
    parts = record((10, 20, State.DEGRADED))
    lenient, strict = measure(parts, Terms()).always, measure(parts, Terms(degraded_is_down=True)).always
    assert (lenient.down, lenient.degraded, len(lenient.outages)) == (0, 10 * HOUR, 0)
    assert (strict.down, strict.degraded, len(strict.outages)) == (10 * HOUR, 10 * HOUR, 1)


def test_silence_does_not_end_an_outage() -> None:
    parts = record((10, 12, State.DOWN), (12, 14, State.UNKNOWN), (14, 15, State.DOWN), (15, 16, State.UNKNOWN))
    found = measure([one for one in parts if one.start < one.end], Terms()).always
    assert [(one.down, one.at_most) for one in found.outages] == [(3 * HOUR, 6 * HOUR)]
    assert found.outages[0].end == round(hour(15) * 1000)


def test_an_outage_that_goes_on_and_one_that_began_before() -> None:
    parts = [Interval(hour(-5), hour(2), State.DOWN), Interval(hour(2), hour(700), State.UP)]
    found = measure([*parts, Interval(hour(700), hour(720), State.DOWN)], Terms(), now=710).always
    assert [(one.began_before, one.end is None, one.down) for one in found.outages] == [
        (True, False, 2 * HOUR),
        (False, True, 10 * HOUR),
    ]
    at_once = measure([Interval(hour(0), hour(2), State.DOWN)], Terms()).always
    assert not at_once.outages[0].began_before


def test_the_future_is_not_measured() -> None:
    found = measure(record(), Terms(), now=24)
    assert (found.always.promised, found.always.lower) == (24 * HOUR, Fraction(1))
    assert measure(record(), Terms(), now=-1).always.lower is None


def test_point_value_takes_the_unknown_out() -> None:
    found = measure(record((0, 360, State.UNKNOWN), (360, 540, State.DOWN)), Terms()).always
    assert (found.lower, found.point, found.upper) == (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
    assert found.measured == Fraction(1, 2)


def test_mttr_and_mtbf() -> None:
    found = measure(record((10, 12, State.DOWN), (20, 26, State.DOWN)), Terms()).always
    assert (found.mttr, found.mtbf, found.longest) == (Fraction(4 * HOUR), Fraction(356 * HOUR), 6 * HOUR)
    quiet = measure(record(), Terms()).always
    assert (quiet.mttr, quiet.mtbf, quiet.longest, quiet.worst_day) == (None, None, 0, None)


def test_a_leap_day_and_a_holiday() -> None:
    zone = ZoneInfo("Europe/London")
    hours = ServiceHours(zone, dict.fromkeys(range(5), ((540, 1020),)), frozenset({date(2028, 2, 28)}))
    begin, end = (round(datetime(2028, 2, day, tzinfo=zone).timestamp() * 1000) for day in (28, 29))
    assert hours.spans(begin, end) == ()
    assert sum(b - a for a, b in hours.spans(end, end + 24 * HOUR)) == 8 * HOUR  # Tuesday 29 February


def test_hours_of_a_zone_that_goes_back_over_midnight() -> None:
    """St John's went from 00:01 back to 23:01 of the day before until 2011."""
    zone = ZoneInfo("America/St_Johns")
    hours = ServiceHours(zone, {5: ((1380, 1440),)})  # Saturday 23:00 to 24:00
    begin = round(datetime(2010, 11, 6, 12, tzinfo=UTC).timestamp() * 1000)
    spans = hours.spans(begin, begin + 36 * HOUR)
    assert sum(b - a for a, b in spans) == HOUR + 59 * 60_000


@pytest.mark.parametrize("bounds", [(0, 1441), (600, 600), (-1, 5), (700, 60)])
def test_hours_that_cannot_be_meant_are_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(BadHours, match="write a window of one day"):
        ServiceHours(UTC, {0: (bounds,)})


def test_records_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(BadRecord, match="overlap"):
        Timeline.of([Interval(0, 10, State.UP), Interval(9, 20, State.DOWN)])
    with pytest.raises(BadRecord, match="EXCLUDED"):
        Timeline.of([Interval(0, 10, State.EXCLUDED)])
    with pytest.raises(BadRecord, match="not of one hour"):
        Timeline.of_rollups([Rollup(0, Sums(up=HOUR + 1))])
    with pytest.raises(BadRecord, match="not of one hour"):
        Timeline.of_rollups([Rollup(60, Sums(up=HOUR))])
    with pytest.raises(BadRecord, match="two rollups"):
        Timeline.of_rollups([Rollup(0, Sums(up=HOUR)), Rollup(0, Sums(up=HOUR))])
    with pytest.raises(BadRecord, match="differ"):
        Timeline.of_rollups([Rollup(0, Sums(up=HOUR - 1, down=1))], [Interval(0, 3600, State.UP)])


def test_a_mixed_hour_that_is_cut_asks_for_its_intervals() -> None:
    intervals = [Interval(0, 1800, State.UP), Interval(1800, 7200, State.DOWN)]
    rolled = Timeline.of_rollups(hourly(intervals))
    assert rolled.sums([(HOUR, HOUR + 5)]) == Sums(down=5)  # an hour of one state may be cut
    with pytest.raises(NeedsIntervals, match="hand over its intervals") as asked:
        rolled.sums([(0, 60_000)])
    assert asked.value.hour == 0
    assert cut_hours([0.0, 60.0, 3600.0, 7199.5]) == (0, 3600)
    with_detail = Timeline.of_rollups(hourly(intervals), intervals)
    assert with_detail.sums([(0, HOUR // 2)]) == Sums(up=HOUR // 2)


def test_half_the_intervals_of_an_hour_are_of_no_use_and_do_no_harm() -> None:
    intervals = [Interval(0, 1800, State.UP), Interval(1800, 5400, State.DOWN), Interval(5400, 7200, State.UP)]
    of_first_hour = [one for one in intervals if one.start < 3600]
    rolled = Timeline.of_rollups(hourly(intervals), of_first_hour)
    assert rolled.sums([(HOUR // 4, HOUR)]) == Sums(up=HOUR // 4, down=HOUR // 2)
    with pytest.raises(NeedsIntervals):
        rolled.sums([(HOUR, HOUR + 1)])
