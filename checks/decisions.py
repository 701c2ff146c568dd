"""Who may move a finding, and where to. Pure; the table of ``domain.md`` ("States of an occurrence") is the source.

Three ways in: :func:`decide` for what a person signed, ``checks.decisions_by_time`` for what time does, and
``checks.lifecycle`` for what a scan does. Nothing here closes a finding but a named tester's retest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from checks.decision_model import (
    ASK,
    BUYING,
    CLAIMED,
    COUNTED,
    DEFAULT_LIMITS,
    GRANT,
    PASSED,
    RETESTED,
    SUPPLYING,
    Case,
    Limits,
    Signer,
    listed,
    when,
)
from checks.decision_model import CLOSED as CLOSED  # others know it from here
from checks.decision_needs import lacking
from checks.decision_words import ASKED, TO
from checks.lifecycle import Move, Refusal, State
from checks.statements import Action, Role, Statement, supplier_of


def decide(case: Case, said: Statement, by: Signer, now: datetime, limits: Limits = DEFAULT_LIMITS) -> Move | Refusal:
    """What becomes of a statement. A move to the same state is a note in the history that moves nothing."""
    why = (
        _why_not_this_signer(said, by)
        or _why_not_this_finding(case, said)
        or _why_not_now(case, said, now)
        or _why_not_this_row(case, said)
        or _why_not_this_supplier(case, said)
        or _why_not_second(case, said, by)
        or lacking(case, said, limits)
    )
    return Refusal(why) if why else _move(case, said)


def _why_not_this_signer(said: Statement, by: Signer) -> str:
    if (said.actor, said.role) != (by.name, by.role):
        return f"the key belongs to {by.name} as {by.role}, and signs for nobody else"
    return ""


def _why_not_this_finding(case: Case, said: Statement) -> str:
    if said.fingerprint != case.fingerprint:
        return f"the statement is about another finding than {case.ref}"
    if said.episode != case.episode:
        return (
            f"the statement is about episode {said.episode} of {case.ref}, which is in episode {case.episode} now; "
            "look at it again"
        )
    return ""


def _why_not_now(case: Case, said: Statement, now: datetime) -> str:
    if now < case.moved_at:
        return f"the clock says {when(now)}, before {case.ref} moved last ({when(case.moved_at)}); set the clock"
    if said.at > now:
        return f"it was signed {when(said.at)}, which is still to come; set the clock of the machine that signed"
    if said.at < case.moved_at:
        return f"it was signed {when(said.at)}, and {case.ref} has moved since ({when(case.moved_at)}); look again"
    if said.action is Action.CLAIM and said.at < case.last_seen:
        return f"{case.ref} still failed {when(case.last_seen)}, after this was signed"
    return ""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table: who may, from which states, and what the state is then (None: it stays)."""

    roles: tuple[Role, ...]
    states: tuple[State, ...]
    to: State | None
    why: str  # the event's fixed word


_EVERYBODY = (*SUPPLYING, *BUYING)
_SECOND = (Role.OWNER, Role.OPERATOR, Role.ASSESSOR, Role.ACCREDITOR)
_IN_SERVICE = tuple(state for state in State if state is not State.OUT_OF_SERVICE)
_O = State.OPEN

_TABLE: Mapping[tuple[Action, str], _Row] = {
    (Action.CLAIM, ""): _Row(SUPPLYING, (_O,), State.CLAIMED_FIXED, "claimed fixed"),
    (Action.WITHDRAW_CLAIM, ""): _Row(SUPPLYING, CLAIMED, _O, "claim withdrawn"),
    (Action.REQUEST_ACCEPTANCE, ""): _Row(SUPPLYING, (_O,), State.ACCEPTANCE_REQUESTED, "acceptance requested"),
    (Action.ACCEPT, ""): _Row((Role.ACCREDITOR,), (State.ACCEPTANCE_REQUESTED,), State.RISK_ACCEPTED, "risk accepted"),
    (Action.REFUSE, "request-acceptance"): _Row(
        (Role.ACCREDITOR,), (State.ACCEPTANCE_REQUESTED,), _O, "request refused"
    ),
    (Action.PROPOSE_FALSE_POSITIVE, ""): _Row(
        (Role.SUPPLIER,), (_O,), State.FALSE_POSITIVE_PROPOSED, "false positive proposed"
    ),
    (Action.CONFIRM_FALSE_POSITIVE, ""): _Row(
        (Role.ASSESSOR,), (State.FALSE_POSITIVE_PROPOSED,), State.FALSE_POSITIVE, "false positive"
    ),
    (Action.REFUSE, "propose-false-positive"): _Row(
        (Role.ASSESSOR,), (State.FALSE_POSITIVE_PROPOSED,), _O, "request refused"
    ),
    (Action.MITIGATE, ""): _Row((Role.ASSESSOR,), (_O,), State.MITIGATED, "mitigated"),
    (Action.PAUSE_CLOCK, ASK): _Row(_EVERYBODY, COUNTED, None, "pause asked"),
    (Action.PAUSE_CLOCK, GRANT): _Row(_EVERYBODY, COUNTED, None, "clock paused"),
    (Action.REFUSE, "pause-clock"): _Row(_EVERYBODY, COUNTED, None, "request refused"),
    (Action.RESUME_CLOCK, ""): _Row(_EVERYBODY, COUNTED, None, "clock resumed"),
    (Action.TELL_SUPPLIER, ""): _Row((Role.OPERATOR, *BUYING), COUNTED, None, "supplier told"),
    (Action.OUT_OF_SERVICE, ASK): _Row((Role.OWNER,), _IN_SERVICE, None, "out of service asked"),
    (Action.OUT_OF_SERVICE, GRANT): _Row(_SECOND, _IN_SERVICE, State.OUT_OF_SERVICE, "out of service"),
    (Action.REFUSE, "out-of-service"): _Row(_SECOND, _IN_SERVICE, None, "request refused"),
    (Action.RETEST, ""): _Row((Role.TESTER,), RETESTED, _O, "retested"),
    (Action.OVERRIDE_RISK, ""): _Row((Role.ACCREDITOR, Role.ASSESSOR), COUNTED, None, "risk overridden"),
    (Action.ACCEPT_IDENTITY, ""): _Row((Role.OWNER, Role.ASSESSOR), (_O,), None, "identity accepted"),
}
_STEPPED = (Action.PAUSE_CLOCK, Action.OUT_OF_SERVICE)
_ANSWERED = {
    Action.ACCEPT: Action.REQUEST_ACCEPTANCE,
    Action.CONFIRM_FALSE_POSITIVE: Action.PROPOSE_FALSE_POSITIVE,
}


