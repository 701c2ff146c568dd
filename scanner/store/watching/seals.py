"""Seals an hour: its samples leave the journal, packed by series; days are rolled up; one signature covers it all."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select

from checks.timeline import Sums, hourly
from inventory.facts.availability import State
from scanner.store.database import Database
from scanner.store.prepared import insertion
from scanner.store.schema import Stored
from scanner.store.series_schema import (
    fleet_state,
    hour_seal,
    maintenance,
    sample_batch,
    sample_hour,
    seal_leaves,
    state_change,
    watch_now,
    watch_version,
)
from scanner.store.watching import changes, days, definitions, hours, merkle, statement
from scanner.store.watching.changes import Horizon
from scanner.store.watching.hours import Columns
from scanner.store.watching.journal import from_ms, to_ms, unpacked
from scanner.store.watching.records import HOUR, Seal, SealSigner, Stats

_LEAF = struct.Struct("<I32s")  # series, hash
LEAF_BYTES = _LEAF.size
_ADD_HOUR = insertion(sample_hour)
_HOUR_MS = HOUR * 1000


@dataclass(frozen=True, slots=True)
class _Work:
    """An hour, ready to be sealed."""

    hour: int  # POSIX seconds
    previous: Seal | None
    parts: Mapping[str, object]
    last_batch: int
    leaves: bytes
    chunks: tuple[tuple[int, bytes], ...]
    sums: days.Hours
    stats: Mapping[int, Stats]


def seal_due(database: Database, signer: SealSigner, now: float) -> tuple[Seal, ...]:
    """See ``Series.seal_due``. Two at once: one of them seals, the other finds it done."""
    made: list[Seal] = []
    while True:
        with database.reading() as connection:
            work = _next(connection, now)
        if work is None:
            return tuple(made)
        with database.writing() as connection:
            seal = _save(connection, work, signer, now)
        if seal:
            made.append(seal)


def _next(connection: Connection, now: float) -> _Work | None:
    """The oldest hour that is over and lies whole before the place where replaying begins."""
    previous = newest(connection)
    after = previous.last_batch if previous else 0
    replay: int | None = connection.execute(select(func.max(fleet_state.c.batch))).scalar()
    unsealed = (sample_batch.c.id > after) & (sample_batch.c.at < to_ms(now) // _HOUR_MS * _HOUR_MS)
    first: int | None = connection.execute(select(func.min(sample_batch.c.at)).where(unsealed)).scalar()
    if first is None or replay is None:
        return None
    hour = first // _HOUR_MS * HOUR
    inside = (sample_batch.c.id > after) & (sample_batch.c.at < (hour + HOUR) * 1000)
    rows = connection.execute(select(sample_batch).where(inside).order_by(sample_batch.c.id)).all()
    return _work(connection, hour, previous, rows) if rows[-1].id < replay else None


def _work(connection: Connection, hour: int, previous: Seal | None, batches: Sequence[Stored]) -> _Work:
    last = batches[-1]
    series = hours.by_series(unpacked(row.data) for row in batches)
    names = definitions.keys(connection)
    hashes = {number: merkle.leaf(one.canonical(*names[number])) for number, one in sorted(series.items())}
    stats = {number: days.stats_of(one) for number, one in series.items()}
    known = changes.horizon_of(last.id, last.at, json.loads(last.pending))
    parts = {
        "hour": hour,
        "known_until": known.until,
        "last_batch": last.id,
        "pending": json.loads(last.pending),
        "series": len(series),
        "samples": {"count": sum(len(one.ats) for one in series.values()), "root": _root(hashes)},
        "stats": statement.stats(stats),
        "previous": previous.hash if previous else statement.GENESIS,
        **_registers(connection, previous, last.id),
    }
    since = previous.hour if previous else hour
    return _Work(
        hour,
        previous,
        parts,
        last.id,
        b"".join(_LEAF.pack(number, one) for number, one in hashes.items()),
        tuple(hours.chunks(series)),
        _sums(connection, known, previous.last_batch if previous else 0, since, hour, series),
        stats,
    )


def _root(hashes: Mapping[int, bytes]) -> str:
    return merkle.root(list(hashes.values())).hex()


def _registers(connection: Connection, previous: Seal | None, batch: int) -> dict[str, object]:
    """The parts that only ever grow: each seal covers what came since the one before."""
    told = json.loads(previous.statement) if previous else {}
    before = {name: told[name]["last"] if told else 0 for name in ("changes", "definitions", "maintenance")}
    last_change = _last(connection, select(func.max(state_change.c.id)).where(state_change.c.batch <= batch))
    last_version = _last(connection, select(func.max(watch_version.c.id)))
    last_entry = _last(connection, select(func.max(maintenance.c.id)))
    return {
        "changes": statement.changes(connection, before["changes"], max(last_change, before["changes"])),
        "definitions": statement.definitions(connection, before["definitions"], last_version),
        "maintenance": statement.declared(connection, before["maintenance"], last_entry),
        "prober": statement.probers(connection, told.get("known_until", 0)),
    }


def _last(connection: Connection, asked: Select[*tuple[Any, ...]]) -> int:
    return int(connection.execute(asked).scalar() or 0)


def _sums(
    connection: Connection, known: Horizon, after: int, since: int, hour: int, series: Mapping[int, Columns]
) -> dict[int, dict[int, Sums]]:
    """Sums of this hour, and again of those before it that have changed or were not over when they were sealed."""
    batch = state_change.c.batch
    asked = select(state_change.c.watch_id, func.min(state_change.c.start)).where(batch > after, batch <= known.batch)
    reaching = {row[0]: int(row[1]) for row in connection.execute(asked.group_by(state_change.c.watch_id))}
    now = select(watch_now, batch).join(state_change, state_change.c.id == watch_now.c.change_id)
    found: dict[int, dict[int, Sums]] = {}
    for row in connection.execute(now):
        first = min(since, reaching.get(row.watch_id, since * 1000) // _HOUR_MS * HOUR)
        steady = row.batch <= known.batch and row.start <= first * 1000 and row.watch_id not in known.pending
        if not steady:
            found[row.watch_id] = _folded(connection, row.watch_id, known, first, hour + HOUR)
        elif row.state != State.UNKNOWN.value or row.watch_id in series:
            found[row.watch_id] = _steady(State(row.state), known.until, first, hour + HOUR)
    return found


def _steady(state: State, until: int, first: int, end: int) -> dict[int, Sums]:
    lengths = {at: max(0, min(_HOUR_MS, until - at * 1000)) for at in range(first, end, HOUR)}
    name = state.value
    return {at: Sums(**{name: length}) if name != "unknown" else Sums() for at, length in lengths.items()}


def _folded(connection: Connection, number: int, known: Horizon, first: int, end: int) -> dict[int, Sums]:
    made = {at: Sums() for at in range(first, end, HOUR)}
    pieces = changes.fold(connection, number, known, first * 1000, end * 1000, widely=False)
    return made | {rollup.hour: rollup.sums for rollup in hourly(pieces)}


def _save(connection: Connection, work: _Work, signer: SealSigner, now: float) -> Seal | None:
    """None: somebody else was faster."""
    before = newest(connection)
    if (before.hash if before else None) != (work.previous.hash if work.previous else None):
        return None
    told = statement.text({**work.parts, "sealed_at": to_ms(now)})
    row = {
        "hour": work.hour,
        "sealed_at": to_ms(now),
        "last_batch": work.last_batch,
        "statement": told,
        "hash": statement.seal_hash(told),
        "key_id": signer.key_id,
        "signature": signer.sign(statement.message(told)),
    }
    connection.execute(hour_seal.insert().values(row))
    connection.execute(seal_leaves.insert().values(hour=work.hour, data=work.leaves))
    _ADD_HOUR.run_many(connection, [{"hour": work.hour, "first_watch": f, "data": data} for f, data in work.chunks])
    days.save(connection, work.sums, work.hour, work.stats)
    connection.execute(delete(sample_batch).where(sample_batch.c.id <= work.last_batch))
    return newest(connection)


def leaves_of(data: bytes) -> dict[int, bytes]:
    """Series -> leaf hash. Raises ``struct.error`` for data of another length."""
    return dict(_LEAF.iter_unpack(data))


def newest(connection: Connection) -> Seal | None:
    row = connection.execute(select(hour_seal).order_by(hour_seal.c.hour.desc()).limit(1)).first()
    return _seal(row) if row else None


def read(connection: Connection) -> tuple[Seal, ...]:
    return tuple(_seal(row) for row in connection.execute(select(hour_seal).order_by(hour_seal.c.hour)))


def before(connection: Connection, instant: float) -> Seal | None:
    made = select(hour_seal).where(hour_seal.c.sealed_at <= to_ms(instant)).order_by(hour_seal.c.hour.desc())
    row = connection.execute(made.limit(1)).first()
    return _seal(row) if row else None


def _seal(row: Stored) -> Seal:
    known_until = from_ms(json.loads(row.statement)["known_until"])
    sealed_at, signature = from_ms(row.sealed_at), bytes(row.signature)
    return Seal(row.hour, sealed_at, known_until, row.last_batch, row.hash, row.key_id, row.statement, signature)
