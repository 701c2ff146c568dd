"""Whose keys sign: the registry as the chain of events itself tells it, and signatures held against it.

Every admission and revocation is an event that the record's own key signed. The first key of a record admits itself.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from checks.lifecycle import canonical
from checks.replay import KEY, Signed
from checks.statements import pre_authentication
from scanner.service.report_pack.signed import BadSignature, holds, raw_key

KEY_TYPE = "application/vnd.estatecheck.key+json"
ADMITTED, REVOKED = "key admitted", "key revoked"
RECORD = "record"  # the role of the key that admits others
FIELDS = ("key", "role", "name", "public_key", "at", "until")


@dataclass(frozen=True, slots=True)
class Holder:
    """A key, whose it is, and when it is good. ``public`` is raw, in hexadecimal."""

    public: str
    actor: str
    role: str
    since: datetime
    until: datetime | None
    revoked: datetime | None = None

    def good_at(self, at: datetime) -> bool:
        return self.since <= at and all(at < end for end in (self.until, self.revoked) if end)


class Keyring:
    def __init__(self) -> None:
        self.keys: dict[str, Holder] = {}

    @property
    def of_record(self) -> str:
        """Id of the record's key; "" when it admitted nobody yet."""
        return next((keyid for keyid, held in self.keys.items() if held.role == RECORD), "")

    def admit(self, event: Mapping[str, Any], proof: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with an admission or a revocation. Takes it only when nothing is."""
        said, by, what = proof.get("admission"), proof.get("admitted_by"), proof.get("why")
        if not isinstance(said, Mapping) or not isinstance(by, Mapping) or what not in (ADMITTED, REVOKED):
            yield "it speaks of a key, and the record's key did not sign it"
            return
        why = self._why_not(event, said, by, str(what))
        if why:
            yield why
        elif what == REVOKED:
            self.keys[said["key"]] = replace(self.keys[said["key"]], revoked=_moment(said["at"]))
        else:
            self.keys[said["key"]] = _holder(said)

    def _why_not(self, event: Mapping[str, Any], said: Mapping[str, Any], by: Mapping[str, Any], what: str) -> str:
        keyid, known = str(said["key"]), self.keys.get(str(said["key"]))
        if event["fingerprint"] != KEY + keyid or _moment(event["at"]) != _moment(said["at"]):
            return "it is about another key, or of another time, than what was signed"
        if (what == ADMITTED) == (known is not None):
            return f"key {keyid[:16]} was admitted already" if known else f"key {keyid[:16]} was never admitted"
        admitter = self.keys.get(str(by.get("keyid")))
        first = _holder(said) if not self.keys and said["role"] == RECORD and by.get("keyid") == keyid else None
        signer = admitter if admitter and admitter.role == RECORD and admitter.good_at(_moment(event["at"])) else first
        if hashlib.sha256(bytes.fromhex(said["public_key"])).hexdigest() != keyid:
            return f"key {keyid[:16]} has another id than its bytes give"
        message = pre_authentication(KEY_TYPE, canonical(said))
        if signer is None or not _signed(signer.public, str(by.get("sig")), message):
            return f"the record's key did not sign what is said of key {keyid[:16]}"
        return ""

    def faults(self, event: Mapping[str, Any], signed: Signed) -> Iterator[str]:
        """What is wrong with the signature of a person's event."""
        held, who = self.keys.get(signed.keyid), f"{event['actor']} as {event['role']}"
        if held is None:
            yield f"it was signed with key {signed.keyid[:16]}, which was never admitted"
        elif not held.good_at(_moment(event["at"])):
            yield f"key {signed.keyid[:16]} of {held.actor} was not good at {event['at']}"
        elif not _signed(held.public, signed.signature, signed.statement.payload()):
            yield f"the signature of {who} does not hold"
        elif (held.actor, held.role) != (event["actor"], event["role"]):
            yield f"key {signed.keyid[:16]} belongs to {held.actor} as {held.role}, not to {who}"


def _holder(said: Mapping[str, Any]) -> Holder:
    until = _moment(said["until"]) if said["until"] else None
    return Holder(str(said["public_key"]), str(said["name"]), str(said["role"]), _moment(said["at"]), until)


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _signed(public: str, signature: str, message: bytes) -> bool:
    try:
        return holds(raw_key(public), signature, message)
    except BadSignature:
        return False
