"""Saves one visit in one transaction: whose it was, how far it got, what came back, what was judged, what moved."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, select, update

from checks.finding import CheckRun
from checks.lifecycle import Sighting, Source
from inventory.asset import SNAPSHOT
from inventory.identity import strong
from scanner.query import Answer, Attempt
from scanner.store import plans
from scanner.store.assets import Owner, file_visit
from scanner.store.evidence import MAX_DETAIL, answers_of, clean, save_answers
from scanner.store.findings import Application, Visited, sources_of, withdraw
from scanner.store.judgements import Runs, cleaned, save_runs
from scanner.store.prepared import Prepared, insertion
from scanner.store.records import HostResult, Saved, ScanState, StoreError
from scanner.store.schema import Stored, attempt, scan, scan_asset
from scanner.store.snapshots import read_text, save_texts

MAX_TEXT = 300  # characters of what a host calls itself
EPOCH = datetime.fromtimestamp(0, UTC)

_PLACE = Prepared(
    select(scan_asset.c.id, scan_asset.c.asset_id, scan.c.state, scan.c.plan_id)
    .join(scan, scan.c.id == scan_asset.c.scan_id)
    .where(scan_asset.c.scan_id == bindparam("scan_id"), scan_asset.c.name == bindparam("name"))
)
_VISIT = Prepared(
    select(
        scan_asset,
        attempt.c.reached,
        attempt.c.logged_in,
        attempt.c.started_at,
        scan.c.support_snapshot,
        scan.c.plan_id,
    )
    .join(attempt, attempt.c.visit_id == scan_asset.c.id)
    .join(scan, scan.c.id == scan_asset.c.scan_id)
    .where(scan_asset.c.scan_id == bindparam("scan_id"), scan_asset.c.asset_id == bindparam("asset_id"))
)
_FILL = Prepared(
    update(scan_asset)
    .where(scan_asset.c.id == bindparam("visit"))
    .values(
        asset_id=bindparam("new_asset_id"),
        identity_id=bindparam("new_identity_id"),
        identity_note=bindparam("new_identity_note"),
        os_name=bindparam("new_os_name"),
        finished_at=bindparam("new_finished_at"),
    )
)
_COUNT = Prepared(
    update(scan).where(scan.c.id == bindparam("number")).values(done=scan.c.done + 1, heartbeat_at=bindparam("now"))
)
_ADD_ATTEMPT = insertion(attempt)
_DOUBT = update(scan_asset).where(
    scan_asset.c.scan_id == bindparam("number"),
    scan_asset.c.asset_id.in_(bindparam("rivals", expanding=True)),
    scan_asset.c.identity_note == "",
)


def save(
    connection: Connection,
    folder: Path | None,
    known_plans: plans.Plans,
    scan_id: int,
    result: HostResult,
    now: datetime,
) -> Saved:
    """Raises :class:`StoreError` when the scan is over, or this asset is not in its plan or has its result already."""
    place = _place(connection, scan_id, result.asset.name)
    plan, inventory = known_plans.get(connection, place.plan_id)
    told = result.attempt.logged_in or result.attempt.way == SNAPSHOT  # it names its machine, and proves nothing
    presented = strong(result.identity, result.attempt.host_key) if told else frozenset()
    owner = file_visit(connection, scan_id, result.asset.name, presented, inventory)
    runs = [cleaned(run) for run in result.runs]
    _fill_place(connection, place.id, owner, presented, result)
    _ADD_ATTEMPT.run(connection, _attempt(place.id, result.attempt))
    digests = save_answers(connection, folder, place.id, result.answers, result.packed)
    save_runs(connection, place.id, runs)
    before = Failures(connection, owner, known_plans).sighting
    changes = _move_findings(scan_id, result, runs, digests, owner, presented, plan, before).apply(connection)
    doubted = _doubt_rivals(connection, scan_id, owner, result.finished_at)
    _COUNT.run(connection, {"number": scan_id, "now": now})
    return Saved(
        uid=owner.uid,
        identity_note=owner.note,
        opened=tuple(changes.opened),
        fixed=tuple(changes.fixed),
        regressed=tuple(changes.regressed),
        refused={**changes.refused, **doubted},
    )


def _place(connection: Connection, scan_id: int, name: str) -> Stored:
    place = _PLACE.first(connection, {"scan_id": scan_id, "name": name})
    if place is None:
        raise StoreError(f"{name} is not in the plan of scan {scan_id}")
    if place.state != ScanState.RUNNING.value:
        raise StoreError(f"scan {scan_id} is {place.state}; nothing can be added to it")
    if place.asset_id is not None:
        raise StoreError(f"scan {scan_id} has a result for {name} already")
    return place


def _fill_place(
    connection: Connection, visit_id: int, owner: Owner, presented: frozenset[str], result: HostResult
) -> None:
    [identity] = save_texts(connection, [json.dumps(sorted(presented))])
    values = {
        "visit": visit_id,
        "new_asset_id": owner.id,
        "new_identity_id": identity,
        "new_identity_note": owner.note,
        "new_os_name": clean(result.os_name[:MAX_TEXT]),
        "new_finished_at": result.finished_at,
    }
    _FILL.run(connection, values)


def _attempt(visit_id: int, tried: Attempt) -> dict[str, object]:
    return {
        "visit_id": visit_id,
        "way": tried.way,
        "reached": tried.reached,
        "logged_in": tried.logged_in,
        "privilege": tried.privilege.value,
        "reason": tried.missing.reason.value if tried.missing else None,
        "detail": clean(tried.missing.detail[:MAX_DETAIL]) if tried.missing else "",
        "peer": clean(tried.peer[:MAX_TEXT]),
        "host_key": clean(tried.host_key[:MAX_TEXT]),
        "started_at": tried.started_at,
        "seconds": tried.seconds,
    }


def _move_findings(
    scan_id: int,
    result: HostResult,
    runs: Sequence[CheckRun],
    digests: Sequence[str],
    owner: Owner,
    presented: frozenset[str],
    plan: plans.Plan,
    before: Callable[[Stored], Sighting | None],
) -> Application:
    tried = result.attempt
    visit = Visited(
        scan_id=scan_id,
        asset_id=owner.id,
        uid=owner.uid,
        reached=tried.reached,
        logged_in=tried.logged_in,
        started_at=tried.started_at if tried.started_at > EPOCH else result.finished_at,
        finished_at=result.finished_at,
        identities=presented & owner.accepted,
        identity_note=owner.note,
        runs=runs,
        sources=[_source(answer, digest) for answer, digest in zip(result.answers, digests, strict=True)],
        plan=plan.of_visit(),
        before=before,
    )
    return Application(visit)


def _source(answer: Answer, sha256: str) -> Source:
    return Source(answer.query, sha256, answer.missing is None)


class Failures:
    """Reads back the visits in which findings failed last; each visit once, however many findings it holds."""

    def __init__(self, connection: Connection, owner: Owner, known_plans: plans.Plans) -> None:
        self._connection = connection
        self._owner = owner
        self._plans = known_plans
        self._visits: dict[int, _Visit | None] = {}

    def sighting(self, row: Stored) -> Sighting | None:
        """The failing visit of one finding; None when it is not in the record."""
        if row.last_fail_scan not in self._visits:
            self._visits[row.last_fail_scan] = self._load(row)
        visit = self._visits[row.last_fail_scan]
        run = visit.runs.get((row.check_id, row.subject_kind, row.subject_key)) if visit else None
        return _sighting(visit, run, row.last_fail_scan) if visit and run else None

    def _load(self, row: Stored) -> "_Visit | None":
        found = _VISIT.first(self._connection, {"scan_id": row.last_fail_scan, "asset_id": row.asset_id})
        if found is None:
            return None
        runs = Runs(self._connection).of(found.id)
        answers = answers_of(self._connection, found.id, None, outputs=False)
        presented = frozenset(json.loads(read_text(self._connection, found.identity_id)))
        reviewed = row.last_fail_scan <= self._owner.reviewed_scan
        return _Visit(
            row=found,
            runs={(run.check_id, run.subject.kind, run.subject.key): run for run in runs},
            sources=[_source(stored.answer, stored.sha256) for stored in answers],
            identities=self._owner.accepted if reviewed else presented & self._owner.accepted,
            note="" if reviewed else found.identity_note,
            plan=self._plans.get(self._connection, found.plan_id)[0],
        )


@dataclass(frozen=True, slots=True)
class _Visit:
    row: Stored
    runs: Mapping[tuple[str, str, str], CheckRun]
    sources: Sequence[Source]
    identities: frozenset[str]
    note: str
    plan: plans.Plan


def _sighting(visit: _Visit, run: CheckRun, scan_id: int) -> Sighting:
    return Sighting(
        scan=scan_id,
        started_at=visit.row.started_at,
        finished_at=visit.row.finished_at,
        check_id=run.check_id,
        observed=run.observed,
        privilege=run.privilege,
        identities=visit.identities,
        facts=run.facts,
        sources=sources_of(run, visit.sources),
        support_snapshot=visit.row.support_snapshot,
        feeds=visit.plan.feeds_read(run.check_id),
        reached=visit.row.reached,
        logged_in=visit.row.logged_in,
        identity_note=visit.note,
        scope=visit.plan.options.get(plans.SCOPE, ""),
    )


def _doubt_rivals(connection: Connection, scan_id: int, owner: Owner, at: datetime) -> dict[str, str]:
    """A conflict puts the other side in doubt too, also when it was saved before anybody could know."""
    if not owner.rivals:
        return {}
    values = {"number": scan_id, "rivals": list(owner.rivals)}
    connection.execute(_DOUBT.values(identity_note=owner.note), values)
    return withdraw(connection, scan_id, owner.rivals, at, owner.note)
