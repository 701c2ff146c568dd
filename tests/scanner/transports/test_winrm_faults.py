"""The thirteen faults of docs, against WinRM: each ends inside its deadline and memory, with the right reason."""

import asyncio
import socket
import sys
import time
import tracemalloc
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from inventory.facts.missing import Reason
from scanner.query import Deadline, Login, Surroundings, Visit
from scanner.transports import WAYS
from tests.lab import winrm as lab
from tests.lab.hostile import blackhole, refused
from tests.lab.known import MemoryHostKeys
from tests.lab.redfish import Certificate, certificate
from tests.lab.winrm import PASSWORD, USER, Command
from tests.scanner.transports.winrm_bench import LAPTOP, SECONDS, SMALL, OneLogin, asset, service, users, visit

pytestmark = pytest.mark.lab

GRACE = 2.0  # seconds a busy machine may be late
MEMORY = 24 * 1024 * 1024  # of Python objects: an answer of at most 2 MB, its XML and its text
CAP = 512 * 1024


@pytest.fixture(autouse=True)
def _users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users(tmp_path, monkeypatch)


@pytest.mark.parametrize(("make", "reason"), [(blackhole, Reason.TIMED_OUT), (refused, Reason.CONNECTION_REFUSED)])
def test_nobody_there(tmp_path: Path, make: Callable[[], socket.socket], reason: Reason) -> None:
    with make() as sock:
        came, took = visit(asset(sock.getsockname()[1], certificate(tmp_path)))
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is reason
    assert not came.attempt.reached
    assert took < SECONDS + GRACE


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        pytest.param(lab.silent, Reason.TIMED_OUT, id="accepts-and-never-speaks"),
        pytest.param(lab.drip, Reason.TIMED_OUT, id="slow-handshake"),
        pytest.param(lab.no_tls, Reason.UNREACHABLE, id="no-tls"),
        pytest.param(lambda _service, sock: sock.close(), Reason.UNREACHABLE, id="closes-at-once"),
    ],
)
def test_a_fault_before_the_session(tmp_path: Path, before: lab.Fault, reason: Reason) -> None:
    with service(tmp_path, before=before) as winrm:
        came, took = visit(asset(winrm.port, winrm.certificate))
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is reason, came.attempt
    assert not came.attempt.reached
    assert took < SECONDS + GRACE


def test_a_certificate_that_changed_is_refused_and_nothing_is_sent(tmp_path: Path) -> None:
    with service(tmp_path) as winrm:
        came, _ = visit(asset(winrm.port, certificate(tmp_path, "before")))
        assert (winrm.asked, winrm.logins) == ([], 0)
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.HOST_KEY_MISMATCH


def _endless(command: Command) -> None:
    command.endless = b"x" * 60_000


def _endless_errors(command: Command) -> None:
    command.endless_errors = b"x" * 60_000


def _never(command: Command) -> None:
    """Runs for ever and prints nothing."""


def _half(command: Command) -> None:
    whole = lab.answer(command.script.decode(), LAPTOP).encode()
    command.out += whole[: len(whole) // 2]
    command.done.set()


def _nothing(command: Command) -> None:
    command.status = 1
    command.done.set()


def _bomb(command: Command) -> None:
    """Deep JSON: what a decompression bomb is to a document that is not compressed."""
    marker = command.script.decode().partition("$marker = '")[2][:32]
    nested = '{"a":' * 4000 + "1" + "}" * 4000
    command.out += f'{{"format":"estatecheck-windows","x":{nested},"end":"{marker}"}}'.encode()
    command.done.set()


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        pytest.param(_endless, Reason.OUTPUT_TRUNCATED, id="endless-stdout"),
        pytest.param(_endless_errors, Reason.OUTPUT_TRUNCATED, id="endless-stderr"),
        pytest.param(_never, Reason.TIMED_OUT, id="hanging-command"),
        pytest.param(_half, Reason.OUTPUT_TRUNCATED, id="half-a-document"),
        pytest.param(_nothing, Reason.COLLECTOR_MISSING, id="no-powershell"),
        pytest.param(_bomb, Reason.OUTPUT_UNREADABLE, id="nesting-bomb"),
    ],
)
def test_a_fault_of_the_command(tmp_path: Path, play: lab.Play, reason: Reason) -> None:
    with service(tmp_path, play, wait=0.2) as winrm:
        tracemalloc.start()
        came, took = visit(asset(winrm.port, winrm.certificate, output_bytes=CAP))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is reason, came.attempt
    assert came.attempt.logged_in
    assert winrm.shells == set()  # ended, whatever it did
    assert took < SECONDS + GRACE
    assert peak < MEMORY


@pytest.mark.parametrize("action", ["Create", "Receive"])
@pytest.mark.parametrize(
    ("done", "reason"),
    [
        pytest.param(lab.reset, Reason.OUTPUT_TRUNCATED, id="reset"),
        pytest.param(lab.hang, Reason.TIMED_OUT, id="hang"),
        pytest.param(lab.drip_answer, Reason.TIMED_OUT, id="drip"),
        pytest.param(lab.endless_answer, Reason.OUTPUT_TRUNCATED, id="endless-answer"),
        pytest.param(lab.endless_headers, Reason.OUTPUT_UNREADABLE, id="endless-headers"),
    ],
)
def test_a_line_that_breaks(tmp_path: Path, action: str, done: Callable[[socket.socket], None], reason: Reason) -> None:
    with service(tmp_path, midway={action: done}) as winrm:
        tracemalloc.start()
        came, took = visit(asset(winrm.port, winrm.certificate, output_bytes=CAP))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is reason, came.attempt
    assert came.attempt.logged_in is (action == "Receive")
    assert took < SECONDS + GRACE
    assert peak < MEMORY


def test_a_log_in_that_is_refused_is_not_tried_again(tmp_path: Path) -> None:
    with service(tmp_path) as winrm:
        came, _ = visit(asset(winrm.port, winrm.certificate), Login(user=USER, password="no"))
        assert winrm.refused == 1
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.LOGIN_REFUSED


def test_hosts_that_hang_do_not_hold_up_the_others(tmp_path: Path) -> None:
    async def together(good: int, bad: int, trusted: Certificate) -> tuple[list[Visit], float]:
        around = Surroundings(OneLogin(Login(user=USER, password=PASSWORD)), MemoryHostKeys({}))

        def going(port: int) -> Coroutine[Any, Any, Visit]:
            patient = asset(port, trusted, connect_seconds=5.0, login_seconds=8.0)
            return WAYS["winrm"](patient, around).answer(SMALL, Deadline(12.0))

        hanging = [asyncio.create_task(going(bad)) for _ in range(6)]
        began = time.monotonic()
        done = await asyncio.gather(*(going(good) for _ in range(6)))
        took = time.monotonic() - began
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        return done, took

    (tmp_path / "bad").mkdir()
    with service(tmp_path) as healthy, service(tmp_path / "bad", before=lab.silent) as sick:
        done, took = asyncio.run(together(healthy.port, sick.port, healthy.certificate))
    assert [came.attempt.missing for came in done] == [None] * 6
    assert took < 6


def test_without_its_packages_the_way_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("scanner.transports.winrm", "pypsrp", "spnego"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pypsrp", None)
    monkeypatch.setitem(sys.modules, "spnego", None)
    came, _ = visit(asset(1, None))
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is Reason.NOT_ATTEMPTED
    assert "estatecheck[windows]" in came.attempt.missing.detail
    assert len(came.answers) == 2
