"""``endpoints``: small URLs, read once."""

from urllib.parse import urlsplit

from inventory.endpoint import PORTS, WITH_PATH, Endpoint
from inventory.sources.errors import shown
from inventory.sources.words import address, text


def endpoint_url(value: object) -> str:
    """``https://portal.example/``, ``tls://mail.example:993``, ``ssh://``. Raises ``ValueError``."""
    given = text(value).strip()
    endpoint_of(given)
    return given


def endpoint_of(given: str) -> Endpoint:
    """Raises ``ValueError`` with one sentence."""
    try:
        parts = urlsplit(given)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{shown(given)} is not an endpoint; write it as https://portal.example:8443/") from None
    if parts.scheme not in PORTS or "://" not in given:
        raise ValueError(f"{shown(given)} is not an endpoint; it begins with one of {', '.join(PORTS)}, then ://")
    if "@" in parts.netloc:
        raise ValueError("an endpoint has no user and no password in it; leave out what stands before the @")
    if parts.fragment or not given.isprintable() or " " in given:
        raise ValueError(f"{shown(given)} is not an endpoint; leave out blanks and what begins with #")
    if (parts.path.strip("/") or parts.query) and parts.scheme not in WITH_PATH:
        raise ValueError(f"{shown(given)} has a path; only http, https and dns (its zone) have one")
    if parts.scheme == "dns" and (parts.query or "/" in parts.path.strip("/")):
        raise ValueError(f"{shown(given)} is no name server with a zone; write dns://ns.example/zone.example")
    port = PORTS[parts.scheme] if port is None else port
    if not port:
        raise ValueError(f"{shown(given)} lacks its port; write tls://HOST:PORT")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.scheme, address(host) if host else "", port, path if parts.scheme in WITH_PATH else "/")
