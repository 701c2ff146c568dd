"""The tables of the record. They work on SQLite and PostgreSQL; ``migrations`` tells how an older record gets here.

Documents (inventory snapshots, check runs, evidence) are content-addressed: a second look at an unchanged host adds
only rows of a few integers. Nothing ever changes or deletes an ``event``: triggers refuse it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    DDL,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import event as on

from checks.finding import Outcome
from checks.lifecycle import State
from inventory.asset import Privilege
from scanner.store.records import ScanKind, ScanState

REVISIONS = ("0001", "0002", "0003", "0004", "0005")  # oldest first; the last one is what this version writes
HEAD = REVISIONS[-1]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Utc(TypeDecorator[datetime]):
    """A moment. Goes in aware, in any zone; comes out aware, in UTC, also on SQLite. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone and cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """A CHECK in place of a native enum, whose new values Alembic does not see."""
    allowed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


Stored = Row[*tuple[Any, ...]]  # one row of any of the tables below

metadata = MetaData(naming_convention=NAMING)

snapshot = Table(
    "snapshot",  # canonical JSON, each text once: estates, assets, identities
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("content", Text, nullable=False),
)

scan = Table(
    "scan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("estate", Text, nullable=False),
    Column("marking", Text, nullable=False),
    Column("estate_id", ForeignKey("snapshot.id"), nullable=False),
    Column("plan_id", ForeignKey("snapshot.id"), nullable=False),  # checks, their families, options
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("heartbeat_at", Utc, nullable=False),
    Column("tool_version", String(64), nullable=False),
    Column("inventory_digest", String(128), nullable=False),
    Column("catalogue_digest", String(128), nullable=False),
    Column("support_digest", String(128), nullable=False),
    Column("support_snapshot", String(32), nullable=False),
    Column("planned", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_start", String(32), nullable=False),  # clock ticks after boot, "" unknown
    Column("machine", String(255), nullable=False),  # host name, for people
    Column("place", String(400), nullable=False),  # where the pid means something
    Column("purged_at", Utc),
    one_of("kind", ScanKind),
    one_of("state", ScanState),
    sqlite_autoincrement=True,
)

asset = Table(
    "asset",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False, index=True),  # at its last visit
    Column("generation", Integer, nullable=False),
    Column("first_scan", Integer, nullable=False),
    Column("last_scan", Integer, nullable=False),
    Column("reviewed_scan", Integer, nullable=False),  # a person settled its identity after this scan; 0 never
)

