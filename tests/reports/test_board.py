"""The board's page: plain words, and every number one of the full report's."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from checks.accreditation_rules import Verdict
from checks.check import Theme
from checks.clocks import Status
from checks.risk import Level
from reports import board, counting
from reports.board import SupplierRow, page, suppliers
from reports.formats.html import environment, view
from reports.report import ReportData
from reports.views import View, seen
from tests.reports.corpus import infected
from tests.reports.page import Page
from tests.reports.sample import HOSTILE, dark, empty, sample
from tests.reports.sample_report import harmful, rich


def number(text: str) -> int:
    return int(text.replace(",", ""))


def written(data: ReportData) -> Page:
    return Page(environment().get_template("board.html.j2").render(view(seen(data, View.BOARD))))


def test_every_verdict_has_a_sign_and_a_sentence() -> None:
    assert board.SAYS.keys() == board.SIGNS.keys() == set(Verdict)
    assert len(set(board.SIGNS.values())) == len(Verdict)


def test_every_theme_has_plain_words() -> None:
    assert board.PLAIN.keys() == set(Theme)


def test_its_figures_are_those_of_the_full_report() -> None:
    data = rich()
    coverage, worst, late, change = page(data)["figures"]
    steps = counting.funnel(data.assets)
    assert (number(coverage.number), coverage.of) == (
        steps[counting.Step.LOGGED_IN],
        f"of {steps[counting.Step.KNOWN]:,}",
    )
    bad = [i for i in data.issues if i.level in (Level.CRITICAL, Level.HIGH)]
    assert number(worst.number) == len(bad)
    assert data.clocks
    breached = [one for one in data.clocks.findings if one.lead.status is Status.BREACHED]
    assert number(late.number) == sum(one.state != "VERIFIED_FIXED" for one in breached)
    assert number(change.number) == len(data.fixed)


def test_what_was_fixed_too_late_is_late_no_more() -> None:
    data = rich()
    assert data.clocks
    first = next(one for one in data.clocks.findings if one.lead.status is Status.BREACHED)
    before = page(data)["figures"][2]
    found = tuple(replace(f, state="VERIFIED_FIXED") if f is first else f for f in data.clocks.findings)
    after = page(replace(data, clocks=replace(data.clocks, findings=found)))["figures"][2]
    assert number(after.number) == number(before.number) - 1
    assert "1 more was fixed after it" in after.more
    rows = suppliers(replace(data, clocks=replace(data.clocks, findings=found)))
    assert sum(row.late for row in rows) == sum(row.late for row in suppliers(data)) - 1


def test_why_machines_were_not_examined_is_told_of_these_machines() -> None:
    """A gap on a machine that was examined (a feed that is missing) is no reason for the others."""
    data = dark()
    away = [a for a in data.assets if not a.logged_in]
    told = next(said for said in page(data)["unknown"] if "could not be examined" in said)
    assert away
    for one in away:
        assert one.missing is None or one.missing.reason.value in told
    assert sum(map(int, re.findall(r"\((\d+)\)", told))) == len(away)


def test_supplier_rows_add_up_to_the_estate() -> None:
    data = rich()
    rows = suppliers(data)
    assert sum(row.assets for row in rows) == len(data.assets)
    assert sum(row.seen for row in rows) == sum(a.logged_in for a in data.assets)
    serious = sum(i.level_of(o) in board.WORST for i in data.issues for o in i.occurrences)
    assert sum(row.worst for row in rows) == serious
    assert [row.late for row in rows] == sorted((row.late for row in rows), reverse=True)


def test_an_asset_without_a_supplier_has_a_row_too() -> None:
    data = sample(2)
    nobody = tuple(replace(a, asset=replace(a.asset, supplier=None)) for a in data.assets)
    assert suppliers(replace(data, assets=nobody, issues=())) == [
        SupplierRow("no supplier named", 2, sum(a.logged_in for a in nobody), 0, 0)
    ]


@pytest.mark.parametrize("make", [sample, empty, dark, rich, harmful])
def test_it_is_one_page_of_text_for_any_report(make: Callable[[], ReportData]) -> None:
    told = written(make())
    assert told.faults == []
    assert told.tags["h1"] == 1
    assert not re.search(r"\b(?:nan|inf|None)\b", told.words)


def test_a_hostile_name_is_shown_as_text() -> None:
    told = written(infected(HOSTILE[0], 3))
    assert told.tags["script"] == 0
    assert told.faults == []


def test_nothing_was_found_where_nobody_could_look() -> None:
    told = page(dark())
    assert number(told["figures"][0].number) == 0
    assert told["unknown"]
    assert "could not be examined" in " ".join(told["unknown"])


def test_where_nobody_could_look_nothing_is_no_nought() -> None:
    told = page(dark())
    assert told["figures"][1].number == "?"
    assert "may run" not in str(told["verdict"])


def test_one_point_is_no_trend() -> None:
    data = rich()
    assert data.life
    first = min(one.scan_id for one in data.life.backlog)
    alone = tuple(one for one in data.life.backlog if one.scan_id == first)
    assert page(replace(data, life=replace(data.life, backlog=alone)))["chart"] is None
    assert page(data)["chart"] is not None


@pytest.mark.parametrize(
    ("moved", "said"), [(5, "5 more open than on "), (-5, "5 fewer open than on "), (0, "as many open as on ")]
)
def test_the_change_says_in_which_direction(moved: int, said: str) -> None:
    data = rich()
    assert data.life
    last = max(one.scan_id for one in data.life.backlog)
    rows = [one for one in data.life.backlog if one.supplier == "quill" and one.scan_id in (last, last - 1)]
    before, now = sorted(rows, key=lambda one: one.scan_id)
    points = (before, replace(now, open=before.open + moved))
    assert said in page(replace(data, life=replace(data.life, backlog=points)))["figures"][3].more
