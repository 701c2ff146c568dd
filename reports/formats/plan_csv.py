"""The remediation action plan as CSV (RFC 4180): a row for each issue of each supplier, the columns of the workbook."""

from itertools import chain
from typing import BinaryIO

from reports.action_plan import PLAN_HEADINGS, owed, plan
from reports.formats.csv_file import write
from reports.report import ReportData


def render(data: ReportData, out: BinaryIO) -> None:
    write(PLAN_HEADINGS, chain(plan(data), owed(data)), out)
