"""One UDP socket, connected to one device: the kernel drops whatever comes from any other address or port."""

import asyncio
import errno
import socket
import time

from scanner.transports.snmp_faults import Refused, Silent, SnmpFault, Unreachable

LARGEST = 65_535
REFUSED = "the host says that nothing listens on this port (ICMP port unreachable)"


class Line:
    """All times are of ``time.monotonic()``."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        sock.setblocking(False)

    @classmethod
    def to(cls, address: str, port: int) -> "Line":
        """``address``: digits, IPv4 or IPv6. Raises :class:`Unreachable`."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.connect((address, port))
        except OSError as fault:
            sock.close()
            raise _as_fault(fault) from fault
        return cls(sock)

    def close(self) -> None:
        self._sock.close()

    def send(self, data: bytes) -> None:
        """A full send buffer counts as a lost packet: it will be sent again. Raises :class:`SnmpFault`."""
        try:
            self._sock.send(data)
        except BlockingIOError:
            return
        except OSError as fault:
            raise _as_fault(fault) from fault

    async def next(self, until: float) -> bytes:
        """Wait for the next datagram. Raises :class:`Silent` at that time, :class:`SnmpFault`."""
        while True:
            try:
                return self._sock.recv(LARGEST)
            except BlockingIOError:
                if not await self._readable(until):
                    raise Silent("no answer came") from None
            except OSError as fault:
                raise _as_fault(fault) from fault

    async def _readable(self, until: float) -> bool:
        """Did something come before that time?"""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(max(0.0, until - time.monotonic()), _tell, told, False)
        loop.add_reader(self._sock, _tell, told, True)
        try:
            return await told
        finally:
            loop.remove_reader(self._sock)
            timer.cancel()


def _tell(told: "asyncio.Future[bool]", came: bool) -> None:
    if not told.done():
        told.set_result(came)


def _as_fault(fault: OSError) -> SnmpFault:
    if fault.errno == errno.ECONNREFUSED:
        return Refused(REFUSED)
    return Unreachable(f"no packet can be sent there: {fault.strerror or 'the address cannot be used'}")
