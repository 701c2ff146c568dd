"""What findings rested on when a scan did not see them again: their last failing run before it, and their asset."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from checks.finding import CheckRun, Outcome, Subject
from inventory.asset import Asset
from scanner.store import plans, scans
from scanner.store.codec import load
from scanner.store.judgements import Runs
from scanner.store.schema import Stored, asset, finding, scan_asset, snapshot

_CHUNK = 500  # names in one question


def last_fails(connection: Connection, before: int, prints: Collection[str]) -> dict[str, CheckRun]:
    """Fingerprint -> the run of the last scan before ``before`` in which it failed.

    A finding without one is not in it: it was brought by an import or typed in, or its details were purged.
    """
    reader = _Reader(connection, before)
    by_asset: dict[int, list[Stored]] = {}
    for row in _findings(connection, sorted(prints)):
        by_asset.setdefault(row.asset_id, []).append(row)
    return {key: run for asset_id, rows in by_asset.items() for key, run in reader.of(asset_id, rows)}


def _findings(connection: Connection, prints: Sequence[str]) -> Iterator[Stored]:
    for start in range(0, len(prints), _CHUNK):
        yield from connection.execute(
            select(finding).where(finding.c.fingerprint.in_(prints[start : start + _CHUNK])).order_by(finding.c.number)
        )


@dataclass
class _Reader:
    connection: Connection
    before: int

    def __post_init__(self) -> None:
        self._runs = Runs(self.connection)
        self._families: dict[int, Mapping[str, str]] = {}

    def of(self, asset_id: int, rows: Sequence[Stored]) -> Iterator[tuple[str, CheckRun]]:
        """The record says in which scan a finding failed last; only where that is later, older visits are walked."""
        left = {(row.family, Subject(row.subject_kind, row.subject_key)): row for row in rows}
        for visit in self._visits(asset_id):
            due = {key for key, row in left.items() if visit.scan_id == row.last_fail_scan or self._later(row)}
            if not due:
                continue
            for run in self._runs.of(visit.id):
                key = (self._family(visit.scan_id, run.check_id), run.subject)
                if run.outcome is Outcome.FAIL and key in due & left.keys():
                    yield left.pop(key).fingerprint, run

    def _later(self, row: Stored) -> bool:
        return bool(row.last_fail_scan >= self.before)

    def _visits(self, asset_id: int) -> Sequence[Stored]:
        """The latest first."""
        here = (scan_asset.c.asset_id == asset_id) & (scan_asset.c.scan_id < self.before)
        asked = select(scan_asset.c.id, scan_asset.c.scan_id).where(here).order_by(scan_asset.c.scan_id.desc())
        return self.connection.execute(asked).all()

    def _family(self, scan_id: int, check_id: str) -> str:
        if scan_id not in self._families:
            plan = plans.from_text(scans.stored(self.connection, scan_id).plan_text)
            self._families[scan_id] = plan.families
        return self._families[scan_id].get(check_id, check_id)


def last_known(connection: Connection, before: int, uids: Collection[str]) -> dict[str, Asset]:
    """uid -> the asset as its last visit before that scan knew it."""
    found: dict[str, Asset] = {}
    for uid in sorted(uids):
        asked = (
            select(snapshot.c.content)
            .join(scan_asset, scan_asset.c.snapshot_id == snapshot.c.id)
            .join(asset, asset.c.id == scan_asset.c.asset_id)
            .where((asset.c.uid == uid) & (scan_asset.c.scan_id < before))
            .order_by(scan_asset.c.scan_id.desc())
            .limit(1)
        )
        text = connection.execute(asked).scalar()
        if text is not None:
            found[uid] = load(Asset, text)
    return found
