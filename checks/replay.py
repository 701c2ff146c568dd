"""Plays the history of findings again, event by event, and says which event breaks which rule. Pure.

This is the table of states in the design ("States of an occurrence, and who may move it") read from the other side:
``checks.lifecycle`` and the rules for people make events, this holds them against the table without using that code
for more than the names. The verifier that strangers run is made from it.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks.decisions import led_to
from checks.import_proof import is_imported
from checks.lifecycle import GENESIS, State, event_hash
from checks.statements import Action, BadStatement, Role, Statement, is_digest, role_kind, statement_of

SYSTEM = "system"
KEY = "key:"  # fingerprints of events about a person's key
APART = ("asset:", KEY, "accreditation:", "handover:")  # fingerprints of events that move no finding
LINKS = ("previous", "hash")  # the two fields of an event that its hash does not cover
FIELDS = frozenset({"seq", "fingerprint", "at", "actor", "role", "from_state", "to_state", "proof", "scan_id", *LINKS})
_RANK = {"none": 0, "user": 1, "root": 2}

_O, _F = State.OPEN, State.VERIFIED_FIXED
_BY_SYSTEM = frozenset(
    {
        ("", _O),
        *((state, _F) for state in (_O, State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE, State.STALE, State.MITIGATED)),
        *((state, _O) for state in State if state is not _O),  # a fail, time, a proof withdrawn
        (State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE),
        (_O, State.STALE),
        (State.CLAIM_UNVERIFIABLE, State.STALE),
    }
)
_DECIDES = {  # four eyes: where it leads -> the request that came before, by somebody else
    State.RISK_ACCEPTED: Action.REQUEST_ACCEPTANCE,
    State.FALSE_POSITIVE: Action.PROPOSE_FALSE_POSITIVE,
    State.OUT_OF_SERVICE: Action.OUT_OF_SERVICE,
}


@dataclass(frozen=True, slots=True)
class Stand:
    """How one finding stands after its events so far. ``asked``: by whom each request that it knows was made last."""

    state: str
    episode: int
    first_at: str
    first_scan: int | None
    at: str
    asked: tuple[tuple[str, str], ...] = ()  # action, person


@dataclass(frozen=True, slots=True)
class Signed:
    """What a person signed, as it stands in an event."""

    seq: int
    statement: Statement
    keyid: str
    signature: str  # base64


def content_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """What the event's hash covers."""
    return {key: value for key, value in event.items() if key not in LINKS}


class Chain:
    """The links: numbers without a gap, each hash over the one before and the content."""

    def __init__(self) -> None:
        self.count = 0
        self.head = GENESIS

    def take(self, event: Mapping[str, Any], *, withheld: bool = False) -> Iterator[str]:
        """What is wrong with this event's place. Goes on from what the event says of itself."""
        seq, link = event["seq"], str(event["hash"])
        if seq != self.count + 1:
            yield _misplaced(seq, self.count)
        elif event["previous"] != self.head:
            yield f"event {seq} does not follow event {seq - 1}: it names another event as the one before it"
        if not withheld and event_hash(str(event["previous"]), content_of(event)) != link:
            yield f"event {seq} does not have the content that its hash covers: it was changed"
        self.count, self.head = seq, link


def _misplaced(seq: int, last: int) -> str:
    if seq == last:
        return f"event {seq} is there twice"
    if seq < last:
        return f"event {seq} stands after event {last}: the order was changed"
    missing = f"event {last + 1}" if seq == last + 2 else f"events {last + 1} to {seq - 1}"
    return f"{missing} missing: event {last} is followed by event {seq}"


