"""The feeds in use, on disk: ``<folder>/<feed>/<sha256 of the manifest>/`` with ``manifest.json`` and the tables.

``<feed>/current`` names the entry in use and the one before it. It is replaced by a rename after everything it points
to is on disk, so that whoever is killed at any moment leaves the old feed or the new one, never half of one.
"""

import contextlib
import fcntl
import hashlib
import mmap
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote
from checks.advisories.table import Lines, Table, TableError
from scanner.feeds.files import ShelfError, bounded, durable, mapped, sync, told
from scanner.feeds.manifest import (
    DOWNLOAD,
    MAX_MANIFEST,
    Current,
    Malformed,
    Manifest,
    Origin,
    TableNote,
    feed_name,
    identity,
    read,
    read_current,
    table_name,
)

if TYPE_CHECKING:
    from checks.advisories.formats.decoded import Decoded  # all decoders come with it, and reading needs none

CURRENT, MANIFEST, LOCK = "current", "manifest.json", "lock"
UNFINISHED = ".unfinished"
TURNS = 3  # how often a load begins again because somebody swapped a feed meanwhile


class Busy(ShelfError):
    """Somebody else writes to the shelf right now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One feed as it lies on the shelf."""

    manifest: Manifest
    identity: str  # its folder's name
    confirmed_at: datetime
    previous: Manifest | None  # None: there is none, or it is broken

    @property
    def note(self) -> FeedNote:
        return self.manifest.note(self.confirmed_at)


@dataclass(frozen=True, slots=True)
class Broken:
    """A feed that is not used."""

    feed: str
    reason: str
    previous: Manifest | None  # whole, and could be rolled back to

    def __str__(self) -> str:
        told = f"the feed {self.feed} is broken: {self.reason}"
        if self.previous is None:
            return f"{told}. Get it again: estatecheck feeds update {self.feed}"
        return f"{told}. The one of {self.previous.snapshot} is whole: estatecheck feeds rollback {self.feed}"


@dataclass(frozen=True, slots=True)
class Loaded:
    advisories: Advisories  # of all feeds that are whole
    broken: tuple[Broken, ...]


