"""Every role by every action by every state, against a table written by hand from the design (proof 11)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from checks.decision_model import Asked, Case, Signer
from checks.decision_words import ASKED, TO
from checks.decisions import decide
from checks.lifecycle import Move, Refusal, State
from checks.statements import Action, Statement

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MOVED = NOW - timedelta(days=2)
ROLES = ("supplier:acme", "operator", "owner", "assessor", "accreditor", "tester")
PRINT, SHA = "f" * 64, "a" * 64
ASKER = "somebody else"


def case(state: State = State.OPEN, **changes: Any) -> Case:  # noqa: ANN401 (a table of fields)
    """A finding of acme's, reported by a tester, whose asset is gone: whatever is refused is refused by the table."""
    asked = {
        action: Asked(action, ASKER, "owner" if action is not Action.PAUSE_CLOCK else "nobody", "k0", MOVED, 1, {})
        for action in (
            Action.REQUEST_ACCEPTANCE,
            Action.PROPOSE_FALSE_POSITIVE,
            Action.PAUSE_CLOCK,
            Action.OUT_OF_SERVICE,
        )
    }
    values: dict[str, Any] = {
        "ref": "EC-0001",
        "fingerprint": PRINT,
        "state": state,
        "episode": 1,
        "moved_at": MOVED,
        "last_seen": MOVED,
        "foreign": True,
        "suppliers": ("acme",),
        "asked": asked,
        "unreachable": 3,
        "paused": True,
    }
    return Case(**{**values, **changes})


def said(action: Action, role: str = "operator", **changes: Any) -> Statement:  # noqa: ANN401 (a table of fields)
    """Whatever any action may want."""
    more = {
        "owner": "J. Roe",
        "scope": {"assets": 1},
        "ground": "force-majeure",
        "from": "2026-03-10",
        "told_at": "2026-03-09T10:00:00+00:00",
        "result": "passed",
        "risk": "low",
        **changes.pop("more", {}),
    }
    values: dict[str, Any] = {
        "action": action,
        "ref": "EC-0001",
        "fingerprint": PRINT,
        "episode": 1,
        "actor": "A. Person",
        "role": role,
        "at": NOW - timedelta(minutes=1),
        "reason": "because",
        "reference": "CHG-7",
        "until": date(2026, 4, 1),
        "evidence": (SHA,),
        "more": more,
    }
    return Statement(**{**values, **changes})


def signer(role: str, name: str = "A. Person", key: str = "k1") -> Signer:
    return Signer(name, role, key)


def decided(standing: Case, statement: Statement, **changes: str) -> Move | Refusal:
    return decide(standing, statement, signer(statement.role, **changes), NOW)


