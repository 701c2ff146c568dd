"""Reads vendors' own tables by their rules into the parts of the fact."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inventory.facts.health import Array, Battery, Kind, Memory, Processor, Sensor, State, Thresholds, Volume
from scanner.probes.network import oids
from scanner.probes.network.health.cells import MAX_ROWS, number, rounded, text
from scanner.probes.network.health.entity import Names
from scanner.probes.network.health.rules import STATES, Flag, Look, Number, StateWords, shipped
from scanner.probes.network.varbinds import VarBind, VarBinds, key_of

Cells = dict[str, VarBind]  # by column, as the rule writes it
PART = {
    "sensor": "sensors",
    "storage": "storage",
    "array": "arrays",
    "battery": "batteries",
    "memory": "memory",
    "processor": "processors",
}


@dataclass
class Told:
    """What vendors' tables said: index and thing, in the order of the tables."""

    sensors: list[tuple[str, Sensor]] = field(default_factory=list)
    storage: list[tuple[str, Volume]] = field(default_factory=list)
    arrays: list[tuple[str, Array]] = field(default_factory=list)
    batteries: list[tuple[str, Battery]] = field(default_factory=list)
    memory: list[tuple[str, Memory]] = field(default_factory=list)
    processors: list[tuple[str, Processor]] = field(default_factory=list)


def concerned(answered: VarBinds, looks: Sequence[Look] | None = None) -> tuple[Look, ...]:
    """The tables worth asking this device for, by its sysObjectID and what else it answered at first."""
    object_id = answered.text(oids.SYS_OBJECT_ID) or ""
    return tuple(look for look in (shipped() if looks is None else looks) if _holds(look, object_id, answered))


def _holds(look: Look, object_id: str, answered: VarBinds) -> bool:
    if look.answers and answered.text(look.answers) is not None:
        return True
    return any(f"{object_id}.".startswith(f"{one}.") for one in look.object)


def first_questions() -> tuple[str, ...]:
    """What must be known before it is clear which tables to ask for."""
    return tuple(dict.fromkeys(look.answers for look in shipped() if look.answers))


def scalars(looks: Sequence[Look]) -> tuple[str, ...]:
    return tuple(f"{look.base}.{column}.0" for look in looks if look.scalars for column in look.columns())


def walks(looks: Sequence[Look]) -> tuple[str, ...]:
    return tuple(f"{look.base}.{column}" for look in looks if not look.scalars for column in look.columns())


def read(answered: VarBinds, called: Names, looks: Sequence[Look] | None = None) -> Told:
    told = Told()
    for look in concerned(answered, looks):
        for index, cells in _rows(answered, look).items():
            if look.only is None or _flag(cells, look.only):
                _add(told, look, index, cells, called)
    return told


def _rows(answered: VarBinds, look: Look) -> dict[str, Cells]:
    rows: dict[str, Cells] = {}
    for column in look.columns():
        start = f"{look.base}.{column}"
        for bind in answered.under(start):
            index = bind.oid[len(start) + 1 :]
            if (index == "0" or not look.scalars) and (index in rows or len(rows) < MAX_ROWS):
                rows.setdefault(index, {})[column] = bind
    return {index: rows[index] for index in sorted(rows, key=key_of)}


def _add(told: Told, look: Look, index: str, cells: Cells, called: Names) -> None:
    name = _name(look, index, cells, called)
    source = f"{look.base}.{look.columns()[-1]}.{index}"
    state, raw = _state(cells, look.state)
    match look.gives:
        case "sensor":
            kind = _kind(look, name, index, called)
            value = _value(cells, look.value)
            if kind and (value is not None or raw is not None):
                limits = _limits(look, cells)
                told.sensors.append((index, Sensor(kind, name, state, raw, value, look.unit, limits, source)))
        case "array":
            told.arrays.append((index, Array(name, str(look.kind or "array"), state, raw, source)))
        case "storage":
            size, used = _sizes(look, cells)
            percent = _percent(cells, look.used_percent)
            kind_ = str(look.kind or "disk")
            told.storage.append((index, Volume(name, kind_, size, used, percent, source=source)))
        case "memory":
            size, used = _sizes(look, cells)
            percent = _percent(cells, look.used_percent)
            if size or percent is not None:
                told.memory.append((index, Memory(name, size, used, percent, look.counts_cache, source)))
        case "processor":
            load = _percent(cells, look.value)
            if load is not None:
                told.processors.append((index, Processor(name, load, look.over, source)))
        case "battery":
            told.batteries.append((index, _battery(look, cells, Battery(name, state, raw, source=source))))


