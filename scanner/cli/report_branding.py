"""``report --branding FOLDER``, or ``branding:`` of the inventory: the same facts in somebody's own dress."""

from pathlib import Path
from typing import TYPE_CHECKING

from scanner.cli.console import note, plain_errors

if TYPE_CHECKING:
    from reports.report import ReportData


def in_dress(data: "ReportData", folder: Path | None, named: str = "") -> "ReportData":
    """After a view was cut: a section of one's own sees what the view sees. Ends with exit code 2 for a bad folder.

    ``folder`` comes before ``named``, that of the inventory. Where that is not here, as on another machine than the one
    that scanned, it is said, and the report goes without.
    """
    from reports.branding import BadBranding

    with plain_errors(BadBranding):
        if folder is not None:
            return _dressed(data, folder)
        if named and not Path(named).is_dir():
            note(f"the folder that the inventory names for branding is not here: {named}; name it with --branding")
            return data
        return _dressed(data, _still_inside(Path(named))) if named else data


def as_named(data: "ReportData") -> "ReportData":
    """Of a scan that has just ended. What is wrong with the folder is told; the report is written all the same."""
    from reports.branding import BadBranding

    if not data.branding_folder:
        return data
    try:
        return _dressed(data, _still_inside(Path(data.branding_folder)))
    except BadBranding as fault:
        note(f"{fault}; the reports are written without a dress: mend it, and run estatecheck report")
        return data


def _still_inside(folder: Path) -> Path:
    """The inventory's folder was whole and inside when it was read: a link that was put there since leads elsewhere."""
    from reports.branding import BadBranding

    if folder.resolve() != folder:
        raise BadBranding(f"{folder} has become a link to another place; put the folder itself there")
    return folder


def _dressed(data: "ReportData", folder: Path) -> "ReportData":
    from scanner.service.branding import dressed, read

    return dressed(data, read(folder))
