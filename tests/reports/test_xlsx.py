"""The workbook: read back by another library, its numbers are the report's, and nothing in it is run."""

import csv
import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from inventory.estate import Supplier
from reports.action_plan import FIX_HEADINGS, LIST_HEADINGS, PLAN_HEADINGS, occurrences, owed, plan
from reports.counting import by_severity
from reports.formats import FORMATS, xlsx
from reports.report import ReportData
from scanner.service.action_plan import plan_rows
from tests.reports.sample import dark, sample
from tests.reports.sample_whole import whole, whole_hostile


def rendered(data: ReportData, name: str = "xlsx") -> bytes:
    out = io.BytesIO()
    FORMATS[name].render(data, out)
    return out.getvalue()


def opened(data: ReportData) -> Workbook:
    return load_workbook(io.BytesIO(rendered(data)))


@cache
def whole_book() -> Workbook:
    """Read only."""
    return opened(whole())


@cache
def plain_book() -> Workbook:
    """Read only."""
    return opened(sample())


def texts(book: Workbook, sheet: str) -> list[list[object]]:
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


def test_the_sheets_hold_the_whole_plan() -> None:
    data, book = whole(), whole_book()
    whole_plan = [*plan(data), *owed(data)]
    suppliers = sorted({row.supplier for row in whole_plan})
    assert book.sheetnames == ["Summary", "Action plan", *suppliers, "Verified fixes", "Occurrences"]
    heading, *rows = texts(book, "Action plan")
    assert heading == list(PLAN_HEADINGS)
    assert len(rows) == len(whole_plan)
    place, again = PLAN_HEADINGS.index("occurrences"), PLAN_HEADINGS.index("looked at again")
    told = Counter[object]()
    for row in rows:
        told[row[again]] += row[place]  # type: ignore[assignment, operator]  # numbers
    assert told["yes"] == sum(u.occurrences for u in by_severity(data.issues).values())
    assert told["no"] == len(data.carried) > 0
    for supplier in suppliers:
        mine = [row for row in rows if row[PLAN_HEADINGS.index("supplier")] == supplier]
        assert texts(book, supplier)[1:] == mine
    heading, *rows = texts(book, "Verified fixes")
    assert heading == list(FIX_HEADINGS)
    assert [row[0] for row in rows] == [one.ref for one in data.fixed]


def column(book: Workbook, heading: str) -> set[object]:
    """Of what this scan found."""
    _, *rows = texts(book, "Action plan")
    again = PLAN_HEADINGS.index("looked at again")
    return {row[PLAN_HEADINGS.index(heading)] for row in rows if row[again] == "yes"}


def test_the_plan_tells_clocks_claims_and_acceptances() -> None:
    data = whole_book()
    assert column(data, "clock") == {"breached", "running"}
    assert column(data, "contract") == {"C-17", None}
    assert column(data, "stopped days") == {0, 3}
    assert column(data, "risk owner") == {"Head of Listing", None}
    assert {datetime(2025, 2, 27), None} == column(data, "claim date")  # noqa: DTZ001 (Excel has no zones)
    assert datetime(2025, 2, 11) in column(data, "verification date")  # noqa: DTZ001
    told = " ".join(str(one) for one in column(data, "acceptance"))
    assert "(event 62), until 2025-06-30" in told
    assert "requested: CR-18" in told
    _, *rows = texts(data, "Action plan")
    dues = [(row[PLAN_HEADINGS.index("policy due")], row[PLAN_HEADINGS.index("agreed due")]) for row in rows]
    both = [(policy, agreed) for policy, agreed in dues if policy and agreed]
    assert both
    assert all(isinstance(due, datetime) for pair in both for due in pair)
    assert {agreed - policy for policy, agreed in both} == {timedelta(days=7)}, "as the contract of the sample gives"  # type: ignore[operator]  # datetimes


def test_without_clocks_nothing_is_made_up() -> None:
    for heading in ("clock", "policy due", "agreed due", "stopped days", "contract"):
        assert column(plain_book(), heading) == {None}


def test_a_supplier_can_claim_in_the_list_of_occurrences() -> None:
    data = sample()
    sheet = plain_book()["Occurrences"]
    heading, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert heading == list(LIST_HEADINGS)
    assert len(heading) <= 10
    assert [row[0] for row in rows] == [row.ref for row in occurrences(data)]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:J{len(rows) + 1}"
    rules = {str(rule.sqref).rstrip("0123456789")[0]: rule.type for rule in sheet.data_validations.dataValidation}
    assert rules == {"C": "list", "H": "date", "I": "textLength", "J": "textLength"}


def test_a_filled_in_workbook_is_read_back(tmp_path: Path) -> None:
    book = opened(sample())
    sheet = book["Occurrences"]
    ref = sheet["A2"].value
    sheet["H2"], sheet["I2"], sheet["J2"] = datetime(2025, 3, 4), "set it", "CHG-9"  # noqa: DTZ001 (Excel has no zones)
    path = tmp_path / "plan.xlsx"
    book.save(path)
    rows = list(plan_rows(path.read_bytes()))
    assert [(r.ref, r.done_on, r.what, r.reference, r.error) for r in rows if r.claimed] == [
        (ref, date(2025, 3, 4), "set it", "CHG-9", "")
    ]
    assert len(rows) == len(list(occurrences(sample())))


