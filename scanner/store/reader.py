"""Reads hosts and findings back as they were written."""

from collections.abc import Callable, Iterator
from pathlib import Path
from sys import intern
from typing import Any

from sqlalchemy import Connection, Select, select

from checks.finding import CheckRun, Severity, Subject
from checks.lifecycle import answers_fact
from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Attempt
from scanner.store import plans, scans
from scanner.store.assets import uid_for_name
from scanner.store.codec import load
from scanner.store.evidence import answers_of
from scanner.store.findings import ref
from scanner.store.judgements import Runs, run_of
from scanner.store.records import FindingRow, StoredAnswer, StoredHost, StoreError
from scanner.store.schema import Stored, asset, attempt, check_run, event, finding, ruling, scan_asset, snapshot

_HOSTS = (
    select(scan_asset, attempt, snapshot.c.content, asset.c.uid)
    .join(snapshot, snapshot.c.id == scan_asset.c.snapshot_id)
    .outerjoin(attempt, attempt.c.visit_id == scan_asset.c.id)
    .outerjoin(asset, asset.c.id == scan_asset.c.asset_id)
    .order_by(scan_asset.c.position)
)
_ABOUT = (
    select(ruling, asset.c.uid)
    .join(check_run, check_run.c.ruling_id == ruling.c.id)
    .join(scan_asset, scan_asset.c.id == check_run.c.visit_id)
    .join(asset, asset.c.id == scan_asset.c.asset_id)
    .order_by(scan_asset.c.position, check_run.c.position)
)
_FINDINGS = select(finding, asset.c.uid, asset.c.name).join(asset, asset.c.id == finding.c.asset_id)


def hosts(connection: Connection, folder: Path | None, scan_id: int, *, outputs: bool) -> Iterator[StoredHost]:
    """In the order of the plan, also those never attempted. Raises :class:`StoreError` when the details were purged."""
    scan = scans.stored(connection, scan_id)
    if scan.purged_at is not None:
        raise StoreError(f"the details of scan {scan_id} were purged on {scan.purged_at:%Y-%m-%d}")
    runs = Runs(connection)
    for row in connection.execute(_HOSTS.where(scan_asset.c.scan_id == scan_id)).all():
        yield StoredHost(
            uid=row.uid or uid_for_name(connection, row.name),
            asset=load(Asset, row.content),
            attempt=attempt_of(row) if row.asset_id is not None else None,
            os_name=row.os_name or "",
            identity_note=row.identity_note,
            runs=runs.of(row.id),
            answers=tuple(answers_of(connection, row.id, folder, outputs=outputs)),
        )


def runs_about(connection: Connection, scan_id: int, subject_kind: str) -> tuple[tuple[str, CheckRun], ...]:
    """Uid and run, of every run about such a subject, in the order of the plan."""
    asked = _ABOUT.where(scan_asset.c.scan_id == scan_id, ruling.c.subject_kind == subject_kind)
    return tuple((row.uid, run_of(row)) for row in connection.execute(asked))


def planned(connection: Connection, scan_id: int) -> tuple[Asset, ...]:
    asked = (
        select(snapshot.c.content)
        .join(scan_asset, snapshot.c.id == scan_asset.c.snapshot_id)
        .where(scan_asset.c.scan_id == scan_id)
        .order_by(scan_asset.c.position)
    )
    return tuple(load(Asset, text) for text in connection.execute(asked).scalars())


def attempt_of(row: Stored) -> Attempt:
    return Attempt(
        way=row.way,
        reached=row.reached,
        logged_in=row.logged_in,
        privilege=Privilege(row.privilege),
        missing=Missing(Reason(row.reason), row.detail) if row.reason else None,
        peer=row.peer,
        host_key=row.host_key,
        started_at=row.started_at,
        seconds=row.seconds,
    )


def findings(connection: Connection, states: tuple[str, ...]) -> tuple[FindingRow, ...]:
    """By number; every one when no state is given."""
    asked = _FINDINGS.order_by(finding.c.number)
    return _rows(connection, asked.where(finding.c.state.in_(states)) if states else asked)


