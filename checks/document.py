"""YAML with positions: mappings and lists that know their lines, and faults that name one.

Stricter than YAML 1.1: equal keys, ``yes``/``no``/``on``/``off`` and octal numbers are faults, because each of them
turns silently into something the author did not mean.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, TypeAlias

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster, where it was built
_TAG = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+")


Value: TypeAlias = Any  # what a document holds: a Block, Items, a scalar or None


class Fault(ValueError):  # the word for it here; an editor sees it as a list, not as a crash
    """One thing that is wrong in a document, and where. ``line`` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class Block(dict[str, Any]):
    """A mapping. ``line`` is where it starts, ``lines`` where each key stands."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def at(self, key: str) -> int:
        return self.lines.get(key, self.line)


class Items(list[Any]):
    """A list. ``line`` is where it starts, ``lines`` where each item stands."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def placed(self) -> Iterator[tuple[int, Any]]:
        return zip(self.lines, self, strict=True)


@contextmanager
def gathering(faults: list[Fault]) -> Iterator[None]:
    """Note a fault and go on behind the block, so that all faults are told at once."""
    try:
        yield
    except Fault as fault:
        faults.append(fault)


def read(text: str) -> Value:
    """The document's one value. Raises :class:`Fault` at the first place that is not readable YAML of our kind."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise Fault(line, f"not readable as YAML: {fault.problem}") from fault
    except yaml.YAMLError as fault:
        raise Fault(1, f"not readable as YAML: {fault}") from fault
    return None if node is None else _value(node)


def read_shallow(text: str, most: int = 50) -> Value:
    """As :func:`read`, for a file that we did not write.

    Composing what is nested by the thousand ends the process, and a few aliases make millions of values.
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                raise Fault(_line(event), "an alias (*) is not allowed here: write the value out")
            if depth > most:
                raise Fault(_line(event), f"nested more than {most} deep")
    except yaml.YAMLError:
        pass  # told by read, with its line
    return read(text)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _value(node: yaml.Node) -> Value:
    if isinstance(node, yaml.MappingNode):
        return _block(node)
    if isinstance(node, yaml.SequenceNode):
        items = Items(node.start_mark.line + 1)
        for child in node.value:
            items.append(_value(child))
            items.lines.append(child.start_mark.line + 1)
        return items
    return _scalar(node)


def _block(node: yaml.MappingNode) -> Block:
    block = Block(node.start_mark.line + 1)
    for key_node, value_node in node.value:
        key, line = key_node.value, key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise Fault(line, "a key must be a word")
        if key in block:
            raise Fault(line, f"the key {key!r} is here twice")
        block[key] = _value(value_node)
        block.lines[key] = line
    return block


def _scalar(node: yaml.Node) -> Value:
    text, tag = node.value, node.tag.removeprefix(_TAG)
    if tag == "str":
        return text
    if tag == "bool" and text in ("true", "false"):
        return text == "true"
    if tag == "int" and _DECIMAL.fullmatch(text):
        return int(text)
    if tag == "float" and _FLOAT.fullmatch(text):
        return float(text)
    if tag == "null":
        return None
    raise Fault(node.start_mark.line + 1, f"{text!r} is read as {tag} by YAML: put it in quotes, or write it plainly")


def nearest(word: str, known: list[str]) -> str:
    """``; did you mean "x"?`` or nothing."""
    close = get_close_matches(word, known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def only(block: Block, known: tuple[str, ...]) -> None:
    """Refuse a key that nobody would read. Raises :class:`Fault`."""
    for key in block:
        if key not in known:
            raise Fault(block.at(key), f'unknown key "{key}"{nearest(key, list(known))}')
