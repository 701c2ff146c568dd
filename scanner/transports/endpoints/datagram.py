"""One UDP (or ping) socket of a probe, connected to its far end: others' packets never arrive, and refusals do.

No time limit of its own: the caller holds the probe's deadline. A far end that floods is bounded here, and does not
keep the other probes waiting.
"""

import asyncio
import socket
import time
from types import TracebackType
from typing import Self

from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Broken, of_system
from scanner.transports.endpoints.sampling import Seen

MAX_PACKET = 65_535
MAX_PACKETS = 1_000  # that answer something else
BREATH = 8  # so many packets in a row, and then the others have their turn


class Datagram:
    """Closed at the end of ``with``. It tells ``seen`` how long the name took (dns) and the packet that came last."""

    def __init__(self, sock: socket.socket, seen: Seen, most: int) -> None:
        self._sock, self._loop, self._seen = sock, asyncio.get_running_loop(), seen
        self._most, self._came = most, 0
        self.family = sock.family

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        around: Around,
        seen: Seen,
        *,
        protocols: tuple[int, int] = (0, 0),
        kind: socket.SocketKind = socket.SOCK_DGRAM,
        most: int = MAX_PACKETS,
    ) -> Self:
        """``protocols``: for IPv4 and IPv6, 0 for UDP. Raises :class:`ProbeFault`."""
        started = time.perf_counter()
        family, place = await around.place(host, port, socket.SOCK_DGRAM)
        seen.timings["dns"] = (time.perf_counter() - started) * 1e3
        protocol = protocols[family == socket.AF_INET6]
        try:
            sock = socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol)
        except OSError as fault:
            raise of_system(fault, "opening a socket") from fault
        try:
            sock.connect(place)
        except OSError as fault:
            sock.close()
            raise of_system(fault, "sending") from fault
        return cls(sock, seen, most)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._sock.close()

    @property
    def here(self) -> tuple[str, int]:
        """Address and port on our side."""
        told = self._sock.getsockname()
        return str(told[0]), int(told[1])

    def send(self, data: bytes) -> None:
        """Raises :class:`ProbeFault`."""
        try:
            self._sock.send(data)
        except OSError as fault:
            raise of_system(fault, "sending") from fault

    async def receive(self) -> bytes:
        """The next packet. Raises :class:`ProbeFault`; :class:`Broken` when there is no end of them."""
        self._came += 1
        if self._came > self._most:
            raise Broken(f"it sent more than {self._most} packets")
        if self._came % BREATH == 0:
            await asyncio.sleep(0)
        try:
            told = self._seen.evidence = await self._loop.sock_recv(self._sock, MAX_PACKET)
        except OSError as fault:
            raise of_system(fault, "waiting for an answer") from fault
        return told
