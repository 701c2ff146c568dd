"""Everything wrong with an inventory, told at once.

InventoryError
  .faults  every Fault, sorted by file, line and column
"""

import difflib
import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from inventory.faults import Foreseen

SHOWN_CHARACTERS = 60  # of a user's text inside a message
MANY_NAMES = 200
FEW_NAMES = 20
SHOWN_NAMES = 10  # of what exists, inside a message


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong. Line and column count from 1; line 0 means the file as a whole."""

    file: str
    line: int
    column: int
    path: str  # all.hosts.web1.ansible_port; "" when there is none
    message: str  # what is wrong, and what is allowed; never a secret

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line and self.column else self.file
        if self.line and not self.column:
            place = f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.path, self.message) if part)


class InventoryError(Foreseen):
    """The inventory cannot be used. Carries every fault that was found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file, for faults that are found later than the file was read."""

    file: str
    line: int
    column: int
    path: str

    def fault(self, message: str) -> Fault:
        return Fault(self.file, self.line, self.column, self.path, message)


def shown(text: str) -> str:
    """A user's own word for a message: quoted, shortened, and with nothing a terminal would obey."""
    clean = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:SHOWN_CHARACTERS])
    return f"'{clean}…'" if len(text) > SHOWN_CHARACTERS else f"'{clean}'"


def did_you_mean(word: str, names: Collection[str]) -> str:
    """``did you mean 'site'?`` with a space before it, or nothing."""
    # difflib is slow: a long word is cut, and of thousands of names only those much alike are compared
    if len(names) > MANY_NAMES:
        names = [n for n in names if n[:1] == word[:1] and abs(len(n) - len(word)) <= 2][:FEW_NAMES]
    near = difflib.get_close_matches(word[:64], names, n=1)
    return f" did you mean {shown(near[0])}?" if near else ""


def what_exists(names: Collection[str]) -> str:
    """The names to choose from, as the end of a sentence."""
    if not names:
        return "none is defined"
    first = heapq.nsmallest(SHOWN_NAMES, names)
    more = f" and {len(names) - len(first)} more" if len(names) > len(first) else ""
    return "there is " + ", ".join(shown(n)[1:-1] for n in first) + more
