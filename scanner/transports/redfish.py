"""Servers' BMCs over Redfish: HTTPS, a session of our own, nothing but GET in it, one request at a time.

What was answered is text (``redfish_tree``). How we logged in and which certificate was accepted stands in the attempt.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from inventory.asset import Asset, Connection, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt, Deadline, Query, RedfishTree, SecretUnavailable, Surroundings, Visit
from scanner.transports.redfish_faults import RedfishFault
from scanner.transports.redfish_http import Service
from scanner.transports.redfish_login import Account, account
from scanner.transports.redfish_resources import Resources
from scanner.transports.redfish_session import logged_in, service_root
from scanner.transports.redfish_tls import checking
from scanner.transports.redfish_tree import Walk

NOT_OURS = Missing(Reason.NOT_ATTEMPTED, "this asset is reached over redfish, which cannot answer this")
LONGEST_VERSION = 32


class RedfishTransport:
    """A :class:`scanner.query.Transport`."""

    def __init__(self, asset: Asset, surroundings: Surroundings) -> None:
        self._asset, self._surroundings = asset, surroundings

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        started, clock = datetime.now(UTC), time.monotonic()
        try:
            who = account(self._surroundings.logins.login(self._asset))
            async with Service(self._asset, checking(self._asset.connection.tls), deadline) as service:
                attempt, answers = await _visit(service, who, queries)
        except SecretUnavailable as fault:
            attempt, answers = Attempt("redfish", missing=Missing(Reason.CREDENTIAL_UNUSABLE, str(fault))), []
        except RedfishFault as fault:
            attempt, answers = Attempt("redfish", missing=fault.missing), []
        if attempt.missing and not answers:
            answers = [Answer(query.name, missing=attempt.missing) for query in queries]
        return Visit(replace(attempt, started_at=started, seconds=time.monotonic() - clock), tuple(answers))


async def _visit(service: Service, who: Account, queries: Sequence[Query]) -> tuple[Attempt, list[Answer]]:
    answers: list[Answer] = []
    root: dict[str, Any] = {}
    how, fault = "", None
    try:
        root = await service_root(service)
        async with logged_in(service, root, who) as how:
            get = Resources(service, root)
            answers = [await _answered(get, root, query) for query in queries]
    except RedfishFault as refused:
        fault = refused.missing
    came = any(answer.missing is None for answer in answers)
    told = Attempt(
        way="redfish",
        reached=service.reached,
        logged_in=came,
        privilege=Privilege.USER if came else Privilege.NONE,
        missing=None if came else fault or next((answer.missing for answer in answers), None),
        peer=_peer(service.connection, root, how),
        host_key=service.context.presented,
    )
    return told, answers


def _peer(connection: Connection, root: dict[str, Any], how: str) -> str:
    """``Redfish 1.15.0; session login; certificate pinned``: what is known so far."""
    version = root.get("RedfishVersion")
    named = f"Redfish {version}" if isinstance(version, str) and version[:LONGEST_VERSION].isprintable() else "Redfish"
    trusted = "pinned" if connection.tls and connection.tls.fingerprint else "of a trusted authority"
    return "; ".join((named[: LONGEST_VERSION + 8], how, f"certificate {trusted}")) if how else ""


async def _answered(get: Resources, root: dict[str, Any], query: Query) -> Answer:
    if not isinstance(query, RedfishTree):
        return Answer(query.name, missing=NOT_OURS)
    asked_at = time.time()
    walk = Walk(get, root, query)
    output = await walk.whole()
    if not walk.came and walk.first:
        return Answer(query.name, missing=walk.first.missing, asked_at=asked_at, answered_at=time.time())
    return Answer(query.name, output, None, None, Privilege.USER, asked_at, time.time())
