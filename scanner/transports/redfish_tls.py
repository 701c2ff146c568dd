"""Which certificate is a BMC's own? Decided inside the TLS handshake, so nothing is sent to one that is not accepted.

A BMC mostly signs its certificate itself. It is accepted by the system's authorities (and then the name must be right),
by authorities in a file of ours, or because its SHA-256 fingerprint stands in the inventory; there is no way around it.
"""

import asyncio
import contextlib
import hashlib
import ssl

from inventory.asset import Connection, Tls
from inventory.facts.missing import Reason
from scanner.transports.redfish_faults import (
    CertificateRefused,
    LoginUnusable,
    OutOfTime,
    RedfishFault,
    Unreachable,
    WeakOnly,
)

LOOK_SECONDS = 5.0  # for the second handshake, which only reads the fingerprint of a certificate that was refused
# OpenSSL's words for "what we still take, the other side does not have" (err.h, sslerr.h)
WEAK = (
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "WRONG_SSL_VERSION",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "NO_CIPHERS_AVAILABLE",
    "DH_KEY_TOO_SMALL",
    "EE_KEY_TOO_SMALL",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
)


class WrongCertificate(ssl.SSLError):
    """Not the certificate whose fingerprint stands in the inventory."""


class _Checked(ssl.SSLObject):
    """One connection. Handshake and check are one step: no caller can write in between."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        if isinstance(context, Checking):
            context.presented = fingerprint_of(self.getpeercert(True) or b"")
            if context.wanted not in (None, context.presented):
                raise WrongCertificate(1, "not the certificate that the inventory names")


class Checking(ssl.SSLContext):
    """Verifies by authorities, or by one fingerprint, and remembers what was presented."""

    wanted: str | None = None  # SHA256:<hex>
    presented: str = ""
    sslobject_class = _Checked


def fingerprint_of(certificate: bytes) -> str:
    return f"SHA256:{hashlib.sha256(certificate).hexdigest()}"


def checking(tls: Tls | None) -> Checking:
    """Raises :class:`LoginUnusable` when the file of authorities cannot be used."""
    context = _plain()
    if tls and tls.fingerprint:
        context.wanted = tls.fingerprint
        return context
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    if not tls or not tls.ca:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context
    # a chain may end at whatever stands in the file: an intermediate, or the BMC's own certificate
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cafile=tls.ca)
    except ssl.SSLError:
        raise LoginUnusable(f"{tls.ca} holds no certificate in PEM form") from None
    except OSError as fault:
        raise LoginUnusable(f"the file of authorities {tls.ca} cannot be read: {fault.strerror}") from None
    return context


def _plain() -> Checking:
    """Takes any certificate: for one that is checked by its fingerprint, or only looked at."""
    context = Checking(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def explained(fault: BaseException, context: Checking, connection: Connection, seconds: float) -> RedfishFault:
    """Why no connection came about. A refused certificate is looked at once more, to say its fingerprint."""
    chain = _chain(fault)
    if any(isinstance(one, WrongCertificate) for one in chain):
        return CertificateRefused(
            f"the certificate is {context.presented}, the inventory names {context.wanted}: find out why it changed; "
            "if that was intended, write the new one as `tls: {fingerprint: ...}` (probe: --fingerprint)",
            Reason.HOST_KEY_MISMATCH,
        )
    refused = next((one for one in chain if isinstance(one, ssl.SSLCertVerificationError)), None)
    if refused is not None:
        context.presented = await _look(connection, min(seconds, LOOK_SECONDS))
        return CertificateRefused(
            f"the certificate {context.presented or '(not shown again)'} is not accepted: {refused.verify_message}; "
            "when you have compared it at the device, write it as `tls: {fingerprint: ...}` of this asset, or the file "
            "of your authorities as `tls: {ca: ...}` (probe: --fingerprint, --ca)"
        )
    return _other(chain, connection)


def _other(chain: list[BaseException], connection: Connection) -> RedfishFault:
    place = f"{connection.address} port {connection.port}"
    for one in chain:
        if isinstance(one, ssl.SSLError):
            if one.reason in WEAK:
                return WeakOnly(f"{place} offers no TLS 1.2 with a cipher that is taken here ({one.reason})")
            return Unreachable(f"{place} answers, but not with TLS ({one.reason or 'handshake failed'})")
        if isinstance(one, ConnectionRefusedError):
            return Unreachable(f"{place} refuses the connection", Reason.CONNECTION_REFUSED)
        if isinstance(one, TimeoutError):
            return OutOfTime(f"{place} does not answer")
    return Unreachable(f"{place} cannot be reached: no connection, or it was closed during the TLS handshake")


def _chain(fault: BaseException) -> list[BaseException]:
    """The exception and what it came from."""
    found: list[BaseException] = []
    while fault not in found:
        found.append(fault)
        fault = fault.__cause__ or fault.__context__ or fault
    found += [inner for one in found if isinstance(one, BaseExceptionGroup) for inner in one.exceptions]
    return found


async def _look(connection: Connection, seconds: float) -> str:
    """The fingerprint that is presented, "" when that failed too. Nothing but the handshake is sent."""
    context = _plain()
    with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(connection.address, connection.port, ssl=context)
            writer.transport.abort()
    return context.presented
