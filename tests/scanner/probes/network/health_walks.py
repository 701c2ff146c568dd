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
def health_of(name: str) -> DeviceHealth:
    """Raises ``Unreadable`` for a recording without one row of what is asked."""
    return polled(dict(recordings())[name])


@cache
def everything() -> dict[str, DeviceHealth]:
    """Every recorded device that answers anything of what is asked. Takes many seconds."""
    found = {}
    for name, text in recordings():
        with contextlib.suppress(Unreadable):
            found[name] = polled(text)
    return found
