"""Chapters that are worked out from the report alone: bounded, complete in sum, and the same as what they rest on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from checks.catalogue import catalogue
from checks.clocks import Status
from checks.finding import Severity
from reports import action_plan, chapters, parts, summary
from reports.chapters import Rows, first
from reports.counting import root_cause
from reports.life import Life, SupportEnd
from reports.on_record import accepted
from reports.parts import part_name
from reports.report import ReportData
from tests.reports.sample import END, dark, empty, hostile, sample
from tests.reports.sample_report import harmful, rich
from tests.reports.sample_whole import whole

CASES = [sample, empty, dark, hostile, rich, harmful, whole]


@pytest.fixture(scope="module")
def data() -> ReportData:
    return rich()


@pytest.mark.parametrize(("rows", "most", "told"), [(3, 5, (3, 0)), (5, 5, (5, 0)), (6, 5, (5, 1)), (0, 5, (0, 0))])
def test_a_list_is_cut_and_what_is_left_out_is_counted(rows: int, most: int, told: tuple[int, int]) -> None:
    cut = first(range(rows), most)
    assert (len(cut.rows), cut.more) == told
    assert cut.total == rows


@pytest.mark.parametrize("make", CASES)
def test_every_chapter_can_be_made_of_any_report(make: Callable[[], ReportData]) -> None:
    one = make()
    for chapter in (
        chapters.plan,
        chapters.causes,
        chapters.acceptances,
        chapters.decisions,
        chapters.ratings,
        chapters.cves,
    ):
        told = chapter(one)
        assert isinstance(told, Rows)
        assert told.total >= len(told.rows)
    assert chapters.lifecycle(one).rows.total >= 0
    assert len(chapters.people(one)) <= len(chapters.decisions(one).rows)


def test_a_root_cause_is_told_by_name(data: ReportData) -> None:
    """``linux.ssh`` says little to a reader."""
    for one in data.issues:
        _, product = root_cause(one)
        name = part_name(product, (one,))
        assert name == product if one.subject else "." not in name
    for check in catalogue():
        system, topic = check.id.split(".")[:2]
        assert system in parts.SYSTEMS, check.id
        assert topic in parts.TOPICS or f"{system}.{topic}" in parts.OTHERWISE, check.id


def test_what_was_not_looked_at_again_is_listed_the_worst_first_and_in_the_sum() -> None:
    one = whole(4)
    assert one.carried
    told = chapters.left(one)
    assert {o.ref for _, o in told.rows} == {o.ref for o in one.carried}
    assert [i.level.rank for i, _ in told.rows] == sorted(i.level.rank for i, _ in told.rows)
    seen = [o for i in one.issues for o in i.occurrences]
    false = sum(o.state == "FALSE_POSITIVE" for o in seen)
    said = summary.standing(one)
    assert said.startswith(f"{len(seen) - false + len(one.carried):,} occurrences are open: {len(seen) - false:,} that")
    assert f"{len(one.carried):,} from earlier scans" in said
    alone = replace(one, carried=())
    assert chapters.left(alone).rows == ()
    assert bool(summary.standing(alone)) == bool(false)


def test_the_plan_holds_every_occurrence_once(data: ReportData) -> None:
    rows = chapters.plan(data).rows
    told = [o.fingerprint for line in rows for o in line.part.occurrences]
    assert sorted(told) == sorted(o.fingerprint for i in data.issues for o in i.occurrences)
    assert len(rows) == len(list(action_plan.plan(data)))
    late = [bool(line.late) for line in rows]
    assert late == sorted(late, reverse=True), "what is late stands first"
    assert data.clocks
    breached = {one.fingerprint for one in data.clocks.findings if one.lead.status is Status.BREACHED}
    assert sum(line.late for line in rows) == len(breached & set(told))


def test_root_causes_hold_every_issue_once_and_the_worst_first(data: ReportData) -> None:
    rows = chapters.causes(data).rows
    assert sum(one.units.issues for one in rows) == len(data.issues)
    assert sum(one.units.occurrences for one in rows) == sum(len(i.occurrences) for i in data.issues)
    assert [one.worst.rank for one in rows] == sorted(one.worst.rank for one in rows)


def end(days: int, what: str = "Debian 12", asset: str = "a") -> SupportEnd:
    on = END.date() + timedelta(days=days)
    return SupportEnd(asset, asset, what, on, f"support of {what} ends on {on}")


@pytest.mark.parametrize(
    ("days", "word"),
    [(-1, "ended"), (0, "ends within 6 months"), (183, "ends within 6 months"), (184, "ends within 12 months")],
)
def test_what_loses_support_when(days: int, word: str) -> None:
    told = chapters.lifecycle(replace(sample(2), life=Life(support=(end(days),))))
    (row,) = told.rows.rows
    assert (row.word, row.left) == (word, days)
    assert (told.ended, told.soon) == ((1, 0) if days < 0 else (0, 1))


def test_what_is_supported_for_longer_is_counted_only() -> None:
    told = chapters.lifecycle(replace(sample(2), life=Life(support=(end(365), end(366), end(366, asset="b")))))
    assert [row.left for row in told.rows.rows] == [365]
    assert told.later == 2


def test_one_product_with_one_day_is_one_row() -> None:
    ends = (end(-3, asset="a"), end(-3, asset="b"), end(-3, "Other", "a"))
    told = chapters.lifecycle(replace(sample(2), life=Life(support=ends)))
    assert [(row.what, row.assets) for row in told.rows.rows] == [("Debian 12", ("a", "b")), ("Other", ("a",))]
    assert told.ended == 2


def test_acceptances_are_those_of_findings_that_are_shown(data: ReportData) -> None:
    rows = chapters.acceptances(data).rows
    assert {row.ref for row in rows} == {one.ref for one in accepted(data.on_record) if one.acceptance}
    for row in rows:
        given = next(o.acceptance for o in data.on_record if o.ref == row.ref)
        assert given
        assert row.over == bool(given.until and date.fromisoformat(given.until) < END.date())
    assert chapters.acceptances(replace(data, issues=(), carried=())).rows == ()


def test_people_and_decisions_are_the_same_words(data: ReportData) -> None:
    assert data.life
    assert sum(one.decisions for one in chapters.people(data)) == len(data.life.decisions)
    rows = chapters.decisions(data).rows
    assert [one.at for one in rows] == sorted((one.at for one in rows), reverse=True)


def test_a_rating_that_nobody_moved_is_not_told(data: ReportData) -> None:
    told = {row.ref for row in chapters.ratings(data).rows}
    for issue in data.issues:
        for one in issue.occurrences:
            severity = (one.severity or issue.check.severity).value
            moved = one.risk is not None and one.risk.level.value != severity
            assert (one.ref in told) == moved


def test_each_cve_stands_once_with_all_its_assets(data: ReportData) -> None:
    rows = chapters.cves(data).rows
    assert len({row.id for row in rows}) == len(rows)
    hit: dict[str, set[str]] = {}
    for issue in data.issues:
        for one in issue.occurrences:
            for member in one.members:
                hit.setdefault(member.id, set()).add(one.asset_uid)
    assert {row.id: row.assets for row in rows} == {key: len(u) for key, u in hit.items() if key.startswith("CVE-")}
    ranks = [(not r.exploited, r.severity.rank if r.severity else len(Severity)) for r in rows]
    assert ranks == sorted(ranks)


def test_the_line_of_a_clock(data: ReportData) -> None:
    assert data.clocks
    lines = {one.lead.status: chapters.clock_line(one) for one in data.clocks.findings}
    assert "late: was due" in lines[Status.BREACHED] or "breached: was due" in lines[Status.BREACHED]
    assert lines[Status.RUNNING].startswith("due ")
    endless = replace(data.clocks.findings[0], clocks=(replace(data.clocks.findings[0].lead, due=None),))
    assert "no due date" in chapters.clock_line(endless)


def test_the_title_of_the_plan_counts_what_is_late(data: ReportData) -> None:
    assert data.clocks
    late = sum(one.lead.status is Status.BREACHED for one in data.clocks.findings)
    assert chapters.headline_counts(data) == f"{late} findings past the due date"
    assert chapters.headline_counts(replace(data, clocks=None)) == ""