class Shelf:
    """One folder of feeds. Reading needs no lock; :meth:`lock` is for those who write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._locked = 0

    # --- reading

    def load(self, max_age_days: int = 7) -> Advisories:
        """Every feed, each byte of it verified. Raises :class:`ShelfError` naming every broken one."""
        loaded = self.open(max_age_days)
        if loaded.broken:
            raise ShelfError("; ".join(map(str, loaded.broken)))
        return loaded.advisories

    def open(self, max_age_days: int = 7) -> Loaded:
        """The feeds that are whole, and those that are not. Raises :class:`ShelfError` for an unreadable folder."""
        feeds, broken = [], []
        for name in self.names():
            try:
                feeds.append(self._feed(name))
            except ShelfError as fault:
                broken.append(self._broken(name, fault))
        return Loaded(Advisories(feeds, max_age_days), tuple(broken))

    def names(self) -> tuple[str, ...]:
        """Feeds that have an entry in use, by name."""
        with told(self.folder, "read"):
            if not self.folder.exists():
                return ()
            return tuple(sorted(path.parent.name for path in self.folder.glob(f"*/{CURRENT}")))

    def active(self) -> tuple[FeedNote, ...]:
        """What a report says of each feed in use. Reads manifests only. Raises :class:`ShelfError`."""
        return tuple(self.entry(name).note for name in self.names())

    def entry(self, name: str) -> Entry:
        """One feed by its manifest; the tables are not looked at. Raises :class:`ShelfError`."""
        current = self._current(name)
        manifest = self._manifest(name, current.active)
        return Entry(manifest, current.active, current.confirmed_at, self._whole_or_none(name, current.previous))

    def tables(self, name: str, entry: str) -> Mapping[str, bytes]:
        """The tables of one entry, verified. Raises :class:`ShelfError`."""
        manifest = self._manifest(name, entry)
        return {table: self._table(name, entry, table, note) for table, note in manifest.tables.items()}

    def _feed(self, name: str) -> Feed:
        """Begins again when the entry was swapped away while it was read."""
        for turn in range(TURNS):
            current = self._current(name)
            try:
                note = self._manifest(name, current.active).note(current.confirmed_at)
                tables = self._manifest(name, current.active).tables
                found = {table: Table(self._mapped(name, current.active, table, of)) for table, of in tables.items()}
                return Feed(note, found)
            except TableError as fault:
                raise ShelfError(f"a table: {fault}") from fault
            except ShelfError:
                if turn == TURNS - 1 or self._current(name).active == current.active:
                    raise
        raise AssertionError

    def _broken(self, name: str, fault: ShelfError) -> Broken:
        try:
            previous = self._current(name).previous
        except ShelfError:
            previous = None
        whole = previous is not None and self._is_whole(name, previous)
        return Broken(name, str(fault), self._manifest(name, previous) if whole and previous else None)

    def _is_whole(self, name: str, entry: str) -> bool:
        try:
            self.tables(name, entry)
        except ShelfError:
            return False
        return True

    def _whole_or_none(self, name: str, entry: str | None) -> Manifest | None:
        try:
            return self._manifest(name, entry) if entry else None
        except ShelfError:
            return None

    def _current(self, name: str) -> Current:
        path = self.folder / name / CURRENT
        try:
            return read_current(bounded(path, MAX_MANIFEST))
        except Malformed as fault:
            raise ShelfError(f"{path}: {fault}") from fault

    def _manifest(self, name: str, entry: str) -> Manifest:
        path = self.folder / name / entry / MANIFEST
        data = bounded(path, MAX_MANIFEST)
        if identity(data) != entry:
            raise ShelfError(f"{path}: is not what was written there: its sha256 is not the folder's name")
        try:
            manifest = read(data)
        except Malformed as fault:
            raise ShelfError(f"{path}: {fault}") from fault
        if manifest.feed != name:
            raise ShelfError(f"{path}: belongs to the feed {manifest.feed}")
        return manifest

    def _table(self, name: str, entry: str, table: str, note: TableNote) -> bytes:
        path = self.folder / name / entry / note.sha256
        data = bounded(path, note.size)
        if len(data) != note.size or hashlib.sha256(data).hexdigest() != note.sha256:
            raise ShelfError(f"{path}: the table {table} is not what was written there: its sha256 does not match")
        return data

    def _mapped(self, name: str, entry: str, table: str, note: TableNote) -> Lines:
        """The same as :meth:`_table`, left on disk: memory holds what is looked up, and processes share it."""
        path = self.folder / name / entry / note.sha256
        data = mapped(path)
        if len(data) != note.size or hashlib.sha256(data).hexdigest() != note.sha256:
            raise ShelfError(f"{path}: the table {table} is not what was written there: its sha256 does not match")
        if isinstance(data, mmap.mmap):
            data.madvise(mmap.MADV_DONTNEED)  # what was read to verify it need not stay in memory
        return data

    # --- writing

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Only one process writes. Makes the folder. Raises :class:`Busy`, :class:`ShelfError`."""
        if self._locked:
            self._locked += 1
            try:
                yield
            finally:
                self._locked -= 1
            return
        with self._lock_file() as file:
            self._locked = 1
            try:
                yield
            finally:
                self._locked = 0
                file.truncate(0)

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[IO[str]]:
        """The kernel lets go of the lock when its process ends, however that ends."""
        with told(self.folder, "written"):
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / LOCK).open("a+", encoding="ascii", errors="replace")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as fault:
                file.seek(0)
                holder = file.read(20).strip()
                by = f" by process {holder}" if holder.isdigit() else ""
                raise Busy(f"{self.folder}: feeds are being written{by}; try again when that is done") from fault
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield file

    def put(
        self, name: str, decoded: "Decoded", origins: tuple[Origin, ...], now: datetime, via: str = DOWNLOAD
    ) -> Entry:
        """Make a decoded feed the one in use. Raises :class:`ShelfError`, :class:`Busy`."""
        return self.place(described(name, decoded, origins, now, via), decoded.tables)

    def place(self, manifest: Manifest, tables: Mapping[str, bytes]) -> Entry:
        """Make an entry and point to it. The one before stays, to be rolled back to, when its content differs."""
        name, data = manifest.feed, manifest.dump()
        entry = identity(data)
        with self.lock(), told(self.folder / name, "written"):
            before = self._before(name)
            self._clean(name, keep={before.active, before.previous} if before else set())
            self._write(name, entry, data, manifest, tables)
            previous = self._previous(name, before, manifest)
            self._point(name, Current(entry, previous, manifest.fetched_at))
            self._clean(name, keep={entry, previous})
        return self.entry(name)

    def confirm(self, name: str, now: datetime) -> Entry:
        """The publisher says that the entry in use is still the newest. Raises :class:`ShelfError`."""
        with self.lock(), told(self.folder / name, "written"):
            self._point(name, replace(self._current(name), confirmed_at=now.replace(microsecond=0)))
        return self.entry(name)

    def rollback(self, name: str) -> Entry:
        """Swap the entry in use with the one before it, after verifying that one. Raises :class:`ShelfError`."""
        with self.lock(), told(self.folder / name, "written"):
            current = self._current(name)
            if current.previous is None:
                raise ShelfError(f"the feed {name} has no earlier entry to go back to")
            self.tables(name, current.previous)
            back = self._manifest(name, current.previous)
            self._point(name, Current(current.previous, current.active, back.fetched_at))
        return self.entry(name)

    def _before(self, name: str) -> Current | None:
        if not (self.folder / name / CURRENT).exists():
            return None
        try:
            return self._current(name)
        except ShelfError:
            return None  # a broken pointer is replaced

    def _previous(self, name: str, before: Current | None, new: Manifest) -> str | None:
        """The newest entry with another content than the new one; a broken one is no use."""
        for entry in (before.active, before.previous) if before else ():
            found = self._whole_or_none(name, entry)
            if found is not None and found.digest != new.digest:
                return entry
        return None

    def _write(self, name: str, entry: str, data: bytes, manifest: Manifest, tables: Mapping[str, bytes]) -> None:
        home = self.folder / name
        if self._is_whole(name, entry):  # the same bytes, fetched in the same second
            return
        shutil.rmtree(home / entry, ignore_errors=True)
        unfinished = home / UNFINISHED
        unfinished.mkdir(parents=True)
        for table, note in manifest.tables.items():
            durable(unfinished / note.sha256, tables[table])
        durable(unfinished / MANIFEST, data)
        sync(unfinished)
        unfinished.rename(home / entry)
        sync(home)
        sync(self.folder)

    def _point(self, name: str, current: Current) -> None:
        path = self.folder / name / CURRENT
        part = path.with_name(CURRENT + UNFINISHED)
        durable(part, current.dump())
        part.replace(path)
        sync(path.parent)

    def _clean(self, name: str, keep: set[str | None]) -> None:
        """Remove what nothing points to, and what a killed process left."""
        home = self.folder / name
        for path in home.iterdir() if home.exists() else ():
            if path.is_dir() and path.name not in keep:
                shutil.rmtree(path)


def described(name: str, decoded: "Decoded", origins: tuple[Origin, ...], now: datetime, via: str) -> Manifest:
    """The manifest that a decoded feed would get. Raises :class:`ShelfError` for a name that cannot be one."""
    try:
        return Manifest(
            feed=feed_name(name),
            publisher=decoded.publisher,
            licence=decoded.licence,
            snapshot=decoded.snapshot,
            fetched_at=now.replace(microsecond=0),
            records=decoded.records,
            tables={table_name(table): _noted(data) for table, data in decoded.tables.items()},
            origins=origins,
            via=via,
            skipped=decoded.skipped,
        )
    except Malformed as fault:
        raise ShelfError(f"{name[:60]!a}: {fault}") from fault


def _noted(data: bytes) -> TableNote:
    return TableNote(hashlib.sha256(data).hexdigest(), len(data), data.count(b"\n"))
