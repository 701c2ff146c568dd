"""Days that count. Pure: the zone and the days off are handed in, so that the same record gives the same due date.

How days are counted is that of Regulation (EEC) 1182/71, article 3, and of English law: the day of the event does not
count, the period ends with the last hour of its last day, on the clock of one place. A day is worth one day whether it
lasts 23, 24 or 25 hours; a part of it is worth its share. Instants are UTC milliseconds since 1970, worths are exact
:class:`~fractions.Fraction` days.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from fractions import Fraction

from checks.service_hours import local_date, midnight

WEEKEND = frozenset({5, 6})  # Saturday, Sunday; Monday is 0
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """Which local days count. ``working``: not those of the weekend, nor the days off."""

    zone: tzinfo
    working: bool = False
    weekend: frozenset[int] = WEEKEND
    off: tuple[date, ...] = ()  # sorted; those on a weekend change nothing
    _off: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.weekend) > 6:
            raise ValueError("a week without any working day: no clock would ever run out")
        object.__setattr__(self, "_off", tuple(sorted(d for d in set(self.off) if d.weekday() not in self.weekend)))

    def counts(self, day: date) -> bool:
        if not self.working:
            return True
        place = bisect_left(self._off, day)
        return day.weekday() not in self.weekend and not (place < len(self._off) and self._off[place] == day)

    def between(self, first: date, last: date) -> int:
        """How many days count of ``first`` to the day before ``last``; 0 when there is none between them."""
        if last <= first:
            return 0
        if not self.working:
            return (last - first).days
        weekdays = _weekdays(last, self.weekend) - _weekdays(first, self.weekend)
        return weekdays - (bisect_left(self._off, last) - bisect_left(self._off, first))

    def nth(self, first: date, number: int) -> date:
        """The ``number``-th day that counts, from 1, of ``first`` and those after it."""
        if not self.working:
            return first + timedelta(days=number - 1)
        day = first + timedelta(days=(number - 1) * 7 // (7 - len(self.weekend)))
        while (lacking := number - self.between(first, day + ONE_DAY)) > 0:
            day += timedelta(days=lacking)
        while not self.counts(day) or self.between(first, day) >= number:
            day -= ONE_DAY
        return day


def _weekdays(day: date, weekend: frozenset[int]) -> int:
    """Days before ``day``, since the first Monday of the calendar (0001-01-01), that are not of the weekend."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * (7 - len(weekend)) + sum(n not in weekend for n in range(rest))


@dataclass(frozen=True, slots=True)
class Count:
    """Counted days from the local day after an event on."""

    days: Days
    first: date  # the first day that can count

    @classmethod
    def after(cls, instant: int, days: Days) -> "Count":
        return cls(days, local_date(instant, days.zone) + ONE_DAY)

    @property
    def begins(self) -> int:
        return midnight(self.first, self.days.zone)

    def worth(self, instant: int) -> Fraction:
        """Days counted until then."""
        zone = self.days.zone
        day = local_date(instant, zone)
        if day < self.first:
            return Fraction(0)
        whole = self.days.between(self.first, day)
        if not self.days.counts(day):
            return Fraction(whole)
        begin, end = midnight(day, zone), midnight(day + ONE_DAY, zone)
        return whole + Fraction(instant - begin, end - begin)

    def reaching(self, worth: Fraction) -> int:
        """The first instant at which so much is counted; rounded up to a millisecond. ``worth`` is above 0."""
        whole = -(-worth.numerator // worth.denominator)  # the day it falls on, from 1
        day = self.days.nth(self.first, whole)
        begin, end = (midnight(d, self.days.zone) for d in (day, day + ONE_DAY))
        part = (worth - (whole - 1)) * (end - begin)
        return begin + -(-part.numerator // part.denominator)
