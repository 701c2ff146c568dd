"""The workbook: read back by another library, its numbers are the report's, and nothing in it is run."""

import io
import zipfile
from collections import Counter
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from checks.finding import Severity
from inventory.estate import Supplier
from reports.action_plan import LIST_HEADINGS, PLAN_HEADINGS, occurrences, plan
from reports.counting import by_severity
from reports.formats import FORMATS
from reports.report import ReportData
from tests.reports.sample import dark, hostile, sample


def rendered(data: ReportData) -> bytes:
    out = io.BytesIO()
    FORMATS["xlsx"].render(data, out)
    return out.getvalue()


def opened(data: ReportData) -> Workbook:
    return load_workbook(io.BytesIO(rendered(data)))


def texts(book: Workbook, sheet: str) -> list[list[object]]:
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


def test_the_sheets_hold_the_whole_plan() -> None:
    data = sample()
    book = opened(data)
    suppliers = sorted({row.supplier for row in plan(data)})
    assert book.sheetnames == ["Summary", "Action plan", *suppliers, "Occurrences"]
    heading, *rows = texts(book, "Action plan")
    assert heading == list(PLAN_HEADINGS)
    assert len(rows) == len(list(plan(data)))
    place = PLAN_HEADINGS.index("occurrences")
    assert sum(row[place] for row in rows) == sum(u.occurrences for u in by_severity(data.issues).values())  # type: ignore[misc]  # numbers
    for supplier in suppliers:
        mine = [row for row in rows if row[PLAN_HEADINGS.index("supplier")] == supplier]
        assert texts(book, supplier)[1:] == mine


def test_a_supplier_can_claim_in_the_list_of_occurrences() -> None:
    data = sample()
    sheet = opened(data)["Occurrences"]
    heading, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert heading == list(LIST_HEADINGS)
    assert len(heading) <= 10
    assert [row[0] for row in rows] == [row.ref for row in occurrences(data)]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:J{len(rows) + 1}"
    validated = {str(rule.sqref).rstrip("0123456789")[0] for rule in sheet.data_validations.dataValidation}
    assert validated == {"H", "I", "J"}


def test_the_summary_says_what_the_report_says() -> None:
    data = sample()
    told = {row[0]: row[1:4] for row in texts(opened(data), "Summary") if row[0] in list(Severity)}
    counted = by_severity(data.issues)
    assert {s: [told[s.value][0], told[s.value][1]] for s in Severity} == {
        s: [counted[s].issues, counted[s].occurrences] for s in Severity
    }


@pytest.mark.parametrize("data", [hostile(), dark()], ids=["hostile", "dark"])
def test_nothing_is_a_formula_or_a_link(data: ReportData) -> None:
    packed = zipfile.ZipFile(io.BytesIO(rendered(data)))
    for name in packed.namelist():
        text = packed.read(name).decode()
        assert "<f>" not in text
        assert "hyperlink" not in text
    kinds = Counter(cell.data_type for sheet in opened(data) for row in sheet.iter_rows() for cell in row)
    assert set(kinds) <= {"s", "n", "inlineStr"}


def test_names_of_sheets_that_excel_would_refuse() -> None:
    data = sample()
    odd = {"larkspur": Supplier("larkspur", "A/B:[*]?\\" + "x" * 60), "quill": Supplier("quill", "Summary")}
    book = opened(replace(data, suppliers=odd))
    assert len(book.sheetnames) == len({name.lower() for name in book.sheetnames}) == 5
    assert all(len(name) <= 31 for name in book.sheetnames)
