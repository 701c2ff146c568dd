"""A session in one thread, and the parts of paramiko it stands on: each is seen to do what it is taken to do."""

# ruff: noqa: ARG002 - the arguments are those of paramiko's interface

import contextlib
import gc
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import paramiko
import pytest
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.message import Message

from inventory.asset import Limits
from inventory.facts.missing import Reason
from scanner.query import Deadline, HostKey, Script
from scanner.transports.ssh import SshPool
from scanner.transports.ssh_bounds import CIPHERS, KEX, MACS, Sink
from scanner.transports.ssh_hostkeys import Trust
from scanner.transports.ssh_login import Account
from scanner.transports.ssh_session import Output, Progress, Target, run_script
from scanner.transports.ssh_steps import SteppedPacketizer, SteppedTransport, Steps
from scanner.transports.ssh_watchdog import Watchdog
from scanner.transports.ssh_wire import Fault, TcpEnd, Wire
from tests.lab.known import asset_at, surroundings
from tests.lab.sshd import SshdFactory
from tests.scanner.transports.test_ssh import visit

KEY = paramiko.ECDSAKey.generate()
PINNED = HostKey(KEY.get_name(), KEY.get_base64())
SMALL = 32 * 1024  # the least window paramiko announces
SCRIPT = b"x" * 300_000


@dataclass
class Server(paramiko.ServerInterface):
    """Takes a script, answers ``done``. ``runs``: whether commands may be run."""

    sock: socket.socket
    runs: bool = True
    renew_keys: bool = False
    script: bytes = b""
    threads: list[threading.Thread] = field(default_factory=list)  # of ours, while a command is asked for

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.threads = [thread for thread in threading.enumerate() if isinstance(thread, SteppedTransport)]
        return self.runs and command == b"sh -s"

    def serve(self) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):  # we may hang up at any time
            self._serve()

    def _serve(self) -> None:
        transport = paramiko.Transport(self.sock, default_window_size=SMALL)
        transport.add_server_key(KEY)
        transport.start_server(server=self)
        channel = transport.accept(20)
        if channel is None:
            return
        while part := channel.recv(SMALL):
            self.script += part
        if self.runs:
            if self.renew_keys:
                transport.renegotiate_keys()
            channel.sendall(b"done")
            channel.send_exit_status(0)
            channel.close()


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog()
    yield watchdog
    watchdog.close()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def wire_over(sock: socket.socket, watchdog: Watchdog, seconds: float = 20.0) -> Wire:
    wire = Wire(watchdog, Deadline(seconds), 10_000_000)
    wire.attach(TcpEnd(sock))
    return wire


@contextlib.contextmanager
def serving(server: Server, wire: Wire) -> Iterator[None]:
    thread = threading.Thread(target=server.serve, name="server")
    thread.start()
    try:
        yield
    finally:
        wire.close()
        thread.join(10)
        assert not thread.is_alive()


def asked(server: Server, wire: Wire) -> Output:
    account = Account("scan", password="right")
    target = Target("", 0, Limits(), Trust("lab", (PINNED,)), account, pin=print)
    with serving(server, wire):
        return run_script(target, wire, Progress(), SCRIPT)


@pytest.mark.parametrize("renew_keys", [False, True])
def test_a_script_larger_than_the_window_arrives_whole_and_no_thread_is_started(
    watchdog: Watchdog, ends: tuple[socket.socket, socket.socket], renew_keys: bool
) -> None:
    server = Server(ends[1], renew_keys=renew_keys)
    output = asked(server, wire_over(ends[0], watchdog))
    assert (output.raw, output.exit_status, output.cut_by) == (b"done", 0, None)
    assert (server.script == SCRIPT, server.threads) == (True, [])


def test_a_visit_leaves_nothing_large_to_the_garbage_collector(
    watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]
) -> None:
    gc.collect()
    gc.disable()
    try:
        assert asked(Server(ends[1]), wire_over(ends[0], watchdog)).raw == b"done"
        assert [type(o) for o in gc.get_objects() if isinstance(o, Target | Sink)] == []
    finally:
        gc.enable()


