"""Service credits: what is certain, what is possible, and what each line rests on."""

from fractions import Fraction

import pytest

from checks.credits import Credits, Late, Measured, Month, credits_of
from inventory.credits import AvailabilityCredit, ClockCredit, CreditTable
from reports.credits import headline, line, plain

MONTH = Month("2026-03", 1_000, 2_000, 5_000)
STEPS = (AvailabilityCredit("portal", 0.995, 2), AvailabilityCredit("portal", 0.98, 5))


def made(table: CreditTable, *late: Late, measured: tuple[Measured, ...] = (), month: Month = MONTH) -> Credits:
    return credits_of("core", "larkspur", table, month, measured, late)


@pytest.mark.parametrize(
    ("lower", "upper", "wanted"),
    [
        ("0.996", "0.999", (0, 0)),
        ("0.995", "0.999", (0, 0)),  # not below
        ("0.990", "0.994", (2, 2)),
        ("0.990", "0.997", (0, 2)),  # the bounds lie on both sides
        ("0.970", "0.997", (0, 5)),
        ("0.970", "0.975", (5, 5)),  # the deepest step, once
    ],
)
def test_the_bounds_of_the_share_become_bounds_of_the_credit(lower: str, upper: str, wanted: tuple[int, int]) -> None:
    found = Measured("portal", Fraction(lower), Fraction(upper), ("portal@1.000",))
    told = made(CreditTable(STEPS), measured=(found,))
    assert (told.at_least, told.at_most) == wanted
    assert told.lines[0].evidence == ("portal@1.000",)


def test_what_was_not_measured_is_never_certain() -> None:
    told = made(CreditTable(STEPS))
    assert (told.at_least, told.at_most) == (0, 5)
    assert "not measured" in told.lines[0].what


def test_a_finding_counts_once_however_many_of_its_clocks_are_late() -> None:
    table = CreditTable(clocks=(ClockCredit("high", 0.1),))
    late = [Late("EC-1", "high", "moj", 1_500, 5_000), Late("EC-1", "high", "ncsc", 1_600, 5_000)]
    assert made(table, *late).at_least == Fraction(1, 10)


@pytest.mark.parametrize(
    ("one", "breach", "month"),
    [
        (Late("EC-1", "high", "moj", 1_500, 5_000), 1, 1),
        (Late("EC-1", "high", "moj", 900, 5_000), 0, 1),  # due before, still open
        (Late("EC-1", "high", "moj", 900, 950), 0, 0),  # mended before
        (Late("EC-1", "high", "moj", 2_000, 5_000), 0, 0),  # due in the next
        (Late("EC-1", "low", "moj", 1_500, 5_000), 0, 0),
    ],
)
def test_a_breach_counts_in_the_month_in_which_it_was_due_or_in_each_that_it_lasts(
    one: Late, breach: int, month: int
) -> None:
    assert made(CreditTable(clocks=(ClockCredit("high", 1),)), one).at_least == breach
    assert made(CreditTable(clocks=(ClockCredit("high", 1, "month"),)), one).at_least == month


def test_what_cannot_be_decided_is_possible_and_not_certain() -> None:
    told = made(CreditTable(clocks=(ClockCredit("high", 1),)), Late("EC-1", "high", "moj", 1_500, 1_400, certain=False))
    assert (told.at_least, told.at_most) == (0, 1)
    assert "1 that cannot be decided" in told.lines[0].what


def test_a_rule_may_be_for_one_policy() -> None:
    table = CreditTable(clocks=(ClockCredit("high", 1, policy="ncsc"),))
    assert made(table, Late("EC-1", "high", "moj", 1_500, 5_000)).at_least == 0


def test_a_month_never_costs_more_than_its_cap_and_the_lines_show_the_rest() -> None:
    table = CreditTable(clocks=(ClockCredit("high", 4),), most_percent=10, monthly_charge=2_000, currency="GBP")
    told = made(table, *(Late(f"EC-{n}", "high", "moj", 1_500, 5_000) for n in range(5)))
    assert (told.at_least, told.amount(told.at_least)) == (10, 200.0)
    assert sum(each.at_least for each in told.lines) == 20
    assert "capped at 10 %" in told.notes[0]
    assert "200.00 to 200.00 GBP" in headline(told)
    assert "EC-0, EC-1" in line(told.lines[0])
    assert plain(told)["label"] == "indicative"


def test_a_month_that_is_not_over_says_so() -> None:
    told = made(CreditTable(), month=Month("2026-03", 1_000, 2_000, 1_500))
    assert (told.complete, told.notes) == (False, ("the month was not over: what is said of it may change",))
    assert "month not over" in headline(told)
