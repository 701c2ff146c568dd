"""Names and addresses of other suppliers, masked in whatever sentence a supplier is shown. Pure.

Looked for are what others' machines are called and where they answer, other suppliers and who spoke for them, in small
and capital letters, with a port, a domain or a role beside them.
"""

import re
from collections.abc import Container, Iterator
from functools import cached_property

from inventory.asset import Asset
from reports.report import ReportData

MASK = "[another supplier's]"
SPEAKS_FOR = "supplier:"  # so begins the role of somebody who signs for a supplier
_TOKEN = re.compile(r"[\w.:-]+")
_TRAILING = ".:-"
_LABEL = re.compile(r"[a-z](?=.*[0-9_-])[a-z0-9_-]{3,}")  # of a host: web-01, never "mail"


class Masking:
    """Put over a text, it gives that text as one supplier may read it.

    ``uids`` are those of the supplier's assets, ``names`` are the names that no asset of another has.
    """

    def __init__(self, data: ReportData, supplier: str, uids: Container[str], names: frozenset[str]) -> None:
        self._data, self._supplier, self._uids, self._names = data, supplier, uids, names
        self._told, self._words = dict[str, str](), dict[str, str]()

    def __call__(self, told: str) -> str:
        if told not in self._told:
            plain = self._odd.sub(MASK, told) if self._odd else told
            self._told[told] = _TOKEN.sub(self._token, plain)
        return self._told[told]

    @cached_property
    def _mine(self) -> frozenset[str]:
        """In small letters, as all names here: a machine tells its name as it likes."""
        known = self._data.suppliers.get(self._supplier)
        told = {*self._names, self._supplier, known.name if known else ""}
        told.update(place for one in self._data.assets if one.uid in self._uids for place in _places(one.asset))
        return frozenset(text.casefold() for text in told)

    @cached_property
    def _foreign(self) -> frozenset[str]:
        told = set(self._gone()) | self._people
        told.update(text for key, one in self._data.suppliers.items() for text in (key, one.name))
        for one in self._data.assets:
            if one.uid not in self._uids:
                told.update((one.asset.name, *_places(one.asset)))
        return frozenset(_short({text.casefold() for text in told if text})) - self._mine

    @cached_property
    def _people(self) -> frozenset[str]:
        """Who spoke for another supplier: one that was there before, as a rule."""
        said = self._data.life.decisions if self._data.life else ()
        spoke = {(one.actor, one.role.removeprefix(SPEAKS_FOR)) for one in said if one.role.startswith(SPEAKS_FOR)}
        mine = {actor for actor, supplier in spoke if supplier == self._supplier}
        return frozenset(text for pair in spoke if pair[1] != self._supplier for text in pair) - mine

    def _gone(self) -> Iterator[str]:
        """Names and addresses of others that only the earlier report has, with which this one is compared."""
        if self._data.since is None:
            return
        was, known = self._data.since.was, {one.uid for one in self._data.assets}
        yield from (text for key, name in was.suppliers.items() if key != self._supplier for text in (key, name))
        for uid, place in was.assets.items():
            if uid not in self._uids and (uid in known or place.supplier != self._supplier):
                yield from (place.name, place.address)

    @cached_property
    def _odd(self) -> re.Pattern[str] | None:
        """Names that are no single word, the longest first: few."""
        names = sorted((t for t in self._foreign if not _TOKEN.fullmatch(t)), key=lambda t: (-len(t), t))
        return re.compile("|".join(map(re.escape, names)), re.IGNORECASE) if names else None

    def _token(self, found: re.Match[str]) -> str:
        """Sentences share most of their words, so each is worked out once."""
        told = self._words.get(found[0])
        if told is None:
            told = self._words[found[0]] = self._word(found[0])
        return told

    def _word(self, told: str) -> str:
        word = told.rstrip(_TRAILING)
        rest = told[len(word) :]
        if word.casefold() in self._foreign:
            return MASK + rest
        first, colon, last = word.rpartition(":")  # an address and its port, a role and whose it is
        return colon.join(MASK if self._is_foreign(part) else part for part in (first, last) if part or colon) + rest

    def _is_foreign(self, word: str) -> bool:
        """Also with a domain behind it."""
        word = word.casefold()
        if word in self._mine:
            return False
        return word in self._foreign or (not word[:1].isdigit() and word.partition(".")[0] in self._foreign)


def _places(asset: Asset) -> Iterator[str]:
    """Where it answers."""
    yield asset.connection.address
    yield from (one.host for one in asset.endpoints)


def _short(names: set[str]) -> Iterator[str]:
    """And how a machine calls itself without its domain, where that is no word of the language."""
    for name in names:
        yield name
        first, dot, _ = name.partition(".")
        if dot and _LABEL.fullmatch(first):
            yield first
