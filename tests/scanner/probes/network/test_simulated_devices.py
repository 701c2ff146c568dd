"""Recorded devices asked over the wire: the same fact comes out as of their walk, over both libraries."""

import asyncio

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.device import Device
from scanner.probes.network.identify import identify
from scanner.query import Login
from scanner.service.probe import probe
from tests.lab.snmpsim import Simulator
from tests.scanner.probes.network.walks import polled

pytestmark = pytest.mark.data
AT_ONCE = 8
SECOND_OPINION = 5  # devices asked over pysnmp too


def asked(simulator: Simulator, names: list[str], library: str) -> dict[str, Device | None]:
    async def one(name: str, room: asyncio.Semaphore) -> tuple[str, Device | None]:
        asset = Asset(name, Connection("snmp", "127.0.0.1", simulator.port))
        async with room:
            found = await probe(asset, Login(community=simulator.communities[name]), library=library)
        return name, found.device

    async def all_of_them() -> dict[str, Device | None]:
        room = asyncio.Semaphore(AT_ONCE)
        return dict(await asyncio.gather(*(one(name, room) for name in names)))

    return asyncio.run(all_of_them())


def test_the_wire_says_what_the_walk_says(simulator: Simulator) -> None:
    names = list(simulator.recorded)
    assert len(names) >= 25
    found = asked(simulator, names, "gufo-snmp")
    different = {name: found[name] for name in names if found[name] != identify(polled(simulator.recorded[name]))}
    assert sorted(different) == []
    assert different == {}


def test_pysnmp_says_the_same(simulator: Simulator) -> None:
    names = list(simulator.recorded)[:SECOND_OPINION]
    assert asked(simulator, names, "pysnmp") == asked(simulator, names, "gufo-snmp")