class Replay:
    """States of every finding from its events.

    ``until``: keeps beside it how things stood at that moment (ISO), without what ``later`` scans brought.
    """

    def __init__(self, until: str = "", later: Container[int | None] = ()) -> None:
        self.now: dict[str, Stand] = {}
        self.then: dict[str, Stand] = {}
        self._until = _moment(until) if until else None
        self._later = later

    def take(self, event: Mapping[str, Any], proof: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with this event, one sentence each. ``proof`` is the event's, parsed."""
        before = self.now.get(event["fingerprint"])
        told = f"event {event['seq']}"
        for why in _faults(before, event, proof):
            yield f"{told}: {why}"
        after = _after(before, event, proof)
        self.now[event["fingerprint"]] = after
        if event["scan_id"] not in self._later and (self._until is None or _moment(event["at"]) <= self._until):
            self.then[event["fingerprint"]] = after


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _after(before: Stand | None, event: Mapping[str, Any], proof: Mapping[str, Any]) -> Stand:
    state, episode, at = str(event["to_state"]), int(proof.get("episode", 1)), str(event["at"])
    asked = _asked(before, event, proof)
    if before is None:
        return Stand(state, episode, at, event["scan_id"] or 0, at, asked)
    return Stand(state, episode, before.first_at, before.first_scan, at, asked)


def _asked(before: Stand | None, event: Mapping[str, Any], proof: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    known = before.asked if before else ()
    said = proof.get("statement")
    action = str(said.get("action")) if isinstance(said, Mapping) else ""
    if action not in _DECIDES.values():
        return known
    return (*(one for one in known if one[0] != action), (action, str(event["actor"])))


def _faults(before: Stand | None, event: Mapping[str, Any], proof: Mapping[str, Any]) -> Iterator[str]:
    was, to = str(event["from_state"]), str(event["to_state"])
    state = before.state if before else ""
    if was != state:
        yield f"it moves the finding from {was or 'nothing'}, but its events before say {state or 'nothing'}"
    if before and _moment(event["at"]) < _moment(before.at):
        yield f"it is dated {event['at']}, before the finding's event of {before.at}: time went backwards"
    yield from _episode_faults(before, was, to, proof)
    if event["role"] == SYSTEM:
        yield from _system_faults(was, to, event, proof)
    else:
        yield from _human_faults(before, event, proof)


def _episode_faults(before: Stand | None, was: str, to: str, proof: Mapping[str, Any]) -> Iterator[str]:
    episode = proof.get("episode", 1)
    again = proof.get("why") == "regressed"
    if again and (was, to) != (_F, _O):
        yield "only what was verified as fixed can come back"
    expected = (before.episode if before else 1) + again
    if episode != expected:
        yield f"it counts episode {episode}; by the events before it is {expected}"


def _system_faults(was: str, to: str, event: Mapping[str, Any], proof: Mapping[str, Any]) -> Iterator[str]:
    if was == to == "" and str(event["fingerprint"]).startswith(APART):
        return
    if was != to and (was, to) not in _BY_SYSTEM:
        yield f"no scan may move a finding from {was or 'nothing'} to {to}"
    if to == _F and was != to:
        yield from (f"it closes the finding without proof: {why}" for why in closing_faults(proof))


def closing_faults(proof: Mapping[str, Any]) -> Iterator[str]:
    """What lacks for this to prove a fix (the design, "Proof of a fix"), as far as the event itself tells."""
    sides = [proof.get(name) for name in ("before", "after")]
    for name, side in zip(("failing", "passing"), sides, strict=True):
        if not isinstance(side, Mapping) or not evidence_of(side):
            yield f"there is no evidence of the {name} visit"
    if not proof.get("identity") and not is_imported(_check(sides[0])):
        yield "no strong identity is the same in both visits"
    before, after = sides
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _side_faults(before, after)


def _check(side: object) -> str:
    return str(side.get("check")) if isinstance(side, Mapping) else ""


def _side_faults(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if _moment(after.get("at")) <= _moment(before.get("at")):
        yield f"the passing visit of {after.get('at')} is not later than the failing one of {before.get('at')}"
    if _RANK.get(str(after.get("privilege")), -1) < _RANK.get(str(before.get("privilege")), 3):
        yield f"it failed as {before.get('privilege')} and passed only as {after.get('privilege')}"
    if not after.get("observed"):
        yield "the passing visit recorded no observed value"


def evidence_of(side: object) -> list[str]:
    """The sha256 digests that one side of a proof names."""
    named = side.get("evidence") if isinstance(side, Mapping) else None
    return [one for one in named if is_digest(one)] if isinstance(named, list) else []


def evidence_named(proof: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every digest that an event rests on, and for what."""
    for side, words in (
        ("failed", "the failing visit"),
        ("before", "the failing visit"),
        ("after", "the passing visit"),
    ):
        for digest in evidence_of(proof.get(side)):
            yield digest, words


def signed_of(seq: int, proof: Mapping[str, Any]) -> Signed | None:
    """What a person signed here; None when nobody did. Raises :class:`BadStatement`."""
    if "statement" not in proof and "signature" not in proof:
        return None
    signature = proof.get("signature")
    if not isinstance(signature, dict):
        raise BadStatement("the statement is not signed")
    return Signed(seq, statement_of(proof.get("statement")), str(signature.get("keyid")), str(signature.get("sig")))


def _human_faults(before: Stand | None, event: Mapping[str, Any], proof: Mapping[str, Any]) -> Iterator[str]:
    try:
        role_kind(str(event["role"]))
        signed = signed_of(event["seq"], proof)
    except BadStatement as fault:
        yield str(fault)
        return
    if signed is not None:
        yield from _statement_faults(before, event, signed.statement)
    elif event["from_state"] != event["to_state"] and (event["from_state"], event["role"]) != ("", Role.TESTER):
        yield f"{event['actor']} moved the finding as {event['role']} without a signed statement"


def _statement_faults(before: Stand | None, event: Mapping[str, Any], said: Statement) -> Iterator[str]:
    for name in ("fingerprint", "actor", "role"):
        if getattr(said, name) != event[name]:
            yield f"the signed statement has another {name} than the event"
    if before and said.episode != before.episode:
        yield f"the signed statement speaks of episode {said.episode}, and the finding is in episode {before.episode}"
    if said.at > _moment(event["at"]):
        yield "the statement was signed after the event"
    yield from _move_faults(before, event, said)


def _move_faults(before: Stand | None, event: Mapping[str, Any], said: Statement) -> Iterator[str]:
    was, to = str(event["from_state"]), str(event["to_state"])
    if was == to == "":
        return  # about a machine: it moves no finding
    move = led_to(said, State(was)) if was else None
    if move is None or move.to != to:
        yield f"{said.action} by {said.role} does not lead from {was or 'nothing'} to {to}"
    if to == was:
        return
    if to == _F and not said.evidence:
        yield "a retest closes only with evidence"
    if to in _DECIDES:
        yield from _second_faults(before, _DECIDES[State(to)], said)


def _second_faults(before: Stand | None, request: Action, said: Statement) -> Iterator[str]:
    asker = dict(before.asked).get(request) if before else None
    if asker is None:
        yield f"nobody had asked for it ({request})"
    elif " ".join(asker.casefold().split()) == " ".join(said.actor.casefold().split()):
        yield f"{said.actor} decides on a request of their own"
