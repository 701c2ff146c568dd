"""``--view`` of ``estatecheck report``, and ``report open``: which view, and the newest page in the user's browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import fail, known, note, plain_errors, say
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from reports.report import ReportData

DEFAULT = "technical"
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def check_view(view: str, supplier: str | None) -> None:
    """Before anything is read. Ends with a sentence where these do not go together."""
    from reports.views import View

    known("--view", view, [one.value for one in View])
    if (view == View.SUPPLIER) != (supplier is not None):
        raise fail("--view supplier and --supplier NAME go together: name whose view it is")


def as_seen(data: "ReportData", view: str, supplier: str | None) -> "ReportData":
    """The report cut to the view. Ends with a sentence when it has no such supplier."""
    from reports.views import View, ViewError, seen

    with plain_errors(ViewError):
        return seen(data, View(view), supplier)


def open_report(
    output: Annotated[str | None, typer.Option("--output", "-o", help="Folder with the reports.")] = None,
) -> None:
    """Open the newest HTML report in the browser, or print its path when there is none.

    Example: estatecheck report open -o out
    """
    with plain_errors(SettingsError):
        folder = resolve({"output": output}).path("output") or Path()
    page = newest(folder)
    if page is None:
        raise fail(f"there is no HTML report in {folder}: make one with estatecheck report, or name its folder with -o")
    if not shown(page):
        note("no browser could be started here; open this file in one:")
    say(str(page))


def newest(folder: Path) -> Path | None:
    """Of ``report*.html``; of several as new as each other the last by name."""
    found = [(path.stat().st_mtime_ns, path.name, path) for path in folder.glob("report*.html") if path.is_file()]
    return max(found)[2].resolve() if found else None


def shown(page: Path) -> bool:
    """Whether a browser took it. A text browser would take the terminal, so without a display nothing is started."""
    import os
    import sys
    import webbrowser

    graphical = sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in DISPLAYS)
    if not (graphical or os.environ.get("BROWSER")):
        return False
    try:
        return webbrowser.open(page.as_uri())
    except (webbrowser.Error, OSError):
        return False
