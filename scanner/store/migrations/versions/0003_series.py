"""Series: what is watched, the journal of samples, changes of state, outages, seals, registers, schedules."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
)

from scanner.store.series_schema import SERIES_IS_FINAL, guards

revision = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

FINAL = ("watch_version", "state_change", "hour_seal", "maintenance")


def upgrade() -> None:
    _watches()
    _samples()
    _states()
    _days_and_seals()
    _queues()
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(SERIES_IS_FINAL)
    for name in FINAL:
        for guard in guards(name, dialect):
            op.execute(guard)


def _one_of(column: str, *values: str) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def _watches() -> None:
    op.create_table(
        "watch",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("name", Text, nullable=False),
        Column("vantage", Text, nullable=False),
        UniqueConstraint("name", "vantage"),
    )
    op.create_table(
        "watch_version",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("watch_id", Integer, ForeignKey("watch.id"), nullable=False),
        Column("definition_id", Integer, ForeignKey("snapshot.id")),
        Column("at", BigInteger, nullable=False),
    )
    op.create_index(None, "watch_version", ["watch_id"])
    op.create_table(
        "prober_run",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("started", BigInteger, nullable=False),
        Column("alive_until", BigInteger, nullable=False),
        Column("ended", BigInteger),
        Column("tool_version", String(64), nullable=False),
        Column("pid", Integer, nullable=False),
        Column("process_start", String(32), nullable=False),
        Column("machine", String(255), nullable=False),
        Column("place", String(400), nullable=False),
    )


def _samples() -> None:
    op.create_table(
        "sample_batch",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("run_id", Integer, ForeignKey("prober_run.id"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("pending", Text, nullable=False),
        Column("data", LargeBinary, nullable=False),
        UniqueConstraint("run_id", "number"),
    )
    op.create_index(None, "sample_batch", ["at"])
    op.create_table(
        "sample_hour",
        Column("hour", BigInteger, nullable=False),
        Column("first_watch", Integer, nullable=False),
        Column("data", LargeBinary, nullable=False),
        PrimaryKeyConstraint("hour", "first_watch"),
    )
    op.create_table(
        "fleet_state",
        Column("batch", Integer, primary_key=True, autoincrement=False),
        Column("rules_id", Integer, ForeignKey("snapshot.id"), nullable=False),
        Column("data", LargeBinary, nullable=False),
    )


def _states() -> None:
    op.create_table(
        "state_change",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("watch_id", Integer, ForeignKey("watch.id"), nullable=False),
        Column("start", BigInteger, nullable=False),
        Column("state", String(16), nullable=False),
        Column("reason", Text, nullable=False),
        Column("after", BigInteger),
        Column("batch", Integer, nullable=False),
        Column("learned_at", BigInteger, nullable=False),
        Column("evidence", LargeBinary),
        _one_of("state", "up", "degraded", "down", "unknown", "excluded"),
    )
    op.create_index(None, "state_change", ["batch"])
    op.create_index(None, "state_change", ["watch_id", "id"])
    op.create_table(
        "watch_now",
        Column("watch_id", Integer, ForeignKey("watch.id"), primary_key=True),
        Column("change_id", Integer, ForeignKey("state_change.id"), nullable=False),
        Column("start", BigInteger, nullable=False),
        Column("state", String(16), nullable=False),
    )
    op.create_table(
        "outage",
        Column("key", Text, primary_key=True),
        Column("watch_id", Integer, ForeignKey("watch.id"), nullable=False),
        Column("start", BigInteger, nullable=False),
        Column("after", BigInteger),
        Column("reason", Text, nullable=False),
        Column("confirmed_at", BigInteger, nullable=False),
        Column("ended", BigInteger),
        Column("last_failed", BigInteger),
        Column("children", Text, nullable=False),
        Column("absorbed_into", Text, nullable=False),
    )
    op.create_index(None, "outage", ["watch_id"])
    op.create_index(None, "outage", ["start"])


def _days_and_seals() -> None:
    op.create_table(
        "series_day",
        Column("day", Integer, nullable=False),
        Column("watch_id", Integer, ForeignKey("watch.id"), nullable=False),
        Column("data", LargeBinary, nullable=False),
        PrimaryKeyConstraint("watch_id", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hour_seal",
        Column("hour", BigInteger, primary_key=True, autoincrement=False),
        Column("sealed_at", BigInteger, nullable=False),
        Column("last_batch", Integer, nullable=False),
        Column("statement", Text, nullable=False),
        Column("hash", String(64), nullable=False, unique=True),
        Column("key_id", String(64), nullable=False),
        Column("signature", LargeBinary, nullable=False),
    )
    op.create_table(
        "seal_leaves",
        Column("hour", BigInteger, ForeignKey("hour_seal.hour"), primary_key=True),
        Column("data", LargeBinary, nullable=False),
    )
    op.create_table(
        "maintenance",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("name", Text, nullable=False),
        Column("content_id", Integer, ForeignKey("snapshot.id")),
        Column("registered_at", BigInteger, nullable=False),
    )
    op.create_index(None, "maintenance", ["name"])


def _queues() -> None:
    op.create_table(
        "notification",
        Column("id", Integer, primary_key=True),
        Column("channel", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_at", BigInteger),
        Column("sent_at", BigInteger),
        Column("error", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "notification", ["next_at"])
    states = ("claimed", "running", "done", "partial", "failed", "missed", "skipped", "abandoned")
    op.create_table(
        "schedule_run",
        Column("schedule_id", Text, primary_key=True),
        Column("due_at", BigInteger, primary_key=True),
        Column("state", String(16), nullable=False),
        Column("claimed_by", Text, nullable=False),
        Column("lease_until", BigInteger),
        Column("started", BigInteger),
        Column("ended", BigInteger),
        Column("scan_id", Integer),
        Column("note", Text, nullable=False),
        _one_of("state", *states),
    )
    op.create_table(
        "control",
        Column("id", Integer, primary_key=True),
        Column("what", String(16), nullable=False),
        Column("argument", Text, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("said_by", Text, nullable=False),
        Column("handled_at", BigInteger),
        sqlite_autoincrement=True,
    )
