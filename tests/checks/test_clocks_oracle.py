"""Clocks against one that is counted by hand: every half hour is looked at and nothing is clever."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from checks.calendars import Count, Days
from checks.clocks import due_at, net
from checks.spans import Spans, union

STEP = 1_800_000
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks go forward by half an hour
BANK = (date(2024, 3, 29), date(2024, 4, 1), date(2024, 5, 6), date(2024, 2, 28), date(2024, 10, 28))
fast = settings(derandomize=True, max_examples=25, deadline=None, database=None)


def aligned(when: datetime) -> int:
    return round(when.timestamp() * 1000) // STEP * STEP


# Around both changes of the clock, a leap day, and Easter with its two bank holidays.
begins = st.sampled_from(
    [date(2024, 2, 26), date(2024, 3, 27), date(2024, 10, 24), date(2023, 12, 29), date(2025, 2, 25)]
)
starts = st.builds(
    lambda day, steps: aligned(datetime(day.year, day.month, day.day, tzinfo=UTC)) + steps * STEP,
    begins,
    st.integers(0, 200),
)
calendars = st.builds(
    Days,
    st.sampled_from([LONDON, NEW_YORK, LORD_HOWE, ZoneInfo("UTC")]),
    st.booleans(),
    st.sampled_from([frozenset({5, 6}), frozenset({4, 5}), frozenset({6})]),
    st.lists(st.sampled_from(BANK), max_size=5).map(tuple),
)
pauses = st.lists(st.tuples(st.integers(-100, 450), st.integers(0, 250)), max_size=4)


def spans(start: int, drawn: list[tuple[int, int]]) -> Spans:
    return union((start + at * STEP, start + (at + long) * STEP) for at, long in drawn)


class Tally:
    """Walks through time from the start on."""

    def __init__(self, start: int, days: Days, still: Spans, steps: int = 48 * 45) -> None:
        self.first = self._date(start, days)
        self.dates = [self._date(start + n * STEP, days) for n in range(-49, steps + 49)]
        length: dict[date, int] = {}
        for day in self.dates:
            length[day] = length.get(day, 0) + 1
        self.start, self.still = start, still
        self.worth = {
            day: Fraction(1, n) if day > self.first and self._works(day, days) else Fraction(0)
            for day, n in length.items()
        }

    @staticmethod
    def _date(at: int, days: Days) -> date:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone(days.zone).date()

    @staticmethod
    def _works(day: date, days: Days) -> bool:
        return not days.working or (day.weekday() not in days.weekend and day not in days.off)

    def until(self, end: int) -> Fraction:
        """Counted from the start to ``end``."""
        steps = (end - self.start) // STEP
        return sum((self.one(n) for n in range(steps)), Fraction(0))

    def one(self, n: int) -> Fraction:
        at = self.start + n * STEP
        return Fraction(0) if any(a <= at < b for a, b in self.still) else self.worth[self.dates[n + 49]]

    def due(self, days: int) -> int:
        counted, n = Fraction(0), 0
        while counted < days:
            counted += self.one(n)
            n += 1
        return self.start + n * STEP


@fast
@given(starts, calendars, pauses, st.integers(1, 8))
def test_due_is_where_the_tally_is_full(start: int, days: Days, drawn: list[tuple[int, int]], limit: int) -> None:
    still = spans(start, drawn)
    full = Tally(start, days, still).due(
        limit
    )  # the end of the half hour in which it is; a day may have 23 or 25 hours
    assert full - STEP < due_at(Count.after(start, days), limit, still, start) <= full


@fast
@given(starts, calendars, pauses, st.integers(0, 48 * 20))
def test_gross_and_net_are_the_tally(start: int, days: Days, drawn: list[tuple[int, int]], steps: int) -> None:
    still, end = spans(start, drawn), start + steps * STEP
    count = Count.after(start, days)
    assert count.worth(end) == Tally(start, days, ()).until(end)
    assert net(count, end, still) == Tally(start, days, still).until(end)
    assert 0 <= net(count, end, still) <= count.worth(end)


@fast
@given(starts, calendars, pauses, st.tuples(st.integers(-100, 450), st.integers(0, 250)), st.integers(1, 8))
def test_another_pause_never_makes_it_due_earlier(
    start: int, days: Days, drawn: list[tuple[int, int]], more: tuple[int, int], limit: int
) -> None:
    count = Count.after(start, days)
    assert due_at(count, limit, spans(start, [*drawn, more]), start) >= due_at(count, limit, spans(start, drawn), start)


@fast
@given(starts, calendars, pauses, st.integers(1, 8))
def test_the_same_pause_twice_counts_once(start: int, days: Days, drawn: list[tuple[int, int]], limit: int) -> None:
    count = Count.after(start, days)
    once, twice = spans(start, drawn), spans(start, [*drawn, *drawn])
    assert due_at(count, limit, once, start) == due_at(count, limit, twice, start)
    assert net(count, start + 20 * 48 * STEP, once) == net(count, start + 20 * 48 * STEP, twice)


@fast
@example(date(2024, 2, 28), 1)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 300))
def test_the_nth_working_day_is_the_one_that_counting_finds(first: date, number: int) -> None:
    days = Days(LONDON, working=True, off=BANK)
    day, seen = first, 0
    while (seen := seen + days.counts(day)) < number:
        day += timedelta(days=1)
    assert days.nth(first, number) == day
    assert days.between(first, day) == number - 1