# What the design says, by hand: action (and its part) -> who, from where, to where ("=": the state stays).
LIVE = {*State} - {State.VERIFIED_FIXED, State.FALSE_POSITIVE, State.OUT_OF_SERVICE}
SUPPLY, BUY = {"supplier:acme", "operator"}, {"owner", "assessor", "accreditor"}
DESIGN: dict[tuple[Action, str], tuple[set[str], set[State], str]] = {
    (Action.CLAIM, ""): (SUPPLY, {State.OPEN}, "CLAIMED_FIXED"),
    (Action.WITHDRAW_CLAIM, ""): (SUPPLY, {State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE}, "OPEN"),
    (Action.REQUEST_ACCEPTANCE, ""): (SUPPLY, {State.OPEN}, "ACCEPTANCE_REQUESTED"),
    (Action.ACCEPT, ""): ({"accreditor"}, {State.ACCEPTANCE_REQUESTED}, "RISK_ACCEPTED"),
    (Action.REFUSE, "request-acceptance"): ({"accreditor"}, {State.ACCEPTANCE_REQUESTED}, "OPEN"),
    (Action.PROPOSE_FALSE_POSITIVE, ""): ({"supplier:acme"}, {State.OPEN}, "FALSE_POSITIVE_PROPOSED"),
    (Action.CONFIRM_FALSE_POSITIVE, ""): ({"assessor"}, {State.FALSE_POSITIVE_PROPOSED}, "FALSE_POSITIVE"),
    (Action.REFUSE, "propose-false-positive"): ({"assessor"}, {State.FALSE_POSITIVE_PROPOSED}, "OPEN"),
    (Action.MITIGATE, ""): ({"assessor"}, {State.OPEN}, "MITIGATED"),
    (Action.PAUSE_CLOCK, "asked"): (SUPPLY | BUY, LIVE, "="),
    (Action.PAUSE_CLOCK, "granted"): (SUPPLY | BUY, LIVE, "="),
    (Action.REFUSE, "pause-clock"): (SUPPLY | BUY, LIVE, "="),
    (Action.RESUME_CLOCK, ""): (SUPPLY | BUY, LIVE, "="),
    (Action.TELL_SUPPLIER, ""): (BUY | {"operator"}, LIVE, "="),
    (Action.OUT_OF_SERVICE, "asked"): ({"owner"}, {*State} - {State.OUT_OF_SERVICE}, "="),
    (Action.OUT_OF_SERVICE, "granted"): (BUY | {"operator"}, {*State} - {State.OUT_OF_SERVICE}, "OUT_OF_SERVICE"),
    (Action.REFUSE, "out-of-service"): (BUY | {"operator"}, {*State} - {State.OUT_OF_SERVICE}, "="),
    (Action.RETEST, ""): (
        {"tester"},
        {State.OPEN, State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE, State.STALE, State.MITIGATED},
        "VERIFIED_FIXED",
    ),
    (Action.OVERRIDE_RISK, ""): ({"assessor", "accreditor"}, LIVE, "="),
    (Action.ACCEPT_IDENTITY, ""): ({"owner", "assessor"}, {State.OPEN}, "="),
}


def part_of(action: Action, part: str) -> dict[str, str]:
    return {"of": part} if action is Action.REFUSE else {"step": part} if part else {}


def standing(state: State, action: Action, part: str, role: str) -> Case:
    """With the request that is answered here, asked by the other side; without it where it is asked anew."""
    made = case(state)
    asked = dict(made.asked)
    if part == "asked":
        asked.pop(action)
    other = "owner" if role in SUPPLY else "supplier:acme"
    pause = asked.get(Action.PAUSE_CLOCK)
    if pause:
        like = {"until": "2026-04-01", "more": {"ground": "force-majeure", "from": "2026-03-10"}}
        asked[Action.PAUSE_CLOCK] = replace(pause, role=other, statement=like)
    return replace(made, asked=asked)


def test_the_design_knows_every_action() -> None:
    assert {action for action, _ in DESIGN} == set(Action) - {Action.ACCREDIT}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("state", State)
def test_an_accreditation_moves_no_finding(role: str, state: State) -> None:
    """It is about a service or an estate, and has rules of its own."""
    assert isinstance(decided(case(state), said(Action.ACCREDIT, role)), Refusal)


@pytest.mark.parametrize(("action", "part"), DESIGN, ids=str)
def test_every_role_by_every_state(action: Action, part: str) -> None:
    roles, states, to = DESIGN[action, part]
    for role in ROLES:
        for state in State:
            came = decided(standing(state, action, part, role), said(action, role, more=part_of(action, part)))
            if role in roles and state in states:
                assert isinstance(came, Move), (role, state, came)
                assert came.to == (state if to == "=" else to)
                assert came.why
                assert not came.new_episode
            else:
                assert isinstance(came, Refusal), (role, state, came)
                assert came.sentence.strip()
                assert "\n" not in came.sentence


