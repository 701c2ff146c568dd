"""YAML with positions: a tree of values that know their line and column.

Composed with libyaml through PyYAML (YAML 1.1). Refused: duplicate keys (PyYAML keeps the last one in silence),
unknown tags, nesting deeper than ``MAX_DEPTH`` (libyaml overflows the C stack on it), aliases that refer to
themselves, and aliases that blow the document up ("billion laughs"). Keys are taken as they are written, so that
``no:`` and ``10:`` are names. No message repeats a value: it may be a secret, and so may the name of a tag or anchor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import yaml
from yaml import CSafeLoader
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from inventory.sources.errors import Fault, Spot, shown

MAX_DEPTH: Final = 50
MAX_ALIAS_VALUES: Final = 1_000_000  # values that aliases may add to those written out

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({_TAG + "str", _TAG + "value", "!unsafe"})
_SCALAR_TAGS = frozenset(_TAG + t for t in ("null", "bool", "int", "float", "timestamp"))
_VAULT_TAGS = frozenset({"!vault", "!vault-encrypted"})
_HINTS = {
    "mapping values are not allowed in this context": "check the indentation, and quote a value that has ': ' in it",
    "found character that cannot start any token": "indent with spaces, not tabs, and quote a value that starts with "
    "@, ` or %",
    "found undefined alias": "quote a value that starts with *",
}


class Vaulted:
    """Stands for a value that Ansible Vault encrypted; what it holds is not kept."""


VAULTED: Final = Vaulted()

Scalar = str | bool | int | float | date | Vaulted | None


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """``data`` is a scalar, a list of values, or a mapping from key to :class:`Entry`."""

    data: "Scalar | list[Value] | dict[str, Entry]"
    line: int
    column: int

    @property
    def entries(self) -> "dict[str, Entry]":
        """The mapping; empty when this is something else."""
        return self.data if isinstance(self.data, dict) else {}


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A value under a key. Line and column are the key's."""

    value: Value
    line: int
    column: int


Plain = str | bool | int | float | date | Vaulted | None | list["Plain"] | dict[str, "Plain"]
Step = str | int


def plain(value: Value) -> Plain:
    """The value without positions."""
    if isinstance(value.data, dict):
        return {key: plain(entry.value) for key, entry in value.data.items()}
    if isinstance(value.data, list):
        return [plain(item) for item in value.data]
    return value.data


def path_text(steps: Sequence[Step]) -> str:
    """``all.hosts.'web1.example'.roles[0]``."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if step.replace("-", "").replace("_", "").isalnum() else shown(step)
            text += f".{name}" if text else name
    return text


def locate(file: str, root: Value, above: Sequence[Step], steps: Sequence[Step], *, key: bool = False) -> Spot:
    """Where ``steps`` below ``root`` is: the value's place, or the key's; the nearest there is, when it is missing."""
    line, column, here = root.line, root.column, root
    taken: list[Step] = []
    for step in steps:
        taken.append(step)
        if isinstance(here.data, dict) and isinstance(step, str) and step in here.data:
            entry = here.data[step]
            here = entry.value
            # a block below its key: the key is what a reader looks for
            on_key = key or here.line != entry.line
            line, column = (entry.line, entry.column) if on_key else (here.line, here.column)
        elif isinstance(here.data, list) and isinstance(step, int) and step < len(here.data):
            here = here.data[step]
            line, column = here.line, here.column
        else:
            break
    return Spot(file, line, column, path_text([*above, *taken]))


def read(file: str, text: str) -> tuple[Value | None, list[Fault]]:
    """The document as a tree, or None with the reasons. An empty document is a null value."""
    try:
        node = _compose(text)
    except _TooDeepError as exc:
        return None, [Fault(file, exc.line, exc.column, "", f"nested deeper than {MAX_DEPTH} levels")]
    except yaml.YAMLError as exc:
        return None, [_syntax_fault(file, text, exc)]
    if node is None:
        return Value(None, 1, 1), []
    if "*" in text and (refused := _Extent(file).refusal(node)):
        return None, [refused]
    converter = _Converter(file)
    return converter.value(node, ()), converter.faults


class _TooDeepError(Exception):
    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.line, self.column = line, column


class _Loader(CSafeLoader):
    """Counts how deep it is, which the C composer does not, before the C stack ends."""

    depth = 0

    def descend_resolver(self, parent: Node | None, index: Node | int | None) -> None:  # noqa: ARG002 (PyYAML's hook)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            mark = parent.start_mark if parent is not None else None
            raise _TooDeepError(mark.line + 1 if mark else 0, mark.column + 1 if mark else 0)

    def ascend_resolver(self) -> None:
        self.depth -= 1


def _compose(text: str) -> Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _syntax_fault(file: str, text: str, exc: yaml.YAMLError) -> Fault:
    if isinstance(exc, yaml.reader.ReaderError):
        before = text[: exc.position]
        column = len(before) - (before.rfind("\n") + 1) + 1
        return Fault(file, before.count("\n") + 1, column, "", "a control character is not allowed; remove it")
    if not isinstance(exc, yaml.MarkedYAMLError) or exc.problem_mark is None:
        return Fault(file, 0, 0, "", "this is not YAML")
    # libyaml's own sentences are constants: none repeats what the file says
    problem = exc.problem or exc.context or "cannot be read"
    problem = {"second occurrence": "an anchor (&) is defined twice"}.get(problem, problem)
    problem = {"but found another document": "more than one YAML document (---); write one per file"}.get(
        problem, problem
    )
    hint = f" ({_HINTS[problem]})" if problem in _HINTS else ""
    mark = exc.problem_mark
    return Fault(file, mark.line + 1, mark.column + 1, "", f"this is not valid YAML: {problem}{hint}")


class _Extent:
    """How large and how deep the document is once its aliases are followed. Every node is visited once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.known: dict[int, tuple[int, int]] = {}  # id of a node -> values in it, levels in it
        self.open: set[int] = set()

    def refusal(self, root: Node) -> Fault | None:
        try:
            size, depth = self._measure(root)
        except _EndlessError as exc:
            mark = exc.node.start_mark
            message = "an alias (*) refers to the value it is part of; write the value out"
            return Fault(self.file, mark.line + 1, mark.column + 1, "", message)
        if size > len(self.known) + MAX_ALIAS_VALUES:
            message = f"aliases (*) repeat more than {MAX_ALIAS_VALUES} values; use a group's vars instead"
            return Fault(self.file, 1, 1, "", message)
        if depth > MAX_DEPTH:
            return Fault(self.file, 1, 1, "", f"aliases (*) nest deeper than {MAX_DEPTH} levels")
        return None

    def _measure(self, node: Node) -> tuple[int, int]:
        if id(node) in self.known:
            return self.known[id(node)]
        if id(node) in self.open:
            raise _EndlessError(node)
        self.open.add(id(node))
        inside = [self._measure(child) for child in _children(node)]
        self.open.discard(id(node))
        measured = 1 + sum(s for s, _ in inside), 1 + max((d for _, d in inside), default=0)
        self.known[id(node)] = measured
        return measured


