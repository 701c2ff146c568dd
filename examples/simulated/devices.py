"""What simulated network devices answer: an SNMP agent of a few rows, and the management ports that are open.

Their families are real, for rules recognise them by what real agents say; no weakness of theirs is claimed here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from scanner.probes.network import snmp_access, time_and_logs
from scanner.probes.network.health.interfaces import ETHER, IF, IF_X
from scanner.probes.network.oids import ENT_PHYSICAL, ENTERPRISES, SYS_DESCR, SYS_NAME, SYS_OBJECT_ID, SYS_UP_TIME
from scanner.probes.network.varbinds import (
    COUNTER32,
    GAUGE32,
    INTEGER,
    NO_SUCH_OBJECT,
    OBJECT_ID,
    OCTETS,
    TICKS,
    VarBind,
    write,
)
from scanner.query import Query, SnmpGet, SnmpPoll, TcpTalk

CHASSIS = 3  # PhysicalClass of ENTITY-MIB


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device on one day. ``kind``: switch, firewall or ups; ``ill``: words of ``timeline.DEFECTS``."""

    name: str
    kind: str
    version: str
    serial: str
    at: datetime
    ill: frozenset[str]

    def has(self, defect: str) -> bool:
        return defect in self.ill


def answer(device: DeviceState, query: Query) -> bytes:
    """As the transports write it down. Raises ``TypeError`` for a question that is for another way in."""
    if isinstance(query, TcpTalk):
        return "".join(_port(device, port.number) for port in query.ports).encode()
    tree = _tree(device)
    if isinstance(query, SnmpGet):
        return _got(tree, query)
    if isinstance(query, SnmpPoll):
        got = _got(tree, query.get) if query.get else b""
        return got + b"".join(tree.below.get(walk.base, b"") for walk in query.walks)
    raise TypeError(f"a simulated device is not asked {query.name}")


@dataclass(frozen=True, slots=True)
class _Tree:
    """What the agent has, as lines: each row, and what stands below each node."""

    rows: dict[str, bytes]
    below: dict[str, bytes]


@lru_cache(maxsize=4)  # one device is asked several times in a row
def _tree(device: DeviceState) -> _Tree:
    rows = {row.oid: write([row]) for row in _rows(device)}
    below: dict[str, bytes] = {}
    for oid, line in rows.items():
        node = oid
        while node := node.rpartition(".")[0]:
            below[node] = below.get(node, b"") + line
    return _Tree(rows, below)


def _got(tree: _Tree, query: SnmpGet) -> bytes:
    return b"".join(tree.rows.get(oid) or write([VarBind(oid, NO_SUCH_OBJECT)]) for oid in query.oids)


def _port(device: DeviceState, number: int) -> str:
    open_on = {22: "SSH-2.0-simulated\\x0d\\x0a", 443: ""}
    if device.has("telnet"):
        open_on[23] = "\\xff\\xfb\\x01login: "
    if device.has("http"):
        open_on[80] = "HTTP/1.1 200 OK\\x0d\\x0aServer: simulated\\x0d\\x0a\\x0d\\x0aWelcome"
    if device.kind == "ups" or number not in open_on:
        return f"{number}|refused|0.004||\n"
    said = open_on[number]
    return f"{number}|open|0.004|{'waited' if said else ''}|{said}\n"


def _rows(device: DeviceState) -> Iterator[VarBind]:
    yield _text(SYS_NAME, device.name)
    yield VarBind(SYS_UP_TIME, TICKS, b"864000000")
    yield from {"switch": _switch, "firewall": _firewall, "ups": _ups}[device.kind](device)
    yield from _access(device)
    if device.kind != "ups":
        yield from _interfaces(device)


def _text(oid: str, value: str) -> VarBind:
    return VarBind(oid, OCTETS, value.encode())


def _number(oid: str, value: int, tag: int = INTEGER) -> VarBind:
    return VarBind(oid, tag, str(value).encode())


def _system(object_id: str, description: str) -> Iterable[VarBind]:
    yield VarBind(SYS_OBJECT_ID, OBJECT_ID, f"{ENTERPRISES}.{object_id}".encode())
    yield _text(SYS_DESCR, description)


def _chassis(device: DeviceState, model: str) -> Iterable[VarBind]:
    yield _text(f"{ENT_PHYSICAL}.2.1", model)
    yield _number(f"{ENT_PHYSICAL}.5.1", CHASSIS)
    yield _text(f"{ENT_PHYSICAL}.7.1", "chassis")
    yield _text(f"{ENT_PHYSICAL}.11.1", device.serial)
    yield _text(f"{ENT_PHYSICAL}.13.1", model)


