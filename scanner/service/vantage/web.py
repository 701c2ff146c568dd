"""A very small HTTP/1.1 server over TLS (RFC 9112): one request a connection, bounded in size, time and number."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import h11

MAX_HEAD = 16_384  # bytes
MAX_BODY = 4 << 20
MAX_CONNECTIONS = 16
SECONDS = 30.0  # from the connection to the end of the answer


class BadTls(Exception):
    """The certificate or its key cannot be used. One plain sentence."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Where and as whom it answers."""

    host: str
    port: int
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    target: str
    authorization: str
    body: bytes
    encoding: str = ""  # Content-Encoding, in lower case
    length: int | None = None  # Content-Length, where it was told


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json"

    @classmethod
    def error(cls, status: int, why: str) -> "Response":
        return cls(status, json.dumps({"error": why}).encode())


class TooBig(Exception):
    pass


Handle = Callable[[Request], Awaitable[Response]]
Admit = Callable[[Request], Awaitable[Response | None]]


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 at least. Raises :class:`BadTls`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as fault:  # ssl.SSLError is an OSError
        raise BadTls(f"{certificate} with {key} cannot be used: {getattr(fault, 'strerror', None) or fault}") from fault
    return made


@dataclass
class Web:
    """``handle`` and ``admit`` must not raise. ``admit`` is asked before the body is read: its answer ends it there."""

    handle: Handle
    admit: Admit | None = None
    most: int = MAX_CONNECTIONS
    seconds: float = SECONDS
    _busy: set["asyncio.Task[None]"] = field(default_factory=set)

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None) -> asyncio.Server:
        """Raises OSError. Without ``tls`` in the clear: for this machine's own eyes."""
        bounds = {"ssl_handshake_timeout": 10.0, "ssl_shutdown_timeout": 5.0} if tls else {}
        return await asyncio.start_server(self._serve, host, port, ssl=tls, limit=MAX_HEAD, **bounds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        try:
            if task and len(self._busy) < self.most:
                self._busy.add(task)
                async with asyncio.timeout(self.seconds):
                    await self._one(reader, writer)
        except (OSError, TimeoutError, h11.RemoteProtocolError):
            pass  # who cannot speak, or is gone, gets no answer
        finally:
            if task:
                self._busy.discard(task)
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        try:
            request = await _request(talk, reader, self.admit)
            response = request if isinstance(request, Response) else await self.handle(request)
        except TooBig:
            response = Response.error(413, f"more than {MAX_BODY} bytes")
        headers = [
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(response.body))),
            ("Connection", "close"),
            ("Cache-Control", "no-store"),
        ]
        head = talk.send(h11.Response(status_code=response.status, headers=headers))
        writer.write(
            (head or b"") + (talk.send(h11.Data(response.body)) or b"") + (talk.send(h11.EndOfMessage()) or b"")
        )
        await writer.drain()


async def _request(talk: h11.Connection, reader: asyncio.StreamReader, admit: Admit | None) -> Request | Response:
    """Or the answer to one that is not admitted. Raises RemoteProtocolError, TooBig."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(await reader.read(MAX_HEAD))
        elif isinstance(event, h11.Request):
            head = event
            refused = await admit(_made(head, b"")) if admit else None
            if refused:
                return refused
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY:
                raise TooBig
        elif isinstance(event, h11.EndOfMessage) and head:
            return _made(head, bytes(body))
        else:
            raise h11.RemoteProtocolError("the connection ended before the request did")


def _made(head: h11.Request, body: bytes) -> Request:
    target = head.target.decode("ascii", "replace")
    try:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, max_num_fields=20))
    except ValueError as fault:
        raise h11.RemoteProtocolError("its target is no address") from fault
    named = [value for name, value in head.headers if name == b"authorization"]
    authorization = named[0].decode("ascii", "replace") if len(named) == 1 else ""
    method = head.method.decode("ascii", "replace")
    coded, length = (_header(head, name) for name in (b"content-encoding", b"content-length"))
    size = int(length) if length.isdigit() else None  # h11 has refused what is no number
    return Request(method, parts.path, query, target, authorization, body, coded.lower(), size)


def _header(head: h11.Request, wanted: bytes) -> str:
    return ", ".join(value.decode("ascii", "replace") for name, value in head.headers if name == wanted).strip()
