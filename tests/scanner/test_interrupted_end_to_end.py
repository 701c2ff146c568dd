"""Killed, stopped, started twice, locked out, no room left: one clear message, and what was collected stays."""

import os
import resource
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from scanner.store.store import open_store
from tests.scanner.end_to_end import Estate
from tests.scanner.faults import QUICK

NOISY = QUICK[:-1]
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: mounts of its own")


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """This machine, which answers at once, and a host that accepts and never speaks."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        made = Estate(tmp_path).local()
        made.credentials["none"] = {"user": "nobody", "password": "env:LAB_SECRET"}
        made.hosts["mute"] = {
            "ansible_host": "127.0.0.1",
            "ansible_port": silent.getsockname()[1],
            "estatecheck": {"credential": "none", "limits": {"login_seconds": 60, "host_seconds": 90}},
        }
        yield made


@contextmanager
def running(estate: Estate, *words: str) -> Iterator[subprocess.Popen[str]]:
    estate.write()
    process = subprocess.Popen(
        estate.command(*words),
        env={**estate.environment, "LAB_SECRET": "hunter2-hunter2"},
        cwd=estate.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def asked(estate: Estate, question: str) -> Any:  # noqa: ANN401 (a column of any type)
    with closing(sqlite3.connect(f"file:{estate.folder / 'record.db'}?mode=ro", uri=True)) as record:
        return record.execute(question).fetchone()[0]


def wait_until(estate: Estate, question: str, holds: Callable[[Any], bool]) -> None:
    """Watch the record until an answer fits."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if holds(asked(estate, question)):
                return
        except (sqlite3.Error, TypeError):  # not there yet
            pass
        time.sleep(0.005)
    raise AssertionError(f"never came true: {question}")


@pytest.mark.parametrize(
    ("question", "least", "kept"),
    [("SELECT count(*) FROM scan", 1, 0), ("SELECT done FROM scan", 1, 1)],
    ids=["begun", "one host stored"],
)
def test_killed_in_the_middle(estate: Estate, question: str, least: int, kept: int) -> None:
    if not kept:
        del estate.hosts["here"]  # it may be done before we look
    with running(estate, "scan", *NOISY) as scan:
        wait_until(estate, question, lambda found: found >= least)
        os.kill(scan.pid, signal.SIGKILL)
        scan.communicate()
    told = estate.run("report", "--scan", "1")
    assert told.returncode == 0, told.stderr
    assert f"was cut off: {kept} assets kept; lacking: mute" in told.stderr
    report = estate.report()
    assert report["scan"]["state"] == "interrupted"
    assets = {asset["name"]: asset for asset in report["assets"]}
    assert (assets["mute"]["attempted"], assets["mute"]["outcomes"]["pass"]) == (False, 0)
    assert kept == sum(asset["logged_in"] for asset in assets.values())
    estate.local()
    following = estate.run("scan", *QUICK, "--limit", "here")
    assert following.returncode == 0, following.stderr
    assert following.stderr == "", "told once"


@pytest.mark.soak
def test_killed_while_the_report_is_written(tmp_path: Path) -> None:
    estate = Estate(tmp_path).local()
    with running(estate, "scan", *QUICK) as scan:
        wait_until(estate, "SELECT state FROM scan", lambda state: state != "running")
        os.kill(scan.pid, signal.SIGKILL)
        scan.communicate()
    told = estate.run("report")
    assert (told.returncode, estate.report()["scan"]["state"]) == (0, "complete")
    assert "cut off" not in told.stderr
    assert {path.name for path in (tmp_path / "out").iterdir() if ".part" not in path.name} == {
        "report.html",
        "report.json",
    }


@pytest.mark.soak
@pytest.mark.parametrize(
    "signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)], ids=["Ctrl-C twice", "SIGTERM"]
)
def test_stopped_and_a_second_scan_beside_it(estate: Estate, signals: tuple[signal.Signals, ...]) -> None:
    with running(estate, "scan", *NOISY) as scan:
        wait_until(estate, "SELECT done FROM scan", lambda done: done == 1)
        second = estate.run("scan", *QUICK, "--limit", "here")
        assert second.returncode == 2
        assert "scan 1 has been running since" in second.stderr
        assert second.stderr.count("\n") == 1
        assert estate.run("report").stderr.startswith("wrote "), "a scan that runs is not taken for lost"
        assert estate.report()["scan"]["state"] == "running"
        for number in signals:
            scan.send_signal(number)
            time.sleep(0.05)
        begun = time.monotonic()
        out, err = scan.communicate(timeout=30)
    assert scan.returncode == 3, err
    assert time.monotonic() - begun < 15
    assert err.count("stopping; what was collected so far is kept") == 1
    assert "Traceback" not in err
    if "interrupted; the scan is stored" in err:  # the second Ctrl-C came while the report was written
        assert estate.run("report", "--scan", "1").returncode == 0
    else:
        assert "not attempted" in out
    assert estate.report()["scan"]["state"] == "partial"


