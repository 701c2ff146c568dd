"""What simulated web servers answer to looks from outside: HTTP, and TLS as bytes on the wire (RFC 5246, RFC 8446)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from inventory.endpoint import Endpoint
from scanner.probes.web.panels import CONTROL
from scanner.probes.web.tls import X25519MLKEM768
from scanner.query import Hello, Query, TlsOffers, WebLook

SUITES = {0x0304: 0x1302, 0x0303: 0xC02F, 0x0302: 0xC014, 0x0301: 0xC014}  # by version: AES, with forward secrecy
REFUSED = bytes.fromhex("15030300020228")  # alert: fatal, handshake failure
RENEGOTIATION, EMPTY = b"\xff\x01\x00\x01\x00", b""
AUTHORITY = "Vale Simulated Authority"
VALID_DAYS, NOT_KNOWN = 90, 20  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY


@dataclass(frozen=True, slots=True)
class SiteState:
    """One web server on one day. ``ill``: words of ``timeline.DEFECTS``; ``renewed``: when its certificate was."""

    name: str
    address: str
    at: datetime
    ill: frozenset[str]
    renewed: datetime

    def has(self, defect: str) -> bool:
        return defect in self.ill


def answer(site: SiteState, query: Query) -> bytes:
    """JSON lines. Raises ``TypeError`` for a question that is for another way in."""
    if isinstance(query, WebLook):
        records = [record for one in query.endpoints for record in _web(site, one, query.pages)]
    elif isinstance(query, TlsOffers):
        records = [record for one in query.endpoints for record in _tls(site, one, query.hellos)]
    else:
        raise TypeError(f"a simulated web server is not asked {query.name}")
    return b"".join(json.dumps(one, sort_keys=True, separators=(",", ":")).encode() + b"\n" for one in records)


def _record(site: SiteState, endpoint: Endpoint, **more: object) -> dict[str, object]:
    place = f"{site.address}:{endpoint.port}"
    return {"url": endpoint.url(site.address), "place": place, "name": endpoint.host, "state": "open", **more}


def _web(site: SiteState, endpoint: Endpoint, pages: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    yield _record(site, endpoint, step="get", sent="GET / HTTP/1.1", got=_page(site, endpoint.host))
    trace = "HTTP/1.1 405 Method Not Allowed\r\n\r\n"
    yield _record(site, endpoint, step="trace", sent="TRACE / HTTP/1.1", got=trace)
    plain = f"HTTP/1.1 301 Moved\r\nLocation: https://{endpoint.host}/\r\n\r\n"
    if site.has("no-redirect"):
        plain = "HTTP/1.1 200 OK\r\n\r\nwelcome"
    yield _record(site, endpoint, step="plain", sent="GET / HTTP/1.1", got=plain)
    for path in pages:
        found = site.has("panel") and path == "/admin/" and path != CONTROL
        page = '<form><input type="password"></form>' if found else "no such page"
        status = "200 OK" if found else "404 Not Found"
        yield _record(
            site, endpoint, step=f"page {path}", sent=f"GET {path} HTTP/1.1", got=f"HTTP/1.1 {status}\r\n\r\n{page}"
        )


def _page(site: SiteState, host: str) -> str:
    head = ["HTTP/1.1 200 OK", f"Server: harbourd{'/2.4' if site.has('version') else ''}"]
    if not site.has("no-hsts"):
        head.append("Strict-Transport-Security: max-age=31536000")
    if not site.has("no-headers"):
        head += [
            "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'",
            "X-Content-Type-Options: nosniff",
        ]
    head.append(f"Set-Cookie: session=x; {'' if site.has('cookie') else 'Secure; HttpOnly'}")
    return "\r\n".join([*head, "", f"<title>{host}</title>"])


def _tls(site: SiteState, endpoint: Endpoint, hellos: tuple[Hello, ...]) -> Iterator[Mapping[str, object]]:
    for hello in hellos:
        got = _heard(site, hello)
        end = "enough" if got != REFUSED else "closed"
        yield _record(site, endpoint, hello=hello.label, sent="", got=got.hex(), end=end)
    unknown = {"code": NOT_KNOWN, "message": "unable to get local issuer certificate"}
    verified = {
        **(unknown if site.has("untrusted") else {"code": 0, "message": ""}),
        "at": int(site.at.timestamp()),
        "authorities": "1 authority of this example",
    }
    yield _record(site, endpoint, handshake=True, chain=_chain(endpoint.host, site.renewed), verified=verified)


def _heard(site: SiteState, hello: Hello) -> bytes:
    old = site.has("tls10") and hello.label in ("tls10", "tls11")
    if hello.label == "pq" and not site.has("no-pq"):
        share = b"\x00\x33\x00\x02" + X25519MLKEM768.to_bytes(2, "big")
        return _server_hello(0x0303, SUITES[0x0304], b"\x00\x2b\x00\x02\x03\x04" + share)
    if hello.label == "tls13":
        return _server_hello(0x0303, SUITES[0x0304], b"\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02\x00\x1d")
    if hello.label == "tls12" or old:
        return _server_hello(hello.version, SUITES[hello.version], RENEGOTIATION)
    return REFUSED


def _server_hello(version: int, suite: int, extensions: bytes) -> bytes:
    body = version.to_bytes(2, "big") + bytes(32) + b"\0" + suite.to_bytes(2, "big") + b"\0"
    body += len(extensions).to_bytes(2, "big") + extensions
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


@cache
def _chain(host: str, renewed: datetime) -> tuple[str, ...]:
    """A certificate by an authority that exists only here; Ed25519, so that the same words give the same bytes."""
    import hashlib

    authority = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(AUTHORITY.encode()).digest())
    own = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"simulated {host}".encode()).digest())
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(host))
        .issuer_name(_name(AUTHORITY))
        .public_key(own.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(f"{host} {renewed}".encode()).digest()[:8], "big") | 1)
        .not_valid_before(renewed)
        .not_valid_after(renewed + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(authority, None)
    )
    return (made.public_bytes(Encoding.DER).hex(),)


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])
