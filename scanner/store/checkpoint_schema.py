"""The table of checkpoints: signed heads of the chain of events. It belongs to the record's metadata.

What was handed out can be handed out again, and a checkpoint is never changed: triggers refuse it, as with events.
"""

from sqlalchemy import DDL, Column, Integer, LargeBinary, String, Table, Text
from sqlalchemy import event as on

from scanner.store.schema import Utc, metadata
from scanner.store.series_schema import guards

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("events", Integer, primary_key=True, autoincrement=False),  # how many it covers
    Column("root", String(64), nullable=False),  # Merkle, RFC 6962
    Column("at", Utc, nullable=False),
    Column("statement", Text, nullable=False),  # canonical JSON: what is signed
    Column("key_id", String(64), nullable=False),
    Column("signature", LargeBinary, nullable=False),  # Ed25519 over DSSE's encoding of the statement
)

for _dialect in ("sqlite", "postgresql"):
    for _guard in guards(checkpoint.name, _dialect):
        on.listen(checkpoint, "after_create", DDL(_guard).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy's DDL has no types
