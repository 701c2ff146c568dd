"""What a vantage point answers to: ``POST /list`` (a sealed list) and ``GET /results?after=N&done=M&nonce=X``.

A question for results is signed as well: they are nobody else's business, and ``done`` lets batches go. The answer is
signed over the question's nonce, so that an old one cannot pass for a new one, and over the certificate shown.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from scanner.service.signing import Signer
from scanner.service.vantage import sealing
from scanner.service.vantage.lists import Lists, Refused
from scanner.service.vantage.spool import Spool
from scanner.service.vantage.web import Request, Response
from scanner.service.vantage.wire import Answer, written

SCHEME = "Estatecheck "
ANSWER_BYTES = 2 << 20  # of batches in one answer
MAX_NONCE = 64


@dataclass
class Desk:
    lists: Lists
    spool: Spool
    signer: Signer
    scanner: Ed25519PublicKey
    certificate: str  # sha256 of its DER
    now: Callable[[], float]
    changed: Callable[[], None]  # there is a new list
    tell: Callable[[str], None]
    asked: float = 0.0  # when results were last asked for

    async def answer(self, request: Request) -> Response:
        match request.method, request.path:
            case "POST", "/list":
                return self._list(request)
            case "GET", "/results":
                return self._results(request)
            case _, "/list" | "/results":
                return Response.error(405, f"{request.path} is not for this method")
        return Response.error(404, "there is only /list and /results here")

    def _list(self, request: Request) -> Response:
        try:
            taken = self.lists.take(request.body)
        except Refused as fault:
            self.tell(str(fault))
            return Response.error(422, str(fault))
        except OSError as fault:
            return Response.error(507, f"the list cannot be kept: {fault.strerror}")
        self.tell(f"list {taken.serial} with {len(taken.watches)} watches was taken over")
        self.changed()
        return Response(200, b"{}")

    def _results(self, request: Request) -> Response:
        if not self._signed(request):
            return Response.error(403, "the question is not signed by the scanner of this vantage point")
        after, done, nonce = (request.query.get(name, "") for name in ("after", "done", "nonce"))
        if not (_number(after) and _number(done)) or not 0 < len(nonce) <= MAX_NONCE:
            return Response.error(400, "after and done must be numbers, and there must be a nonce")
        self.asked = self.now()
        try:
            self.spool.done(min(int(after), int(done)))
            batches = self.spool.after(int(after), ANSWER_BYTES)
        except OSError as fault:
            return Response.error(500, f"the spool cannot be read: {fault.strerror}")
        return Response(200, sealing.seal(sealing.ANSWER, written(self._told(nonce, batches)), self.signer))

    def _told(self, nonce: str, batches: tuple[str, ...]) -> Answer:
        spool, current = self.spool, self.lists.current
        told = Answer(nonce, self.now(), self.certificate, spool.epoch, spool.first, spool.last, batches=batches)
        if current is None:
            return told
        return Answer(
            told.nonce,
            told.now,
            told.certificate,
            told.epoch,
            told.first,
            told.last,
            current.serial,
            self.lists.digest,
            current.until,
            batches,
        )

    def _signed(self, request: Request) -> bool:
        if not request.authorization.startswith(SCHEME):
            return False
        try:
            signature = base64.b64decode(request.authorization.removeprefix(SCHEME), validate=True)
        except (ValueError, binascii.Error):
            return False
        return sealing.holds(sealing.REQUEST, question(request.target, self.signer.key_id), signature, self.scanner)


def question(target: str, vantage: str) -> bytes:
    """What is signed of a question: for one vantage point alone."""
    return f"GET {target} {vantage}".encode()


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
