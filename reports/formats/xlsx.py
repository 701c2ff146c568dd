"""The remediation action plan as a workbook: summary with charts, plan, a sheet for each supplier, fixes, occurrences.

Written by XlsxWriter in constant memory, row by row. No cell is a formula or a link, whatever a target sent; the time
of creation comes from the data, so the same data gives the same bytes. Source: ECMA-376; Excel's limits on sheets.
"""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from checks.clocks import Status
from checks.finding import Severity
from checks.risk import Level
from reports.action_plan import (
    FIX_HEADINGS,
    LIST_HEADINGS,
    PLAN_HEADINGS,
    FixRow,
    ListRow,
    PlanRow,
    cells,
    fixes,
    occurrences,
    owed,
    plan,
)
from reports.formats.xlsx_summary import summary
from reports.report import LABEL, ReportData
from reports.text import safe_text, utc

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
    "critical": "#75102A",
    "high": "#AD421A",
    "medium": "#E2A93A",
    "low": "#B9CFE3",
    "info": "#E3E8ED",
    "unrated": "#FFFFFF",
}
LIGHT = frozenset({"critical", "high"})  # white on these
RATED = frozenset({"severity", "risk"})
WIDTHS = {
    "refs": 22, "ref": 11, "issue": 46, "type": 11, "severity": 10, "risk": 10, "cvss": 34, "kev": 6, "assets": 8,
    "occurrences": 12, "areas": 36, "services": 24, "supplier": 34, "contract": 16, "risk owner": 22,
    "short term action": 44, "strategic action": 60, "owner": 36, "raised": 12, "clock": 13, "policy due": 17,
    "agreed due": 17, "stopped days": 9, "states": 20, "looked at again": 10, "claim date": 14, "claimed": 14,
    "verification date": 14, "evidence": 68,
    "acceptance": 30, "comment": 40, "asset": 28, "state": 20, "observed": 60, "what was done": 40,
    "change reference": 22, "observed now": 60,
}  # fmt: skip
WORDS = {
    "type": ["patch", "firmware", "config", "EOL", "availability"],
    "severity": [severity.value for severity in Severity],
    "risk": [level.value for level in Level],
    "kev": ["yes"],
    "looked at again": ["yes", "no"],
    "clock": [status.value for status in Status],
}
DAYS = frozenset({"raised", "claim date", "claimed", "verification date"})
MOMENTS = frozenset({"policy due", "agreed due"})  # UTC
FIRST_OF_EXCEL = datetime(1900, 3, 1)  # noqa: DTZ001 (Excel has no zones); before it Excel counts a day that never was
LINE, TALLEST = 15, 405  # points; Excel takes 409
NARROWER = 0.95  # that a line holds of its column, as words are not broken
PLAN_WIDE = 4  # pages beside each other: one would print letters of 2 points
FREE_TEXT = frozenset({"what was done", "change reference"})
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)  # that a claim may name
_PICTURE = re.compile(r"&(G|\[Picture\])")  # would ask for a picture, also after a second &
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
    seen, sheets = list(plan(data)), _Sheets(book, data)
    rows = [*seen, *owed(data)]
    sheets.print_on(summary(book, data, seen, COLOURS))
    sheets.table("Action plan", PLAN_HEADINGS, rows, PLAN_WIDE)
    for supplier in sorted({row.supplier for row in rows})[:MOST_SUPPLIERS]:
        sheets.table(supplier, PLAN_HEADINGS, [row for row in rows if row.supplier == supplier], PLAN_WIDE)
    if data.fixed:
        sheets.table("Verified fixes", FIX_HEADINGS, fixes(data))
    sheets.table("Occurrences", LIST_HEADINGS, occurrences(data))
    book.close()


