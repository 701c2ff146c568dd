"""Both databases to keep a record in."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scanner.store.store import Store, open_store
from tests.scanner.store.world import Bench


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "record.db")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.lab)])
def store(request: pytest.FixtureRequest, database: str) -> Iterator[Store]:
    """The same tests on both databases."""
    url = database if request.param == "sqlite" else request.getfixturevalue("postgres")()
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A cluster of our own on a Unix socket, run by an ordinary user. Gives URLs of fresh databases."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="ecpg"))  # tmp_path is closed to other users, and a socket's path is short
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    shutil.chown(folder, user)
    try:
        yield from _cluster(programs[-1], folder, user)
    finally:
        shutil.rmtree(folder)


def _cluster(programs: Path, folder: Path, user: str) -> Iterator[Callable[[], str]]:
    def call(program: str, *words: str) -> None:
        subprocess.run([programs / program, *words], user=user, cwd=folder, check=True, capture_output=True, timeout=60)

    data = str(folder / "data")
    call("initdb", "-D", data, "-U", "ec", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=30"
    import psycopg

    numbers = itertools.count()
    call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:

        def fresh() -> str:
            """A schema of its own is as good as a database, and a hundred times quicker to make."""
            name = f"record{next(numbers)}"
            with psycopg.connect(f"host={folder} user=ec dbname=postgres", autocommit=True) as connection:
                connection.execute(f"CREATE SCHEMA {name}".encode())
            return f"postgresql://ec@/postgres?host={folder}&options=-csearch_path%3D{name}"

        yield fresh
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")
