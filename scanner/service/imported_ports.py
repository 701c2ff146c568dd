"""Open ports as imported files tell of them: nmap's own list, and the port that a finding of any tool is about.

A file that does not name a port says nothing of it; what a later file calls closed is dropped. A report knows the files
that were taken in before its scan (``imported_report.py``), so it is the same for ever.
"""

from collections.abc import Iterator, Mapping, Sequence

from checks.finding import CheckRun, Outcome
from reports.open_ports import MOST_SAID, How, Identified, OpenPort, Reach
from reports.text import safe_text
from scanner.service.import_runs import EXPECTED, GONE, MEANT
from scanner.service.imported_report import known_imports
from scanner.store.imports import ImportRow
from scanner.store.records import ScanRow
from scanner.store.store import Store

BY_NUMBER = "(by its number only)"  # nmap's name for a port that told it nothing
Known = dict[tuple[str, str], dict[str, OpenPort]]  # asset and port -> by tool


def imported_ports(store: Store, scan: ScanRow) -> Mapping[str, Sequence[OpenPort]]:
    """By the uid of an asset."""
    known: Known = {}
    for row in sorted(known_imports(store, scan), key=lambda one: (str(one.ended_at or ""), one.scan_id)):
        for uid, run in store.runs_about(row.scan_id, "port"):
            _hear(known, uid, run, row)
    found: dict[str, list[OpenPort]] = {}
    for (uid, _), told in sorted(known.items()):
        found.setdefault(uid, []).extend(told[tool] for tool in sorted(told))
    return found


def _hear(known: Known, uid: str, run: CheckRun, row: ImportRow) -> None:
    key = uid, run.subject.key
    if run.outcome is Outcome.FAIL or _expected(run):
        for port in _port(run, row):
            before = known.setdefault(key, {}).get(row.tool)
            if before is None or port.told[0].service or not before.told[0].service:
                known[key][row.tool] = port
    elif run.check_id == EXPECTED and run.outcome is Outcome.PASS and run.observed != GONE:
        known.pop(key, None)


def _expected(run: CheckRun) -> bool:
    """Open, and no weakness: the inventory names it."""
    return run.check_id == EXPECTED and run.observed.startswith(f"{run.subject.key} is open")


def _port(run: CheckRun, row: ImportRow) -> Iterator[OpenPort]:
    protocol, _, number = run.subject.key.partition("/")
    if number.isascii() and number.isdigit() and 0 < int(number[:6]) < 65_536:
        service, said = _words(run)
        by = f"{row.tool} {row.version}".strip() + (f", {row.ended_at:%Y-%m-%d}" if row.ended_at else "")
        told = Identified(How.IMPORTED, service, safe_text(f"{said} ({by})" if said else by, MOST_SAID))
        yield OpenPort(protocol, int(number), Reach.ELSEWHERE, (), (told,))


def _words(run: CheckRun) -> tuple[str, str]:
    """Service and banner, as nmap tells them: ``tcp/22 is open: ssh OpenSSH 9.2``."""
    _, told, rest = run.observed.partition(" is open: ")
    said = rest.partition(MEANT)[0]
    if run.check_id != EXPECTED or not told or BY_NUMBER in said:
        return "", ""
    return safe_text(said.partition(" ")[0], MOST_SAID), said
