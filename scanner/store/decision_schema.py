"""Tables of what people do: the registry of their keys, and the files that their statements name.

Statements and signatures are in the chain of events. Nothing here is ever changed or deleted: triggers refuse it.
"""

from sqlalchemy import DDL, Column, ForeignKey, Integer, String, Table, Text
from sqlalchemy import event as on

from scanner.store.schema import Utc, metadata
from scanner.store.series_schema import guards

role_key = Table(
    "role_key",  # one admission or revocation of a public key
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_id", String(64), nullable=False, index=True),  # sha256 of the raw public key
    Column("what", String(16), nullable=False),  # admitted, revoked
    Column("role", String(32), nullable=False),
    Column("name", Text, nullable=False),  # the person or firm
    Column("public_key", String(64), nullable=False),  # the raw 32 bytes in hexadecimal
    Column("at", Utc, nullable=False),  # holds from then on
    Column("until", Utc),  # of an admission: good until then; None: until it is revoked
    Column("event_seq", ForeignKey("event.seq"), nullable=False),
)

attachment = Table(
    "attachment",  # a file that a statement names
    metadata,
    Column("event_seq", ForeignKey("event.seq"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("blob_id", ForeignKey("blob.id"), nullable=False, index=True),
)

TABLES = (role_key, attachment)


for _table in TABLES:
    for _dialect in ("sqlite", "postgresql"):
        for _guard in guards(_table.name, _dialect):
            on.listen(_table, "after_create", DDL(_guard).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy's DDL has no types
