"""A scan from its plan to its end, and what is left of one whose process died."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from checks import decision_limits
from checks.decision_model import DEFAULT_LIMITS, Limits
from inventory.asset import Asset
from inventory.estate import Estate
from scanner.store import plans
from scanner.store.codec import dump, load
from scanner.store.liveness import Process, alive, this_process
from scanner.store.records import LostScan, ScanKind, ScanPlan, ScanRow, ScanRunning, ScanState, StoreError
from scanner.store.schema import Stored, scan, scan_asset, snapshot
from scanner.store.snapshots import save_texts

_PLAN_TEXT = select(snapshot.c.content).where(snapshot.c.id == scan.c.plan_id).scalar_subquery().label("plan_text")


def begin(connection: Connection, plan: ScanPlan, now: datetime) -> int:
    """Write the whole plan down before anything is touched. Raises :class:`ScanRunning`, :class:`StoreError`."""
    lost(connection, now)
    if plan.kind is ScanKind.FULL:
        _refuse_second(connection)
    _refuse_past(connection, plan.started_at)
    number = _insert_scan(connection, plan, now)
    _place_assets(connection, number, plan.assets, 0)
    return number


def extend(connection: Connection, scan_id: int, assets: Sequence[Asset]) -> None:
    """Assets that the plan did not foresee. Raises :class:`StoreError` when the scan is over."""
    row = running(connection, scan_id)
    _place_assets(connection, scan_id, assets, row.planned)
    connection.execute(update(scan).where(scan.c.id == scan_id).values(planned=row.planned + len(assets)))


def _place_assets(connection: Connection, scan_id: int, assets: Sequence[Asset], first: int) -> None:
    texts = save_texts(connection, [dump(asset) for asset in assets])
    rows = [
        {"scan_id": scan_id, "position": position, "name": asset.name, "snapshot_id": text}
        for position, (asset, text) in enumerate(zip(assets, texts, strict=True), start=first)
    ]
    if rows:
        connection.execute(scan_asset.insert(), rows)


def _insert_scan(connection: Connection, plan: ScanPlan, now: datetime) -> int:
    estate_id, plan_id = save_texts(connection, [dump(replace(plan.estate, assets=())), plans.as_text(plan)])
    here = this_process()
    values = {
        "kind": plan.kind.value,
        "state": ScanState.RUNNING.value,
        "estate": plan.estate.name,
        "marking": plan.estate.marking,
        "estate_id": estate_id,
        "plan_id": plan_id,
        "started_at": plan.started_at,
        "heartbeat_at": now,
        "tool_version": plan.tool_version,
        "inventory_digest": plan.estate.digest,
        "catalogue_digest": plan.catalogue_digest,
        "support_digest": plan.support_digest,
        "support_snapshot": plan.support_snapshot,
        "planned": len(plan.assets),
        "done": 0,
        "pid": here.pid,
        "process_start": here.started,
        "machine": here.machine,
        "place": here.place,
    }
    return int(connection.execute(scan.insert().values(values).returning(scan.c.id)).scalar_one())


def _refuse_second(connection: Connection) -> None:
    full = (scan.c.state == ScanState.RUNNING.value) & (scan.c.kind == ScanKind.FULL.value)
    row = connection.execute(select(scan).where(full)).first()
    if row is not None:
        raise ScanRunning(
            f"scan {row.id} has been running since {row.started_at:%Y-%m-%d %H:%M:%S} UTC as process {row.pid} "
            f"on {row.machine}; "
            "wait for its end, or end that process"
        )


def _refuse_past(connection: Connection, started_at: datetime) -> None:
    last = connection.execute(select(func.max(scan.c.started_at, type_=scan.c.started_at.type))).scalar()
    if last is not None and started_at < last:
        raise StoreError(
            f"the clock says {started_at:%Y-%m-%d %H:%M:%S} UTC, but a scan of this record began at "
            f"{last:%Y-%m-%d %H:%M:%S} UTC; set the clock of this machine"
        )


def heartbeat(connection: Connection, scan_id: int, now: datetime) -> None:
    running = (scan.c.id == scan_id) & (scan.c.state == ScanState.RUNNING.value)
    connection.execute(update(scan).where(running).values(heartbeat_at=now))


def end(connection: Connection, scan_id: int, state: ScanState, at: datetime) -> ScanState:
    """The state that was written comes back: a scan that lacks hosts is never complete."""
    row = running(connection, scan_id)
    if state is ScanState.RUNNING:
        raise StoreError(f"scan {scan_id} cannot end as running")
    written = ScanState.PARTIAL if state is ScanState.COMPLETE and row.done < row.planned else state
    ended = max(at, _last_visit(connection, row))
    connection.execute(update(scan).where(scan.c.id == scan_id).values(state=written.value, ended_at=ended))
    return written


def running(connection: Connection, scan_id: int) -> Stored:
    """Raises :class:`StoreError` when the scan does not run."""
    row = stored(connection, scan_id)
    if row.state != ScanState.RUNNING.value:
        raise StoreError(f"scan {scan_id} is {row.state}; nothing can be added to it")
    return row


def stored(connection: Connection, scan_id: int) -> Stored:
    row = connection.execute(select(scan, _PLAN_TEXT).where(scan.c.id == scan_id)).first()
    if row is None:
        raise StoreError(f"there is no scan {scan_id} in this record")
    return row


def lost(connection: Connection, now: datetime) -> tuple[LostScan, ...]:
    """Mark every scan whose process died as interrupted, and say what it lacks."""
    rows = connection.execute(select(scan).where(scan.c.state == ScanState.RUNNING.value).order_by(scan.c.id)).all()
    return tuple(_bury(connection, row) for row in rows if not alive(_process(row), row.heartbeat_at, now))


def _process(row: Stored) -> Process:
    return Process(row.pid, row.process_start, row.machine, row.place)


def _bury(connection: Connection, row: Stored) -> LostScan:
    lacking = (scan_asset.c.scan_id == row.id) & scan_asset.c.asset_id.is_(None)
    names = connection.execute(select(scan_asset.c.name).where(lacking).order_by(scan_asset.c.position)).scalars()
    ended = max(row.heartbeat_at, _last_visit(connection, row))
    connection.execute(
        update(scan).where(scan.c.id == row.id).values(state=ScanState.INTERRUPTED.value, ended_at=ended)
    )
    return LostScan(row.id, row.started_at, row.done, tuple(names))


def _last_visit(connection: Connection, row: Stored) -> datetime:
    """When the last visit of a scan ended; its start when there was none."""
    last = select(func.max(scan_asset.c.finished_at, type_=scan_asset.c.finished_at.type))
    found: datetime | None = connection.execute(last.where(scan_asset.c.scan_id == row.id)).scalar()
    started: datetime = row.started_at
    return max(found, started) if found else started


def rows(connection: Connection) -> tuple[ScanRow, ...]:
    """Oldest first."""
    return tuple(as_row(row) for row in connection.execute(select(scan, _PLAN_TEXT).order_by(scan.c.id)))


def limits(connection: Connection) -> Limits:
    """Of decisions, as the newest scan of any kind was planned with; of one from before they were kept, what ships."""
    newest = connection.execute(select(_PLAN_TEXT).select_from(scan).order_by(scan.c.id.desc()).limit(1)).scalar()
    kept = plans.from_text(newest).policies.get(decision_limits.NAME) if newest else None
    try:
        return decision_limits.from_text(kept) if kept else DEFAULT_LIMITS
    except decision_limits.BadLimits as fault:
        raise StoreError(str(fault)) from None


def as_row(row: Stored) -> ScanRow:
    plan = plans.from_text(row.plan_text)
    return ScanRow(
        id=row.id,
        kind=ScanKind(row.kind),
        state=ScanState(row.state),
        estate=row.estate,
        marking=row.marking,
        started_at=row.started_at,
        ended_at=row.ended_at,
        tool_version=row.tool_version,
        inventory_digest=row.inventory_digest,
        catalogue_digest=row.catalogue_digest,
        support_digest=row.support_digest,
        support_snapshot=row.support_snapshot,
        options=dict(plan.options),
        checks=plan.checks,
        planned=row.planned,
        done=row.done,
        feeds=plan.feeds,
        feed_max_age_days=plan.feed_max_age_days,
        policies=dict(plan.policies),
        purged=row.purged_at is not None,
    )


def estate(connection: Connection, scan_id: int) -> Estate:
    row = connection.execute(
        select(snapshot.c.content).join(scan, scan.c.estate_id == snapshot.c.id).where(scan.c.id == scan_id)
    ).first()
    if row is None:
        raise StoreError(f"there is no scan {scan_id} in this record")
    return load(Estate, row.content)
