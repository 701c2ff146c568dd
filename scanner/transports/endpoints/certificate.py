"""TLS as the inventory wants it: whose certificate is accepted, and what is noted of it."""

import hashlib
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address

from cryptography import x509

from inventory.watch import Tls
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import TlsFailed
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen

DAY = 86_400.0


async def secured(line: Line, tls: Tls, host: str, around: Around, seen: Seen) -> None:
    """The handshake, and the certificate held against authorities and names, or against its own fingerprint.

    A certificate that ends soon makes the sample DEGRADED. Raises :class:`TlsFailed`.
    """
    names = tls.names or (host.partition("%")[0],)
    one = len(names) == 1
    await line.start_tls(around.context(tls.ca, verified=tls.fingerprint is None, named=one), names[0])
    sock = line.tls
    der = (sock.getpeercert(binary_form=True) if sock else None) or b""
    if sock:
        cipher = sock.cipher()
        seen.notes["tls"], seen.notes["cipher"] = sock.version() or "", cipher[0] if cipher else ""
    ends = _ends(der)
    if ends:
        seen.notes["not_after"] = ends.isoformat()
    if tls.fingerprint is not None:
        _is_approved(der, tls.fingerprint)
    elif not one and not _is_for_one_of(names, der):
        raise TlsFailed(f"its certificate is for none of {', '.join(names)[:200]}")
    seen.slow = seen.slow or ends_soon(ends, tls.min_days, around.clock())


def _is_approved(der: bytes, wanted: str) -> None:
    presented = hashlib.sha256(der).hexdigest()
    if presented != wanted.removeprefix("SHA256:").replace(":", "").lower():
        raise TlsFailed(f"it presents another certificate: SHA256:{presented}")


@lru_cache(maxsize=256)  # certificates are up to 100 KiB long
def _ends(der: bytes) -> datetime | None:
    try:
        return x509.load_der_x509_certificate(der).not_valid_after_utc
    except ValueError:
        return None  # OpenSSL took it; that is what counts


def _is_for_one_of(names: tuple[str, ...], der: bytes) -> bool:
    """RFC 6125, section 6.4: a DNS name, whose first label may be a star, or an address."""
    try:
        told = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns = {name.lower() for name in told.get_values_for_type(x509.DNSName)}
        addresses = set(told.get_values_for_type(x509.IPAddress))
    except (ValueError, x509.ExtensionNotFound):
        return False
    return any(_matches(name, dns) or _address(name) in addresses for name in names)


def _matches(name: str, dns: set[str]) -> bool:
    name = name.lower().rstrip(".")
    _, _, rest = name.partition(".")
    return name in dns or ("." in rest and f"*.{rest}" in dns)


def _address(name: str) -> object:
    try:
        return ip_address(name)
    except ValueError:
        return None


def ends_soon(ends: datetime | None, min_days: int, now: float) -> str:
    """Why a certificate is renewed too late; "" if it is not, or nobody asked."""
    if not min_days or ends is None:
        return ""
    left = (ends.timestamp() - now) / DAY
    return f"its certificate ends on {ends:%Y-%m-%d}, in {left:.0f} days" if left < min_days else ""
