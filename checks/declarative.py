"""Checks that are data: one YAML block becomes one :class:`~checks.check.Check` (docs/write-a-check.md)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from checks import example, predicate, template
from checks.check import Check, Context, Remedy, Theme
from checks.document import Block, Fault, Items, Value, gathering, nearest, only
from checks.example import Example
from checks.finding import HOST, Outcome, Ruling, Severity, Subject, failed, not_applicable, not_assessed, passed
from checks.path import Path, Shape
from checks.predicate import Predicate, Terms, clauses
from checks.template import Template
from inventory.asset import Privilege
from inventory.facts import Reason
from inventory.facts.table import FACTS

E = TypeVar("E", bound=StrEnum)
ID = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*){2}")


_PARAM = re.compile(r"params\.([A-Za-z_][A-Za-z0-9_]*)")


class Faults(ValueError):  # several of document.Fault
    """Everything that is wrong in one check."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f.what for f in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Each:
    """Judge every item of a list. ``where`` tells which items count."""

    items: Path
    kind: str
    key: tuple[Path, ...]  # their values, joined by a space, name the item on this asset
    where: Predicate | None = None

    def subject(self, context: Context, item: object) -> Subject:
        return Subject(self.kind, " ".join(template.shown(p.read(context, item)) for p in self.key))


@dataclass(frozen=True, slots=True)
class Declaration:
    """The rule of a declarative check."""

    pass_when: Predicate
    evidence: Template
    finding: Template
    applies_when: Predicate | None = None
    otherwise: Template | None = None
    each: Each | None = None

    def __call__(self, context: Context) -> Iterable[Ruling]:
        if self.applies_when is not None:
            applies = self.applies_when.test(context, None)
            if applies is None:
                return [_unknown(self.applies_when, context, None)]
            if not applies:
                return [not_applicable(self.otherwise.render(context) if self.otherwise else "")]
        return [self._ruling(context, None, HOST)] if self.each is None else self._rulings(context, self.each)

    def waived(self, context: Context) -> str:
        """Why the check does not apply, when ``applies_when`` reads the inventory only; "" otherwise."""
        asked = self.applies_when
        if asked is None or self.otherwise is None or any(c.path.root != "asset" for c in clauses(asked)):
            return ""
        return self.otherwise.render(context) if asked.test(context, None) is False else ""

    def _ruling(self, context: Context, item: object, subject: Subject) -> Ruling:
        good = self.pass_when.test(context, item)
        if good is None:
            return _unknown(self.pass_when, context, item, subject)
        return passed(self.evidence.render(context)) if good else failed(self.finding.render(context, item), subject)

    def _rulings(self, context: Context, each: Each) -> list[Ruling]:
        """A ruling for each item that fails or cannot be told; one for the host when there is none of these."""
        items = each.items.read(context, None)
        if items is None:
            return [not_assessed(Reason.OUTPUT_UNREADABLE, f"the host did not report {each.items.text}")]
        rulings = [r for item in items if (r := self._item(context, each, item)) is not None]
        return rulings or [passed(self.evidence.render(context))]

    def _item(self, context: Context, each: Each, item: object) -> Ruling | None:
        """None: the item is good, or does not count. One that may not count and is good needs no answer."""
        counts = True if each.where is None else each.where.test(context, item)
        if counts is False:
            return None
        good = self.pass_when.test(context, item)
        if good:
            return None
        if good is None or (counts is None and each.where is not None):
            asked = self.pass_when if good is None or each.where is None else each.where
            return _unknown(asked, context, item, each.subject(context, item))
        return failed(self.finding.render(context, item), each.subject(context, item))


def _unknown(asked: Predicate, context: Context, item: object, subject: Subject = HOST) -> Ruling:
    names = ", ".join(dict.fromkeys(asked.unknown(context, item)))
    why = getattr(item, "why", "")  # an item that could not be seen says why itself
    said = f"{subject.key}: {why}" if why else f"the host did not report {names}"
    return Ruling(Outcome.NOT_ASSESSED, said, subject, Reason.OUTPUT_UNREADABLE)


