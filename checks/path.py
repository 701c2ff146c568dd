"""Fact paths: ``sshd.max_auth_tries``, ``asset.roles``, ``item.target``. Resolved once, then only read.

A path follows fields and properties. A collection has the field ``count``; any other name after a collection of
dataclasses gives that field of every item (``authorized_keys.of_root.fingerprint``). ``None`` on the way makes the
whole ``None``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from operator import attrgetter
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from checks.check import Context
from checks.document import nearest
from inventory.asset import Asset
from inventory.facts.table import FACTS

Read = Callable[[Context, object], Any]  # (context, item of for_each or None) -> value


class PathError(ValueError):
    """The path does not lead anywhere. The message says at which word, and what was near."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The type at the end of a path."""

    kind: type  # str, int, float, bool, an enum, or a dataclass
    many: bool = False  # a collection of them
    optional: bool = False  # None says: the host did not report it

    def __str__(self) -> str:
        words = {str: "text", int: "number", float: "number", bool: "true or false"}
        name = words.get(self.kind, self.kind.__name__)
        return f"a list of {name}" if self.many else name

    @property
    def scalar(self) -> bool:
        return not self.many and not is_dataclass(self.kind)


@dataclass(frozen=True, slots=True)
class Path:
    text: str
    root: str  # a fact's name, asset, or item
    shape: Shape
    read: Read = field(compare=False, repr=False)


def shape_of(hint: object) -> Shape:
    """The shape of a type annotation. Raises :class:`PathError` for one that paths do not know."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = [a for a in args if a is not NoneType]
        if len(inner) != 1 or len(inner) == len(args):
            raise PathError(f"has a type that checks cannot read: {hint}")
        shape = shape_of(inner[0])
        return Shape(shape.kind, shape.many, optional=True)
    if origin in (tuple, frozenset) and (origin is frozenset or args[1:] == (Ellipsis,)):
        return Shape(shape_of(args[0]).kind, many=True)
    if isinstance(hint, type):
        return Shape(hint)
    raise PathError(f"has a type that checks cannot read: {hint}")


@cache
def members(kind: type) -> Mapping[str, Any]:
    """Annotation of each field and property of a dataclass."""
    hints = dict(get_type_hints(kind))
    for name, member in vars(kind).items():
        if isinstance(member, property) and member.fget is not None:
            hints[name] = get_type_hints(member.fget).get("return", object)
    return MappingProxyType(hints)


def resolve(text: str, item: Shape | None = None) -> Path:
    """Follow a path through the types. ``item`` is the shape of one item inside ``for_each``.

    Raises :class:`PathError`.
    """
    if not isinstance(text, str) or not text:
        raise PathError(f"a fact path is expected, not {text!r}")
    return _resolve(text, item)


@cache
def _resolve(text: str, item: Shape | None) -> Path:
    root, *names = text.split(".")
    shape = _root_shape(root, item)
    steps: list[Callable[[Any], Any]] = []
    for name in names:
        step, shape = _step(text, shape, name)
        steps.append(step)
    return Path(text, root, shape, _reader(root, steps))


def _root_shape(root: str, item: Shape | None) -> Shape:
    if root == "asset":
        return Shape(Asset)
    if root == "item":
        if item is None:
            raise PathError("item is known inside for_each only")
        return item
    if root not in FACTS:
        raise PathError(f'there is no fact "{root}"{nearest(root, [*FACTS, "asset", "item"])}')
    return Shape(FACTS[root])


def _step(text: str, shape: Shape, name: str) -> tuple[Callable[[Any], Any], Shape]:
    if shape.many and name == "count":
        return len, Shape(int, optional=shape.optional)
    if not is_dataclass(shape.kind):
        raise PathError(f'"{text}": there is nothing below {shape}, so no "{name}"')
    found = members(shape.kind)
    if name not in found:
        raise PathError(f'"{text}": {shape.kind.__name__} has no field "{name}"{nearest(name, list(found))}')
    below = shape_of(found[name])
    get = attrgetter(name)
    if not shape.many:
        return get, Shape(below.kind, below.many, shape.optional or below.optional)
    if below.many or below.optional:
        raise PathError(f'"{text}": "{name}" can be unknown or is itself a list: use for_each')
    return lambda items: tuple(get(i) for i in items), Shape(below.kind, many=True, optional=shape.optional)


def _reader(root: str, steps: list[Callable[[Any], Any]]) -> Read:
    if root == "item" and len(steps) == 1:
        (of_item,) = steps
        return lambda _context, item: of_item(item)
    if root == "item":
        return _below(lambda _context, item: item, steps)
    if root == "asset":
        return _below(lambda context, _item: context.asset, steps)
    if len(steps) == 1:  # nearly every path; the fact itself is never None
        (only,) = steps
        return lambda context, _item: only(context.facts[root])
    return _below(lambda context, _item: context.facts[root], steps)


def _below(start: Read, steps: list[Callable[[Any], Any]]) -> Read:
    def read(context: Context, item: object) -> object:
        value: object = start(context, item)
        for step in steps:
            if value is None:
                return None
            value = step(value)
        return value

    return read
