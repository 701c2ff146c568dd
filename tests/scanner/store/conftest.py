"""Both databases to keep a record in."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scanner.store.store import Store, open_store
from tests.scanner.store.world import Bench

ROOM_BYTES = 1 << 30


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "record.db")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.lab)])
def store(request: pytest.FixtureRequest, database: str) -> Iterator[Store]:
    """The same tests on both databases."""
    if request.param == "sqlite":
        with open_store(database) as opened:
            yield opened
        return
    with request.getfixturevalue("cluster").copied() as url, open_store(url) as opened:
        yield opened


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


@dataclass(frozen=True)
class Cluster:
    """A cluster of our own on a Unix socket, run by an ordinary user."""

    folder: Path
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def fresh(self) -> str:
        """A schema of its own is as good as an empty database, and a hundred times quicker to make."""
        name = f"record{next(self._numbers)}"
        self._say(f"CREATE SCHEMA {name}")
        return f"{self._url('postgres')}&options=-csearch_path%3D{name}"

    @contextmanager
    def copied(self, made: str = "made") -> Iterator[str]:
        """A new record, or another that was made: copying its files is quicker than making forty tables."""
        name = f"copy{next(self._numbers)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {made} STRATEGY file_copy")
        yield self._url(name)
        self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def make(self) -> None:
        """What is copied: a new record."""
        self._say("CREATE DATABASE made")
        open_store(self._url("made")).close()

    @contextmanager
    def making(self, name: str) -> Iterator[str]:
        """What is copied: a record of this name, filled here and closed."""
        self._say(f"CREATE DATABASE {name} TEMPLATE made STRATEGY file_copy")
        yield self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://ec@/{name}?host={self.folder}"

    def _say(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(f"host={self.folder} user=ec dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres(cluster: Cluster) -> Callable[[], str]:
    """Gives URLs of databases in which there is nothing yet."""
    return cluster.fresh


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed")
    # tmp_path is closed to other users, and a socket's path is short
    folder = Path(tempfile.mkdtemp(prefix="ecpg", dir=_roomy_memory()))
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    shutil.chown(folder, user)
    try:
        yield from _running(programs[-1], folder, user)
    finally:
        shutil.rmtree(folder)


def _roomy_memory() -> str | None:
    """A folder in memory with room to spare, if there is one: a cluster is a thousand small files."""
    place = "/dev/shm"
    return place if os.access(place, os.W_OK) and shutil.disk_usage(place).free > ROOM_BYTES else None


def _running(programs: Path, folder: Path, user: str) -> Iterator[Cluster]:
    def call(program: str, *words: str) -> None:
        subprocess.run([programs / program, *words], user=user, cwd=folder, check=True, capture_output=True, timeout=60)

    data = str(folder / "data")
    call("initdb", "-D", data, "-U", "ec", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=30"
    call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        running = Cluster(folder)
        running.make()
        yield running
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")
