"""Findings that still count although a scan could not look at them again.

Nothing leaves the count by not being seen: a lost credential must not make a verdict better.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from checks.finding import CheckRun
from checks.lifecycle import State
from inventory.asset import Asset, Connection, Privilege
from inventory.facts.missing import Missing, Reason
from reports.report import AssetCoverage, Occurrence
from scanner.store.records import EventRow, FindingRow, ScanRow
from scanner.store.store import Store

CLOSED = frozenset({State.VERIFIED_FIXED.value, State.FALSE_POSITIVE.value, State.OUT_OF_SERVICE.value})
NOT_PLANNED = Missing(Reason.NOT_ATTEMPTED, "it was not part of this scan")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a finding stood when the scan ended."""

    state: str
    episode: int
    first_seen: datetime
    first_scan: int


def standings(events: Iterable[EventRow], scan: ScanRow) -> dict[str, Standing]:
    """By what this scan and earlier ones had said: a later scan may have judged older evidence."""
    found: dict[str, Standing] = {}
    for event in events:
        if (event.scan_id or 0) <= scan.id and (scan.ended_at is None or event.at <= scan.ended_at):
            was = found.get(event.fingerprint)
            since = (was.first_seen, was.first_scan) if was else (event.at, event.scan_id or 0)
            found[event.fingerprint] = Standing(event.to_state, event.episode, *since)
    return found


@dataclass(frozen=True, slots=True)
class Carried:
    occurrences: tuple[Occurrence, ...]  # by reference
    absent: tuple[AssetCoverage, ...]  # assets of theirs that were no part of the scan, by name


def carried(
    store: Store,
    scan_id: int,
    planned: Mapping[str, str],
    seen: Collection[str],
    rows: Mapping[str, FindingRow],
    stood: Mapping[str, Standing],
) -> Carried:
    """``planned`` are the scan's assets, uid to name; ``seen`` the fingerprints that it saw fail."""
    left = {
        key: rows[key]
        for key, standing in stood.items()
        if key in rows and key not in seen and standing.state not in CLOSED
    }
    runs = store.last_fails(scan_id, left)
    away = {row.asset_uid: row.asset for row in left.values() if row.asset_uid not in planned}
    assets = store.last_known(scan_id, away)
    absent = [_absent(uid, assets.get(uid) or _nameless(name)) for uid, name in away.items()]
    names = {**planned, **{one.uid: one.asset.name for one in absent}}
    told = [_occurrence(row, names[row.asset_uid], stood[key], runs.get(key)) for key, row in left.items()]
    by_ref = sorted(told, key=lambda one: (len(one.ref), one.ref))
    return Carried(tuple(by_ref), tuple(sorted(absent, key=lambda one: (one.asset.name, one.uid))))


def _occurrence(row: FindingRow, asset: str, standing: Standing, run: CheckRun | None) -> Occurrence:
    return Occurrence(
        ref=row.ref,
        fingerprint=row.fingerprint,
        asset_uid=row.asset_uid,
        asset=asset,
        subject=row.subject,
        observed=run.observed if run else row.observed,
        state=standing.state,
        first_seen=standing.first_seen,
        episode=standing.episode,
        evidence=(),
        check_id=run.check_id if run else row.check_id,
        severity=run.severity if run else row.severity,
        members=run.members if run else (),
        first_scan=standing.first_scan,
    )


def _absent(uid: str, asset: Asset) -> AssetCoverage:
    return AssetCoverage(
        uid=uid,
        asset=asset,
        attempted=False,
        reached=False,
        logged_in=False,
        privilege=Privilege.NONE,
        missing=NOT_PLANNED,
        seconds=0.0,
        os_name="",
        checks={},
    )


def _nameless(name: str) -> Asset:
    """Of which only the name is left: it was never visited, or its visits were purged."""
    return Asset(name, Connection("ssh", name))
