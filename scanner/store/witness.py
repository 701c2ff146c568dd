"""Did a person really say this? Holds the events of the chain against the keys that were admitted before them.

Every event that a person made bears a signed statement. An event of the system may do only what no person has to sign.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from checks.decisions import led_to
from checks.lifecycle import State, canonical
from checks.statements import BadStatement, Statement, pre_authentication, role_kind, signed_bytes, statement_of
from scanner.store.records import StoreError
from scanner.store.schema import Stored

SYSTEM = "system"
KEY = "key:"  # fingerprints of events about a key
RECORD = "record"  # the role of the key that admits others
KEY_TYPE = "application/vnd.estatecheck.key+json"
ADMITTED, REVOKED = "key admitted", "key revoked"  # ``why`` of such an event
MAX_ROLE = 32  # characters; what the record has room for
BY_PEOPLE = frozenset(
    {
        State.CLAIMED_FIXED,
        State.MITIGATED,
        State.ACCEPTANCE_REQUESTED,
        State.RISK_ACCEPTED,
        State.FALSE_POSITIVE_PROPOSED,
        State.FALSE_POSITIVE,
        State.OUT_OF_SERVICE,
    }
)


@dataclass(frozen=True, slots=True)
class RoleKey:
    """A public key and whose it is. ``public_key`` is raw, in hexadecimal."""

    key_id: str
    role: str
    name: str
    public_key: str
    since: datetime
    until: datetime | None = None  # its end as it was admitted
    revoked: datetime | None = None

    def good_at(self, at: datetime) -> bool:
        ends = [end for end in (self.until, self.revoked) if end]
        return self.since <= at and all(at < end for end in ends)


class Registry:
    """Keys by their id."""

    def __init__(self) -> None:
        self.keys: dict[str, RoleKey] = {}

    def holder(self, key_id: str, at: datetime) -> RoleKey | None:
        """Whose key it was at that moment; None: nobody's."""
        key = self.keys.get(key_id)
        return key if key and key.good_at(at) else None

    def why_not(self, key_id: str, at: datetime) -> str:
        """Why nobody may sign with a key, as one sentence."""
        key = self.keys.get(key_id)
        if key is None:
            return f"key {key_id[:16]} was never admitted to this record: estatecheck keys add"
        if key.revoked and at >= key.revoked:
            return f"key {key_id[:16]} of {key.name} was revoked on {key.revoked:%Y-%m-%d %H:%M} UTC"
        if key.until and at >= key.until:
            return f"key {key_id[:16]} of {key.name} was good until {key.until:%Y-%m-%d %H:%M} UTC"
        return f"key {key_id[:16]} of {key.name} is good only from {key.since:%Y-%m-%d %H:%M} UTC on"

    def take(self, key: RoleKey, what: str) -> None:
        if what == ADMITTED:
            self.keys[key.key_id] = key
        else:
            self.keys[key.key_id] = replace(self.keys[key.key_id], revoked=key.since)


