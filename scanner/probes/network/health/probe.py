"""The probe: two rounds. First what kind of device it is and whether it has sensors, then the tables it may have.

Tables are walked column by column, each with a bound on its rows; what is not read to its end becomes a gap of the part
of the fact that it belongs to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from inventory.asset import Asset, Privilege
from inventory.facts.health import Array, Battery, DeviceHealth, Gap, Memory, Processor, Sensor, Volume
from scanner.probes.network import oids
from scanner.probes.network.health import entity, hosts, interfaces, rules, ups, vendors
from scanner.probes.network.health.cells import MAX_ROWS, counter, unique
from scanner.probes.network.varbinds import VarBinds, read
from scanner.query import Answer, Query, SnmpGet, SnmpPoll, SnmpWalk, Unreadable

ROUNDS = 2
TICKS = 100
MAX_TABLE_ROWS = 2_000
FIRST = (oids.SYS_UP_TIME, oids.SYS_DESCR, oids.SYS_OBJECT_ID)
MARKS = (f"{entity.SENSOR}.{entity.VALUE}", f"{entity.ENTITY_STATE}.3")  # does it have sensors, or states?
# The GET of the second round begins with this: a gap there means that the scalars were not answered.
SECOND = oids.SYS_UP_TIME
SCALARS = (
    *ups.SCALARS,
    ups.SOURCE,
    ups.ALARM_COUNT,
    *(f"{hosts.UCD_MEMORY}.{column}.0" for column in (5, 6, 14, 15, 27)),
    hosts.UCD_IDLE,
)
# Which part of the fact a table belongs to, and the columns that are walked whatever the device is
TABLES: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("storage", hosts.STORAGE, (2, 3, 4, 5, 6)),
    ("storage", hosts.FILE_SYSTEM, (5, 7)),
    ("storage", hosts.UCD_DISK, (2, 6, 8, 9, 11, 12, 15, 16)),
    ("processors", hosts.LOAD, (2,)),
    ("arrays", hosts.DEVICE, (2, 3, 5)),
    ("arrays", hosts.DISK, (3,)),
    ("interfaces", interfaces.IF, interfaces.IF_COLUMNS),
    ("interfaces", interfaces.IF_X, interfaces.IF_X_COLUMNS),
    ("interfaces", interfaces.ETHER, interfaces.ETHER_COLUMNS),
    ("batteries", ups.ALARMS, (2,)),
)
OWN_SENSORS = (entity.SENSOR, entity.ENTITY_STATE, entity.CISCO_SENSOR, entity.CISCO_THRESHOLD, entity.ARISTA_THRESHOLD)
BY_SCALARS = ("sensors", "batteries", "memory", "processors", "storage")  # parts that scalars tell of

T = TypeVar("T", Sensor, Array, Battery, Volume, Memory, Processor)


@dataclass(frozen=True, slots=True)
class HealthProbe:
    name: str = "health"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 (every device is asked alike)
        if not so_far:
            get = SnmpGet(self.name, (*FIRST, *vendors.first_questions()))
            return SnmpPoll(self.name, get, tuple(_walk(mark, MAX_ROWS) for mark in MARKS))
        if len(so_far) >= ROUNDS or so_far[0].missing:
            return None
        first = read(so_far[0].output)
        looks = vendors.concerned(first)
        get = SnmpGet(self.name, tuple(dict.fromkeys((SECOND, *SCALARS, *vendors.scalars(looks)))))
        return SnmpPoll(self.name, get, tuple(_walks(first)))

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> DeviceHealth:  # noqa: ARG002 (one shape for all probes)
        answered = read(b"".join(answer.output for answer in answers))
        if not len(answered):
            raise Unreadable("the agent answered nothing of what was asked")
        found = health(answered)
        if len(answers) < ROUNDS:
            return replace(found, gaps=(*found.gaps, *_unasked()))
        return found


def _unasked() -> Iterator[Gap]:
    for part in vendors.PART.values():
        yield Gap(part, "the second packet of questions was not answered")
    yield Gap("interfaces", "the second packet of questions was not answered")


def _walk(base: str, max_rows: int = MAX_TABLE_ROWS) -> SnmpWalk:
    return SnmpWalk(base, base, max_rows)


def _walks(first: VarBinds) -> Iterator[SnmpWalk]:
    """Every column worth walking, each once, the dear ones last: what the visit's time does not suffice for."""
    looks = vendors.concerned(first)
    bases = [*vendors.walks(looks)]
    bases += [f"{base}.{column}" for part, base, columns in TABLES if part != "interfaces" for column in columns]
    sensing = any(first.under(mark) for mark in MARKS)
    if first.under(MARKS[0]):
        bases += [f"{entity.SENSOR}.{column}" for column in entity.COLUMNS if column != entity.VALUE]
    if first.under(MARKS[1]):
        bases += [f"{entity.ENTITY_STATE}.{column}" for column in (2, 5)]
    cisco, arista = _is(first, "9"), _is(first, "30065")
    if cisco:
        bases += [f"{entity.CISCO_SENSOR}.{column}" for column in entity.COLUMNS]
        bases += [f"{entity.CISCO_THRESHOLD}.{column}" for column in (2, 3, 4)]
    if arista:
        bases += [f"{entity.ARISTA_THRESHOLD}.{column}" for column in (1, 2, 3, 4)]
    yield from (_walk(base, MAX_ROWS if base.startswith(OWN_SENSORS) else MAX_TABLE_ROWS) for base in unique_of(bases))
    if sensing or cisco or any(look.entity for look in looks):
        for column in (entity.NAME, entity.CLASS, entity.DESCRIPTION):
            yield _walk(f"{oids.ENT_PHYSICAL}.{column}", MAX_ROWS)
    for part, base, columns in TABLES:
        if part == "interfaces":
            yield from (_walk(f"{base}.{column}", interfaces.MAX_INTERFACES) for column in columns)


