"""What time does to findings: acceptances end, reviews fall due, requests time out, and what nobody judges goes stale.

The rules are in ``checks.decisions_by_time``; each move is an event of the system with what it rests on.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from checks.decision_model import ASKED, Limits
from checks.decisions_by_time import Now, after_time
from checks.finding import Outcome, Severity
from checks.lifecycle import Move, State
from checks.standing import standing_of
from scanner.store import carried, ledger, plans
from scanner.store.decisions import FOREIGN, same_issue
from scanner.store.findings import ref
from scanner.store.judgements import in_chunks
from scanner.store.prepared import Prepared
from scanner.store.records import ScanKind, ScanState
from scanner.store.schema import Stored, check_run, finding, ruling, scan, scan_asset, snapshot

DECIDED = (State.RISK_ACCEPTED, State.MITIGATED, *ASKED)
_WHOLE = (ScanState.COMPLETE.value, ScanState.PARTIAL.value)
_MOVE = Prepared(
    update(finding)
    .where(finding.c.number == bindparam("n"))
    .values(state=bindparam("new_state"), moved_at=bindparam("new_moved_at"))
)


@dataclass(frozen=True, slots=True)
class Ticked:
    """One finding that moved by itself."""

    ref: str
    before: State
    after: State
    why: str


@dataclass(frozen=True, slots=True)
class _Due:
    row: Stored
    move: Move
    facts: Mapping[str, object]


def apply(
    connection: Connection, now: datetime, ranks: Mapping[str, int], limits: Limits, scan_id: int | None = None
) -> tuple[Ticked, ...]:
    """In the caller's transaction. ``ranks``: severity of each check, 0 for critical."""
    due = sorted(
        [*_decided(connection, now, ranks, limits), *_stale(connection, now, limits, scan_id)],
        key=lambda one: int(one.row.number),
    )
    moves = [{"n": one.row.number, "new_state": one.move.to.value, "new_moved_at": now} for one in due]
    _MOVE.run_many(connection, moves)
    ledger.append(connection, [_event(one, now, scan_id) for one in due])
    return tuple(Ticked(ref(one.row.number), State(one.row.state), one.move.to, one.move.why) for one in due)


def _event(one: _Due, now: datetime, scan_id: int | None) -> ledger.NewEvent:
    told = {"why": one.move.why, "episode": one.row.episode, "found": dict(one.facts)}
    return ledger.NewEvent(one.row.fingerprint, now, one.row.state, one.move.to.value, told, scan_id)


def _decided(connection: Connection, now: datetime, ranks: Mapping[str, int], limits: Limits) -> Iterator[_Due]:
    """Findings on which a person's word stands. There are few, so each is looked at by itself."""
    asked = select(finding).where(finding.c.state.in_([state.value for state in DECIDED]), finding.c.moved_at <= now)
    for row in connection.execute(asked.order_by(finding.c.number)).all():
        term = standing_of(ledger.read(connection, row.fingerprint)).term
        found = Now(
            at=now,
            severity_rank=_rank(row, ranks, term.severity_rank),
            exploited=_exploited(connection, row),
            assets=same_issue(connection, row),
        )
        move = after_time(State(row.state), term, found, limits)
        if move:
            severity = list(Severity)[found.severity_rank].value
            facts = {"until": term.until, "severity": severity, "exploited": found.exploited, "assets": found.assets}
            yield _Due(row, move, facts)


def _rank(row: Stored, ranks: Mapping[str, int], accepted: int | None) -> int:
    """A check that is not known here has not changed its rating."""
    if row.severity:
        return Severity(row.severity).rank
    return ranks.get(row.check_id, Severity.HIGH.rank if accepted is None else accepted)


def _exploited(connection: Connection, row: Stored) -> bool:
    run = carried.last_fails(connection, row.last_fail_scan + 1, [row.fingerprint]).get(row.fingerprint)
    return run is not None and any(member.attributes.get("kev") for member in run.members)


# nobody judged it


def _stale(connection: Connection, now: datetime, limits: Limits, scan_id: int | None) -> Iterator[_Due]:
    cycles = _cycles(connection, limits.stale_cycles, scan_id)
    if len(cycles) < limits.stale_cycles:
        return
    asked = select(finding).where(
        finding.c.state == State.OPEN.value,
        finding.c.last_fail_scan < cycles[-1],
        finding.c.moved_at <= now,
        ~finding.c.check_id.startswith(FOREIGN, autoescape=True),
    )
    rows = connection.execute(asked.order_by(finding.c.number)).all()
    judged = _judged(connection, cycles, sorted({row.asset_id for row in rows}))
    for row in rows:
        found = Now(now, 0, cycles_unassessed=0 if (row.asset_id, row.check_id) in judged else len(cycles))
        move = after_time(State.OPEN, _NO_TERM, found, limits)
        if move:
            yield _Due(row, move, {"scans": sorted(cycles)})


_NO_TERM = standing_of(()).term


def _cycles(connection: Connection, count: int, running: int | None) -> Sequence[int]:
    """The newest scans of the whole estate, newest first: full ones, with no limit to hosts or checks."""
    asked = (
        select(scan.c.id, snapshot.c.content)
        .join(snapshot, snapshot.c.id == scan.c.plan_id)
        .where(
            scan.c.kind == ScanKind.FULL.value,
            scan.c.state.in_(_WHOLE) | (scan.c.id == (running or 0)),
            scan.c.purged_at.is_(None),
        )
        .order_by(scan.c.id.desc())
    )
    found: list[int] = []
    for row in connection.execute(asked.limit(50)):
        options = plans.from_text(row.content).options
        if options.get("limit", "all") == "all" and "check" not in options:
            found.append(row.id)
        if len(found) == count:
            break
    return found


def _judged(connection: Connection, cycles: Sequence[int], assets: Sequence[int]) -> set[tuple[int, str]]:
    """Asset and check, where one of these scans judged the check without a gap."""
    outcomes: dict[tuple[int, int, str], set[str]] = defaultdict(set)
    for chunk in in_chunks(assets):
        asked = (
            select(scan_asset.c.scan_id, scan_asset.c.asset_id, ruling.c.check_id, ruling.c.outcome)
            .join(check_run, check_run.c.visit_id == scan_asset.c.id)
            .join(ruling, ruling.c.id == check_run.c.ruling_id)
            .where(scan_asset.c.scan_id.in_(cycles), scan_asset.c.asset_id.in_(chunk))
            .distinct()
        )
        for row in connection.execute(asked):
            outcomes[row.scan_id, row.asset_id, row.check_id].add(row.outcome)
    good = {Outcome.PASS.value, Outcome.FAIL.value, Outcome.NOT_APPLICABLE.value}
    return {(asset_id, check) for (_, asset_id, check), seen in outcomes.items() if seen <= good}
