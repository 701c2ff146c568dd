"""Affected and fixed versions in an advisory's own words.

Fortinet writes "FortiOS version 7.2.0 through 7.2.2", "FortiOS 6.0 all versions", "FortiOS 7.6 all versions are not
affected", "FortiOS 6.0.9 and below", "At least ...", and "Please upgrade to FortiOS version 7.2.3 or above". Sentences
stand without a space between them. What is not in these forms is kept as it is and counts as a range nobody can read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from checks.firmware.advisory import Range
from checks.firmware.fortios import Release, Train, release_of, train_named

MAX_WORDS = 20_000  # characters of one text
ALIASES = {"FortiGates": "FortiOS", "FortiGate": "FortiOS"}  # the machine in place of what runs on it
MAX_ITEMS = 500  # ranges of one product in one advisory
_V = r"v?(\d{1,3}\.\d{1,3}\.\d{1,3})(?![\d.]*\d)"
_T = r"v?(\d{1,3}\.\d{1,3})(?![\d.]*\d)"
_BELOW = r"\s*(?:and|or)\s+(?:below|earlier|lower|before|prior|older)"
_ABOVE = re.compile(r"\s*(?:and|or)\s+(?:above|higher|later|newer|greater|up)", re.IGNORECASE)
_ITEM = re.compile(
    rf"(?P<clear>{_T}\s+all\s+versions\s+(?:are\s+)?not\s+(?:affected|impacted))"
    rf"|(?P<whole>{_T}(?:\s*,\s*{_T})*(?:\s+all\s+versions|\.x\b))"
    rf"|(?P<range>{_V}\s*(?:through|thru|to|until|-|–)\s*{_V})"
    rf"|(?P<below>{_V}{_BELOW})"
    rf"|(?P<one>{_V})",
    re.IGNORECASE,
)
_LEFT = re.compile(r"\b(?:versions?|and|or|branch|firmware|gui|cli)\b|[\s,.;:()*/-]", re.IGNORECASE)
_DENIED = re.compile(
    r"not\s+(?:affected|impacted|vulnerable)|unaffected|except|only|prior to|before|above|higher|later|newer"
    r"|if\b|when\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:products?[^.:]{0,60}not\s+(?:affected|impacted|vulnerable)|not\s+(?:affected|impacted|vulnerable)\s*:)",
    re.IGNORECASE,
)
_UPGRADE = re.compile(r"(?:upgrad\w*|update\w*|fixed\s+in|fixed\s+on)\b[^.;]{0,40}$", re.IGNORECASE)
_FIX = re.compile(
    rf"[\s:]*(?:upcoming\s+)?(?:to\s+)?(?:upcoming\s+)?(?:firmware\s+)?(?:versions?\s*)?"
    rf"(?P<list>{_V}(?:{_ABOVE.pattern})?(?:\s*(?:,|/|or|and)\s*{_V}(?:{_ABOVE.pattern})?)*)",
    re.IGNORECASE,
)
_NO_FIX = re.compile(rf"{_BELOW}|\s*(?:through|thru|to|until)\s|\s*,?\s*(?:build|B\d|for|on|running)\b", re.IGNORECASE)
_AT_LEAST = re.compile(r"\bat\s+least\b", re.IGNORECASE)


@dataclass
class Told:
    """What the words say of one product."""

    ranges: list[Range] = field(default_factory=list)
    whole: list[Train] = field(default_factory=list)
    clear: list[Train] = field(default_factory=list)
    fixed: set[Release] = field(default_factory=set)
    below: bool = False  # "and below": which earlier trains are meant is not told
    raw: str = ""  # words in which versions could not be read

    @property
    def says(self) -> bool:
        return bool(self.ranges or self.whole or self.clear)


def read(affected: str, solutions: str, products: Sequence[str]) -> Mapping[str, Told]:
    """By product, of those in ``products``. A product without versions is there with its words as ``raw``."""
    found: dict[str, Told] = {}
    if not products:
        return found
    names = re.compile("|".join(map(re.escape, sorted({*products, *ALIASES}, key=len, reverse=True))))
    affected, solutions = affected[:MAX_WORDS], solutions[:MAX_WORDS]
    for name, _, words in _clauses(names, _before_others(affected)):
        _affected(found.setdefault(name, Told()), words)
    for name, before, words in _clauses(names, solutions):
        fixes = set(_fixes(before, words))
        if fixes:
            found.setdefault(name, Told()).fixed |= fixes
    return found


def at_least(affected: str) -> bool:
    return bool(_AT_LEAST.search(affected[:MAX_WORDS]))


def _before_others(affected: str) -> str:
    """Without the list of products that are not affected, which many advisories end with."""
    match = _OTHERS.search(affected)
    return affected[: match.start()] if match else affected


def _clauses(names: re.Pattern[str], text: str) -> Iterator[tuple[str, str, str]]:
    """(product, the words before it, the words after it up to the next product)."""
    places = list(names.finditer(text))[:MAX_ITEMS]
    for at, place in enumerate(places):
        end = places[at + 1].start() if at + 1 < len(places) else len(text)
        yield ALIASES.get(place[0], place[0]), text[max(place.start() - 80, 0) : place.start()], text[place.end() : end]


def _affected(told: Told, words: str) -> None:
    """A clause counts when nothing is left of it but words that mean nothing: else its versions may mean anything."""
    items = list(_ITEM.finditer(words))
    left = _LEFT.sub("", _ITEM.sub("", words))
    if not items or len(items) > MAX_ITEMS or _DENIED.search(_ITEM.sub("", words)) or re.search(r"\d", left):
        told.raw = told.raw or " ".join(words.split())[:300] or "named without a version"
        return
    for item in items:
        _item(told, item)


def _item(told: Told, item: re.Match[str]) -> None:
    numbers = re.findall(r"\d+(?:\.\d+)+", item[0])
    if item["clear"]:
        told.clear += _trains(numbers)
    elif item["whole"]:
        told.whole += _trains(numbers)
    elif item["range"]:
        low, high = _releases(numbers)
        told.ranges += [(low, high)] if low <= high else []
    elif item["below"]:
        (high,) = _releases(numbers)
        told.ranges.append(((high[0], high[1], 0), high))
        told.below = True
    else:
        (one,) = _releases(numbers)
        told.ranges.append((one, one))


def _fixes(before: str, words: str) -> Iterator[Release]:
    match = _FIX.match(words)
    if match is None or _NO_FIX.match(words[match.end() :]):
        return
    if _UPGRADE.search(before) or _ABOVE.search(match[0]):
        yield from _releases(re.findall(r"\d+\.\d+\.\d+", match["list"]))


def _releases(numbers: Sequence[str]) -> list[Release]:
    return [found for number in numbers if (found := release_of(number)) is not None]


def _trains(numbers: Sequence[str]) -> list[Train]:
    return [found for number in numbers if (found := train_named(number)) is not None]
