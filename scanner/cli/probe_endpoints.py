"""``estatecheck probe tcp://HOST:PORT`` and its like: one look at one endpoint, as ``serve`` takes it every minute."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from scanner.cli.console import Exit, fail, known, say, table
from scanner.cli.probe_ways import Options

if TYPE_CHECKING:
    from inventory.facts.availability import Sample
    from inventory.watch import Ask, Tls, Watch

STARTTLS = ("smtp", "imap", "pop3", "ldap", "postgresql")
DEFAULT_SECONDS = 5.0
MAX_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """The address as it was written. ``port`` 0: the kind's usual one."""

    scheme: str
    host: str
    port: int
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One scheme. ``options`` are those of :class:`Options` that say something here; ``port`` None: must be given."""

    kind: str
    port: int | None
    options: tuple[str, ...] = ("timeout",)
    tls: bool = False  # from the first byte
    ask: Callable[[Target, Options], "Ask | None"] = lambda _target, _options: None
    path: bool = False  # may the address hold one?


def _http(target: Target, options: Options) -> "Ask":
    from inventory.watch import Http

    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    return Http(path=path, body_has=options.expect)


def _bytes(_target: Target, options: Options) -> "Ask | None":
    from inventory.watch import Bytes

    if options.send is None and options.expect is None:
        return None
    try:
        sent = options.send or ""
        payload = bytes.fromhex(sent[4:]) if sent.startswith("hex:") else sent.encode()
    except ValueError:
        raise fail("--send: behind hex: only hexadecimal digits are allowed") from None
    return Bytes(payload.hex(), options.expect)


def _dns(target: Target, options: Options) -> "Ask | None":
    from inventory.watch import Dns

    name, told = unquote(target.path.strip("/")), dict(parse_qsl(target.query))
    if not name and options.expect is None and not told:
        return None
    if not name or set(told) - {"type"}:
        raise fail("write the question as dns://SERVER/NAME or dns://SERVER/NAME?type=MX")
    return Dns(name, told.get("type", "A").upper(), (options.expect,) if options.expect else ())


_MAIL = ("timeout", "starttls", "ca", "fingerprint")
_SECURE = ("timeout", "ca", "fingerprint")
_TALK = ("timeout", "send", "expect")

ENDPOINTS: Mapping[str, Endpoint] = {
    "tcp": Endpoint("tcp", None, _TALK, ask=_bytes),
    "udp": Endpoint("udp", None, _TALK, ask=_bytes),
    "icmp": Endpoint("icmp", 0),
    "http": Endpoint("http", 80, ("timeout", "expect"), ask=_http, path=True),
    "https": Endpoint("https", 443, (*_SECURE, "expect"), tls=True, ask=_http, path=True),
    "tls": Endpoint("tls", 443, _MAIL, tls=True),
    "dns": Endpoint("dns", 53, ("timeout", "expect"), ask=_dns, path=True),
    "ntp": Endpoint("ntp", 123),
    "ssh": Endpoint("ssh", 22),
    "smtp": Endpoint("smtp", 25, _MAIL),
    "smtps": Endpoint("smtp", 465, _SECURE, tls=True),
    "imap": Endpoint("imap", 143, _MAIL),
    "imaps": Endpoint("imap", 993, _SECURE, tls=True),
    "pop3": Endpoint("pop3", 110, _MAIL),
    "pop3s": Endpoint("pop3", 995, _SECURE, tls=True),
    "ldap": Endpoint("ldap", 389, _MAIL),
    "ldaps": Endpoint("ldap", 636, _SECURE, tls=True),
    "mysql": Endpoint("mysql", 3306),
    "postgresql": Endpoint("postgresql", 5432),
    "redis": Endpoint("redis", 6379),
    "sql-server": Endpoint("sql-server", 1433),
    "rdp": Endpoint("rdp", 3389),
    "smb": Endpoint("smb", 445),
    "sip": Endpoint("sip", 5060),
    "call": Endpoint("call", 7),
}


def watch_of(target: str, options: Options) -> "Watch":
    """What the address and the options say. Ends with exit code 2 when that is nothing."""
    from inventory.watch import Watch

    told = _target(target)
    endpoint = ENDPOINTS[told.scheme]
    for option in set(Options.__dataclass_fields__) - set(endpoint.options):
        if getattr(options, option) is not None:
            raise fail(f"--{option.replace('_', '-')} says nothing for {told.scheme}://: leave it out")
    if options.expect is not None and endpoint.kind != "dns":
        _is_pattern(options.expect)
    tls = _tls(told, endpoint, options)
    return Watch(
        name=target,
        kind=endpoint.kind,
        host=told.host,
        port=told.port,
        ask=tls if endpoint.kind == "tls" else endpoint.ask(told, options),
        timeout_seconds=_seconds(options.timeout),
        tls=tls,
    )


def _target(target: str) -> Target:
    example = "write it as tcp://HOST:PORT, https://HOST/PATH, icmp://HOST, dns://SERVER/NAME?type=MX"
    try:
        parts = urlsplit(target)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise fail(f"{target} is no address; {example}") from None
    if "@" in parts.netloc:
        raise fail("a log-in does not belong into the address: nobody logs in here")
    endpoint = ENDPOINTS[parts.scheme]
    given = bool(parts.path.strip("/") or parts.query)
    if not host or parts.fragment or (given and not endpoint.path) or (port is not None and endpoint.port == 0):
        raise fail(f"{target} cannot be probed; {example}")
    if port is None and endpoint.port is None:
        raise fail(f"{target} lacks a port; {example}")
    return Target(parts.scheme, host, port or endpoint.port or 0, parts.path, parts.query)


def _tls(told: Target, endpoint: Endpoint, options: Options) -> "Tls | None":
    from inventory.sources.words import fingerprint
    from inventory.watch import Tls

    if options.fingerprint is not None and options.ca is not None:
        raise fail("--fingerprint and --ca: give one of the two")
    upgrade = options.starttls
    if upgrade is not None:
        known("--starttls", upgrade, STARTTLS if endpoint.kind == "tls" else (endpoint.kind,))
    if not endpoint.tls and upgrade is None:
        if options.ca or options.fingerprint:
            raise fail(f"{told.scheme}:// is in the clear: --ca and --fingerprint need --starttls {endpoint.kind}")
        return None
    try:
        approved = fingerprint(options.fingerprint) if options.fingerprint else None
    except ValueError as fault:
        raise fail(f"--fingerprint: {fault}") from None
    ca = str(Path(options.ca).expanduser()) if options.ca else None
    return Tls(ca=ca, fingerprint=approved, starttls=upgrade)


def _is_pattern(given: str) -> None:
    from inventory.sources.watch_keys import pattern

    try:
        pattern(given)
    except ValueError as fault:
        raise fail(f"--expect {given}: {fault}") from None


def _seconds(given: str | None) -> float:
    from inventory.sources.watch_keys import duration

    if given is None:
        return DEFAULT_SECONDS
    try:
        seconds = duration(given)
    except ValueError as fault:
        raise fail(f"--timeout {given}: {fault}") from None
    if not 0 < seconds <= MAX_SECONDS:
        raise fail(f"--timeout {given}: allowed is up to {MAX_SECONDS:g}s")
    return seconds


def look_once(watch: "Watch") -> "Sample":
    import asyncio

    from scanner.service.look import look
    from scanner.transports.endpoints.around import Around

    return asyncio.run(look(watch, Around()))


def tell(watch: "Watch", sample: "Sample", permitted: str, shape: str) -> Exit:
    """Prints it; the exit code says up (0), degraded or down (1), or that nobody could look (3)."""
    told = _told(watch, sample, permitted)
    say(json.dumps(told, indent=2) if shape == "json" else _table(told))
    return {"up": Exit.OK, "unknown": Exit.INCOMPLETE}.get(sample.state.value, Exit.THRESHOLD_MET)


def _told(watch: "Watch", sample: "Sample", permitted: str) -> dict[str, Any]:
    return {
        "target": watch.name,
        "kind": watch.kind,
        "asked_at": datetime.fromtimestamp(sample.at, UTC).isoformat(timespec="milliseconds"),
        "permitted_by": permitted,
        "state": sample.state.value,
        "reason": sample.reason,
        "timings_ms": {name: round(took, 3) for name, took in sample.timings.items()},
        "notes": dict(sample.notes),
    }


def _table(told: Mapping[str, Any]) -> str:
    rows = [["state", told["state"]]]
    rows += [["reason", told["reason"]]] if told["reason"] else []
    rows += [[f"{name} (ms)", f"{took:.2f}"] for name, took in told["timings_ms"].items()]
    rows += [[name.replace("_", " "), value] for name, value in told["notes"].items()]
    return f"{table(('field', 'value'), rows)}\n\nPermitted by: {told['permitted_by']}."
