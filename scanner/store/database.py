"""Connections to the record: one writer at a time, readers beside it, and one sentence for whatever goes wrong.

SQLite: WAL, ``BEGIN IMMEDIATE`` for every write, full sync, bounded waiting. PostgreSQL: an advisory lock does the
job of ``BEGIN IMMEDIATE``.
"""

import contextlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, create_mock_engine, event, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scanner.store import (  # noqa: F401 (their tables belong to the metadata)
    checkpoint_schema,
    decision_schema,
    import_schema,
    intake_schema,
    series_schema,
)
from scanner.store.records import StoreError
from scanner.store.schema import HEAD, REVISIONS, metadata, scan, version

WAIT_SECONDS = 10.0  # for another writer
WRITER_LOCK = 7018453061  # pg_advisory_xact_lock: one writer per database
PAGE_BYTES = 8192  # most evidence is 1 to 4 kB packed: three to a page, where 4096 would hold one
MAGIC = b"SQLite format 3\0"


class Database:
    """A checked URL with its two engines. ``file`` is None on a server."""

    def __init__(self, url: str, wait_seconds: float = WAIT_SECONDS, blobs: Path | None = None) -> None:
        self.url = normal_url(url)
        self.file = sqlite_file(self.url)
        self.place = str(self.file) if self.file else make_url(self.url).render_as_string(hide_password=True)
        self.blobs = blobs or (Path(f"{self.file}.blobs") if self.file else None)
        if self.file:
            _check_file(self.file)
        self._turn = threading.RLock()
        self._wait = wait_seconds
        self._driver_errors: tuple[type[Exception], ...] = (sqlite3.Error,)
        with self.translated():
            self._write = _engine(self.url, wait_seconds, writes=True)
            self._read = _engine(self.url, wait_seconds, writes=False)
        self._driver_errors = (sqlite3.Error, self._write.dialect.loaded_dbapi.Error)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: all of it, or nothing."""
        with self._turn, self.translated(), self._write.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot of the record; writers are not held up."""
        with self.translated(), self._read.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def plain(self) -> Iterator[sqlite3.Connection]:
        """SQLite without a transaction, for VACUUM."""
        if self.file is None:
            raise StoreError(f"{self.place}: this is done with the server's own tools")
        with self._turn, self.translated():
            connection = sqlite3.connect(self.file, timeout=self._wait, isolation_level=None)
            with contextlib.closing(connection):
                yield connection

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """The one place where a database's complaint becomes a sentence."""
        try:
            yield
        except DBAPIError as fault:
            raise StoreError(f"{self.place}: {_sentence(fault.orig)}") from fault
        except self._driver_errors as fault:
            raise StoreError(f"{self.place}: {_sentence(fault)}") from fault
        except PoolTimeout as fault:
            raise StoreError(f"{self.place}: too many readers at once; try again") from fault
        except (ModuleNotFoundError, NoSuchModuleError) as fault:
            raise StoreError(f"{self.place}: the driver of this database is not installed ({fault})") from fault
        except OSError as fault:
            raise StoreError(f"{fault.filename or self.place}: {fault.strerror or fault}") from fault

    def close(self) -> None:
        self._read.dispose()
        self._write.dispose()


def normal_url(url: str) -> str:
    """A bare path is a SQLite file; ``~`` is the home folder."""
    plain = url.removeprefix("sqlite:///")
    if "://" in plain:
        try:
            make_url(plain)
        except (ArgumentError, ValueError) as fault:
            raise StoreError(
                f"{without_password(url)!r} is no database URL; examples: sqlite:///record.db, postgresql://host/name"
            ) from fault
        return plain
    if plain in ("", ":memory:"):
        raise StoreError("the record needs a file or a server: it must outlive the process")
    try:
        return f"sqlite:///{Path(plain).expanduser()}"
    except RuntimeError as fault:
        raise StoreError(f"{plain}: there is no such user; write the whole path") from fault


