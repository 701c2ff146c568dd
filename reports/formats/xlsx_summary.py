"""The first sheet of the workbook: what it is, and the counts of the report as tables with charts beside them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from checks.clocks import Status
from reports import clocks
from reports.action_plan import PlanRow
from reports.counting import by_risk, by_severity, by_state, by_theme, whole_funnel
from reports.counting import units as in_all
from reports.report import LABEL, ReportData
from reports.text import count, safe_text, theme_name, window

PLAIN = "#2F6D99"
LATE = {Status.BREACHED: "#9B1C1C", Status.PAUSED: "#6B7A88", Status.MET: "#17633A"}
CHART_ROWS, CHART_COLUMNS = 16, 6  # that a chart covers
ABREAST = 2  # charts beside each other
MOST_ROWS = 200  # of suppliers and contracts
LONG = 16  # characters of a heading that takes two lines


def summary(book: Workbook, data: ReportData, rows: Sequence[PlanRow], colours: Mapping[str, str]) -> Worksheet:
    """The numbers are those of the JSON report's ``counts``."""
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 17)
    sheet.set_column(2, 3, 13)
    sheet.set_column(4, 9, 11)
    sheet.set_column(10, 10, 28)
    told = _Summary(book, sheet, data)
    told.head()
    told.rated("severity", [(s.value, u) for s, u in by_severity(data.issues).items()], colours)
    told.rated("risk", [(s.value, u) for s, u in by_risk(data.issues).items()], colours)
    told.states()
    told.themes()
    told.clocked()
    told.suppliers(rows)
    told.coverage()
    told.contracts()
    return sheet


