"""The replay holds every event against the table of states: what the rules allow passes, and nothing else does."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from checks.decisions import led_to
from checks.lifecycle import State, after_fail, after_gap, after_proof
from checks.replay import Replay
from checks.statements import Action, Role, Statement

AT = datetime(2026, 3, 1, tzinfo=UTC)
SIDE = {"evidence": ["a" * 64], "privilege": "root", "observed": "it is so", "check": "linux.x"}
PROOF = {
    "before": {**SIDE, "at": "2026-03-01T00:00:00+00:00"},
    "after": {**SIDE, "at": "2026-03-02T00:00:00+00:00"},
    "identity": ["machine-id"],
}


def at(state: str, **changes: object) -> dict[str, Any]:
    """An event of one finding."""
    return {
        "seq": 2,
        "fingerprint": "f",
        "at": AT.isoformat(),
        "actor": "estatecheck",
        "role": "system",
        "from_state": state,
        "to_state": state,
        "scan_id": 1,
        **changes,
    }


def standing(state: str) -> Replay:
    """A finding that is in a state, however it came there."""
    replay = Replay()
    if state:
        list(replay.take(at("", to_state=state), {}))
    return replay


def faults(state: str, to: str, proof: dict[str, Any], **changes: object) -> list[str]:
    return list(standing(state).take(at(state, to_state=to, **changes), proof))


def moves() -> dict[tuple[str, str], dict[str, Any]]:
    """What a scan can do, by the rules that make events."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for state in (None, *State):
        for changed, worse in product((False, True), repeat=2):
            if move := after_fail(state, check_changed=changed, worse=worse):
                found[state or "", move.to] = {"why": move.why, "episode": 1 + move.new_episode}
        if state and (move := after_proof(state)):
            found[state, move.to] = {**PROOF, "why": move.why}
        if state and (move := after_gap(state)):
            found[state, move.to] = {"why": move.why}
    return found


@pytest.mark.parametrize("move", moves())
def test_what_a_scan_may_do(move: tuple[str, str]) -> None:
    assert faults(*move, moves()[move]) == []


BY_TIME = {("OPEN", "STALE"), *((s, "OPEN") for s in State if s is not State.OPEN), ("CLAIM_UNVERIFIABLE", "STALE")}


def test_no_scan_does_anything_else() -> None:
    pairs = {(a, b) for a in ("", *State) for b in State if a != b}
    refused = {
        pair for pair in pairs if any("no scan may move" in why for why in faults(*pair, {**PROOF, "episode": 1}))
    }
    assert refused == pairs - moves().keys() - BY_TIME


PARTS = {
    Action.PAUSE_CLOCK: ("", "asked", "granted"),
    Action.OUT_OF_SERVICE: ("", "asked", "granted"),
    Action.REFUSE: ("", "request-acceptance", "propose-false-positive", "pause-clock", "out-of-service"),
    Action.RETEST: ("", "passed", "failed"),
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", ["supplier:acme", *(r for r in Role if r is not Role.SUPPLIER)])
def test_people_do_what_the_table_of_decisions_allows_and_nothing_else(action: Action, role: str) -> None:
    """Every action by every role from every state to every state."""
    for part in PARTS.get(action, ("",)):
        more = {"step": part, "of": part, "result": part}
        said = Statement(action, "EC-0001", "f", 1, "J. Roe", role, AT, evidence=("b" * 64,), more=more)
        proof = {"statement": said.as_json(), "signature": {"keyid": "k", "sig": "s"}}
        for state, to in product(State, State):
            move = led_to(said, state)
            told = faults(state, to, proof, actor="J. Roe", role=role)
            told = [why for why in told if "nobody had asked" not in why]
            assert (told == []) is (move is not None and move.to == to), (state, to, told)


LACKING = {
    "no evidence of the failing visit": {"before": {**PROOF["before"], "evidence": []}},  # type: ignore[dict-item]
    "no evidence of the passing visit": {"after": None},
    "no strong identity": {"identity": []},
    "passed only as user": {"after": {**PROOF["after"], "privilege": "user"}},  # type: ignore[dict-item]
    "no observed value": {"after": {**PROOF["after"], "observed": ""}},  # type: ignore[dict-item]
    "is not later than the failing one": {"after": {**PROOF["after"], "at": "2026-02-01T00:00:00+00:00"}},  # type: ignore[dict-item]
}


@pytest.mark.parametrize("why", LACKING)
def test_nothing_closes_without_proof(why: str) -> None:
    for state in (State.OPEN, State.CLAIMED_FIXED, State.STALE):
        said = faults(state, State.VERIFIED_FIXED, {**PROOF, **LACKING[why]})
        assert any(f"closes the finding without proof: {why}" in one or why in one for one in said)


def test_an_import_needs_no_strong_identity() -> None:
    proof = {**PROOF, "identity": [], "before": {**PROOF["before"], "check": "import.nessus.1"}}  # type: ignore[dict-item]
    assert faults(State.OPEN, State.VERIFIED_FIXED, proof) == []


def test_who_asks_does_not_decide() -> None:
    replay = standing("OPEN")
    for role, action, state, to, actor in (
        ("operator", Action.REQUEST_ACCEPTANCE, "OPEN", "ACCEPTANCE_REQUESTED", "J. Roe"),
        ("accreditor", Action.ACCEPT, "ACCEPTANCE_REQUESTED", "RISK_ACCEPTED", "j.  roe"),
    ):
        said = Statement(action, "EC-0001", "f", 1, actor, role, AT)
        proof = {"statement": said.as_json(), "signature": {"keyid": "k", "sig": "s"}}
        told = list(replay.take(at(state, to_state=to, actor=actor, role=role), proof))
    assert told == ["event 2: j.  roe decides on a request of their own"]
