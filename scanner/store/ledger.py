"""The chain of events: appended to, never changed. Each event's hash covers the one before it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from checks.lifecycle import GENESIS, canonical, event_hash
from scanner.store.prepared import Prepared, insertion
from scanner.store.records import EventRow, StoreError
from scanner.store.schema import Stored, event, finding

SYSTEM = ("estatecheck", "system")
_LAST = Prepared(
    select(event.c.seq, event.c.hash).where(event.c.seq == select(func.max(event.c.seq)).scalar_subquery())
)
_ADD = insertion(event)


@dataclass(frozen=True, slots=True)
class NewEvent:
    fingerprint: str
    at: datetime
    from_state: str
    to_state: str
    proof: Mapping[str, object]
    scan_id: int | None
    actor: str = SYSTEM[0]
    role: str = SYSTEM[1]


def append(connection: Connection, events: Sequence[NewEvent]) -> None:
    """Inside the caller's write transaction: nobody else can append meanwhile."""
    if not events:
        return
    last = _LAST.first(connection, {})
    seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
    rows = []
    for new in events:
        seq += 1
        proof = canonical(new.proof).decode()
        row = _content(seq, new, proof)
        link = event_hash(previous, {**row, "at": new.at.astimezone(UTC).isoformat()})
        rows.append({**row, "at": new.at, "previous": previous, "hash": link})
        previous = link
    _ADD.run_many(connection, rows)


def _content(seq: int, new: "NewEvent | Stored", proof: str) -> dict[str, object]:
    return {
        "seq": seq,
        "fingerprint": new.fingerprint,
        "actor": new.actor,
        "role": new.role,
        "from_state": new.from_state,
        "to_state": new.to_state,
        "proof": proof,
        "scan_id": new.scan_id,
    }


def read(connection: Connection, fingerprint: str | None = None) -> tuple[EventRow, ...]:
    """Oldest first; every event of the record when no fingerprint is given."""
    asked = select(event).order_by(event.c.seq)
    if fingerprint is not None:
        asked = asked.where(event.c.fingerprint == fingerprint)
    return tuple(_event(row) for row in connection.execute(asked))


def _event(row: Stored) -> EventRow:
    proof = json.loads(row.proof)
    return EventRow(
        seq=row.seq,
        fingerprint=row.fingerprint,
        at=row.at,
        actor=row.actor,
        role=row.role,
        from_state=row.from_state,
        to_state=row.to_state,
        proof=proof,
        scan_id=row.scan_id,
        previous=row.previous,
        hash=row.hash,
        episode=int(proof.get("episode", 1)),
        why=str(proof.get("why", "")),
    )


def verify(connection: Connection) -> int:
    """Walk the chain and hold every finding against its last event; the number of events comes back.

    Raises :class:`StoreError` at the first event that does not fit. A chain cut off at its end looks whole from
    inside: only a checkpoint kept elsewhere shows that.
    """
    previous, seq, states = GENESIS, 0, {}
    for row in connection.execute(select(event).order_by(event.c.seq)):
        seq += 1
        content = {**_content(seq, row, row.proof), "at": row.at.isoformat()}
        if row.seq != seq or row.previous != previous or event_hash(previous, content) != row.hash:
            raise StoreError(
                f"event {row.seq} does not fit its chain: the record was changed from outside; restore a backup"
            )
        previous = row.hash
        states[row.fingerprint] = row.to_state
    for row in connection.execute(select(finding.c.number, finding.c.fingerprint, finding.c.state)):
        if states.get(row.fingerprint) != row.state:
            raise StoreError(f"EC-{row.number:04d} is {row.state}, but its events say {states.get(row.fingerprint)}")
    return seq
