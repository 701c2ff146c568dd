"""Which due time of which schedule was run by whom. One row each, so that nothing is ever run twice."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scanner.store.evidence import clean
from scanner.store.schema import Stored
from scanner.store.series_schema import schedule_run
from scanner.store.watching.journal import from_ms, to_ms
from scanner.store.watching.records import OVER, JobRun, JobState

MAX_NOTE = 1000  # characters
_OPEN = (JobState.CLAIMED.value, JobState.RUNNING.value)


def claim(connection: Connection, schedule_id: str, due_at: float, who: str, now: float, lease: float) -> bool:
    values = {"state": JobState.CLAIMED.value, "claimed_by": who, "lease_until": to_ms(now + lease), "note": ""}
    return _insert(connection, schedule_id, due_at, {**values, "started": to_ms(now)})


def note(
    connection: Connection, schedule_id: str, due_at: float, state: JobState, who: str, now: float, told: str
) -> bool:
    values = {"state": state.value, "claimed_by": who, "ended": to_ms(now), "note": clean(told[:MAX_NOTE])}
    return _insert(connection, schedule_id, due_at, values)


def _insert(connection: Connection, schedule_id: str, due_at: float, values: Mapping[str, object]) -> bool:
    """Whether the row is new: the first one wins, the others change nothing."""
    made = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"schedule_id": schedule_id, "due_at": to_ms(due_at), **values}
    new = made(schedule_run).values(row).on_conflict_do_nothing().returning(schedule_run.c.due_at)
    return connection.execute(new).first() is not None  # psycopg's rowcount of an INSERT is not kept


def _mine(schedule_id: str, due_at: float, who: str) -> ColumnElement[bool]:
    return (
        (schedule_run.c.schedule_id == schedule_id)
        & (schedule_run.c.due_at == to_ms(due_at))
        & (schedule_run.c.claimed_by == who)
        & schedule_run.c.state.in_(_OPEN)
    )


def renew(
    connection: Connection, schedule_id: str, due_at: float, who: str, now: float, lease: float, scan_id: int | None
) -> bool:
    values: dict[str, object] = {"state": JobState.RUNNING.value, "lease_until": to_ms(now + lease)}
    if scan_id is not None:
        values["scan_id"] = scan_id
    changed = update(schedule_run).where(_mine(schedule_id, due_at, who)).values(values)
    return connection.execute(changed).rowcount == 1


def finish(
    connection: Connection, schedule_id: str, due_at: float, who: str, now: float, state: JobState, told: str
) -> bool:
    if state not in OVER:
        raise ValueError(f"a job does not end as {state.value}")
    values = {"state": state.value, "ended": to_ms(now), "lease_until": None, "note": clean(told[:MAX_NOTE])}
    changed = update(schedule_run).where(_mine(schedule_id, due_at, who)).values(values)
    return connection.execute(changed).rowcount == 1


def abandoned(connection: Connection, now: float) -> tuple[JobRun, ...]:
    late = schedule_run.c.state.in_(_OPEN) & (schedule_run.c.lease_until < to_ms(now))
    rows = connection.execute(_all().where(late)).all()
    for row in rows:
        told = "its process died or was stopped: no sign of life since its lease ran out"
        values = {"state": JobState.ABANDONED.value, "ended": row.lease_until, "lease_until": None, "note": told}
        this = (schedule_run.c.schedule_id == row.schedule_id) & (schedule_run.c.due_at == row.due_at)
        connection.execute(update(schedule_run).where(this).values(values))
    return tuple(_job(row, JobState.ABANDONED) for row in rows)


def _all() -> Select[*tuple[object, ...]]:
    return select(schedule_run).order_by(schedule_run.c.due_at.desc(), schedule_run.c.schedule_id)


def read(connection: Connection, schedule_id: str | None, most: int) -> tuple[JobRun, ...]:
    asked = _all().limit(most)
    if schedule_id is not None:
        asked = asked.where(schedule_run.c.schedule_id == schedule_id)
    return tuple(_job(row) for row in connection.execute(asked))


def last_due(connection: Connection, schedule_id: str) -> float | None:
    found = next(iter(read(connection, schedule_id, 1)), None)
    return found.due_at if found else None


def _job(row: Stored, state: JobState | None = None) -> JobRun:
    return JobRun(
        row.schedule_id,
        from_ms(row.due_at),
        state or JobState(row.state),
        row.claimed_by,
        _seconds(row.lease_until),
        _seconds(row.started),
        _seconds(row.ended),
        row.scan_id,
        row.note,
    )


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else from_ms(ms)
