"""The remediation action plan as a workbook: summary with charts, plan, a sheet for each supplier, every occurrence.

Written by XlsxWriter in constant memory, row by row. No cell is a formula or a link, whatever a target sent; the time
of creation comes from the data, so the same data gives the same bytes. Source: ECMA-376; Excel's limits on sheets.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from checks.finding import Severity
from reports.action_plan import LIST_HEADINGS, PLAN_HEADINGS, ListRow, PlanRow, occurrences, plan
from reports.counting import by_severity, by_theme, funnel
from reports.report import LABEL, ReportData
from reports.text import safe_text, theme_name, utc, window

MOST_ROWS = 1_000_000  # of one sheet; Excel takes 1,048,576
MOST_SUPPLIERS = 100
OPTIONS = {
    "in_memory": False,
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
COLOURS = {
    Severity.CRITICAL: "#75102A",
    Severity.HIGH: "#AD421A",
    Severity.MEDIUM: "#E2A93A",
    Severity.LOW: "#B9CFE3",
    Severity.INFO: "#E3E8ED",
}
PLAN_WIDTHS = (18, 46, 11, 10, 34, 6, 8, 12, 28, 22, 22, 20, 44, 60, 12, 18, 24)
LIST_WIDTHS = (11, 44, 10, 24, 22, 16, 60, 14, 40, 22)
FREE_TEXT = {"claim date": "date", "what was done": "text", "change reference": "text"}
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


def render(data: ReportData, out: BinaryIO) -> None:
    book = xlsxwriter.Workbook(out, OPTIONS)
    book.set_properties(
        {
            "title": f"Remediation action plan: {safe_text(data.estate, 200)}",
            "subject": LABEL,
            "author": f"estatecheck {safe_text(data.tool_version, 40)}",
            "comments": f"Scan {data.scan_id}, evidence root {safe_text(data.evidence_root, 64)}",
            "created": utc(data.ended_at or data.started_at).replace(tzinfo=None),
        }
    )
    book.set_calc_mode("manual")
    rows = list(plan(data))
    sheets = _Sheets(book, data)
    sheets.summary(rows)
    sheets.table("Action plan", PLAN_HEADINGS, PLAN_WIDTHS, rows)
    for supplier in sorted({row.supplier for row in rows})[:MOST_SUPPLIERS]:
        sheets.table(supplier, PLAN_HEADINGS, PLAN_WIDTHS, [row for row in rows if row.supplier == supplier])
    sheets.table("Occurrences", LIST_HEADINGS, LIST_WIDTHS, occurrences(data))
    book.close()


class _Sheets:
    """The workbook, and what its sheets share."""

    def __init__(self, book: Workbook, data: ReportData) -> None:
        self._book, self._data = book, data
        self._names = {"summary"}
        self._head = book.add_format({"bold": True, "bg_color": "#14293D", "font_color": "#FFFFFF", "valign": "top"})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._bold = book.add_format({"bold": True})
        self._title = book.add_format({"bold": True, "font_size": 16})
        self._by_word = {s.value: self._severity(s) for s in Severity}

    def _severity(self, severity: Severity) -> Format:
        light = severity in (Severity.CRITICAL, Severity.HIGH)
        look = {"bg_color": COLOURS[severity], "font_color": "#FFFFFF" if light else "#18222C", "valign": "top"}
        return self._book.add_format(look)

    def _add(self, name: str) -> Worksheet:
        """A sheet's name is 31 characters at most, without some, and there is only one of it."""
        base = _NOT_IN_NAMES.sub("_", safe_text(name)).strip() or "sheet"
        base, number = base[:31], 1
        told = base
        while told.lower() in self._names:
            number += 1
            told = f"{base[: 31 - len(str(number)) - 1]} {number}"
        self._names.add(told.lower())
        return self._book.add_worksheet(told)

    def table(
        self,
        name: str,
        headings: Sequence[str],
        widths: Sequence[int],
        rows: Iterable[PlanRow | ListRow],
    ) -> None:
        sheet = self._add(name)
        sheet.freeze_panes(1, 1)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        for place, heading in enumerate(headings):
            sheet.write_string(0, place, heading, self._head)
        last = 0
        for last, row in enumerate(rows, 1):
            if last > MOST_ROWS:
                sheet.write_string(last, 0, "More rows than a sheet takes: see the CSV report.", self._bold)
                break
            self._row(sheet, last, headings, astuple(row))
        sheet.autofilter(0, 0, max(last, 1), len(headings) - 1)
        self._validate(sheet, headings, max(last, 1))
        self._print(sheet)

    def _row(self, sheet: Worksheet, number: int, headings: Sequence[str], cells: Sequence[str | int]) -> None:
        for place, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(number, place, cell, self._wrap)
            elif cell:
                look = self._by_word.get(cell, self._wrap) if headings[place] == "severity" else self._wrap
                sheet.write_string(number, place, cell, look)

    def _validate(self, sheet: Worksheet, headings: Sequence[str], last: int) -> None:
        """What may be filled in, checked as it is typed."""
        for place, heading in enumerate(headings):
            if heading == "claim date":
                ten = {"validate": "length", "criteria": "=", "value": 10, "error_title": "A day"}
                ten |= {"input_title": "When it was fixed", "input_message": "YYYY-MM-DD, as text."}
                sheet.data_validation(1, place, last, place, ten)
            elif heading in FREE_TEXT:
                limit = {"validate": "length", "criteria": "<=", "value": 1000, "error_title": "Too long"}
                sheet.data_validation(1, place, last, place, limit)

    def _print(self, sheet: Worksheet) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        if self._data.marking:
            marking = safe_text(self._data.marking, 100).replace("&", "&&")
            sheet.set_header(f"&C{marking}")
        sheet.set_footer("&L&A&RPage &P of &N")

    def summary(self, rows: Sequence[PlanRow]) -> None:
        sheet = self._book.add_worksheet("Summary")
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 3, 14)
        lines = _Lines(sheet, self._head, self._bold, self._title)
        lines.title(f"Remediation action plan: {safe_text(self._data.estate, 200)}")
        lines.text(LABEL)
        lines.text(f"Scan {self._data.scan_id}, {window(self._data.started_at, self._data.ended_at)}")
        lines.text(f"Evidence root {safe_text(self._data.evidence_root, 64)}")
        lines.gap()
        severities = by_severity(self._data.issues)
        told = [(s.value, u.issues, u.occurrences, u.assets) for s, u in severities.items()]
        first = lines.table(("severity", "issues", "occurrences", "assets"), told)
        self._chart(sheet, "Occurrences by severity", first, len(told), "F2", [COLOURS[s] for s in severities])
        themes = by_theme(self._data.issues)
        counted = [(theme_name(t), *_sums(row.values())) for t, row in themes.items()]
        first = lines.table(("theme", "issues", "occurrences"), counted)
        if counted:
            self._chart(sheet, "Occurrences by theme", first, len(counted), "F18", [])
        lines.table(("supplier", "issues", "occurrences"), _by_supplier(rows))
        lines.table(("coverage", "assets"), [(step.value, n) for step, n in funnel(self._data.assets).items()])
        self._print(sheet)

    def _chart(self, sheet: Worksheet, title: str, first: int, number: int, where: str, colours: list[str]) -> None:
        chart = self._book.add_chart({"type": "bar"})
        series: dict[str, object] = {
            "name": title,
            "categories": ["Summary", first, 0, first + number - 1, 0],
            "values": ["Summary", first, 2, first + number - 1, 2],
            "data_labels": {"value": True},
            "fill": {"color": "#2F6D99"},
        }
        if colours:
            series["points"] = [{"fill": {"color": colour}} for colour in colours]
        chart.add_series(series)
        chart.set_title({"name": title})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        sheet.insert_chart(where, chart, {"description": f"{title}; the numbers stand in the table on the left"})


