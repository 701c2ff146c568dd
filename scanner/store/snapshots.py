"""Canonical JSON texts, each stored once: what the inventory said, what a host presented."""

import hashlib

from sqlalchemy import Connection, bindparam, select

from scanner.store.prepared import Numbered, Prepared
from scanner.store.records import StoreError
from scanner.store.schema import snapshot

_NUMBERED = Numbered(snapshot)
_TEXT = Prepared(select(snapshot.c.content).where(snapshot.c.id == bindparam("number")))


def save_texts(connection: Connection, texts: list[str]) -> list[int]:
    """The number of each text, in the same order."""
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return _NUMBERED.save(connection, digests, lambda place: {"content": texts[place]})


def read_text(connection: Connection, number: int) -> str:
    """Raises :class:`StoreError` when there is none with that number."""
    row = _TEXT.first(connection, {"number": number})
    if row is None:
        raise StoreError(f"text {number} is no longer in the record")
    return str(row.content)
