"""Handovers: freeze what was open when a supplier took over, and tell later what of it is still there."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time

from checks.check import Check
from checks.responsibility import Handover, Inherited, Open, freeze, handovers, inherited, layer_of
from reports.report import Occurrence, ReportData
from reports.verdict import counts
from scanner.service.carried import CLOSED
from scanner.service.evidence_root import root_of
from scanner.store.records import EventRow, ScanKind, ScanRow
from scanner.store.store import Store


def freeze_due(store: Store, checks: Sequence[Check], scan_id: int) -> int:
    """Store the baseline of every handover that has come since the record began; how many are new.

    Raises :class:`scanner.store.records.StoreError`.
    """
    estate, scan = store.estate_of(scan_id), store.scan(scan_id)
    due = handovers(estate.responsibilities, estate.assets, scan.started_at.date()) if estate.responsibilities else ()
    stored = {one.handover.id for _, one in store.baselines()}
    fresh = [one for one in due if one.id not in stored]
    made = [freeze(one, *said) for one in fresh if (said := _at(store, one, checks)) is not None]
    return store.freeze(made, scan_id) if made else 0


def _at(store: Store, handover: Handover, checks: Sequence[Check]) -> tuple[list[Open], int, str] | None:
    """What counted when the day began, and the last scan before it; None before the first scan: nobody knows."""
    day = datetime.combine(handover.day, time(), UTC)
    last = _last_scan(store.scans(), day)
    if last is None:
        return None
    stood: dict[str, EventRow] = {}
    for event in store.events():
        if event.at < day:
            stood[event.fingerprint] = event
    themes = {check.id: check.theme for check in checks}
    names = {row.fingerprint: row for row in store.findings()}
    counted = [
        Open(row.ref, stood[key].episode, row.asset, layer_of(row.check_id, themes.get(row.check_id)))
        for key, row in names.items()
        if key in stood and stood[key].to_state not in CLOSED
    ]
    return counted, last.id, "" if last.purged else root_of(store.hosts(last.id))


def _last_scan(scans: Iterable[ScanRow], before: datetime) -> ScanRow | None:
    done = [one for one in scans if one.kind is ScanKind.FULL and one.ended_at and one.ended_at < before]
    return done[-1] if done else None


def inherited_at(store: Store, data: ReportData, carried: Sequence[Occurrence]) -> tuple[Inherited, ...]:
    """As it was known at the scan's end: baselines that this scan or an earlier one had stored."""
    known = [one for number, one in store.baselines() if number <= data.scan_id]
    seen = (o for issue in data.issues for o in issue.occurrences)
    return inherited(known, {o.ref: o.episode for o in (*seen, *carried) if counts(o)}) if known else ()
