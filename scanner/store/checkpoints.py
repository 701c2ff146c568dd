"""Checkpoints: the signed head of the chain of events, kept with each report and export, and handed to other people.

A checkpoint says how many events there were, the Merkle root over them (``checks.merkle``), how many findings were in
which state, and which checkpoint came before. As long as nothing happens the same one is handed out again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection, func, select

from checks.lifecycle import GENESIS, canonical
from checks.merkle import Tree, event_leaf
from scanner.store.checkpoint_schema import checkpoint
from scanner.store.database import Database
from scanner.store.records import StoreError
from scanner.store.schema import Stored, event, finding

VERSION = 1


class CheckpointSigner(Protocol):
    """Ed25519 over DSSE's encoding of a checkpoint's statement, from a floor above."""

    @property
    def key_id(self) -> str: ...
    def sign(self, statement: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``statement`` is canonical JSON; ``root`` hexadecimal."""

    events: int
    root: str
    at: datetime
    statement: str
    key_id: str
    signature: bytes


class Checkpoints:
    """Every method raises :class:`StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, signer: CheckpointSigner, estate: str, now: datetime) -> Checkpoint:
        """The checkpoint of the chain as it stands: the one that is kept already, or a new one.

        Raises :class:`StoreError` when the chain does not go on from an older checkpoint: the record was changed.
        """
        with self._database.writing() as connection:
            return _make(connection, signer, estate, now)

    def all(self) -> tuple[Checkpoint, ...]:
        """Oldest first."""
        with self._database.reading() as connection:
            return _all(connection)

    def leaves(self, count: int) -> list[bytes]:
        """Merkle leaves of the first so many events: 32 bytes each."""
        with self._database.reading() as connection:
            return list(_leaves(connection, count))


def _make(connection: Connection, signer: CheckpointSigner, estate: str, now: datetime) -> Checkpoint:
    kept = _all(connection)
    head = _head(connection, kept)
    last = kept[-1] if kept else None
    if last and last.events == head.count:
        if last.key_id == signer.key_id:
            return last
        signature = signer.sign(last.statement.encode())  # the record has a new key: said again, not kept twice
        return Checkpoint(last.events, last.root, last.at, last.statement, signer.key_id, signature)
    statement = canonical(
        {
            "version": VERSION,
            "estate": estate,
            "count": head.count,
            "root": head.root,
            "head": head.link,
            "at": now.astimezone(UTC).isoformat(),
            "states": _states(connection),
            "previous_count": last.events if last else 0,
            "previous_root": last.root if last else Tree().root().hex(),
        }
    )
    made = Checkpoint(head.count, head.root, now, statement.decode(), signer.key_id, signer.sign(statement))
    row = {name: getattr(made, name) for name in Checkpoint.__dataclass_fields__}
    connection.execute(checkpoint.insert().values(row))
    return made


@dataclass(frozen=True, slots=True)
class _Head:
    count: int
    root: str
    link: str


def _head(connection: Connection, kept: tuple[Checkpoint, ...]) -> _Head:
    """Of the whole chain, which must go on from every checkpoint."""
    tree, link = Tree(), GENESIS
    expected = {one.events: one for one in kept}
    for row in connection.execute(select(event.c.hash).order_by(event.c.seq)):
        link = row.hash
        tree.add(event_leaf(link))
        if tree.count in expected and tree.root().hex() != expected[tree.count].root:
            raise StoreError(_changed(expected[tree.count]))
    if kept and tree.count < kept[-1].events:
        raise StoreError(_changed(kept[-1]))
    return _Head(tree.count, tree.root().hex(), link)


def _changed(one: Checkpoint) -> str:
    return (
        f"the first {one.events} events are not those of the checkpoint of {one.at:%Y-%m-%d %H:%M} UTC: "
        "the record was changed from outside; restore a backup"
    )


def _states(connection: Connection) -> dict[str, int]:
    asked = select(finding.c.state, func.count().label("n")).group_by(finding.c.state)
    return {row.state: row.n for row in connection.execute(asked)}


def _leaves(connection: Connection, count: int) -> Iterator[bytes]:
    asked = select(event.c.hash).where(event.c.seq <= count).order_by(event.c.seq)
    return (event_leaf(row.hash) for row in connection.execute(asked))


def _all(connection: Connection) -> tuple[Checkpoint, ...]:
    return tuple(_read(row) for row in connection.execute(select(checkpoint).order_by(checkpoint.c.events)))


def _read(row: Stored) -> Checkpoint:
    json.loads(row.statement)  # as it was written, or the record is damaged
    return Checkpoint(row.events, row.root, row.at, row.statement, row.key_id, bytes(row.signature))
