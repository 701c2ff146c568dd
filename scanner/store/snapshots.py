"""Canonical JSON texts, each stored once: what the inventory said, what a host presented."""

import hashlib

from sqlalchemy import Connection, select

from scanner.store.prepared import Lookup, insertion
from scanner.store.schema import snapshot

_IDS = Lookup(select(snapshot.c.sha256, snapshot.c.id), snapshot.c.sha256)
_ADD = insertion(snapshot)


def save_texts(connection: Connection, texts: list[str]) -> list[int]:
    """The number of each text, in the same order."""
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    ids = dict(_IDS.rows(connection, digests))
    new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in ids}
    if new:
        rows = [{"sha256": digest, "content": text} for digest, text in new.items()]
        _ADD.run_many(connection, rows)
        ids |= dict(_IDS.rows(connection, list(new)))
    return [ids[digest] for digest in digests]


def read_text(connection: Connection, number: int) -> str:
    return str(connection.execute(select(snapshot.c.content).where(snapshot.c.id == number)).scalar_one())
