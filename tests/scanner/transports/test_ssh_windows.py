"""OpenSSH for Windows: real sshd on loopback whose forced command plays PowerShell, and SSH servers that misbehave."""

import asyncio
import json
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.asset import Asset, Connection, Limits, Privilege
from inventory.facts.missing import Reason
from scanner.probes.windows import WINDOWS
from scanner.query import Deadline, Query, Surroundings, Visit
from scanner.transports.ssh import SshPool, SshTransport
from scanner.transports.ssh_windows import POWERSHELL
from tests.lab.hostile_fixture import Hostile
from tests.lab.known import surroundings
from tests.lab.sshd import Sshd, need_sshd, start_sshd, stop
from tests.lab.windows import recorded

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[3]
SECTIONS: tuple[Query, ...] = tuple(probe.section for probe in WINDOWS)
LAPTOP = recorded("laptop-11-23h2")
LIMITS = Limits(host_seconds=3.5, connect_seconds=1.0, login_seconds=2.5, output_bytes=512 * 1024)
GRACE = 2.0


@pytest.fixture
def pool() -> Iterator[SshPool]:
    made = SshPool(4)
    yield made
    made.close()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """``command`` in its folder is what the machine runs in place of powershell.exe."""
    need_sshd()
    folder = tmp_path_factory.mktemp("windows")
    server = start_sshd(folder, f"ForceCommand exec sh {folder / 'command'}")
    yield server
    stop(server.process)


def plays(machine: Sshd, command: str) -> None:
    (machine.folder / "command").write_text(command)


def recorded_machine(machine: Sshd) -> str:
    (machine.folder / "sections.json").write_text(json.dumps(LAPTOP))
    program = f"cd {shlex.quote(str(ROOT))} && exec {shlex.quote(sys.executable)} -m tests.lab.windows"
    return f"{program} {machine.folder / 'sections.json'}"


def asset(port: int, limits: Limits) -> Asset:
    return Asset("pc-7", Connection("ssh-windows", "127.0.0.1", port), limits=limits)


def visit(port: int, around: Surroundings, pool: SshPool, limits: Limits = LIMITS) -> tuple[Visit, float]:
    began = time.monotonic()
    way = SshTransport(asset(port, limits), around, pool, POWERSHELL)
    came = asyncio.run(way.answer(SECTIONS, Deadline(limits.host_seconds)))
    return came, time.monotonic() - began


def of(machine: Sshd, pool: SshPool, limits: Limits = LIMITS) -> tuple[Visit, float]:
    return visit(machine.port, surroundings(machine.login, machine.keys), pool, limits)


PATIENT = replace(LIMITS, host_seconds=30.0)


def test_every_section_comes_back_as_the_data_that_was_told(machine: Sshd, pool: SshPool) -> None:
    plays(machine, recorded_machine(machine))
    came, _ = of(machine, pool, PATIENT)
    assert came.attempt.missing is None
    assert (came.attempt.way, came.attempt.logged_in, came.attempt.privilege) == ("ssh-windows", True, Privilege.ROOT)
    told = {answer.query: json.loads(answer.output) for answer in came.answers if answer.missing is None}
    assert told == {f"windows_{name}": data for name, data in LAPTOP.items()}


def test_the_command_names_powershell_and_the_script_is_its_stdin(machine: Sshd, pool: SshPool) -> None:
    plays(machine, f'printf %s "$SSH_ORIGINAL_COMMAND" > {machine.folder}/asked; cat > {machine.folder}/script')
    of(machine, pool, PATIENT)
    assert (
        (machine.folder / "asked")
        .read_text()
        .endswith("powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command -")
    )
    script = (machine.folder / "script").read_bytes()
    first, _, rest = script.partition(b"\n\n")
    assert first.startswith(b". {")
    assert first.endswith(b"}")  # one block, ended by the first empty line
    assert rest.strip().startswith(b"if ($estatecheckHung)")


