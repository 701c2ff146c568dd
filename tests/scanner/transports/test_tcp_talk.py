"""One polite connection a port, against servers of every habit: each ends bounded, and nothing said makes a line."""

import asyncio
import errno
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.asset import Asset, Connection, Limits, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Deadline, Script, TcpPort, TcpTalk, Visit
from scanner.transports.tcp_talk import TcpTalkTransport
from tests.lab.sshd import Sshd
from tests.lab.talkers import deaf, drips, nobody, resets, says, says_and_reads, talker

DEVICE = Asset("device", Connection("snmp", "127.0.0.1", 161), kind="network")
GET = b"GET / HTTP/1.1\r\nHost: device\r\nConnection: close\r\n\r\n"


def visit(*ports: TcpPort, device: Asset = DEVICE, seconds: float = 20.0, connect: float = 0.5) -> Visit:
    transport = TcpTalkTransport(device, connect_seconds=connect)
    return asyncio.run(transport.answer([TcpTalk("management", ports)], Deadline(seconds)))


def told(seen: Visit) -> list[list[str]]:
    """The fields of each line without the seconds."""
    lines = seen.answers[0].text.splitlines()
    return [[field for at, field in enumerate(line.split("|")) if at != 2] for line in lines]


def one(port: TcpPort, **options: float) -> tuple[str, str, str]:
    """STATE, END, SAID."""
    (fields,) = told(visit(port, **options))  # type: ignore[arg-type]
    return fields[1], fields[2], fields[3]


@pytest.mark.lab
def test_a_real_ssh_server(lab_sshd: Sshd) -> None:
    state, end, said = one(TcpPort(lab_sshd.port))
    assert (state, end) == ("open", "quiet")
    assert said.startswith("SSH-2.0-OpenSSH_")
    assert said.endswith("\\x0d\\x0a")


def test_a_real_web_server(tmp_path: Path) -> None:
    with nobody() as free:
        port = free
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(tmp_path), str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while one(TcpPort(port, wait_seconds=0))[0] != "open" and time.monotonic() < until:
            time.sleep(0.05)
        state, end, said = one(TcpPort(port, GET))
    finally:
        server.terminate()
        server.wait(10)
    assert (state, end) == ("open", "closed")
    assert said.startswith("HTTP/1.0 200 OK\\x0d\\x0aServer: SimpleHTTP")


def test_refused_is_told_apart_from_silence() -> None:
    with nobody() as shut, deaf() as silent:
        seen = visit(TcpPort(shut), TcpPort(silent))
    assert told(seen) == [[str(shut), "refused", "", ""], [str(silent), "no answer", "", ""]]
    assert seen.attempt.reached
    assert seen.attempt.missing is None
    assert seen.answers[0].privilege is Privilege.NONE


def test_a_device_of_which_no_port_answers() -> None:
    with deaf() as silent:
        seen = visit(TcpPort(silent))
    assert not seen.attempt.reached
    assert seen.attempt.missing == Missing(Reason.UNREACHABLE, "no TCP port that was asked gave an answer")
    assert seen.answers[0].missing is None


@pytest.mark.parametrize(
    ("habit", "expected"),
    [
        pytest.param(says(b"Username: "), ("open", "quiet", "Username: "), id="speaks"),
        pytest.param(says(b"hello", hold=False), ("open", "closed", "hello"), id="hangs up"),
        pytest.param(says(hold=False), ("open", "closed", ""), id="hangs up at once"),
        pytest.param(says(), ("open", "waited", ""), id="silent"),
        pytest.param(resets(), ("open", "reset", ""), id="resets at once"),
        pytest.param(resets(b"half a ban"), ("open", "reset", "half a ban"), id="resets in the middle"),
        pytest.param(drips(b"."), ("open", "waited", ""), id="drips for ever"),
        pytest.param(says(b"x" * 1_000_000), ("open", "enough", "x" * 100), id="a megabyte"),
        pytest.param(says(b"\xff\xfd\x18\0\r\n"), ("open", "quiet", "\\xff\\xfd\\x18\\x00\\x0d\\x0a"), id="octets"),
        pytest.param(says("Gerät\u2028".encode()), ("open", "quiet", "Ger\\xc3\\xa4t\\xe2\\x80\\xa8"), id="not ASCII"),
        pytest.param(says(b"a|b\\x41"), ("open", "quiet", "a\\x7cb\\x5cx41"), id="our own signs"),
        pytest.param(
            says(b"a\n22|refused|0.001||\n"), ("open", "quiet", "a\\x0a22\\x7crefused\\x7c0.001\\x7c\\x7c\\x0a")
        ),
    ],
)
def test_every_habit_ends_with_its_reason(habit: object, expected: tuple[str, str, str]) -> None:
    with talker(habit) as port:  # type: ignore[arg-type] # a table of habits
        started = time.monotonic()
        state, end, said = one(TcpPort(port, max_bytes=100, wait_seconds=1.0))
    assert time.monotonic() - started < 2.5
    assert (state, end) == expected[:2]
    assert said == expected[2] or (end == "waited" and set(said) == {"."})


