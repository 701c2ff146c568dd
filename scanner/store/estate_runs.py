"""Adds to the visits of a running scan what could only be judged when all of them were over.

A finding of such a check moves by the same rules as any other: the visit's own identity, reach and evidence count, and
the list of the other assets that the run rests on is evidence of that visit too.
"""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, select

from checks.lifecycle import Source
from scanner.store import plans
from scanner.store.assets import owner_of
from scanner.store.evidence import answers_of, save_answers
from scanner.store.findings import Application, Visited
from scanner.store.judgements import cleaned, save_runs
from scanner.store.prepared import Prepared
from scanner.store.records import EstateResult, Saved, ScanState, StoreError
from scanner.store.schema import Stored, attempt, check_run, evidence, scan, scan_asset
from scanner.store.snapshots import read_text
from scanner.store.writer import Failures

_VISIT = Prepared(
    select(scan_asset, attempt.c.reached, attempt.c.logged_in, attempt.c.started_at, scan.c.state, scan.c.plan_id)
    .join(attempt, attempt.c.visit_id == scan_asset.c.id)
    .join(scan, scan.c.id == scan_asset.c.scan_id)
    .where(scan_asset.c.scan_id == bindparam("scan_id"), scan_asset.c.name == bindparam("name"))
)
_RUNS = Prepared(select(func.count()).select_from(check_run).where(check_run.c.visit_id == bindparam("visit")))
_ANSWERS = Prepared(select(func.count()).select_from(evidence).where(evidence.c.visit_id == bindparam("visit")))
EPOCH_YEAR = 1970


def add(
    connection: Connection, folder: Path | None, known_plans: plans.Plans, scan_id: int, result: EstateResult
) -> Saved:
    """Raises :class:`StoreError` when the scan is over, or holds no visit of this asset."""
    row = _VISIT.first(connection, {"scan_id": scan_id, "name": result.name})
    if row is None or row.state != ScanState.RUNNING.value:
        raise StoreError(f"scan {scan_id} is over, or has no visit of {result.name}")
    plan, _ = known_plans.get(connection, row.plan_id)
    runs = [cleaned(run) for run in result.runs]
    first = _count(connection, _ANSWERS, row.id)
    digests = save_answers(connection, folder, row.id, result.answers, start=first)
    save_runs(connection, row.id, runs, start=_count(connection, _RUNS, row.id))
    lists = [Source(answer.query, digest, True) for answer, digest in zip(result.answers, digests, strict=True)]
    stored = answers_of(connection, row.id, None, outputs=False)
    own = [Source(s.query, s.sha256, s.answer.missing is None) for s in stored if not _listed(s.query, lists)]
    visited = _visited(connection, scan_id, row, replace(plan, checks=plan.of_estate), known_plans)
    changes = Application(replace(visited, runs=runs, sources=[*own, *lists])).apply(connection)
    opened, fixed, regressed = tuple(changes.opened), tuple(changes.fixed), tuple(changes.regressed)
    return Saved(owner_of(connection, row.asset_id).uid, row.identity_note, opened, fixed, regressed, changes.refused)


def _listed(query: str, lists: list[Source]) -> bool:
    return any(source.query == query for source in lists)


def _count(connection: Connection, asked: Prepared, visit_id: int) -> int:
    found = asked.first(connection, {"visit": visit_id})
    return int(found[0]) if found else 0


def _visited(connection: Connection, scan_id: int, row: Stored, plan: plans.Plan, known_plans: plans.Plans) -> Visited:
    owner = owner_of(connection, row.asset_id)
    presented = frozenset(json.loads(read_text(connection, row.identity_id)))
    finished: datetime = row.finished_at
    return Visited(
        scan_id=scan_id,
        asset_id=owner.id,
        uid=owner.uid,
        reached=row.reached,
        logged_in=row.logged_in,
        started_at=row.started_at if row.started_at.year > EPOCH_YEAR else finished,
        finished_at=finished,
        identities=presented & owner.accepted,
        identity_note=row.identity_note,
        runs=(),
        sources=(),
        plan=plan,
        before=Failures(connection, owner, known_plans).sighting,
    )
