"""One BMC over HTTPS: one request at a time, every answer bounded in bytes and time, JSON or a fault.

Only GET is offered to those who read; the session's own POST and DELETE are in ``redfish_session``. DSP0266 (Redfish
Specification), sections on HTTP methods, headers and status codes. A 308 to the same path with a slash at its end is
what iLO 5 before 1.40 answers.
"""

import asyncio
import contextlib
import json
import logging
import re
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from inventory.asset import Asset
from scanner.query import Deadline
from scanner.transports.redfish_faults import (
    LoginRefused,
    NotAllowed,
    OutOfTime,
    RedfishFault,
    Unreachable,
    Unreadable,
)
from scanner.transports.redfish_tls import Checking, explained

logging.getLogger("httpcore").setLevel(
    logging.INFO
)  # its DEBUG lines hold the headers of answers, the token among them

ROOT = "/redfish/v1/"
REQUEST_SECONDS = 30.0  # for one answer: BMCs are slow, seconds are usual
LOGOUT_SECONDS = 3.0  # kept back from the visit's time to end the session
MAX_BODY = 2 * 1024 * 1024
MAX_WAIT = 10.0  # seconds that Retry-After may ask for, once
MAX_WAITED = 30.0  # and in all
TRIES = 3
BUSY = (429, 503)
MOVED = (301, 302, 307, 308)
HEADERS = {
    "Accept": "application/json",
    "OData-Version": "4.0",
    "Accept-Encoding": "identity",
    "User-Agent": "estatecheck",
}
# pchar of RFC 3986 as Redfish's own paths use it; %23 stands in members of iDRAC
_PATH = re.compile(r"/redfish/v1(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*/?")
_QUERY = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")
_CLIMBS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)|%2f|%5c|%00", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: httpx.Headers
    body: bytes


def path_of(link: object, *, page: bool = False) -> str | None:
    """The path of a link that may be followed, without its fragment; None for one that leads out of the service.

    Only ``page``, the next page of a collection, may carry a query.
    """
    if not isinstance(link, str) or len(link) > 1024:
        return None
    path, _, query = link.partition("#")[0].partition("?")
    if not _PATH.fullmatch(path) or _CLIMBS.search(path) or (query and not (page and _QUERY.fullmatch(query))):
        return None
    return f"{path}?{query}" if query else path


def bare(path: str) -> str:
    """The same for a path with and without a slash at its end."""
    return path.rstrip("/")