def by_ref(connection: Connection, wanted: str) -> FindingRow:
    """Raises :class:`StoreError`. ``EC-0001``, ``ec-1`` and ``1`` are the same."""
    digits = wanted.strip().upper().removeprefix("EC-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        found = _rows(connection, _FINDINGS.where(finding.c.number == int(digits)))
        if found:
            return found[0]
    raise StoreError(f"there is no finding {wanted[:40]!r} in this record; `estatecheck findings list` shows them")


def moved_by(connection: Connection, scan_id: int, to_state: str) -> tuple[FindingRow, ...]:
    """Findings whose last event of this scan led to ``to_state``."""
    here = event.c.scan_id == scan_id
    if not connection.execute(select(event.c.seq).where(here, event.c.to_state == to_state).limit(1)).first():
        return ()
    asked = select(event.c.fingerprint, event.c.to_state).where(here).order_by(event.c.seq)
    last: dict[str, str] = {row.fingerprint: row.to_state for row in connection.execute(asked)}
    prints = {print_ for print_, state in last.items() if state == to_state}
    rows = connection.execute(_FINDINGS.order_by(finding.c.number))
    return tuple(row_of(row) for row in rows if row.fingerprint in prints)


def _rows(connection: Connection, asked: Select[*tuple[Any, ...]]) -> tuple[FindingRow, ...]:
    shared: dict[object, Any] = {}
    return tuple(row_of(row, shared) for row in connection.execute(asked))


def row_of(row: Stored, shared: dict[object, Any] | None = None) -> FindingRow:
    """Of a row with the finding and its asset's uid and name.

    What many rows say alike is one object, in ``shared`` or interned: a large record has 200,000 of them.
    """
    same: Callable[[Any, Any], Any] = {}.setdefault if shared is None else shared.setdefault
    subject = Subject(row.subject_kind, row.subject_key)
    return FindingRow(
        ref=ref(row.number),
        fingerprint=intern(row.fingerprint),
        asset_uid=intern(row.uid),
        asset=intern(row.name),
        check_id=intern(row.check_id),
        subject=same(subject, subject),
        state=intern(row.state),
        episode=row.episode,
        first_seen=same(row.first_seen, row.first_seen),
        last_seen=same(row.last_seen, row.last_seen),
        first_scan=row.first_scan,
        last_fail_scan=row.last_fail_scan,
        last_pass_scan=row.last_pass_scan,
        observed=intern(row.observed),
        severity=Severity(row.severity) if row.severity else None,
    )


def evidence_of(
    connection: Connection, folder: Path | None, fingerprint: str, scan_id: int, *, outputs: bool
) -> tuple[StoredAnswer, ...]:
    """The answers this finding was judged from in that scan; empty when it was not judged there."""
    row = connection.execute(select(finding).where(finding.c.fingerprint == fingerprint)).first()
    if row is None:
        raise StoreError(f"there is no finding with the fingerprint {fingerprint[:80]!r}")
    here = (scan_asset.c.scan_id == scan_id) & (scan_asset.c.asset_id == row.asset_id)
    visit = connection.execute(select(scan_asset.c.id).where(here)).scalar()
    if visit is None:
        return ()
    facts = facts_of(connection, scan_id, row, Runs(connection).of(visit))
    return tuple(a for a in answers_of(connection, visit, folder, outputs=outputs) if _answers(a.query, facts))


def facts_of(connection: Connection, scan_id: int, row: Stored, runs: tuple[CheckRun, ...]) -> frozenset[str]:
    """What the finding's check, or the one that replaced it, was judged from."""
    plan = plans.from_text(scans.stored(connection, scan_id).plan_text)
    relevant = (
        run
        for run in runs
        if run.check_id == row.check_id
        or plan.family(run.check_id) == row.family
        or row.check_id in plan.replaced_by(run.check_id)
    )
    return frozenset(fact for run in relevant for fact in run.facts)


def _answers(query: str, facts: frozenset[str]) -> bool:
    return any(answers_fact(query, fact) for fact in facts)
