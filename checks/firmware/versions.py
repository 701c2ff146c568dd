"""A firmware version as its vendor writes it, and the order of two of them.

A scheme is a list of forms: one pattern for each way in which the vendor writes a version. A text that fits none of
them is unparsed; nothing is guessed. Named groups of the pattern are compared in the order that the form lists: numbers
as numbers, a missing part before every present one.

Two versions are comparable only within one train: a line of releases that the vendor numbers by itself. A build number
that only one of two otherwise equal versions tells makes them not comparable, too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MAX_TEXT = 200  # characters of a version; a device may send any
Part = tuple[int, ...]
Key = tuple[Part, ...]

_STAGES: Mapping[str, Part] = {
    "alpha": (0,),
    "beta": (1,),
    "rc": (2,),
    "": (3,),
}  # a release comes after its candidates
_SEPARATED = re.compile(r"[.-]")


class Order(StrEnum):
    OLDER = "older"
    SAME = "same"
    NEWER = "newer"


@dataclass(frozen=True, slots=True)
class NotComparable:
    reason: str


@dataclass(frozen=True, slots=True)
class Unparsed:
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Version:
    """``modules`` has more than one key where the firmware is several programs with a version each."""

    text: str
    scheme: str
    train: str  # "" where the vendor has one line of releases
    modules: tuple[Key, ...]
    build: Key = ()  # (): not told

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing. ``ordered`` and ``build`` name groups; ``modules`` those of each of several programs."""

    pattern: re.Pattern[str]
    ordered: tuple[str, ...] = ()
    train: str = ""  # a text with {group} in it
    build: tuple[str, ...] = ()
    modules: tuple[tuple[str, ...], ...] = ()

    def read(self, text: str, scheme: str) -> Version | None:
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        said = {name: value or "" for name, value in match.groupdict().items()}
        build = _key(said, self.build) if any(said[name] for name in self.build) else ()
        modules = tuple(_key(said, names) for names in self.modules or (self.ordered,))
        return Version(text, scheme, self.train.format_map(said), modules, build)


@dataclass(frozen=True, slots=True)
class Scheme:
    name: str
    source: str  # where the vendor says so
    forms: tuple[Form, ...] = field(repr=False)

    def parse(self, text: str) -> Version | Unparsed:
        bare = text.strip()
        if len(bare) > MAX_TEXT:
            return Unparsed(bare[:MAX_TEXT], "it is too long for a version")
        for form in self.forms:
            if version := form.read(bare, self.name):
                return version
        return Unparsed(bare, f"it is not written as {self.name} versions are")


def form(
    pattern: str,
    *ordered: str,
    train: str = "",
    build: tuple[str, ...] = (),
    modules: tuple[tuple[str, ...], ...] = (),
) -> Form:
    return Form(re.compile(pattern, re.ASCII), ordered, train, build, modules)


def compare(a: Version, b: Version) -> Order | NotComparable:
    """How ``a`` stands to ``b``."""
    if a.scheme != b.scheme:
        return NotComparable(f"{a} is a {a.scheme} version, {b} one of {b.scheme}")
    if a.train != b.train:
        return NotComparable(f"{a} and {b} are of different trains ({a.train or 'none'}, {b.train or 'none'})")
    if len(a.modules) != len(b.modules):
        return NotComparable(f"{a} and {b} do not tell the versions of the same programs")
    found = {_order(x, y) for x, y in zip(a.modules, b.modules, strict=True)}
    if {Order.OLDER, Order.NEWER} <= found:
        return NotComparable(f"one program of {a} is newer than that of {b}, another is older")
    order = next((one for one in (Order.OLDER, Order.NEWER) if one in found), Order.SAME)
    return order if order is not Order.SAME else _by_build(a, b)


def meets(running: Version, approved: Version) -> bool:
    """Whether this is the approved version. One approved without its build number stands for each of its builds."""
    whole = compare(running, approved) is Order.SAME
    return whole or (not approved.build and bool(running.build) and _alike(running, approved))


def at_least(running: Version, least: Version) -> bool | NotComparable:
    found = compare(running, least)
    if isinstance(found, NotComparable):
        return True if meets(running, least) else found
    return found is not Order.OLDER


def _alike(a: Version, b: Version) -> bool:
    return (a.scheme, a.train, a.modules) == (b.scheme, b.train, b.modules)


def _by_build(a: Version, b: Version) -> Order | NotComparable:
    if bool(a.build) != bool(b.build):
        return NotComparable(f"only one of {a} and {b} tells its build")
    return _order(a.build, b.build)


def _order(a: Key, b: Key) -> Order:
    if a == b:
        return Order.SAME
    return Order.OLDER if a < b else Order.NEWER


def _key(said: Mapping[str, str], names: tuple[str, ...]) -> Key:
    return tuple(_STAGES[said[name]] if name == "stage" else _part(said[name]) for name in names)


def _part(text: str) -> Part:
    """(16, 12, 5) of 16.12.05, (2,) of b; zeros at the end do not count: 7.1 is 7.1.0."""
    if text.isalpha():
        return tuple(ord(letter) - ord("a") + 1 for letter in text.lower())
    numbers = [int(digits) for digits in _SEPARATED.split(text) if digits]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
