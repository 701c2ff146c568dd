"""The machine fails us: killed while writing, two writers at once, no room on the disk. Nothing is ever half there."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from checks.finding import Outcome
from scanner.store.records import ScanKind, ScanState, StoreError
from scanner.store.store import Store, open_store
from tests.scanner.store.world import Bench, answer, noise, run

MANY = 1500  # hosts: more than can be written before it is killed

# Started once: it forks a writer for each order of a line (database, prefix, count, kind), and says how all ended.
WRITERS = """
import json, os, sys
from checks.finding import Outcome
from scanner.store.records import ScanKind
from scanner.store.store import open_store
from tests.scanner.store.world import Bench, answer, run

def write(database, prefix, count, kind):
    bench = Bench(open_store(database))
    names = [f"{prefix}{n}" for n in range(count)]
    scan = bench.begin(*names, kind=ScanKind(kind))
    print(os.getpid(), scan, flush=True)
    for name in names:
        outcome = Outcome.FAIL if scan % 2 else Outcome.PASS
        bench.save(scan, name, run(outcome), answers=(answer("sshd", f"{name} {scan} " + "x" * 20000),))
    bench.end(scan)

for line in sys.stdin:
    orders = json.loads(line)
    for order in orders:
        if not os.fork():
            write(*order)
            os._exit(0)
    print(*sorted(os.waitstatus_to_exitcode(os.wait()[1]) for _ in orders), flush=True)
"""


@contextmanager
def writers() -> Iterator[Callable[..., str]]:
    """Gives what tells them orders, if there are any, and brings back the next line that they say."""
    words = [sys.executable, "-c", WRITERS]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        ours, theirs = process.stdin, process.stdout

        def say(*orders: tuple[str | int, ...]) -> str:
            if orders:
                ours.write(f"{json.dumps(orders)}\n")
                ours.flush()
            return theirs.readline()

        yield say


def whole(store: Store) -> None:
    """Every visit that is there is there with all its parts, and can be read back."""
    for scan in store.scans():
        hosts = list(store.hosts(scan.id, outputs=True))
        visited = [host for host in hosts if host.attempt]
        assert len(visited) == scan.done
        assert all(len(host.runs) == 1 and len(host.answers) == 1 for host in visited)
        assert not any(host.runs or host.answers for host in hosts if not host.attempt)
    events = store.verify_chain()
    assert events == len(store.events())
    assert store.size().tables["finding"] == len({row.ref for row in store.findings()})


def test_killed_at_any_moment(database: str) -> None:
    chance = random.Random(7)  # noqa: S311 (moments, not secrets)
    open_store(database).close()
    with writers() as say:
        for _ in range(4):
            pid, scan = map(int, say((database, "h", MANY, ScanKind.FULL.value)).split())
            time.sleep(chance.uniform(0.0, 0.3))
            os.kill(pid, signal.SIGKILL)
            assert int(say()) == -signal.SIGKILL
            with open_store(database) as store:
                [lost] = store.lost_scans()
                row = store.scan(scan)
                assert (lost.id, lost.done, row.state) == (scan, row.done, ScanState.INTERRUPTED)
                assert lost.lacking == tuple(f"h{n}" for n in range(row.done, MANY))
                whole_but_quick(store, scan)
                # the writers' made-up clock starts anew each time; ours must not refuse the next one
                with store._database.writing() as connection:
                    connection.exec_driver_sql("UPDATE scan SET started_at = '2026-01-01 00:00:00.000000'")


def whole_but_quick(store: Store, scan: int) -> None:
    row = store.scan(scan)
    visited = [host for host in store.hosts(scan) if host.attempt]
    assert len(visited) == row.done
    assert all(len(host.runs) == 1 and len(host.answers) == 1 for host in visited)
    store.verify_chain()


def test_a_verification_beside_a_scan(database: str) -> None:
    open_store(database).close()
    with writers() as say:
        orders = (database, "a", 60, ScanKind.FULL.value), (database, "b", 60, ScanKind.VERIFY.value)
        scans = {int(line.split()[1]) for line in (say(*orders), say())}
        assert (scans, say()) == ({1, 2}, "0 0\n")
    with open_store(database) as store:
        assert {row.state for row in store.scans()} == {ScanState.COMPLETE}
        assert len(store.findings()) == 60  # the odd scan fails its hosts, the even one passes
        whole(store)


def fill(database: str) -> tuple[str, int]:
    """Save hosts until the disk is full. What was said, and how many were saved."""
    with open_store(database) as store:
        bench, names = Bench(store), [f"h{n}" for n in range(2000)]
        scan = bench.begin(*names)
        for done, name in enumerate(names):
            try:
                bench.save(scan, name, run(Outcome.FAIL), answers=(answer("sshd", noise(done, 9000)),))
            except StoreError as fault:
                return str(fault), done
    raise AssertionError("the disk never filled up")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this container may not mount")
    try:
        database = str(tmp_path / "record.db")
        said, done = fill(database)
        assert "disk is full" in said
        (tmp_path / "record.db-shm").unlink(missing_ok=True)
        with open_store(database) as store:
            assert store.scans()[0].done == done
            assert len(store.findings()) == done
            whole(store)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    words = (
        "import resource, sys\nfrom tests.scanner.store.test_crash import fill\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))\n"
        f"print(*fill({str(tmp_path / 'record.db')!r}))\n"
    )
    ended = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=120)
    assert "disk" in ended.stdout, ended.stderr
    with open_store(str(tmp_path / "record.db")) as store:
        assert store.scans()[0].done == int(ended.stdout.split()[-1])
        whole(store)