def test_the_csv_is_read_back() -> None:
    out = io.BytesIO()
    FORMATS["csv"].render(sample(), out)
    assert [row.ref for row in plan_rows(out.getvalue())] == [row.ref for row in occurrences(sample())]


def test_the_plan_as_csv_is_the_plan_of_the_workbook() -> None:
    out = io.BytesIO()
    FORMATS["plan-csv"].render(whole(), out)
    heading, *rows = csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""))
    assert heading == list(PLAN_HEADINGS)
    _, *same = texts(whole_book(), "Action plan")
    assert [[cell.removeprefix("'") for cell in row] for row in rows] == [
        [as_csv(cell, heading) for cell, heading in zip(row, PLAN_HEADINGS, strict=True)] for row in same
    ]


def as_csv(cell: object, heading: str) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}" if heading.endswith(" due") else f"{cell:%Y-%m-%d}"
    return "" if cell is None else str(cell).removeprefix("'")


def test_the_summary_says_what_the_json_says() -> None:
    data = whole()
    rows = texts(whole_book(), "Summary")
    counts = json.loads(rendered(data, "json"))["counts"]
    heads = {str(row[0]): n for n, row in enumerate(rows) if row[1] in ("issues", "assets", "findings")}
    assert {"severity", "risk", "theme", "clock", "supplier", "coverage"} <= heads.keys()
    units = ("issues", "occurrences", "assets")
    for heading, name in (("severity", "by_severity"), ("risk", "by_risk")):
        wanted = {**counts[name], "in all": counts["total"]}
        told = {row[0]: dict(zip(units, row[1:4], strict=True)) for row in under(rows, heading)}
        assert told == {word: {unit: one[unit] for unit in units} for word, one in wanted.items()}
    states = {row[0]: (row[1], row[2]) for row in under(rows, "state")}
    assert {word: seen for word, (seen, _) in states.items() if seen} == counts["by_state"]
    assert Counter({word: left for word, (_, left) in states.items() if left}) == Counter(o.state for o in data.carried)
    assert sum(row[2] for row in under(rows, "supplier")) == counts["total"]["occurrences"]  # type: ignore[misc]  # numbers
    listed = Counter(row[5] for row in texts(whole_book(), "Occurrences")[1:])
    assert listed == Counter({word: sum(pair) for word, pair in states.items()})  # type: ignore[arg-type]  # numbers


def under(rows: list[list[object]], heading: str) -> list[list[object]]:
    """The rows of the table that begins with that heading."""
    first = next(n for n, row in enumerate(rows) if row[0] == heading) + 1
    return rows[first : next(n for n, row in enumerate([*rows, [None]]) if n >= first and row[0] is None)]


def test_days_are_days_and_each_row_is_as_tall_as_its_text() -> None:
    """Whoever opens it sorts and reckons by day, and reads every line without touching it."""
    sheet = whole_book()["Action plan"]
    days = {cell.value for cell in sheet[chr(ord("A") + PLAN_HEADINGS.index("raised"))][1:]}
    assert {type(day) for day in days} == {datetime}
    assert xlsx.height(LIST_HEADINGS, ["EC-1", "x" * 100, *[""] * 8]) == 3 * xlsx.LINE
    assert xlsx.height(LIST_HEADINGS, ["EC-1", "x" * 9_000, *[""] * 8]) == xlsx.TALLEST
    assert sheet.page_setup.fitToWidth == xlsx.PLAN_WIDE
    assert sheet.print_title_cols == "$A:$B"
    assert "SENSITIVE" in sheet.oddHeader.center.text


def test_a_day_that_excel_cannot_hold_stays_text() -> None:
    assert xlsx.instant("1899-12-31") is None
    assert xlsx.instant("2025-02-30") is None
    assert xlsx.instant("2025-03-01 09:12") == datetime(2025, 3, 1, 9, 12)  # noqa: DTZ001 (Excel has no zones)


@pytest.mark.parametrize("data", [whole_hostile(), dark()], ids=["hostile", "dark"])
def test_nothing_is_a_formula_or_a_link(data: ReportData) -> None:
    packed = zipfile.ZipFile(io.BytesIO(rendered(data)))
    for name in packed.namelist():
        text = packed.read(name).decode()
        assert "<f>" not in text
        assert "hyperlink" not in text
    kinds = Counter(cell.data_type for sheet in opened(data) for row in sheet.iter_rows() for cell in row)
    assert set(kinds) <= {"s", "n", "d", "inlineStr"}


def test_names_of_sheets_that_excel_would_refuse() -> None:
    data = sample()
    odd = {"larkspur": Supplier("larkspur", "A/B:[*]?\\" + "x" * 60), "quill": Supplier("quill", "Summary")}
    book = opened(replace(data, suppliers=odd))
    assert len(book.sheetnames) == len({name.lower() for name in book.sheetnames}) == 6
    assert all(len(name) <= 31 for name in book.sheetnames)