def without_password(url: str) -> str:
    """A URL (RFC 3986) as it may be shown, also one that cannot be parsed."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)


def sqlite_file(url: str) -> Path | None:
    parts = make_url(url)
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None


def _check_file(file: Path) -> None:
    """Say early and plainly what SQLite would say late and darkly. Makes an empty file that only we may read."""
    try:
        if file.is_dir():
            raise StoreError(f"{file} is a folder; name a file in it")
        if file.exists() and not file.is_file():
            raise StoreError(f"{file} is not a regular file; name another file")
        if not file.parent.is_dir():
            raise StoreError(f"the folder {file.parent} does not exist; make it, or name another database")
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with file.open("rb") as data:
            head = data.read(len(MAGIC))
    except OSError as fault:
        raise StoreError(f"{file}: cannot be opened for writing: {fault.strerror}") from fault
    if head and head != MAGIC:
        raise StoreError(f"{file} is not an SQLite database; name another file")


def _engine(url: str, wait_seconds: float, *, writes: bool) -> Engine:
    if not url.startswith("sqlite"):
        return _server_engine(url, wait_seconds, writes=writes)
    engine = create_engine(url, connect_args={"timeout": wait_seconds})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            ("synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "cache_size=-16000")
            if writes
            else ("query_only=ON",)
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")  # heeded only while the file is empty
        if writes and connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode=WAL")

    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _server_engine(url: str, wait_seconds: float, *, writes: bool) -> Engine:
    engine = create_engine(url, isolation_level="READ COMMITTED" if writes else "REPEATABLE READ", pool_pre_ping=True)
    if writes:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(wait_seconds * 1000)}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    return engine


_SENTENCES = {
    "locked": "the database is locked by another process; wait until it is done, or end it, and try again",
    "lock timeout": "the database is locked by another process; wait until it is done, or end it, and try again",
    "is full": "the disk is full; make room and run again. Nothing half-written was kept",
    "No space left": "the disk is full; make room and run again. Nothing half-written was kept",
    "disk I/O error": "the disk refused a read or write (full, over quota, or failing). Nothing half-written was kept",
    "readonly": "it may only be read; check who owns the file and its folder",
    "unable to open": "it cannot be opened; check that the folder exists and who may write there",
    "malformed": "the database is damaged; restore the last backup (docs/the-record.md)",
    "not a database": "this is not an SQLite database; name another file",
}


def _sentence(fault: BaseException | None) -> str:
    """Never the statement or its values: they hold evidence."""
    said = str(fault)
    known = next((sentence for part, sentence in _SENTENCES.items() if part in said), None)
    return known or f"the database refused: {said.splitlines()[0] if said else type(fault).__name__}"


def prepare(database: Database) -> None:
    """Make a new record, or see that an old one fits. Raises :class:`StoreError` when it does not."""
    with database.reading() as connection:
        found = stored_revision(connection)
        used = found not in (None, HEAD) and found in REVISIONS and _holds_scans(connection)
    if found == HEAD:
        return
    if found is None:
        _create(database)
    elif found not in REVISIONS:
        raise StoreError(
            f"{database.place} was written by a newer estatecheck (record version {found}); use that version"
        )
    elif used:
        raise StoreError(
            f"{database.place} has the older record version {found}: back it up, then run `estatecheck db upgrade`"
        )
    else:
        from scanner.store.migrations import upgrade  # slow to import

        upgrade(database.url)


def stored_revision(connection: Connection) -> str | None:
    """None: an empty database. Raises :class:`StoreError` when it belongs to another program."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if not {"scan", "event", version.name} <= tables:
        raise StoreError("this database belongs to another program; name another one")
    found = connection.execute(select(version.c.version_num)).scalar_one_or_none()
    return str(found) if found else "unknown"


def _holds_scans(connection: Connection) -> bool:
    return connection.execute(select(scan.c.id).limit(1)).first() is not None


def _create(database: Database) -> None:
    """The newest tables at once, stamped as Alembic would stamp them, without the cost of importing it."""
    with database.writing() as connection:
        if stored_revision(connection) is None:  # another process may have been faster
            with contextlib.closing(connection.connection.cursor()) as cursor:  # the driver's own: half the time
                for statement in _statements(connection.dialect.name):
                    cursor.execute(statement)
            connection.execute(version.insert().values(version_num=HEAD))


@cache
def _statements(kind: str) -> tuple[str, ...]:
    """What makes the tables, spelt out once in a process. A server is told all of it in one message."""
    made: list[str] = []
    dialect = make_url(f"{kind}://").get_dialect()()
    engine = create_mock_engine(f"{kind}://", lambda ddl, *_, **__: made.append(str(ddl.compile(dialect=dialect))))
    for tables in (metadata, version.metadata):
        tables.create_all(engine, checkfirst=False)
    return tuple(made) if kind == "sqlite" else (";\n".join(made),)
