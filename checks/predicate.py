"""The small language of declarative checks: ``{fact, op, value}`` joined by ``all``, ``any`` and ``not``.

Three answers (Kleene's strong logic): True, False, and None for "the host did not report what this needs to know".
A false part settles ``all`` and a true part settles ``any``, whatever else is unknown. Parsing compares the types of
field and value; what it accepts can be evaluated on every fact of that shape.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from enum import Enum
from typing import Any

from checks.check import Context
from checks.document import Block, Fault, Items, Value, nearest, only
from checks.path import Path, PathError, Shape, resolve

Test = Callable[[Context, object], bool | None]


@dataclass(frozen=True, slots=True)
class Operator:
    """``takes`` is the shape of the field, ``wants`` that of the value: nothing, one, number, list or pattern."""

    negation: str
    takes: Callable[[Shape], bool]
    field: str  # the shape in words
    wants: str
    holds: Callable[[Any, Any], bool]  # (field's value, check's value)


def _comparable(shape: Shape) -> bool:
    return shape.scalar and shape.kind is not bool


def _number(shape: Shape) -> bool:
    return shape.scalar and shape.kind in (int, float)


def _boolean(shape: Shape) -> bool:
    return shape.scalar and shape.kind is bool


def _text(shape: Shape) -> bool:
    return shape.scalar and issubclass(shape.kind, str)


def _flat(shape: Shape) -> bool:
    return shape.many and not is_dataclass(shape.kind)


def _searchable(shape: Shape) -> bool:
    return _flat(shape) or _text(shape)


def _countable(shape: Shape) -> bool:
    return shape.many or _text(shape)


def _any_optional(shape: Shape) -> bool:
    return shape.optional


Holds = Callable[[Any, Any], bool]
Takes = Callable[[Shape], bool]


def _pair(names: str, takes: Takes, said: str, wants: str, holds: Holds, fails: Holds) -> dict[str, Operator]:
    """An operator and its opposite, which holds exactly when the first does not."""
    name, opposite = names.split()
    return {
        name: Operator(opposite, takes, said, wants, holds),
        opposite: Operator(name, takes, said, wants, fails),
    }


# The functions are written out in both directions because they run for each item of each list of each host.
OPERATORS: Mapping[str, Operator] = {
    **_pair("equals not_equals", _comparable, "a text or a number", "one", operator.eq, operator.ne),
    **_pair("in not_in", _comparable, "a text or a number", "list", lambda v, w: v in w, lambda v, w: v not in w),
    **_pair("at_least less_than", _number, "a number", "number", operator.ge, operator.lt),
    **_pair("at_most greater_than", _number, "a number", "number", operator.le, operator.gt),
    **_pair("is_true is_false", _boolean, "true or false", "nothing", lambda v, _: v, lambda v, _: not v),
    **_pair(
        "contains not_contains",
        _searchable,
        "a list or a text",
        "one",
        lambda v, w: w in v,
        lambda v, w: w not in v,
    ),
    **_pair(
        "contains_any contains_none",
        _flat,
        "a list",
        "list",
        lambda v, w: not w.isdisjoint(v),
        lambda v, w: w.isdisjoint(v),
    ),
    **_pair(
        "is_empty is_not_empty", _countable, "a list or a text", "nothing", lambda v, _: not v, lambda v, _: bool(v)
    ),
    **_pair(
        "matches not_matches",
        _text,
        "a text",
        "pattern",
        lambda v, w: bool(w.fullmatch(v)),
        lambda v, w: not w.fullmatch(v),
    ),
    **_pair(
        "missing exists",
        _any_optional,
        "something a host may not report",
        "nothing",
        lambda v, _: v is None,
        lambda v, _: v is not None,
    ),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison. ``value`` is a scalar, or a tuple of them; ``param`` names the parameter it came from."""

    path: Path
    op: str
    value: Any = None
    param: str = ""
    test: Test = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _clause_test(self.path, self.op, self.value))

    def __str__(self) -> str:
        words = (
            [self.path.text, self.op]
            if OPERATORS[self.op].wants == "nothing"
            else [self.path.text, self.op, self.value]
        )
        return " ".join(str(list(w) if isinstance(w, tuple) else w) for w in words)

    def unknown(self, context: Context, item: object) -> Iterator[str]:
        """Fields that the host did not report and that this would have needed."""
        if self.test(context, item) is None:
            yield self.path.text


@dataclass(frozen=True, slots=True)
class Group:
    """``all`` or ``any`` of at least one part."""

    join: str
    parts: tuple["Predicate", ...]
    test: Test = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _group_test(self.join == "any", [p.test for p in self.parts]))

    def __str__(self) -> str:
        return f"{self.join}({', '.join(str(p) for p in self.parts)})"

    def unknown(self, context: Context, item: object) -> Iterator[str]:
        for part in self.parts:
            yield from part.unknown(context, item)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Predicate"
    test: Test = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _not_test(self.part.test))

    def __str__(self) -> str:
        return f"not({self.part})"

    def unknown(self, context: Context, item: object) -> Iterator[str]:
        yield from self.part.unknown(context, item)


Predicate = Clause | Group | Not


