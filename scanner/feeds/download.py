"""One file from a publisher over HTTP (RFC 9110): bounded in bytes and time, checked, asked for only when it changed.

A publisher's word is not taken for anything: the declared size is only a first bound, redirects stay with known hosts
and https, and the content type is ignored because the content itself is looked at later.

Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY; certificates from the system, or SSL_CERT_FILE.
"""

import asyncio
import base64
import hashlib
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import IO, Protocol, Self
from urllib.parse import urljoin

import httpx

from scanner.feeds.publishers import MAX_URL, is_loopback, split
from scanner.feeds.support_dates import FeedError

CHUNK = 256 * 1024
REDIRECTS = 5
LONGEST_WAIT = 30.0  # seconds, whatever Retry-After asks for
HEADER = 200  # characters of a header that are kept
AGENT = "estatecheck"
_RFC_9530 = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/=]{1,100}):")
_PAIR = re.compile(r"(md5|sha-256|sha-512)=([A-Za-z0-9+/=]{1,100})", re.IGNORECASE)


class Unavailable(FeedError):
    """A publisher could not be asked or gave no whole file. The message names the URL and the reason."""


class NotThere(Unavailable):
    """The publisher has no such file (404, 410)."""


class _Passing(Exception):
    """May go better the next time. ``wait``: seconds the server asked for."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Progress(Protocol):
    def __call__(self, done: int, total: int | None, /) -> None:
        """Bytes so far, and of how many if that is known."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds."""

    connect: float = 15.0
    read: float = 30.0  # between two pieces
    total: float = 3600.0  # for one file, with all attempts
    attempts: int = 3
    pause: float = 2.0  # before the second attempt; doubled before each further one


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted: a file, unless it still is the one with this ETag or date."""

    url: str
    hosts: frozenset[str]  # host[:port] that may answer
    max_bytes: int
    plain_http: bool = False  # allowed to hosts that are not this machine
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Got:
    url: str  # that was asked, not where redirects led
    size: int
    sha256: str
    etag: str
    modified: str  # Last-Modified as it was sent


class Downloader:
    """Asks one file at a time. Use as a context manager."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._runner = asyncio.Runner()
        self._client: httpx.AsyncClient | None = None

    def __enter__(self) -> Self:
        self._runner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._client is not None:
                self._runner.run(self._client.aclose())
        finally:
            self._runner.__exit__(kind, value, trace)

    def fetch(self, ask: Ask, out: IO[bytes], progress: Progress) -> Got | None:
        """Write the file to ``out``; None when it has not changed.

        Raises :class:`Unavailable`, and ``OSError`` when ``out`` cannot be written.
        """
        try:
            return self._runner.run(self._in_time(ask, out, progress))
        except TimeoutError as fault:
            raise Unavailable(f"{ask.url}: not done within {self._patience.total:g} seconds") from fault

    async def _in_time(self, ask: Ask, out: IO[bytes], progress: Progress) -> Got | None:
        async with asyncio.timeout(self._patience.total):
            return await self._retried(ask, out, progress)

    async def _retried(self, ask: Ask, out: IO[bytes], progress: Progress) -> Got | None:
        attempt, pause = 1, self._patience.pause
        while True:
            try:
                return await self._attempt(ask, out, progress)
            except (_Passing, httpx.TransportError) as fault:
                if why := _not_believed(fault):
                    raise Unavailable(f"{ask.url}: {why}") from fault
                if attempt == self._patience.attempts:
                    raise Unavailable(f"{ask.url}: {_told(fault)} ({attempt} attempts)") from fault
                wait = fault.wait if isinstance(fault, _Passing) else 0.0
            await asyncio.sleep(max(pause, wait))
            attempt, pause = attempt + 1, pause * 2

    async def _attempt(self, ask: Ask, out: IO[bytes], progress: Progress) -> Got | None:
        url = _checked(ask.url, ask)
        for _ in range(REDIRECTS + 1):
            async with self._open().stream("GET", url, headers=_headers(ask)) as response:
                if response.status_code == HTTPStatus.NOT_MODIFIED and (ask.etag or ask.modified):
                    return None
                if response.status_code == HTTPStatus.OK:
                    return await _received(ask, response, out, progress)
                url = _checked(_elsewhere(url, ask, response), ask)
        raise Unavailable(f"{ask.url}: more than {REDIRECTS} redirects")

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            timeout = httpx.Timeout(self._patience.read, connect=self._patience.connect)
            try:
                self._client = httpx.AsyncClient(verify=ssl.create_default_context(), timeout=timeout)
            except (ImportError, ValueError) as fault:
                raise Unavailable(
                    f"the proxy in the environment cannot be used; name an http:// one: {fault}"
                ) from fault
        return self._client


def _headers(ask: Ask) -> Mapping[str, str]:
    """RFC 9110, 13.1: the date is only looked at by servers that know no ETag."""
    wanted = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    if ask.etag:
        wanted["If-None-Match"] = ask.etag
    if ask.modified:
        wanted["If-Modified-Since"] = ask.modified
    return wanted


