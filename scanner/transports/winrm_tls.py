"""TLS over a visit's wire, whose certificate is accepted before anything is sent; bytes in, bytes out.

The same rules as for Redfish (``redfish_tls``): the system's authorities, authorities in a file, or one fingerprint.
"""

import contextlib
import hashlib
import os
import ssl

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization

from inventory.asset import Connection
from inventory.facts.missing import Reason
from scanner.query import Login
from scanner.transports.redfish_faults import LoginUnusable
from scanner.transports.redfish_tls import WEAK, Checking, WrongCertificate, checking
from scanner.transports.ssh_wire import Fault, Wire

CHUNK = 65_536


def context_for(connection: Connection, login: Login) -> Checking:
    """Raises :class:`Fault` when the file of authorities, or the client's certificate, cannot be used."""
    try:
        context = checking(connection.tls)
    except LoginUnusable as fault:
        raise Fault(fault.missing.reason, fault.missing.detail) from None
    if login.certificate:
        context.post_handshake_auth = True  # http.sys asks for it only once it knows what is asked for
        _load(context, login)
    return context


def _load(context: ssl.SSLContext, login: Login) -> None:
    """A certificate and key in memory, which OpenSSL takes from files only: never from one on a disk."""
    pem = f"{login.certificate}\n{_plain_key(login)}".encode()
    handle = os.memfd_create("estatecheck")
    try:
        os.write(handle, pem)
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    except (ssl.SSLError, OSError):
        raise Fault(
            Reason.CREDENTIAL_UNUSABLE, "the credential's `certificate` and `key` are not a PEM pair that belongs"
        ) from None
    finally:
        os.close(handle)


def _plain_key(login: Login) -> str:
    try:
        secret = login.passphrase.encode() if login.passphrase else None
        key = serialization.load_pem_private_key((login.key or "").encode(), secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Fault(
            Reason.CREDENTIAL_UNUSABLE, "the credential's `key` is no PEM key that its passphrase opens"
        ) from None
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return kept.decode()


class TlsLine:
    """A TLS session over a connected wire. Every method may raise ``ssl.SSLError``; a cut wire ends it like an EOF."""

    def __init__(self, wire: Wire, context: ssl.SSLContext, name: str) -> None:
        self._wire = wire
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)

    def handshake(self) -> None:
        """Decides about the certificate too: ``Checking``'s own object does both in one step."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not self._fill():
                    raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "closed during the handshake") from None
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush()  # the alert
                raise
            else:
                self._flush()
                return

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view[:CHUNK]) :]
            self._flush()

    def recv(self) -> bytes:
        """b"" at the end, however it came about: HTTP knows by itself whether an answer is whole."""
        while True:
            try:
                data = self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                self._flush()
                if not self._fill():
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            else:
                self._flush()  # what a client's certificate was asked for with
                return data

    @property
    def binding(self) -> bytes:
        """RFC 5929 ``tls-server-end-point``: what NTLM and Kerberos bind the log-in to."""
        raw = self._tls.getpeercert(True) or b""
        return b"tls-server-end-point:" + _endpoint_hash(raw)

    def _fill(self) -> bool:
        data = self._wire.recv(CHUNK)
        if data:
            self._in.write(data)
        return bool(data)

    def _flush(self) -> None:
        rest = self._out.read()
        while rest:
            rest = rest[self._wire.send(rest) :]


def _endpoint_hash(certificate: bytes) -> bytes:
    """With the hash of the certificate's signature; SHA-256 in place of MD5 and SHA-1 (RFC 5929, 4.1)."""
    try:
        signed = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        signed = None
    old = signed is None or isinstance(signed, hashes.MD5 | hashes.SHA1)
    return hashlib.new("sha256" if old or signed is None else signed.name, certificate).digest()


def tls_fault(error: ssl.SSLError, context: Checking, connection: Connection, shown: str) -> Fault:
    """``shown``: the fingerprint of a certificate that was looked at once more, as it was not accepted."""
    place = f"{connection.address} port {connection.port}"
    if isinstance(error, WrongCertificate):
        return Fault(
            Reason.HOST_KEY_MISMATCH,
            f"the certificate is {context.presented}, the inventory names {context.wanted}: find out why it changed; "
            "if that was intended, write the new one as `tls: {fingerprint: ...}`",
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault(
            Reason.HOST_KEY_UNKNOWN,
            f"the certificate {shown or '(not shown again)'} is not accepted: {error.verify_message}; when you have "
            "compared it at the machine, write it as `tls: {fingerprint: ...}` of this asset, or the file of your "
            "authorities as `tls: {ca: ...}`",
        )
    if isinstance(error, ssl.SSLEOFError):
        return Fault(Reason.UNREACHABLE, f"{place} closed the connection during the TLS handshake", again=True)
    if error.reason in WEAK:
        return Fault(Reason.WEAK_ALGORITHMS_ONLY, f"{place} offers no TLS 1.2 with a cipher that is taken here")
    return Fault(Reason.UNREACHABLE, f"{place} answers, but not with TLS ({error.reason or 'handshake failed'})")


def presented_by(wire: Wire, name: str) -> str:
    """The fingerprint of whatever certificate is shown on this connected wire; "" when none was. Sends nothing more."""
    context = Checking(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError, OSError):
        TlsLine(wire, context, name).handshake()
    return context.presented
