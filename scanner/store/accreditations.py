"""Decisions on verdicts: each a signed event in the chain, never changed, all of them kept."""

from datetime import datetime

from sqlalchemy import Connection, select

from checks.accreditation_decision import APART, fingerprint_of, why_not
from scanner.store import ledger, scans
from scanner.store.decisions import Refused, Signed, signer
from scanner.store.records import EventRow
from scanner.store.schema import event

WHY = "accredited"


def record(connection: Connection, signed: Signed, scan_id: int, now: datetime) -> int:
    """The number of the event comes back. Raises :class:`Refused` and :class:`scanner.store.records.StoreError`."""
    scans.stored(connection, scan_id)
    said, by = signed.statement, signer(connection, signed, now)
    if by.name != said.actor or (refused := why_not(said, by.role, now)):
        raise Refused(refused if by.name == said.actor else f"this is the key of {by.name}, not of {said.actor}")
    if said.more["scan"] != scan_id:
        raise Refused(f"the statement is about scan {said.more['scan']}, not about scan {scan_id}")
    if any(one.proof.get("statement") == said.as_json() for one in history(connection, said.ref)):
        raise Refused("this very statement stands in the record already")
    told = {
        "why": WHY,
        "episode": 1,
        "statement": said.as_json(),
        "signature": {"keyid": signed.key_id, "sig": signed.signature},
    }
    new = ledger.NewEvent(fingerprint_of(said.ref), now, "", "", told, scan_id, said.actor, said.role)
    return ledger.append(connection, [new])


def history(connection: Connection, subject: str = "") -> tuple[EventRow, ...]:
    """Oldest first; of every subject when none is given."""
    if subject:
        return ledger.read(connection, fingerprint_of(subject))
    known = select(event.c.fingerprint).where(event.c.fingerprint.startswith(APART, autoescape=True)).distinct()
    found = [one for name in connection.execute(known).scalars().all() for one in ledger.read(connection, name)]
    return tuple(sorted(found, key=lambda one: one.seq))
