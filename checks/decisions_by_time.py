"""What time and new facts do to a finding that somebody decided on, or that nobody judges. Pure; it closes nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from checks.decision_model import ASKED, DEFAULT_LIMITS, Limits
from checks.lifecycle import Move, State


@dataclass(frozen=True, slots=True)
class Now:
    """What is known today of a finding that somebody accepted or mitigated, or that nobody has judged for long."""

    at: datetime
    severity_rank: int  # 0 critical .. 4 info
    exploited: bool = False  # in CISA's list of known exploited vulnerabilities
    assets: int = 1  # on which the same issue stands now
    cycles_unassessed: int = 0  # scans of the whole estate that did not judge it, in a row


@dataclass(frozen=True, slots=True)
class Term:
    """What the decision in force says, from its statement."""

    until: str = ""  # ISO day, its last
    severity_rank: int | None = None
    exploited: bool = False
    assets: int | None = None
    since: datetime | None = None  # when it was asked or decided


def after_time(state: State, term: Term, now: Now, limits: Limits = DEFAULT_LIMITS) -> Move | None:
    """What the system does by itself. None: the state stays."""
    if state is State.RISK_ACCEPTED:
        return _acceptance_ends(term, now)
    if state is State.MITIGATED and _over(term.until, now.at):
        return Move(State.OPEN, "review date passed")
    if state in ASKED and term.since and now.at >= term.since + timedelta(days=limits.request_days):
        return Move(State.OPEN, "request timed out")
    if state is State.OPEN and now.cycles_unassessed >= limits.stale_cycles:
        return Move(State.STALE, "not assessed for long")
    return None


def _acceptance_ends(term: Term, now: Now) -> Move | None:
    """Whatever was not accepted reopens it: a scope that says nothing of a thing has accepted none of it."""
    if _over(term.until, now.at):
        return Move(State.OPEN, "acceptance expired")
    if now.exploited and not term.exploited:
        return Move(State.OPEN, "listed as exploited")
    if term.severity_rank is None or now.severity_rank < term.severity_rank:
        return Move(State.OPEN, "risk is higher than accepted")
    if now.assets > (term.assets or 0):
        return Move(State.OPEN, "more assets than accepted")
    return None


def _over(until: str, at: datetime) -> bool:
    """The day named is the last one; no day at all is over."""
    return at.astimezone(UTC).date().isoformat() > until
