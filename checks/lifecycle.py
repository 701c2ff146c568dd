"""How findings move, and what proves a fix. Pure; ``domain.md`` in the design is the source of every rule here.

A scan can open, close and re-open; everything else is for people and comes with their commands. Only a
:class:`Proof` closes, and only :func:`proof_of_fix` makes one.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from checks.finding import CheckRun, Outcome, Subject
from inventory.asset import Privilege

GENESIS = "0" * 64  # what the first event calls its previous hash


class State(StrEnum):
    """States of an occurrence. All but VERIFIED_FIXED, FALSE_POSITIVE and OUT_OF_SERVICE still count."""

    OPEN = "OPEN"
    CLAIMED_FIXED = "CLAIMED_FIXED"
    CLAIM_UNVERIFIABLE = "CLAIM_UNVERIFIABLE"
    VERIFIED_FIXED = "VERIFIED_FIXED"
    MITIGATED = "MITIGATED"
    ACCEPTANCE_REQUESTED = "ACCEPTANCE_REQUESTED"
    RISK_ACCEPTED = "RISK_ACCEPTED"
    FALSE_POSITIVE_PROPOSED = "FALSE_POSITIVE_PROPOSED"
    FALSE_POSITIVE = "FALSE_POSITIVE"
    STALE = "STALE"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"


@dataclass(frozen=True, slots=True)
class Move:
    to: State
    why: str  # one of a few fixed words, kept in the event
    new_episode: bool = False


_BY_FAIL = {
    State.CLAIMED_FIXED: Move(State.OPEN, "claim rejected"),
    State.CLAIM_UNVERIFIABLE: Move(State.OPEN, "claim rejected"),
    State.STALE: Move(State.OPEN, "seen again"),
    State.OUT_OF_SERVICE: Move(State.OPEN, "back in service"),
    State.VERIFIED_FIXED: Move(State.OPEN, "regressed", new_episode=True),
}
CLOSED_BY_PROOF = frozenset(
    {State.OPEN, State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE, State.STALE, State.MITIGATED},
)


_DECIDED = (State.FALSE_POSITIVE, State.MITIGATED)  # a person decided on what that check said then


def after_fail(state: State | None, *, check_changed: bool = False, worse: bool = False) -> Move | None:
    """What a fail does. ``state`` None: never seen before. None comes back when the state stays.

    ``worse``: it is rated higher than at its last fail. What is mitigated goes on failing, for the weakness is still
    there: only a fail that says something new reopens it (docs/decisions/2026-11-23-mitigated-fails-on.md).
    """
    if state is None:
        return Move(State.OPEN, "first seen")
    if state in _DECIDED and check_changed:
        return Move(State.OPEN, "the check changed")
    if state is State.MITIGATED and worse:
        return Move(State.OPEN, "worse than when mitigated")
    return _BY_FAIL.get(state)


def after_proof(state: State) -> Move | None:
    return Move(State.VERIFIED_FIXED, "proven") if state in CLOSED_BY_PROOF else None


def after_gap(state: State) -> Move | None:
    """What a visit that could not judge does: it never closes, and a claim stays unproven."""
    return Move(State.CLAIM_UNVERIFIABLE, "could not be judged") if state is State.CLAIMED_FIXED else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one visit says about one known finding. ``run`` is the check run that says it, if there is one."""

    outcome: Outcome
    run: CheckRun | None = None
    observed: str = ""


_WORST = (Outcome.FAIL, Outcome.ERROR, Outcome.NOT_ASSESSED, Outcome.PASS, Outcome.NOT_APPLICABLE)


class Verdicts:
    """Every run of one check in one visit, or of all its successors, held ready for any number of findings.

    Where several say something of one subject the worst counts: half of a check that was split proves nothing.
    A subject that the check no longer names counts as passed only when the check was assessed throughout: one gap
    among the runs may hide exactly this subject.
    """

    def __init__(self, runs: Sequence[CheckRun]) -> None:
        self._runs = runs
        self._by_subject = _worst_of_each(runs)
        outcomes = {run.outcome for run in runs} or {Outcome.NOT_ASSESSED}
        gaps = (Outcome.ERROR, Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE)
        self._gap = next((gap for gap in gaps if gap in outcomes), None)
        self._clean = outcomes == {Outcome.PASS}

    def on(self, subject: Subject) -> Verdict:
        run = self._by_subject.get(subject)
        if run is not None:
            return Verdict(run.outcome, run, run.observed)
        if self._gap is not None:
            return Verdict(self._gap)
        first = self._runs[0]
        return Verdict(
            Outcome.PASS, first, first.observed if self._clean else f"{subject} is no longer among what fails"
        )


def _worst_of_each(runs: Sequence[CheckRun]) -> dict[Subject, CheckRun]:
    """The first of those that are as bad."""
    found: dict[Subject, CheckRun] = {}
    for run in runs:
        known = found.setdefault(run.subject, run)
        if _WORST.index(run.outcome) < _WORST.index(known.outcome):
            found[run.subject] = run
    return found


def run_for(subject: Subject, runs: Sequence[CheckRun]) -> CheckRun | None:
    """The verdict on a subject as a run of its own, also when the check names only others; None: it did not run."""
    said = Verdicts(runs).on(subject)
    run = said.run or next((run for run in runs if run.outcome is said.outcome), None)
    if run is None:
        return None
    return replace(run, subject=subject, outcome=said.outcome, observed=said.observed or run.observed)


