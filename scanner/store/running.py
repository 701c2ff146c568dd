"""What works on a record now: processes that scan and that probe, as ``estatecheck stop`` needs them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from scanner.store.database import Database
from scanner.store.liveness import Process, alive, this_process
from scanner.store.records import ScanState
from scanner.store.schema import Stored, scan
from scanner.store.series_schema import prober_run


@dataclass(frozen=True, slots=True)
class Running:
    """``here``: its number means something on this machine, and it is alive."""

    what: str  # scan 7, the daemon
    pid: int
    machine: str
    here: bool


def running(url: str) -> tuple[Running, ...]:
    """Scans and daemons that are alive as far as can be known. Raises :class:`StoreError`."""
    database = Database(url)
    try:
        with database.reading() as connection:
            scans = connection.execute(select(scan).where(scan.c.state == ScanState.RUNNING.value)).all()
            probers = connection.execute(select(prober_run).where(prober_run.c.ended.is_(None))).all()
    finally:
        database.close()
    found = [(f"scan {row.id}", row, row.heartbeat_at) for row in scans]
    found += [("the daemon", row, datetime.fromtimestamp(row.alive_until / 1000, UTC)) for row in probers]
    now, here = datetime.now(UTC), this_process().place
    living = ((what, row) for what, row, heard in found if alive(_process(row), heard, now))
    return tuple(Running(what, row.pid, row.machine, row.place == here) for what, row in living)


def _process(row: Stored) -> Process:
    return Process(row.pid, row.process_start, row.machine, row.place)
