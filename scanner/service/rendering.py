"""Writes reports to files. A format that lays out pages runs in a process of its own, which ends with its time."""

import multiprocessing
import signal
from pathlib import Path

from reports.branding import WORD_MEMORY
from reports.formats import FORMATS, FormatError
from reports.report import ReportData
from scanner.service.bounds import bound_memory
from scanner.service.garbage import set_aside

APART = frozenset({"pdf", "docx"})
MAX_SECONDS = 600.0
OWN_SECONDS = 60.0  # of a Word template of somebody's own
_CANNOT = 3  # exit status of the child: the sentence stands in its file


class CannotRender(Exception):
    """A format could not be written. One plain sentence."""


def render(name: str, data: ReportData, path: Path, seconds: float = MAX_SECONDS) -> None:
    """Write one format to ``path``. Raises :class:`CannotRender` and ``OSError``."""
    if name not in APART:
        with path.open("wb") as out, set_aside():
            FORMATS[name].render(data, out)
        return
    if _own(name, data):
        seconds = min(seconds, OWN_SECONDS)
    child = multiprocessing.get_context("fork").Process(target=_apart, args=(name, data, path), daemon=True)
    child.start()
    try:
        child.join(seconds)
        late = child.is_alive()
    finally:
        child.kill()  # also when a person ended us: it has no part in Ctrl-C
        child.join()
    if late:
        asked = "mend the Word template" if _own(name, data) else "ask for html or xlsx"
        raise CannotRender(f"the {name} report took more than {seconds:.0f} s and was stopped; {asked}")
    if child.exitcode == _CANNOT:
        raise CannotRender(path.read_text())
    if child.exitcode != 0:
        raise CannotRender(f"the {name} report could not be made: its process ended with {child.exitcode}")


def _own(name: str, data: ReportData) -> bool:
    return name == "docx" and data.branding is not None and data.branding.document is not None


def _apart(name: str, data: ReportData, path: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both: the parent ends us, without a traceback
    if _own(name, data):
        bound_memory(WORD_MEMORY)
    try:
        with path.open("wb") as out, set_aside():
            FORMATS[name].render(data, out)
    except FormatError as fault:
        path.write_text(str(fault))
        raise SystemExit(_CANNOT) from fault
    except MemoryError as fault:
        path.write_text(f"the {name} report uses more than {WORD_MEMORY // 2**20} MB: its template asks for too much")
        raise SystemExit(_CANNOT) from fault