class _Summary:
    def __init__(self, book: Workbook, sheet: Worksheet, data: ReportData) -> None:
        self._book, self._sheet, self._data = book, sheet, data
        look = {"bold": True, "bg_color": "#14293D", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
        right = {"align": "right", "indent": 1}
        looks = _Looks(
            title=book.add_format({"bold": True, "font_size": 16}),
            head=book.add_format(look),
            number_head=book.add_format({**look, **right}),
            number=book.add_format(right),
        )
        self._lines = _Lines(sheet, looks)
        self._charts = 0

    def head(self) -> None:
        data = self._data
        self._lines.title(f"Remediation action plan: {safe_text(data.estate, 200)}")
        if data.marking:
            self._lines.text(safe_text(data.marking, 200))
        self._lines.text(LABEL)
        self._lines.text(f"Scan {data.scan_id}, {window(data.started_at, data.ended_at)}")
        self._lines.text(f"Evidence root {safe_text(data.evidence_root, 64)}")
        if data.verdicts:
            self._lines.text(f"Verdict on the estate: {data.verdicts.estate.verdict.value}")
        self._lines.text("Claims are filled in on the sheet Occurrences: claim date, what was done, change reference.")
        self._lines.text("An issue counts under the worst of its occurrences, and with each supplier that has one.")
        if data.carried:
            self._lines.text(
                f"{count(len(data.carried), 'more occurrence')} could not be looked at again. They count until"
            )
            self._lines.text("a proof closes them, and stand at the end of the plan and of the sheet Occurrences.")
        self._lines.gap()

    def rated(self, what: str, units: Sequence[tuple[str, object]], colours: Mapping[str, str]) -> None:
        rows = (*units, ("in all", in_all(self._data.issues)))
        told = [(word, *(getattr(u, name) for name in ("issues", "occurrences", "assets"))) for word, u in rows]
        first = self._lines.table((what, "issues", "occurrences", "assets"), told)
        points = [colours[word] for word, _ in units]
        self._chart(f"Occurrences by {what}", first, len(units), 2, points)

    def states(self) -> None:
        """They all count: a claim or an acceptance closes nothing."""
        seen, left = by_state(self._data.issues), Counter(one.state for one in self._data.carried)
        told = [(name, seen.get(name, 0), left[name]) for name in sorted({*seen, *left})]
        self._lines.table(("state", "seen now", "not looked at"), told)

    def themes(self) -> None:
        themes = by_theme(self._data.issues)
        told = [(theme_name(t), *_sums(row.values())) for t, row in themes.items()]
        first = self._lines.table(("theme", "issues", "occurrences"), told)
        if told:
            self._chart("Occurrences by theme", first, len(told), 2, [])

    def clocked(self) -> None:
        report = self._data.clocks
        if report is None:
            return
        tally = clocks.by_status(report.findings)
        left = clocks.by_status(one for one in report.findings if clocks.still_open(one))
        told = [(status.value, number, left.get(status, 0)) for status, number in tally.items()]
        first = self._lines.table(("clock", "findings", "still open"), told)
        if told:
            colours = [LATE.get(status, PLAIN) for status in tally]
            self._chart("Findings by clock, fixed ones among them", first, len(told), 1, colours)

    def contracts(self) -> None:
        """Wide, so it stands below the charts."""
        report = self._data.clocks
        if report is None:
            return
        self._lines.down_to(1 + -(-self._charts // ABREAST) * CHART_ROWS + 1)
        headings = ("supplier", "contract", "findings", *(status.value for status in Status), "first, due (UTC)")
        self._lines.table(headings, [self._row(row) for row in clocks.by_supplier(report)[:MOST_ROWS]])

    def _row(self, row: clocks.Row) -> tuple[str | int, ...]:
        named = self._data.suppliers.get(row.supplier)
        supplier = safe_text(named.name if named else row.supplier or "no supplier named", 200)
        due = f"{row.first.ref}, {clocks.stamp(row.first.lead.due)}" if row.first else ""
        return (
            supplier,
            safe_text(row.contract or "no contract", 200),
            row.findings,
            *(row.statuses.get(status, 0) for status in Status),
            due,
        )

    def suppliers(self, rows: Sequence[PlanRow]) -> None:
        told = _by_supplier(rows)
        first = self._lines.table(("supplier", "issues", "occurrences"), told)
        if told:
            self._chart("Occurrences by supplier", first, len(told), 2, [])

    def coverage(self) -> None:
        told = [(step.value, number) for step, number in whole_funnel(self._data).items()]
        first = self._lines.table(("coverage", "assets"), told)
        self._chart("How far the scan got, in assets", first, len(told), 1, [])

    def _chart(self, title: str, first: int, number: int, column: int, colours: Sequence[str]) -> None:
        chart = self._book.add_chart({"type": "bar"})
        series: dict[str, object] = {
            "name": title,
            "categories": ["Summary", first, 0, first + number - 1, 0],
            "values": ["Summary", first, column, first + number - 1, column],
            "data_labels": {"value": True},
            "fill": {"color": PLAIN},
            "border": {"color": "#6B7A88"},
        }
        if colours:
            series["points"] = [{"fill": {"color": colour}, "border": {"color": "#6B7A88"}} for colour in colours]
        chart.add_series(series)
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        grid = {"visible": True, "line": {"color": "#D5DBE1", "width": 0.75}}
        chart.set_x_axis({"min": 0, "major_gridlines": grid})  # a bar that starts elsewhere exaggerates
        described = {"description": f"{title}; the numbers stand in the table on the left"}
        row, column = divmod(self._charts, ABREAST)
        self._sheet.insert_chart(1 + row * CHART_ROWS, 5 + column * CHART_COLUMNS, chart, described)
        self._charts += 1


def _sums(units: Iterable[object]) -> tuple[int, int]:
    found = list(units)
    return sum(getattr(u, "issues", 0) for u in found), sum(getattr(u, "occurrences", 0) for u in found)


def _by_supplier(rows: Sequence[PlanRow]) -> list[tuple[str, int, int]]:
    issues, occurrences = dict[str, int](), dict[str, int]()
    for row in rows:
        issues[row.supplier] = issues.get(row.supplier, 0) + 1
        occurrences[row.supplier] = occurrences.get(row.supplier, 0) + row.occurrences
    return [(name, issues[name], occurrences[name]) for name in sorted(issues)][:MOST_ROWS]


@dataclass(frozen=True, slots=True)
class _Looks:
    title: Format
    head: Format
    number_head: Format
    number: Format


class _Lines:
    """Writes a sheet from top to bottom, as constant memory wants it."""

    def __init__(self, sheet: Worksheet, looks: _Looks) -> None:
        self._sheet, self._looks = sheet, looks
        self._next = 0

    def title(self, text: str) -> None:
        self._sheet.write_string(self._next, 0, text, self._looks.title)
        self._next += 1

    def text(self, text: str) -> None:
        self._sheet.write_string(self._next, 0, text)
        self._next += 1

    def gap(self) -> None:
        self._next += 1

    def down_to(self, row: int) -> None:
        self._next = max(self._next, row)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
        """The first row of numbers comes back."""
        rows = list(rows)
        numbers = {place for row in rows for place, cell in enumerate(row) if isinstance(cell, int)}
        if any(len(heading) > LONG for heading in headings):
            self._sheet.set_row(self._next, 30)
        for place, heading in enumerate(headings):
            look = self._looks.number_head if place in numbers else self._looks.head
            self._sheet.write_string(self._next, place, heading, look)
        first = self._next + 1
        for self._next, row in enumerate(rows, first):
            for place, cell in enumerate(row):
                self._cell(place, cell)
        self._next = max(self._next, first - 1) + 2
        return first

    def _cell(self, place: int, cell: str | int) -> None:
        if isinstance(cell, int):
            self._sheet.write_number(self._next, place, cell, self._looks.number)
        else:
            self._sheet.write_string(self._next, place, cell)
