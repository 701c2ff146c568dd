"""Changes of state: appended, never altered. A change takes the place of all that was said of the time from its start
on, so the intervals follow by folding the newest first, and as of any moment in the past by leaving out what was
learned later.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, bindparam, delete, func, select

from inventory.facts.availability import Interval, State
from scanner.store.prepared import Prepared, insertion
from scanner.store.schema import Stored
from scanner.store.series_schema import hour_seal, prober_run, sample_batch, state_change, watch_now
from scanner.store.watching.definitions import watch_id
from scanner.store.watching.journal import from_ms, squeezed, to_ms, unsqueezed
from scanner.store.watching.records import HOUR, ChangeRow, Seal

GOOD = (State.UP, State.DEGRADED)
ALL = 0  # among what is in doubt: every series
_AT_ONCE = 256  # rows read in one go

_ADD = insertion(state_change)
_ADD_NOW = insertion(watch_now)
_LAST = Prepared(select(func.coalesce(func.max(state_change.c.id), 0).label("last")))
_OLDER = Prepared(
    select(state_change.c.id, state_change.c.start, state_change.c.state, state_change.c.reason)
    .where(
        state_change.c.watch_id == bindparam("watch"),
        state_change.c.batch <= bindparam("batch"),
        state_change.c.id < bindparam("before"),
    )
    .order_by(state_change.c.id.desc())
    .limit(_AT_ONCE)
)
_FOREVER = 2**31 - 1  # the largest number that PostgreSQL compares an integer with


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change as a flush brings it. Milliseconds."""

    watch: int
    state: State
    start: int
    reason: str
    after: int | None
    evidence: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far the record can say anything: up to a batch, until an instant (ms). ``pending``: in doubt since (ms)."""

    batch: int
    until: int
    pending: Mapping[int, int]


def add(connection: Connection, new: Sequence[NewChange], batch: int, at: int) -> None:
    """Inside the caller's transaction: nobody else can add meanwhile."""
    if not new:
        return
    last = int(_LAST.rows(connection, {})[0].last)
    rows = [_row(last + place, one, batch, at) for place, one in enumerate(new, 1)]
    _ADD.run_many(connection, rows)
    newest = {row["watch_id"]: row for row in rows}
    connection.execute(delete(watch_now).where(watch_now.c.watch_id.in_(list(newest))))
    _ADD_NOW.run_many(connection, [_now(row) for row in newest.values()])


def _row(number: int, new: NewChange, batch: int, at: int) -> dict[str, object]:
    text = json.dumps(new.evidence, sort_keys=True, separators=(",", ":")).encode() if new.evidence else None
    return {
        "id": number,
        "watch_id": new.watch,
        "start": new.start,
        "state": new.state.value,
        "reason": new.reason,
        "after": new.after,
        "batch": batch,
        "learned_at": at,
        "evidence": squeezed(text) if text else None,
    }


def _now(row: Mapping[str, object]) -> dict[str, object]:
    return {"watch_id": row["watch_id"], "change_id": row["id"], "start": row["start"], "state": row["state"]}


def known_until(connection: Connection) -> float | None:
    """A run that has flushed nothing yet knows nothing, least of all of the time before it."""
    last = _last_flush(connection)
    return None if last is None else from_ms(last.alive_until)


def _last_flush(connection: Connection) -> Stored | None:
    """The newest batch, with the instant (ms) until which its run was alive."""
    asked = select(sample_batch, prober_run.c.alive_until).join(prober_run, prober_run.c.id == sample_batch.c.run_id)
    return connection.execute(asked.order_by(sample_batch.c.id.desc()).limit(1)).first()


def newest_flush(connection: Connection) -> int:
    """The latest instant (ms) that the order of flushes and seals is known by: a flush is never before it."""
    batch: int | None = connection.execute(select(func.max(sample_batch.c.at))).scalar()
    sealed: int | None = connection.execute(select(func.max(hour_seal.c.hour))).scalar()
    alive = known_until(connection)
    return max(batch or 0, 0 if sealed is None else (sealed + HOUR) * 1000, to_ms(alive or 0))


