"""Writes reports to files. A format that lays out pages runs in a process of its own, which ends with its time."""

import multiprocessing
from pathlib import Path

from reports.formats import FORMATS, FormatError
from reports.report import ReportData
from scanner.service.garbage import set_aside

APART = frozenset({"pdf"})
MAX_SECONDS = 600.0
_CANNOT = 3  # exit status of the child: the sentence stands in its file


class CannotRender(Exception):
    """A format could not be written. One plain sentence."""


def render(name: str, data: ReportData, path: Path, seconds: float = MAX_SECONDS) -> None:
    """Write one format to ``path``. Raises :class:`CannotRender` and ``OSError``."""
    if name not in APART:
        with path.open("wb") as out, set_aside():
            FORMATS[name].render(data, out)
        return
    child = multiprocessing.get_context("fork").Process(target=_apart, args=(name, data, path), daemon=True)
    child.start()
    child.join(seconds)
    if child.is_alive():
        child.kill()
        child.join()
        raise CannotRender(f"the {name} report took more than {seconds:.0f} s and was stopped; ask for html or xlsx")
    if child.exitcode == _CANNOT:
        raise CannotRender(path.read_text())
    if child.exitcode != 0:
        raise CannotRender(f"the {name} report could not be made: its process ended with {child.exitcode}")


def _apart(name: str, data: ReportData, path: Path) -> None:
    try:
        with path.open("wb") as out, set_aside():
            FORMATS[name].render(data, out)
    except FormatError as fault:
        path.write_text(str(fault))
        raise SystemExit(_CANNOT) from fault
