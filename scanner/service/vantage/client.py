"""The scanner's side of the line to a vantage point: bounded, and only believed when it is signed.

The certificate is held against the vantage point's key: its signed answer names the certificate that it shows. Who else
shows one sits in between, and is not believed. Once known, a certificate is the only one that is accepted, so that a
list never goes to anybody else.
"""

import asyncio
import base64
import json
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inventory.watch import Vantage
from scanner.service.signing import Signer, key_id, pre_authentication
from scanner.service.vantage import sealing
from scanner.service.vantage.desk import SCHEME, question
from scanner.service.vantage.wire import Answer, ProbeList, read, written

MAX_ANSWER = 16 << 20  # bytes
SECONDS = 20.0
MAX_WORDS = 300


class NoAnswer(Exception):
    """Nothing came that can be believed. One plain sentence."""


class ListRefused(Exception):
    """The vantage point does not take the list, and says why."""


@dataclass
class Client:
    """``certificate``: PEM, once it is known."""

    vantage: Vantage
    signer: Signer
    key: Ed25519PublicKey
    certificate: str = ""
    now: Callable[[], float] = field(default=lambda: datetime.now(UTC).timestamp())
    seconds: float = SECONDS

    async def results(self, after: int, done: int) -> Answer:
        """Raises :class:`NoAnswer`."""
        try:
            return await self._results(after, done)
        except _OtherCertificate:
            self.certificate = ""  # it may have got a new one: only its key can tell
        try:
            return await self._results(after, done)
        except _OtherCertificate as fault:
            raise NoAnswer("its certificate cannot be used") from fault

    async def push(self, probes: ProbeList) -> None:
        """Only over a certificate that ``results`` has proven. Raises :class:`NoAnswer`, :class:`ListRefused`."""
        if not self.certificate:
            raise NoAnswer("its certificate is not known yet")
        message = sealing.seal(sealing.LIST, written(probes), self.signer)
        try:
            status, body, _ = await self._ask("POST", "/list", message, {})
        except _OtherCertificate as fault:
            raise NoAnswer("it showed another certificate than before") from fault
        if status != httpx.codes.OK:
            raise ListRefused(_words(status, body))

    async def _results(self, after: int, done: int) -> Answer:
        nonce = secrets.token_hex(16)
        target = f"/results?after={after}&done={done}&nonce={nonce}"
        signature = self.signer.key.sign(_request(target, self.key))
        headers = {"Authorization": SCHEME + base64.b64encode(signature).decode()}
        status, body, shown = await self._ask("GET", target, None, headers)
        if status != httpx.codes.OK:
            raise NoAnswer(_words(status, body))
        try:
            answer = read(Answer, sealing.unseal(sealing.ANSWER, body, self.key))
        except sealing.BadSeal as fault:
            raise NoAnswer(f"its answer is not believed: {fault}") from fault
        if answer.nonce != nonce:
            raise NoAnswer("its answer is not believed: it is an old one, or was meant for another question")
        if answer.certificate != _proven(shown, self.now()):
            raise NoAnswer(
                "its answer is not believed: the certificate is not the one that it shows (who is in between?)"
            )
        self.certificate = ssl.DER_cert_to_PEM_cert(shown)
        return answer

    async def _ask(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        """Status, body, and the certificate that was shown (DER)."""
        url = self.vantage.url.rstrip("/") + target
        try:
            async with (
                asyncio.timeout(self.seconds),
                httpx.AsyncClient(verify=self._context(), trust_env=False, timeout=self.seconds) as client,
                client.stream(
                    method, url, content=body, headers={**headers, "Accept-Encoding": "identity"}
                ) as response,
            ):
                shown = response.extensions["network_stream"].get_extra_info("ssl_object").getpeercert(True)
                return response.status_code, await _bounded(response), shown
        except httpx.ConnectError as fault:
            if self.certificate and "CERTIFICATE_VERIFY_FAILED" in str(fault):
                raise _OtherCertificate from fault
            raise NoAnswer(f"no connection: {str(fault)[:MAX_WORDS]}") from fault
        except TimeoutError as fault:
            raise NoAnswer(f"no whole answer within {self.seconds:g} s") from fault
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise NoAnswer(f"{type(fault).__name__}: {str(fault)[:MAX_WORDS]}") from fault

    def _context(self) -> ssl.SSLContext:
        """Exactly the certificate that is known; none known yet: any, and ``_results`` judges it."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.check_hostname = False
        if self.certificate:
            made.load_verify_locations(cadata=self.certificate)
            made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        else:
            made.verify_mode = ssl.CERT_NONE
        return made


class _OtherCertificate(Exception):
    pass


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > MAX_ANSWER:
            raise NoAnswer(f"its answer goes on after {MAX_ANSWER} bytes")
    return bytes(body)


def _proven(shown: bytes, now: float) -> str:
    """The certificate's sha256. Raises :class:`NoAnswer` when it has ended, or not begun."""
    try:
        made = x509.load_der_x509_certificate(shown)
    except ValueError as fault:
        raise NoAnswer("its certificate cannot be read") from fault
    if not made.not_valid_before_utc.timestamp() <= now <= made.not_valid_after_utc.timestamp():
        raise NoAnswer(f"its certificate is valid from {made.not_valid_before_utc} to {made.not_valid_after_utc} only")
    return sealing.digest(shown)


def _request(target: str, key: Ed25519PublicKey) -> bytes:
    return pre_authentication(sealing.REQUEST, question(target, key_id(key)))


def _words(status: int, body: bytes) -> str:
    """What it says is wrong, made harmless."""
    try:
        told = str(json.loads(body[:10_000])["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        told = "no reason given"
    return "".join(char if char.isprintable() else "?" for char in f"it says {status}: {told}"[:MAX_WORDS])
