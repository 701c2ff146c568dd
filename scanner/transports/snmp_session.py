"""What the two SNMP libraries are asked for: one request, one answer. Everything above is shared, see snmp_client."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from scanner.transports.snmp_faults import Forged, Garbled, Silent, SnmpFault
from scanner.transports.snmp_usm import User

NOTHING_CAME = "the device answered with nothing, not even an end"
MAX_UNFIT = 200  # datagrams that are no answer of ours, before we stop listening for the right one


class Kind(enum.Enum):
    GET = "get"
    NEXT = "getnext"
    BULK = "getbulk"


class Bind(NamedTuple):
    """One value. ``value``: octets of a string, else ASCII (``42``, ``1.3.6``, ``192.0.2.1``, "" for nothing)."""

    oid: str
    tag: int
    value: bytes


@dataclass(frozen=True, slots=True)
class SnmpLogin:
    """Either a community (v2c) or a user (v3)."""

    community: str | None = field(default=None, repr=False)
    user: User | None = None

    @property
    def version(self) -> str:
        return f"SNMPv3 {self.user.level}" if self.user else "SNMPv2c"


class Session(Protocol):
    """One device. Not for two requests at once."""

    answered: bool  # has anything fit come from the device, if only its engine id

    @property
    def library(self) -> str:
        """``gufo-snmp 0.13.0``: goes into the evidence."""
        ...

    async def ask(self, kind: Kind, oids: Sequence[str], repetitions: int, until: float) -> list[Bind]:
        """One try, until that time of the monotonic clock. Raises :class:`scanner.transports.snmp_faults.SnmpFault`."""
        ...

    def close(self) -> None: ...


class Unfit:
    """Counts what came and was not let in; when the time is over it says what the trouble was."""

    def __init__(self) -> None:
        self._count = 0
        self._last: SnmpFault | None = None

    def add(self, why: Garbled | Forged | None = None) -> None:
        """Without ``why``: a sound answer, but to another request. Raises when it has been too many."""
        self._last = why or self._last
        self._count += 1
        if self._count >= MAX_UNFIT:
            raise self.fault() if self._last else Garbled("the device sent answers to other requests without end")

    def fault(self) -> SnmpFault:
        if self._last is not None:
            return self._last
        if self._count:
            return Silent("only answers to other requests came")
        return Silent("no answer came")
