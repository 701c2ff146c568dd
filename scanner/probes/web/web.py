"""Web servers: headers, cookies, redirect, TRACE and listing of one GET (RFC 9110, RFC 6797, RFC 6265)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.endpoint import WEB as SCHEMES
from inventory.facts.web import Web, WebEndpoint
from scanner.probes.web.panels import PATHS, shown
from scanner.probes.web.records import Record, by_url, unended, why_not
from scanner.query import Answer, Query, WebLook

MAX_KEPT = 16 * 1024  # of an answer; it is cut there
REDIRECTS = (301, 302, 303, 307, 308)
_STATUS = re.compile(r"HTTP/1\.[01] (\d{3})(?:[ \r\n]|\Z)")
_VERSION = re.compile(r"\d+\.\d+")
_LISTING = re.compile(r"<title>\s{0,5}(?:index of|directory listing for) /|\[to parent directory\]", re.IGNORECASE)
_AGE = re.compile(r"(?:\A|;)\s{0,5}max-age\s{0,5}=\s{0,5}\"?(\d{1,12})", re.IGNORECASE)
TELLTALE = ("server", "x-powered-by", "x-aspnet-version", "x-generator")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]

    def one(self, name: str) -> str:
        return next(iter(self.all(name)), "")


@dataclass(frozen=True, slots=True)
class WebProbe:
    name: str = "web"
    privilege: Privilege = Privilege.NONE
    nothing_asked: str = "the inventory names no web endpoint of this asset"

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        chosen = tuple(one for one in asset.endpoints if one.scheme in SCHEMES)
        return None if so_far or not chosen else WebLook(self.name, chosen, PATHS)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> Web:  # noqa: ARG002 (one shape for all probes)
        return Web(tuple(_endpoint(url, records) for url, records in by_url(answers[0].output).items()))


def _endpoint(url: str, records: Sequence[Record]) -> WebEndpoint:
    steps = {str(one.get("step", "get")): one for one in records}
    place, secure = str(records[0].get("place", "")), url.startswith("https:")
    reply = _reply(steps.get("get", {}))
    redirects, plain = _plain(url, steps, reply)
    trace = _trace(steps.get("trace"))
    if reply is None:
        why = _silence(records[0])
        return WebEndpoint(url, place, secure, why, redirects=redirects, plain=plain, trace=trace)
    asked = {step.removeprefix("page "): one for step, one in steps.items() if step.startswith("page ")}
    panels, panels_why = shown({path: _reply(one) for path, one in asked.items()})
    return WebEndpoint(
        url,
        place,
        secure,
        status=reply.status,
        hsts=_hsts(reply),
        missing_headers=_missing(reply),
        server_version=_told_version(reply),
        weak_cookies=tuple(_cookies(reply, secure)),
        redirects=redirects,
        plain=plain,
        trace=trace,
        listing=bool(_LISTING.search(reply.body)) if reply.status < 400 else False,
        panels=panels,
        panels_why=panels_why,
    )


def _reply(record: Record) -> Reply | None:
    """None when the headers did not come whole."""
    got = str(record.get("got", "")).replace("\r\n", "\n")
    head, gap, body = got.partition("\n\n")
    status = _STATUS.match(head)
    if record.get("state") != "open" or not gap or not status:
        return None
    pairs = (line.partition(":") for line in head.split("\n")[1:])
    headers = tuple((name.strip().lower(), value.strip()[:2000]) for name, colon, value in pairs if colon)
    return Reply(int(status[1]), headers, body)


def _silence(record: Record) -> str:
    if len(str(record.get("got", ""))) >= MAX_KEPT:
        return "its headers do not end within 16 KiB"
    return unended(record, "what it answers is not HTTP")


def _plain(url: str, steps: Mapping[str, Record], reply: Reply | None) -> tuple[bool | None, str]:
    """What plain HTTP does. Of https on another port than 443 nobody knows which plain port belongs to it."""
    if url.startswith("https:"):
        record = steps.get("plain")
        if record is None:
            return None, "was not asked"
        if record.get("state") == "refused":
            return True, "port 80 refuses connections"
        reply = _reply(record)
        if reply is None:
            return None, why_not(record)
    elif reply is None:
        return None, "did not answer"
    place = reply.one("location")
    if reply.status in REDIRECTS and place.lower().startswith("https://"):
        return True, f"status {reply.status} sends to https"
    return False, f"answers with status {reply.status}" + (f" and sends to {place[:100]}" if place else "")


def _hsts(reply: Reply) -> bool:
    age = _AGE.search(reply.one("strict-transport-security"))
    return bool(age and int(age[1]))


def _missing(reply: Reply) -> tuple[str, ...]:
    policy = reply.one("content-security-policy").lower()
    found = {
        "Content-Security-Policy": bool(policy),
        "X-Frame-Options": bool(reply.one("x-frame-options")) or "frame-ancestors" in policy,
        "X-Content-Type-Options": reply.one("x-content-type-options").lower() == "nosniff",
    }
    return tuple(name for name, there in found.items() if not there)


def _told_version(reply: Reply) -> str:
    told = ((name, reply.one(name)) for name in TELLTALE)
    return next((f"{name}: {value[:100]}" for name, value in told if _VERSION.search(value)), "")


def _cookies(reply: Reply, secure: bool) -> list[str]:
    found = []
    for cookie in reply.all("set-cookie")[:50]:
        name, *parts = cookie.split(";")
        flags = {part.strip().lower() for part in parts}
        lacking = [
            word for word in ("Secure", "HttpOnly") if word.lower() not in flags and (secure or word != "Secure")
        ]
        if lacking:
            found.append(f"{name.partition('=')[0].strip()[:100]}: without {' and '.join(lacking)}")
    return found


def _trace(record: Record | None) -> bool | None:
    """RFC 9110, section 9.3.8: the answer holds the request."""
    reply = _reply(record) if record else None
    if reply is None:
        return None
    return reply.status == 200 and reply.body.lstrip().upper().startswith("TRACE / HTTP/")


WEB = WebProbe()
