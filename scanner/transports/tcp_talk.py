"""What answers on a few TCP ports: one connection a port, one after the other, little said and little read.

No log-in and no state on the other side. It helps other ways in (:mod:`scanner.transports.selective`): a device that
refuses SNMP may still have its telnet open.
"""

import asyncio
import errno
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt, Deadline, Query, TcpPort, TcpTalk, Visit

CONNECT_SECONDS = 3.0  # one SYN is lost now and then: Linux sends it again after a second
QUIET_SECONDS = 0.7  # who has spoken and is silent for so long awaits an answer
PAUSE_SECONDS = 0.1  # between two connections to one device
FRAGILE_PAUSE_SECONDS = 1.0
CHUNK = 4096
NO_WAY = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})
PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b"\\|")
TOO_LATE = Missing(Reason.TIMED_OUT, "the time limit of the visit was over before a port could be tried")

Sockaddr = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one connection; the words are those of :class:`scanner.query.TcpTalk`."""

    state: str
    seconds: float = 0.0
    end: str = ""
    said: bytes = b""

    @property
    def answered(self) -> bool:
        return self.state in ("open", "refused")


class TcpTalkTransport:
    """A :class:`scanner.query.Transport` for :class:`TcpTalk` alone."""

    def __init__(self, asset: Asset, *, connect_seconds: float = CONNECT_SECONDS) -> None:
        self._asset, self._connect_seconds = asset, min(connect_seconds, asset.limits.connect_seconds)
        self._pause = FRAGILE_PAUSE_SECONDS if asset.fragile else PAUSE_SECONDS
        self._connected = False

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        answers, reached, started, clock = list[Answer](), False, datetime.now(UTC), time.monotonic()
        place = await self._place(deadline)
        for query in queries:
            if not isinstance(query, TcpTalk):
                raise TypeError("only a TcpTalk can be asked over a plain connection")
            asked_at = time.time()
            heard = [] if isinstance(place, Missing) else [await self._talk(place, p, deadline) for p in query.ports]
            reached = reached or any(one.answered for one in heard)
            missing = place if isinstance(place, Missing) else _nothing_tried(heard, deadline)
            output = b"" if missing else _lines(query.ports, heard)
            answers.append(Answer(query.name, output, None, missing, Privilege.NONE, asked_at, time.time()))
        silent = None if reached else Missing(Reason.UNREACHABLE, "no TCP port that was asked gave an answer")
        gap = place if isinstance(place, Missing) else silent
        attempt = Attempt("tcp", reached, missing=gap, started_at=started, seconds=time.monotonic() - clock)
        return Visit(attempt, tuple(answers))

    async def _place(self, deadline: Deadline) -> tuple[int, Sockaddr] | Missing:
        """Family and address for the first port; the port is put in later."""
        if bastion := self._asset.connection.bastion:
            why = f"this device is reached through {bastion}: a plain connection from here may not be one to it"
            return Missing(Reason.NOT_ATTEMPTED, why)
        if deadline.passed:
            return TOO_LATE
        address, loop = self._asset.connection.address, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.left(self._asset.limits.connect_seconds)):
                found = await loop.getaddrinfo(address, 0, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError):
            return Missing(Reason.UNREACHABLE, f"the name {address} cannot be resolved")
        return found[0][0], found[0][4]

    async def _talk(self, place: tuple[int, Sockaddr], port: TcpPort, deadline: Deadline) -> Heard:
        if self._connected:
            await asyncio.sleep(deadline.left(self._pause))
        if deadline.passed:
            return Heard("not tried")
        family, (host, _, *more) = place
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as fault:
            return Heard("not tried", end=_name(fault))
        with sock:
            sock.setblocking(False)
            self._connected = True
            return await self._on(sock, (host, port.number, *more), port, deadline)

    async def _on(self, sock: socket.socket, address: Sockaddr, port: TcpPort, deadline: Deadline) -> Heard:
        began = time.monotonic()
        fault = await self._connect(sock, address, deadline)
        seconds = time.monotonic() - began
        if fault is not None:
            return Heard(fault.state, seconds, fault.end)
        if not port.wait_seconds:
            return Heard("open", seconds)
        end, said = await _listen(sock, port, deadline)
        return Heard("open", seconds, end, said)

    async def _connect(self, sock: socket.socket, address: Sockaddr, deadline: Deadline) -> Heard | None:
        """None when the connection stands. What only says that this machine could not is no answer of the device."""
        limit = deadline.left(self._connect_seconds)
        try:
            async with asyncio.timeout(limit):
                await asyncio.get_running_loop().sock_connect(sock, address)
        except TimeoutError:
            return Heard("no answer" if limit >= self._connect_seconds else "not tried")
        except ConnectionRefusedError:
            return Heard("refused")
        except ConnectionResetError:  # a RST in answer to the SYN refuses; this one came when the connection stood
            return Heard("open", end="reset")
        except OSError as fault:
            return Heard("unreachable" if fault.errno in NO_WAY else "not tried", end=_name(fault))
        return None


async def _listen(sock: socket.socket, port: TcpPort, deadline: Deadline) -> tuple[str, bytes]:
    """How it ended, and what was said until then; never more than ``max_bytes``, never longer than ``wait_seconds``."""
    loop, said = asyncio.get_running_loop(), bytearray()
    until = Deadline(deadline.left(port.wait_seconds))
    try:
        if port.send:
            async with asyncio.timeout(until.left()):
                await loop.sock_sendall(sock, port.send)
        while len(said) < port.max_bytes:
            async with asyncio.timeout(until.left(QUIET_SECONDS if said else None)):
                part = await loop.sock_recv(sock, min(CHUNK, port.max_bytes - len(said)))
            if not part:
                return "closed", bytes(said)
            said += part
    except TimeoutError:
        return ("quiet" if said and not until.passed else "waited"), bytes(said)
    except OSError as fault:
        return ("reset" if isinstance(fault, ConnectionError) else _name(fault)), bytes(said)
    return "enough", bytes(said)


def _nothing_tried(heard: Sequence[Heard], deadline: Deadline) -> Missing | None:
    if any(one.state != "not tried" for one in heard):
        return None
    if deadline.passed:
        return TOO_LATE
    why = next((one.end for one in heard if one.end), "no port to try")
    return Missing(Reason.NOT_ATTEMPTED, f"no port could be tried from this machine: {why}")


def _lines(ports: Sequence[TcpPort], heard: Sequence[Heard]) -> bytes:
    return "".join(
        f"{port.number}|{one.state}|{one.seconds:.3f}|{one.end}|{_escaped(one.said)}\n"
        for port, one in zip(ports, heard, strict=True)
    ).encode()


def _escaped(said: bytes) -> str:
    return "".join(chr(byte) if byte in PLAIN else f"\\x{byte:02x}" for byte in said)


def _name(fault: OSError) -> str:
    return errno.errorcode.get(fault.errno or 0, type(fault).__name__)
