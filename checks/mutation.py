"""The gate of every check: its examples must hold, and must notice each small fault built into its rule.

A mutant that no example notices is a test that is lacking. There is no list of exceptions: a rule with a mutant
that means the same is written more plainly instead.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from checks import example, python_mutants
from checks.check import Check, Context
from checks.declarative import Declaration
from checks.decorator import PythonRule, Waiver
from checks.finding import Ruling
from checks.path import Shape
from checks.predicate import OPERATORS, Clause, Group, Not, Predicate
from checks.template import Template

Rule = Callable[[Context], Iterable[Ruling]]
_STRICT = {"at_least": "greater_than", "greater_than": "at_least", "at_most": "less_than", "less_than": "at_most"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one fault in it, and the fault in words. ``waived`` is given when the fault is there."""

    fault: str
    rule: Rule
    waived: Callable[[Context], str] | None = None


def problems(check: Check) -> list[str]:
    """Examples that do not hold; when all hold, mutants that survive them."""
    broken = list(example.faults_of(check))
    return broken or [f"{check.source}: {check.id}: no example notices: {m.fault}" for m in survivors(check)]


def survivors(check: Check) -> list[Mutant]:
    return [m for m in mutants(check) if not _noticed(_with(check, m))]


def _with(check: Check, mutant: Mutant) -> Check:
    """The check with the mutant's rule; a declared rule brings its own waiver."""
    waived = mutant.waived or getattr(mutant.rule, "waived", check.waived)
    return replace(check, rule=mutant.rule, waived=waived)


def mutants(check: Check) -> Iterator[Mutant]:
    """Every mutant of a check, each once."""
    if isinstance(check.rule, Declaration):
        yield from _declared(check.rule)
    elif isinstance(check.rule, PythonRule):
        for fault, function in python_mutants.of(check.rule.function):
            yield Mutant(fault, replace(check.rule, function=function))
        if isinstance(check.waived, Waiver):
            for fault, function in python_mutants.of(check.waived.function):
                yield Mutant(fault, check.rule, Waiver(function))


def _noticed(check: Check) -> bool:
    return any(_speaks_against(one, check) for one in check.examples)


def _speaks_against(one: example.Example, check: Check) -> bool:
    """A mutant that judges by a filler proves nothing: it was not shown to be wrong, only to look elsewhere."""
    try:
        return bool(one.wrong(check))
    except example.FillerRead:
        return isinstance(check.rule, Declaration) and _judges_otherwise(one, check, check.rule)


def _judges_otherwise(one: example.Example, check: Check, rule: Declaration) -> bool:
    """Compare the outcome alone: a sentence about a field that the example leaves out is beside the point."""
    mute = replace(rule, finding=Template(()), evidence=Template(()), each=rule.each and replace(rule.each, key=()))
    try:
        return bool(replace(one, says=(), subjects=None).wrong(replace(check, rule=mute)))
    except example.FillerRead:
        return False


@dataclass(frozen=True, slots=True)
class _Change:
    fault: str
    predicate: Predicate
    param: str = ""  # a list parameter that was changed, also for the sentences
    values: tuple[Any, ...] = ()


def _declared(rule: Declaration) -> Iterator[Mutant]:
    for change in _changes(rule.pass_when):
        yield Mutant(f"pass_when: {change.fault}", _spoken(replace(rule, pass_when=change.predicate), change))
    if rule.applies_when is not None:
        yield Mutant("applies_when dropped", replace(rule, applies_when=None))
        for change in _changes(rule.applies_when):
            mutant = replace(rule, applies_when=change.predicate)
            yield Mutant(f"applies_when: {change.fault}", _spoken(mutant, change))
    if rule.each is not None and rule.each.where is not None:
        yield Mutant("where dropped", replace(rule, each=replace(rule.each, where=None)))
        for change in _changes(rule.each.where):
            each = replace(rule.each, where=change.predicate)
            yield Mutant(f"where: {change.fault}", _spoken(replace(rule, each=each), change))


def _spoken(rule: Declaration, change: _Change) -> Declaration:
    if not change.param:
        return rule
    finding, evidence = (t.with_param(change.param, change.values) for t in (rule.finding, rule.evidence))
    return replace(rule, finding=finding, evidence=evidence)


def _changes(predicate: Predicate) -> Iterator[_Change]:
    """Each way to break a predicate in one place, without doubles."""
    seen = {predicate}
    for change in _all_changes(predicate):
        if change.predicate not in seen:
            seen.add(change.predicate)
            yield change


def _all_changes(predicate: Predicate) -> Iterator[_Change]:
    if isinstance(predicate, Clause):
        yield from _of_clause(predicate)
    elif isinstance(predicate, Not):
        yield _Change(f'"not" dropped before {predicate.part}', predicate.part)
        for change in _all_changes(predicate.part):
            yield replace(change, predicate=Not(change.predicate))
    else:
        yield from _of_group(predicate)


def _of_clause(clause: Clause) -> Iterator[_Change]:
    operator = OPERATORS[clause.op]
    yield _Change(f"{clause} negated", replace(clause, op=operator.negation))
    if isinstance(clause.value, tuple):
        yield from _of_list(clause, clause.value)
    elif operator.wants in ("one", "number") and clause.path.shape == Shape(float, optional=clause.path.shape.optional):
        if clause.op in _STRICT:
            yield _Change(f"limit of {clause} shut or opened", replace(clause, op=_STRICT[clause.op]))
    elif isinstance(clause.value, int):
        for by in (-1, 1):
            yield _Change(f"limit of {clause} off by {by:+d}", replace(clause, value=clause.value + by))


def _of_list(clause: Clause, values: tuple[Any, ...]) -> Iterator[_Change]:
    for value in values:
        left = tuple(v for v in values if v != value)
        yield _Change(f"{value!r} dropped from {clause}", replace(clause, value=left), clause.param, left)


def _of_group(group: Group) -> Iterator[_Change]:
    if len(group.parts) > 1:
        other = "any" if group.join == "all" else "all"
        yield _Change(f"{group.join} swapped with {other}", replace(group, join=other))
    for at, part in enumerate(group.parts):
        if len(group.parts) > 1:
            left = group.parts[:at] + group.parts[at + 1 :]
            yield _Change(f"{part} dropped", replace(group, parts=left))
        for change in _all_changes(part):
            parts = (*group.parts[:at], change.predicate, *group.parts[at + 1 :])
            yield replace(change, predicate=replace(group, parts=parts))
