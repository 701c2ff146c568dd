"""The registry of keys: whose public key it is, in which role, from when until when. Only ever added to.

Each admission and revocation is an event of the chain too, signed by the record's own key; the table is its index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from scanner.store import ledger
from scanner.store.decision_schema import role_key
from scanner.store.records import StoreError
from scanner.store.schema import Stored
from scanner.store.witness import (
    ADMITTED,
    KEY,
    RECORD,
    REVOKED,
    Registry,
    RoleKey,
    admitter,
    holds,
    in_utc,
    key_message,
    key_of,
    role_fits,
    why_not_key,
)

MAX_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Admission:
    """What the record's key says of another, and its signature (Base64). ``what``: admitted or revoked."""

    what: str
    content: Mapping[str, object]
    signer: str  # id of the record's key
    signature: str


def content_of(key: RoleKey, reason: str) -> dict[str, object]:
    """What is signed. ``since`` is the moment of the admission, or of the revocation."""
    return {
        "version": 1,
        "key": key.key_id,
        "role": key.role,
        "name": key.name,
        "public_key": key.public_key,
        "at": in_utc(key.since),
        "until": in_utc(key.until) if key.until else None,
        "reason": reason,
    }


def registry(connection: Connection) -> Registry:
    """Every key there ever was."""
    found = Registry()
    for row in connection.execute(select(role_key).order_by(role_key.c.id)):
        found.take(_key(row), row.what)
    return found


def _key(row: Stored) -> RoleKey:
    return RoleKey(row.key_id, row.role, row.name, row.public_key, row.at, row.until)


def write(connection: Connection, said: Admission, now: datetime) -> RoleKey:
    """Raises :class:`StoreError` with one sentence when it cannot be believed or makes no sense."""
    known, key = registry(connection), key_of(said.content)
    by = admitter(known, key, said.signer, key.since)
    if by is None:
        raise StoreError(_not_the_record(known, said.signer))
    if not holds(by.public_key, said.signature, key_message(said.content)):
        raise StoreError("the signature over what is said of the key does not hold")
    why = _why_not(known, key, said.what, now)
    if why:
        raise StoreError(why)
    proof = {
        "why": said.what,
        "episode": 1,
        "admission": dict(said.content),
        "admitted_by": {"keyid": said.signer, "sig": said.signature},
    }
    seq = ledger.append(connection, [ledger.NewEvent(KEY + key.key_id, key.since, "", "", proof, None)])
    number = connection.execute(select(func.coalesce(func.max(role_key.c.id), 0))).scalar_one() + 1
    connection.execute(role_key.insert().values(_row(number, key, said.what, seq)))
    return key


def _why_not(known: Registry, key: RoleKey, what: str, now: datetime) -> str:
    if what not in (ADMITTED, REVOKED):
        return "a key is admitted or revoked"
    if not key.name.strip() or len(key.name) > MAX_NAME or not key.name.isprintable():
        return f"name the person or firm, in at most {MAX_NAME} printable characters"
    if key.until and key.until <= key.since:
        return "the key would be good for no time at all"
    if key.since > now:
        return "a key is admitted or revoked from now on, not from a later moment"
    return why_not_key(known, key, what) or ("" if key.role == RECORD else role_fits(key.role))


def _not_the_record(known: Registry, key_id: str) -> str:
    keys = [key for key in known.keys.values() if key.role == RECORD and not key.revoked]
    if not keys:
        return "this record has no key of its own yet"
    named = ", ".join(key.key_id[:16] for key in keys)
    return f"key {key_id[:16]} is not the record's own ({named}): only that one admits and revokes keys"


def _row(number: int, key: RoleKey, what: str, seq: int) -> dict[str, object]:
    return {
        "id": number,
        "key_id": key.key_id,
        "what": what,
        "role": key.role,
        "name": key.name,
        "public_key": key.public_key,
        "at": key.since,
        "until": key.until,
        "event_seq": seq,
    }
