"""Charts: every number drawn is one of the data and of the table beside it; nothing is NaN with none, one or many."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from xml.etree.ElementTree import Element

import pytest
from markupsafe import Markup

from checks.clocks import Status
from checks.finding import Severity
from reports import charts, charts_estate, charts_time, counting
from reports.clocks import ClockReport
from reports.formats.html import environment, view
from reports.life import Backlog, burn_down, by_month
from reports.report import AssetCoverage, ReportData
from reports.text import day
from reports.updates import worst_first
from reports.views import View, seen
from tests.reports.corpus import CORPUS
from tests.reports.page import Page
from tests.reports.sample import END, dark, empty, hostile, sample
from tests.reports.sample_report import rich

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = ("x", "y", "width", "height", "x1", "x2", "y1", "y2", "cx", "cy", "r")
CASES = {"sample": sample, "empty": empty, "dark": dark, "hostile": hostile, "rich": rich}


def parsed(chart: Markup) -> Element:
    return ET.fromstring(str(chart))  # noqa: S314 (of our own making, and that is what is looked at)


def drawn(chart: Markup) -> list[tuple[str, float, float, str]]:
    """Class, width and height of each rectangle, and its title."""
    return [
        (r.get("class", ""), number(r.get("width")), number(r.get("height")), (r.findtext(f"{SVG}title") or ""))
        for r in parsed(chart).iter(f"{SVG}rect")
    ]


def number(text: str | None) -> float:
    return float((text or "0").rstrip("%"))


def words(chart: Markup) -> list[str]:
    return [one.text or "" for one in parsed(chart).iter(f"{SVG}text")]


def sane(chart: Markup) -> None:
    """Drawn inside the picture, with a title and a description, and with numbers only."""
    root = parsed(chart)
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    height = number(root.get("height"))
    whole = 100.0 if str(root.get("width")).endswith("%") else number(root.get("width"))
    for one in root.iter():
        values = {name: one.get(name, "0") for name in NUMBERS}
        assert all(re.fullmatch(r"-?\d+(?:\.\d+)?%?", value) for value in values.values()), values
        if one.tag == f"{SVG}rect":
            assert number(values["height"]) >= 0
            assert number(values["width"]) >= 0
            assert number(values["x"]) >= 0
            assert number(values["x"]) + number(values["width"]) <= whole + 0.5
            assert number(values["y"]) + number(values["height"]) <= height + 0.5


def estate_of(data: ReportData) -> list[Markup]:
    rows, places = counting.by_area(data), charts_estate.places(data)
    themes = counting.by_theme(data.issues)
    return [
        charts_estate.coverage_heat(rows),
        charts_estate.estate_map(places, charts_estate.without(data)),
        charts.coverage_by_area(rows),
        charts.funnel(counting.funnel(data.assets)),
        charts.severities(counting.by_severity(data.issues)),
        charts.themes(themes),
        charts.heat_map(themes),
    ]


@pytest.mark.parametrize("case", CASES)
def test_every_chart_of_every_report_is_sane(case: str) -> None:
    for chart in estate_of(CASES[case]()):
        sane(chart)


@pytest.mark.parametrize("text", [CORPUS[name] for name in ("svg", "control", "bidi", "nul", "surrogate", "empty")])
def test_a_hostile_name_is_text_and_nothing_else(text: str) -> None:
    data = sample(3)
    areas = {key: replace(one, name=text) for key, one in data.areas.items()}
    suppliers = {key: replace(one, name=text) for key, one in data.suppliers.items()}
    for chart in estate_of(replace(data, areas=areas, suppliers=suppliers)):
        sane(chart)
        assert {e.tag.removeprefix(SVG) for e in parsed(chart).iter()} <= {"svg", "title", "desc", "rect", "text"}


# the estate


def test_places_add_up_to_the_estate() -> None:
    data = sample()
    told = charts_estate.places(data)
    assert sum(one.assets for one in told) == len(data.assets)
    assert sum(one.logged_in for one in told) == sum(a.logged_in for a in data.assets)
    known = {a.uid for a in data.assets}
    assert sum(one.occurrences for one in told) == sum(o.asset_uid in known for i in data.issues for o in i.occurrences)
    assert all(one.worst is None or one.occurrences for one in told)


def test_the_map_has_one_cell_for_each_place_and_says_its_numbers() -> None:
    data = sample()
    told = charts_estate.places(data)
    titles = [title for _, _, _, title in drawn(charts_estate.estate_map(told))]
    assert sorted(titles) == sorted(charts_estate.words(one) for one in told)


def test_an_area_that_nobody_looked_at_is_on_the_map() -> None:
    data = dark()
    missing = charts_estate.without(data)
    shown = charts_estate.estate_map(charts_estate.places(data), ("Nowhere Hall", *missing))
    assert "Nowhere Hall" in words(shown)


def test_the_cell_of_a_step_prints_its_share() -> None:
    rows = counting.by_area(sample())
    shown = words(charts_estate.coverage_heat(rows))
    for row in rows:
        for step in charts_estate.STEPS:
            part = counting_share(row.steps[step], row.known)
            assert part in shown
    assert len(shown) == len(charts_estate.STEPS) + len(rows) * (1 + len(charts_estate.STEPS))


def counting_share(got: int, known: int) -> str:
    from reports.text import share

    return share(got, known) if known else "none"


def test_parts_of_a_bar_are_the_rows_numbers() -> None:
    themes = counting.by_theme(sample().issues)
    pieces = [one for one in drawn(charts.themes(themes)) if one[0] != "track"]
    wanted = [f"{u.occurrences:,} {s.value}" for row in themes.values() for s, u in row.items() if u.occurrences]
    assert [title for *_, title in pieces] == wanted
    longest = max(sum(u.occurrences for u in row.values()) for row in themes.values())
    for (_, width, _, title), number_ in zip(pieces, (int(w.split()[0].replace(",", "")) for w in wanted), strict=True):
        assert width == pytest.approx(100 * number_ / longest, abs=0.01), title


# over time


def backlog(*counts: tuple[int, int, int], fixed: int = 0, days: int = 30) -> tuple[Backlog, ...]:
    """A row for each scan: critical, high and low."""
    return tuple(
        Backlog(
            n, END + timedelta(days=days * n), "", sum(one), 1, 0, fixed,
            {Severity.CRITICAL: one[0], Severity.HIGH: one[1], Severity.MEDIUM: 0, Severity.LOW: one[2]},
        )
        for n, one in enumerate(counts, 1)
    )  # fmt: skip


BURNS = [
    pytest.param(backlog((0, 0, 0)), id="one, nothing"),
    pytest.param(backlog((1, 0, 0)), id="one"),
    pytest.param(backlog((0, 0, 0), (0, 0, 0)), id="nothing"),
    pytest.param(backlog((3, 0, 9), (1, 2, 0), fixed=40), id="more fixed than open"),
    pytest.param(backlog((3, 1, 9), (1, 2, 3), days=0), id="at one instant"),
    pytest.param(backlog(*[(n % 3, n, 5) for n in range(200)]), id="many"),
    pytest.param(tuple(replace(one, by_severity={}) for one in backlog((3, 1, 9), (1, 2, 3))), id="not rated"),
    pytest.param(tuple(replace(one, by_severity={}) for one in backlog((0, 0, 0))), id="not rated, nothing"),
    pytest.param(backlog((10**9, 1, 0), (0, 0, 1)), id="very many"),
]


@pytest.mark.parametrize("points", BURNS)
def test_any_backlog_can_be_drawn(points: tuple[Backlog, ...]) -> None:
    chart = charts_time.burn_down(points)
    sane(chart)
    shown = charts_time.drawn(points)
    assert f"{day(shown[-1].at)}: {shown[-1].open:,} open" in words(chart)
    assert words(chart)[0] == f"{max(1, *(one.open for one in shown)):,}"


def test_areas_are_as_high_as_their_numbers() -> None:
    points = backlog((10, 20, 30), (5, 5, 5), (0, 1, 0), fixed=6)
    pieces = [one for one in drawn(charts_time.burn_down(points)) if one[3]]
    told = {
        (title.partition(":")[0], title.split()[-4] if "open" in title else "fixed"): h for _, _, h, title in pieces
    }
    per_one = {round(height / _count(title), 2) for _, _, height, title in pieces}
    assert len(told) == len(pieces) == 3 + 3 + 1 + 3
    assert max(per_one) - min(per_one) <= 0.06, "one scale for all, below the axis too"


def _count(title: str) -> int:
    found = re.search(r": ([\d,]+) ", title)
    assert found
    return int(found[1].replace(",", ""))


def test_the_burn_down_of_a_report_says_the_numbers_of_its_table() -> None:
    data = rich()
    assert data.life
    points = burn_down(data.life.backlog)
    names = view(seen(data, View.BOARD))
    assert [one.open for one in points] == [sum(one.by_severity.values()) for one in points]
    titles = [title for *_, title in drawn(names["chart_burn"])]
    page = Page(environment().get_template("board.html.j2").render(names))
    for one in points:
        for severity, count in one.by_severity.items():
            words_ = f"scan {one.scan_id}, {day(one.at)}: {count:,} {severity.value} of {one.open:,} open"
            assert (words_ in titles) == bool(count)
    row = " ".join(str(points[-1].by_severity[severity]) for severity in Severity)
    assert row in re.sub(r"\s+", " ", page.words)


def test_a_long_time_is_told_by_months() -> None:
    """What was open after the last scan of each, and what all its scans moved; a short one by scans."""
    days = (0, 20, 40, 41, 100)
    points = tuple(
        Backlog(n, END + timedelta(days=day), "", 10 - n, n, 1, 2 * n, {Severity.HIGH: 10 - n})
        for n, day in enumerate(days)
    )
    months = by_month(points)
    assert sum(one.fixed for one in months) == sum(one.fixed for one in points)
    assert sum(one.new for one in months) == sum(one.new for one in points)
    assert len({(one.at.year, one.at.month) for one in months}) == len(months) < len(points)
    assert months[-1].open == points[-1].open
    assert by_month(points[:-1]) == points[:-1]
    assert by_month(()) == ()
    widths = {width for _, width, _, title in drawn(charts_time.burn_down(months, step="month")) if title}
    assert len(widths) == 2, "of a band and of a bar below the axis"


def test_suppliers_add_up_in_the_burn_down() -> None:
    one = Backlog(1, END, "a", 3, 1, 0, 1, {Severity.HIGH: 3})
    other = replace(one, supplier="b", by_severity={Severity.HIGH: 1, Severity.LOW: 2})
    (both,) = burn_down((one, other))
    assert (both.open, both.new, both.fixed) == (6, 2, 2)
    assert {s: n for s, n in both.by_severity.items() if n} == {Severity.HIGH: 4, Severity.LOW: 2}
    (unrated,) = burn_down((replace(one, by_severity={}),))
    assert unrated.by_severity == {}


@pytest.mark.parametrize("several", [1, 2, 40])
def test_clocks_are_drawn_from_start_to_due(several: int) -> None:
    report = rich().clocks
    assert report
    told = replace(report, findings=charts_time.running(report)[:several])
    chart = charts_time.clock_timeline(ClockReport(told.now, told.policies, tuple(told.findings)))
    sane(chart)
    kinds = Counter(css for css, *_ in drawn(chart))
    shown = charts_time.running(told)
    assert kinds["run"] == len(shown)
    late = [one for one in shown if one.lead.status is Status.BREACHED]
    assert kinds["late"] == len([one for one in late if (one.lead.due or 0) < told.now])
    assert sum("✗ late" in text for text in words(chart)) == len(late)


def test_a_clock_that_starts_and_ends_at_once_has_a_width() -> None:
    report = rich().clocks
    assert report
    one = report.findings[0]
    now = replace(one, clocks=(replace(one.lead, started=report.now, due=report.now),))
    chart = charts_time.clock_timeline(replace(report, findings=(now,)))
    sane(chart)
    assert all(width > 0 for _, width, _, _ in drawn(chart))


def test_the_worst_severity_of_a_place_is_that_of_its_worst_issue() -> None:
    data = sample()
    low = replace(data, issues=worst_first(i for i in data.issues if i.severity is Severity.LOW))
    assert {one.worst for one in charts_estate.places(low)} <= {Severity.LOW, None}
    seen = {charts_estate.sign(one) for one in charts_estate.places(low)}
    assert seen <= {"▽ low", "none found", "? not seen"}
    away: AssetCoverage = replace(data.assets[0], logged_in=False)
    (place,) = charts_estate.places(replace(data, assets=(away,), issues=()))
    assert charts_estate.sign(place) == "? not seen"