def test_a_drip_is_bounded_by_the_whole_time_and_not_by_each_part() -> None:
    with talker(drips(b".", every=0.01)) as port:
        started = time.monotonic()
        assert one(TcpPort(port, max_bytes=10**6, wait_seconds=0.4))[1] == "waited"
    assert time.monotonic() - started < 1.5


def test_what_is_asked_is_sent_once_the_connection_stands() -> None:
    with talker(says_and_reads(b"HTTP/1.1 301 Moved\r\nLocation: https://device/\r\n\r\n")) as port:
        assert one(TcpPort(port, GET))[:2] == ("open", "closed")
        assert one(TcpPort(port, wait_seconds=0.3))[1] == "waited"


def test_a_port_that_is_only_knocked_at() -> None:
    with talker(says(b"never read")) as port:
        assert one(TcpPort(port, wait_seconds=0)) == ("open", "", "")


def test_ipv6() -> None:
    try:
        with talker(says(b"six"), "::1") as port:
            device = replace(DEVICE, connection=Connection("snmp", "::1", 161))
            assert told(visit(TcpPort(port), device=device)) == [[str(port), "open", "quiet", "six"]]
    except OSError:
        pytest.skip("no IPv6 on loopback here")


def test_a_name_that_nobody_knows() -> None:
    seen = visit(TcpPort(22), device=replace(DEVICE, connection=Connection("snmp", "no-such-name.invalid", 161)))
    missing = Missing(Reason.UNREACHABLE, "the name no-such-name.invalid cannot be resolved")
    assert (seen.attempt.missing, seen.answers[0].missing, seen.answers[0].output) == (missing, missing, b"")


def test_a_device_behind_a_bastion_is_not_looked_at_from_here() -> None:
    with talker(says(b"somebody else")) as port:
        device = replace(DEVICE, connection=Connection("cli", "127.0.0.1", 22, bastion="gate"))
        seen = visit(TcpPort(port), device=device)
    assert seen.answers[0].missing is not None
    assert seen.answers[0].missing.reason is Reason.NOT_ATTEMPTED
    assert "through gate" in seen.answers[0].missing.detail


def test_the_end_of_the_visit_is_the_end_of_the_look() -> None:
    with talker(says()) as first, talker(says(b"never asked")) as second:
        seen = visit(TcpPort(first), TcpPort(second), seconds=0.3)
    assert [fields[1:] for fields in told(seen)] == [["open", "waited", ""], ["not tried", "", ""]]
    assert visit(TcpPort(1), seconds=0).answers[0].missing == Missing(
        Reason.TIMED_OUT, "the time limit of the visit was over before a port could be tried"
    )


def test_a_connection_cut_short_by_the_visits_end_says_nothing_of_the_port() -> None:
    with talker(says()) as first, deaf() as silent:
        seen = visit(TcpPort(first, wait_seconds=0.1), TcpPort(silent), seconds=0.5, connect=5.0)
    assert [fields[1] for fields in told(seen)] == ["open", "not tried"]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EHOSTUNREACH, ["22", "unreachable", "EHOSTUNREACH", ""]),
        (errno.ENETUNREACH, ["22", "unreachable", "ENETUNREACH", ""]),
        (errno.EADDRNOTAVAIL, None),
        (errno.EPERM, None),
    ],
)
def test_what_this_machine_cannot_do_is_no_answer_of_the_device(
    monkeypatch: pytest.MonkeyPatch, number: int, expected: list[str] | None
) -> None:
    async def refuse(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", refuse)
    seen = visit(TcpPort(22))
    if expected:
        assert told(seen) == [expected]
    else:
        name = errno.errorcode[number]
        why = Missing(Reason.NOT_ATTEMPTED, f"no port could be tried from this machine: {name}")
        assert (seen.answers[0].missing, seen.answers[0].output) == (why, b"")


def test_no_descriptor_left(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def full(family: int = -1, kind: int = -1, *more: int) -> socket.socket:
        if kind == socket.SOCK_STREAM and family == socket.AF_INET:
            raise OSError(errno.EMFILE, "too many")
        return real(family, kind, *more)

    monkeypatch.setattr("scanner.transports.tcp_talk.socket.socket", full)
    assert visit(TcpPort(22)).answers[0].missing == Missing(
        Reason.NOT_ATTEMPTED, "no port could be tried from this machine: EMFILE"
    )


def test_a_fragile_device_gets_a_pause() -> None:
    with nobody() as shut:
        started = time.monotonic()
        visit(TcpPort(shut), TcpPort(shut), device=replace(DEVICE, fragile=True, limits=Limits(host_seconds=9)))
    assert time.monotonic() - started >= 1.0


def test_anything_else_is_not_for_it() -> None:
    with pytest.raises(TypeError, match="only a TcpTalk"):
        asyncio.run(TcpTalkTransport(DEVICE).answer([Script("uname", "uname")], Deadline(5)))
