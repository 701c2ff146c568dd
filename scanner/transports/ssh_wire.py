"""A visit's connection: the socket under paramiko, which can be cut at any moment and counts what it receives.

paramiko is given a :class:`Wire` for its socket. Cutting it wakes every thread that waits on it; the first cause
of a cut is kept and is what the visit reports, whatever paramiko says about the broken socket afterwards.
"""

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

from inventory.facts.missing import Missing, Reason
from scanner.query import Deadline
from scanner.transports.ssh_watchdog import Watchdog

FRAMING_BYTES = 1024 * 1024  # handshake, padding and packet headers, beyond what the visit may receive
MOST_ADDRESSES = 4  # of one name that are tried


class Fault(Exception):
    """A visit, or a line through a bastion, ends here. ``again``: nothing was asked yet, once more may help."""

    def __init__(self, reason: Reason, detail: str, *, again: bool = False) -> None:
        super().__init__(detail)
        self.missing = Missing(reason, detail)
        self.again = again


class End(Protocol):
    """What carries the bytes: a TCP socket, or a channel through a bastion."""

    def recv(self, size: int) -> bytes: ...

    def send(self, data: bytes) -> int: ...

    def hang_up(self) -> None:
        """Never waits, may be called from any thread and more than once; wakes ``recv`` and ``send``."""
        ...

    def close(self) -> None: ...


class TcpEnd:
    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.recv = sock.recv
        self.send = sock.send
        self.close = sock.close

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # not connected yet, or gone already
            self._socket.shutdown(socket.SHUT_RDWR)


class Wire:
    """Looks like a blocking socket to paramiko. ``budget``: bytes that may be received over it."""

    def __init__(self, watchdog: Watchdog, deadline: Deadline, budget: int) -> None:
        self.deadline = deadline
        self.cut_by: Missing | None = None
        self._watchdog = watchdog
        self._allowed = self._left = budget
        self._lock = threading.Lock()
        self._end: End | None = None
        self._closed = False  # paramiko reads this name, as socket.socket has it

    def attach(self, end: End) -> None:
        """From here on this end carries the bytes. Raises :class:`Fault` when the wire was cut meanwhile."""
        with self._lock:
            self._end = end
            cut = self.cut_by
        if cut is not None:
            end.hang_up()
            end.close()
            raise Fault(cut.reason, cut.detail)

    def cut(self, why: Missing) -> None:
        """End the connection at once; the first cause stays."""
        with self._lock:
            self.cut_by = self.cut_by or why
            end = self._end
        if end is not None:
            end.hang_up()

    def allow(self, budget: int) -> None:
        """So many bytes from now: a line through a bastion serves one host after the other."""
        self._allowed = self._left = budget

    @contextlib.contextmanager
    def limit(self, what: str, seconds: float) -> Iterator[None]:
        """Cut the wire unless the block ends within ``seconds`` and before the visit's deadline."""
        left = self.deadline.left(seconds)
        late = f"{what} took longer than {seconds:g} s"
        if left < seconds:
            late = f"the visit's time was up during {what}"
        ticket = self._watchdog.at(time.monotonic() + left, partial(self.cut, Missing(Reason.TIMED_OUT, late)))
        try:
            yield
        finally:
            self._watchdog.off(ticket)

    def recv(self, size: int) -> bytes:
        end = self._end
        data = b"" if end is None else end.recv(size)
        self._left -= len(data)
        if self._left < 0:
            self.cut(Missing(Reason.OUTPUT_TRUNCATED, f"the host sent more than {self._allowed} bytes"))
        return data if self.cut_by is None else b""

    def send(self, data: bytes) -> int:
        if self._end is None or self.cut_by is not None:
            raise OSError(errno.EPIPE, "the connection was cut")
        return self._end.send(data)

    def settimeout(self, seconds: float | None) -> None:
        """paramiko would poll ten times a second; a cut wakes the reader, so it need not."""

    def close(self) -> None:
        """Closing alone would not wake a thread in ``recv``."""
        if not self._closed and self._end is not None:
            self._end.hang_up()
            self._end.close()
        self._closed = True


_Where = tuple[Any, ...]  # a socket address, whose shape depends on the family


def dial(wire: Wire, address: str, port: int, seconds: float) -> None:
    """Connect over TCP and attach. Raises :class:`Fault`: every fault of this stage may be tried once more."""
    with wire.limit("connecting", seconds):
        fault = Fault(Reason.UNREACHABLE, f"the name {address} has no address")
        for family, kind, protocol, where in _addresses(address, port)[:MOST_ADDRESSES]:
            sock = socket.socket(family, kind, protocol)
            try:
                _connect(wire, sock, where, seconds)
            except OSError as error:
                sock.close()
                fault = _connect_fault(wire, error, seconds)
            else:
                return
        raise fault


def _connect(wire: Wire, sock: socket.socket, where: _Where, seconds: float) -> None:
    wire.attach(TcpEnd(sock))
    sock.settimeout(max(0.01, wire.deadline.left(seconds)))
    sock.connect(where)
    sock.settimeout(None)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _addresses(address: str, port: int) -> list[tuple[int, int, int, _Where]]:
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Fault(Reason.UNREACHABLE, f"the name {address} could not be resolved: {error}", again=True) from error
    return [(family, kind, protocol, where) for family, kind, protocol, _, where in found]


_SCANNER_IS_FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)


def _connect_fault(wire: Wire, error: OSError, seconds: float) -> Fault:
    if wire.cut_by is not None and wire.cut_by.reason is not Reason.TIMED_OUT:
        return Fault(wire.cut_by.reason, wire.cut_by.detail)
    if wire.cut_by is not None or isinstance(error, TimeoutError):
        return Fault(Reason.TIMED_OUT, f"no answer to the connection request within {seconds:g} s", again=True)
    if isinstance(error, ConnectionRefusedError):
        return Fault(Reason.CONNECTION_REFUSED, "the host refused the connection: nothing listens there", again=True)
    if error.errno in _SCANNER_IS_FULL:
        return Fault(Reason.NOT_ATTEMPTED, f"the scanner could not open a connection: {error.strerror}")
    return Fault(Reason.UNREACHABLE, f"no way to the host: {error.strerror or error}", again=True)
