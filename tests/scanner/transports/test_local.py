"""The way in to the scanner's own host: real child processes, and none of them left behind."""

import asyncio
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from inventory.asset import Asset, Become, Connection, Limits, Privilege
from inventory.facts.missing import Reason
from scanner.query import Deadline, Login, Script, SecretUnavailable, Surroundings, Visit
from scanner.transports import WAYS
from scanner.transports.local import LocalTransport
from scanner.transports.selective import Selective

AS_WE_ARE = Privilege.ROOT if os.geteuid() == 0 else Privilege.USER


def here(**limits: int) -> Asset:
    return Asset("here", Connection("local", "localhost", become=Become.NONE), limits=Limits(**limits))


def look(queries: list[Script], seconds: float = 30, asset: Asset | None = None, shell: str = "/bin/sh") -> Visit:
    return asyncio.run(LocalTransport(asset or here(), shell).answer(queries, Deadline(seconds)))


def running(word: str) -> list[str]:
    """Processes, zombies too, that have this word in their command line or are our dead children."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line, status = (entry / "cmdline").read_bytes(), (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if word.encode() in line or (status[0] == "Z" and int(status[1]) == os.getpid()):
            found.append(f"{entry.name} {line!r}")
    return found


def gone(word: str, within: float = 3.0) -> bool:
    ends = time.monotonic() + within
    while running(word) and time.monotonic() < ends:
        time.sleep(0.05)
    return not running(word)


def test_a_visit_to_our_own_host() -> None:
    visit = look([Script("name", "uname -s"), Script("none", "exit 66")])
    assert [(a.text, a.exit_code, a.missing) for a in visit.answers] == [("Linux\n", 0, None), ("", 66, None)]
    attempt = visit.attempt
    assert (attempt.way, attempt.reached, attempt.logged_in, attempt.missing) == ("local", True, True, None)
    assert attempt.privilege is AS_WE_ARE
    assert 0 < attempt.seconds < 30
    assert abs(time.time() - visit.answers[0].answered_at) < 30
    assert attempt.started_at.timestamp() == visit.answers[0].asked_at <= visit.answers[0].answered_at


def test_the_scanners_environment_stays_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESTATE_PASSWORD", "hunter2hunter2")
    (answer,) = look([Script("environment", "env; cat /proc/$PPID/environ")]).answers
    assert "PATH=" in answer.text
    assert "hunter2" not in answer.text


def test_the_deadline_ends_everything_and_keeps_what_is_whole() -> None:
    sleep = "sleep 71.25"
    whole = [Script(f"s{i}", f"echo {i}") for i in range(8)]
    started = time.monotonic()
    visit = look([*whole, Script("hangs", f"{sleep} & {sleep}", timeout_seconds=60)], seconds=1.5)
    assert time.monotonic() - started < 5
    assert visit.attempt.missing is not None
    assert visit.attempt.missing.reason is Reason.TIMED_OUT
    assert [a.text for a in visit.answers[:8]] == [f"{i}\n" for i in range(8)]
    assert visit.answers[8].missing == visit.attempt.missing
    assert gone("71.25")


def test_cancellation_ends_everything() -> None:
    async def cancelled() -> None:
        query = Script("hangs", "sleep 72.25", timeout_seconds=60)
        task = asyncio.create_task(LocalTransport(here()).answer([query], Deadline(60)))
        while not running("72.25"):  # noqa: ASYNC110 - waits for a process of another shell
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancelled(), 15))
    assert gone("72.25")


def test_more_output_than_the_cap_is_cut() -> None:
    noise = "head -c 400000 /dev/urandom"
    whole = [Script(f"s{i}", f"echo {i}") for i in range(8)]
    visit = look([*whole, Script("big", noise)], asset=here(output_bytes=100_000))
    assert visit.attempt.missing is not None
    assert visit.attempt.missing.reason is Reason.OUTPUT_TRUNCATED
    assert visit.answers[0].text == "0\n"
    assert visit.answers[8].missing == visit.attempt.missing


def fake_shell(directory: Path, body: str) -> str:
    shell = directory / "shell"
    shell.write_text(f"#!/bin/sh\n{body}\n")
    shell.chmod(shell.stat().st_mode | stat.S_IXUSR)
    return str(shell)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param("echo not for you; exit 1", Reason.OUTPUT_UNREADABLE, id="not a shell"),
        pytest.param("exec <&-; exit 3", Reason.OUTPUT_UNREADABLE, id="ends at once"),
        pytest.param("trap '' TERM; exec sleep 73.25", Reason.TIMED_OUT, id="ignores the end"),
        pytest.param("exec yes", Reason.OUTPUT_TRUNCATED, id="endless"),
        pytest.param("while :; do echo; sleep 0.1; done", Reason.TIMED_OUT, id="drips"),
    ],
)
def test_a_shell_that_misbehaves(body: str, reason: Reason, tmp_path: Path) -> None:
    started = time.monotonic()
    visit = look([Script("s", "echo x")], 1.0, shell=fake_shell(tmp_path, body))
    assert time.monotonic() - started < 6
    assert visit.answers[0].missing is not None
    assert visit.answers[0].missing.reason is reason
    assert gone("73.25")


def test_no_shell_at_all(tmp_path: Path) -> None:
    attempt = look([Script("s", "echo x")], shell=str(tmp_path / "nothing")).attempt
    assert (attempt.reached, attempt.privilege) == (False, Privilege.NONE)
    assert attempt.missing is not None
    assert "could not be started" in attempt.missing.detail


def test_no_descriptor_is_left_open() -> None:
    look([Script("s", "echo x")])
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        look([Script("s", "echo x")])
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


class NoLogins:
    def login(self, asset: Asset) -> Login:
        raise SecretUnavailable(asset.name)


def test_the_map_of_ways_gives_this_one() -> None:
    made = WAYS["local"](here(), Surroundings(NoLogins(), None))  # type: ignore[arg-type] # not used by this way
    assert isinstance(made, Selective)
    assert isinstance(made.inner, LocalTransport)
    assert set(WAYS) == {"cli", "endpoint", "local", "redfish", "snmp", "ssh", "ssh-windows", "winrm"}


def test_the_map_of_ways_does_not_load_paramiko() -> None:
    code = "import sys, scanner.transports; sys.exit('paramiko' in sys.modules)"

    async def loaded() -> int:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
        return await process.wait()

    assert asyncio.run(loaded()) == 0
