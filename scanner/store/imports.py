"""Files of other tools and testers: what was taken in, for whom no asset was found, and what the rules mean."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from checks.check import Theme
from checks.finding import Severity
from scanner.store.codec import dump, load
from scanner.store.database import Database
from scanner.store.evidence import save_plain
from scanner.store.import_schema import import_file, import_rule
from scanner.store.records import ScanState
from scanner.store.schema import Stored, asset, asset_identity, blob, scan, snapshot
from scanner.store.snapshots import save_texts


@dataclass(frozen=True, slots=True)
class UnmatchedHost:
    """A host of the file that no asset of the inventory is known to be. Its results are in the kept file only."""

    label: str
    why: str
    results: int  # that fail


@dataclass(frozen=True, slots=True)
class Told:
    unmatched: tuple[UnmatchedHost, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignRule:
    """What a tool says of one of its rules, as the record keeps it."""

    title: str
    severity: Severity
    theme: Theme
    rationale: str
    remedy: str
    references: tuple[str, ...]
    scores: tuple[tuple[str, str, float | None], ...] = ()  # source, vector, score


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One file. ``sha256`` is of the file as supplied, ``kept`` of what is kept of it."""

    scan_id: int
    sha256: str
    kept: str
    file: str
    format: str
    tool: str
    version: str
    started_at: datetime | None
    ended_at: datetime | None
    supplied_by: str
    tester: str
    told: Told
    at: datetime | None = None  # when it was taken in; None: that was cut off


class Imports:
    """Every method raises :class:`StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: ImportRow, data: bytes, rules: Mapping[str, ForeignRule]) -> None:
        """Beside its scan, in one transaction. ``data`` is the file without its secrets."""
        with self._database.writing() as connection:
            [blob_id] = save_plain(connection, self._database.blobs, [data])
            [told] = save_texts(connection, [dump(row.told)])
            connection.execute(import_file.insert(), [_values(row, blob_id, told)])
            names = sorted(rules)
            texts = save_texts(connection, [dump(rules[name]) for name in names])
            if names:
                rows = [
                    {"scan_id": row.scan_id, "check_id": name, "snapshot_id": text}
                    for name, text in zip(names, texts, strict=True)
                ]
                connection.execute(import_rule.insert(), rows)

    def rows(self) -> tuple[ImportRow, ...]:
        """Every file that was taken in wholly, oldest first."""
        with self._database.reading() as connection:
            return _rows(connection)

    def rules(self, scan_ids: Collection[int]) -> dict[str, ForeignRule]:
        """Check id -> its rule, as the last of these scans told it."""
        found: dict[str, ForeignRule] = {}
        with self._database.reading() as connection:
            for number in sorted(scan_ids):
                asked = (
                    select(import_rule.c.check_id, snapshot.c.content)
                    .join(snapshot, snapshot.c.id == import_rule.c.snapshot_id)
                    .where(import_rule.c.scan_id == number)
                )
                found |= {row.check_id: load(ForeignRule, row.content) for row in connection.execute(asked)}
        return found

    def identities(self) -> dict[str, frozenset[str]]:
        """Name of an asset -> the strong identities that are its own."""
        asked = (
            select(asset.c.name, asset_identity.c.kind, asset_identity.c.value)
            .join(asset, asset.c.id == asset_identity.c.asset_id)
            .where(asset_identity.c.strong, ~asset_identity.c.disputed)
        )
        found: dict[str, set[str]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(asked):
                found.setdefault(row.name, set()).add(f"{row.kind} {row.value}")
        return {name: frozenset(tokens) for name, tokens in found.items()}


def _values(row: ImportRow, blob_id: int, told: int) -> dict[str, object]:
    return {
        "scan_id": row.scan_id,
        "sha256": bytes.fromhex(row.sha256),
        "blob_id": blob_id,
        "file": row.file,
        "format": row.format,
        "tool": row.tool,
        "version": row.version,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "supplied_by": row.supplied_by,
        "tester": row.tester,
        "told_id": told,
    }


def _rows(connection: Connection) -> tuple[ImportRow, ...]:
    asked = (
        select(import_file, blob.c.sha256.label("kept"), snapshot.c.content.label("told"), scan.c.ended_at.label("at"))
        .join(scan, scan.c.id == import_file.c.scan_id)
        .join(blob, blob.c.id == import_file.c.blob_id)
        .join(snapshot, snapshot.c.id == import_file.c.told_id)
        .where(scan.c.state == ScanState.COMPLETE.value)
        .order_by(import_file.c.scan_id)
    )
    return tuple(_row(row) for row in connection.execute(asked))


def _row(row: Stored) -> ImportRow:
    return ImportRow(
        scan_id=row.scan_id,
        sha256=bytes(row.sha256).hex(),
        kept=bytes(row.kept).hex(),
        file=row.file,
        format=row.format,
        tool=row.tool,
        version=row.version,
        started_at=row.started_at,
        ended_at=row.ended_at,
        supplied_by=row.supplied_by,
        tester=row.tester,
        told=load(Told, row.told),
        at=row.at,
    )
