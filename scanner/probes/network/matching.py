"""Which rule of the family table holds for a device, and why the others do not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scanner.probes.network import oids
from scanner.probes.network.grammar import MAX_TEXT, one_line
from scanner.probes.network.rules import Rule, Table
from scanner.probes.network.varbinds import VarBinds

OBJECT_ID = re.compile(r"\.?(1\.3\.6\.1\.4\.1\.[1-9]\d*(?:\.\d+)*)\.?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule tried. ``why_not`` is None where everything in it holds."""

    rule: Rule
    why_not: str | None = None


def object_id(answered: VarBinds) -> str | None:
    """sysObjectID, None where the agent gives none or one that names no vendor (0.0, 1.3, enterprise 0)."""
    found = OBJECT_ID.fullmatch(answered.text(oids.SYS_OBJECT_ID) or "")
    return found[1] if found else None


def enterprise(object_id: str | None) -> int | None:
    """The IANA enterprise number in a sysObjectID."""
    if object_id is None or not object_id.startswith(oids.ENTERPRISES + "."):
        return None
    return int(object_id.removeprefix(oids.ENTERPRISES + ".").partition(".")[0])


def description(answered: VarBinds) -> str:
    return one_line(answered.text(oids.SYS_DESCR) or "")


def below(oid: str | None, base: str) -> bool:
    return oid is not None and (oid == base or oid.startswith(base + "."))


def verdicts(answered: VarBinds, table: Table) -> Iterator[Verdict]:
    """Every rule of the table, in its order."""
    found, descr = object_id(answered), description(answered)
    for rule in table.rules:
        yield Verdict(rule, _why_not_asked(rule, found, descr) or _why_not_answered(rule, answered))


def best(answered: VarBinds, table: Table) -> Rule | None:
    """The rule of the highest rank, then the one with the most that holds, then the one with the longer sysObjectID."""
    held = [rule for rule in candidates(answered, table) if _why_not_answered(rule, answered) is None]
    found = object_id(answered)
    return max(held, key=lambda rule: weight(rule, found), default=None)


def weight(rule: Rule, found: str | None) -> tuple[int, int, int]:
    when = rule.when
    own = 4 * bool(when.answers or when.says) + 2 * bool(when.descr)
    longest = max((base.count(".") for base in when.object if below(found, base)), default=0)
    return rule.rank, own, longest


def candidates(answered: VarBinds, table: Table) -> tuple[Rule, ...]:
    """The rules that may still hold after the first packet: sysObjectID and sysDescr do not speak against them."""
    found, descr = object_id(answered), description(answered)
    return tuple(rule for rule in table.rules if _why_not_asked(rule, found, descr) is None)


def _why_not_asked(rule: Rule, found: str | None, descr: str) -> str | None:
    """By what the first packet brings. Without a usable sysObjectID a rule must know the device by something else."""
    when = rule.when
    if when.object and not (found is not None and f"{found}.".startswith(when.above)):
        if found is not None:
            return f"sysObjectID {found} is not below {' or '.join(when.object)}"
        if not (when.descr or when.answers or when.says):
            return "the device gives no usable sysObjectID, and the rule knows it by nothing else"
    if when.descr and not when.descr.search(descr[:MAX_TEXT]):
        return f"sysDescr {descr[:120]!r} does not match {when.descr.pattern!r}"
    return None


def _why_not_answered(rule: Rule, answered: VarBinds) -> str | None:
    if rule.when.answers and not any(answered.text(oid) for oid in rule.when.answers):
        return f"none of {', '.join(rule.when.answers)} answered"
    for oid, pattern in rule.when.says.items():
        if not pattern.search(one_line(answered.text(oid) or "")):
            return f"{oid} says {answered.text(oid)!r:.120}, which does not match {pattern.pattern!r}"
    return None
