"""The last visit of every asset that went through, with the evidence that some facts were read from: to judge again.

Read in chunks: ten thousand hosts cost some hundred statements, and memory holds one chunk.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from checks.finding import CheckRun
from inventory.asset import SNAPSHOT, Asset
from scanner.query import Answer, Attempt
from scanner.store.codec import load
from scanner.store.evidence import answer_of, read_blob
from scanner.store.judgements import run_of
from scanner.store.reader import attempt_of
from scanner.store.records import ScanKind, StoreError
from scanner.store.schema import asset, attempt, blob, check_run, evidence, ruling, scan, scan_asset, snapshot

CHUNK = 200  # visits read at once: 200 package lists are about 12 MB
MAX_RULINGS = 50_000  # remembered while reading
LOOKED = (ScanKind.FULL.value, ScanKind.IMPORT.value)  # a verification looks at one thing only


@dataclass(frozen=True, slots=True)
class Asked:
    """What to read of a visit."""

    queries: tuple[str, ...]  # answers; further rounds of them come too
    checks: tuple[str, ...]  # ids


@dataclass(frozen=True, slots=True)
class Share:
    """One process's part of all visits."""

    number: int = 0  # from 0
    of: int = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """One visit as it is kept. ``answers`` and ``runs`` only of what was asked for."""

    scan_id: int
    kind: ScanKind
    uid: str
    asset: Asset
    attempt: Attempt
    finished_at: datetime
    os_name: str
    identity_note: str
    catalogue_digest: str  # of the checks that it was judged with
    answers: tuple[Answer, ...]
    digests: tuple[str, ...]  # sha256 of each answer
    runs: tuple[CheckRun, ...]  # of the visit, or of its last evaluation that was recorded


