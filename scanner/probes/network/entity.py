"""ENTITY-MIB (RFC 6933): which of the physical entities is the device itself, and which are its chassis and cards."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from inventory.facts.device import Part
from scanner.probes.network import oids
from scanner.probes.network.grammar import clean, one_line
from scanner.probes.network.varbinds import VarBinds

MAX_ENTITIES = 5_000  # a fully stacked chassis has 2,000, ports and sensors with it
MAX_PARTS = 200

# PhysicalClass of RFC 6933 that are parts worth naming; stack(11) groups members and is no box itself
CHASSIS, MODULE, STACK = 3, 9, 11
KINDS = {1: "other", CHASSIS: "chassis", 4: "backplane", MODULE: "module", STACK: "stack", 12: "cpu"}
NAMED = (CHASSIS, MODULE, STACK)


@dataclass(frozen=True, slots=True)
class Entity:
    index: int
    kind: int  # PhysicalClass, 0 where the agent gives none
    description: str | None = None
    name: str | None = None
    hardware: str | None = None
    firmware: str | None = None
    software: str | None = None
    serial: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One value of the device itself, with the OID it stands at."""

    value: str
    oid: str


VALUES = tuple(field.name for field in fields(Entity) if field.name not in {"index", "kind"})
COLUMN_OF = {name: column for column, name in oids.ENT_COLUMNS.items()}


def entities(answered: VarBinds) -> tuple[Entity, ...]:
    """The entities by index, at most ``MAX_ENTITIES``. A cell that says nothing ("N/A", blanks) is None.

    None at all when a column was not read to its end: half a table would make a line card the device.
    """
    if answered.gap(oids.ENT_PHYSICAL):
        return ()
    cells: dict[int, dict[str, str | None]] = {}
    kinds: dict[int, int] = {}
    for column, name in oids.ENT_COLUMNS.items():
        base = f"{oids.ENT_PHYSICAL}.{column}"
        for row in answered.under(base):
            index = row.oid[len(base) + 1 :]
            if not index.isdigit() or (int(index) not in cells and len(cells) >= MAX_ENTITIES):
                continue
            cells.setdefault(int(index), {})[name] = clean(row.text)
            if name == "class" and row.text.isdigit():
                kinds[int(index)] = int(row.text)
    return tuple(
        Entity(index, kinds.get(index, 0), **{name: cells[index].get(name) for name in VALUES})
        for index in sorted(cells)
    )


def itself(found: Sequence[Entity]) -> Entity | None:
    """The entity that stands for the whole device: the first chassis that names itself, else what stands first.

    A stack has one chassis a member: the first is the member with the lowest index.
    """
    for kinds in ((CHASSIS,), (STACK,), (0, 1, MODULE, 4)):
        for entity in found:
            if entity.kind in kinds and (entity.serial or entity.model):
                return entity
    return next((entity for entity in found if entity.kind == CHASSIS), found[0] if found else None)


def said(found: Sequence[Entity], name: str) -> Said | None:
    """What the device itself has in this column; a software version that only modules carry counts when they agree."""
    device = itself(found)
    if device is None:
        return None
    if value := getattr(device, name):
        return Said(value, _oid(name, device.index))
    return _of_all(found, name) if name == "software" else None


def _of_all(found: Sequence[Entity], name: str) -> Said | None:
    told = {getattr(entity, name): entity.index for entity in reversed(found) if getattr(entity, name)}
    return Said(*_first(told, name)) if len(told) == 1 else None


def _first(told: dict[str, int], name: str) -> tuple[str, str]:
    value, index = next(iter(told.items()))
    return value, _oid(name, index)


def _oid(name: str, index: int) -> str:
    return f"{oids.ENT_PHYSICAL}.{COLUMN_OF[name]}.{index}"


def parts(found: Sequence[Entity]) -> tuple[Part, ...]:
    """Chassis, stack members and cards that have a model or a serial number, at most ``MAX_PARTS``."""
    named = [entity for entity in found if entity.kind in NAMED and (entity.serial or entity.model)]
    return tuple(
        Part(
            index=entity.index,
            kind=KINDS[entity.kind],
            name=one_line(entity.name or entity.description or "") or None,
            model=entity.model,
            serial=entity.serial,
            hardware=entity.hardware,
            firmware=entity.firmware,
            software=entity.software,
        )
        for entity in named[:MAX_PARTS]
    )
