"""The first record: scans, assets, evidence, findings and the chain of events."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)

from scanner.store.schema import POSTGRES_GUARDS, SQLITE_GUARDS, Utc

revision = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _inventory()
    _scans()
    _evidence()
    _findings()
    for guard in {"sqlite": SQLITE_GUARDS, "postgresql": POSTGRES_GUARDS}.get(op.get_bind().dialect.name, ()):
        op.execute(guard)


def _one_of(column: str, *values: str) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def _inventory() -> None:
    op.create_table(
        "snapshot",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("sha256", LargeBinary(32), nullable=False),
        Column("content", Text, nullable=False),
        UniqueConstraint("sha256"),
    )
    op.create_table(
        "asset",
        Column("id", Integer, primary_key=True),
        Column("uid", String(64), nullable=False),
        Column("name", Text, nullable=False),
        Column("generation", Integer, nullable=False),
        Column("first_scan", Integer, nullable=False),
        Column("last_scan", Integer, nullable=False),
        Column("reviewed_scan", Integer, nullable=False),
        UniqueConstraint("uid"),
    )
    op.create_index("ix_asset_name", "asset", ["name"])
    op.create_table(
        "asset_name",
        Column("asset_id", Integer, ForeignKey("asset.id"), primary_key=True),
        Column("name", Text, primary_key=True),
        Column("first_scan", Integer, nullable=False),
        Column("last_scan", Integer, nullable=False),
    )
    op.create_table(
        "asset_identity",
        Column("asset_id", Integer, ForeignKey("asset.id"), primary_key=True),
        Column("kind", String(32), primary_key=True),
        Column("value", String(255), primary_key=True),
        Column("strong", Boolean, nullable=False),
        Column("disputed", Boolean, nullable=False),
        Column("generation", Integer, nullable=False),
        Column("first_scan", Integer, nullable=False),
        Column("last_scan", Integer, nullable=False),
    )
    op.create_index("ix_asset_identity_value_kind", "asset_identity", ["value", "kind"])
    op.create_table(
        "host_key",
        Column("address", String(255), primary_key=True),
        Column("port", Integer, primary_key=True),
        Column("type", String(64), primary_key=True),
        Column("key", Text, nullable=False),
        Column("pinned_at", Utc(), nullable=False),
        Column("how", String(64), nullable=False),
    )


def _scans() -> None:
    op.create_table(
        "scan",
        Column("id", Integer, primary_key=True),
        Column("kind", String(16), nullable=False),
        Column("state", String(16), nullable=False),
        Column("estate", Text, nullable=False),
        Column("marking", Text, nullable=False),
        Column("estate_id", Integer, ForeignKey("snapshot.id"), nullable=False),
        Column("plan_id", Integer, ForeignKey("snapshot.id"), nullable=False),
        Column("started_at", Utc(), nullable=False),
        Column("ended_at", Utc()),
        Column("heartbeat_at", Utc(), nullable=False),
        Column("tool_version", String(64), nullable=False),
        Column("inventory_digest", String(128), nullable=False),
        Column("catalogue_digest", String(128), nullable=False),
        Column("support_digest", String(128), nullable=False),
        Column("support_snapshot", String(32), nullable=False),
        Column("planned", Integer, nullable=False),
        Column("done", Integer, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("process_start", String(32), nullable=False),
        Column("machine", String(255), nullable=False),
        Column("place", String(400), nullable=False),
        Column("purged_at", Utc()),
        _one_of("kind", "scan", "verify"),
        _one_of("state", "running", "complete", "partial", "interrupted"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "scan_asset",
        Column("id", Integer, primary_key=True),
        Column("scan_id", Integer, ForeignKey("scan.id"), nullable=False),
        Column("position", Integer, nullable=False),
        Column("name", Text, nullable=False),
        Column("snapshot_id", Integer, ForeignKey("snapshot.id"), nullable=False),
        Column("asset_id", Integer, ForeignKey("asset.id")),
        Column("identity_id", Integer, ForeignKey("snapshot.id")),
        Column("os_name", Text),
        Column("finished_at", Utc()),
        Column("identity_note", Text, nullable=False, server_default=""),
        UniqueConstraint("scan_id", "name"),
    )
    op.create_index("ix_scan_asset_asset_id_scan_id", "scan_asset", ["asset_id", "scan_id"])
    op.create_table(
        "attempt",
        Column("visit_id", Integer, ForeignKey("scan_asset.id"), primary_key=True),
        Column("way", String(16), nullable=False),
        Column("reached", Boolean, nullable=False),
        Column("logged_in", Boolean, nullable=False),
        Column("privilege", String(8), nullable=False),
        Column("reason", String(64)),
        Column("detail", Text, nullable=False),
        Column("peer", Text, nullable=False),
        Column("host_key", Text, nullable=False),
        Column("started_at", Utc(), nullable=False),
        Column("seconds", Double, nullable=False),
        _one_of("privilege", "none", "user", "root"),
    )


def _evidence() -> None:
    op.create_table(
        "blob",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("sha256", LargeBinary(32), nullable=False),
        Column("size", Integer, nullable=False),
        Column("stored", Integer, nullable=False),
        Column("data", LargeBinary),
        UniqueConstraint("sha256"),
    )
    op.create_table(
        "evidence",
        Column("visit_id", Integer, ForeignKey("scan_asset.id"), primary_key=True),
        Column("position", Integer, primary_key=True),
        Column("query", String(64), nullable=False),
        Column("blob_id", Integer, ForeignKey("blob.id"), nullable=False),
        Column("reason", String(64)),
        Column("detail", Text),
        Column("exit_code", Integer),
        Column("privilege", String(8), nullable=False),
        Column("asked_at", Double, nullable=False),
        Column("answered_at", Double, nullable=False),
        _one_of("privilege", "none", "user", "root"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_evidence_blob_id", "evidence", ["blob_id"])
    op.create_table(
        "ruling",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("sha256", LargeBinary(32), nullable=False),
        Column("check_id", String(128), nullable=False),
        Column("check_version", Integer, nullable=False),
        Column("outcome", String(16), nullable=False),
        Column("observed", Text, nullable=False),
        Column("subject_kind", Text, nullable=False),
        Column("subject_key", Text, nullable=False),
        Column("reason", String(64)),
        Column("privilege", String(8), nullable=False),
        Column("facts", Text, nullable=False),
        _one_of("outcome", "pass", "fail", "not_applicable", "not_assessed", "error"),
        _one_of("privilege", "none", "user", "root"),
        UniqueConstraint("sha256"),
    )
    op.create_table(
        "check_run",
        Column("visit_id", Integer, ForeignKey("scan_asset.id"), primary_key=True),
        Column("position", Integer, primary_key=True),
        Column("ruling_id", Integer, ForeignKey("ruling.id"), nullable=False),
        sqlite_with_rowid=False,
    )


def _findings() -> None:
    op.create_table(
        "finding",
        Column("number", Integer, primary_key=True),
        Column("fingerprint", String(64), nullable=False),
        Column("asset_id", Integer, ForeignKey("asset.id"), nullable=False),
        Column("family", String(128), nullable=False),
        Column("check_id", String(128), nullable=False),
        Column("check_version", Integer, nullable=False),
        Column("subject_kind", Text, nullable=False),
        Column("subject_key", Text, nullable=False),
        Column("state", String(32), nullable=False),
        Column("episode", Integer, nullable=False),
        Column("first_seen", Utc(), nullable=False),
        Column("last_seen", Utc(), nullable=False),
        Column("moved_at", Utc(), nullable=False),
        Column("first_scan", Integer, ForeignKey("scan.id"), nullable=False),
        Column("last_fail_scan", Integer, ForeignKey("scan.id"), nullable=False),
        Column("last_pass_scan", Integer, ForeignKey("scan.id")),
        Column("observed", Text, nullable=False),
        _one_of(
            "state",
            "OPEN",
            "CLAIMED_FIXED",
            "CLAIM_UNVERIFIABLE",
            "VERIFIED_FIXED",
            "MITIGATED",
            "ACCEPTANCE_REQUESTED",
            "RISK_ACCEPTED",
            "FALSE_POSITIVE_PROPOSED",
            "FALSE_POSITIVE",
            "STALE",
            "OUT_OF_SERVICE",
        ),
        UniqueConstraint("fingerprint"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_finding_asset_id", "finding", ["asset_id"])
    op.create_table(
        "event",
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("fingerprint", String(80), nullable=False),
        Column("at", Utc(), nullable=False),
        Column("actor", Text, nullable=False),
        Column("role", String(32), nullable=False),
        Column("from_state", String(32), nullable=False),
        Column("to_state", String(32), nullable=False),
        Column("proof", Text, nullable=False),
        Column("scan_id", Integer, ForeignKey("scan.id")),
        Column("previous", String(64), nullable=False),
        Column("hash", String(64), nullable=False),
        UniqueConstraint("previous"),
    )
    op.create_index("ix_event_fingerprint", "event", ["fingerprint"])
    op.create_index("ix_event_scan_id", "event", ["scan_id"])
