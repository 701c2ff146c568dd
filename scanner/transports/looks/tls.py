"""What a TLS server answers to each of our hellos, and what two usual handshakes show."""

import hashlib
import os
import ssl
import time
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from inventory.asset import Tls
from scanner.query import Hello
from scanner.transports.looks.starttls import upgraded
from scanner.transports.looks.wire import NotOpen, Record, Target, Wire, told
from scanner.transports.tls_hello import client_hello, ended

MAX_CHAIN = 20
ENDLESS = ("waited", "too much")


async def look(target: Target, hellos: Sequence[Hello]) -> list[Record]:
    records = list[Record]()
    for hello in hellos:
        records.append(await _hello(target, hello))
        if records[0]["state"] != "open":  # the first connection did not come about: no use to try twelve more
            return records
        if len(records) > 1 and all(one.get("end") in ENDLESS for one in records[-2:]):
            return records  # it only keeps us waiting
    records.append(await _handshake(target))
    return records


async def _hello(target: Target, hello: Hello) -> Record:
    try:
        with await target.connect() as wire:
            if why := await upgraded(wire, target.endpoint.scheme):
                return target.record(hello=hello.label, state="no tls", why=why)
            sent = client_hello(hello, target.name, os.urandom)
            await wire.send(sent)
            got, _, end = await wire.listen(partial(ended, hello))
    except NotOpen as fault:
        return target.record(hello=hello.label, **told(fault))
    return target.record(hello=hello.label, state="open", sent=sent.hex(), got=got.hex(), end=end)


async def _handshake(target: Target) -> Record:
    """The chain as it was sent, then once more with verification. The time is part of the verdict."""
    seen = target.record(handshake=True)
    chain = list[bytes]()
    seen |= await _shaken(target, _open_context(), chain)
    seen["chain"] = [one.hex() for one in chain[:MAX_CHAIN]]
    if seen["state"] != "open" or seen.get("fault"):
        return seen
    tls = target.asset.connection.tls
    seen["pinned"] = bool(tls and tls.fingerprint and chain and tls.fingerprint == _fingerprint(chain[0]))
    try:
        context, digest, between = _verifying(tls)
    except (OSError, ValueError) as fault:
        seen["verified"] = {"code": None, "message": f"the authorities cannot be read: {type(fault).__name__}"}
        return seen
    verdict = await _shaken(target, context, [])
    seen["verified"] = {
        "at": int(time.time()),
        "authorities": digest,
        "code": verdict.get("code", 0 if verdict["state"] == "open" and not verdict.get("fault") else None),
        "message": verdict.get("fault", ""),
        "unsent": _unsent(chain, between),
    }
    return seen


def _fingerprint(der: bytes) -> str:
    return f"SHA256:{hashlib.sha256(der).hexdigest()}"


async def _shaken(target: Target, context: ssl.SSLContext, chain: list[bytes]) -> Record:
    try:
        with await target.connect() as wire:
            if why := await upgraded(wire, target.endpoint.scheme):
                return {"state": "no tls", "why": why}
            return {"state": "open", **await Session(wire, context, target.name).begin(chain)}
    except NotOpen as fault:
        return dict(told(fault))


class Session:
    """TLS by OpenSSL over a wire, in memory: every read stays bounded."""

    def __init__(self, wire: Wire, context: ssl.SSLContext, name: str) -> None:
        self._wire, self._in, self._out = wire, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name or None)

    async def begin(self, chain: list[bytes]) -> Record:
        """``version`` and ``cipher``, or ``fault``; with ``code`` when the certificate was what failed."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                if end := await self._more():
                    return {"fault": f"the handshake was not ended: {end}"}
            except ssl.SSLCertVerificationError as fault:
                return {"fault": fault.verify_message, "code": fault.verify_code}
            except (ssl.SSLError, ValueError) as fault:
                return {"fault": str(getattr(fault, "reason", None) or type(fault).__name__)}
            else:
                await self._wire.send(self._out.read())
                chain += _chain(self._tls)
                cipher = self._tls.cipher()
                return {"version": self._tls.version() or "", "cipher": cipher[0] if cipher else ""}

    async def _more(self) -> str:
        """How it ended, "" if something came."""
        if end := await self._wire.send(self._out.read()):
            return end
        part, end = await self._wire.chunk()
        self._in.write(part)
        return end

    async def send(self, data: bytes) -> None:
        self._tls.write(data)
        await self._wire.send(self._out.read())

    async def receive(self) -> tuple[bytes, str]:
        while True:
            try:
                return self._tls.read(16_384) or b"", ""
            except ssl.SSLWantReadError:
                if end := await self._more():
                    return b"", end
            except ssl.SSLError:
                return b"", "closed"


def _chain(tls: ssl.SSLObject) -> list[bytes]:
    """As the server sent it: public from Python 3.13, and there before under the same name one step below."""
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:
        return [bytes(one) for one in public() or ()]
    inner = getattr(tls, "_sslobj", None)
    sent = inner.get_unverified_chain() if inner is not None else None
    return [one.public_bytes(2) for one in sent or ()]  # 2: DER (_ssl.ENCODING_DER)


@cache
def _open_context() -> ssl.SSLContext:
    """Takes every server as it is: it is looked at, and nothing of ours is sent to it but a public request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _reach(context)
    return context


def _reach(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)


def _verifying(tls: Tls | None) -> tuple[ssl.SSLContext, str, list[x509.Certificate]]:
    """The system's authorities and those of the inventory; of the file only roots are trusted, the others are known.

    Raises ``OSError`` or ``ValueError`` when the file cannot be used.
    """
    given = Path(tls.ca).read_bytes() if tls and tls.ca else b""
    context = ssl.create_default_context()
    context.check_hostname = False  # judged apart, against the inventory's name
    _reach(context)
    listed = x509.load_pem_x509_certificates(given) if given else []
    roots = [one for one in listed if one.subject == one.issuer]
    if roots:
        context.load_verify_locations(cadata=b"".join(_der(one) for one in roots))
    known = b"".join(sorted(context.get_ca_certs(binary_form=True)))
    file = f", file sha256:{hashlib.sha256(given).hexdigest()}" if given else ""
    digest = f"{len(context.get_ca_certs())} authorities, sha256:{hashlib.sha256(known).hexdigest()}{file}"
    return context, digest, [one for one in listed if one.subject != one.issuer]


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def _unsent(chain: Sequence[bytes], between: Sequence[x509.Certificate]) -> str:
    """The intermediate that the inventory's file knows and the server does not send, "" if that cannot be said."""
    try:
        last = x509.load_der_x509_certificate(chain[-1])
    except (IndexError, ValueError):
        return ""
    for one in between:
        try:
            last.verify_directly_issued_by(one)
        except (InvalidSignature, ValueError, TypeError):
            continue
        return one.subject.rfc4514_string()
    return ""