class _Sheets:
    """The workbook, and what its sheets share."""

    def __init__(self, book: Workbook, data: ReportData) -> None:
        self._book, self._data = book, data
        self._names = {"summary"}
        self._head = book.add_format({"bold": True, "bg_color": "#14293D", "font_color": "#FFFFFF", "valign": "top"})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._number = book.add_format({"valign": "top", "align": "right", "indent": 1})
        self._bold = book.add_format({"bold": True})
        self._late = book.add_format({"bold": True, "font_color": "#9B1C1C", "valign": "top"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"})
        self._by_word = {word: self._colour(word) for word in COLOURS}

    def _colour(self, word: str) -> Format:
        font = "#FFFFFF" if word in LIGHT else "#18222C"
        return self._book.add_format({"bg_color": COLOURS[word], "font_color": font, "valign": "top"})

    def _add(self, name: str) -> Worksheet:
        """A sheet's name is 31 characters at most, without some, and there is only one of it."""
        base = _NOT_IN_NAMES.sub("_", safe_text(name[:1000])).strip() or "sheet"
        base, number = base[:31], 1
        told = base
        while told.lower() in self._names:
            number += 1
            told = f"{base[: 31 - len(str(number)) - 1]} {number}"
        self._names.add(told.lower())
        return self._book.add_worksheet(told)

    def table(
        self, name: str, headings: Sequence[str], rows: Iterable[PlanRow | ListRow | FixRow], wide: int = 1
    ) -> None:
        """``wide``: pages beside each other, on each of which the first two columns are printed."""
        sheet = self._add(name)
        sheet.freeze_panes(1, 1)
        for place, heading in enumerate(headings):
            look = self._day if headings == LIST_HEADINGS and heading == "claim date" else None
            sheet.set_column(place, place, WIDTHS[heading], look)
            sheet.write_string(0, place, heading, self._head)
        last = 0
        for last, row in enumerate(rows, 1):
            if last > MOST_ROWS:
                sheet.write_string(last, 0, "More rows than a sheet takes: see the CSV report.", self._bold)
                break
            self._row(sheet, last, headings, cells(row))
        sheet.autofilter(0, 0, max(last, 1), len(headings) - 1)
        self._validate(sheet, headings, max(last, 1))
        sheet.repeat_rows(0)
        if wide > 1:
            sheet.repeat_columns(0, 1)
        self.print_on(sheet, wide)

    def _row(self, sheet: Worksheet, number: int, headings: Sequence[str], cells: Sequence[str | int]) -> None:
        tall = height(headings, cells)
        if tall > LINE:  # LibreOffice does not work it out for a file of Excel's kind
            sheet.set_row(number, tall)
        for place, cell in enumerate(cells):
            heading = headings[place]
            if isinstance(cell, int):
                sheet.write_number(number, place, cell, self._number)
            elif heading in DAYS and (day := instant(cell)):
                sheet.write_datetime(number, place, day, self._day)
            elif heading in MOMENTS and (due := instant(cell)):
                sheet.write_datetime(number, place, due, self._moment)
            elif cell:
                sheet.write_string(number, place, cell, self._look(heading, cell))

    def _look(self, heading: str, cell: str) -> Format:
        if heading in RATED:
            return self._by_word.get(cell, self._wrap)
        return self._late if heading == "clock" and cell == Status.BREACHED else self._wrap

    def _validate(self, sheet: Worksheet, headings: Sequence[str], last: int) -> None:
        """What may be filled in, checked as it is typed; words that are counted by stay the words they are."""
        for place, heading in enumerate(headings):
            if headings == LIST_HEADINGS and heading == "claim date":
                sheet.data_validation(1, place, last, place, _DAY)
            elif heading in FREE_TEXT:
                limit = {"validate": "length", "criteria": "<=", "value": 1000, "error_title": "Too long"}
                sheet.data_validation(1, place, last, place, limit)
            elif heading in WORDS:
                sheet.data_validation(1, place, last, place, {"validate": "list", "source": WORDS[heading]})

    def print_on(self, sheet: Worksheet, wide: int = 1) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
        sheet.fit_to_pages(wide, 0)
        if self._data.marking:
            marking = _PICTURE.sub(r"& \1", safe_text(self._data.marking, 100)).replace("&", "&&")
            sheet.set_header(f"&C{marking}")
        sheet.set_footer("&L&A&RPage &P of &N")


def height(headings: Sequence[str], cells: Sequence[str | int]) -> int:
    """Points that its longest cell needs, as wrapped in its column."""
    lines = 1
    for heading, cell in zip(headings, cells, strict=True):
        if isinstance(cell, str) and len(cell) > NARROWER * WIDTHS[heading]:
            lines = max(lines, math.ceil(len(cell) / (NARROWER * WIDTHS[heading])) + cell.count("\n"))
    return min(LINE * lines, TALLEST)


def instant(cell: str) -> datetime | None:
    """Of a day, or of a day and a time; None: it is none that Excel can hold."""
    try:
        told = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return told if told.tzinfo is None and told >= FIRST_OF_EXCEL else None


_DAY = {
    "validate": "date",
    "criteria": "between",
    "minimum": FIRST_DAY,
    "maximum": LAST_DAY,
    "input_title": "When it was fixed",
    "input_message": "A day, written YYYY-MM-DD.",
    "error_title": "No day",
    "error_message": "Write the day as YYYY-MM-DD, such as 2026-03-01.",
}
