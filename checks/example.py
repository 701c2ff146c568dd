"""Examples: facts in, expected ruling out. Each check carries its own, and they are its tests.

An example gives only the fields that matter. The others are fillers: reading one is an error, so an example cannot pass
by accident of a default.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from checks.advisories.library import Advisories
from checks.advisories.support import SupportDates
from checks.check import Check, Context
from checks.document import Block, Fault, Items, Value, nearest, only
from checks.estate import Gathered, Peers, decode, encode, entry_of
from checks.finding import CheckRun, Outcome
from checks.path import Shape, members, shape_of
from checks.predicate import fits
from inventory.asset import Asset, Connection, Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.table import FACTS
from inventory.policy import NO_POLICY, Policy

T = TypeVar("T")
EXAMPLE_ASSET = Asset("example", Connection("ssh", "192.0.2.1"))  # RFC 5737, TEST-NET-1
EXAMPLE_TIME = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORST_FIRST = (Outcome.FAIL, Outcome.ERROR, Outcome.NOT_ASSESSED, Outcome.PASS, Outcome.NOT_APPLICABLE)


class FillerRead(BaseException):
    """A check read a field that its example leaves out. Not an ``Exception``: a broken rule must not hide it."""


class Partial:
    """Stands in for a dataclass of which only some fields are given. Properties and methods are the real ones."""

    def __init__(self, shape: type, given: Mapping[str, Any]) -> None:
        self.__dict__.update(given)
        self.__dict__["_shape"] = shape

    def __getattr__(self, name: str) -> object:  # only called for what is not given
        shape = self.__dict__.get("_shape", object)
        if isinstance(member := getattr(shape, name, None), property) and member.fget is not None:
            return member.fget(self)
        if name in {f.name for f in fields(shape)}:
            raise FillerRead(f"{shape.__name__}.{name} was read, but the example does not give it")
        if callable(member):
            return member.__get__(self)
        raise AttributeError(name)

    def __repr__(self) -> str:
        given = ", ".join(f"{k}={v!r}" for k, v in self.__dict__.items() if k != "_shape")
        return f"partial({self.__dict__['_shape'].__name__}, {given})"


def partial(shape: type[T], **given: object) -> T:
    """A fact, or a part of one, of which only ``given`` may be read. Raises :class:`TypeError` for an unknown field."""
    known = [f.name for f in fields(cast("Any", shape))]
    for name in given:
        if name not in known:
            raise TypeError(f'{shape.__name__} has no field "{name}"{nearest(name, known)}')
    return cast("T", Partial(shape, given))


@dataclass(frozen=True, slots=True)
class Example:
    """``facts`` maps fact names to a (partial) fact, Missing or Absent; a needed fact left out is a filler."""

    outcome: Outcome  # the worst over all subjects
    facts: Mapping[str, Any]
    asset: Asset = EXAMPLE_ASSET
    says: str | tuple[str, ...] = ()  # exact sentences of the rulings with that outcome; (): not looked at
    subjects: tuple[str, ...] | None = None  # exact keys of the rulings with that outcome, in order
    support: SupportDates | None = None
    advisories: Advisories | None = None
    now: datetime = EXAMPLE_TIME
    line: int = 0
    policy: Policy = NO_POLICY
    others: Mapping[str, Mapping[str, Any]] | None = None  # facts of other assets by name, for a check of the estate

    def context(self, check: Check) -> Context:
        facts = {**{name: Partial(FACTS[name], {}) for name in check.needs}, **self.facts}
        return Context(
            self.asset, facts, self.now, self.support, self.advisories, self.policy, self._estate(check, facts)
        )

    def _estate(self, check: Check, facts: Mapping[str, Any]) -> Gathered | None:
        if check.gathers is None or self.others is None:
            return None
        of_all = {self.asset.name: facts, **self.others}
        entries = {name: entry_of(check.needs, check.gathers, told) for name, told in of_all.items()}
        return Gathered(self.asset.name, Peers(decode(encode(entries))))

    def wrong(self, check: Check) -> str:
        """What a check says otherwise than this example expects; "" when it agrees. Raises :class:`FillerRead`."""
        runs = check.judge(self.context(check), dict.fromkeys(check.needs, Privilege.ROOT))
        outcome = overall(runs)
        if outcome is not self.outcome:
            said = "; ".join(f"{r.outcome}: {r.observed}" for r in runs)
            return f"{self.outcome} is expected, but it says {said}"
        return self._differs([r for r in runs if r.outcome is outcome])

    def _differs(self, runs: Sequence[CheckRun]) -> str:
        keys, said = tuple(r.subject.key for r in runs), tuple(r.observed for r in runs)
        if self.subjects is not None and keys != self.subjects:
            return f"the subjects {self.subjects} are expected, not {keys}"
        expected = (self.says,) if isinstance(self.says, str) else self.says
        if expected and said != expected:
            return f"the words {expected} are expected, not {said}"
        return ""


def overall(runs: Sequence[CheckRun]) -> Outcome:
    """The worst outcome of one check on one asset."""
    return min((r.outcome for r in runs), key=WORST_FIRST.index)


def faults_of(check: Check) -> Iterator[str]:
    """Run a check's examples: a sentence for each that does not hold."""
    for number, example in enumerate(check.examples, 1):
        try:
            wrong = example.wrong(check)
        except FillerRead as fault:
            wrong = str(fault)
        if wrong:
            yield f"{place(check, example, number)}: {wrong}"


