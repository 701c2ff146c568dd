"""The life of findings beyond a scan: decisions of people, imported results, checkpoints."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Text

from scanner.store.schema import Utc
from scanner.store.series_schema import guards

revision = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _decisions()
    _imports()
    _checkpoints()


def _decisions() -> None:
    """Role keys and the signed statements of people."""
    op.create_table(
        "role_key",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("key_id", String(64), nullable=False),
        Column("what", String(16), nullable=False),
        Column("role", String(32), nullable=False),
        Column("name", Text, nullable=False),
        Column("public_key", String(64), nullable=False),
        Column("at", Utc, nullable=False),
        Column("until", Utc),
        Column("event_seq", Integer, ForeignKey("event.seq"), nullable=False),
    )
    op.create_index(None, "role_key", ["key_id"])
    op.create_table(
        "attachment",
        Column("event_seq", Integer, ForeignKey("event.seq"), primary_key=True),
        Column("position", Integer, primary_key=True),
        Column("name", Text, nullable=False),
        Column("blob_id", Integer, ForeignKey("blob.id"), nullable=False),
    )
    op.create_index(None, "attachment", ["blob_id"])
    for name in ("role_key", "attachment"):
        for guard in guards(name, op.get_bind().dialect.name):
            op.execute(guard)


def _imports() -> None:
    """What other tools and testers reported."""
    op.create_table(
        "import_file",
        Column("scan_id", Integer, ForeignKey("scan.id"), primary_key=True),
        Column("sha256", LargeBinary(32), nullable=False),
        Column("blob_id", Integer, ForeignKey("blob.id"), nullable=False),
        Column("file", Text, nullable=False),
        Column("format", String(32), nullable=False),
        Column("tool", String(64), nullable=False),
        Column("version", Text, nullable=False),
        Column("started_at", Utc),
        Column("ended_at", Utc),
        Column("supplied_by", Text, nullable=False),
        Column("tester", Text, nullable=False),
        Column("told_id", Integer, ForeignKey("snapshot.id"), nullable=False),
    )
    op.create_index(None, "import_file", ["sha256"])
    op.create_index(None, "import_file", ["blob_id"])
    op.create_table(
        "import_rule",
        Column("scan_id", Integer, ForeignKey("scan.id"), primary_key=True),
        Column("check_id", String(128), primary_key=True),
        Column("snapshot_id", Integer, ForeignKey("snapshot.id"), nullable=False),
    )
    op.create_index(None, "import_rule", ["check_id"])


def _checkpoints() -> None:
    """Signed heads of the chain of events."""
    op.create_table(
        "checkpoint",
        Column("events", Integer, primary_key=True, autoincrement=False),
        Column("root", String(64), nullable=False),
        Column("at", Utc, nullable=False),
        Column("statement", Text, nullable=False),
        Column("key_id", String(64), nullable=False),
        Column("signature", LargeBinary, nullable=False),
    )
    for guard in guards("checkpoint", op.get_bind().dialect.name):
        op.execute(guard)