class _EndlessError(Exception):
    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value


class _Converter:
    """From PyYAML's nodes to values. A node that aliases share is converted once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._done: dict[int, Value] = {}
        self._constructor = CSafeLoader("")

    def value(self, node: Node, path: tuple[Step, ...]) -> Value:
        if (done := self._done.get(id(node))) is None:
            done = Value(self._data(node, path), node.start_mark.line + 1, node.start_mark.column + 1)
            self._done[id(node)] = done
        return done

    def _data(self, node: Node, path: tuple[Step, ...]) -> "Scalar | list[Value] | dict[str, Entry]":
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if node.tag not in (_TAG + "seq", _TAG + "map"):
            self._unknown_tag(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._mapping(node, path)

    def _scalar(self, node: ScalarNode, path: tuple[Step, ...]) -> Scalar:
        if node.tag in _TEXT_TAGS:
            return str(node.value)
        if node.tag in _VAULT_TAGS:
            return VAULTED
        if node.tag not in _SCALAR_TAGS:
            self._unknown_tag(node, path)
            return None
        try:
            constructed: Scalar = self._constructor.construct_object(node)
        except (ValueError, OverflowError):  # 2026-13-45, 0x_
            self._fault(node, path, "looks like a date or a number and is none; put it in quotes if it is text")
            return None
        return constructed

    def _mapping(self, node: Node, path: tuple[Step, ...]) -> dict[str, Entry]:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                for name, entry in self._merge(key, value, path):
                    merged.setdefault(name, entry)
                continue
            if (text := self._key(key, path)) is None:
                continue
            if text in own:
                self._fault(key, (*path, text), f"this key is already at line {own[text].line}; keep one of the two")
                continue
            own[text] = Entry(self.value(value, (*path, text)), key.start_mark.line + 1, key.start_mark.column + 1)
        return {**merged, **own} if merged else own

    def _merge(self, key: Node, node: Node, path: tuple[Step, ...]) -> Iterator[tuple[str, Entry]]:
        """The entries behind ``<<:``, from a mapping or a list of mappings, the earlier ones winning."""
        for source in node.value if isinstance(node, SequenceNode) else [node]:
            if isinstance(source, MappingNode):
                yield from self.value(source, (*path, "<<")).entries.items()
            else:
                self._fault(key, (*path, "<<"), "only a mapping, or a list of mappings, can be merged here")

    def _key(self, key: Node, path: tuple[Step, ...]) -> str | None:
        if isinstance(key, ScalarNode) and key.value and key.tag in _TEXT_TAGS | _SCALAR_TAGS:
            return str(key.value)
        self._fault(key, path, "a key must be one plain word or a text; put {{ }} in quotes")
        return None

    def _unknown_tag(self, node: Node, path: tuple[Step, ...]) -> None:
        self._fault(node, path, "a YAML tag (!) that is not known here; put the value in quotes if it is text")

    def _fault(self, node: Node, path: tuple[Step, ...], message: str) -> None:
        mark = node.start_mark
        self.faults.append(Fault(self.file, mark.line + 1, mark.column + 1, path_text(path), message))
