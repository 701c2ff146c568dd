"""Update findings: a severity and members of their own; scans that judge supplied lists or stored evidence."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

BEFORE = "kind IN ('scan', 'verify')"
AFTER = "kind IN ('scan', 'verify', 'import', 'evaluate')"


def upgrade() -> None:
    op.add_column("ruling", Column("severity", String(16)))
    op.add_column("ruling", Column("members", Text))
    op.add_column("finding", Column("severity", String(16)))
    if op.get_bind().dialect.name == "sqlite":
        _allow_on_sqlite()
    else:
        op.drop_constraint(op.f("ck_scan_kind"), "scan", type_="check")
        op.create_check_constraint("kind", "scan", AFTER)


def _allow_on_sqlite() -> None:
    """A CHECK is changed in the schema itself: the second procedure of SQLite's lang_altertable.html, section 7."""
    connection = op.get_bind()
    number = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    change = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'scan'"
    connection.exec_driver_sql(change, (BEFORE, AFTER))
    connection.exec_driver_sql(f"PRAGMA schema_version={int(number) + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
