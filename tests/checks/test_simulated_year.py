"""A leap year of one service in London, from single samples to the yearly figures: outages, clock changes, maintenance,
a scanner that is down itself, blind rounds. The truth is known here, and the bounds have to hold it."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from checks.availability import Availability, Record, Terms, availability
from checks.maintenance import Allowance, Maintenance
from checks.outages import Fleet, Happened, Kept
from checks.rounds import judge_round
from checks.service_hours import ServiceHours
from checks.spans import HOUR
from checks.watching import Change, Rule, open_intervals
from inventory.facts.availability import Interval, Sample, State

LONDON = ZoneInfo("Europe/London")
EVERY = 900
START = int(datetime(2028, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2029, 1, 1, tzinfo=UTC).timestamp())
Span = tuple[int, int]


def spans(dice: random.Random, count: int, longest: int) -> list[Span]:
    """Sorted, apart from each other, on the grid of the samples."""
    grid = sorted(dice.sample(range(10, (END - START) // EVERY - longest - 10, longest + 3), count))
    return [(START + at * EVERY, START + (at + dice.randint(1, longest)) * EVERY) for at in grid]


def slots(where: list[Span]) -> frozenset[int]:
    """The grid's places that lie in the spans."""
    return frozenset(place for start, end in where for place in range(start // EVERY, end // EVERY))


class Year:
    """The world as it is, and the daemon that looks at it (and is killed now and then)."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311  # the same year each time
        changes = [int(datetime(2028, *day, tzinfo=UTC).timestamp()) for day in ((3, 26, 0), (10, 29, 0))]
        self.down = sorted({*spans(dice, 40, 30), *((at, at + 9000) for at in changes)})
        hidden = [(start - EVERY, end + EVERY) for start, end in self.down[3:20:4]]  # outages that nobody sees
        self.off = [*spans(dice, 25, 60), *hidden]  # the scanner does not run
        self.blind = spans(dice, 15, 30)  # its network is dead: the canary fails too
        self.is_down, self.is_off, self.is_blind = slots(self.down), slots(self.off), slots(self.blind)
        self.fleet = Fleet({"portal": Rule(every=EVERY)})
        self.changes: list[Change] = []
        self.outages = 0

    def really(self, at: float) -> State:
        return State.DOWN if at // EVERY in self.is_down else State.UP

    def live(self) -> list[Interval]:
        was_off = False
        for at in range(START, END, EVERY):
            if at // EVERY in self.is_off:
                was_off = True
                continue
            if was_off:  # started again: from what was written down
                kept = self.fleet.state()
                self.fleet = Fleet({"portal": Rule(every=EVERY)}, Kept(kept.memories, kept.open))
                self.changes += self.fleet.blind(float(at)).changes
                was_off = False
            self.look(float(at))
        return list(self.intervals())

    def look(self, at: float) -> None:
        blind = at // EVERY in self.is_blind
        sample = Sample("portal", at, State.DOWN if blind else self.really(at), "timed out")
        canary = Sample("canary", at, State.DOWN if blind else State.UP)
        result = self.fleet.feed(judge_round([sample], [canary], 0.01)[0])
        self.changes += result.changes
        self.outages += sum(one.what is Happened.OPENED for one in result.events)
        if "portal" in result.looks:
            self.look(result.looks["portal"])

    def intervals(self) -> Iterator[Interval]:
        for one, following in pairwise(self.changes):
            if one.start < following.start:
                yield Interval(one.start, following.start, one.state, one.reason)
        yield from open_intervals(self.fleet.memory("portal"), float(END), Rule(every=EVERY))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_bounds_hold_the_truth_for_a_whole_year(seed: int) -> None:
    year = Year(seed)
    intervals = year.live()
    register = [
        Maintenance(a - 86_400.0 if n % 3 else a + 60.0, float(a), float(b), "supplier")
        for n, (a, b) in enumerate(year.down)
        if n % 2
    ]
    terms = Terms(
        allowance=Allowance(6, zone=LONDON),
        hours=ServiceHours(LONDON, dict.fromkeys(range(5), ((480, 1080),))),
        zone=LONDON,
        claimed=Decimal("0.98"),
    )
    found = availability(Record.of(intervals, terms), (START, END), float(END), terms, register)
    assert found.always.promised == 366 * 24 * HOUR  # 2028 is a leap year, and the clock changes cancel out
    assert found.promised
    assert found.promised.promised == 260 * 10 * HOUR  # weekdays of 2028
    check(year, found)
    assert found.always.unknown + found.always.excluded >= len(year.is_off) * EVERY * 1000
    assert 0 < len(found.always.outages) <= year.outages
    assert found.maintenance.late
    assert 0 < found.always.excluded <= 12 * 6 * HOUR
    assert year.fleet.open == ()


def check(year: Year, found: Availability) -> None:
    """Second by second would be long; everything here lies on the grid of the samples, so the truth is exact."""
    for figures in (found.always, found.promised):
        assert figures
        assert figures.up + figures.down + figures.unknown + figures.excluded == figures.promised
    excluded = slots([(a // 1000, b // 1000) for a, b in found.maintenance.excluded])
    down = len(year.is_down - excluded) * EVERY
    truth = 1 - Fraction(down * 1000, found.always.base)
    assert found.always.lower is not None
    assert found.always.upper is not None
    assert found.always.lower < truth < found.always.upper
    assert found.always.down <= down * 1000
    assert found.always.down >= down * 1000 - found.always.unknown