def _checked(url: str, ask: Ask) -> str:
    """The URL when it may be asked. Raises :class:`Unavailable`."""
    try:
        parts = split(url)
    except FeedError as fault:
        raise Unavailable(f"{ask.url}: {fault}") from fault
    if parts.netloc not in ask.hosts:
        raise Unavailable(f"{ask.url}: leads to {parts.netloc[:HEADER]!a}, which is not a host of this publisher")
    if parts.scheme != "https" and not ask.plain_http and not is_loopback(parts.hostname or ""):
        raise Unavailable(f"{ask.url}: would be asked without TLS; only https is used")
    return url


def _elsewhere(url: str, ask: Ask, response: httpx.Response) -> str:
    """Where a redirect leads. Raises :class:`Unavailable`, :class:`NotThere`, `_Passing`."""
    status = response.status_code
    if response.has_redirect_location:
        target = urljoin(url, response.headers["location"][: MAX_URL + 1])
        if _scheme(url) == "https" and _scheme(target) != "https":
            raise Unavailable(f"{ask.url}: leads to {target[:HEADER]!a}, away from https")
        return target
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise NotThere(f"{ask.url}: is not there ({status})")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _Passing(f"the server answers {status}", _wait(response))
    raise Unavailable(f"{ask.url}: the server answers {status}")


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def _wait(response: httpx.Response) -> float:
    asked = response.headers.get("retry-after", "")
    return min(float(asked), LONGEST_WAIT) if re.fullmatch(r"\d{1,6}", asked) else 0.0


async def _received(ask: Ask, response: httpx.Response, out: IO[bytes], progress: Progress) -> Got:
    """Raises :class:`Unavailable` for what is too large, `_Passing` for what is not what was promised."""
    declared = response.headers.get("content-length", "")
    total = int(declared) if re.fullmatch(r"\d{1,15}", declared) else None
    if total is not None and total > ask.max_bytes:
        raise Unavailable(f"{ask.url}: {total:,} bytes, more than the {ask.max_bytes:,} it may have")
    promised = _digests(response.headers)
    hashes = {name: _hash(name) for name in {"sha-256", *promised}}
    size = 0
    out.seek(0)
    out.truncate()
    async for piece in response.aiter_raw(CHUNK):
        size += len(piece)
        if size > ask.max_bytes:
            raise Unavailable(f"{ask.url}: sends more than the {ask.max_bytes:,} bytes it may have")
        out.write(piece)
        for running in hashes.values():
            running.update(piece)
        progress(size, total)
    if total is not None and size != total:
        raise _Passing(f"{size:,} bytes came, {total:,} were announced")
    wrong = [name for name, value in promised.items() if hashes[name].digest() != value]
    if wrong:
        raise _Passing(f"the bytes do not match the {wrong[0]} digest that came with them")
    header = response.headers.get
    return Got(ask.url, size, hashes["sha-256"].hexdigest(), _kept(header("etag")), _kept(header("last-modified")))


def _kept(value: str | None) -> str:
    """A validator to send back next time; none when it is too long or strange to be one."""
    return value if value and len(value) <= HEADER and value.isascii() and value.isprintable() else ""


def _hash(name: str) -> "hashlib._Hash":
    plain: dict[str, Callable[[], hashlib._Hash]] = {
        "sha-256": hashlib.sha256,
        "sha-512": hashlib.sha512,
        "md5": lambda: hashlib.md5(usedforsecurity=False),  # what Google's storage promises; against accidents only
    }
    return plain[name]()


def _digests(headers: httpx.Headers) -> dict[str, bytes]:
    """What the server promises of the bytes: RFC 9530, RFC 3230, Content-MD5, Google's storage. Unreadable ones: none.

    A file that Google's storage keeps compressed is sent unpacked, and its digest is that of the packed one.
    """
    found = _RFC_9530.findall(headers.get("repr-digest", "")) + _RFC_9530.findall(headers.get("content-digest", ""))
    found += _PAIR.findall(headers.get("digest", ""))
    if headers.get("x-goog-stored-content-encoding", "identity") == "identity":
        found += _PAIR.findall(headers.get("x-goog-hash", ""))
    if "content-md5" in headers:
        found.append(("md5", headers["content-md5"]))
    return {name.lower(): value for name, text in found if (value := _decoded(text))}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _not_believed(fault: BaseException | None) -> str:
    """Why the server's certificate was refused, which no other attempt changes; "" when that is not the matter."""
    while fault is not None and not isinstance(fault, ssl.SSLCertVerificationError):
        fault = fault.__cause__ or fault.__context__
    if fault is None:
        return ""
    told = f"the server's certificate was refused: {fault.verify_message[:HEADER]!a}"
    return f"{told}; where a proxy or mirror of your own answers, name the file of its authority in SSL_CERT_FILE"


def _told(fault: Exception) -> str:
    if isinstance(fault, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "no connection in time"
    if isinstance(fault, httpx.TimeoutException):
        return "nothing came for too long"
    if isinstance(fault, httpx.RemoteProtocolError):
        return f"the connection was cut or the answer is no HTTP: {str(fault)[:HEADER]!a}"
    if isinstance(fault, httpx.TransportError):
        return f"{type(fault).__name__}: {str(fault)[:HEADER]!a}"
    return str(fault)