@dataclass(frozen=True, slots=True)
class Source:
    """One stored answer that a judgement rests on."""

    query: str
    sha256: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one visit saw of one finding: the failing one, or the one that may prove the fix."""

    scan: int
    started_at: datetime
    finished_at: datetime
    check_id: str
    observed: str
    privilege: Privilege
    identities: frozenset[str]  # strong ones, presented and accepted as this asset's own
    facts: tuple[str, ...]
    sources: tuple[Source, ...]
    support_snapshot: str = ""  # ISO date, "" none
    feeds: Mapping[str, str] = field(default_factory=dict)  # advisory feed -> its ISO date, of those the check read
    reached: bool = True
    logged_in: bool = True
    identity_note: str = ""
    scope: str = ""  # of an import: what the other tool was asked for (checks.import_proof)

    def as_json(self) -> dict[str, object]:
        return {
            "scan": self.scan,
            "at": self.finished_at.isoformat(),
            "check": self.check_id,
            "observed": self.observed,
            "privilege": self.privilege.value,
            "support": self.support_snapshot,
            **({"feeds": dict(self.feeds)} if self.feeds else {}),
            **({"scope": self.scope} if self.scope else {}),
            "evidence": [source.sha256 for source in self.sources],
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """Both sides of a fix. The fix happened between ``before.finished_at`` and ``after.finished_at``."""

    before: Sighting
    after: Sighting

    def as_json(self) -> dict[str, object]:
        shared = sorted(self.before.identities & self.after.identities)
        return {"before": self.before.as_json(), "after": self.after.as_json(), "identity": shared}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a pass does not prove the fix: one sentence for the reader of the report."""

    sentence: str


def proof_of_fix(
    before: Sighting, after: Sighting, *, successors: Collection[str] = (), uses_support: bool = True
) -> Proof | Refusal:
    """Hold a passing visit against the failing one. ``successors`` are checks declared to replace the failing one."""
    for why in (
        _why_not_same_asset(before, after),
        _why_not_same_check(before, after, successors),
        _why_not_looked(after),
        _why_not_evidence(before, "failing"),
        _why_not_evidence(after, "passing"),
        _why_not_feed(before, after) if uses_support else "",
        _why_not_advisories(before, after),
        _why_not_later(before, after),
    ):
        if why:
            return Refusal(why)
    return Proof(before, after)


def _why_not_same_asset(before: Sighting, after: Sighting) -> str:
    if after.identity_note:
        return f"the machine's identity needs a person's review: {after.identity_note}"
    if before.identity_note:
        return "the machine's identity was in doubt when it failed; it must fail or be reviewed again first"
    if not after.identities:
        return "no strong identity could be read, so it is not proven that this is the same machine"
    if not before.identities & after.identities:
        return "no strong identity is shared by the failing and the passing visit"
    return ""


def _why_not_same_check(before: Sighting, after: Sighting, successors: Collection[str]) -> str:
    if after.check_id != before.check_id and after.check_id not in successors:
        return f"{after.check_id} passed, but {before.check_id} is what failed"
    if after.privilege.rank < before.privilege.rank:
        return f"it failed as {before.privilege.value} and passed only as {after.privilege.value}"
    return ""


def _why_not_looked(after: Sighting) -> str:
    if not after.reached:
        return "the host was not reached"
    if not after.logged_in:
        return "nobody was logged in to the host"
    return "" if after.observed else "the passing run recorded no observed value"


def _why_not_evidence(sighting: Sighting, which: str) -> str:
    for fact in sighting.facts:
        answers = [s for s in sighting.sources if answers_fact(s.query, fact)]
        if not answers:
            return f"the {which} visit stored no evidence of {fact}"
        if not all(s.complete and s.sha256 for s in answers):
            return f"the {which} visit's evidence of {fact} is not complete"
    return ""


def _why_not_feed(before: Sighting, after: Sighting) -> str:
    if not before.support_snapshot:
        return ""
    if not after.support_snapshot:
        return "it failed with support dates and passed without any"
    if _day(after.support_snapshot) < _day(before.support_snapshot):
        return (
            f"support dates of {after.support_snapshot} are older than those that raised it ({before.support_snapshot})"
        )
    return ""


def _why_not_advisories(before: Sighting, after: Sighting) -> str:
    for name, snapshot in sorted(before.feeds.items()):
        if name not in after.feeds:
            return f"it failed with the feed {name} of {snapshot} and passed without that feed"
        if _day(after.feeds[name]) < _day(snapshot):
            return f"the feed {name} of {after.feeds[name]} is older than the one that raised it ({snapshot})"
    return ""


def _day(snapshot: str) -> date:
    """A snapshot that is no date is older than every date: it proves nothing."""
    try:
        return date.fromisoformat(snapshot)
    except ValueError:
        return date.min


def _why_not_later(before: Sighting, after: Sighting) -> str:
    if after.started_at < before.finished_at:
        return f"the passing visit began {after.started_at.isoformat()}, before the failing one had ended"
    return ""


def answers_fact(query: str, fact: str) -> bool:
    """A probe's answers bear its fact's name; a further round may add ``-something``."""
    return query == fact or query.startswith(fact + "-")


_SPELL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(content: Mapping[str, object]) -> bytes:
    """The one spelling of a JSON object that is hashed: sorted keys, no blanks, UTF-8."""
    return _SPELL(content).encode()


def event_hash(previous: str, content: Mapping[str, object]) -> str:
    """A link of the chain: sha256 over the previous link and this event."""
    return hashlib.sha256(previous.encode() + canonical(content)).hexdigest()