def holds(public_key: str, signature: object, message: bytes) -> bool:
    """Whether an Ed25519 signature in Base64 by a raw key in hexadecimal is over these bytes."""
    from cryptography.exceptions import InvalidSignature  # slow to import, and most records are opened to read
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(base64.b64decode(str(signature), validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_message(admission: Mapping[str, object]) -> bytes:
    """What the record's key signs when it admits or revokes another."""
    return pre_authentication(KEY_TYPE, canonical(admission))


def key_of(admission: Mapping[str, object]) -> RoleKey:
    """Raises :class:`StoreError`."""
    try:
        until = admission["until"]
        key = RoleKey(
            key_id=str(admission["key"]),
            role=str(admission["role"]),
            name=str(admission["name"]),
            public_key=str(admission["public_key"]),
            since=datetime.fromisoformat(str(admission["at"])),
            until=datetime.fromisoformat(str(until)) if until else None,
        )
        if key.role != RECORD:
            role_kind(key.role)
    except (KeyError, ValueError) as fault:
        raise StoreError(f"what is said about a key cannot be read: {fault}") from fault
    return key


class Witness:
    """Takes the events of a chain one by one. Raises :class:`StoreError` at the first that nobody signed."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.told: list[tuple[int, str, RoleKey]] = []  # event, what, key: what ``role_key`` must hold

    def take(self, row: Stored) -> None:
        if row.fingerprint.startswith(KEY):
            self._key(row, json.loads(row.proof))
        elif row.role == SYSTEM:
            if row.to_state in BY_PEOPLE and row.from_state != row.to_state:
                raise _forged(row, f"only a person may lead a finding to {row.to_state}")
        else:
            self._person(row, json.loads(row.proof))

    def _key(self, row: Stored, proof: Mapping[str, object]) -> None:
        admission, signature, what = proof.get("admission"), proof.get("admitted_by"), str(proof.get("why"))
        if not isinstance(admission, dict) or not isinstance(signature, dict) or what not in (ADMITTED, REVOKED):
            raise _forged(row, "it bears no signature of the record's key")
        key = key_of(admission)
        by = admitter(self.registry, key, str(signature.get("keyid")), row.at)
        if by is None or not holds(by.public_key, signature.get("sig"), key_message(admission)):
            raise _forged(row, f"{what.removeprefix('key ')} by a key that is not the record's")
        if row.fingerprint != KEY + key.key_id or key.since != row.at:
            raise _forged(row, "it is about another key, or of another time, than what was signed")
        if why := why_not_key(self.registry, key, what):
            raise _forged(row, why)
        self.registry.take(key, what)
        self.told.append((row.seq, what, key))

    def _person(self, row: Stored, proof: Mapping[str, object]) -> None:
        content, signature = proof.get("statement"), proof.get("signature")
        if not isinstance(content, dict) or not isinstance(signature, dict):
            raise _forged(row, "it bears no signature")
        try:
            said = statement_of(content)
        except BadStatement as fault:
            raise _forged(row, str(fault)) from fault
        key_id = str(signature.get("keyid"))
        key = self.registry.holder(key_id, row.at)
        if key is None:
            raise _forged(row, self.registry.why_not(key_id, row.at))
        if (said.actor, said.role) != (key.name, key.role):
            raise _forged(row, f"the key is that of {key.name} as {key.role}")
        if not holds(key.public_key, signature.get("sig"), signed_bytes(content)):
            raise _forged(row, "its signature does not hold")
        _fits(row, said, proof)


def why_not_key(registry: Registry, key: RoleKey, what: str) -> str:
    """Why a key cannot be admitted or revoked now, "" when it can."""
    known = registry.keys.get(key.key_id)
    if what == ADMITTED:
        return (
            f"key {key.key_id[:16]} is that of {known.name} as {known.role} already: one key, one role" if known else ""
        )
    if known is None or known.revoked:
        return f"key {key.key_id[:16]} was {'revoked already' if known else 'never admitted'}"
    same = (known.role, known.name, known.public_key) == (key.role, key.name, key.public_key)
    return "" if same else f"key {key.key_id[:16]} is not what is said of it"


def admitter(registry: Registry, key: RoleKey, key_id: str, at: datetime) -> RoleKey | None:
    """The record's key that may speak of another; the first one of a record admits itself."""
    known = registry.holder(key_id, at)
    if known is not None:
        return known if known.role == RECORD else None
    first = not registry.keys and key.role == RECORD and key.key_id == key_id
    return key if first else None


def _fits(row: Stored, said: Statement, proof: Mapping[str, object]) -> None:
    """The event is what the statement leads to, and nothing else."""
    if (said.actor, said.role, said.fingerprint) != (row.actor, row.role, row.fingerprint):
        raise _forged(row, "it says something else than what was signed")
    if said.at > row.at or said.episode != proof.get("episode"):
        raise _forged(row, "it was signed later, or about another episode")
    if row.from_state == row.to_state == "":
        return  # about an asset: it moves no finding
    move = led_to(said, State(row.from_state))
    if move is None or (move.to, move.why) != (row.to_state, proof.get("why")):
        raise _forged(row, f"{said.action} by {said.role} does not lead from {row.from_state} to {row.to_state}")


def _forged(row: Stored, why: str) -> StoreError:
    return StoreError(f"event {row.seq} by {row.actor} ({row.role}) cannot be believed: {why}")


def role_fits(role: str) -> str:
    """Why a role cannot be kept, "" when it can."""
    if len(role) > MAX_ROLE:
        return f"a role has {MAX_ROLE} characters at most: give the supplier an id of {MAX_ROLE - 9} or fewer"
    try:
        role_kind(role)
    except BadStatement as fault:
        return str(fault)
    return ""


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