class Service:
    """An open connection to one Redfish service. Raises :class:`RedfishFault` for whatever goes wrong."""

    def __init__(self, asset: Asset, context: Checking, deadline: Deadline) -> None:
        self.connection, self.context, self._deadline = asset.connection, context, deadline
        host = f"[{self.connection.address}]" if ":" in self.connection.address else self.connection.address
        self._place = f"{host}:{self.connection.port}".lower()
        try:
            self._client = httpx.AsyncClient(
                base_url=f"https://{host}:{self.connection.port}",
                verify=context,
                trust_env=False,  # no proxy of ours sees a BMC
                headers=HEADERS,
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            )
        except httpx.InvalidURL:
            raise Unreachable(f"{self.connection.address} is not an address") from None
        self._connect_seconds = asset.limits.connect_seconds
        self._bytes_left = asset.limits.output_bytes
        self._patience = MAX_WAITED
        self.headers: dict[str, str] = {}  # what proves who we are
        self.final: RedfishFault | None = None  # no use in asking anything more

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            await self._client.aclose()

    @property
    def reached(self) -> bool:
        return bool(self.context.presented)

    async def get(self, path: str) -> dict[str, Any]:
        """The resource behind a path that :func:`path_of` let through."""
        if self.final:
            raise self.final
        try:
            reply = await self._patient(path)
        except (OutOfTime, Unreachable) as silent:
            if self._deadline.left() <= LOGOUT_SECONDS or isinstance(silent, Unreachable):
                self.final = silent
            raise
        if reply.status == httpx.codes.OK:
            return decoded(reply)
        fault = refused(reply.status, path)
        self.final = fault if isinstance(fault, LoginRefused) else None
        raise fault

    async def _patient(self, path: str) -> Reply:
        """Waits when it is told to, and follows the one redirect that says where the slash belongs."""
        for _ in range(TRIES):
            reply = await self._again(path)
            if reply.status in MOVED:
                path = self._moved(path, reply)
            elif reply.status in BUSY and (wait := self._wait(reply)) is not None:
                await asyncio.sleep(wait)
            else:
                break
        return reply

    async def _again(self, path: str) -> Reply:
        """A BMC may close a connection that was idle: that is seen only when asking, and a GET may be asked again."""
        try:
            return await self.ask("GET", path)
        except _Dropped:
            return await self.ask("GET", path)

    def _moved(self, path: str, reply: Reply) -> str:
        place = urlsplit(reply.headers.get("location", "")[:2048])
        target = path_of(place.path)
        if target is None or (place.netloc or self._place).lower() not in (self._place, self._place.split(":")[0]):
            raise Unreadable(f"{path} is answered with a redirect out of the service, which is not followed")
        if bare(target) != bare(path):
            raise Unreadable(f"{path} is answered with a redirect to {target}, which is not followed")
        return target

    def _wait(self, reply: Reply) -> float | None:
        """Seconds; None when it asks for more than we have."""
        said = reply.headers.get("retry-after", "").strip()
        wait = float(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1.0
        wait = max(wait, 0.2)
        if wait > min(MAX_WAIT, self._patience, self._deadline.left() - LOGOUT_SECONDS):
            return None
        self._patience -= wait
        return wait

    async def ask(self, method: str, path: str, body: Mapping[str, str] | None = None, seconds: float = 0.0) -> Reply:
        """One request and its whole answer. ``seconds`` stands in for the visit's time when logging out."""
        limit = seconds or min(REQUEST_SECONDS, self._deadline.left() - LOGOUT_SECONDS)
        if limit <= 0:
            raise OutOfTime(f"{path} was not asked: the time limit of the visit is over")
        try:
            async with asyncio.timeout(limit):
                return await self._exchange(method, path, body, limit)
        except TimeoutError:
            raise OutOfTime(f"{path} was not answered within {limit:.0f} s") from None
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as fault:
            if not self.reached:
                raise await explained(fault, self.context, self.connection, limit) from None
            raise _Dropped(f"{path}: the connection was closed before the answer was there") from None
        except httpx.TimeoutException:
            raise OutOfTime(f"{path} was not answered in time") from None
        except (httpx.TransportError, OSError, ValueError) as fault:
            raise await explained(fault, self.context, self.connection, limit) from None

    async def _exchange(self, method: str, path: str, body: Mapping[str, str] | None, limit: float) -> Reply:
        content = json.dumps(body).encode() if body is not None else None
        headers = self.headers | ({"Content-Type": "application/json"} if body is not None else {})
        # its own time to connect ends first: stopped from outside in a TLS handshake, httpcore leaves the socket open
        patience = httpx.Timeout(limit, connect=min(self._connect_seconds, limit * 0.9))
        async with self._client.stream(method, path, content=content, headers=headers, timeout=patience) as response:
            raw = await self._bounded(path, response.aiter_raw())
            return Reply(response.status_code, response.headers, self._plain(path, response.headers, raw))

    async def _bounded(self, path: str, chunks: AsyncIterator[bytes]) -> bytes:
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > min(MAX_BODY, self._bytes_left):
                raise self._too_big(path)
        self._bytes_left -= len(body)
        return bytes(body)

    def _too_big(self, path: str) -> RedfishFault:
        if self._bytes_left < MAX_BODY:
            self.final = Unreadable(f"{path} and what follows: the visit's limit of bytes is reached")
            return self.final
        return Unreadable(f"{path} is longer than {MAX_BODY} bytes")

    def _plain(self, path: str, headers: httpx.Headers, raw: bytes) -> bytes:
        """gzip, which some iLOs send unasked, is opened within the same limits."""
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding == "identity" or not raw:
            return raw
        if coding != "gzip":
            raise Unreadable(f"{path} is answered in a content coding that was not asked for")
        limit = min(MAX_BODY, self._bytes_left)
        try:
            opened = zlib.decompressobj(wbits=31).decompress(raw, limit + 1)
        except zlib.error:
            raise Unreadable(f"{path} is answered with damaged gzip") from None
        if len(opened) > limit:
            raise self._too_big(path)
        self._bytes_left -= len(opened)
        return opened


class _Dropped(Unreachable):
    """The connection ended in the middle; whoever asks may ask once more."""


def decoded(reply: Reply) -> dict[str, Any]:
    """The JSON object of an answer. Raises :class:`Unreadable`."""
    try:
        told = json.loads(reply.body.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("the answer is not JSON, or was cut off") from None
    if not isinstance(told, dict):
        raise Unreadable("the answer is JSON, but no object")
    return told


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def refused(status: int, path: str) -> RedfishFault:
    """What an HTTP status other than 200 means for the one who asked."""
    if status == httpx.codes.UNAUTHORIZED:
        return LoginRefused(f"{path}: the service does not accept the log-in (any more) (HTTP 401)")
    if status == httpx.codes.FORBIDDEN:
        return NotAllowed(f"{path}: this account may not read it (HTTP 403)")
    if status == httpx.codes.NOT_FOUND:
        return Unreadable(f"{path}: linked, but not there (HTTP 404)")
    return Unreadable(f"{path}: HTTP {status}")