def _row(said: Statement) -> _Row | None:
    if said.action is Action.REFUSE:
        part = said.more.get("of")
    else:
        part = said.more.get("step") if said.action in _STEPPED else ""
    return _TABLE.get((said.action, part)) if isinstance(part, str) else None


def _why_not_this_row(case: Case, said: Statement) -> str:
    row = _row(said)
    if row is None:
        wanted = ", ".join(part for action, part in _TABLE if action is said.action)
        return f"{said.action} does not say which of these it is: {wanted}"
    if said.kind not in row.roles:
        return f"{said.role} may not {TO[said.action]}: that is for {listed(row.roles)}"
    if case.state not in row.states:
        return f"{case.ref} is {case.state}; to {TO[said.action]} it has to be {listed(row.states)}"
    return ""


def _why_not_this_supplier(case: Case, said: Statement) -> str:
    supplier = supplier_of(said.role)
    if not supplier or supplier in case.suppliers:
        return ""
    names = " and ".join(case.suppliers)
    named = f"its supplier is {names}" if names else "the inventory names no supplier for its asset"
    return f"{case.ref} is not {supplier}'s: {named}"


def same_person(name: str, key_id: str, other: str, other_key: str) -> bool:
    """One key, or one name however it is spelt."""
    return key_id == other_key or " ".join(name.casefold().split()) == " ".join(other.casefold().split())


def _why_not_second(case: Case, said: Statement, by: Signer) -> str:
    """Four eyes: nobody answers what he asked for himself, and a pause is granted by the other side."""
    answered = _answered(said)
    if answered is None:
        twice = said.action in _STEPPED and said.action in case.asked
        return f"that was asked for {case.ref} already; it waits for an answer" if twice else ""
    asked = case.asked.get(answered)
    if asked is None:
        return f"{case.ref}: nobody has asked {ASKED[answered]}"
    if same_person(asked.actor, asked.key_id, by.name, by.key_id):
        return f"{by.name} asked for this and cannot be the one who decides on it"
    if answered is Action.PAUSE_CLOCK and _side(asked.role) == _side(said.role):
        return f"{asked.role} asked for the pause: somebody of the other side decides on it, not {said.role}"
    return ""


def _answered(said: Statement) -> Action | None:
    """The request that a statement answers; None: it answers none."""
    if said.action is Action.REFUSE:
        return Action(said.more["of"])
    if said.action in _STEPPED and said.more.get("step") == GRANT:
        return said.action
    return _ANSWERED.get(said.action)


def _side(role: str) -> str:
    return "supplying" if role.partition(":")[0] in SUPPLYING else "buying"


def led_to(said: Statement, state: State) -> Move | None:
    """Where a statement leads from a state, whoever it was and whatever else it needs; None: nowhere."""
    row = _row(said)
    if row is None or state not in row.states or said.kind not in row.roles:
        return None
    return _move(Case(said.ref, said.fingerprint, state, said.episode, said.at, said.at), said)


def _move(case: Case, said: Statement) -> Move:
    if said.action is Action.RETEST:
        return _retested(case, said)
    row = _row(said)
    return Move((row and row.to) or case.state, row.why if row else "")


def _retested(case: Case, said: Statement) -> Move:
    if said.more.get("result") == PASSED:
        return Move(State.VERIFIED_FIXED, "retested and fixed")
    return Move(State.OPEN, "claim rejected" if case.state in CLAIMED else "retested and still there")