def _switch(device: DeviceState) -> Iterable[VarBind]:
    yield from _system(
        "9.1.1208",
        f"Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version {device.version}, RELEASE SOFTWARE (fc3)",
    )
    yield from _chassis(device, "WS-C2960X-24TS-L")
    clock, logs = time_and_logs.NTP[1], time_and_logs.SYSLOG[0]
    yield _number(clock.status, 3 if device.has("no-ntp") else 5)
    if not device.has("no-ntp"):
        yield _number(f"{clock.servers}.1", 1)
    yield _number(logs.there, 16)
    if not device.has("no-syslog"):
        yield _number(f"{logs.targets}.1", time_and_logs.ACTIVE)
    yield from _health(device)


def _health(device: DeviceState) -> Iterable[VarBind]:
    """CISCO-ENVMON-MIB, CISCO-PROCESS-MIB and CISCO-MEMORY-POOL-MIB."""
    monitor, pool = "1.3.6.1.4.1.9.9.13.1", "1.3.6.1.4.1.9.9.48.1.1.1"
    yield _text(f"{monitor}.3.1.2.1", "chassis")
    for column, value in ((3, 41), (4, 75), (6, 1)):
        yield _number(f"{monitor}.3.1.{column}.1", value, GAUGE32)
    yield _text(f"{monitor}.4.1.2.1", "fan 1")
    yield _number(f"{monitor}.4.1.3.1", 1)
    yield _text(f"{monitor}.5.1.2.1", "power supply 1")
    yield _number(f"{monitor}.5.1.3.1", 3 if device.has("psu") else 1)
    yield _number("1.3.6.1.4.1.9.9.109.1.1.1.1.8.1", 14, GAUGE32)
    yield _text(f"{pool}.2.1", "processor")
    yield _number(f"{pool}.5.1", 180_000_000, GAUGE32)
    yield _number(f"{pool}.6.1", 320_000_000, GAUGE32)


def _firewall(device: DeviceState) -> Iterable[VarBind]:
    yield from _system("12356.101.1.1001", device.name)
    yield _text("1.3.6.1.4.1.12356.101.4.1.1.0", device.version)
    yield _text("1.3.6.1.4.1.12356.100.1.1.1.0", device.serial)
    for scalar, value in ((3, 9), (4, 46), (5, 4_000_000), (6, 2_100), (7, 30_000)):  # processor, memory, disk
        yield _number(f"1.3.6.1.4.1.12356.101.4.1.{scalar}.0", value, GAUGE32)
    yield from _chassis(device, "FortiGate-100F")


def _ups(device: DeviceState) -> Iterable[VarBind]:
    yield from _system(
        "318.1.3.27", f"APC Web/SNMP Management Card (MB:v4.1.0 PF:{device.version} AF1:{device.version})"
    )
    yield _text("1.3.6.1.4.1.318.1.1.1.1.1.1.0", "Smart-UPS 1500")
    yield _text("1.3.6.1.4.1.318.1.1.1.1.2.3.0", device.serial)
    low = device.has("battery")
    battery = "1.3.6.1.2.1.33.1.2"
    for column, value in ((1, 3 if low else 2), (2, 0), (3, 4 if low else 38), (4, 32 if low else 100), (7, 24)):
        yield _number(f"{battery}.{column}.0", value)
    yield _number("1.3.6.1.2.1.33.1.4.1.0", 3)
    yield _number("1.3.6.1.2.1.33.1.6.1.0", 0, GAUGE32)


def _access(device: DeviceState) -> Iterable[VarBind]:
    """Tallies, as the transport writes them: model.status, rows."""
    groups, users = (2 if device.has("snmp-v2c") else 0), 1
    yield _number(f"{snmp_access.GROUP_STATUS}.{snmp_access.V2C}.{snmp_access.ACTIVE}", groups, GAUGE32)
    yield _number(f"{snmp_access.GROUP_STATUS}.{snmp_access.USM}.{snmp_access.ACTIVE}", users, GAUGE32)


def _interfaces(device: DeviceState) -> Iterable[VarBind]:
    errors = 90_000 if device.has("if-errors") else 2
    for index in (1, 2):
        cells = ((3, 6, INTEGER), (5, 1_000_000_000, GAUGE32), (7, 1, INTEGER), (8, 1, INTEGER))
        counts = ((11, 2_000_000), (13, 0), (14, errors if index == 1 else 0), (17, 1_900_000), (19, 0), (20, 0))
        yield _text(f"{IF}.2.{index}", f"GigabitEthernet1/0/{index}")
        yield _text(f"{IF_X}.1.{index}", f"Gi1/0/{index}")
        yield from (_number(f"{IF}.{column}.{index}", value, tag) for column, value, tag in cells)
        yield from (_number(f"{IF}.{column}.{index}", value, COUNTER32) for column, value in counts)
        yield _number(f"{ETHER}.8.{index}", 0, COUNTER32)
        yield _number(f"{ETHER}.19.{index}", 3)  # full duplex