def _sums(units: Iterable[object]) -> tuple[int, int]:
    found = list(units)
    return sum(getattr(u, "issues", 0) for u in found), sum(getattr(u, "occurrences", 0) for u in found)


def _by_supplier(rows: Sequence[PlanRow]) -> list[tuple[str, int, int]]:
    names = sorted({row.supplier for row in rows})
    mine = {name: [row for row in rows if row.supplier == name] for name in names}
    return [(name, len(found), sum(row.occurrences for row in found)) for name, found in mine.items()]


class _Lines:
    """Writes a sheet from top to bottom, as constant memory wants it."""

    def __init__(self, sheet: Worksheet, head: Format, bold: Format, title: Format) -> None:
        self._sheet, self._head, self._bold, self._title = sheet, head, bold, title
        self._next = 0

    def title(self, text: str) -> None:
        self._sheet.write_string(self._next, 0, text, self._title)
        self._next += 1

    def text(self, text: str) -> None:
        self._sheet.write_string(self._next, 0, text)
        self._next += 1

    def gap(self) -> None:
        self._next += 1

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
        """The first row of numbers comes back."""
        for place, heading in enumerate(headings):
            self._sheet.write_string(self._next, place, heading, self._head)
        first = self._next + 1
        for self._next, row in enumerate(rows, first):
            for place, cell in enumerate(row):
                self._cell(place, cell)
        self._next = max(self._next, first - 1) + 2
        return first

    def _cell(self, place: int, cell: str | int) -> None:
        if isinstance(cell, int):
            self._sheet.write_number(self._next, place, cell)
        else:
            self._sheet.write_string(self._next, place, cell)