def place(check: Check, example: Example, number: int) -> str:
    """Where an example stands, for messages."""
    return f"{check.source}:{example.line}" if example.line else f"{check.source}: {check.id}: example {number}"


def lacking(examples: Sequence[Example]) -> str:
    """Which of the three kinds of example is not there, in words; "" when all are."""
    have = {e.outcome for e in examples}
    for words, wanted in (
        ("a pass", {Outcome.PASS}),
        ("a fail", {Outcome.FAIL}),
        ("a not_applicable or not_assessed", {Outcome.NOT_APPLICABLE, Outcome.NOT_ASSESSED}),
    ):
        if not have & wanted:
            return f"examples lack {words}"
    return ""


_KINDS = ("pass", "fail", "not_applicable", "not_assessed")
_ABSENT = Absent("there is none on this host")


def from_yaml(node: Value, needs: Sequence[str], line: int) -> Example:
    """Decode ``{pass: {sshd: {...}, asset: {...}}, says: ..., subjects: [...]}``. Raises :class:`Fault`."""
    if not isinstance(node, Block):
        raise Fault(line, "an example is a mapping: {pass: {fact: {...}}}")
    only(node, (*_KINDS, "says", "subjects"))
    kinds = [k for k in _KINDS if k in node]
    if len(kinds) != 1:
        raise Fault(line, f"an example has exactly one of {', '.join(_KINDS)}")
    (kind,) = kinds
    given = node[kind]
    if not isinstance(given, Block):
        raise Fault(node.at(kind), "an example names its facts: {fact: {...}}")
    only(given, (*needs, "asset"))
    subjects = _words(node, "subjects") if "subjects" in node else None
    facts = {name: _fact(name, given[name], given.at(name)) for name in given if name != "asset"}
    return Example(Outcome(kind), facts, _asset(given), _words(node, "says"), subjects, line=line)


def _words(node: Block, key: str) -> tuple[str, ...]:
    value = node.get(key, ())
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(w, str) for w in words):
        raise Fault(node.at(key), f'"{key}" is a text or a list of texts')
    return tuple(words)


def _fact(name: str, value: Value, line: int) -> object:
    if value == "absent":
        return _ABSENT
    if isinstance(value, str):
        if value not in list(Reason):
            raise Fault(line, f'"{value}" is no reason{nearest(value, [str(r) for r in Reason])}')
        return Missing(Reason(value))
    return _object(FACTS[name], value, line)


def _object(kind: type, value: Value, line: int) -> Partial:
    if not isinstance(value, Block):
        raise Fault(line, f"fields of {kind.__name__} are expected: {{name: value}}")
    return Partial(kind, _fields(kind, value))


def _fields(kind: type, block: Block) -> dict[str, Any]:
    for key in block:
        if isinstance(getattr(kind, key, None), property):
            raise Fault(block.at(key), f'"{key}" of {kind.__name__} is worked out from its fields: give those instead')
    only(block, tuple(f.name for f in fields(kind)))
    return {name: _field(members(kind)[name], block[name], name, block.at(name)) for name in block}


def _field(hint: object, value: Value, name: str, line: int) -> object:
    shape = shape_of(hint)
    if value is None:
        if not shape.optional:
            raise Fault(line, f'"{name}" can never be null')
        return None
    if not shape.many:
        return _one(shape, value, name, line)
    if not isinstance(value, Items):
        raise Fault(line, f'"{name}" is a list')
    return tuple(_one(shape, one, name, place) for place, one in value.placed())


def _one(shape: Shape, value: Value, name: str, line: int) -> object:
    if is_dataclass(shape.kind):
        return _object(shape.kind, value, line)
    if not fits(value, shape.kind):
        raise Fault(line, f'"{name}" is {Shape(shape.kind)}, not {value!r}')
    return shape.kind(value)


def _asset(given: Block) -> Asset:
    """The inventory's defaults, with what the example says otherwise: a default here is a real answer."""
    if "asset" not in given:
        return EXAMPLE_ASSET
    block = given["asset"]
    if not isinstance(block, Block):
        raise Fault(given.at("asset"), "fields of the asset are expected: {name: value}")
    return replace(EXAMPLE_ASSET, **_fields(Asset, block))
