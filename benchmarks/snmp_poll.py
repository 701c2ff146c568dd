"""Polling SNMP devices: ten scalars and entPhysicalTable of each, CPU of the client alone.

Ours (gufo-snmp, and pysnmp behind the same client), pysnmp as its own documentation has it with MIB look-up off, and
net-snmp's ``snmpget`` and ``snmpbulkwalk``, two processes a device, several at once. In one run, since machines differ:
look at the ratios. Then 2,000 devices with 50 in flight, and the memory that takes.

Usage: python -m benchmarks.snmp_poll [--devices 200] [--many 2000] [--runs 3]
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from benchmarks.snmp_responder import COLUMNS, ENTITY, ROWS, SCALARS

COMMUNITY = "benchmark"
IN_FLIGHT = 50
VALUES = len(COLUMNS) * ROWS
Poll = Callable[[Sequence[int]], Awaitable[int]]  # ports in, values out


def ours(library: str) -> Poll:
    from inventory.asset import Asset, Connection
    from scanner.query import Deadline, Login, SnmpGet, SnmpPoll, SnmpWalk, Surroundings
    from scanner.transports.snmp import SnmpTransport

    @dataclass(frozen=True)
    class Fixed:
        def login(self, _: Asset) -> Login:
            return Login(community=COMMUNITY)

    poll = SnmpPoll("device", SnmpGet("scalars", SCALARS), (SnmpWalk("entity", ENTITY),))
    around = Surroundings(Fixed(), None)  # type: ignore[arg-type]

    async def one(port: int, room: asyncio.Semaphore) -> int:
        async with room:  # as the engine's workers do: what waits holds nothing
            asset = Asset(f"device-{port}", Connection("snmp", "127.0.0.1", port))
            visit = await SnmpTransport(asset, around, library=library).answer([poll], Deadline(120))
        assert visit.answers[0].missing is None, visit.answers[0].missing
        return visit.answers[0].output.count(b"\n")

    return lambda ports: _all(one, ports)


def pysnmp_alone() -> Poll:
    from pysnmp.hlapi.v3arch.asyncio import (
        CommunityData,
        ContextData,
        ObjectIdentity,
        ObjectType,
        SnmpEngine,
        UdpTransportTarget,
        bulk_cmd,
        get_cmd,
    )

    engines: list[SnmpEngine] = []

    async def one(port: int, room: asyncio.Semaphore) -> int:
        async with room:
            if not engines:
                engines.append(SnmpEngine())
            target = await UdpTransportTarget.create(("127.0.0.1", port), timeout=5, retries=1)
            who = (engines[0], CommunityData(COMMUNITY), target, ContextData())
            names = [ObjectType(ObjectIdentity(name)) for name in SCALARS]
            error, _, _, found = await get_cmd(*who, *names, lookupMib=False)
            assert error is None, error
            values, at = len(found), ENTITY
            while True:
                error, _, _, rows = await bulk_cmd(*who, 0, 20, ObjectType(ObjectIdentity(at)), lookupMib=False)
                assert error is None, error
                inside = [str(row[0]) for row in rows if str(row[0]).startswith(f"{ENTITY}.")]
                values += len(inside)
                if len(inside) < len(rows) or not rows:
                    return values
                at = inside[-1]

    return lambda ports: _all(one, ports)


async def _all(one: Callable[[int, asyncio.Semaphore], Awaitable[int]], ports: Sequence[int]) -> int:
    room = asyncio.Semaphore(IN_FLIGHT)
    return sum(await asyncio.gather(*(one(port, room) for port in ports)))


def net_snmp() -> Poll:
    common = ["-v2c", "-c", COMMUNITY, "-m", "", "-On", "-t", "5"]

    def one(port: int) -> int:
        where = f"127.0.0.1:{port}"
        commands = (["snmpget", *common, where, *SCALARS], ["snmpbulkwalk", *common, "-Cr20", where, ENTITY])
        return sum(subprocess.run(c, capture_output=True, check=True).stdout.count(b"\n") for c in commands)

    async def poll(ports: Sequence[int]) -> int:
        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(one, ports))

    return poll


WAYS: dict[str, Callable[[], Poll]] = {
    "gufo-snmp": lambda: ours("gufo-snmp"),
    "pysnmp": lambda: ours("pysnmp"),
    "pysnmp alone": pysnmp_alone,
    "net-snmp": net_snmp,
}


def client(way: str, ports: Sequence[int]) -> None:
    """In a process of its own: one poll to warm up, then all devices; JSON on stdout."""
    values, wall, cpu = asyncio.run(_timed(WAYS[way](), ports))
    assert values >= len(ports) * (VALUES + len(SCALARS)), values
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "peak": peak, "values": values}))
    sys.stdout.flush()
    os._exit(0)  # pysnmp's own dispatcher leaves a task behind


async def _timed(poll: Poll, ports: Sequence[int]) -> tuple[int, float, float]:
    await poll(ports[:2])
    before, started = _cpu(), time.perf_counter()
    values = await poll(ports)
    return values, time.perf_counter() - started, _cpu() - before


def _cpu() -> float:
    """Of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def responder(devices: int) -> Iterator[list[int]]:
    command = [sys.executable, "-m", "benchmarks.snmp_responder", str(devices)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


def measured(way: str, ports: Sequence[int]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.snmp_poll", "--client", way]
    done = subprocess.run(command, input=json.dumps(ports), stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--many", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--client", choices=WAYS)
    asked = parser.parse_args()
    if asked.client:
        client(asked.client, json.load(sys.stdin))
        return
    print(f"\n{asked.devices} devices, {len(SCALARS)} scalars and {VALUES} values of entPhysicalTable each")
    with responder(asked.devices) as ports:
        found = {way: [measured(way, ports) for _ in range(asked.runs)] for way in WAYS}
    cpu = {way: median(run["cpu"] for run in runs) / asked.devices for way, runs in found.items()}
    for way, runs in found.items():
        wall = median(run["wall"] for run in runs)
        print(
            f"  {way:14} CPU a device {cpu[way] * 1000:7.2f} ms   {1 / cpu[way]:7.0f} devices a CPU second"
            f"   {asked.devices / wall:7.0f} devices a second   peak {median(run['peak'] for run in runs):4.0f} MB"
        )
    print(
        f"  gufo-snmp beside pysnmp alone: {cpu['pysnmp alone'] / cpu['gufo-snmp']:.1f} times the devices a CPU second"
    )
    print(f"  gufo-snmp beside net-snmp's processes: {cpu['net-snmp'] / cpu['gufo-snmp']:.1f} times")
    if asked.many:
        with responder(asked.many) as ports:
            many = measured("gufo-snmp", ports)
        print(
            f"  {asked.many} devices, {IN_FLIGHT} in flight: {many['wall']:.1f} s, CPU {many['cpu']:.1f} s, "
            f"peak {many['peak']:.0f} MB (goal: under 300)"
        )


if __name__ == "__main__":
    main()
