"""Which versions an OSV record means: the events of its ranges, or its list of single versions.

Source: "Evaluation" in the OSV schema (ossf.github.io/osv-schema): events are put in the order of their versions, and
what lies between an ``introduced`` and the event that ends it is affected. "0" is before every version.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from checks.advisories.formats.decoded import BadRecord, mapping, sequence, string
from checks.advisories.versions import InvalidVersion, sort_key

Interval = tuple[str, str, str]  # first affected ("" from the beginning), fixed in, last affected; at most one end

MAX_VERSIONS = 5_000  # of a list of single affected versions
MAX_EVENTS = 10_000
_ORDER = {"fixed": 0, "introduced": 1, "last_affected": 2}  # of events about the same version


def intervals(affected: Mapping[str, Any], scheme: str) -> list[Interval]:
    """Of all ranges; of the list of versions where there is no range. Raises :class:`BadRecord`."""
    ranges = [mapping(item, "a range") for item in sequence(affected.get("ranges"), "ranges", 1_000)]
    ordered = [item for item in ranges if item.get("type") in ("ECOSYSTEM", "SEMVER")]
    if ordered:
        return [found for item in ordered for found in walk(sequence(item.get("events"), "events", MAX_EVENTS), scheme)]
    versions = sequence(affected.get("versions"), "versions", MAX_VERSIONS)
    return [(version, "", version) for version in (string(item, "a version") for item in versions)]


def walk(events: Sequence[Any], scheme: str) -> list[Interval]:
    """The intervals that events open and close. Raises :class:`BadRecord`."""
    found: list[Interval] = []
    opened: str | None = None
    for kind, version in _in_order(_pairs(events), scheme):
        if kind == "introduced":
            opened = version if opened is None else opened
        elif opened is not None:
            found += _closed(opened, kind, version)
            opened = None
    return [*found, (_start(opened), "", "")] if opened is not None else found


def _pairs(events: Sequence[Any]) -> list[tuple[str, str]]:
    """(kind, version) of every event. A limit bounds commits and is not understood for versions, unless it is "*"."""
    found = [(kind, string(version, "a version")) for event in events for kind, version in _items(event)]
    pairs = [(kind, version) for kind, version in found if (kind, version) != ("limit", "*")]
    strange = next((kind for kind, _ in pairs if kind not in _ORDER), None)
    if strange is not None:
        raise BadRecord(f"the event {strange[:40]!r} is not understood")
    if not any(kind == "introduced" for kind, _ in pairs):
        raise BadRecord("a range has no event that introduces it")
    return pairs


def _items(event: object) -> Sequence[tuple[str, object]]:
    return list(mapping(event, "an event").items())


def _in_order(pairs: list[tuple[str, str]], scheme: str) -> list[tuple[str, str]]:
    if len(pairs) == 1 or (len(pairs) == 2 and pairs[0][0] == "introduced" != pairs[1][0]):
        return pairs  # as nearly all are
    try:
        return sorted(pairs, key=lambda pair: (pair[1] != "0", sort_key(scheme, pair[1]), _ORDER[pair[0]]))
    except InvalidVersion as fault:
        raise BadRecord(str(fault)) from fault


def _closed(opened: str, kind: str, version: str) -> list[Interval]:
    if kind == "last_affected":
        return [(_start(opened), "", version)]
    return [] if version in ("0", opened) else [(_start(opened), version, "")]  # nothing lies between: not affected


def _start(version: str) -> str:
    return "" if version == "0" else version
