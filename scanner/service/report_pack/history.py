"""Walks the events of a pack: chain, Merkle root, states, the evidence they rest on, and what people signed."""

import hashlib
import json
import re
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from checks.lifecycle import State
from checks.merkle import Tree, event_leaf
from checks.replay import APART, FIELDS, KEY, SYSTEM, Chain, Replay, evidence_named, signed_of
from checks.statements import BadStatement
from scanner.service.report_pack.container import PackError, Reader
from scanner.service.report_pack.keyring import Keyring
from scanner.service.report_pack.names import EVENTS

WITHHELD = frozenset({"seq", "previous", "hash", "withheld"})
TEXTS = ("fingerprint", "at", "actor", "role", "from_state", "to_state", "proof")
STATES = frozenset({"", *(state.value for state in State)})
LINK = re.compile("[0-9a-f]{64}")
MOST = 40  # sentences kept of one kind: the first say what happened


class Told(list[str]):
    """Sentences, and how many more there were."""

    more = 0

    def say(self, sentence: str) -> None:
        if len(self) < MOST:
            self.append(sentence)
        else:
            self.more += 1


@dataclass(frozen=True, slots=True)
class Happening:
    """Of one event what clocks and overrides are counted from."""

    fingerprint: str
    at: datetime
    actor: str
    role: str
    to_state: str
    proof: Mapping[str, object]  # not all of it
    hash: str
    episode: int
    why: str
    scan_id: int | None


@dataclass
class History:
    """What the events of a pack say. ``roots``: of the beginnings that were asked for."""

    replay: Replay
    problems: Told = field(default_factory=Told)
    unknown: Told = field(default_factory=Told)
    chain: Chain = field(default_factory=Chain)
    roots: dict[int, str] = field(default_factory=dict)
    root: str = ""
    withheld: int = 0
    signed: int = 0
    closings: int = 0
    digest: str = ""  # of the file as it is stored
    keyring: Keyring = field(default_factory=Keyring)
    by_scan: dict[str, str] = field(default_factory=dict)  # fingerprint -> where the scan's last event of it led
    happened: list[Happening] = field(default_factory=list)  # to findings


@dataclass(frozen=True)
class Ground:
    """What the walk holds the events against. ``here`` and ``apart``: digests in the pack, and withheld from it."""

    here: Container[bytes]
    apart: Container[bytes]
    beginnings: Collection[int]
    scan: int
    until: str
    later: Container[int | None] = ()  # scans of which the report knows nothing


def walk(pack: Reader, ground: Ground) -> History:
    """Never raises for what an event says; a file that cannot be unpacked is a problem, with where it ended."""
    found, tree, sha256 = History(Replay(ground.until, ground.later)), Tree(), hashlib.sha256()
    if 0 in ground.beginnings:
        found.roots[0] = tree.root().hex()
    try:
        for line in pack.lines(EVENTS, sha256.update):
            event = _event(line, found)
            if event is None:
                continue
            _take(event, found, ground)
            tree.add(event_leaf(event["hash"]))
            if tree.count in ground.beginnings:
                found.roots[tree.count] = tree.root().hex()
    except PackError as fault:
        found.problems.say(f"{fault}, after event {found.chain.count}")
    found.root, found.digest = tree.root().hex(), sha256.hexdigest()
    return found


def _event(line: bytes, found: History) -> dict[str, Any] | None:
    try:
        event = json.loads(line.decode())
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not _well_formed(event):
        found.problems.say(f"the line after event {found.chain.count} is no event")
        return None
    return event


def _well_formed(event: Mapping[str, Any]) -> bool:
    if not isinstance(event.get("seq"), int) or not (_is_link(event.get("hash")) and _is_link(event.get("previous"))):
        return False
    if event.keys() == WITHHELD:
        return True
    return (
        event.keys() == FIELDS
        and all(isinstance(event[name], str) for name in TEXTS)
        and event["from_state"] in STATES
        and event["to_state"] in STATES
        and (event["scan_id"] is None or isinstance(event["scan_id"], int))
    )


def _is_link(value: object) -> bool:
    return isinstance(value, str) and LINK.fullmatch(value) is not None


def _take(event: Mapping[str, Any], found: History, ground: Ground) -> None:
    withheld = "withheld" in event
    for why in found.chain.take(event, withheld=withheld):
        found.problems.say(why)
    if withheld:
        found.withheld += 1
        return
    try:
        proof = json.loads(event["proof"])
        if not isinstance(proof, dict):
            raise TypeError("not an object")
        for why in found.replay.take(event, proof):
            found.problems.say(why)
        if event["scan_id"] == ground.scan:
            found.by_scan[event["fingerprint"]] = event["to_state"]
        if not event["fingerprint"].startswith(APART):
            found.happened.append(_happening(event, proof))
        _evidence(event, proof, found, ground)
        _signature(event, proof, found)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as fault:
        found.problems.say(f"event {event['seq']} is not in the documented form: {type(fault).__name__} {fault!s:.100}")


def _happening(event: Mapping[str, Any], proof: Mapping[str, Any]) -> Happening:
    kept = {name: proof[name] for name in ("statement", "signature") if name in proof}
    before = proof.get("before")
    if isinstance(before, Mapping):
        kept["before"] = {"at": before.get("at")}
    return Happening(
        **{name: event[name] for name in ("fingerprint", "actor", "role", "to_state", "hash", "scan_id")},
        at=datetime.fromisoformat(event["at"]),
        proof=kept,
        episode=int(proof.get("episode", 1)),
        why=str(proof.get("why", "")),
    )


def _evidence(event: Mapping[str, Any], proof: Mapping[str, Any], found: History, ground: Ground) -> None:
    closes = event["to_state"] == State.VERIFIED_FIXED and event["from_state"] != State.VERIFIED_FIXED
    found.closings += closes
    for digest, words in evidence_named(proof):
        key = bytes.fromhex(digest)
        if key in ground.here:
            continue
        told = f"event {event['seq']} rests on the evidence of {words} {digest}, which is not in the pack"
        if key in ground.apart:
            found.unknown.say(f"{told}: it is withheld")
        elif closes:
            found.problems.say(f"{told}: nothing closes without it")
        else:
            found.unknown.say(told)


def _signature(event: Mapping[str, Any], proof: Mapping[str, Any], found: History) -> None:
    """Who made this event: a person whose key was good then, the record's own key, or the system."""
    if str(event["fingerprint"]).startswith(KEY):
        for why in found.keyring.admit(event, proof):
            found.problems.say(f"event {event['seq']}: {why}")
        return
    try:
        signed = signed_of(event["seq"], proof)
    except BadStatement:
        return  # the replay has said so
    if signed is None:
        if event["role"] != SYSTEM:
            found.unknown.say(f"event {event['seq']} by {event['actor']} as {event['role']} is not signed")
        return
    found.signed += 1
    for why in found.keyring.faults(event, signed):
        found.problems.say(f"event {event['seq']}: {why}")
