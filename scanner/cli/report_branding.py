"""``estatecheck report --branding FOLDER``: the same facts in somebody's own dress."""

from pathlib import Path
from typing import TYPE_CHECKING

from scanner.cli.console import plain_errors

if TYPE_CHECKING:
    from reports.report import ReportData


def in_dress(data: "ReportData", folder: Path | None) -> "ReportData":
    """After a view was cut: a section of one's own sees what the view sees. Ends with exit code 2 for a bad folder."""
    if folder is None:
        return data
    from reports.branding import BadBranding
    from scanner.service.branding import dressed, read

    with plain_errors(BadBranding):
        return dressed(data, read(folder))
