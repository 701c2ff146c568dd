"""Canonical JSON texts, each stored once: what the inventory said, what a host presented."""

import hashlib

from sqlalchemy import Connection, select

from scanner.store.prepared import Numbered
from scanner.store.schema import snapshot

_NUMBERED = Numbered(snapshot)


def save_texts(connection: Connection, texts: list[str]) -> list[int]:
    """The number of each text, in the same order."""
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return _NUMBERED.save(connection, digests, lambda place: {"content": texts[place]})


def read_text(connection: Connection, number: int) -> str:
    return str(connection.execute(select(snapshot.c.content).where(snapshot.c.id == number)).scalar_one())
