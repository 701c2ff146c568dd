"""Bastions: hosts that are reached through another host's SSH, over direct-tcpip channels (RFC 4254 section 7.2).

paramiko's issue 1115: when a channel is closed while another thread still sends on it, the bastion's sshd meets data
for a channel that is gone and ends the whole connection, with every host on it. So a connection to a bastion (a
:class:`Line`) carries one host at a time: it is borrowed, used by one channel, and handed to the next host when that
host's threads have ended. At most ``LINES`` lines are open to one bastion, and its log-in is tried alone until it has
worked once: a wrong password is one failure there, not one for every host behind it.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import paramiko

from inventory.asset import Asset
from inventory.facts.missing import Missing, Reason
from scanner.query import Deadline, Surroundings
from scanner.transports.ssh_bounds import BoundedTransport
from scanner.transports.ssh_login import KeyCache
from scanner.transports.ssh_session import Progress, close_session, open_session
from scanner.transports.ssh_target import target_of
from scanner.transports.ssh_watchdog import Watchdog
from scanner.transports.ssh_wire import FRAMING_BYTES, Fault, Wire, dial

LINES = 8  # to one bastion at once; sshd's MaxStartups starts refusing at 10
MOST_BASTIONS = 3  # in a chain
HOSTS_PER_LINE = 50  # then a fresh line: far from the byte count at which keys are exchanged again
FAULT_HOLDS = 60.0  # seconds for which hosts behind a bastion that failed are told so without trying again
HANG_UP_SECONDS = 2.0
_UNANSWERED = Missing(Reason.TIMED_OUT, "a host behind it did not answer")
_PROHIBITED = 1  # SSH_OPEN_ADMINISTRATIVELY_PROHIBITED of RFC 4254 section 5.1


@dataclass(frozen=True, slots=True)
class Tools:
    """What all visits of the process share."""

    watchdog: Watchdog
    keys: KeyCache


class TunnelEnd:
    """A channel through a bastion as the bytes' carrier. Sending and closing never overlap.

    Hanging up wakes the reader and says nothing to the bastion; closing does. ``give_up`` ends the whole line, should
    the bastion keep a sender waiting so long that the channel is not closed ``HANG_UP_SECONDS`` later.
    """

    def __init__(self, channel: paramiko.Channel, watchdog: Watchdog, give_up: Callable[[], None]) -> None:
        self._channel = channel
        self._watchdog = watchdog
        self._give_up = give_up
        self._ticket: int | None = None
        self._sending = threading.Lock()
        self.recv = channel.recv

    def send(self, data: bytes) -> int:
        with self._sending:
            return self._channel.send(data)

    def hang_up(self) -> None:
        self._channel.in_buffer.close()
        if self._ticket is None:
            self._ticket = self._watchdog.at(time.monotonic() + HANG_UP_SECONDS, self._give_up)

    def close(self) -> None:
        with self._sending:
            self._channel.close()
        if self._ticket is not None:
            self._watchdog.off(self._ticket)


class _Outside(Protocol):
    """What lies before a line: nothing (plain TCP), or a line to another bastion."""

    def connect(self, wire: Wire, address: str, port: int, seconds: float) -> None: ...

    def close(self) -> None: ...


class Direct:
    """No bastion."""

    def connect(self, wire: Wire, address: str, port: int, seconds: float) -> None:
        """Raises :class:`Fault`."""
        dial(wire, address, port, seconds)

    def close(self) -> None: ...


@dataclass(slots=True)
class Line:
    """A logged-in connection to a bastion, for one host at a time."""

    name: str
    transport: BoundedTransport
    wire: Wire
    outside: _Outside
    watchdog: Watchdog
    hosts: int = 0

    def connect(self, wire: Wire, address: str, port: int, seconds: float) -> None:
        """A channel to the host becomes the wire's end. Raises :class:`Fault` in the host's name."""
        self.hosts += 1
        try:
            with wire.limit("connecting", seconds + HANG_UP_SECONDS):
                channel = self.transport.open_channel(
                    "direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=wire.deadline.left(seconds)
                )
                channel.settimeout(None)
                wire.attach(TunnelEnd(channel, self.watchdog, partial(self.wire.cut, _UNANSWERED)))
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._fault(error, seconds) from error

    def _fault(self, error: Exception, seconds: float) -> Fault:
        if isinstance(error, paramiko.ChannelException):
            if error.code == _PROHIBITED:
                detail = f"bastion {self.name}: it does not allow connections to this host (AllowTcpForwarding)"
                return Fault(Reason.UNREACHABLE, detail)
            return Fault(Reason.UNREACHABLE, f"bastion {self.name} could not connect to the host", again=True)
        if not self.transport.is_active():
            return Fault(Reason.UNREACHABLE, f"bastion {self.name}: the connection to it broke", again=True)
        self.wire.cut(_UNANSWERED)  # the answer may still come, and nobody would want the channel
        return Fault(
            Reason.TIMED_OUT, f"bastion {self.name} got no answer from the host within {seconds:g} s", again=True
        )

    @property
    def good(self) -> bool:
        return self.hosts < HOSTS_PER_LINE and self.transport.is_active() and self.wire.cut_by is None

    def close(self) -> None:
        close_session(self.transport)
        self.outside.close()


@dataclass(slots=True)
class Bastion:
    """The lines to one bastion. ``outer``: the bastion before it, if any."""

    asset: Asset
    surroundings: Surroundings
    tools: Tools
    outer: "Bastion | None" = None
    users: int = 0  # visits under way or waiting; counted by the pool
    executor: ThreadPoolExecutor = field(init=False)
    _idle: list[Line] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _first: threading.Lock = field(default_factory=threading.Lock)
    _proven: bool = False
    _fault: Fault | None = None
    _fault_until: float = 0.0

    def __post_init__(self) -> None:
        self.executor = ThreadPoolExecutor(LINES, thread_name_prefix=f"ssh-bastion-{self.asset.name}")

    @contextlib.contextmanager
    def line(self) -> Iterator[Line]:
        """A line for the block alone. Raises :class:`Fault` when the bastion cannot be used."""
        line = self._take() or self._opened()
        try:
            yield line
        finally:
            self._put_back(line)

    def close(self) -> None:
        """Close what nobody uses. Lines that are out are closed when they come back."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    @property
    def failing(self) -> bool:
        return self._fault is not None and time.monotonic() < self._fault_until

    def _take(self) -> Line | None:
        with self._lock:
            while self._idle:
                line = self._idle.pop()
                if line.good:
                    return line
                line.close()
        return None

    def _put_back(self, line: Line) -> None:
        with self._lock:
            if line.good and self.users:
                self._idle.append(line)
                return
        line.close()

    def _opened(self) -> Line:
        """One try at a time until one has worked."""
        with contextlib.nullcontext() if self._proven else self._first:
            if self._fault is not None and self.failing:
                raise self._fault
            try:
                line = self.open_line()
            except Fault as fault:
                if self._proven and fault.again:
                    raise  # it has worked before and may work again
                self._fault = Fault(fault.missing.reason, fault.missing.detail)
                self._fault_until = time.monotonic() + FAULT_HOLDS
                raise self._fault from fault
            self._proven, self._fault = True, None
            return line

    def open_line(self) -> Line:
        """A new line, with new lines before it where bastions stand in a chain. Raises :class:`Fault`."""
        outside: _Outside = self.outer.open_line() if self.outer else Direct()
        try:
            return self._through(outside)
        except Fault as fault:
            outside.close()
            why = fault.missing
            raise Fault(why.reason, f"bastion {self.asset.name}: {why.detail}", again=fault.again) from fault

    def _through(self, outside: _Outside) -> Line:
        limits = self.asset.limits
        deadline = Deadline(10 * 365 * 86400.0)  # a line outlives the visit that opened it; its stages have limits
        wire = Wire(
            self.tools.watchdog, deadline, FRAMING_BYTES + HOSTS_PER_LINE * (limits.output_bytes + FRAMING_BYTES)
        )
        target = target_of(self.asset, self.surroundings, self.tools.keys)
        try:
            outside.connect(wire, target.address, target.port, limits.connect_seconds)
            transport = open_session(target, wire, Progress())
        except Fault:
            wire.close()
            raise
        return Line(self.asset.name, transport, wire, outside, self.tools.watchdog)


def chain_of(asset: Asset, surroundings: Surroundings) -> tuple[Asset, ...]:
    """The bastions before an asset, nearest to us first. Raises :class:`Fault` for a chain that cannot be."""
    chain: list[Asset] = []
    name = asset.connection.bastion
    while name is not None:
        bastion = surroundings.assets.get(name)
        if bastion is None:
            raise Fault(Reason.NOT_ATTEMPTED, f"bastion {name}: the inventory has no such asset")
        if bastion in chain or bastion.name == asset.name or len(chain) == MOST_BASTIONS:
            raise Fault(Reason.NOT_ATTEMPTED, f"bastion {name}: more than {MOST_BASTIONS} in a chain, or in a circle")
        chain.append(bastion)
        name = bastion.connection.bastion
    return tuple(reversed(chain))
