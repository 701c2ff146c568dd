"""Reads one field where a rule says that it stands. What a device answered is cut and cleaned before it is matched."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inventory.facts.device import Source
from scanner.probes.network import entity, grammar, oids
from scanner.probes.network.entity import Entity
from scanner.probes.network.matching import below, description, object_id
from scanner.probes.network.rules import Reading
from scanner.probes.network.varbinds import VarBind, VarBinds

MAX_COLUMN_ROWS = 64  # rows of a table looked at for the first value
MAX_RAW = 512
MAC_OCTETS = 6
SLOT = re.compile(r"\{(\d)\}")


@dataclass(frozen=True, slots=True)
class Found:
    """A value with the place it was read at. ``holds``: also against another source."""

    value: str
    oid: str
    raw: str
    holds: bool = False

    def source(self, field: str) -> Source:
        return Source(field, self.oid, self.raw[:MAX_RAW])


@dataclass(frozen=True, slots=True)
class Answers:
    """What a device answered, with its entities read once."""

    rows: VarBinds
    entities: tuple[Entity, ...]

    @classmethod
    def of(cls, rows: VarBinds) -> "Answers":
        return cls(rows, entity.entities(rows))


def read(reading: Reading, answers: Answers) -> Found | None:
    """The value this reading finds, None when it finds none."""
    if reading.join:
        return _joined(reading, answers)
    for oid, raw in _places(reading, answers):
        if value := _shaped(reading, raw):
            return Found(value, oid, raw, reading.holds)
    return None


def _places(reading: Reading, answers: Answers) -> Iterator[tuple[str, str]]:
    """Where this reading looks, in order: OID and text."""
    if reading.descr:
        yield oids.SYS_DESCR, description(answers.rows)
    elif reading.oid:
        yield from ((reading.oid, text) for text in _text(answers.rows, reading.oid))
    elif reading.relative:
        oid = f"{object_id(answers.rows)}.{reading.relative}"
        yield from ((oid, text) for text in _text(answers.rows, oid))
    elif reading.column:
        rows = answers.rows.under(reading.column)[:MAX_COLUMN_ROWS]
        yield from ((row.oid, _mac(row) if reading.mac else grammar.one_line(row.text)) for row in rows)
    elif reading.entity:
        said = entity.said(answers.entities, reading.entity)
        yield from ((said.oid, said.value),) if said else ()
    elif reading.product:
        yield from _object_name(reading.product, object_id(answers.rows))
    elif reading.fixed:
        yield oids.SYS_OBJECT_ID, reading.fixed


def _mac(row: VarBind) -> str:
    return row.value.hex(":") if len(row.value) == MAC_OCTETS and any(row.value) else ""


def _text(rows: VarBinds, oid: str) -> Iterator[str]:
    if text := rows.text(oid):
        yield grammar.one_line(text)


def _object_name(names: dict[str, str], found: str | None) -> Iterator[tuple[str, str]]:
    """The longest entry that the sysObjectID equals or stands below."""
    for known in sorted(names, key=len, reverse=True):
        if below(found, f"{oids.ENTERPRISES}.{known}"):
            yield oids.SYS_OBJECT_ID, names[known]
            return


def _shaped(reading: Reading, raw: str) -> str | None:
    """What ``descr`` or ``take`` picks, put into ``as``, looked up in ``map``."""
    pattern = reading.descr or reading.take
    groups: Sequence[str | None] = (raw,)
    if pattern:
        found = pattern.search(raw[: grammar.MAX_TEXT])
        if found is None:
            return None
        groups = found.groups() or (found[0],)
    text = _filled(reading.as_, groups) if reading.as_ else next(filter(None, groups), "")
    if reading.map is not None:
        return reading.map.get(text)
    return grammar.clean(text)


def _filled(template: str, groups: Sequence[str | None]) -> str:
    return SLOT.sub(lambda slot: (groups[int(slot[1]) - 1] or "") if int(slot[1]) <= len(groups) else "", template)


def _joined(reading: Reading, answers: Answers) -> Found | None:
    """Several readings as one value: all of them must say something."""
    found = [read(part, answers) for part in reading.join]
    present = [one for one in found if one is not None]
    if not present or len(present) < len(found):
        return None
    values = [one.value for one in present]
    text = _filled(reading.as_, values) if reading.as_ else " ".join(values)
    return Found(text, present[0].oid, " | ".join(one.raw for one in present), any(one.holds for one in present))
