"""Tokens with which machines hand in snapshots of themselves."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, String, Text

from scanner.store.schema import Utc

revision = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "intake_token",
        Column("id", Integer, primary_key=True),
        Column("token_id", String(16), nullable=False, unique=True),
        Column("sha256", LargeBinary(32), nullable=False),
        Column("asset", Text, nullable=False),
        Column("created_at", Utc, nullable=False),
        Column("revoked_at", Utc),
        Column("collected_at", Utc),
        Column("received_at", Utc),
        Column("document", LargeBinary(32)),
    )
    op.create_index(None, "intake_token", ["asset"])
