"""Snapshots in the record: which documents were taken in, and how new what is known of each machine is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, func, or_, select

from inventory.asset import SNAPSHOT
from scanner.query import Answer
from scanner.store.database import Database
from scanner.store.evidence import answers_of, read_blob
from scanner.store.records import ScanKind
from scanner.store.schema import asset, attempt, blob, evidence, scan, scan_asset

CHUNK = 500
NEVER_ENDS = datetime(9999, 1, 1, tzinfo=UTC)
LOOKED = (ScanKind.FULL.value, ScanKind.VERIFY.value, ScanKind.IMPORT.value)


@dataclass(frozen=True, slots=True)
class Newest:
    """How new the evidence of one machine is. ``snapshot``: of its newest snapshot."""

    any_way: datetime
    snapshot: datetime | None


@dataclass(frozen=True, slots=True)
class Given:
    """The newest snapshot of a machine as the record keeps it."""

    scan_id: int
    name: str
    way: str
    peer: str
    collected_at: datetime
    finished_at: datetime
    privilege: str
    answers: tuple[Answer, ...]
    identity_note: str


class Snapshots:
    """Every method raises :class:`StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def taken(self, heads: Sequence[bytes]) -> dict[bytes, int]:
        """Of these sha256 of heads those that are in the record, with the first scan that took each in."""
        found: dict[bytes, int] = {}
        with self._database.reading() as connection:
            for start in range(0, len(heads), CHUNK):
                asked = (
                    select(blob.c.sha256, func.min(scan_asset.c.scan_id).label("scan"))
                    .join(evidence, evidence.c.blob_id == blob.c.id)
                    .join(scan_asset, scan_asset.c.id == evidence.c.visit_id)
                    .where(blob.c.sha256.in_(heads[start : start + CHUNK]))
                    .group_by(blob.c.sha256)
                )
                found |= {bytes(row.sha256): int(row.scan) for row in connection.execute(asked)}
        return found

    def newest(self) -> dict[str, Newest]:
        """Name of an asset -> how new what is known of it is, by any way in that went through."""
        asked = (
            select(scan_asset.c.name, attempt.c.way, func.max(attempt.c.started_at).label("at"))
            .join(attempt, attempt.c.visit_id == scan_asset.c.id)
            .join(scan, scan.c.id == scan_asset.c.scan_id)
            .where(
                scan.c.kind.in_(LOOKED),
                attempt.c.reason.is_(None),
                or_(attempt.c.logged_in, attempt.c.way == SNAPSHOT),
            )
            .group_by(scan_asset.c.name, attempt.c.way)
        )
        found: dict[str, Newest] = {}
        with self._database.reading() as connection:
            for row in connection.execute(asked):
                before = found.get(row.name)
                any_way = row.at if before is None else max(row.at, before.any_way)
                own = row.at if row.way == SNAPSHOT else before.snapshot if before else None
                found[row.name] = Newest(any_way, own)
        return found

    def back(
        self, name: str, queries: Sequence[str], most: int, until: datetime = NEVER_ENDS
    ) -> Iterator[tuple[float, tuple[Answer, ...]]]:
        """What an asset's visits until then answered to these, the newest first: POSIX seconds, and the answers."""
        asked = (
            select(scan_asset.c.id, attempt.c.started_at)
            .join(attempt, attempt.c.visit_id == scan_asset.c.id)
            .join(scan, scan.c.id == scan_asset.c.scan_id)
            .where(
                scan_asset.c.name == name,
                scan.c.kind.in_(LOOKED),
                scan.c.purged_at.is_(None),
                attempt.c.reason.is_(None),
                attempt.c.started_at <= until,
            )
            .order_by(attempt.c.started_at.desc(), scan_asset.c.id.desc())
            .limit(most)
        )
        with self._database.reading() as connection:
            for row in connection.execute(asked).all():
                stored = answers_of(connection, row.id, None, outputs=False)
                kept = [one for one in stored if one.query in queries]
                if kept:
                    outputs = [read_blob(connection, self._database.blobs, one.sha256) for one in kept]
                    answers = (replace(one.answer, output=out) for one, out in zip(kept, outputs, strict=True))
                    yield row.started_at.timestamp(), tuple(answers)

    def last(self, name: str) -> Given | None:
        """With its answers; None when there is none, or its scan was purged."""
        with self._database.reading() as connection:
            return _last(connection, self._database, name)


def _last(connection: Connection, database: Database, name: str) -> Given | None:
    asked = (
        select(scan_asset, attempt.c.way, attempt.c.peer, attempt.c.started_at, attempt.c.privilege, asset.c.name)
        .join(attempt, attempt.c.visit_id == scan_asset.c.id)
        .join(scan, scan.c.id == scan_asset.c.scan_id)
        .join(asset, asset.c.id == scan_asset.c.asset_id)
        .where(
            scan_asset.c.name == name,
            scan.c.kind == ScanKind.IMPORT.value,
            scan.c.purged_at.is_(None),
            attempt.c.way == SNAPSHOT,
            attempt.c.reason.is_(None),
        )
        .order_by(attempt.c.started_at.desc(), scan_asset.c.id.desc())
        .limit(1)
    )
    row = connection.execute(asked).first()
    if row is None:
        return None
    stored = answers_of(connection, row.id, database.blobs, outputs=True)
    return Given(
        scan_id=row.scan_id,
        name=name,
        way=row.way,
        peer=row.peer,
        collected_at=row.started_at,
        finished_at=row.finished_at,
        privilege=row.privilege,
        answers=tuple(one.answer for one in stored),
        identity_note=row.identity_note or "",
    )
