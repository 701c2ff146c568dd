"""Look at many assets at once, gently: bounded workers, caps per group and subnet, one deadline per host.

The engine knows nothing of checks or the record. It yields what it saw, host by host, as it comes; ``read`` makes
facts of it, wherever that is done.
"""

import asyncio
import contextlib
import ipaddress
import logging
import random
import traceback
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Absent, Missing, Reason
from scanner.probes.contact import as_answer
from scanner.query import MAX_ROUNDS, Answer, Attempt, Deadline, NotHere, Probe, Query, Transport, Unreadable, Visit

log = logging.getLogger(__name__)

GRACE_SECONDS = 5.0  # a transport ends by itself; this much after its deadline it is ended

Guard = contextlib.AbstractContextManager[object]
UNGUARDED: Guard = contextlib.nullcontext()


@dataclass(frozen=True, slots=True)
class Errand:
    """One asset and what is to be looked at there."""

    asset: Asset
    probes: tuple[Probe[Any], ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """One asset after its visit: how far we got and what it answered. Nothing is read yet."""

    asset: Asset
    probes: tuple[Probe[Any], ...]
    attempt: Attempt
    given: Mapping[str, tuple[Answer, ...]]  # by the probe that asked; in the order of the visit
    unasked: frozenset[str]  # probes that the inventory gave nothing to ask
    finished_at: datetime

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(answer for given in self.given.values() for answer in given)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read from the answers. ``facts`` has an entry for every probe: the fact, Missing or Absent."""

    facts: Mapping[str, Any]
    privileges: Mapping[str, Privilege]  # under which right each was read


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard the estate may be hit as a whole."""

    workers: int = 64
    per_subnet: int = 32  # hosts of one /24 (IPv6: /64) at once
    groups: Mapping[str, int] = field(default_factory=dict)  # hosts of a group at once
    jitter_seconds: float = 0.5  # the first visits start spread over this time


async def look(
    errands: Sequence[Errand],
    open_transport: Callable[[Asset], Transport],
    pace: Pace,
    *,
    stop: asyncio.Event | None = None,
    on_start: Callable[[Asset], None] = lambda _: None,
) -> AsyncGenerator[Looked, None]:
    """Visit every asset once. Setting ``stop`` ends running visits; what was not finished is not yielded.

    A slow reader slows the scan and never fills the memory: at most ``pace.workers`` results wait for it.
    """
    turns = _Turns(errands, pace)
    running: dict[asyncio.Task[Any], Errand] = {}
    stopping = asyncio.create_task((stop or asyncio.Event()).wait())
    delay = pace.jitter_seconds if len(errands) > 1 else 0.0  # the first wave only: later ones are spread already
    try:
        while not stopping.done():
            while len(running) < pace.workers and (errand := turns.take()):
                visit = _visited(errand, open_transport, on_start, random.random() * delay)  # noqa: S311 (no secret)
                running[asyncio.create_task(visit)] = errand
            delay = 0.0
            if not running:
                return
            done, _ = await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for visited in done - {stopping}:
                turns.give_back(running.pop(visited))
                yield visited.result()
    finally:
        for task in (stopping, *running):
            task.cancel()
        await asyncio.gather(stopping, *running, return_exceptions=True)


class _Turns:
    """Whose turn it is: the first errand whose groups and subnet have room."""

    def __init__(self, errands: Iterable[Errand], pace: Pace) -> None:
        self._waiting = deque(errands)
        self._pace = pace
        self._busy: Counter[str] = Counter()

    def take(self) -> Errand | None:
        """The next errand, or None when all that are left are held by a cap (or there are none)."""
        for place, errand in enumerate(self._waiting):
            caps = self._caps(errand.asset)
            if all(self._busy[key] < cap for key, cap in caps):
                del self._waiting[place]
                self._busy.update(key for key, _ in caps)
                return errand
        return None

    def give_back(self, errand: Errand) -> None:
        self._busy.subtract(key for key, _ in self._caps(errand.asset))

    def _caps(self, asset: Asset) -> list[tuple[str, int]]:
        caps = [(f"group {g}", self._pace.groups[g]) for g in asset.groups if g in self._pace.groups]
        subnet = subnet_of(asset.connection.address)
        return [*caps, (subnet, self._pace.per_subnet)] if subnet else caps


def subnet_of(address: str) -> str | None:
    """The /24 (IPv6: /64) an address lies in; None for a name."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))


async def _visited(
    errand: Errand, open_transport: Callable[[Asset], Transport], on_start: Callable[[Asset], None], delay: float
) -> Looked:
    """One host, whatever happens: a fault of ours is a gap in this host's result and nobody else's."""
    await asyncio.sleep(delay)
    started = datetime.now(UTC)
    on_start(errand.asset)
    try:
        return await _visit(errand, open_transport(errand.asset), Deadline(errand.asset.limits.host_seconds))
    except Exception as fault:  # noqa: BLE001 (the one task boundary of looking)
        _log_fault(fault, f"visit of {errand.asset.name}")
        missing = Missing(Reason.NOT_ATTEMPTED, f"the scanner itself failed here: {type(fault).__name__}")
        attempt = Attempt(errand.asset.connection.way, missing=missing, started_at=started)
        return _looked(errand, attempt, {}, set())


def _log_fault(fault: Exception, doing: str) -> None:
    """Where our own code failed, without the exception's text: that may hold what a host sent, or a secret."""
    frame = traceback.extract_tb(fault.__traceback__)[-1]
    log.error("%s: %s at %s:%s", doing, type(fault).__name__, frame.filename, frame.lineno)


async def _visit(errand: Errand, transport: Transport, deadline: Deadline) -> Looked:
    answers: dict[str, list[Answer]] = {probe.name: [] for probe in errand.probes}
    asked_nothing = set(answers)
    attempt: Attempt | None = None
    for _ in range(MAX_ROUNDS):
        queries = _queries(errand, answers)
        if not queries:
            break
        asked_nothing -= queries.keys()
        visit = await _bounded(transport, tuple(queries.values()), deadline, errand.asset)
        attempt = visit.attempt if attempt is None else _together(attempt, visit.attempt)
        for name, answer in zip(queries, visit.answers, strict=False):
            answers[name].append(answer)
        if visit.attempt.missing:
            break
    if attempt is None:
        nothing = Missing(Reason.NOT_ATTEMPTED, "no probe asked anything of this host")
        attempt = Attempt(errand.asset.connection.way, missing=nothing, started_at=datetime.now(UTC))
    return _looked(errand, attempt, answers, asked_nothing)


def _queries(errand: Errand, answers: Mapping[str, Sequence[Answer]]) -> dict[str, Query]:
    asked = ((p.name, p.query(errand.asset, answers[p.name])) for p in errand.probes)
    return {name: query for name, query in asked if query is not None}


async def _bounded(transport: Transport, queries: Sequence[Query], deadline: Deadline, asset: Asset) -> Visit:
    """The transport keeps the deadline; this is the belt to its braces."""
    try:
        return await asyncio.wait_for(transport.answer(queries, deadline), deadline.left() + GRACE_SECONDS)
    except TimeoutError:
        missing = Missing(Reason.TIMED_OUT, f"nothing came to an end within {asset.limits.host_seconds:g} s")
        return Visit(Attempt(asset.connection.way, missing=missing, started_at=datetime.now(UTC)))


def _together(first: Attempt, second: Attempt) -> Attempt:
    """Two rounds are one attempt: the first one's start, the second one's end."""
    privilege = max(first.privilege, second.privilege, key=lambda p: p.rank)
    return replace(first, privilege=privilege, missing=second.missing, seconds=first.seconds + second.seconds)


def _looked(errand: Errand, attempt: Attempt, answers: Mapping[str, Sequence[Answer]], unasked: set[str]) -> Looked:
    of_attempt = {p.name for p in errand.probes if getattr(p, "of_attempt", False)}
    given = {**answers, **{name: [as_answer(name, attempt)] for name in of_attempt}}
    return Looked(
        errand.asset,
        errand.probes,
        attempt,
        {name: tuple(told) for name, told in given.items()},
        frozenset(unasked - of_attempt),
        datetime.now(UTC),
    )


def read(looked: Looked, guard: Guard = UNGUARDED) -> Facts:
    """Every probe's fact. Pure; never raises. ``guard`` is held around each parser and may end it by raising."""
    facts = {probe.name: _fact(probe, looked, guard) for probe in looked.probes}
    return Facts(facts, {name: _least(given) for name, given in looked.given.items()})


def _least(answers: Sequence[Answer]) -> Privilege:
    return min((a.privilege for a in answers), key=lambda p: p.rank, default=Privilege.NONE)


def _fact(probe: Probe[Any], looked: Looked, guard: Guard) -> object:
    if probe.name in looked.unasked:
        return Absent(getattr(probe, "nothing_asked", "") or f"the inventory names nothing for {probe.name}")
    answers = looked.given.get(probe.name, ())
    if not answers:
        return looked.attempt.missing or Missing(Reason.NOT_ATTEMPTED, "the host was not asked")
    return fact_of(probe, looked.asset, answers, guard)


def fact_of(probe: Probe[Any], asset: Asset, answers: Sequence[Answer], guard: Guard = UNGUARDED) -> object:
    """The fact that stored or fresh answers give: the dataclass, Missing or Absent. Pure; never raises."""
    gap = next((answer.missing for answer in answers if answer.missing), None)
    if gap:
        return gap
    try:
        with guard:
            return probe.parse(asset, answers)
    except Unreadable as fault:
        return fault.missing
    except NotHere as proof:
        return proof.absent
    except Exception as fault:  # noqa: BLE001 (hostile output must never stop a scan, and never counts as looked at)
        _log_fault(fault, f"parsing {probe.name} of {asset.name}")
        return Missing(Reason.OUTPUT_UNREADABLE, f"the parser of {probe.name} failed: {type(fault).__name__}")
