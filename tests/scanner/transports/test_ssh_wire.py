"""The watchdog and the wire: what is cut stays cut, at its time, for its first reason."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from inventory.facts.missing import Missing, Reason
from scanner.query import Deadline
from scanner.transports.ssh_bounds import BoundedPacketizer, Sink, printable
from scanner.transports.ssh_watchdog import Watchdog
from scanner.transports.ssh_wire import Fault, TcpEnd, Wire

WHY = Missing(Reason.NOT_ATTEMPTED, "first")
OTHER = Missing(Reason.TIMED_OUT, "second")


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


def test_the_watchdog_acts_in_order_of_time_and_not_on_what_was_called_off(watchdog: Watchdog) -> None:
    done: list[str] = []
    finished = threading.Event()
    now = time.monotonic()
    watchdog.at(now + 0.2, lambda: done.append("second"))
    off = watchdog.at(now + 0.15, lambda: done.append("called off"))
    watchdog.at(now + 0.1, lambda: done.append("first"))
    watchdog.at(now + 0.3, finished.set)
    watchdog.off(off)
    assert finished.wait(5)
    assert time.monotonic() - now >= 0.3
    assert done == ["first", "second"]


def test_a_closed_watchdog_does_nothing_more() -> None:
    watchdog = Watchdog()
    done: list[str] = []
    watchdog.at(time.monotonic() + 0.05, lambda: done.append("late"))
    watchdog.close()
    time.sleep(0.1)
    assert done == []


def test_cutting_wakes_the_reader_and_the_first_cause_stays(
    watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]
) -> None:
    wire = Wire(watchdog, Deadline(10), 1000)
    wire.attach(TcpEnd(ends[0]))
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(wire.recv(10)))
    reader.start()
    wire.cut(WHY)
    wire.cut(OTHER)
    reader.join(5)
    assert (read, wire.cut_by) == ([b""], WHY)
    with pytest.raises(OSError, match="cut"):
        wire.send(b"x")


def test_a_wire_that_was_cut_takes_no_end(watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]) -> None:
    wire = Wire(watchdog, Deadline(10), 1000)
    wire.cut(WHY)
    with pytest.raises(Fault, match="first"):
        wire.attach(TcpEnd(ends[0]))
    assert ends[1].recv(1) == b""


def test_more_than_the_budget_cuts(watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]) -> None:
    wire = Wire(watchdog, Deadline(10), 1000)
    wire.attach(TcpEnd(ends[0]))
    ends[1].sendall(b"x" * 1000)
    assert len(wire.recv(5000)) == 1000
    ends[1].sendall(b"x")
    assert wire.recv(5000) == b""
    assert wire.cut_by == Missing(Reason.OUTPUT_TRUNCATED, "the host sent more than 1000 bytes")


@pytest.mark.parametrize(
    ("visit_seconds", "stage_seconds", "said"),
    [(10.0, 0.1, "the log-in took longer than 0.1 s"), (0.1, 10.0, "the visit's time was up during the log-in")],
)
def test_a_stage_ends_at_its_limit_or_with_the_visit(
    watchdog: Watchdog,
    ends: tuple[socket.socket, socket.socket],
    visit_seconds: float,
    stage_seconds: float,
    said: str,
) -> None:
    wire = Wire(watchdog, Deadline(visit_seconds), 1000)
    wire.attach(TcpEnd(ends[0]))
    begun = time.monotonic()
    with wire.limit("the log-in", stage_seconds):
        assert wire.recv(1) == b""
    assert wire.cut_by == Missing(Reason.TIMED_OUT, said)
    assert time.monotonic() - begun < 5


def test_a_stage_that_ended_is_not_cut_later(watchdog: Watchdog, ends: tuple[socket.socket, socket.socket]) -> None:
    wire = Wire(watchdog, Deadline(10), 1000)
    wire.attach(TcpEnd(ends[0]))
    with wire.limit("the log-in", 0.05):
        pass
    time.sleep(0.1)
    assert wire.cut_by is None


def test_packets_and_lines_are_read_across_chunks(ends: tuple[socket.socket, socket.socket]) -> None:
    packets = BoundedPacketizer(ends[0])
    ends[1].sendall(b"hello\r\nSSH-2.0-x\nabc")
    assert [packets.readline(1), packets.readline(1), packets.read_all(2)] == ["hello", "SSH-2.0-x", b"ab"]
    ends[1].sendall(b"defg")
    assert [packets.read_all(3), packets.read_all(0), packets.read_all(2)] == [b"cde", b"", b"fg"]
    ends[1].close()
    with pytest.raises(EOFError):
        packets.read_all(1)


def test_a_sink_keeps_its_cap_and_no_more() -> None:
    ended = threading.Event()
    sink = Sink(10, keep=True, ended=ended)
    sink.feed(b"123456")
    assert (sink.over, ended.is_set()) == (False, False)
    for _ in range(3):
        sink.feed(b"789012")
    assert (sink.over, ended.is_set(), sink.taken()) == (True, True, b"1234567890")


@pytest.mark.parametrize(
    ("said", "shown"),
    [(b"plain", "plain"), ("\x1b[31mred\n", "?[31mred?"), (b"\xff\xfe", "??"), ("é" * 300, "?" * 20), ("  x ", "x")],
)
def test_what_peers_say_is_made_printable(said: str | bytes, shown: str) -> None:
    assert printable(said, 20) == shown
