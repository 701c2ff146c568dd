"""The chain of events: appended to, never changed. Each event's hash covers the one before it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from sys import intern

from sqlalchemy import Connection, func, select

from checks.lifecycle import GENESIS, canonical, event_hash
from scanner.store.decision_schema import role_key
from scanner.store.event_proof import StoredProof
from scanner.store.prepared import Prepared, insertion
from scanner.store.records import EventRow, StoreError
from scanner.store.schema import Stored, event, finding
from scanner.store.witness import Witness

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


def append(connection: Connection, events: Sequence[NewEvent]) -> int:
    """Inside the caller's write transaction: nobody else can append meanwhile. The number of the last one comes back.

    0 when there is nothing to append.
    """
    if not events:
        return 0
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
    return int(seq)


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
    """Texts that many events share, and each hash with the next event's ``previous``, are one object."""
    proof = json.loads(row.proof)
    return EventRow(
        seq=row.seq,
        fingerprint=intern(row.fingerprint),
        at=row.at,
        actor=intern(row.actor),
        role=intern(row.role),
        from_state=intern(row.from_state),
        to_state=intern(row.to_state),
        proof=StoredProof(row.proof),
        scan_id=row.scan_id,
        previous=intern(row.previous),
        hash=intern(row.hash),
        episode=int(proof.get("episode", 1)),
        why=intern(str(proof.get("why", ""))),
    )


def verify(connection: Connection) -> int:
    """Walk the chain and hold every finding against its last event; the number of events comes back.

    Raises :class:`StoreError` at the first event that does not fit, or that no person signed who should have. A chain
    cut off at its end looks whole from inside: only a checkpoint kept elsewhere shows that.
    """
    previous, seq, states, witness = GENESIS, 0, dict[str, str](), Witness()
    for row in connection.execute(select(event).order_by(event.c.seq)):
        seq += 1
        content = {**_content(seq, row, row.proof), "at": row.at.isoformat()}
        if row.seq != seq or row.previous != previous or event_hash(previous, content) != row.hash:
            raise StoreError(
                f"event {row.seq} does not fit its chain: the record was changed from outside; restore a backup"
            )
        witness.take(row)
        previous = row.hash
        states[row.fingerprint] = row.to_state
    for row in connection.execute(select(finding.c.number, finding.c.fingerprint, finding.c.state)):
        if states.get(row.fingerprint) != row.state:
            raise StoreError(f"EC-{row.number:04d} is {row.state}, but its events say {states.get(row.fingerprint)}")
    _verify_registry(connection, witness)
    return seq


def _verify_registry(connection: Connection, witness: Witness) -> None:
    """The table of keys says what the chain says, and nothing else."""
    told = [(seq, what, key.key_id, key.role, key.name, key.public_key) for seq, what, key in witness.told]
    asked = select(role_key).order_by(role_key.c.event_seq)
    kept = [(r.event_seq, r.what, r.key_id, r.role, r.name, r.public_key) for r in connection.execute(asked)]
    if told != kept:
        raise StoreError("the registry of keys does not say what the events say: the record was changed from outside")