def unique_of(bases: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(bases))


def _is(first: VarBinds, enterprise: str) -> bool:
    return f"{first.text(oids.SYS_OBJECT_ID)}.".startswith(f"{oids.ENTERPRISES}.{enterprise}.")


def health(answered: VarBinds) -> DeviceHealth:
    """The fact. A part of which nothing was told is None."""
    called = entity.names(answered)
    told = vendors.read(answered, called)
    ticks = counter(answered.get(oids.SYS_UP_TIME))
    sensors = [
        *told.sensors,
        *entity.states(answered, called),
        *entity.sensors(answered, called),
        *(("0", sensor) for sensor in ups.sensors(answered)),
    ]
    batteries = [*told.batteries, *(("0", battery) for battery in ups.batteries(answered))]
    return DeviceHealth(
        sensors=_named(sensors),
        storage=_named([*(("0", one) for one in hosts.storage(answered)), *told.storage]),
        arrays=_named([*told.arrays, *hosts.disks(answered)]),
        batteries=_named(batteries),
        memory=_named([*told.memory, *(("0", one) for one in hosts.memory(answered))]),
        processors=_named([*told.processors, *(("0", one) for one in hosts.processors(answered))]),
        interfaces=interfaces.interfaces(answered) or None,
        uptime_seconds=None if ticks is None else ticks // TICKS,
        gaps=tuple(_gaps(answered)),
    )


def _named(things: Sequence[tuple[str, T]]) -> tuple[T, ...] | None:
    """Each with a name of its own among those of its kind: the index stands behind a name that is taken."""
    taken: dict[str, set[str]] = {}
    found = []
    for index, thing in things:
        group = str(thing.kind) if isinstance(thing, Sensor | Array) else ""
        found.append(replace(thing, name=unique(thing.name, index, taken.setdefault(group, set()))))
    return tuple(found) or None


def _gaps(answered: VarBinds) -> Iterator[Gap]:
    """One sentence for each part of which something was not read to its end."""
    found: dict[str, list[str]] = {}
    for gap in answered.gaps:
        for part in _parts(gap.base):
            found.setdefault(part, []).append(f"{gap.base} was not read to its end: {gap.detail or gap.reason}")
    for part in (*BY_SCALARS, "arrays", "interfaces") if answered.cut else ():
        found.setdefault(part, []).append("the device gave more rows than are read")
    for part, sentences in found.items():
        more = f" ({len(sentences) - 1} more columns neither)" if len(sentences) > 1 else ""
        yield Gap(part, sentences[0] + more)


def _parts(base: str) -> Sequence[str]:
    found = {part for part, table, _ in TABLES if f"{base}.".startswith(f"{table}.")}
    if base.startswith(f"{hosts.STORAGE}."):
        found.add("memory")
    found |= {vendors.PART[look.gives] for look in rules.shipped() if f"{base}.".startswith(f"{look.base}.")}
    if base == SECOND:
        found |= {*BY_SCALARS}
    return sorted(found) or ("sensors",)  # ENTITY-MIB and the sensors' tables


HEALTH = HealthProbe()
