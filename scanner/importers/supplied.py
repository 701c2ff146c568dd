"""What every package list is read from and into.

ImportRefused
  .file .line .message  where and what is wrong, and what to do; line 0 is the file as a whole
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inventory.facts.packages import Package, Packages

MAX_BYTES = 64 * 1024 * 1024
MAX_PACKAGES = 50_000  # a full TeX Live desktop has about 8,000
MAX_LINES = 2_000_000  # of stanzas; a data base of apk-tools lists every file
MAX_LINE = 65_536  # characters; the longest is a field of dependencies
MAX_VALUES = 5_000_000  # in JSON; an SBOM with every file's licence has about 1,000,000
MAX_WORD = 256  # characters of a name or version; the longest in Debian have about 80
SHOWN = 80
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9+._~-]*")
VERSION = re.compile(r"[!-~]*[0-9][!-~]*")  # every package manager's versions have a digit

# What a list may leave out of all its packages: see inventory.facts.packages.Packages.unknown.
EPOCH, SOURCE, STATE = "epoch", "source", "state"


class ImportRefused(Exception):
    """This file is no package list that can be used."""

    def __init__(self, file: str, line: int, message: str) -> None:
        self.file, self.line, self.message = file, line, message
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")


@dataclass(frozen=True)
class Document:
    """A file's text, and its JSON where it is JSON."""

    file: str
    text: str
    json: dict[str, Any] | None = None

    @cached_property
    def lines(self) -> tuple[tuple[int, str], ...]:
        """Lines that are not blank, with their numbers from 1."""
        numbered = enumerate(self.text.split("\n"), 1)
        return tuple((number, line.rstrip("\r")) for number, line in numbered if line.strip())

    @cached_property
    def head(self) -> tuple[str, ...]:
        """Enough of the lines to recognise a format by."""
        return tuple(line for _, line in self.lines[:200])

    def mostly(self, looks: Callable[[str], object]) -> bool:
        """Whether more than half of the first lines look like that: one broken line must not hide what it is."""
        return sum(1 for line in self.head if looks(line)) * 2 > len(self.head)

    def refusal(self, line: int, message: str) -> ImportRefused:
        return ImportRefused(self.file, line, message)

    def package(self, line: int, package: Package) -> Package:
        """The package, if its words can be what they are said to be. Raises :class:`ImportRefused`."""
        for what, word, form in (("name", package.name, NAME), ("version", package.version, VERSION)):
            if len(word) > MAX_WORD or not form.fullmatch(word):
                raise self.refusal(line, f"{shown(word)} is no {what} of a package; correct or remove the line")
        for word in (package.architecture, package.source, package.source_version, package.vendor, package.module):
            if len(word) > MAX_WORD or not word.isprintable():
                raise self.refusal(line, f"{shown(word)} cannot belong to {package.name}; correct or remove the line")
        return package


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format's reader found. ``items`` in any order, doubles allowed."""

    manager: str  # deb, rpm, apk
    items: Iterable[Package]
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    release: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One form of package list."""

    name: str  # as a user calls it: "dpkg-query -W"
    recognises: Callable[[Document], bool]
    read: Callable[[Document], Reading]  # raises ImportRefused


@dataclass(frozen=True, slots=True)
class SuppliedPackages:
    """A package list that somebody supplied. It never tells which kernel runs."""

    packages: Packages
    release: str | None  # debian:12, as an SBOM tells it; None: the list does not, the user must
    running_kernel: None
    notes: tuple[str, ...]  # what the list leaves out, or what of it was not read: sentences for the user
    format: str


def shown(text: str) -> str:
    """A foreign word for a message: quoted, shortened, with nothing a terminal would obey."""
    return ascii(text[:SHOWN]) + ("…" if len(text) > SHOWN else "")
