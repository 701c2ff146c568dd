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
    assert "interrupted" in estate.run("report", "list").stdout


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
        for number in signals:
            scan.send_signal(number)
            time.sleep(0.05)
        begun = time.monotonic()
        out, err = scan.communicate(timeout=30)
    assert scan.returncode == 3, err
    assert time.monotonic() - begun < 15
    assert err.count("stopping; what was collected so far is kept") == 1
    assert "Traceback" not in err
    assert "1 not attempted" in out or "not attempted" in out
    assert estate.report()["scan"]["state"] == "partial"


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
    room = (tmp_path / "record.db").stat().st_size + 8192
    done = _with_little_room(estate, room)
    assert done.returncode in (2, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert "the disk" in done.stderr
    assert done.stderr.count("estatecheck:") == 1
    again = estate.run("report", "--scan", "1", "-o", "again")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "report.json").read_bytes() == first
    assert estate.run("scan", *QUICK).returncode == 0, "and once there is room, it goes on"


def _with_little_room(estate: Estate, room: int) -> subprocess.CompletedProcess[str]:
    estate.write()
    return subprocess.run(
        estate.command("scan"),  # every check: more evidence than there is room for
        env=estate.environment,
        cwd=estate.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),  # noqa: PLW1509 (no threads here)
    )


IN_A_FULL_DISK = """
set -u
mount -t tmpfs -o size=$ROOM tmpfs disk
$SCAN; echo "first: $?"
mount -o remount,size=64m disk
$REPORT; echo "report: $?"
$SCAN; echo "second: $?"
"""


@ROOT
@pytest.mark.root
@pytest.mark.parametrize("room", ["64k", "480k", "560k"])
def test_a_full_disk_loses_nothing_that_was_stored(estate: Estate, room: str) -> None:
    del estate.hosts["mute"]
    (estate.folder / "disk").mkdir()
    estate.write()
    scan = " ".join(estate.command("scan", "--quiet"))
    report = " ".join(estate.command("report", "--format", "terminal"))
    places = {"ESTATECHECK_DATABASE": "disk/record.db", "ESTATECHECK_OUTPUT": "disk/out", "ROOM": room}
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", IN_A_FULL_DISK],
        env={**estate.environment, **places, "SCAN": scan, "REPORT": report},
        cwd=estate.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert "second: 0" in done.stdout, done.stdout + done.stderr
    assert False
