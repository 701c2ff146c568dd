"""Holds the record against its seals: whatever they cover and no longer says the same is named."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from scanner.store.records import StoreError
from scanner.store.series_schema import prober_run, sample_hour, seal_leaves, series_day
from scanner.store.watching import days, definitions, merkle, seals, statement
from scanner.store.watching.hours import unpacked_chunk
from scanner.store.watching.records import HOUR, Seal, SealChecked, SealChecker, SealsVerified, Stats

_CHANGED = "the record was changed from outside, or damaged; restore a backup"


def verify(connection: Connection, checker: SealChecker) -> SealsVerified:
    """Raises :class:`StoreError` at the first seal that does not hold."""
    count = samples = checked = 0
    last = ""
    for one in each(connection, checker):
        if one.wrong:
            raise StoreError(one.wrong[0])
        count, samples, checked, last = count + 1, samples + one.samples, checked + one.samples_checked, one.seal.hash
    return SealsVerified(count, samples, checked, last)


def each(connection: Connection, checker: SealChecker) -> Iterator[SealChecked]:
    """Oldest first, every seal with all that does not hold of it."""
    before: dict[str, Any] = {}
    previous = statement.GENESIS
    names = definitions.keys(connection)
    for seal in seals.read(connection):
        told, wrong, checked = json.loads(seal.statement), list[str](), 0
        checks: tuple[Callable[[], int | None], ...] = (
            partial(_statement, seal, told, checker),
            partial(_follows, seal, told, previous),
            partial(_registers, connection, seal, told, before),
            partial(_stats, connection, seal, told),
            partial(_samples, connection, seal, told, names),
        )
        for check in checks:
            try:
                checked += check() or 0
            except StoreError as fault:
                wrong.append(str(fault))
        yield SealChecked(seal, told["samples"]["count"], checked, tuple(wrong))
        before, previous = told, seal.hash


def _statement(seal: Seal, told: Mapping[str, Any], checker: SealChecker) -> None:
    """Its words, hash and signature fit together."""
    same = (told["hour"], told["last_batch"], told["sealed_at"]) == (
        seal.hour,
        seal.last_batch,
        round(seal.sealed_at * 1000),
    )
    if not same or statement.seal_hash(seal.statement) != seal.hash:
        raise StoreError(f"the seal of {_hour(seal.hour)} was altered: {_CHANGED}")
    if not checker(seal.key_id, statement.message(seal.statement), seal.signature):
        raise StoreError(f"the signature of the seal of {_hour(seal.hour)} does not hold: {_CHANGED}")


def _follows(seal: Seal, told: Mapping[str, Any], previous: str) -> None:
    if told["previous"] != previous:
        raise StoreError(f"the seal of {_hour(seal.hour)} does not follow the one before it: {_CHANGED}")


def _registers(connection: Connection, seal: Seal, told: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """What only ever grows, and the lives of the probers."""
    for name, of, what in (
        ("changes", statement.changes, "changes of state"),
        ("definitions", statement.definitions, "definitions of what is watched"),
        ("maintenance", statement.declared, "declarations of maintenance"),
    ):
        first = before[name]["last"] if before else 0
        if of(connection, first, told[name]["last"]) != told[name]:
            raise StoreError(f"the {what} that were sealed with {_hour(seal.hour)} are others now: {_CHANGED}")
    lives = {row.id: row for row in connection.execute(select(prober_run))}
    for number, started, alive_until, ended, machine, pid, version in told["prober"]:
        row = lives.get(number)
        same = row is not None and (row.started, row.machine, row.pid, row.tool_version) == (
            started,
            machine,
            pid,
            version,
        )
        if row is None or not same or row.alive_until < alive_until or (ended is not None and row.ended != ended):
            raise StoreError(f"the life of prober {number}, sealed with {_hour(seal.hour)}, is another now: {_CHANGED}")


def _stats(connection: Connection, seal: Seal, told: Mapping[str, Any]) -> None:
    hour, found = seal.hour % days.DAY // HOUR, dict[int, Stats]()
    asked = select(series_day.c.watch_id, series_day.c.data).where(series_day.c.day == seal.hour // days.DAY)
    for watch, data in connection.execute(asked):
        one = days.unpacked(data).get(hour)
        if one:
            found[watch] = one.stats
    if statement.stats(found) != told["stats"]:
        raise StoreError(f"the numbers of probes and failures of {_hour(seal.hour)} are others now: {_CHANGED}")


def _samples(connection: Connection, seal: Seal, told: Mapping[str, Any], names: Mapping[int, tuple[str, str]]) -> int:
    """How many samples were there to be held against the root; 0 when only leaves are left, or nothing."""
    data: bytes | None = connection.execute(select(seal_leaves.c.data).where(seal_leaves.c.hour == seal.hour)).scalar()
    sealed = told["samples"]
    leaves = seals.leaves_of(data) if data is not None and not len(data) % seals.LEAF_BYTES else None
    if data is not None and (leaves is None or merkle.root(list(leaves.values())).hex() != sealed["root"]):
        raise StoreError(f"the hashes of the samples of {_hour(seal.hour)} are others than those sealed: {_CHANGED}")
    found, count = dict[int, bytes](), 0
    chunks = select(sample_hour).where(sample_hour.c.hour == seal.hour).order_by(sample_hour.c.first_watch)
    for row in connection.execute(chunks):
        for number, columns in unpacked_chunk(row.data).items():
            found[number] = merkle.leaf(columns.canonical(*names.get(number, ("", ""))))
            count += len(columns.ats)
            if leaves is not None and leaves.get(number) != found[number]:
                who = definitions.named(names, number)
                raise StoreError(f"the samples of {who} in {_hour(seal.hour)} are others than those sealed: {_CHANGED}")
    if count and merkle.root(list(found.values())).hex() != sealed["root"]:
        raise StoreError(f"samples of {_hour(seal.hour)} are lacking: {_CHANGED}")
    return count


def _hour(hour: int) -> str:
    return f"the hour from {datetime.fromtimestamp(hour, UTC):%Y-%m-%d %H:%M} UTC"
