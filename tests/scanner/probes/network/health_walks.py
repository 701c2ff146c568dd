"""Recorded walks asked as the health probe asks: only the OIDs of its two rounds are answered."""

import contextlib
from functools import cache

from inventory.asset import Asset, Connection
from inventory.facts.health import DeviceHealth
from scanner.probes.network.health import HEALTH
from scanner.query import Answer, Query, SnmpPoll, Unreadable
from tests.scanner.probes.network.walks import recordings

ASSET = Asset("sw1", Connection("snmp", "192.0.2.1", 161))


def asked(lines: list[bytes], query: Query | None) -> Answer:
    """What an agent with these rows would answer to this poll."""
    assert isinstance(query, SnmpPoll)
    exact = {oid.encode() for oid in query.get.oids} if query.get else set()
    below = tuple(f"{walk.base}.".encode() for walk in query.walks)
    told = [line for line in lines if line.partition(b"|")[0] in exact or line.startswith(below)]
    return Answer("health", b"\n".join(told) + b"\n")


def polled(text: bytes) -> DeviceHealth:
    lines = text.split(b"\n")
    first = asked(lines, HEALTH.query(ASSET, []))
    second = asked(lines, HEALTH.query(ASSET, [first]))
    assert HEALTH.query(ASSET, [first, second]) is None
    return HEALTH.parse(ASSET, [first, second])


@cache
def healths(every: int = 1, named: frozenset[str] = frozenset()) -> dict[str, DeviceHealth]:
    """Of every n-th recorded device, and of the named ones, if it answers anything of what is asked. Eight ms each."""
    found = {}
    for n, (name, text) in enumerate(recordings()):
        if n % every == 0 or name in named:
            with contextlib.suppress(Unreadable):
                found[name] = polled(text)
    return found