def _name(look: Look, index: str, cells: Cells, called: Names) -> str:
    if look.entity:
        return " ".join(filter(None, [look.label, called.name(index.partition(".")[0])]))
    own = text(cells.get(look.name_column)) if look.name_column else None
    told = own or ("" if look.scalars and look.label else index)
    return " ".join(filter(None, [look.label, told]))


def _kind(look: Look, name: str, index: str, called: Names) -> Kind | None:
    if look.kinds:
        return next((kind for kind, pattern in look.kinds.items() if pattern.search(name)), None)
    kind = Kind(str(look.kind))
    return called.kind(index) or kind if look.entity and kind is Kind.MODULE else kind


def _state(cells: Cells, words: StateWords | None) -> tuple[State, str | None]:
    told = text(cells.get(words.column)) if words else None
    if words is None or told is None:
        return State.UNKNOWN, None
    for key, state in STATES.items():
        if told.lower() in (str(one).lower() for one in getattr(words, key)):
            return state, _said(told, words)
    return State.UNKNOWN, _said(told, words)


def _said(told: str, words: StateWords) -> str:
    meaning = words.words.get(int(told)) if told.lstrip("-").isdecimal() and len(told) < 10 else None
    return f"{meaning}({told})" if meaning else told


def _value(cells: Cells, rule: Number | None) -> float | None:
    told = number(cells.get(rule.column)) if rule else None
    return None if rule is None or told is None or told in rule.unless else rounded(told * rule.scale)


def _percent(cells: Cells, rule: Number | None) -> float | None:
    told = _value(cells, rule)
    return told if told is not None and 0 <= told <= 100 else None


def _limits(look: Look, cells: Cells) -> Thresholds:
    rules = (look.low_critical, look.low_warning, look.high_warning, look.high_critical)
    return Thresholds(*(_value(cells, rule) for rule in rules))


def _sizes(look: Look, cells: Cells) -> tuple[int | None, int | None]:
    """Size and what is used, in bytes; from two of size, used and free where the third is not told."""
    size, used, free = (_bytes(cells, rule) for rule in (look.size, look.used, look.free))
    if size is None and used is not None and free is not None:
        size = used + free
    if used is None and size is not None and free is not None:
        used = max(0, size - free)
    return size, used


def _bytes(cells: Cells, rule: Number | None) -> int | None:
    told = number(cells.get(rule.column)) if rule else None
    if rule is None or told is None or told < 0 or told in rule.unless:
        return None
    return int(told * rule.scale)


def _flag(cells: Cells, flag: Flag | None) -> bool | None:
    told = number(cells.get(flag.column)) if flag else None
    if flag is None or told is None:
        return None
    if told in flag.means:
        return True
    return False if told in flag.means_not or not flag.means_not else None


def _battery(look: Look, cells: Cells, said: Battery) -> Battery:
    seconds, minutes = _value(cells, look.seconds), _value(cells, look.minutes)
    return Battery(
        name=said.name,
        state=said.state,
        raw=said.raw,
        charge_percent=_percent(cells, look.charge),
        minutes_left=minutes if minutes is not None and minutes >= 0 else None,
        seconds_on_battery=int(seconds) if seconds is not None and seconds >= 0 else None,
        on_battery=_flag(cells, look.on_battery),
        replace_needed=_flag(cells, look.replace),
        source=said.source,
    )
