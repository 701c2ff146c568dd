"""The rows that one report rests on, as JSON, and a record made of them again. A report made from that is the same.

Left out is what no report reads: samples of series, queues, pinned host keys, process numbers and names of machines.
"""

import base64
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Select, Table, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from checks.decisions import CLOSED
from checks.lifecycle import canonical
from scanner.store.checkpoint_schema import checkpoint
from scanner.store.packing import compressed
from scanner.store.records import ScanKind, StoreError
from scanner.store.schema import (
    HEAD,
    Stored,
    Utc,
    asset,
    attempt,
    blob,
    check_run,
    event,
    evidence,
    finding,
    host_key,
    metadata,
    ruling,
    scan,
    scan_asset,
    snapshot,
    version,
)
from scanner.store.series_schema import (
    control,
    fleet_state,
    notification,
    prober_run,
    sample_batch,
    sample_hour,
    schedule_run,
    seal_leaves,
)

CHUNK = 500  # ids in one question
AT_ONCE = 2_000  # rows written in one statement
LEFT_OUT = frozenset(
    {sample_batch, sample_hour, fleet_state, seal_leaves, notification, schedule_run, control, host_key, checkpoint}
)
APART = frozenset({blob, event})  # these have files of their own in a pack
_BLANK: Mapping[Table, Mapping[str, object]] = {
    scan: {"pid": 0, "process_start": "", "machine": "", "place": ""},
    prober_run: {"pid": 0, "process_start": "", "machine": "", "place": ""},
}
Row = dict[str, Any]


def as_json(row: Stored, table: Table) -> Row:
    """One row as JSON values: instants in UTC, bytes in Base64."""
    plain = {name: _plain(value) for name, value in zip(_names(table), row, strict=False)}
    return {**plain, **_BLANK.get(table, {})}


@cache
def _names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def _plain(value: object) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value


@dataclass
class Share:
    """Which of the rows belong to one supplier. Rows of tables that it does not speak of belong to nobody."""

    supplier: str
    assets: set[int] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    visits: set[int] = field(default_factory=set)
    snapshots: set[int] = field(default_factory=set)
    rulings: set[int] = field(default_factory=set)
    prints: set[str] = field(default_factory=set)
    events: set[int] = field(default_factory=set)

    def event(self, row: Row) -> bool:
        print_ = row["fingerprint"]
        kind, _, name = print_.partition(":")
        mine = print_ in self.prints or (kind == "asset" and name in self.uids)
        if kind == "key":
            mine = self.role(json.loads(row["proof"])["admission"]["role"])
        if mine:
            self.events.add(row["seq"])
        return mine

    def role(self, role: str) -> bool:
        """Keys of the buyer's people and its own: what other suppliers there are is nobody's business."""
        return not role.startswith("supplier:") or role == f"supplier:{self.supplier}"

    def row(self, table: str, row: Row) -> bool:
        rule = _MINE.get(table)
        return rule is not None and rule(self, row)


_MINE: Mapping[str, Callable[[Share, Row], bool]] = {
    "scan": lambda _, row: True,  # noqa: ARG005 (a table of rules)
    "role_key": lambda mine, row: mine.role(row["role"]),
    "snapshot": lambda mine, row: row["id"] in mine.snapshots,
    "asset": lambda mine, row: row["id"] in mine.assets,
    "asset_name": lambda mine, row: row["asset_id"] in mine.assets,
    "asset_identity": lambda mine, row: row["asset_id"] in mine.assets,
    "scan_asset": lambda mine, row: row["id"] in mine.visits,
    "attempt": lambda mine, row: row["visit_id"] in mine.visits,
    "evidence": lambda mine, row: row["visit_id"] in mine.visits and not row["query"].startswith("estate:"),
    "check_run": lambda mine, row: row["visit_id"] in mine.visits,
    "ruling": lambda mine, row: row["id"] in mine.rulings,
    "finding": lambda mine, row: row["asset_id"] in mine.assets,
    "attachment": lambda mine, row: row["event_seq"] in mine.events,
}


