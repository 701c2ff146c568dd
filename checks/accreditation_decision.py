"""An accreditor's word on a verdict: what it says, and when it is refused. Pure.

The verdict that the rules gave and the decision of the person are both kept, whether they are the same or not.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from checks.accreditation_rules import Verdict
from checks.statements import Action, Role, Statement

APART = "accreditation:"  # fingerprints of these events
_LONGEST = 80  # characters of a fingerprint in the record
ESTATE = "estate"
SERVICE = "service:"


@dataclass(frozen=True, slots=True)
class Decision:
    """``reason`` is needed where the decision is not the verdict."""

    subject: str  # estate, or service:<id>
    scan: int
    computed: Verdict
    ceiling: Verdict
    decided: Verdict
    policy: str  # sha256 of the policy in force
    evidence_root: str  # sha256 of the evidence the verdict rests on
    reason: str = ""
    until: date | None = None  # the last day of the accreditation

    @property
    def overrides(self) -> bool:
        return self.decided is not self.computed


def fingerprint_of(subject: str) -> str:
    """The name under which the decisions on a subject stand in the chain of events."""
    name = APART + subject
    return name if len(name) <= _LONGEST else APART + hashlib.sha256(subject.encode()).hexdigest()


def statement_of(decision: Decision, actor: str, role: str, at: datetime) -> Statement:
    return Statement(
        action=Action.ACCREDIT,
        ref=decision.subject,
        fingerprint=fingerprint_of(decision.subject),
        episode=1,
        actor=actor,
        role=role,
        at=at,
        reason=decision.reason,
        until=decision.until,
        evidence=(decision.evidence_root,),
        more={
            "scan": decision.scan,
            "computed": decision.computed.value,
            "ceiling": decision.ceiling.value,
            "decided": decision.decided.value,
            "policy": decision.policy,
        },
    )


def decision_of(said: Statement) -> Decision:
    """Read back. Raises ``ValueError`` with one sentence when the statement is no such decision."""
    more = said.more
    try:
        return Decision(
            subject=said.ref,
            scan=int(more["scan"]),
            computed=Verdict(more["computed"]),
            ceiling=Verdict(more["ceiling"]),
            decided=Verdict(more["decided"]),
            policy=str(more["policy"]),
            evidence_root=said.evidence[0],
            reason=said.reason,
            until=said.until,
        )
    except (KeyError, IndexError, TypeError, ValueError):
        raise ValueError("the statement is no decision on a verdict: it lacks what was measured or decided") from None


def why_not(said: Statement, role: str, now: datetime) -> str:
    """Why this is refused, "" when it is not. ``role`` is that of the key that signed."""
    if said.action is not Action.ACCREDIT or said.fingerprint != fingerprint_of(said.ref):
        return f"{said.action} is no decision on a verdict"
    if role != Role.ACCREDITOR or said.role != Role.ACCREDITOR:
        return f"only the accreditor signs a verdict; this key is for the role {role}"
    try:
        decision = decision_of(said)
    except ValueError as fault:
        return str(fault)
    if decision.overrides and not decision.reason.strip():
        return (
            f"the rules give {decision.computed.value}: deciding {decision.decided.value} against them needs a reason"
        )
    if decision.until is not None and decision.until < now.date():
        return f"{decision.until} is over: a decision holds until a day to come"
    return "the statement is dated after the record's clock" if said.at > now else ""