def clauses(predicate: Predicate) -> Iterator[Clause]:
    """Every comparison in a predicate, in order."""
    if isinstance(predicate, Clause):
        yield predicate
    else:
        for part in predicate.parts if isinstance(predicate, Group) else (predicate.part,):
            yield from clauses(part)


def _clause_test(path: Path, op: str, value: Value) -> Test:
    read, holds, wants = path.read, OPERATORS[op].holds, OPERATORS[op].wants
    if OPERATORS[op].takes is _any_optional:
        return lambda context, item: holds(read(context, item), None)
    against = re.compile(value) if wants == "pattern" else frozenset(value) if wants == "list" else value

    def test(context: Context, item: object) -> bool | None:
        found = read(context, item)
        return None if found is None else holds(found, against)

    return test


def _group_test(settles: bool, tests: list[Test]) -> Test:
    def test(context: Context, item: object) -> bool | None:
        answer: bool | None = not settles
        for part in tests:
            said = part(context, item)
            if said is settles:
                return settles
            if said is None:
                answer = None
        return answer

    return test


def _not_test(part: Test) -> Test:
    def test(context: Context, item: object) -> bool | None:
        said = part(context, item)
        return None if said is None else not said

    return test


@dataclass(frozen=True, slots=True)
class Terms:
    """What a predicate may speak of."""

    facts: Collection[str]  # the check's ``needs``
    params: Mapping[str, Any]
    item: Shape | None = None  # inside for_each

    def path(self, text: Value, line: int) -> Path:
        """Raises :class:`Fault` for a path that leads nowhere, or to a fact that the check does not need."""
        try:
            path = resolve(text, self.item)
        except PathError as fault:
            raise Fault(line, str(fault)) from fault
        if path.root not in (*self.facts, "asset", "item"):
            raise Fault(line, f'"{path.text}" is read, but "{path.root}" is not in needs')
        return path


def parse(node: Value, terms: Terms, line: int) -> Predicate:
    """Make a predicate of ``{all: [...]}``, ``{any: [...]}``, ``{not: {...}}`` or ``{fact, op, value}``.

    Raises :class:`Fault`.
    """
    if not isinstance(node, Block) or not node:
        raise Fault(line, "a predicate is expected: all, any, not, or {fact, op, value}")
    for join in ("all", "any"):
        if join in node:
            return _group(node, join, terms)
    if "not" in node:
        only(node, ("not",))
        return Not(parse(node["not"], terms, node.at("not")))
    return _clause(node, terms)


def _group(node: Block, join: str, terms: Terms) -> Group:
    only(node, (join,))
    parts = node[join]
    if not isinstance(parts, Items) or not parts:
        raise Fault(node.at(join), f'"{join}" needs a list of at least one predicate')
    return Group(join, tuple(parse(part, terms, line) for line, part in parts.placed()))


def _clause(node: Block, terms: Terms) -> Clause:
    only(node, ("fact", "op", "value"))
    path = terms.path(node.get("fact"), node.at("fact"))
    op = str(node.get("op"))
    if op not in OPERATORS:
        raise Fault(node.at("op"), f'unknown operator "{op}"{nearest(op, list(OPERATORS))}')
    known = OPERATORS[op]
    if not known.takes(path.shape):
        raise Fault(node.at("op"), f'"{op}" wants {known.field}, but "{path.text}" is {path.shape}{_always(path)}')
    value, param = _given(node, terms)
    return Clause(path, op, _checked(value, op, path, node), param)


def _always(path: Path) -> str:
    return "" if path.shape.optional else " and always reported"


def _given(node: Block, terms: Terms) -> tuple[Any, str]:
    value = node.get("value")
    if not isinstance(value, str) or not value.startswith("$"):
        return value, ""
    name = value[1:]
    if name not in terms.params:
        raise Fault(node.at("value"), f'there is no parameter "{name}"{nearest(name, list(terms.params))}')
    return terms.params[name], name


def _checked(value: Value, op: str, path: Path, node: Block) -> Value:
    wants, line = OPERATORS[op].wants, node.at("value")
    if wants == "nothing":
        if "value" in node:
            raise Fault(line, f'"{op}" takes no value')
        return None
    if wants == "list":
        return _list(value, op, path, line)
    if wants == "pattern":
        return _pattern(value, line)
    if not fits(value, path.shape.kind):
        raise Fault(line, f'"{path.text}" is {path.shape}: it cannot be compared with {value!r}')
    return value


def _list(value: Value, op: str, path: Path, line: int) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise Fault(line, f'"{op}" wants a list of at least one value')
    for one in value:
        if not fits(one, path.shape.kind):
            raise Fault(line, f'"{path.text}" is {path.shape}: it cannot be compared with {one!r}')
    if len(set(value)) != len(value):
        raise Fault(line, "a value is in the list twice")
    return tuple(value)


def _pattern(value: Value, line: int) -> str:
    if not isinstance(value, str):
        raise Fault(line, "a regular expression is expected")
    try:
        re.compile(value)
    except re.error as fault:
        raise Fault(line, f"not a regular expression: {fault}") from fault
    return value


def fits(value: Value, kind: type) -> bool:
    """Whether a value of a YAML file can be one of this type. ``true`` is no number, a word is no enum's by chance."""
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind is float:
        return isinstance(value, int | float)
    if issubclass(kind, Enum):
        return value in [m.value for m in kind]
    return isinstance(value, kind)