class Copy:
    """The rows behind the report of one scan, read in one transaction."""

    def __init__(self, connection: Connection, scan_id: int) -> None:
        self._connection = connection
        self.scan_id = scan_id
        self.here, self.carried = self._visits()

    def _visits(self) -> tuple[list[int], list[int]]:
        """Visits of the scan and of imports, and older ones that findings rest on which it did not see again."""
        imports = select(scan.c.id).where(scan.c.kind == ScanKind.IMPORT.value, scan.c.id < self.scan_id)
        whole = (scan_asset.c.scan_id == self.scan_id) | scan_asset.c.scan_id.in_(imports)
        here = self._ids(select(scan_asset.c.id).where(whole))
        started = self._connection.execute(select(scan.c.started_at).where(scan.c.id == self.scan_id)).scalar_one()
        closed = finding.c.state.in_([state.value for state in CLOSED]) & (finding.c.moved_at < started)
        rests = select(finding.c.last_fail_scan, finding.c.asset_id).where(~closed).distinct()
        pairs = {(row.last_fail_scan, row.asset_id) for row in self._connection.execute(rests)}
        later = {asset_id for scan_id, asset_id in pairs if scan_id > self.scan_id}
        known = select(scan_asset.c.id, scan_asset.c.scan_id, scan_asset.c.asset_id).where(
            scan_asset.c.scan_id < self.scan_id, scan_asset.c.asset_id.is_not(None)
        )
        last: dict[int, int] = {}
        wanted = set()
        for row in self._connection.execute(known.order_by(scan_asset.c.scan_id)):
            last[row.asset_id] = row.id
            if (row.scan_id, row.asset_id) in pairs or row.asset_id in later:
                wanted.add(row.id)
        return here, sorted((wanted | set(last.values())) - set(here))

    def _ids(self, asked: Select[*tuple[Any, ...]]) -> list[int]:
        return sorted(self._connection.execute(asked).scalars())

    def events(self) -> Iterator[Row]:
        return self._rows(event, select(event).order_by(event.c.seq))

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Every table that a report may read, by name."""
        for name, table in sorted(metadata.tables.items()):
            if table not in LEFT_OUT | APART:
                yield name, self._of(table)

    def _of(self, table: Table) -> Iterator[Row]:
        if table is scan_asset:
            return self._among(table, scan_asset.c.id, sorted({*self.here, *self.carried}))
        if table is attempt:
            return self._among(table, attempt.c.visit_id, sorted({*self.here, *self.carried}))
        if table is evidence:
            return self._among(table, evidence.c.visit_id, self.here)
        if table is check_run:
            return self._runs()
        if table is ruling:
            return self._among(table, ruling.c.id, sorted(self._rulings()))
        if table is snapshot:
            return self._snapshots()
        return self._rows(table, select(table).order_by(*table.primary_key.columns))

    def _rows(self, table: Table, asked: Select[*tuple[Any, ...]]) -> Iterator[Row]:
        options = {"yield_per": 2_000}
        return (as_json(row, table) for row in self._connection.execute(asked, execution_options=options))

    def _among(
        self, table: Table, column: Column[Any], ids: Sequence[int], more: Select[*tuple[Any, ...]] | None = None
    ) -> Iterator[Row]:
        asked = (select(table) if more is None else more).order_by(*table.primary_key.columns)
        for start in range(0, len(ids), CHUNK):
            yield from self._rows(table, asked.where(column.in_(ids[start : start + CHUNK])))

    def _runs(self) -> Iterator[Row]:
        """All of the scan; of older visits what failed."""
        failed = select(check_run).join(ruling, ruling.c.id == check_run.c.ruling_id).where(ruling.c.outcome == "fail")
        yield from self._among(check_run, check_run.c.visit_id, self.here)
        yield from self._among(check_run, check_run.c.visit_id, self.carried, failed)

    def _rulings(self) -> set[int]:
        return {row["ruling_id"] for row in self._runs()}

    def _snapshots(self) -> Iterator[Row]:
        """All but what only other visits referred to; of estates without how to log in."""
        visits = scan_asset.c.id.in_(select(scan_asset.c.id)) & scan_asset.c.scan_id.is_not(None)
        pairs = select(scan_asset.c.id, scan_asset.c.snapshot_id, scan_asset.c.identity_id).where(visits)
        mine, kept, others = {*self.here, *self.carried}, set[int](), set[int]()
        for row in self._connection.execute(pairs):
            (kept if row.id in mine else others).update(n for n in (row.snapshot_id, row.identity_id) if n)
        estates = set(self._connection.execute(select(scan.c.estate_id)).scalars())
        for row_ in self._rows(snapshot, select(snapshot).order_by(snapshot.c.id)):
            if row_["id"] in kept or row_["id"] not in others:
                yield _without_logins(row_) if row_["id"] in estates else row_

    def blobs(self) -> Iterator[tuple[str, int]]:
        """Digest and id of every answer and file that the record still holds and the report or an event rests on."""
        asked = select(blob.c.sha256, blob.c.id).order_by(blob.c.sha256)
        return ((bytes(row.sha256).hex(), row.id) for row in self._connection.execute(asked))

    def blob_ids(self, tables: Iterable[Table], visits: Collection[int] | None = None) -> set[int]:
        """Ids of blobs that rows of these tables name; of ``evidence`` only that of ``visits``."""
        found: set[int] = set()
        for table in tables:
            if table is evidence:
                found |= {row["blob_id"] for row in self._among(table, evidence.c.visit_id, sorted(visits or ()))}
            else:
                found |= set(self._connection.execute(select(table.c.blob_id)).scalars())
        return found

    def count(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(event)).scalar_one())

    def share(self, supplier: str) -> Share:
        """What belongs to a supplier: its assets as they were last planned, and all that hangs on them."""
        mine = Share(supplier)
        self._own_visits(mine, supplier)
        for row in self._connection.execute(select(asset.c.id, asset.c.uid).where(asset.c.id.in_(mine.assets))):
            mine.uids.add(row.uid)
        prints = select(finding.c.fingerprint).where(finding.c.asset_id.in_(mine.assets))
        mine.prints.update(self._connection.execute(prints).scalars())
        mine.rulings.update(row["ruling_id"] for row in self._runs() if row["visit_id"] in mine.visits)
        return mine

    def _own_visits(self, mine: Share, supplier: str) -> None:
        asked = select(scan_asset, snapshot.c.content).join(snapshot, snapshot.c.id == scan_asset.c.snapshot_id)
        newest: dict[int | None, bool] = {}
        rows = []
        for row in self._connection.execute(asked.order_by(scan_asset.c.id)):
            belongs = json.loads(row.content).get("supplier") == supplier
            newest[row.asset_id] = belongs
            rows.append((row.id, row.asset_id, belongs, row.snapshot_id, row.identity_id))
        wanted = {*self.here, *self.carried}
        mine.assets.update(asset_id for asset_id, belongs in newest.items() if belongs and asset_id is not None)
        for visit, asset_id, belongs, *texts in rows:
            if visit in wanted and (asset_id in mine.assets if asset_id is not None else belongs):
                mine.visits.add(visit)
                mine.snapshots.update(text for text in texts if text is not None)


def _without_logins(row: Row) -> Row:
    """An estate without its credentials (they are references) and without places on the machine that scanned."""
    content = json.loads(row["content"])
    places = {name: "" for name in ("source", "branding") if name in content}
    return {**row, "content": canonical({**content, "credentials": {}, **places}).decode()}


# and back


class Restoring:
    """Fills a new SQLite record from rows. Raises :class:`StoreError` when they are not those of a record."""

    def __init__(self, path: Path) -> None:
        self._engine = create_engine(f"sqlite:///{path}")  # rows of other scans are not here: foreign keys stay off
        with self._engine.begin() as connection:
            metadata.create_all(connection, checkfirst=False)
            version.create(connection)
            connection.execute(version.insert().values(version_num=HEAD))

    def table(self, name: str, rows: Iterable[Row]) -> None:
        table = metadata.tables.get(name)
        if table is None or table in LEFT_OUT:
            raise StoreError(f"{name!r:.60} is no table of a report")
        some: list[Row] = []
        try:
            with self._engine.begin() as connection:
                for row in rows:
                    some.append(_restored(table, row))
                    if len(some) >= AT_ONCE:
                        connection.execute(table.insert(), some)
                        some.clear()
                if some:
                    connection.execute(table.insert(), some)
        except (SQLAlchemyError, ValueError, TypeError, LookupError) as fault:
            raise StoreError(f"the rows of {name} cannot be read back: {type(fault).__name__}") from fault

    def blob(self, number: int, sha256: str, data: bytes) -> Row:
        """A row for the table of blobs."""
        packed = compressed(data)
        return {"id": number, "sha256": bytes.fromhex(sha256), "size": len(data), "stored": len(packed), "data": packed}

    def close(self) -> None:
        self._engine.dispose()


def _restored(table: Table, row: Row) -> Row:
    return {name: _value(table.c[name], value) for name, value in row.items()}


def _value(column: Column[Any], value: object) -> object:
    if value is None:
        return None
    if isinstance(column.type, Utc):
        return datetime.fromisoformat(str(value))
    if isinstance(column.type, LargeBinary) and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    return value
