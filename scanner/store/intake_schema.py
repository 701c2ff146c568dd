"""The table of tokens with which machines hand in snapshots of themselves over HTTPS."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from scanner.store.schema import Utc, metadata

intake_token = Table(
    "intake_token",  # of one machine; the token itself is nowhere, only its hash
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_id", String(16), nullable=False, unique=True),  # the part of the token that is no secret
    Column("sha256", LargeBinary(32), nullable=False),  # of the whole token, which is 256 random bits and its id
    Column("asset", Text, nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
    Column("collected_at", Utc),  # of the last snapshot that was received with it
    Column("received_at", Utc),
    Column("document", LargeBinary(32)),  # sha256 of that snapshot
)
