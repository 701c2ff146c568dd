"""Endpoints of an asset, looked at from outside: one polite connection after the other, always on its own address."""

import asyncio
import ipaddress
import json
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from inventory.asset import Asset, Privilege
from inventory.endpoint import Endpoint
from inventory.facts.missing import Missing, Reason
from scanner.query import (
    Answer,
    Attempt,
    Deadline,
    EndpointQuery,
    Query,
    SshOffers,
    TlsOffers,
    Visit,
    WebLook,
)
from scanner.transports.looks import services, ssh, tls, web
from scanner.transports.looks.wire import Record, Target

MAX_EVIDENCE = 4 << 20  # bytes of one answer
NOT_OURS = "the endpoint names another address than the asset's: give that address an asset of its own"

Look = Callable[[Target, Any], Awaitable[list[Record]]]


class EndpointTransport:
    """A :class:`scanner.query.Transport` for endpoint queries alone."""

    def __init__(self, asset: Asset) -> None:
        self._asset = asset
        self._reached = False

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        answers, started, clock = list[Answer](), datetime.now(UTC), time.monotonic()
        place = await self._place(deadline)
        shares = _Shares(sum(len(getattr(query, "endpoints", ())) for query in queries), deadline)
        for query in queries:
            answers.append(await self._answer(query, place, shares))
        gap = place if isinstance(place, Missing) else None
        if gap is None and not self._reached:
            gap = Missing(Reason.UNREACHABLE, "no endpoint that was asked gave an answer")
        attempt = Attempt("endpoint", self._reached, self._reached, missing=gap, started_at=started)
        return Visit(_timed(attempt, time.monotonic() - clock), tuple(answers))

    async def _answer(self, query: Query, place: tuple[Any, ...] | Missing, shares: "_Shares") -> Answer:
        if not isinstance(query, EndpointQuery):
            raise TypeError("only a question to an endpoint can be asked here")
        asked_at = time.time()
        if isinstance(place, Missing):
            return Answer(query.name, missing=place, privilege=Privilege.NONE, asked_at=asked_at, answered_at=asked_at)
        records = list[Record]()
        for endpoint in query.endpoints:
            records += await self._look(query, endpoint, place, shares.next())
        output = b"".join(json.dumps(one, sort_keys=True, separators=(",", ":")).encode() + b"\n" for one in records)
        large = Missing(Reason.OUTPUT_TRUNCATED, "the endpoints' answers are too large to be kept")
        missing = large if len(output) > MAX_EVIDENCE else None
        return Answer(query.name, b"" if missing else output, None, missing, Privilege.NONE, asked_at, time.time())

    async def _look(
        self, query: EndpointQuery, endpoint: Endpoint, place: tuple[Any, ...], deadline: Deadline
    ) -> list[Record]:
        target = Target(endpoint, self._asset, place, deadline)
        if _elsewhere(endpoint.host, self._asset.connection.address, place[1][0]):
            return [target.record(state="not tried", why=NOT_OURS)]
        if isinstance(query, TlsOffers):
            records = await tls.look(target, query.hellos)
        elif isinstance(query, WebLook):
            records = await web.look(target, query.pages)
        elif isinstance(query, SshOffers):
            records = await ssh.look(target)
        else:
            records = await services.look(target)
        self._reached = self._reached or any(one.get("state") in ("open", "refused") for one in records)
        return records

    async def _place(self, deadline: Deadline) -> tuple[Any, ...] | Missing:
        """Family and address."""
        if self._asset.permitted == "passive":
            return Missing(
                Reason.NOT_ATTEMPTED, "questions to endpoints are polite, and the scope permits passive only"
            )
        if bastion := self._asset.connection.bastion:
            return Missing(Reason.NOT_ATTEMPTED, f"this asset is reached through {bastion}, its endpoints are not")
        if deadline.passed:
            return Missing(Reason.TIMED_OUT, "the time limit of the visit was over before an endpoint could be tried")
        address = self._asset.connection.address
        try:
            async with asyncio.timeout(deadline.left(self._asset.limits.connect_seconds)):
                found = await asyncio.get_running_loop().getaddrinfo(address, 0, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError):
            if self._asset.connection.way == "local":
                return socket.AF_INET, ("127.0.0.1", 0)
            return Missing(Reason.UNREACHABLE, f"the name {address} cannot be resolved")
        return found[0][0], found[0][4]


class _Shares:
    """Everyone left gets the same part of the time left: one endpoint that keeps us waiting takes nobody else's."""

    def __init__(self, looks: int, deadline: Deadline) -> None:
        self._left, self._deadline = looks, deadline

    def next(self) -> Deadline:
        share = Deadline(self._deadline.left() / max(1, self._left))
        self._left -= 1
        return share


def _timed(attempt: Attempt, seconds: float) -> Attempt:
    return Attempt(
        attempt.way,
        attempt.reached,
        attempt.logged_in,
        missing=attempt.missing,
        started_at=attempt.started_at,
        seconds=seconds,
    )


def _elsewhere(host: str, address: str, resolved: str) -> bool:
    """A literal address that is not the asset's."""
    try:
        given = ipaddress.ip_address(host)
    except ValueError:
        return False
    return host != address and str(given) != resolved
