"""The HTTPS door: ``POST /snapshots/v1`` with ``Authorization: Bearer TOKEN`` and a snapshot, plain or gzip.

Before the body is read: method and path, the token, how often its machine has called, the size that was announced.
Then the size that came, packed and unpacked; that it is a whole snapshot; that it is of the token's machine; its clock
against ours; that it is newer than the last one. What passes is on the disk before a signed receipt goes out. The same
document again gets the same receipt, for an answer may be lost. No answer repeats a token or what was sent.
"""

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inventory.asset import Asset
from scanner.service.intake.folder import Drop
from scanner.service.intake.matching import Directory
from scanner.service.intake.reading import MAX_BYTES, Snapshot, SnapshotRefused, read
from scanner.service.intake.receipts import Receipt, sign
from scanner.service.intake.taking import AHEAD
from scanner.service.signing import Signer
from scanner.service.vantage.web import MAX_BODY, Request, Response
from scanner.store.intake_tokens import Token
from scanner.store.records import StoreError
from scanner.store.store import Store

PATH = "/snapshots/v1"
BEARER = "Bearer "
CALLS, WINDOW = 12, 3600.0  # of one machine
WRONG, WRONG_WINDOW = 300, 60.0  # wrong tokens of everybody together
FRESH = 60.0  # seconds that the list of known machines is used
READERS = 2  # documents that are unpacked and read at once


class TooLarge(Exception):
    pass


@dataclass
class Rate:
    """At most ``most`` calls in ``window`` seconds."""

    most: int
    window: float
    calls: deque[float] = field(default_factory=deque)

    def allows(self, now: float) -> bool:
        while self.calls and self.calls[0] <= now - self.window:
            self.calls.popleft()
        if len(self.calls) >= self.most:
            return False
        self.calls.append(now)
        return True


@dataclass
class Door:
    store: Store
    drop: Drop
    signer: Signer
    assets: Callable[[], tuple[Asset, ...]]  # of the inventory as it is now
    tell: Callable[[str], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    calls: int = CALLS
    _rates: dict[str, Rate] = field(default_factory=dict)
    _wrong: Rate = field(default_factory=lambda: Rate(WRONG, WRONG_WINDOW))
    _directory: Directory | None = None
    _made: float = 0.0
    _reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))

    async def admit(self, request: Request) -> Response | None:
        """Before the body. None: let it come."""
        if request.path != PATH:
            return Response.error(404, f"there is only {PATH} here")
        if request.method != "POST":
            return Response.error(405, "a snapshot is posted")
        if request.encoding not in ("", "identity", "gzip"):
            return Response.error(415, "a snapshot comes plain or as gzip")
        if (request.length or 0) > MAX_BODY:
            return Response.error(413, f"more than {MAX_BODY} bytes: send it as gzip")
        try:
            token = await self._token(request)
        except StoreError:
            return self._not_now()
        if token is None:
            return self._unknown()
        rate = self._rates.setdefault(token.asset, Rate(self.calls, WINDOW))
        if not rate.allows(self.now().timestamp()):
            return Response.error(429, f"more than {self.calls} calls in an hour: come again later")
        return None

    async def answer(self, request: Request) -> Response:
        try:
            token = await self._token(request)
            return self._unknown() if token is None else await self._take(token, request)
        except StoreError:
            return self._not_now()
        except SnapshotRefused as fault:
            return Response.error(422, str(fault))
        except TooLarge:
            return Response.error(413, f"more than {MAX_BYTES} bytes unpacked")
        except OSError as fault:
            self.tell(f"a snapshot cannot be kept: {fault.strerror}")
            return Response.error(507, "it cannot be kept here now: come again later")

    async def _token(self, request: Request) -> Token | None:
        if not request.authorization.startswith(BEARER):
            return None
        given = request.authorization.removeprefix(BEARER).strip()
        return await asyncio.to_thread(self.store.tokens.known, given)

    def _unknown(self) -> Response:
        if not self._wrong.allows(self.now().timestamp()):
            return Response.error(429, "come again later")
        return Response.error(401, "the token is not known here, or was revoked")

    def _not_now(self) -> Response:
        self.tell("a snapshot was turned away: the record cannot be used now")
        return Response.error(503, "the record cannot be used now: come again later")

    async def _take(self, token: Token, request: Request) -> Response:
        async with self._reading:
            document, snapshot = await asyncio.to_thread(_unpacked_and_read, request)
        now = self.now()
        if snapshot.sha256 == token.document and token.received_at and token.collected_at:
            return self._receipt(Receipt(snapshot.sha256, token.asset, token.collected_at, token.received_at))
        await self._hold_against(snapshot, token, now)
        await asyncio.to_thread(self.drop.keep, token.asset, snapshot.sha256, document)
        collected = min(snapshot.collected_at, now)
        if not await asyncio.to_thread(self.store.tokens.receive, token.token_id, snapshot.sha256, collected, now):
            return Response.error(409, "something newer was received of this machine")
        self.tell(f"a snapshot of {token.asset} was received")
        return self._receipt(Receipt(snapshot.sha256, token.asset, collected, now))

    async def _hold_against(self, snapshot: Snapshot, token: Token, now: datetime) -> None:
        """Raises :class:`SnapshotRefused`."""
        if snapshot.collected_at > now + AHEAD:
            raise SnapshotRefused("its clock is ahead of ours: set the clock of that machine")
        if token.collected_at and snapshot.collected_at <= token.collected_at:
            raise SnapshotRefused("it is not newer than what was received of this machine before")
        directory = await self._known()
        asset = directory.named(token.asset)
        bearers = directory.bearers(snapshot.identities)
        if bearers and asset.name not in bearers:
            raise SnapshotRefused("it is the snapshot of another machine than the token's")
        if not bearers and directory.contradicts(snapshot, asset.name):
            raise SnapshotRefused("it presents another identity than the token's machine")
        if not bearers and not directory.bears(asset.name, snapshot.name):
            raise SnapshotRefused("it has another name than the token's machine, and its identity is not known")

    async def _known(self) -> Directory:
        """May be a minute old: whoever takes the snapshot in holds it against the record once more."""
        now = self.now().timestamp()
        if self._directory is None or not 0 <= now - self._made <= FRESH:
            own = await asyncio.to_thread(self.store.imports.identities)
            self._directory, self._made = Directory(self.assets(), own), now
        return self._directory

    def _receipt(self, receipt: Receipt) -> Response:
        return Response(200, json.dumps({"receipt": json.loads(sign(receipt, self.signer))}).encode())


def _unpacked_and_read(request: Request) -> tuple[bytes, Snapshot]:
    """Raises :class:`TooLarge` and :class:`SnapshotRefused`."""
    document = _gunzipped(request.body) if request.encoding == "gzip" else request.body
    return document, read(document)


def _gunzipped(body: bytes) -> bytes:
    """One gzip member (RFC 1952), never more than a snapshot may have."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        document = unpacker.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise SnapshotRefused("it is said to be gzip, and is not") from None
    if len(document) > MAX_BYTES:
        raise TooLarge
    if not unpacker.eof or unpacker.unused_data:
        raise SnapshotRefused("its gzip is cut off, or something stands behind it")
    return document
