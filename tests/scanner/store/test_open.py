"""Opening a record: new, old, newer, foreign, damaged, locked, not permitted. One clear sentence for each."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, select

from checks.finding import Outcome
from scanner.store import schema
from scanner.store.migrations import config, upgrade
from scanner.store.records import ScanKind, StoreError
from scanner.store.store import open_store
from tests.scanner.store.series_world import HOUR, Prober, declared
from tests.scanner.store.series_world import START as SERIES_START
from tests.scanner.store.world import Bench, run


def make(path: str) -> None:
    with open_store(path) as store:
        bench = Bench(store)
        bench.scan("web", run(Outcome.FAIL))


def layout(path: str) -> list[tuple[str, str, str]]:
    """Every table, index and trigger; the order of constraints in a table does not matter."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2").fetchall()
    connection.close()
    return [(kind, name, " ".join(sorted(sql.replace(",", " ").split()))) for kind, name, sql in rows]


def test_migrations_and_metadata_make_the_same_tables(tmp_path: Path) -> None:
    direct, migrated = str(tmp_path / "direct.db"), str(tmp_path / "migrated.db")
    open_store(direct).close()
    assert upgrade(migrated) == ""
    assert layout(direct) == layout(migrated)
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


@pytest.mark.lab
def test_migrations_and_metadata_agree_on_postgresql(postgres: Callable[[], str]) -> None:
    url = postgres()
    assert upgrade(url) == ""
    with open_store(url) as store:
        Bench(store).scan("web", run(Outcome.FAIL))
        assert store.verify_chain() == 1
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_the_revisions_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert tuple(reversed([s.revision for s in scripts.walk_revisions()])) == schema.REVISIONS


def test_a_new_record_is_ours_alone_and_needs_no_alembic(database: str) -> None:
    words = (
        f"import sys; from scanner.store.store import open_store; open_store({database!r}).close(); "
        "assert 'alembic' not in sys.modules; assert 'paramiko' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", words], check=True, timeout=60)
    assert Path(database).stat().st_mode & 0o777 == 0o600


def test_opening_again_is_quick(database: str) -> None:
    make(database)
    taken = []
    for _ in range(5):
        start = time.process_time()
        open_store(database).close()
        taken.append(time.process_time() - start)
    assert min(taken) < 0.05


