"""Evidence: each text once, large ones as files, damage noticed and named."""

import hashlib
import sqlite3
import stat
from pathlib import Path

import pytest

from checks.finding import Outcome
from scanner.store.evidence import OWN_FILE_BYTES, blob_file
from scanner.store.records import StoreError
from scanner.store.store import open_store
from tests.scanner.store.world import Bench, answer, noise, run

NOISE = noise(3, OWN_FILE_BYTES)  # packs to about a half
LARGE = NOISE + noise(4, OWN_FILE_BYTES // 4)


@pytest.fixture
def sqlite_bench(database: str) -> Bench:
    return Bench(open_store(database))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_large_evidence_is_a_file_that_only_we_may_read(sqlite_bench: Bench, database: str) -> None:
    sqlite_bench.scan(
        "web", run(Outcome.FAIL), answers=(answer("sshd", LARGE), answer("mounts", "small"), answer("x", ""))
    )
    path = blob_file(Path(database + ".blobs"), sha(LARGE))
    assert [p for p in Path(database + ".blobs").rglob("*") if p.is_file()] == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sqlite_bench.store.blob(sha(LARGE)) == LARGE.encode()
    assert sqlite_bench.store.blob(sha("small")) == b"small"
    assert sqlite_bench.store.blob(sha("")) == b""
    size = sqlite_bench.store.size()
    assert size.blobs == 3
    assert size.total > OWN_FILE_BYTES


def test_a_damaged_file_is_named(sqlite_bench: Bench, database: str) -> None:
    sqlite_bench.scan("web", run(Outcome.FAIL), answers=(answer("sshd", LARGE),))
    path = blob_file(Path(database + ".blobs"), sha(LARGE))
    packed = bytearray(path.read_bytes())
    packed[len(packed) // 2] ^= 1
    path.write_bytes(packed)
    with pytest.raises(StoreError, match=f"evidence {sha(LARGE)} is damaged"):
        sqlite_bench.store.blob(sha(LARGE))
    path.unlink()
    with pytest.raises(StoreError, match="is damaged: restore it"):
        sqlite_bench.store.blob(sha(LARGE))


@pytest.mark.parametrize("change", ["data = x'00'", "data = zeroblob(2000000)", "size = size + 1", "data = x''"])
def test_a_damaged_row_is_named(sqlite_bench: Bench, database: str, change: str) -> None:
    scan, _ = sqlite_bench.scan("web", run(Outcome.FAIL), answers=(answer("sshd", "whole"),))
    with sqlite3.connect(database) as connection:
        connection.execute(f"UPDATE blob SET {change}")  # noqa: S608 (a table of the test's own)
    connection.close()
    with pytest.raises(StoreError, match=sha("whole")):
        sqlite_bench.store.blob(sha("whole"))
    with pytest.raises(StoreError, match="is damaged"):
        list(sqlite_bench.store.hosts(scan, outputs=True))
    assert len(list(sqlite_bench.store.hosts(scan))) == 1


def test_a_blob_of_another_text_is_noticed(sqlite_bench: Bench, database: str) -> None:
    sqlite_bench.scan("web", run(Outcome.FAIL), answers=(answer("sshd", "true 1"), answer("mounts", "lies 2")))
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE blob SET data = (SELECT data FROM blob ORDER BY id DESC LIMIT 1)")
    connection.close()
    with pytest.raises(StoreError, match=sha("true 1")):
        sqlite_bench.store.blob(sha("true 1"))


def test_the_same_text_is_stored_once(sqlite_bench: Bench) -> None:
    names = [f"h{n}" for n in range(20)]
    scan = sqlite_bench.begin(*names)
    for name in names:
        sqlite_bench.save(scan, name, answers=(answer("sshd", "same"), answer("mounts", "same"), answer("x", name)))
    assert sqlite_bench.store.size().blobs == 21
    assert sqlite_bench.store.size().tables["evidence"] == 60


@pytest.mark.parametrize(
    "change", ["actor = 'me'", "proof = '{}'", "to_state = 'OPEN'", "at = '2020-01-01 00:00:00.000000'"]
)
def test_a_changed_event_is_noticed(sqlite_bench: Bench, database: str, change: str) -> None:
    for outcome in (Outcome.FAIL, Outcome.PASS, Outcome.FAIL):
        sqlite_bench.scan("web", run(outcome))
    assert sqlite_bench.store.verify_chain() == 3
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER event_no_update")
        connection.execute(f"UPDATE event SET {change} WHERE seq = 2")  # noqa: S608 (a table of the test's own)
    connection.close()
    with pytest.raises(StoreError, match="event 2 does not fit"):
        sqlite_bench.store.verify_chain()


def test_a_removed_event_and_a_changed_state_are_noticed(sqlite_bench: Bench, database: str) -> None:
    for outcome in (Outcome.FAIL, Outcome.PASS, Outcome.FAIL):
        sqlite_bench.scan("web", run(outcome))
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE finding SET state = 'VERIFIED_FIXED'")
    with pytest.raises(StoreError, match="EC-0001 is VERIFIED_FIXED, but its events say OPEN"):
        sqlite_bench.store.verify_chain()
    with connection:
        connection.execute("DROP TRIGGER event_no_delete")
        connection.execute("DELETE FROM event WHERE seq = 2")
    connection.close()
    with pytest.raises(StoreError, match="event 3 does not fit"):
        sqlite_bench.store.verify_chain()
