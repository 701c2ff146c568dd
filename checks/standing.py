"""How a finding stands after its events: what was asked and not answered, what a decision allows, who claimed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from checks.decision_model import ASK, GRANT, Asked
from checks.decisions_by_time import Term
from checks.finding import Severity
from checks.lifecycle import State
from checks.statements import Action

_OF_STATE = {
    State.ACCEPTANCE_REQUESTED: Action.REQUEST_ACCEPTANCE,
    State.FALSE_POSITIVE_PROPOSED: Action.PROPOSE_FALSE_POSITIVE,
}
_WITH_TERM = (State.RISK_ACCEPTED, State.MITIGATED, *_OF_STATE)


class Happened(Protocol):
    """One event of the chain."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def from_state(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def proof(self) -> Mapping[str, object]: ...
    @property
    def episode(self) -> int: ...


@dataclass(slots=True)
class Standing:
    asked: dict[Action, Asked] = field(default_factory=dict)
    claimed_by: str = ""  # role
    paused_until: str = ""  # ISO day, its last; "" no clock is paused
    term: Term = field(default_factory=Term)  # of the acceptance, mitigation or request in force

    def waiting(self, now: datetime, request_days: int) -> dict[Action, Asked]:
        """What may still be answered: a request that nobody answered in time is over."""
        ends = timedelta(days=request_days)
        return {action: asked for action, asked in self.asked.items() if now < asked.at + ends}

    def paused(self, now: datetime) -> bool:
        return self.paused_until >= now.astimezone(UTC).date().isoformat()


def standing_of(events: Iterable[Happened]) -> Standing:
    """Of one finding's events, oldest first."""
    found, episode = Standing(), 0
    for event in events:
        if event.episode != episode:
            found, episode = Standing(), event.episode
        _state_moved(found, event)
        said = event.proof.get("statement")
        if isinstance(said, dict):
            _said(found, event, said)
    return found


def _state_moved(found: Standing, event: Happened) -> None:
    if event.from_state == event.to_state:
        return
    for state, action in _OF_STATE.items():
        if event.to_state != state:
            found.asked.pop(action, None)
    if event.to_state not in (State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE):
        found.claimed_by = ""
    if event.to_state == State.OUT_OF_SERVICE:
        found.asked.pop(Action.OUT_OF_SERVICE, None)
    if event.to_state not in _WITH_TERM:
        found.term = Term()


def _said(found: Standing, event: Happened, said: Mapping[str, object]) -> None:
    more = said.get("more")
    more = more if isinstance(more, dict) else {}
    action, step = str(said.get("action")), more.get("step")
    if action == Action.CLAIM:
        found.claimed_by = event.role
    elif action == Action.REFUSE:
        found.asked.pop(Action(of), None) if (of := more.get("of")) in list(Action) else None
    elif action == Action.RESUME_CLOCK:
        found.paused_until = ""
    elif action in (Action.PAUSE_CLOCK, Action.OUT_OF_SERVICE) and step == GRANT:
        found.asked.pop(Action(action), None)
        if action == Action.PAUSE_CLOCK:
            found.paused_until = str(said.get("until") or "")
    elif action in _OF_STATE.values() or step == ASK:
        found.asked[Action(action)] = _asked(event, said)
    if event.to_state in _WITH_TERM and event.from_state != event.to_state:
        found.term = _term(event, said, more)


def _asked(event: Happened, said: Mapping[str, object]) -> Asked:
    signature = event.proof.get("signature")
    key = signature.get("keyid") if isinstance(signature, dict) else ""
    return Asked(Action(str(said["action"])), event.actor, event.role, str(key), event.at, event.seq, said)


def _term(event: Happened, said: Mapping[str, object], more: Mapping[str, object]) -> Term:
    scope = more.get("scope")
    scope = scope if isinstance(scope, dict) else {}
    severity, assets = scope.get("severity"), scope.get("assets")
    return Term(
        until=str(said.get("until") or ""),
        severity_rank=Severity(severity).rank if severity in list(Severity) else None,
        exploited=scope.get("exploited") is True,
        assets=assets if isinstance(assets, int) else None,
        since=event.at,
    )