def test_what_a_console_does_to_the_document_is_undone(machine: Sshd, pool: SshPool) -> None:
    """A banner before it, lines broken at the 80th column, CR LF, UTF-16 with its mark."""
    plays(machine, f"echo 'Welcome, administrator'; {recorded_machine(machine)} | fold -w 80 | sed 's/$/\\r/'")
    wrapped, _ = of(machine, pool, PATIENT)
    plays(machine, f"printf '\\377\\376'; {recorded_machine(machine)} | iconv -f ascii -t utf-16le")
    wide, _ = of(machine, pool, replace(PATIENT, output_bytes=2 * 1024 * 1024))
    for came in (wrapped, wide):
        assert came.attempt.missing is None
        assert all(answer.missing is None for answer in came.answers)


@pytest.mark.parametrize(
    ("command", "reason", "words"),
    [
        pytest.param("exit 1", Reason.COLLECTOR_MISSING, "is it a Windows machine", id="no-powershell"),
        pytest.param("exit 0", Reason.OUTPUT_TRUNCATED, "nothing came", id="nothing"),
        pytest.param("echo 'access denied'", Reason.OUTPUT_UNREADABLE, "not a document", id="words"),
        pytest.param("RECORDED | head -c 3000", Reason.OUTPUT_TRUNCATED, "ended before", id="cut"),
        pytest.param(
            'RECORDED | sed \'s/"end":"./"end":"z/\'', Reason.OUTPUT_TRUNCATED, "ended before", id="other-marker"
        ),
        pytest.param("cat >/dev/null; exec sleep 30", Reason.TIMED_OUT, "time was up", id="hanging"),
        pytest.param(
            "cat >/dev/null; exec yes", Reason.OUTPUT_TRUNCATED, "more than 524288 bytes", id="endless-stdout"
        ),
        pytest.param("cat >/dev/null; exec yes >&2", Reason.OUTPUT_TRUNCATED, "error messages", id="endless-stderr"),
        pytest.param("while echo x; do sleep 0.2; done", Reason.TIMED_OUT, "time was up", id="drip"),
    ],
)
def test_a_fault_of_the_command(machine: Sshd, pool: SshPool, command: str, reason: Reason, words: str) -> None:
    plays(machine, command.replace("RECORDED", recorded_machine(machine)))
    came, took = of(machine, pool, PATIENT if "RECORDED" in command else LIMITS)
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is reason, came.attempt
    assert words in came.attempt.missing.detail
    assert all(answer.missing == came.attempt.missing for answer in came.answers)
    assert "RECORDED" in command or took < LIMITS.host_seconds + GRACE


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("blackhole", Reason.TIMED_OUT),
        ("refused", Reason.CONNECTION_REFUSED),
        ("mute", Reason.TIMED_OUT),
        ("slow banner", Reason.TIMED_OUT),
        ("wrong key", Reason.LOGIN_REFUSED),
        ("changed host key", Reason.HOST_KEY_MISMATCH),
        ("reset before output", Reason.OUTPUT_TRUNCATED),
        ("binary garbage", Reason.OUTPUT_UNREADABLE),
    ],
)
def test_a_fault_of_the_connection(hostile: Hostile, pool: SshPool, fault: str, reason: Reason) -> None:
    came, took = visit(hostile.ports[fault], surroundings(hostile.login, hostile.keys), pool)
    assert came.attempt.missing is not None
    assert came.attempt.missing.reason is reason, came.attempt
    assert took < LIMITS.host_seconds + GRACE


def test_a_document_that_came_whole_counts_although_the_session_hangs_after_it(machine: Sshd, pool: SshPool) -> None:
    plays(machine, f"({recorded_machine(machine)}); exec sleep 30")
    came, _ = of(machine, pool, replace(LIMITS, host_seconds=5.0))
    assert came.attempt.missing is None
    assert all(answer.missing is None for answer in came.answers)
