"""Checks that hold one asset against the others: what is gathered of each, and how it is kept as evidence.

Such a check says what it gathers of an asset's facts: a few short texts. When the visits of a scan are over, each asset
is judged with what was gathered of all. An asset that should have told and did not is in the list too, with the reason:
a pass that it could contradict is not given. The list is stored as an answer of the visits that it judged, so that they
can be judged again from what the scan knew.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory.facts.missing import Absent, Missing, Reason

PREFIX = "estate:"  # of the query under which a list is kept

Values = Mapping[str, str]
Entry = Values | Missing | Absent  # of one asset
Gather = Callable[[Mapping[str, Any]], Values]


class ListError(ValueError):
    """A kept list is not what it should be."""


def query_of(check_id: str) -> str:
    return PREFIX + check_id


def entry_of(needs: tuple[str, ...], gathers: Gather, facts: Mapping[str, Any]) -> Entry:
    """What a check gathers of one asset; why not, where a fact is not there. What is absent comes first."""
    states = [facts.get(name, Missing(Reason.NOT_ATTEMPTED, f"{name} was not asked for")) for name in needs]
    for kind in (Absent, Missing):
        for state in states:
            if isinstance(state, kind):
                return state
    return gathers(facts)


@dataclass(frozen=True, slots=True)
class Peers:
    """What was gathered of every asset of the estate that could tell."""

    entries: Mapping[str, Entry]  # by the asset's name
    _groups: dict[tuple[str, ...], dict[tuple[str, ...], list[str]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _gaps: list[tuple[tuple[str, Missing], ...]] = field(default_factory=list, compare=False, repr=False)
    _counts: dict[tuple[str, ...], Mapping[str, int]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def gaps(self) -> tuple[tuple[str, Missing], ...]:
        """Assets that should have told and did not."""
        if not self._gaps:
            self._gaps.append(tuple((name, e) for name, e in self.entries.items() if isinstance(e, Missing)))
        return self._gaps[0]

    def values(self, name: str) -> Values:
        entry = self.entries.get(name)
        return entry if isinstance(entry, Mapping) else {}

    def alike(self, name: str, *keys: str) -> tuple[str, ...]:
        """Names of the assets with the same values, this one too. Sorted once for all."""
        if keys not in self._groups:
            groups: dict[tuple[str, ...], list[str]] = {}
            for other, entry in sorted(self.entries.items(), key=lambda pair: pair[0]):
                if isinstance(entry, Mapping):
                    groups.setdefault(_pick(entry, keys), []).append(other)
            self._groups[keys] = groups
        return tuple(self._groups[keys].get(_pick(self.values(name), keys), ()))

    def counted(self, name: str, what: str, *keys: str) -> Mapping[str, int]:
        """How many of the alike have each value of ``what``. Counted once for all of them."""
        asked = (what, *keys, *_pick(self.values(name), keys))
        if asked not in self._counts:
            self._counts[asked] = Counter(self.values(other).get(what, "") for other in self.alike(name, *keys))
        return self._counts[asked]


def _pick(values: Values, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(values.get(key, "") for key in keys)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The peers, seen from one asset."""

    own: str
    peers: Peers

    @property
    def mine(self) -> Values:
        return self.peers.values(self.own)

    def alike(self, *keys: str) -> tuple[str, ...]:
        """Names of the assets with the same values as this one, which is among them."""
        return self.peers.alike(self.own, *keys)

    def counted(self, what: str, *keys: str) -> Mapping[str, int]:
        """How many of those have each value of ``what``; "" stands for those that did not tell."""
        return self.peers.counted(self.own, what, *keys)


def encode(entries: Mapping[str, Entry]) -> bytes:
    """``{asset: {values: {key: text}} | {missing, detail} | {absent}}`` as JSON; the same list, the same bytes."""
    told = {name: dict(_plain(entries[name])) for name in entries}
    return json.dumps(told, sort_keys=True, ensure_ascii=True, indent=0, separators=(",", ":")).encode()


def _plain(entry: Entry) -> Iterator[tuple[str, object]]:
    if isinstance(entry, Missing):
        yield from (("missing", entry.reason.value), ("detail", entry.detail))
    elif isinstance(entry, Absent):
        yield "absent", entry.detail
    else:
        yield "values", dict(entry)


def decode(data: bytes) -> dict[str, Entry]:
    """Raises :class:`ListError`."""
    try:
        return {str(name): _entry(told) for name, told in json.loads(data).items()}
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as fault:
        raise ListError(f"a list of the estate cannot be read: {type(fault).__name__}") from fault


def _entry(told: Mapping[str, Any]) -> Entry:
    if "missing" in told:
        return Missing(Reason(told["missing"]), str(told["detail"]))
    if "absent" in told:
        return Absent(str(told["absent"]))
    return {str(key): str(value) for key, value in told["values"].items()}
