"""Both SNMP libraries against one agent: what tests of the SNMP transport share."""

import asyncio
import time
from dataclasses import dataclass

from inventory.asset import Asset, Connection, Limits
from scanner.query import Deadline, Login, Query, Surroundings, Visit
from scanner.transports.snmp import SnmpTransport
from scanner.transports.snmp_client import Manners

LIBRARIES = ("gufo-snmp", "pysnmp")
QUICK = Manners(timeout=0.15, retries=2, backoff=1.2, jitter=0.0, per_second=10_000)


@dataclass(frozen=True)
class OneLogin:
    given: Login

    def login(self, _asset: Asset) -> Login:
        return self.given


def asset(port: int, **limits: float) -> Asset:
    return Asset("device", Connection("snmp", "127.0.0.1", port), kind="network", limits=Limits(**limits))  # type: ignore[arg-type]


def visit(
    port: int, login: Login, *queries: Query, library: str = "gufo-snmp", manners: Manners = QUICK, seconds: float = 20
) -> Visit:
    return visit_of(asset(port), login, *queries, library=library, manners=manners, seconds=seconds)


def visit_of(
    device: Asset, login: Login, *queries: Query, library: str, manners: Manners = QUICK, seconds: float = 20
) -> Visit:
    around = Surroundings(OneLogin(login), None)  # type: ignore[arg-type] # SNMP has no host keys
    transport = SnmpTransport(device, around, library=library, manners=manners)
    return asyncio.run(transport.answer(queries, Deadline(seconds)))


def timed(port: int, login: Login, *queries: Query, **options: object) -> tuple[Visit, float]:
    started = time.monotonic()
    seen = visit(port, login, *queries, **options)  # type: ignore[arg-type]
    return seen, time.monotonic() - started


def plain(seen: Visit) -> object:
    """What must be equal whichever library asked."""
    attempt = seen.attempt
    answers = [(answer.query, answer.output, answer.missing, answer.privilege) for answer in seen.answers]
    return attempt.reached, attempt.logged_in, attempt.privilege, attempt.missing, answers
