"""Makes room: removes the details of old scans. Events, findings and what they rest on always stay."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, func, select, update

from checks.lifecycle import answers_fact
from scanner.store import ledger
from scanner.store.decision_schema import attachment
from scanner.store.evidence import blob_file
from scanner.store.import_schema import import_file
from scanner.store.judgements import Runs, in_chunks
from scanner.store.reader import facts_of
from scanner.store.records import Purged, ScanKind, ScanState
from scanner.store.schema import Stored, attempt, blob, check_run, evidence, finding, ruling, scan, scan_asset

Protected = Mapping[tuple[int, int], list[Stored]]  # scan and asset -> the findings that rest on that visit


def old_scans(connection: Connection, keep_scans: int | None, before: datetime | None) -> tuple[int, ...]:
    """Finished scans beyond the newest ``keep_scans``, or that ended before a moment; never the last one.

    No import is among them: the report of every scan after it rests on what it tells, also on what its tool could not
    look at.
    """
    finished = (scan.c.state != ScanState.RUNNING.value) & scan.c.purged_at.is_(None)
    finished &= scan.c.kind != ScanKind.IMPORT.value
    rows = connection.execute(select(scan.c.id, scan.c.ended_at).where(finished).order_by(scan.c.id.desc())).all()
    kept = max(1, keep_scans if keep_scans is not None else 1)
    return tuple(sorted(row.id for row in rows[kept:] if before is None or row.ended_at < before))


def purge(connection: Connection, scan_ids: tuple[int, ...], now: datetime) -> Purged:
    """Remove rows in the caller's transaction. Blob files are removed later, by :func:`sweep`."""
    protected = _protected(connection)
    totals = {"visits": 0, "runs": 0, "answers": 0, "kept": 0}
    for scan_id in scan_ids:
        _purge_scan(connection, scan_id, protected, totals)
        connection.execute(update(scan).where(scan.c.id == scan_id).values(purged_at=now))
    connection.execute(delete(ruling).where(ruling.c.id.not_in(select(check_run.c.ruling_id))))
    blobs, size = _drop_orphans(connection)
    return Purged(scan_ids, totals["visits"], totals["runs"], totals["answers"], blobs, size, totals["kept"])


def _protected(connection: Connection) -> Protected:
    """Every visit that a finding's first fail, last fail, regression or proof refers to."""
    rows = {row.fingerprint: row for row in connection.execute(select(finding))}
    found: dict[tuple[int, int], list[Stored]] = {}
    wanted = {(row.last_fail_scan, print_) for print_, row in rows.items()}
    wanted |= {(row.first_scan, print_) for print_, row in rows.items()}
    for event in ledger.read(connection):
        before = event.proof.get("before")
        if isinstance(before, dict):
            wanted.add((int(before["scan"]), event.fingerprint))
        if event.scan_id is not None:
            wanted.add((event.scan_id, event.fingerprint))
    for scan_id, print_ in wanted:
        if print_ in rows:
            found.setdefault((scan_id, rows[print_].asset_id), []).append(rows[print_])
    return found


def _purge_scan(connection: Connection, scan_id: int, protected: Protected, totals: dict[str, int]) -> None:
    visits = connection.execute(
        select(scan_asset.c.id, scan_asset.c.asset_id).where(scan_asset.c.scan_id == scan_id)
    ).all()
    runs = Runs(connection)
    free = [visit.id for visit in visits if (scan_id, visit.asset_id) not in protected]
    for visit in visits:
        resting = protected.get((scan_id, visit.asset_id))
        if resting:
            _thin(connection, scan_id, visit.id, resting, runs, totals)
    for chunk in in_chunks(free):
        totals["runs"] += connection.execute(delete(check_run).where(check_run.c.visit_id.in_(chunk))).rowcount
        totals["answers"] += connection.execute(delete(evidence).where(evidence.c.visit_id.in_(chunk))).rowcount
        connection.execute(delete(attempt).where(attempt.c.visit_id.in_(chunk)))
        totals["visits"] += connection.execute(delete(scan_asset).where(scan_asset.c.id.in_(chunk))).rowcount


def _thin(
    connection: Connection, scan_id: int, visit_id: int, resting: list[Stored], runs: Runs, totals: dict[str, int]
) -> None:
    """Keep of one visit only what findings rest on: those checks' runs, and the answers they were judged from."""
    said = runs.of(visit_id)
    facts = {fact for row in resting for fact in facts_of(connection, scan_id, row, said)}
    kept_runs = [i for i, run in enumerate(said) if set(run.facts) <= facts]
    rows = connection.execute(
        select(evidence.c.position, evidence.c.query).where(evidence.c.visit_id == visit_id)
    ).all()
    kept = [row.position for row in rows if any(answers_fact(row.query, fact) for fact in facts)]
    dropped = delete(evidence).where(evidence.c.visit_id == visit_id, evidence.c.position.not_in(kept))
    totals["answers"] += connection.execute(dropped).rowcount
    totals["kept"] += len(kept)
    idle = delete(check_run).where(check_run.c.visit_id == visit_id, check_run.c.position.not_in(kept_runs))
    totals["runs"] += connection.execute(idle).rowcount


def _drop_orphans(connection: Connection) -> tuple[int, int]:
    orphan = blob.c.id.not_in(select(evidence.c.blob_id)) & blob.c.id.not_in(select(attachment.c.blob_id))
    orphan &= blob.c.id.not_in(select(import_file.c.blob_id))
    count, size = connection.execute(
        select(func.count(), func.coalesce(func.sum(blob.c.stored), 0)).where(orphan)
    ).one()
    connection.execute(delete(blob).where(orphan))
    return int(count), int(size)


def sweep(connection: Connection, folder: Path | None) -> int:
    """Remove blob files that no row names, and parts left by a crash; how many comes back. Needs the write lock."""
    if folder is None or not folder.is_dir():
        return 0
    asked = select(blob.c.sha256).where(blob.c.data.is_(None))
    named = {blob_file(folder, bytes(digest).hex()) for digest in connection.execute(asked).scalars()}
    orphans = [path for path in _files(folder) if path not in named]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _files(folder: Path) -> Iterator[Path]:
    return (path for pattern in ("??/*.zst", "??/*.part*") for path in folder.glob(pattern))
