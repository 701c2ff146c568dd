"""XML from outside, read into plain nodes. No document type, so no entities of its own and nothing fetched.

Weighed: defusedxml forbids the same with a dependency; expat tells of a document type before it reads on, and bounds on
depth, elements and text need handlers of our own either way. Source: docs.python.org, "XML vulnerabilities".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from checks.advisories.formats.decoded import BadRecord

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT = 32, 100_000, 4 * 1024 * 1024


@dataclass(slots=True)
class Node:
    """An element. Names are without their namespace: documents of CVRF 1.1 and 1.2 differ in nothing else here."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces).strip()

    def all(self, *path: str) -> Iterator["Node"]:
        """Every element at the end of the path."""
        if not path:
            yield self
            return
        for child in self.children:
            if child.name == path[0]:
                yield from child.all(*path[1:])

    def one(self, *path: str) -> str:
        """The text of the first such element, "" when there is none."""
        return next((node.text for node in self.all(*path)), "")


class _Reader:
    def __init__(self, times: int) -> None:
        self.root = Node("")
        self._elements_left, self._text_left = MAX_ELEMENTS * times, MAX_TEXT * times
        self._open = [self.root]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements_left -= 1
        if len(self._open) > MAX_DEPTH or self._elements_left < 0:
            raise BadRecord("is nested too deep or has too many elements")
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, _: str) -> None:
        self._open.pop()

    def words(self, text: str) -> None:
        self._text_left -= len(text)
        if self._text_left < 0:
            raise BadRecord("has too many characters of text")
        self._open[-1].pieces.append(text)

    def refuse(self, *_: object) -> NoReturn:
        raise BadRecord("has a document type: entities are not read")


def _local(name: str) -> str:
    return name.rpartition(" ")[2].rpartition(":")[2]


def parsed_xml(data: bytes, times: int = 1) -> Node:
    """The document element. ``times`` the usual bounds, for a publisher of large ones. Raises :class:`BadRecord`."""
    if len(data) > MAX_BYTES * times:
        raise BadRecord(f"is larger than {MAX_BYTES * times // 1024 // 1024} MB")
    reader, parser = _Reader(times), expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.words
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as fault:
        if isinstance(fault, BadRecord):
            raise
        raise BadRecord(f"is no XML: {fault}") from fault
    return reader.root.children[0]
