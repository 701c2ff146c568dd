"""What one visit does to the findings of its asset. The rules are in ``checks.lifecycle``; this applies them.

Every finding that moves gets one event in the chain, with what was observed and the hashes of the evidence.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select, update

from checks.finding import CheckRun, Outcome, Severity, Subject, fingerprint
from checks.import_proof import is_imported, proof_of_gone, said_of
from checks.lifecycle import (
    Move,
    Proof,
    Refusal,
    Sighting,
    Source,
    State,
    Verdicts,
    after_fail,
    after_gap,
    after_proof,
    answers_fact,
    proof_of_fix,
)
from scanner.store.judgements import by_check
from scanner.store.ledger import NewEvent, append
from scanner.store.plans import CHOSEN, SCOPE, Plan
from scanner.store.prepared import Lookup, Prepared, insertion
from scanner.store.schema import Stored, finding

_OF_ASSET = Prepared(select(finding).where(finding.c.asset_id == bindparam("asset_id")).order_by(finding.c.number))
_OF_PRINTS = Lookup(select(finding.c.number), finding.c.fingerprint)
_ADD = insertion(finding, "number", "last_pass_scan")
_FAILED = (
    "state",
    "episode",
    "moved_at",
    "last_seen",
    "last_fail_scan",
    "check_id",
    "check_version",
    "observed",
    "severity",
)
_MOVED = ("state", "moved_at", "last_pass_scan")


def _update(columns: tuple[str, ...]) -> Prepared:
    values: dict[str, BindParameter[Any]] = {column: bindparam(f"new_{column}") for column in columns}
    return Prepared(update(finding).where(finding.c.number == bindparam("n")).values(values))


_UPDATE_FAILED, _UPDATE_MOVED = _update(_FAILED), _update(_MOVED)


def ref(number: int) -> str:
    return f"EC-{number:04d}"


@dataclass(frozen=True, slots=True)
class Visited:
    """One visit, as far as findings are concerned. ``before`` loads the failing visit of a finding."""

    scan_id: int
    asset_id: int
    uid: str
    reached: bool
    logged_in: bool
    started_at: datetime
    finished_at: datetime
    identities: frozenset[str]
    identity_note: str
    runs: Sequence[CheckRun]
    sources: Sequence[Source]
    plan: Plan
    before: Callable[[Stored], Sighting | None]


@dataclass(slots=True)
class Changes:
    opened: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    regressed: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


class Application:
    """Collects what changes, then writes it with a handful of statements."""

    def __init__(self, visit: Visited) -> None:
        self.visit = visit
        self.changes = Changes()
        self._new: dict[str, dict[str, object]] = {}
        self._failed: list[dict[str, object]] = []
        self._moved: list[dict[str, object]] = []
        self._events: list[NewEvent] = []
        self._sources: dict[tuple[str, ...], tuple[Source, ...]] = {}
        self._verdicts: dict[tuple[str, str], Verdicts | None] = {}

    def apply(self, connection: Connection) -> Changes:
        known = {row.fingerprint: row for row in _OF_ASSET.rows(connection, {"asset_id": self.visit.asset_id})}
        failing = self._failing()
        for print_, run in failing.items():
            self._fail(print_, run, known.get(print_))
        runs = by_check(self.visit.runs)
        for print_, row in known.items():
            if print_ not in failing:
                self._not_failing(row, runs)
        self._write(connection)
        return self.changes

    def _failing(self) -> dict[str, CheckRun]:
        visit = self.visit
        return {
            fingerprint(visit.uid, visit.plan.family(run.check_id), run.subject): run
            for run in visit.runs
            if run.outcome is Outcome.FAIL
        }

    def _fail(self, print_: str, run: CheckRun, row: Stored | None) -> None:
        if row is None:
            self._open(print_, run)
            return
        if self.visit.finished_at < max(row.last_seen, row.moved_at):
            return  # older than what is known already: time does not go backwards
        state = State(row.state)
        changed = (run.check_id, run.check_version) != (row.check_id, row.check_version)
        move = after_fail(state, check_changed=changed, worse=_worse(run.severity, row.severity))
        episode = row.episode + (move.new_episode if move else 0)
        self._failed.append(
            {
                "n": row.number,
                "new_state": move.to.value if move else row.state,
                "new_episode": episode,
                "new_moved_at": self.visit.finished_at if move else row.moved_at,
                "new_last_seen": self.visit.finished_at,
                "new_last_fail_scan": self.visit.scan_id,
                "new_check_id": run.check_id,
                "new_check_version": run.check_version,
                "new_observed": run.observed,
                "new_severity": run.severity.value if run.severity else None,
            }
        )
        if move:
            (self.changes.regressed if move.new_episode else self.changes.opened).append(ref(row.number))
            self._event(print_, row.state, move, episode, self._failure(run))

    def _open(self, print_: str, run: CheckRun) -> None:
        visit = self.visit
        self._new[print_] = {
            "fingerprint": print_,
            "asset_id": visit.asset_id,
            "family": visit.plan.family(run.check_id),
            "check_id": run.check_id,
            "check_version": run.check_version,
            "subject_kind": run.subject.kind,
            "subject_key": run.subject.key,
            "state": State.OPEN.value,
            "episode": 1,
            "first_seen": visit.finished_at,
            "last_seen": visit.finished_at,
            "moved_at": visit.finished_at,
            "first_scan": visit.scan_id,
            "last_fail_scan": visit.scan_id,
            "observed": run.observed,
            "severity": run.severity.value if run.severity else None,
        }
        self._event(print_, "", Move(State.OPEN, "first seen"), 1, self._failure(run))

    def _failure(self, run: CheckRun) -> Mapping[str, object]:
        return {"failed": self._sighting(run, run.observed).as_json()}

    def _not_failing(self, row: Stored, runs: Mapping[str, Sequence[CheckRun]]) -> None:
        state = State(row.state)
        if is_imported(row.check_id):
            self._not_reported(row, state, runs)
            return
        key = (row.check_id, row.family)
        if key not in self._verdicts:
            relevant = self._relevant(row, runs)
            self._verdicts[key] = Verdicts(relevant) if relevant is not None else None
        verdicts = self._verdicts[key]
        if verdicts is None:
            return
        said = verdicts.on(Subject(row.subject_kind, row.subject_key))
        if said.outcome is Outcome.PASS and said.run is not None:
            self._pass(row, state, self._sighting(said.run, said.observed))
        elif said.outcome in (Outcome.NOT_ASSESSED, Outcome.ERROR) and (move := after_gap(state)):
            self._move(row, move, {"scan": self.visit.scan_id}, row.last_pass_scan)

    def _not_reported(self, row: Stored, state: State, runs: Mapping[str, Sequence[CheckRun]]) -> None:
        """Of another tool's finding only that tool's own word on the same subject tells anything."""
        said = said_of(Subject(row.subject_kind, row.subject_key), runs.get(row.check_id, ()))
        move = after_proof(state)
        if said is None or said.run is None or said.outcome is not Outcome.PASS or move is None:
            return
        before = self.visit.before(row)
        if before is None:
            self.changes.refused[ref(row.number)] = "the failing import is no longer in the record"
            return
        self._conclude(row, move, proof_of_gone(before, self._sighting(said.run, said.observed)))

    def _relevant(self, row: Stored, runs: Mapping[str, Sequence[CheckRun]]) -> Sequence[CheckRun] | None:
        """This visit's runs of the finding's check or its successor; None when nobody asked for that check."""
        plan = self.visit.plan
        if row.check_id in runs:
            return runs[row.check_id]
        wanted = [check for check in plan.checks if check == row.check_id or self._succeeds(check, row)]
        return [run for check in wanted for run in runs.get(check, ())] if wanted else None

    def _succeeds(self, check: str, row: Stored) -> bool:
        """A scan of chosen checks may hold only half of a check that was split, which proves nothing of the whole."""
        plan = self.visit.plan
        replaces = row.check_id in plan.replaced_by(check) and CHOSEN not in plan.options
        return plan.family(check) == row.family or replaces

    def _pass(self, row: Stored, state: State, after: Sighting) -> None:
        move = after_proof(state)
        if move is None:
            return
        before = self.visit.before(row)
        plan = self.visit.plan
        if before is None:
            self.changes.refused[ref(row.number)] = "the failing visit is no longer in the record"
            return
        result = proof_of_fix(
            before,
            after,
            successors=(after.check_id,) if self._succeeds(after.check_id, row) else (),
            uses_support=plan.reads_support(before.check_id) or plan.reads_support(after.check_id),
        )
        self._conclude(row, move, result)

    def _conclude(self, row: Stored, move: Move, result: Proof | Refusal) -> None:
        if isinstance(result, Refusal):
            self.changes.refused[ref(row.number)] = result.sentence
            return
        self.changes.fixed.append(ref(row.number))
        self._move(row, move, result.as_json(), self.visit.scan_id)

    def _move(self, row: Stored, move: Move, proof: Mapping[str, object], last_pass_scan: int | None) -> None:
        self._moved.append(_moved(row, move.to, self.visit.finished_at, last_pass_scan))
        self._event(row.fingerprint, row.state, move, row.episode, proof)

    def _sighting(self, run: CheckRun, observed: str) -> Sighting:
        visit = self.visit
        return Sighting(
            scan=visit.scan_id,
            started_at=visit.started_at,
            finished_at=visit.finished_at,
            check_id=run.check_id,
            observed=observed,
            privilege=run.privilege,
            identities=visit.identities,
            facts=run.facts,
            sources=self._sources_of(run),
            support_snapshot=visit.plan.support_snapshot,
            feeds=visit.plan.feeds_read(run.check_id),
            reached=visit.reached,
            logged_in=visit.logged_in,
            identity_note=visit.identity_note,
            scope=visit.plan.options.get(SCOPE, ""),
        )

    def _sources_of(self, run: CheckRun) -> tuple[Source, ...]:
        """Many runs of one visit rest on the same facts."""
        if run.facts not in self._sources:
            self._sources[run.facts] = sources_of(run, self.visit.sources)
        return self._sources[run.facts]

    def _event(self, print_: str, before: str, move: Move, episode: int, proof: Mapping[str, object]) -> None:
        told = {**proof, "why": move.why, "episode": episode}
        self._events.append(NewEvent(print_, self.visit.finished_at, before, move.to.value, told, self.visit.scan_id))

    def _write(self, connection: Connection) -> None:
        _UPDATE_FAILED.run_many(connection, self._failed)
        _UPDATE_MOVED.run_many(connection, self._moved)
        _ADD.run_many(connection, list(self._new.values()))
        self.changes.opened += [ref(row.number) for row in sorted(_OF_PRINTS.rows(connection, list(self._new)))]
        append(connection, self._events)


def _worse(now: Severity | None, before: str | None) -> bool:
    """Without a rating of its own a finding is rated by its check, whose change is a change of its version."""
    return now is not None and before is not None and now.rank < Severity(before).rank


def sources_of(run: CheckRun, sources: Sequence[Source]) -> tuple[Source, ...]:
    """The answers a run was judged from."""
    return tuple(sources[place] for place in _places(run.facts, tuple(source.query for source in sources)))


@lru_cache(maxsize=1024)  # hosts of one kind are asked the same, and their checks rest on the same facts
def _places(facts: tuple[str, ...], queries: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(place for place, query in enumerate(queries) if any(answers_fact(query, fact) for fact in facts))


def _moved(row: Stored, to: State, at: datetime, last_pass_scan: int | None) -> dict[str, object]:
    return {"n": row.number, "new_state": to.value, "new_moved_at": at, "new_last_pass_scan": last_pass_scan}


def withdraw(connection: Connection, scan_id: int, asset_ids: Sequence[int], at: datetime, note: str) -> dict[str, str]:
    """Take back what this scan closed on assets whose identity turned out to be in doubt. Refs and why come back."""
    asked = select(finding).where(
        finding.c.asset_id.in_(asset_ids),
        finding.c.last_pass_scan == scan_id,
        finding.c.state == State.VERIFIED_FIXED.value,
    )
    rows = connection.execute(asked).all()
    if not rows:
        return {}
    _UPDATE_MOVED.run_many(connection, [_moved(row, State.OPEN, max(at, row.moved_at), None) for row in rows])
    append(connection, [_withdrawal(row, scan_id, max(at, row.moved_at), note) for row in rows])
    return {ref(row.number): f"the proof was withdrawn: {note}" for row in rows}


def _withdrawal(row: Stored, scan_id: int, at: datetime, note: str) -> NewEvent:
    told = {"why": "withdrawn", "episode": row.episode, "reason": note}
    return NewEvent(row.fingerprint, at, row.state, State.OPEN.value, told, scan_id)
