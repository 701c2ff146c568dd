"""XML that another tool wrote: through defusedxml, bounded in size, depth and elements, one record at a time.

An entity that is declared, an external reference, a cut or malformed document are refused with the line.
"""

import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from scanner.importers.supplied import ImportRefused

MAX_DEPTH = 200  # an ARF with its data stream has some 20
MAX_ELEMENTS = 20_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """One element that was asked for, whole. ``path`` are the names of the elements around it."""

    name: str
    element: Element
    path: tuple[str, ...]


def root_of(data: bytes) -> tuple[str, Mapping[str, str]]:
    """Name (with its namespace in braces) and attributes of the root element; "" when there is none to be seen."""
    try:
        for _, element in iterparse(io.BytesIO(data[:65536]), events=("start",)):
            return element.tag, dict(element.attrib)
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        return "", {}
    return "", {}


def local(tag: object) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def records(data: bytes, file: str, wanted: Collection[str]) -> Iterator[Record]:
    """Every outermost element of one of these names, in the order of the file, and forgotten afterwards.

    Raises :class:`ImportRefused` with the line.
    """
    try:
        yield from _walk(data, file, wanted)
    except ParseError as fault:
        line, column = fault.position
        raise ImportRefused(
            file, line, f"is no whole XML (column {column + 1}): {_why(fault)}; export it again"
        ) from None
    except DefusedXmlException as fault:
        raise ImportRefused(
            file, 0, f"declares entities ({type(fault).__name__}), which no result of a tool does; it was not read"
        ) from None
    except (LookupError, ValueError):
        raise ImportRefused(file, 0, "names an encoding that XML does not have; export it as UTF-8") from None


def _why(fault: ParseError) -> str:
    return str(fault).partition(":")[0][:80]


def _walk(data: bytes, file: str, wanted: Collection[str]) -> Iterator[Record]:
    path: list[str] = []
    inside = total = 0
    for event, element in iterparse(io.BytesIO(data), events=("start", "end")):
        name = local(element.tag)
        if event == "start":
            total += 1
            inside += name in wanted
            path.append(name)
            if len(path) > MAX_DEPTH or total > MAX_ELEMENTS:
                raise ImportRefused(file, 0, f"is XML of more than {MAX_DEPTH} levels or {MAX_ELEMENTS:,} elements")
            continue
        path.pop()
        if name in wanted:
            inside -= 1
            if not inside:
                yield Record(name, element, tuple(path))
        if not inside:
            element.clear()


def child(element: Element, name: str) -> Element | None:
    """The first child of that name, in whatever namespace."""
    return next((one for one in element if local(one.tag) == name), None)


def children(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element if local(one.tag) == name)


def text_of(element: Element | None, *path: str) -> str:
    """The text of an element, or of a child's child; "" when there is none."""
    for name in path:
        element = child(element, name) if element is not None else None
    return (element.text or "").strip() if element is not None else ""


def all_text(element: Element | None) -> str:
    """The text of an element with that of everything in it."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
