"""``dpkg-query -W``: a line for each package, its columns separated by tabs (dpkg-query(1), --showformat).

By default ${binary:Package} and ${Version}. With --showformat the first two columns are name and version, or status,
name and version, as in our own question. The others are recognised by what is in all their lines: a status, an
architecture; of the rest the first is the source package, a version behind it is the source package's.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inventory.facts.packages import Package
from scanner.importers.dpkg_words import (
    ARCHITECTURE,
    COMMAND,
    NO_SOURCE,
    NO_STATE,
    STATUS,
    installed,
    source_of,
    split_name,
)
from scanner.importers.supplied import SOURCE, STATE, Document, Format, Reading, shown

LINE = re.compile(r"(?:[uihrp][ncHUFWti][ R]?\t)?[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?\t(?:[0-9]\S*)?(?:\t.*)?")
WORDS = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)? +[0-9]\S*")  # tabs that became blanks on the way
FOREIGN = re.compile(r"\S+\.(?:noarch|x86_64|i[3-6]86|aarch64|ppc64le|s390x)\s.*")  # dnf list
ANY_VERSION = re.compile(r"[0-9][!-~]*")
SELECTIONS = re.compile(r"\S+\s+(?:install|hold|deinstall|purge)\s*")
ADVICE = f"supply {COMMAND}"
Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is which, from 0; None: the list has no such column."""

    name: int
    status: int | None = None
    architecture: int | None = None
    source: int | None = None
    source_version: int | None = None
    origin: int | None = None
    unread: tuple[int, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        return (SOURCE,) * (self.source is None) + (STATE,) * (self.status is None)

    @property
    def notes(self) -> tuple[str, ...]:
        told = [NO_SOURCE] * (self.source is None) + [NO_STATE] * (self.status is None)
        return (*told, *(f"Column {column + 1} was not read: what it holds is not known." for column in self.unread))


def recognises(document: Document) -> bool:
    if document.mostly(SELECTIONS.fullmatch):
        raise document.refusal(0, f"is what `dpkg --get-selections` prints, which has no versions; {ADVICE}")
    return document.mostly(lambda line: (LINE.fullmatch(line) or WORDS.fullmatch(line)) and not FOREIGN.fullmatch(line))


def read(document: Document) -> Reading:
    rows = [_row(document, number, line) for number, line in document.lines]
    layout = _layout([row for _, row in rows])
    packages = (found for number, row in rows if (found := _package(document, number, row, layout)))
    return Reading("deb", packages, layout.unknown, layout.notes)


def _row(document: Document, number: int, line: str) -> tuple[int, Row]:
    row = line.split("\t") if "\t" in line else line.split()
    _, first = document.lines[0]
    if len(row) != (first.count("\t") + 1 if "\t" in first else 2):
        raise document.refusal(number, f"has other columns than the first line; {ADVICE}")
    return number, row


def _layout(rows: Sequence[Row]) -> Layout:
    count = len(rows[0])
    status = next((column for column in range(count) if _all(rows, column, STATUS.fullmatch)), None)
    name = 1 if status == 0 else 0
    rest = [column for column in range(name + 2, count) if column != status]
    architecture = next((column for column in rest if _all(rows, column, ARCHITECTURE.fullmatch)), None)
    others = [column for column in rest if column != architecture]
    source = others.pop(0) if others else None
    version = others.pop(0) if others and _all(rows, others[0], ANY_VERSION.fullmatch) else None
    ours = (status, source, version, others) == (0, 4, 5, [6])  # our own question: its last column is the Origin
    return Layout(name, status, architecture, source, version, others.pop() if ours else None, tuple(others))


def _all(rows: Sequence[Row], column: int, fits: Callable[[str], object]) -> bool:
    """Whether every line's column is empty or fits, and some line's fits."""
    words = [row[column] for row in rows if row[column]]
    return bool(words) and all(fits(word) for word in words)


def _package(document: Document, number: int, row: Row, layout: Layout) -> Package | None:
    name, architecture = split_name(row[layout.name])
    version = row[layout.name + 1]
    status = row[layout.status] if layout.status is not None else ""
    if not version or (status and not installed(status)):  # a name that dpkg has heard of, or a removed package
        return None
    if not ANY_VERSION.fullmatch(version):
        raise document.refusal(
            number, f"{shown(version)} is no version; the columns must be name and version; {ADVICE}"
        )
    architecture = _of(row, layout.architecture) or architecture
    source, source_version = _source(document, number, row, layout, name, version)
    origin = _of(row, layout.origin)
    return document.package(
        number, Package(name, version, architecture, source, source_version, origin, status[:1] == "h")
    )


def _source(document: Document, number: int, row: Row, layout: Layout, name: str, version: str) -> tuple[str, str]:
    if layout.source is None:
        return "", ""
    found = source_of(row[layout.source], name, version)
    if found is None:
        raise document.refusal(number, f"{shown(row[layout.source])} is no source package; {ADVICE}")
    return found[0], _of(row, layout.source_version) or found[1]


def _of(row: Row, column: int | None) -> str:
    return "" if column is None else row[column]


FORMAT = Format("dpkg-query -W", recognises, read)
