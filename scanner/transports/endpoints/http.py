"""HTTP and HTTPS: status, redirect, headers, body; RFC 9112.

A status is read by a few lines of our own, which cost a fifth of a general client; a body is read with h11. Connections
are not reused: a probe that rides on an old connection does not see that new ones are refused.
"""

import asyncio
import re
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit

import h11

from inventory.watch import Http, Tls, Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.certificate import secured
from scanner.transports.endpoints.faults import Blind, Broken, Unexpected
from scanner.transports.endpoints.line import CHUNK, Line
from scanner.transports.endpoints.patterns import found
from scanner.transports.endpoints.sampling import REFERENCES, Seen, value_of

MAX_HEAD = 65_536
MAX_BODY = 1 << 20
MAX_PIECES = 10_000  # reads and chunks of one page
BREATH = 64  # so many in a row, and then the others have their turn
MAX_REDIRECTS = 10
REDIRECTS = (301, 302, 303, 307, 308)
KEPT_HEAD = 2_048  # bytes kept as evidence
FINAL = 200  # and above
_PLAIN = Http()
_SAFE = "/?&=%+:;,@!$'()*~#[]|-._"
_NO_TLS = Tls()
MAX_INTERIM = 10  # answers such as 103 Early Hints, before the one that counts
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?: |\r?\n)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")
_COOKIE = re.compile(rb"(?i)(\nset-cookie:[^=\r\n]{0,200}=)[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Goal:
    """Where one request goes."""

    secure: bool
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: bytes  # only when it was asked for

    def header(self, name: str) -> str | None:
        return next((value for known, value in self.headers if known == name.lower()), None)


async def http(watch: Watch, around: Around, seen: Seen) -> None:
    ask = watch.ask if isinstance(watch.ask, Http) else _PLAIN
    goal = Goal(watch.kind == "https", watch.host, watch.port or (443 if watch.kind == "https" else 80), ask.path)
    started = time.perf_counter()
    reply = await fetch(goal, ask, watch.tls, around, seen)
    for _ in range(min(ask.redirects, MAX_REDIRECTS)):
        if reply.status not in REDIRECTS:
            break
        before, goal = goal, elsewhere(goal, reply)
        if not _same_side(before, goal):
            ask = _without_secrets(ask)
        reply = await fetch(goal, ask, watch.tls, around, seen)
    _judge(ask, reply)
    took = time.perf_counter() - started
    if ask.slow_seconds is not None and took > ask.slow_seconds:
        seen.slow = seen.slow or f"it answered in {took:.2f} s; more than {ask.slow_seconds:g} s is slow"


async def fetch(goal: Goal, ask: Http, tls: Tls | None, around: Around, seen: Seen, body: bytes = b"") -> Reply:
    """One request on a connection of its own. Raises :class:`ProbeFault`."""
    asked, seen.evidence = _request(goal, ask, around, seen, len(body)) + body, b""
    try:
        reply = await _exchange(goal, ask, tls, around, seen, asked)
    finally:
        seen.evidence = _COOKIE.sub(rb"\1...", _HEAD_END.split(seen.evidence, maxsplit=1)[0][:KEPT_HEAD])
    seen.notes["status"] = str(reply.status)
    return reply


async def _exchange(goal: Goal, ask: Http, tls: Tls | None, around: Around, seen: Seen, asked: bytes) -> Reply:
    with await Line.open(goal.host, goal.port, around, seen) as line:
        if goal.secure:
            await secured(line, tls or _NO_TLS, goal.host, around, seen)
        sent = time.perf_counter()
        await line.send(asked)
        if _wants_body(ask):
            return await _whole(line, ask.method, seen, sent)
        head, status = await _head(line, seen, sent)
        return Reply(status, _headers(head) if _wants_headers(ask, status) else (), b"")


def elsewhere(goal: Goal, reply: Reply) -> Goal:
    """Where a redirect leads. Raises :class:`Unexpected`."""
    told = reply.header("location")
    if not told:
        raise Unexpected(f"status {reply.status} without a Location")
    base = f"{'https' if goal.secure else 'http'}://{_authority(goal)}{goal.path}"
    return goal_of(urljoin(base, told))


def goal_of(url: str) -> Goal:
    """Raises :class:`Unexpected` for anything but http and https."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Unexpected(f"{url[:200]!r} is no address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise Unexpected(f"{url[:200]!r} is neither http nor https")
    if not _HOST.fullmatch(host):
        raise Unexpected(f"{url[:200]!r} leads to no host")
    secure = parts.scheme == "https"
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
    return Goal(secure, host, port or (443 if secure else 80), path)


def _same_side(before: Goal, goal: Goal) -> bool:
    """The same server, or the same host inside TLS; anywhere else secrets do not follow."""
    return goal.host == before.host and (
        (goal.secure, goal.port) == (before.secure, before.port) or (goal.secure and not before.secure)
    )


def _without_secrets(ask: Http) -> Http:
    return replace(ask, headers=tuple((name, value) for name, value in ask.headers if not value.startswith(REFERENCES)))


def _judge(ask: Http, reply: Reply) -> None:
    """Raises :class:`Unexpected`."""
    good = reply.status in ask.status if ask.status else 200 <= reply.status < 300
    if not good:
        wanted = ", ".join(map(str, ask.status)) or "200 to 299"
        raise Unexpected(f"status {reply.status}; expected: {wanted}")
    if ask.redirects_to is not None and not _has(ask.redirects_to, reply.header("location")):
        raise Unexpected(f"it redirects to {(reply.header('location') or 'nowhere')[:120]!r}")
    for name, pattern in ask.header_has:
        if not _has(pattern, reply.header(name)):
            raise Unexpected(f"header {name} is {(reply.header(name) or 'not there')[:120]!r}")
    if ask.body_has is not None and not found(ask.body_has, reply.body):
        raise Unexpected(f"the page ({len(reply.body)} bytes) lacks {ask.body_has!r}")
    if ask.body_lacks is not None and found(ask.body_lacks, reply.body):
        raise Unexpected(f"the page holds {ask.body_lacks!r}")


def _has(pattern: str, value: str | None) -> bool:
    return found(pattern, (value or "").encode()) is not None


def _wants_headers(ask: Http, status: int) -> bool:
    return bool(ask.header_has or ask.redirects_to is not None or status in REDIRECTS)


def _wants_body(ask: Http) -> bool:
    return ask.body_has is not None or ask.body_lacks is not None


def _request(goal: Goal, ask: Http, around: Around, seen: Seen, size: int) -> bytes:
    """Raises :class:`Blind` when a header cannot be sent."""
    told = tuple((name, value_of(value, around, seen)) for name, value in ask.headers)
    for name, value in told:
        if not (name + value).isprintable():
            raise Blind(f"header {name[:40]!r} holds a line break or another control character")
    if size or ask.method == "POST":
        told += (("content-length", str(size)),)
    return _spelled(ask.method, goal.path, _authority(goal), told)


@lru_cache(maxsize=4_096)
def _spelled(method: str, path: str, authority: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    own = {"host": authority, "user-agent": "estatecheck", "accept": "*/*", "connection": "close"}
    said = {**own, **{name.lower(): value for name, value in headers}}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _authority(goal: Goal) -> str:
    host = f"[{goal.host}]" if ":" in goal.host else goal.host
    return host if goal.port == (443 if goal.secure else 80) else f"{host}:{goal.port}"


async def _head(line: Line, seen: Seen, sent: float) -> tuple[bytes, int]:
    """Headers and status; what comes behind them, or before as interim answers (1xx), is dropped."""
    got = b""
    for _ in range(MAX_INTERIM):
        while not (end := _HEAD_END.search(got)):
            if len(got) > MAX_HEAD:
                raise Broken(f"its headers are longer than {MAX_HEAD} bytes")
            part = await line.receive(CHUNK)
            if not got:
                seen.timings["first_byte"] = (time.perf_counter() - sent) * 1e3
            if not part:
                raise Broken("the connection ended before the headers did")
            got += part
            if got[:5] != b"HTTP/"[: len(got)]:
                raise Unexpected("it does not speak HTTP/1")
        status = _STATUS.match(got)
        if not status:
            raise Unexpected("it does not speak HTTP/1")
        if int(status[1]) >= FINAL:
            return got[: end.start()], int(status[1])
        got = got[end.end() :]
    raise Unexpected(f"it sends more than {MAX_INTERIM} interim answers")


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    """As they came; of a line that is none nothing is kept."""
    lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")[1:]
    pairs = (line.partition(":") for line in lines)
    return tuple((name.strip().lower(), value.strip()) for name, colon, value in pairs if colon)


async def _whole(line: Line, method: str, seen: Seen, sent: float) -> Reply:
    """Headers and body, which is cut at ``MAX_BODY``."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    parser.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    parser.send(h11.EndOfMessage())
    body, reply = bytearray(), None
    try:
        for turn in range(1, MAX_PIECES):
            if turn % BREATH == 0:
                await asyncio.sleep(0)
            event = parser.next_event()
            if event is h11.NEED_DATA:
                part = await line.receive(CHUNK)
                seen.timings.setdefault("first_byte", (time.perf_counter() - sent) * 1e3)
                parser.receive_data(part)
            elif isinstance(event, h11.Response):
                reply = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) >= MAX_BODY:
                    break
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
                break
        else:
            raise Unexpected(f"it sends its page in more than {MAX_PIECES} pieces")
    except h11.RemoteProtocolError as fault:
        raise Unexpected(f"it does not keep to HTTP/1: {fault}") from fault
    if reply is None:
        raise Broken("the connection ended before the headers did")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers)
    return Reply(reply.status_code, headers, bytes(body[:MAX_BODY]))
