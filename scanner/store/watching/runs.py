"""The prober's own life: what it did not live through, it did not see."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, select, update

from scanner.store.liveness import Process, alive, this_process
from scanner.store.prepared import Prepared
from scanner.store.schema import Stored
from scanner.store.series_schema import prober_run
from scanner.store.watching.journal import from_ms, to_ms
from scanner.store.watching.records import ProberRunning, Run, RunLost

_BEAT = Prepared(
    update(prober_run)
    .where(prober_run.c.id == bindparam("run"), prober_run.c.ended.is_(None))
    .values(alive_until=bindparam("new_alive_until"))
)


def begin(connection: Connection, tool_version: str, now: float) -> Run:
    """Raises :class:`ProberRunning`. A run whose process died is closed where it was last heard of."""
    for row in connection.execute(select(prober_run).where(prober_run.c.ended.is_(None))).all():
        if _alive(row, now):
            since = _moment(row.started)
            raise ProberRunning(
                f"process {row.pid} on {row.machine} has probed for this record since {since:%Y-%m-%d %H:%M:%S} UTC; "
                "end it first (`estatecheck stop`), or wait until it is taken for dead"
            )
        closed = update(prober_run).where(prober_run.c.id == row.id).values(ended=row.alive_until)
        connection.execute(closed)
    here = this_process()
    number = connection.execute(select(func.coalesce(func.max(prober_run.c.id), 0))).scalar_one() + 1
    values = {
        "id": number,
        "started": to_ms(now),
        "alive_until": to_ms(now),
        "tool_version": tool_version,
        "pid": here.pid,
        "process_start": here.started,
        "machine": here.machine,
        "place": here.place,
    }
    connection.execute(prober_run.insert().values(values))
    return _run(connection.execute(select(prober_run).where(prober_run.c.id == number)).one())


def _alive(row: Stored, now: float) -> bool:
    process = Process(row.pid, row.process_start, row.machine, row.place)
    return alive(process, _moment(row.alive_until), datetime.fromtimestamp(now, UTC))


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def beat(connection: Connection, run_id: int, at: int) -> None:
    """It lives still (``at`` in ms). Raises :class:`RunLost`."""
    if not _BEAT.run(connection, {"run": run_id, "new_alive_until": at}):
        raise RunLost("this prober was taken for dead, and its run was closed: it stops, and may begin again")


def end(connection: Connection, run: Run, now: float) -> None:
    beat(connection, run.id, to_ms(now))
    connection.execute(update(prober_run).where(prober_run.c.id == run.id).values(ended=to_ms(now)))


def read(connection: Connection) -> tuple[Run, ...]:
    return tuple(_run(row) for row in connection.execute(select(prober_run).order_by(prober_run.c.id)))


def _run(row: Stored) -> Run:
    ended = None if row.ended is None else from_ms(row.ended)
    return Run(row.id, from_ms(row.started), from_ms(row.alive_until), ended, row.machine, row.pid, row.tool_version)
