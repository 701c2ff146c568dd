"""GET of a few pages, one TRACE, and one GET in the clear (RFC 9110, RFC 9112). Values of cookies are not kept."""

import re
from collections.abc import Sequence

from scanner.transports.looks.tls import Session, _open_context
from scanner.transports.looks.wire import NotOpen, Record, Target, told

MAX_KEPT = 16 * 1024
MAX_PAGE = 4 * 1024  # of each further page
_COOKIE = re.compile(rb"(?im)^(set-cookie[ \t]*:[ \t]*[^=;\r\n]{0,200}=)([^;\r\n]*)")


async def look(target: Target, pages: Sequence[str] = ()) -> list[Record]:
    secure, path = target.endpoint.scheme == "https", target.endpoint.path
    records = [await _ask(target, "get", "GET", path, secure=secure)]
    if records[0]["state"] != "open":
        return records
    if secure and target.endpoint.port == 443:
        records.append(await _ask(target, "plain", "GET", path, secure=False, port=80))
    records.append(await _ask(target, "trace", "TRACE", "/", secure=secure))
    for page in () if target.asset.fragile else pages:
        asked = await _ask(target, f"page {page}", "GET", page, secure=secure)
        records.append({**asked, "got": str(asked.get("got", ""))[:MAX_PAGE]})
        if asked["state"] != "open" or asked["end"] == "waited":
            break  # it has had enough of us
    return records


async def _ask(target: Target, step: str, method: str, path: str, *, secure: bool, port: int | None = None) -> Record:
    sent = request(method, path, authority(target, port or target.endpoint.port))
    seen = target.record(step=step, sent=sent.decode("latin-1"))
    try:
        with await target.connect(port) as wire:
            if not secure:
                await wire.send(sent)
                got, _, end = await wire.listen(http_ended)
            else:
                session = Session(wire, _open_context(), target.name)
                begun = await session.begin([])
                if "fault" in begun:
                    return {**seen, "state": "no tls", "why": begun["fault"]}
                await session.send(sent)
                got, end = await _inside(session)
    except NotOpen as fault:
        return {**seen, **told(fault)}
    kept = _COOKIE.sub(lambda found: found[1] + b"[%d characters]" % len(found[2]), got[:MAX_KEPT])
    return {**seen, "state": "open", "got": kept.decode("latin-1"), "end": end}


async def _inside(session: Session) -> tuple[bytes, str]:
    got = b""
    while True:
        part, end = await session.receive()
        got += part
        if http_ended(got) is not None:
            return got, "enough"
        if end or not part:
            return got, end or "closed"


def http_ended(got: bytes) -> int | None:
    """So much is enough to see headers and the title of a page; the other side closes otherwise."""
    if len(got) >= MAX_KEPT:
        return MAX_KEPT
    head, gap, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?:\r\n|\Z)", head) if gap else None
    if length and len(body) >= int(length[1]):
        return len(head) + 4 + int(length[1])
    return None


def authority(target: Target, port: int) -> str:
    host = target.endpoint.host or target.asset.connection.address
    host = f"[{host}]" if ":" in host else host
    return host if port in (80, 443) else f"{host}:{port}"


def request(method: str, path: str, authority: str) -> bytes:
    fields = (f"Host: {authority}", "User-Agent: estatecheck", "Accept: */*", "Connection: close")
    return "\r\n".join((f"{method} {path} HTTP/1.1", *fields, "", "")).encode("latin-1", "replace")
