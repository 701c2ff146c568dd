"""CSV (RFC 4180, UTF-8 with a byte order mark, so that Excel reads it): every occurrence, with columns to claim in.

A cell that a spreadsheet would take for a formula begins with an apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from reports.action_plan import LIST_HEADINGS, ListRow, PlanRow, cells, occurrences
from reports.report import ReportData

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full width


def render(data: ReportData, out: BinaryIO) -> None:
    write(LIST_HEADINGS, occurrences(data), out)


def write(headings: Sequence[str], rows: Iterable[ListRow | PlanRow], out: BinaryIO) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(neutral(cells(row)) for row in rows)
    text.flush()
    text.detach()


def neutral(cells: Iterable[object]) -> list[object]:
    """Nothing in it is run by a spreadsheet (OWASP, CSV Injection)."""
    return [f"'{cell}" if isinstance(cell, str) and cell.lstrip().startswith(FORMULA) else cell for cell in cells]