def latest(
    connection: Connection,
    folder: Path | None,
    asked_of: Callable[[str], Asked],
    share: Share,
    chosen: Callable[[Asset], bool],
) -> Iterator[Kept]:
    """Of ``chosen`` assets. ``asked_of`` gets the digest of the catalogue that a visit was judged with.

    Raises :class:`StoreError` for damaged evidence.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for number, digest in _last_visits(connection):
        groups[digest].append(number)
    later = {row.asset_id: row.last for row in connection.execute(_last_evaluations())}
    for digest, numbers in groups.items():
        reading = _Reading(connection, folder, asked_of(digest), later)
        for start in range(share.number * CHUNK, len(numbers), share.of * CHUNK):
            yield from reading.visits(numbers[start : start + CHUNK], chosen)


def count(connection: Connection) -> int:
    """Assets with a visit that went through."""
    asked = select(func.count(func.distinct(scan_asset.c.asset_id))).where(*_went_through())
    return int(connection.execute(asked).scalar_one())


def never_seen(connection: Connection) -> tuple[str, ...]:
    """Names of assets with no visit that went through: there is nothing of them to judge."""
    seen = set(connection.execute(select(scan_asset.c.asset_id).where(*_went_through())).scalars())
    rows = connection.execute(select(asset.c.id, asset.c.name).order_by(asset.c.name)).all()
    return tuple(row.name for row in rows if row.id not in seen)


def _went_through() -> tuple[ColumnElement[bool], ...]:
    return (
        scan_asset.c.scan_id == scan.c.id,
        attempt.c.visit_id == scan_asset.c.id,
        attempt.c.reason.is_(None),
        scan.c.kind.in_(LOOKED),
        scan.c.purged_at.is_(None),
    )


def _last_visits(connection: Connection) -> Iterator[tuple[int, str]]:
    """Of each asset the last look at it, or the last supplied list where nobody ever looked; and its catalogue.

    A snapshot tells as much as a look does: the later of the two counts.
    """
    asked = select(scan_asset.c.asset_id, scan_asset.c.id, scan.c.kind, scan.c.catalogue_digest, attempt.c.way)
    found: dict[int, tuple[tuple[bool, int], str]] = {}
    for row in connection.execute(asked.where(*_went_through())):
        place = (row.kind == ScanKind.FULL.value or row.way == SNAPSHOT, row.id)
        if row.asset_id not in found or place > found[row.asset_id][0]:
            found[row.asset_id] = (place, row.catalogue_digest)
    for (_, number), digest in (found[key] for key in sorted(found)):
        yield number, digest


def _last_evaluations() -> Select[*tuple[Any, ...]]:
    evaluated = (scan_asset.c.scan_id == scan.c.id) & (scan.c.kind == ScanKind.EVALUATE.value)
    last = func.max(scan_asset.c.id).label("last")
    return select(scan_asset.c.asset_id, last).where(evaluated).group_by(scan_asset.c.asset_id)


class _Reading:
    def __init__(self, connection: Connection, folder: Path | None, asked: Asked, later: Mapping[int, int]) -> None:
        self._connection, self._folder, self._asked = connection, folder, asked
        self._later = later  # asset -> its last evaluation
        self._rulings = _Rulings(asked.checks)
        self._unpack = zstandard.ZstdDecompressor()

    def visits(self, numbers: Sequence[int], chosen: Callable[[Asset], bool]) -> Iterator[Kept]:
        asked = (
            select(scan_asset, attempt, snapshot.c.content, asset.c.uid, scan.c.catalogue_digest, scan.c.kind)
            .join(attempt, attempt.c.visit_id == scan_asset.c.id)
            .join(snapshot, snapshot.c.id == scan_asset.c.snapshot_id)
            .join(asset, asset.c.id == scan_asset.c.asset_id)
            .join(scan, scan.c.id == scan_asset.c.scan_id)
            .where(scan_asset.c.id.in_(numbers))
            .order_by(scan_asset.c.asset_id)
        )
        made = [(row, load(Asset, row.content)) for row in self._connection.execute(asked).all()]
        assets = {row.id: one for row, one in made if chosen(one)}
        rows = [row for row, _ in made if row.id in assets]
        numbers = tuple(assets)
        answers = self._answers(numbers)
        evaluated = {row.id: after for row in rows if (after := self._later.get(row.asset_id, 0)) > row.id}
        runs = self._runs([*numbers, *evaluated.values()])
        for row in rows:
            yield Kept(
                scan_id=row.scan_id,
                kind=ScanKind(row.kind),
                uid=row.uid,
                asset=assets[row.id],
                attempt=attempt_of(row),
                finished_at=row.finished_at,
                os_name=row.os_name or "",
                identity_note=row.identity_note,
                catalogue_digest=row.catalogue_digest,
                answers=tuple(answer for answer, _ in answers[row.id]),
                digests=tuple(digest for _, digest in answers[row.id]),
                runs=_newest(runs[row.id], runs[evaluated[row.id]] if row.id in evaluated else ()),
            )

    def _answers(self, numbers: Sequence[int]) -> dict[int, list[tuple[Answer, str]]]:
        if not self._asked.queries:
            return defaultdict(list)
        rounds = [evidence.c.query.startswith(f"{query}-", autoescape=True) for query in self._asked.queries]
        asked = (
            select(evidence, blob.c.sha256, blob.c.size, blob.c.data)
            .join(blob, blob.c.id == evidence.c.blob_id)
            .where(evidence.c.visit_id.in_(numbers), or_(evidence.c.query.in_(self._asked.queries), *rounds))
            .order_by(evidence.c.visit_id, evidence.c.position)
        )
        found: dict[int, list[tuple[Answer, str]]] = defaultdict(list)
        for row in self._connection.execute(asked).all():
            digest = bytes(row.sha256).hex()
            found[row.visit_id].append((answer_of(row, self._output(row.data, row.size, digest)), digest))
        return found

    def _output(self, data: bytes | None, size: int, digest: str) -> bytes:
        if data is None:  # large: in a file of its own
            return read_blob(self._connection, self._folder, digest)
        try:
            plain = self._unpack.decompress(data, max_output_size=size)
        except zstandard.ZstdError as fault:
            raise StoreError(f"evidence {digest} is damaged: restore it from a backup") from fault
        if hashlib.sha256(plain).hexdigest() != digest:
            raise StoreError(f"evidence {digest} is damaged: restore it from a backup")
        return plain

    def _runs(self, numbers: Sequence[int]) -> dict[int, list[CheckRun]]:
        """Which rulings, then those that were not met before: hosts of one kind share most of them."""
        if not self._asked.checks:
            return defaultdict(list)
        asked = (
            select(check_run.c.visit_id, check_run.c.ruling_id)
            .where(check_run.c.visit_id.in_(numbers))
            .order_by(check_run.c.visit_id, check_run.c.position)
        )
        rows = [tuple(row) for row in self._connection.execute(asked).all()]
        made = self._rulings.read(self._connection, {ruling_id for _, ruling_id in rows})
        found: dict[int, list[CheckRun]] = defaultdict(list)
        for visit_id, these in groupby(rows, key=itemgetter(0)):
            found[visit_id] = [run for _, number in these if (run := made[number]) is not None]
        return found


class _Rulings:
    """Runs of some checks by the number of their ruling, made once."""

    def __init__(self, checks: Sequence[str]) -> None:
        self._checks = checks
        self._made: dict[int, CheckRun | None] = {}  # None: another check's

    def read(self, connection: Connection, numbers: set[int]) -> Mapping[int, CheckRun | None]:
        """With these among them."""
        lacking = sorted(numbers - self._made.keys())
        if len(self._made) > MAX_RULINGS:
            self._made.clear()
            lacking = sorted(numbers)
        for start in range(0, len(lacking), CHUNK):
            chunk = lacking[start : start + CHUNK]
            asked = select(ruling).where(ruling.c.id.in_(chunk), ruling.c.check_id.in_(self._checks))
            self._made.update(dict.fromkeys(chunk))
            self._made.update((row.id, run_of(row)) for row in connection.execute(asked))
        return self._made


def _newest(visit: Sequence[CheckRun], evaluation: Sequence[CheckRun]) -> tuple[CheckRun, ...]:
    """What an evaluation said of a check takes the place of what the visit had said."""
    again = {run.check_id for run in evaluation}
    return (*(run for run in visit if run.check_id not in again), *evaluation)
