"""One output, read by its rule: two readings of each field (our line, ntc-templates' column) that must agree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inventory.facts.device import Conflict, Part, Source
from scanner.probes.cli.rules import Place, Rule
from scanner.probes.cli.templates import Row, columns

MAX_LINES = 2000
MAX_LINE = 512  # characters; a longer line is no line of these outputs, and patterns would take long over it
MAX_TEXT = 64 * 1024
RAW = 512
MOST_PARTS = 256
_NOTHING = frozenset({"", "-", "--", "n/a", "na", "none", "unknown", "unspecified", "not", "null", "<private>"})
GAP = " " * 64  # the widest between two columns
_WIDE = re.compile(r"[ \t]{65,}")
_TOKEN = re.compile(r"[0-9A-Za-z]+")
_PART = re.compile(
    r"^NAME:(?P<name>[^\n]*?),[ ]*DESCR:(?P<descr>[^\n]*)\n(?: *\n)?"
    r"PID:(?P<model>[^,\n]*),[ ]*VID:(?P<hardware>[^,\n]*),[ ]*SN:(?P<serial>[^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
_CHASSIS = re.compile(r"(?i)\bchassis\b|^rack 0$|^(?:switch )?1$|^switch1$|^c?\d+ +chassis")


@dataclass(frozen=True, slots=True)
class Reading:
    """``values``: the fields that both readings agree on, or that one of them gives."""

    rule: Rule
    first_line: str
    values: dict[str, Source]
    conflicts: tuple[Conflict, ...]
    parts: tuple[Part, ...]


def tidy(output: str) -> str:
    """Bounded: so many lines, none longer than it can be, no gap wider: patterns take long over long runs of blanks."""
    lines = output[:MAX_TEXT].replace("\r", "").split("\n")[:MAX_LINES]
    return "\n".join(_WIDE.sub(GAP, line.rstrip()) for line in lines if len(line) <= MAX_LINE)


def read(rule: Rule, command: str, text: str) -> Reading:
    """``text`` as :func:`tidy` made it. Raises :class:`scanner.query.Unreadable`."""
    row = columns(rule.template, text) if rule.template else {}
    values: dict[str, Source] = {}
    conflicts: list[Conflict] = []
    for name, place in rule.places():
        said = list(_said(name, place, command, text, row))
        if len(said) == 2 and not agree(said[0].raw, said[1].raw):
            conflicts.append(Conflict(name, tuple(said)))
        elif said:
            values[name] = said[0]
    parts = inventory_parts(text) if rule.inventory else _members(rule, row)
    if rule.inventory:
        values |= {source.field: source for source in _of_chassis(command, parts)}
    first_line = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return Reading(rule, first_line, values, tuple(conflicts), parts)


def _said(name: str, place: Place, command: str, text: str, row: Row) -> Iterator[Source]:
    """Our reading, then the template's. A value that does not stand in the output is none."""
    own = next((v for pattern in place.line if (found := pattern.search(text)) and (v := given(found[1]))), None)
    if own:
        yield Source(name, command, own)
    for column in place.column:
        value = _first(row.get(column, ""))
        if place.take:
            value = found[1] if (found := place.take.search(value)) else ""
        if (read := given(value)) and read in text:
            yield Source(name, f"{command}, ntc-templates {column.upper()}", read)
            return


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else next(iter(value), "")


def given(value: str | None) -> str | None:
    """None for the words devices write where they have no value."""
    text = " ".join((value or "").split())[:RAW]
    return None if text.lower() in _NOTHING else text


def agree(one: str, other: str) -> bool:
    """Equal, or the whole of one stands in the other, word by word: "v7.4.8" in "FortiGate-60F v7.4.8 (GA)"."""
    short, long = sorted((_TOKEN.findall(one.lower()), _TOKEN.findall(other.lower())), key=len)
    return bool(short) and any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


def _members(rule: Rule, row: Row) -> tuple[Part, ...]:
    """Of a stack, when the lists of the template are equally long: else nobody knows whose is whose."""
    if rule.members is None:
        return ()
    models, serials = row.get(rule.members.model, []), row.get(rule.members.serial, [])
    if isinstance(models, str) or isinstance(serials, str) or len(models) != len(serials) or len(models) < 2:
        return ()
    pairs = list(zip(models, serials, strict=True))[:MOST_PARTS]
    return tuple(
        Part(at, rule.members.kind, model=given(model), serial=given(serial))
        for at, (model, serial) in enumerate(pairs, start=1)
    )


def inventory_parts(text: str) -> tuple[Part, ...]:
    """The entries of ``show inventory`` of Cisco's systems, in their order."""
    found = list(_PART.finditer(text))[:MOST_PARTS]
    return tuple(
        Part(
            at,
            "chassis" if any(_CHASSIS.search(entry[word].strip(' "')) for word in ("name", "descr")) else "module",
            name=given(entry["name"].strip(' "')),
            model=given(entry["model"]),
            serial=given(entry["serial"]),
            hardware=given(entry["hardware"]),
        )
        for at, entry in enumerate(found, start=1)
    )


def _of_chassis(command: str, parts: tuple[Part, ...]) -> Iterator[Source]:
    chassis = next((part for part in parts if part.kind == "chassis"), None)
    if chassis is not None:
        for name, value in (("model", chassis.model), ("serial", chassis.serial)):
            if value:
                yield Source(name, command, value)