def test_who_can_reach_a_closed_state_at_all() -> None:
    """No supplier reaches VERIFIED_FIXED, RISK_ACCEPTED or FALSE_POSITIVE, whatever he says; nobody but a tester
    closes by word, and only what a check of ours did not find."""
    reached: dict[str, set[str]] = {}
    for action, part in DESIGN:
        for role in ROLES:
            for state in State:
                for foreign in (True, False):
                    there = replace(standing(state, action, part, role), foreign=foreign)
                    came = decided(there, said(action, role, more=part_of(action, part)))
                    if isinstance(came, Move) and came.to is not state:
                        reached.setdefault(came.to.value, set()).add(role if foreign else f"{role}, found by a check")
    assert reached["VERIFIED_FIXED"] == {"tester"}
    assert reached["RISK_ACCEPTED"] == {"accreditor", "accreditor, found by a check"}
    assert reached["FALSE_POSITIVE"] == {"assessor", "assessor, found by a check"}
    assert "STALE" not in reached
    assert "CLAIM_UNVERIFIABLE" not in reached


@pytest.mark.parametrize("part", [None, "", "delete", 7])
def test_a_step_or_a_refusal_of_nothing_is_refused(part: object) -> None:
    for action, name in ((Action.REFUSE, "of"), (Action.PAUSE_CLOCK, "step"), (Action.OUT_OF_SERVICE, "step")):
        came = decided(case(), said(action, "owner", more={name: part}))
        assert isinstance(came, Refusal)
        assert "which of these" in came.sentence


ASK_ACCEPTANCE = {
    Action.REQUEST_ACCEPTANCE: Asked(
        Action.REQUEST_ACCEPTANCE, "B. Asker", "operator", "k2", MOVED, 1, {"until": "2026-03-31"}
    )
}
REQUESTED = case(State.ACCEPTANCE_REQUESTED, asked=ASK_ACCEPTANCE)
PAUSE = {
    Action.PAUSE_CLOCK: Asked(
        Action.PAUSE_CLOCK,
        "B. Asker",
        "supplier:acme",
        "k2",
        MOVED,
        1,
        {"until": "2026-04-01", "more": {"ground": "force-majeure", "from": "2026-03-10"}},
    )
}
GRANT_PAUSE = {"step": "granted"}


@pytest.mark.parametrize(
    ("there", "statement", "name", "key", "why"),
    [
        pytest.param(REQUESTED, said(Action.ACCEPT, "accreditor"), "B. Asker", "k1", "asked for this", id="own name"),
        pytest.param(REQUESTED, said(Action.ACCEPT, "accreditor"), " b.  asker", "k1", "asked for", id="spelt anew"),
        pytest.param(REQUESTED, said(Action.ACCEPT, "accreditor"), "A. Person", "k2", "asked for", id="own key"),
        pytest.param(
            case(asked=PAUSE), said(Action.PAUSE_CLOCK, "operator", more=GRANT_PAUSE), "A. Person", "k1", "other side",
            id="a pause granted by the same side",
        ),
        pytest.param(
            case(asked=PAUSE), said(Action.REFUSE, "operator", more={"of": "pause-clock"}), "A. Person", "k1",
            "other side", id="a pause refused by the same side",
        ),
        pytest.param(
            case(asked={Action.OUT_OF_SERVICE: Asked(Action.OUT_OF_SERVICE, "B. Asker", "owner", "k2", MOVED, 1)}),
            said(Action.OUT_OF_SERVICE, "owner", more=GRANT_PAUSE), "B. Asker", "k3", "asked for this",
            id="out of service by one person with two keys",
        ),
    ],
)  # fmt: skip
def test_four_eyes(there: Case, statement: Statement, name: str, key: str, why: str) -> None:
    came = decide(there, replace(statement, actor=name), Signer(name, statement.role, key), NOW)
    assert isinstance(came, Refusal)
    assert why in came.sentence


LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("there", "statement", "why"),
    [
        pytest.param(case(), said(Action.CLAIM, reason=" "), "what was done", id="a claim of nothing"),
        pytest.param(case(), said(Action.CLAIM, reference=""), "change", id="a claim without a change"),
        pytest.param(case(), said(Action.CLAIM, more={"done_on": "2026-03-11"}), "no day before", id="done tomorrow"),
        pytest.param(case(), said(Action.CLAIM, more={"done_on": "2026-03-07"}), "still failed", id="done before"),
        pytest.param(case(), said(Action.CLAIM, episode=2), "episode 2", id="an episode to come"),
        pytest.param(case(episode=2), said(Action.CLAIM), "in episode 2 now", id="an episode that is over"),
        pytest.param(case(), said(Action.CLAIM, fingerprint="0" * 64), "another finding", id="another finding"),
        pytest.param(case(), said(Action.CLAIM, at=LATER), "still to come", id="signed in the future"),
        pytest.param(case(), said(Action.CLAIM, at=MOVED - timedelta(1)), "has moved since", id="signed before"),
        pytest.param(
            case(last_seen=NOW), said(Action.CLAIM), "still failed", id="it failed again after this was signed"
        ),
        pytest.param(case(moved_at=LATER), said(Action.CLAIM), "set the clock", id="our clock goes backwards"),
        pytest.param(case(suppliers=("bolt",)), said(Action.CLAIM, "supplier:acme"), "supplier is bolt", id="not his"),
        pytest.param(case(suppliers=()), said(Action.CLAIM, "supplier:acme"), "names no supplier", id="nobody's"),
        pytest.param(
            case(State.CLAIMED_FIXED, claimed_by="supplier:acme"),
            said(Action.WITHDRAW_CLAIM, "operator"), "supplier:acme claimed it", id="another's claim",
        ),
        pytest.param(case(), said(Action.REQUEST_ACCEPTANCE, reason=""), "reason", id="acceptance without a reason"),
        pytest.param(case(), said(Action.REQUEST_ACCEPTANCE, more={"owner": ""}), "owns the risk", id="no owner"),
        pytest.param(case(), said(Action.REQUEST_ACCEPTANCE, until=None), "last day", id="for ever"),
        pytest.param(
            case(), said(Action.REQUEST_ACCEPTANCE, until=date(2027, 3, 11)), "365 days at most", id="too long"
        ),
        pytest.param(case(), said(Action.REQUEST_ACCEPTANCE, until=date(2026, 3, 9)), "over already", id="over"),
        pytest.param(REQUESTED, said(Action.ACCEPT, "accreditor"), "asked for until 2026-03-31", id="longer"),
        pytest.param(
            REQUESTED, said(Action.ACCEPT, "accreditor", until=date(2026, 3, 20), more={"scope": None}), "scope",
            id="no scope",
        ),
        pytest.param(replace(REQUESTED, asked={}), said(Action.ACCEPT, "accreditor"), "nobody has asked", id="unasked"),
        pytest.param(
            case(), said(Action.PROPOSE_FALSE_POSITIVE, "supplier:acme", evidence=(), reference=""), "show it",
            id="no counter-evidence",
        ),
        pytest.param(case(), said(Action.MITIGATE, "assessor", evidence=(), reference=""), "control", id="no control"),
        pytest.param(case(), said(Action.MITIGATE, "assessor", until=None), "last day", id="no review date"),
        pytest.param(
            case(asked={}), said(Action.PAUSE_CLOCK, more={"step": "asked", "ground": "holiday"}), "only for",
            id="no ground for a pause",
        ),
        pytest.param(
            case(asked={}), said(Action.PAUSE_CLOCK, more={"step": "asked", "from": "2026-04-02"}), "first day",
            id="a pause that ends before it begins",
        ),
        pytest.param(
            case(asked={}), said(Action.PAUSE_CLOCK, until=date(2026, 7, 1), more={"step": "asked"}), "90 days",
            id="a pause that is too long",
        ),
        pytest.param(
            case(asked={}),
            said(
                Action.PAUSE_CLOCK, evidence=(), reference="", more={"step": "asked", "ground": "no-vendor-fix"}
            ),
            "vendor fix", id="no statement of the vendor",
        ),
        pytest.param(
            case(asked=PAUSE), said(Action.PAUSE_CLOCK, "owner", until=date(2026, 4, 2), more=GRANT_PAUSE),
            "as it was asked", id="a longer pause than asked",
        ),
        pytest.param(case(asked=PAUSE), said(Action.PAUSE_CLOCK, more={"step": "asked"}), "already", id="asked twice"),
        pytest.param(case(paused=False), said(Action.RESUME_CLOCK), "no clock", id="nothing is paused"),
        pytest.param(
            case(), said(Action.TELL_SUPPLIER, more={"told_at": LATER.isoformat()}), "not after now", id="told later"
        ),
        pytest.param(case(), said(Action.TELL_SUPPLIER, more={"told_at": "x"}), "was told", id="told never"),
        pytest.param(case(), said(Action.TELL_SUPPLIER, reference=""), "letter or ticket", id="told without a letter"),
        pytest.param(
            case(asked={}, unreachable=2), said(Action.OUT_OF_SERVICE, "owner", more={"step": "asked"}),
            "3 in a row", id="it answered of late",
        ),
        pytest.param(
            case(asked={}), said(Action.OUT_OF_SERVICE, "owner", evidence=(), reference="", more={"step": "asked"}),
            "disposal record", id="no disposal record",
        ),
        pytest.param(
            case(unreachable=0), said(Action.OUT_OF_SERVICE, "assessor", more=GRANT_PAUSE), "3 in a row",
            id="it came back before the second person",
        ),
        pytest.param(case(foreign=False), said(Action.RETEST, "tester"), "only a scan", id="found by a check of ours"),
        pytest.param(case(), said(Action.RETEST, "tester", evidence=()), "evidence", id="a retest that shows nothing"),
        pytest.param(case(), said(Action.RETEST, "tester", more={"result": "fine"}), "passed or failed", id="vague"),
        pytest.param(case(), said(Action.OVERRIDE_RISK, "assessor", until=None), "last day", id="an endless override"),
        pytest.param(case(), said(Action.OVERRIDE_RISK, "assessor", more={"risk": "none"}), "critical", id="no risk"),
    ],
)  # fmt: skip
def test_what_each_action_needs(there: Case, statement: Statement, why: str) -> None:
    came = decided(there, statement)
    assert isinstance(came, Refusal)
    assert why in came.sentence, came.sentence