asset_name = Table(
    "asset_name",
    metadata,
    Column("asset_id", ForeignKey("asset.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("first_scan", Integer, nullable=False),
    Column("last_scan", Integer, nullable=False),
)

asset_identity = Table(
    "asset_identity",
    metadata,
    Column("asset_id", ForeignKey("asset.id"), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("value", String(255), primary_key=True),
    Column("strong", Boolean, nullable=False),
    Column("disputed", Boolean, nullable=False),  # seen under its name, not accepted as its own
    Column("generation", Integer, nullable=False),
    Column("first_scan", Integer, nullable=False),
    Column("last_scan", Integer, nullable=False),
    Index(None, "value", "kind"),
)

scan_asset = Table(
    "scan_asset",  # one planned asset of one scan, and what came of it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scan_id", ForeignKey("scan.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("snapshot_id", ForeignKey("snapshot.id"), nullable=False),
    Column("asset_id", ForeignKey("asset.id")),  # the four below: once it was visited
    Column("identity_id", ForeignKey("snapshot.id")),
    Column("os_name", Text),
    Column("finished_at", Utc),
    Column("identity_note", Text, nullable=False, server_default=""),
    UniqueConstraint("scan_id", "name"),
    Index(None, "asset_id", "scan_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("visit_id", ForeignKey("scan_asset.id"), primary_key=True),
    Column("way", String(16), nullable=False),
    Column("reached", Boolean, nullable=False),
    Column("logged_in", Boolean, nullable=False),
    Column("privilege", String(8), nullable=False),
    Column("reason", String(64)),
    Column("detail", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("host_key", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("seconds", Double, nullable=False),
    one_of("privilege", Privilege),
)

blob = Table(
    "blob",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),  # of the plaintext
    Column("size", Integer, nullable=False),  # of the plaintext
    Column("stored", Integer, nullable=False),  # bytes after zstd
    Column("data", LargeBinary),  # None: in a file of its own
)

evidence = Table(
    "evidence",
    metadata,
    Column("visit_id", ForeignKey("scan_asset.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("query", String(64), nullable=False),
    Column("blob_id", ForeignKey("blob.id"), nullable=False, index=True),
    Column("reason", String(64)),  # None: complete
    Column("detail", Text),
    Column("exit_code", Integer),
    Column("privilege", String(8), nullable=False),
    Column("asked_at", Double, nullable=False),
    Column("answered_at", Double, nullable=False),
    one_of("privilege", Privilege),
    sqlite_with_rowid=False,
)

ruling = Table(
    "ruling",  # what a check said, each text once; check_run tells where it said so
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("check_id", String(128), nullable=False),
    Column("check_version", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("observed", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_key", Text, nullable=False),
    Column("reason", String(64)),
    Column("privilege", String(8), nullable=False),
    Column("facts", Text, nullable=False),  # names, one blank between
    Column("severity", String(16)),  # None: the check's
    Column("members", Text),  # JSON; None: none
    one_of("outcome", Outcome),
    one_of("privilege", Privilege),
)

check_run = Table(
    "check_run",
    metadata,
    Column("visit_id", ForeignKey("scan_asset.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("ruling_id", ForeignKey("ruling.id"), nullable=False),
    sqlite_with_rowid=False,
)

finding = Table(
    "finding",
    metadata,
    Column("number", Integer, primary_key=True),  # EC-<number>, never used again
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("asset_id", ForeignKey("asset.id"), nullable=False, index=True),
    Column("family", String(128), nullable=False),
    Column("check_id", String(128), nullable=False),
    Column("check_version", Integer, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_key", Text, nullable=False),
    Column("state", String(32), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("first_seen", Utc, nullable=False),
    Column("last_seen", Utc, nullable=False),
    Column("moved_at", Utc, nullable=False),  # time of its latest event
    Column("first_scan", ForeignKey("scan.id"), nullable=False),
    Column("last_fail_scan", ForeignKey("scan.id"), nullable=False),
    Column("last_pass_scan", ForeignKey("scan.id")),
    Column("observed", Text, nullable=False),
    Column("severity", String(16)),  # at its last fail; None: the check's
    one_of("state", State),
    sqlite_autoincrement=True,
)

event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(80), nullable=False, index=True),  # or "asset:<uid>"
    Column("at", Utc, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", String(32), nullable=False),
    Column("from_state", String(32), nullable=False),
    Column("to_state", String(32), nullable=False),
    Column("proof", Text, nullable=False),
    Column("scan_id", ForeignKey("scan.id"), index=True),
    Column("previous", String(64), nullable=False, unique=True),  # the chain cannot fork
    Column("hash", String(64), nullable=False),
)

host_key = Table(
    "host_key",
    metadata,
    Column("address", String(255), primary_key=True),
    Column("port", Integer, primary_key=True),
    Column("type", String(64), primary_key=True),
    Column("key", Text, nullable=False),
    Column("pinned_at", Utc, nullable=False),
    Column("how", String(64), nullable=False),
)

version = Table(
    "alembic_version",  # as Alembic makes it, and outside the metadata that Alembic compares
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER event_no_{word.lower()} BEFORE {word} ON event "
    "BEGIN SELECT RAISE(ABORT, 'events are never changed or deleted'); END"
    for word in ("UPDATE", "DELETE")
)
POSTGRES_GUARDS = (
    "CREATE FUNCTION event_is_final() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'events are never changed or deleted'; END $$",
    "CREATE TRIGGER event_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
    "FOR EACH STATEMENT EXECUTE FUNCTION event_is_final()",
)
for _dialect, _guards in (("sqlite", SQLITE_GUARDS), ("postgresql", POSTGRES_GUARDS)):
    for _guard in _guards:
        on.listen(event, "after_create", DDL(_guard).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy's DDL has no types
