"""Service credits, indicative: a contract's table applied to a month's measured availability and breached clocks. Pure.

Nothing here is a claim for money: which credits are due is for the two sides of the contract. A line says what is
certain (``at_least``) and what it would be if everything that could not be measured had gone against the supplier
(``at_most``), and names what it rests on. Per cents are exact fractions of the monthly charge.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from inventory.credits import AvailabilityCredit, ClockCredit, CreditTable

LABEL = "indicative"


@dataclass(frozen=True, slots=True)
class Measured:
    """A service over the month. Shares of the time, None: nothing was measured."""

    service: str
    lower: Fraction | None
    upper: Fraction | None
    outages: tuple[str, ...] = ()  # their ids


@dataclass(frozen=True, slots=True)
class Late:
    """A breached clock of a finding. Instants in UTC milliseconds."""

    ref: str
    level: str
    policy: str
    due: int
    ended: int  # when it was mended, or how far is known
    certain: bool = True  # False: mended between two looks, and due between them


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    at_least: Fraction
    at_most: Fraction
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credits:
    """Of one contract and month. ``lines`` add up to what it would be without the cap."""

    contract: str
    supplier: str
    month: str  # 2026-03
    complete: bool  # the month was over
    lines: tuple[Line, ...]
    at_least: Fraction
    at_most: Fraction
    cap: Fraction
    currency: str = ""
    monthly_charge: float | None = None
    notes: tuple[str, ...] = ()

    def amount(self, percent: Fraction) -> float | None:
        """Of the monthly charge, to the hundredth."""
        return None if self.monthly_charge is None else round(float(percent) / 100 * self.monthly_charge, 2)


@dataclass(frozen=True, slots=True)
class Month:
    """[start, end), UTC milliseconds; ``known`` is until when anything is known."""

    name: str
    start: int
    end: int
    known: int


def credits_of(
    contract: str, supplier: str, table: CreditTable, month: Month, measured: Sequence[Measured], late: Sequence[Late]
) -> Credits:
    lines = (*_availability(table.availability, measured), *_clocks(table.clocks, month, late))
    cap = _exact(table.most_percent)
    least, most = (
        sum((line.at_least for line in lines), Fraction(0)),
        sum((line.at_most for line in lines), Fraction(0)),
    )
    notes = [f"capped at {table.most_percent:g} % of the month's charge"] if most > cap else []
    if month.known < month.end:
        notes.append("the month was not over: what is said of it may change")
    return Credits(
        contract,
        supplier,
        month.name,
        month.known >= month.end,
        lines,
        min(least, cap),
        min(most, cap),
        cap,
        table.currency,
        table.monthly_charge,
        tuple(notes),
    )


def _exact(number: float) -> Fraction:
    """As it was written: 0.1 is a tenth."""
    return Fraction(str(number))


# availability


def _availability(steps: Iterable[AvailabilityCredit], measured: Sequence[Measured]) -> Iterator[Line]:
    by_service: dict[str, list[AvailabilityCredit]] = {}
    for step in steps:
        by_service.setdefault(step.service, []).append(step)
    found = {one.service: one for one in measured}
    for service, its_steps in sorted(by_service.items()):
        yield _service(service, its_steps, found.get(service))


def _service(service: str, steps: Sequence[AvailabilityCredit], one: Measured | None) -> Line:
    if one is None or one.lower is None or one.upper is None:
        deepest = max((_exact(step.percent) for step in steps), default=Fraction(0))
        return Line(f"availability of {service}: not measured, nothing is certain", Fraction(0), deepest)
    told = f"{_percent(one.lower)} to {_percent(one.upper)}"
    return Line(
        f"availability of {service}: {told}", _reached(steps, one.upper), _reached(steps, one.lower), one.outages
    )


def _reached(steps: Iterable[AvailabilityCredit], share: Fraction) -> Fraction:
    """The deepest step that a share lies below."""
    return max((_exact(step.percent) for step in steps if share < _share(step)), default=Fraction(0))


def _share(step: AvailabilityCredit) -> Fraction:
    return Fraction(round(step.below * 10**9), 10**9)  # 0.995 came out of 99.5 / 100


def _percent(share: Fraction) -> str:
    """Three digits; what is not all is never told as 100."""
    thousandths = round(share * 100_000)
    return f"{min(thousandths, 99_999 if share < 1 else thousandths) / 1000:.3f} %"


# clocks


def _clocks(rules: Iterable[ClockCredit], month: Month, late: Sequence[Late]) -> Iterator[Line]:
    """One line a rule; a finding counts once in it, however many of its clocks are breached."""
    for rule in rules:
        hit = [
            one for one in late if one.level == rule.level and rule.policy in ("", one.policy) and _in(rule, one, month)
        ]
        by_ref: Mapping[str, bool] = {
            ref: any(one.certain for one in hit if one.ref == ref) for ref in sorted({one.ref for one in hit})
        }
        each, certain = _exact(rule.percent), sum(by_ref.values())
        when = "due in this month" if rule.each == "breach" else "open late in this month"
        what = f"{rule.level} findings with a breached clock, {when}: {certain}"
        if len(by_ref) > certain:
            what += f", and {len(by_ref) - certain} that cannot be decided"
        yield Line(what, each * certain, each * len(by_ref), tuple(by_ref))


def _in(rule: ClockCredit, one: Late, month: Month) -> bool:
    if rule.each == "breach":
        return month.start <= one.due < month.end
    return one.due < month.end and one.ended > month.start
