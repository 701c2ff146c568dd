"""One bounded connection to an endpoint, and how its outcome is written down."""

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from inventory.asset import Asset
from inventory.endpoint import Endpoint
from scanner.query import Deadline

CONNECT_SECONDS = 4.0
LISTEN_SECONDS = 5.0  # of one connection in all: a drip does not prolong it
PAUSE_SECONDS = 0.1  # between two connections to one asset
FRAGILE_PAUSE_SECONDS = 1.0
MAX_BYTES = 128 * 1024
CHUNK = 16_384
NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})

Record = dict[str, Any]
Ended = Callable[[bytes], int | None]


class NotOpen(Exception):
    """No connection came about. ``state`` is a word of :class:`scanner.query.TcpTalk`."""

    def __init__(self, state: str, why: str = "") -> None:
        super().__init__(state)
        self.state, self.why = state, why


@dataclass
class Target:
    """One endpoint during one visit."""

    endpoint: Endpoint
    asset: Asset
    place: tuple[Any, ...]
    deadline: Deadline
    connections: int = field(default=0)

    @property
    def name(self) -> str:
        """The name to ask for, "" when it is an address."""
        host = self.endpoint.host or self.asset.connection.address
        numeric = ":" in host or host.replace(".", "").isdigit()
        return "" if numeric else host.rstrip(".")

    def record(self, **told: object) -> Record:
        address = self.asset.connection.address
        return {"url": self.endpoint.url(address), "place": self.endpoint.place(address), "name": self.name, **told}

    async def connect(self, port: int | None = None) -> "Wire":
        """Raises :class:`NotOpen`."""
        return Wire(await opened(self, socket.SOCK_STREAM, port), Deadline(self.deadline.left(LISTEN_SECONDS)))


async def opened(target: Target, kind: socket.SocketKind, port: int | None = None) -> socket.socket:
    """A socket that is connected, after the pause that politeness asks for. Raises :class:`NotOpen`."""
    if target.connections:
        await asyncio.sleep(target.deadline.left(FRAGILE_PAUSE_SECONDS if target.asset.fragile else PAUSE_SECONDS))
    target.connections += 1
    limit = target.deadline.left(min(CONNECT_SECONDS, target.asset.limits.connect_seconds))
    if limit <= 0:
        raise NotOpen("not tried", "the time for this endpoint was over")
    family, (host, _, *more) = target.place
    try:
        sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    except OSError as fault:
        raise NotOpen("not tried", _named(fault)) from fault
    try:
        async with asyncio.timeout(limit):
            where = (host, port or target.endpoint.port, *more)
            await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException as fault:
        sock.close()
        if isinstance(fault, OSError):  # TimeoutError is one
            raise NotOpen(*_state(fault)) from fault
        raise
    return sock


def _state(fault: OSError) -> tuple[str, str]:
    if isinstance(fault, ConnectionRefusedError):
        return "refused", ""
    if isinstance(fault, TimeoutError):
        return "no answer", ""
    if isinstance(fault, ConnectionError):
        return "no answer", "it broke the connection off"
    return ("unreachable" if fault.errno in NO_WAY else "not tried"), _named(fault)


def _named(fault: OSError) -> str:
    return errno.errorcode.get(fault.errno or 0, type(fault).__name__)


@dataclass
class Wire:
    """Closed at the end of ``with``."""

    sock: socket.socket
    until: Deadline
    began: float = field(default_factory=time.monotonic)
    total: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    async def send(self, data: bytes) -> str:
        """ "" or how it ended."""
        try:
            async with asyncio.timeout(self.until.left()):
                await asyncio.get_running_loop().sock_sendall(self.sock, data)
        except TimeoutError:
            return "waited"
        except OSError as fault:
            return "reset" if isinstance(fault, ConnectionError) else _named(fault)
        return ""

    async def chunk(self) -> tuple[bytes, str]:
        """What is there, and how it ended when nothing is: closed, reset, waited, or too much."""
        if self.total >= MAX_BYTES:
            return b"", "too much"
        try:
            async with asyncio.timeout(self.until.left()):
                part = await asyncio.get_running_loop().sock_recv(self.sock, min(CHUNK, MAX_BYTES - self.total))
        except TimeoutError:
            return b"", "waited"
        except OSError as fault:
            return b"", "reset" if isinstance(fault, ConnectionError) else _named(fault)
        self.total += len(part)
        return part, "" if part else "closed"

    async def listen(self, ended: Ended, before: bytes = b"") -> tuple[bytes, bytes, str]:
        """What was to be heard, what came behind it, and how it ended: enough, or as :meth:`chunk` says."""
        got = bytearray(before)
        size = ended(before) if before else None
        if size is not None:
            return bytes(got[:size]), bytes(got[size:]), "enough"
        while True:
            part, end = await self.chunk()
            got += part
            size = ended(bytes(got))
            if size is not None:
                return bytes(got[:size]), bytes(got[size:]), "enough"
            if end:
                return bytes(got), b"", end


def told(error: NotOpen) -> Mapping[str, object]:
    return {"state": error.state, "why": error.why}


def line_ended(got: bytes) -> int | None:
    at = got.find(b"\n")
    return at + 1 if at >= 0 else (len(got) if len(got) > 4096 else None)