def check_from(block: Value, source: str, line: int) -> Check:
    """Make a check of one block. Raises :class:`Faults` with everything that is wrong in it."""
    if not isinstance(block, Block):
        raise Faults([Fault(line, "a check is a mapping that starts with its id")])
    faults: list[Fault] = []
    with gathering(faults):
        only(block, (*_READERS, *_RULE_KEYS))
    parts: dict[str, Any] = {"source": source}
    for key, read in _READERS.items():
        with gathering(faults):
            parts[_FIELD.get(key, key)] = read(block, key)
    params: dict[str, Any] = {}
    with gathering(faults):
        params.update(_params(block))
    needs = parts.get("needs", tuple(FACTS))
    rule = _rule(block, Terms(needs, params), faults)
    with gathering(faults):
        parts["examples"] = _examples(block, needs)
    if rule is None or faults:
        raise Faults(faults)
    _all_used(block, rule, needs, params)
    return Check(rule=rule, waived=rule.waived, **parts)


def text(block: Block, key: str) -> str:
    """A text that must be there."""
    value = block.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Fault(
            block.at(key), f'"{key}" is missing' if key not in block else f'"{key}" is a text, in quotes if need be'
        )
    return value.strip()


def texts(block: Block, key: str) -> tuple[str, ...]:
    """A list of texts; one that is not there is empty."""
    value = block.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
        raise Fault(block.at(key), f'"{key}" is a list of texts')
    return tuple(v.strip() for v in value)


def _id(block: Block, key: str) -> str:
    value = text(block, key)
    if not ID.fullmatch(value):
        raise Fault(block.at(key), f'the id "{value}" is not <surface>.<area>.<condition-that-is-bad>')
    return value


def _word(block: Block, key: str, kind: type[E]) -> E:
    value = text(block, key)
    known = [str(m.value) for m in kind]
    if value not in known:
        raise Fault(block.at(key), f'unknown {key} "{value}"{nearest(value, known) or ": one of " + ", ".join(known)}')
    return kind(value)


def _severity(block: Block, key: str) -> Severity:
    value = block.get(key)
    if not isinstance(value, Block):
        raise Fault(block.at(key), f'"{key}" is written {{level: low}}')
    only(value, ("level",))
    return _word(value, "level", Severity)


def _needs(block: Block, key: str) -> tuple[str, ...]:
    names = texts(block, key)
    for name in names:
        if name not in FACTS:
            raise Fault(block.at(key), f'there is no fact "{name}"{nearest(name, list(FACTS))}')
    if not names:
        raise Fault(block.at(key), '"needs" names at least one fact')
    return names


def _remedy(block: Block, key: str) -> Remedy:
    value = block.get(key)
    if not isinstance(value, Block):
        raise Fault(block.at(key), f'"{key}" is missing, or no mapping of text, steps, verify and risk')
    only(value, ("text", "steps", "verify", "risk"))
    words = {name: text(value, name) if name in value else "" for name in ("verify", "risk")}
    return Remedy(text(value, "text"), texts(value, "steps"), **words)


def _version(block: Block, key: str) -> int:
    value = block.get(key, 1)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Fault(block.at(key), '"version" is a whole number from 1')
    return value


def _default(block: Block, key: str) -> bool:
    value = block.get(key, True)
    if not isinstance(value, bool):
        raise Fault(block.at(key), '"default" is true or false')
    return value


_READERS: dict[str, Callable[[Block, str], Any]] = {
    "id": _id,
    "title": text,
    "severity": _severity,
    "theme": lambda block, key: _word(block, key, Theme),
    "rationale": text,
    "remediation": _remedy,
    "needs": _needs,
    "privilege": lambda block, key: _word(block, key, Privilege),
    "version": _version,
    "references": texts,
    "default": _default,
    "supersedes": texts,
    "family": lambda block, key: text(block, key) if key in block else "",
}
_FIELD = {"remediation": "remedy"}
_RULE_KEYS = ("applies_when", "params", "for_each", "where", "subject", "pass_when", "evidence", "finding", "examples")


def _params(block: Block) -> dict[str, Any]:
    given = block.get("params", Block(block.line))
    if not isinstance(given, Block):
        raise Fault(block.at("params"), '"params" is a mapping of names to numbers, texts or lists')
    for name, value in given.items():
        for one in value if isinstance(value, Items) else (value,):
            if not isinstance(one, int | float | str):
                raise Fault(given.at(name), f'the parameter "{name}" is neither a number, a text nor a list of these')
    return {name: tuple(value) if isinstance(value, Items) else value for name, value in given.items()}


