"""The SNMP client above either library: ``get`` and ``walk`` with retries, and the guards no library has.

A walk ends when the device says so, or at a bound that is told: OIDs that do not increase, too many rows or bytes, the
visit's time. One request is under way at a time, and a device is not asked faster than ``Manners.per_second``.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from scanner.query import Deadline
from scanner.transports import snmp_ber as ber
from scanner.transports.snmp_faults import (
    NO_SUCH_NAME,
    TOO_BIG,
    AgentError,
    Forged,
    Garbled,
    Ignored,
    NotIncreasing,
    OutOfBounds,
    OutOfTime,
    Silent,
    SnmpFault,
    TooBig,
)
from scanner.transports.snmp_session import Bind, Kind, Session

SILENCE = (
    "nothing there, a filter on the way, or a log-in that the device does not know "
    "(it says nothing to a wrong community)"
)
AGAIN = (Silent, Garbled, Forged)  # worth another try: a packet was lost, or somebody else's came


@dataclass(frozen=True, slots=True)
class Manners:
    """How a device is asked. Seconds."""

    timeout: float = 2.0  # of the first try
    retries: int = 2
    backoff: float = 1.5  # each further try waits this much longer
    jitter: float = 0.2  # of the wait, at random: retries of many devices do not come at once
    per_second: float = 100.0  # requests to one device, in the long run
    burst: int = 20  # requests that may come before that holds
    values: int = 25  # asked for in one GET


GENTLE = Manners(timeout=4.0, retries=1, per_second=5.0, burst=1)  # for assets that the inventory calls fragile


@dataclass(frozen=True, slots=True)
class Walked:
    rows: Sequence[Bind]
    fault: SnmpFault | None = None  # why the rows are not all there are


class SnmpClient:
    """One device, through one session of either library."""

    def __init__(
        self,
        session: Session,
        deadline: Deadline,
        manners: Manners,
        max_bytes: int,
        still_there: Callable[[], Awaitable[bool]],
    ) -> None:
        """``still_there``: does the device answer a question that needs no key? Asked when a user is met by silence."""
        self._session, self._deadline, self._manners = session, deadline, manners
        self._bytes_left, self._still_there = max_bytes, still_there
        self._not_before = 0.0
        self.accepted = False  # has one request been answered, so that the log-in is known to be right

    async def get(self, oids: Sequence[str]) -> list[Bind]:
        """The values in the order asked, each once; what the device lacks has tag 128 or 129. Raises ``SnmpFault``."""
        unique = list(dict.fromkeys(oids))
        size = self._manners.values
        parts = [unique[at : at + size] for at in range(0, len(unique), size)]
        return [bind for part in parts for bind in await self._get(part)]

    async def walk(self, base: str, max_rows: int = 20_000, max_repetitions: int = 20) -> Walked:
        """Everything below ``base``. Never raises ``SnmpFault``: rows that came stay, with what went wrong."""
        walk, size = _Walk(base, max_rows), max(1, max_repetitions)
        try:
            while not walk.ended:
                rows, size = await self._rows_behind(walk.at, size)
                walk.take(rows)
        except SnmpFault as fault:
            return Walked(walk.rows, fault)
        return Walked(walk.rows)

    async def _get(self, oids: Sequence[str]) -> list[Bind]:
        """Half of them at a time when the answer is too big; without one that the agent stumbles over."""
        try:
            binds, _ = await self._patiently([(Kind.GET, 0)] * (self._manners.retries + 1), oids)
        except (TooBig, AgentError) as fault:
            if _too_big(fault) and len(oids) > 1:
                half = len(oids) // 2
                return [*await self._get(oids[:half]), *await self._get(oids[half:])]
            if not isinstance(fault, AgentError) or fault.status != NO_SUCH_NAME or not 1 <= fault.index <= len(oids):
                raise
            lacking = fault.index - 1  # an SNMPv1 agent behind a proxy: the error names the one that is not there
            rest = [*oids[:lacking], *oids[lacking + 1 :]]
            found = await self._get(rest) if rest else []
            return [*found[:lacking], Bind(oids[lacking], ber.NO_SUCH_OBJECT, b""), *found[lacking:]]
        return binds

    async def _rows_behind(self, at: str, size: int) -> tuple[list[Bind], int]:
        """The rows, and how many to ask for next time: half as many when the answer was too big or did not come.

        The first repetition is of the same size, since a packet may simply be lost; the last resort is one row.
        """
        while True:
            tries = [(Kind.BULK if size > 1 else Kind.NEXT, size)] * self._manners.retries + [(Kind.NEXT, 1)]
            try:
                rows, used = await self._patiently(tries, [at])
            except (TooBig, AgentError) as fault:
                if _too_big(fault) and size > 1:
                    size //= 2
                    continue
                if isinstance(fault, AgentError) and fault.status == NO_SUCH_NAME:  # an SNMPv1 agent behind a proxy
                    return [Bind(at, ber.END_OF_MIB_VIEW, b"")], size
                raise
            return rows, (max(1, size // 2) if used == self._manners.retries else size)

    async def _patiently(self, tries: Sequence[tuple[Kind, int]], oids: Sequence[str]) -> tuple[list[Bind], int]:
        """The values, and which of the tries brought them."""
        fault: SnmpFault = Silent("no answer came")
        for number, (kind, size) in enumerate(tries):
            try:
                binds = await self._once(kind, oids, size, number)
            except AGAIN as again:
                fault = again
                continue
            except (AgentError, TooBig):
                self.accepted = True  # an answer, if not the one we wanted
                raise
            self.accepted = True
            self._bytes_left -= sum([len(bind.oid) + len(bind.value) for bind in binds])
            if self._bytes_left < 0:
                raise OutOfBounds("the device sent more than the inventory's limit of output_bytes allows")
            return binds, number
        raise await self._explained(fault, len(tries))

    async def _once(self, kind: Kind, oids: Sequence[str], size: int, number: int) -> list[Bind]:
        manners = self._manners
        await self._turn(manners)
        if self._deadline.passed:
            raise OutOfTime("the time limit of the visit was over before everything was answered")
        wait = manners.timeout * manners.backoff**number * (1 + manners.jitter * random.random())  # noqa: S311 (no secret)
        return await self._session.ask(kind, oids, size, min(time.monotonic() + wait, self._deadline.ends_at))

    async def _turn(self, manners: Manners) -> None:
        """Wait until the device may be asked again: a bucket of ``burst`` requests that fills at ``per_second``."""
        now = time.monotonic()
        ahead = self._not_before - now - manners.burst / manners.per_second
        if ahead > 0:
            await asyncio.sleep(min(ahead, self._deadline.left()))
        self._not_before = max(self._not_before, now) + 1 / manners.per_second

    async def _explained(self, fault: SnmpFault, tries: int) -> SnmpFault:
        if self._deadline.passed:
            return OutOfTime("the time limit of the visit was over before everything was answered")
        if not isinstance(fault, Silent):
            return fault
        if self.accepted:
            return Silent(f"the device stopped answering: {tries} requests in a row were met by silence")
        if await self._still_there():
            return Ignored(
                "the device gives its engine id, but is silent to this user's requests: most likely the privacy "
                "key or protocol is wrong"
            )
        return Silent(f"{tries} requests were met by silence: {SILENCE}")


class _Walk:
    """The rows so far. ``at``: what to ask for the rows behind."""

    def __init__(self, base: str, max_rows: int) -> None:
        self.at, self.rows, self.ended = base, list[Bind](), False
        self._base, self._prefix, self._max_rows = base, f"{base}.", max_rows
        self._last: tuple[int, ...] = ()  # what follows the base in the last OID

    def take(self, binds: Sequence[Bind]) -> None:
        """Raises :class:`NotIncreasing`, :class:`OutOfBounds`, :class:`Garbled`."""
        cut = len(self._prefix)
        for bind in binds:
            if bind.tag == ber.END_OF_MIB_VIEW or not bind.oid.startswith(self._prefix):
                self._end(bind)
                return
            key = tuple(map(int, bind.oid[cut:].split(".")))
            if key <= self._last:
                raise NotIncreasing(f"the walk under {self._base} goes in circles: {bind.oid} came after {self.at}")
            if len(self.rows) == self._max_rows:
                raise OutOfBounds(f"more than {self._max_rows} rows under {self._base}: the rest was not read")
            self.rows.append(bind)
            self._last, self.at = key, bind.oid

    def _end(self, bind: Bind) -> None:
        """A row that does not belong to the walk ends it, if it stands behind it."""
        if bind.tag != ber.END_OF_MIB_VIEW and _key(bind.oid) <= _key(self._base):
            raise NotIncreasing(f"the walk under {self._base} goes back: {bind.oid} came after {self.at}")
        self.ended = True


def _key(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))


def _too_big(fault: SnmpFault) -> bool:
    return isinstance(fault, TooBig) or (isinstance(fault, AgentError) and fault.status == TOO_BIG)
