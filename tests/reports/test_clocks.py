"""Clocks as they are told: numbers that never hide a breach, texts of targets that cannot steer the page."""

import io
from dataclasses import replace
from fractions import Fraction

import pytest

from checks.clock_types import Start
from checks.clocks import Clock, Status
from reports.clock_chapter import chapter
from reports.clocks import (
    ClockReport,
    FindingClocks,
    PolicyTold,
    by_supplier,
    days,
    headline,
    plain,
    sentence,
    spoken,
)
from reports.formats import FORMATS
from tests.reports.sample import HOSTILE, sample

HOUR = 3_600_000
NOW = 1_800_000_000_000
POLICY = PolicyTold("moj", "1", "MoJ", "a page", "2026-01-01", "a" * 64, "Europe/London", "days", everywhere=True)
LATE = Clock(
    "moj", "high", Start.ALERT, NOW - 240 * HOUR, 7, False, Status.BREACHED, due=NOW - 48 * HOUR, net=Fraction(9)
)
RUNS = replace(LATE, status=Status.RUNNING, due=NOW + 48 * HOUR, net=Fraction(5))


def finding(
    number: int, clock: Clock, supplier: str = "larkspur", *contracts: str, title: str = "Weak"
) -> FindingClocks:
    ref = f"EC-{number:04}"
    return FindingClocks(
        ref, "f" * 64, "uid", "web-1", title, "c", "OPEN", "high", supplier, "portal", contracts, True, (clock,)
    )


def report(*found: FindingClocks, chosen: bool = True) -> ClockReport:
    return ClockReport(NOW, (POLICY,), found, 3, chosen)


def test_headline() -> None:
    late = report(finding(1, LATE), finding(2, replace(LATE, due=NOW)), finding(3, RUNS))
    assert headline(late).startswith("2 clocks are breached, first: EC-0001 on web-1, due 2027-01-13")
    assert headline(report(finding(3, RUNS))).startswith("No clock is breached; the next is due 2027-01-17")
    assert headline(report()) == "No clock runs: 3 open findings are outside every clock policy."


def test_the_spoken_headline_has_zones_and_tells_what_was_fixed_since() -> None:
    fixed = replace(finding(2, LATE), state="VERIFIED_FIXED")
    told = spoken(report(finding(1, LATE), fixed))
    assert " UTC by moj" in told
    assert told.endswith("1 of them belongs to a finding that has been fixed since.")
    assert "fixed since" not in spoken(report(finding(1, LATE)))
    shown = chapter(report(fixed, finding(1, LATE)), "1", {})["findings"]
    assert [(row["ref"], row["open"]) for row in shown] == [("EC-0001", True), ("EC-0002", False)]


def test_a_finding_under_two_contracts_stands_in_both_rows() -> None:
    rows = by_supplier(
        report(finding(1, LATE, "larkspur", "a", "b"), finding(2, RUNS, "larkspur", "a"), finding(3, RUNS, ""))
    )
    assert [(row.supplier, row.contract, row.findings, row.breached) for row in rows] == [
        ("larkspur", "a", 2, 1),
        ("larkspur", "b", 1, 1),
        ("", "", 1, 0),
    ]


@pytest.mark.parametrize(
    ("worth", "told"),
    [(Fraction(0), "0 days"), (Fraction(1), "1 day"), (Fraction(1, 1000), "0.01 days"), (Fraction(7, 2), "3.5 days")],
)
def test_what_is_more_than_nothing_is_never_told_as_nothing(worth: Fraction, told: str) -> None:
    assert days(worth) == told


def test_a_sentence_names_start_limit_gross_and_net() -> None:
    told = sentence(replace(LATE, members=tuple(f"CVE-{n}" for n in range(9)), gross=Fraction(10), notes=("why",)))
    assert "CVE-5 and 3 more: moj, high: breached; due 2027-01-13" in told
    assert "net 9 days of 7 days, gross 10 days" in told
    assert "when the vulnerability was published" in told
    assert told.endswith("why")


@pytest.mark.parametrize("name", ["html", "terminal", "json"])
def test_texts_of_targets_do_no_harm(name: str) -> None:
    found = [replace(finding(n, LATE, text, text, title=text), asset=text) for n, text in enumerate(HOSTILE, 1)]
    out = io.BytesIO()
    FORMATS[name].render(replace(sample(), clocks=report(*found, chosen=False)), out)
    page = out.getvalue().decode()
    assert "\x1b" not in page
    assert "\u202e" not in page
    if name == "html":
        assert "<script>alert(1)" not in page
        assert "Clocks by contract and supplier" in page


def test_the_default_is_said() -> None:
    from reports.clocks import policies_line

    assert "The inventory names none" in policies_line(report(chosen=False))
    assert plain(report(chosen=False))["chosen"] is False
