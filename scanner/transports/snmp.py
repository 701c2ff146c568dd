"""Network devices, printers, power supplies: SNMP, read-only and gently.

One visit is one device at a time, one request under way; about fifty devices in all. What was asked and answered is
text (:mod:`scanner.transports.snmp_text`); which library asked stands in ``Attempt.peer``. There is nothing that could
change a device here: only GET, GETNEXT and GETBULK exist.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from weakref import WeakKeyDictionary, WeakValueDictionary

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import (
    Answer,
    Attempt,
    Deadline,
    Query,
    SecretUnavailable,
    SnmpGet,
    SnmpPoll,
    SnmpQuery,
    SnmpWalk,
    Surroundings,
    Visit,
)
from scanner.transports.snmp_client import GENTLE, Manners, SnmpClient
from scanner.transports.snmp_discovery import engine_id
from scanner.transports.snmp_faults import (
    LoginRefused,
    OutOfTime,
    Refused,
    Silent,
    SnmpFault,
    Unreachable,
)
from scanner.transports.snmp_login import snmp_login
from scanner.transports.snmp_session import Session, SnmpLogin
from scanner.transports.snmp_text import gap, lines, tallied, uncounted

IN_FLIGHT = 50  # devices at once: more would only fill socket buffers, here and at routers on the way
ALIVE_SECONDS = 2.0
FINAL = (Silent, Refused, Unreachable, LoginRefused, OutOfTime)  # no use in asking the device anything more
NOT_OURS = Missing(Reason.NOT_ATTEMPTED, "this asset is reached over snmp, which cannot answer this")

Opener = Callable[[str, int, SnmpLogin], Session]


def _gufo(address: str, port: int, login: SnmpLogin) -> Session:
    from scanner.transports.snmp_gufo import GufoSession

    return GufoSession(address, port, login)


def _pysnmp(address: str, port: int, login: SnmpLogin) -> Session:
    from scanner.transports.snmp_pysnmp import PysnmpSession

    return PysnmpSession(address, port, login)


LIBRARIES: dict[str, Opener] = {"gufo-snmp": _gufo, "pysnmp": _pysnmp}


def preferred_library() -> str:
    """gufo-snmp where it is installed: it does the same with a twentieth of the CPU. Not every machine has a wheel."""
    return "gufo-snmp" if find_spec("gufo") and find_spec("gufo.snmp") else "pysnmp"


class _Crowd:
    """Who is being asked in one event loop."""

    def __init__(self) -> None:
        self.room = asyncio.Semaphore(IN_FLIGHT)
        self.devices: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def turn(self, place: tuple[str, int], deadline: Deadline) -> AsyncIterator[None]:
        """Raises :class:`OutOfTime` when the turn does not come in time."""
        lock = self.devices.setdefault(place, asyncio.Lock())
        async with contextlib.AsyncExitStack() as held:
            try:
                async with asyncio.timeout(deadline.left()):
                    await held.enter_async_context(lock)
                    await held.enter_async_context(self.room)
            except TimeoutError:
                raise OutOfTime("the time limit of the visit was over before it was this device's turn") from None
            yield


_crowds: WeakKeyDictionary[asyncio.AbstractEventLoop, _Crowd] = WeakKeyDictionary()


class SnmpTransport:
    """A :class:`scanner.query.Transport`."""

    def __init__(
        self, asset: Asset, surroundings: Surroundings, *, library: str | None = None, manners: Manners | None = None
    ) -> None:
        self._asset, self._surroundings = asset, surroundings
        self._open = LIBRARIES[library or preferred_library()]
        self._manners = manners or (GENTLE if asset.fragile else Manners())

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        started, clock = datetime.now(UTC), time.monotonic()
        attempt, answers = Attempt("snmp", started_at=started), list[Answer]()
        try:
            login = snmp_login(self._surroundings.logins.login(self._asset))
            place = await self._place(deadline)
            async with _crowds.setdefault(asyncio.get_running_loop(), _Crowd()).turn(place, deadline):
                attempt, answers = await self._visit(place, login, queries, deadline)
        except SecretUnavailable as fault:
            attempt = replace(attempt, missing=Missing(Reason.CREDENTIAL_UNUSABLE, str(fault)))
        except SnmpFault as fault:
            attempt = replace(attempt, missing=fault.missing)
        if attempt.missing and not answers:
            answers = [Answer(query.name, missing=attempt.missing) for query in queries]
        return Visit(replace(attempt, started_at=started, seconds=time.monotonic() - clock), tuple(answers))

    async def _place(self, deadline: Deadline) -> tuple[str, int]:
        """Address in digits, and port. Raises :class:`Unreachable`."""
        connection = self._asset.connection
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.left(self._asset.limits.connect_seconds)):
                found = await loop.getaddrinfo(connection.address, connection.port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError, TimeoutError) as fault:
            raise Unreachable(f"the name {connection.address} cannot be resolved") from fault
        return str(found[0][4][0]), connection.port

    async def _visit(
        self, place: tuple[str, int], login: SnmpLogin, queries: Sequence[Query], deadline: Deadline
    ) -> tuple[Attempt, list[Answer]]:
        async def still_there() -> bool:
            try:
                return login.user is not None and bool(await engine_id(*place, time.monotonic() + ALIVE_SECONDS))
            except SnmpFault:
                return False

        session = self._open(*place, login)
        with contextlib.closing(session):
            client = SnmpClient(session, deadline, self._manners, self._asset.limits.output_bytes, still_there)
            answers, fault = await _answers(client, queries)
        return (
            Attempt(
                way="snmp",
                reached=session.answered,
                logged_in=client.accepted,
                privilege=Privilege.USER if client.accepted else Privilege.NONE,
                missing=fault.missing if fault and not client.accepted else None,
                peer=f"{login.version}, {session.library}",
            ),
            answers,
        )


async def _answers(client: SnmpClient, queries: Sequence[Query]) -> tuple[list[Answer], SnmpFault | None]:
    """One answer a query, and the first fault. After some of them the device is not asked any more."""
    answers: list[Answer] = []
    first: SnmpFault | None = None
    final: SnmpFault | None = None
    for query in queries:
        if not isinstance(query, SnmpGet | SnmpWalk | SnmpPoll):
            answers.append(Answer(query.name, missing=NOT_OURS))
            continue
        asked_at = time.time()
        output, fault = (b"", final) if final else await _asked(client, query)
        first = first or fault
        final = fault if isinstance(fault, FINAL) or not client.accepted else None
        missing = fault.missing if fault else None
        privilege = Privilege.USER if client.accepted else Privilege.NONE
        answers.append(Answer(query.name, output, None, missing, privilege, asked_at, time.time()))
    return answers, first


async def _asked(client: SnmpClient, query: SnmpQuery) -> tuple[bytes, SnmpFault | None]:
    if isinstance(query, SnmpWalk):
        walked = await client.walk(query.base, query.max_rows, query.max_repetitions)
        if query.tally is not None:
            return tallied(walked.rows, query.base, query.tally), walked.fault and uncounted(walked.fault, query.base)
        return lines(walked.rows), walked.fault
    if isinstance(query, SnmpPoll):
        return await _polled(client, query)
    try:
        return lines(await client.get(query.oids)), None
    except SnmpFault as fault:
        return b"", fault


async def _polled(client: SnmpClient, poll: SnmpPoll) -> tuple[bytes, SnmpFault | None]:
    """Missing only when nothing came; a part that failed is said in front of what came of it."""
    parts: list[bytes] = []
    first: SnmpFault | None = None
    final: SnmpFault | None = None
    came = False
    for query in (*((poll.get,) if poll.get else ()), *poll.walks):
        output, fault = (b"", final) if final else await _asked(client, query)
        if fault:
            first = first or fault
            base = query.base if isinstance(query, SnmpWalk) else query.oids[0]
            parts.append(gap(base, fault.missing.reason.value, fault.missing.detail))
        came = came or bool(output)
        final = fault if isinstance(fault, FINAL) else None
        parts.append(output)
    return b"".join(parts), None if came else first