def horizon(connection: Connection, seal: Seal | None = None) -> Horizon | None:
    """As of a seal, or of the last flush. None: nothing was ever flushed."""
    if seal is not None:
        told = json.loads(seal.statement)
        return horizon_of(seal.last_batch, told["known_until"], told["pending"])
    last = _last_flush(connection)
    return None if last is None else horizon_of(last.id, last.alive_until, json.loads(last.pending))


def horizon_of(batch: int, until: int, pairs: Iterable[Sequence[int]]) -> Horizon:
    """``pairs``: series in doubt, and since when (ms)."""
    pending = {int(watch): int(since) for watch, since in pairs}
    return Horizon(batch, min(until, pending.pop(ALL, until)), pending)


def intervals(
    connection: Connection, key: str, start: float, end: float, seal: Seal | None, *, widely: bool
) -> tuple[Interval, ...]:
    number, known = watch_id(connection, key), horizon(connection, seal)
    if number is None or known is None:
        return ()
    return fold(connection, number, known, to_ms(start), to_ms(end), widely=widely)


def fold(
    connection: Connection, number: int, known: Horizon, start: int, end: int, *, widely: bool
) -> tuple[Interval, ...]:
    """The intervals that touch [start, end), ms, oldest first; ``widely``: out to the proofs of working around it."""
    found: list[Interval] = []
    for piece in _backwards(connection, number, known):
        state = piece[2]
        if piece[0] >= end and not widely:
            continue
        if piece[1] >= end and state in GOOD:
            found.clear()  # what comes after it says no more of this period
        found.append(_interval(piece) if widely else _clipped(piece, start, end))
        if piece[0] <= start and (not widely or (state in GOOD and piece[0] < start)):
            break
    return tuple(one for one in reversed(found) if one.start < one.end)


_Piece = tuple[int, int, State, str]


def _interval(piece: _Piece) -> Interval:
    return Interval(from_ms(piece[0]), from_ms(piece[1]), piece[2], piece[3])


def _clipped(piece: _Piece, start: int, end: int) -> Interval:
    return _interval((max(piece[0], start), min(piece[1], end), piece[2], piece[3]))


def _backwards(connection: Connection, number: int, known: Horizon) -> Iterator[_Piece]:
    """All that holds, newest first. A row whose time a later one has taken is passed over."""
    until = known.until
    for row in _newest_first(connection, number, known.batch):
        if row.start >= until:
            continue
        state = State(row.state)
        doubt = known.pending.get(number)
        if until == known.until and doubt is not None and row.start <= doubt < until and state is not State.UNKNOWN:
            yield doubt, until, State.UNKNOWN, "the last samples say otherwise, and are not confirmed yet"
            until = doubt
        if row.start < until:
            yield row.start, until, state, row.reason
        until = row.start


def _newest_first(connection: Connection, number: int, batch: int) -> Iterator[Stored]:
    before = _FOREVER
    while rows := _OLDER.rows(connection, {"watch": number, "batch": batch, "before": before}):
        yield from rows
        before = rows[-1].id


def learned(connection: Connection, key: str, start: float, end: float) -> tuple[ChangeRow, ...]:
    number = watch_id(connection, key)
    inside = (state_change.c.start >= to_ms(start)) & (state_change.c.start < to_ms(end))
    asked: Select[*tuple[object, ...]] = select(state_change).where(state_change.c.watch_id == number, inside)
    return tuple(_change(key, row) for row in connection.execute(asked.order_by(state_change.c.id)))


def _change(key: str, row: Stored) -> ChangeRow:
    evidence = json.loads(unsqueezed(row.evidence, "the evidence of a change")) if row.evidence else {}
    after = None if row.after is None else from_ms(row.after)
    learned_at = from_ms(row.learned_at)
    return ChangeRow(row.id, key, State(row.state), from_ms(row.start), row.reason, after, learned_at, evidence)
