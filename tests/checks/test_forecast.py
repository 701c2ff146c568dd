"""A forecast is arithmetic over what happened, and there is none where too little did."""

from fractions import Fraction

from checks.forecast import Forecast, Moved, Open, forecasts
from checks.service_hours import DAY
from reports.forecast import lines, plain

NOW = 100 * DAY


def of(open_: list[Open], moved: list[Moved], begun: int = 0, limit: int = 14) -> Forecast:
    (made,) = forecasts(open_, moved, begun, NOW, {"high": limit})
    return made


def queue(*due: int) -> list[Open]:
    """Findings that are due so many days from now."""
    return [Open(f"EC-{n:04}", "high", "moj", NOW + days * DAY) for n, days in enumerate(due, 1)]


def fixes(number: int) -> list[Moved]:
    return [Moved("high", NOW - n * DAY, fixed=True) for n in range(number)]


def arrivals(number: int) -> list[Moved]:
    return [Moved("high", NOW - n * DAY, fixed=False) for n in range(number)]


def test_the_queue_is_worked_off_first_due_first_at_the_rate_so_far() -> None:
    made = of(queue(30, 3, 12, 14), fixes(20))  # 20 in 100 days: one in five days
    assert made.fix_rate == Fraction(1, 5)
    assert [(b.ref, b.worked_off) for b in made.breaches] == [("EC-0002", NOW + 5 * DAY), ("EC-0004", NOW + 15 * DAY)]


def test_a_turn_that_never_comes_is_said() -> None:
    made = of(queue(*[10] * 200), fixes(5))
    assert made.breaches[-1].worked_off is None
    assert "later than two years" in "\n".join(lines(made)) or len(made.breaches) > 10


def test_what_was_there_at_the_first_scan_did_not_arrive() -> None:
    old = [Moved("high", 0, fixed=False)] * 50
    assert of(queue(10), [*old, *fixes(10), *arrivals(4)]).arrived == 4


def test_a_queue_that_grows_tells_from_when_on_new_ones_will_be_late() -> None:
    made = of(queue(*[50] * 2), [*fixes(20), *arrivals(40)], limit=20)
    # (2 + (0.4 - 0.2) t) / 0.2 > 20: t > 10
    assert (made.grows, made.new_breach_on) == (True, NOW + 10 * DAY)
    assert of(queue(50), [*fixes(20), *arrivals(10)], limit=20).new_breach_on is None
    assert of(queue(*[50] * 9), fixes(20), limit=20).new_breach_on == NOW  # it waits too long already


def test_no_forecast_from_a_short_record_or_from_few_fixes() -> None:
    short = of(queue(1), fixes(20), begun=NOW - 27 * DAY)
    few = of(queue(1), fixes(4))
    assert short.why_not == "the record is too short: 27.0 days, at least 28 are needed"
    assert few.why_not == "too few fixes were verified: 4 in 100 days, at least 5 are needed"
    assert short.breaches == few.breaches == ()
    assert "no forecast" in "\n".join(lines(few))


def test_severities_are_kept_apart_and_the_basis_is_told() -> None:
    low = Open("EC-9", "low", "moj", NOW + DAY)
    made = forecasts([*queue(30), low], fixes(20), 0, NOW, {})
    assert [(one.severity, bool(one.why_not)) for one in made] == [("high", False), ("low", True)]
    assert plain(made[0])["fixes_a_day"] == 0.2
    assert "in 100 days 0 arrived and 20 were verified fixed" in next(lines(made[0]))
