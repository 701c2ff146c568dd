"""Who made this device, what is it, what runs on it? A pure reading of what an SNMP agent answered.

In this order: the rule of the family table that holds (sysObjectID says who made it, the vendor's own values say the
rest), then the standard MIBs, then the words of sysDescr. Two sources that disagree are a conflict: it is said in the
fact, and the version stays unknown unless one of them is the vendor's own value for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inventory.facts.device import Conflict, Device, Source, VersionKind
from scanner.probes.network import entity, grammar, oids, standard
from scanner.probes.network.matching import best, description, enterprise, object_id, verdicts
from scanner.probes.network.reading import MAX_RAW, Answers, Found, read
from scanner.probes.network.rules import FIELDS, Reading, Rule, Table, shipped
from scanner.probes.network.varbinds import VarBinds

NET_SNMP = 8072  # the agent's maker, not the device's


@dataclass(frozen=True, slots=True)
class Field:
    """One field as read: the value that holds, where it stands, and who contradicts it."""

    name: str
    found: Found | None = None
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """For ``probe --explain``: the fact, one line for each rule and one for each field."""

    device: Device
    rules: tuple[str, ...]
    fields: tuple[str, ...]


def identify(varbinds: VarBinds, table: Table | None = None) -> Device:
    """Pure. Never raises for what a device answered: what it does not tell is None."""
    table = table or shipped()
    answers = Answers.of(varbinds)
    rule = best(varbinds, table)
    fields = {name: _field(name, rule, answers) for name in FIELDS}
    by_architecture = fields["model"].found is None and rule is not None
    if by_architecture and rule is not None:
        fields["model"] = _settled("model", _by_rule(rule.architecture or (), answers))
    values = {name: field.found.value if field.found else None for name, field in fields.items()}
    return Device(
        vendor=_vendor(rule, varbinds, table),
        os=rule.os if rule else None,
        model=values["model"],
        version=values["version"],
        serial=values["serial"],
        boot_version=values["boot_version"],
        uptime_seconds=uptime(varbinds),
        hostname=grammar.clean(varbinds.text(oids.SYS_NAME) or ""),
        rule=rule.name if rule else None,
        model_is_architecture=by_architecture and values["model"] is not None,
        version_kind=rule.version_kind if rule else VersionKind.SOFTWARE,
        parts=None if varbinds.gap(oids.ENT_PHYSICAL) else entity.parts(answers.entities),
        evidence=tuple(_evidence(fields.values(), varbinds)),
        conflicts=tuple(field.conflict for field in fields.values() if field.conflict),
        gaps=tuple(f"{gap.base}: {gap.reason}" for gap in varbinds.gaps),
        object_id=object_id(varbinds),
        description=description(varbinds)[:MAX_RAW] or None,
    )


def explain(varbinds: VarBinds, table: Table | None = None) -> Explanation:
    """Which rule matched, why the others did not, and where each field was read."""
    table = table or shipped()
    device = identify(varbinds, table)
    rules = tuple(_told(verdict.rule, verdict.why_not, device.rule) for verdict in verdicts(varbinds, table))
    fields = tuple(f"{source.field}: {source.raw!r:.120} at {source.oid}" for source in device.evidence)
    return Explanation(device, rules, fields)


def unknown_device(device: Device) -> str | None:
    """The sentence for a device that no rule of the table knows; None for one that is known."""
    if device.rule is not None:
        return None
    return (
        f"unknown device: no rule matches sysObjectID {device.object_id or 'none'} and sysDescr "
        f"{(device.description or '')[:120]!r}; add a rule to the family table (docs/network-devices.md)"
    )


def uptime(varbinds: VarBinds) -> int | None:
    """Seconds: the longest of hrSystemUptime (the host's), snmpEngineTime and sysUpTime, which wraps in 497 days."""
    ticks = [varbinds.number(oid) for oid in (oids.HR_SYSTEM_UPTIME, oids.SYS_UP_TIME)]
    seconds = [tick // 100 for tick in ticks if tick is not None]
    engine = varbinds.number(oids.ENGINE_TIME)
    seconds += [engine] if engine is not None else []
    return max((second for second in seconds if 0 <= second < 2**31), default=None)


def _told(rule: Rule, why_not: str | None, matched: str | None) -> str:
    if why_not:
        return f"{rule.name}: no: {why_not}"
    return f"{rule.name}: matched" if rule.name == matched else f"{rule.name}: holds too, but says less than {matched}"


def _vendor(rule: Rule | None, varbinds: VarBinds, table: Table) -> str | None:
    if rule and rule.vendor:
        return rule.vendor
    number = enterprise(object_id(varbinds))
    named = table.vendors.get(number) if number not in {None, NET_SNMP} and number is not None else None
    return named or standard.vendor(varbinds)


def _field(name: str, rule: Rule | None, answers: Answers) -> Field:
    readings = rule.readings(name) if rule else None
    if readings == ():
        return Field(name)
    found = _settled(name, _by_rule(readings or (), answers))
    return found if found.found or found.conflict else _settled(name, standard.readings(name, answers))


def _by_rule(readings: Sequence[Reading], answers: Answers) -> Iterator[Found]:
    found_any = False
    for reading in readings:
        if reading.otherwise and found_any:
            continue
        if found := read(reading, answers):
            found_any = True
            yield found


def _settled(name: str, found: Iterable[Found]) -> Field:
    """The first source that holds by itself, else the first if none contradicts it. Only a version is left unknown."""
    sources = list(found)
    if not sources:
        return Field(name)
    chosen = next((one for one in sources if one.holds), sources[0])
    against = [one for one in sources if not grammar.agree(chosen.value, one.value)]
    if name not in {"version", "serial"} or not against:
        return Field(name, chosen)
    kept = chosen if chosen.holds or name != "version" else None
    said = tuple(one.source(name) for one in (chosen, *against))
    return Field(name, kept, Conflict(name, said, kept.value if kept else None))


def _evidence(fields: Iterable[Field], varbinds: VarBinds) -> Iterator[Source]:
    for oid, name in ((oids.SYS_OBJECT_ID, "vendor"), (oids.SYS_DESCR, "description")):
        if raw := varbinds.text(oid):
            yield Source(name, oid, grammar.one_line(raw)[:MAX_RAW])
    for field in fields:
        if field.found:
            yield field.found.source(field.name)
