"""Rows of an action plan that a supplier filled in: CSV (RFC 4180, also with semicolons or tabs) or XLSX.

Wanted are the columns of :data:`COLUMNS`, in any order, under any of their headings; others are passed over. Formulas
are not evaluated: a cell that holds one is an error of its row.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

MAX_ROWS = 50_000
MAX_COLUMNS = 200
MAX_CELL = 4_000  # characters
MAX_UNPACKED = 128 * 1024 * 1024  # bytes of all parts of an XLSX
MAX_HEAD = 20  # rows above the headings
MAX_SHEETS = 200  # that are looked through

COLUMNS = {
    "ref": ("ref", "reference number", "finding", "finding ref", "estatecheck ref", "id"),
    "done_on": ("claim date", "claimed on", "date fixed", "fixed on", "done on", "completed", "completion date"),
    "what": ("what was done", "action taken", "done", "remediation", "fix applied", "comment"),
    "reference": ("change reference", "change", "change ref", "change number", "ticket"),
}
_REF = re.compile(r"(?:EC-)?(\d{1,9})", re.IGNORECASE)


class NotAPlan(Exception):
    """The file cannot be read as an action plan. One sentence."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    place: str  # "line 7"
    ref: str = ""
    done_on: date | None = None
    what: str = ""
    reference: str = ""
    error: str = ""

    @property
    def claimed(self) -> bool:
        return bool(self.done_on or self.what or self.reference)


@dataclass(frozen=True, slots=True)
class Line:
    place: str
    cells: tuple[object, ...]


def plan_rows(data: bytes) -> Iterator[PlanRow]:
    """Raises :class:`NotAPlan`, also while it is read."""
    lines = _xlsx(data) if data[:2] == b"PK" else _csv(data)
    columns: dict[str, int] | None = None
    above = 0
    for count, line in enumerate(lines):
        if count > MAX_ROWS:
            raise NotAPlan(f"it has more than {MAX_ROWS} rows; split it")
        if columns is None:
            columns, above = _headings(line), above + 1
            if columns is None and above > MAX_HEAD:
                break
        elif any(cell not in (None, "") for cell in line.cells):
            yield _row(line, columns)
    if columns is None:
        raise NotAPlan(
            "it has no row of headings with a finding's ref; wanted: ref, claim date, what was done, change reference"
        )


def _headings(line: Line) -> dict[str, int] | None:
    told = [" ".join(str(cell or "").replace("_", " ").casefold().split()) for cell in line.cells]
    found = {
        name: place
        for name, words in COLUMNS.items()
        if (place := next((told.index(word) for word in words if word in told), None)) is not None
    }
    return found if "ref" in found and len(found) > 1 else None


def _row(line: Line, columns: dict[str, int]) -> PlanRow:
    cells = {name: line.cells[place] if place < len(line.cells) else None for name, place in columns.items()}
    formula = next((name for name, cell in cells.items() if isinstance(cell, str) and cell.startswith("=")), None)
    if formula:
        return PlanRow(line.place, error=f"the cell for {formula.replace('_', ' ')} holds a formula; write its value")
    long = next((name for name, cell in cells.items() if len(str(cell or "")) > MAX_CELL), None)
    if long:
        return PlanRow(line.place, error=f"the cell for {long.replace('_', ' ')} has more than {MAX_CELL} characters")
    ref = _REF.fullmatch(_text(cells.get("ref")))
    if ref is None:
        return PlanRow(line.place, error=f"{_text(cells.get('ref'))[:40]!r} is no finding's ref, such as EC-0001")
    return _dated(line.place, f"EC-{int(ref[1]):04d}", cells)


def _dated(place: str, ref: str, cells: dict[str, object]) -> PlanRow:
    try:
        done = _day(cells.get("done_on"))
    except ValueError:
        told = _text(cells.get("done_on"))[:40]
        return PlanRow(place, ref, error=f"{ref}: {told!r} is no day; write it as 2026-03-01")
    return PlanRow(place, ref, done, _text(cells.get("what")), _text(cells.get("reference")))


def _text(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return "".join(c for c in text.strip() if c.isprintable() or c == "\n").encode("utf-8", "replace").decode()


def _day(cell: object) -> date | None:
    """A cell's date, or an ISO day as text. 03/04/2026 is two days, so it is none. Raises ValueError."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell)
    return date.fromisoformat(text) if text else None


def _csv(data: bytes) -> Iterator[Line]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise NotAPlan("it is neither an XLSX file nor text in UTF-8; save it as CSV UTF-8") from fault
    head = "\n".join(text.splitlines()[:MAX_HEAD])
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    first = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise NotAPlan(f"line {reader.line_num} cannot be read as CSV: {fault}") from fault
        yield Line(f"line {first}", tuple(cells[:MAX_COLUMNS]))
        first = reader.line_num + 1


def _xlsx(data: bytes) -> Iterator[Line]:
    """The first sheet that is shown and has the headings. Formulas come as their text, never as a value."""
    _hold_size(data)
    import openpyxl  # slow to import, and most plans are CSV
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"][:MAX_SHEETS]
        if not shown:
            raise NotAPlan("the workbook has no sheet")
        sheet = next((one for one in shown if any(map(_headings, _top(one)))), shown[0])
        yield from _sheet(sheet.iter_rows(max_col=MAX_COLUMNS, max_row=MAX_ROWS + 2, values_only=True))
    except (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as fault:
        raise NotAPlan(f"the workbook cannot be read ({type(fault).__name__}); save it anew, or as CSV") from fault
    except (ParseError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as fault:
        raise NotAPlan(f"the workbook is damaged ({type(fault).__name__}); save it anew, or as CSV") from fault


def _top(sheet: Any) -> list[Line]:  # noqa: ANN401 (openpyxl has no types)
    """Where its headings would be."""
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    return list(_sheet(sheet.iter_rows(max_col=MAX_COLUMNS, max_row=MAX_HEAD, values_only=True)))


def _sheet(rows: Iterable[Sequence[object]]) -> Iterator[Line]:
    for number, cells in enumerate(rows, start=1):
        yield Line(f"row {number}", tuple(cells))


def _hold_size(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as fault:
        raise NotAPlan("it begins like an XLSX file and is none") from fault
    if size > MAX_UNPACKED:
        raise NotAPlan(f"it unpacks to more than {MAX_UNPACKED // 2**20} MB, which no action plan does")