def test_a_host_that_refuses_to_run_commands_is_said_to(
    watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]
) -> None:
    with pytest.raises(Fault, match="lets the account in but not run commands") as caught:
        asked(Server(ends[1], runs=False), wire_over(ends[0], watchdog))
    assert caught.value.missing.reason is Reason.PRIVILEGE_TOO_LOW


@pytest.mark.lab
def test_keys_may_be_renewed_all_the_time(sshd_factory: SshdFactory, pool: SshPool) -> None:
    server = sshd_factory("RekeyLimit 20K", "LogLevel DEBUG1")
    queries = [Script("long", f": {'x' * 90_000}; echo here"), Script("large", "head -c 400000 /dev/urandom")]
    result = visit(asset_at(server.port), surroundings(server.login, server.keys), pool, queries)
    assert result.attempt.missing is None
    assert (result.answers[0].output, len(result.answers[1].output)) == (b"here\n", 400_000)
    assert server.log.count("rekey out") > 5


def never() -> bool:
    return False


def test_a_step_that_fails_says_so_itself(watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]) -> None:
    wire = wire_over(ends[0], watchdog)
    transport = SteppedTransport(wire, (KEY.get_name(),), SMALL)

    def steps() -> Steps[NoReturn]:
        yield transport.shaken.is_set
        raise KeyError("a mistake of ours")

    with serving(Server(ends[1]), wire), pytest.raises(KeyError, match="a mistake of ours"):
        transport.carry_out(steps())
    assert (transport.initial_kex_done, transport.is_active()) == (True, False)


def test_steps_go_on_when_the_session_is_over(watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]) -> None:
    transport = SteppedTransport(wire_over(ends[0], watchdog), ("ssh-ed25519",), SMALL)

    def steps() -> Steps[bool]:
        yield never
        yield never
        return transport.is_active()

    ends[1].close()
    assert transport.carry_out(steps()) is False


def test_no_step_is_taken_while_keys_are_exchanged(
    watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]
) -> None:
    transport = SteppedTransport(wire_over(ends[0], watchdog), ("ssh-ed25519",), SMALL)

    def steps() -> Steps[bool]:
        yield lambda: True
        return transport.is_active()

    ends[1].sendall(b"SSH-2.0-x\r\n")
    ends[1].shutdown(socket.SHUT_WR)
    assert transport.carry_out(steps()) is False


def test_what_cannot_be_sent_yet_is_an_error_and_not_a_wait(
    watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]
) -> None:
    transport = SteppedTransport(wire_over(ends[0], watchdog), ("ssh-ed25519",), SMALL)
    transport.active = True
    begun = time.monotonic()
    with pytest.raises(paramiko.SSHException, match="Key-exchange timed out"):
        transport.ask(Message(b"x"))
    assert time.monotonic() - begun < 5


def test_nothing_but_our_algorithms_is_offered(watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]) -> None:
    transport = SteppedTransport(wire_over(ends[0], watchdog), ("ssh-ed25519",), SMALL)

    def steps() -> Steps[None]:
        yield transport.shaken.is_set

    ends[1].sendall(b"SSH-2.0-x\r\n")
    ends[1].shutdown(socket.SHUT_WR)
    transport.carry_out(steps())
    sent = b""
    while part := ends[1].recv(65536):
        sent += part
    offer = sent.partition(b"\r\n")[2]
    size, padding = struct.unpack(">IB", offer[:5])
    message = Message(offer[5 + 17 : 4 + size - padding])  # after the type and the cookie
    lists = [message.get_list() for _ in range(8)]
    assert [name for name in lists[0] if name not in ("ext-info-c", "kex-strict-c-v00@openssh.com")] == list(KEX)
    assert lists[1:] == [["ssh-ed25519"], *[list(CIPHERS)] * 2, *[list(MACS)] * 2, ["none"], ["none"]]


def test_what_is_said_before_an_answer_leaves_in_one_go(ends: tuple[socket.socket, socket.socket]) -> None:
    packets = SteppedPacketizer(ends[0])
    ends[1].setblocking(False)
    packets.write_all(b"one ")
    packets.write_all(b"two")
    with pytest.raises(BlockingIOError):
        ends[1].recv(10)
    ends[1].send(b"answer")
    assert (packets.read_all(6), ends[1].recv(10)) == (b"answer", b"one two")