def stamp(path: str, revision: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def as_first_version(source: str, target: str, version: str = "0001") -> None:
    """What ``source`` holds, in a record as the first version of this program made it, or a later one."""
    upgrade(target, version)
    new, old = create_engine(source), create_engine(target)
    with new.connect() as read, old.begin() as write:
        reflected = MetaData()
        reflected.reflect(old)
        for table in schema.metadata.sorted_tables:
            if table.name not in reflected.tables:  # of a later version
                continue
            columns = [column for column in table.columns if column.name in reflected.tables[table.name].columns]
            rows = [row._asdict() for row in read.execute(select(*columns))]
            if rows:
                write.execute(table.insert(), rows)
            if rows and old.dialect.name == "postgresql" and (counted := table.autoincrement_column) is not None:
                sequence = f"pg_get_serial_sequence('{table.name}', '{counted.name}')"
                highest = f"(SELECT max({counted.name}) FROM {table.name})"  # noqa: S608 (our own names)
                write.exec_driver_sql(f"SELECT setval({sequence}, {highest})")
    new.dispose()
    old.dispose()


def upgraded(source: str, target: str) -> None:
    make(source)
    with open_store(source) as store:
        told = [(row.ref, row.state, row.observed) for row in store.findings()]
        seen = [(host.uid, host.runs) for host in store.hosts(1)]
    as_first_version(source, target)
    with pytest.raises(StoreError, match="older record version 0001"):
        open_store(target)
    assert upgrade(target) == "0001"
    with open_store(target) as store:
        assert [(row.ref, row.state, row.observed) for row in store.findings()] == told
        assert [(host.uid, host.runs) for host in store.hosts(1)] == seen
        assert store.verify_chain() == 1
        bench = Bench(store)
        bench.now = store.scans()[-1].started_at
        bench.scan_kind(ScanKind.EVALUATE, "web", run(Outcome.PASS))  # a kind that the first version did not have
        assert store.verify_chain() == 2


def test_a_record_of_the_first_version_is_upgraded_with_all_it_holds(tmp_path: Path) -> None:
    upgraded(f"sqlite:///{tmp_path / 'new.db'}", f"sqlite:///{tmp_path / 'old.db'}")


@pytest.mark.lab
def test_the_same_on_postgresql(postgres: Callable[[], str]) -> None:
    upgraded(postgres(), postgres())


def with_series(source: str, target: str) -> None:
    """A record of the version before the series: everything in it stays, and watching can begin."""
    make(source)
    with open_store(source) as store:
        told = [(row.ref, row.state, row.observed) for row in store.findings()]
    as_first_version(source, target, "0002")
    with pytest.raises(StoreError, match="older record version 0002"):
        open_store(target)
    assert upgrade(target) == "0002"
    with open_store(target) as store:
        assert [(row.ref, row.state, row.observed) for row in store.findings()] == told
        assert store.verify_chain() == 1
        prober = Prober(store, [declared("web")], flush=60.0)
        prober.begin()
        prober.work(SERIES_START + HOUR + 60)
        assert len(prober.seal()) == 1
        assert store.series.verify_seals(prober.key.holds).samples_checked
        with pytest.raises(StoreError, match="never changed or deleted"), store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE state_change SET state = 'up'")


def test_a_record_without_series_is_upgraded(tmp_path: Path) -> None:
    with_series(f"sqlite:///{tmp_path / 'new.db'}", f"sqlite:///{tmp_path / 'old.db'}")


@pytest.mark.lab
def test_a_record_without_series_is_upgraded_on_postgresql(postgres: Callable[[], str]) -> None:
    with_series(postgres(), postgres())


def test_a_newer_record_is_refused(database: str) -> None:
    make(database)
    stamp(database, "9999")
    with pytest.raises(StoreError, match=r"newer estatecheck \(record version 9999\); use that version"):
        open_store(database)
    with pytest.raises(StoreError, match="newer estatecheck"):
        upgrade(database)


def test_an_older_record_with_scans_waits_for_a_person(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make(database)
    stamp(database, "0000")
    monkeypatch.setattr("scanner.store.database.REVISIONS", ("0000", "0001"))
    with pytest.raises(StoreError, match="run `estatecheck db upgrade`"):
        open_store(database)


def test_an_older_record_without_scans_is_upgraded(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(database).close()
    stamp(database, "0000")
    called: list[str] = []
    monkeypatch.setattr("scanner.store.database.REVISIONS", ("0000", "0001"))
    monkeypatch.setattr("scanner.store.migrations.upgrade", called.append)
    open_store(database).close()
    assert called == [f"sqlite:///{database}"]


def test_a_relative_path_and_a_url_are_the_same_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make("record.db")
    with open_store("sqlite:///record.db") as store:
        assert len(store.scans()) == 1


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("text.db", b"hello, this is a text and no database at all", "not an SQLite database"),
        ("short.db", b"SQLite", "not an SQLite database"),
        ("head.db", b"SQLite format 3\0" + b"\xff" * 5000, "not an SQLite database|damaged"),
        ("missing/record.db", None, "does not exist"),
        ("", None, "is a folder"),
    ],
)
def test_what_is_no_record(tmp_path: Path, name: str, content: bytes | None, why: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=why):
        open_store(str(path))
    assert content is None or path.read_bytes() == content


def test_another_programs_database_is_left_alone(database: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoreError, match="belongs to another program"):
        open_store(database)
    with pytest.raises(StoreError, match="belongs to another program"):
        upgrade(database)
    assert [name for _, name, _ in layout(database)] == ["theirs"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:///:memory:", "outlive"),
        ("", "outlive"),
        ("://nothing", "no database URL"),
        ("what://", "driver"),
        ("mysql+nothing://h/d", "driver"),
        ("postgresql://nobody:hunter2@127.0.0.1:1/none", "refused"),
    ],
)
def test_urls_that_cannot_be_used(url: str, why: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=why) as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    words = (
        "import os, sys; sys.path[:] = [p for p in sys.path]\n"
        "from scanner.store.store import open_store\nfrom scanner.store.records import StoreError\n"
        "os.setuid(65534)\n"
        f"try: open_store({str(tmp_path / 'record.db')!r})\n"
        "except StoreError as fault: print(fault)\n"
    )
    for parent in tmp_path.parents[:2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    said = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True, timeout=60).stdout
    assert "cannot be opened for writing: Permission denied" in said


def test_a_locked_record_says_so_and_waits_no_longer_than_told(database: str) -> None:
    make(database)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_store(database, wait_seconds=0.2) as store:
        assert len(store.scans()) == 1  # readers are not held up
        start = time.monotonic()
        with pytest.raises(StoreError, match="locked by another process"):
            store.heartbeat(1)
        assert time.monotonic() - start < 5
        other.execute("ROLLBACK")
        store.heartbeat(1)
    other.close()


@pytest.mark.lab
def test_a_locked_server_record_says_so(postgres: Callable[[], str]) -> None:
    url = postgres()
    with open_store(url) as first, open_store(url, wait_seconds=0.2) as second:
        with first._database.writing(), pytest.raises(StoreError, match="locked by another process"):
            second.heartbeat(1)
        second.heartbeat(1)


AT_ONCE = """
import os, sys
from scanner.store.store import open_store
for _ in range(4):
    if not os.fork():
        open_store(sys.argv[1]).close()
        os._exit(0)
print([os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(4)])
"""


def test_those_that_open_a_new_record_at_once_all_succeed(database: str) -> None:
    ended = subprocess.run([sys.executable, "-c", AT_ONCE, database], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "[0, 0, 0, 0]\n", ended.stderr
    with open_store(database) as store:
        assert store.scans() == ()


def test_threads_may_share_a_store(database: str) -> None:
    with open_store(database) as store:
        bench = Bench(store)
        names = [f"h{n}" for n in range(24)]
        scan = bench.begin(*names)
        results = [bench.result(name, run(Outcome.FAIL)) for name in names]
        threads = [threading.Thread(target=store.save_host, args=(scan, result)) for result in results]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.findings()) == 24
        assert store.verify_chain() == 24
