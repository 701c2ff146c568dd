"""CSV (RFC 4180, UTF-8 with a byte order mark, so that Excel reads it): every occurrence, with columns to claim in.

A cell that a spreadsheet would take for a formula begins with an apostrophe.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple
from typing import BinaryIO

from reports.action_plan import LIST_HEADINGS, occurrences
from reports.report import ReportData

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(data: ReportData, out: BinaryIO) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(LIST_HEADINGS)
    writer.writerows(neutral(astuple(row)) for row in occurrences(data))
    text.flush()
    text.detach()


def neutral(cells: Iterable[object]) -> list[object]:
    """Nothing in it is run by a spreadsheet (OWASP, CSV Injection)."""
    return [f"'{cell}" if isinstance(cell, str) and cell.lstrip().startswith(FORMULA) else cell for cell in cells]