def test_a_key_signs_for_its_holder_alone() -> None:
    for statement in (said(Action.CLAIM, actor="Somebody"), said(Action.CLAIM, "owner")):
        came = decide(case(), statement, signer("operator"), NOW)
        assert isinstance(came, Refusal)
        assert "belongs to A. Person as operator" in came.sentence


def test_a_failed_retest_rejects_a_claim() -> None:
    there = case(State.CLAIMED_FIXED)
    assert decided(there, said(Action.RETEST, "tester", more={"result": "failed"})) == Move(
        State.OPEN, "claim rejected"
    )


@pytest.mark.parametrize("action", [one for one in Action if one is not Action.ACCREDIT])
def test_a_refusal_says_in_plain_words_what_was_meant(action: Action) -> None:
    part = {"step": "asked", "of": "pause-clock"}
    role = "operator" if action is Action.RETEST else "tester"
    by_role = decide(case(), said(action, role, more=part), signer(role), NOW)
    assert isinstance(by_role, Refusal)
    assert by_role.sentence.startswith(f"{role} may not {TO[action]}: that is for ")
    assert "-" not in TO[action]


def test_what_nobody_asked_for_is_named_in_plain_words() -> None:
    assert set(ASKED) == set(case().asked)
    for action in ASKED:
        refusal = said(Action.REFUSE, "accreditor", more={"of": action.value})
        role = "assessor" if action is Action.PROPOSE_FALSE_POSITIVE else "accreditor"
        state = {
            Action.REQUEST_ACCEPTANCE: State.ACCEPTANCE_REQUESTED,
            Action.PROPOSE_FALSE_POSITIVE: State.FALSE_POSITIVE_PROPOSED,
        }.get(action, State.OPEN)
        told = decide(case(state, asked={}), replace(refusal, role=role), signer(role), NOW)
        assert isinstance(told, Refusal)
        assert told.sentence == f"EC-0001: nobody has asked {ASKED[action]}"
