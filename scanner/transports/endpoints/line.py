"""One TCP connection of a probe, in the clear or inside TLS, on bare sockets: a third of the CPU of asyncio's streams.

Nothing here has a time limit of its own: the caller holds the probe's deadline (``endpoints.sampling``). Who sends
without end is bounded here, and does not keep the other probes waiting.
"""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Callable
from os import strerror
from types import TracebackType
from typing import Any, Self

from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Broken, TlsFailed, Unexpected, of_system
from scanner.transports.endpoints.sampling import MAX_EVIDENCE, Seen

CHUNK = 16_384
MAX_RECEIVED = 2 << 20  # bytes of one connection
BREATH = 16  # so many reads in a row, and then the others have their turn


class Line:
    """Closed at the end of ``with``. It tells ``seen`` its timings (dns, connect, tls) and what it received first."""

    def __init__(self, sock: socket.socket, seen: Seen) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._seen = seen
        self._kept = b""  # received, and not asked for yet
        self._reads = self._received = 0

    @classmethod
    async def open(cls, host: str, port: int, around: Around, seen: Seen) -> Self:
        """Raises :class:`ProbeFault`."""
        started = time.perf_counter()
        family, place = around.known(host, port) or await around.place(host, port, socket.SOCK_STREAM)
        named = time.perf_counter()
        seen.timings["dns"] = (named - started) * 1e3
        line = cls(_new(family), seen)
        try:
            await line._connect(place)
        except OSError as fault:
            line._sock.close()
            raise of_system(fault, f"connecting to port {port}") from fault
        except BaseException:
            line._sock.close()
            raise
        seen.timings["connect"] = (time.perf_counter() - named) * 1e3
        return line

    async def _connect(self, place: tuple[Any, ...]) -> None:
        error = self._sock.connect_ex(place)
        if error == errno.EINPROGRESS:
            await self._ready(self._loop.add_writer, self._loop.remove_writer)
            error = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, strerror(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._sock.close()

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """For the certificate, version and cipher, once TLS was started."""
        return self._sock if isinstance(self._sock, ssl.SSLSocket) else None

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Raises :class:`TlsFailed`; also when something in the clear came too early and would pass for encrypted."""
        if self._kept:
            raise Unexpected("it sent more in the clear before TLS began")
        started = time.perf_counter()
        try:
            sock = context.wrap_socket(self._sock, server_hostname=name, do_handshake_on_connect=False)
            self._sock = sock
            while not await self._shaken(sock):
                pass
        except ssl.SSLCertVerificationError as fault:
            raise TlsFailed(f"its certificate does not hold: {fault.verify_message}") from fault
        except (ssl.SSLError, ValueError) as fault:
            raise TlsFailed(f"no TLS session came about: {_reason(fault)}") from fault
        except OSError as fault:
            raise of_system(fault, "during the TLS handshake") from fault
        self._seen.timings["tls"] = (time.perf_counter() - started) * 1e3

    async def _shaken(self, sock: ssl.SSLSocket) -> bool:
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            await self._readable()
        except ssl.SSLWantWriteError:
            await self._writable()
        else:
            return True
        return False

    async def send(self, data: bytes) -> None:
        """Raises :class:`ProbeFault`."""
        left = memoryview(data)
        while left:
            try:
                left = left[self._sock.send(left) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                await self._writable()
            except ssl.SSLWantReadError:
                await self._readable()
            except OSError as fault:
                raise of_system(fault, "sending") from fault

    async def receive(self, most: int = CHUNK) -> bytes:
        """What is there, b"" at the end. Raises :class:`ProbeFault`; :class:`Broken` when it goes on for ever."""
        if self._kept:
            told, self._kept = self._kept[:most], self._kept[most:]
            return told
        await self._breathe()
        while True:
            try:
                told = self._sock.recv(most)
            except (BlockingIOError, ssl.SSLWantReadError):
                await self._readable()
            except ssl.SSLWantWriteError:
                await self._writable()
            except ssl.SSLError as fault:
                raise Broken(f"TLS was ended: {_reason(fault)}") from fault
            except OSError as fault:
                raise of_system(fault, "receiving") from fault
            else:
                self._received += len(told)
                if len(self._seen.evidence) < MAX_EVIDENCE:
                    self._seen.evidence += told
                return told

    async def _breathe(self) -> None:
        self._reads += 1
        if self._reads % BREATH == 0:
            await asyncio.sleep(0)
        if self._received >= MAX_RECEIVED:
            raise Broken(f"more than {MAX_RECEIVED} bytes came without an end")

    async def receive_line(self, most: int) -> bytes:
        """Up to and with the line feed; what came behind it is kept for the next call.

        Raises :class:`Broken` when the connection ends, or the line grows too long, before.
        """
        got = b""
        while True:
            part = await self.receive(min(CHUNK, most))
            if not part:
                raise Broken(f"the connection ended after {len(got)} bytes")
            got += part
            end = got.find(b"\n", len(got) - len(part)) + 1
            if end:
                self._kept = got[end:] + self._kept
                return got[:end]
            if len(got) >= most:
                raise Broken(f"more than {most} bytes came without an end")

    async def receive_exactly(self, size: int) -> bytes:
        """Raises :class:`Broken` when it ends before."""
        got = await self.receive(size) if size else b""
        while len(got) < size:
            part = await self.receive(size - len(got))
            if not part:
                raise Broken(f"the connection ended after {len(got)} of {size} bytes")
            got += part
        return got

    async def _readable(self) -> None:
        await self._ready(self._loop.add_reader, self._loop.remove_reader)

    async def _writable(self) -> None:
        await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        fd, ready = self._sock.fileno(), self._loop.create_future()
        add(fd, _set, ready)
        try:
            await ready
        finally:
            remove(fd)


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def _reason(fault: Exception) -> str:
    return str(getattr(fault, "reason", None) or type(fault).__name__).replace("_", " ").lower()


def _new(family: socket.AddressFamily) -> socket.socket:
    """Raises :class:`ProbeFault`: the prober may be out of sockets."""
    try:
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError as fault:
        raise of_system(fault, "opening a socket") from fault
    return sock
