"""Tables of imported results: which file was taken in, and what its tool says of each of its rules."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from scanner.store.schema import Utc, metadata

import_file = Table(
    "import_file",  # one file, taken in by one scan of kind import
    metadata,
    Column("scan_id", ForeignKey("scan.id"), primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, index=True),  # of the file as it was supplied
    Column("blob_id", ForeignKey("blob.id"), nullable=False, index=True),  # the file without its secrets
    Column("file", Text, nullable=False),
    Column("format", String(32), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", Utc),  # of the other tool's scan, as the file tells it
    Column("ended_at", Utc),
    Column("supplied_by", Text, nullable=False),
    Column("tester", Text, nullable=False),  # "" no person reported it
    Column("told_id", ForeignKey("snapshot.id"), nullable=False),  # hosts that match no asset, notes
)

import_rule = Table(
    "import_rule",  # what the tool says of one rule: title, severity, remedy
    metadata,
    Column("scan_id", Integer, ForeignKey("scan.id"), primary_key=True),
    Column("check_id", String(128), primary_key=True),
    Column("snapshot_id", ForeignKey("snapshot.id"), nullable=False),
    Index(None, "check_id"),
)