@pytest.mark.soak
def test_a_locked_record_is_waited_for_and_then_told(tmp_path: Path) -> None:
    estate = Estate(tmp_path).local()
    assert estate.run("scan", *QUICK).returncode == 0
    with closing(sqlite3.connect(tmp_path / "record.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = estate.run("scan", *QUICK)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "locked by another process" in done.stderr
        assert asked(estate, "SELECT count(*) FROM scan") == 1
        other.execute("ROLLBACK")
    assert estate.run("report", "-o", "again").returncode == 0, "reading goes on"


def test_a_record_that_cannot_grow(tmp_path: Path) -> None:
    """A limit on the size of files: what a full disk is to a user who is not root."""
    estate = Estate(tmp_path).local()
    assert estate.run("scan", *QUICK).returncode == 0
    first = (tmp_path / "out" / "report.json").read_bytes()
    done = _with_little_room(estate, 256 * 1024)
    assert done.returncode in (2, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert "the disk" in done.stderr
    assert done.stderr.count("estatecheck:") == 1
    again = estate.run("report", "--scan", "1", "-o", "again")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "report.json").read_bytes() == first


def _with_little_room(estate: Estate, room: int) -> subprocess.CompletedProcess[str]:
    estate.write()
    return subprocess.run(
        estate.command("scan", "--check", "linux.[lnas]*"),  # more evidence than there is room for
        env=estate.environment,
        cwd=estate.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )


FULL_DISK = """
mount -t tmpfs -o size=$ROOM tmpfs disk
$SCAN; echo "first: $?"
mount -o remount,size=64m disk
$REPORT; echo "report: $?"
$AGAIN; echo "again: $?"
"""


def on_a_small_disk(estate: Estate, room: int, scan: str, **places: str) -> subprocess.CompletedProcess[str]:
    """A scan on a disk of its own that is too small, its report on one that has grown, and another scan."""
    (estate.folder / "disk").mkdir()
    commands = {
        "SCAN": scan,
        "REPORT": " ".join(estate.command("report", "--scan", "1", "--format", "terminal")),
        "AGAIN": " ".join(estate.command("scan", *QUICK)),
    }
    estate.write()
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", FULL_DISK],
        env={**estate.environment, **places, **commands, "ROOM": str(room)},
        cwd=estate.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.soak
@ROOT
@pytest.mark.root
@pytest.mark.parametrize(
    ("more", "code", "then"), [(-200_000, 2, 2), (250_000, 3, 0)], ids=["no room at all", "too little"]
)
def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path, more: int, code: int, then: int) -> None:
    open_store(str(tmp_path / "empty.db")).close()
    room = (tmp_path / "empty.db").stat().st_size + more
    estate = Estate(tmp_path).local()
    everything = " ".join(estate.command("scan", "--quiet"))
    done = on_a_small_disk(
        estate, room, everything, ESTATECHECK_DATABASE="disk/record.db", ESTATECHECK_OUTPUT="disk/out"
    )
    first, *_ = done.stderr.splitlines()
    assert f"first: {code}\n" in done.stdout, done.stderr
    assert "disk/record.db: the disk is full; make room and run again" in first
    assert ("scan 1 was cut short" in first) == (code == 3)
    assert f"report: {then}\n" in done.stdout, done.stderr
    assert ("scan 1, partial" in done.stdout or "scan 1, interrupted" in done.stdout) == (code == 3)
    assert "again: 0\n" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    assert "internal" not in done.stderr


@pytest.mark.soak
@ROOT
@pytest.mark.root
def test_a_report_that_finds_no_room_leaves_the_scan_stored(tmp_path: Path) -> None:
    estate = Estate(tmp_path).local()
    done = on_a_small_disk(estate, 20 * 1024, " ".join(estate.command("scan", *QUICK)), ESTATECHECK_OUTPUT="disk/out")
    first, *_ = done.stderr.splitlines()
    assert "first: 3\n" in done.stdout, done.stderr
    assert "reports cannot be written to disk/out: No space left on device; scan 1 is stored" in first
    assert "report: 0\n" in done.stdout, done.stderr
    assert estate.run("report", "list").stdout.count("complete") == 2


@ROOT
@pytest.mark.root
@pytest.mark.parametrize("place", ["database", "output"])
def test_a_place_that_may_only_be_read(tmp_path: Path, place: str) -> None:
    estate = Estate(tmp_path).local()
    estate.write()
    (tmp_path / "fixed").mkdir()
    named = {"database": "ESTATECHECK_DATABASE", "output": "ESTATECHECK_OUTPUT"}[place]
    script = "mount --bind fixed fixed && mount -o remount,ro,bind fixed && $SCAN"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        env={**estate.environment, named: str(tmp_path / "fixed/it"), "SCAN": " ".join(estate.command("scan", *QUICK))},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "fixed/it" in done.stderr
    assert "Read-only file system" in done.stderr
    assert done.stderr.count("\n") == 1