def _rule(block: Block, terms: Terms, faults: list[Fault]) -> Declaration | None:
    parts: dict[str, Any] = {}
    below = terms
    with gathering(faults):
        parts["each"] = each = _each(block, terms)
        below = replace(terms, item=Shape(each.items.shape.kind)) if each else terms
        parts["each"] = each and _with_where(block, each, below)
    with gathering(faults):
        parts.update(_applies(block, terms))
    with gathering(faults):
        parts["pass_when"] = predicate.parse(block.get("pass_when"), below, block.at("pass_when"))
    for key, known in (("evidence", terms), ("finding", below)):
        with gathering(faults):
            text(block, key)
            parts[key] = template.parse(block[key], known, block.at(key))
    return None if faults else Declaration(**parts)


def _applies(block: Block, terms: Terms) -> dict[str, Any]:
    if "applies_when" not in block:
        return {}
    given, line = block["applies_when"], block.at("applies_when")
    if not isinstance(given, Block) or "else" not in given:
        raise Fault(
            line, '"applies_when" is a predicate with an "else": the reason that is printed when it does not apply'
        )
    rest = Block(given.line)
    rest.update({key: value for key, value in given.items() if key != "else"})
    rest.lines = given.lines
    otherwise = template.parse(given["else"], terms, given.at("else"))
    return {"applies_when": predicate.parse(rest, terms, line), "otherwise": otherwise}


def _each(block: Block, terms: Terms) -> Each | None:
    if "for_each" not in block:
        for key in ("where", "subject"):
            if key in block:
                raise Fault(block.at(key), f'"{key}" goes with "for_each"')
        return None
    items = terms.path(block["for_each"], block.at("for_each"))
    if not items.shape.many:
        raise Fault(block.at("for_each"), f'"{items.text}" is {items.shape}, not a list')
    subject = block.get("subject")
    if not isinstance(subject, Block):
        raise Fault(block.at("subject"), '"for_each" needs a "subject": {kind: ..., key: item...}')
    only(subject, ("kind", "key"))
    keys = [subject.get("key")] if isinstance(subject.get("key"), str) else texts(subject, "key")
    known = replace(terms, item=Shape(items.shape.kind))
    paths = tuple(known.path(key, subject.at("key")) for key in keys)
    if not paths or not all(p.root == "item" and p.shape.scalar for p in paths):
        raise Fault(subject.at("key"), 'the key of a subject is a field of the item, or a list of them: "item.name"')
    return Each(items, text(subject, "kind"), paths)


def _with_where(block: Block, each: Each, terms: Terms) -> Each:
    if "where" not in block:
        return each
    return replace(each, where=predicate.parse(block["where"], terms, block.at("where")))


def _examples(block: Block, needs: tuple[str, ...]) -> tuple[Example, ...]:
    given = block.get("examples", Items(block.line))
    if not isinstance(given, Items):
        raise Fault(block.at("examples"), '"examples" is a list')
    examples = tuple(example.from_yaml(one, needs, line) for line, one in given.placed())
    if lack := example.lacking(examples):
        raise Fault(block.at("examples"), lack)
    return examples


def _all_used(block: Block, rule: Declaration, needs: tuple[str, ...], params: dict[str, Any]) -> None:
    """A fact or parameter that nothing reads is a leftover, and a fact would be asked of every host for nothing."""
    asked = [rule.pass_when, rule.applies_when, rule.each.where if rule.each else None]
    clauses = [c for p in asked if p is not None for c in predicate.clauses(p)]
    sentences = [t for t in (rule.evidence, rule.finding, rule.otherwise) if t is not None]
    roots = {c.path.root for c in clauses}.union(*(s.facts for s in sentences))
    roots.update([rule.each.items.root] if rule.each else [])
    spoken = set(_PARAM.findall(" ".join(str(block.get(k, "")) for k in ("evidence", "finding", "applies_when"))))
    faults = [Fault(block.at("needs"), f'the fact "{n}" is needed but never read') for n in needs if n not in roots]
    unread = params.keys() - spoken - {c.param for c in clauses}
    faults += [Fault(block.at("params"), f'the parameter "{name}" is never used') for name in sorted(unread)]
    if faults:
        raise Faults(faults)
